"""The memory of an agent is mounted in every deployment of it, once."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.diagnostics import Code

from .conftest import DEPLOYMENT, FLEET, Outcome, Tree

MODEL = "model: claude-opus-5-5\n"
THEIRS = "memstore_011CftafA7Q9XsQ3QhMZoamB"
PROJECT = f"""\
project: fleet
stages: {{dev: {{}}, prod: {{}}}}
external: {{memory_store/theirs: {{dev: {THEIRS}}}, agent/theirs: {{dev: agent_1, prod: agent_2}}}}
"""


def mount(store: str, access: str = "read_write", **members: Any) -> dict[str, Any]:
    id = store if store.startswith("memstore_") else {"$ref": {"address": store, "attribute": "id"}}
    return {"type": "memory_store", "memory_store_id": id, "access": access, **members}


def load(tree: Tree, memory: str, members: str = "", stage: str = "dev") -> Outcome:
    """An agent with a memory, and a deployment of it that has these members too."""
    tree.write(FLEET | {"agentops.yaml": PROJECT, "agents/a.yaml": f"{MODEL}{memory}\n"})
    return tree.write({"deployments/d.yaml": f"{DEPLOYMENT}{members}\n"}).load(stage)


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ("memory: {type: episodic}", [mount("memory_store/a-episodic")]),
        ("memory: {name: m, access: read_only}", [mount("memory_store/a-m", "read_only")]),
        ("memory: [{name: m}, {name: n}]", [mount("memory_store/a-m"), mount("memory_store/a-n")]),
        ("memory: [{store: ../memory_stores/notes.yaml}]", [mount("memory_store/notes")]),
        (
            "memory: [{store: memory_store/notes, access: read_only}]",
            [mount("memory_store/notes", "read_only")],
        ),
        ("memory: [{store: memory_store/theirs}]", [mount(THEIRS)]),
        ("memory: []", None),
        ("description: x", None),
    ],
)
def test_the_memory_of_an_agent_is_mounted_in_its_deployments(tree: Tree, memory: str, expected: Any) -> None:
    outcome = load(tree, memory)
    assert outcome.diagnostics == ()
    assert outcome["deployment/d"].body.get("resources") == expected


def test_it_is_there_before_the_deployment_is(tree: Tree) -> None:
    assert load(tree, "memory: {name: m}")["deployment/d"].needs == (
        *("agent/a", "environment/cloud", "memory_store/a-m"),
    )


@pytest.mark.parametrize(
    "agent",
    ["{path: ../agents/a.yaml, version: latest}", "{type: agent, id: agent/a, version: 3}", "agent/a"],
)
def test_it_is_mounted_however_the_agent_is_named(tree: Tree, agent: str) -> None:
    tree.write(FLEET | {"agents/a.yaml": f"{MODEL}memory: {{name: m}}\n"})
    text = DEPLOYMENT.replace("agent: ../agents/a.yaml", f"agent: {agent}")
    outcome = tree.write({"deployments/d.yaml": text}).load()
    assert outcome.diagnostics == ()
    assert outcome["deployment/d"].body["resources"] == [mount("memory_store/a-m")]


@pytest.mark.parametrize("agent", ["agent_011CftafA7Q9XsQ3QhMZoamB", "agent/theirs", "agent/b"])
def test_the_memory_of_another_agent_is_not_mounted(tree: Tree, agent: str) -> None:
    tree.write(FLEET | {"agentops.yaml": PROJECT, "agents/a.yaml": f"{MODEL}memory: {{name: m}}\n"})
    text = DEPLOYMENT.replace("agent: ../agents/a.yaml", f"agent: {agent}")
    outcome = tree.write({"deployments/d.yaml": text}).load()
    assert outcome.diagnostics == ()
    assert "resources" not in outcome["deployment/d"].body


def test_the_memory_of_a_roster_is_not_that_of_its_coordinator(tree: Tree) -> None:
    tree.write({"agents/b.yaml": f"{MODEL}memory: {{name: m}}\n"})
    roster = "multiagent: {type: coordinator, agents: [agent/b]}"
    tree.write(
        FLEET | {"agents/a.yaml": f"{MODEL}{roster}\n", "agents/b.yaml": f"{MODEL}memory: {{name: m}}\n"}
    )
    outcome = tree.load()
    assert outcome.diagnostics == ()
    assert "resources" not in outcome["deployment/d"].body


OWN = [{"type": "file", "file_id": "file_1"}]


@pytest.mark.parametrize(
    ("memory", "resources", "expected"),
    [
        ("{name: m}", "[memory_store/a-m]", [{"type": "memory_store", "memory_store_id": mount("memory_store/a-m")["memory_store_id"]}]),
        ("{name: m}", "[{path: memory_store/a-m, access: read_only}]", [mount("memory_store/a-m", "read_only")]),
        ("{name: m}", "[{type: file, file_id: file_1}]", [*OWN, mount("memory_store/a-m")]),
        ("{name: m}", "[memory_store/notes]", [{"type": "memory_store", "memory_store_id": mount("memory_store/notes")["memory_store_id"]}, mount("memory_store/a-m")]),
        ("{store: memory_store/theirs}", "[{path: memory_store/theirs, access: read_only}]", [mount(THEIRS, "read_only")]),
        ("{store: memory_store/theirs}", f"[{{path: {THEIRS}, access: read_only}}]", [mount(THEIRS, "read_only")]),
        ("{name: m}", "[]", [mount("memory_store/a-m")]),
    ],
)  # fmt: skip
def test_what_a_deployment_mounts_itself_is_not_mounted_twice(
    tree: Tree, memory: str, resources: str, expected: Any
) -> None:
    outcome = load(tree, f"memory: [{memory}]", f"resources: {resources}")
    assert outcome.diagnostics == ()
    assert outcome["deployment/d"].body["resources"] == expected


@pytest.mark.parametrize("resources", ["3", "memory_store/a-m", "{a: b}", ""])
def test_resources_that_are_no_list_are_one_error(tree: Tree, resources: str) -> None:
    only = load(tree, "memory: {name: m}", f"resources: {resources}").only()
    assert only.code is Code.WRONG_TYPE
    assert only.summary.startswith("'resources' must be a list")


def test_each_stage_mounts_what_the_agent_has_there(tree: Tree) -> None:
    memory = "memory: {name: m}\noverrides: {prod: {memory: {access: read_only}}}"
    assert load(tree, memory)["deployment/d"].body["resources"] == [mount("memory_store/a-m")]
    outcome = load(tree, memory, stage="prod")
    assert outcome["deployment/d"].body["resources"] == [mount("memory_store/a-m", "read_only")]


def test_a_store_without_an_id_in_this_stage_is_said_once(tree: Tree) -> None:
    only = load(tree, "memory: [{store: memory_store/theirs}]", stage="prod").only()
    assert only.summary == "memory_store/theirs has no ID for stage prod"
    assert only.address == "agent/a"


# -- at most eight


def stores(number: int, start: int = 0) -> str:
    return ", ".join(f"memstore_{index:024}" for index in range(start, start + number))


def memories(number: int) -> str:
    return "memory: [" + ", ".join(f"{{name: m{index}}}" for index in range(number)) + "]"


@pytest.mark.parametrize(("own", "of_agent"), [(8, 0), (7, 1), (0, 8), (4, 4)])
def test_a_deployment_mounts_up_to_eight_stores(tree: Tree, own: int, of_agent: int) -> None:
    outcome = load(tree, memories(of_agent), f"resources: [{stores(own)}]")
    assert outcome.diagnostics == ()
    assert len(outcome["deployment/d"].body["resources"]) == 8


@pytest.mark.parametrize(("own", "of_agent"), [(8, 1), (1, 8), (5, 4), (8, 8)])
def test_more_than_eight_with_those_of_its_agent_are_too_many(tree: Tree, own: int, of_agent: int) -> None:
    only = load(tree, memories(of_agent), f"resources: [{stores(own)}]").only()
    assert (only.code, only.address) == (Code.LIMIT, "deployment/d")
    assert only.summary.startswith(
        f"deployment/d mounts {own + of_agent} memory stores, {of_agent} of them memories of its agent"
    )
    assert only.location is not None
    assert only.location.file == "deployments/d.yaml"


@pytest.mark.parametrize(
    ("own", "of_agent", "blamed"), [(9, 0, "deployment/d"), (9, 1, "deployment/d"), (0, 9, "agent/a")]
)
def test_too_many_of_one_are_blamed_on_that_one_alone(
    tree: Tree, own: int, of_agent: int, blamed: str
) -> None:
    only = load(tree, memories(of_agent), f"resources: [{stores(own)}]").only()
    assert (only.code, only.address) == (Code.LIMIT, blamed)


def test_files_and_repositories_do_not_count(tree: Tree) -> None:
    files = ", ".join(f"{{type: file, file_id: file_{index}}}" for index in range(20))
    assert load(tree, memories(8), f"resources: [{files}]").diagnostics == ()
