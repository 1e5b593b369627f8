"""Holding a stage for the length of a command: its file on this machine, and its mutex between machines.

The mutex is renewed in a thread of its own, with its own event loop and its own client: neither a question
on the terminal nor a busy apply may keep it from being renewed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from agentops.cli.output import Output
from agentops.cli.reaching import meant, registry_of
from agentops.cli.wiring import Opened, look, run_id
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, Stop, error, note, warning
from agentops.domain.ports import NoDocuments, RegistryError
from agentops.domain.project import Stage

if TYPE_CHECKING:
    import anyio
    from anyio.abc import TaskStatus
    from anyio.from_thread import BlockingPortal

    from agentops.domain.ports import Hold, LockStore, Registry
    from agentops.engine.mutex import Mutex
    from agentops.lockfile import LockFile

ANSWER_TIMEOUT = 10.0
RELEASE_WITHIN = 5.0
"""Seconds for one answer to the mutex, and for giving it back: what is not given back ends with its lease."""

_LOOK_AGAIN = 0.25
"""Seconds between two tries to hold the file."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A stage that is held. hold: None where it is shared with nobody. store: what to record in. renew: makes
    sure that it is still held, after a while in which somebody may have removed it."""

    store: LockStore
    hold: Hold | None = None
    renew: Callable[[], object] = lambda: None


@contextmanager
def holding(
    opened: Opened, stage: Stage, output: Output, store: LockFile, command: str, wait: float
) -> Iterator[Holding]:
    """Hold a stage; wait up to that many seconds for it.

    Raises:
        Blocked: somebody else holds it; the diagnostic names who. Or the registry is not the stage's.
        RegistryError: the registry refused, or could not be reached.
    """
    from agentops.cli.process import clock

    until = clock() + wait
    with ExitStack() as stack:
        stack.enter_context(_file_held(store, output, until))
        if not stage.mutex:
            yield Holding(store)
            return
        for name in stage.formerly:  # somebody may still run from a commit before it was renamed
            before = replace(opened, project=replace(opened.project, name=name.project))
            former = replace(stage, name=name.stage)
            if look(partial(_is_used, before, former, output)):
                left = max(until - clock(), 0.0)
                stack.enter_context(_mutex_held(before, former, output, store, command, left))
        left = max(until - clock(), 0.0)
        yield stack.enter_context(_mutex_held(opened, stage, output, store, command, left))


async def _is_used(opened: Opened, stage: Stage, output: Output) -> bool:
    """Whether runs have ever met under this name: then something of theirs is there."""
    from agentops.domain.shared import folder_of
    from agentops.engine.documents import SharedDocuments

    async with registry_of(opened, stage, output) as registry:
        documents = SharedDocuments(registry, opened.catalog, opened.project.name)
        try:
            return bool(await documents.list(folder_of(stage.name)))
        except NoDocuments:
            return False


@contextmanager
def _file_held(store: LockFile, output: Output, until: float) -> Iterator[None]:
    from agentops.cli.process import clock

    told = ""
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(store.hold())
                break
            except Blocked as held:
                if clock() >= until:
                    raise
                if not told:
                    told = held.diagnostics[0].summary
                    output.note(f"Waiting: {told}.")
            time.sleep(_LOOK_AGAIN)
        yield


@contextmanager
def _mutex_held(
    opened: Opened, stage: Stage, output: Output, store: LockFile, command: str, wait: float
) -> Iterator[Holding]:
    import anyio
    from anyio.from_thread import start_blocking_portal

    from agentops.engine.documents import SharedDocuments
    from agentops.engine.mutex import Mutex
    from agentops.engine.shared_intents import SharedIntents

    async def keep(*, task_status: TaskStatus[tuple[Mutex, SharedDocuments, anyio.Event] | None]) -> None:
        async with registry_of(opened, stage, output, answer_timeout=ANSWER_TIMEOUT) as registry:
            documents = SharedDocuments(registry, opened.catalog, opened.project.name)
            mutex = Mutex(
                documents,
                **_claimed(opened, stage, command),
                say=output.note,
                check=lambda: refuse_another(opened, meant(opened, stage, output), store, registry),
            )
            done = anyio.Event()
            try:
                await mutex.acquire(wait)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(mutex.keep)
                    task_status.started((mutex, documents, done))
                    await done.wait()
                    tasks.cancel_scope.cancel()
            except NoDocuments:
                task_status.started(None)
            except RegistryError as refused:
                if refused.status not in (400, 403):
                    raise
                raise Stop(_cannot_hold(stage, refused)) from None
            finally:
                with anyio.move_on_after(RELEASE_WITHIN, shield=True) as late:
                    await _released(mutex, stage, output)
                if late.cancelled_caught:
                    _say_unreleased(stage, output, "there was no answer")

    with start_blocking_portal() as portal:
        future, held = portal.start_task(keep, name="mutex")
        if held is None:
            output.diagnostics((_no_mutex(stage),))
            yield Holding(store)
            return
        mutex, documents, done = held
        shared = SharedIntents(
            store, opened.catalog, documents, opened.project.name, stage.name, partial(_wait_for, portal)
        )
        try:
            yield Holding(shared, mutex, renew=partial(portal.call, mutex.renew))
        finally:
            portal.call(done.set)
            future.result()


def _wait_for(portal: BlockingPortal, call: Callable[[], Any]) -> Any:
    return portal.call(call)


def _claimed(opened: Opened, stage: Stage, command: str) -> dict[str, Any]:
    """What a mutex of this process is made with."""
    import anyio

    from agentops.cli.process import clock, is_dead, this_process
    from agentops.domain.shared import Claim

    claim = Claim(project=opened.project.name, stage=stage.name, run=run_id(), holder=this_process(command))
    return {"claim": claim, "clock": clock, "sleep": anyio.sleep, "is_dead": is_dead}


def refuse_another(opened: Opened, stage: Stage, store: LockFile, registry: Registry) -> None:
    """Raises Blocked where another workspace answers than the lock belongs to: nothing is written there, no
    mutex either."""
    from agentops.domain.state import Lock
    from agentops.engine.guard import right_registry

    lock = store.read() or Lock(project=opened.project.name, stage=stage.name)
    right_registry(stage, opened.catalog, registry.base_url, [])(lock, registry.identity)


async def _released(mutex: Mutex, stage: Stage, output: Output) -> None:
    try:
        await mutex.release()
    except RegistryError as failure:
        _say_unreleased(stage, output, str(failure))


def _say_unreleased(stage: Stage, output: Output, why: str) -> None:
    output.diagnostics(
        (
            warning(
                Code.NO_MUTEX,
                f"the hold on stage {stage.name} could not be given back: {why}",
                "it ends by itself within 90 s; on this machine the next run takes it over at once",
            ),
        )
    )


def _cannot_hold(stage: Stage, refused: RegistryError) -> Diagnostic:
    return error(
        Code.NO_MUTEX,
        f"stage {stage.name} cannot be held against other machines: {refused}",
        "let the credential read and write memory stores; or let one runner apply at a time, and write "
        "`mutex: off` for the stage. Nothing was changed",
    )


def _no_mutex(stage: Stage) -> Diagnostic:
    return note(
        Code.NO_MUTEX,
        f"the registry of stage {stage.name} has no memory stores: other machines are not kept out",
        "let one runner apply at a time, and write `mutex: off` for the stage",
    )
