"""What refers to what, ready to draw: of what the files ask for in a stage, or of what a plan changes.

Nodes have generated IDs, in the order of the kinds and of the addresses, so that one project has one picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.diagnostics import counted
from agentops.domain.graph import closure, reversed_edges
from agentops.domain.kind import Catalog, Slot
from agentops.domain.resource import Resource, as_ref
from agentops.domain.risk import Level
from agentops.domain.state import DesiredState
from agentops.domain.view.review import Picture

MOST_EDGES, LONGEST = 500, 50_000
"""Edges, and characters of text, that Mermaid draws unless a page allows more; GitHub's does not."""

_TWINS = 3
"""From how many on nodes with the same neighbours are drawn as one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One address. id: of something that is not managed here. symbol, level: what a plan does to it, and the
    worst risk of that."""

    id: str = ""
    symbol: str = ""
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """Addresses, and who refers to whom. A label is what stands at the line; ``loose`` lines are no part of
    any body: memory that belongs to an agent."""

    title: str
    seen: Mapping[Address, Seen]
    lines: Mapping[tuple[Address, Address], str]
    loose: frozenset[tuple[Address, Address]] = frozenset()

    @property
    def needs(self) -> dict[Address, list[Address]]:
        found: dict[Address, list[Address]] = {address: [] for address in self.seen}
        for one, other in self.lines:
            found[one].append(other)
        return found

    def around(self, chosen: Iterable[Address]) -> Relations:
        """Only these, what they need, and who refers to them, however far."""
        start, needs = list(chosen), self.needs
        kept = closure(start, needs) | closure(start, reversed_edges(needs))
        return Relations(
            self.title,
            {address: it for address, it in self.seen.items() if address in kept},
            {line: label for line, label in self.lines.items() if kept.issuperset(line)},
            self.loose,
        )


@dataclass(frozen=True, slots=True)
class NodeView:
    """``lines`` are its label. ``outside``: it is not managed here; ``chosen``: it was asked for."""

    id: str
    lines: tuple[str, ...]
    outside: bool = False
    chosen: bool = False
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class GroupView:
    """The nodes of one kind; ``number`` is its place in the catalog, counted from 0."""

    id: str
    number: int
    heading: str
    nodes: tuple[NodeView, ...]


@dataclass(frozen=True, slots=True)
class EdgeView:
    """From what refers to what is needed."""

    start: str
    end: str
    label: str = ""
    loose: bool = False


@dataclass(frozen=True, slots=True)
class GraphView:
    """``about`` counts what there is; ``folded`` what is drawn as one and why, empty where nothing
    is."""

    title: str
    about: str
    groups: tuple[GroupView, ...]
    edges: tuple[EdgeView, ...]
    folded: str = ""


def relations(desired: DesiredState, catalog: Catalog, external: Mapping[Address, str]) -> Relations:
    """Of what the files ask for. ``external`` are the IDs of what is used and not managed."""
    names = {id: address for address, id in external.items()}
    seen = dict.fromkeys(desired.resources, Seen())
    lines: dict[tuple[Address, Address], str] = {}
    for address, resource in desired.resources.items():
        lines |= {(address, other): "" for other in resource.needs if other != address}
        for other, id in _outside(resource, catalog.of_address(address).slots, names):
            seen.setdefault(other, Seen(id))
            lines[address, other] = ""
    loose: set[tuple[Address, Address]] = set()
    for address, resource in desired.resources.items():
        for kept in resource.attachments:
            line = (address, kept.memory_store)
            seen.setdefault(kept.memory_store, Seen(external.get(kept.memory_store, "")))
            if line not in lines:
                lines[line] = kept.access
                loose.add(line)
    for _, other in lines:
        seen.setdefault(other, Seen())
    return Relations(f"{desired.project} · {desired.stage}", seen, lines, frozenset(loose))


def _outside(
    resource: Resource, slots: Iterable[Slot], names: Mapping[str, Address]
) -> Iterator[tuple[Address, str]]:
    """What a body names by an ID: an external address, or the ID itself where it has none."""
    for slot in slots:
        for entry in slot.entries(resource.body):
            if slot.type is not None and isinstance(entry, Mapping):
                entry = entry.get(slot.id) if entry.get("type") == slot.type else None
            if isinstance(entry, str) and as_ref(entry) is None:
                yield names.get(entry, Address.of(slot.kind, entry)), entry


def relations_of_plan(title: str, picture: Picture) -> Relations:
    """Of what a plan changes, and what that refers to."""
    seen = {Address(it.address): Seen("", it.symbol, it.level) for it in picture.nodes}
    return Relations(title, seen, {(Address(one), Address(other)): "" for one, other in picture.edges})


