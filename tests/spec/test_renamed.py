"""``renamed_from``: which former names there are, and which there cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code
from agentops.spec import load_project


def load(root: Path, text: str):
    (root / "agentops.yaml").write_text(text)
    return load_project(root)


@pytest.mark.parametrize(
    ("project", "stage", "formerly"),
    [
        ("", "", []),
        ("", "renamed_from: old", [("p", "old")]),
        ("renamed_from: q\n", "", [("q", "s")]),
        ("renamed_from: q\n", "renamed_from: old", [("p", "old"), ("q", "s"), ("q", "old")]),
        ("renamed_from: [q, r]\n", "", [("q", "s"), ("r", "s")]),
    ],
)
def test_what_a_stage_may_have_been_called(
    tmp_path: Path, project: str, stage: str, formerly: list[tuple[str, str]]
) -> None:
    found, problems = load(tmp_path, f"project: p\n{project}stages:\n  s: {{{stage}}}\n")
    assert (problems, list(found.stages["s"].formerly)) == ((), formerly)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("project: p\nrenamed_from: p\n", "the project 'p' is called that already"),
        ("project: p\nrenamed_from: Old Name\n", "'Old Name' cannot have been the name of a project"),
        ("project: p\nstages: {a: {renamed_from: a}}\n", "the stage 'a' is called that already"),
        (
            "project: p\nstages: {a: {renamed_from: b}, b: {}}\n",
            "there is a stage 'b', so 'a' cannot have been it",
        ),
        ("project: p\nstages: {a: {renamed_from: [x, A_B]}}\n", "'A_B' cannot have been the name of a stage"),
        (
            "project: p\nstages: {a: {renamed_from: x}, b: {renamed_from: x}}\n",
            "the stages 'a' and 'b' cannot both have been 'x'",
        ),
    ],
)
def test_what_nobody_can_have_been_called(tmp_path: Path, text: str, said: str) -> None:
    _, (problem,) = load(tmp_path, text)
    assert (problem.code, problem.summary) == (Code.FORMER_NAME, said)
    assert problem.location is not None
    assert problem.location.line == 2
