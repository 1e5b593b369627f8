"""What a step leaves behind: the lock's entries, each recorded as soon as its step is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Form, field_of, form, observed, same_but_floating
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.kind import Catalog, Kind
from agentops.domain.plan import Change
from agentops.domain.ports import LockStore, OutcomeUnknown
from agentops.domain.resource import Body, Ref
from agentops.domain.secret import secrets_in
from agentops.domain.state import Lock, LockEntry
from agentops.engine import refusals
from agentops.engine.behind import as_recorded
from agentops.engine.record import applied_by, ignored
from agentops.engine.release import Stamp


@dataclass(slots=True)
class Ledger:
    """stamp: what this run writes beside what it brings.
    children: what is recorded below a parent since before this run.
    diagnostics: of answers that hold something else than was asked for.

    Every method may raise Stop or OSError, where a step could not be recorded.
    """

    catalog: Catalog
    store: LockStore
    lock: Lock
    stamp: Stamp
    entries: dict[Address, LockEntry] = field(init=False)
    children: dict[Address, list[Address]] = field(init=False)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entries = dict(self.lock.resources)
        self.children = defaultdict(list)
        for address in self.entries:
            if (parent := self.catalog.of_address(address).parent_of(address)) is not None:
                self.children[parent].append(address)

    def former(self, address: Address) -> LockEntry:
        """What is recorded of an address by now; without an ID where that is nothing."""
        return self.entries.get(address) or LockEntry(id="")

    def enter(self, change: Change, answer: Body, *, sent: Body, as_asked: bool = True) -> LockEntry:
        """Record a change that is done.

        sent: what the references of its body stand for by now. as_asked: the answer is to what was sent, and
        is compared with it; otherwise it was there already.

        Raises:
            OutcomeUnknown: the answer does not say what it is about.
        """
        kind, former = self.catalog.of_address(change.address), self.former(change.address)
        id, there = _id(answer), form(kind, answer)
        applied = applied_by(change, kind, sent)
        now = observed(kind, there, applied, applied)  # what was sent and is not told is what was sent
        if as_asked:
            self._compare(change, kind, sent, there, applied, now)
        if former.id == id:  # what is ignored stays as it was recorded, or it could never be seen again
            now = {
                **{path: value for path, value in now.items() if not ignored(path, change.ignored)},
                **{path: value for path, value in former.observed.items() if ignored(path, change.ignored)},
            }
        return self._keep(change, answer, applied, now)

    def enter_part(self, change: Change, answer: Body, *, sent: Body) -> LockEntry:
        """Record a step on the way: of what the change is to apply, only the fields that were sent.

        Where the answer does not hold what its switch was put to, that is not recorded as applied: the next
        plan has to put it there again. Nor are secrets that are still to be sent.
        """
        kind, former = self.catalog.of_address(change.address), self.former(change.address)
        kept = {path: value for path, value in former.applied.items() if field_of(path) not in sent}
        planned = applied_by(change, kind, sent)
        applied = kept | {path: value for path, value in planned.items() if field_of(path) in sent}
        there = form(kind, answer)
        now = observed(kind, there, applied, applied)
        if kind.switch is not None and applied.get(kind.switch.field) != now.get(kind.switch.field):
            applied.pop(kind.switch.field, None)
            now = observed(kind, there, applied, applied)
        secrets = {} if any(secrets_in(sent)) else {"secrets": former.secrets}
        return self._keep(change, answer, applied, now, **secrets)

    def record(self, address: Address, entry: LockEntry | None) -> None:
        """Write an entry, or forget one. What says what the lock says already is not written again."""
        if entry is not None:
            entry = self.stamp.on(entry, self.entries.get(address))
        if entry == self.entries.get(address) and address not in self.lock.intents:
            return
        self.store.record(address, entry)
        if entry is None:
            self.entries.pop(address, None)
        else:
            self.entries[address] = entry

    def _keep(
        self, change: Change, answer: Body, applied: Mapping[str, str], now: Mapping[str, str], **more: Any
    ) -> LockEntry:
        address, id = change.address, _id(answer)
        former = self.former(address)
        entry = (change.record or LockEntry(id="")).model_copy(
            update={
                "id": id,
                "version": self.catalog.of_address(address).version_of(answer),
                "applied": dict(sorted(applied.items())),
                "observed": dict(sorted(now.items())),
                # What was to make room may have come back to stay.
                "replaced": tuple(item for item in former.replaced if item != id),
                **more,
            }
        )
        entry = as_recorded(change, self.catalog.of_address(address), entry, self._known)
        if former.id != id:  # what was recorded below another ID is not below this one
            for child in self.children.pop(address, ()):
                self.record(child, None)
        self.record(address, entry)
        return self.entries[address]

    def _known(self, ref: Ref) -> Any:
        """What a reference stands for by now, or the reference where there is nothing yet."""
        entry = self.former(ref.address)
        value = entry.id if ref.attribute == "id" else entry.version
        return value if entry.id else ref.as_json()

    def _compare(
        self,
        change: Change,
        kind: Kind,
        sent: Body,
        there: Form,
        applied: Mapping[str, str],
        now: Mapping[str, str],
    ) -> None:
        held = change.record.held if change.record is not None else ()
        unlike = _unlike(self.former(change.address), kind, applied, now, (*change.ignored, *held))
        if not unlike:
            return
        asked = form(kind, sent).leaves
        kept = there.leaves
        changed = [it for it in unlike if not same_but_floating(kind, it, asked.get(it), kept.get(it))]
        if changed:
            self.diagnostics.append(refusals.not_as_planned(change, changed))


def _id(answer: Body) -> str:
    if not isinstance(id := answer.get("id"), str):
        raise OutcomeUnknown("the registry's answer has no ID")
    return id


def _unlike(
    former: LockEntry,
    kind: Kind,
    applied: Mapping[str, str],
    now: Mapping[str, str],
    left_alone: tuple[str, ...],
) -> list[str]:
    """The leaves on which the answer is not what was asked for, nor what it was known to become."""

    def as_before(path: str) -> bool:
        return now.get(path) == former.observed.get(path)

    def unlike(path: str) -> bool:
        if ignored(path, left_alone):
            return False
        if path not in applied and path in kind.undetermined:  # unless it should have been reset
            return path in former.applied and as_before(path)
        if path not in applied and kind.fields[field_of(path)].foreign_keys:
            return False
        known = applied.get(path) == former.applied.get(path) and as_before(path)
        return applied.get(path) != now.get(path) and not known

    return [path for path in sorted({*applied, *now}) if unlike(path)]
