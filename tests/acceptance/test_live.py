"""The live API, end to end, on resources of this test's own. Needs a key and an explicit wish.

Run with ``AGENTOPS_ACCEPTANCE=1 ANTHROPIC_API_KEY=… pytest tests/acceptance``. What only this can prove is
marked unproven in ``docs/fidelity.md``.
"""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from agentops.cli import main

pytestmark = pytest.mark.skipif(
    not (os.environ.get("AGENTOPS_ACCEPTANCE") and os.environ.get("ANTHROPIC_API_KEY")),
    reason="needs AGENTOPS_ACCEPTANCE=1 and ANTHROPIC_API_KEY",
)


def test_the_core_loop_converges_and_cleans_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    project = f"acceptance-{uuid.uuid4().hex[:8]}"
    at = ["-C", str(tmp_path)]
    assert main([*at, "init"]) == 0
    (tmp_path / "agentops.yaml").write_text(
        f"project: {project}\nstages: {{live: {{registry: anthropic}}}}\n"
    )
    try:
        assert main([*at, "apply", "--yes"]) == 0
        capsys.readouterr()
        assert main([*at, "plan", "--detailed-exitcode"]) == 0, capsys.readouterr().out
        assert main([*at, "drift"]) == 0
    finally:
        assert main([*at, "destroy", "--stage", "live", "--yes"]) == 0
