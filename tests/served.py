"""``agentops registry serve`` as a process of its own, for tests that want a real socket."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served_registry(database: Path) -> Iterator[str]:
    """The base URL of a registry on ``database``, stopped when the block ends."""
    command = [sys.executable, "-m", "agentops", "registry", "serve", "--port", "0", "--data", str(database)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), "the registry did not start"
        try:
            yield url
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 0, "the registry did not stop cleanly"
        finally:
            process.kill()
