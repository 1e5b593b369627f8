"""The command line: reads arguments and environment, wires the rooms, prints, exits. It holds no rule.

Importing it costs nothing: ``--version`` answers before click is loaded; a command loads what it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from agentops import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        sys.stdout.write(f"agentops {__version__}\n")
        return 0
    from agentops.cli.app import run

    return run(words)
