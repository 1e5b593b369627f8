"""One edit of a random document: it then has the value that was asked for, and every other line as it was."""

from __future__ import annotations

import copy
import json
from difflib import SequenceMatcher
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.spec.editing.document import edited
from agentops.spec.editing.nodes import Lines, Node, json_nodes, yaml_nodes
from agentops.spec.editing.scalars import double_quoted
from agentops.spec.located import plain
from agentops.spec.yaml_text import parse_yaml

WORDS = (
    "a",
    "name",
    "yes",
    "1.5",
    "null",
    "a: b",
    "# no",
    "- x",
    "it's",
    'say "so"',
    "ünï 🎈",
    "",
    " led",
    "x" * 90,
)
TEXTS = st.one_of(
    st.sampled_from(WORDS),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=12),
    st.lists(st.sampled_from(("One line.", "  more", "", "- item", "# head", "tab\there")), max_size=4).map(
        "\n".join
    ),
    st.lists(st.sampled_from(("One line.", "Another.")), min_size=2, max_size=4).map(
        lambda all: "\n".join(all) + "\n"
    ),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-99, 10**6), st.sampled_from([0.5, -2.25]), TEXTS)
KEYS = st.sampled_from(("name", "model", "on", "1", "a b", "key-x", "ü", "z.z", "#k", "t"))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(KEYS, TREES, min_size=1, max_size=5)
SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


