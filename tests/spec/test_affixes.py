"""``name_prefix`` and ``name_suffix``, and the stages that need them."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code, Diagnostic, in_order
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stages, shared_names

from .conftest import FLEET, Tree

PROJECT = "project: p\nstages: {dev: {name_prefix: 'dev ', name_suffix: ' (x)'}, prod: {}}\n"
EVERYTHING = {
    **FLEET,
    "agents/own.yaml": "model: claude-opus-5-5\nmemory: {name: notes, type: semantic, seed: seed.md}\ntools: [{mcp: m, url: 'https://m.example/mcp'}]\n",
    "agents/seed.md": "Seed.\n",
    "vaults/keys.yaml": "credentials: {c: {display_name: C, auth: {type: static_bearer, mcp_server_url: 'https://m.example/mcp', token: {secret: env:T}}}}\n",
    "skills/named/SKILL.md": "---\nname: named\ndisplay_name: Named one\ndescription: Has a title.\n---\nHow to.\n",
}
LABELS = {
    "agent/a": ("name", "a"),
    "agent/own": ("name", "own"),
    "environment/cloud": ("name", "cloud"),
    "memory_store/notes": ("name", "notes"),
    "memory_store/own-notes": ("name", "own-notes"),
    "vault/keys": ("display_name", "keys"),
    "credential/keys/c": ("display_name", "C"),
    "skill/pdf-forms": ("display_name", "pdf-forms"),
    "skill/named": ("display_name", "Named one"),
    "deployment/d": ("name", "d"),
}


def test_every_name_that_the_registry_shows_and_nothing_else_is_another(tree: Tree) -> None:
    tree.write({"agentops.yaml": PROJECT, **EVERYTHING})
    dev, prod = tree.load("dev"), tree.load("prod")
    assert (dev.errors, prod.errors) == ([], [])
    assert dev.addresses == prod.addresses
    for address, (field, name) in LABELS.items():
        body = {**prod[address].body, field: f"dev {name} (x)"}
        assert dev[address].body == body, address
        assert prod[address].body.get(field, name) == name
        assert dev[address].source == prod[address].source
    assert dev["memory/own-notes/seed.md"] == prod["memory/own-notes/seed.md"]


def test_a_credential_without_a_display_name_gets_none(tree: Tree) -> None:
    tree.write(
        {
            "agentops.yaml": PROJECT,
            **EVERYTHING,
            "vaults/keys.yaml": EVERYTHING["vaults/keys.yaml"].replace("display_name: C, ", ""),
        }
    )
    assert "display_name" not in tree.load("dev")["credential/keys/c"].body


def test_lengths_are_those_of_the_whole_name(tree: Tree) -> None:
    tree.write({"agentops.yaml": PROJECT, "memory_stores/a.yaml": f"name: {'n' * 250}\n"})
    assert tree.load("prod").errors == []
    problem = tree.load("dev").only()
    assert (problem.code, problem.address, problem.location and problem.location.file) == (
        Code.LIMIT,
        "memory_store/a",
        "memory_stores/a.yaml",
    )
    assert problem.summary == "'name' has 258 characters; it takes at most 255"
    assert (
        problem.detail
        == "with the name_prefix 'dev ' and name_suffix ' (x)' of stage 'dev'; shorten one of them"
    )


def test_a_name_that_is_too_long_anyway_is_said_once(tree: Tree) -> None:
    tree.write({"agentops.yaml": PROJECT, "memory_stores/a.yaml": f"name: {'n' * 256}\n"})
    assert "256 characters" in tree.load("dev").only().summary


@pytest.mark.parametrize("value", ["''", '"a\\nb"', "3", f"'{'x' * 65}'"])
def test_what_cannot_be_put_around_a_name(tree: Tree, value: str) -> None:
    tree.write({"agentops.yaml": f"project: p\nstages: {{dev: {{name_suffix: {value}}}}}\n"})
    _, (problem,) = load_project(tree.root)
    assert "name_suffix" in problem.summary


def declared(tree: Tree, one: str, two: str) -> tuple[Diagnostic, ...]:
    text = f"project: p\nstages:\n  one: {{{one}}}\n  two: {{{two}}}\n"
    _, problems = load_project(tree.write({"agentops.yaml": text}).root)
    return problems


A, B = "registry: anthropic, workspace_id: a", "registry: anthropic, workspace_id: b"
OWN = "registry: {base_url: 'https://r.example', workspace_id: a}"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (A, A),
        (OWN, OWN),
        (OWN, "registry: {base_url: 'https://r.example/'}, workspace_id: a"),
        (f"{A}, name_suffix: -x", f"{A}, name_suffix: -x"),
    ],
)
def test_two_stages_in_one_workspace_have_to_differ_in_their_names(tree: Tree, one: str, two: str) -> None:
    (problem,) = declared(tree, one, two)
    assert (problem.code, str(problem.location)) == (Code.SHARED_WORKSPACE, "agentops.yaml:4:3")
    assert problem.summary == "the stages 'one' and 'two' live in one workspace under the same names: a"
    assert problem.detail == "write e.g. `name_suffix: -two` into stage 'two' of agentops.yaml"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (A, B),
        (A, OWN),
        (A, "registry: anthropic"),
        ("registry: anthropic", "registry: anthropic"),
        (f"{A}, name_suffix: -one", A),
        (f"{A}, name_prefix: x", f"{A}, name_suffix: x"),
        ("registry: local", "registry: local"),
        ("registry: local, workspace_id: a", A),
    ],
)
def test_other_stages_need_not(tree: Tree, one: str, two: str) -> None:
    assert declared(tree, one, two) == ()


def told(tree: Tree) -> tuple[Diagnostic, ...]:
    project, _ = load_project(tree.root)
    loaded = load_stages(tree.root, project, [*project.stages.values()], CATALOG)
    return in_order(shared_names(project, [each.desired for each in loaded], CATALOG))


@pytest.mark.parametrize("files", [FLEET, {"environments/e.yaml": "name: cloud\nconfig: {type: cloud}\n"}])
def test_local_stages_share_a_database_so_what_is_unique_collides(tree: Tree, files: dict[str, str]) -> None:
    (problem,) = told(tree.write(files))
    assert problem.code is Code.SHARED_WORKSPACE
    assert problem.summary.endswith(
        "is called 'cloud' in the stages 'dev' and 'prod', which share the embedded registry"
    )
    assert problem.detail.endswith("write e.g. `name_suffix: -prod` into stage 'prod' of agentops.yaml")


@pytest.mark.parametrize(
    "files",
    [
        {"agents/a.yaml": "model: claude-opus-5-5\n", "vaults/v.yaml": "display_name: v\n"},
        {"environments/e.yaml": "config: {type: cloud}\noverrides: {prod: {name: other}}\n"},
        {**FLEET, "agentops.yaml": "project: p\nstages: {dev: {}, prod: {name_prefix: p-}}\n"},
        {**FLEET, "agentops.yaml": f"project: p\nstages: {{dev: {{{A}}}, prod: {{{B}}}}}\n"},
        {**FLEET, "agentops.yaml": f"project: p\nstages: {{dev: {{{A}}}, prod: {{registry: local}}}}\n"},
    ],
)
def test_where_nothing_collides_nothing_is_said(tree: Tree, files: dict[str, str]) -> None:
    assert told(tree.write(files)) == ()


def test_a_suffix_that_makes_two_names_one_is_found(tree: Tree) -> None:
    tree.write(
        {
            "agentops.yaml": f"project: p\nstages: {{one: {{{A}}}, two: {{{A}, name_suffix: -x}}}}\n",
            "environments/e.yaml": "config: {type: cloud}\n",
            "environments/e-x.yaml": "config: {type: cloud}\n",
        }
    )
    (problem,) = told(tree)
    assert (problem.address, problem.summary) == (
        "environment/e",
        "environment/e is called 'e-x' in the stages 'one' and 'two', which share workspace a",
    )


def test_a_prefix_is_no_template(tree: Tree) -> None:
    tree.write({"agentops.yaml": "project: p\nstages: {dev: {name_prefix: '{{ stage }}-'}}\n"})
    _, (problem,) = load_project(tree.root)
    assert problem.code is Code.INVALID_VALUE
    assert "nothing is rendered in agentops.yaml" in problem.summary
