"""Plain values that remember where they were written.

A file becomes ordinary dicts, lists and scalars, so that every later step is ordinary Python; the dicts and
lists are subclasses that carry a place per key and per value. Steps that move nodes around (overlays,
includes, shorthands) move the places along, and an error is still reported in the file it was made in.
Trees are never changed once they are shared: a step that changes something works on a copy of that level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from agentops.domain.diagnostics import Location

Want = Literal["key", "value"]
Step = str | int


class LocatedDict(dict[str, Any]):
    """``at`` is where the mapping starts; ``keys_at`` and ``values_at`` say where its members are."""

    __slots__ = ("at", "keys_at", "values_at")

    def __init__(self, at: Location) -> None:
        super().__init__()
        self.at = at
        self.keys_at: dict[str, Location] = {}
        self.values_at: dict[str, Location] = {}

    @classmethod
    def of(cls, at: Location, members: Mapping[str, Any]) -> LocatedDict:
        """A mapping that stands for something written at ``at``, such as an expanded shorthand."""
        made = cls(at)
        for key, value in members.items():
            made.put(key, value, at)
        return made

    def put(self, key: str, value: Any, at: Location, key_at: Location | None = None) -> None:
        self[key] = value
        self.keys_at[key] = key_at or at
        self.values_at[key] = at

    def put_from(self, other: LocatedDict, key: str) -> None:
        """Take a member of another mapping over, with its places."""
        self.put(key, other[key], other.place(key), other.place(key, "key"))

    def without(self, *names: str) -> LocatedDict:
        """A copy that lacks these members."""
        kept = type(self)(self.at)
        for key in self:
            if key not in names:
                kept.put_from(self, key)
        return kept

    def place(self, key: str, want: Want = "value") -> Location:
        places = self.keys_at if want == "key" else self.values_at
        return places.get(key, self.at)


class LocatedList(list[Any]):
    """``at`` is where the list starts, ``items_at`` where each item does."""

    __slots__ = ("at", "items_at")

    def __init__(self, at: Location) -> None:
        super().__init__()
        self.at = at
        self.items_at: list[Location] = []

    @classmethod
    def of(cls, at: Location, items: Iterable[Any]) -> LocatedList:
        made = cls(at)
        for item in items:
            made.add(item, at)
        return made

    def add(self, item: Any, at: Location) -> None:
        self.append(item)
        self.items_at.append(at)

    def place(self, index: int) -> Location:
        return self.items_at[index] if index < len(self.items_at) else self.at


def locate(tree: Any, path: Sequence[Step], want: Want = "value") -> Location | None:
    """The place of a member, or of the nearest thing around it that is written down.

    Steps that match nothing are passed over, because the paths of schema errors also name union branches;
    of several ways through the tree the one that matches most steps counts.
    """
    return _walk(tree, tuple(path), want, _own_place(tree), {})[1]


def matched(tree: Any, path: Sequence[Step]) -> tuple[Step, ...]:
    """The steps of ``path`` that lead somewhere in the tree, union branches left out."""
    return _walk(tree, tuple(path), "value", None, {})[0]


_Way = tuple[tuple[Step, ...], Location | None]


def _walk(
    node: Any, path: tuple[Step, ...], want: Want, here: Location | None, known: dict[tuple[int, int], _Way]
) -> _Way:
    """The longest way from a node. ``known`` keeps it from walking the same way again for every choice."""
    if not path:
        return (), here
    mark = (id(node), len(path))
    if mark not in known:
        step, rest = path[0], path[1:]
        best = _walk(node, rest, want, here, known)
        if _leads_on(node, step):
            place = _member_place(node, step, "value" if rest else want) or here
            steps, found = _walk(node[step], rest, want, place, known)
            if len(steps) + 1 >= len(best[0]):
                best = (step, *steps), found
        known[mark] = best
    return known[mark]


def _leads_on(node: Any, step: Step) -> bool:
    if isinstance(node, Mapping):
        return step in node
    return isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node)


def _member_place(node: Any, step: Step, want: Want) -> Location | None:
    if isinstance(node, LocatedDict) and isinstance(step, str):
        return node.place(step, want)
    if isinstance(node, LocatedList) and isinstance(step, int):
        return node.place(step)
    return None


def _own_place(node: Any) -> Location | None:
    return node.at if isinstance(node, LocatedDict | LocatedList) else None


def plain(tree: Any) -> Any:
    """The same value without places: what is sent, saved and digested."""
    if isinstance(tree, Mapping):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    return tree
