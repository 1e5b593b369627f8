"""Runs the jobs of our workflows on this machine, as GitHub's runner would: clones where a step checks out,
the composite action where a step uses it, the shell steps as they are written.

What GitHub alone can do is left out: steps that use other actions do nothing, and expressions have the values
that a test gives them; one that no test has thought of is a mistake.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.github.hub import REPOSITORY, TOKEN
from tests.github.test_workflows import read
from tests.stages import git

_EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
_OUTPUT = re.compile(r"(?:needs\.\w+|steps\.(?P<step>\w+))\.outputs\.(?P<name>[\w-]+)")


@dataclass
class Ran:
    """How a job went. log: all that its steps printed. steps: name -> exit code, of those that ran."""

    log: str = ""
    summary: str = ""
    failed: bool = False
    steps: dict[str, int] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Runner:
    """origin: the repository that is checked out. values: of expressions. variables: of the environment."""

    origin: Path
    temp: Path
    api: str
    values: dict[str, str]
    variables: dict[str, str] = field(default_factory=dict)
    _jobs: int = 0

    def job(self, workflow: str, name: str, event: Mapping[str, Any], sha: str, **values: str) -> Ran:
        """Run a job in a workspace of its own."""
        self._jobs += 1
        place = self.temp / f"job-{self._jobs}"
        workspace = place / "workspace"
        runner_temp = place / "temp"
        runner_temp.mkdir(parents=True)
        (runner_temp / "agentops-venv").symlink_to(sys.prefix)  # as after the step that installs it
        (place / "event.json").write_text(json.dumps(event), encoding="utf-8")
        job = read(self.origin / ".github" / "workflows" / f"{workflow}.yml")["jobs"][name]
        run = _Job(self, {**self.values, **values}, workspace, runner_temp, sha, Ran())
        run.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "RUNNER_TEMP": str(runner_temp),
            "GITHUB_WORKSPACE": str(workspace),
            "GITHUB_API_URL": self.api,
            "GITHUB_SERVER_URL": "https://github.test",
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "99",
            "GITHUB_ACTOR": "ada",
            "GITHUB_SHA": sha,
            "GITHUB_REF_NAME": self.values.get("github.ref_name", "main"),
            "GITHUB_EVENT_PATH": str(place / "event.json"),
            "GITHUB_STEP_SUMMARY": str(place / "summary.md"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.variables,
            **{key: run.filled(value) for key, value in job.get("env", {}).items()},
        }
        (place / "summary.md").touch()
        for step in job["steps"]:
            run.step(step)
        run.ran.summary = (place / "summary.md").read_text(encoding="utf-8")
        return run.ran


@dataclass
class _Job:
    runner: Runner
    values: dict[str, str]
    workspace: Path
    temp: Path
    sha: str
    ran: Ran
    environment: dict[str, str] = field(default_factory=dict)

    def step(self, step: dict[str, Any]) -> None:
        uses = step.get("uses", "")
        if self.ran.failed and not step.get("if", "").startswith("always()"):
            return
        if uses.startswith("actions/checkout@"):
            self._checkout({key: self.filled(value) for key, value in step["with"].items()})
        elif uses.startswith("./"):
            self._action(step, self.workspace / uses)
        else:
            assert uses.startswith(("actions/setup-python@", "actions/upload-artifact@")), step

    def filled(self, text: str) -> str:
        """The text with its expressions replaced."""

        def value(found: re.Match[str]) -> str:
            if found[1] not in self.values and (output := _OUTPUT.fullmatch(found[1])) and output["step"]:
                return self.ran.outputs[output["step"]][output["name"]]
            return self.values[found[1]]

        return _EXPRESSION.sub(value, text)

    def _checkout(self, given: dict[str, str]) -> None:
        target = self.workspace / given.get("path", ".")
        git(self.runner.origin, "clone", "-q", "--no-checkout", str(self.runner.origin), str(target))
        git(target, "checkout", "-q", "--detach", given.get("ref") or self.sha)

    def _action(self, step: dict[str, Any], folder: Path) -> None:
        action = read(folder / "action.yml")
        given = {key: self.filled(value) for key, value in step["with"].items()}
        assert given.keys() <= action["inputs"].keys()
        inside = {
            f"inputs.{name}": given.get(name, self.filled(said.get("default", "")))
            for name, said in action["inputs"].items()
        }
        outer, self.values = self.values, inside
        try:
            outputs = {}
            for each in action["runs"]["steps"]:
                code, outputs = self._shell(each, folder)
                if code:
                    self.ran.failed |= step.get("continue-on-error") != "true"
                    break
            self.ran.steps[step["name"]] = code
            if "id" in step:
                self.ran.outputs[step["id"]] = outputs
        finally:
            self.values = outer

    def _shell(self, step: dict[str, Any], folder: Path) -> tuple[int, dict[str, str]]:
        script, outputs = self.temp / "step.sh", self.temp / "outputs"
        script.write_text(step["run"], encoding="utf-8")
        outputs.write_text("", encoding="utf-8")
        more = {key: self.filled(value) for key, value in step["env"].items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace / self.filled(step.get("working-directory", ".")),
            env={
                **self.environment,
                "GITHUB_ACTION_PATH": str(folder.resolve()),
                "GITHUB_OUTPUT": str(outputs),
                **more,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.ran.log += done.stdout
        assert TOKEN not in done.stdout
        lines = outputs.read_text(encoding="utf-8").splitlines()
        return done.returncode, dict(line.split("=", 1) for line in lines)
