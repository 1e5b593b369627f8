"""Many registries on one real socket, each below a path of its own, in this process.

A command that is killed takes none of them along.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from agentops.emulator import create_app


class Registries:
    """The ASGI application: ``/NAME/v1/…`` is answered by the registry of that name."""

    def __init__(self) -> None:
        self.apps: dict[str, Any] = {}
        self.url = ""

    def open(self, name: str, database: Path) -> str:
        """The base URL of a registry on this file."""
        self.apps[name] = create_app(database)
        return f"{self.url}/{name}"

    def close(self, name: str) -> None:
        self.apps.pop(name).state.database.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        name = scope["path"].split("/")[1]
        await self.apps[name]({**scope, "root_path": f"/{name}"}, receive, send)


@contextmanager
def serving() -> Iterator[Registries]:
    registries = Registries()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        registries.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(registries, log_level="critical", lifespan="off", date_header=False)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        try:
            yield registries
        finally:
            server.should_exit = True
            thread.join(timeout=20)
