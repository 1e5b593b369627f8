"""Who refers to what in the registry, and what that means for a removal.

The API archives some objects together with the one they refer to; others it leaves referring to nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

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
    referrers = _by_kind(catalog, live)
    for address, base in removed.items():
        for name in catalog.of_address(address).takes_along:
            for found in referrers(name).get(base.id, ()):
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
    gone = {base.id for base in removed.values()}
    ours = {entry.id: address for address, entry in lock.resources.items()}
    referrers = _by_kind(catalog, live)
    for address, base in removed.items():
        users: dict[str, bool] = {}
        for kind in catalog:
            if kind.name in catalog.of_address(address).takes_along:
                continue
            for found in referrers(kind.name).get(base.id, ()):
                user = ours.get(found.id)
                if found.id not in gone and (user is None or not lets_go(user, base.id)):
                    users[user or f"{kind.name} {found.id}"] = user is not None
        if users:
            yield refusals.still_needed(address, [*users], ours=any(users.values()))


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


def _by_kind(catalog: Catalog, live: LiveState) -> Callable[[str], Referrers]:
    """The referrers among the live objects of a kind, looked through once."""
    return cache(lambda name: _referrers(catalog[name], live.listed.get(name, ())))


def _referrers(kind: Kind, objects: Iterable[LiveObject]) -> Referrers:
    found: dict[str, list[LiveObject]] = defaultdict(list)
    for item in objects:
        for id in dict.fromkeys(id for _, id in referred(kind, item.body)):
            found[id].append(item)
    return found
