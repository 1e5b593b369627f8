"""What a change of the files means for a stage: what a plan would do in a registry that has what they asked
for before. Without a registry, and without a lock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Difference, Form, differences
from agentops.domain.comparison import Comparison, Differing, Side, Standing
from agentops.domain.diagnostics import Diagnostic, Stop
from agentops.domain.graph import topological
from agentops.domain.kind import Catalog, Kind, Removal
from agentops.domain.plan import Action, FieldChange, Move
from agentops.domain.project import Rename, Stage
from agentops.domain.resource import Ref, Resource, refs_in, replace_refs, replace_texts, spelled
from agentops.domain.state import DesiredState, Lock, LockEntry
from agentops.engine.compare import Compared, beside_body, fields_between, in_full, leaves_of, unknown_address
from agentops.engine.diff import Names, update_body
from agentops.engine.moves import follow
from agentops.engine.record import ignored, secrets_fingerprint
from agentops.engine.settings import settings_of


@dataclass(frozen=True, slots=True)
class StageAt:
    """A stage as the files of one side have it. ``broken`` are the addresses, and the files, that are wrong
    there, so that nobody can tell what they ask for."""

    stage: Stage
    desired: DesiredState
    broken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Revised:
    """What differs in a stage, with both sides under today's addresses, each with its names."""

    comparison: Comparison
    before: Compared
    after: Compared
    protected: bool = False

    def saying(self, more: Sequence[Diagnostic]) -> Revised:
        """With what else is to be said of it."""
        told = self.comparison.model_copy(update={"diagnostics": (*self.comparison.diagnostics, *more)})
        return replace(self, comparison=told)


def paired(before: Mapping[str, Stage], after: Mapping[str, Stage]) -> list[tuple[str | None, str | None]]:
    """The stages of two sides that are one: by name, else by what the later one was called before. In the
    order of the later side; what only the former has is last."""
    found: list[tuple[str | None, str | None]] = []
    for name, stage in after.items():
        former = (it.stage for it in stage.formerly if it.stage in before and it.stage not in after)
        found.append((name if name in before else next(former, None), name))
    taken = {one for one, _ in found}
    return [*found, *((name, None) for name in before if name not in taken)]


def revised(
    catalog: Catalog,
    before: StageAt | None,
    after: StageAt | None,
    called: tuple[str, str],
    moved: Sequence[Rename] = (),
    only: Collection[Address] = (),
) -> Revised:
    """What becomes of a stage. A side that has no such stage is None; not both of them are.

    ``called`` says what the two sides are. ``moved`` is what the later side says of addresses. ``only``:
    nothing but these is told.
    """
    if after is None:
        assert before is not None
        return _removed(before, called)
    stage, desired = after.stage, after.desired
    was = before if before is not None else StageAt(Stage(stage.name), _nothing(desired))
    now, moves = _renamed(catalog, was.desired, desired, moved)
    names = _names(was.stage, stage)
    resources = {now.get(address, address): it.called(now) for address, it in was.desired.resources.items()}
    earlier = DesiredState(desired.project, stage.name, dict(sorted(resources.items())))
    work = _Revising(catalog, stage, earlier.resources, desired.resources, names, was.broken)
    only = {*only, *(now[it] for it in only if it in now)}
    found = [it for it in work.all() if not only or it.address in only]
    chosen = [it for it in desired.resources if not only or it in only]
    shown = [it for it in moves if not only or {it.old, it.new} & {*only}]
    comparison = Comparison(
        project=desired.project,
        stage=stage.name,
        standing=_standing(before, stage),
        formerly=was.stage.name if was.stage.name != stage.name else "",
        before=called[0],
        after=called[1],
        settings=() if only else settings_of(was.stage, stage),
        moves=tuple(shown),
        differing=tuple(found),
        alike=len({*chosen} - {it.address for it in found}),
    )
    sides = Compared(called[0], earlier, names[0]), Compared(called[1], desired, names[1])
    return Revised(comparison, *sides, protected=stage.protect)


def refuse_unknown(only: Sequence[Address], stages: Sequence[Revised]) -> None:
    """Raises Stop for an address that no stage has on either side."""
    known: set[Address] = set()
    for it in stages:
        known |= {*it.before.desired.resources, *it.after.desired.resources}
        known |= {move.old for move in it.comparison.moves}
    if missing := [address for address in dict.fromkeys(only) if address not in known]:
        raise Stop(*(unknown_address(address, known) for address in missing))


