"""Where the API takes a secret that a body lacks: it never returns one, and a file says where it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from agentops.spec.schema import _branches, _inside, _json_schema, _secrets_of

Place = tuple[str | int, ...]


def secret_places(model: type[BaseModel], body: Mapping[str, Any]) -> Iterator[Place]:
    """The paths of members that hold secrets by the shape of what is there, and are missing."""
    root = _json_schema(model)
    yield from _below(root, [root], body, ())


def _below(root: Mapping[str, Any], nodes: list[Any], value: Any, path: Place) -> Iterator[Place]:
    shapes = [shape for node in nodes for shape in _branches(root, node, value)]
    if isinstance(value, Mapping):
        names = dict.fromkeys(name for shape in shapes for name in _secrets_of(root, shape))
        yield from ((*path, name) for name in names if name not in value)
        steps: Iterator[tuple[Any, Any]] = iter(value.items())
    elif isinstance(value, list):
        steps = iter(enumerate(value))
    else:
        return
    for step, member in steps:
        inner = [node for shape in shapes for node in _inside(shape, step)]
        yield from _below(root, inner, member, (*path, step))
