"""What a stage ran earlier, by the lock, by the history of the lock, and by commits."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from agentops.cli import wiring
from agentops.cli.options import Common
from agentops.cli.releases import PREVIOUS, load_sources, sources_at
from agentops.cli.wiring import Opened, lock_file, open_project
from agentops.domain.diagnostics import Code, Stop
from agentops.domain.state import Lock
from tests.projects import Project
from tests.stages import git

CONFIG = "project: demo\nstages: {local: {registry: local}}\n"


@pytest.fixture
def repository(empty: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    minutes = itertools.count()  # applies of one second cannot be told apart
    monkeypatch.setattr(wiring, "now", lambda: f"2026-03-01T10:{next(minutes):02}:00Z")
    (empty.root / ".git").rmdir()
    git(empty.root, "init", "-q", "-b", "main")
    empty.write(".gitignore", ".agentops/\n")
    empty.write("agentops.yaml", CONFIG)
    return empty


def apply(project: Project, **notes: str) -> str:
    """Commit agents with these texts, apply, commit the lock; the commit with the files."""
    for name, text in notes.items():
        path = project.root / f"agents/{name}.yaml"
        project.write(f"agents/{name}.yaml", f"model: claude-opus-5-5\nsystem: {text}\n")
        assert path.exists()
    commit(project.root)
    files = git(project.root, "rev-parse", "HEAD")
    assert project.run("apply", "--yes").code == 0
    commit(project.root)
    return files


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "x")


def opened(project: Project) -> tuple[Opened, Lock]:
    found = open_project(Common(project.root, None, no_color=True, verbose=False))
    lock = lock_file(found, found.stage(None)).read()
    assert lock is not None
    return found, lock


def texts_at(project: Project, release: str) -> dict[str, str]:
    """What the stage would run at an earlier release."""
    found, lock = opened(project)
    stage = found.stage(None)
    sources = sources_at(found, stage, lock, release)
    ((desired, _),) = load_sources(found, [stage], stage, sources, {})
    return {str(address): item.body["system"] for address, item in desired.resources.items()}


def test_previous_is_what_ran_until_the_newest_release(repository: Project):
    apply(repository, a="a1", b="b1")
    apply(repository, b="b2")
    apply(repository, a="a3", c="c3")
    assert texts_at(repository, PREVIOUS) == {"agent/a": "a1", "agent/b": "b2"}


def test_previous_has_what_was_removed_since(repository: Project):
    """The lock of today has forgotten it; the one that was committed has not."""
    apply(repository, a="a1", b="b1")
    apply(repository, b="b2")
    (repository.root / "agents/a.yaml").unlink()
    repository.write("agents/c.yaml", "model: claude-opus-5-5\n")
    commit(repository.root)
    assert repository.run("apply", "--yes", "--prune", "--confirm", "agent/a").code == 0
    assert texts_at(repository, PREVIOUS) == {"agent/a": "a1", "agent/b": "b2"}


def test_previous_has_nothing_twice_that_was_renamed_in_the_lock(repository: Project):
    apply(repository, a="a1", b="b1")
    apply(repository, b="b2")
    assert repository.run("lock", "mv", "agent/b", "agent/c").code == 0
    found, lock = opened(repository)
    assert set(sources_at(found, found.stage(None), lock, PREVIOUS)) == {"agent/a", "agent/c"}


def test_a_commit_is_what_its_files_ask_for(repository: Project):
    first = apply(repository, a="a1", b="b1")
    apply(repository, a="a2")
    git(repository.root, "tag", "v2", f"{first}")
    for name in (first, first[:10], "v2", "HEAD~3"):
        assert texts_at(repository, name) == {"agent/a": "a1", "agent/b": "b1"}


def test_a_release_is_found_in_the_history_of_the_lock(repository: Project):
    apply(repository, a="a1", b="b1")
    first = opened(repository)[1].resources
    apply(repository, a="a2")
    apply(repository, a="a3")
    (release,) = {item.released.release for item in first.values() if item.released}
    assert texts_at(repository, release) == {"agent/a": "a1", "agent/b": "b1"}
    newest = next(
        item.released.release
        for address, item in opened(repository)[1].resources.items()
        if item.released and address == "agent/a"
    )
    assert texts_at(repository, newest) == {"agent/a": "a3", "agent/b": "b1"}


@pytest.mark.parametrize("name", ["none", "0" * 12, "0" * 40])
def test_what_is_neither_is_refused(repository: Project, name: str):
    apply(repository, a="a1")
    with pytest.raises(Stop) as stop:
        texts_at(repository, name)
    assert stop.value.diagnostics[0].code is Code.COMMIT
    assert name in stop.value.diagnostics[0].summary


def test_a_first_release_has_none_before_it(repository: Project):
    apply(repository, a="a1")
    with pytest.raises(Stop) as stop:
        texts_at(repository, PREVIOUS)
    assert stop.value.diagnostics[0].code is Code.UNKNOWN_SOURCE


def test_what_was_never_committed_cannot_come_back(repository: Project):
    repository.write("agents/a.yaml", "model: claude-opus-5-5\nsystem: a0\n")
    assert repository.run("apply", "--yes").code == 0
    apply(repository, a="a1")
    with pytest.raises(Stop) as stop:
        texts_at(repository, PREVIOUS)
    assert stop.value.diagnostics[0].code is Code.UNKNOWN_SOURCE
