"""What becomes of drift and of removed files, as a person says it: options, a stage, a name to type."""

from __future__ import annotations

import io

import pytest

from agentops.cli.output import Output
from tests.projects import Project

SECOND = "name: second\nmodel: claude-opus-5-5\n"


@pytest.fixture
def applied(project: Project) -> Project:
    project.write("agents/second.yaml", SECOND)
    assert project.run("apply", "--yes").code == 0
    return project


@pytest.fixture
def removed(applied: Project) -> Project:
    (applied.root / "agents/second.yaml").unlink()
    return applied


def live(project: Project, address: str) -> dict[str, object]:
    id = project.lock()["resources"][address]["id"]
    beta = {"anthropic-beta": "managed-agents-2026-04-01"}
    return project.console(lambda client: client.get(f"/v1/agents/{id}", headers=beta)).json()


def test_drift_is_reverted_kept_and_taken_back(applied: Project):
    applied.edit_agent(description="Theirs.")
    assert applied.run("plan").code == 3
    assert applied.run("apply", "--yes").code == 3

    kept = applied.run("apply", "--yes", "--on-drift", "keep")
    assert (kept.code, live(applied, "agent/tutor")["description"]) == (0, "Theirs.")
    assert applied.lock()["resources"]["agent/tutor"]["held"] == ["description"]
    planned = applied.run("plan")
    assert (planned.code, "Held:" in planned.out, "Theirs." in planned.out) == (0, True, True)
    assert applied.run("drift").code == 0
    assert "held" in applied.run("status").out

    assert applied.run("apply", "--yes", "--on-drift", "revert").code == 0
    assert not live(applied, "agent/tutor")["description"]
    assert "held" not in applied.lock()["resources"]["agent/tutor"]
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_a_stage_says_for_itself_what_becomes_of_drift(applied: Project):
    applied.edit_agent(description="Theirs.")
    applied.write("agentops.yaml", "project: local\non_drift: revert\n")
    assert applied.run("plan", "--on-drift", "block").code == 3
    assert "reverted: what the file says is sent" in applied.run("plan").out
    told = applied.run("drift")
    assert (told.code, "revert" in told.out) == (2, False)
    assert applied.run("apply", "--yes").code == 0
    assert not live(applied, "agent/tutor")["description"]


def test_yes_alone_removes_nothing(removed: Project):
    refused = removed.run("apply", "--yes", "--prune")
    assert refused.code == 3
    assert "agent/second" in refused.err
    assert "--confirm agent/second" in refused.err
    assert live(removed, "agent/second")["archived_at"] is None


@pytest.mark.parametrize("how", ["confirm", "expect", "plan"])
def test_what_is_removed_is_confirmed_by_name_or_by_what_was_reviewed(removed: Project, how: str):
    digest = removed.run("plan", "--prune", "--format", "json", "--out", "reviewed.json").json[
        "change_digest"
    ]
    options = {
        "confirm": ("--prune", "--confirm", "agent/second"),
        "expect": ("--prune", "--expect", digest),
        "plan": ("--plan", "reviewed.json"),
    }[how]
    ended = removed.run("apply", "--yes", *options)
    assert (ended.code, "1 archived" in ended.out) == (0, True), ended.err
    assert "agent/second" not in removed.lock()["resources"]
    assert removed.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(("typed", "done"), [("local\n", True), ("y\n", False), ("\n", False)])
def test_on_a_terminal_the_name_of_the_stage_is_typed(
    removed: Project, monkeypatch: pytest.MonkeyPatch, typed: str, done: bool
):
    monkeypatch.setattr(Output, "interactive", property(lambda self: True))
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    ended = removed.run("apply", "--prune")
    assert "type the name of the stage (local)" in ended.out + ended.err
    assert ended.code == (0 if done else 1)
    assert ("agent/second" in removed.lock()["resources"]) is not done


def test_too_many_removals_are_refused_and_the_way_out_is_named(removed: Project):
    removed.write("agentops.yaml", "project: local\nprune: true\nmax_removals: 10%\n")
    refused = removed.run("apply", "--yes", "--confirm", "agent/second")
    assert (refused.code, "--max-removals 1" in refused.out) == (3, True)
    assert removed.run("apply", "--yes", "--confirm", "agent/second", "--max-removals", "1").code == 0


def test_a_stage_that_prunes_can_be_told_not_to(removed: Project):
    removed.write("agentops.yaml", "project: local\nprune: true\n")
    assert removed.run("apply", "--yes", "--no-prune").code == 0
    assert "agent/second" in removed.lock()["resources"]


def test_what_is_protected_goes_when_it_is_named(applied: Project):
    applied.write("agents/second.yaml", f"{SECOND}lifecycle: {{protect: true}}\n")
    assert applied.run("apply", "--yes").code == 0
    assert applied.run("destroy", "--yes", "agent/second").code == 0
    assert "agent/second" in applied.lock()["resources"]
    assert applied.run("destroy", "--yes", "agent/second", "--allow-protected", "agent/second").code == 0
    assert "agent/second" not in applied.lock()["resources"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "--max-removals", "many"), "20%"),
        (("plan", "--on-drift", "overwrite"), "revert"),
        (("apply", "--confirm", "second"), "second"),
        (("plan", "--allow-protected", "agent/none"), "agent/none"),
        (("apply", "--plan", "x.json", "--prune"), "--plan"),
        (("apply", "--plan", "x.json", "--no-prune"), "--plan"),
    ],
)
def test_mistakes(applied: Project, arguments: tuple[str, ...], said: str):
    ended = applied.run(*arguments)
    assert (ended.code, "Traceback" in ended.err) == (1, False)
    assert said in ended.err


def test_a_placeholder_stops_a_plan_before_anything_is_asked(applied: Project):
    applied.write("agents/second.yaml", SECOND.replace("second", "YOUR_AGENT_NAME"))
    for command in ("validate", "plan", "apply"):
        ended = applied.run(command)
        said = ended.out + ended.err
        assert (ended.code, "AO066" in said, "agents/second.yaml:1:7" in said) == (1, True, True)
