"""YAML 1.2 (core schema) -> located tree, on PyYAML's events.

PyYAML's own constructor reads YAML 1.1, where ``on`` is a boolean, ``1:30`` a number of base 60 and dates are
objects. Here a plain scalar is null, a boolean, a number or a string by the core schema, and every key is the
string that was written. Events, not nodes, so that depth, aliases and duplicates are judged as they come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.spec.files import Refused
from agentops.spec.located import LocatedDict, LocatedList

MAX_DEPTH = 100
MAX_ALIASED_NODES = 100_000
"""How many nodes aliases may stand for in one file: more is a bomb."""

_TOO_DEEP = f"nested more than {MAX_DEPTH} levels deep"
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_OLD_BREAKS = "\x85\u2028\u2029"
_PRIVATE_USE = range(0xE000, 0xF900)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}\Z")
_OCTAL = re.compile(r"0o[0-7]{1,4000}\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,4000}\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)\Z")
_NAN = re.compile(r"\.(?:nan|NaN|NAN)\Z")
_CONFLICT = re.compile(r"^<{7} .*\n(?:.*\n)*?={7}\r?\n", re.MULTILINE)
_STANDARD = "tag:yaml.org,2002:"


def parse_yaml(text: str, file: str, first_line: int = 1, problems: list[Diagnostic] | None = None) -> Any:
    """Read one document. ``first_line`` is where the text starts in its file (frontmatter).

    ``problems``, where given, takes every duplicate key; the first of each counts.

    Raises:
        Refused: with the first thing that is no YAML, or with the duplicate keys nobody takes.
    """
    _refuse_unprintable(text, file, first_line)
    builder = _Builder(file, first_line - 1, text.count("\n") + 1, stand_ins(text, file, first_line))
    value = builder.build(text)
    if problems is not None:
        problems.extend(builder.problems)
    elif builder.problems:
        raise Refused(*builder.problems)
    return value


def scalar(text: str) -> Any:
    """The value of a plain scalar by the YAML 1.2 core schema."""
    if _INTEGER.match(text):
        return int(text)
    if _NULL.match(text):
        return None
    if _TRUE.match(text) or _FALSE.match(text):
        return text[0] in "tT"
    if _FLOAT.match(text):
        return float(text)
    if _OCTAL.match(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.match(text):
        return int(text[2:], 16)
    if (infinite := _INFINITE.match(text)) is not None:
        return float(f"{infinite[1]}inf")
    return float("nan") if _NAN.match(text) else text


@dataclass(slots=True)
class _Node:
    """A finished node: its value, how many nodes and levels it holds, and the key it would be."""

    value: Any
    at: Location
    size: int = 1
    height: int = 0
    key: str | None = None
    merges: bool = False


@dataclass(slots=True)
class _Open:
    """A collection that is being read. ``key`` is a mapping's key that waits for its value."""

    value: LocatedDict | LocatedList
    anchor: str | None
    size: int = 1
    height: int = 1
    key: _Node | None = None
    merged: list[_Node] = field(default_factory=list)


