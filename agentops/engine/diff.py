"""From differing leaves to what a reviewer reads and what an update sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentops.domain.canonical import Difference, same
from agentops.domain.kind import Clear, Field, Kind
from agentops.domain.plan import FieldChange
from agentops.domain.resource import Body

_NAMES_OF_ITEMS = ("type", "mcp_server_name", "name")
"""Members that name an object in a list, for showing a change where it happened."""


def field_changes(
    kind: Kind, before: Body, after: Body, found: Sequence[Difference]
) -> tuple[FieldChange, ...]:
    """The members that differ, from live to desired, in path order.

    Nested objects are walked, and objects in lists are told apart by what names them, so that one
    permission of one tool is one change and not two lists of tools.
    """
    changes: list[FieldChange] = []
    for item in found:
        name = item.path.partition(".")[0]
        if kind.fields[name].digest is not None:  # compared by digest, shown by content
            changes.append(FieldChange(path=name, before=before.get(name), after=after.get(name)))
        else:
            changes.extend(_members(item.path, item.live, item.desired))
    return tuple(changes)


def _members(path: str, before: Any, after: Any) -> Iterator[FieldChange]:
    old, new = _named_members(before), _named_members(after)
    if old is None or new is None:
        if not same(before, after):
            yield FieldChange(path=path, before=before, after=after)
        return
    if list(old) != list(new) and old.keys() == new.keys():
        yield FieldChange(path=path, before=before, after=after)  # another order
        return
    for key in dict.fromkeys([*old, *new]):
        yield from _members(f"{path}{key}", old.get(key), new.get(key))


def _named_members(value: Any) -> dict[str, Any] | None:
    """The members of an object, or the objects of a list by name; None for what has no parts worth naming."""
    if isinstance(value, Mapping):
        return {f".{key}": member for key, member in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        named = {f"[{label}]": item for item in value if (label := _label(item))}
        return named if len(named) == len(value) else None
    return None


def _label(item: Mapping[str, Any]) -> str:
    parts = [str(item[name]) for name in _NAMES_OF_ITEMS if isinstance(item.get(name), str)]
    return parts[-1] if len(parts) > 1 and parts[0] == parts[-1] else ":".join(parts)


def update_body(
    kind: Kind, desired: Body, live: Body, found: Sequence[Difference], ignored: Sequence[str] = ()
) -> tuple[Body, tuple[str, ...]]:
    """What an update sends so that the differing leaves become what the file asks for.

    Fields the API replaces are sent whole and as written, but for members that are ``ignored``, which are
    sent as they are; of fields it merges, only what changes. What is no longer in the file is cleared.

    Returns:
        The body, and the paths that the API offers no way to clear.
    """
    body: Body = {}
    stuck: list[str] = []
    by_field: dict[str, list[Difference]] = {}
    for item in found:
        by_field.setdefault(item.path.partition(".")[0], []).append(item)
    for name, items in by_field.items():
        spec = kind.fields[name]
        if spec.merges and spec.foreign_keys:
            body[name] = {item.path.removeprefix(f"{name}."): item.desired for item in items}
        elif spec.merges:
            wanted = kind.complete(desired).get(name, spec.default)
            body[name] = _partial(wanted, [tuple(item.path.split(".")[1:]) for item in items])
        elif desired.get(name) is not None:
            body[name] = _whole(kind, desired, live, name, items, ignored)
        elif spec.clear is Clear.NEVER:
            stuck.extend(item.path for item in items)
        else:
            body[name] = _cleared(spec)
    return body, tuple(stuck)


def _cleared(spec: Field) -> Any:
    return "" if spec.clear is Clear.EMPTY else None


def _whole(
    kind: Kind, desired: Body, live: Body, name: str, items: Sequence[Difference], ignored: Sequence[str]
) -> Any:
    """The field as written, with null for members the registry would otherwise keep (``model.effort``), and
    with the live value of members that are left to others."""
    resets = {
        item.path.removeprefix(f"{name}."): None
        for item in items
        if item.path in kind.undetermined and item.desired is None
    }
    there = kind.complete(live).get(name)
    kept = {
        member: there[member]
        for member in (path.removeprefix(f"{name}.") for path in ignored if path.startswith(f"{name}."))
        if isinstance(there, Mapping) and member in there
    }
    return {**kind.complete(desired)[name], **resets, **kept} if resets or kept else desired[name]


def _partial(wanted: Any, changed: Sequence[tuple[str, ...]]) -> Any:
    """Only the members that change, plus the ``type`` that says which shape they belong to.

    A changed ``type`` sends the whole object: nothing of another shape can be kept.
    """
    if not isinstance(wanted, Mapping) or ("type",) in changed or () in changed:
        return wanted
    part: Body = {"type": wanted["type"]} if "type" in wanted else {}
    for key in dict.fromkeys(path[0] for path in changed):
        part[key] = _partial(wanted.get(key), [path[1:] for path in changed if path[0] == key])
    return part
