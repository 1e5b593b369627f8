"""The command as a process of its own, in a project of the fleet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from tests.sweep import fleet

KEY = "sk-of-the-fleet"
TOP = Path(__file__).parents[2]
NOTHING: Mapping[str, str] = MappingProxyType({})


def started(root: Path, *arguments: str, told: Mapping[str, str] = NOTHING) -> subprocess.Popen[str]:
    """``told`` are the variables of ``tests.sweep.wrapped``."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "AGENTOPS_"))
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sweep.wrapped", "-C", str(root), *arguments],
        cwd=TOP,
        env={**kept, **fleet.SECRETS, "SWEEP_KEY": KEY, **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def ended(process: subprocess.Popen[str], timeout: float = 120) -> tuple[int, str]:
    """Exit code, and all that was said. One that does not end is killed."""
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return process.returncode, out + err
