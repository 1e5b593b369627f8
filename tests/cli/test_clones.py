"""Clones of one project on one registry, as real processes: they share no file, only the registry."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.test_processes import INTERRUPTED, KEY, at, many, run, start
from tests.projects import Project
from tests.served import served_registry
from tests.sweep.counting import full

ROUNDS = 50 if full() else 5


@pytest.fixture
def origin(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("PROD_KEY", KEY)  # for commands that are run in this process
    with served_registry(tmp_path / "remote.db") as url:
        at(project, url)
        yield project


def clones(origin: Project, count: int) -> list[Project]:
    """Directories that share nothing with one another."""
    made = []
    for number in range(count):
        root = origin.root.parent / f"clone-{number}"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(origin.root, root)
        made.append(Project(root, origin._capsys))
    return made


def together(projects: list[Project], *arguments: str) -> list[tuple[int, str, str]]:
    with ExitStack() as stack:
        processes = [stack.enter_context(start(project, *arguments)) for project in projects]
        ended = [process.communicate(timeout=120) for process in processes]
        return [(process.returncode, out, err) for process, (out, err) in zip(processes, ended, strict=True)]


def changed(report: str) -> int:
    return sum(item["result"] == "done" for item in json.loads(report).get("outcomes", []))


@pytest.mark.parametrize("count", [2, 8])
def test_clones_that_apply_at_once_make_one_set_of_resources(origin: Project, count: int):
    for round in range(ROUNDS):
        many(origin, 2 * round + 2)
        made = clones(origin, count)
        ended = together(made, "apply", "--yes", "--format", "json")
        assert {code for code, _, _ in ended} <= {0, 3}, ended
        worked = [changed(out) for code, out, _ in ended if code == 0]
        assert sum(bool(number) for number in worked) == 1, (
            "one works, who comes after it finds nothing to do"
        )
        for code, _, err in ended:
            assert code == 0 or "error[AO054]: stage prod " in err
        plan = made[0].run("plan", "--format", "json").json
        assert (plan["changes"], plan["orphans"], plan["drift"]) == ([], [], [])
        assert plan["unchanged"] == 2 * round + 2 + 3


def test_who_waits_follows_with_nothing_to_do(origin: Project):
    many(origin, 20)
    made = clones(origin, 3)
    ended = together(made, "apply", "--yes", "--format", "json", "--wait", "2m")
    assert [code for code, _, _ in ended] == [0, 0, 0], ended
    assert sorted(changed(out) for _, out, _ in ended) == [0, 0, 23]
    locks = [json.loads((it.root / "locks/prod.lock.json").read_text()) for it in made]
    assert all(lock["resources"] == locks[0]["resources"] for lock in locks), "no entry is lost"


def wait_until_it_writes(project: Project) -> None:
    journal = project.root / ".agentops/prod.journal"
    deadline = time.monotonic() + 60
    while not journal.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert journal.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of Unix")
def test_a_killed_apply_is_taken_over_at_once(origin: Project):
    many(origin, 150)
    one, two = clones(origin, 2)
    with start(one, "apply", "--yes") as process:
        wait_until_it_writes(one)
        process.kill()
        process.communicate(timeout=20)
    code, _, err = run(two, "apply", "--yes", "--format", "json")
    assert code == 0, err
    assert "Took over the hold of `apply` (process " in err
    plan = one.run("plan", "--format", "json").json
    assert (plan["changes"], plan["orphans"], plan["unchanged"]) == ([], [], 153)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of Unix")
def test_one_ctrl_c_ends_a_wait_and_leaves_nothing_behind(origin: Project):
    many(origin, 150)
    one, two = clones(origin, 2)
    with start(one, "apply", "--yes") as working:
        wait_until_it_writes(one)
        working.send_signal(signal.SIGSTOP)
        with start(two, "apply", "--yes", "--wait", "5m") as waiting:
            assert waiting.stderr is not None
            assert waiting.stderr.readline().startswith("Waiting: stage prod ")
            waiting.send_signal(signal.SIGINT)
            _, err = waiting.communicate(timeout=20)
        assert waiting.returncode in INTERRUPTED
        assert "Traceback" not in err
        working.send_signal(signal.SIGCONT)
        working.communicate(timeout=60)
    assert working.returncode == 0
    assert two.run("lock", "unlock").out == "Nobody holds stage prod.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of Unix")
def test_an_interrupted_apply_gives_its_hold_back(origin: Project):
    many(origin, 150)
    (one,) = clones(origin, 1)
    with start(one, "apply", "--yes") as process:
        wait_until_it_writes(one)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert one.run("lock", "unlock").out == "Nobody holds stage prod.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of Unix")
def test_a_hold_that_is_removed_while_its_process_is_stopped(origin: Project):
    """It finds out with its next renewal; who comes after it finds everything in order all the same."""
    many(origin, 60)
    one, two = clones(origin, 2)
    with start(one, "apply", "--yes") as process:
        wait_until_it_writes(one)
        process.send_signal(signal.SIGSTOP)
        removed = two.run("lock", "unlock", "--yes")
        assert removed.code == 0, removed.err
        assert "its lease runs for" in removed.out
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=60)
    assert two.run("apply", "--yes").code == 0
    assert one.run("plan", "--detailed-exitcode").code == 0
