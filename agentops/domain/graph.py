"""Order among addresses: what is needed comes first."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping

from agentops.domain.address import Address

Edges = Mapping[Address, Iterable[Address]]


class CycleError(ValueError):
    """``path`` starts and ends with the same address; each member needs the next."""

    def __init__(self, path: tuple[Address, ...]) -> None:
        super().__init__(" -> ".join(path))
        self.path = path


def topological(edges: Edges) -> tuple[Address, ...]:
    """Every address after what it needs; among equals by name, so that any order of input gives one order.

    Needed addresses that are not keys themselves are left out.

    Raises:
        CycleError: addresses need each other.
    """
    sorter = graphlib.TopologicalSorter(
        {
            address: sorted(item for item in needed if item in edges)
            for address, needed in sorted(edges.items())
        }
    )
    try:
        sorter.prepare()
    except graphlib.CycleError as cycle:
        raise CycleError(tuple(reversed(cycle.args[1]))) from None
    order: list[Address] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)


def closure(start: Iterable[Address], edges: Edges) -> frozenset[Address]:
    """``start`` and everything reachable from it."""
    found: set[Address] = set()
    waiting = list(start)
    while waiting:
        address = waiting.pop()
        if address not in found:
            found.add(address)
            waiting.extend(edges.get(address, ()))
    return frozenset(found)


def reversed_edges(edges: Edges) -> dict[Address, list[Address]]:
    """Who needs an address, in place of what it needs."""
    turned: dict[Address, list[Address]] = {address: [] for address in edges}
    for address, needed in edges.items():
        for item in needed:
            turned.setdefault(item, []).append(address)
    return turned
