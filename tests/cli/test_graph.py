from __future__ import annotations

import pytest

from tests.projects import Project


def test_a_picture_of_a_stage(project: Project) -> None:
    ended = project.run("graph")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith('---\ntitle: "local · local"\n---\nflowchart LR\n')
    assert '-.->|"read_write"|' in ended.out
    assert project.run("graph").out == ended.out
    assert not (project.root / ".agentops").exists()  # nobody was asked


def test_around_an_address(project: Project) -> None:
    project.write("agents/other.yaml", "name: other\nmodel: claude-opus-5-5\nsystem: x\n")
    assert "other" in project.run("graph", "--format", "dot").out
    out = project.run("graph", "agent/tutor", "--format", "dot").out
    assert "other" not in out
    assert 'label="tutor", shape=ellipse, penwidth=3' in out


def test_seeds_with_hostile_names_are_names(project: Project) -> None:
    for name in ('"]; click n1 "javascript:alert(1)"', "%%{init: {}}%%", "```", "<b>"):
        project.write(f"agents/tutor/memory/{name}.md", "x\n")
    out = project.run("graph", "--fenced").out
    assert out.count("```") == 2
    assert not {'click n1 "', "%%", "<b>"} & {part for part in ('click n1 "', "%%", "<b>") if part in out}


def test_too_much_to_draw_is_said_and_drawn_coarser(project: Project) -> None:
    for number in range(600):
        project.write(f"agents/tutor/memory/note-{number:03}.md", f"{number}\n")
    ended = project.run("graph")
    assert ended.code == 0
    assert "note-000.md and 600 more" in ended.out
    assert ended.err.startswith("603 resources with 602 references are more than Mermaid draws: ")
    whole = project.run("graph", "--format", "dot")
    assert (whole.out.count(" -> "), whole.err) == (602, "")


def test_a_saved_plan_is_enough(project: Project) -> None:
    assert project.run("plan", "--out", "plan.json").code == 0
    (project.root / "agents/tutor/agent.yaml").unlink()
    out = project.run("graph", "--plan", "plan.json").out
    assert "#43; tutor" in out  # +
    assert "#43; start.md" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["agent/tutr"], "no file declares agent/tutr\n  did you mean 'agent/tutor'?"),
        (["tutor"], "'tutor' is not an address; write kind/name"),
        (["--fenced", "--format", "dot"], "--fenced is for Mermaid"),
        (["--plan", "plan.jsn"], "plan.jsn: No such file"),
        (["--plan", "agents/tutor/agent.yaml"], "is not a saved plan"),
        (["--stage", "prod"], "there is no stage 'prod'"),
    ],
)
def test_mistakes(arguments: list[str], said: str, project: Project) -> None:
    ended = project.run("graph", *arguments)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err
