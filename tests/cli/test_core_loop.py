"""The main job, command by command: what is printed where, and how each ends."""

from __future__ import annotations

import json
import subprocess

from tests.projects import PROMPT, Project


def test_plan_apply_edit_plan_apply(project: Project):
    first = project.run("plan")
    assert first.code == 0
    assert "+ agent/tutor" in first.out
    assert "Plan: 3 to create." in first.out

    applied = project.run("apply", "--yes")
    assert applied.code == 0
    assert "Applied: 3 created." in applied.out
    id = project.lock()["resources"]["agent/tutor"]["id"]
    assert id.startswith("agent_")

    project.write("agents/tutor/prompt.md", PROMPT.replace("Be patient.", "Be very patient."))
    second = project.run("plan", "--detailed-exitcode")
    assert second.code == 2
    assert "- - Be patient." in second.out
    assert "+ - Be very patient." in second.out
    assert "v1 → v2" in second.out

    assert project.run("apply", "-y").code == 0
    entry = project.lock()["resources"]["agent/tutor"]
    assert (entry["id"], entry["version"]) == (id, 2)

    last = project.run("plan", "--detailed-exitcode")
    assert (last.code, "No changes." in last.out) == (0, True)


def test_without_a_terminal_apply_refuses_and_changes_nothing(project: Project):
    refused = project.run("apply")
    assert refused.code == 3
    assert "--yes" in refused.err
    assert "--expect" in refused.err
    assert not (project.root / "locks/local.lock.json").exists()


def test_a_saved_plan_applies_and_is_stale_the_second_way(project: Project):
    out = project.root / "p.plan"
    assert project.run("plan", "--out", str(out)).code == 0
    assert project.run("apply", "--plan", str(out), "--yes").code == 0

    project.write("agents/tutor/prompt.md", PROMPT + "- Be brief.\n")
    assert project.run("plan", "--out", str(out)).code == 0
    project.edit_agent(description="by hand")
    stale = project.run("apply", "--plan", str(out), "--yes")
    assert stale.code == 3
    assert "AO052" in stale.err


def test_expect_applies_only_what_was_reviewed(project: Project):
    reviewed = project.run("plan", "--format", "json").json["change_digest"]
    project.write("agents/tutor/prompt.md", PROMPT + "- And something nobody reviewed.\n")
    refused = project.run("apply", "--yes", "--expect", reviewed)
    assert (refused.code, "AO053" in refused.err) == (3, True)
    project.write("agents/tutor/prompt.md", PROMPT)
    assert project.run("apply", "--yes", "--expect", reviewed[:12]).code == 0


def test_drift_is_shown_with_values_and_blocks(project: Project):
    project.run("apply", "--yes")
    assert project.run("drift").code == 0
    project.edit_agent(system=PROMPT.replace("Be kind.", "Be strict."))
    drift = project.run("drift")
    assert drift.code == 2
    assert "- - Be kind." in drift.out
    assert "+ - Be strict." in drift.out
    blocked = project.run("plan")
    assert blocked.code == 3
    assert "AO040" in blocked.out + blocked.err
    assert project.run("apply", "--yes").code == 3


def test_a_removed_file_is_an_orphan_and_is_kept(project: Project):
    project.run("apply", "--yes")
    (project.root / "agents/tutor/agent.yaml").unlink()
    planned = project.run("plan")
    assert planned.code == 0
    assert "AO045" in planned.out + planned.err
    assert "No changes" in planned.out


def test_destroy_plans_first_and_empties_the_lock(project: Project):
    project.run("apply", "--yes")
    assert project.run("destroy").code == 3, "nobody to ask"
    destroyed = project.run("destroy", "--yes")
    assert destroyed.code == 0
    assert project.lock()["resources"] == {}
    assert "+ agent/tutor" in project.run("plan").out


def test_destroy_keeps_what_is_protected(project: Project):
    with (project.root / "agents/tutor/agent.yaml").open("a", encoding="utf-8") as file:
        file.write("lifecycle: {protect: true}\n")
    project.run("apply", "--yes")
    destroyed = project.run("destroy", "--yes")
    assert destroyed.code == 0
    assert "agent/tutor" in project.lock()["resources"]


def test_what_belongs_to_something_protected_is_kept_with_it(project: Project):
    with (project.root / "agents/tutor/agent.yaml").open("a", encoding="utf-8") as file:
        file.write("lifecycle: {protect: true}\n")
    project.run("apply", "--yes")
    before = project.lock()["resources"]
    project.run("destroy", "--yes")
    assert project.lock()["resources"] == before


def test_a_protected_stage_is_never_destroyed(project: Project):
    project.write("agentops.yaml", "project: demo\nstages: {dev: {registry: local, protect: true}}\n")
    project.run("apply", "--yes")
    before = project.lock("dev")
    refused = project.run("destroy", "--stage", "dev", "--yes")
    assert (refused.code, "AO044" in refused.err) == (3, True)
    assert project.lock("dev") == before


