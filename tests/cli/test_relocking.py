"""``agentops lock mv`` and ``lock rm``, and ``moved`` as a person meets it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_processes import KEY
from tests.projects import Project
from tests.served import served_registry

AT_HOME = (
    "project: demo\nstages: {local: {registry: local}, other: {registry: local}}\ndefault_stage: local\n"
)


@pytest.fixture
def applied(project: Project) -> Project:
    """The tutor with its memory, applied."""
    project.write("agentops.yaml", AT_HOME)
    assert project.run("apply", "--yes").code == 0
    return project


def rename_files(project: Project, new: str = "coach") -> None:
    (project.root / "agents/tutor").rename(project.root / f"agents/{new}")


def ids(project: Project, stage: str = "local") -> dict[str, str]:
    return {address: entry["id"] for address, entry in project.lock(stage)["resources"].items()}


def plan(project: Project, *more: str) -> dict[str, Any]:
    ended = project.run("plan", "--format", "json", *more)
    assert ended.code == 0, ended.out + ended.err
    return dict(ended.json)


def agents_there(project: Project) -> list[dict[str, Any]]:
    beta = {"anthropic-beta": "managed-agents-2026-04-01"}
    answer = project.console(lambda client: client.get("/v1/agents", headers=beta))
    return list(answer.json()["data"])


def at_coach(before: dict[str, str]) -> dict[str, str]:
    renamed = {"agent/tutor": "agent/coach"}
    return {renamed.get(key, key.replace("/tutor-", "/coach-")): id for key, id in before.items()}


def test_mv_renames_an_agent_with_its_memory_and_the_plan_is_empty(applied: Project):
    before = ids(applied)
    ended = applied.run("lock", "mv", "agent/tutor", "agent/coach")
    assert ended.code == 0, ended.err
    assert f"agent/tutor is now agent/coach  {before['agent/tutor']}" in ended.out
    assert len(ended.out.splitlines()) == 4, "the store and its seed go along"
    assert ids(applied) == at_coach(before)
    attached = applied.lock()["resources"]["agent/coach"]["attachments"][0]["memory_store"]
    assert attached in ids(applied)

    rename_files(applied)
    found = plan(applied)
    assert [it for it in found["changes"] if it["action"] != "update"] == []
    fields = {it["path"] for change in found["changes"] for it in change["fields"]}
    assert fields <= {"name", "description"}, "of the store, which are made of the agent's address"
    assert found["orphans"] == []


def test_what_cannot_be_renamed_leaves_the_lock_alone(applied: Project):
    text = (applied.root / "locks/local.lock.json").read_text()
    for arguments, said in (
        (("agent/tuto", "agent/x"), "did you mean 'agent/tutor'?"),
        (("agent/tutor", "vault/x"), "of different kinds"),
        (("agent/tutor", "agent/tutor"), "its address already"),
    ):
        refused = applied.run("lock", "mv", *arguments)
        assert refused.code == 1
        assert "error[AO039]" in refused.err
        assert said in refused.err
    assert applied.run("lock", "mv", "agent", "agent/x").code == 1
    assert (applied.root / "locks/local.lock.json").read_text() == text


def test_all_stages_takes_those_that_have_it(applied: Project):
    ended = applied.run("lock", "mv", "agent/tutor", "agent/coach", "--all-stages")
    assert ended.code == 0
    assert "locks/other.lock.json has no agent/tutor: left as it is." in ended.err
    assert "agent/coach" in ids(applied)
    assert not (applied.root / "locks/other.lock.json").exists()
    again = applied.run("lock", "mv", "agent/tutor", "agent/coach", "--all-stages")
    assert again.code == 0
    assert "locks/local.lock.json has agent/coach already" in again.err
    refused = applied.run("lock", "mv", "agent/tutr", "agent/x", "--all-stages")
    assert refused.code == 1
    assert "no lock of this project has agent/tutr" in refused.err


def test_rm_forgets_and_says_what_happens_next(applied: Project):
    before = ids(applied)
    asked = applied.run("lock", "rm", "agent/tutor")
    assert asked.code == 3
    assert "AO059" in asked.err
    assert ids(applied) == before
    (store,) = (key for key in before if key.startswith("memory_store/"))
    ended = applied.run("lock", "rm", "agent/tutor", store, "--yes")
    assert ended.code == 0
    assert before["agent/tutor"] in ended.out
    assert "the next plan adopts it where a file declares its address" in ended.err
    assert ids(applied) == {}
    assert {it["action"] for it in plan(applied)["changes"]} == {"adopt"}
    assert applied.run("apply", "--yes").code == 0
    assert ids(applied) == before
    refused = applied.run("lock", "rm", "agent/x", "--yes")
    assert "error[AO039]" in refused.err


# -- moved


def test_moved_renames_for_everyone(applied: Project):
    before = ids(applied)
    rename_files(applied)
    hinted = plan(applied)
    assert "create" in {it["action"] for it in hinted["changes"]}
    assert [it["code"] for it in hinted["diagnostics"] if it["code"] == "AO038"] == ["AO038"]

    applied.write("agentops.yaml", AT_HOME + "moved:\n  - {from: agent/tutor, to: agent/coach}\n")
    found = plan(applied)
    assert len(found["moves"]) == 3
    assert found["moves"][0] == {"from": "agent/tutor", "to": "agent/coach", "id": before["agent/tutor"]}
    shown = applied.run("plan").out
    assert "Renamed in the lock (nothing is sent)" in shown
    assert " is now agent/coach " in shown
    assert "with 1 in it" in shown
    assert applied.run("apply", "--yes").code == 0
    assert ids(applied) == at_coach(before)
    assert len(agents_there(applied)) == 1
    assert (plan(applied)["moves"], plan(applied)["changes"]) == ([], [])
    assert applied.run("apply", "--stage", "other", "--yes").code == 0, "a stage that never had it"


def test_a_saved_plan_has_the_moves(applied: Project):
    before = ids(applied)
    rename_files(applied)
    applied.write("agentops.yaml", AT_HOME + "moved: [{from: agent/tutor, to: agent/coach}]\n")
    assert applied.run("plan", "--out", "p.json").code == 0
    ended = applied.run("apply", "--plan", str(applied.root / "p.json"), "--yes")
    assert ended.code == 0, ended.err
    assert ids(applied) == at_coach(before)


def test_what_is_declared_under_both_is_refused_with_its_place(applied: Project):
    applied.write("agents/coach.md", "---\nmodel: claude-opus-5-5\n---\nYou coach.\n")
    applied.write("agentops.yaml", AT_HOME + "moved:\n  - {from: agent/tutor, to: agent/coach}\n")
    refused = applied.run("validate")
    assert refused.code == 1
    assert (
        "error[AO037] agentops.yaml:5:5: moved: agent/tutor and agent/coach are both declared" in refused.out
    )


def test_pruning_says_that_a_rename_would_make_it_anew(applied: Project):
    rename_files(applied)
    shown = applied.run("plan", "--prune").out
    assert "warning[AO038]" in shown
    assert "would be archived for good and agent/coach created in its place" in shown
    assert "    - {from: agent/tutor, to: agent/coach}" in shown
    assert "`agentops lock mv agent/tutor agent/coach --stage local`" in shown


# -- a stage that machines share


@pytest.fixture
def shared(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.setenv("PROD_KEY", KEY)
    with served_registry(tmp_path / "remote.db") as url:
        registry = f"{{base_url: '{url}', api_key: {{secret: 'env:PROD_KEY'}}, pacing: off}}"
        project.write("agentops.yaml", f"project: demo\nstages: {{prod: {{registry: {registry}}}}}\n")
        assert project.run("apply", "--yes").code == 0
        yield project


def test_the_registrys_copy_has_the_new_address_as_well(shared: Project):
    old = shared.root.parent / "old"
    shutil.copytree(shared.root, old)
    before = ids(shared, "prod")
    assert shared.run("lock", "mv", "agent/tutor", "agent/coach").code == 0
    assert ids(shared, "prod") == at_coach(before)
    rename_files(shared)

    clone = Project(old, shared._capsys)  # whose lock is of before
    rename_files(clone)
    found = plan(clone)
    assert found["orphans"] == []
    assert {it["action"] for it in found["changes"]} <= {"update"}
    assert clone.run("lock", "unlock").out == "Nobody holds stage prod.\n"


def test_a_file_that_is_behind_is_not_what_is_renamed(shared: Project):
    old = shared.root.parent / "old"
    shutil.copytree(shared.root, old)
    shared.write("agents/more.md", "---\nmodel: claude-opus-5-5\n---\nMore.\n")
    assert shared.run("apply", "--yes").code == 0
    clone = Project(old, shared._capsys)
    ended = clone.run("lock", "mv", "agent/tutor", "agent/coach")
    assert ended.code == 0
    assert "AO071" in ended.err
    assert "agent/more" in ids(clone, "prod"), "what others have applied is not lost"


def test_without_its_registry_only_the_file_can_be_changed(shared: Project, monkeypatch: pytest.MonkeyPatch):
    text = (shared.root / "agentops.yaml").read_text()
    port = text.partition("127.0.0.1:")[2].partition("'")[0]
    shared.write("agentops.yaml", text.replace(port, "1"))
    refused = shared.run("lock", "mv", "agent/tutor", "agent/coach")
    assert refused.code == 1
    assert "`--offline` changes the file alone" in refused.err
    assert "agent/tutor" in ids(shared, "prod")
    assert shared.run("lock", "mv", "agent/tutor", "agent/coach", "--offline").code == 0
    assert "agent/coach" in ids(shared, "prod")
    shared.write("agentops.yaml", text)
    rename_files(shared)
    assert "create" not in {it["action"] for it in plan(shared)["changes"]}


def test_rm_takes_the_copy_along(shared: Project):
    assert shared.run("lock", "rm", "agent/tutor", "--yes").code == 0
    (shared.root / "locks/prod.lock.json").unlink()
    assert {it["action"] for it in plan(shared)["changes"]} == {"adopt"}
