"""What the action's script does beside running agentops: its inputs, its outputs, a cancellation."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

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


# -- what apply and drift do with what agentops says, played


@dataclass
class Played:
    """Ends each command as the test says, and keeps what was called. plans: the digests that planning
    finds, one after the other; an empty one is nothing to do. ends: command -> code."""

    folder: Path
    plans: list[str]
    ends: dict[str, int] = field(default_factory=dict)
    reviewed: str = ""
    calls: list[list[str]] = field(default_factory=list)

    def __call__(self, words: list[str], *, keep: bool, environment: object = None) -> tuple[int, str]:
        name, *more = words[1:]
        self.calls.append([name, *more])
        if name == "plan":
            digest = self.plans.pop(0)
            Path(more[more.index("--out") + 1]).write_text(json.dumps({"change_digest": digest}))
            return (2 if digest else 0), ""
        if name == "show":
            Path(more[more.index("--out") + 1]).write_text("the plan")
        if more[0] == "reviewed":
            return 0, json.dumps({"pull_request": 7, "digest": self.reviewed, "why": ""})
        if name == "drift":
            return self.ends[more[more.index("--stage") + 1]], "it differs"
        return self.ends.get(name, 0), ""

    def called(self, *beginning: str) -> list[list[str]]:
        return [call for call in self.calls if call[: len(beginning)] == list(beginning)]


REVIEWED, REST = "ab" * 32, "cd" * 32


def play(script: ModuleType, monkeypatch: pytest.MonkeyPatch, played: Played, expect: str = "") -> Any:
    monkeypatch.setattr(script, "run_to_the_end", played)
    step = script.Step("apply", ["dev"], [], comments=True, folder=played.folder, expect=expect)
    script.apply(step)
    return step


def test_what_is_left_of_an_apply_is_told_with_its_digest(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = Played(tmp_path, [REVIEWED, REST], {"apply": 4}, REVIEWED)
    assert play(script, monkeypatch, played).output() == 4
    (comment,) = played.called("github", "comment")
    assert comment[2:6] == ["--pull-request", "7", "--marker", "apply dev"]
    told = Path(comment[-1]).read_text()
    assert told.startswith("### dev was applied in part; the run says why")
    assert f"digest `{REST}`" in told


def test_a_refusal_folds_when_it_was_applied_by_hand(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = Played(tmp_path, [REST], {}, REVIEWED)
    assert play(script, monkeypatch, played, expect=REST[:12]).output() == 0
    assert len(played.called("apply")) == 1
    (comment,) = played.called("github", "comment")
    assert comment[-4:] == ["--obsolete", "agentops: applied to dev", "--marker", "apply dev"]


@pytest.mark.parametrize("expect", ["0" * 64, REST[:11], ""])
def test_another_digest_applies_nothing(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expect: str
) -> None:
    played = Played(tmp_path, [REST], {}, REVIEWED)
    assert play(script, monkeypatch, played, expect).output() == 3
    assert played.called("apply") == []


def test_a_promotion_of_something_else_is_refused(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    step = script.Step("promote", ["dev", "prod"], [], comments=False, folder=tmp_path, expect=REVIEWED)
    calls = []
    monkeypatch.setattr(step, "plan", lambda *words: 2)
    monkeypatch.setattr(step, "digest", lambda stage: REST)
    monkeypatch.setattr(step, "agentops", lambda *words: calls.append(words))
    script.promote(step)
    assert (calls, step.codes) == ([], {"prod": 3})
    assert "prod was not changed" in summary.read_text()


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ({"dev": 2, "prod": 1}, "prod could not be looked at"),
        ({"dev": 0, "prod": 1}, None),
        ({"dev": 0, "prod": 0}, "--close"),
    ],
)
def test_drift_is_told_although_a_stage_is_lost(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ends: dict[str, int],
    told: str | None,
) -> None:
    played = Played(tmp_path, [], ends)
    monkeypatch.setattr(script, "run_to_the_end", played)
    script.drift(script.Step("drift", list(ends), [], comments=True, folder=tmp_path, name="shop"))
    issues = played.called("github", "issue", "--marker", "shop drift")
    assert len(issues) == (told is not None)
    if told is not None:
        assert told in issues[0] or told in (tmp_path / "drift.md").read_text()


def test_what_may_run_a_strangers_rules_has_no_credential(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ANTHROPIC_API_KEY", "GITHUB_SHA"):
        monkeypatch.setenv(name, "x")
    seen: dict[str, Any] = {}

    def ran(words: list[str], *, keep: bool, environment: dict[str, str] | None) -> tuple[int, str]:
        seen[words[1]] = environment
        return 0, ""

    monkeypatch.setattr(script, "run_to_the_end", ran)
    monkeypatch.setenv("INPUT_BASE", "main")
    step = script.Step("validate", [], [], comments=False, folder=tmp_path)
    script.validate(step)
    script.diff(step)
    for environment in seen.values():
        kept = {it for it in environment if it.startswith(("ACTIONS_", "ANTHROPIC_", "GITHUB_"))}
        assert "GITHUB_SHA" in kept
        assert kept & {"GITHUB_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ANTHROPIC_API_KEY"} == set()
