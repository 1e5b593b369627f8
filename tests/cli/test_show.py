"""``agentops show`` and ``--format markdown``: saved plans as reviews, with nothing else around."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentops.cli import main
from tests.projects import Project
from tests.render.reviews import rendered

STAGES = "project: fleet\nstages:\n" + "".join(
    f"  {name}: {{registry: local, name_suffix: -{name}{more}}}\n"
    for name, more in (("dev", ""), ("staging", ""), ("prod", ", promote_from: staging"))
)


@pytest.fixture
def saved(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder that holds two saved plans of one edit and nothing else, with nothing of ours around."""
    project.write("agentops.yaml", STAGES)
    for stage in ("dev", "staging"):
        assert project.run("apply", "--yes", "--stage", stage).code == 0
    project.write(
        "agents/tutor/prompt.md", "# Tutor\n\nYou teach people.\n\n- Be patient, @ada.\n- Be kind.\n"
    )
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for stage in ("dev", "staging"):
        ended = project.run("plan", "--stage", stage, "--out", str(elsewhere / f"{stage}.plan"))
        assert ended.code == 0, ended.err
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("AGENTOPS_STAGE", "nowhere")  # of another project
    return elsewhere


def ran(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(list(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_two_stages_are_one_review_and_an_edit_alike_is_shown_once(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (
        "show",
        "dev.plan",
        "staging.plan",
        "--format",
        "markdown",
        "--marker",
        "agentops:plan:fleet",
    )
    code, out, err = ran(capsys, *arguments)
    assert (code, err) == (0, "")
    assert out.startswith("<!-- agentops:plan:fleet -->\n\n### fleet: what is planned\n")
    assert out.count("+ - Be patient, @ada.") == 1
    assert " · every stage · " in out
    for stage in ("dev", "staging"):
        digest = json.loads((saved / f"{stage}.plan").read_text(encoding="utf-8"))["change_digest"]
        assert f"agentops apply --stage {stage} --expect {digest}" in out
    assert not any("ada" in text for text in rendered(out).plain)
    assert sorted(path.name for path in saved.iterdir()) == ["dev.plan", "staging.plan"]


def test_as_text_and_json_it_is_what_plan_printed(
    saved: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("text", "json"):
        _, out, err = ran(capsys, "show", "dev.plan", "--format", form)
        assert (out, err) == (project.run("plan", "--stage", "dev", "--format", form).out, "")
    _, out, _ = ran(capsys, "show", "staging.plan", "dev.plan", "--format", "json")
    assert [plan["stage"] for plan in json.loads(out)] == ["staging", "dev"]


def test_into_a_file(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("text", "markdown"):
        printed = ran(capsys, "show", "dev.plan", "--format", form)[1]
        assert ran(capsys, "show", "dev.plan", "--format", form, "--out", f"review.{form}") == (0, "", "")
        assert (saved / f"review.{form}").read_text(encoding="utf-8") == printed


def test_it_is_found_from_another_directory(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ran(capsys, "-C", str(saved), "show", "dev.plan", "--out", "here.txt")
    assert (code, out, (saved / "here.txt").exists()) == (0, "", True)


def test_a_limit_is_held_and_says_where_the_whole_is(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = json.loads((saved / "dev.plan").read_text(encoding="utf-8"))
    assert plan["changes"]
    arguments = (
        "show",
        "dev.plan",
        "--format",
        "markdown",
        "--limit",
        "2000",
        "--where",
        "https://ci.example/1",
    )
    code, out, _ = ran(capsys, *arguments)
    assert (code, "Cut to fit" in out) == (0, False)  # it is short
    assert len(out) <= 2_000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "FILE"),
        (["nowhere.plan"], "nowhere.plan: No such file or directory"),
        (["torn.plan"], "torn.plan is not a saved plan"),
        (["edited.plan"], "edited.plan was edited after it was saved"),
        (["dev.plan", "dev.plan"], "two of dev"),
        (["dev.plan", "--stage", "dev"], "show takes no --stage"),
        (["dev.plan", "--limit", "5000"], "go with --format markdown"),
        (["dev.plan", "--format", "markdown", "--limit", "10"], "x>=2000"),
        (["dev.plan", "--format", "markdown", "--marker", "m" * 201], "--marker has 201 characters"),
        (["dev.plan", "--format", "sarif"], "sarif"),
        (["."], "Is a directory"),
    ],
)
def test_mistakes_end_with_1_and_say_what_is_wrong(
    arguments: list[str], says: str, saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (saved / "dev.plan").read_text(encoding="utf-8")
    (saved / "torn.plan").write_text(text[:100], encoding="utf-8")
    (saved / "edited.plan").write_text(text.replace("Be patient", "Be rude"), encoding="utf-8")
    code, out, err = ran(capsys, "show", *arguments)
    assert (code, out) == (1, "")
    assert says in err


def test_plans_of_two_projects_are_no_review(
    saved: Path, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("agentops.yaml", STAGES.replace("project: fleet", "project: other"))
    other = project.run("plan", "--stage", "prod", "--out", str(saved / "other.plan"))
    assert (saved / "other.plan").exists(), other.err
    code, _, err = ran(capsys, "show", "dev.plan", "other.plan")
    assert (code, "these are of fleet and other" in " ".join(err.split())) == (1, True), err


def test_plan_prints_a_review_at_once(project: Project) -> None:
    ended = project.run("plan", "--format", "markdown")
    assert ended.code == 0
    assert "### local: what is planned" in ended.out
    assert "<code>+ agent/tutor</code>" in ended.out


def test_only_what_shows_a_plan_is_a_review(saved: Path, project: Project) -> None:
    assert project.run("apply", "--yes", "--stage", "staging").code == 0
    ended = project.run("promote", "staging", "prod", "--plan-only", "--format", "markdown")
    assert (ended.code, "agentops promote staging prod --expect" in ended.out) == (0, True)
    refused = project.run("promote", "staging", "prod", "--yes", "--format", "markdown")
    assert (refused.code, "add --plan-only or --out FILE" in refused.err) == (1, True)
    back = ("rollback", "agent/tutor", "--to", "1", "--stage", "staging", "--format", "markdown")
    ended = project.run(*back, "--plan-only")
    assert (ended.code, "agentops apply --plan FILE --expect" in ended.out) == (0, True)
    refused = project.run(*back, "--yes")
    assert (refused.code, "add --plan-only or --out FILE" in refused.err) == (1, True)
