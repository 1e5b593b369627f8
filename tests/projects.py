"""A project in a temporary folder, driven as a person would."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from agentops.cli import main
from agentops.emulator import create_app

HEADERS = {"x-api-key": "console", "anthropic-version": "2026-10-21"}

AGENT = """\
# The tutor, as a person writes it.
name: tutor
model: claude-opus-5-5
prompt: prompt.md
tools: [web_search]
memory: {type: episodic, retention_days: 365, seed: memory/}
"""
PROMPT = """\
# Tutor

You teach people to program.

- Be patient.
- Be kind.
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Project:
    """A project in a temporary folder, driven as a person would."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(textwrap.dedent(text), encoding="utf-8")

    def run(self, *arguments: str) -> Ended:
        self._capsys.readouterr()
        code = main(["-C", str(self.root), *arguments])
        said = self._capsys.readouterr()
        return Ended(code, said.out, said.err)

    def lock(self, stage: str = "local") -> dict[str, Any]:
        return json.loads((self.root / "locks" / f"{stage}.lock.json").read_text(encoding="utf-8"))

    def console(self, change: Callable[[TestClient], Any]) -> Any:
        """What somebody does to the embedded registry behind our back."""
        app = create_app(self.root / ".agentops" / "registry.db")
        with TestClient(app, headers=HEADERS) as client:
            return change(client)

    def edit_agent(self, **members: Any) -> None:
        id = self.lock()["resources"]["agent/tutor"]["id"]
        beta = {"anthropic-beta": "managed-agents-2026-04-01"}
        answer = self.console(lambda client: client.post(f"/v1/agents/{id}", json=members, headers=beta))
        assert answer.status_code == 200, answer.text
