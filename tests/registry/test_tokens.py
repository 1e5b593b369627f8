"""When a token is replaced, and by whom: with a clock of our own."""

from __future__ import annotations

import anyio
import pytest

from agentops.domain.ports import NoToken
from agentops.registry.concealment import KnownSecrets
from agentops.registry.tokens import Token, TokenCache


class Source:
    """Gives tokens that live for ``life`` seconds; ``failures`` is how many times it fails first."""

    def __init__(self, life: float | None = 3600) -> None:
        self.now = 1000.0
        self.life = life
        self.failures = 0
        self.status: int | None = 503
        self.calls: list[str | None] = []
        self.waits: anyio.Event | None = None
        self.known = KnownSecrets()
        self.cache = TokenCache(self.fetch, self.known, lambda: self.now)

    async def fetch(self, replacing: Token | None) -> Token:
        self.calls.append(replacing.value if replacing else None)
        if self.waits is not None:
            await self.waits.wait()
        if self.failures:
            self.failures -= 1
            raise NoToken("the endpoint is down", "try again", status=self.status)
        ends = None if self.life is None else self.now + self.life
        return Token(f"token-no-{len(self.calls)}", ends)

    def at(self, second: float) -> str:
        """The token that is used this many seconds after the start."""
        self.now = 1000.0 + second
        return anyio.run(self.cache.value)


def test_a_token_is_used_until_two_minutes_before_its_end() -> None:
    source = Source()
    assert [source.at(second) for second in (0, 1, 3479)] == ["token-no-1"] * 3
    assert source.at(3480) == "token-no-2"
    assert source.calls == [None, "token-no-1"]


def test_a_token_that_never_ends_is_never_replaced() -> None:
    source = Source(life=None)
    assert source.at(0) == source.at(10**9) == "token-no-1"


def test_a_failure_early_is_tolerated_and_not_repeated_for_five_seconds() -> None:
    source = Source()
    source.at(0)
    source.failures = 99
    assert [source.at(second) for second in (3480, 3484.9)] == ["token-no-1"] * 2
    assert len(source.calls) == 2
    assert source.at(3485) == "token-no-1"
    assert len(source.calls) == 3
    source.failures = 0
    assert source.at(3490) == "token-no-4"


@pytest.mark.parametrize("second", [3570, 3599, 3601])
def test_a_failure_late_is_final(second: float) -> None:
    source = Source()
    source.at(0)
    source.failures = 1
    with pytest.raises(NoToken, match="the endpoint is down"):
        source.at(second)
    assert source.at(second) == "token-no-3"


def test_a_back_off_does_not_keep_a_token_that_ends() -> None:
    source = Source()
    source.at(0)
    source.failures = 1
    assert source.at(3569) == "token-no-1"
    assert source.at(3570.5) == "token-no-3"


def test_a_refusal_of_the_endpoint_is_answered_with_one_more_attempt() -> None:
    source = Source()
    source.status, source.failures = 401, 1
    assert source.at(0) == "token-no-2"
    source = Source()
    source.status, source.failures = 401, 2
    with pytest.raises(NoToken):
        source.at(0)
    assert len(source.calls) == 2


def test_no_other_failure_is_answered_with_another_attempt() -> None:
    source = Source()
    source.failures = 1
    with pytest.raises(NoToken):
        source.at(0)
    assert len(source.calls) == 1


@pytest.mark.parametrize(("life", "replaced_at"), [(60, 30), (90, 45), (239, 119.5), (240, 120), (600, 480)])
def test_a_token_that_lives_shortly_is_replaced_half_way_and_not_with_every_request(
    life: float, replaced_at: float
) -> None:
    source = Source(life=life)
    assert [source.at(second) for second in (0, 1, 2, replaced_at - 1)] == ["token-no-1"] * 4
    assert source.at(replaced_at) == "token-no-2"


def test_a_refused_token_is_replaced_and_the_source_is_told_which() -> None:
    source = Source()
    source.cache.refuse(source.at(0))
    assert source.at(1) == "token-no-2"
    assert source.calls == [None, "token-no-1"]


def test_a_late_refusal_of_an_old_token_keeps_the_new_one() -> None:
    source = Source()
    first = source.at(0)
    source.cache.refuse(first)
    assert source.at(1) == "token-no-2"
    source.cache.refuse(first)
    assert source.at(2) == "token-no-2"
    assert len(source.calls) == 2


def test_every_token_stays_a_secret() -> None:
    source = Source()
    source.cache.refuse(source.at(0))
    source.at(1)
    assert source.known.concealer()("token-no-1 token-no-2") == "*** ***"


def _together(source: Source, count: int, cancel_first: bool = False) -> list[str]:
    """What ``count`` tasks get that ask while one fetches."""
    results: list[str] = []

    async def ask() -> None:
        try:
            results.append(await source.cache.value())
        except NoToken as failure:
            results.append(failure.message)

    async def main() -> None:
        source.waits = anyio.Event()
        async with anyio.create_task_group() as tasks:
            first = anyio.CancelScope()

            async def leader() -> None:
                with first:
                    await ask()

            tasks.start_soon(leader)
            await anyio.wait_all_tasks_blocked()
            for _ in range(count - 1):
                tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            if cancel_first:
                first.cancel()
                await anyio.wait_all_tasks_blocked()
            source.waits.set()

    anyio.run(main)
    return results


def test_one_task_fetches_for_all() -> None:
    source = Source()
    assert _together(source, 50) == ["token-no-1"] * 50
    assert len(source.calls) == 1


def test_one_failure_is_told_to_all_who_waited() -> None:
    source = Source()
    source.failures = 1
    assert _together(source, 50) == ["the endpoint is down"] * 50
    assert len(source.calls) == 1


def test_where_the_fetching_task_is_cancelled_another_one_takes_over() -> None:
    source = Source()
    assert _together(source, 5, cancel_first=True) == ["token-no-2"] * 4
    assert len(source.calls) == 2


def test_nobody_waits_for_an_early_replacement() -> None:
    source = Source()
    source.at(0)
    source.now += 3500
    assert sorted(_together(source, 5)) == ["token-no-1"] * 4 + ["token-no-2"]
    assert len(source.calls) == 2
