"""The whole of a stage before and after a plan, or as files ask for it: what risks and rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Severity
from agentops.domain.fleet import Fleet, Member
from agentops.domain.graph import closure, reversed_edges
from agentops.domain.kind import Catalog, Kind
from agentops.domain.plan import Action, Change
from agentops.domain.resource import Attachment, Body, Resource, as_ref, spelled
from agentops.domain.state import DesiredState, LiveObject, LockEntry
from agentops.domain.surface import Surface
from agentops.engine.operations import Planned


def fleet_of(
    catalog: Catalog, desired: DesiredState, names: Mapping[str, str], *, protected: bool = False
) -> Fleet:
    """What the files ask for. ``names`` are the addresses of the IDs that bodies name."""
    members = {
        address: _member(catalog, address, spelled(item.body, names), item, item.attachments)
        for address, item in desired.resources.items()
    }
    return Fleet(desired.stage, members, protected)


def sound_part(
    desired: DesiredState, problems: Iterable[Diagnostic]
) -> tuple[DesiredState, frozenset[Address]]:
    """The resources that no error is about, and of these the ones whose fleet is known: what refers to
    something that is wrong, or is referred to by it, may be another thing once that is mended."""
    errors = [item for item in problems if item.severity is Severity.ERROR]
    if not errors:
        return desired, frozenset(desired.resources)
    addresses = {item.address for item in errors}
    files = {item.location.file for item in errors if item.location is not None}
    wrong = {
        address
        for address, it in desired.resources.items()
        if address in addresses or not files.isdisjoint({it.path, *it.files})
    }
    needs = {address: it.needs for address, it in desired.resources.items()}
    missing = {it for needed in needs.values() for it in needed if it not in needs}
    referrers = reversed_edges(needs)
    both = {it: [*needs.get(it, ()), *referrers.get(it, ())] for it in needs.keys() | referrers.keys()}
    touched = closure(wrong | missing, both)
    sound = {address: it for address, it in desired.resources.items() if address not in wrong}
    return replace(desired, resources=sound), frozenset(sound) - touched


def before_and_after(
    catalog: Catalog, planned: Planned, names: Mapping[str, str], *, protected: bool = False
) -> tuple[Fleet, Fleet]:
    """What the registry has of the stage's own, and what it will have once the plan is carried out.

    ``names`` are the addresses of IDs that are not ours. What the plan leaves alone is the same in both: also
    what was not asked for, and what the files ask for while drift is kept or a rollback stands.
    """
    sides = _Sides(catalog, planned, names)
    addresses = sorted({*planned.live.objects, *planned.desired.resources, *sides.changes})
    before = {address: member for address in addresses if (member := sides.before(address)) is not None}
    after = {address: member for address in addresses if (member := sides.after(address, before)) is not None}
    return Fleet(planned.plan.stage, before, protected), Fleet(planned.plan.stage, after, protected)


class _Sides:
    """One address at a time."""

    def __init__(self, catalog: Catalog, planned: Planned, names: Mapping[str, str]) -> None:
        self.catalog = catalog
        self.planned = planned
        self.changes = {change.address: change for change in planned.plan.changes}
        recorded = {entry.id: str(it) for it, entry in planned.lock.resources.items() if entry.id}
        adopted = {
            change.base.id: str(address)
            for address, change in self.changes.items()
            if change.action is Action.ADOPT and change.base is not None
        }
        self.names = {**names, **recorded, **adopted}

    def before(self, address: Address) -> Member | None:
        found, resource = self._found(address), self.planned.desired.resources.get(address)
        if found is None:
            if resource is None or address in self.changes or address not in self.planned.live.skipped:
                return None
            return self._member(address, resource.body, resource.attachments)  # seeds that are left alone
        entry, change = self.planned.lock.resources.get(address), self.changes.get(address)
        kept = entry.attachments if entry is not None else ()
        if entry is None and resource is not None:  # adopted; nobody knows better than its file
            kept = resource.attachments
        member = self._member(address, found.body, kept)
        if change is None or resource is None or not _same_secrets(change, entry):
            return member
        # No registry tells where a secret came from; by the lock it is where it comes from now.
        surface = replace(member.surface, secrets=self._surface(address, change.body).secrets)
        return replace(member, surface=surface)

    def after(self, address: Address, before: Mapping[Address, Member]) -> Member | None:
        change, old = self.changes.get(address), before.get(address)
        resource = self.planned.desired.resources.get(address)
        if change is None:
            return old
        if change.action.removes or change.action is Action.FORGET:
            return None
        attachments = resource.attachments if resource is not None else ()
        found = self._found(address)
        if found is None or change.action in {Action.CREATE, Action.REPLACE}:
            return self._member(address, change.body, attachments)
        kind = self.catalog.of_address(address)
        return self._member(address, updated(kind, found.body, change.body), attachments)

    def _found(self, address: Address) -> LiveObject | None:
        """What is there: the object that is recorded, or the one that is adopted."""
        change = self.changes.get(address)
        if change is not None and change.action is Action.ADOPT and change.base is not None:
            candidates = [*self.planned.live.carriers.get(address, ())]
            if (found := self.planned.live.objects.get(address)) is not None:
                candidates.append(found)
            return next((it for it in candidates if it.id == change.base.id), None)
        found = self.planned.live.objects.get(address)
        return found if found is not None and not found.archived else None

    def _member(self, address: Address, body: Body, attachments: tuple[Attachment, ...]) -> Member:
        resource = self.planned.desired.resources.get(address)
        return _member(self.catalog, address, spelled(body, self.names), resource, attachments)

    def _surface(self, address: Address, body: Body) -> Surface:
        return self.catalog.of_address(address).surface(spelled(body, self.names))


def _same_secrets(change: Change, entry: LockEntry | None) -> bool:
    return entry is not None and change.record is not None and change.record.secrets == entry.secrets


def updated(kind: Kind, live: Body, sent: Body) -> Body:
    """What is there after an update: of a field the API merges only the members that are sent are new."""
    return {
        **live,
        **{
            name: _merged(live.get(name), value)
            if name in kind.fields and kind.fields[name].merges
            else value
            for name, value in sent.items()
        },
    }


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping) or as_ref(new) is not None:
        return new
    return {**old, **{key: _merged(old.get(key), member) for key, member in new.items()}}


def _member(
    catalog: Catalog,
    address: Address,
    body: Body,
    resource: Resource | None,
    attachments: tuple[Attachment, ...],
) -> Member:
    return Member(address, catalog.of_address(address).surface(body), body, resource, attachments)
