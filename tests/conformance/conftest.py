"""The official SDK drives the embedded registry over a real socket.

The client checks every answer against the SDK's own response types
(``_strict_response_validation``): a member the SDK requires and the registry leaves out, or one
of another type, fails the test that read it.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
import uvicorn

from agentops.emulator import create_app


@pytest.fixture(scope="session")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = Path(tmp_path_factory.mktemp("registry")) / "registry.db"
    # asyncio turns Nagle's algorithm off only where the protocol is named; otherwise each answer
    # waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(database), date_header=False, log_level="warning", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=base_url, api_key="test", _strict_response_validation=True, max_retries=0
    ) as client:
        yield client


@pytest.fixture(scope="session")
def beta(client: anthropic.Anthropic) -> Any:
    return client.beta
