"""How a plan that finds nothing to do scales, and what starting the command costs.

A fleet is generated, applied to the embedded registry, and planned again in two ways over the same client,
in turns: by listing, as agentops does it, and with one GET per resource. Both must find nothing to do. Only
ratios of one run mean anything; the seconds are of this machine.

    python benchmarks/plan_scale.py [--agents 5000] [--latency 30]
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx

from agentops.domain.address import Address
from agentops.domain.plan import Action, Plan
from agentops.domain.state import DesiredState, Identity, LiveObject, LiveState, Lock
from agentops.emulator import create_app
from agentops.engine import operations
from agentops.engine.guard import origin_of
from agentops.engine.operations import Target
from agentops.engine.planner import make_plan
from agentops.kinds import CATALOG
from agentops.lockfile import LockFile, Owner
from agentops.registry import ApiKey, HttpRegistry
from agentops.spec import load_project, load_stage

SIDE_BY_SIDE = 8
"""Calls in flight at once, for the naive refresh as for ours."""

EVERY = 10
"""Every tenth agent has a memory store."""

PROMPT = (
    "You answer questions about part {number} of the catalogue.\n\n" + "Be brief and name your source.\n" * 40
)


class Slow(httpx.AsyncBaseTransport):
    """The embedded registry at a distance: every answer takes ``latency`` seconds longer."""

    def __init__(self, inner: httpx.AsyncBaseTransport, latency: float) -> None:
        self._inner = inner
        self._latency = latency

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.sleep(self._latency)
        return await self._inner.handle_async_request(request)


@dataclass(slots=True)
class Measured:
    """One way to plan: seconds of each round, requests of the last one."""

    seconds: list[float] = field(default_factory=list)
    requests: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


class Silent:
    def started(self, address: Address, action: Action) -> None: ...

    def finished(self, address: Address, action: Action, *, ok: bool) -> None: ...


class Counter:
    """Counts requests; its method is what the client calls after each."""

    def __init__(self) -> None:
        self.requests = 0

    def __call__(self, *_: Any) -> None:
        self.requests += 1


def generate(root: Path, agents: int) -> None:
    (root / "agentops.yaml").write_text("project: scale\nstages: {dev: {}}\n", encoding="utf-8")
    (root / "agents").mkdir()
    for number in range(agents):
        memory = "memory: {type: semantic}\n" if number % EVERY == 0 else ""
        prompt = "".join(f"  {line}\n" for line in PROMPT.format(number=number).splitlines())
        text = f"model: claude-haiku-5-5\nsystem: |\n{prompt}tools: [web_search, read]\n{memory}"
        (root / "agents" / f"part-{number:05}.yaml").write_text(text, encoding="utf-8")


async def plan_by_listing(target: Target, desired: DesiredState) -> Plan:
    return (await operations.plan(target, desired)).plan


async def plan_by_getting(target: Target, desired: DesiredState) -> Plan:
    """The same plan on one GET per recorded resource."""
    lock = target.store.read() or Lock(project=target.project, stage=target.stage.name)
    objects: dict[Address, LiveObject] = {}
    limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)

    async def get(address: Address, id: str) -> None:
        async with limiter:
            objects[address] = LiveObject(id, await target.registry.get(CATALOG.of_address(address), id))

    async with anyio.create_task_group() as tasks:
        for address, entry in lock.resources.items():
            tasks.start_soon(get, address, entry.id)
    identity = target.registry.identity or Identity(None, None)
    live = LiveState(identity=identity, objects=objects)
    return make_plan(CATALOG, desired, live, lock, origin_of(target.registry.base_url, identity))


@asynccontextmanager
async def opened(root: Path, latency: float, count: Counter) -> AsyncIterator[Target]:
    project, _ = load_project(root)
    transport: httpx.AsyncBaseTransport = httpx.ASGITransport(app=create_app(root / "registry.db"))
    if latency:
        transport = Slow(transport, latency)
    owner = Owner(os.getpid(), socket.gethostname(), "benchmark", "")
    store = LockFile(
        root / "dev.lock.json",
        root / "dev.journal",
        name="the lock",
        project=project.name,
        stage="dev",
        owner=owner,
    )
    url, key = "http://embedded.localhost", ApiKey("embedded")
    async with HttpRegistry.open(url, key, transport=transport, on_request=count) as registry:
        yield Target(project.name, project.stages["dev"], CATALOG, registry, store)


async def apply(root: Path, desired: DesiredState) -> None:
    async with opened(root, 0, Counter()) as target:
        planned = await operations.plan(target, desired)
        with target.store.hold():
            await operations.apply(
                target, planned, run="benchmark", now=str, observer=Silent(), stop=anyio.Event()
            )


async def measure(root: Path, desired: DesiredState, latency: float, rounds: int) -> dict[str, Measured]:
    """Both ways in turns, so that what the machine does meanwhile touches both."""
    ways: dict[str, Callable[[Target, DesiredState], Awaitable[Plan]]] = {
        "listing": plan_by_listing,
        "one GET each": plan_by_getting,
    }
    found = {name: Measured() for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            count = Counter()
            async with opened(root, latency, count) as target:
                began = time.perf_counter()
                plan = await way(target, desired)
                found[name].seconds.append(time.perf_counter() - began)
            if plan.changes or plan.drift or plan.unchanged != len(desired.resources):
                raise SystemExit(f"{name}: the plan is not empty")
            found[name].requests = count.requests
    return found


def startup(arguments: list[str], rounds: int = 7) -> float:
    """Median seconds of a new Python process."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def report_plans(agents: int, latency_ms: float, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generate(root, agents)
        project, _ = load_project(root)
        began = time.perf_counter()
        desired = load_stage(root, project, project.stages["dev"], CATALOG).desired
        loaded = time.perf_counter() - began
        began = time.perf_counter()
        anyio.run(apply, root, desired)
        applied = time.perf_counter() - began
        found = anyio.run(measure, root, desired, latency_ms / 1000, rounds)
    print(f"{len(desired.resources)} resources, {latency_ms:g} ms per request, median of {rounds}")
    print(f"  {'load the files':32} {loaded:7.2f} s")
    print(f"  {'apply them all':32} {applied:7.2f} s")
    for name, measured in found.items():
        print(f"  {f'no-op plan, {name}':32} {measured.median:7.2f} s   {measured.requests} requests")
    ours, naive = found["listing"], found["one GET each"]
    print(f"  ratio, one GET each : listing    {naive.median / ours.median:7.1f} in time")
    print(f"  {'':32} {naive.requests / ours.requests:7.1f} in requests")


def report_startup() -> None:
    bare = startup(["-c", "pass"])
    print(f"startup, against `python -c pass` ({bare * 1000:.0f} ms)")
    for option in ("--version", "--help"):
        print(f"  agentops {option:10} {startup(['-m', 'agentops', option]) / bare:5.1f} times")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--agents", type=int, default=1000, metavar="N")
    parser.add_argument("--latency", type=float, default=0, metavar="MS", help="added to every request")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    given = parser.parse_args()
    report_plans(given.agents, given.latency, given.rounds)
    report_startup()


if __name__ == "__main__":
    main()
