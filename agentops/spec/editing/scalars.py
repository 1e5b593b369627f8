"""A text, a number or a word as YAML: in the style it had, where the new value can be written so."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

import yaml

from agentops.spec.files import Refused
from agentops.spec.yaml_text import parse_yaml, scalar

_SPECIAL_START = re.compile(r"[-?:,\[\]{}#&*!|>'\"%@`=<]")
_NOT_PLAIN = re.compile(r":(?:\s|$)|\s#|[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_FLOW_ONLY = re.compile(r"[,\[\]{}]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")
_ESCAPED = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_RESOLVER: Any = yaml.resolver.Resolver()
_NARROWEST = 40


@dataclass(frozen=True, slots=True)
class Written:
    """How a value is written: what follows its key on the same line, and the lines below."""

    head: str
    tail: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Former:
    """What a block scalar was: its style, the lines of its content and their indentation."""

    style: str = ""
    lines: tuple[str, ...] = ()
    indent: int | None = None


def inline(value: Any, style: str = "", *, flow: bool = False) -> str:
    """A scalar on one line. ``style`` is that of the value it takes the place of."""
    if not isinstance(value, str):
        return json.dumps(value)
    if style == "'" and not _UNPRINTABLE.search(value) and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    if style in {"", "|", ">"} and is_plain(value, flow=flow):
        return value
    return double_quoted(value)


def double_quoted(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", escaped)


def is_plain(text: str, *, flow: bool = False) -> bool:
    """Whether a text needs no quotes: not here, and not for readers of YAML 1.1 either."""
    if not text or text != text.strip() or _SPECIAL_START.match(text) or _NOT_PLAIN.search(text):
        return False
    if flow and _FLOW_ONLY.search(text):
        return False
    if text.startswith(("---", "...")) or scalar(text) != text:
        return False
    return bool(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)).endswith(":str"))


def block(text: str, parent: int, step: int, former: Former | None = None) -> Written | None:
    """A text as a block scalar below a key or dash in column ``parent``; None where it cannot be one."""
    former = former or Former("|")
    kept = former.indent is not None and former.indent > parent
    indent = former.indent if kept and former.indent is not None else parent + step
    if former.style == ">":
        folded = _folded(text, former)
        if folded is not None and (made := _checked(text, ">", folded, parent, indent)) is not None:
            return made
    return _checked(text, "|", text.rstrip("\n").split("\n"), parent, indent)


def _checked(text: str, style: str, lines: list[str], parent: int, indent: int) -> Written | None:
    """The lines with their header, if they are read as ``text`` again."""
    if _UNPRINTABLE.search(text) or not text.strip("\n"):
        return None
    ending = len(text) - len(text.rstrip("\n"))
    first = next(line for line in lines if line)
    explicit = str(indent - parent) if first.startswith(" ") or not lines[0] else ""
    if explicit and indent - parent > 9:
        return None
    chomping = "-" if ending == 0 else "" if ending == 1 else "+"
    head = f"{style}{explicit}{chomping}"
    tail = [f"{' ' * indent}{line}" if line else "" for line in lines] + [""] * (ending - 1)
    shifted = [f"{' ' * (indent - parent)}{line}" if line else "" for line in lines] + [""] * (ending - 1)
    try:
        read = parse_yaml("\n".join((f"k: {head}", *shifted, "")), "")
    except Refused:
        return None
    return Written(head, tuple(tail)) if read == {"k": text} else None


def _folded(text: str, former: Former) -> list[str] | None:
    """Folded as it was: a line ends after the word it ended after, unless it became too long."""
    paragraphs = text.rstrip("\n").split("\n")
    if any(item != item.strip() or "  " in item for item in paragraphs):
        return None
    old_words, breaks = _words(former.lines)
    width = max((len(line) for line in former.lines), default=0)
    words = [word for item in paragraphs for word in item.split(" ")]
    ends = set()
    for one, other, size in SequenceMatcher(None, old_words, words, autojunk=False).get_matching_blocks():
        ends |= {other + index for index in range(size) if one + index in breaks}
    lines: list[str] = []
    index = 0
    for number, paragraph in enumerate(paragraphs):
        if number:
            lines.append("")
        line = ""
        for word in paragraph.split(" "):
            if line and len(line) + 1 + len(word) > max(width, _NARROWEST):
                lines.append(line)
                line = ""
            line = f"{line} {word}" if line else word
            if index in ends:
                lines.append(line)
                line = ""
            index += 1
        if line or not paragraph:
            lines.append(line)
    return lines


def _words(lines: tuple[str, ...]) -> tuple[list[str], set[int]]:
    words: list[str] = []
    breaks: set[int] = set()
    for line in lines:
        words.extend(line.split())
        breaks.add(len(words) - 1)
    return words, breaks
