"""A request body as people read it: YAML or JSON, references as addresses.

The YAML is written here rather than by a library, because libraries fall back to one long quoted line as soon
as a prompt has a blank at the end of a line. What is written reads back as the same text in YAML 1.1 and 1.2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from agentops.domain.resource import Body, Ref, replace_refs
from agentops.domain.view.visible import escape_hidden, not_a_command, visible
from agentops.render.json import dump

# Plain scalars that no version of YAML reads as anything but this string.
_PLAIN = re.compile(r"[A-Za-z_](?:[\w./@+*,;'!?()-]|:(?=[\w/])| (?=[\w./@+*'()]))*", re.ASCII)
_TAKEN = re.compile(r"true|false|null|yes|no|on|off|y|n", re.IGNORECASE)
_PLAIN_REF = re.compile(r"\([\w./@+-]+\)\.\w+", re.ASCII)


def body(value: Body, format: Literal["yaml", "json"] = "yaml") -> str:
    """The whole body, key order kept, multi-line strings as blocks, no line wrapped; ends with a newline."""
    if format == "json":
        return dump(replace_refs(value, str)) + "\n"
    return "".join(f"{line}\n" for line in _mapping(replace_refs(value, lambda ref: ref), 0)) or "{}\n"


def _mapping(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key, member in value.items():
        yield from _entry(f"{'  ' * depth}{_scalar(key)}:", member, depth)


def _entry(start: str, value: Any, depth: int) -> Iterator[str]:
    """``start`` and its value: beside it, or below it and deeper."""
    if isinstance(value, str) and _is_block(value):
        yield from _block(start, value, depth + 1)
    elif isinstance(value, Mapping) and value:
        yield start
        yield from _mapping(value, depth + 1)
    elif isinstance(value, list) and value:
        yield start
        for item in value:
            yield from _item(item, depth + 1)
    else:
        yield f"{start} {_scalar(value)}"


def _item(value: Any, depth: int) -> Iterator[str]:
    """A list item; an object's first member stands beside its dash."""
    dash = "  " * depth + "-"
    if isinstance(value, Mapping) and value:
        first, *rest = _mapping(value, depth + 1)
        yield f"{dash} {first.lstrip(' ')}"
        yield from rest
    else:
        yield from _entry(dash, value, depth)


def _block(start: str, text: str, depth: int) -> Iterator[str]:
    """A literal block. An indent indicator where the text itself starts with a blank, chomping by its end."""
    indicator = "2" if text[0] in " \t\n" else ""
    chomping = (
        "" if text.endswith("\n") and not text.endswith("\n\n") else "+" if text.endswith("\n") else "-"
    )
    yield f"{start} |{indicator}{chomping}"
    for line in text.removesuffix("\n").split("\n"):
        yield "  " * depth + line if line else ""


def _is_block(text: str) -> bool:
    """Several lines with something on them, and nothing hidden: a block cannot escape a character."""
    return (
        "\n" in text
        and text.strip() != ""
        and all(visible(line) == line == not_a_command(line) for line in text.split("\n"))
    )


def _scalar(value: Any) -> str:
    if isinstance(value, Ref):
        return _plain_or_quoted(str(value), _PLAIN_REF)
    if isinstance(value, str) and not _TAKEN.fullmatch(value):
        return _plain_or_quoted(value, _PLAIN)
    if isinstance(value, float):  # YAML 1.1 knows a number with an exponent by its point
        return re.sub(r"^(-?\d+)e", r"\1.0e", json.dumps(value))
    return json.dumps(value)


def _plain_or_quoted(text: str, plain: re.Pattern[str]) -> str:
    if plain.fullmatch(text):
        return text
    return escape_hidden(json.dumps(text, ensure_ascii=False), _escape)


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\U{number:08X}" if number > 0xFFFF else f"\\u{number:04X}"
