"""What it brings to have more under way at once, and what keeping to the limits costs.

A fleet is generated and applied to a new embedded registry at a distance: every answer takes ``latency``
longer, and not all the same. Each bound on what is under way is measured in turns with the others, unpaced
and paced by the documented limits. Only ratios of one run mean anything; the seconds are of this machine.

    python benchmarks/apply_concurrency.py [--agents 40] [--latency 150] [--bounds 1 5 8 16 32]
"""

from __future__ import annotations

import argparse
import os
import random
import socket
import statistics
import tempfile
import time
from pathlib import Path

import anyio
import httpx

from agentops.domain.address import Address
from agentops.domain.plan import Action
from agentops.domain.project import UNPACED, Pacing
from agentops.domain.state import DesiredState
from agentops.emulator import create_app
from agentops.engine import executor, operations, refresh
from agentops.engine.operations import Target
from agentops.kinds import CATALOG
from agentops.lockfile import LockFile, Owner
from agentops.registry import ApiKey, HttpRegistry
from agentops.spec import load_project, load_stage

ENVIRONMENTS = 3


class Distant(httpx.AsyncBaseTransport):
    """The embedded registry at a distance; ``most`` requests were under way at once."""

    def __init__(self, inner: httpx.AsyncBaseTransport, latency: float) -> None:
        self._inner = inner
        self._latency = latency
        self._lot = random.Random(0)
        self._at_once = 0
        self.most = 0
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self._at_once += 1
        self.most = max(self.most, self._at_once)
        await anyio.sleep(self._latency * self._lot.uniform(0.5, 1.5))
        answer = await self._inner.handle_async_request(request)
        self._at_once -= 1
        return answer


class Silent:
    def started(self, address: Address, action: Action) -> None: ...

    def finished(self, address: Address, action: Action, *, ok: bool) -> None: ...


def generate(root: Path, agents: int) -> None:
    """Every agent has a memory store with one document; beside them there are a few environments."""
    (root / "agentops.yaml").write_text("project: scale\nstages: {dev: {}}\n", encoding="utf-8")
    (root / "agents").mkdir()
    (root / "environments").mkdir()
    (root / "note.md").write_text("Nothing yet.\n", encoding="utf-8")
    for number in range(ENVIRONMENTS):
        (root / "environments" / f"room-{number}.yaml").write_text(
            "config: {type: cloud}\n", encoding="utf-8"
        )
    for number in range(agents):
        memory = "memory: {type: semantic, seed: ../note.md}\n"
        text = f"model: claude-haiku-5-5\nsystem: You are number {number}.\n{memory}"
        (root / "agents" / f"part-{number:03}.yaml").write_text(text, encoding="utf-8")


async def apply(root: Path, desired: DesiredState, latency: float, pacing: Pacing) -> tuple[float, Distant]:
    """Seconds of an apply to an empty registry."""
    with tempfile.TemporaryDirectory() as folder:
        away = Path(folder)
        transport = Distant(httpx.ASGITransport(app=create_app(away / "registry.db")), latency)
        owner = Owner(os.getpid(), socket.gethostname(), "benchmark", "")
        store = LockFile(
            away / "lock.json", away / "journal", name="the lock", project="scale", stage="dev", owner=owner
        )
        project, _ = load_project(root)
        url, key = "http://embedded.localhost", ApiKey("embedded")
        async with HttpRegistry.open(url, key, transport=transport, pacing=pacing) as registry:
            target = Target(project.name, project.stages["dev"], CATALOG, registry, store)
            planned = await operations.plan(target, desired)
            began = time.perf_counter()
            with store.hold():
                report = await operations.apply(
                    target, planned, run="benchmark", now=str, observer=Silent(), stop=anyio.Event()
                )
            taken = time.perf_counter() - began
        if report.exit_code:
            raise SystemExit("not everything was applied")
        return taken, transport


def bound(number: int) -> None:
    refresh.SIDE_BY_SIDE = executor.SIDE_BY_SIDE = number


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--agents", type=int, default=40, metavar="N")
    parser.add_argument("--latency", type=float, default=150, metavar="MS")
    parser.add_argument("--bounds", type=int, nargs="+", default=[1, 5, 8, 16, 32], metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    given = parser.parse_args()
    chosen = refresh.SIDE_BY_SIDE
    ways: dict[tuple[int, bool], list[float]] = {
        (number, paced): [] for number in given.bounds for paced in (False, True)
    }
    most = dict.fromkeys(ways, 0)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        generate(root, given.agents)
        project, _ = load_project(root)
        desired = load_stage(root, project, project.stages["dev"], CATALOG).desired
        for _ in range(given.rounds):
            for number, paced in ways:
                bound(number)
                pacing = Pacing() if paced else UNPACED
                taken, transport = anyio.run(apply, root, desired, given.latency / 1000, pacing)
                ways[number, paced].append(taken)
                most[number, paced] = transport.most
    medians = {way: statistics.median(taken) for way, taken in ways.items()}
    base = medians[given.bounds[0], False]
    print(f"{len(desired.resources)} to create, {given.latency:g} ms a request, median of {given.rounds}")
    print(f"  {'at once':>8} {'unpaced':>9} {'faster':>7}   {'paced':>8} {'faster':>7}   in flight")
    for number in given.bounds:
        free, paced = medians[number, False], medians[number, True]
        mark = "  (as it is)" if number == chosen else ""
        print(
            f"  {number:8} {free:8.2f}s {base / free:6.1f}x   {paced:7.2f}s {base / paced:6.1f}x   "
            f"{most[number, False]}{mark}"
        )


if __name__ == "__main__":
    main()
