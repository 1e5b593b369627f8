"""A graph in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Sequence

from agentops.domain.risk import Level
from agentops.domain.view import EdgeView, GraphView, GroupView, NodeView, visible

_SHAPES = ("hexagon", "cylinder", "note", "component", "house", "box", "ellipse", "box3d")
_PENS = {Level.HIGH: "#d1242f", Level.MEDIUM: "#d97706"}


def dot(view: GraphView) -> str:
    """From left to right, a cluster for each kind."""
    lines = [
        f"// {_comment(view.about)}",
        f"digraph {_quoted([view.title])} {{",
        f"  graph [rankdir=LR, label={_quoted([view.title])}, labelloc=t, fontname=Helvetica]",
        "  node [fontname=Helvetica]",
        "  edge [fontname=Helvetica, fontsize=10]",
    ]
    for group in view.groups:
        lines += _group(group)
    lines += [_edge(edge) for edge in view.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _group(group: GroupView) -> list[str]:
    shape = _SHAPES[group.number % len(_SHAPES)]
    return [
        f"  subgraph cluster_{group.id} {{",
        f"    label={_quoted([group.heading])}",
        *(f"    {node.id} [{', '.join(_attributes(node, shape))}]" for node in group.nodes),
        "  }",
    ]


def _attributes(node: NodeView, shape: str) -> list[str]:
    attributes = [f"label={_quoted(node.lines)}", f"shape={shape}"]
    attributes += ["style=dashed"] if node.outside else []
    attributes += ["penwidth=3"] if node.chosen or node.level in _PENS else []
    return [*attributes, f'color="{_PENS[node.level]}"'] if node.level in _PENS else attributes


def _edge(edge: EdgeView) -> str:
    attributes = [f"label={_quoted([edge.label])}"] if edge.label else []
    attributes += ["style=dashed"] if edge.loose else []
    return f"  {edge.start} -> {edge.end}" + (f" [{', '.join(attributes)}]" if attributes else "")


def _quoted(lines: Sequence[str]) -> str:
    """A quoted string. In it a backslash escapes, a quote ends, and an ampersand begins an entity."""
    escaped = (
        visible(line).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines
    )
    return '"' + "\\n".join(escaped) + '"'


def _comment(text: str) -> str:
    return visible(text).replace("\\", "⧵")
