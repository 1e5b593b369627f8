"""A plan that would create what it lets go under another name: probably a rename, and how to say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher

from agentops.domain.address import Address
from agentops.domain.canonical import Form, field_of, fingerprint, form
from agentops.domain.diagnostics import Code, Diagnostic, in_order, warning
from agentops.domain.kind import Catalog, Kind
from agentops.domain.plan import Action, Change, Plan, Reason, Risk
from agentops.domain.resource import Ref, Resource, replace_refs
from agentops.domain.state import DesiredState, LiveObject, LiveState, Lock, LockEntry
from agentops.engine.moves import named_after, stores_of

ALIKE = 0.8
"""From which on two bodies are taken for one that was edited; their names being alike as well, a bit less."""

_ALIKE_BY_NAME = 0.6
_LONGEST_COMPARED = 20_000
"""Characters of a prompt that are compared; beyond that only what its lines have in common would be told."""


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


def with_hints(catalog: Catalog, plan: Plan, desired: DesiredState, live: LiveState, lock: Lock) -> Plan:
    """The plan with a warning for each rename that it seems to hold."""
    found = _renames(catalog, plan, desired, live, lock)
    if not found:
        return plan
    hints = tuple(_hint(pair, plan.stage) for pair in found)
    risks = {pair.old: _risk(pair) for pair in found}
    changes = tuple(
        change.model_copy(update={"risks": (*change.risks, risks[change.address])})
        if change.action.removes and change.address in risks
        else change
        for change in plan.changes
    )
    said = in_order([*plan.diagnostics, *hints])
    return plan.model_copy(update={"changes": changes, "diagnostics": said})


def _renames(catalog: Catalog, plan: Plan, desired: DesiredState, live: LiveState, lock: Lock) -> list[_Pair]:
    """Of the likely pairs the best ones; each address is in one of them. What lives in a parent goes with
    it."""
    pairs = [
        pair
        for pair in _pairs(catalog, plan, desired, live, lock)
        if pair.counts and catalog.of_address(pair.old).parent_of(pair.old) not in _gone(plan)
    ]
    best: list[_Pair] = []
    for pair in sorted(pairs, key=lambda it: (-it.likeness, -it.names, it.new, it.old)):
        if all(pair.old != other.old and pair.new != other.new for other in best):
            best.append(pair)
    along = {
        (named_after(store, pair.new, pair.old), store)
        for pair in best
        for store in stores_of(desired, pair.new)
    }
    return sorted((it for it in best if (it.old, it.new) not in along), key=lambda it: it.new)


def _gone(plan: Plan) -> dict[Address, Change | None]:
    """What no file asks for any more, and what is done about it."""
    removed = {
        change.address: change
        for change in plan.changes
        if change.action.removes and change.reason is Reason.REMOVED_FROM_FILES
    }
    return {**{item.address: None for item in plan.orphans}, **removed}


def _pairs(
    catalog: Catalog, plan: Plan, desired: DesiredState, live: LiveState, lock: Lock
) -> Iterator[_Pair]:
    gone = _gone(plan)
    for change in plan.changes:
        resource = desired.resources.get(change.address)
        if change.action is not Action.CREATE or change.reason is not Reason.NEW or resource is None:
            continue
        kind = catalog.of_address(change.address)
        for old, removed in gone.items():
            if old.kind != kind.name or kind.parent_of(old) != kind.parent_of(change.address):
                continue
            entry = lock.resources.get(old)
            yield _Pair(
                old=old,
                new=change.address,
                likeness=_likeness(kind, resource, entry, _object(live, old), lock),
                names=_ratio(old.name, change.address.name),
                removed=removed,
                created=change,
                path=entry.path if entry is not None else None,
            )


def _object(live: LiveState, address: Address) -> LiveObject | None:
    carriers = live.carriers.get(address, ())
    return live.objects.get(address) or (carriers[0] if carriers else None)


def _likeness(
    kind: Kind, resource: Resource, entry: LockEntry | None, found: LiveObject | None, lock: Lock
) -> float:
    """How much of a body is the same, its name left out. Where it has text, that is what it is about."""
    wanted = form(kind, replace_refs(resource.body, lambda ref: _known(ref, lock)))
    theirs = form(kind, found.body) if found is not None else Form({})
    recorded = dict(entry.applied) if entry is not None else {}
    ours, seen = _without_name(kind, wanted.fingerprints), _without_name(kind, theirs.fingerprints)
    sent = _without_name(kind, recorded)
    if ours in (sent, seen) and ours:
        return 1.0
    text = kind.text_field
    mine, other = wanted.leaves.get(text or ""), theirs.leaves.get(text or "")
    if isinstance(mine, str) and isinstance(other, str):
        return _ratio(other, mine)
    return max(_share(ours, sent), _share(ours, seen))


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
    if one == other:
        return 1.0
    first, second = one[:_LONGEST_COMPARED], other[:_LONGEST_COMPARED]
    by_word = len(first) + len(second) > 2000  # character by character a long prompt takes seconds
    matcher = (
        SequenceMatcher(None, first.split(), second.split(), autojunk=False)
        if by_word
        else SequenceMatcher(None, first, second, autojunk=False)
    )
    return matcher.ratio()


def _risk(pair: _Pair) -> Risk:
    return Risk(
        level="warning",
        label="renamed?",
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
