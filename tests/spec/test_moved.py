"""``moved``: what a line may say, and what it may say beside the files."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code, Severity
from tests.spec.conftest import Tree

MODEL = "model: claude-opus-5-5\n"


def project(*lines: str) -> str:
    return "project: p\nmoved:\n" + "".join(f"  - {line}\n" for line in lines)


def test_lines_are_read_in_their_order(tree: Tree) -> None:
    tree.write({"agentops.yaml": project("{from: agent/a, to: agent/b}", "{from: agent/b, to: agent/c}")})
    outcome = tree.write({"agents/c.yaml": MODEL}).load()
    assert outcome.diagnostics == ()
    assert [(it.old, it.new, str(it.location)) for it in outcome.project.moved] == [
        ("agent/a", "agent/b", "agentops.yaml:3:5"),
        ("agent/b", "agent/c", "agentops.yaml:4:5"),
    ]


@pytest.mark.parametrize("written", ["[]", ""])
def test_none_is_none(tree: Tree, written: str) -> None:
    outcome = tree.write({"agentops.yaml": f"project: p\nmoved: {written}\n", "agents/c.yaml": MODEL}).load()
    assert outcome.diagnostics == ()
    assert outcome.project.moved == ()


@pytest.mark.parametrize(
    ("lines", "code", "said", "place"),
    [
        (["{from: agent/a, to: agent/a}"], Code.MOVED, "moved to itself", "3:25"),
        (["{from: agent/a, to: vault/b}"], Code.MOVED, "of different kinds", "3:25"),
        (["{from: agent, to: agent/b}"], Code.MOVED, "'agent' is not an address", "3:12"),
        (["{from: agnt/a, to: agnt/b}"], Code.UNKNOWN_KIND, "'agnt' is no kind", "3:5"),
        (
            ["{from: agent/x, to: agent/b}", "{from: agent/x, to: agent/c}"],
            Code.MOVED,
            "agent/x stands twice as `from`, line 3 first",
            "4:5",
        ),
        (
            ["{from: agent/x, to: agent/b}", "{from: agent/y, to: agent/b}"],
            Code.MOVED,
            "agent/b stands twice as `to`",
            "4:5",
        ),
        (
            ["{from: agent/y, to: agent/x}", "{from: agent/x, to: agent/y}"],
            Code.MOVED,
            "agent/x becomes agent/y becomes agent/x: that goes round in a circle",
            "4:5",
        ),
        (["{from: agent/b, to: agent/c}"], Code.MOVED, "agent/b and agent/c are both declared", "3:5"),
        (["{from: agent/b, to: agent/x}"], Code.MOVED, "agents/b.yaml declares agent/b", "3:5"),
        (
            ["{from: credential/v/x, to: credential/w/x}"],
            Code.MOVED,
            "it lives in vault/v, not in vault/w",
            "3:5",
        ),
        (["{from: agent/x}"], Code.MISSING_KEY, "moved[0].to", "3:5"),
        (["{from: agent/x, to: agent/b, stage: prod}"], Code.UNKNOWN_KEY, "moved[0].stage", "3:34"),
        (["{from: 1, to: agent/b}"], Code.WRONG_TYPE, "from", "3:12"),
        (["agent/x"], Code.WRONG_TYPE, "moved", "3:5"),
    ],
)
def test_what_cannot_be_is_an_error_with_its_place(
    tree: Tree, lines: list[str], code: Code, said: str, place: str
) -> None:
    tree.write({"agentops.yaml": project(*lines), "agents/b.yaml": MODEL, "agents/c.yaml": MODEL})
    (problem,) = tree.load().errors
    assert problem.code is code
    assert said in problem.summary
    assert str(problem.location) == f"agentops.yaml:{place}"


def test_a_line_that_leads_nowhere_is_a_warning(tree: Tree) -> None:
    tree.write({"agentops.yaml": project("{from: agent/x, to: agent/tutr}"), "agents/tutor.yaml": MODEL})
    only = tree.load().only()
    assert (only.severity, only.code) == (Severity.WARNING, Code.MOVED)
    assert "no file declares agent/tutr" in only.summary
    assert only.detail == "did you mean 'agent/tutor'?"


def test_what_lives_in_what_moves_may_be_renamed_with_it(tree: Tree) -> None:
    lines = "{from: vault/v, to: vault/w}", "{from: credential/v/x, to: credential/w/y}"
    tree.write({"agentops.yaml": project(*lines), "vaults/w.yaml": "display_name: w\n"})
    assert tree.load().errors == []


def test_another_shape_moves_nothing(tree: Tree) -> None:
    tree.write({"agentops.yaml": "project: p\nmoved: {agent/a: agent/b}\n", "agents/b.yaml": MODEL})
    outcome = tree.load()
    assert outcome.codes == [Code.WRONG_TYPE]
    assert outcome.project.moved == ()
