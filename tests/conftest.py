from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.projects import AGENT, PROMPT, Project
from tests.sweep.counting import full

# Whoever runs the tests may sign commits, have hooks, or want no colours; none of that is tested.
os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
os.environ.pop("NO_COLOR", None)

# The laws try the same examples every time, so that no change is held up by a case that it has nothing to do
# with; `make sweep` looks for new ones.
settings.register_profile("gate", derandomize=True)
settings.register_profile("sweep")
settings.load_profile("sweep" if full() else "gate")


def without_credentials(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Whatever the machine that runs the tests is set up with, and whoever is logged in there."""
    for name in list(os.environ):
        if (
            name.startswith(("ANTHROPIC_", "AGENTOPS_", "ACTIONS_ID_TOKEN_"))
            and name != "AGENTOPS_UPDATE_DOCS"
        ):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("APPDATA", str(home))


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    without_credentials(monkeypatch, tmp_path)
    root = tmp_path / "project"
    root.mkdir()
    (root / ".git").mkdir()  # the project ends here, whatever lies above
    return Project(root, capsys)


@pytest.fixture
def project(empty: Project) -> Project:
    empty.write("agents/tutor/agent.yaml", AGENT)
    empty.write("agents/tutor/prompt.md", PROMPT)
    empty.write("agents/tutor/memory/start.md", "Nothing yet.\n")
    return empty
