"""The order in which resources have to be applied, stated once for every fleet."""

from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.state import DesiredState


def order_holds(wanted: DesiredState, order: list[Address]) -> bool:
    """Whether whatever is in ``order`` comes after all that it needs of it."""
    places = {address: place for place, address in enumerate(order)}
    return all(
        places[needed] < places[address]
        for address in order
        for needed in wanted.resources[address].needs
        if needed in places
    )
