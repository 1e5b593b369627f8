"""Files that real projects wrote: one value changes, and only its own lines do."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest

from agentops.domain.canonical import form
from agentops.domain.resource import replace_refs
from agentops.domain.theirs import Theirs
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stage
from agentops.spec.editing import edited, pull
from agentops.spec.editing.nodes import Lines, Node, json_nodes, yaml_nodes
from agentops.spec.files import Files, Refused
from agentops.spec.located import plain
from agentops.spec.slots import stand_in
from agentops.spec.source import CLOSING, FENCE, MARKDOWN_SUFFIXES, read_document
from tests.spec.test_corpus import CORPUS, FILLED, PROJECTS, REFUSED

pytestmark = pytest.mark.skipif(not PROJECTS, reason="the corpus is not beside this checkout")

FILES = sorted(
    path for path in CORPUS.rglob("*") if path.suffix in {".yaml", ".yml", ".json", ".md"} and path.is_file()
)
Step = tuple[str | int, ...]
LONG = "First line: with a colon.\n\n- a bullet\n    indented # no comment\nlast line\n"


def parsed(path: Path) -> tuple[str, dict[str, Any]]:
    relative = path.relative_to(CORPUS).as_posix()
    files = Files(CORPUS)
    return files.text(relative), plain(read_document(files, relative).body)


def root_of(text: str, path: Path) -> tuple[Node | None, int]:
    """The nodes of a file, and how many lines stand above them."""
    if path.suffix == ".json":
        return json_nodes(text), 0
    if path.suffix not in MARKDOWN_SUFFIXES:
        return yaml_nodes(text, "f"), 0
    opening = FENCE.match(text)
    if opening is None:
        return None, 0
    closing = CLOSING.search(text, opening.end())
    assert closing is not None
    front = text[opening.end() : closing.start()]
    return yaml_nodes(front, "f"), text[: opening.end()].count("\n")


def front_of(text: str, path: Path) -> str:
    if path.suffix not in MARKDOWN_SUFFIXES:
        return text
    opening = FENCE.match(text)
    assert opening is not None
    closing = CLOSING.search(text, opening.end())
    assert closing is not None
    return text[opening.end() : closing.start()]


def every_path(tree: Any, at: Step = ()) -> Iterator[Step]:
    if at:
        yield at
    for key, value in (
        tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    ):
        yield from every_path(value, (*at, key))


def within(tree: Any, path: Step) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def edits_of(tree: dict[str, Any], path: Step) -> Iterator[tuple[str, Any]]:
    """Every way in which one member may drift: what it is called, and the whole value then."""

    def with_value(value: Any) -> dict[str, Any]:
        after = copy.deepcopy(tree)
        within(after, path[:-1])[path[-1]] = value
        return after

    old = within(tree, path)
    if isinstance(old, str):
        yield "text", with_value(f"{old.rstrip()} Edited."[-90:] if "\n" not in old else f"Edited.\n{old}")
        yield "lines", with_value(LONG)
        yield "last line", with_value("\n".join([*old.split("\n")[:-2], "Edited.", *old.split("\n")[-1:]]))
    elif isinstance(old, bool):
        yield "bool", with_value(not old)
    elif isinstance(old, int | float):
        yield "number", with_value(old + 1)
    elif isinstance(old, list):
        sample = copy.deepcopy(old[-1]) if old else "new"
        yield (
            "item added",
            with_value([*old, "new-item" if isinstance(sample, str) else {"type": "custom", "name": "n"}]),
        )
        if len(old) > 1:
            yield "item removed", with_value(old[:-1])
            yield "first item removed", with_value(old[1:])
    elif isinstance(old, dict):
        yield "member added", with_value({**old, "added_here": {"type": "always_ask"}})
        if len(old) > 1:
            yield "member removed", with_value(dict(list(old.items())[:-1]))
    if len(within(tree, path[:-1])) > 1:
        after = copy.deepcopy(tree)
        del within(after, path[:-1])[path[-1]]
        yield "removed", after


def lines_of(text: str, path: Path, steps: Step) -> tuple[int, int]:
    """The first line of what is written at a path, or of the brackets around it, and the one below it."""
    root, above = root_of(text, path)
    assert root is not None
    front = front_of(text, path).replace("\r\n", "\n")
    lines = Lines(front if front.endswith("\n") else f"{front}\n")
    node, start = root, root.start
    for step in steps:
        if node.flow:
            break
        keys = [key.value if isinstance(key.value, str) else front[key.start : key.end] for key in node.keys]
        index = step if isinstance(step, int) else keys.index(step)
        start, node = node.entries[index], node.items[index]
    last = node.last
    ends = lines.number(last.end) - (1 if last.style in {"|", ">"} else 0)
    return above + lines.number(start) - 1, above + ends


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CORPUS).as_posix())
def test_only_the_lines_of_what_changed_change(path: Path) -> None:
    try:
        text, tree = parsed(path)
    except Refused:
        pytest.skip("declares nothing")
    count = 0
    for steps in every_path(tree):
        first, last = lines_of(text, path, steps)
        before = text.split("\n")
        for what, after in edits_of(tree, steps):
            new = edited(path.name, text, after)
            assert read_back(path, new) == after, (what, steps)
            lines = new.split("\n")
            assert lines[:first] == before[:first], (what, steps, new)
            # Where the first of several members goes, the next one may take over its dash.
            below = before[last + 1 if what.endswith("removed") else last :]
            assert not below or lines[-len(below) :] == below, (what, steps, new)
            count += 1
    assert count or not tree


def read_back(path: Path, text: str) -> Any:
    from agentops.spec.json_text import parse_json
    from agentops.spec.yaml_text import parse_yaml

    front = front_of(text, path)
    return plain(parse_json(front, "f") if path.suffix == ".json" else parse_yaml(front, "f"))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_one_drifted_field_of_every_resource_is_pulled(tmp_path: Path, project: Path) -> None:
    if project.name in REFUSED:
        pytest.skip("these are fixtures of a parser; the API would refuse them")
    root = tmp_path / project.name
    shutil.copytree(project, root)
    for path, text in FILLED.get(project.name, {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    declared, _ = load_project(root)
    stage = declared.stages["local"]
    desired = load_stage(root, declared, stage, CATALOG).desired

    def known(ref: Any) -> Any:
        kind = CATALOG[ref.address.kind]
        return stand_in(kind, ref.address) if ref.attribute == "id" or not kind.versioned else 1

    pulled = 0
    for address, resource in desired.resources.items():
        kind = CATALOG.of_address(address)
        if kind.bundle is not None:
            continue
        body = replace_refs(resource.body, known)
        for field, live in drifts(body):
            now, then = form(kind, body).fingerprints, form(kind, live).fingerprints
            leaves = tuple(sorted(leaf for leaf in {*now, *then} if now.get(leaf) != then.get(leaf)))
            names = {known_id(item): item for item in desired.resources}
            edits = pull(root, declared, stage, CATALOG, [Theirs(address, leaves, live, known, names)])
            assert edits.diagnostics == (), (address, field)
            assert len(edits.files) == 1
            ((path, (old, new)),) = edits.files.items()
            old_lines, new_lines = old.decode().split("\n"), new.decode().split("\n")
            matched = SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_opcodes()
            moved = [
                line for tag, start, end, _, _ in matched if tag != "equal" for line in old_lines[start:end]
            ]
            assert len(moved) <= 3, (address, field, path, moved)
            pulled += 1
    assert pulled or not desired.resources


def known_id(address: Any) -> str:
    return stand_in(CATALOG[address.kind], address)


def drifts(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What somebody might do in the console to one field at a time."""
    for field in ("name", "display_name", "description"):
        if isinstance(body.get(field), str):
            edited_by_hand = (
                f"{body[field]} Edited by hand." if field == "description" else "Edited: by # hand"
            )
            yield field, {**body, field: edited_by_hand}
    if isinstance(system := body.get("system"), str):
        lines = system.split("\n")
        middle = len(lines) // 2
        yield (
            "system",
            {**body, "system": "\n".join([*lines[:middle], "Edited in the console.", *lines[middle:]])},
        )
    if "model" in body:
        model = body["model"] if isinstance(body["model"], dict) else {"id": body["model"]}
        yield "model", {**body, "model": {**model, "id": "claude-opus-9"}}
        yield "model.effort", {**body, "model": {**model, "effort": "low"}}
    if "content" not in body:
        yield "metadata", {**body, "metadata": {**body.get("metadata", {}), "team": "edited"}}
