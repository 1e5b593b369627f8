"""How many commits have touched some files since one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentops.remotes import History
from tests.stages import git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose project lies in a folder of it."""
    git(tmp_path, "init", "-q", "-b", "main")
    root = tmp_path / "fleet"
    (root / "skills/essay").mkdir(parents=True)
    write(root, "first", "a.yaml", "b.yaml", "skills/essay/SKILL.md")
    return root


def write(root: Path, message: str, *paths: str) -> str:
    for path in paths:
        (root / path).write_text(message, encoding="utf-8")
    git(root, "add", "--all")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


def changes(root: Path, since: str) -> dict[str, int] | None:
    named = {"a": ["a.yaml"], "both": ["a.yaml", "b.yaml"], "skill": ["skills/essay"], "none": ["a"]}
    with History(root, os.environ) as history:
        return history.changes(since, named)


def test_a_commit_counts_once_for_each_that_it_touches(clone: Path):
    since = git(clone, "rev-parse", "HEAD")
    assert changes(clone, since) == {"a": 0, "both": 0, "skill": 0, "none": 0}
    write(clone, "second", "a.yaml", "b.yaml")
    write(clone, "third", "skills/essay/ä b.md")
    write(clone, "fourth")
    (clone.parent / "a.yaml").write_text("outside", encoding="utf-8")
    write(clone, "fifth", "b.yaml")
    assert changes(clone, since) == {"a": 1, "both": 2, "skill": 1, "none": 0}


def test_a_merge_counts_by_what_it_brings(clone: Path):
    since = git(clone, "rev-parse", "HEAD")
    git(clone, "checkout", "-q", "-b", "side")
    write(clone, "on the side", "a.yaml")
    git(clone, "checkout", "-q", "main")
    write(clone, "on main", "b.yaml")
    git(clone, "merge", "-q", "--no-ff", "-m", "merged", "side")
    assert changes(clone, since) == {"a": 1, "both": 2, "skill": 0, "none": 0}


@pytest.mark.parametrize("since", ["0" * 40, "side", "--all", "\0"])
def test_of_a_commit_that_is_not_before_this_one_nothing_is_told(clone: Path, since: str):
    git(clone, "checkout", "-q", "-b", "side")
    write(clone, "on the side", "a.yaml")
    git(clone, "checkout", "-q", "main")
    assert changes(clone, since) is None


def test_without_a_repository_nothing_is_told(tmp_path: Path):
    assert changes(tmp_path, "0" * 40) is None
