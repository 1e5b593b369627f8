"""Errors of a pydantic schema -> diagnostics with places, and what to write instead.

Works for the create requests of the kinds and for our own blocks alike: every shape is a pydantic model.
What stands beside a secret is repeated in no message: somebody may have put the secret there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from agentops.domain.diagnostics import Code, Diagnostic, Location, did_you_mean, error
from agentops.domain.secret import KEY as SECRET
from agentops.spec.located import Step, locate, matched
from agentops.spec.source import describe

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "null",
}
_OTHER_TYPE = "another type"
_LENGTHS = frozenset({"string_too_short", "string_too_long", "too_short", "too_long"})
_LIMITS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})
_OURS = frozenset(Code)
"""Schemas report what only they can judge under a code of ours, with a finished sentence."""

_SHOWN_CHARACTERS = 60


def schema_problems(
    model: type[BaseModel], tree: Any, at: Location, beside: Sequence[str] = (), within: str = ""
) -> list[Diagnostic]:
    """Everything about ``tree`` that the schema refuses.

    ``at`` is the place where none is known, ``beside`` are names that are known beside the schema's,
    ``within`` is how the tree itself is called: ``lifecycle``.
    """
    try:
        model.model_validate(tree)
    except ValidationError as failed:
        errors = _without_echoes(failed.errors(include_url=False), tree)
        return [_diagnostic(model, item, steps, tree, at, beside, within) for item, steps in errors]
    return []


def dotted(path: Sequence[Step]) -> str:
    """``tools[0].name``"""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def value_at(tree: Any, path: Sequence[Step]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _without_echoes(
    errors: Sequence[ErrorDetails], tree: Any
) -> Iterator[tuple[ErrorDetails, tuple[Step, ...]]]:
    """Each error with the steps that lead somewhere. A union complains once per branch: of complaints
    about one node, those that merely expected another type go where a branch got further, and are one where
    they are alone."""
    found = [(item, matched(tree, item["loc"])) for item in errors]
    places = [_subject(item, steps) for item, steps in found if _expected(item) is None]
    wanted: dict[tuple[Step, ...], list[str]] = {}
    for item, steps in found:
        if (expected := _expected(item)) is not None:
            wanted.setdefault(steps, []).append(expected)
    for item, steps in found:
        if _expected(item) is None:
            yield item, steps
        elif steps in wanted and not any(place[: len(steps)] == steps for place in places):
            either = " or ".join(dict.fromkeys(wanted.pop(steps)))
            yield {**item, "type": _OTHER_TYPE, "msg": either}, steps


def _expected(item: ErrorDetails) -> str | None:
    """The type that an error asks for, or None where it is about something else."""
    if item["type"] in {"literal_error", "enum"} and not isinstance(item["input"], str):
        return f"one of {', '.join(_quoted(str(item.get('ctx', {}).get('expected', ''))))}"
    return _EXPECTED.get(item["type"])


def _subject(item: ErrorDetails, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return (*steps, item["loc"][-1]) if item["type"] == "missing" else steps


def _diagnostic(
    model: type[BaseModel],
    item: ErrorDetails,
    steps: tuple[Step, ...],
    tree: Any,
    at: Location,
    beside: Sequence[str],
    within: str,
) -> Diagnostic:
    around: tuple[Step, ...] = (within,) if within else ()
    if item["type"] == "extra_forbidden":
        known = known_members(model, steps[:-1], tree) | set(beside if len(steps) == 1 else ())
        return error(
            Code.UNKNOWN_KEY,
            f"unknown key '{dotted((*around, *steps))}'",
            did_you_mean(str(steps[-1]), known),
            location=locate(tree, steps, "key") or at,
        )
    code, summary, detail = _wording(item, (*around, *steps))
    if isinstance(value := value_at(tree, steps), str) and _is_beside_a_secret(model, steps, tree):
        summary, detail = _without(value, summary), _without(value, detail)
    return error(code, summary, detail, location=locate(tree, steps) or at)


def _wording(item: ErrorDetails, steps: tuple[Step, ...]) -> tuple[Code, str, str]:
    name, kind, context = dotted(steps), item["type"], item.get("ctx", {})
    subject = f"'{name}'" if name else "this"
    if kind in _OURS:
        return Code(kind), f"{subject}: {item['msg']}", ""
    if kind == "missing":
        missing = dotted((*steps, item["loc"][-1]))
        return Code.MISSING_KEY, f"'{missing}' is missing", ""
    if kind == _OTHER_TYPE:
        return Code.WRONG_TYPE, f"{subject} must be {item['msg']}, not {describe(item['input'])}", ""
    if kind == "union_tag_not_found":
        tag = str(context.get("discriminator", "'type'")).strip("'")
        missing = dotted((*steps, tag))
        return Code.MISSING_KEY, f"'{missing}' is missing", ""
    if kind == "union_tag_invalid":
        tag, known = str(context.get("tag", "")), _quoted(str(context.get("expected_tags", "")))
        member = dotted((*steps, str(context.get("discriminator", "'type'")).strip("'")))
        return Code.INVALID_VALUE, f"'{member}' cannot be {_shown(tag)}", did_you_mean(tag, known)
    if kind in {"literal_error", "enum"}:
        known = _quoted(str(context.get("expected", "")))
        given = str(item["input"])
        return Code.INVALID_VALUE, f"{subject} cannot be {_shown(given)}", did_you_mean(given, known)
    if kind in {"value_error", "assertion_error"}:
        return Code.INVALID_VALUE, f"{subject}: {context.get('error', item['msg'])}", ""
    if kind == "string_too_short" and context.get("min_length") == 1:
        return Code.LIMIT, f"{subject} is empty", ""
    if kind in _LENGTHS:
        unit = "entries" if isinstance(item["input"], list) else "characters"
        bound = (
            f"at least {context['min_length']:,}"
            if "min_length" in context
            else f"at most {context['max_length']:,}"
        )
        has = f"has {len(item['input']):,} {unit}" if item["input"] else "is empty"
        return Code.LIMIT, f"{subject} {has}; it takes {bound}", ""
    if kind in _LIMITS:
        return Code.LIMIT, f"{subject}: {_lower(item['msg'])}", ""
    return Code.INVALID_VALUE, f"{subject}: {_lower(item['msg'])}", ""


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


def _shown(value: str) -> str:
    return f"'{value}'" if len(value) <= _SHOWN_CHARACTERS else f"'{value[:_SHOWN_CHARACTERS]}…'"


def _without(value: str, text: str) -> str:
    """The text without a value that it quotes."""
    for form in (f"'{value}'", repr(value), _shown(value)):
        text = text.replace(form, "'…'")
    return text


def _quoted(text: str) -> list[str]:
    """The names in pydantic's ``'a', 'b' or 'c'``."""
    return text.split("'")[1::2]