class Writer:
    """Writes a tree as a person might: every choice of style is drawn."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw = data.draw
        self.step = data.draw(st.sampled_from((2, 4)))
        self.dash = data.draw(st.sampled_from((0, 2)))
        self.count = 0

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) < percent

    def comment(self) -> str:
        self.count += 1
        return f"# comment {self.count}"

    def above(self, column: int) -> list[str]:
        if not self.chance(15):
            return []
        return ["", " " * column + self.comment()] if self.chance(40) else [" " * column + self.comment()]

    def document(self, tree: dict[str, Any]) -> str:
        return "\n".join([*self.above(0), *self.lines(tree, 0)]) + ("\n" if self.chance(80) else "")

    def lines(self, tree: Any, column: int) -> list[str]:
        found: list[str] = []
        members = tree.items() if isinstance(tree, dict) else ((None, item) for item in tree)
        for key, value in members:
            found += self.above(column)
            lead = " " * column + ("-" if key is None else f"{double_quoted(key)}:")
            found += self.value(lead, value, column, in_list=key is None)
        return found

    def value(self, lead: str, value: Any, column: int, *, in_list: bool) -> list[str]:
        end = f"  {self.comment()}" if self.chance(15) else ""
        if isinstance(value, dict | list):
            if not value or self.chance(35):
                return self.flow_lines(lead, value, column, end)
            below = column + (2 if in_list else self.dash if isinstance(value, list) else self.step)
            if in_list and self.chance(60):
                inner = self.lines(value, column + 2)
                if inner[0].strip() and not inner[0].lstrip().startswith("#"):
                    return [f"{lead} {inner[0].lstrip(' ')}", *inner[1:]]
            if in_list:
                below = column + 2
            return [lead + end, *self.lines(value, below)]
        if isinstance(value, str) and (block := self.block(value, column)) is not None:
            return [f"{lead} {block[0]}{end}", *block[1:]]
        return [f"{lead} {self.scalar(value)}{end}"]

    def block(self, text: str, column: int) -> list[str] | None:
        body = text.removesuffix("\n")
        lines = body.split("\n")
        plain_enough = all(line.isprintable() for line in lines) and lines[0][:1].strip()
        if not plain_enough or not lines[-1] or not self.chance(60):
            return None
        pad = " " * (column + self.step)
        return ["|" if text.endswith("\n") else "|-", *(pad + line if line else "" for line in lines)]

    def scalar(self, value: Any) -> str:
        if isinstance(value, str):
            simple = value.isalnum() and value.isascii() and self.chance(40)
            return f"'{value}'" if simple else double_quoted(value)
        return json.dumps(value)

    def flow(self, value: Any) -> str:
        if isinstance(value, dict):
            return (
                "{"
                + ", ".join(f"{double_quoted(key)}: {self.flow(item)}" for key, item in value.items())
                + "}"
            )
        if isinstance(value, list):
            return "[" + ", ".join(map(self.flow, value)) + "]"
        return self.scalar(value)

    def flow_lines(self, lead: str, value: Any, column: int, end: str) -> list[str]:
        if not value or self.chance(60):
            return [f"{lead} {self.flow(value)}{end}"]
        pad = " " * (column + 4)
        members = (
            [f"{double_quoted(key)}: {self.flow(item)}" for key, item in value.items()]
            if isinstance(value, dict)
            else [self.flow(item) for item in value]
        )
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        trailing = self.chance(50)
        lines = []
        for index, member in enumerate(members):
            comma = "," if index < len(members) - 1 or trailing else ""
            lines.append(pad + member + comma + (f"  {self.comment()}" if self.chance(20) else ""))
        return [f"{lead} {opening}{end}", *lines, " " * (column + 2) + closing]


def paths(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    members = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in members:
        found += paths(value, (*at, key))
    return found


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def node_at(root: Node, path: tuple[Any, ...]) -> tuple[Node, int]:
    """The node of the outermost thing in brackets on the way, else what the path leads to; and its start."""
    node, start = root, root.start
    for step in path:
        index = (
            step
            if isinstance(step, int)
            else [key.value if isinstance(key.value, str) else str(step) for key in node.keys].index(step)
        )
        start = node.entries[index]
        node = node.items[index]
        if node.flow:
            break
    return node, start


def touched(text: str, root: Node, path: tuple[Any, ...]) -> tuple[int, int]:
    """The first line of a member, and the one behind its last."""
    lines = Lines(text if text.endswith("\n") else f"{text}\n")
    node, start = node_at(root, path)
    last = node.last
    ends = lines.number(last.end) - 1 if last.style in {"|", ">"} else lines.number(last.end)
    return lines.number(start) - 1, ends


@given(st.data(), DOCUMENTS)
@SLOW
def test_a_value_that_changes_changes_its_lines(data: st.DataObject, tree: dict[str, Any]) -> None:
    text = Writer(data).document(tree)
    tree = plain(parse_yaml(text, "f"))
    path = data.draw(st.sampled_from(paths(tree)))
    after = copy.deepcopy(tree)
    at(after, path[:-1])[path[-1]] = data.draw(TREES)
    new = edited("f.yaml", text, after)
    assert plain(parse_yaml(new, "f")) == after
    only_these_lines(text, new, path)


@given(st.data(), DOCUMENTS)
@SLOW
def test_a_member_that_goes_takes_its_lines_along(data: st.DataObject, tree: dict[str, Any]) -> None:
    text = Writer(data).document(tree)
    tree = plain(parse_yaml(text, "f"))
    candidates = [path for path in paths(tree) if len(at(tree, path[:-1])) > 1]
    if not candidates:
        return
    path = data.draw(st.sampled_from(candidates))
    after = copy.deepcopy(tree)
    del at(after, path[:-1])[path[-1]]
    new = edited("f.yaml", text, after)
    assert plain(parse_yaml(new, "f")) == after
    if isinstance(path[-1], int):
        # Of equal items in a row any may go.
        path = path[:-1]
    only_these_lines(text, new, path)


@given(st.data(), DOCUMENTS)
@SLOW
def test_a_member_that_comes_adds_lines(data: st.DataObject, tree: dict[str, Any]) -> None:
    text = Writer(data).document(tree)
    tree = plain(parse_yaml(text, "f"))
    holders = [
        (),
        *(path for path in paths(tree) if isinstance(at(tree, path), dict | list) and at(tree, path)),
    ]
    path = data.draw(st.sampled_from(holders))
    after = copy.deepcopy(tree)
    holder, value = at(after, path), data.draw(TREES)
    if isinstance(holder, dict):
        order = [*holder]
        place = data.draw(st.integers(0, len(order)))
        members = {**holder, "new": value}
        holder.clear()
        holder.update({key: members[key] for key in (*order[:place], "new", *order[place:])})
    else:
        holder.insert(data.draw(st.integers(0, len(holder))), value)
    new = edited("f.yaml", text, after)
    assert plain(parse_yaml(new, "f")) == after
    assert list(at(plain(parse_yaml(new, "f")), path)) == list(holder)
    kept = [line.strip() for line in text.split("\n") if line.strip().startswith("# comment")]
    assert [line for line in kept if line not in new] == []
    only_these_lines(text, new, path, adding=True)


def only_these_lines(text: str, new: str, path: tuple[Any, ...], *, adding: bool = False) -> None:
    root = yaml_nodes(text, "f")
    assert root is not None
    old_lines, new_lines = text.split("\n"), new.split("\n")
    first, last = touched(text, root, path) if path else (0, len(old_lines))
    assert new_lines[:first] == old_lines[:first]
    rest = old_lines[last:]
    # Where the first of several members goes, the next one takes over its dash.
    assert not rest or bare(new_lines[-len(rest) :]) == bare(rest)
    node = node_at(root, path)[0] if path else root
    if adding and not node.flow:
        # In lines nothing that is there changes: it is all still there, in its order.
        matched = SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_opcodes()
        missing = [line for tag, a, b, _, _ in matched if tag != "equal" for line in old_lines[a:b]]
        assert len(missing) <= 1, (missing, text, new)
        assert all(line.lstrip().startswith("-") or not line.strip() or "|" in line for line in missing)


def bare(lines: list[str]) -> list[str]:
    return [lines[0].lstrip(" -"), *lines[1:]]


@given(st.data(), DOCUMENTS, st.sampled_from([None, 2, 4]))
@SLOW
def test_json_stays_as_it_was_laid_out(data: st.DataObject, tree: dict[str, Any], indent: int | None) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=False) + "\n"
    path = data.draw(st.sampled_from(paths(tree)))
    after = copy.deepcopy(tree)
    holder = at(after, path[:-1])
    if data.draw(st.booleans()) and len(holder) > 1:
        del holder[path[-1]]
    else:
        holder[path[-1]] = data.draw(TREES)
    new = edited("f.json", text, after)
    assert json.loads(new) == after
    assert json_nodes(new).value == after
    old_lines, new_lines = text.split("\n"), new.split("\n")
    if indent and at(tree, path) and all(at(tree, path[: size + 1]) for size in range(len(path))):
        same_start = next(
            (i for i, (a, b) in enumerate(zip(old_lines, new_lines, strict=False)) if a != b), 0
        )
        assert old_lines[:same_start] == new_lines[:same_start]


@given(st.data(), DOCUMENTS)
@settings(SLOW, max_examples=100)
def test_line_breaks_stay_what_they_are(data: st.DataObject, tree: dict[str, Any]) -> None:
    text = Writer(data).document(tree).replace("\n", "\r\n")
    tree = plain(parse_yaml(text, "f"))
    path = data.draw(st.sampled_from(paths(tree)))
    after = copy.deepcopy(tree)
    at(after, path[:-1])[path[-1]] = data.draw(TREES)
    new = edited("f.yaml", text, after)
    assert plain(parse_yaml(new, "f")) == after
    assert new.count("\n") == new.count("\r\n") or "\n" not in text
    assert new.endswith("\n") or not text.endswith("\n")
