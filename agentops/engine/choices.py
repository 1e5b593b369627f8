"""What the user asked for beyond the files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agentops.domain.address import Address
from agentops.domain.graph import Edges, closure, reversed_edges
from agentops.domain.project import MaxRemovals, OnDrift, Stage


@dataclass(frozen=True, slots=True)
class Choices:
    """What a command was told.

    select: only these and what they depend on. with_referrers: what refers to them comes along.
    recreate: create these anew although their recorded ID is gone. rotate: send the secrets of these again.
    destroy: remove instead of create. allow_protected: these may be removed or replaced all the same.
    on_drift, prune, max_removals: None where the stage has the say. release: what is held is held no longer.
    """

    select: tuple[Address, ...] = ()
    with_referrers: bool = False
    recreate: frozenset[Address] = frozenset()
    rotate: frozenset[Address] = frozenset()
    destroy: bool = False
    allow_protected: frozenset[Address] = frozenset()
    on_drift: OnDrift | None = None
    prune: bool | None = None
    max_removals: MaxRemovals | None = None
    release: bool = False

    def within(self, stage: Stage) -> Choices:
        """The same, with what the stage says where the command said nothing.

        Only a command that says so itself reverts what is held: a stage that reverts drift as a rule would
        undo at once what somebody decided to keep.
        """
        return replace(
            self,
            on_drift=self.on_drift or stage.on_drift,
            prune=stage.prune if self.prune is None else self.prune,
            max_removals=self.max_removals or stage.max_removals,
            release=self.on_drift is OnDrift.REVERT,
        )

    def taken(self, edges: Edges) -> frozenset[Address]:
        """The addresses that are brought to what the files ask for. What is to be recreated or rotated is
        asked for by that alone."""
        if not self.select:
            return frozenset(edges)
        start = self.asked
        if not self.with_referrers:
            return closure(start, edges)
        return closure(closure(start, reversed_edges(edges)), edges)

    @property
    def asked(self) -> tuple[Address, ...]:
        return (*self.select, *sorted(self.recreate | self.rotate))

    @property
    def removes(self) -> bool:
        """Whether something may be archived or deleted."""
        return self.destroy or bool(self.prune)


NO_CHOICES = Choices()
