"""Our client on the embedded registry, in one process and without a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from agentops.domain.ports import Conflict, NotFound, RegistryError
from agentops.emulator import create_app
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from tests.registry.wire import KEY, listed

AGENT, ENVIRONMENT = CATALOG["agent"], CATALOG["environment"]
STORE, MEMORY = CATALOG["memory_store"], CATALOG["memory"]


def run(use: Callable[[HttpRegistry], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        app = create_app(":memory:")
        transport = httpx.ASGITransport(app)
        try:
            async with HttpRegistry.open(
                "http://local", ApiKey(KEY), transport=transport, sleep=_at_once
            ) as registry:
                return await use(registry)
        finally:
            app.state.database.close()

    return anyio.run(main)


async def _at_once(_seconds: float) -> None: ...


def test_the_life_of_an_agent() -> None:
    async def use(registry: HttpRegistry) -> None:
        made = await registry.create(AGENT, {"name": "tutor", "model": "claude-opus-5-5"})
        assert made["version"] == 1
        assert registry.identity is not None
        assert registry.identity.workspace_id
        assert [item["id"] for item in await listed(registry, AGENT)] == [made["id"]]

        changed = await registry.update(AGENT, made["id"], {"name": "teacher", "version": 1})
        assert (changed["name"], changed["version"]) == ("teacher", 2)
        with pytest.raises(Conflict):
            await registry.update(AGENT, made["id"], {"name": "x", "version": 1})

        await registry.remove(AGENT, made["id"])
        await registry.remove(AGENT, made["id"])
        assert await listed(registry, AGENT) == []
        assert (await registry.get(AGENT, made["id"]))["archived_at"] is not None
        with pytest.raises(RegistryError) as refused:
            await registry.update(AGENT, made["id"], {"name": "x", "version": 2})
        assert refused.value.request_id

    run(use)


def test_the_life_of_a_memory() -> None:
    async def use(registry: HttpRegistry) -> None:
        store = (await registry.create(STORE, {"name": "notes"}))["id"]
        made = await registry.create(MEMORY, {"path": "/ä/b.md", "content": "one"}, parent=store)
        with pytest.raises(Conflict):
            await registry.create(MEMORY, {"path": "/ä/b.md", "content": "two"}, parent=store)
        assert (await registry.get(MEMORY, made["id"], parent=store))["content"] == "one"

        bound = MEMORY.bound({"content": "two"}, made["content_sha256"])
        changed = await registry.update(MEMORY, made["id"], bound, parent=store)
        again = await registry.update(MEMORY, made["id"], bound, parent=store)
        assert again["content_sha256"] == changed["content_sha256"] != made["content_sha256"]

        (item,) = await listed(registry, MEMORY, parent=store)
        assert item["content_sha256"] == changed["content_sha256"]
        await registry.remove(MEMORY, made["id"], parent=store)
        await registry.remove(MEMORY, made["id"], parent=store)
        with pytest.raises(NotFound):
            await registry.get(MEMORY, made["id"], parent=store)

    run(use)


def test_many_environments_come_page_by_page_and_at_once() -> None:
    async def use(registry: HttpRegistry) -> None:
        async def make(number: int) -> None:
            await registry.create(ENVIRONMENT, {"name": f"lab-{number}"})

        async with anyio.create_task_group() as tasks:
            for number in range(105):
                tasks.start_soon(make, number)
        found = await listed(registry, ENVIRONMENT)
        assert {item["name"] for item in found} == {f"lab-{number}" for number in range(105)}

    run(use)
