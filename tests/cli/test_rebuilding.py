"""Two branches that both applied, a lock that is damaged or lost, a lock that never got home: one command,
nothing lost, and the plan is empty. With real git merges and a registry behind a socket."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_processes import KEY, at
from tests.projects import Project
from tests.served import served_registry

LOCK = "locks/prod.lock.json"
CLOUD = "config: {type: cloud}\n"


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("PROD_KEY", KEY)
    for name, value in {
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.com",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with served_registry(tmp_path / "remote.db") as there:
        yield there


@pytest.fixture
def main(project: Project, url: str) -> Project:
    """A repository whose main branch was applied to stage prod."""
    shutil.rmtree(project.root / ".git")
    at(project, url)
    project.write(".gitignore", ".agentops/\n")
    project.write("environments/sandbox.yaml", CLOUD)
    git(project, "init", "-q", "-b", "main")
    done(project, "apply", "--yes")
    commit(project)
    return project


def git(project: Project, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(["git", *arguments], cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def commit(project: Project) -> None:
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "x")


def done(project: Project, *arguments: str) -> str:
    ended = project.run(*arguments)
    assert ended.code == 0, ended.out + ended.err
    return ended.out + ended.err


def clone(main: Project, name: str, branch: str) -> Project:
    """Another machine's clone, on a branch of its own."""
    root = main.root.parent / name
    git(main, "clone", "-q", str(main.root), str(root))
    made = Project(root, main._capsys)
    git(made, "switch", "-q", "-c", branch)
    return made


def agent(project: Project, name: str, prompt: str = "You help people with their orders.") -> None:
    project.write(f"agents/{name}.md", f"---\nmodel: claude-opus-5-5\n---\n\n{prompt}\n")


def both_applied(main: Project, *, style: str = "merge") -> Project:
    """Branches `one` and `two` have each added agents and applied; main merges both, and git cannot."""
    for name in ("one", "two"):
        branch = clone(main, name, name)
        for number in range(2):
            agent(branch, f"a-{name}-{number}")
        done(branch, "apply", "--yes")
        commit(branch)
        git(branch, "push", "-q", "origin", name)
    git(main, "merge", "-q", "one")
    git(main, "-c", f"merge.conflictStyle={style}", "merge", "-q", "two", code=1)
    assert "<<<<<<<" in (main.root / LOCK).read_text()
    return main


def mutex_off(main: Project) -> None:
    text = (main.root / "agentops.yaml").read_text()
    main.write("agentops.yaml", text + "mutex: off\n")
    commit(main)


def plan(project: Project) -> dict[str, Any]:
    ended = project.run("plan", "--format", "json")
    assert ended.code == 0, ended.out + ended.err
    return dict(ended.json)


def assert_at_rest(project: Project) -> None:
    found = plan(project)
    assert (found["changes"], found["orphans"], found["drift"], found["moves"]) == ([], [], [], [])
    assert found["unchanged"] == 8, "no resource is lost"
    assert [it for it in found["diagnostics"] if it["severity"] != "note"] == []


def ids(project: Project) -> dict[str, str]:
    return {address: entry["id"] for address, entry in project.lock("prod")["resources"].items()}


@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("shared", [True, False])
def test_two_branches_that_both_applied_are_one_command_away_from_an_empty_plan(
    main: Project, style: str, shared: bool
):
    if not shared:
        mutex_off(main)
    both_applied(main, style=style)
    before = {**ids(Project(main.root.parent / "one", main._capsys))}
    before |= ids(Project(main.root.parent / "two", main._capsys))

    said = done(main, "lock", "rebuild", "--yes")

    assert "has conflict markers" in said
    assert "`git add locks/prod.lock.json`, and plan" in said
    assert ids(main) == before
    assert len(before) == 8
    assert_at_rest(main)
    git(main, "add", LOCK)
    git(main, "commit", "-q", "-m", "merged")
    assert "nothing to do" in done(main, "lock", "rebuild", "--yes")
    assert git(main, "status", "--porcelain") == ""


