"""Hidden files and locks: no text of a resource comes from them, however they are named."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code

from .conftest import Tree

MODEL = "model: claude-opus-5-5\n"
SECRET = "s3cret"
FILES = {
    ".git/config": SECRET,
    ".env": SECRET,
    ".agentops/registry.txt": SECRET,
    "locks/dev.json": f'{{"type": "custom", "name": "{SECRET}"}}',
    "notes/.hidden/a.md": SECRET,
    "notes/open.md": "open",
}


@pytest.mark.parametrize(
    "text",
    [
        "prompt: ../.git/config\n",
        "prompt: ../.env\n",
        "prompt: ../notes/../.env\n",
        "template: true\nprompt: '../{{ \".env\" }}'\n",
        "tools: [../locks/dev.json]\n",
        "tools: ['../.agentops/*.yaml']\n",
        "memory: {name: m, seed: ../.agentops/}\n",
        "memory: {name: m, seed: '../.git/*'}\n",
        "memory: {name: m, seed: ../locks}\n",
        "memory: {name: m, seed: ../notes/.hidden/a.md}\n",
    ],
)
def test_what_is_hidden_is_refused_with_a_sentence(agent, text: str) -> None:
    outcome = agent(text, **FILES)
    assert outcome.codes == [Code.OUTSIDE_PROJECT], outcome.said
    assert "such files are not read" in outcome.errors[0].summary
    assert SECRET not in str([item.body for item in outcome.loaded.desired.resources.values()])


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ("agents/p.md", "prompt: p.md\n"),
        ("agents/n/a.md", "memory: {name: m, seed: n}\n"),
        ("agents/n/a.md", "memory: {name: m, seed: 'n/*.md'}\n"),
        ("agents/t.yaml", "tools: [t.yaml]\n"),
        ("memory_stores/s.md", ""),
    ],
)
@pytest.mark.parametrize("target", [".env", "locks/dev.json"])
def test_a_link_to_what_is_hidden_is_refused(agent, tree: Tree, link: str, text: str, target: str) -> None:
    tree.write(FILES)
    path = tree.root / link
    path.parent.mkdir(exist_ok=True, parents=True)
    path.symlink_to(tree.root / target)
    outcome = agent(text)
    assert Code.OUTSIDE_PROJECT in outcome.codes, outcome.said
    assert SECRET not in str([item.body for item in outcome.loaded.desired.resources.values()])
    assert SECRET not in str(outcome.said)


def test_a_link_through_a_hidden_folder_is_refused(agent, tree: Tree) -> None:
    tree.write(FILES)
    (tree.root / "agents").mkdir()
    (tree.root / "agents/git").symlink_to("../.git")
    outcome = agent("prompt: git/config\n")
    assert outcome.codes == [Code.OUTSIDE_PROJECT]


def test_a_seed_of_the_whole_project_leaves_them_out(agent) -> None:
    outcome = agent("memory: {name: m, seed: ..}\n", **{**FILES, "locks/x.md": SECRET})
    assert outcome.errors == [], outcome.said
    seeded = [item.body["path"] for item in outcome.loaded.desired.resources.values() if item.parent]
    assert seeded == ["/agentops.yaml", "/notes/open.md"]


def test_no_hidden_name_is_suggested(agent) -> None:
    assert ".env" not in agent("prompt: ../env\n", **FILES).errors[0].detail


def test_a_pipe_named_as_a_seed_is_refused(agent, tree: Tree) -> None:
    import os

    (tree.root / "agents/n").mkdir(parents=True)
    os.mkfifo(tree.root / "agents/n/pipe")
    assert agent("memory: {name: m, seed: n}\n").codes == [Code.UNREADABLE]
