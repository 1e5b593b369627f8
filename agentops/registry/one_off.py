"""Single requests beside those to the registry: for a token, before there is a credential to open it with."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

import httpx

from agentops import __version__
from agentops.domain.ports import NoToken
from agentops.registry import failures
from agentops.registry.concealment import KnownSecrets
from agentops.registry.credentials import is_loopback

TIMEOUT = 30.0
"""Seconds for one answer, as in the official SDK."""

_MOST_BYTES = 1 << 20

OnRequest = Callable[[str, str, int | None, float, str | None], None]
"""Told of every request: method, path, status (None without an answer), milliseconds, request ID."""


@dataclass(frozen=True, slots=True)
class OneOff:
    """Sends one request on a connection of its own; redirects are not followed, as they lead to hosts that
    nobody named.

    ``known`` is what must not be told of an answer. ``transport`` takes the place of the network.
    """

    known: KnownSecrets
    transport: httpx.AsyncBaseTransport | None = None
    on_request: OnRequest | None = None

    async def ask(self, request: httpx.Request, advice: str) -> httpx.Response:
        """The answer, whatever its status, with at most 1 MiB of body.

        Raises:
            NoToken: there is none. ``advice`` says what to check.
        """
        request.headers["user-agent"] = f"agentops/{__version__}"
        started = time.monotonic()
        try:
            async with self._client(request.url) as client:
                response = await _whole(client, request)
        except httpx.RequestError as failure:
            self._report(request, None, started)
            call = f"{request.method} {request.url.path}"
            raise NoToken(failures.sentence(failure, call, request.url), advice) from None
        except (OSError, ValueError, ImportError, httpx.InvalidURL):
            raise NoToken(
                f"{request.url.host} cannot be asked for a token",
                "check HTTPS_PROXY, HTTP_PROXY and SSL_CERT_FILE",
            ) from None
        self._report(request, response, started)
        return response

    def _client(self, url: httpx.URL) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=self.transport,
            # What runs on this machine is not asked for through a proxy.
            mounts={"http://": None, "https://": None} if is_loopback(url.host) else None,
            timeout=TIMEOUT,
            follow_redirects=False,
        )

    def _report(self, request: httpx.Request, response: httpx.Response | None, started: float) -> None:
        if self.on_request is None:
            return
        status = response.status_code if response is not None else None
        told = response.headers.get("request-id", "") if response is not None else ""
        ms = (time.monotonic() - started) * 1000
        path = self.known.concealer().word(request.url.path) or "/"
        self.on_request(request.method, path, status, ms, self.known.concealer().word(told))


async def _whole(client: httpx.AsyncClient, request: httpx.Request) -> httpx.Response:
    async with aclosing(await client.send(request, stream=True)) as response:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > _MOST_BYTES:
                content.clear()  # what is so long is no token, and is not looked at
                break
    headers = response.headers.copy()
    headers.pop("content-encoding", None)  # it is unpacked
    headers.pop("content-length", None)
    return httpx.Response(response.status_code, headers=headers, content=bytes(content), request=request)
