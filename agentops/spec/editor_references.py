"""What may stand where another resource is named, as JSON Schema: beside the API's own shape a path, a glob,
an address, an ID or, for a skill, its URL, and ``{path: …}`` with what else goes to the API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agentops.domain.kind import EACH, Kind, Slot
from agentops.spec.slots import LATEST, PATH

Schema = dict[str, Any]


def widen(properties: Schema, definitions: Schema, slot: Slot, kind: Kind) -> None:
    """Let a slot of these properties take every way to name a resource of ``kind``. Both are changed in
    place; a definition that several slots lead to is changed once."""
    name = f"{slot.kind}_{slot.type or 'id'}"
    definitions[name] = _forms(definitions, slot, kind)
    _widen({"properties": properties}, slot.path, {"$ref": f"#/$defs/{name}"}, definitions)
    if slot.version and slot.latest is None:
        _let_float(definitions, slot)


def _widen(node: Schema, path: Sequence[str], forms: Schema, definitions: Schema) -> None:
    step, rest = path[0], path[1:]
    for shape in _shapes(node, definitions):
        holder, key = (shape, "items") if step == EACH else (shape.get("properties", {}), step)
        if key not in holder:
            continue
        if rest:
            _widen(holder[key], rest, forms, definitions)
        elif forms not in holder[key].get("anyOf", ()):
            holder[key] = {"anyOf": [forms, holder[key]]}


def _shapes(node: Schema, definitions: Schema) -> Iterator[Schema]:
    """The node itself, or what it refers to, or the branches of its union."""
    if "$ref" in node:
        yield from _shapes(definitions[node["$ref"].rpartition("/")[2]], definitions)
    elif branches := [*node.get("anyOf", ()), *node.get("oneOf", ())]:
        for branch in branches:
            yield from _shapes(branch, definitions)
    else:
        yield node


def _forms(definitions: Schema, slot: Slot, kind: Kind) -> Schema:
    ways = ["a path relative to this file", f"{kind.name}/NAME", "an ID"]
    ways[1:1] = ["a glob"] if slot.many else []
    ways += ["a URL on GitHub"] if kind.bundle is not None else []
    text: Schema = {
        "type": "string",
        "minLength": 1,
        "description": f"of {kind.directory}: {', '.join(ways)}",
    }
    members: Schema = {PATH: text}
    if slot.type is not None:
        members["type"] = {"const": slot.type}
        members |= {
            key: member
            for shape in _own_shapes(definitions, slot)
            for key, member in shape["properties"].items()
            if key not in {"type", slot.id, slot.version}
        }
    if slot.version:
        members["version"] = {"const": LATEST, "description": "float, in place of the version last applied"}
    by_path = {"type": "object", "properties": members, "required": [PATH], "additionalProperties": False}
    return {"anyOf": [text, by_path]}


def _let_float(definitions: Schema, slot: Slot) -> None:
    for shape in _own_shapes(definitions, slot):
        members, floating = shape["properties"], {"const": LATEST}
        if floating not in members[slot.version].get("anyOf", ()):
            members[slot.version] = {"anyOf": [members[slot.version], floating]}


def _own_shapes(definitions: Schema, slot: Slot) -> list[Schema]:
    """The API's object that such a slot holds."""
    return [
        shape
        for shape in definitions.values()
        if shape.get("properties", {}).get("type", {}).get("const") == slot.type
        and slot.id in shape["properties"]
    ]
