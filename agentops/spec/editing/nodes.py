"""Text -> nodes: every value of a YAML or JSON document with the characters it is written in."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, Literal

import yaml

from agentops.spec.yaml_text import Loader, scalar, stand_ins

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*[ \t\n]*)*")
_HEADER = re.compile(r"[|>][-+0-9]*")
_STANDARD = "tag:yaml.org,2002:"
_MERGE = "<<"


@dataclass(slots=True)
class Node:
    """One value. ``start`` and ``end`` are offsets: behind an anchor or a tag, and behind the last character;
    a block collection begins at its first key or dash and ends with its last value.

    style: of a scalar, ``'``, ``"``, ``|``, ``>`` or nothing. flow: a collection in brackets.
    alias: it stands for a value that is written elsewhere. merged: what ``<<`` brings into a mapping.
    entries: where each member begins: its key, or its dash; in a flow list the item itself.
    """

    kind: Literal["scalar", "map", "list"]
    start: int
    end: int
    value: Any
    style: str = ""
    flow: bool = False
    alias: bool = False
    items: list[Node] = field(default_factory=list)
    keys: list[Node] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    merged: dict[str, Any] = field(default_factory=dict)

    @property
    def is_block(self) -> bool:
        """Whether it goes to the end of its last line."""
        return self.style in {"|", ">"} or (self.kind != "scalar" and not self.flow and not self.alias)

    @property
    def last(self) -> Node:
        """The scalar, alias or flow collection that it ends with."""
        return self.items[-1].last if self.is_block and self.items else self

    @property
    def header_end(self) -> int:
        """Of a block scalar: behind ``|-``."""
        return self.start + self._header

    _header: int = 0


def yaml_nodes(text: str, file: str) -> Node | None:
    """The root of a document that is known to be well-formed, or nothing. The offsets are those of the text
    with a final newline."""
    standing = stand_ins(text, file, 1)
    loader = Loader(text.translate(standing))
    written = {stand_in: character for character, stand_in in standing.items()}
    reader = _YamlReader(text if text.endswith("\n") else f"{text}\n", written)
    try:
        return reader.read(_events(loader))
    finally:
        loader.dispose()


def _events(loader: Any) -> Iterator[Any]:
    while loader.check_event():
        yield loader.get_event()


class _YamlReader:
    def __init__(self, text: str, written: dict[int, int]) -> None:
        self._text = text
        self._written = written
        self._anchors: dict[str, Node] = {}

    def read(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            if isinstance(event, yaml.NodeEvent):
                return self._node(event, events)
        return None

    def _node(self, read: Any, events: Iterator[Any]) -> Node:
        event: Any = read
        if isinstance(read, yaml.AliasEvent):
            target = self._anchors[event.anchor]
            return Node(target.kind, event.start_mark.index, event.end_mark.index, target.value, alias=True)
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            node = self._mapping(event, events)
        else:
            node = self._list(event, events)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _content(self, event: Any) -> int:
        start: int = event.start_mark.index
        if event.anchor is None and event.tag is None:
            return start
        found = _PROPERTIES.match(self._text, start)
        return start if found is None else found.end()

    def _scalar(self, event: Any) -> Node:
        text = event.value.translate(self._written)
        start, end = min(self._content(event), event.end_mark.index), event.end_mark.index
        style = event.style or ""
        is_plain = style == "" and event.implicit[0] and event.tag != "!"
        value = scalar(text) if is_plain else text
        if event.tag not in (None, "!", f"{_STANDARD}str"):
            value = scalar(text)
            value = float(value) if event.tag == f"{_STANDARD}float" else value
        node = Node("scalar", start, end, value, style)
        if style in {"|", ">"}:
            header = _HEADER.match(self._text, start)
            node._header = len(header[0]) if header is not None else 1
            node.end = self._end_of_block(node, text)
        return node

    def _end_of_block(self, node: Node, value: str) -> int:
        """Behind its last line. Blank lines below are layout, unless they are kept as text."""
        first = self._text.index("\n", node.start) + 1
        if "+" in self._text[node.start : node.header_end] or not value.strip("\n"):
            return max(first, node.end)
        content = self._text[first : node.end].rstrip(" \n")
        return max(first, self._text.index("\n", first + len(content)) + 1)

    def _mapping(self, event: Any, events: Iterator[Any]) -> Node:
        flow = bool(event.flow_style)
        node = Node("map", self._content(event), 0, {}, flow=flow)
        merges: list[Node] = []
        for inner in events:
            if isinstance(inner, yaml.MappingEndEvent):
                node.end = _offset(inner.end_mark)
                break
            key = self._node(inner, events)
            value = self._node(next(events), events)
            name = self._name(key)
            if name == _MERGE and key.style == "":
                merges.append(value)
                continue
            if name in node.value:
                continue  # said twice; the first counts
            node.value[name] = value.value
            node.keys.append(key)
            node.items.append(value)
            node.entries.append(key.start)
        for merge in merges:
            for source in merge.value if isinstance(merge.value, list) else [merge.value]:
                for name, value in source.items():
                    if name not in node.value:
                        node.value[name] = node.merged[name] = value
        if not flow and node.items:
            node.start, node.end = node.keys[0].start, node.items[-1].end
        elif not flow:  # nothing but `<<`
            node.end = max((merge.end for merge in merges), default=node.start)
        return node

    def _name(self, key: Node) -> str:
        if isinstance(key.value, str):
            return key.value
        return self._text[key.start : key.end]

    def _list(self, event: Any, events: Iterator[Any]) -> Node:
        flow = bool(event.flow_style)
        start = self._content(event)
        node = Node("list", start, 0, [], flow=flow)
        here = start if flow else skipped(self._text, start)
        node.start = here
        for inner in events:
            if isinstance(inner, yaml.SequenceEndEvent):
                node.end = _offset(inner.end_mark)
                break
            item = self._node(inner, events)
            node.entries.append(item.start if flow else here)
            node.value.append(item.value)
            node.items.append(item)
            here = skipped(self._text, item.end)
        if not flow:
            node.end = node.items[-1].end
        return node


def _offset(mark: Any) -> int:
    return int(mark.index)


def skipped(text: str, at: int) -> int:
    """Behind white space and comments."""
    while at < len(text):
        if text[at] in " \t\n\r":
            at += 1
        elif text[at] == "#" and (at == 0 or text[at - 1] in " \t\n\r"):
            at = text.find("\n", at)
            at = len(text) if at < 0 else at
        else:
            break
    return at


_SPACE = re.compile(r"[ \t\n\r]*")
_LITERAL = re.compile(r"[-+0-9.eE]+|true|false|null")
_WORDS = {"true": True, "false": False, "null": None}


def json_nodes(text: str) -> Node:
    """The root of a JSON text that is known to be well-formed."""
    return _json(text, _space(text, 0))


def _space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found is not None else at


def _json(text: str, at: int) -> Node:
    if text[at] == '"':
        value, end = scanstring(text, at + 1, True)
        return Node("scalar", at, end, value, '"')
    if text[at] not in "{[":
        found = _LITERAL.match(text, at)
        assert found is not None
        word = found[0]
        number = _WORDS[word] if word in _WORDS else float(word) if re.search("[.eE]", word) else int(word)
        return Node("scalar", at, found.end(), number)
    is_map = text[at] == "{"
    node = Node("map" if is_map else "list", at, 0, {} if is_map else [], flow=True)
    here = _space(text, at + 1)
    while text[here] not in "}]":
        start = here
        if is_map:
            key = _json(text, here)
            item = _json(text, _space(text, _space(text, key.end) + 1))
            if key.value not in node.value:
                node.value[key.value] = item.value
                node.keys.append(key)
                node.items.append(item)
                node.entries.append(start)
        else:
            item = _json(text, here)
            node.value.append(item.value)
            node.items.append(item)
            node.entries.append(start)
        here = _space(text, item.end)
        here = _space(text, here + 1) if text[here] == "," else here
    node.end = here + 1
    return node


class Lines:
    """Where the lines of a text begin."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._length = len(text)

    def start(self, at: int) -> int:
        return self._starts[bisect.bisect_right(self._starts, at) - 1]

    def following(self, at: int) -> int:
        """Where the next line begins."""
        index = bisect.bisect_right(self._starts, at)
        return self._starts[index] if index < len(self._starts) else self._length

    def number(self, at: int) -> int:
        return bisect.bisect_right(self._starts, at)

    def column(self, at: int) -> int:
        return at - self.start(at)
