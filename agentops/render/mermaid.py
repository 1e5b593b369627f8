"""A graph as a Mermaid flowchart, which GitHub draws in a pull request.

Mermaid has no way to quote: directives are found anywhere in a text, entities and HTML within labels, and a
backtick or a list's bullet makes a label Markdown. So whatever is not a letter, a digit or one of few
harmless characters is written as an entity, ``#35;``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from agentops.domain.risk import Level
from agentops.domain.view import EdgeView, GraphView, GroupView, NodeView, visible

_SHAPES = (
    ("{{", "}}"),
    ("[(", ")]"),
    ("[/", "\\]"),
    ("[[", "]]"),
    ("[\\", "/]"),
    ("[/", "/]"),
    ("(", ")"),
    ("([", "])"),
)
_STROKES = (
    "#3b82f6",
    "#22a06b",
    "#0ea5a5",
    "#8b5cf6",
    "#b0734a",
    "#7c8696",
    "#d97706",
    "#db2777",
)
_LEVELS = {Level.HIGH: "high", Level.MEDIUM: "medium"}
_CLASSES = {
    "outside": "stroke-dasharray:5 5",
    "chosen": "stroke-width:4px",
    "high": "stroke:#d1242f,stroke-width:4px",
    "medium": "stroke:#d97706,stroke-width:3px",
}
_HARMLESS = frozenset(" -_./·")


def mermaid(view: GraphView, *, fenced: bool = False) -> str:
    """A flowchart from left to right, a box for each kind; ``fenced`` as a block of Markdown.

    Only strokes are coloured, so that it is read on light and on dark pages.
    """
    lines = [
        "---",
        f"title: {_title(view.title)}",
        "---",
        "flowchart LR",
        f"  accTitle: {_label([view.title])}",
        f"  accDescr: {_label([view.about])}",
    ]
    for group in view.groups:
        lines += _group(group)
    lines += [_edge(edge) for edge in view.edges]
    lines += _styles(view.groups)
    text = "\n".join(lines) + "\n"
    return f"```mermaid\n{text}```\n" if fenced else text


def _group(group: GroupView) -> list[str]:
    start, end = _SHAPES[group.number % len(_SHAPES)]
    return [
        f'  subgraph {group.id}["{_label([group.heading])}"]',
        *(f'    {node.id}{start}"{_label(node.lines)}"{end}' for node in group.nodes),
        "  end",
    ]


def _edge(edge: EdgeView) -> str:
    arrow = "-.->" if edge.loose else "-->"
    label = f'|"{_label([edge.label])}"|' if edge.label else ""
    return f"  {edge.start} {arrow}{label} {edge.end}"


def _styles(groups: Sequence[GroupView]) -> list[str]:
    used: dict[str, list[str]] = {}
    for group in groups:
        for node in group.nodes:
            for name in (f"k{group.number}", *_classes(node)):
                used.setdefault(name, []).append(node.id)
    kinds = {
        f"k{group.number}": f"stroke:{_STROKES[group.number % len(_STROKES)]},stroke-width:2px"
        for group in groups
    }
    styles = {name: style for name, style in {**kinds, **_CLASSES}.items() if name in used}
    return [
        line
        for name, style in styles.items()
        for line in (f"  classDef {name} {style}", f"  class {','.join(used[name])} {name}")
    ]


def _classes(node: NodeView) -> list[str]:
    names = ["outside"] if node.outside else []
    names += ["chosen"] if node.chosen else []
    return [*names, _LEVELS[node.level]] if node.level in _LEVELS else names


def _label(lines: Sequence[str]) -> str:
    return "<br/>".join("".join(map(_character, visible(line))) for line in lines)


def _character(character: str) -> str:
    return character if character.isalnum() or character in _HARMLESS else f"#{ord(character)};"


def _title(text: str) -> str:
    """As a string of YAML, in which nothing is left that Mermaid would look for."""
    shown = (it if it.isalnum() or it in _HARMLESS else f"U+{ord(it):04X}" for it in visible(text))
    return json.dumps("".join(shown), ensure_ascii=False)
