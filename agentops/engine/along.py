"""Who refers to what in the registry, and what that means for a removal.

The API archives some objects together with the one they refer to; others it leaves referring to nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.kind import Catalog, Kind
from agentops.domain.plan import Base
from agentops.domain.ports import Registry
from agentops.domain.resource import Body
from agentops.domain.state import LiveObject, LiveState, Lock
from agentops.engine import refusals

Referrers = Mapping[str, list[LiveObject]]
"""ID -> the live objects that refer to it."""


def referred(kind: Kind, live: Body) -> Iterator[tuple[str, str]]:
    """The kind and ID of everything that a live object refers to, but for itself."""
    for slot in kind.slots:
        for found in slot.entries(live):
            if isinstance(found, Mapping) and slot.type is not None and found.get("type") == slot.type:
                found = found.get(slot.id)
            if isinstance(found, str) and found != live.get("id"):
                yield slot.kind, found


def goes_along(
    catalog: Catalog, live: LiveState, lock: Lock, removed: Mapping[Address, Base]
) -> Iterator[Diagnostic]:
    """An error for each removal that would take along what this plan does not remove."""
    gone = {base.id for base in removed.values()}
    ours = {entry.id: address for address, entry in lock.resources.items()}
    known: dict[str, Referrers] = {}
    for address, base in removed.items():
        for name in catalog.of_address(address).takes_along:
            if name not in known:
                known[name] = _referrers(catalog[name], live.listed.get(name, ()))
            for found in known[name].get(base.id, ()):
                if found.id not in gone:
                    yield refusals.taken_along(address, name, found, ours.get(found.id))


def still_used(
    catalog: Catalog,
    live: LiveState,
    lock: Lock,
    removed: Mapping[Address, Base],
    lets_go: Callable[[Address, str], bool],
) -> Iterator[Diagnostic]:
    """An error for each removal of what something of ours goes on referring to, and a warning where that is
    somebody else's. What the API archives along is told by ``goes_along``."""
    gone = {base.id: address for address, base in removed.items()}
    ours = {entry.id: address for address, entry in lock.resources.items()}
    users: dict[Address, dict[str, bool]] = defaultdict(dict)
    for kind in catalog:
        for found in live.listed.get(kind.name, ()) if removed else ():
            for _, id in referred(kind, found.body):
                address, user = gone.get(id), ours.get(found.id)
                if (
                    address is None
                    or found.id in gone
                    or kind.name in catalog.of_address(address).takes_along
                ):
                    continue
                if user is None or not lets_go(user, id):
                    users[address][user or f"{kind.name} {found.id}"] = user is not None
    for address, found_users in users.items():
        yield refusals.still_needed(address, [*found_users], ours=any(found_users.values()))


async def users_of(registry: Registry, catalog: Catalog, kinds: Iterable[str]) -> dict[str, list[str]]:
    """Per ID that the registry has references to from objects of the kinds that refer to ``kinds``: whose.

    Raises:
        RegistryError: the registry refused or could not be reached.
    """
    asked, found = frozenset(kinds), defaultdict(list)
    for kind in catalog:
        if kind.parent is None and any(slot.kind in asked for slot in kind.slots):
            async for body in registry.list(kind):
                for _, id in referred(kind, body):
                    found[id].append(str(body.get("id")))
    return dict(found)


def _referrers(kind: Kind, objects: Iterable[LiveObject]) -> Referrers:
    found: dict[str, list[LiveObject]] = defaultdict(list)
    for item in objects:
        for id in dict.fromkeys(id for _, id in referred(kind, item.body)):
            found[id].append(item)
    return found