def _removed(before: StageAt, called: tuple[str, str]) -> Revised:
    """Nobody plans a stage that is not there any more: nothing happens to what it has."""
    desired = before.desired
    comparison = Comparison(
        project=desired.project,
        stage=before.stage.name,
        standing=Standing.REMOVED,
        before=called[0],
        after=called[1],
        alike=len(desired.resources),
    )
    names = before.stage.names
    return Revised(comparison, Compared(called[0], desired, names), Compared(called[1], desired, names))


def _standing(before: StageAt | None, stage: Stage) -> Standing:
    if before is None:
        return Standing.ADDED
    return Standing.KEPT if before.stage.name == stage.name else Standing.RENAMED


def _nothing(desired: DesiredState) -> DesiredState:
    return DesiredState(desired.project, desired.stage, {})


def _renamed(
    catalog: Catalog, before: DesiredState, after: DesiredState, moved: Sequence[Rename]
) -> tuple[dict[Address, Address], tuple[Move, ...]]:
    """Old address -> new one: as a plan moves the entries of a lock that records what was asked for."""
    if not moved:
        return {}, ()
    entries = {
        address: LockEntry(id=str(address), path=it.path, attachments=it.attachments)
        for address, it in before.resources.items()
        if address.kind in catalog
    }
    lock = Lock(project=before.project, stage=before.stage, resources=entries)
    moves = follow(catalog, moved, after, lock).moves
    pairs = {move.old: move.new for move in moves}
    in_order = sorted(pairs.items(), key=lambda pair: (pair[1], pair[0]))
    return pairs, tuple(Move(old=old, new=new, id="") for old, new in in_order)


def _names(before: Stage, after: Stage) -> tuple[dict[str, str], dict[str, str]]:
    """ID -> the external address that it is called by; with the ID where that is another one by now."""

    def told(stage: Stage, other: Stage) -> dict[str, str]:
        return {
            id: str(address) if other.external.get(address, id) == id else f"{address} ({id})"
            for address, id in stage.external.items()
        }

    return told(before, after), told(after, before)


_MOVES = frozenset({Action.CREATE, Action.REPLACE})
_LATER = "\0known after apply"