def known_members(model: type[BaseModel], path: Sequence[Step], tree: Any) -> set[str]:
    """The names a mapping at ``path`` may have, of the union branches that fit what stands there."""
    root = _json_schema(model)
    nodes = list(_branches(root, root, tree))
    for step in path:
        tree = tree[step]
        nodes = [
            branch
            for node in nodes
            for inner in _inside(node, step)
            for branch in _branches(root, inner, tree)
        ]
    return {name for node in nodes for name in node.get("properties", {})}


@lru_cache(maxsize=64)
def secret_members(model: type[BaseModel]) -> frozenset[str]:
    """The members, at any depth, whose value is a reference to a secret."""
    root = _json_schema(model)
    shapes = [root, *root.get("$defs", {}).values()]
    return frozenset(name for shape in shapes for name in _secrets_of(root, shape))


def _secrets_of(root: Mapping[str, Any], shape: Mapping[str, Any]) -> Iterator[str]:
    for name, member in shape.get("properties", {}).items():
        if any(node.get("properties", {}).keys() == {SECRET} for node in _branches(root, member, None)):
            yield name


def _is_beside_a_secret(model: type[BaseModel], path: Sequence[Step], tree: Any) -> bool:
    """Whether a mapping on the way to ``path`` has, by each shape it may be of, a place for a secret."""
    root = _json_schema(model)
    nodes: list[Any] = [root]
    for step in path:
        shapes = [shape for node in nodes for shape in _branches(root, node, tree)] or [
            shape for node in nodes for shape in _branches(root, node, None)
        ]
        objects = [shape for shape in shapes if "properties" in shape]
        if objects and all(any(_secrets_of(root, shape)) for shape in objects):
            return True
        nodes = [inner for shape in shapes for inner in _inside(shape, step)]
        tree = tree[step]
    return False


def _branches(root: Mapping[str, Any], node: Any, value: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(node, Mapping):
        return
    if "$ref" in node:
        yield from _branches(root, root["$defs"][node["$ref"].rpartition("/")[2]], value)
    elif alternatives := [*node.get("anyOf", ()), *node.get("oneOf", ()), *node.get("allOf", ())]:
        for alternative in alternatives:
            yield from _branches(root, alternative, value)
    elif _fits(node, value):
        yield node


def _fits(node: Mapping[str, Any], value: Any) -> bool:
    told = node.get("properties", {}).get("type", {})
    tags = [told["const"]] if "const" in told else told.get("enum", [])
    return not (isinstance(value, Mapping) and tags and value.get("type", tags[0]) not in tags)


def _inside(node: Mapping[str, Any], step: Step) -> Iterator[Any]:
    if isinstance(step, int):
        yield node.get("items")
    elif step in node.get("properties", {}):
        yield node["properties"][step]
    else:
        patterns = node.get("patternProperties", {})
        yield from (inner for pattern, inner in patterns.items() if re.search(pattern, step))
        yield node.get("additionalProperties")


@lru_cache(maxsize=64)
def _json_schema(model: type[BaseModel]) -> Mapping[str, Any]:
    return TypeAdapter(model).json_schema()
