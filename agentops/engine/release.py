"""How an address came to what it runs, written beside it in the lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.plan import Plan
from agentops.domain.resource import Source
from agentops.domain.state import LockEntry, PromotedFrom, Released, RolledBack

UNKNOWN = Source(digest="")
"""What ran before, where that was an old version that nobody knows the files of."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What one apply writes beside what it brings. ``by`` is who runs it, as far as that is known; ``serial``
    that of the lock it will be in."""

    plan: Plan
    now: Callable[[], str]
    by: str | None = None
    serial: int = 0

    def on(self, entry: LockEntry, former: LockEntry | None) -> LockEntry:
        """The entry with when, by whom and from where, if its source is another than it was."""
        before = former.source if former is not None else None
        if entry.rolled_back is not None and not entry.rolled_back.at:
            return self._put_back(entry, former)
        if former is not None and before is not None and _same(before, entry.source):
            known = {"released": former.released, "promoted_from": former.promoted_from}
            return entry.model_copy(update=known)
        if entry.source is None and before is None:
            return entry
        if before is None and former is not None and former.rolled_back is not None:
            before = UNKNOWN
        at, stage = self.now(), self.plan.promotes
        fresh: dict[str, object] = {
            "released": self._released(at, before),
            "promoted_from": None,
        }
        if stage is not None and entry.source is not None:
            fresh["promoted_from"] = PromotedFrom(stage=stage, at=at, by=self.by, commit=entry.source.commit)
        return entry.model_copy(update=fresh)

    def _put_back(self, entry: LockEntry, former: LockEntry | None) -> LockEntry:
        """Of several rollbacks to versions one after the other all remember what ran before the first. What
        is recorded step by step is told once."""
        at, before = self.now(), former.source if former is not None else None
        if former is not None and former.rolled_back is not None and former.released is not None:
            known = {"rolled_back": former.rolled_back, "released": former.released, "promoted_from": None}
            if former.released.release == self.plan.release and former.rolled_back.to == self.plan.rolls_back:
                return entry.model_copy(update=known)
            before = before or former.released.before
        told = RolledBack(to=entry.rolled_back.to if entry.rolled_back else "", at=at, by=self.by)
        released = self._released(at, before)
        return entry.model_copy(update={"rolled_back": told, "released": released, "promoted_from": None})

    def _released(self, at: str, before: Source | None) -> Released:
        return Released(at=at, serial=self.serial, by=self.by, release=self.plan.release, before=before)

    def on_each(
        self, entries: Mapping[Address, LockEntry], former: Mapping[Address, LockEntry]
    ) -> dict[Address, LockEntry]:
        return {address: self.on(entry, former.get(address)) for address, entry in entries.items()}


def _same(before: Source, now: Source | None) -> bool:
    return now is not None and before.digest == now.digest
