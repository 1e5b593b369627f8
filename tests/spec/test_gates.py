"""``require`` in agentops.yaml: gates with their places, and everything that is wrong about them at once."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Diagnostic
from agentops.domain.gates import CleanGit, Gate, NoDriftIn, Soaked, duration
from agentops.spec import load_project

HEAD = "project: p\nstages:\n  staging: {}\n  prod:\n    promote_from: staging\n    require: "


def load(root: Path, require: str, head: str = HEAD) -> tuple[tuple[Gate, ...], tuple[Diagnostic, ...]]:
    (root / "agentops.yaml").write_text(f"{head}{require}\n")
    project, problems = load_project(root)
    return project.stages["prod"].require, problems


TWO_HOURS = Soaked(timedelta(hours=2), "2h")


@pytest.mark.parametrize(
    ("text", "gates"),
    [
        ("[clean_git]", (CleanGit(),)),
        ("[clean_git, no_drift_in: staging, soaked: 2h]", (CleanGit(), NoDriftIn("staging"), TWO_HOURS)),
        ("[{soaked: 2h}, {no_drift_in: staging}]", (TWO_HOURS, NoDriftIn("staging"))),
        (
            "\n      - clean_git\n      - no_drift_in: staging\n        soaked: 2h",
            (CleanGit(), NoDriftIn("staging"), TWO_HOURS),
        ),
    ],
)
def test_gates_are_words_and_words_with_what_they_are_about(
    tmp_path: Path, text: str, gates: tuple[Gate, ...]
) -> None:
    assert load(tmp_path, text) == (gates, ())


def test_a_gate_knows_its_place_and_how_it_is_written(tmp_path: Path) -> None:
    gates, _ = load(tmp_path, "[clean_git, no_drift_in: staging, soaked: 2h]")
    assert [str(gate) for gate in gates] == ["clean_git", "no_drift_in: staging", "soaked: 2h"]
    assert [str(gate.location) for gate in gates] == [
        "agentops.yaml:6:15",
        "agentops.yaml:6:26",
        "agentops.yaml:6:48",
    ]


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400), ("99999d", 99999 * 86400)]
)
def test_durations(text: str, seconds: int) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "2", "h", "2 h", "-2h", "0s", "1.5h", "2w", "2h30m", "٢h", "100000d"])
def test_what_is_no_duration(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        duration(text)
    _, (problem,) = load(tmp_path, f"[soaked: '{text}']")
    assert (problem.code, str(problem.location)) == (Code.REQUIREMENT, "agentops.yaml:6:23")
    assert "2h" in problem.summary


@pytest.mark.parametrize(
    ("text", "code", "at", "said", "advice"),
    [
        ("[cleangit]", Code.REQUIREMENT, "6:15", "there is no gate 'cleangit'", "did you mean 'clean_git'?"),
        (
            "[review: 2]",
            Code.REQUIREMENT,
            "6:15",
            "there is no gate 'review'",
            "known here: clean_git, no_drift_in, soaked",
        ),
        ("[no_drift_in: stagin]", Code.NO_STAGE, "6:28", "there is no stage 'stagin'", "did you mean 'staging'?"),
        ("[no_drift_in: prod]", Code.REQUIREMENT, "6:28", "names prod itself", "name another stage"),
        ("[no_drift_in]", Code.REQUIREMENT, "6:15", "needs the name of a stage, not nothing", "known here: staging"),
        ("[no_drift_in: [staging]]", Code.REQUIREMENT, "6:28", "needs the name of a stage, not a list", "staging"),
        ("[soaked]", Code.REQUIREMENT, "6:15", "needs a duration, not nothing", "90s, 10m, 2h or 1d"),
        ("[soaked: 120]", Code.REQUIREMENT, "6:23", "needs a duration, not a number", "90s, 10m, 2h or 1d"),
        ("[clean_git: true]", Code.REQUIREMENT, "6:26", "takes no value", "alone"),
        ("[clean_git, clean_git]", Code.REQUIREMENT, "6:26", "'clean_git' is required twice", "keep one"),
        ("[soaked: 2h, soaked: 1d]", Code.REQUIREMENT, "6:27", "'soaked' is required twice", "keep one"),
        (
            "[no_drift_in: staging, no_drift_in: staging]",
            Code.REQUIREMENT,
            "6:37",
            "'no_drift_in: staging' is required twice",
            "keep one",
        ),
        ("[]", Code.REQUIREMENT, "6:14", "'require' is empty", "leave it out"),
        ("", Code.REQUIREMENT, "6:13", "must be a list, not nothing", "[clean_git,"),
        ("clean_git", Code.REQUIREMENT, "6:14", "must be a list, not text", "[clean_git,"),
        ("{soaked: 2h}", Code.REQUIREMENT, "6:14", "must be a list, not a mapping", "[clean_git,"),
        ("[3]", Code.REQUIREMENT, "6:15", "must be a name, not a number", "[clean_git,"),
        ("[[clean_git]]", Code.REQUIREMENT, "6:15", "must be a name, not a list", "[clean_git,"),
        ("[{}]", Code.REQUIREMENT, "6:15", "must be a name, not a mapping", "[clean_git,"),
        ("[approved_by_label: ship]", Code.REQUIREMENT, "6:15", "cannot check 'approved_by_label'", "required reviewers"),
    ],
)  # fmt: skip
def test_what_is_wrong_says_where_and_what_to_write(
    tmp_path: Path, text: str, code: Code, at: str, said: str, advice: str
) -> None:
    _, (problem,) = load(tmp_path, text)
    assert (problem.severity, problem.code, str(problem.location)) == ("error", code, f"agentops.yaml:{at}")
    assert said in problem.summary
    assert advice in problem.detail


def test_soaking_needs_a_stage_to_soak_in(tmp_path: Path) -> None:
    _, (problem,) = load(tmp_path, "[soaked: 2h]", "project: p\nstages:\n  prod:\n    require: ")
    assert (problem.code, str(problem.location)) == (Code.REQUIREMENT, "agentops.yaml:4:15")
    assert "`promote_from: STAGE`" in problem.detail


def test_everything_is_told_at_once_and_beside_what_else_is_wrong(tmp_path: Path) -> None:
    _, problems = load(
        tmp_path, "[cleangit, soaked: 2w, no_drift_in: x, clean_git, clean_git]\n    protcet: true"
    )
    assert [item.code for item in problems] == [
        Code.REQUIREMENT,
        Code.REQUIREMENT,
        Code.NO_STAGE,
        Code.REQUIREMENT,
        Code.UNKNOWN_KEY,
    ]


def test_what_the_project_requires_is_still_to_come(tmp_path: Path) -> None:
    (tmp_path / "agentops.yaml").write_text("project: p\nrequire: [clean_git]\n")
    _, (problem,) = load_project(tmp_path)
    assert problem.code is Code.LATER_FIELD