def test_the_markers_are_enough_where_git_has_forgotten_the_sides(main: Project):
    both_applied(main)
    git(main, "add", "-A")
    git(main, "commit", "-q", "-m", "merged with its markers")
    done(main, "lock", "rebuild", "--yes")
    assert_at_rest(main)


def test_offline_merges_what_is_written(main: Project, url: str, monkeypatch: pytest.MonkeyPatch):
    mutex_off(main)
    both_applied(main)
    monkeypatch.delenv("PROD_KEY")
    done(main, "lock", "rebuild", "--offline", "--yes")
    assert len(ids(main)) == 8
    monkeypatch.setenv("PROD_KEY", KEY)
    assert_at_rest(main)


def test_any_other_command_refuses_and_names_this_one(main: Project):
    both_applied(main)
    text = (main.root / LOCK).read_text()
    for command in (
        ("plan",),
        ("apply", "--yes"),
        ("lock", "list"),
        ("status",),
        ("lock", "mv", "a/b", "a/c"),
    ):
        refused = main.run(*command)
        assert refused.code == 1, refused.out
        assert f"error[AO067] {LOCK}:" in refused.err
        assert "`agentops lock rebuild --stage prod`" in refused.err
    assert (main.root / LOCK).read_text() == text


def test_nothing_is_written_unless_somebody_agrees(main: Project):
    both_applied(main)
    text = (main.root / LOCK).read_text()
    shown = main.run("lock", "rebuild")
    assert shown.code == 3
    assert "agent/a-one-0" in shown.out
    assert "AO059" in shown.err
    as_json = main.run("lock", "rebuild", "--format", "json")
    assert as_json.code == 3
    assert (as_json.json["condition"], as_json.json["written"]) == ("conflict", False)
    assert (main.root / LOCK).read_text() == text
    written = main.run("lock", "rebuild", "--format", "json", "--yes").json
    assert (written["changed"], written["written"], len(written["entries"])) == (True, True, 8)


def test_an_address_that_both_created_keeps_one_and_names_the_other(main: Project):
    mutex_off(main)
    for name in ("one", "two"):
        branch = clone(main, name, name)
        agent(branch, "new", "You help people with their orders.")
        done(branch, "apply", "--yes") if name == "one" else _created_blindly(branch)
        commit(branch)
        git(branch, "push", "-q", "origin", name)
    git(main, "merge", "-q", "one")
    git(main, "merge", "-q", "two", code=1)
    first, second = (
        ids(Project(main.root.parent / name, main._capsys))["agent/new"] for name in ("one", "two")
    )
    assert first != second

    said = done(main, "lock", "rebuild", "--yes")

    assert f"agent/new was created twice: {first} is kept, and {second} is there as well" in said
    assert ids(main)["agent/new"] == first
    warned = [it for it in plan(main)["diagnostics"] if it["code"] == "AO043"]
    assert second in warned[0]["summary"], "the plan names it until it is gone"


def _created_blindly(branch: Project) -> None:
    """What a run does that does not see the other one's agent in the list yet."""
    import httpx

    lock = branch.lock("prod")
    headers = {
        "x-api-key": KEY,
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "managed-agents-2026-04-01",
    }
    body = {
        "name": "new",
        "model": "claude-opus-5-5",
        "system": "You help people with their orders.\n",
        "metadata": {"agentops": "demo/prod/agent/new"},
    }
    url = lock["origin"]["base_url"]
    made = httpx.post(f"{url}/v1/agents", json=body, headers=headers).raise_for_status().json()
    lock["serial"] += 1
    lock["resources"]["agent/new"] = {"id": made["id"], "version": made["version"], "path": "agents/new.md"}
    branch.write(LOCK, json.dumps(lock, indent=2, sort_keys=True) + "\n")


