"""Our workflows and the action as they are written: pinned, with few permissions, with nothing of a
stranger's in a shell, and as the linters want them. What they do is in ``test_workflow_runs``."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = ROOT / "action.yml"
FILES = [*WORKFLOWS, ACTION]

_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_USES = re.compile(r"^\s*-? ?uses: (?P<what>\S+)(?P<comment>.*)$", re.MULTILINE)
_EXPRESSION = re.compile(r"\$\{\{")

PERMISSIONS = {
    "ci": {"": {"contents": "read"}},
    "plan": {
        "review": {"contents": "read"},
        "plan": {"contents": "read", "pull-requests": "write", "id-token": "write"},
    },
    "apply": {"apply": {"contents": "write", "pull-requests": "write", "id-token": "write"}},
    "promote": {
        "plan": {"contents": "read", "id-token": "write"},
        "promote": {"contents": "write", "pull-requests": "write", "id-token": "write"},
    },
    "drift": {"drift": {"contents": "read", "issues": "write", "id-token": "write"}},
}
"""Workflow -> job -> all that it may do; the empty job is the whole workflow."""


def read(path: Path) -> dict[str, Any]:
    # BaseLoader: `on` is a key, not a boolean
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def jobs(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from read(path)["jobs"].items()


def steps(path: Path) -> Iterator[dict[str, Any]]:
    if path == ACTION:
        yield from read(path)["runs"]["steps"]
    else:
        for _, job in jobs(path):
            yield from job["steps"]


def test_there_are_the_four_and_our_own() -> None:
    assert {path.stem for path in WORKFLOWS} == PERMISSIONS.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_to_a_commit_and_say_their_version(path: Path) -> None:
    for found in _USES.finditer(path.read_text(encoding="utf-8")):
        if not found["what"].startswith("./"):
            assert _PINNED.fullmatch(found["what"]), found[0]
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", found["comment"]), found[0]


def test_one_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for found in _USES.finditer(path.read_text(encoding="utf-8")):
            pins.setdefault(found["what"].partition("@")[0], set()).add(found["what"])
    assert all(len(each) == 1 for each in pins.values()), pins


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_exactly_these(path: Path) -> None:
    workflow = read(path)
    held = {name: job["permissions"] for name, job in jobs(path) if "permissions" in job}
    if workflow["permissions"]:
        held[""] = workflow["permissions"]
    assert held == PERMISSIONS[path.stem]
    assert workflow["permissions"] or held.keys() == workflow["jobs"].keys()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_end_and_clones_hold_no_token(path: Path) -> None:
    for _, job in jobs(path):
        assert 0 < int(job["timeout-minutes"]) <= 60
    for step in steps(path):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_expression_stands_in_a_shell_command(path: Path) -> None:
    for step in steps(path):
        assert not _EXPRESSION.search(step.get("run", "")), step["run"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_stored_key(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "secrets." not in text
    assert "pull_request_target" not in text


def test_a_fork_meets_nothing_but_the_offline_job() -> None:
    plan = read(ROOT / ".github" / "workflows" / "plan.yml")
    assert plan["on"].keys() == {"pull_request", "merge_group"}
    for name, job in plan["jobs"].items():
        if job["permissions"] != {"contents": "read"}:
            assert "head.repo.full_name == github.repository" in job["if"], name


def test_the_job_with_an_identity_runs_what_the_base_branch_has() -> None:
    job = read(ROOT / ".github" / "workflows" / "plan.yml")["jobs"]["plan"]
    local = [step for step in job["steps"] if step["uses"].startswith("./")]
    assert {step["uses"] for step in local} == {"./base"}
    base = "${{ github.event.pull_request.base.sha }}"
    assert [step["with"]["ref"] for step in job["steps"] if step.get("with", {}).get("path") == "base"] == [
        base
    ]
    assert {step["with"]["config-from"] for step in local} == {base}


@pytest.mark.parametrize(("name", "job"), [("apply", "apply"), ("promote", "promote")])
def test_a_stage_is_applied_to_by_one_job_at_a_time(name: str, job: str) -> None:
    found = read(ROOT / ".github" / "workflows" / f"{name}.yml")["jobs"][job]
    assert found["concurrency"]["cancel-in-progress"] == "false"
    stage = found["environment"].removeprefix("${{ ").removesuffix(" }}")
    assert found["concurrency"]["group"] == f"agentops-${{{{ {stage} }}}}"
    recording = found["steps"][[step.get("with", {}).get("command") for step in found["steps"]].index("lock")]
    assert recording["if"] == "always()"


def test_the_action_hands_every_input_over() -> None:
    action = read(ACTION)
    text = ACTION.read_text(encoding="utf-8")
    for name in action["inputs"]:
        assert f"inputs.{name} }}}}" in text, name
    assert all(step["shell"] == "bash" for step in action["runs"]["steps"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_use_inputs_that_the_action_has(path: Path) -> None:
    known = read(ACTION)["inputs"].keys()
    for step in steps(path):
        if step.get("uses", "").startswith("./"):
            assert step["with"].keys() <= known


# -- linters


def program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def test_zizmor_finds_nothing() -> None:
    words = [program("zizmor"), "--offline", "--quiet", "--format", "plain", "."]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actionlint_finds_nothing() -> None:
    words = [program("actionlint"), "-shellcheck", program("shellcheck"), *map(str, WORKFLOWS)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "step", [step for step in steps(ACTION) if "run" in step], ids=lambda step: step["name"]
)
def test_shellcheck_finds_nothing_in_the_action(step: dict[str, Any], tmp_path: Path) -> None:
    script = tmp_path / "step.sh"
    script.write_text(f"#!/bin/bash\nset -eo pipefail\n{step['run']}", encoding="utf-8")
    done = subprocess.run([program("shellcheck"), str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
