"""What the registry returned -> the body that a file has to have: no more than it takes to mean the same.

What the registry fills in by itself is left out, and so is what only it can set. Whether a member says
anything is not looked up anywhere: it is left out where the canonical form is the same without it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from pydantic import ValidationError

from agentops.domain.canonical import field_of, form
from agentops.domain.kind import OWNER_KEY, Kind
from agentops.domain.resource import Body
from agentops.domain.secret import KEY as SECRET
from agentops.spec.secret_places import Place, secret_places

_FIRST = ("type", "id", "name")
"""Members that say what the others are about."""


def lean_body(kind: Kind, live: Body) -> Body:
    """The members in the order of the kind's schema, without those that only repeat a default."""
    full = _own(kind, live)
    lean = {name: _lean(kind, name, value) for name, value in full.items() if _says(kind, name, value)}
    return lean if _valid(kind, lean) or not _valid(kind, full) else full


def _own(kind: Kind, live: Body) -> Body:
    complete = copy.deepcopy(kind.complete(live))
    body = {
        name: _ordered(complete[name]) for name in kind.schema.model_fields if complete.get(name) is not None
    }
    for name, spec in kind.fields.items():
        if spec.foreign_keys and isinstance(body.get(name), dict):
            body[name].pop(OWNER_KEY, None)
    if kind.switch is not None and body.get(kind.switch.field) is False:
        del body[kind.switch.field]  # a state that nobody asked for stays with whoever switches
    return body


def _says(kind: Kind, name: str, value: Any) -> bool:
    return form(kind, {name: value}).leaves != form(kind, {}).leaves or _is_required(kind, name)


def _is_required(kind: Kind, name: str) -> bool:
    return kind.schema.model_fields[name].is_required()


def _lean(kind: Kind, name: str, value: Any) -> Any:
    if name in kind.written_out:  # leaving a member out says something there
        return value
    lean = copy.deepcopy(value)
    for part in [[item] for item in lean] if isinstance(lean, list) else [lean]:
        _drop(kind, name, part)
    for path in kind.unread:
        _remove(lean, path.split(".")[1:] if field_of(path) == name else [])
    same = form(kind, {name: lean}).fingerprints == form(kind, {name: value}).fingerprints
    return lean if same else value


def _drop(kind: Kind, name: str, value: Any) -> None:
    """Take out every member that the kind fills in again. The items of a list are looked at one by one, which
    is much less to complete each time."""
    holder = {name: value}
    wanted = kind.complete(copy.deepcopy(holder)).get(name)
    for mapping in _mappings(value):
        for key in list(mapping):
            kept = dict(mapping)
            del mapping[key]
            if kind.complete(holder).get(name) != wanted:
                mapping.clear()
                mapping.update(kept)


def _remove(value: Any, path: list[str]) -> None:
    for step in path[:-1]:
        value = value.get(step) if isinstance(value, dict) else None
    if path and isinstance(value, dict):
        value.pop(path[-1], None)


def _mappings(value: Any) -> Iterator[MutableMapping[str, Any]]:
    """Every mapping, outer ones first: with one that says nothing what is in it goes as well."""
    if isinstance(value, dict):
        yield value
        for member in list(value.values()):
            yield from _mappings(member)
    elif isinstance(value, list):
        for item in value:
            yield from _mappings(item)


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        first = [key for key in _FIRST if key in value and isinstance(value[key], str)]
        return {key: _ordered(value[key]) for key in (*first, *(key for key in value if key not in first))}
    return [_ordered(item) for item in value] if isinstance(value, list) else value


def _valid(kind: Kind, body: Body) -> bool:
    try:
        kind.schema.model_validate(with_secrets(kind, body, lambda _: "env:X")[0])
    except ValidationError:
        return False
    return True


def with_secrets(kind: Kind, body: Body, reference: Any) -> tuple[Body, tuple[Place, ...]]:
    """The body with ``reference(place)`` wherever the API takes a secret, and those places."""
    if not kind.secrets:
        return body, ()
    made = copy.deepcopy(body)
    places = tuple(secret_places(kind.schema, made))
    for place in places:
        holder: Any = made
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = {SECRET: reference(place)}
    return made, places
