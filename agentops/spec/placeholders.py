"""Values that a template left for somebody to fill in: ``YOUR_ENV_ID``, ``REPLACE_ME``, ``<agent-id>``.

Only as the whole value of an ID, a URL or a name: inside a prompt such words may well be meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.kind import EACH, Kind
from agentops.spec.located import LocatedDict, LocatedList

_PLACEHOLDER = re.compile(r"YOUR[_-][A-Z0-9_-]+|REPLACE[_-]?ME|<[^<>]+>")
_NAMING = frozenset({"name", "id", "url"})
_NAMING_ENDS = ("_name", "_id", "_ids", "_url")
_FREE = frozenset({"metadata", "input_schema", "vars"})
"""Members whose keys are the user's own."""


def is_placeholder(value: object) -> bool:
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value.strip()) is not None


def placeholders(kind: Kind, body: LocatedDict) -> Iterator[Diagnostic]:
    """An error for each place in a body where a real value is still missing."""
    slots = {next(step for step in reversed(slot.path) if step != EACH) for slot in kind.slots}
    for name, at in _named(body, slots):
        yield still_to_fill_in(name, at)


def still_to_fill_in(name: str, at: Location) -> Diagnostic:
    """The value is not repeated: somebody may have put a secret between the brackets."""
    return error(
        Code.PLACEHOLDER,
        f"'{name}' still has the placeholder of a template",
        "put the real value there; nothing is planned while a placeholder stands in a name, an ID or a URL",
        location=at,
    )


def _named(tree: Any, slots: Collection[str]) -> Iterator[tuple[str, Location]]:
    if isinstance(tree, LocatedList):
        for item in tree:
            yield from _named(item, slots)
    if not isinstance(tree, LocatedDict):
        return
    for key, value in tree.items():
        if key in slots or key in _NAMING or key.endswith(_NAMING_ENDS):
            yield from ((key, at) for text, at in _texts(value, tree.place(key)) if is_placeholder(text))
        if key not in _FREE and isinstance(value, Mapping | list):
            yield from _named(value, slots)


def _texts(value: Any, at: Location) -> Iterator[tuple[str, Location]]:
    if isinstance(value, str):
        yield value, at
    elif isinstance(value, LocatedList):
        yield from ((item, value.place(index)) for index, item in enumerate(value) if isinstance(item, str))
