"""From a directory and a stage's name to everything an operation needs."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from agentops.cli.options import Common
from agentops.cli.output import Output
from agentops.cli.reaching import HIDDEN_FOLDER, Accesses, meant, registry_of
from agentops.domain.diagnostics import (
    Blocked,
    Code,
    Diagnostic,
    Stop,
    did_you_mean,
    error,
    has_errors,
    in_order,
)
from agentops.domain.kind import Catalog
from agentops.domain.peer import PEER_LOCK
from agentops.domain.project import Project, Stage
from agentops.domain.state import DesiredState

if TYPE_CHECKING:
    import anyio

    from agentops.cli.lookups import Pinned
    from agentops.domain.github import Checkout
    from agentops.domain.plan import Plan
    from agentops.domain.ports import Hold, LockStore
    from agentops.domain.state import Lock
    from agentops.engine.target import Target
    from agentops.lockfile import LockFile, MendableLock

    Store = TypeVar("Store", bound=LockFile)

Result = TypeVar("Result")

SETTLE = 15.0
"""Seconds after which a list has what was created. Nothing is published on it; the embedded registry has it
at once."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A project found on disk, with what reading agentops.yaml had to say."""

    root: Path
    project: Project
    catalog: Catalog
    diagnostics: tuple[Diagnostic, ...]
    accesses: Accesses = field(default_factory=dict, compare=False)

    def stage(self, name: str | None) -> Stage:
        """The stage that was named, else the default one.

        Raises:
            Stop: there is no such stage, or none was named and there are several.
        """
        known = self.project.stages
        if name is None:
            if (found := self.project.default()) is not None:
                return found
            raise Stop(
                error(
                    Code.NO_STAGE,
                    "this project has several stages and none was named",
                    f"add `--stage`, one of: {', '.join(known)}; or set default_stage in agentops.yaml",
                )
            )
        if name not in known:
            raise Stop(error(Code.NO_STAGE, f"there is no stage '{name}'", did_you_mean(name, known)))
        return known[name]

    def desired(
        self, stage: Stage, fetch: Callable[[str], Checkout] | None = None
    ) -> tuple[DesiredState, tuple[Diagnostic, ...]]:
        """What the files ask for in a stage; with ``fetch`` including what they name by a URL.

        Raises:
            Stop: with every problem of every file.
        """
        from agentops.spec import load_stage

        loaded = load_stage(self.root, self.project, stage, self.catalog, fetch)
        found = in_order([*self.diagnostics, *loaded.diagnostics])
        if has_errors(found):
            raise Stop(*found)
        return loaded.desired, found

    def desired_in(self, stages: Sequence[Stage]) -> tuple[list[DesiredState], tuple[Diagnostic, ...]]:
        """The same for several stages, of which nothing is fetched.

        Raises:
            Stop: with every problem of every file.
        """
        from agentops.spec import load_stages

        loaded = load_stages(self.root, self.project, stages, self.catalog)
        found = in_order([*self.diagnostics, *(item for each in loaded for item in each.diagnostics)])
        if has_errors(found):
            raise Stop(*found)
        return [each.desired for each in loaded], found


def open_project(told: Common) -> Opened:
    """Find the project and read agentops.yaml.

    Raises:
        Stop: the directory is missing, or agentops.yaml cannot be used.
    """
    opened = find_project(told)
    if has_errors(opened.diagnostics):
        raise Stop(*opened.diagnostics)
    return opened


def root_of(told: Common) -> Path:
    """The folder of the project.

    Raises:
        Stop: the directory is missing.
    """
    from agentops.spec import find_root

    if not told.directory.is_dir():
        raise Stop(error(Code.UNREADABLE, f"{told.directory} is not a directory", "check `-C`"))
    return find_root(told.directory.resolve())


