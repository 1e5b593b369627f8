"""Their change, made to the value as our file writes it: in short forms, without the registry's defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agentops.domain.canonical import form, identity_of, same
from agentops.domain.kind import EACH, Kind
from agentops.spec.editing.alignment import Pair, aligned
from agentops.spec.editing.splice import Unwritable
from agentops.spec.editing.template import retold

Path = tuple[str | int, ...]

MISSING: Any = object()
"""Stands for a member that is not there."""

_TYPE = "type"
_CONFIGS, _DEFAULT = "configs", "default_config"

NameOf = Callable[[Any, Path], Any]
"""What our files write for a value with IDs of others; raises Unwritable where they cannot."""


@dataclass(frozen=True, slots=True)
class Patcher:
    """kind: of the body. field: what it is about. target: that field as the registry has it, complete.
    name: what is written for an ID. short: the member that a text stands for, instead of a mapping."""

    kind: Kind
    field: str
    target: Any
    named: NameOf
    short: str | None = None

    def patched(self, written: Any, ours: Any, theirs: Any, path: Path = ()) -> Any:
        """``written`` as it has to be for what is complete as ``theirs``; it is complete as ``ours`` now."""
        if same(ours, theirs):
            return written
        if theirs is None or theirs is MISSING:
            return MISSING
        slot = self._is_slot(path)
        if written is MISSING or written is None or ours is None or slot:
            return self.named(self.trimmed(theirs, path), path) if not slot else self.named(theirs, path)
        if isinstance(theirs, Mapping) and isinstance(ours, Mapping):
            return self._mapping(written, ours, theirs, path)
        if isinstance(theirs, list) and isinstance(ours, list) and isinstance(written, list):
            return self._list(written, ours, theirs, path)
        if isinstance(written, str) and isinstance(theirs, str) and isinstance(ours, str) and written != ours:
            if (text := retold(written, ours, theirs)) is None:
                raise Unwritable(
                    "it comes from a template's expression; change that, or what it stands for", 0
                )
            return text
        return self.named(self.trimmed(theirs, path), path)

    def _mapping(self, written: Any, ours: Mapping[str, Any], theirs: Mapping[str, Any], path: Path) -> Any:
        if not isinstance(written, Mapping):
            if self.short is None or path or self.short not in ours:
                raise Unwritable("it is written in a short form that has no place for this", 0)
            if all(same(ours.get(key), theirs.get(key)) for key in {*ours, *theirs} - {self.short}):
                return theirs[self.short]
            written = {self.short: written}
        result = dict(written)
        for key in dict.fromkeys([*ours, *theirs]):
            before, after = ours.get(key, MISSING), theirs.get(key, MISSING)
            there = written.get(key, MISSING)
            inherits = key == _CONFIGS and isinstance(there, list)
            moved = inherits and not same(ours.get(_DEFAULT), theirs.get(_DEFAULT))
            if before is not MISSING and after is not MISSING and same(before, after) and not moved:
                continue
            if before is MISSING and (after is None or after is MISSING):
                continue
            if inherits:
                made = self._configs(
                    there, before, after, (*path, key), ours.get(_DEFAULT), theirs.get(_DEFAULT)
                )
            else:
                made = self.patched(there, None if before is MISSING else before, after, (*path, key))
            if made is MISSING or made in ({}, []):  # empty is absent
                result.pop(key, None)
            else:
                result[key] = made
        if same(ours.get(_TYPE), theirs.get(_TYPE)):
            return result
        # What one type has as null, another may not know at all.
        return {key: value for key, value in result.items() if value is not None or key in theirs}

    def _configs(
        self, written: list[Any], ours: Any, theirs: Any, path: Path, usual: Any, usual_now: Any
    ) -> list[Any]:
        """The entries of a toolset, by name. Complete, it has only those that differ from its default, in
        another order. Where the default is what it was, what says the same as it may stay."""
        keep = same(usual, usual_now)
        before = {item.get("name"): item for item in ours} if isinstance(ours, list) else {}
        places = {
            item.get("name"): place for place, item in enumerate(theirs if isinstance(theirs, list) else [])
        }
        result: list[Any] = []
        for item in written:
            name = item.get("name") if isinstance(item, Mapping) else None
            place = places.pop(name, None)
            if place is None:
                if name not in before and keep:
                    result.append(item)
            elif name in before:
                made = self.patched(item, before[name], theirs[place], (*path, place))
                result.append(made if keep else _said(made, theirs[place], usual_now))
            else:
                result.append(self._new(theirs[place], (*path, place)))
        return result + [self._new(theirs[place], (*path, place)) for place in sorted(places.values())]

    def _list(self, written: list[Any], ours: list[Any], theirs: list[Any], path: Path) -> list[Any]:
        pairs = self.pairs(ours, theirs, path)
        if len(written) != len(ours):
            if any(old is None or new is None or not same(ours[old], theirs[new]) for old, new in pairs):
                kept = [old for old, new in pairs if old is not None and new is not None]
                only_more = len(kept) == len(ours) and all(
                    same(ours[old], theirs[new]) for old, new in pairs if old is not None and new is not None
                )
                if not only_more:
                    raise Unwritable("a pattern or a shorthand stands for several items of this list", 0)
                added = [new for old, new in pairs if old is None and new is not None]
                return [*written, *(self._new(theirs[new], (*path, new)) for new in added)]
            return written
        result: list[Any] = []
        for old, new in pairs:
            if new is None:
                continue
            if old is None:
                result.append(self._new(theirs[new], (*path, new)))
            else:
                result.append(self.patched(written[old], ours[old], theirs[new], (*path, new)))
        return result

    def _new(self, value: Any, path: Path) -> Any:
        return self.named(value if self._is_slot(path) else self.trimmed(value, path), path)

    def pairs(self, ours: Sequence[Any], theirs: Sequence[Any], path: Path = ()) -> list[Pair]:
        """Which item became which. An unordered list keeps our order, and what is new comes last."""
        identity = self.kind.fields[self.field].identity
        if path or not identity:
            return aligned(ours, theirs)
        places: dict[str, list[int]] = {}
        for index, item in enumerate(theirs):
            places.setdefault(identity_of(item, identity), []).append(index)
        pairs: list[Pair] = []
        for index, item in enumerate(ours):
            found = places.get(identity_of(item, identity))
            pairs.append((index, found.pop(0) if found else None))
        return pairs + [
            (None, index) for index in sorted(rest for found in places.values() for rest in found)
        ]

    def _is_slot(self, path: Path) -> bool:
        steps = (self.field, *(EACH if isinstance(step, int) else step for step in path))
        return any(slot.path == steps for slot in self.kind.slots)

    def trimmed(self, value: Any, path: Path) -> Any:
        """A value without what the registry fills in: the fewest members that are complete as the same."""
        if not isinstance(value, Mapping | list) or not value:
            return value
        if isinstance(value, list):
            return [self.trimmed(item, (*path, index)) for index, item in enumerate(value)]
        left = dict(value)
        for key in value:
            without = {name: member for name, member in left.items() if name != key}
            # What has a name may be known by that alone; what has none is told by its type.
            kept = {"name"} if "name" in value and path[-2:-1] == (_CONFIGS,) else {"type", "name"}
            if key not in kept and self._completes(without, path):
                left = without
        if path[-2:-1] == (_CONFIGS,):
            left = {key: left[key] for key in sorted(left, key=lambda key: key != "name")}
        return {key: self.trimmed(member, (*path, key)) for key, member in left.items()}

    def _completes(self, part: Any, path: Path) -> bool:
        whole = _with(self.target, path, part)
        try:
            made = form(self.kind, {self.field: whole}).fingerprints
            return made == form(self.kind, {self.field: self.target}).fingerprints
        except (TypeError, ValueError, AttributeError, KeyError):
            return False


def _said(written: Any, whole: Mapping[str, Any], usual: Any) -> Any:
    """An entry that says itself what it no longer has from a default."""
    if not isinstance(written, Mapping) or not isinstance(usual, Mapping):
        return written
    missing = [key for key in usual if key not in written and not same(whole.get(key), usual[key])]
    return {**written, **{key: whole[key] for key in missing if key in whole}}


def _with(tree: Any, path: Path, part: Any) -> Any:
    if not path:
        return part
    step, rest = path[0], path[1:]
    if isinstance(tree, list) and isinstance(step, int):
        return [_with(item, rest, part) if index == step else item for index, item in enumerate(tree)]
    if isinstance(tree, Mapping):
        return {**tree, step: _with(tree.get(step), rest, part)}
    return tree
