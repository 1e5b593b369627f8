"""Our client on the embedded registry, in one process and without a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from agentops.domain.ports import Conflict, NotFound, RegistryError
from agentops.domain.secret import SecretText
from agentops.emulator import create_app
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from tests.registry.wire import KEY, listed

AGENT, ENVIRONMENT = CATALOG["agent"], CATALOG["environment"]
STORE, MEMORY = CATALOG["memory_store"], CATALOG["memory"]
SKILL, DEPLOYMENT = CATALOG["skill"], CATALOG["deployment"]
VAULT, CREDENTIAL = CATALOG["vault"], CATALOG["credential"]


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


def test_the_life_of_a_skill() -> None:
    manifest = b"---\nname: triage\ndescription: Sorts mail.\n---\n# \xc3\x84\r\n"
    first = {
        "SKILL.md": manifest,
        "data/all.bin": bytes(range(256)) * 300,
        "empty": b"",
        "b/\u65e5.md": b"\r\n--",
    }
    second = {"SKILL.md": manifest, "scripts/run.py": b"print(1)\n"}

    async def use(registry: HttpRegistry) -> None:
        made = await registry.create(SKILL, {"display_name": "Mail", "name": "triage", "files": first})
        assert made["display_name"] == "Mail"
        one = str(SKILL.version_of(made))
        assert await registry.content(SKILL, made["id"], one) == ("triage", dict(sorted(first.items())))

        changed = await registry.update(SKILL, made["id"], {"name": "triage", "files": second})
        two = str(SKILL.version_of(changed))
        assert (changed["id"], changed["display_name"]) == (made["id"], "Mail")
        assert two != one
        assert await registry.content(SKILL, made["id"], two) == ("triage", second)
        assert (await registry.content(SKILL, made["id"], one))[1] == first, "a version never changes"
        assert await registry.get(SKILL, made["id"]) == changed

        again = await registry.update(SKILL, made["id"], {"name": "triage", "files": second})
        assert SKILL.version_of(again) not in (one, two), "each upload is a version"
        other = manifest.replace(b"triage", b"other")
        with pytest.raises(RegistryError, match="triage"):
            await registry.update(SKILL, made["id"], {"name": "other", "files": {"SKILL.md": other}})
        assert await listed(registry, SKILL) == [again]

        await registry.remove(SKILL, made["id"])
        await registry.remove(SKILL, made["id"])
        with pytest.raises(NotFound):
            await registry.content(SKILL, made["id"], two)
        assert await listed(registry, SKILL) == []

    run(use)


def test_the_switch_of_a_deployment() -> None:
    async def use(registry: HttpRegistry) -> None:
        agent = await registry.create(AGENT, {"name": "tutor", "model": "claude-opus-5-5"})
        environment = await registry.create(ENVIRONMENT, {"name": "lab"})
        greeting = {"type": "user.message", "content": [{"type": "text", "text": "Begin."}]}
        made = await registry.create(
            DEPLOYMENT,
            {
                "name": "daily",
                "agent": agent["id"],
                "environment_id": environment["id"],
                "initial_events": [greeting],
            },
        )
        for paused in (True, True, False, False, True):
            answer = await registry.update(DEPLOYMENT, made["id"], {"paused": paused})
            assert DEPLOYMENT.complete(answer)["paused"] is paused
            assert DEPLOYMENT.complete(await registry.get(DEPLOYMENT, made["id"]))["paused"] is paused
        renamed = await registry.update(DEPLOYMENT, made["id"], {"name": "weekly"})
        assert (renamed["name"], DEPLOYMENT.complete(renamed)["paused"]) == ("weekly", True)

        await registry.remove(DEPLOYMENT, made["id"])
        with pytest.raises(RegistryError):
            await registry.update(DEPLOYMENT, made["id"], {"paused": False})

    run(use)


@pytest.mark.parametrize("token", ["tok_n0t-a-real-token", "s3cr3t"])
def test_a_secret_is_taken_and_never_told(token: str) -> None:
    body = {
        "auth": {
            "type": "static_bearer",
            "mcp_server_url": "https://mcp.example/",
            "token": SecretText(token),
        }
    }

    async def use(registry: HttpRegistry) -> None:
        vault = (await registry.create(VAULT, {"display_name": "keys"}))["id"]
        made = await registry.create(CREDENTIAL, body, parent=vault)
        assert token not in str(made)
        for wrong in (body, {"auth": {**body["auth"], "type": body["auth"]["token"]}}):
            with pytest.raises(RegistryError) as refused:
                await registry.create(CREDENTIAL, wrong, parent=vault)
            assert refused.value.status in (400, 409)
            assert token not in f"{refused.value} {vars(refused.value)}"

    run(use)
