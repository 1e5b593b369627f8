from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from agentops.spec.revision import Revision, read_revision

from .conftest import Tree

MODEL = "model: m\n"


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tree: Tree) -> Tree:
    tree.write(
        {
            "agents/a.yaml": f"{MODEL}prompt: p.md\n",
            "agents/p.md": "hi",
            "agents/b.yaml": MODEL,
            ".gitignore": "ignored*\n",
        }
    )
    git(tree.root, "init", "-q")
    git(tree.root, "add", ".")
    git(tree.root, "commit", "-q", "-m", "first")
    return tree


def commits(tree: Tree) -> dict[str, bool]:
    return {
        str(key): value.source.commit is not None
        for key, value in tree.load().loaded.desired.resources.items()
    }


def test_the_commit_is_recorded_where_everything_is_in_it(repository: Tree) -> None:
    assert repository.load()["agent/a"].source.commit == git(repository.root, "rev-parse", "HEAD")


def test_a_changed_prompt_is_not_in_the_commit(repository: Tree) -> None:
    repository.write({"agents/p.md": "changed"})
    assert commits(repository) == {"agent/a": False, "agent/b": True}


def test_untracked_ignored_and_staged_files_are_not_in_the_commit(repository: Tree) -> None:
    repository.write(
        {"agents/new.yaml": MODEL, "agents/ignored.yaml": MODEL, "agents/staged/agent.yaml": MODEL}
    )
    git(repository.root, "add", "agents/staged")
    assert commits(repository) == {
        "agent/a": True,
        "agent/b": True,
        "agent/ignored": False,
        "agent/new": False,
        "agent/staged": False,
    }


def test_a_project_in_a_folder_of_its_repository(repository: Tree) -> None:
    inner = Tree(repository.root / "sub/project").write({"agents/c.yaml": MODEL, "agents/d.yaml": MODEL})
    assert commits(inner) == {"agent/c": False, "agent/d": False}
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-q", "-m", "second")
    inner.write({"agents/d.yaml": f"{MODEL}name: x\n"})
    assert commits(inner) == {"agent/c": True, "agent/d": False}


def test_without_a_repository_or_a_commit_nothing_is_known(tmp_path: Path) -> None:
    assert read_revision(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert read_revision(tmp_path) is None


def test_without_git_nothing_is_known(repository: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert read_revision(repository.root) is None


def test_a_folder_covers_its_files_and_not_its_neighbours() -> None:
    revision = Revision("abc", frozenset({"agents/a/"}))
    assert revision.commit_of(["agents/ab.yaml"]) == "abc"
    assert revision.commit_of(["agents/a/agent.yaml"]) is None
