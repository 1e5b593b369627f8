"""The digest of a source: the same where the content is, in every stage and wherever the files lie."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from .conftest import PROJECT, Tree

MODEL = "model: claude-opus-5-5\n"
TOOL = "{type: custom, name: t, description: d, input_schema: {type: object}}"
AGENT = {
    "agents/t/agent.yaml": f"{MODEL}prompt: p.md\ntools: [t.yaml, 'tools/*.yaml']\n",
    "agents/t/p.md": "hi",
    "agents/t/t.yaml": TOOL,
    "agents/t/tools/a.yaml": TOOL.replace("name: t", "name: u"),
}
SEEDED = {"agents/t/agent.yaml": f"{MODEL}memory: {{name: m, seed: m}}\n", "agents/t/m/a.md": "one"}


def digest(files: Mapping[str, str], address: str = "agent/t", stage: str = "dev") -> str:
    with tempfile.TemporaryDirectory() as folder:
        outcome = Tree(Path(folder)).write({"agentops.yaml": PROJECT, **files}).load(stage)
        assert outcome.errors == [], outcome.said
        return outcome[address].source.digest


def moved(files: Mapping[str, str], old: str, new: str) -> dict[str, str]:
    return {path.replace(old, new): text for path, text in files.items()}


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (AGENT, moved(AGENT, "agents/t/", "team/agents/t/"), True),
        (AGENT, moved(AGENT, "tools/a.yaml", "tools/b.yaml"), True),
        (AGENT, AGENT | {"agents/t/p.md": "ho"}, False),
        (AGENT, AGENT | {"agents/t/tools/a.yaml": TOOL.replace("name: t", "name: v")}, False),
        ({"agents/t.yaml": MODEL}, {"agents/z.yaml": f"address: agent/t\n{MODEL}"}, False),
        ({"agents/t.yaml": MODEL}, {"agents/z.yaml": f"address: agent/t\nname: t\n{MODEL}"}, True),
        (
            {"agents/t.json": '{"$schema": "a", "model": "m"}'},
            {"agents/t.json": '{"$schema": "b", "model": "m"}'},
            True,
        ),
    ],
    ids=["moved", "include renamed", "prompt", "include", "default name", "the same name", "$schema"],
)
def test_a_digest_follows_the_content_and_not_the_place(
    before: dict[str, str], after: dict[str, str], same: bool
) -> None:
    assert (digest(before) == digest(after)) is same


def test_a_memory_of_a_templated_name_follows_its_entry() -> None:
    text = f"{MODEL}template: true\nmemory: [{{name: x}}, {{name: 'n-{{{{ stage }}}}', description: one}}]\n"
    before = digest({"agents/t.yaml": text}, "memory_store/t-n-dev")
    assert digest({"agents/t.yaml": text.replace("one", "two")}, "memory_store/t-n-dev") != before
    assert digest({"agents/t.yaml": text}, "memory_store/t-n-prod", "prod") == before


def test_an_overridden_memory_has_one_digest_in_every_stage() -> None:
    files = {
        "agents/t.yaml": f"{MODEL}memory: [{{name: n, type: episodic}}]\n"
        "overrides: {prod: {memory: [{name: k}, {name: n, type: semantic}]}}\n"
    }
    assert digest(files, "memory_store/t-n", "dev") == digest(files, "memory_store/t-n", "prod")
    assert digest(files, "memory_store/t-k", "prod") != digest(files, "memory_store/t-n", "prod")


@pytest.mark.parametrize(
    "text",
    [
        "memory: [{name: n, seed: a}]\noverrides: {prod: {memory: [{name: n, seed: b}]}}\n",
        'template: true\nmemory: [{name: n, seed: \'{{ {"dev": "a", "prod": "b"}[stage] }}\'}]\n',
    ],
    ids=["an override", "a template"],
)
def test_a_seed_has_one_digest_in_every_stage(text: str) -> None:
    files = {"agents/t/agent.yaml": MODEL + text, "agents/t/a/k.md": "1", "agents/t/b/k.md": "2"}
    first = digest(files, "memory/t-n/k.md", "dev")
    assert digest(files, "memory/t-n/k.md", "prod") == first
    assert digest(files | {"agents/t/a/k.md": "3"}, "memory/t-n/k.md", "prod") != first


def test_a_seed_follows_its_text_and_not_its_place() -> None:
    first = digest(SEEDED, "memory/t-m/a.md")
    assert digest(moved(SEEDED, "agents/", "team/agents/"), "memory/t-m/a.md") == first
    assert digest(SEEDED | {"agents/t/m/a.md": "two"}, "memory/t-m/a.md") != first
