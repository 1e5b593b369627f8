"""One stage on a fresh embedded registry, through the real client and the real kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx

from agentops.domain.address import Address
from agentops.domain.bundle import manifest, sha256
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import Location
from agentops.domain.project import EMBEDDED_URL, Rename, Stage
from agentops.domain.report import ApplyReport
from agentops.domain.resource import Body, Ref, Resource, Source
from agentops.domain.state import DesiredState
from agentops.emulator import create_app
from agentops.engine import operations
from agentops.engine.choices import Choices
from agentops.engine.operations import Planned
from agentops.engine.target import Target
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from tests.engine.toy import Silent, ToyStore

STORE = Address("memory_store/seeded")
AROUND: dict[str, Body] = {
    "agent/leaf": {"name": "leaf", "model": "claude-opus-5-5"},
    "environment/sandbox": {"name": "sandbox"},
    "vault/one": {"display_name": "one"},
    "vault/two": {"display_name": "two"},
    "memory_store/one": {"name": "one"},
    "memory_store/two": {"name": "two"},
}
"""What a deployment can name; in its body these addresses stand where their IDs belong."""

CONTENT: dict[str, bytes] = {}
"""The bytes of every file that a skill in these laws has, by their SHA-256."""


class Lookups:
    """Every secret is the same text, and every file is where it was put."""

    def value(self, reference: str) -> str:
        return "not-a-secret"

    def read(self, address: Address, path: str, sha256: str) -> bytes:
        return CONTENT[sha256]


def skill_body(name: str, files: Mapping[str, bytes], **more: str) -> Body:
    """A skill with a SKILL.md of its own beside ``files``."""
    whole = {**files, "SKILL.md": f'---\nname: "{name}"\ndescription: x\n---\n'.encode()}
    CONTENT.update({sha256(content): content for content in whole.values()})
    return {"display_name": name, **more, "name": name, "files": manifest(whole)}


class World:
    """A registry with a lock in memory; ``at`` is the target operations take."""

    def __init__(self, registry: HttpRegistry) -> None:
        self.registry = registry
        self.store = ToyStore()
        self.moved: tuple[Rename, ...] = ()

    @property
    def at(self) -> Target:
        there = (self.registry, self.store, Lookups(), Lookups())
        return Target("laws", Stage("dev"), CATALOG, *there, moved=self.moved)

    async def plan(self, wanted: DesiredState) -> Planned:
        return await operations.plan(self.at, wanted)

    async def apply(self, wanted: DesiredState) -> ApplyReport:
        planned = await self.plan(wanted)
        return await operations.apply(
            self.at, planned, run="r", now=lambda: "t", observer=Silent(), stop=anyio.Event()
        )

    async def destroy(self, wanted: DesiredState) -> ApplyReport:
        planned = await operations.plan(self.at, wanted, Choices(destroy=True))
        return await operations.apply(
            self.at, planned, run="r", now=lambda: "t", observer=Silent(), stop=anyio.Event()
        )

    async def settle(self, wanted: DesiredState) -> Planned:
        """Apply, and plan again."""
        report = await self.apply(wanted)
        problems = [item.problem.summary for item in report.outcomes if item.problem]
        assert report.exit_code == 0, problems
        return await self.plan(wanted)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    transport = httpx.ASGITransport(app=create_app(":memory:"))
    async with HttpRegistry.open(EMBEDDED_URL, ApiKey("laws"), transport=transport) as registry:
        yield World(registry)


def in_a_world(story: Callable[[World], Awaitable[Any]]) -> None:
    """Run one story in a world of its own."""

    async def tell() -> None:
        async with world() as stage:
            await story(stage)

    anyio.run(tell)


def resource(address: str, body: Body) -> Resource:
    where = Address(address)
    return Resource(
        address=where,
        body=body,
        path="x.yaml",
        location=Location("x.yaml"),
        source=Source(digest=digest(body)),
        parent=CATALOG.of_address(where).parent_of(where),
    )


def desired(*resources: Resource) -> DesiredState:
    return DesiredState("laws", "dev", {item.address: item for item in resources})


def wanted_of(kind: str, body: Body) -> DesiredState:
    """A desired state with this one body, and with what it lives in or refers to."""
    match kind:
        case "memory":
            return desired(resource(STORE, {"name": "seeded"}), resource("memory/seeded/x", body))
        case "credential":
            return desired(resource("vault/v", {"display_name": "v"}), resource("credential/v/x", body))
        case "deployment":
            around = (resource(address, other) for address, other in AROUND.items())
            return desired(*around, resource("deployment/x", with_refs(body)))
    return desired(resource(f"{kind}/x", body))


def with_refs(value: Any) -> Any:
    """The body with a reference wherever an address of ``AROUND`` stands."""
    if isinstance(value, str) and value in AROUND:
        return Ref(Address(value)).as_json()
    if isinstance(value, dict):
        return {key: with_refs(member) for key, member in value.items()}
    if isinstance(value, list):
        return [with_refs(member) for member in value]
    return value
