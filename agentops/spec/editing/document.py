"""A whole file with another value: YAML, JSON, or Markdown with frontmatter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from agentops.domain.canonical import same
from agentops.spec.editing.nodes import Lines, Node, json_nodes, yaml_nodes
from agentops.spec.editing.rendering import Manner
from agentops.spec.editing.splice import Edit, Splicer, Unwritable
from agentops.spec.files import Refused
from agentops.spec.json_text import parse_json
from agentops.spec.located import plain
from agentops.spec.source import CLOSING, FENCE, MARKDOWN_SUFFIXES, suffix_of
from agentops.spec.yaml_text import parse_yaml

__all__ = ["Unwritable", "edited"]

_BLOCK_AT_THE_END = re.compile(r"[|>][0-9]*[+]?[0-9]*(?=[ \t]*(?:#.*)?$)", re.MULTILINE)


def edited(path: str, text: str, after: Any, prose: str | None = None) -> str:
    """The text of a file whose value is ``after`` then. ``path`` says what it is written in.

    prose: what a Markdown file's text becomes; None where it stays.

    Raises:
        Unwritable: that cannot be said without touching anything else.
    """
    lf = _Breaks.of(text)
    if suffix_of(path) in MARKDOWN_SUFFIXES:
        made = lf.applied(_markdown(lf.text, path, after))
        return made if prose is None else _with_prose(made, prose)
    return lf.applied(_data(lf.text, path, after, is_json=suffix_of(path) == ".json"))


@dataclass(frozen=True, slots=True)
class _Breaks:
    """A text with its line breaks as they are, and as ``\\n`` alone."""

    raw: str
    text: str

    @classmethod
    def of(cls, raw: str) -> _Breaks:
        return cls(raw, raw.replace("\r\n", "\n"))

    def applied(self, edits: list[Edit]) -> str:
        """The edits of the text, made where they belong in the original; new lines end as most lines do."""
        if self.raw == self.text:
            return _applied(self.text, edits)
        ends = [found.start() for found in re.finditer("\r\n", self.raw)]
        shifted = [end - index for index, end in enumerate(ends)]  # where each of them is in the text
        lines = Lines(self.text)
        usual = "\r\n" if len(ends) * 2 > lines.number(len(self.text)) - 1 else "\n"

        def place(at: int) -> int:
            low, high = 0, len(shifted)
            while low < high:
                middle = (low + high) // 2
                low, high = (middle + 1, high) if shifted[middle] < at else (low, middle)
            return at + low

        return _applied(
            self.raw, [(place(first), place(last), new.replace("\n", usual)) for first, last, new in edits]
        )


def _applied(text: str, edits: list[Edit]) -> str:
    parts: list[str] = []
    here = 0
    for first, last, new in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        parts.extend((text[here:first], new))
        here = last
    return "".join((*parts, text[here:]))


# -- YAML and JSON


def _data(text: str, path: str, after: Any, *, is_json: bool) -> list[Edit]:
    """The edits that make the text have the value ``after``; they are tried before they are returned. Where
    there is no room for lines, by a comment that would become one of them, texts are written in quotes."""
    for blocks in (True, False):
        tried = partial(_tried, path=path, after=after, is_json=is_json, blocks=blocks)
        if (found := _data_by(text, path, tried)) is not None:
            return found
    raise Unwritable("it cannot be written there without touching anything else", 0)


def _data_by(text: str, path: str, tried: Callable[[str], list[Edit] | None]) -> list[Edit] | None:
    found = tried(text)
    if found is None and not text.endswith("\n") and (block := _last_block(text, path)) is not None:
        # A text at the very end has no final newline, and would get one with a line below it.
        closed = f"{text[: block[0]]}{block[2]}{text[block[1] :]}"
        found = tried(closed)
        shift = len(closed) - len(text)
        if found is not None:
            moved = [
                (first - shift * (first > block[0]), last - shift * (last > block[0]), new)
                for first, last, new in found
            ]
            found = [block, *(edit for edit in moved)] if all(edit[0] > block[0] for edit in moved) else None
    if found is None and not text.endswith("\n"):
        # What is written last ends with a newline itself.
        found = tried(f"{text}\n")
        found = None if found is None else _onto_the_end(found, len(text))
    return found


def _onto_the_end(edits: list[Edit], size: int) -> list[Edit]:
    """Edits of a text with a final newline as edits of the same without one."""
    found = [
        (size, size, f"\n{new}") if first > size else (first, min(last, size), new)
        for first, last, new in edits
    ]
    return found if any(last > size for _, last, _ in edits) else [*found, (size, size, "\n")]


def _tried(text: str, path: str, after: Any, *, is_json: bool, blocks: bool) -> list[Edit] | None:
    edits = _edits(text, path, after, is_json=is_json, blocks=blocks)
    parse = parse_json if is_json else parse_yaml
    try:
        value = parse(_applied(text, edits), path)
    except Refused:
        return None
    return edits if same(plain(value), after) else None


def _edits(text: str, path: str, after: Any, *, is_json: bool, blocks: bool) -> list[Edit]:
    ended = text if text.endswith("\n") else f"{text}\n"
    lines = Lines(ended)
    root = json_nodes(ended) if is_json else yaml_nodes(text, path)
    manner = replace(Manner.of(ended, root, lines, is_json=is_json), blocks=blocks)
    splicer = Splicer(ended, manner, lines)
    if root is None or (root.kind == "scalar" and root.value is None):
        if not isinstance(after, Mapping):
            raise Unwritable("there is no mapping here", 0)
        new = "".join(f"{line}\n" for line in manner.written(after, -manner.step).tail)
        return [(len(text), len(text), new if text.endswith("\n") or not text else f"\n{new}".rstrip("\n"))]
    splicer.change(root, after, -manner.step, flow=root.flow)
    splicer.applied()  # that no two meet
    if ended == text:
        return splicer.edits
    return _without_final_newline(text, splicer.edits)


def _without_final_newline(text: str, edits: list[Edit]) -> list[Edit]:
    """The same in the text as it is: what is written last has no final newline either."""
    size, found = len(text), []
    tail = ""
    for first, last, new in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        if last <= size:
            found.append((first, last, new))
            continue
        if first > size:  # below the last line
            tail += f"\n{new.removesuffix(chr(10))}"
        elif new.endswith("\n") or new:
            found.append((first, size, new.removesuffix("\n")))
        else:  # the last lines go, with the newline before them
            while first > 0 and text[first - 1] == "\n":
                first -= 1
            found.append((first, size, ""))
    if tail:
        found.append((size, size, tail))
    return found


def _last_block(text: str, path: str) -> Edit | None:
    """The header of the block scalar that a text without a final newline ends with, without its newline."""
    root = yaml_nodes(text, path)
    last: Node | None = root.last if root is not None else None
    if last is None or last.style not in {"|", ">"} or last.end < len(text):
        return None
    header = text[last.start : last.header_end]
    if "-" in header:
        return None
    return last.start, last.header_end, f"{header.replace('+', '')}-"


# -- Markdown


def _markdown(text: str, path: str, after: Mapping[str, Any]) -> list[Edit]:
    """The edits of the frontmatter."""
    opening = FENCE.match(text)
    closing = CLOSING.search(text, opening.end()) if opening is not None else None
    if opening is not None and closing is not None:
        front = text[opening.end() : closing.start()]
        if same(plain(parse_yaml(front, path)) or {}, after):
            return []
        found = _data(front, path, after, is_json=False)
        return [(first + opening.end(), last + opening.end(), new) for first, last, new in found]
    if not after:
        return []
    lines = Manner().written(after, -2).tail
    return [(0, 0, "".join(f"{line}\n" for line in ("---", *lines, "---", "")))]


def _with_prose(text: str, prose: str) -> str:
    """The file with another text under the frontmatter, with whatever line breaks that has."""
    opening = FENCE.match(text)
    closing = CLOSING.search(text, opening.end()) if opening is not None else None
    start = closing.end() if closing is not None else 0
    rest = text[start:]
    if rest.strip():
        first, last = start + len(rest) - len(rest.lstrip()), start + len(rest.rstrip())
        return text[:first] + prose + text[last:]
    if not prose:
        return text
    end = "\r\n" if "\r\n" in text else "\n"
    space = "" if rest.startswith(("\n", "\r\n")) else end
    return f"{text[:start]}{space}{end}{prose}{end}" if start else f"{prose}{end}"
