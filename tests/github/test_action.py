"""What the action's script does beside running agentops: its inputs, its outputs, a cancellation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / ".github" / "action" / "run.py"

PARENT = """
import sys
sys.path.insert(0, sys.argv[1])
import run
print("code", run.run_to_the_end([sys.executable, "-c", sys.argv[2]], keep=False)[0], flush=True)
"""
CHILD = """
import signal, sys, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
print("ready", flush=True)
while not seen:
    time.sleep(0.01)
time.sleep(0.3)  # as long as a call in flight may take; a second interruption would come by then
print("interruptions", len(seen), flush=True)
sys.exit(130)
"""


@pytest.fixture
def script() -> ModuleType:
    spec = spec_from_file_location("action_run", SCRIPT)
    module = module_from_spec(spec)
    sys.modules["action_run"] = module
    spec.loader.exec_module(module)
    return module


def run(tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RUNNER_TEMP": str(tmp_path)}
    given = {f"INPUT_{name.upper()}": value for name, value in inputs.items()}
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=tmp_path,
        env=env | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"command": "aply"}, "::error::command is one of validate, diff, plan, apply"),
        ({"command": "plan"}, "::error::say for plan which stages: stages: staging prod"),
        ({"command": "promote", "stages": "staging"}, "::error::say for promote which stages: SOURCE TARGET"),
        ({"command": "plan", "stages": "../../etc"}, "::error::no stage is called '../../etc'"),
        ({"command": "plan", "stages": '["a", "b;c"]'}, "::error::no stage is called 'b;c'"),
        ({"command": "plan", "stages": "[dev"}, "::error::stages is neither words nor a JSON list"),
        (
            {"command": "plan", "stages": "dev", "arguments": "--x 'y"},
            "::error::arguments: No closing quotation",
        ),
        ({"command": "diff"}, "::error::say for diff which base"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, inputs: dict[str, str], told: str) -> None:
    done = run(tmp_path, **inputs)
    assert done.returncode == 1
    assert done.stdout.startswith(told)
    assert "Traceback" not in done.stderr


def test_a_cancellation_reaches_agentops_once_and_is_waited_for() -> None:
    """The runner interrupts the process that it started; a terminal the whole group."""
    words = [sys.executable, "-c", PARENT, str(SCRIPT.parent), CHILD]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, start_new_session=True) as parent:
        assert parent.stdout.readline() == "ready\n"
        os.killpg(parent.pid, signal.SIGINT)
        printed, _ = parent.communicate(timeout=30)
    assert printed == "interruptions 1\ncode 130\n"


@pytest.mark.parametrize(
    ("codes", "exitcode", "ends"),
    [
        ({"dev": 0, "prod": 2}, "2", 0),
        ({"dev": 0}, "0", 0),
        ({"dev": 3, "prod": 2}, "3", 3),
        ({"dev": 4, "prod": 3}, "4", 4),
        ({"dev": 1, "prod": 4}, "1", 1),
    ],
)
def test_the_worst_stage_decides(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    codes: dict[str, int],
    exitcode: str,
    ends: int,
) -> None:
    outputs = tmp_path / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    step = script.Step("plan", list(codes), [], comments=False, folder=tmp_path, codes=codes)
    assert step.output() == ends
    lines = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
    assert lines["exitcode"] == exitcode
    assert lines["changed"] == str(2 in codes.values()).lower()


@pytest.mark.parametrize("text", ["plain", "```", "a ````` b", "``` ```` `"])
def test_no_text_ends_its_block(script: ModuleType, text: str) -> None:
    block = script.fenced(text, 1000).splitlines()
    assert block[0].removesuffix("text") == block[-1]
    assert block[-1] not in text


def test_a_long_text_is_cut_at_a_line_and_says_so(script: ModuleType) -> None:
    block = script.fenced("\n".join(["x" * 99] * 50), 1000)
    assert len(block) < 1100
    assert block.splitlines()[-2] == "… the rest is in the log of the run"
