"""What one change does to the registry, and what it leaves in the lock.

Each step is recorded before the next is taken, so that the lock is true wherever a run ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import fingerprints
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.kind import OWNER_KEY, Catalog, Kind
from agentops.domain.plan import Action, Base, Change
from agentops.domain.ports import LockStore, NotFound, OutcomeUnknown, Registry, RegistryError
from agentops.domain.resource import Body, Ref, refs_in, replace_refs
from agentops.domain.state import Intent, LiveObject, Lock, LockEntry
from agentops.engine import refusals
from agentops.engine.decide import base_of, ignored


class StepError(Exception):
    """One change could not be done; the diagnostic says why."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.summary)
        self.problem = problem


@dataclass(slots=True)
class Steps:
    """The registry, the lock store, and the lock's entries as they are after each step.

    Every method that takes a step raises StepError, or RegistryError as the registry does; Stop or OSError
    where a step could not be recorded.
    """

    catalog: Catalog
    registry: Registry
    store: LockStore
    lock: Lock
    run: str
    now: Callable[[], str]
    entries: dict[Address, LockEntry] = field(init=False)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entries = dict(self.lock.resources)

    async def take(self, change: Change) -> LockEntry | None:
        """Carry out one change; its entry, or None where nothing of it is left."""
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
            case Action.FORGET:
                await self._forget(change.address)
        return None

    def found(self, change: Change, live: LiveObject | None) -> LockEntry | None:
        """Record a change that was achieved before its turn came."""
        if live is None or change.record is None:
            self._record(change.address, None)
            return None
        return self._enter(change, self.catalog.of_address(change.address), {}, live.body)

    # -- the actions

    async def _create(self, change: Change) -> LockEntry:
        kind = self.catalog.of_address(change.address)
        body, parent = self._resolved(change), self._parent(change)
        self.store.intend(change.address, Intent(at=self.now(), run=self.run))
        try:
            answer = await self.registry.create(kind, body, parent=parent)
        except OutcomeUnknown:
            raise  # the intent stays: the next plan looks for what may have been created
        except RegistryError:
            self.store.withdraw(change.address)
            raise
        return self._enter(change, kind, body, answer)

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
        found = await self._refuse_if_moved(change)
        return self._enter(change, self.catalog.of_address(change.address), {}, found)

    async def _replace(self, change: Change) -> LockEntry:
        """Make room for the new one, create it, and keep the old one's ID until it is archived.

        Between the two the entry has no ID: a run that ends here is continued by the next plan.
        """
        kind, base = self.catalog.of_address(change.address), _base(change)
        await self._refuse_if_moved(change)
        former = self.entries.get(change.address)
        earlier = former.replaced if former is not None else ()
        name = kind.rename_to_replace
        if name is not None:
            moved = {name: f"{change.body[name]}-replaced-{base.id[-6:]}", "metadata": {OWNER_KEY: None}}
            await self.registry.update(kind, base.id, moved, parent=self._parent(change))
        self._record(change.address, LockEntry(id="", path=_path(change), replaced=(*earlier, base.id)))
        try:
            return await self._create(change)
        except OutcomeUnknown:
            raise
        except RegistryError:
            if name is not None and former is not None:
                await self._rename_back(change, kind, former)
            raise

    async def _rename_back(self, change: Change, kind: Kind, former: LockEntry) -> None:
        """Nothing was created: give the old one its name back. Where that fails, the next plan goes on."""
        name = kind.rename_to_replace or ""
        owner = change.body["metadata"][OWNER_KEY]
        back = {name: change.body[name], "metadata": {OWNER_KEY: owner}}
        with suppress(RegistryError):
            await self.registry.update(kind, former.id, back, parent=self._parent(change))
            self._record(change.address, former)

    async def _remove(self, change: Change) -> None:
        await self._refuse_if_moved(change)
        await self._archive_replaced(change.address)
        kind = self.catalog.of_address(change.address)
        await self.registry.remove(kind, _base(change).id, parent=self._parent(change))
        self._record(change.address, None)

    async def _forget(self, address: Address) -> None:
        await self._archive_replaced(address)
        self._record(address, None)

    async def retire_replaced(self) -> None:
        """Archive predecessors once everything that referred to them had its turn."""
        for address in [address for address, entry in self.entries.items() if entry.replaced and entry.id]:
            try:
                await self._archive_replaced(address)
            except RegistryError as failure:
                ids = self.entries[address].replaced
                self.diagnostics.append(refusals.not_retired(address, ids, failure))

    async def _archive_replaced(self, address: Address) -> None:
        if (entry := self.entries.get(address)) is None or not entry.replaced:
            return
        for id in entry.replaced:
            await self.registry.remove(self.catalog.of_address(address), id, parent=None)
        self._record(address, entry.model_copy(update={"replaced": ()}))

    # -- what a step needs

    def _resolved(self, change: Change) -> Body:
        body: Body = replace_refs(change.body, self._known)
        return body

    def _known(self, ref: Ref) -> Any:
        entry = self.entries.get(ref.address)
        if entry is None or not entry.id:
            raise StepError(refusals.unresolved(ref))
        return entry.id if ref.attribute == "id" else entry.version

    def _parent(self, change: Change) -> str | None:
        """The parent's ID: where the object was found, else what is recorded of the parent by now."""
        if change.base is not None and change.base.parent_id is not None:
            return change.base.parent_id
        return None if change.parent is None else str(self._known(Ref(change.parent)))

    async def _refuse_if_moved(self, change: Change) -> Body:
        """What has no precondition is read again and compared just before the write."""
        kind, base = self.catalog.of_address(change.address), _base(change)
        try:
            found = await self.registry.get(kind, base.id, parent=self._parent(change))
        except NotFound:
            if change.action.removes:
                return {}
            raise
        if base_of(kind, LiveObject(id=base.id, body=found)).digest != base.digest:
            raise StepError(refusals.changed_meanwhile(change))
        return found

    # -- what a step leaves behind

    def _enter(self, change: Change, kind: Kind, sent: Body, answer: Body) -> LockEntry:
        planned = change.record or LockEntry(id="")
        former = self.entries.get(change.address) or LockEntry(id="")
        applied = {**planned.applied, **_known_only_now(change, kind, sent)}
        observed = fingerprints(kind, answer)
        if (unlike := _unlike(former, kind, applied, observed, change.ignored)) and sent:
            self.diagnostics.append(refusals.not_as_planned(change, unlike))
        if not isinstance(id := answer.get("id"), str):
            raise OutcomeUnknown("the registry's answer has no ID")
        if former.id:  # what is ignored stays as it was recorded, or it could never be seen again
            observed = {
                **{path: value for path, value in observed.items() if not ignored(path, change.ignored)},
                **{path: value for path, value in former.observed.items() if ignored(path, change.ignored)},
            }
        entry = planned.model_copy(
            update={
                "id": id,
                "version": LiveObject(id=id, body=answer).version,
                "applied": applied,
                "observed": observed,
                "replaced": former.replaced,
            }
        )
        if former.id != id:
            self._forget_children(change.address)
        self._record(change.address, entry)
        return entry

    def _forget_children(self, address: Address) -> None:
        """What was recorded below another ID is not below this one."""
        for child in list(self.entries):
            if self.catalog.of_address(child).parent_of(child) == address:
                self._record(child, None)

    def _record(self, address: Address, entry: LockEntry | None) -> None:
        if entry == self.entries.get(address) and address not in self.lock.intents:
            return
        self.store.record(address, entry)
        if entry is None:
            self.entries.pop(address, None)
        else:
            self.entries[address] = entry


