from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Location
from agentops.spec.located import locate, matched, plain
from agentops.spec.yaml_text import parse_yaml

TREE = parse_yaml("model: {id: x}\ntools:\n  - type: url\n    url: {type: u}\n", "f")


@pytest.mark.parametrize(
    ("path", "want", "line", "column"),
    [
        ((), "value", 1, 1),
        (("model",), "key", 1, 1),
        (("model",), "value", 1, 8),
        (("model", "ModelConfig", "id"), "value", 1, 13),
        (("model", "nope"), "value", 1, 8),
        (("tools", 0), "value", 3, 5),
        (("tools", 0, "url", "type"), "value", 4, 17),
        (("tools", 0, "union", "type"), "key", 3, 5),
        (("tools", 9, "type"), "value", 3, 3),
    ],
)
def test_a_path_leads_to_its_place_or_the_nearest_around_it(
    path: tuple, want: str, line: int, column: int
) -> None:
    found = locate(TREE, path, want)
    assert found is not None
    assert (found.line, found.column) == (line, column)


def test_the_way_that_matches_most_steps_counts() -> None:
    assert matched(TREE, ("tools", 0, "url", "url", "type")) == ("tools", 0, "url", "type")


def test_plain_values_have_no_places() -> None:
    value = plain(TREE)
    assert value == TREE
    assert type(value) is dict
    assert type(value["tools"]) is list
    assert type(value["tools"][0]) is dict


def test_a_reduced_copy_keeps_places_and_leaves_the_original() -> None:
    copy = TREE.without("model")
    assert list(copy) == ["tools"]
    assert copy.place("tools", "key") == TREE.place("tools", "key")
    assert "model" in TREE


def test_a_deep_path_of_one_name_is_walked_once() -> None:
    depth = 90
    tree = parse_yaml("{a: " * depth + "x" + "}" * depth, "f")
    assert locate(tree, ("a",) * depth) == Location("f", 1, 4 * depth + 1)
    assert matched(tree, ("a",) * (2 * depth)) == ("a",) * depth
