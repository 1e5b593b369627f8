"""What differs between two desired states: two stages of a project, without a registry.

The same leaves and the same field changes as in a plan, but nobody has moved: whatever differs is told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Difference, Moved, form, keyed, same
from agentops.domain.comparison import Comparison, Differing, Side
from agentops.domain.diagnostics import Code, Diagnostic, Stop, did_you_mean, error
from agentops.domain.kind import Catalog, Kind
from agentops.domain.plan import FieldChange
from agentops.domain.resource import Body, Resource, spelled
from agentops.domain.state import DesiredState
from agentops.engine.changes import readable
from agentops.engine.diff import Names, field_changes


@dataclass(frozen=True, slots=True)
class Compared:
    """One side: how it is called, what it asks for, and the addresses of the IDs it names."""

    name: str
    desired: DesiredState
    names: Names


def compare(
    catalog: Catalog,
    before: Compared,
    after: Compared,
    addresses: Sequence[Address] = (),
    diagnostics: Sequence[Diagnostic] = (),
) -> Comparison:
    """Every address of both sides, or the given ones alone.

    Raises:
        Stop: an address is on neither side.
    """
    ours, theirs = after.desired.resources, before.desired.resources
    known = sorted(ours.keys() | theirs.keys())
    if missing := [address for address in dict.fromkeys(addresses) if address not in known]:
        raise Stop(*(unknown_address(address, known) for address in missing))
    chosen = [address for address in known if not addresses or address in addresses]
    found = [item for address in chosen if (item := _differing(catalog, address, before, after)) is not None]
    return Comparison(
        project=after.desired.project,
        before=before.name,
        after=after.name,
        differing=tuple(found),
        alike=len(chosen) - len(found),
        diagnostics=tuple(diagnostics),
    )


def unknown_address(address: Address, known: Collection[Address]) -> Diagnostic:
    """An address that somebody asked for and nobody declares."""
    return error(
        Code.BROKEN_REFERENCE,
        f"no file declares {address} in either of them",
        did_you_mean(address, known),
        address=address,
    )


def _differing(catalog: Catalog, address: Address, before: Compared, after: Compared) -> Differing | None:
    # Where a secret is found, and what the registry keeps to itself, are compared as well.
    kind = in_full(catalog.of_address(address))
    old, new = before.desired.resources.get(address), after.desired.resources.get(address)
    if old is None or new is None:
        side, where, only = (Side.AFTER, after, new) if old is None else (Side.BEFORE, before, old)
        assert only is not None
        body = spelled(only.body, where.names)
        return Differing(address=address, side=side, needs=only.needs, body=body, location=only.location)
    fields = (*_of_body(kind, old, new, before, after), *beside_body(old, new))
    if not fields:
        return None
    return Differing(address=address, side=Side.BOTH, needs=new.needs, fields=fields, location=new.location)


def in_full(kind: Kind) -> Kind:
    """The kind, with what no registry returns among its leaves."""
    return replace(kind, secrets=False, unread=frozenset())


def _of_body(
    kind: Kind, old: Resource, new: Resource, before: Compared, after: Compared
) -> tuple[FieldChange, ...]:
    return fields_between(
        kind, old, new, leaves_of(kind, old, before.names), leaves_of(kind, new, after.names)
    )


def fields_between(
    kind: Kind, old: Resource, new: Resource, theirs: Mapping[str, Any], ours: Mapping[str, Any]
) -> tuple[FieldChange, ...]:
    """The members that differ, told from the leaves of both."""
    found = [
        Difference(path, ours.get(path), theirs.get(path), Moved.OURS)
        for path in sorted(ours.keys() | theirs.keys())
        if not same(ours.get(path), theirs.get(path))
    ]
    return field_changes(kind, readable(old, old.body), readable(new, new.body), found)


def leaves_of(kind: Kind, resource: Resource, names: Names) -> dict[str, Any]:
    """Leaf path -> canonical value, with addresses for references and for the IDs of ``names``: those differ
    by stage for no other reason than that each stage has its own."""
    found = {path: spelled(leaf, names) for path, leaf in form(kind, resource.body).leaves.items()}
    for path in found.keys() & kind.fields.keys():
        found[path] = keyed(found[path], kind.fields[path])  # in the order of the addresses
    return found


def beside_body(old: Resource, new: Resource) -> Iterator[FieldChange]:
    """What differs of what is not sent."""
    theirs, ours = _said(old), _said(new)
    for path, value in ours.items():
        if value != theirs[path]:
            yield FieldChange(path=path, before=theirs[path], after=value)


def _said(resource: Resource) -> Body:
    """What a file says of a resource beside what is sent, by the key that says it."""
    lifecycle = resource.lifecycle
    stores = [f"{item.memory_store} ({item.access})" for item in resource.attachments]
    return {
        "attachments": sorted(stores) or None,
        "lifecycle.protect": lifecycle.protect or None,
        "lifecycle.ignore_changes": [*lifecycle.ignore_changes] or None,
        "policy.ignore": {it.rule: it.reason for it in resource.waivers} or None,
        "secret_version": resource.secret_version,
        "revision": resource.revision,
    }
