"""Memory of agents: stores, attachments, seeded documents."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code
from agentops.domain.resource import Attachment, Lifecycle


def test_a_memory_becomes_a_store_and_an_attachment(agent) -> None:
    outcome = agent("memory: {type: episodic, retention_days: 365}\n")
    assert outcome.addresses == ["agent/a", "memory_store/a-episodic"]
    store = outcome["memory_store/a-episodic"]
    assert store.body["name"] == "a-episodic"
    assert store.body["metadata"] == {"memory_type": "episodic", "retention_days": "365"}
    assert store.body["description"].startswith("Episodic memory of a: what happened in earlier sessions")
    assert "older than 365 days" in store.body["description"]
    assert outcome["agent/a"].attachments == (Attachment(memory_store="memory_store/a-episodic"),)
    assert "memory" not in outcome["agent/a"].body


def test_name_access_description_and_metadata_are_the_users(agent) -> None:
    outcome = agent(
        "memory:\n  - name: patterns\n    type: semantic\n    access: read_only\n"
        "    description: How we build.\n    metadata: {team: core}\n"
    )
    store = outcome["memory_store/a-patterns"]
    assert store.body == {
        "name": "a-patterns",
        "description": "How we build.",
        "metadata": {"team": "core", "memory_type": "semantic"},
    }
    assert outcome["agent/a"].attachments[0].access == "read_only"
    assert (store.path, store.location.line) == ("agents/a.yaml", 3)


SEEDS = {
    "agents/notes/b.md": "two",
    "agents/notes/deep/c.md": "three\n",
    "agents/a.txt": "one",
    "agents/notes/.x": "no",
}


@pytest.mark.parametrize(
    ("seed", "paths"),
    [
        ("a.txt", ["/a.txt"]),
        ("notes", ["/b.md", "/deep/c.md"]),
        ("notes/", ["/b.md", "/deep/c.md"]),
        ("notes/*.md", ["/b.md"]),
        ("notes/**/*.md", ["/b.md", "/deep/c.md"]),
        ("notes/deep/c.md", ["/c.md"]),
        ("[a.txt, notes/deep]", ["/a.txt", "/c.md"]),
    ],
)
def test_seeds_are_memories_of_the_store(agent, seed: str, paths: list[str]) -> None:
    outcome = agent(f"memory: {{name: m, seed: {seed}}}\n", **SEEDS)
    assert outcome.errors == [], outcome.said
    memories = [item for item in outcome.loaded.desired.resources.values() if item.parent is not None]
    assert [item.body["path"] for item in memories] == paths
    assert [str(item.address) for item in memories] == [f"memory/a-m{path}" for path in paths]
    assert {str(item.parent) for item in memories} == {"memory_store/a-m"}


def test_a_seed_is_the_text_of_its_file(agent) -> None:
    outcome = agent("memory: {name: m, seed: notes/deep}\n", **SEEDS)
    memory = outcome["memory/a-m/c.md"]
    assert memory.body == {"path": "/c.md", "content": "three\n"}
    assert memory.path == "agents/notes/deep/c.md"


@pytest.mark.parametrize(("access", "create_only"), [("read_write", True), ("read_only", False)])
def test_what_agents_may_write_to_is_created_and_then_left(agent, access: str, create_only: bool) -> None:
    outcome = agent(f"memory: {{name: m, access: {access}, seed: a.txt}}\n", **SEEDS)
    assert outcome["memory/a-m/a.txt"].lifecycle == Lifecycle(create_only=create_only)


def test_a_store_of_its_own_is_seeded_too(tree) -> None:
    tree.write(
        {
            "memory_stores/house.md": "---\nseed: rules.txt.j2\n---\nHouse rules.\n",
            "memory_stores/rules.txt.j2": "{{ stage }}",
        }
    )
    outcome = tree.load()
    assert outcome.errors == []
    assert outcome["memory_store/house"].body == {"name": "house", "description": "House rules."}
    assert outcome["memory/house/rules.txt"].body == {"path": "/rules.txt", "content": "dev"}


@pytest.mark.parametrize("reference", ["memory_store/house", "../memory_stores/house.yaml"])
def test_a_store_that_is_declared_elsewhere_is_attached(agent, reference: str) -> None:
    outcome = agent(
        f"memory: {{store: {reference}, access: read_only}}\n",
        **{"memory_stores/house.yaml": "name: House\n"},
    )
    assert outcome.errors == []
    assert outcome["agent/a"].attachments == (
        Attachment(memory_store="memory_store/house", access="read_only"),
    )
    assert outcome.addresses == ["agent/a", "memory_store/house"]


def test_a_store_that_is_not_managed_is_attached_by_its_address(agent) -> None:
    project = "project: p\nstages: {dev: {}}\nexternal: {memory_store/shared: {dev: memstore_1}}\n"
    outcome = agent("memory: {store: memory_store/shared}\n", **{"agentops.yaml": project})
    assert outcome.errors == []
    assert outcome["agent/a"].attachments[0].memory_store == "memory_store/shared"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{store: memstore_011CftafA7Q9XsQ3QhMZoamB}", Code.WRONG_REFERENCE),
        ("{store: memory_store/house, type: episodic}", Code.CONFLICTING_FIELDS),
        ("{type: episodic, metadata: {memory_type: x}}", Code.CONFLICTING_FIELDS),
        ("{name: m, seed: [one/a.txt, two/a.txt]}", Code.DUPLICATE_ADDRESS),
        ("[{store: memory_store/house}, {store: ../memory_stores/house.yaml}]", Code.CONFLICTING_FIELDS),
        (f"[{', '.join(f'{{name: m{number}}}' for number in range(9))}]", Code.LIMIT),
    ],
)
def test_what_cannot_be(agent, entry: str, code: Code) -> None:
    files = {"memory_stores/house.yaml": "name: x\n", "agents/one/a.txt": "1", "agents/two/a.txt": "2"}
    assert code in agent(f"memory: {entry}\n", **files).codes


def test_more_seeds_than_a_store_holds(agent) -> None:
    outcome = agent(
        "memory: {name: m, seed: many}\n", **{f"agents/many/{number}.md": "x" for number in range(2001)}
    )
    assert outcome.codes == [Code.LIMIT]
    assert "2,001 documents" in outcome.errors[0].summary


def test_a_name_that_cannot_be_is_told_what_can(agent) -> None:
    only = agent("memory: {name: a b}\n").only()
    assert only.code is Code.INVALID_VALUE
    assert only.summary == (
        "'memory.name': use letters, digits, '.', '_' and '-', and begin with a letter or digit"
    )
