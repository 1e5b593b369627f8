"""Time that passes only while everybody waits: hours of it in milliseconds, and the same every time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from anyio.lowlevel import checkpoint


async def _nothing_can_go_on() -> None:
    """Until every other task waits. anyio's own way to tell sleeps for real while one does not."""
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    await checkpoint()
    while ready:
        await checkpoint()


class VirtualTime:
    """A clock and the sleep on it, in seconds from zero."""

    def __init__(self) -> None:
        self.now = 0.0
        self._waiting: list[tuple[float, int, anyio.Event]] = []
        self._order = itertools.count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = anyio.Event()
        heapq.heappush(self._waiting, (self.now + max(seconds, 0.0), next(self._order), woken))
        await woken.wait()

    def run(self, main: Callable[[], Awaitable[Any]]) -> Any:
        """What ``main`` returns; whenever nothing can go on, the next sleeper is woken."""

        async def driven() -> Any:
            result: list[Any] = []

            async def work() -> None:
                result.append(await main())

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(work)
                while not result:
                    await _nothing_can_go_on()
                    if result:
                        break
                    assert self._waiting, "everybody waits, and nobody for the time"
                    self.now, _, woken = heapq.heappop(self._waiting)
                    woken.set()
                    await checkpoint()
            return result[0]

        return anyio.run(driven)
