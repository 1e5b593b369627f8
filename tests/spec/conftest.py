"""Projects written for one test: path -> text, loaded as the commands load them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Diagnostic, Severity
from agentops.domain.github import Checkout
from agentops.domain.project import Project
from agentops.domain.resource import Resource
from agentops.kinds import CATALOG
from agentops.spec import Loaded, load_project, load_stage

PROJECT = """\
project: fleet
vars: {team: core}
stages:
  dev: {registry: local, vars: {inbox: dev@example.com}}
  prod: {registry: local, vars: {inbox: prod@example.com}}
"""


DEPLOYMENT = """\
agent: ../agents/a.yaml
environment_id: ../environments/cloud.yaml
initial_events: [{type: user.message, content: [{type: text, text: Go.}]}]
"""
FLEET = {
    "agents/a.yaml": "model: claude-opus-5-5\n",
    "agents/b.yaml": "model: claude-opus-5-5\n",
    "environments/cloud.yaml": "config: {type: cloud}\n",
    "memory_stores/notes.yaml": "description: Notes.\n",
    "vaults/keys.yaml": "display_name: Keys\n",
    "skills/pdf-forms/SKILL.md": "---\nname: pdf-forms\ndescription: Fills forms.\n---\nHow to.\n",
    "deployments/d.yaml": DEPLOYMENT,
}
"""One valid file of each kind, and a second agent."""


@dataclass(frozen=True)
class Outcome:
    """What loading gave: the project, one stage of it, and every diagnostic of both."""

    project: Project
    loaded: Loaded
    diagnostics: tuple[Diagnostic, ...]

    def __getitem__(self, address: str) -> Resource:
        return {str(key): value for key, value in self.loaded.desired.resources.items()}[address]

    @property
    def addresses(self) -> list[str]:
        return [str(address) for address in self.loaded.desired.resources]

    @property
    def errors(self) -> list[Diagnostic]:
        return [item for item in self.diagnostics if item.severity is Severity.ERROR]

    @property
    def codes(self) -> list[Code]:
        return [item.code for item in self.errors]

    def only(self) -> Diagnostic:
        assert len(self.diagnostics) == 1, self.said
        return self.diagnostics[0]

    @property
    def said(self) -> list[str]:
        return [
            f"{item.location} {item.code.name} {item.summary} / {item.detail}" for item in self.diagnostics
        ]


class Tree:
    """Writes a project and loads it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, files: Mapping[str, str | bytes]) -> Tree:
        for path, content in files.items():
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self

    def load(self, stage: str | None = None, fetch: Callable[[str], Checkout] | None = None) -> Outcome:
        project, found = load_project(self.root)
        chosen = project.stages[stage] if stage is not None else next(iter(project.stages.values()))
        loaded = load_stage(self.root, project, chosen, CATALOG, fetch)
        return Outcome(project, loaded, (*found, *loaded.diagnostics))


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "project"
    root.mkdir()
    return Tree(root).write({"agentops.yaml": PROJECT})


@pytest.fixture
def agent(tree: Tree):
    """Load one agent file with a model; what is given comes on top."""

    def load(text: str, stage: str = "dev", **files: str) -> Outcome:
        tree.write({"agents/a.yaml": f"model: claude-opus-5-5\n{text}", **files})
        return tree.load(stage)

    return load
