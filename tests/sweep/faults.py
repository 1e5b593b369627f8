"""What a network and a server do on a bad day, to one exchange: as a transport in front of an application."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from enum import Enum

import anyio
import httpx


class Fault(Enum):
    """``AFTER``: the server carries the request out, and the answer does not arrive."""

    REFUSED = "connection refused"
    RESET_BEFORE = "reset before the request is read"
    RESET_AFTER = "reset after the server committed"
    CUT = "response cut half-way"
    ERROR = "500"
    ERROR_AFTER = "502 of a gateway after the server committed"
    UNAVAILABLE = "503"
    OVERLOADED = "529"
    LIMITED = "429"
    LIMITED_FOR = "429 with retry-after"
    UNAUTHORIZED = "401 once"
    HANG = "hang until timeout"


STATUS = {
    Fault.ERROR: (500, "api_error"),
    Fault.UNAVAILABLE: (503, "api_error"),
    Fault.OVERLOADED: (529, "overloaded_error"),
    Fault.LIMITED: (429, "rate_limit_error"),
    Fault.LIMITED_FOR: (429, "rate_limit_error"),
    Fault.UNAUTHORIZED: (401, "authentication_error"),
}
"""Refusals in the API's own shape, before anything is done."""


def refusal(fault: Fault, wait: int = 7) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body. ``wait`` is in seconds."""
    status, type = STATUS[fault]
    body = {"type": "error", "error": {"type": type, "message": f"The sweep says {fault.value}."}}
    headers = {"content-type": "application/json", "request-id": "req_sweep"}
    if fault is Fault.LIMITED_FOR:
        headers["retry-after"] = str(wait)
    return status, headers, json.dumps(body).encode()


class Clock:
    """Virtual time: it passes while somebody sleeps, and a slow server gets on with its work meanwhile."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.late: list[httpx.Request] = []
        self.server: httpx.AsyncBaseTransport | None = None

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await self.catch_up()
        await anyio.lowlevel.checkpoint()

    async def catch_up(self) -> None:
        """What hung is carried out after all, and nobody hears of it."""
        while self.late and self.server is not None:
            response = await self.server.handle_async_request(self.late.pop())
            await response.aread()


class FailingTransport(httpx.AsyncBaseTransport):
    """Passes everything on but the exchange ``at`` (the first is 1), which fails; ``seen`` counts."""

    def __init__(self, server: httpx.AsyncBaseTransport, clock: Clock, fault: Fault | None, at: int) -> None:
        self.server, self.clock, self.fault, self.at = server, clock, fault, at
        self.seen = 0
        self.failed: str | None = None
        clock.server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen += 1
        if self.fault is None or self.seen != self.at:
            return await self.server.handle_async_request(request)
        self.failed = f"{request.method} {request.url.path}"
        return await self._fail(self.fault, request)

    async def _fail(self, fault: Fault, request: httpx.Request) -> httpx.Response:
        match fault:
            case Fault.REFUSED:
                raise httpx.ConnectError("Connection refused", request=request)
            case Fault.RESET_BEFORE:
                raise httpx.ReadError("Connection reset by peer", request=request)
            case Fault.RESET_AFTER:
                await (await self.server.handle_async_request(request)).aread()
                raise httpx.ReadError("Connection reset by peer", request=request)
            case Fault.HANG:
                self.clock.late.append(
                    httpx.Request(
                        request.method, request.url, headers=request.headers, content=await request.aread()
                    )
                )
                raise httpx.ReadTimeout("timed out", request=request)
            case Fault.CUT:
                response = await self.server.handle_async_request(request)
                content = await response.aread()
                return httpx.Response(response.status_code, headers=response.headers, stream=_Half(content))
            case Fault.ERROR_AFTER:
                await (await self.server.handle_async_request(request)).aread()
                page = b"<html><h1>502 Bad Gateway</h1></html>"
                return httpx.Response(502, headers={"content-type": "text/html"}, content=page)
        status, headers, body = refusal(fault)
        return httpx.Response(status, headers=headers, content=body)


class _Half(httpx.AsyncByteStream):
    """The first half of a body, and then the end of the connection."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.content[: len(self.content) // 2]
        raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")
