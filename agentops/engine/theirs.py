"""Of a plan, what is theirs: the leaves that moved in the registry, with what is there now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Moved, differences, form
from agentops.domain.kind import Catalog
from agentops.domain.plan import DriftedField, Plan
from agentops.domain.resource import Ref, replace_refs
from agentops.domain.state import DesiredState, LiveState, Lock
from agentops.domain.theirs import Theirs
from agentops.engine.record import ignored, past_of
from agentops.engine.situation import Sides


def drifted(plan: Plan, addresses: Iterable[Address] = ()) -> tuple[Address, ...]:
    """The addresses of a plan that drifted, of those named also what is held; without any, all that drifted.

    Somebody decided that what is held stays as it is, here and there: that ends only by name.
    """
    moved = {item.address for item in plan.drift}
    if asked := set(addresses):
        moved = asked & {*moved, *(item.address for item in plan.held)}
    return tuple(sorted(moved))


def theirs(
    catalog: Catalog,
    desired: DesiredState,
    live: LiveState,
    lock: Lock,
    addresses: Iterable[Address],
    *,
    held: bool,
) -> tuple[Theirs, ...]:
    """What moved on addresses that are desired, recorded and there, whoever else moved; with ``held`` also
    what is held there."""

    def known(ref: Ref) -> Any:
        entry, found = lock.resources.get(ref.address), live.objects.get(ref.address)
        if entry is None or not entry.id:
            return ref.as_json()
        if ref.attribute == "id":
            return entry.id
        return catalog.of_address(ref.address).version_of(found.body) if found else entry.version

    names = {entry.id: address for address, entry in lock.resources.items() if entry.id}
    result: list[Theirs] = []
    for address in addresses:
        resource, entry = desired.resources.get(address), lock.resources.get(address)
        there = live.objects.get(address)
        if resource is None or entry is None or there is None:
            continue
        kind = catalog.of_address(address)
        wanted = replace_refs(resource.body, known)
        sides = Sides(wanted, there, form(kind, wanted), form(kind, there.body))
        applied, before = past_of(kind, entry, resource, sides)
        moved = [
            item
            for item in differences(kind, sides.ours, sides.theirs, applied, before)
            if not ignored(item.path, resource.lifecycle.ignore_changes)
            and (item.moved in {Moved.THEIRS, Moved.BOTH} or (held and item.path in entry.held))
        ]
        if moved:
            both = frozenset(item.path for item in moved if item.moved is Moved.BOTH)
            leaves = tuple(item.path for item in moved)
            result.append(Theirs(address, leaves, there.body, known, names, both))
    return tuple(result)


def members_of(plan: Plan, address: Address, field: str) -> tuple[DriftedField, ...]:
    """What a plan shows of one field that drifted or is held."""
    found = [
        *(item.fields for item in plan.drift if item.address == address),
        *(item.fields for item in plan.held if item.address == address),
    ]
    return tuple(
        member
        for fields in found
        for member in fields
        if member.path.replace("[", ".").partition(".")[0] == field
    )
