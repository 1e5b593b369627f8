"""Earlier commits of a clone: read as they are, wherever the project lies in it, and nothing leads out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Diagnostic, Stop
from agentops.remotes import History

from .conftest import git


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    (root / "ops/agents").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "ops/agents/a.md").write_text("first")
    (root / "ops/.secret").write_text("hidden")
    (root / "top.md").write_text("outside the project")
    commit(root)
    return root


def commit(root: Path) -> str:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x")
    return git(root, "rev-parse", "HEAD")


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refused(history: History, commit: str) -> Diagnostic:
    with pytest.raises(Stop) as stop:
        history.tree(commit)
    (problem,) = stop.value.diagnostics
    return problem


def test_a_tree_is_what_the_project_was_and_goes_with_the_context(clone: Path):
    first = git(clone, "rev-parse", "HEAD")
    (clone / "ops/agents/a.md").write_text("second")
    (clone / "ops/agents/b.md").write_text("new")
    second = commit(clone)
    (clone / "ops/agents/a.md").write_text("not committed")
    with History(clone / "ops", os.environ) as history:
        old, new = history.tree(first), history.tree(second)
        assert files(old) == {"agents/a.md": "first"}
        assert files(new) == {"agents/a.md": "second", "agents/b.md": "new"}
        assert history.tree(first) == old
        assert history.folder(second, "agents") == {"a.md": b"second", "b.md": b"new"}
        assert history.folder(second, "agent") == {}
    assert not old.exists()
    with History(clone, os.environ) as history:
        assert files(history.tree(first)) == {"ops/agents/a.md": "first", "top.md": "outside the project"}


def test_links_stay_links_inside_and_lead_nowhere_else(clone: Path, tmp_path: Path):
    (tmp_path / "outside.md").write_text("not ours")
    agents = clone / "ops/agents"
    (agents / "inside.md").symlink_to("a.md")
    (agents / "out.md").symlink_to("../../top.md")
    (agents / "far.md").symlink_to(tmp_path / "outside.md")
    (agents / "folder").symlink_to("../../..")
    last = commit(clone)
    with History(clone / "ops", os.environ) as history:
        assert files(history.tree(last)) == {"agents/a.md": "first", "agents/inside.md": "first"}
        assert history.folder(last, "agents") == {"a.md": b"first"}


def test_nothing_is_written_through_a_link(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Of a commit that git itself would not make: with a link and a folder of one name. By its words the link
    stays inside; it goes through another one that leads to the top."""
    outside = tmp_path / "outside"
    outside.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(outside))

    def written(text: str) -> str:
        return git(clone, "hash-object", "-w", "--stdin", stdin=text.encode())

    def tree(*lines: str) -> str:
        return git(clone, "mktree", stdin="".join(f"{line}\n" for line in lines).encode())

    up = tree(f"120000 blob {written('../..')}\tup")
    evil = tree(f"100644 blob {written('evil')}\tevil.md")
    link = f"120000 blob {written('deep/er/up/../../..')}\tlink"
    ops = tree(f"040000 tree {tree(f'040000 tree {up}{chr(9)}er')}\tdeep", link, f"040000 tree {evil}\tlink")
    made = git(clone, "commit-tree", "-m", "evil", tree(f"040000 tree {ops}\tops"))
    with History(clone / "ops", os.environ) as history:
        assert "file exists" in refused(history, made).summary
        assert not (outside / "evil.md").exists()


def test_no_hook_and_no_filter_runs(clone: Path, tmp_path: Path):
    marks = tmp_path / "ran"
    (clone / ".gitattributes").write_text("*.md filter=mark\n")
    first = commit(clone)
    git(clone, "config", "filter.mark.smudge", f"sh -c 'touch {marks}; cat'")
    hook = clone / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {marks}\n")
    hook.chmod(0o755)
    before = git(clone, "status", "--porcelain")
    with History(clone / "ops", os.environ) as history:
        history.tree(first)
    assert not marks.exists()
    assert git(clone, "status", "--porcelain") == before


def test_a_commit_goes_by_every_name_that_git_knows(clone: Path):
    first = git(clone, "rev-parse", "HEAD")
    git(clone, "tag", "-a", "v1", "-m", "one")
    (clone / "ops/agents/a.md").write_text("second")
    second = commit(clone)
    with History(clone / "ops", os.environ) as history:
        for name in ("v1", first, first[:12], "HEAD~1", "main~"):
            assert history.commit(name) == first
        assert history.commit("main") == second
        for name in ("none", "--all", "", "HEAD:ops", "a\0b", "x\ny"):
            with pytest.raises(Stop) as stop:
                history.commit(name)
            assert stop.value.diagnostics[0].code is Code.COMMIT


@pytest.mark.parametrize("name", ["f" * 40, "--help", "main"])
def test_a_commit_that_is_not_there_is_named(clone: Path, name: str):
    with History(clone / "ops", os.environ) as history:
        problem = refused(history, name)
    assert problem.code is Code.COMMIT
    assert f"the commit {name} is not in this clone" in problem.summary
    assert "fetch-depth: 0" in problem.detail


def test_without_a_repository_or_git_the_commit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with History(tmp_path, os.environ) as history:
        assert "f" * 40 in refused(history, "f" * 40).summary
        assert list(history.versions("locks/prod.lock.json")) == []
    monkeypatch.setenv("PATH", str(tmp_path))
    with History(tmp_path, os.environ) as history:
        assert "git is not there" in refused(history, "f" * 40).summary


def test_a_clone_without_a_file_of_the_commit_says_which(clone: Path):
    last = git(clone, "rev-parse", "HEAD")
    id = git(clone, "rev-parse", "HEAD:ops/agents/a.md")
    (clone / ".git/objects" / id[:2] / id[2:]).unlink()
    with History(clone / "ops", os.environ) as history:
        assert "without its file agents/a.md" in refused(history, last).summary


def test_a_worktree_of_the_clone_has_the_same_commits(clone: Path, tmp_path: Path):
    first = git(clone, "rev-parse", "HEAD")
    git(clone, "worktree", "add", "-q", str(tmp_path / "other"), "-b", "other")
    with History(tmp_path / "other/ops", os.environ) as history:
        assert files(history.tree(first)) == {"agents/a.md": "first"}


def test_versions_of_a_file_come_newest_first(clone: Path):
    lock = clone / "ops/locks/prod.lock.json"
    lock.parent.mkdir()
    for text in ("1", "2"):
        lock.write_text(text)
        commit(clone)
    lock.unlink()
    commit(clone)
    lock.write_text("3")
    with History(clone / "ops", os.environ) as history:
        assert list(history.versions("locks/prod.lock.json")) == [b"2", b"1"]
