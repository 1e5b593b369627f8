"""From differing leaves to what a reviewer reads and what an update sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from agentops.domain.canonical import Difference, field_of, same
from agentops.domain.kind import Clear, Field, Kind
from agentops.domain.plan import FieldChange
from agentops.domain.resource import Body, as_ref
from agentops.domain.secret import as_secret, secrets_in

TEXTS = "texts"
"""Where a body that is to be shown has the texts of its bundle, by SHA-256; no field of any kind."""

_NAMES_OF_ITEMS = ("type", "mcp_server_name", "name")
"""Members that name an object in a list, for showing a change where it happened."""


Names = Mapping[str, str]
"""ID -> address, of what the lock records."""


def field_changes(
    kind: Kind, before: Body, after: Body, found: Sequence[Difference], names: Names = MappingProxyType({})
) -> tuple[FieldChange, ...]:
    """The members that differ, from live to desired, in path order.

    Nested objects are walked, and objects in lists are told apart by what names them, so that one
    permission of one tool is one change and not two lists of tools. What they refer to is named by address.
    """
    changes: list[FieldChange] = []
    for item in found:
        name = field_of(item.path)
        if kind.bundle is not None and name == kind.bundle.field:
            changes.append(_file_change(item.path, item.live, item.desired, before, after))
        elif kind.fields[name].digest is not None:  # compared by digest, shown by content
            changes.append(FieldChange(path=name, before=before.get(name), after=after.get(name)))
        else:
            changes.extend(_members(item.path, item.live, item.desired, names))
    return tuple(changes)


def created_fields(kind: Kind, body: Body) -> tuple[FieldChange, ...]:
    """The fields of what is created, a bundle file by file."""
    found: list[FieldChange] = []
    for name, value in body.items():
        if kind.bundle is not None and name == kind.bundle.field:
            found.extend(
                _file_change(f"{name}.{path}", None, entry, {}, body) for path, entry in value.items()
            )
        elif name in kind.fields:
            found.append(FieldChange(path=name, after=value))
    return tuple(found)


def _file_change(path: str, old: Any, new: Any, before: Body, after: Body) -> FieldChange:
    """One file of a bundle: ``files[SKILL.md]``, as text where it is one and at hand, else size and hash."""
    name, _, file = path.partition(".")

    def shown(entry: Any, body: Body) -> Any:
        return None if entry is None else body.get(TEXTS, {}).get(entry["sha256"], entry)

    return FieldChange(path=f"{name}[{file}]", before=shown(old, before), after=shown(new, after))


def _members(path: str, before: Any, after: Any, names: Names) -> Iterator[FieldChange]:
    old, new = _named_members(before, names), _named_members(after, names)
    if old is None or new is None:
        if not same(before, after):
            yield FieldChange(path=path, before=before, after=after)
        return
    if list(old) != list(new) and old.keys() == new.keys():
        yield FieldChange(path=path, before=before, after=after)  # another order
        return
    for key in dict.fromkeys([*old, *new]):
        yield from _members(f"{path}{key}", old.get(key), new.get(key), names)


def _named_members(value: Any, names: Names) -> dict[str, Any] | None:
    """The members of an object, or the objects of a list by name; None for what has no parts worth naming."""
    if as_ref(value) is not None:
        return None
    if isinstance(value, Mapping):
        return {f".{key}": member for key, member in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        named = {f"[{label}]": item for item in value if (label := _label(item, names))}
        return named if len(named) == len(value) else None
    return None


def _label(item: Mapping[str, Any], names: Names) -> str:
    """What an item refers to, else its type and name."""
    for member, id in item.items():
        if member == "id" or member.endswith("_id"):
            if (ref := as_ref(id)) is not None:
                return str(ref.address)
            if isinstance(id, str):
                return names.get(id, id)
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
        by_field.setdefault(field_of(item.path), []).append(item)
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


def with_secrets(kind: Kind, desired: Body, body: Body) -> Body:
    """The update with every secret in it: of fields the API merges only the members on the way to one."""
    paths: dict[str, list[tuple[str, ...]]] = {}
    for path, _ in secrets_in(desired):
        paths.setdefault(str(path[0]), []).append(tuple(map(str, path[1:])))
    found = dict(body)
    for name, within in paths.items():
        if not kind.fields[name].merges:
            found[name] = desired[name]
            continue
        along = [tuple(path.split(".")[1:]) for path in kind.unread if field_of(path) == name]
        sent = [*within, *(path for path in along if value_at(desired, ".".join((name, *path))) is not None)]
        found[name] = _joined(found.get(name), _partial(kind.complete(desired)[name], sent))
    return found


def _joined(one: Any, other: Any) -> Any:
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **{key: _joined(one.get(key), value) for key, value in other.items()}}
    return other


def dotted(path: Sequence[str | int]) -> str:
    """``resources[0].authorization_token``"""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def value_at(body: Body, path: str) -> Any:
    """The member that a leaf path names, None where there is none."""
    value: Any = body
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _cleared(spec: Field) -> Any:
    return "" if spec.clear is Clear.EMPTY else None


def _whole(
    kind: Kind, desired: Body, live: Body, name: str, items: Sequence[Difference], ignored: Sequence[str]
) -> Any:
    """The field as written, with null for members the registry would otherwise keep (``model.effort``), and
    with the live value of members that are left to others. Files of a bundle cannot be left: an upload holds
    all of them, and we have none but our own."""
    if kind.bundle is not None and name == kind.bundle.field:
        return desired[name]
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
    if not isinstance(wanted, Mapping) or as_secret(wanted) or ("type",) in changed or () in changed:
        return wanted
    part: Body = {"type": wanted["type"]} if "type" in wanted else {}
    for key in dict.fromkeys(path[0] for path in changed):
        part[key] = _partial(wanted.get(key), [path[1:] for path in changed if path[0] == key])
    return part
