"""A project in git with stages that each have a registry of their own, driven as a person would."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentops.domain.address import Address
from agentops.domain.kind import Kind
from agentops.kinds import CATALOG
from tests.projects import HEADERS, Ended, Project
from tests.served import served_registry

KEY = "STAGES_KEY"
"""The environment variable with the key that every registry takes."""


@contextmanager
def registries(folder: Path, *names: str) -> Iterator[dict[str, str]]:
    """Stage -> the base URL of its registry."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(served_registry(folder / f"{name}.db")) for name in names}


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    alone = {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@dataclass
class Stages:
    """``name`` is the project's: registries are shared between tests, what is in them is not. ``urls`` are
    those of the stages; ``more`` what agentops.yaml says of each, as a YAML flow."""

    project: Project
    name: str
    urls: Mapping[str, str]

    @property
    def root(self) -> Path:
        return self.project.root

    def configure(self, more: Mapping[str, str] | None = None, extra: str = "") -> Stages:
        """Write agentops.yaml: ``more`` are further members of a stage, ``extra`` further lines."""
        lines = [f"project: {self.name}", "stages:"]
        for stage, url in self.urls.items():
            said = (more or {}).get(stage, f"vars: {{inbox: {stage}@example.com}}")
            lines.append(f"  {stage}:")
            lines.append(
                f"    registry: {{base_url: '{url}', api_key: {{secret: 'env:{KEY}'}}, pacing: off}}"
            )
            lines.extend(f"    {line}" for line in said.splitlines())
        self.project.write("agentops.yaml", "\n".join([*lines, extra]) + "\n")
        self.project.write(".gitignore", ".agentops/\n")
        return self

    def write(self, path: str, text: str) -> Stages:
        self.project.write(path, text)
        return self

    def remove(self, path: str) -> Stages:
        (self.root / path).unlink()
        return self

    def init(self) -> Stages:
        if (self.root / ".git").is_dir():
            (self.root / ".git").rmdir()
        git(self.root, "init", "-q", "-b", "main")
        return self

    def commit(self, message: str = "change") -> str:
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", message)
        return git(self.root, "rev-parse", "HEAD")

    def run(self, *arguments: str) -> Ended:
        return self.project.run(*arguments)

    def apply(self, stage: str, *more: str) -> Ended:
        ended = self.run("apply", "--stage", stage, "--yes", *more)
        assert ended.code == 0, ended.out + ended.err
        return ended

    def promote(self, *arguments: str) -> Ended:
        ended = self.run("promote", *arguments, "--yes")
        assert ended.code == 0, ended.out + ended.err
        return ended

    def entry(self, stage: str, address: str) -> dict[str, Any]:
        return self.project.lock(stage)["resources"][address]

    def live(self, stage: str, address: str) -> dict[str, Any]:
        """A resource as the registry has it."""
        return self._call(stage, "GET", address)

    def edit(self, stage: str, address: str, **members: Any) -> dict[str, Any]:
        """What somebody does there behind our back."""
        return self._call(stage, "POST", address, members)

    def create(self, stage: str, kind: str, **members: Any) -> str:
        """The ID of what somebody makes there by hand."""
        made = CATALOG[kind]
        return str(self._send(stage, made, "POST", made.path, members)["id"])

    def _call(self, stage: str, method: str, address: str, body: Any = None) -> dict[str, Any]:
        kind = CATALOG.of_address(Address(address))
        parent = kind.parent_of(Address(address))
        path = kind.path.format(parent=self.entry(stage, parent)["id"] if parent else "")
        return self._send(stage, kind, method, f"{path}/{self.entry(stage, address)['id']}", body)

    def _send(self, stage: str, kind: Kind, method: str, path: str, body: Any) -> dict[str, Any]:
        headers = {**HEADERS, **({"anthropic-beta": kind.beta} if kind.beta else {})}
        with httpx.Client(base_url=self.urls[stage], headers=headers, trust_env=False) as client:
            answer = client.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


def stages_of(
    project: Project, urls: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> Stages:
    monkeypatch.setenv(KEY, "any")
    return Stages(project, name, urls).init()
