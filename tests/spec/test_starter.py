"""The project that `init` writes works at once."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agentops.kinds import CATALOG
from agentops.spec import starter_project

from .conftest import Tree


def test_it_loads_without_a_word(tmp_path: Path) -> None:
    outcome = Tree(tmp_path).write(starter_project("my-team", CATALOG)).load()
    assert outcome.diagnostics == ()
    assert outcome.addresses == [
        "agent/assistant",
        "memory/assistant-handbook/how-we-work.md",
        "memory_store/assistant-handbook",
    ]
    assert outcome.project.name == "my-team"
    assert "team my-team" in outcome["agent/assistant"].body["system"]


def test_every_yaml_file_names_a_schema_that_is_written_too(tmp_path: Path) -> None:
    files = starter_project("x", CATALOG)
    for path, text in files.items():
        if path.endswith(".yaml"):
            line = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", text.split("\n")[0])
            assert line is not None, path
            target = (tmp_path / path).parent / line[1]
            assert target.resolve().relative_to(tmp_path.resolve()).as_posix() in files
        if path.endswith(".json"):
            assert json.loads(text)["$schema"]


@pytest.mark.parametrize(
    ("given", "name"),
    [("My Team!", "my-team"), ("--x--", "x"), ("Ünïcode", "n-code"), ("", "my-agents"), ("a" * 80, "a" * 63)],
)
def test_any_folder_name_makes_a_project_name(tmp_path: Path, given: str, name: str) -> None:
    outcome = Tree(tmp_path).write(starter_project(given, CATALOG)).load()
    assert outcome.diagnostics == ()
    assert outcome.project.name == name
