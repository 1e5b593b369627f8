"""The embedded registry in-process, with a clock that a test can read and move."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from agentops.emulator import create_app

MANAGED_AGENTS = "managed-agents-2026-04-01"
AGENT_MEMORY = "agent-memory-2026-07-22"


class Clock:
    """Every reading is one second later than the one before."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


class Registry:
    """Short forms for the requests of these tests; the beta header follows from the path."""

    def __init__(self, app: Any) -> None:
        self.client = TestClient(app)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        beta = AGENT_MEMORY if path.startswith("/memory_stores") else MANAGED_AGENTS
        sent = {"x-api-key": "test", "anthropic-version": "2026-10-21", "anthropic-beta": beta}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        extra = {} if body is None else {"json": body}
        return self.client.request(method, f"/v1{path}", headers=sent, **extra)

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.send("POST", path, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def get(self, path: str) -> dict[str, Any]:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def delete(self, path: str) -> dict[str, Any]:
        answer = self.send("DELETE", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, method: str, path: str, body: Any = None, *, status: int = 400) -> dict[str, Any]:
        """The ``error`` object of a request that has to fail with ``status``."""
        answer = self.send(method, path, body)
        assert answer.status_code == status, answer.text
        return dict(answer.json()["error"])

    def agent(self, **members: Any) -> dict[str, Any]:
        return self.post("/agents", {"name": "a", "model": "claude-opus-5-5", **members})

    def refused_agent(self, **members: Any) -> str:
        """Why an agent with these members is refused."""
        error = self.refused("POST", "/agents", {"name": "a", "model": "claude-opus-5-5", **members})
        assert error["type"] == "invalid_request_error"
        return str(error["message"])


@pytest.fixture
def registry() -> Iterator[Registry]:
    app = create_app(":memory:", clock=Clock())
    yield Registry(app)
    app.state.database.close()
