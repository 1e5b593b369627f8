"""The token of a profile: kept in a file that other programs use as well, and replaced there."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from agentops.domain.ports import NoToken
from agentops.registry.concealment import KnownSecrets
from agentops.registry.credentials import can_be_sent
from agentops.registry.files import Unusable, read_private, write_private
from agentops.registry.profiles import Profile
from agentops.registry.token_endpoint import TokenEndpoint
from agentops.registry.tokens import LATE, Clock, Token

_FORMAT = {"version": "1.0", "type": "oauth_token"}


class TokenFile:
    """``credentials/NAME.json``: read before every use, as others write it too."""

    def __init__(self, profile: Profile, known: KnownSecrets) -> None:
        self._profile = profile.name
        self._path = profile.credentials_path
        self._known = known

    def read(self) -> dict[str, Any] | None:
        """What is in it; None where there is no file.

        Raises:
            NoToken: it must not or cannot be used.
        """
        try:
            text = read_private(self._path)
        except FileNotFoundError:
            return None
        except Unusable as problem:
            raise self.problem(problem.summary, problem.advice) from None
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if not isinstance(content, dict):
            raise self.problem(f"{self._path} is no JSON object")
        for key in ("access_token", "refresh_token"):
            if isinstance(found := content.get(key), str) and found:
                self._known.add(found)
        if content.get("type", _FORMAT["type"]) != _FORMAT["type"]:
            raise self.problem(f"{self._path} is not of type {_FORMAT['type']}")
        return content

    def token_of(self, content: dict[str, Any]) -> Token | None:
        """The access token in it. Raises NoToken for an expiry that is no number of seconds."""
        value, ends = content.get("access_token"), content.get("expires_at")
        if not isinstance(value, str) or not can_be_sent(value):
            return None
        try:
            return Token(value, None if ends is None else int(ends))
        except (TypeError, ValueError, OverflowError):
            raise self.problem(f"`expires_at` in {self._path} is no number of seconds since 1970") from None

    def write(self, content: dict[str, Any], token: Token, refresh_token: str | None = None) -> None:
        """Put a new token in the place of the old one; what else is in the file stays. Raises OSError."""
        ends = None if token.expires_at is None else int(token.expires_at)
        new = {**content, **_FORMAT, "access_token": token.value, "expires_at": ends}
        if refresh_token is not None:
            new["refresh_token"] = refresh_token
        write_private(self._path, json.dumps(new, indent=2) + "\n")

    def problem(self, summary: str, advice: str = "log in anew") -> NoToken:
        return NoToken(f"the profile {self._profile} has no token that can be used: {summary}", advice)

    @property
    def path(self) -> str:
        return self._path


class LoginTokens:
    """The token of somebody who has logged in: refreshed where the profile has a ``client_id``; without one
    another program keeps it fresh, and the file is just read again."""

    def __init__(
        self, file: TokenFile, client_id: str | None, endpoint: TokenEndpoint, clock: Clock = time.time
    ) -> None:
        self._file = file
        self._client_id = client_id
        self._endpoint = endpoint
        self._clock = clock

    async def fetch(self, replacing: Token | None) -> Token:
        """Raises NoToken."""
        content = self._file.read()
        if content is None:
            raise self._file.problem(f"there is no {self._file.path}")
        token = self._file.token_of(content)
        if token is None:
            raise self._file.problem(f"there is no `access_token` in {self._file.path}")
        if self._client_id is None or _is_another(token, replacing, self._clock()):
            return token
        refresh_token = content.get("refresh_token")
        if not isinstance(refresh_token, str) or not refresh_token:
            raise self._file.problem(f"there is no `refresh_token` in {self._file.path}")
        granted = await self._endpoint.refresh(refresh_token, self._client_id)
        try:
            self._file.write(content, granted.token, granted.refresh_token or refresh_token)
        except OSError as problem:
            # The old refresh token may be worth nothing by now: whoever goes on would find out later.
            raise self._file.problem(
                f"the new one cannot be written to {self._file.path}: {problem.strerror}",
                "see that the directory can be written; then log in anew",
            ) from None
        return granted.token


class FederationTokens:
    """The token of a federation rule, shared through the profile's file with whoever else uses it."""

    def __init__(
        self, file: TokenFile, exchange: Callable[[], Awaitable[Token]], clock: Clock = time.time
    ) -> None:
        self._file = file
        self._exchange = exchange
        self._clock = clock

    async def fetch(self, replacing: Token | None) -> Token:
        """Raises NoToken."""
        content = self._file.read() or {}
        with suppress(NoToken):  # a spoilt expiry: the new token comes with another one
            token = self._file.token_of(content)
            if token is not None and token.expires_at and _is_another(token, replacing, self._clock()):
                return token
        fresh = await self._exchange()
        with suppress(OSError):  # it only spares the next program an exchange
            self._file.write(content, fresh)
        return fresh


def _is_another(token: Token, replacing: Token | None, now: float) -> bool:
    """Whether it can be used, and is not the one that is to be replaced."""
    lasts = token.expires_at is None or token.expires_at - now > LATE
    return lasts and (replacing is None or replacing.value != token.value)
