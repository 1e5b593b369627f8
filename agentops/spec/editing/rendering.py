"""New values as YAML or JSON, written like what stands around them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.spec.editing.nodes import Lines, Node
from agentops.spec.editing.scalars import Former, Written, block, inline

_NARROW = 100


@dataclass(frozen=True, slots=True)
class Manner:
    """How a document is laid out.

    step: spaces that a level is indented by. dash: how much further a dash stands than its key.
    padded: flow mappings have spaces inside their braces. is_json: it is JSON. blocks: a text may be written
    over several lines.
    """

    step: int = 2
    dash: int = 2
    padded: bool = False
    is_json: bool = False
    blocks: bool = True

    @classmethod
    def of(cls, text: str, root: Node | None, lines: Lines, *, is_json: bool = False) -> Manner:
        if is_json:
            found = re.search(r"[{\[]\n( +|\t+)\S", text)
            return cls(step=len(found[1]) if found and found[1][0] == " " else 2, is_json=True)
        steps: list[int] = []
        dashes: list[int] = []
        for column, node in _blocks(root, lines):
            if node.kind == "list":
                dashes.append(lines.column(node.start) - column)
            else:
                steps.append(lines.column(node.start) - column)
        step = min((item for item in steps if item > 0), default=0) or max([*dashes, 0]) or 2
        braces = re.findall(r"\{( ?)[^\s{}%#]", text)
        padded = bool(braces) and braces.count(" ") * 2 > len(braces)
        return cls(step=step, dash=dashes[0] if dashes else step, padded=padded)

    # -- in brackets, on one line

    def flow(self, value: Any) -> str:
        if self.is_json:
            return json.dumps(value, ensure_ascii=False)
        if isinstance(value, Mapping):
            inner = ", ".join(f"{self.key(key, flow=True)}: {self.flow(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if self.padded and inner else f"{{{inner}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.flow, value))}]"
        return inline(value, flow=True)

    def key(self, name: str, *, flow: bool = False) -> str:
        if self.is_json:
            return json.dumps(name, ensure_ascii=False)
        # A key is text whatever it looks like; only what would be read as structure is quoted.
        bare = re.fullmatch(r"[A-Za-z0-9_][\w./@+-]*", name) is not None
        return name if bare else inline(name, flow=flow)

    def pretty_json(self, value: Any, column: int) -> str:
        """Over several lines, where its neighbours are."""
        return json.dumps(value, ensure_ascii=False, indent=self.step).replace("\n", f"\n{' ' * column}")

    # -- over lines

    def written(
        self, value: Any, column: int, *, in_list: bool = False, former: Former | None = None
    ) -> Written:
        """A value behind a key or a dash that stands in ``column``."""
        if isinstance(value, Mapping | list) and value:
            inner = column + (self.dash if isinstance(value, list) and not in_list else self.step)
            if in_list:
                inner = column + 2
            return Written("", tuple(self._lines(value, inner)))
        if isinstance(value, Mapping | list):
            return Written("{}" if isinstance(value, Mapping) else "[]")
        style = former.style if former is not None else ""
        if (
            self.blocks
            and isinstance(value, str)
            and (style in {"|", ">"} or (style == "" and "\n" in value))
        ):
            made = block(value, column, self.step, former if style else None)
            if made is not None:
                return made
        return Written(inline(value, style))

    def _lines(self, value: Any, column: int) -> Iterator[str]:
        pad = " " * column
        if isinstance(value, Mapping):
            for key, item in value.items():
                made = self._member(value, item, column)
                yield f"{pad}{self.key(key)}: {made.head}".rstrip()
                yield from made.tail
            return
        for item in value:
            made = self.written(item, column, in_list=True)
            yield from self.entry(made, column)

    def _member(self, holder: Mapping[str, Any], value: Any, column: int) -> Written:
        """``- web_fetch: {permission: always_ask}``: the settings of a name stay on its line."""
        plain = isinstance(value, Mapping) and not any(
            isinstance(item, Mapping | list) for item in value.values()
        )
        if plain and len(holder) == 1 and value and len(text := self.flow(value)) <= _NARROW - column:
            return Written(text)
        return self.written(value, column)

    def entry(self, made: Written, column: int) -> Iterator[str]:
        """An item of a list: what has only lines begins behind its dash."""
        pad = " " * column
        head, tail = made.head, list(made.tail)
        if not head and tail:
            head = tail.pop(0).lstrip(" ")
        yield f"{pad}- {head}".rstrip()
        yield from tail


def _blocks(node: Node | None, lines: Lines, column: int | None = None) -> Iterator[tuple[int, Node]]:
    """Every block collection below a key, with the column of the key."""
    if node is None or node.kind == "scalar" or node.flow or node.alias:
        return
    if column is not None:
        yield column, node
    for index, item in enumerate(node.items):
        below = lines.column(node.keys[index].start) if node.kind == "map" else None
        yield from _blocks(item, lines, below)
