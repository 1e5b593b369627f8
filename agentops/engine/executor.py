"""Carry out a plan: what is needed first, side by side where nothing forbids it, recorded step by step.

The executor decides nothing. Whatever happens, the lock tells the truth when it returns: an intent before
each create, an entry after each success, and what could not be known is left as an intent for the next plan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio

from agentops.domain.address import Address
from agentops.domain.canonical import fingerprints
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.kind import OWNER_KEY, Catalog, Kind
from agentops.domain.plan import Action, Base, Change, Plan
from agentops.domain.ports import (
    LockStore,
    NotFound,
    Observer,
    OutcomeUnknown,
    Registry,
    RegistryError,
)
from agentops.domain.report import ApplyReport, Outcome, Result
from agentops.domain.resource import Body, Ref, refs_in, replace_refs
from agentops.domain.state import Intent, LiveObject, Lock, LockEntry
from agentops.engine import refusals
from agentops.engine.decide import base_of
from agentops.engine.planner import recorded
from agentops.engine.refresh import first

SIDE_BY_SIDE = 8


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
    observer: Observer,
    stop: anyio.Event,
) -> ApplyReport:
    """Apply ``plan``; the caller holds the lock store and has run the guards.

    ``already`` are changes achieved since the plan was saved, ``run`` names this run in intents, and once
    ``stop`` is set no further call is begun.
    """
    work = _Run(plan, lock, catalog, registry, store, run, now, observer, stop, already)
    try:
        async with anyio.create_task_group() as tasks:
            for change in plan.changes:
                work.finished[change.address] = anyio.Event()
            for change in plan.changes:
                tasks.start_soon(work.perform, change)
    except ExceptionGroup as failures:  # nothing could be recorded any more: stop at once
        raise first(failures) from None
    await work.retire_replaced()
    serial = work.settle()
    return ApplyReport(
        project=plan.project,
        stage=plan.stage,
        lock=store.name,
        lock_serial=serial,
        outcomes=tuple(work.outcomes[change.address] for change in plan.changes),
        diagnostics=tuple(work.diagnostics),
        interrupted=work.cut_short,
    )


class _FailedError(Exception):
    """One change could not be done; the diagnostic says why."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.summary)
        self.problem = problem


