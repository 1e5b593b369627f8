"""A lock file that may be broken: what is left of it, and a stand-in until it is written anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from agentops.domain.diagnostics import Stop
from agentops.domain.state import Lock
from agentops.domain.torn import Condition, Torn
from agentops.lockfile import conflict, journal, text
from agentops.lockfile.conflict import Sides
from agentops.lockfile.problems import Newer
from agentops.lockfile.store import LockFile
from agentops.lockfile.text import Document, Recorded


class MendableLock(LockFile):
    """A lock that is read all the same where its file is broken: as what ``stand_in`` was given."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._broken: bytes | None = None
        self._stand_in: Recorded | None = None
        self._members: list[Document] = []

    def torn(self) -> Torn:
        """What is left of the lock, with the steps of the journal in the side that they build on.

        Raises:
            Stop: it was written by a newer version, or the journal is damaged.
        """
        self._stand_in = None
        raw = self._lock_bytes()
        steps = self._steps()
        self._members = []
        if raw is None:
            left = (self._folded(self._none_yet, steps),) if journal.has_steps(steps) else ()
            return Torn(Condition.MISSING, left)
        try:
            whole = self._recorded(raw)
        except Stop as broken:
            return self._left_of(raw, steps, broken)
        self._members = [whole.document or {}]
        return Torn(Condition.WHOLE, (self._folded(whole, steps),))

    def stand_in(self, lock: Lock) -> None:
        """Read the file as this lock until it is another."""
        self._broken = self._lock_bytes()
        document = text.document_of(lock, self._unknown(lock))
        self._stand_in = Recorded(lock, document)

    def read_from(self, text_of_it: str, name: str) -> Lock:
        """What the journal has is in the sides already."""
        return text.parse(text_of_it.encode(), name).lock

    def _left_of(self, raw: bytes, steps: list[Document], broken: Stop) -> Torn:
        if isinstance(broken, Newer):
            raise broken
        for found, condition in self._candidates(raw):
            try:
                return self._both(found, condition, steps)
            except Newer:
                raise
            except Stop:  # a text that was put together of both need not make sense
                continue
        left = (self._folded(self._none_yet, steps),) if journal.has_steps(steps) else ()
        return Torn(Condition.DAMAGED, left)

    def _candidates(self, raw: bytes) -> Iterator[tuple[Sides, Condition]]:
        """The likelier ones first. Without markers a merge may still have done the damage."""
        whole = raw.decode("utf-8-sig", "replace")
        if (marked := conflict.sides_in(whole)) is not None:
            if (told := conflict.sides_of_merge(self._path)) is not None:
                yield told, Condition.CONFLICT
            yield marked, Condition.CONFLICT
        if (twins := conflict.sides_of_twins(whole)) is not None:
            yield twins, Condition.DAMAGED

    def _both(self, found: Sides, condition: Condition, steps: list[Document]) -> Torn:
        """Raises Stop where one of them is no lock either."""
        ours = text.parse(found.ours.encode(), f"our side of {self._name}")
        theirs = text.parse(found.theirs.encode(), f"their side of {self._name}")
        base = None
        with suppress(Stop):
            base = text.parse(found.base.encode(), self._name).lock if found.base is not None else None
        self._members = [it.document or {} for it in (ours, theirs)]
        # The journal builds on the side that this machine has applied, which need not be ours: in a rebase
        # git calls the other one so.
        on_ours, on_theirs = (journal.after_mark(steps, it.digest) is not None for it in (ours, theirs))
        if on_theirs and not on_ours:
            return Torn(condition, (ours.lock, self._folded(theirs, steps)), base)
        return Torn(condition, (self._folded(ours, steps), theirs.lock), base)

    def _unknown(self, lock: Lock) -> Document:
        """The members that no version of ours knows, of both sides: at the top, and of each entry from the
        side that has its ID."""
        found: Document = {"resources": {}}
        for document in reversed(self._members):
            found |= {key: value for key, value in document.items() if key != "resources"}
            for address, entry in document.get("resources", {}).items():
                kept = lock.resources.get(address)
                if kept is not None and entry.get("id") == kept.id:
                    found["resources"][address] = {**found["resources"].get(address, {}), **entry}
        return found

    def _recorded(self, raw: bytes | None) -> Recorded:
        if self._stand_in is not None and raw == self._broken:
            return self._stand_in
        return super()._recorded(raw)

    def _snapshot(self) -> tuple[Recorded, list[Document]]:
        if self._stand_in is not None and self._lock_bytes() == self._broken:
            return self._stand_in, []
        return super()._snapshot()