@dataclass(slots=True)
class _Revising:
    """One stage, address by address; what is needed comes before what needs it."""

    catalog: Catalog
    stage: Stage
    before: Mapping[Address, Resource]
    after: Mapping[Address, Resource]
    names: tuple[Names, Names]
    broken: frozenset[str]
    decided: dict[Address, Differing] = field(default_factory=dict)
    protected: set[Address] = field(default_factory=set)

    def all(self) -> list[Differing]:
        self._look_who_is_protected()
        for address in topological({address: it.needs for address, it in self.after.items()}):
            if (found := self._asked_for(address, self.after[address])) is not None:
                self.decided[address] = found
        for address in self.before.keys() - self.after.keys():
            self.decided[address] = self._gone(address, self.before[address])
        return [self.decided[address] for address in sorted(self.decided)]

    def _look_who_is_protected(self) -> None:
        """Also a parent whose child is."""
        for address in self.before.keys() | self.after.keys():
            resource = self.after.get(address) or self.before[address]
            if self.stage.protect or resource.lifecycle.protect:
                parent = self.catalog.of_address(address).parent_of(address)
                self.protected |= {address, *([parent] if parent is not None else ())}

    # -- in the files

    def _asked_for(self, address: Address, new: Resource) -> Differing | None:
        kind, old = self.catalog.of_address(address), self.before.get(address)
        if address in self.broken or new.path in self.broken:
            return self._created(address, new, None)
        parent = kind.parent_of(address)
        if old is None:
            return self._created(address, new, Action.CREATE)
        if parent is not None and self._moves(parent):
            because = () if self.before.get(parent) is None else (parent,)
            return self._created(address, new, Action.CREATE, because)
        return self._changed(kind, old, new)

    def _created(
        self, address: Address, new: Resource, action: Action | None, because: tuple[Address, ...] = ()
    ) -> Differing:
        return Differing(
            address=address,
            side=Side.AFTER,
            action=action,
            because=because,
            needs=new.needs,
            body=spelled(new.body, self.names[1]),
            location=new.location,
        )

    def _changed(self, kind: Kind, old: Resource, new: Resource) -> Differing | None:
        if self._is_same(old, new):
            return None
        fields = (*self._fields(in_full(kind), old, new), *beside_body(old, new))
        if not fields:
            return None
        theirs, ours = Form(self._leaves(kind, old, 0)), Form(self._leaves(kind, new, 1))
        then = theirs.fingerprints
        found = differences(kind, ours, theirs, then, then)
        sent = [item for item in found if not ignored(item.path, new.lifecycle.ignore_changes)]
        forced = next((item.path for item in sent if kind.is_create_only(item.path)), None)
        action = self._action(kind, old, new, sent, forced)
        return Differing(
            address=new.address,
            side=Side.BOTH,
            action=action,
            forced_by=forced,
            because=self._because(kind, old, new, fields),
            needs=new.needs,
            fields=fields,
            protected=action is Action.REPLACE and new.address in self.protected,
            location=new.location,
        )

    def _is_same(self, old: Resource, new: Resource) -> bool:
        """Whether it need not be looked at closely."""
        moves = any(self._moves(ref.address, ref.attribute) for ref in refs_in(new.body))
        alike = old.body == new.body and old.texts == new.texts and self.names[0] == self.names[1]
        return alike and not moves and not any(beside_body(old, new))

    def _action(
        self, kind: Kind, old: Resource, new: Resource, sent: Sequence[Difference], forced: str | None
    ) -> Action:
        if forced is not None:
            return Action.REPLACE
        body, _ = update_body(kind, new.body, old.body, sent, new.lifecycle.ignore_changes)
        secrets = secrets_fingerprint(kind, new)
        again = secrets is not None and secrets != secrets_fingerprint(kind, old)
        return Action.UPDATE if body or again else Action.NO_OP

    def _because(
        self, kind: Kind, old: Resource, new: Resource, fields: Sequence[FieldChange]
    ) -> tuple[Address, ...]:
        """What it refers to that moves, where its own files say what they said."""
        found = dict.fromkeys(ref.address for item in fields for ref in refs_in(item.after))
        whole = in_full(kind)
        alike = self._leaves(whole, old, 0) == self._leaves(whole, new, 1, with_marks=False)
        return tuple(found) if found and alike and not any(beside_body(old, new)) else ()

    def _fields(self, kind: Kind, old: Resource, new: Resource) -> tuple[FieldChange, ...]:
        return fields_between(kind, old, new, self._leaves(kind, old, 0), self._leaves(kind, new, 1))

    def _leaves(
        self, kind: Kind, resource: Resource, side: int, *, with_marks: bool = True
    ) -> dict[str, Any]:
        """Leaf path -> value: references by address, and those that only apply can tell as references."""
        later: dict[str, Ref] = {}

        def mark(ref: Ref) -> Any:
            if not self._moves(ref.address, ref.attribute):
                return ref.as_json()
            # Sorted as the address is, and told from it.
            text = f"{ref.address if ref.attribute == 'id' else ref}{_LATER}"
            later[text] = ref
            return text

        marked = resource
        if side == 1 and with_marks and any(True for _ in refs_in(resource.body)):
            marked = resource.with_body(replace_refs(resource.body, mark))
        found = leaves_of(kind, marked, self.names[side])
        if not later:
            return found

        def unmarked(text: str) -> Any:
            return later[text].as_json() if text in later else text

        return {path: replace_texts(leaf, unmarked) for path, leaf in found.items()}

    def _moves(self, address: Address, attribute: str = "id") -> bool:
        """Whether only apply can tell what a reference stands for."""
        found = self.decided.get(address)
        if found is None:
            return False
        return found.action in _MOVES or (attribute == "version" and found.action is Action.UPDATE)

    # -- not in the files any more

    def _gone(self, address: Address, old: Resource) -> Differing:
        kind = self.catalog.of_address(address)
        parent = kind.parent_of(address)
        along = parent if parent is not None and parent in self.before and parent not in self.after else None
        ends = Action.ARCHIVE if kind.removal is Removal.ARCHIVE else Action.DELETE
        return Differing(
            address=address,
            side=Side.BEFORE,
            action=Action.FORGET if along is not None else ends,
            goes_with=along,
            kept=not self.stage.prune,
            protected=address in self.protected,
            needs=old.needs,
            body=spelled(old.body, self.names[0]),
            location=old.location,
        )