class _Builder:
    def __init__(self, file: str, line_offset: int, lines: int, stand_ins: Mapping[int, int]) -> None:
        self._file = file
        self._stand_ins = stand_ins
        self._written = {stand_in: character for character, stand_in in stand_ins.items()}
        self._offset = line_offset
        self._lines = lines
        self._anchors: dict[str, _Node | None] = {}
        self._aliased = 0
        self.problems: list[Diagnostic] = []
        self._text = ""

    def build(self, text: str) -> Any:
        self._text = text
        loader = Loader(text.translate(self._stand_ins))
        try:
            root = self._document(_events(loader))
        except yaml.MarkedYAMLError as problem:
            raise Refused(self._syntax(problem)) from None
        except yaml.YAMLError as problem:
            raise Refused(error(Code.SYNTAX, f"not YAML: {problem}", location=self._place(None))) from None
        finally:
            loader.dispose()
        return None if root is None else root.value

    def _document(self, events: Iterator[Any]) -> _Node | None:
        root: _Node | None = None
        stack: list[_Open] = []
        documents = 0
        for event in events:
            node: _Node | None = None
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise self._refusal(
                        event, "there is more than one document in this file", "one file holds one resource"
                    )
            elif isinstance(event, yaml.ScalarEvent):
                node = self._scalar(event)
                self._remember(event.anchor, node)
            elif isinstance(event, yaml.AliasEvent):
                node = self._alias(event)
            elif isinstance(event, yaml.CollectionStartEvent):
                stack.append(self._opened(event, len(stack)))
            elif isinstance(event, yaml.CollectionEndEvent):
                closed = stack.pop()
                node = self._closed(closed)
                self._remember(closed.anchor, node)
            if node is not None:
                if stack:
                    self._attach(stack[-1], node)
                else:
                    root = node
        return root

    def _opened(self, event: Any, depth: int) -> _Open:
        if depth >= MAX_DEPTH:
            raise self._refusal(event, _TOO_DEEP, code=Code.TOO_LARGE)
        self._check_tag(event, ("map",) if isinstance(event, yaml.MappingStartEvent) else ("seq",))
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        at = self._place(event.start_mark)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        return _Open(LocatedDict(at) if is_mapping else LocatedList(at), event.anchor)

    def _closed(self, opened: _Open) -> _Node:
        if isinstance(opened.value, LocatedDict):
            for node in opened.merged:
                self._merge(opened.value, node)
        return _Node(opened.value, opened.value.at, opened.size, opened.height)

    def _attach(self, parent: _Open, node: _Node) -> None:
        parent.size += node.size
        parent.height = max(parent.height, node.height + 1)
        if parent.height > MAX_DEPTH:
            # Aliases can nest deeper than the text does.
            raise Refused(error(Code.TOO_LARGE, _TOO_DEEP, location=node.at))
        if isinstance(parent.value, LocatedList):
            parent.value.add(node.value, node.at)
        elif parent.key is None:
            parent.key = self._as_key(node)
        else:
            key, parent.key = parent.key, None
            self._member(parent, key, node)

    def _member(self, parent: _Open, key: _Node, node: _Node) -> None:
        mapping = parent.value
        assert isinstance(mapping, LocatedDict)
        if key.merges:
            parent.merged.append(node)
            return
        name = key.key or ""
        if name in mapping:
            first = mapping.place(name, "key")
            self.problems.append(
                error(
                    Code.DUPLICATE_KEY,
                    f"'{name}' stands here twice; the first is at line {first.line}",
                    "keep one of them",
                    location=key.at,
                )
            )
            return
        mapping.put(name, node.value, node.at, key.at)

    def _merge(self, into: LocatedDict, node: _Node) -> None:
        """``<<: *base`` and ``<<: [*a, *b]``: what is written out wins, then what is merged first."""
        sources = node.value if isinstance(node.value, list) else [node.value]
        for source in sources:
            if not isinstance(source, LocatedDict):
                raise Refused(
                    error(
                        Code.SYNTAX,
                        "'<<' merges mappings, and this is none",
                        "write `<<: *anchor` where the anchor is a mapping",
                        location=node.at,
                    )
                )
            for key in source:
                if key not in into:
                    into.put_from(source, key)

    def _as_key(self, node: _Node) -> _Node:
        if node.key is None:
            raise Refused(error(Code.SYNTAX, "a key must be text, not a mapping or a list", location=node.at))
        return node

    def _alias(self, event: Any) -> _Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            if event.anchor in self._anchors:
                raise self._refusal(event, "this alias stands inside what it refers to")
            # Neither an alias nor a tag is repeated: it may be the text of a secret that lacks its quotes.
            told = "a text that begins with * needs quotes"
            raise self._refusal(event, "no value has the anchor that is named here", told)
        self._aliased += node.size
        if self._aliased > MAX_ALIASED_NODES:
            raise self._refusal(
                event,
                f"the aliases of this file stand for more than {MAX_ALIASED_NODES:,} values",
                "write the values out, or split the file",
                code=Code.TOO_LARGE,
            )
        return _Node(node.value, self._place(event.start_mark), node.size, node.height, node.key)

    def _remember(self, anchor: str | None, node: _Node) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _scalar(self, event: Any) -> _Node:
        self._check_tag(event, ("str", "null", "bool", "int", "float"))
        at = self._place(event.start_mark)
        text: str = event.value.translate(self._written)
        is_plain = event.implicit[0] and event.tag != "!"
        value = scalar(text) if is_plain and event.style in (None, "") else text
        if event.tag not in (None, "!"):
            value = self._tagged(event, text)
        return _Node(value, at, key=text, merges=is_plain and text == _MERGE and event.style in (None, ""))

    def _tagged(self, event: Any, text: str) -> Any:
        wanted = event.tag.removeprefix(_STANDARD)
        if wanted == "str":
            return text
        value = scalar(text)
        fits: dict[str, Callable[[], bool]] = {
            "null": lambda: value is None,
            "bool": lambda: isinstance(value, bool),
            "int": lambda: isinstance(value, int) and not isinstance(value, bool),
            "float": lambda: isinstance(value, int | float) and not isinstance(value, bool),
        }
        if not fits[wanted]():
            raise self._refusal(event, f"the value behind !!{wanted} is no {wanted}")
        return float(value) if wanted == "float" else value

    def _check_tag(self, event: Any, allowed: tuple[str, ...]) -> None:
        if event.tag in (None, "!") or event.tag in {f"{_STANDARD}{name}" for name in allowed}:
            return
        name = event.tag.removeprefix(_STANDARD)
        said = "a tag of one's own" if name == event.tag else f"the tag !!{name}"
        told = "write the value without it; a text that begins with ! needs quotes"
        raise self._refusal(event, f"{said} is not read here", told)

    def _refusal(self, event: Any, summary: str, detail: str = "", code: Code = Code.SYNTAX) -> Refused:
        return Refused(error(code, summary, detail, location=self._place(event.start_mark)))

    def _syntax(self, problem: yaml.MarkedYAMLError) -> Diagnostic:
        if (marker := _CONFLICT.search(self._text)) is not None:
            line = self._text.count("\n", 0, marker.start()) + self._offset + 1
            return error(
                Code.SYNTAX,
                "git left its conflict markers here",
                "decide for one side and remove the lines <<<<<<<, ======= and >>>>>>>",
                location=Location(self._file, line),
            )
        said = (problem.problem or "it ends too early").translate(self._written)
        detail = (problem.context or "").translate(self._written)
        if "cannot start any token" in said:
            character = self._character(problem.problem_mark)
            said, detail = f"a value cannot start with {character!r}", "put it in quotes"
            if character == "\t":
                said, detail = "there is a tab", "YAML is indented with spaces"
        elif "mapping values are not allowed" in said:
            detail = "a value with a colon in it needs quotes; or the indentation is off"
        return error(Code.SYNTAX, f"not YAML: {said}", detail, location=self._place(problem.problem_mark))

    def _character(self, mark: Any) -> str:
        lines = self._text.split("\n")
        return lines[mark.line][mark.column : mark.column + 1] if mark.line < len(lines) else ""

    def _place(self, mark: Any) -> Location:
        if mark is None:
            return Location(self._file, self._offset + 1)
        return Location(self._file, min(mark.line + 1, self._lines) + self._offset, mark.column + 1)


