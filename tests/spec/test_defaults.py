"""``defaults`` of a project and of a stage: under what the files say, and no part of where it comes from."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code, in_order
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stages

from .conftest import FLEET, Tree

DEFAULTS = "defaults: {model: claude-haiku-5-5, metadata: {team: core, cost: low}}\n"
PROJECT = f"project: p\n{DEFAULTS}stages: {{dev: {{}}, prod: {{defaults: {{model: {{id: claude-opus-5-5, effort: max}}, metadata: {{cost: high}}}}}}}}\n"


def test_what_a_file_leaves_out_is_filled_in_per_stage(tree: Tree) -> None:
    tree.write({"agentops.yaml": PROJECT, "agents/a.yaml": "system: Go.\nmetadata: {team: mine}\n"})
    dev, prod = tree.load("dev"), tree.load("prod")
    assert (dev.said, prod.said) == ([], [])
    assert dev["agent/a"].body["model"] == "claude-haiku-5-5"
    assert dev["agent/a"].body["metadata"] == {"team": "mine", "cost": "low"}
    assert prod["agent/a"].body["model"] == {"id": "claude-opus-5-5", "effort": "max"}
    assert prod["agent/a"].body["metadata"] == {"team": "mine", "cost": "high"}


def test_the_file_and_its_overrides_win(tree: Tree) -> None:
    tree.write(
        {
            "agentops.yaml": PROJECT,
            "agents/a.yaml": "model: claude-fable-5-2\noverrides: {prod: {metadata: {cost: none}, model: {speed: fast}}}\n",
        }
    )
    assert tree.load("dev")["agent/a"].body["model"] == "claude-fable-5-2"
    body = tree.load("prod")["agent/a"].body
    assert body["model"] == {"id": "claude-fable-5-2", "speed": "fast"}
    assert body["metadata"] == {"team": "core", "cost": "none"}


def test_every_kind_gets_the_fields_that_it_has(tree: Tree) -> None:
    tree.write(
        {
            "agentops.yaml": PROJECT,
            **FLEET,
            "agents/own.yaml": "memory: {name: notes, type: semantic, seed: seed.md}\n",
            "agents/seed.md": "Seed.\n",
            "vaults/keys.yaml": "credentials: {c: {auth: {type: static_bearer, mcp_server_url: 'https://m.example/mcp', token: {secret: env:T}}}}\n",
        }
    )
    found = tree.load("dev")
    assert found.errors == []
    assert {address.kind for address in found.loaded.desired.resources} == set(CATALOG.kinds)
    for address, resource in found.loaded.desired.resources.items():
        fields = CATALOG.of_address(address).fields
        assert ("metadata" in resource.body) == ("metadata" in fields), address
        assert ("model" in resource.body) == ("model" in fields), address
        if "metadata" in fields:
            assert resource.body["metadata"].items() >= {"team": "core", "cost": "low"}.items()


def test_a_release_is_the_same_with_other_defaults(tree: Tree) -> None:
    tree.write({**FLEET, "agentops.yaml": PROJECT})
    before = {address: item.source for address, item in tree.load("dev").loaded.desired.resources.items()}
    assert before == {
        address: item.source for address, item in tree.load("prod").loaded.desired.resources.items()
    }
    tree.write({"agentops.yaml": PROJECT.replace("low", "lower")})
    assert before == {
        address: item.source for address, item in tree.load("dev").loaded.desired.resources.items()
    }


def test_stages_together_have_each_its_own(tree: Tree) -> None:
    tree.write({"agentops.yaml": PROJECT, "agents/a.yaml": "system: Go.\n"})
    project, _ = load_project(tree.root)
    together = load_stages(tree.root, project, [*project.stages.values()], CATALOG)
    assert [each.desired for each in together] == [tree.load(name).loaded.desired for name in project.stages]


def test_a_default_that_is_wrong_is_said_once_where_it_stands(tree: Tree) -> None:
    project = (
        "project: p\ndefaults: {model: {id: claude-opus-5-5, efort: max}}\nstages: {dev: {}, prod: {}}\n"
    )
    tree.write({"agentops.yaml": project, "agents/a.yaml": "system: A.\n", "agents/b.yaml": "system: B.\n"})
    loaded = load_stages(
        tree.root, load_project(tree.root)[0], [*load_project(tree.root)[0].stages.values()], CATALOG
    )
    (problem,) = in_order(item for each in loaded for item in each.diagnostics)
    assert (problem.code, str(problem.location), problem.address) == (
        Code.UNKNOWN_KEY,
        "agentops.yaml:2:41",
        None,
    )


@pytest.mark.parametrize(
    ("defaults", "code", "summary"),
    [
        ("{modle: claude-opus-5-5}", Code.UNKNOWN_KEY, "unknown key 'defaults.modle'"),
        ("{system: Be kind.}", Code.UNKNOWN_KEY, "unknown key 'defaults.system'"),
        ("{metadata: {a: 1}}", Code.WRONG_TYPE, "'defaults.metadata.a' must be text, not a number"),
        ("[model]", Code.WRONG_TYPE, "'defaults' must be a mapping, not a list"),
    ],
)
def test_what_defaults_cannot_say(tree: Tree, defaults: str, code: Code, summary: str) -> None:
    tree.write({"agentops.yaml": f"project: p\ndefaults: {defaults}\n"})
    _, (problem,) = load_project(tree.root)
    assert (problem.code, problem.summary) == (code, summary)