def _unlike(
    former: LockEntry,
    kind: Kind,
    applied: Mapping[str, str],
    observed: Mapping[str, str],
    left_alone: tuple[str, ...],
) -> list[str]:
    """The leaves on which the answer is not what was asked for, nor what it was known to become."""

    def as_before(path: str) -> bool:
        return observed.get(path) == former.observed.get(path)

    def unlike(path: str) -> bool:
        if ignored(path, left_alone):
            return False
        if path not in applied and path in kind.undetermined:  # unless it should have been reset
            return path in former.applied and as_before(path)
        if path not in applied and kind.fields[path.partition(".")[0]].foreign_keys:
            return False
        known = applied.get(path) == former.applied.get(path) and as_before(path)
        return applied.get(path) != observed.get(path) and not known

    return [path for path in sorted({*applied, *observed}) if unlike(path)]


def _base(change: Change) -> Base:
    if change.base is None:
        raise StepError(refusals.planned_without_base(change))
    return change.base


def _path(change: Change) -> str | None:
    return change.record.path if change.record is not None else None


def _known_only_now(change: Change, kind: Kind, sent: Body) -> dict[str, str]:
    """The fingerprints of the fields whose references had no value when the plan was made."""
    late = {name for name, value in change.body.items() if any(refs_in(value))}
    return {
        path: value
        for path, value in (fingerprints(kind, sent) if late else {}).items()
        if path.partition(".")[0] in late
    }
