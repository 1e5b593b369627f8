"""Calls stay under the limits: never too many in a minute, never slower than they have to be."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.kind import Operation, Rate
from agentops.domain.ports import Exhausted, RegistryError
from agentops.domain.project import UNPACED, Pacing
from agentops.kinds import CATALOG
from agentops.kinds.rates import ENVIRONMENTS, MANAGED_AGENTS
from agentops.registry import ApiKey, HttpRegistry
from agentops.registry.pacing import PATIENCE, Pacer
from tests.registry.times import VirtualTime
from tests.registry.wire import BASE, KEY, ok, refused

CREATES = (Rate("creates", 300, frozenset({Operation.CREATE})),)
AGENT, ENVIRONMENT, SKILL = CATALOG["agent"], CATALOG["environment"], CATALOG["skill"]


class Lane:
    """Calls that go through one pacer in virtual time; ``went`` are the seconds at which each began."""

    def __init__(self, pacing: Pacing | None = None) -> None:
        self.time = VirtualTime()
        self.told: list[tuple[float, str]] = []
        self.pacer = Pacer(
            pacing or Pacing(),
            clock=self.time.clock,
            sleep=self.time.sleep,
            on_wait=lambda seconds, why: self.told.append((seconds, why)),
        )
        self.went: list[float] = []
        self.in_flight = self.most = 0

    async def call(self, rates: tuple[Rate, ...], takes: float = 0.0) -> None:
        async with self.pacer.turn(rates):
            self.went.append(self.time.now)
            self.in_flight += 1
            self.most = max(self.most, self.in_flight)
            await self.time.sleep(takes)
            self.in_flight -= 1

    def all(self, number: int, rates: tuple[Rate, ...], takes: float = 0.0) -> list[float]:
        """Send so many at once; when each of them began."""

        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                for _ in range(number):
                    tasks.start_soon(self.call, rates, takes)

        self.time.run(main)
        return self.went

    def in_a_row(self, number: int, rates: tuple[Rate, ...]) -> list[float]:
        """The same one by one, which is cheaper where each takes no time."""

        async def main() -> None:
            for _ in range(number):
                await self.call(rates)

        self.time.run(main)
        return self.went


def most_in_a_minute(moments: Iterable[float]) -> int:
    """The most calls in any window of 60 seconds, its ends included."""
    moments = sorted(moments)
    return max(bisect_right(moments, begin + 60) - place for place, begin in enumerate(moments))


@pytest.mark.parametrize("per_minute", [1, 2, 3, 4, 5, 7, 60, 300, 601])
def test_no_minute_ever_has_too_many(per_minute: int) -> None:
    went = Lane().in_a_row(3 * per_minute + 5, (Rate("x", per_minute),))
    assert most_in_a_minute(went) <= per_minute
    assert most_in_a_minute(went) >= per_minute * 0.95 - 1, "and it is no slower than it has to be"


@settings(max_examples=40, deadline=None)
@given(
    per_minute=st.integers(1, 30),
    arrivals=st.lists(st.floats(0, 200), min_size=1, max_size=80),
    takes=st.floats(0, 3),
)
def test_no_minute_ever_has_too_many_whenever_calls_come(
    per_minute: int, arrivals: list[float], takes: float
) -> None:
    lane = Lane()

    async def later(at: float) -> None:
        await lane.time.sleep(at)
        await lane.call((Rate("x", per_minute),), takes)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for at in arrivals:
                tasks.start_soon(later, at)

    lane.time.run(main)
    assert len(lane.went) == len(arrivals)
    assert most_in_a_minute(lane.went) <= per_minute


def test_a_small_run_is_not_slowed_at_all() -> None:
    """Five agents, each with a memory store of seven documents, and what planning them asks."""
    lane = Lane()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(8):
                tasks.start_soon(lane.call, AGENT.rates_of(Operation.READ))
            for _ in range(5):
                tasks.start_soon(lane.call, ENVIRONMENT.rates_of(Operation.CREATE))
            for _ in range(5 + 5 + 35):
                tasks.start_soon(lane.call, AGENT.rates_of(Operation.CREATE))

    lane.time.run(main)
    assert set(lane.went) == {0.0}
    assert lane.told == []


def test_long_runs_use_most_of_the_limit() -> None:
    went = Lane().in_a_row(3000, CREATES)
    assert 600 < max(went) < 3000 / 300 * 60 * 1.3


def test_calls_of_every_kind_share_a_limit() -> None:
    lane = Lane()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for kind in CATALOG:
                if kind is not SKILL and kind is not ENVIRONMENT:
                    for _ in range(60):
                        tasks.start_soon(lane.call, kind.rates_of(Operation.CREATE))

    lane.time.run(main)
    assert most_in_a_minute(lane.went) <= 300


def test_what_waits_for_its_own_limit_takes_no_place_in_a_shared_one() -> None:
    lane = Lane()
    agents: list[float] = []

    async def agent() -> None:
        await lane.time.sleep(0.5)
        async with lane.pacer.turn(AGENT.rates_of(Operation.CREATE)):
            agents.append(lane.time.now)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(100):
                tasks.start_soon(lane.call, ENVIRONMENT.rates_of(Operation.CREATE))
            for _ in range(40):
                tasks.start_soon(agent)

    lane.time.run(main)
    assert set(agents) == {0.5}
    assert most_in_a_minute(lane.went) <= 60


def test_environments_are_asked_for_by_five_at_a_time() -> None:
    lane = Lane()
    lane.all(30, ENVIRONMENT.rates_of(Operation.READ), takes=2.0)
    assert lane.most == 5
    other = Lane()
    other.all(30, AGENT.rates_of(Operation.READ), takes=2.0)
    assert other.most == 30


def test_creates_of_environments_count_twice() -> None:
    few = Pacing(creates_per_minute=6)
    assert most_in_a_minute(Lane(few).in_a_row(30, ENVIRONMENT.rates_of(Operation.CREATE))) <= 6
    many = Pacing(creates_per_minute=6000)
    assert most_in_a_minute(Lane(many).in_a_row(200, ENVIRONMENT.rates_of(Operation.CREATE))) <= 60


@pytest.mark.parametrize(
    ("pacing", "operation", "limit"),
    [
        (Pacing(creates_per_minute=30), Operation.CREATE, 30),
        (Pacing(reads_per_minute=30), Operation.READ, 30),
        (Pacing(creates_per_minute=30), Operation.READ, 1200),
        (Pacing(reads_per_minute=30), Operation.CREATE, 300),
        (Pacing(creates_per_minute=30, reads_per_minute=30), Operation.OTHER, 600),
    ],
)
def test_limits_of_ones_own(pacing: Pacing, operation: Operation, limit: int) -> None:
    went = Lane(pacing).in_a_row(2 * limit, AGENT.rates_of(operation))
    assert limit * 0.95 - 1 <= most_in_a_minute(went) <= limit


def test_off_is_as_fast_as_it_goes() -> None:
    lane = Lane(UNPACED)
    assert set(lane.all(500, ENVIRONMENT.rates_of(Operation.CREATE), takes=1.0)) == {0.0}


def test_waits_are_told_with_their_reason() -> None:
    lane = Lane()
    lane.all(14, ENVIRONMENT.rates_of(Operation.OTHER))
    assert [why for _, why in lane.told] == ["the pace of operations on environments"] * 2
    assert [seconds for seconds, _ in lane.told] == pytest.approx([62 / 48, 2 * 62 / 48])


class Server:
    """Answers in virtual time, and remembers when it was asked for what."""

    def __init__(self, *answers: httpx.Response, pacing: Pacing | None = None, takes: float = 0.1) -> None:
        self.time = VirtualTime()
        self.answers = list(answers)
        self.pacing = pacing or Pacing()
        self.takes = takes
        self.asked: list[tuple[float, str]] = []
        self.told: list[tuple[float, str]] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((self.time.now, request.url.path))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await self.time.sleep(self.takes)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def run(self, use: Any, *, stop_at: float | None = None) -> Any:
        async def main() -> Any:
            stop = anyio.Event()
            async with anyio.create_task_group() as tasks:
                if stop_at is not None:
                    tasks.start_soon(self._stop, stop, stop_at)
                return await ask(stop)

        async def ask(stop: anyio.Event) -> Any:
            async with HttpRegistry.open(
                BASE,
                ApiKey(KEY),
                transport=httpx.MockTransport(self),
                pacing=self.pacing,
                clock=self.time.clock,
                sleep=self.time.sleep,
                chance=lambda: 0.0,
                on_wait=lambda seconds, why: self.told.append((seconds, why)),
                stop=stop,
            ) as registry:
                return await use(registry)

        return self.time.run(main)

    async def _stop(self, stop: anyio.Event, at: float) -> None:
        await self.time.sleep(at)
        stop.set()


async def tried(call: Any) -> RegistryError | None:
    try:
        await call
    except RegistryError as failure:
        return failure
    return None


def side_by_side(*calls: Any) -> Any:
    """A use of a registry: the calls at once; what became of each, in their order."""

    async def use(registry: HttpRegistry) -> list[RegistryError | None]:
        found: dict[int, RegistryError | None] = {}

        async def one(place: int, call: Any) -> None:
            found[place] = await tried(call(registry))

        async with anyio.create_task_group() as tasks:
            for place, call in enumerate(calls):
                tasks.start_soon(one, place, call)
        return [found[place] for place in sorted(found)]

    return use


def getting(kind: Any, id: str, after: float, server: Server) -> Any:
    async def get(registry: HttpRegistry) -> None:
        await server.time.sleep(after)
        await registry.get(kind, id)

    return get


@pytest.mark.parametrize("pacing", [Pacing(), UNPACED])
def test_a_429_pauses_its_whole_group_and_nobody_else(pacing: Pacing) -> None:
    server = Server(refused(429, "rate_limit_error", headers={"retry-after": "20"}), ok(), pacing=pacing)
    ended = server.run(
        side_by_side(
            getting(AGENT, "first", 0, server),
            *(getting(CATALOG["vault"], f"v{number}", 1, server) for number in range(5)),
            getting(SKILL, "skill", 1, server),
            getting(ENVIRONMENT, "env", 1, server),
        )
    )
    assert ended == [None] * 8
    first, *later = server.asked
    assert first == (0.0, "/v1/agents/first")
    at_once = {path for at, path in later if at == 1.0}
    assert "/v1/skills/skill" in at_once
    assert not [path for at, path in later if 0.1 <= at < 20.1 and "vaults" in path]
    after = sorted(at for at, path in later if at >= 20.1)
    assert len(after) >= 6
    if pacing.on:
        assert len(set(after)) == len(after), "they go evenly, not all at once"


def test_what_waits_says_why() -> None:
    server = Server(refused(429, headers={"retry-after": "2"}), ok())
    server.run(side_by_side(getting(AGENT, "a", 0, server), getting(AGENT, "b", 1, server)))
    assert server.told[0] == (2.0, "429, retry-after")
    assert server.told[1][1] == "the pace of reads"
    assert server.told[1][0] == pytest.approx(1.1, abs=0.2)


@pytest.mark.parametrize(
    ("answer", "seconds", "why"),
    [
        (refused(429, headers={"retry-after-ms": "1500"}), 1.5, "429, retry-after-ms"),
        (refused(429), 0.5, "429"),
        (refused(529), 0.5, "529"),
        (httpx.Response(503), 0.5, "503"),
    ],
)
def test_each_kind_of_wait(answer: httpx.Response, seconds: float, why: str) -> None:
    server = Server(answer, ok())
    server.run(side_by_side(getting(AGENT, "a", 0, server)))
    assert server.told == [(seconds, why)]


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_storm_ends_and_says_how_long_was_waited(status: int) -> None:
    server = Server(refused(status, "overloaded_error", "Too many.", headers={"retry-after": "50"}))
    calls = [getting(AGENT, f"a{number}", 0, server) for number in range(60)]
    ended = server.run(side_by_side(*calls))
    assert server.time.now < PATIENCE + 100
    assert all(failure is not None and "Too many." in failure.message for failure in ended)
    gave_up = [failure for failure in ended if failure is not None and "sent 3 times" in failure.message]
    assert gave_up
    assert "(sent 3 times, waited 100.0 s)" in gave_up[0].message
    worn_out = [failure for failure in ended if isinstance(failure, Exhausted)]
    assert worn_out
    assert "refused for 10 minutes" in worn_out[0].message


def test_when_the_run_is_to_end_nothing_is_waited_for_and_nothing_more_sent() -> None:
    bad = refused(429, "rate_limit_error", headers={"retry-after": "100"})
    server = Server(bad)
    calls = (getting(AGENT, "a", 0, server), getting(AGENT, "b", 1, server))
    one, other = server.run(side_by_side(*calls), stop_at=3.0)
    assert (server.time.now, server.asked) == (3.0, [(0.0, "/v1/agents/a")])
    assert one is not None
    assert one.status == 429, "what became of the call that was sent"
    assert other is not None
    assert "was not sent, because the run is to end" in other.message


def test_what_is_in_flight_when_the_run_is_to_end_is_answered() -> None:
    server = Server(ok(), takes=5.0)
    assert server.run(side_by_side(getting(AGENT, "a", 0, server)), stop_at=3.0) == [None]


def test_after_an_answer_the_patience_is_as_it_was() -> None:
    bad = refused(429, "rate_limit_error", headers={"retry-after": "250"})
    server = Server(bad, bad, ok(), bad, bad, ok(), takes=0.0)

    async def use(registry: HttpRegistry) -> None:
        for _ in range(2):
            await registry.get(AGENT, "a")

    server.run(use)
    assert server.time.now == pytest.approx(1000, abs=2)


@pytest.mark.parametrize(
    "answer",
    [
        refused(429, "rate_limit_error", details={"error_code": "enforced_spend_limit_reached"}),
        refused(429, "rate_limit_error", headers={"retry-after": "301"}),
    ],
    ids=["spend cap", "a pause too long"],
)
def test_once_it_is_exhausted_nothing_more_is_sent(answer: httpx.Response) -> None:
    server = Server(answer, ok(), takes=0.0)

    async def use(registry: HttpRegistry) -> list[RegistryError | None]:
        first = await tried(registry.create(AGENT, {}))
        others = [
            registry.get(AGENT, "a"),
            registry.create(ENVIRONMENT, {}),
            registry.update(CATALOG["vault"], "v", {}),
            registry.remove(CATALOG["memory"], "m", parent="s"),
        ]
        return [first, *[await tried(call) for call in others]]

    ended = server.run(use)
    assert [type(failure) for failure in ended] == [Exhausted] * 5
    assert len({str(failure) for failure in ended}) == 1
    assert "req_1" in str(ended[0])
    assert len(server.asked) == 1


def test_the_families_are_those_of_the_reference() -> None:
    assert {rate.name: (rate.per_minute, rate.in_flight) for rate in ENVIRONMENTS} == {
        "creates": (300, None),
        "reads": (1200, None),
        "other operations": (600, None),
        "operations on environments": (60, 5),
    }
    assert set(MANAGED_AGENTS) < set(ENVIRONMENTS)
