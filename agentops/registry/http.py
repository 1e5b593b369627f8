"""The registry over HTTP: the operations of the port, on calls that survive a bad network."""

from __future__ import annotations

import itertools
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Self

import anyio
import httpx

from agentops import __version__
from agentops.domain.kind import Bundle, Kind, Removal, Switch
from agentops.domain.ports import Exhausted, NotFound, NoToken, OutcomeUnknown, RegistryError
from agentops.domain.project import UNPACED, Pacing
from agentops.domain.resource import Body
from agentops.domain.state import Identity
from agentops.registry import calls, failures
from agentops.registry.answers import (
    endless,
    read_body,
    read_files,
    read_object,
    read_page,
    read_refusal,
    received,
)
from agentops.registry.calls import Call
from agentops.registry.concealment import Concealer, one_line, secrets_sent
from agentops.registry.credentials import Credential, is_loopback
from agentops.registry.one_off import OnRequest
from agentops.registry.pacing import OnWait, Pacer, Rest, Sleep, Stopped
from agentops.registry.retries import (
    MAX_RETRIES,
    Effect,
    Verdict,
    after_answer,
    after_failure,
    asks_for_rest,
    delay,
    says,
    server_delay,
)

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


@dataclass(frozen=True, slots=True)
class _Outcome:
    """One attempt: the answer to it, or an error and what may be done about it.

    ``lost``: the request may have reached the server, its answer did not reach us.
    """

    response: httpx.Response | None = None
    error: RegistryError | None = None
    verdict: Verdict = Verdict.FINAL
    lost: bool = False


