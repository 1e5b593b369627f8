"""``agentops`` as a process that a sweep can hurry and kill: ``python -m tests.sweep.wrapped ARGUMENTS``.

SWEEP_KILL_AT: the number of the boundary, from 1, at which the process kills itself with SIGKILL. Boundaries
are before and after each fsync, each replaced and each removed file, and each request. SWEEP_COUNT: a file
that is told how many there were. SWEEP_SETTLE, SWEEP_TIMEOUT: seconds in the place of those that people wait.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from agentops.cli import main, wiring
from agentops.registry import HttpRegistry

_passed = 0
_kill_at = int(os.environ.get("SWEEP_KILL_AT", "0"))


def boundary() -> None:
    global _passed
    _passed += 1
    if _passed == _kill_at:
        os.kill(os.getpid(), signal.SIGKILL)


def bounded(call: Callable[..., Any]) -> Callable[..., Any]:
    def around(*given: Any, **named: Any) -> Any:
        boundary()
        found = call(*given, **named)
        boundary()
        return found

    return around


def watch() -> None:
    for name in ("fsync", "replace", "unlink"):
        setattr(os, name, bounded(getattr(os, name)))
    send = httpx.AsyncClient.send

    async def around(self: httpx.AsyncClient, *given: Any, **named: Any) -> httpx.Response:
        boundary()
        answer = await send(self, *given, **named)
        boundary()
        return answer

    httpx.AsyncClient.send = around
    if count := os.environ.get("SWEEP_COUNT"):
        atexit.register(lambda: Path(count).write_text(str(_passed), encoding="utf-8"))


def hurry() -> None:
    wiring.SETTLE = float(os.environ.get("SWEEP_SETTLE", wiring.SETTLE))
    if timeout := os.environ.get("SWEEP_TIMEOUT"):
        HttpRegistry.open.__func__.__wrapped__.__kwdefaults__["answer_timeout"] = float(timeout)


if __name__ == "__main__":
    watch()
    hurry()
    sys.exit(main(sys.argv[1:]))
