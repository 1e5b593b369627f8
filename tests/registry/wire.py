"""A server that plays a script and remembers what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx

from agentops.domain.resource import Body
from agentops.registry import ApiKey, HttpRegistry

KEY = "sk-ant-api03-not-a-real-key"
BASE = "https://registry.example"

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def ok(body: Any = None, **headers: str) -> httpx.Response:
    return httpx.Response(200, json={"id": "x_1"} if body is None else body, headers=headers)


def refused(
    status: int,
    type: str = "api_error",
    message: str = "no.",
    *,
    headers: dict[str, str] | None = None,
    **error: Any,
) -> httpx.Response:
    """An error in the API's shape."""
    body = {"type": "error", "error": {"type": type, "message": message, **error}, "request_id": "req_1"}
    return httpx.Response(status, json=body, headers=headers)


class Script:
    """Answers in turn; the last one is repeated."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.now = 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    @property
    def sent(self) -> list[str]:
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    @asynccontextmanager
    async def registry(self, base_url: str = BASE, **options: Any) -> AsyncIterator[HttpRegistry]:
        options = {"sleep": self.sleep, "clock": lambda: self.now, "chance": lambda: 0.0, **options}
        transport = httpx.MockTransport(self)
        async with HttpRegistry.open(base_url, ApiKey(KEY), transport=transport, **options) as registry:
            yield registry

    def run(self, use: Callable[[HttpRegistry], Awaitable[Any]], base_url: str = BASE, **options: Any) -> Any:
        """What ``use`` returns, given a registry that this script answers for."""

        async def main() -> Any:
            async with self.registry(base_url, **options) as registry:
                return await use(registry)

        return anyio.run(main)


async def listed(registry: HttpRegistry, *arguments: Any, **keywords: Any) -> list[Body]:
    return [item async for item in registry.list(*arguments, **keywords)]
