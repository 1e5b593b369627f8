"""One request through whatever credential an environment gives, without a network."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.lowlevel
import httpx

from agentops.kinds import CATALOG
from agentops.registry import Access, HttpRegistry, World, find_access
from tests.registry.token_service import TokenService
from tests.registry.wire import ok

AGENT = CATALOG["agent"]


def no_file(path: str) -> str:
    raise FileNotFoundError(2, "No such file or directory")


@dataclass
class Outside:
    """An environment, a token service, a clock, and the API, which answers with ``answer``."""

    environ: dict[str, str]
    service: TokenService = field(default_factory=TokenService)
    read_file: Callable[[str], str] = no_file
    now: float = 1_800_000_000.0
    answer: Callable[[httpx.Request], httpx.Response] = lambda _: ok()
    asked: list[httpx.Request] = field(default_factory=list)
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def access(self, base_url: str | None = None, reference: str | None = None, **options: Any) -> Access:
        world = World(
            self.environ,
            self.read_file,
            on_request=lambda *line: self.told.append(line),
            transport=httpx.MockTransport(self.service),
            clock=lambda: self.now,
        )
        return find_access(base_url, reference, world, **options)

    async def api(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        await anyio.lowlevel.checkpoint()  # others send theirs meanwhile
        return self.answer(request)

    def use(self, access: Access, do: Callable[[HttpRegistry], Any]) -> Any:
        async def main() -> Any:
            transport = httpx.MockTransport(self.api)
            async with HttpRegistry.open(
                access.base_url,
                access.credential,
                workspace_id=access.selects,
                transport=transport,
                sleep=_at_once,
                on_request=lambda *line: self.told.append(line),
            ) as registry:
                return await do(registry)

        return anyio.run(main)

    def request(self, access: Access | None = None) -> httpx.Request:
        """The request for one agent as it reaches the API."""
        self.use(access or self.access(), lambda registry: registry.get(AGENT, "agent_1"))
        return self.asked[-1]

    def bearer(self, access: Access | None = None) -> str:
        return self.request(access).headers["authorization"].removeprefix("Bearer ")


async def _at_once(_seconds: float) -> None: ...


def write_profile(folder: Any, name: str, config: str, credentials: str | None = None) -> None:
    """The two files of a profile, with the modes they have to have."""
    for directory, text, mode in (("configs", config, 0o644), ("credentials", credentials, 0o600)):
        if text is not None:
            path = folder / directory / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            os.chmod(path, mode)  # noqa: PTH101
