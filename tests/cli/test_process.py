"""Who a process is, and whether it is certainly gone."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from agentops.cli.process import _started_by, clock, is_dead, this_process

pytestmark = pytest.mark.skipif(
    sys.platform not in ("linux", "darwin"), reason="elsewhere nobody can tell, and the lease decides"
)


def test_this_process_is_alive_and_says_who_it_is():
    me = this_process("apply")
    assert (me.command, me.pid) == ("apply", os.getpid())
    assert me.host
    assert me.machine
    assert me.began
    assert not is_dead(me)
    assert this_process("apply") == me


def test_a_process_that_ended_is_dead():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        from agentops.cli.process import _began

        other = this_process("apply").model_copy(update={"pid": process.pid, "began": _began(process.pid)})
        assert not is_dead(other)
        process.kill()
    assert is_dead(other)


def test_a_number_that_another_process_has_by_now_is_a_dead_one():
    me = this_process("apply")
    assert is_dead(me.model_copy(update={"began": "before"}))


@pytest.mark.parametrize(
    "members",
    [
        {"machine": "another boot"},
        {"machine": None},
        {"began": None},
    ],
)
def test_what_cannot_be_told_counts_as_alive(members: dict[str, str | None]):
    gone = this_process("apply").model_copy(update={"pid": 2**22 + 1, **members})
    assert not is_dead(gone)


def test_the_clock_goes_on():
    before = clock()
    time.sleep(0.01)
    assert 0.005 < clock() - before < 5


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        (
            {"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "o/r", "GITHUB_ACTOR": "ada"},
            ("ada", "https://github.com/o/r/actions/runs/7"),
        ),
        (
            {"GITHUB_RUN_ID": "7", "GITHUB_REPOSITORY": "o/r", "GITHUB_SERVER_URL": "https://ghe.example"},
            (None, "https://ghe.example/o/r/actions/runs/7"),
        ),
        (
            {"CI_JOB_URL": "https://gitlab.example/-/jobs/1", "GITLAB_USER_LOGIN": "ada"},
            ("ada", "https://gitlab.example/-/jobs/1"),
        ),
    ],
)
def test_a_ci_run_says_who_started_it_and_where_to_look(environ: dict[str, str], told: tuple[str, str]):
    assert _started_by(environ) == told
