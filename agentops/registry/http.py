"""The registry over HTTP: the operations of the port, each as one call or a few."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Self

import anyio
import httpx

from agentops import __version__
from agentops.domain.kind import Bundle, Kind, Removal, Switch
from agentops.domain.ports import NotFound, OutcomeUnknown, RegistryError
from agentops.domain.project import UNPACED, Pacing
from agentops.domain.resource import Body
from agentops.domain.state import Identity
from agentops.registry import calls, failures
from agentops.registry.answers import endless, read_body, read_files, read_object, read_page
from agentops.registry.calls import Call
from agentops.registry.concealment import one_line
from agentops.registry.connection import Connection
from agentops.registry.credentials import Credential, is_loopback
from agentops.registry.one_off import OnRequest
from agentops.registry.pacing import OnWait, Pacer, Rest, Sleep
from agentops.registry.retries import Effect

API_VERSION = "2026-10-21"
"""What the official SDK 2.12 sends as ``anthropic-version``."""

ANSWER_TIMEOUT = 60.0
CONNECT_TIMEOUT = 5.0
KEEP_ALIVE = 4.0
"""Seconds. Idle connections are dropped before common servers do it (uvicorn: after 5), so that a create
is not sent into a connection that is just being closed."""

MOST_PAGES_OF_NOTHING = 1000
"""In a row. An empty page may lead to another; a list that goes on with nothing new for longer never ends."""

_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=32, keepalive_expiry=KEEP_ALIVE)


def _always() -> bool:
    return True


class HttpRegistry:
    """The Managed Agents API, or anything that speaks it, as the port ``Registry``.

    Open it with ``HttpRegistry.open``. Safe for concurrent use by tasks of one event loop.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        base_url: str,
        credential: Credential,
        *,
        workspace_id: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        answer_timeout: float = ANSWER_TIMEOUT,
        pacing: Pacing = UNPACED,
        clock: Callable[[], float] = anyio.current_time,
        sleep: Sleep = anyio.sleep,
        chance: Callable[[], float] = random.random,
        on_request: OnRequest | None = None,
        on_wait: OnWait | None = None,
        stop: anyio.Event | None = None,
        may_write: Callable[[], bool] = _always,
    ) -> AsyncIterator[Self]:
        """A registry whose connections live as long as the context.

        ``workspace_id`` selects a workspace for credentials that are valid in several. With
        ``transport=httpx.ASGITransport(app)`` the registry runs in this process. ``answer_timeout``
        is in seconds and for one answer; ``clock``, the ``sleep`` on it and ``chance`` (a random number in
        [0, 1)) time the retries and the pace. Once ``stop`` is set nothing is waited for: what would have to
        wait is not sent, the first time or again. ``may_write`` is asked before every write, each retry of
        one included: where it says no, nothing is sent and NotHeld is raised.

        Raises:
            RegistryError: the base URL, the workspace ID or the proxy settings cannot be used.
        """
        url = _checked_url(base_url)
        try:
            client = httpx.AsyncClient(
                base_url=url,
                auth=credential,
                headers=_headers(workspace_id),
                transport=transport,
                # What runs on this machine is not asked for through a proxy.
                mounts={"http://": None, "https://": None} if is_loopback(url.host) else None,
                timeout=httpx.Timeout(answer_timeout, connect=min(answer_timeout, CONNECT_TIMEOUT)),
                limits=_LIMITS,
                follow_redirects=False,
            )
        except (OSError, ValueError, ImportError, httpx.InvalidURL):
            raise RegistryError(
                "the HTTP client cannot be set up: check HTTPS_PROXY, HTTP_PROXY and SSL_CERT_FILE"
            ) from None
        async with client:
            rest = Rest(sleep, stop)
            connection = Connection(
                client,
                credential,
                pacer=Pacer(pacing, clock=clock, sleep=rest, on_wait=on_wait),
                sleep=rest,
                chance=chance,
                on_request=on_request,
                on_wait=on_wait,
                may_write=may_write,
            )
            yield cls(connection)

    @property
    def base_url(self) -> str:
        return self._connection.base_url

    @property
    def identity(self) -> Identity | None:
        return self._connection.identity

    @property
    def server_time(self) -> float | None:
        return self._connection.server_time

    async def list(self, kind: Kind, *, parent: str | None = None) -> AsyncIterator[Body]:
        """Raises RegistryError for an answer that is no list, or a list that never ends."""
        async for item in self._pages(kind, lambda cursor: calls.page_of(kind, parent, cursor), "id"):
            yield item

    async def versions(self, kind: Kind, id: str, *, parent: str | None = None) -> AsyncIterator[Body]:
        """As ``list``. Raises ValueError for a kind without a history."""
        named = kind.history.id if kind.history is not None else "id"
        async for item in self._pages(
            kind, lambda cursor: calls.versions_of(kind, id, parent, cursor), named
        ):
            yield item

    async def _pages(self, kind: Kind, page: Callable[[str | None], Call], named: str) -> AsyncIterator[Body]:
        """What the pages hold, one by one; ``named`` is the member that tells them apart."""
        seen: set[str] = set()
        cursors: set[str | None] = set()
        cursor: str | None = None
        idle = 0
        while True:
            cursors.add(cursor)
            call = page(cursor)
            response = await self._connection.answer(call)
            items, cursor = read_page(response, kind, self.base_url, self._connection.concealer(call))
            idle += 1
            for item in items:
                # While others write, one object can stand on two pages.
                if (name := str(item.get(named))) not in seen:
                    seen.add(name)
                    idle = 0
                    yield item
            if cursor is None:
                return
            if cursor in cursors or idle >= MOST_PAGES_OF_NOTHING:
                raise endless(response, kind, self.base_url, self._connection.concealer(call))

    async def get(self, kind: Kind, id: str, *, parent: str | None = None) -> Body:
        return await self._body(calls.retrieval(kind, id, parent))

    async def create(self, kind: Kind, body: Body, *, parent: str | None = None) -> Body:
        return await self._body(calls.creation(kind, body, parent))

    async def update(self, kind: Kind, id: str, body: Body, *, parent: str | None = None) -> Body:
        """Raises OutcomeUnknown where the answer was lost and asking again could not tell, and where a
        version was uploaded and its object cannot be read. Raises ValueError for a mixed body."""
        if kind.bundle is not None:
            return await self._add_version(kind, kind.bundle, id, body, parent)
        call = calls.change(kind, id, body, parent)
        if kind.switch is not None and kind.switch.field in body:
            return await self._turn(call, kind, kind.switch, id, body, parent)
        return await self._body(call)

    async def _add_version(self, kind: Kind, bundle: Bundle, id: str, body: Body, parent: str | None) -> Body:
        """The object, with our version as its version: somebody may have uploaded another since."""
        made = await self._body(calls.addition(kind, bundle, id, body, parent))
        try:
            live = await self.get(kind, id, parent=parent)
        except RegistryError as unread:
            raise OutcomeUnknown(
                f"{one_line(made['id'])} was uploaded as a new version of {kind.name} {id}, "
                f"but what became of it cannot be read: {unread.message}",
                status=unread.status,
                code=unread.code,
                request_id=unread.request_id,
            ) from None
        return live if kind.version is None else {**live, kind.version: made["id"]}

    async def _turn(
        self, call: Call, kind: Kind, switch: Switch, id: str, body: Body, parent: str | None
    ) -> Body:
        try:
            return await self._body(call)
        except RegistryError as refused:
            # Whether switching twice is refused is not documented, and a first attempt may have done it.
            if refused.status not in (400, 409):
                raise
            live = await self._alive(kind, id, parent)
            if live is None or kind.complete(live).get(switch.field) is not body[switch.field]:
                raise
            return live

    async def version(self, kind: Kind, id: str, version: str, *, parent: str | None = None) -> Body:
        """Raises ValueError for a kind without a history."""
        return await self._body(calls.version_of(kind, id, version, parent))

    async def content(self, kind: Kind, id: str, version: str) -> tuple[str, Mapping[str, bytes]]:
        """Raises RegistryError for an archive that is not to be trusted; nothing of it is used."""
        call = calls.download(kind, id, version)
        response = await self._connection.answer(call)
        return read_files(
            response, f"{kind.name} {id}, version {version}", self.base_url, self._connection.concealer(call)
        )

    async def remove(
        self, kind: Kind, id: str, *, parent: str | None = None, expected: str | None = None
    ) -> None:
        call = calls.removal(kind, id, parent, expected)
        try:
            response = await self._connection.answer(call)
        except NotFound:
            return
        except RegistryError as refused:
            # Whether archiving twice is refused is not documented for every kind.
            if kind.removal is Removal.DELETE or refused.status not in (400, 409):
                raise
            if not await self._is_archived(kind, id, parent):
                raise
            return
        if response.content:
            read_body(response, self.base_url, self._connection.concealer(call))

    async def _is_archived(self, kind: Kind, id: str, parent: str | None) -> bool:
        try:
            return (await self.get(kind, id, parent=parent)).get("archived_at") is not None
        except NotFound:
            return True
        except RegistryError:
            return False

    async def _alive(self, kind: Kind, id: str, parent: str | None) -> Body | None:
        """None where it is archived, gone or cannot be read."""
        try:
            live = await self.get(kind, id, parent=parent)
        except RegistryError:
            return None
        return live if live.get("archived_at") is None else None

    async def _body(self, call: Call) -> Body:
        """The object a call answers with. An unreadable answer to what may not be repeated is a lost one."""
        response = await self._connection.answer(call)
        try:
            return read_object(response, str(call), self.base_url, self._connection.concealer(call))
        except RegistryError as unreadable:
            raise (failures.unknown(call, unreadable) if call.effect is Effect.ONCE else unreadable) from None


def _headers(workspace_id: str | None) -> dict[str, str]:
    headers = {
        "accept": "application/json",
        "anthropic-version": API_VERSION,
        "user-agent": f"agentops/{__version__}",
    }
    if workspace_id is not None:
        if not workspace_id.isascii() or not workspace_id.isprintable() or not workspace_id.strip():
            raise RegistryError(f"{workspace_id!r} cannot be a workspace ID")
        headers["anthropic-workspace-id"] = workspace_id
    return headers


def _checked_url(base_url: str) -> httpx.URL:
    """The URL, parsed. What is refused may hold a password or a token: only its host is repeated."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise RegistryError("the registry's base_url is no URL; write it as https://host or http://host:port")
    if url.userinfo or url.query or url.fragment:
        raise RegistryError(f"the base_url at {url.host} has a user name, query or fragment; remove it")
    return url
