from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import AGENT, PROMPT, Project


@pytest.fixture
def empty(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in ("AGENTOPS_STAGE", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "AGENTOPS_TRUSTED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
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
