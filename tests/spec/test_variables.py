"""``variables``: which there are, of which type, and that every stage has those it needs."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentops.domain.diagnostics import Code, Diagnostic
from agentops.spec import load_project

from .conftest import Tree

DECLARED = (
    "variables: {inbox: {type: string, description: Where mail goes.}, retries: {type: integer, default: 3}}"
)


def load(root: Path, text: str):
    (root / "agentops.yaml").write_text(text)
    return load_project(root)


def said(problem: Diagnostic) -> tuple[Code, str, str, tuple[int, int]]:
    assert problem.location is not None
    return problem.code, problem.summary, problem.detail, (problem.location.line, problem.location.column)


def test_a_stage_has_its_own_over_the_projects_over_the_defaults(tmp_path: Path) -> None:
    text = f"project: p\n{DECLARED}\nvars: {{inbox: all@example.com}}\nstages: {{x: {{}}, y: {{vars: {{inbox: y@example.com, retries: 5}}}}}}\n"
    project, problems = load(tmp_path, text)
    assert problems == ()
    assert project.stages["x"].vars == {"inbox": "all@example.com", "retries": 3}
    assert project.stages["y"].vars == {"inbox": "y@example.com", "retries": 5}


def test_every_stage_that_lacks_one_is_told_where_and_what_to_write(tmp_path: Path) -> None:
    text = f"project: p\n{DECLARED}\nstages:\n  x: {{vars: {{inbox: x@example.com}}}}\n  y: {{vars: {{retries: 1}}}}\n  z: {{}}\n"
    _, problems = load(tmp_path, text)
    assert [said(item) for item in problems] == [
        (
            Code.MISSING_VARIABLE,
            f"stage '{stage}' has no value for the variable 'inbox'",
            f"Where mail goes: write `inbox: …` under `stages.{stage}.vars`, or give it a `default`",
            place,
        )
        for stage, place in (("y", (5, 13)), ("z", (6, 3)))
    ]


def test_without_stages_the_project_has_to_give_it(tmp_path: Path) -> None:
    _, (problem,) = load(tmp_path, f"project: p\n{DECLARED}\n")
    assert said(problem)[1:] == (
        "this project has no value for the variable 'inbox'",
        "Where mail goes: write `inbox: …` under `vars`, or give it a `default`",
        (2, 13),
    )


def test_what_uses_a_missing_one_is_not_reported_as_well(tree: Tree) -> None:
    tree.write(
        {
            "agentops.yaml": "project: p\nvariables: {names: {type: list}, n: {values: [1, 2]}}\nstages: {dev: {}}\n",
            "agents/a.yaml": "model: claude-opus-5-5\nprompt: p.j2\n",
            "agents/p.j2": "{% for name in vars.names %}{{ name }}{% endfor %}{{ vars.n + 1 }}\n",
        }
    )
    assert tree.load().codes == [Code.MISSING_VARIABLE] * 2


@pytest.mark.parametrize(
    ("declaration", "value", "summary", "detail"),
    [
        ("{type: string}", "4", "must be text, not a number", 'write it in quotes: "4"'),
        ("{type: string}", "true", "must be text, not true or false", 'write it in quotes: "true"'),
        ("{type: string}", "[a]", "must be text, not a list", "`variables.v` says `type: string`"),
        ("{type: integer}", "'4'", "must be a whole number, not text", "write it without quotes"),
        (
            "{type: integer}",
            "4.5",
            "must be a whole number, not a number",
            "`variables.v` says `type: integer`",
        ),
        (
            "{type: integer}",
            "true",
            "must be a whole number, not true or false",
            "`variables.v` says `type: integer`",
        ),
        ("{type: number}", "'4.5'", "must be a number, not text", "write it without quotes"),
        ("{type: boolean}", "'true'", "must be true or false, not text", "write it without quotes"),
        ("{type: boolean}", "1", "must be true or false, not a number", "`variables.v` says `type: boolean`"),
        ("{type: list}", "a", "must be a list, not text", "`variables.v` says `type: list`"),
        ("{type: mapping}", "[a]", "must be a mapping, not a list", "`variables.v` says `type: mapping`"),
        ("{values: [basic, pro]}", "por", "cannot be 'por'", "did you mean 'pro'?"),
        ("{values: [1, 2]}", "true", "cannot be 'True'", "known here: 1, 2"),
        ("{type: integer, values: [1, 2]}", "3", "cannot be '3'", "known here: 1, 2"),
    ],
)
@pytest.mark.parametrize("of_stage", [True, False])
def test_what_a_variable_cannot_be(
    tmp_path: Path, declaration: str, value: str, summary: str, detail: str, of_stage: bool
) -> None:
    given = (
        f"stages:\n  s: {{vars: {{v: {value}}}}}\n"
        if of_stage
        else f"stages: {{s: {{}}, t: {{}}}}\nvars: {{v: {value}}}\n"
    )
    _, (problem,) = load(tmp_path, f"project: p\nvariables: {{v: {declaration}}}\n{given}")
    place = (4, 17) if of_stage else (4, 11)
    assert said(problem) == (Code.VARIABLE_VALUE, f"the variable 'v' {summary}", detail, place)


@pytest.mark.parametrize(
    ("declaration", "value", "is_read_as"),
    [
        ("{type: string}", "'4'", "4"),
        ("{type: integer}", "4", 4),
        ("{type: number}", "4", 4),
        ("{type: number}", "4.5", 4.5),
        ("{type: boolean}", "false", False),
        ("{type: list}", "[a, {b: 1}]", ["a", {"b": 1}]),
        ("{type: mapping}", "{type: string, default: x}", {"type": "string", "default": "x"}),
        ("{values: [basic, 2]}", "2", 2),
        ("{}", "[anything]", ["anything"]),
        ("{type: string, required: false}", "null", None),
        ("{type: string, default: d}", "null", "d"),
        ("{type: boolean, default: false}", "null", False),
    ],
)
def test_what_a_variable_can_be(tmp_path: Path, declaration: str, value: str, is_read_as: Any) -> None:
    project, problems = load(
        tmp_path, f"project: p\nvariables: {{v: {declaration}}}\nstages: {{s: {{vars: {{v: {value}}}}}}}\n"
    )
    assert problems == ()
    assert project.stages["s"].vars == {"v": is_read_as}


def test_a_null_of_a_stage_takes_the_projects_value_away_only_where_variables_are_declared(
    tmp_path: Path,
) -> None:
    given = "vars: {v: 1}\nstages: {s: {vars: {v: null}}}\n"
    assert load(tmp_path, f"project: p\nvariables: {{v: {{default: 0}}}}\n{given}")[0].stages["s"].vars == {
        "v": 1
    }
    assert load(tmp_path, f"project: p\n{given}")[0].stages["s"].vars == {"v": None}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ("vars: {inbx: x, inbox: y}\nstages: {s: {}}", (3, 8)),
        ("vars: {inbox: y}\nstages: {s: {vars: {inbx: x}}}", (4, 21)),
    ],
)
def test_a_variable_that_nobody_declared_is_an_error_with_the_nearest(
    tmp_path: Path, given: str, place: tuple[int, int]
) -> None:
    _, (problem,) = load(tmp_path, f"project: p\n{DECLARED}\n{given}\n")
    assert said(problem) == (
        Code.UNDECLARED_VARIABLE,
        "the variable 'inbx' is not declared",
        "did you mean 'inbox'?",
        place,
    )


def test_where_none_may_be_given_the_way_out_is_told(tmp_path: Path) -> None:
    _, (problem,) = load(tmp_path, "project: p\nvariables: {}\nvars: {a: 1}\n")
    assert said(problem)[:3] == (
        Code.UNDECLARED_VARIABLE,
        "the variable 'a' is not declared",
        "declare it under `variables`",
    )


@pytest.mark.parametrize(
    ("declaration", "code", "summary", "column"),
    [
        (
            "{type: integer, default: x}",
            Code.VARIABLE_VALUE,
            "the variable 'v' must be a whole number, not text",
            41,
        ),
        ("{values: [a], default: b}", Code.VARIABLE_VALUE, "the variable 'v' cannot be 'b'", 39),
        (
            "{type: string, values: [1], default: a}",
            Code.VARIABLE_VALUE,
            "the variable 'v' must be text, not a number",
            39,
        ),
        (
            "{required: true, default: b}",
            Code.CONFLICTING_FIELDS,
            "the variable 'v' is required and has a default",
            17,
        ),
        ("{type: text}", Code.INVALID_VALUE, "'variables.v.type' cannot be 'text'", 23),
        ("{typ: string}", Code.UNKNOWN_KEY, "unknown key 'variables.v.typ'", 17),
        ("{values: [], default: 1}", Code.LIMIT, "'variables.v.values' is empty", 25),
        ("string", Code.WRONG_TYPE, "'variables.v' must be a mapping, not text", 16),
    ],
)
def test_declarations_that_are_wrong_themselves(
    tmp_path: Path, declaration: str, code: Code, summary: str, column: int
) -> None:
    _, problems = load(tmp_path, f"project: p\nvariables: {{v: {declaration}}}\nvars: {{v: null}}\n")
    problem = problems[0]
    assert (problem.code, problem.location and problem.location.column) == (code, column), problem
    assert problem.summary.startswith(summary)


def test_only_what_a_template_can_write_is_a_name(tmp_path: Path) -> None:
    _, problems = load(tmp_path, "project: p\nvariables: {a-b: {default: 1}}\n")
    assert len(problems) == 1
    assert "a-b" in problems[0].summary
