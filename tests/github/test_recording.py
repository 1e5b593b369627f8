"""``agentops github lock``: the lock goes back to the repository."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from agentops.cli.options import Common
from agentops.cli.wiring import lock_file, open_project
from agentops.domain.address import Address
from agentops.domain.diagnostics import Stop
from agentops.github.client import Client
from agentops.github.place import Place
from agentops.github.recording import LockText, record
from agentops.github.refusals import Refused
from tests.github.hub import Hub, blob
from tests.projects import Project

PATH = "fleet/locks/prod.lock.json"


def lock(serial: int, more: str = "") -> LockText:
    return LockText("prod", PATH, json.dumps({"serial": serial, "more": more}).encode())


def test_git_gives_the_content_the_same_id(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(lock(1).content)
    done = subprocess.run(
        ["git", "hash-object", "file"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == lock(1).blob == blob(lock(1).content)


def test_a_new_one_a_changed_one_and_the_same_again(client: Client, hub: Hub) -> None:
    assert record(client, lock(1), "main").what == "committed"
    assert record(client, lock(2), "main").what == "committed"
    assert record(client, lock(2), "main").what == "unchanged"
    assert hub.branches["main"][PATH] == lock(2).content
    assert hub.commits == [
        ("main", "Record what stage prod runs (serial 1)"),
        ("main", "Record what stage prod runs (serial 2)"),
    ]


def test_a_newer_one_is_never_overwritten(client: Client, hub: Hub) -> None:
    record(client, lock(5), "main")
    with pytest.raises(Stop, match=r"main has a newer .*: serial 5, ours is 4"):
        record(client, lock(4), "main")
    assert hub.branches["main"][PATH] == lock(5).content


def test_a_job_that_recorded_nothing_has_nothing_to_bring(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ran again, or on a commit that another job's lock came after."""
    hub.branches = {"main": {PATH: lock(5).content}, "1" * 40: {PATH: lock(4).content}}
    monkeypatch.setenv("GITHUB_SHA", "1" * 40)
    with Client(Place.of(os.environ), print) as client:
        assert record(client, lock(4), "main").what == "unchanged"
        with pytest.raises(Stop, match="has a newer"):
            record(client, lock(4, "something else"), "main")
    assert hub.commits == []


def test_somebody_committed_in_between(client: Client, hub: Hub) -> None:
    hub.stale = 2
    assert record(client, lock(1), "main").what == "committed"
    hub.stale = 9
    with pytest.raises(Refused, match="does not match"):
        record(client, lock(2), "main")


def test_a_protected_branch_gets_one_pull_request(client: Client, hub: Hub, said: list[str]) -> None:
    hub.protected.add("main")
    first = record(client, lock(1), "main")
    again = record(client, lock(2), "main")
    assert (first.what, again) == ("proposed", first)
    assert [item["head"] for item in hub.pulls] == ["agentops/lock-prod"]
    assert hub.branches["agentops/lock-prod"][PATH] == lock(2).content
    assert PATH not in hub.branches["main"]
    assert "main takes no commit of ours (Repository rule violations found" in said[0]


def test_actions_may_not_open_pull_requests(client: Client, hub: Hub) -> None:
    hub.protected.add("main")
    hub.may_open_pull_requests = False
    with pytest.raises(
        Refused, match="agentops/lock-prod has the lock, but GitHub Actions may not"
    ) as refused:
        record(client, lock(1), "main")
    assert "Workflow permissions" in refused.value.diagnostics[0].detail


def test_a_missing_permission(client: Client, hub: Hub) -> None:
    hub.allowed.discard("contents")
    with pytest.raises(Refused) as refused:
        record(client, lock(1), "main")
    assert "contents: write" in refused.value.diagnostics[0].detail


# -- the command


def test_a_local_stage_has_nothing_to_commit(project: Project, hub: Hub) -> None:
    project.run("apply", "--yes")
    ended = project.run("github", "lock")
    assert ended.code == 0
    assert "its lock belongs to one machine" in ended.err
    assert hub.requests == []


def test_what_a_killed_apply_left_in_its_journal_goes_along(project: Project, hub: Hub) -> None:
    settings = "project: fleet\nstages: {far: {registry: {base_url: 'https://far.example'}}}\n"
    project.run("apply", "--yes")
    written = project.lock()
    project.write("agentops.yaml", settings)
    text = json.dumps(written | {"project": "fleet", "stage": "far"})
    (project.root / "locks" / "far.lock.json").write_text(text, encoding="utf-8")
    opened = open_project(Common(project.root, None, no_color=True, verbose=False))
    store = lock_file(opened, opened.stage("far"), "apply")
    with store.hold():
        store.record(Address("agent/tutor"), None)
    assert store.pending

    ended = project.run("github", "lock")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("locks/far.lock.json: committed https://github.test/")
    committed = json.loads(hub.branches["main"]["locks/far.lock.json"])
    assert "agent/tutor" not in committed["resources"]
    assert committed["serial"] == written["serial"] + 1
    assert not store.pending
    assert project.run("github", "lock").out == "locks/far.lock.json: unchanged\n"
