"""Tokens that expire: when one is replaced, that one task does it for all, and how it signs requests.

The times are the official SDK's (2.12). One thing differs: a token that lives for less than four minutes is
replaced half way, while the SDK, to which it is always about to expire, asks for another with every request.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import anyio
import httpx

from agentops.domain.ports import NoToken
from agentops.registry.concealment import KnownSecrets
from agentops.registry.credentials import Credential

OAUTH_BETA = "oauth-2025-04-20"
"""Goes with every token of a login or of a federation rule, and with no key (SDK)."""

EARLY = 120.0
"""Seconds before its end from which another token is asked for. Where that fails, this one is used on."""

LATE = 30.0
"""Seconds before its end from which a token is not used any more."""

BACK_OFF = 5.0
"""Seconds without another attempt after one that failed early."""

Clock = Callable[[], float]
"""Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Token:
    """``expires_at`` is in seconds since 1970; None where nobody knows, which is until it is refused."""

    value: str = field(repr=False)
    expires_at: float | None


Fetch = Callable[[Token | None], Awaitable[Token]]
"""Gets a token. It is given the one that is to be replaced, because it ends soon or was refused: the same one
again would not help. Raises NoToken."""


class _Flight:
    """A token that is being fetched by one task, while others wait for it."""

    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.failure: NoToken | None = None


@dataclass(slots=True)
class Latest:
    """The newest token of several caches, each for an event loop of its own."""

    token: Token | None = None


class TokenCache:
    """One token for all tasks of an event loop. ``latest`` is what caches for other loops have got."""

    def __init__(
        self, fetch: Fetch, known: KnownSecrets, clock: Clock = time.time, latest: Latest | None = None
    ) -> None:
        self._fetch = fetch
        self._known = known
        self._clock = clock
        self._latest = latest or Latest()
        self._token: Token | None = None
        self._early_from = 0.0
        self._refused: Token | None = None
        self._failed_at: float | None = None
        self._flight: _Flight | None = None

    async def value(self) -> str:
        """A token that can be used now.

        Raises:
            NoToken: there is none, and the one that was there is about to end.
        """
        while True:
            self._take_over()
            token = self._token
            usable = token is not None and self._remaining(token) > LATE
            if token is not None and usable and (self._is_fresh(token) or self._is_tried()):
                return token.value
            if self._flight is None:
                return await self._replace(token if usable else None, replacing=token or self._refused)
            flight = self._flight
            await flight.landed.wait()
            if flight.failure is not None:
                # All who waited are told what the one learned; each trying for itself would be a storm.
                failed = flight.failure
                raise NoToken(
                    failed.message, failed.advice, status=failed.status, request_id=failed.request_id
                )

    def for_another_loop(self) -> TokenCache:
        """A cache that begins with the token of this one."""
        return TokenCache(self._fetch, self._known, self._clock, self._latest)

    def refuse(self, value: str) -> None:
        """The registry does not take this token. Where there is another one by now, that is kept."""
        if self._token is not None and self._token.value == value:
            self._refused, self._token = self._token, None

    async def _replace(self, fallback: Token | None, *, replacing: Token | None) -> str:
        flight = self._flight = _Flight()
        try:
            fresh = await self._fetched(replacing)
        except NoToken as failure:
            if fallback is not None:
                self._failed_at = self._clock()
                return fallback.value
            flight.failure = failure
            raise
        finally:  # also where this task is cancelled: another one has to take over
            self._flight = None
            flight.landed.set()
        self._known.add(fresh.value)
        self._latest.token = fresh
        self._take_over()
        return fresh.value

    def _take_over(self) -> None:
        """The newest token is ours, too, unless it was refused."""
        fresh, ours = self._latest.token, self._token
        if (
            fresh is None
            or fresh is ours
            or (self._refused is not None and fresh.value == self._refused.value)
        ):
            return
        self._token = fresh
        self._early_from = self._clock() + max(self._remaining(fresh) - EARLY, self._remaining(fresh) / 2)

    async def _fetched(self, replacing: Token | None) -> Token:
        try:
            return await self._fetch(replacing)
        except NoToken as failure:
            if failure.status != 401:
                raise
        return await self._fetch(replacing)  # what was exchanged may have been replaced just then (SDK)

    def _remaining(self, token: Token) -> float:
        return float("inf") if token.expires_at is None else token.expires_at - self._clock()

    def _is_fresh(self, token: Token) -> bool:
        return self._remaining(token) > EARLY or self._clock() < self._early_from

    def _is_tried(self) -> bool:
        recently = self._failed_at is not None and 0 <= self._clock() - self._failed_at < BACK_OFF
        return recently or self._flight is not None


class CachedToken(Credential):
    """Signs requests with a token that is replaced before it ends, and after it was refused."""

    extra_beta = OAUTH_BETA
    refreshable = True

    def __init__(
        self, cache: TokenCache, known: KnownSecrets, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(known, headers)
        self._cache = cache

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        self._sign(request, await self._cache.value())
        yield request

    def for_another_loop(self) -> CachedToken:
        return CachedToken(self._cache.for_another_loop(), self._known, self._headers)

    def reject(self, request: httpx.Request) -> bool:
        self._cache.refuse(request.headers.get("authorization", "").removeprefix("Bearer "))
        return True