def _events(loader: Any) -> Iterator[Any]:
    while loader.check_event():
        yield loader.get_event()


def stand_ins(text: str, file: str, first_line: int) -> Mapping[int, int]:
    """For each character that ends a line in YAML 1.1 and none in 1.2, one of private use that the text has
    neither as such nor as an escape."""
    if not any(character in text for character in _OLD_BREAKS):
        return {}
    taken = {ord(character) for character in set(text)}
    taken |= {int(found[1] or found[2], 16) for found in _ESCAPE.finditer(text)}
    free = (code for code in _PRIVATE_USE if code not in taken)
    chosen = dict(zip(map(ord, _OLD_BREAKS), free, strict=False))
    if len(chosen) < len(_OLD_BREAKS):
        raise Refused(
            error(
                Code.SYNTAX,
                "this file has U+0085, U+2028 or U+2029 beside nearly every character of private use",
                'write them as escapes in double quotes: "\\N", "\\L", "\\P"',
                location=Location(file, first_line),
            )
        )
    return chosen


def _refuse_unprintable(text: str, file: str, first_line: int) -> None:
    if (found := _UNPRINTABLE.search(text)) is None:
        return
    before = text[: found.start()]
    line, column = before.count("\n"), found.start() - (before.rfind("\n") + 1)
    raise Refused(
        error(
            Code.SYNTAX,
            f"the control character U+{ord(found[0]):04X} cannot stand in YAML",
            'remove it, or write it as an escape in double quotes, e.g. "\\x07"',
            location=Location(file, first_line + line, column + 1),
        )
    )