def test_a_settled_seed_can_be_destroyed_alone(project: Project):
    project.run("apply", "--yes")
    seed = "memory/tutor-episodic/start.md"
    assert project.run("destroy", seed, "--yes").code == 0
    assert set(project.lock()["resources"]) == {"agent/tutor", "memory_store/tutor-episodic"}
    planned = project.run("plan", "--format", "json").json
    assert [(item["address"], item["action"]) for item in planned["changes"]] == [(seed, "create")]


def test_the_lock_comes_to_rest_once_it_is_committed(project: Project):
    (project.root / ".git").rmdir()
    git(project, "init", "--quiet")
    project.write(".gitignore", ".agentops/\n")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "files")
    project.run("apply", "--yes")
    commit = project.lock()["resources"]["agent/tutor"]["source"]["commit"]
    assert commit == git(project, "rev-parse", "HEAD")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "lock")
    assert project.run("plan", "--format", "json").json["records"] == {}


def git(project: Project, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *arguments]
    done = subprocess.run(command, cwd=project.root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_nothing_to_manage_is_said_rather_than_in_sync(empty: Project):
    assert "AO049" in empty.run("validate").out
    assert "agentops init" in empty.run("plan").out


def test_a_saved_plan_says_how_to_apply_it(project: Project):
    out = project.root / "p.plan"
    assert f"agentops apply --plan {out}" in project.run("plan", "--out", str(out)).err


def test_applying_a_saved_plan_twice_leaves_the_lock_alone(project: Project):
    out = str(project.root / "p.plan")
    project.run("plan", "--out", out)
    project.run("apply", "--plan", out, "--yes")
    before = project.lock()
    assert project.run("apply", "--plan", out, "--yes").code == 0
    assert project.lock() == before


def test_schemas_are_written_anew_when_asked(project: Project):
    assert project.run("schema", "--write").code == 0
    assert (project.root / ".agentops/schemas/agent.json").is_file()


def test_status_says_where_everything_stands(project: Project):
    assert "pending" in project.run("status").out
    project.run("apply", "--yes")
    rows = {row["address"]: row["standing"] for row in project.run("status", "--format", "json").json["rows"]}
    assert rows == {
        "agent/tutor": "in sync",
        "memory_store/tutor-episodic": "in sync",
        "memory/tutor-episodic/start.md": "in sync",
    }
    project.edit_agent(description="by hand")
    assert "drifted" in project.run("status").out


def test_the_lock_is_listed_and_shown(project: Project):
    project.run("apply", "--yes")
    id = project.lock()["resources"]["agent/tutor"]["id"]
    assert id in project.run("lock", "list").out
    shown = project.run("lock", "show", "agent/tutor")
    assert id in shown.out
    assert "memory_store/tutor-episodic" in shown.out
    missing = project.run("lock", "show", "agent/tuter")
    assert (missing.code, "agent/tutor" in missing.err) == (1, True)


def test_render_shows_the_exact_body(project: Project):
    body = json.loads(project.run("render", "agent/tutor", "--format", "json").out)
    assert body["system"] == PROMPT
    assert body["tools"][0]["default_config"] == {"enabled": False}
    assert "You teach people to program." in project.run("render", "agent/tutor").out


def test_every_json_result_is_one_document_with_a_format_version(project: Project):
    project.run("apply", "--yes")
    for arguments in (["plan"], ["status"], ["drift"], ["validate"], ["apply", "--yes"]):
        ended = project.run(*arguments, "--format", "json")
        assert ended.json["format_version"] == 1, arguments


def test_what_can_be_cleared_is_cleared(project: Project):
    text = (project.root / "agents/tutor/agent.yaml").read_text(encoding="utf-8")
    project.write("agents/tutor/agent.yaml", text + "description: for a while\nmetadata: {team: core}\n")
    project.run("apply", "--yes")
    project.write("agents/tutor/agent.yaml", text)
    change = project.run("plan", "--format", "json").json["changes"][0]
    assert change["body"] == {"description": None, "metadata": {"team": None}}
    assert project.run("apply", "--yes").code == 0
    assert "No changes" in project.run("plan").out


def test_an_agent_archived_elsewhere_is_recreated_only_when_told(project: Project):
    project.run("apply", "--yes")
    id = project.lock()["resources"]["agent/tutor"]["id"]
    beta = {"anthropic-beta": "managed-agents-2026-04-01"}
    project.console(lambda client: client.post(f"/v1/agents/{id}/archive", headers=beta))
    blocked = project.run("plan")
    assert (blocked.code, "--recreate agent/tutor" in blocked.out + blocked.err) == (3, True)
    assert project.run("drift").code == 2
    assert project.run("apply", "--recreate", "agent/tutor", "--yes").code == 0
    assert project.lock()["resources"]["agent/tutor"]["id"] != id


def test_nothing_is_created_twice_when_the_lock_was_lost(project: Project):
    project.run("apply", "--yes")
    (project.root / "locks/local.lock.json").unlink()
    planned = project.run("plan", "--format", "json").json
    assert {change["action"] for change in planned["changes"]} == {"adopt"}
    assert project.run("apply", "--yes").code == 0
    assert "No changes" in project.run("plan").out
