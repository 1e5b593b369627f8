"""The lock of a stage as the engine goes by it: its file, or the copy in the registry; both written anew."""

from __future__ import annotations

from dataclasses import dataclass

import anyio

from agentops.domain.diagnostics import Diagnostic, Stop
from agentops.domain.ports import LockStore, NoDocuments, RegistryError
from agentops.domain.project import Stage
from agentops.domain.state import Lock
from agentops.engine import copies, guard
from agentops.engine.target import Target

COPY_WITHIN = 20.0
COPY_WITHIN_INTERRUPTED = 3.0
"""Seconds that the copy of the lock may take. After an interruption a CI runner leaves no more."""


@dataclass(frozen=True, slots=True)
class Current:
    """The lock to build on, and what to say of where it is from."""

    lock: Lock
    said: tuple[Diagnostic, ...] = ()


def current_here(store: LockStore, project: str, stage: Stage) -> Current:
    """The lock of the file, whatever the registry has.

    Raises:
        Stop: it is unreadable.
        Blocked: it belongs to another project or stage.
    """
    lock = store.read() or Lock(project=project, stage=stage.name)
    guard.refuse_other_lock(lock, project, stage, store.name)
    return Current(lock)


async def current(target: Target) -> Current:
    """The newest lock. Raises as ``current_here``, and RegistryError."""
    newest = await newest_of(target)
    return Current(lock_of(target, newest), newest.said)


async def newest_of(target: Target) -> copies.Newest:
    if target.documents is None:
        return copies.Newest(target.store.read())
    found = await copies.newest(target.documents, target.store, target.project, target.stage.name)
    for name in target.stage.formerly:
        if found.lock is not None and (found.lock.project, found.lock.stage) not in target.stage.formerly:
            break  # written under the present name
        former = await copies.newest(target.former_documents[name.project], target.store, *name)
        if found.lock is None or (former.lock is not None and former.lock.serial > found.lock.serial):
            found = former
    return found


def lock_of(target: Target, newest: copies.Newest) -> Lock:
    """The lock to go by, under the present name of the stage."""
    lock = newest.lock or Lock(project=target.project, stage=target.stage.name)
    guard.refuse_other_lock(lock, target.project, target.stage, target.store.name)
    return lock.with_changes(project=target.project, stage=target.stage.name)


def is_unwritten(target: Target, newest: copies.Newest) -> bool:
    """Whether the store has another lock than the one to go by, or has it under a former name: what is
    recorded can only build on what is written."""
    known = newest.lock
    return not newest.ours or (known is not None and (known.project, known.stage) in target.stage.formerly)


async def rewrite(target: Target, lock: Lock) -> tuple[Diagnostic, ...]:
    """Write a lock and its copy; what to say where the copy could not be.

    Raises:
        Blocked: the hold on the stage is lost; nothing was changed.
        Stop: the file cannot be written.
    """
    guard.refuse_without_hold(target.hold, target.stage)
    target.store.write(lock)
    return await keep_copy(target, interrupted=False)


async def keep_copy(target: Target, *, interrupted: bool) -> tuple[Diagnostic, ...]:
    """Keep the lock in the registry as well. Whatever comes between, the lock itself is written."""
    if target.documents is None or not target.hold.may_write():
        return ()
    failure = RegistryError("there was no time left for it")
    with anyio.move_on_after(COPY_WITHIN_INTERRUPTED if interrupted else COPY_WITHIN):
        try:
            return await copies.keep(target.documents, target.store, target.project, target.stage.name)
        except NoDocuments:
            return ()
        except RegistryError as refused:
            failure = refused
        except Stop as unreadable:
            return unreadable.diagnostics
    return (copies.unkept(target.store, failure),)
