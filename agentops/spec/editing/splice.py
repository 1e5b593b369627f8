"""From the value a document has to another one, by the fewest replacements of characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.canonical import same
from agentops.spec.editing.alignment import aligned
from agentops.spec.editing.flow import rebuilt
from agentops.spec.editing.nodes import Lines, Node
from agentops.spec.editing.rendering import Manner
from agentops.spec.editing.scalars import Former, Written, inline


class Unwritable(Exception):
    """A value cannot be changed where it stands; the message says why. ``at`` is an offset."""

    def __init__(self, why: str, at: int) -> None:
        super().__init__(why)
        self.at = at


Edit = tuple[int, int, str]
"""Characters from, to, and what stands there instead."""


@dataclass(slots=True)
class Splicer:
    """Collects the edits of one document. ``text`` ends with a newline."""

    text: str
    manner: Manner
    lines: Lines
    edits: list[Edit] = field(default_factory=list)

    def change(self, node: Node, after: Any, column: int, *, flow: bool, in_list: bool = False) -> None:
        """Make ``node``, which stands behind a key or dash in ``column``, have another value."""
        if same(node.value, after):
            return
        both_maps = node.kind == "map" and isinstance(after, Mapping)
        both_lists = node.kind == "list" and isinstance(after, list)
        if both_maps and not node.merged and not any(key in after for key in self._names(node)):
            both_maps = False  # another thing altogether
        if node.alias or not after or not node.items or not (both_maps or both_lists):
            self._replace(node, after, column, flow=flow, in_list=in_list)
        elif node.flow:
            self._flow(node, after, column)
        elif both_maps:
            self._map(node, after)
        else:
            self._list(node, after)

    def applied(self, start: int = 0, end: int | None = None) -> str:
        """The text with its edits, in a range that none of them crosses."""
        parts: list[str] = []
        here = start
        for first, last, new in sorted(self.edits, key=lambda edit: (edit[0], edit[1])):
            if first < here:
                raise Unwritable("two changes meet in the same place", first)
            parts.extend((self.text[here:first], new))
            here = last
        parts.append(self.text[here : len(self.text) if end is None else end])
        return "".join(parts)

    # -- a value whole

    def _replace(self, node: Node, after: Any, column: int, *, flow: bool, in_list: bool) -> None:
        if flow or self.manner.is_json:
            self._inline(node, self._flow_text(node, after))
            return
        if node.flow and isinstance(after, Mapping | list) and not node.alias:
            self._inline(node, self.manner.flow(after))
            return
        made = self._written(node, after, column, in_list=in_list)
        if node.style in {"|", ">"}:
            self._instead_of_block_scalar(node, made)
        elif node.is_block:
            self._instead_of_block(node, made)
        else:
            self._instead_of_inline(node, made)

    def _written(self, node: Node, after: Any, column: int, *, in_list: bool) -> Written:
        former = Former(node.style)
        if node.style in {"|", ">"}:
            first = self.lines.following(node.start)
            raw = self.text[first : node.end].split("\n")[:-1]
            indent = next((len(line) - len(line.lstrip(" ")) for line in raw if line.strip()), None)
            header = self.text[node.start : node.header_end].strip("|>+-")
            indent = column + int(header) if header else indent
            former = Former(node.style, tuple(line.strip() for line in raw), indent)
        elif node.kind != "scalar" or node.alias or (node.style and not isinstance(node.value, str)):
            former = Former()
        return self.manner.written(after, column, in_list=in_list, former=former)

    def _flow_text(self, node: Node, after: Any) -> str:
        if isinstance(after, Mapping | list):
            if self.manner.is_json and after and "\n" in self.text.strip():
                column = len(self.text[self.lines.start(node.start) :]) - len(
                    self.text[self.lines.start(node.start) :].lstrip(" ")
                )
                return self.manner.pretty_json(after, column)
            return self.manner.flow(after)
        if self.manner.is_json:
            return self.manner.flow(after)
        return inline(after, node.style if node.kind == "scalar" and not node.alias else "", flow=True)

    def _inline(self, node: Node, new: str) -> None:
        """Another text between the same neighbours."""
        before = self.text[node.start - 1 : node.start]
        space = " " if node.start == node.end and before in {":", "-", ","} else ""
        self.edits.append((node.start, node.end, space + new))

    def _below(self, at: int, tail: Sequence[str]) -> None:
        if tail:
            self.edits.append((at, at, "".join(f"{line}\n" for line in tail)))

    def _instead_of_inline(self, node: Node, made: Written) -> None:
        head, tail, start = made.head, made.tail, node.start
        if not head and tail and self._follows_dash(node.start):
            head, tail = tail[0].lstrip(" "), tail[1:]
        if head:
            self._inline(node, head)
        else:
            while self.text[start - 1] in " \t":
                start -= 1
            self.edits.append((start, node.end, ""))
        self._below(self.lines.following(node.end), tail)

    def _follows_dash(self, start: int) -> bool:
        return self.text[self.lines.start(start) : start].rstrip(" ").endswith("-")

    def _instead_of_block_scalar(self, node: Node, made: Written) -> None:
        head, tail, start = made.head, made.tail, node.start
        if not head and tail and self._follows_dash(node.start):
            head, tail = tail[0].lstrip(" "), tail[1:]
        if not head:
            while self.text[start - 1] in " \t":
                start -= 1
        if self.text[start : node.header_end] != head:
            self.edits.append((start, node.header_end, head))
        first = self.lines.following(node.start)
        new = "".join(f"{line}\n" for line in tail)
        if self.text[first : node.end] != new:
            self.edits.append((first, node.end, new))

    def _instead_of_block(self, node: Node, made: Written) -> None:
        ends = self.ends(node)
        head, tail = made.head, made.tail
        on_line = self.text[self.lines.start(node.start) : node.start].strip(" ") != ""
        if on_line:  # `- a: 1`, or behind an anchor
            if not head and tail:
                head, tail = tail[0].lstrip(" "), tail[1:]
            self.edits.append((node.start, ends, "".join(f"{line}\n" for line in (head, *tail))))
            return
        first = self.lines.start(node.start)
        new = "".join(f"{line}\n" for line in tail)
        if head:
            at = self._introduced(node)
            self.edits.append((at, at, f" {head}"))
            # A text begins right below its key: what stands between would become part of it.
            if tail and (below := self.lines.following(at)) != first:
                self.edits.append((below, below, new))
                new = ""
        self.edits.append((first, ends, new))

    def _introduced(self, node: Node) -> int:
        """Behind the colon or dash that a block on lines of its own belongs to."""
        line = self.lines.start(node.start)
        while line > 0:
            start = self.lines.start(line - 1)
            content = self.text[start : line - 1]
            if content.strip() and not content.lstrip().startswith("#"):
                cut = content.find(" #")
                return start + len((content if cut < 0 else content[:cut]).rstrip())
            line = start
        raise Unwritable("nothing introduces this value", node.start)

    def ends(self, node: Node) -> int:
        """Where the line after a value begins."""
        last = node.last
        return last.end if last.style in {"|", ">"} else self.lines.following(last.end)

    # -- members, on lines

    def _map(self, node: Node, after: Mapping[str, Any]) -> None:
        written = self._names(node)
        gone = [key for key in node.merged if key not in after]
        if gone:
            raise Unwritable(
                f"'{gone[0]}' comes from an anchor, by '<<', and cannot be taken out here", node.start
            )
        kept = [index for index, key in enumerate(written) if key in after]
        added = [
            key
            for key in after
            if key not in written and not (key in node.merged and same(node.merged[key], after[key]))
        ]
        column = self.lines.column(node.start)
        if not kept:
            raise Unwritable("nothing of this mapping would be left", node.start)
        for index in kept:
            self._check_key(node, index)
            self.change(node.items[index], after[written[index]], column, flow=False)
        self._take_out(node, [index for index in range(len(written)) if index not in kept])
        order = list(after)
        for key in added:
            before = [index for index in kept if order.index(written[index]) < order.index(key)]
            made = self.manner.written(after[key], column)
            if (text := self._like_siblings(node, after[key])) is not None:
                made = Written(text)
            lines = (f"{' ' * column}{self.manner.key(key)}: {made.head}".rstrip(), *made.tail)
            self._put(node, before[-1] if before else None, lines, column)

    def _names(self, node: Node) -> list[str]:
        """The keys as they are written: a key is text, whatever it looks like."""
        return [
            key.value if isinstance(key.value, str) else self.text[key.start : key.end] for key in node.keys
        ]

    def _check_key(self, node: Node, index: int) -> None:
        if self.text.startswith("?", node.keys[index].start):
            raise Unwritable("a key behind '?' is not edited", node.keys[index].start)

    def _like_siblings(self, node: Node, value: Any) -> str | None:
        """In brackets, where the siblings of its sort are."""
        kind = "map" if isinstance(value, Mapping) else "list" if isinstance(value, list) else None
        siblings = [item for item in node.items if item.kind == kind and item.items and not item.alias]
        if kind is None or not value or not siblings or not all(item.flow for item in siblings):
            return None
        text = self.manner.flow(value)
        return text if len(text) <= 80 and "\\n" not in text else None

    def _list(self, node: Node, after: list[Any]) -> None:
        column = self.lines.column(node.start)
        pairs = aligned(node.value, after)
        if not any(old is not None and new is not None for old, new in pairs):
            pairs = [(index, index) for index in range(min(len(node.items), len(after)))]
            pairs += [(index, None) for index in range(len(after), len(node.items))]
            pairs += [(None, index) for index in range(len(node.items), len(after))]
        previous: int | None = None
        for old, new in pairs:
            if old is not None and new is not None:
                self.change(node.items[old], after[new], column, flow=False, in_list=True)
                previous = old
            elif new is not None:
                made = self.manner.written(after[new], column, in_list=True)
                if (text := self._like_siblings(node, after[new])) is not None:
                    made = Written(text)
                self._put(node, previous, tuple(self.manner.entry(made, column)), column)
        self._take_out(node, [old for old, new in pairs if old is not None and new is None])

    def _put(self, node: Node, previous: int | None, lines: Sequence[str], column: int) -> None:
        """New lines behind a member, or before the first one."""
        if previous is not None:
            at = self.ends(node.items[previous])
            if self.text[at - 1 : at] != "\n":
                raise Unwritable("there is no line to write it on", at)
            self._below(at, lines)
            return
        start = node.entries[0]
        line = self.lines.start(start)
        if self.text[line:start].strip(" ") == "":
            self._below(line, lines)
            return
        text = "\n".join((lines[0].lstrip(" "), *lines[1:]))
        self.edits.append((start, start, f"{text}\n{' ' * column}"))

    def _take_out(self, node: Node, gone: Sequence[int]) -> None:
        """Their lines. A first member that stands behind a dash gives its place to what follows."""
        leading = 0
        while leading < len(gone) and gone[leading] == leading:
            leading += 1
        first = node.entries[0]
        shares = self.text[self.lines.start(first) : first].strip(" ") != ""
        if leading and shares:
            ends = self.ends(node.items[leading - 1])
            while self.text[ends] in " \n":
                ends += 1
            self.edits.append((first, ends, ""))
            gone = gone[leading:]
        for index in gone:
            self.edits.append((self.lines.start(node.entries[index]), self.ends(node.items[index]), ""))

    # -- members, in brackets

    def _flow(self, node: Node, after: Any, column: int) -> None:
        if self.text[node.start] not in "{[":
            raise Unwritable("a pair without braces is not edited", node.start)
        names: list[Any]
        if isinstance(after, Mapping):
            written = self._names(node)
            gone = [key for key in node.merged if key not in after]
            if gone or (node.merged and any(not same(node.merged[key], after[key]) for key in node.merged)):
                raise Unwritable("what an anchor brings by '<<' is not changed in brackets", node.start)
            names = [key for key in after if key not in node.merged]
            pairs: list[tuple[int | None, Any]] = [
                (written.index(key) if key in written else None, key) for key in names
            ]
            pairs = [(old, key) for old, key in pairs]
            structural = len(written) != len(names) or any(old is None for old, _ in pairs)
        else:
            found = aligned(node.value, after)
            pairs = [(old, new) for old, new in found if new is not None]
            structural = any(old is None or new is None for old, new in found)
        if structural and node.merged:
            raise Unwritable("a mapping with '<<' in brackets is not edited", node.start)
        if not structural:
            for old, new in pairs:
                self.change(node.items[old or 0], after[new], column, flow=True)
            return
        parts = [(old, self._part(node, old, new, after, column)) for old, new in pairs]
        self.edits.append((node.start, node.end, rebuilt(self.text, node, parts)))

    def _part(self, node: Node, old: int | None, new: Any, after: Any, column: int) -> str:
        value = after[new]
        if old is None:
            multiline = "\n" in self.text[node.start : node.end]
            text = self.manner.flow(value)
            if self.manner.is_json and multiline and isinstance(value, Mapping | list) and value:
                text = self.manner.pretty_json(value, self._indent_of(node.entries[-1]))
            return f"{self.manner.key(new, flow=True)}: {text}" if isinstance(after, Mapping) else text
        inner = Splicer(self.text, self.manner, self.lines)
        inner.change(node.items[old], value, column, flow=True)
        return inner.applied(node.entries[old], node.items[old].end)

    def _indent_of(self, at: int) -> int:
        line = self.text[self.lines.start(at) :]
        return len(line) - len(line.lstrip(" "))
