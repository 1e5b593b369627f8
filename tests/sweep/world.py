"""One stage of the fleet with a registry in this process, a real lock file and virtual time.

And what must be true of them when everything is over.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import anyio
import httpx
import pytest

from agentops.cli.lookups import EnvironmentSecrets, PlannedUploads
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Stop
from agentops.domain.plan import Plan
from agentops.domain.ports import RegistryError
from agentops.domain.project import Stage
from agentops.domain.state import DesiredState
from agentops.emulator import create_app
from agentops.engine import operations
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.operations import Planned
from agentops.engine.recovery import Patience
from agentops.engine.target import Target
from agentops.kinds import CATALOG
from agentops.lockfile import LockFile, Owner
from agentops.registry import ApiKey, HttpRegistry
from agentops.spec import load_project, load_stage
from tests.engine.toy import Silent
from tests.sweep import fleet
from tests.sweep.faults import Clock, FailingTransport, Fault

URL = "https://registry.sweep.test"
SETTLE = 15.0
NOW = "2026-11-26T00:00:00Z"
UPLOADED = {kind.name for kind in CATALOG if kind.bundle is not None}
UPLOADED_ROWS = ("skills", "skill_versions", "agent_versions")


_SHARED_STORES = """
SELECT id FROM memory_stores WHERE json_extract(body, '$.metadata.agentops') LIKE 'agentops/%'
"""


@dataclass(frozen=True)
class Project:
    """The files, and what they ask for; read once."""

    root: Path
    stage: Stage
    desired: DesiredState


def project(root: Path, edits: Mapping[str, str] = MappingProxyType({}), url: str = URL) -> Project:
    """The fleet below ``root``, with a stage at ``url``."""
    fleet.write(root, url, fleet.FILES | dict(edits))
    found, problems = load_project(root)
    loaded = load_stage(root, found, found.stages["prod"], CATALOG)
    assert (problems, loaded.diagnostics) == ((), ())
    assert len(loaded.desired.resources) == fleet.RESOURCES
    return Project(root, found.stages["prod"], loaded.desired)


def nowhere(url: str, pin: str | None = None) -> None:
    raise AssertionError(f"nothing of the fleet is at {url}")


@dataclass
class World:
    """A folder with the database, the lock and the journal; they may belong to a project that lies there."""

    home: Path
    clock: Clock = field(default_factory=Clock)
    url: str = URL

    @classmethod
    def like(cls, base: Path | None, home: Path) -> World:
        """A world of its own, as ``base`` was left."""
        if base is None:
            home.mkdir(parents=True)
        else:
            shutil.copytree(base, home)
        return cls(home)

    @property
    def database(self) -> Path:
        return self.home / "registry.db"

    @property
    def lock_path(self) -> Path:
        return self.home / "locks" / "prod.lock.json"

    def store(self) -> LockFile:
        journal = self.home / ".agentops" / "prod.journal"
        owner = Owner(1, "sweep", "apply", NOW)
        names = {"name": "locks/prod.lock.json", "project": "sweep", "stage": "prod"}
        return LockFile(self.lock_path, journal, owner=owner, **names)

    def on_a_fresh_runner(self, before: bytes | None) -> None:
        """The journal is gone, and the lock is the one that was committed before the run."""
        for path in (self.home / ".agentops" / "prod.journal", self.lock_path):
            path.unlink(missing_ok=True)
        if before is not None:
            self.lock_path.write_bytes(before)

    def remove(self) -> None:
        shutil.rmtree(self.home)

    def _server(self, app: Any) -> httpx.ASGITransport:
        return httpx.ASGITransport(app=app, root_path=httpx.URL(self.url).path.rstrip("/"))

    # -- what somebody does here

    async def apply(
        self, wanted: Project, fault: Fault | None = None, at: int = 0, choices: Choices = NO_CHOICES
    ) -> Ended:
        """One apply, as the command does it; what stops it is in the answer."""
        app = create_app(self.database)
        transport = FailingTransport(self._server(app), self.clock, fault, at)
        try:
            async with HttpRegistry.open(
                self.url,
                ApiKey("sk-of-the-fleet"),
                transport=transport,
                clock=lambda: self.clock.passed,
                sleep=self.clock.sleep,
                chance=lambda: 0.0,
            ) as registry:
                patience = Patience(SETTLE, self.clock.sleep, lambda: NOW)
                store = self.store()
                there = Target("sweep", wanted.stage, CATALOG, registry, store, patience=patience)
                try:
                    with store.hold():
                        planned = await operations.plan(there, wanted.desired, choices)
                        there = with_lookups(there, wanted, planned.plan)
                        report = await operations.apply(
                            there, planned, run="r", now=lambda: NOW, observer=Silent(), stop=anyio.Event()
                        )
                except (Stop, RegistryError) as ended:
                    return Ended(1, transport.seen, transport.failed, (str(ended),))
                problems = tuple(it.problem.summary for it in report.outcomes if it.problem)
                left_over = any(it.code is Code.REGISTRY for it in report.diagnostics)
                return Ended(report.exit_code, transport.seen, transport.failed, problems, left_over)
        finally:
            await self.clock.catch_up()
            app.state.database.close()

    async def plan(self, wanted: Project, choices: Choices = NO_CHOICES) -> tuple[Planned, Mapping[str, int]]:
        """A plan without any fault, and how many live objects there are per kind."""
        app = create_app(self.database)
        try:
            async with HttpRegistry.open(
                self.url, ApiKey("sk-of-the-fleet"), transport=self._server(app)
            ) as registry:
                there = Target("sweep", wanted.stage, CATALOG, registry, self.store())
                planned = await operations.plan(there, wanted.desired, choices)
                return planned, await _alive(registry, planned)
        finally:
            app.state.database.close()

    def ever(self) -> dict[str, int]:
        """How many rows of each sort were ever made, those that are gone by now included; without what runs
        share there, of which there is one store at most."""
        with sqlite3.connect(self.database) as connection:
            found = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
            found["agent_versions"], *_ = connection.execute("SELECT count(*) FROM agent_versions").fetchone()
            shared = [id for (id,) in connection.execute(_SHARED_STORES)]
            assert len(shared) <= 1, "two stores for what runs share"
            for id in shared:
                versions = "SELECT count(*) FROM memory_versions WHERE store_id = ?"
                found["memory_versions"] -= connection.execute(versions, (id,)).fetchone()[0]
                found["memory_stores"] -= 1
        connection.close()
        return found


@dataclass(frozen=True)
class Ended:
    """How an apply ended: its exit code, how many exchanges it had, which of them failed, and whether it says
    of predecessors that the next one has to go on with them."""

    code: int
    exchanges: int
    failed: str | None
    problems: tuple[str, ...]
    left_over: bool = False

    @property
    def unfinished(self) -> bool:
        return self.code != 0 or self.left_over


def with_lookups(there: Target, wanted: Project, plan: Plan) -> Target:
    secrets = EnvironmentSecrets(fleet.SECRETS, wanted.root)
    return replace(there, secrets=secrets, uploads=PlannedUploads(wanted.root, plan, nowhere, nowhere))


async def _alive(registry: HttpRegistry, planned: Planned) -> dict[str, int]:
    found = Counter({kind: len(objects) for kind, objects in planned.live.listed.items()})
    for kind in CATALOG:
        if kind.parent is not None:
            for parent in planned.live.listed.get(kind.parent, ()):
                found[kind.name] += len([it async for it in registry.list(kind, parent=parent.id)])
    return {kind: count for kind, count in found.items() if count}


@cache
def wanted_counts(addresses: frozenset[Address]) -> dict[str, int]:
    return dict(Counter(address.kind for address in addresses))


async def assert_settled(
    world: World, wanted: Project, ever: Mapping[str, int], *, unknown_uploads: bool = False
) -> None:
    """The registry holds exactly what is desired, the lock says so, a plan has nothing to do or to say, and
    nothing was ever made that a run without any fault would not have made.

    With ``unknown_uploads`` uploads may have been repeated: they carry no tag, and their intent was lost.
    """
    planned, alive = await world.plan(wanted)
    plan = planned.plan
    at_rest = (plan.changes, plan.drift, plan.orphans, plan.diagnostics, plan.records)
    assert at_rest == ((), (), (), (), {}), at_rest
    made, expected = world.ever(), dict(ever)
    if unknown_uploads:
        for kind in UPLOADED & alive.keys():
            alive[kind] -= planned.live.unmanaged.get(kind, 0)
        for rows in UPLOADED_ROWS:
            made[rows], expected[rows] = max(made[rows], ever[rows]), max(made[rows], ever[rows])
    left_over = {kind for kind, count in planned.live.unmanaged.items() if count}
    assert left_over <= (UPLOADED if unknown_uploads else set()), left_over
    assert alive == wanted_counts(frozenset(wanted.desired.resources)), "no duplicate, nothing missing"
    lock = planned.lock
    assert lock.resources.keys() == wanted.desired.resources.keys()
    # An upload that was sent twice stays known until a second one would have come to light.
    assert {address.kind for address in lock.intents} <= UPLOADED
    assert not any(entry.replaced for entry in lock.resources.values())
    for address, found in planned.live.objects.items():
        entry = lock.resources[address]
        version = CATALOG.of_address(address).version_of(found.body)
        assert (entry.id, entry.version) == (found.id, version), address
    assert made == expected, differing(made, expected)


async def assert_destroyed(world: World, wanted: Project, ever: Mapping[str, int]) -> None:
    """Nothing of it is alive, nothing is in the lock, and there is nothing left to destroy."""
    planned, alive = await world.plan(wanted, Choices(destroy=True))
    assert (planned.plan.changes, planned.plan.diagnostics) == ((), ())
    assert (alive, planned.lock.resources, planned.lock.intents) == ({}, {}, {})
    assert world.ever() == ever, differing(world.ever(), ever)


def differing(made: Mapping[str, int], ever: Mapping[str, int]) -> str:
    """How many rows there are where another number was expected."""
    return str({kind: (made.get(kind), ever.get(kind)) for kind in made if made.get(kind) != ever.get(kind)})


@contextmanager
def in_memory_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder on a disk in memory where there is one: what is durable is not what is tested here."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("sweep")
        return
    with TemporaryDirectory(prefix="agentops-sweep-", dir=memory) as folder:
        yield Path(folder)