@dataclass(slots=True)
class _Run:
    """One apply under way."""

    plan: Plan
    lock: Lock
    catalog: Catalog
    registry: Registry
    store: LockStore
    run: str
    now: Callable[[], str]
    observer: Observer
    stop: anyio.Event
    already: Mapping[Address, LiveObject | None]
    entries: dict[Address, LockEntry] = field(init=False)
    outcomes: dict[Address, Outcome] = field(default_factory=dict)
    finished: dict[Address, anyio.Event] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    limiter: anyio.CapacityLimiter = field(init=False)
    cut_short: bool = False

    def __post_init__(self) -> None:
        self.entries = dict(self.lock.resources)
        self.limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)

    # -- one change

    async def perform(self, change: Change) -> None:
        for address in change.depends_on:
            await self.finished[address].wait()
        try:
            self.outcomes[change.address] = await self._outcome(change)
        finally:
            self.finished[change.address].set()

    async def _outcome(self, change: Change) -> Outcome:
        if change.address in self.already:
            return self._was_already(change, self.already[change.address])
        broken = [item for item in change.depends_on if self.outcomes[item].result not in _GOOD]
        if broken:
            return self._skipped(change, f"{broken[0]} was not applied")
        async with self.limiter:
            if self.stop.is_set():
                self.cut_short = True
                return self._skipped(change, "the run was interrupted")
            self.observer.started(change.address, change.action)
            try:
                entry = await self._act(change)
            except _FailedError as failure:
                outcome = self._failed(change, failure.problem)
            except RegistryError as failure:
                outcome = self._failed(change, refusals.refused_by_registry(change, failure))
            else:
                outcome = self._done(change, entry)
            self.observer.finished(change.address, change.action, ok=outcome.result is Result.DONE)
            return outcome

    async def _act(self, change: Change) -> LockEntry | None:
        match change.action:
            case Action.CREATE:
                return await self._create(change)
            case Action.UPDATE:
                return await self._update(change)
            case Action.ADOPT:
                return await self._adopt(change)
            case Action.REPLACE:
                return await self._replace(change)
            case Action.ARCHIVE | Action.DELETE:
                await self._remove(change)
                return None
            case Action.FORGET | Action.NO_OP:
                self._record(change.address, None)
                return None

    async def _create(self, change: Change, replaced: tuple[str, ...] = ()) -> LockEntry:
        kind = self.catalog.of_address(change.address)
        body = self._resolved(change)
        self.store.intend(change.address, Intent(at=self.now(), run=self.run))
        try:
            answer = await self.registry.create(kind, body, parent=self._parent(change))
        except OutcomeUnknown:
            raise  # the intent stays: the next plan looks for what may have been created
        except RegistryError:
            self.store.withdraw(change.address)
            raise
        return self._enter(change, kind, body, answer, replaced)

    async def _update(self, change: Change) -> LockEntry:
        kind, base = self.catalog.of_address(change.address), _base(change)
        if kind.precondition is None:
            await self._refuse_if_moved(change)
        body = self._resolved(change)
        bound = kind.bound(body, base.version)
        answer = await self.registry.update(kind, base.id, bound, parent=self._parent(change))
        return self._enter(change, kind, body, answer)

    async def _adopt(self, change: Change) -> LockEntry:
        if change.body:
            return await self._update(change)
        kind = self.catalog.of_address(change.address)
        found = await self.registry.get(kind, _base(change).id, parent=self._parent(change))
        return self._enter(change, kind, {}, found)

    async def _replace(self, change: Change) -> LockEntry:
        """Make room for the new one, create it, and keep the old one's ID until it is archived."""
        kind, base = self.catalog.of_address(change.address), _base(change)
        await self._refuse_if_moved(change)
        if (name := kind.rename_to_replace) is not None:
            moved = {name: f"{change.body[name]}-replaced-{base.id[-6:]}", "metadata": {OWNER_KEY: None}}
            await self.registry.update(kind, base.id, moved, parent=self._parent(change))
        earlier = self.entries[change.address].replaced
        return await self._create(change, replaced=(*earlier, base.id))

    async def _remove(self, change: Change) -> None:
        await self._refuse_if_moved(change)
        kind = self.catalog.of_address(change.address)
        await self.registry.remove(kind, _base(change).id, parent=self._parent(change))
        self._record(change.address, None)

    async def retire_replaced(self) -> None:
        """Archive predecessors once everything that referred to them had its turn."""
        for address, entry in list(self.entries.items()):
            if not entry.replaced or self.stop.is_set():
                continue
            kind = self.catalog.of_address(address)
            try:
                for id in entry.replaced:
                    await self.registry.remove(kind, id, parent=None)
            except RegistryError as failure:
                self.diagnostics.append(refusals.not_retired(address, entry.replaced, failure))
            else:
                self._record(address, entry.model_copy(update={"replaced": ()}))

    # -- what a step needs

    def _resolved(self, change: Change) -> Body:
        body: Body = replace_refs(change.body, self._known)
        return body

    def _known(self, ref: Ref) -> Any:
        entry = self.entries.get(ref.address)
        if entry is None:
            raise _FailedError(refusals.unresolved(ref))
        return entry.id if ref.attribute == "id" else entry.version

    def _parent(self, change: Change) -> str | None:
        return None if change.parent is None else str(self._known(Ref(change.parent)))

    async def _refuse_if_moved(self, change: Change) -> None:
        """Kinds without a precondition are read again and compared just before the write."""
        kind, base = self.catalog.of_address(change.address), _base(change)
        try:
            found = await self.registry.get(kind, base.id, parent=self._parent(change))
        except NotFound:
            if change.action.removes:
                return
            raise
        if base_of(kind, LiveObject(id=base.id, body=found)).digest != base.digest:
            raise _FailedError(refusals.changed_meanwhile(change))

    # -- what a step leaves behind

    def _enter(
        self, change: Change, kind: Kind, sent: Body, answer: Body, replaced: tuple[str, ...] = ()
    ) -> LockEntry:
        planned = change.record or LockEntry(id="")
        applied = {**planned.applied, **_known_only_now(change, kind, sent)}
        observed = fingerprints(kind, answer)
        if (unlike := self._unlike(change.address, kind, applied, answer)) and sent:
            self.diagnostics.append(refusals.not_as_planned(change, unlike))
        if not isinstance(id := answer.get("id"), str):
            raise OutcomeUnknown("the registry's answer has no ID")
        live = LiveObject(id=id, body=answer)
        entry = planned.model_copy(
            update={
                "id": live.id,
                "version": live.version,
                "applied": applied,
                "observed": observed,
                "replaced": replaced or planned.replaced,
            }
        )
        self._record(change.address, entry)
        return entry

    def _unlike(self, address: Address, kind: Kind, applied: Mapping[str, str], answer: Body) -> list[str]:
        """The leaves on which the answer is not what was asked for, nor what it was known to become."""
        observed = fingerprints(kind, answer)
        before = self.entries.get(address) or LockEntry(id="")

        def as_before(path: str) -> bool:
            return observed.get(path) == before.observed.get(path)

        def unlike(path: str) -> bool:
            if path not in applied and path in kind.undetermined:  # unless it should have been reset
                return path in before.applied and as_before(path)
            if path not in applied and kind.fields[path.partition(".")[0]].foreign_keys:
                return False
            known = applied.get(path) == before.applied.get(path) and as_before(path)
            return applied.get(path) != observed.get(path) and not known

        return [path for path in sorted({*applied, *observed}) if unlike(path)]

    def _record(self, address: Address, entry: LockEntry | None) -> None:
        if entry == self.entries.get(address) and address not in self.lock.intents:
            return
        self.store.record(address, entry)
        if entry is None:
            self.entries.pop(address, None)
        else:
            self.entries[address] = entry

    def settle(self) -> int:
        """Fold what was recorded step by step into the lock; a run that changed nothing leaves it alone."""
        final = recorded(self.plan, self.store.read() or self.lock, self.entries)
        same = final.resources == self.lock.resources and final.intents == self.lock.intents
        if same and (not final.resources or final.origin == self.lock.origin):
            return self.lock.serial
        self.store.write(final)
        return final.serial

    # -- how it ended

    def _done(self, change: Change, entry: LockEntry | None) -> Outcome:
        base = change.base
        before = base.version if base is not None and isinstance(base.version, int) else None
        id = entry.id if entry is not None else base.id if base is not None else None
        version = entry.version if entry is not None else None
        return _outcome(change, Result.DONE, id=id, version=version, before=before)

    def _was_already(self, change: Change, found: LiveObject | None) -> Outcome:
        if found is None or change.record is None:
            self._record(change.address, None)
            return _outcome(change, Result.ALREADY)
        kind = self.catalog.of_address(change.address)
        entry = self._enter(change, kind, {}, found.body)
        return _outcome(change, Result.ALREADY, id=entry.id, version=entry.version)

    def _failed(self, change: Change, problem: Diagnostic) -> Outcome:
        return _outcome(change, Result.FAILED, problem=problem)

    def _skipped(self, change: Change, why: str) -> Outcome:
        return _outcome(change, Result.SKIPPED, problem=refusals.skipped(change, why))


_GOOD = frozenset({Result.DONE, Result.ALREADY})


def _outcome(change: Change, result: Result, **more: Any) -> Outcome:
    return Outcome(address=change.address, action=change.action, result=result, **more)


def _base(change: Change) -> Base:
    if change.base is None:
        raise AssertionError(f"{change.action} of {change.address} was planned without a base")
    return change.base


def _known_only_now(change: Change, kind: Kind, sent: Body) -> dict[str, str]:
    """The fingerprints of the fields whose references had no value when the plan was made."""
    late = {name for name, value in change.body.items() if any(refs_in(value))}
    return {
        path: value
        for path, value in (fingerprints(kind, sent) if late else {}).items()
        if path.partition(".")[0] in late
    }
