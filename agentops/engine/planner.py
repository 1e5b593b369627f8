"""Put the decisions about single addresses together into one plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import (
    Code,
    Diagnostic,
    Stop,
    did_you_mean,
    error,
    has_errors,
    in_order,
    note,
)
from agentops.domain.graph import CycleError, closure, reversed_edges, topological
from agentops.domain.kind import Catalog, owner_tag
from agentops.domain.plan import Action, Base, Change, Plan
from agentops.domain.project import OnDrift
from agentops.domain.resource import Ref, Resource, replace_refs
from agentops.domain.state import DesiredState, LiveState, Lock, LockEntry, Origin
from agentops.engine import refusals
from agentops.engine.along import goes_along, referred, still_used
from agentops.engine.behind import PutBack, put_back
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.decide import decide
from agentops.engine.record import base_of, secrets_fingerprint
from agentops.engine.release import Stamp
from agentops.engine.situation import Decision, Situation


def make_plan(
    catalog: Catalog,
    desired: DesiredState,
    live: LiveState,
    lock: Lock,
    origin: Origin,
    choices: Choices = NO_CHOICES,
    *,
    protected_stage: bool = False,
    promotes: str | None = None,
    diagnostics: tuple[Diagnostic, ...] = (),
    back: PutBack | None = None,
) -> Plan:
    """Decide every address in dependency order and freeze the result.

    ``promotes`` is the stage whose release ``desired`` is. ``diagnostics`` are those of loading and
    refreshing; they become the plan's. ``back`` are addresses that ``desired`` has as they were, which are
    put back to that.

    Raises:
        Stop: a selected, recreated or rotated address is unknown, or one to rotate has no secrets.
    """
    work = _Planning(catalog, desired, live, lock, choices, protected_stage, back)
    scope = work.scope()
    for address in work.order:
        if address in scope:
            work.take(address)
    return Plan(
        project=desired.project,
        stage=desired.stage,
        promotes=promotes,
        rolls_back=back.to if back is not None else None,
        origin=origin,
        lock_serial=lock.serial,
        source_digest=digest(
            {address: item.source.digest for address, item in sorted(desired.resources.items())}
        ),
        changes=work.changes_in_order(),
        drift=tuple(item.drift for item in work.decisions.values() if item.drift),
        held=tuple(item.held for item in work.decisions.values() if item.held),
        orphans=tuple(item.orphan for item in work.decisions.values() if item.orphan),
        unchanged=work.unchanged(),
        records={address: item.record for address, item in work.decisions.items() if item.record},
        pins=work.pins(),
        diagnostics=in_order([*diagnostics, *work.diagnostics(promotes)]),
    )


@dataclass(slots=True)
class _Planning:
    catalog: Catalog
    desired: DesiredState
    live: LiveState
    lock: Lock
    choices: Choices
    protected_stage: bool
    back: PutBack | None = None
    decisions: dict[Address, Decision] = field(default_factory=dict)
    left_behind: list[Address] = field(default_factory=list)
    recorded: dict[str, Address] = field(init=False)
    names: dict[str, str] = field(init=False)
    edges: dict[Address, list[Address]] = field(init=False)
    order: tuple[Address, ...] = field(init=False)
    protected: dict[Address, Address] = field(init=False)

    def __post_init__(self) -> None:
        self.recorded = {entry.id: address for address, entry in self.lock.resources.items() if entry.id}
        self.names = {id: str(address) for id, address in self.recorded.items()}
        self.edges = self._edges()
        self.order = self._in_order()
        self.protected = self._protected()

    # -- which addresses, in which order

    def _edges(self) -> dict[Address, list[Address]]:
        """What needs what: by the files, and by the addresses of what only the lock or the registry knows.
        What is destroyed needs what it refers to as it is, whatever its file says by now."""
        known = [*self.desired.resources, *self.lock.resources, *self.live.carriers]
        edges: dict[Address, list[Address]] = {}
        for address in sorted(set(known)):
            resource = self.desired.resources.get(address)
            parent = self.catalog.of_address(address).parent_of(address)
            needed = dict.fromkeys(resource.needs if resource else ())
            if resource is None or self.choices.destroy:
                needed |= dict.fromkeys(self._needed_live(address))
            edges[address] = [*needed, *([parent] if parent is not None and parent not in needed else ())]
        return edges

    def _needed_live(self, address: Address) -> Iterator[Address]:
        """What something refers to as the registry has it."""
        if (found := self.live.objects.get(address)) is not None:
            for _, id in referred(self.catalog.of_address(address), found.body):
                if (known := self.recorded.get(id)) is not None:
                    yield known

    def _in_order(self) -> tuple[Address, ...]:
        """Each address after what it needs. Files never go round in a circle, but what is in the registry
        may; such a circle is opened somewhere, for there is no right order."""
        while True:
            try:
                return topological(self.edges)
            except CycleError as circle:
                first, second = self._not_by_files(circle)
                self.edges[first].remove(second)

    def _not_by_files(self, circle: CycleError) -> tuple[Address, Address]:
        for first, second in pairwise(circle.path):
            resource = self.desired.resources.get(first)
            if resource is None or second not in resource.needs:
                return first, second
        raise circle

    def _protected(self) -> dict[Address, Address]:
        """Address -> the protected one for whose sake it stays: itself, or a child that would go with it."""
        found: dict[Address, Address] = {}
        for address in reversed(self.order):
            resource, entry = self.desired.resources.get(address), self.lock.resources.get(address)
            said = resource.lifecycle.protect if resource else entry is not None and entry.protected
            if (self.protected_stage or said) and address not in self.choices.allow_protected:
                found[address] = address
            parent = self.catalog.of_address(address).parent_of(address)
            if address in found and parent is not None and parent not in found:
                found[parent] = found[address]
        return found

    def scope(self) -> frozenset[Address]:
        edges = self.edges
        self._refuse_unknown()
        if self.back is not None:
            return self._scope_of(self.back)
        if not self.choices.select:
            return frozenset(edges)
        referrers = reversed_edges(edges)
        if self.choices.destroy:
            return closure(self.choices.select, referrers)
        taken = self.choices.taken(edges)
        self.left_behind = sorted(closure(self.choices.asked, referrers) - taken)
        return taken

    def _scope_of(self, back: PutBack) -> frozenset[Address]:
        """What is put back, and of what that needs only what is not there at all: the rest stays as it is."""
        missing = {
            address: [item for item in needed if item in back.files or item not in self.lock.resources]
            for address, needed in self.edges.items()
        }
        referrers = closure(back.files, reversed_edges(self.edges))
        taken = closure(referrers if self.choices.with_referrers else back.files, missing)
        self.left_behind = sorted(referrers - taken)
        return taken

    def _refuse_unknown(self) -> None:
        choices = self.choices
        asked = [*choices.select, *sorted(choices.recreate | choices.rotate | choices.allow_protected)]
        unknown = [address for address in asked if address not in self.edges]
        if unknown:
            raise Stop(
                *(
                    error(
                        Code.BROKEN_REFERENCE,
                        f"there is no {address} in this stage",
                        did_you_mean(address, self.edges),
                        address=address,
                    )
                    for address in unknown
                )
            )
        without = [
            address
            for address in sorted(self.choices.rotate)
            if not self._has_secrets(self.desired.resources.get(address))
        ]
        if without:
            raise Stop(*(refusals.nothing_to_rotate(address) for address in without))

    def _has_secrets(self, resource: Resource | None) -> bool:
        if resource is None:
            return False
        return secrets_fingerprint(self.catalog.of_address(resource.address), resource) is not None

    # -- one address

    def take(self, address: Address) -> None:
        situation = self._situation(address)
        decision = decide(situation)
        if self.back is not None and address in self.back.files:
            decision = put_back(situation, self.back, decision)
        self.decisions[address] = decision

    def _situation(self, address: Address) -> Situation:
        kind = self.catalog.of_address(address)
        parent = kind.parent_of(address)
        resource, entry = self.desired.resources.get(address), self.lock.resources.get(address)
        if parent is not None and self._takes_over(parent):
            entry = None  # it was recorded below another ID
        on_drift = self.choices.on_drift or OnDrift.BLOCK
        if self.back is not None:
            on_drift = self.back.on_drift(address, on_drift)
        return Situation(
            address=address,
            kind=kind,
            stage=self.desired.stage,
            tag=owner_tag(self.desired.project, self.desired.stage, address),
            desired=None if self.choices.destroy else resource,
            entry=entry,
            live=self.live.objects.get(address),
            carriers=self.live.carriers.get(address, ()),
            known=self._known,
            fresh_parent=parent is not None and self._makes_new(parent),
            removed_with=parent if parent is not None and self._removes(parent) else None,
            names=self.names,
            settled=address in self.live.skipped,
            recreate=address in self.choices.recreate,
            rotate=address in self.choices.rotate,
            destroy=self.choices.destroy,
            prune=bool(self.choices.prune),
            on_drift=on_drift,
            release=self.choices.release or (self.back is not None and address in self.back.files),
            protected_by=self.protected.get(address),
        )

    def _known(self, ref: Ref) -> Any:
        """The value of a reference, or the reference where only apply can tell."""
        change, entry = self._change(ref.address), self.lock.resources.get(ref.address)
        if change is not None and change.action is Action.ADOPT and change.base is not None:
            if ref.attribute == "id":
                return change.base.id
            return ref.as_json() if change.body else change.base.version
        moves = change is not None and (change.action is not Action.UPDATE or ref.attribute == "version")
        if moves or entry is None or not entry.id:
            return ref.as_json()
        if ref.attribute == "id":
            return entry.id
        found = self.live.objects.get(ref.address)
        return self.catalog.of_address(ref.address).version_of(found.body) if found else entry.version

    def _change(self, address: Address) -> Change | None:
        decision = self.decisions.get(address)
        return decision.change if decision else None

    def _makes_new(self, address: Address) -> bool:
        change = self._change(address)
        return change is not None and change.action in {Action.CREATE, Action.REPLACE}

    def _takes_over(self, address: Address) -> bool:
        """Adopts another object than the one that is recorded."""
        change, entry = self._change(address), self.lock.resources.get(address)
        if change is None or change.action is not Action.ADOPT or change.base is None:
            return False
        return entry is not None and change.base.id != entry.id

    def _removed(self) -> dict[Address, Base]:
        """What is archived or deleted, with what it was when this was decided."""
        changes = (item.change for item in self.decisions.values())
        return {it.address: it.base for it in changes if it is not None and it.action.removes and it.base}

    def _removes(self, address: Address) -> bool:
        change = self._change(address)
        return change is not None and change.action.removes

    # -- all of them

    def changes_in_order(self) -> tuple[Change, ...]:
        """What is needed first comes first; removals the other way round, after everything else."""
        found = {address: item.change for address, item in self.decisions.items() if item.change is not None}
        users = self._users(found) if any(change.action.removes for change in found.values()) else {}
        ordered = []
        for address, change in found.items():
            removed = change.action.removes
            waits_for = users.get(address, []) if removed else self.edges[address]
            depends_on = {*change.depends_on, *(item for item in waits_for if item in found)} - {address}
            if removed:  # what goes with it is only forgotten, and that comes after
                depends_on -= {item for item in depends_on if found[item].action is Action.FORGET}
            ordered.append(change.model_copy(update={"depends_on": tuple(sorted(depends_on))}))
        sequence = topological({change.address: change.depends_on for change in ordered})
        by_address = {change.address: change for change in ordered}
        return tuple(by_address[address] for address in sequence)

    def _users(self, found: Mapping[Address, Change]) -> dict[Address, list[Address]]:
        """What has to let go of something before it is removed: what refers to it by its file, and of what
        changes what still does in the registry. What is removed has such references as edges already."""
        users = defaultdict(list, reversed_edges(self.edges))
        for address in (address for address, change in found.items() if not change.action.removes):
            for needed in self._needed_live(address):
                users[needed].append(address)
        return users

    def unchanged(self) -> int:
        """What is in the files and as the files ask: neither changed nor drifted."""
        return sum(
            1
            for address, item in self.decisions.items()
            if address in self.desired.resources
            and not self.choices.destroy
            and item.change is None
            and item.drift is None
            and item.held is None
            and not has_errors(item.diagnostics)
        )

    def pins(self) -> dict[Address, Base]:
        """The bases of what changes refer to without changing it."""
        changed = {address for address, item in self.decisions.items() if item.change is not None}
        needed = {
            item
            for address in changed
            if (resource := self.desired.resources.get(address)) is not None
            for item in resource.needs
        }
        return {
            address: base_of(self.catalog.of_address(address), found, None)
            for address in sorted(needed - changed)
            if (found := self.live.objects.get(address)) is not None
        }

    def diagnostics(self, promotes: str | None) -> list[Diagnostic]:
        found = [said for item in self.decisions.values() for said in item.diagnostics]
        removed = self._removed()
        found.extend(goes_along(self.catalog, self.live, self.lock, removed))
        found.extend(still_used(self.catalog, self.live, self.lock, removed, self._lets_go))
        found.extend(self._too_many())
        if orphans := [item.orphan.address for item in self.decisions.values() if item.orphan]:
            found.append(refusals.orphaned(orphans, self.desired.stage, promotes))
        if self.left_behind:
            found.append(
                note(
                    Code.REFERRERS_LEFT,
                    f"what refers to the selected addresses is left as it is: {', '.join(self.left_behind)}",
                    "add `--with-referrers` to take them along",
                )
            )
        return found

    def _lets_go(self, user: Address, id: str) -> bool:
        """Whether a change of this plan makes ``user`` refer to ``id`` no longer."""
        change, resource = self._change(user), self.desired.resources.get(user)
        if change is None or resource is None:
            return change is not None and change.action.removes
        kind = self.catalog.of_address(user)
        return all(found != id for _, found in referred(kind, replace_refs(resource.body, self._known)))

    def _too_many(self) -> Iterator[Diagnostic]:
        ends = [
            item.change.address for item in self.decisions.values() if item.change and item.change.action.ends
        ]
        allowed, recorded = self.choices.max_removals, len(self.lock.resources)
        if ends and allowed is not None and not allowed.allows(len(ends), recorded):
            yield refusals.too_many_removals(ends, recorded, allowed)


def recorded(plan: Plan, lock: Lock, resources: Mapping[Address, LockEntry], stamp: Stamp) -> Lock:
    """The lock after a run: ``resources`` as the run left them, refreshed where nothing had to be sent."""
    fresh = {address: entry for address, entry in plan.records.items() if address in resources}
    fresh = stamp.on_each(fresh, resources)
    return lock.model_copy(
        update={
            "serial": lock.serial + 1,
            "project": plan.project,
            "stage": plan.stage,
            "origin": plan.origin,
            "resources": {**resources, **fresh},
        }
    )
