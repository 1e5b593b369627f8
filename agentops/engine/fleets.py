"""The whole of a stage before and after a plan, or as files ask for it: what risks and rules look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Severity
from agentops.domain.fleet import Fleet, Member
from agentops.domain.graph import closure, reversed_edges
from agentops.domain.kind import Catalog
from agentops.domain.plan import Action
from agentops.domain.resource import Attachment, Body, Ref, Resource, replace_refs
from agentops.domain.state import DesiredState
from agentops.engine.operations import Planned


def fleet_of(
    catalog: Catalog, desired: DesiredState, names: Mapping[str, str], *, protected: bool = False
) -> Fleet:
    """What the files ask for. ``names`` are the addresses of the IDs that bodies name."""
    members = {
        address: _member(catalog, address, _spelled(item.body, names), item)
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

    ``names`` are the addresses of IDs that are not ours. What the plan leaves alone is the same in both.
    """
    known = {**names, **{entry.id: str(it) for it, entry in planned.lock.resources.items() if entry.id}}
    changes = {change.address: change for change in planned.plan.changes}
    before: dict[Address, Member] = {}
    after: dict[Address, Member] = {}
    for address in sorted({*planned.live.objects, *planned.desired.resources, *changes}):
        resource, change = planned.desired.resources.get(address), changes.get(address)
        found = planned.live.objects.get(address)
        entry = planned.lock.resources.get(address)
        kept = entry.attachments if entry is not None else ()
        if found is not None:
            body = _spelled(found.body, known)
            before[address] = _member(catalog, address, body, resource, kept)
        if change is not None and (change.action.removes or change.action is Action.FORGET):
            continue
        if change is not None and resource is not None:
            after[address] = _member(catalog, address, _spelled(resource.body, known), resource)
        elif address in before:
            after[address] = before[address]
        elif resource is not None and address not in changes:  # not asked for: seeds that are left alone
            after[address] = before[address] = _member(
                catalog, address, _spelled(resource.body, known), resource
            )
    return Fleet(planned.plan.stage, before, protected), Fleet(planned.plan.stage, after, protected)


def _member(
    catalog: Catalog,
    address: Address,
    body: Body,
    resource: Resource | None,
    attachments: tuple[Attachment, ...] | None = None,
) -> Member:
    if attachments is None:
        attachments = resource.attachments if resource is not None else ()
    return Member(address, catalog.of_address(address).surface(body), body, resource, attachments)


def _spelled(value: Any, names: Mapping[str, str]) -> Any:
    """With addresses in the place of references and of the IDs that are known."""
    return _named(replace_refs(value, _address), names)


def _address(ref: Ref) -> str:
    return str(ref.address) if ref.attribute == "id" else "latest"


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {key: _named(member, names) for key, member in value.items()}
    return [_named(member, names) for member in value] if isinstance(value, list) else value
