from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentops.github.client import Client
from agentops.github.place import Place
from tests.conftest import without_credentials
from tests.github.hub import REPOSITORY, TOKEN, Hub
from tests.sockets import serving


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """The server, with the environment of a job that may talk to it."""
    without_credentials(monkeypatch, tmp_path)
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GH_")):
            monkeypatch.delenv(name)
    made = Hub()
    with serving(made.app) as port:
        monkeypatch.setenv("GITHUB_API_URL", f"http://127.0.0.1:{port}/api/v3")
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        yield made


@pytest.fixture
def waits() -> list[float]:
    """Seconds that the client would have slept."""
    return []


@pytest.fixture
def said() -> list[str]:
    """What the client noted."""
    return []


@pytest.fixture
def client(hub: Hub, waits: list[float], said: list[str]) -> Iterator[Client]:
    with Client(Place.of(os.environ), said.append, sleep=waits.append, clock=lambda: 1_000.0) as made:
        yield made


@pytest.fixture
def elsewhere(waits: list[float], said: list[str]) -> Callable[[str], Client]:
    """A client of another API."""
    return lambda api: Client(Place(api, TOKEN, REPOSITORY), said.append, sleep=waits.append)
