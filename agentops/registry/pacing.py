"""How fast calls go out: under the limits of the API, and not at all while it asks for a pause.

Each limit of n calls a minute is kept by the generic cell rate algorithm: a fifth of n may go at once, and
the rest follow evenly. Whenever a minute begins, the calls in it are at most the fifth and what follows
within it, and that is n. So a small run is not slowed at all, and a large one meets no refusal.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext

import anyio

from agentops.domain.kind import Operation, Rate
from agentops.domain.project import Pacing

WINDOW = 62.0
"""Seconds that a minute's calls are spread over. The network may delay one call more than another: by the
difference, calls that were sent earlier may arrive late without a minute at the server having too many."""

BURST = 5
"""One part in so many of a minute's calls may go at once."""

PATIENCE = 600.0
"""Seconds for which a limit is waited for while every call that counts against it is refused."""

NOW = 1e-6
"""Seconds. What is due so soon is due: a clock may not be able to count to it."""

LEAST_TOLD = 0.05
"""Seconds. Shorter waits for a turn are not told."""

Sleep = Callable[[float], Awaitable[None]]
OnWait = Callable[[float, str], None]
"""Told of every wait: seconds and why."""


class Stopped(Exception):
    """The run is to end, so nothing is waited for any more."""


class Rest:
    """Waits for seconds, unless or until an event says that nothing is to be waited for."""

    def __init__(self, sleep: Sleep, stop: anyio.Event | None) -> None:
        self._sleep = sleep
        self._stop = stop

    async def __call__(self, seconds: float) -> None:
        """Raises Stopped."""
        if (stop := self._stop) is None:
            await self._sleep(seconds)
            return
        async with anyio.create_task_group() as tasks:

            async def end() -> None:
                await stop.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(end)
            if not stop.is_set():
                await self._sleep(seconds)
            tasks.cancel_scope.cancel()
        if stop.is_set():
            raise Stopped


class _Meter:
    """One limit: when the next call that counts against it may go, in seconds of the pacer's clock."""

    def __init__(self, per_minute: int | None, in_flight: int | None) -> None:
        self.slots = None if in_flight is None else anyio.CapacityLimiter(in_flight)
        self.next = anyio.Lock()
        burst, self._interval = 1, 0.0
        if per_minute is not None:
            burst = max(1, per_minute // BURST)
            self._interval = WINDOW / max(1, per_minute - burst)
        self._ahead = (burst - 1) * self._interval
        self._even = float("-inf")  # when the next call is due if all go evenly
        self._paused_until = float("-inf")
        self._refused_since: float | None = None

    @property
    def ready_at(self) -> float:
        return max(self._paused_until, self._even - self._ahead)

    def take(self, now: float) -> None:
        self._even = max(self._even, now) + self._interval

    def pause(self, now: float, seconds: float) -> bool:
        """False once it has been refused for too long to go on waiting."""
        if self._refused_since is None:
            self._refused_since = now
        if now + seconds - self._refused_since > PATIENCE:
            return False
        self._paused_until = max(self._paused_until, now + seconds)
        # Others use up the limit as well: what waits does not all go at once when the pause is over.
        self._even = max(self._even, self._paused_until + self._ahead)
        return True

    def answered(self) -> None:
        self._refused_since = None


class Pacer:
    """Lets the calls of one registry go, each in its turn. For tasks of one event loop.

    ``clock`` is in seconds from any start; ``sleep`` waits on it.
    """

    def __init__(
        self,
        pacing: Pacing,
        *,
        clock: Callable[[], float] = anyio.current_time,
        sleep: Sleep = anyio.sleep,
        on_wait: OnWait | None = None,
    ) -> None:
        self._pacing = pacing
        self._clock = clock
        self._sleep = sleep
        self._on_wait = on_wait
        self._meters: dict[Rate, _Meter] = {}

    @asynccontextmanager
    async def turn(self, rates: tuple[Rate, ...]) -> AsyncIterator[None]:
        """A call that counts against ``rates``, for as long as it is in flight: begins when it may go."""
        meters = [self._meter(rate) for rate in rates]
        came = self._clock()
        async with AsyncExitStack() as held:
            for meter in meters:
                if meter.slots is not None:
                    await held.enter_async_context(meter.slots)
            async with meters[-1].next if meters else nullcontext():  # first come, first served
                # Of all limits at once: what waits for one must not hold a place in another.
                while (wait := max((it.ready_at for it in meters), default=came) - self._clock()) > NOW:
                    await self._sleep(wait)
                for meter in meters:
                    meter.take(self._clock())
            if self._on_wait is not None and (waited := self._clock() - came) >= LEAST_TOLD:
                self._on_wait(waited, f"the pace of {rates[-1].name}")
            yield

    def pause(self, rates: tuple[Rate, ...], seconds: float) -> bool:
        """Let nothing go for so long that counts against the narrowest of ``rates``; then evenly.

        False if all such calls have been refused for as long as ``PATIENCE``: then nothing is waited for.
        """
        return not rates or self._meter(rates[-1]).pause(self._clock(), seconds)

    def answered(self, rates: tuple[Rate, ...]) -> None:
        """A call went through: the limit is not worn out."""
        for rate in rates[-1:]:
            self._meter(rate).answered()

    def _meter(self, rate: Rate) -> _Meter:
        if (known := self._meters.get(rate)) is None:
            known = self._meters[rate] = self._new(rate)
        return known

    def _new(self, rate: Rate) -> _Meter:
        if not self._pacing.on:
            return _Meter(None, None)
        chosen = {
            frozenset({Operation.CREATE}): self._pacing.creates_per_minute,
            frozenset({Operation.READ}): self._pacing.reads_per_minute,
        }
        return _Meter(chosen.get(rate.of) or rate.per_minute, rate.in_flight)
