"""Where the boxes and lines of a dependency picture stand: layer by layer, what refers left of what it needs.

Longest-path layers, lines led through the layers between, and a few sweeps that put each box beside the
middle of its neighbours (the barycentre heuristic of Sugiyama, Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agentops.domain.diagnostics import counted
from agentops.domain.risk import Level
from agentops.domain.view.review import Node, Picture

MOST_BOXES = 48
"""A picture of more addresses is grouped."""

_APART = 16
"""The riskiest changes keep a box of their own in a grouped picture."""

_CHARACTER, _PADDING, _HEIGHT = 7.3, 44, 30
_BEND = 4
_GAP, _BETWEEN, _MARGIN = 12, 64, 6
_LABEL = 36
_PER_ROW = 4
_SWEEPS = 6
_LEVELS = (*Level, None)


@dataclass(frozen=True, slots=True)
class Box:
    """``address`` is empty for a group, whose label says of what and how many. Sizes are in CSS pixels."""

    label: str
    address: str
    symbol: str
    level: Level | None
    x: float
    y: float
    width: float
    height: float = _HEIGHT


@dataclass(frozen=True, slots=True)
class Wire:
    """A line through points, from what refers to what it needs."""

    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """``note`` says what was grouped; empty where everything has its own box. ``sentences`` say the same as
    the picture: what each box refers to."""

    boxes: tuple[Box, ...] = ()
    wires: tuple[Wire, ...] = ()
    width: float = 0
    height: float = 0
    note: str = ""
    sentences: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    """What gets a box: a node, or all of a group."""

    label: str
    address: str
    symbol: str
    level: Level | None


@dataclass(frozen=True, slots=True)
class _Graph:
    items: Mapping[str, _Item]
    edges: Sequence[tuple[str, str]]
    note: str = ""


@dataclass(slots=True)
class _Places:
    """Left edge, top and width by name, of the bends of lines too."""

    at: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    width: float = 0
    height: float = 0


def layout_of(picture: Picture) -> Layout:
    """A picture of a few dozen boxes at most."""
    graph = _graph(picture)
    linked = [name for name in graph.items if any(name in edge for edge in graph.edges)]
    layers = _layers(linked, graph.edges)
    chains = [_chain(edge, layers) for edge in graph.edges]
    places = _placed(_ordered(layers, chains), graph.items)
    _put_below(places, [name for name in graph.items if name not in layers], graph.items)
    boxes = tuple(
        Box(item.label, item.address, item.symbol, item.level, *places.at[name])
        for name, item in graph.items.items()
    )
    wires = tuple(_wire(chain, places) for chain in chains)
    sentences = tuple(_sentences(graph))
    return Layout(boxes, wires, places.width, places.height, graph.note, sentences)


def _graph(picture: Picture) -> _Graph:
    """The picture itself, or with one box for all of a kind to which the same happens."""
    nodes = picture.nodes
    if len(nodes) <= MOST_BOXES:
        items = {it.address: _Item(_short(it.address), it.address, it.symbol, it.level) for it in nodes}
        return _Graph(items, picture.edges)
    risky = sorted((it for it in nodes if it.level), key=lambda it: _LEVELS.index(it.level))
    apart = {it.address for it in risky[:_APART]}
    members: dict[str, list[Node]] = defaultdict(list)
    for node in nodes:
        members[node.address if node.address in apart else _group(node)].append(node)
    group_of = {node.address: name for name, found in members.items() for node in found}
    edges = dict.fromkeys((group_of[one], group_of[other]) for one, other in picture.edges)
    kept = f" The {len(apart):,} riskiest stand by themselves." if apart else ""
    note = (
        f"{counted(len(nodes), 'address', 'addresses')} are too many for one picture: those of a kind to "
        f"which the same happens share a box.{kept}"
    )
    items = {name: _together(name, found) for name, found in members.items()}
    return _Graph(items, [edge for edge in edges if edge[0] != edge[1]], note)


def _group(node: Node) -> str:
    return f"{node.address.partition('/')[0]}/* {node.symbol}"


def _together(name: str, found: Sequence[Node]) -> _Item:
    first = found[0]
    if len(found) == 1:
        return _Item(_short(first.address), first.address, first.symbol, first.level)
    label = f"{first.address.partition('/')[0]} × {len(found):,}"
    return _Item(label, "", first.symbol, min((it.level for it in found), key=_LEVELS.index))


def _short(address: str) -> str:
    """Cut in the middle: the end tells memories and credentials apart."""
    half = _LABEL // 2
    return address if len(address) <= _LABEL else f"{address[: half - 1]}…{address[-half:]}"


def _layers(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """How far each is from whatever nothing refers to, by the longest way. Edges that close a circle count
    for nothing."""
    needs: dict[str, list[str]] = defaultdict(list)
    for one, other in edges:
        needs[one].append(other)
    done: list[str] = []
    seen: dict[str, bool] = {}
    for start in names:
        _visit(start, needs, seen, done)
    layers = dict.fromkeys(names, 0)
    position = {name: at for at, name in enumerate(reversed(done))}
    for name in reversed(done):
        for other in needs[name]:
            if position[other] > position[name]:
                layers[other] = max(layers[other], layers[name] + 1)
    return layers


def _visit(start: str, needs: Mapping[str, list[str]], seen: dict[str, bool], done: list[str]) -> None:
    """Depth first, without recursion; ``done`` has what is needed before what needs it."""
    stack = [start]
    while stack:
        name = stack[-1]
        ahead = [it for it in needs.get(name, ()) if it not in seen] if name not in done else []
        seen[name] = True
        if ahead:
            stack.append(ahead[0])
        else:
            stack.pop()
            if name not in done:
                done.append(name)


def _chain(edge: tuple[str, str], layers: Mapping[str, int]) -> tuple[str, ...]:
    """An edge with a bend in each layer between."""
    one, other = edge
    step = 1 if layers[one] <= layers[other] else -1
    between = range(layers[one] + step, layers[other], step)
    return (one, *(f"{one}\0{other}\0{layer}" for layer in between), other)


def _ordered(layers: Mapping[str, int], chains: Sequence[tuple[str, ...]]) -> list[list[str]]:
    """The names of each layer from top to bottom, so that few lines cross."""
    depth = dict(layers)
    for chain in chains:
        depth.update({name: int(name.rpartition("\0")[2]) for name in chain[1:-1]})
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, layer in depth.items():
        columns[layer].append(name)
    near: dict[str, list[str]] = defaultdict(list)
    for one, other in (pair for chain in chains for pair in pairwise(chain)):
        near[one].append(other)
        near[other].append(one)
    for sweep in range(_SWEEPS):
        for layer in range(len(columns)) if sweep % 2 == 0 else reversed(range(len(columns))):
            _sort_by_middle(columns, layer, -1 if sweep % 2 == 0 else 1, near)
    return columns


def _sort_by_middle(
    columns: Sequence[list[str]], layer: int, side: int, near: Mapping[str, Iterable[str]]
) -> None:
    if not 0 <= layer + side < len(columns):
        return
    beside = {name: at / len(columns[layer + side]) for at, name in enumerate(columns[layer + side])}
    own = {name: at / len(columns[layer]) for at, name in enumerate(columns[layer])}

    def middle(name: str) -> float:
        found = [beside[it] for it in near[name] if it in beside]
        return sum(found) / len(found) if found else own[name]

    columns[layer].sort(key=middle)


def _placed(columns: Sequence[Sequence[str]], items: Mapping[str, _Item]) -> _Places:
    """Columns beside each other, each around the same middle."""
    places = _Places()
    heights = [sum(_high(name, items) for name in column) + _GAP * (len(column) - 1) for column in columns]
    tallest, x = max(heights, default=0), float(_MARGIN)
    for column, height in zip(columns, heights, strict=True):
        wide = max(_wide(name, items) for name in column)
        y = _MARGIN + (tallest - height) / 2
        for name in column:
            places.at[name] = (x, y, wide)
            y += _high(name, items) + _GAP
        places.width = x + wide + _MARGIN
        x += wide + _BETWEEN
    places.height = tallest + 2 * _MARGIN if columns else 0
    return places


def _wide(name: str, items: Mapping[str, _Item]) -> float:
    return round(len(items[name].label) * _CHARACTER + _PADDING, 1) if name in items else 0


def _high(name: str, items: Mapping[str, _Item]) -> float:
    return _HEIGHT if name in items else _BEND


def _put_below(places: _Places, alone: Sequence[str], items: Mapping[str, _Item]) -> None:
    """What refers to nothing in the picture, in rows."""
    rows = [alone[start : start + _PER_ROW] for start in range(0, len(alone), _PER_ROW)]
    wide = max((_wide(name, items) for name in alone), default=0)
    y = places.height + (_GAP if places.height and rows else 0) + (0 if places.height else _MARGIN)
    for row in rows:
        for at, name in enumerate(row):
            x = _MARGIN + at * (wide + _GAP)
            places.at[name] = (x, y, wide)
            places.width = max(places.width, x + wide + _MARGIN)
        y += _HEIGHT + _GAP
        places.height = y


def _wire(chain: Sequence[str], places: _Places) -> Wire:
    """From the right edge of the first box to the left edge of the last, or the other way around."""
    first, *bends, last = (places.at[name] for name in chain)
    ahead = first[0] < last[0]
    start = (first[0] + (first[2] if ahead else 0), first[1] + _HEIGHT / 2)
    end = (last[0] + (0 if ahead else last[2]), last[1] + _HEIGHT / 2)
    through = [((x, y + _BEND / 2), (x + wide, y + _BEND / 2)) for x, y, wide in bends]
    points = [point for pair in through for point in (pair if ahead else reversed(pair))]
    return Wire((start, *points, end))


def _sentences(graph: _Graph) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, item in graph.items.items():
        needs = [graph.items[other] for one, other in graph.edges if one == name]
        if needs:
            yield item.address or item.label, tuple(it.address or it.label for it in needs)