def find_project(told: Common) -> Opened:
    """The same, where agentops.yaml may be wrong: its problems are in ``diagnostics``. It is that of the
    folder, or of a commit: its root need not be the root of the resources."""
    from agentops.cli.configuring import project_of
    from agentops.kinds import CATALOG
    from agentops.spec import load_project

    root = root_of(told)
    if told.config_from is None:
        project, diagnostics = load_project(root)
    else:
        project, diagnostics = project_of(root, told.config_from)
    return Opened(root, project, CATALOG, diagnostics)


def pinned_fetch(
    opened: Opened, stage: Stage, output: Output, store: LockFile, *, upgrade: bool
) -> Callable[[str], Checkout]:
    """What a URL names: at the commit the newest lock pins it to, or where it does not, or with ``upgrade``,
    now. The lock is looked at when the first URL is met."""
    from agentops.cli.lookups import pins_of

    resolve, pins = resolver(opened), dict[str, str]()
    looked = upgrade

    def fetch(url: str) -> Checkout:
        nonlocal looked
        if not looked:
            pins.update(pins_of(newest_lock(opened, stage, output, store)))
            looked = True
        return resolve(url, pins.get(url))

    return fetch


def newest_lock(opened: Opened, stage: Stage, output: Output, store: LockFile) -> Lock | None:
    """The lock of a stage: that of the file, or its copy in the registry where that is newer and can be
    read."""
    from agentops.domain.ports import RegistryError
    from agentops.engine.recorded import newest_of

    async def asked() -> Lock | None:
        async with target(opened, stage, output, store) as there:
            return (await newest_of(there)).lock

    try:
        return look(asked) if stage.mutex else store.read()
    except (RegistryError, Stop):  # the plan itself tells
        return store.read()


def resolver(opened: Opened) -> Pinned:
    """What URLs name, fetched where it is not kept."""
    from agentops.remotes import Remotes
    from agentops.spec import is_payload

    return Remotes(opened.root / HIDDEN_FOLDER / "remotes", os.environ, wanted=is_payload).resolve


def refuse_peers_project(opened: Opened) -> None:
    """Applying here would create a second copy of everything another tool manages.

    Raises:
        Blocked: there is a claude-lock.json, and no agentops.yaml to say which stage it is.
    """
    if not opened.project.explicit and (opened.root / PEER_LOCK).exists():
        raise Blocked(
            error(
                Code.LOCK,
                f"the resources of this directory are recorded in {PEER_LOCK}, by `ant apply`",
                f"take them over, with their IDs and without a network: `agentops lock import {PEER_LOCK}`",
            )
        )


def lock_name(stage: Stage) -> str:
    """The path of a stage's lock, from the project's root."""
    return f"locks/{stage.name}.lock.json"


def lock_file(opened: Opened, stage: Stage, command: str = "") -> LockFile:
    """The lock of a stage; ``command`` is who to say holds it."""
    from agentops.lockfile import LockFile

    return _lock_file(LockFile, opened, stage, command)


def mendable_lock(opened: Opened, stage: Stage, command: str) -> MendableLock:
    """The same, where its file may be broken."""
    from agentops.lockfile import MendableLock

    return _lock_file(MendableLock, opened, stage, command)


def _lock_file(of: type[Store], opened: Opened, stage: Stage, command: str) -> Store:
    from agentops.lockfile import Owner

    def places(stage: str) -> tuple[Path, Path]:
        return (
            opened.root / f"locks/{stage}.lock.json",
            opened.root / HIDDEN_FOLDER / f"{stage}.journal",
        )

    former = dict.fromkeys(item.stage for item in stage.formerly if item.stage != stage.name)
    name = lock_name(stage)
    return of(
        *places(stage.name),
        name=name,
        project=opened.project.name,
        stage=stage.name,
        owner=Owner(os.getpid(), socket.gethostname(), command, now()),
        former=[places(item) for item in former],
    )


