"""The command line: reads arguments and environment, wires the rooms, prints, exits. It holds no rule.

Importing it costs nothing: ``--version`` answers before click is loaded; a command loads what it needs.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence

from agentops import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. Without ``arguments`` it is the process's own command."""
    if arguments is None:
        signal.signal(signal.SIGINT, _leave)
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["--version"]:
        sys.stdout.write(f"agentops {__version__}\n")
        return 0
    from agentops.cli.app import run

    return run(words)


def _leave(*_: object) -> None:
    """While nothing is under way that must be finished, an interruption ends the process where it stands:
    raised as an exception it would come out of whatever library is being loaded, as an error of its own."""
    sys.stderr.write("Interrupted.\n")
    sys.stderr.flush()
    os._exit(130)
