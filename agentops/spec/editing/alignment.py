"""Which item of a list became which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from agentops.domain.canonical import canonical_json

Pair = tuple[int | None, int | None]
"""An item before, and after; None where there is none."""

_NAMES = ("mcp_server_name", "name", "skill_id", "agent_id", "id", "path", "mcp", "type")
"""Members that name an object in a list, the most telling first."""


def aligned(before: Sequence[Any], after: Sequence[Any]) -> list[Pair]:
    """Equal items belong together, then those that have a name in common, then those in the same place."""
    old, new = [canonical_json(item) for item in before], [canonical_json(item) for item in after]
    pairs: list[Pair] = []
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs += zip(range(first, last), range(start, end), strict=True)
        else:
            pairs += _replaced(before, after, range(first, last), range(start, end))
    if len(old) == len(new):
        in_place = sum(one != other for one, other in zip(old, new, strict=True))
        moved = sum(first is None or last is None or old[first] != new[last] for first, last in pairs)
        if in_place <= moved:
            return [(index, index) for index in range(len(old))]
    return pairs


def _replaced(before: Sequence[Any], after: Sequence[Any], olds: range, news: range) -> list[Pair]:
    if len(olds) == len(news):
        return list(zip(olds, news, strict=True))
    pairs: list[Pair] = []
    rest = list(news)
    for old in olds:
        found = next((new for new in rest if _named_alike(before[old], after[new])), None)
        if found is None:
            pairs.append((old, None))
            continue
        while rest[0] != found:
            pairs.append((None, rest.pop(0)))
        pairs.append((old, rest.pop(0)))
    pairs += [(None, new) for new in rest]
    return pairs


def _named_alike(one: Any, other: Any) -> bool:
    if not (isinstance(one, Mapping) and isinstance(other, Mapping)):
        return False
    for name in _NAMES:
        if name in one or name in other:
            return canonical_json(one.get(name)) == canonical_json(other.get(name))
    return bool(one.keys() & other.keys())
