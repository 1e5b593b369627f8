"""Real processes on a real socket: a stage with a base URL and a key, interruptions, two at once."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.projects import Project
from tests.served import served_registry

KEY = "sk-ant-api03-never-to-be-seen"
INTERRUPTED = {130, -signal.SIGINT}
"""A shell reports both as 130: ended by itself, or by a second signal while it was ending."""


@pytest.fixture
def remote(project: Project, tmp_path: Path) -> Iterator[Project]:
    with served_registry(tmp_path / "remote.db") as url:
        at(project, url)
        yield project


def at(project: Project, url: str) -> None:
    """Give the project one stage, at this registry."""
    registry = f"{{base_url: '{url}', api_key: {{secret: 'env:PROD_KEY'}}, pacing: off}}"
    project.write("agentops.yaml", f"project: demo\nstages:\n  prod:\n    registry: {registry}\n")


@contextmanager
def start(project: Project, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command under way; one that does not end by itself is killed, so that no test waits for it."""
    with subprocess.Popen(
        [sys.executable, "-m", "agentops", *arguments],
        cwd=project.root,
        env={**os.environ, "PROD_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(project: Project, *arguments: str) -> tuple[int, str, str]:
    with start(project, *arguments) as process:
        out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_a_stage_may_be_a_base_url_with_a_key(remote: Project):
    code, out, err = run(remote, "apply", "--yes", "-v")
    assert code == 0, err
    assert "Applied: 3 created." in out
    assert "POST /v1/agents 200" in err, "-v shows each request"
    assert json.loads((remote.root / "locks/prod.lock.json").read_text())["origin"]["base_url"].startswith(
        "http://127"
    )
    assert run(remote, "plan", "--detailed-exitcode")[0] == 0
    everything = [
        out,
        err,
        *(
            path.read_text()
            for path in remote.root.rglob("*")
            if path.is_file() and "remote" not in path.name
        ),
    ]
    assert not any(KEY in text for text in everything)


def many(project: Project, count: int) -> None:
    for number in range(count):
        project.write(
            f"agents/agent-{number:03}.yaml",
            f"name: agent-{number:03}\nmodel: claude-opus-5-5\nsystem: You help people with their orders.\n",
        )


@pytest.mark.parametrize("signals", [1, 2])
def test_an_interrupted_apply_leaves_a_true_lock_and_converges(remote: Project, signals: int):
    many(remote, 150)
    with start(remote, "apply", "--yes") as process:
        journal = remote.root / ".agentops/prod.journal"
        deadline = time.monotonic() + 20
        while not (journal.exists() and journal.stat().st_size > 2000) and time.monotonic() < deadline:
            time.sleep(0.01)
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        out, err = process.communicate(timeout=20)
    assert process.returncode in ({130} if signals == 1 else INTERRUPTED), (process.returncode, out, err)
    assert "Traceback" not in err

    code, out, err = run(remote, "apply", "--yes")
    assert code == 0, out + err
    code, out, _ = run(remote, "plan", "--format", "json")
    plan = json.loads(out)
    assert (code, plan["changes"], plan["orphans"], plan["unchanged"]) == (0, [], [], 153)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of Unix")
def test_ctrl_c_at_the_question_ends_it_and_changes_nothing(project: Project):
    import pty

    terminal, its_end = pty.openpty()
    command = [sys.executable, "-m", "agentops", "apply"]
    with subprocess.Popen(
        command, cwd=project.root, stdin=its_end, stdout=its_end, stderr=its_end
    ) as process:
        os.close(its_end)
        shown, deadline = b"", time.monotonic() + 20
        while b"[y/N]" not in shown:
            shown += os.read(terminal, 4096)
        # Pressed until it is heard: the question is shown a moment before anybody listens.
        while process.poll() is None and time.monotonic() < deadline:
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        process.kill()
    os.close(terminal)
    assert process.returncode in INTERRUPTED
    assert not (project.root / "locks/local.lock.json").exists()


def test_one_ctrl_c_ends_a_plan(project: Project):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at(project, f"http://127.0.0.1:{silent.getsockname()[1]}")
        with start(project, "plan") as process:
            silent.settimeout(20)
            asked, _ = silent.accept()  # it waits for an answer that never comes
            with asked:
                asked.recv(1)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=20)
    assert process.returncode in INTERRUPTED
    assert out == ""
    assert "Traceback" not in err


def test_two_applies_of_one_stage_never_work_at_once(remote: Project):
    many(remote, 60)
    with start(remote, "apply", "--yes") as one, start(remote, "apply", "--yes") as two:
        ended = [process.communicate(timeout=60) for process in (one, two)]
        codes = sorted([one.returncode, two.returncode])
    assert codes in ([0, 3], [0, 0]), ended
    if codes == [0, 3]:
        refusal = next(
            err for (_, err), process in zip(ended, (one, two), strict=True) if process.returncode == 3
        )
        assert "AO054" in refusal
        assert str(os.getpid()) not in refusal
    _, out, _ = run(remote, "plan", "--format", "json")
    plan = json.loads(out)
    assert (plan["changes"], plan["orphans"], plan["diagnostics"]) == ([], [], [])


def test_a_reader_that_goes_away_is_no_error(project: Project):
    many(project, 400)
    with start(project, "plan") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.wait(timeout=60)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