def drawable(views: Iterable[GraphView], draw: Callable[[GraphView], str]) -> tuple[str, GraphView]:
    """The first of several that Mermaid draws, else the last, and its text."""
    *finer, coarsest = views
    for view in finer:
        if len(view.edges) <= MOST_EDGES and len((text := draw(view)).encode()) <= LONGEST:
            return text, view
    return draw(coarsest), coarsest


def graph_views(found: Relations, catalog: Catalog, chosen: Sequence[Address] = ()) -> Iterator[GraphView]:
    """The whole picture first, then coarser ones for where that is too much to draw: with nodes as one that
    have the same neighbours, and at last one node a kind."""
    draw = _Drawing(found, catalog, frozenset(chosen))
    yield draw.view(lambda address: address)
    twins = _twins(found, draw.chosen)
    same = f"{_TWINS} or more with the same neighbours are drawn as one"
    yield draw.view(twins.__getitem__, _too_much(found, same))
    kinds: dict[str, Address] = {}
    for address in sorted(found.seen):
        kinds.setdefault(address.kind, address)
    yield draw.view(lambda it: kinds[it.kind], _too_much(found, "each kind is drawn as one"))


def _about(found: Relations) -> str:
    return f"{counted(len(found.seen), 'resource')} with {counted(len(found.lines), 'reference')}"


def _too_much(found: Relations, instead: str) -> str:
    how = "Name ADDRESSes to draw a part, or take `--format dot`, which has no limit."
    return f"{_about(found)} are more than Mermaid draws: {instead}. {how}"


def _twins(found: Relations, chosen: frozenset[Address]) -> dict[Address, Address]:
    """The first of those that have everything in common, for each."""
    needs = found.needs
    users = reversed_edges(needs)
    alike: dict[object, list[Address]] = {}
    for address in sorted(found.seen):
        key: object = address
        if address not in chosen:
            around = (frozenset(needs[address]), frozenset(users.get(address, ())))
            key = (address.kind, found.seen[address], around)
        alike.setdefault(key, []).append(address)
    first: dict[Address, Address] = {}
    for members in alike.values():
        first |= dict.fromkeys(members, members[0]) if len(members) >= _TWINS else {it: it for it in members}
    return first


@dataclass(frozen=True, slots=True)
class _Drawing:
    """From relations to a view, some of them drawn as one."""

    found: Relations
    catalog: Catalog
    chosen: frozenset[Address]
    order: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", {kind.name: number for number, kind in enumerate(self.catalog)})

    def view(self, drawn_as: Callable[[Address], Address], folded: str = "") -> GraphView:
        sizes = Counter(map(drawn_as, self.found.seen))
        drawn = sorted(sizes, key=lambda it: (-self.order.get(it.kind, len(self.order)), it))
        ids = {address: f"n{number}" for number, address in enumerate(drawn, 1)}
        return GraphView(
            self.found.title,
            _about(self.found),
            tuple(self._groups(drawn, ids, sizes)),
            tuple(self._edges(drawn_as, ids)),
            folded,
        )

    def _groups(
        self, drawn: Sequence[Address], ids: Mapping[Address, str], sizes: Mapping[Address, int]
    ) -> Iterator[GroupView]:
        for kind in dict.fromkeys(address.kind for address in drawn):
            nodes = tuple(
                self._node(address, ids[address], sizes[address]) for address in drawn if address.kind == kind
            )
            number = self.order.get(kind, len(self.order))
            heading = self.catalog[kind].directory if kind in self.catalog else kind
            yield GroupView(f"g{number + 1}", number, heading, nodes)

    def _node(self, address: Address, id: str, size: int) -> NodeView:
        it = self.found.seen[address]
        more = f" and {size - 1:,} more" if size > 1 else ""
        lines = (
            f"{it.symbol} {self._name(address)}{more}".strip(),
            it.id if it.id != address.name else "",
            f"{it.level} risk" if it.level else "",
        )
        return NodeView(
            id, tuple(filter(None, lines)), bool(it.id), chosen=address in self.chosen, level=it.level
        )

    def _name(self, address: Address) -> str:
        """A child is called by its own name: the line to its parent tells the rest."""
        parent = self.catalog.of_address(address).parent if address.kind in self.catalog else None
        return address.name.partition("/")[2] if parent is not None else address.name

    def _edges(
        self, drawn_as: Callable[[Address], Address], ids: Mapping[Address, str]
    ) -> Iterator[EdgeView]:
        edges: dict[tuple[str, str], EdgeView] = {}
        for line in sorted(self.found.lines):
            one, other = (ids[drawn_as(it)] for it in line)
            edge = EdgeView(one, other, self.found.lines[line], line in self.found.loose)
            kept = edges.setdefault((one, other), edge)
            if kept != edge:  # several that are not alike
                edges[one, other] = EdgeView(one, other)
        return iter(sorted(edges.values(), key=lambda it: (int(it.start[1:]), int(it.end[1:]))))
