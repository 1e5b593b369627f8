"""Where boxes and lines of a picture stand."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.risk import Level
from agentops.domain.view.layout import MOST_BOXES, Box, layout_of
from agentops.domain.view.review import Node, Picture

KINDS = ("agent", "skill", "vault", "deployment")


def picture(count: int, edges: set[tuple[int, int]], level: Level | None = None) -> Picture:
    names = [f"{KINDS[number % 4]}/{number}" for number in range(count)]
    nodes = tuple(
        Node(name, "~" if at % 3 else "", level if at % 3 else None) for at, name in enumerate(names)
    )
    return Picture(nodes, tuple(sorted((names[one], names[other]) for one, other in edges)))


def apart(one: Box, other: Box) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return beside or one.y + one.height <= other.y or other.y + other.height <= one.y


PAIRS = st.sets(
    st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda it: it[0] != it[1]), max_size=40
)


@settings(max_examples=150, deadline=None)
@given(PAIRS)
def test_boxes_stand_apart_and_within_the_picture_whatever_refers_to_what(
    edges: set[tuple[int, int]],
) -> None:
    found = layout_of(picture(20, edges))
    assert len(found.boxes) == 20
    assert len(found.wires) == len(edges)
    assert all(apart(one, other) for one, other in combinations(found.boxes, 2))
    for box in found.boxes:
        assert 0 <= box.x <= box.x + box.width <= found.width
        assert 0 <= box.y <= box.y + box.height <= found.height
    for x, y in (point for wire in found.wires for point in wire.points):
        assert 0 <= x <= found.width
        assert 0 <= y <= found.height


@settings(max_examples=150, deadline=None)
@given(PAIRS)
def test_what_is_needed_stands_to_the_right_of_whatever_needs_it(edges: set[tuple[int, int]]) -> None:
    forward = {(min(edge), max(edge)) for edge in edges}  # no circle
    drawn = picture(20, forward)
    boxes = {box.address: box for box in layout_of(drawn).boxes}
    for one, other in drawn.edges:
        assert boxes[one].x + boxes[one].width < boxes[other].x


def test_a_line_of_references_crosses_nothing() -> None:
    found = layout_of(picture(6, {(0, 2), (1, 3), (2, 4), (3, 5)}))
    order = [
        sorted((box.y, box.address) for box in found.boxes if box.x == x) for x in {b.x for b in found.boxes}
    ]
    assert [[int(name.partition("/")[2]) % 2 for _, name in column] for column in order] in (
        [[0, 1]] * 3,
        [[1, 0]] * 3,
    )


def test_the_list_says_the_same_as_the_picture() -> None:
    assert layout_of(picture(4, {(0, 1), (0, 2)})).sentences == (("agent/0", ("skill/1", "vault/2")),)


def test_hundreds_share_boxes_and_the_picture_says_so() -> None:
    drawn = picture(1_000, {(number, number + 1) for number in range(999)}, Level.HIGH)
    found = layout_of(drawn)
    assert len(found.boxes) <= MOST_BOXES
    assert found.note == (
        "1,000 addresses are too many for one picture: those of a kind to which the same happens share a "
        "box. The 16 riskiest stand by themselves."
    )
    assert all(apart(one, other) for one, other in combinations(found.boxes, 2))
    grouped = sum(int(box.label.rpartition(" ")[2]) for box in found.boxes if not box.address)
    assert grouped + sum(bool(box.address) for box in found.boxes) == 1_000
    assert not layout_of(picture(MOST_BOXES, {(0, 1)})).note


def test_a_long_address_is_cut_in_its_middle() -> None:
    name = f"memory/{'a' * 60}/guide.md"
    (box,) = layout_of(Picture((Node(name),), ())).boxes
    assert box.label.startswith("memory/aaa")
    assert box.label.endswith("/guide.md")
    assert box.address == name
