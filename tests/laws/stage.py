"""One stage on a fresh embedded registry, through the real client and the real kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx

from agentops.domain.address import Address
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import Location
from agentops.domain.project import EMBEDDED_URL, Stage
from agentops.domain.report import ApplyReport
from agentops.domain.resource import Body, Resource, Source
from agentops.domain.state import DesiredState
from agentops.emulator import create_app
from agentops.engine import operations
from agentops.engine.operations import Planned, Target
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from tests.engine.toy import Silent, ToyStore

STORE = Address("memory_store/seeded")


class World:
    """A registry with a lock in memory; ``at`` is the target operations take."""

    def __init__(self, registry: HttpRegistry) -> None:
        self.registry = registry
        self.store = ToyStore()

    @property
    def at(self) -> Target:
        return Target("laws", Stage("dev"), CATALOG, self.registry, self.store)

    async def plan(self, wanted: DesiredState) -> Planned:
        return await operations.plan(self.at, wanted)

    async def apply(self, wanted: DesiredState) -> ApplyReport:
        planned = await self.plan(wanted)
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
    """A desired state with this one body, and the store it lives in where it is a memory."""
    if kind == "memory":
        return desired(resource(STORE, {"name": "seeded"}), resource("memory/seeded/x", body))
    return desired(resource(f"{kind}/x", body))
