"""Carry out a plan: what is needed first, side by side where nothing forbids it, recorded step by step.

The executor decides nothing. Whatever happens, the lock tells the truth when it returns: an intent before
each create, an entry after each success, and what could not be found out stays an intent for the next plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import anyio

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Stop, in_order
from agentops.domain.kind import Catalog
from agentops.domain.plan import Change, Plan
from agentops.domain.ports import (
    Exhausted,
    Hold,
    LockStore,
    Observer,
    Registry,
    RegistryError,
    Secrets,
    Uploads,
)
from agentops.domain.report import ApplyReport, Outcome, Result
from agentops.domain.state import Intent, LiveObject, Lock, LockEntry
from agentops.engine import refusals
from agentops.engine.along import users_of
from agentops.engine.ledger import Ledger
from agentops.engine.planner import recorded
from agentops.engine.recovery import Patience, Recovery
from agentops.engine.refresh import SIDE_BY_SIDE
from agentops.engine.release import Stamp
from agentops.engine.steps import StepError, Steps


async def execute(
    plan: Plan,
    lock: Lock,
    catalog: Catalog,
    registry: Registry,
    store: LockStore,
    *,
    already: Mapping[Address, LiveObject | None],
    run: str,
    now: Callable[[], str],
    by: str | None,
    observer: Observer,
    stop: anyio.Event,
    secrets: Secrets,
    uploads: Uploads,
    patience: Patience,
    hold: Hold,
) -> ApplyReport:
    """Apply ``plan``; the caller holds the lock store and has run the guards.

    ``already`` are changes achieved since the plan was saved, ``run`` names this run in intents, ``by`` is
    whoever started it, and once ``stop`` is set no further call is begun; neither once ``hold`` is lost.
    ``secrets`` and ``uploads`` have what bodies only name; ``patience`` is for creates whose answer was lost.
    """
    ledger = Ledger(catalog, store, lock, Stamp(plan, now, by, lock.serial + 1))
    recovery = Recovery(registry, ledger, patience, stop)
    steps = Steps(registry, ledger, secrets, uploads, recovery, run, now)
    work = _Run(plan, steps, ledger, observer, stop, already, hold)
    try:
        async with anyio.create_task_group() as tasks:
            for change in plan.changes:
                work.finished[change.address] = anyio.Event()
            for change in plan.changes:
                tasks.start_soon(work.perform, change)
        await work.retire()
        serial = work.settle()
    except BaseException:  # cut off, or a mistake of ours: what was recorded must reach the lock all the same
        with suppress(Stop, OSError):
            work.settle()
        raise
    return ApplyReport(
        project=plan.project,
        stage=plan.stage,
        lock=store.name,
        lock_serial=serial,
        outcomes=tuple(work.outcomes[change.address] for change in plan.changes),
        diagnostics=in_order([*work.diagnostics, *ledger.diagnostics]),
        interrupted=work.interrupted,
        hold_lost=work.hold_lost,
    )


@dataclass(slots=True)
class _Run:
    """One apply under way."""

    plan: Plan
    steps: Steps
    ledger: Ledger
    observer: Observer
    stop: anyio.Event
    already: Mapping[Address, LiveObject | None]
    hold: Hold
    outcomes: dict[Address, Outcome] = field(default_factory=dict)
    finished: dict[Address, anyio.Event] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    limiter: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(SIDE_BY_SIDE))
    interrupted: bool = False
    unrecordable: bool = False
    exhausted: bool = False
    hold_lost: bool = False

    def may_write(self) -> bool:
        """Whether the stage is still ours; that it is not is said once."""
        if self.hold.may_write():
            return True
        if not self.hold_lost:
            self.hold_lost = True
            self.diagnostics.append(refusals.hold_lost(self.hold, self.plan.stage, "apply again"))
        return False

    async def perform(self, change: Change) -> None:
        for address in change.depends_on:
            await self.finished[address].wait()
        try:
            self.outcomes[change.address] = await self._outcome(change)
        finally:
            self.finished[change.address].set()

    async def _outcome(self, change: Change) -> Outcome:
        if change.address in self.already:
            return await self._taken(change)
        broken = [item for item in change.depends_on if self.outcomes[item].result not in _GOOD]
        if broken:
            return _skipped(change, f"{broken[0]} was not applied")
        async with self.limiter:
            if self.unrecordable:
                return _skipped(change, "the lock could not be written")
            if self.exhausted:
                return _skipped(change, "the registry refuses all calls for now")
            if self.stop.is_set():
                self.interrupted = True
                return _skipped(change, "the run was interrupted")
            if not self.may_write():
                return _skipped(change, "the hold on the stage was lost")
            self.observer.started(change.address, change.action)
            outcome = await self._taken(change)
            self.observer.finished(change.address, change.action, ok=outcome.result is Result.DONE)
            return outcome

    async def _taken(self, change: Change) -> Outcome:
        try:
            if change.address in self.already:
                entry = self.steps.found(change, self.already[change.address])
                return _ended(change, Result.ALREADY, entry)
            return _ended(change, Result.DONE, await self.steps.take(change))
        except StepError as failure:
            problem = failure.problem
        except RegistryError as failure:
            self.exhausted = self.exhausted or isinstance(failure, Exhausted)
            # Without the signal it would have been waited for, or tried again.
            self.interrupted |= self.stop.is_set()
            problem = refusals.refused_by_registry(change, failure)
        except (Stop, OSError) as failure:  # nothing more is begun: it could not be recorded
            self.unrecordable = True
            problem = refusals.not_recorded(change, failure)
        return Outcome(address=change.address, action=change.action, result=Result.FAILED, problem=problem)

    async def retire(self) -> None:
        """Predecessors go once nothing refers to them any more: neither what failed to follow, nor what was
        not selected, nor what others have."""
        entries = self.ledger.entries
        waiting = {address: entry for address, entry in entries.items() if entry.replaced and entry.id}
        if not waiting or self.unrecordable or self.exhausted:
            return
        if self.stop.is_set() or not self.may_write():
            self.interrupted |= self.stop.is_set()
            self.diagnostics.append(refusals.not_retired_yet(sorted(waiting)))
            return
        catalog, gone = self.ledger.catalog, set[str]()
        try:
            users = await users_of(self.steps.registry, catalog, {address.kind for address in waiting})
        except RegistryError as failure:
            self.diagnostics += (
                refusals.not_retired(address, entry.replaced, failure) for address, entry in waiting.items()
            )
            return
        names = {entry.id: str(address) for address, entry in entries.items()}
        order = {kind.name: place for place, kind in enumerate(catalog)}
        # What refers to others goes first, so that a predecessor of one holds none of another.
        for address in sorted(waiting, key=lambda address: (-order[address.kind], address)):
            ids = waiting[address].replaced
            if held := {names.get(it, it) for id in ids for it in users.get(id, ()) if it not in gone}:
                self.diagnostics.append(refusals.still_used(address, ids, sorted(held)))
            elif await self._retired(address, ids):
                gone.update(ids)

    async def _retired(self, address: Address, ids: tuple[str, ...]) -> bool:
        try:
            await self.steps.archive_replaced(address)
        except RegistryError as failure:
            self.diagnostics.append(refusals.not_retired(address, ids, failure))
            return False
        return True

    def settle(self) -> int:
        """Fold what was recorded step by step into the lock; a run that changed nothing leaves it alone."""
        store, lock = self.ledger.store, self.ledger.lock
        known = lock.intents.keys() | self.finished.keys()
        intents = {
            key: value
            for key, value in (store.read() or lock).intents.items()
            if key in known and not self._looked_for(key, value)
        }
        final = recorded(
            self.plan, lock.with_changes(intents=intents), self.ledger.entries, self.ledger.stamp
        )
        same = final.resources == lock.resources and final.intents == lock.intents
        if same and not store.pending and (not final.resources or final.origin == lock.origin):
            return lock.serial
        try:
            store.write(final)
        except (Stop, OSError):
            if not self.unrecordable:
                raise
            return lock.serial  # the journal has what could be recorded; the next start folds it
        return final.serial

    def _looked_for(self, address: Address, intent: Intent) -> bool:
        """Whether what this create may have made besides what is recorded would have come to light by now."""
        if not self.ledger.former(address).id or self.ledger.lock.intents.get(address) != intent:
            return False
        return self.steps.recovery.patience.left(intent) == 0


_GOOD = frozenset({Result.DONE, Result.ALREADY})


def _ended(change: Change, result: Result, entry: LockEntry | None) -> Outcome:
    base = change.base
    return Outcome(
        address=change.address,
        action=change.action,
        result=result,
        id=entry.id if entry is not None else base.id if base is not None else None,
        version=entry.version if entry is not None else None,
        before=base.version if base is not None and entry is not None and entry.version is not None else None,
    )


def _skipped(change: Change, why: str) -> Outcome:
    problem = refusals.skipped(change, why)
    return Outcome(address=change.address, action=change.action, result=Result.SKIPPED, problem=problem)
