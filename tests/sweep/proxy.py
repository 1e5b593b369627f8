"""A TCP proxy that fails the n-th exchange of whoever talks through it, on real sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.sweep.faults import Fault, refusal

GONE = 0.4
"""Seconds during which a refused connection stays refused."""
SILENT = 30.0
"""Seconds a hanging exchange is kept open, unless the client goes first."""


class Proxy:
    """HTTP/1.1 with ``content-length``, in both directions. ``seen`` counts exchanges, ``failed`` says which
    one got the fault: number ``at``, or the first whose request begins so."""

    def __init__(self, upstream: tuple[str, int], fault: Fault | None, at: int | str, wait: int) -> None:
        self.upstream, self.fault, self.at, self.wait = upstream, fault, at, wait
        self.seen = 0
        self.failed: str | None = None
        self.url = ""
        self.server: asyncio.Server | None = None
        self.clients: set[asyncio.StreamWriter] = set()

    async def open(self, port: int = 0) -> None:
        self.server = await asyncio.start_server(self._client, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.add(writer)
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        try:
            while True:
                request = await message(reader)
                self.seen += 1
                fault = self.fault if self._is_it(request) else None
                if fault is not None:
                    self.failed = request.partition(b" HTTP/")[0].decode()
                    if await self._unanswered(fault, writer):
                        return
                upstream = upstream or await asyncio.open_connection(*self.upstream)
                upstream[1].write(request)
                answer = await message(upstream[0])
                if fault is Fault.RESET_AFTER:
                    reset(writer)
                    return
                if fault is Fault.ERROR_AFTER:
                    answer = http(
                        502, {"content-type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>"
                    )
                if fault is Fault.CUT:
                    writer.write(answer[: answer.index(b"\r\n\r\n") + 8])
                    return
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            self.clients.discard(writer)
            for open_one in (writer, *(upstream[1:] if upstream else ())):
                open_one.close()

    def _is_it(self, request: bytes) -> bool:
        if isinstance(self.at, int):
            return self.seen == self.at
        return self.failed is None and request.startswith(self.at.encode())

    async def _unanswered(self, fault: Fault, writer: asyncio.StreamWriter) -> bool:
        """Whether the fault came before the request got any further."""
        match fault:
            case Fault.RESET_BEFORE:
                reset(writer)
            case Fault.HANG:
                await asyncio.sleep(SILENT)
            case Fault.REFUSED:
                asyncio.get_running_loop().create_task(self._away())
                for client in list(self.clients):
                    reset(client)
            case Fault.RESET_AFTER | Fault.ERROR_AFTER | Fault.CUT:
                return False
            case _:
                writer.write(http(*refusal(fault, self.wait)))
                await writer.drain()
        return True

    async def _away(self) -> None:
        """Nobody listens for a while."""
        assert self.server is not None
        port = self.server.sockets[0].getsockname()[1]
        self.server.close()
        await asyncio.sleep(GONE)
        await self.open(port)


async def message(reader: asyncio.StreamReader) -> bytes:
    """One request or answer, head and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return head + await reader.readexactly(length)


def http(status: int, headers: dict[str, str], body: bytes) -> bytes:
    told = {**headers, "content-length": str(len(body))}
    lines = [f"HTTP/1.1 {status} Fault", *(f"{name}: {value}" for name, value in told.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def reset(writer: asyncio.StreamWriter) -> None:
    """End the connection with RST, as a process that dies or a firewall does."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def proxied(url: str, fault: Fault | None, at: int | str, wait: int = 1) -> Iterator[Proxy]:
    """A proxy before ``http://host:port``, in a thread of its own. ``wait`` is what a 429 asks for, in
    seconds."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    proxy = Proxy((host, int(port)), fault, at, wait)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(proxy.open())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        for task in asyncio.all_tasks(loop):
            task.cancel()
        with suppress(RuntimeError):
            loop.run_until_complete(asyncio.sleep(0))
        loop.close()
