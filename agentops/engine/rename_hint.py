"""A plan that would create what it lets go under another name: probably a rename, and how to say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from agentops.domain.address import Address
from agentops.domain.canonical import Form, field_of, fingerprint, form
from agentops.domain.diagnostics import Code, Diagnostic, warning
from agentops.domain.kind import Catalog, Kind
from agentops.domain.plan import Action, Change, Plan, Reason
from agentops.domain.resource import Ref, replace_refs
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.state import DesiredState, LiveObject, LiveState, Lock, LockEntry
from agentops.engine.moves import named_after, stores_of

ALIKE = 0.8
"""From which on two bodies are taken for one that was edited; their names being alike as well, a bit less."""

_ALIKE_BY_NAME = 0.6
_MOST_COMPARED = 400
"""Pairs of which nothing is the same to the byte that are compared for their likeness; in a plan of more of
them nobody would read it."""

_MOST_ALIKE = 20
_SHORT = 1000
_LINES = 400
_FEW_LINES = 20
"""Up to so many characters two texts are compared one by one; of longer ones so many lines or words."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """``old`` has no file any more, and ``new`` is to be created. likeness: of their bodies, 0 to 1."""

    old: Address
    new: Address
    likeness: float
    names: float
    removed: Change | None
    created: Change
    path: str | None

    @property
    def counts(self) -> bool:
        return self.likeness >= (_ALIKE_BY_NAME if self.names >= _ALIKE_BY_NAME else ALIKE)


class _Old:
    """What no file asks for any more. sent, seen: fingerprints of what was last sent, and of what is there,
    without the name."""

    def __init__(
        self,
        address: Address,
        removed: Change | None,
        found: LiveObject | None,
        entry: LockEntry | None,
        catalog: Catalog,
    ) -> None:
        kind = catalog.of_address(address)
        self.address = address
        self.removed = removed
        self.entry = entry
        self.parent = kind.parent_of(address)
        self.form = form(kind, found.body) if found is not None else Form({})
        self.sent = _without_name(kind, entry.applied if entry is not None else {})
        self.seen = _without_name(kind, self.form.fingerprints)


class _New:
    """What is to be created."""

    def __init__(self, change: Change, kind: Kind, wanted: Form) -> None:
        self.change = change
        self.kind = kind
        self.parent = kind.parent_of(change.address)
        self.form = wanted
        self.content = _without_name(kind, wanted.fingerprints)


def with_hints(catalog: Catalog, plan: Plan, desired: DesiredState, live: LiveState, lock: Lock) -> Plan:
    """The plan with a warning for each rename that it seems to hold."""
    found = _renames(catalog, plan, desired, live, lock)
    if not found:
        return plan
    hints = tuple(_hint(pair, plan.stage) for pair in found)
    removed = {change.address for change in plan.changes if change.action.removes}
    risks = {pair.old: [_risk(pair)] for pair in found if pair.old in removed}
    return plan.with_risks(risks).with_diagnostics(hints)


def _renames(catalog: Catalog, plan: Plan, desired: DesiredState, live: LiveState, lock: Lock) -> list[_Pair]:
    """Of the likely pairs the best ones; each address is in one of them. What lives in a parent goes with
    it."""
    gone = _gone(plan)
    news = [*_created(catalog, plan, desired, lock)] if gone else []
    kinds = {it.change.address.kind for it in news}
    olds = [
        _Old(address, removed, _object(live, address), lock.resources.get(address), catalog)
        for address, removed in gone.items()
        if address.kind in kinds and catalog.of_address(address).parent_of(address) not in gone
    ]
    best = _best(_same(olds, news))
    taken = {address for pair in best for address in (pair.old, pair.new)}
    olds = [it for it in olds if it.address not in taken]
    news = [it for it in news if it.change.address not in taken]
    if len(olds) * len(news) <= _MOST_COMPARED:
        best += _best(_alike(olds, news))
    along = {
        (named_after(store, pair.new, pair.old), store)
        for pair in best
        for store in stores_of(desired, pair.new)
    }
    return sorted((it for it in best if (it.old, it.new) not in along), key=lambda it: it.new)


def _best(pairs: Iterable[_Pair]) -> list[_Pair]:
    found: dict[Address, _Pair] = {}
    for pair in sorted(pairs, key=lambda it: (-it.likeness, -it.names, it.new, it.old)):
        if pair.old not in found and pair.new not in found:
            found[pair.old] = found[pair.new] = pair
    return [pair for address, pair in found.items() if address == pair.new]


def _gone(plan: Plan) -> dict[Address, Change | None]:
    """What no file asks for any more, and what is done about it."""
    removed = {
        change.address: change
        for change in plan.changes
        if change.action.removes and change.reason is Reason.REMOVED_FROM_FILES
    }
    return {**{item.address: None for item in plan.orphans}, **removed}


def _created(catalog: Catalog, plan: Plan, desired: DesiredState, lock: Lock) -> Iterator[_New]:
    for change in plan.changes:
        resource = desired.resources.get(change.address)
        if change.action is Action.CREATE and change.reason is Reason.NEW and resource is not None:
            kind = catalog.of_address(change.address)
            body = replace_refs(resource.body, lambda ref: _known(ref, lock))
            yield _New(change, kind, form(kind, body))


def _same(olds: Sequence[_Old], news: Sequence[_New]) -> Iterator[_Pair]:
    by_content: dict[tuple[object, ...], list[_New]] = defaultdict(list)
    for new in news:
        if content := new.content:
            by_content[(new.change.address.kind, new.parent, frozenset(content.items()))].append(new)
    for old in olds:
        keys = {frozenset(content.items()) for content in (old.sent, old.seen)}
        for key in keys:
            for new in by_content.get((old.address.kind, old.parent, key), ())[:_MOST_ALIKE]:
                yield _pair(old, new, 1.0)


def _alike(olds: Sequence[_Old], news: Sequence[_New]) -> Iterator[_Pair]:
    for new in news:
        for old in olds:
            if (old.address.kind, old.parent) == (new.change.address.kind, new.parent):
                pair = _pair(old, new, _likeness(old, new))
                if pair.counts:
                    yield pair


def _pair(old: _Old, new: _New, likeness: float) -> _Pair:
    names = _ratio(old.address.name, new.change.address.name)
    path = old.entry.path if old.entry is not None else None
    return _Pair(old.address, new.change.address, likeness, names, old.removed, new.change, path)


def _object(live: LiveState, address: Address) -> LiveObject | None:
    carriers = live.carriers.get(address, ())
    return live.objects.get(address) or (carriers[0] if carriers else None)


def _likeness(old: _Old, new: _New) -> float:
    """How much of a body is the same, its name left out. Where it has text, that is what it is about."""
    text = new.kind.text_field or ""
    mine, other = new.form.leaves.get(text), old.form.leaves.get(text)
    if isinstance(mine, str) and isinstance(other, str):
        return _ratio(other, mine)
    return max(_share(new.content, old.sent), _share(new.content, old.seen))


def _known(ref: Ref, lock: Lock) -> object:
    entry = lock.resources.get(ref.address)
    if entry is None or not entry.id:
        return ref.as_json()
    return entry.id if ref.attribute == "id" else entry.version


def _without_name(kind: Kind, found: Mapping[str, str]) -> dict[str, str]:
    names = {kind.default_name, kind.unique_name, kind.bundle.directory if kind.bundle is not None else None}
    # What is left to the registry, and what others write, tells nothing.
    told = kind.undetermined
    empty = fingerprint(None)
    return {
        path: value
        for path, value in found.items()
        if field_of(path) not in names and path not in told and value != empty
    }


def _share(one: Mapping[str, str], other: Mapping[str, str]) -> float:
    paths = one.keys() | other.keys()
    return sum(one.get(path) == other.get(path) for path in paths) / len(paths) if paths else 0.0


def _ratio(one: str, other: str) -> float:
    """How much of two texts is the same: by character, of long ones by line, or by word where lines are
    few. Where it is certainly too little, only an upper bound is told."""
    if one == other:
        return 1.0
    matcher = SequenceMatcher(None, *_pieces(one, other), autojunk=False)
    for bound in (matcher.real_quick_ratio, matcher.quick_ratio):
        if (most := bound()) < _ALIKE_BY_NAME:
            return most
    return matcher.ratio()


def _pieces(one: str, other: str) -> tuple[Sequence[str], Sequence[str]]:
    """Few enough of them that comparing takes no time."""
    if len(one) + len(other) <= _SHORT:
        return one, other
    lines = one.splitlines()[:_LINES], other.splitlines()[:_LINES]
    if min(map(len, lines)) >= _FEW_LINES:
        return lines
    return one.split()[:_LINES], other.split()[:_LINES]


def _risk(pair: _Pair) -> Risk:
    return Risk(
        level=Level.HIGH,
        label=Label.RENAMED,
        sentence=f"{pair.new}, which this plan creates, {_has(pair)}; AO038 below says how to keep this one",
    )


def _has(pair: _Pair) -> str:
    share = "has the same content"
    return share if pair.likeness == 1.0 else f"has {pair.likeness:.0%} of the same content"


def _hint(pair: _Pair, stage: str) -> Diagnostic:
    old, new = pair.old, pair.new
    was = f" ({pair.path})" if pair.path else ""
    if pair.removed is not None:
        verb = "archived" if pair.removed.action is Action.ARCHIVE else "deleted"
        becomes = (
            f"would be {verb} for good and {new} created in its place, with a new ID and no history; it "
            f"{_has(pair)}"
        )
    else:
        becomes = f"is in no file any more, and {new}, to be created, {_has(pair)}"
    return warning(
        Code.RENAMED,
        f"{old}{was} {becomes}: was it renamed?",
        "if so, nothing need be created. For every stage, in agentops.yaml:\n"
        "  moved:\n"
        f"    - {{from: {old}, to: {new}}}\n"
        f"or for this one alone: `agentops lock mv {old} {new} --stage {stage}`",
        address=new,
        location=pair.created.location,
    )