class HttpRegistry:
    """The Managed Agents API, or anything that speaks it, as the port ``Registry``.

    Open it with ``HttpRegistry.open``. Safe for concurrent use by tasks of one event loop.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        credential: Credential,
        *,
        pacer: Pacer,
        sleep: Sleep,
        chance: Callable[[], float],
        on_request: OnRequest | None,
        on_wait: OnWait | None,
    ) -> None:
        self._client = client
        self._credential = credential
        self._pacer = pacer
        self._sleep = sleep
        self._chance = chance
        self._on_request = on_request
        self._on_wait = on_wait
        self._identity: Identity | None = None
        self._exhausted: Exhausted | None = None

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
    ) -> AsyncIterator[Self]:
        """A registry whose connections live as long as the context.

        ``workspace_id`` selects a workspace for credentials that are valid in several. With
        ``transport=httpx.ASGITransport(app)`` the registry runs in this process. ``answer_timeout``
        is in seconds and for one answer; ``clock``, the ``sleep`` on it and ``chance`` (a random number in
        [0, 1)) time the retries and the pace. Once ``stop`` is set nothing is waited for: what would have to
        wait is not sent, the first time or again.

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
            yield cls(
                client,
                credential,
                pacer=Pacer(pacing, clock=clock, sleep=Rest(sleep, stop), on_wait=on_wait),
                sleep=Rest(sleep, stop),
                chance=chance,
                on_request=on_request,
                on_wait=on_wait,
            )

    @property
    def base_url(self) -> str:
        return str(self._client.base_url).rstrip("/")

    @property
    def identity(self) -> Identity | None:
        return self._identity

    async def list(self, kind: Kind, *, parent: str | None = None) -> AsyncIterator[Body]:
        """Raises RegistryError for an answer that is no list, or a list that never ends."""
        seen: set[str] = set()
        cursors: set[str | None] = set()
        cursor: str | None = None
        idle = 0
        while True:
            cursors.add(cursor)
            call = calls.page_of(kind, parent, cursor)
            response = await self._answer(call)
            items, cursor = read_page(response, kind, self.base_url, self._concealer(call))
            idle += 1
            for item in items:
                # While others write, one object can stand on two pages.
                if item["id"] not in seen:
                    seen.add(item["id"])
                    idle = 0
                    yield item
            if cursor is None:
                return
            if cursor in cursors or idle >= MOST_PAGES_OF_NOTHING:
                raise endless(response, kind, self.base_url, self._concealer(call))

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

    async def content(self, kind: Kind, id: str, version: str) -> tuple[str, Mapping[str, bytes]]:
        """Raises RegistryError for an archive that is not to be trusted; nothing of it is used."""
        call = calls.download(kind, id, version)
        response = await self._answer(call)
        return read_files(
            response, f"{kind.name} {id}, version {version}", self.base_url, self._concealer(call)
        )

    async def remove(self, kind: Kind, id: str, *, parent: str | None = None) -> None:
        call = calls.removal(kind, id, parent)
        try:
            response = await self._answer(call)
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
            read_body(response, self.base_url, self._concealer(call))

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
        response = await self._answer(call)
        try:
            return read_object(response, str(call), self.base_url, self._concealer(call))
        except RegistryError as unreadable:
            raise (failures.unknown(call, unreadable) if call.effect is Effect.ONCE else unreadable) from None

    async def _answer(self, call: Call) -> httpx.Response:
        """The successful answer to a call, sent again as far as ``retries`` allows."""
        lost, waited, renewed = False, 0.0, False
        for taken in itertools.count():
            outcome = await self._paced_attempt(call)
            if not renewed and self._is_worth_another_token(outcome):
                renewed = True
                outcome = await self._paced_attempt(call)
            if outcome.error is None and outcome.response is not None:
                return outcome.response
            lost = lost or outcome.lost
            if outcome.verdict is not Verdict.RETRY or taken >= MAX_RETRIES:
                break
            if (wait := self._wait_after(call, outcome.response, taken)) is None:
                outcome = replace(outcome, error=failures.worn_out(outcome.error))
                break
            try:
                await self._sleep(wait)
            except Stopped:
                break
            waited += wait
        error = outcome.error or RegistryError(f"no answer to {call}")
        if isinstance(error, Exhausted) and self._exhausted is None:
            self._exhausted = failures.again(error)
        if taken:
            error.message += f" (sent {taken + 1} times, waited {waited:.1f} s)"
        # After a lost attempt only a word on the object itself settles what became of a write.
        undecided = call.writes and lost and type(error) in (RegistryError, Exhausted, NoToken)
        raise failures.unknown(call, error) if undecided or outcome.verdict is Verdict.UNKNOWN else error

    def _wait_after(self, call: Call, response: httpx.Response | None, taken: int) -> float | None:
        """Seconds until the next attempt, or None where waiting has been of no use for too long. What the
        server asks of one call is asked of all that count against the same limit."""
        headers = response.headers if response is not None else httpx.Headers()
        status = response.status_code if response is not None else None
        wait = delay(taken, headers, self._chance())
        if (status == 429 or server_delay(headers) is not None) and not self._pacer.pause(call.rates, wait):
            return None
        if self._on_wait is not None:
            self._on_wait(wait, says(status, headers))
        return wait

    async def _paced_attempt(self, call: Call) -> _Outcome:
        try:
            return await self._in_turn(call)
        except Stopped:
            return _Outcome(error=RegistryError(f"{call} was not sent, because the run is to end"))

    async def _in_turn(self, call: Call) -> _Outcome:
        async with self._pacer.turn(call.rates):
            if self._exhausted is not None:
                return _Outcome(error=failures.again(self._exhausted))
            outcome = await self._attempt(call)
            if outcome.response is not None and not asks_for_rest(outcome.response.status_code):
                self._pacer.answered(call.rates)
            return outcome

    def _is_worth_another_token(self, outcome: _Outcome) -> bool:
        """The service looks at the token before it does anything: after a 401 no write is repeated."""
        answer = outcome.response
        return answer is not None and answer.status_code == 401 and self._credential.reject(answer.request)

    async def _attempt(self, call: Call) -> _Outcome:
        request = calls.request_of(call, self._client)
        started = anyio.current_time()
        try:
            response = await received(self._client, request, call.most)
        except NoToken as unsigned:
            return _Outcome(error=unsigned)
        except httpx.RequestError as failure:
            self._report(call, None, started)
            sent = failures.may_have_been_sent(failure)
            error = RegistryError(failures.sentence(failure, str(call), self._client.base_url))
            return _Outcome(error=error, verdict=after_failure(call.effect, sent=sent), lost=sent)
        self._report(call, response, started)
        self._remember_identity(response)
        return _Outcome(response) if response.is_success else self._refused(call, response)

    def _concealer(self, call: Call) -> Concealer:
        return self._credential.concealer(secrets_sent(call.sent))

    def _refused(self, call: Call, response: httpx.Response) -> _Outcome:
        refusal = read_refusal(response, call.sent, self._concealer(call))
        verdict = after_answer(
            call.effect,
            response.status_code,
            response.headers,
            api_error=refusal.api_error,
            code=refusal.code,
        )
        return _Outcome(response, refusal.as_error(self.base_url), verdict)

    def _report(self, call: Call, response: httpx.Response | None, started: float) -> None:
        if self._on_request is None:
            return
        ms = (anyio.current_time() - started) * 1000
        status = response.status_code if response is not None else None
        told = response.headers.get("request-id", "") if response is not None else ""
        self._on_request(call.method, call.path, status, ms, self._concealer(call).word(told))

    def _remember_identity(self, response: httpx.Response) -> None:
        organization = response.headers.get("anthropic-organization-id")
        workspace = response.headers.get("anthropic-workspace-id")
        # Answers from before the credential was looked at carry neither, and say nothing.
        if organization or workspace:
            self._identity = Identity(organization or None, workspace or None)
        elif self._identity is None and response.is_success:
            self._identity = Identity(None, None)


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