def test_what_one_side_forgot_stays_forgotten(main: Project):
    mutex_off(main)
    agent(main, "gone")
    done(main, "apply", "--yes")
    commit(main)
    one = clone(main, "one", "one")
    (one.root / "agents/gone.md").unlink()
    done(one, "destroy", "agent/gone", "--stage", "prod", "--yes")
    commit(one)
    git(one, "push", "-q", "origin", "one")
    agent(main, "new")
    done(main, "apply", "agent/new", "--yes")
    commit(main)
    git(main, "merge", "-q", "one", code=1)
    done(main, "lock", "rebuild", "--yes")
    assert "agent/gone" not in ids(main)
    assert "agent/new" in ids(main)
    assert plan(main)["changes"] == []


# -- a lock that is lost


@pytest.mark.parametrize("left", [None, "{", '{"serial": "x"}'])
@pytest.mark.parametrize("shared", [True, False])
def test_a_lock_that_is_lost_or_damaged_is_made_anew(main: Project, left: str | None, shared: bool):
    if not shared:
        mutex_off(main)
    before = ids(main)
    (main.root / LOCK).unlink() if left is None else main.write(LOCK, left)
    said = done(main, "lock", "rebuild", "--yes")
    assert ("the registry's copy" if shared else "its ownership tag") in said
    assert ids(main) == before
    found = plan(main)
    assert (found["changes"], found["orphans"], found["drift"]) == ([], [], [])
    done(main, "apply", "--yes")
    assert plan(main)["records"] == {}


def test_offline_there_is_nothing_to_make_it_from(main: Project):
    (main.root / LOCK).unlink()
    refused = main.run("lock", "rebuild", "--offline", "--yes")
    assert refused.code == 1
    assert "there is nothing to make another from" in refused.err
    assert not (main.root / LOCK).exists()


def test_it_names_what_nobody_has(main: Project):
    mutex_off(main)
    agent(main, "never-applied")
    (main.root / LOCK).unlink()
    said = done(main, "lock", "rebuild", "--yes")
    assert "note[AO069] agent/never-applied: agent/never-applied is not found again" in said


def test_a_skill_is_known_by_what_it_holds(main: Project):
    mutex_off(main)
    main.write("skills/forms/SKILL.md", "---\nname: forms\ndescription: Fills forms.\n---\nHow to.\n")
    done(main, "apply", "--yes")
    before = ids(main)
    (main.root / LOCK).unlink()
    assert "what it holds" in done(main, "lock", "rebuild", "--yes")
    assert ids(main) == before
    assert plan(main)["changes"] == []


def test_files_that_are_wrong_are_told_first(main: Project):
    both_applied(main)
    main.write("agents/a-one-0.md", "<<<<<<< HEAD\n---\nmodel: x\n---\n")
    refused = main.run("lock", "rebuild", "--yes")
    assert refused.code == 1
    assert "agents/a-one-0.md" in refused.err
    assert "<<<<<<<" in (main.root / LOCK).read_text()


# -- protected branches


def test_the_registrys_copy_is_enough_for_the_next_run(main: Project):
    """CI may not push to main: what it applied is known to the next clone, which writes the lock."""
    ci = clone(main, "ci", "ci")
    agent(ci, "new")
    done(ci, "apply", "--yes")
    wanted = ci.lock("prod")["resources"]
    agent(main, "new")
    commit(main)
    shutil.rmtree(ci.root)  # the runner is gone, and its lock with it

    later = clone(main, "later", "later")
    found = plan(later)
    assert (found["changes"], found["orphans"], found["drift"]) == ([], [], [])
    assert [it["code"] for it in found["diagnostics"]] == ["AO071"]
    assert "agent/new" not in ids(later)
    done(later, "apply", "--yes")
    assert {key: it["id"] for key, it in wanted.items()} == ids(later)
    assert "modified" in git(later, "status")  # for a bot to commit, or a pull request
    assert plan(later)["diagnostics"] == []