@asynccontextmanager
async def target(
    opened: Opened,
    stage: Stage,
    output: Output,
    store: LockStore,
    plan: Plan | None = None,
    hold: Hold | None = None,
    stop: anyio.Event | None = None,
) -> AsyncIterator[Target]:
    """Open the stage's registry for the length of an operation; with a plan that is to be applied, what its
    bodies name can be looked up. ``hold`` is this run's right to write, where it shares the stage. Once
    ``stop`` is set nothing is waited for that has not been sent."""
    from agentops.cli.lookups import EnvironmentSecrets, PlannedUploads
    from agentops.engine.documents import SharedDocuments
    from agentops.engine.recovery import AT_ONCE, Patience
    from agentops.engine.target import NOT_SHARED, Target
    from agentops.remotes import History

    def waiting(addresses: Sequence[str], seconds: float) -> None:
        named = f"{addresses[0]} and {len(addresses) - 1} more" if len(addresses) > 1 else addresses[0]
        output.note(f"Waiting up to {seconds:.0f} s for what an unfinished run may have created: {named}")

    held = hold or NOT_SHARED
    async with registry_of(opened, stage, output, may_write=held.may_write, stop=stop) as registry:
        patience = AT_ONCE if stage.registry.is_local else Patience(SETTLE, now=now, waiting=waiting)
        there = Target(
            opened.project.name,
            meant(opened, stage, output),
            opened.catalog,
            registry,
            store,
            patience=patience,
            hold=held,
            moved=opened.project.moved,
        )
        if stage.mutex:
            documents, *former = (
                SharedDocuments(registry, opened.catalog, name)
                for name in (opened.project.name, *(item.project for item in stage.formerly))
            )
            names = (item.project for item in stage.formerly)
            there = replace(
                there, documents=documents, former_documents=dict(zip(names, former, strict=True))
            )
        if plan is not None:
            secrets = EnvironmentSecrets(os.environ, opened.root)
            history = History(opened.root, os.environ)
            uploads = PlannedUploads(opened.root, plan, resolver(opened), history.folder)
            there = replace(there, secrets=secrets, uploads=uploads)
        yield there


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def run_id() -> str:
    return uuid.uuid4().hex


def look(operation: Callable[[], Awaitable[Result]]) -> Result:
    """Run an operation that changes nothing; SIGINT and SIGTERM end it at once.

    Raises:
        KeyboardInterrupt: it was ended.
    """

    async def run(stop: anyio.Event) -> Result:
        return await operation()

    return _watched(run, grace=0, say=lambda _: None)


def act(operation: Callable[[anyio.Event], Awaitable[Result]], output: Output) -> Result:
    """Run an operation that writes. The first SIGINT or SIGTERM sets the event it is given, so that it begins
    nothing more; what is in flight has ``GRACE`` seconds to end. The second signal cuts it off.

    Raises:
        KeyboardInterrupt: it was cut off.
    """
    return _watched(operation, grace=GRACE, say=output.note)


GRACE = 5
"""Seconds. CI runners give about seven between the signal and the kill; then the lock has to be there."""


def _watched(
    operation: Callable[[anyio.Event], Awaitable[Result]], *, grace: float, say: Callable[[str], None]
) -> Result:
    import anyio

    async def watched() -> list[Result]:
        stop, results = anyio.Event(), []
        async with anyio.create_task_group() as tasks:
            if sys.platform != "win32":
                tasks.start_soon(_watch_signals, stop, tasks.cancel_scope, grace, say)
            results.append(await operation(stop))
            tasks.cancel_scope.cancel()
        return results

    try:
        results = anyio.run(watched)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    if not results:
        raise KeyboardInterrupt
    return results[0]


async def _watch_signals(
    stop: anyio.Event, scope: anyio.CancelScope, grace: float, say: Callable[[str], None]
) -> None:
    import signal

    import anyio

    async def cut_off_later() -> None:
        await anyio.sleep(grace)
        scope.cancel()

    try:
        async with anyio.create_task_group() as timer:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    if stop.is_set():
                        scope.cancel()
                        continue
                    stop.set()
                    timer.start_soon(cut_off_later)
                    say("Interrupted: finishing the calls in flight. Once more to stop at once.")
    finally:
        if stop.is_set():
            # The process is on its way out. One more Ctrl-C would be raised wherever the interpreter happens
            # to be, and come out as a traceback; SIGTERM still ends it.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
