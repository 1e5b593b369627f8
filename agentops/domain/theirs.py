"""What somebody changed in the registry, as it is to be written into our files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.domain.address import Address
from agentops.domain.resource import Body, Ref


@dataclass(frozen=True, slots=True)
class Theirs:
    """One address of which ``leaves`` moved in the registry, or are held; in path order.

    live: the object as the registry returned it. both: the leaves that the file has changed as well.
    known: the value of a reference, now. names: ID -> address, of what the lock records.
    """

    address: Address
    leaves: tuple[str, ...]
    live: Body
    known: Callable[[Ref], Any]
    names: Mapping[str, Address]
    both: frozenset[str] = frozenset()
