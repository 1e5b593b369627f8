"""A lock that is written anew although nothing is sent: its file, and its copy in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.kind import Catalog
from agentops.domain.ports import LockStore
from agentops.domain.project import Stage
from agentops.domain.state import Lock
from agentops.engine import copies, guard
from agentops.engine.operations import keep_copy
from agentops.engine.target import Target


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
    if target.documents is None:
        return current_here(target.store, target.project, target.stage)
    newest = await copies.newest(target.documents, target.store, target.project, target.stage.name)
    lock = newest.lock or Lock(project=target.project, stage=target.stage.name)
    guard.refuse_other_lock(lock, target.project, target.stage, target.store.name)
    return Current(lock, newest.said)


async def rewrite(target: Target, lock: Lock) -> tuple[Diagnostic, ...]:
    """Write a lock and its copy; what to say where the copy could not be.

    Raises:
        Blocked: the hold on the stage is lost; nothing was changed.
        Stop: the file cannot be written.
    """
    guard.refuse_without_hold(target.hold, target.stage)
    target.store.write(lock)
    return await keep_copy(target, interrupted=False)


def afterwards(catalog: Catalog, forgotten: Sequence[Address]) -> list[str]:
    """What becomes of what no lock has any more, as sentences."""
    kinds = [catalog.kinds[name] for name in sorted({it.kind for it in forgotten}) if name in catalog]
    tagged = [kind.name for kind in kinds if kind.tagged]
    by_key = [kind.name for kind in kinds if not kind.tagged and kind.key is not None]
    nameless = [kind.name for kind in kinds if not kind.tagged and kind.key is None]
    found = []
    if tagged:
        found.append(
            f"{', '.join(tagged)}: tagged as this stage's, so the next plan adopts it where a file declares "
            "its address, and else reports it as an orphan."
        )
    if by_key:
        found.append(f"{', '.join(by_key)}: found again where it stands, if a file declares it.")
    if nameless:
        found.append(
            f"{', '.join(nameless)}: has no tag; the next apply creates it anew if a file asks for it."
        )
    return found
