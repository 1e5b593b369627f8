"""Gates from a command line: two stages, a clock that a test sets, git, and registries that do not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.projects import Ended, Project
from tests.served import served_registry
from tests.stages import git, registries, stages_of

SECOND = "name: second\nmodel: claude-opus-5-5\n"


@dataclass
class Clock:
    at: str = "2026-03-01T10:00:00Z"

    def __call__(self) -> str:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("agentops.cli.wiring.now", made)
    return made


def requiring(project: Project, gates: str, registry: str = "local", prod: str | None = None) -> None:
    project.write(
        "agentops.yaml",
        f"project: demo\n"
        f"stages:\n"
        f"  staging: {{registry: {registry}}}\n"
        f"  prod:\n"
        f"    registry: {prod or registry}\n"
        f"    require: {gates}\n" + ("    promote_from: staging\n" if "soaked" in gates else ""),
    )


def commit(project: Project) -> None:
    git(project.root, "init", "-q")
    project.write(".gitignore", ".agentops/\n")
    git(project.root, "add", ".")
    git(project.root, "commit", "-q", "--allow-empty", "-m", "x")


def staging(project: Project, *arguments: str) -> Ended:
    return project.run("apply", "--stage", "staging", "--yes", *arguments)


def prod(project: Project, *arguments: str) -> Ended:
    return project.run("apply", "--stage", "prod", "--yes", *arguments)


def applied(project: Project) -> bool:
    return (project.root / "locks/prod.lock.json").exists()


def edit(project: Project, stage: str, **members: object) -> None:
    """Somebody's change of the agent behind our back."""
    id = project.lock(stage)["resources"]["agent/tutor"]["id"]
    beta = {"anthropic-beta": "managed-agents-2026-04-01"}
    answer = project.console(lambda client: client.post(f"/v1/agents/{id}", json=members, headers=beta))
    assert answer.status_code == 200


# -- clean_git


def test_what_is_not_committed_is_not_applied(project: Project):
    requiring(project, "[clean_git]")
    commit(project)
    project.write("agents/second.yaml", SECOND)
    planned = project.run("plan", "--stage", "prod")
    assert planned.code == 3
    assert "error[AO086] agentops.yaml:6:15: prod requires clean_git: not committed as" in planned.out
    assert ": not committed as it is here: agents/second.yaml\n" in planned.out
    assert prod(project).code == 3
    assert not applied(project)
    assert staging(project).code == 0, "what another stage requires is its own"
    commit(project)
    assert prod(project).code == 0


def test_without_a_repository_nothing_is_clean(project: Project):
    requiring(project, "[clean_git]")
    refused = prod(project)
    assert (refused.code, "no git commit holds this project" in refused.out) == (3, True)


def test_a_saved_plan_of_what_was_not_committed_is_refused_whatever_the_files_are_by_then(project: Project):
    requiring(project, "[clean_git]")
    commit(project)
    project.write("agents/second.yaml", SECOND)
    assert project.run("plan", "--stage", "prod", "--out", "saved.plan").code == 3
    (project.root / "agents/second.yaml").unlink()
    refused = prod(project, "--plan", "saved.plan")
    assert refused.code == 3
    assert "no commit holds what is planned for agent/second\n" in refused.out


def test_a_saved_plan_and_its_json_are_no_part_of_the_project(project: Project):
    requiring(project, "[clean_git]")
    commit(project)
    assert project.run("plan", "--stage", "prod", "--out", "saved.plan").code == 0
    assert prod(project, "--plan", "saved.plan").code == 0


# -- no_drift_in


def test_drift_in_the_stage_before_has_to_be_settled_first(project: Project):
    requiring(project, "[no_drift_in: staging]")
    assert staging(project).code == 0
    edit(project, "staging", description="Theirs.")
    refused = project.run("apply", "--stage", "prod", "--yes", "--format", "json")
    (told,) = refused.json["diagnostics"]
    assert (refused.code, told["code"]) == (3, "AO087")
    assert told["summary"] == "prod requires no_drift_in: staging: agent/tutor has drifted (description)"
    assert not applied(project)
    assert staging(project, "--on-drift", "keep").code == 0
    held = prod(project)
    assert (held.code, "drift of agent/tutor is held (description)" in held.out) == (3, True)
    assert staging(project, "--on-drift", "revert").code == 0
    assert prod(project).code == 0


def test_what_no_file_describes_any_more_drifts_all_the_same(project: Project):
    requiring(project, "[no_drift_in: staging]")
    project.write("agents/second.yaml", SECOND)
    assert staging(project).code == 0
    edit(project, "staging", description="Theirs.")
    for path in (project.root / "agents/tutor").rglob("*.*"):
        path.unlink()
    refused = prod(project)
    assert (refused.code, "agent/tutor has drifted" in refused.out) == (3, True)


def test_files_that_moved_on_are_no_drift(project: Project):
    requiring(project, "[no_drift_in: staging]")
    assert staging(project).code == 0
    project.write("agents/second.yaml", SECOND)
    project.write("agents/tutor/prompt.md", "Another.")
    assert prod(project).code == 0


def test_a_saved_plan_meets_the_gates_of_the_moment_it_is_applied(project: Project):
    requiring(project, "[no_drift_in: staging]")
    assert staging(project).code == 0
    assert project.run("plan", "--stage", "prod", "--out", "good.plan").code == 0
    edit(project, "staging", description="Theirs.")
    assert project.run("plan", "--stage", "prod", "--out", "bad.plan").code == 3
    refused = prod(project, "--plan", "good.plan")
    assert (refused.out + refused.err).count("error[AO08") == 1
    assert (refused.code, "AO087" in refused.out) == (3, True)
    assert not applied(project)
    assert staging(project, "--on-drift", "revert").code == 0
    assert prod(project, "--plan", "bad.plan").code == 0


def test_a_stage_that_does_not_answer_is_not_without_drift(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KEY", "sk-ant-api03-x")
    nowhere = "{base_url: 'http://127.0.0.1:9', api_key: {secret: 'env:KEY'}, pacing: off}"
    requiring(project, "[no_drift_in: staging, soaked: 2h]", registry=nowhere, prod="local")
    planned = project.run("plan", "--stage", "prod")
    assert planned.code == 3
    assert "AO087" in planned.out
    assert "stage staging cannot be looked at: " in planned.out
    assert "AO088" in planned.out
    assert "it is not known what staging runs: " in planned.out


# -- soaked


def test_a_release_waits_until_it_has_soaked(project: Project, clock: Clock):
    requiring(project, "[soaked: 2h]")
    early = prod(project)
    assert early.code == 3
    assert "staging does not run what is planned for agent/tutor" in early.out
    assert staging(project).code == 0

    clock.at = "2026-03-01T10:47:30Z"
    refused = prod(project)
    assert refused.code == 3
    assert "prod requires soaked: 2h: 47 min in staging so far: memory_store/tutor-episodic, " in refused.out
    assert "satisfied at 2026-03-01 12:00 UTC, in 1 h 13 min, if staging stays as it is" in refused.out
    clock.at = "2026-03-01T11:59:59Z"
    assert prod(project).code == 3
    clock.at = "2026-03-01T12:00:00Z"
    assert prod(project).code == 0


def test_each_address_soaks_for_itself_and_a_new_source_begins_anew(project: Project, clock: Clock):
    requiring(project, "[soaked: 1d]")
    assert staging(project).code == 0
    clock.at = "2026-03-02T10:00:00Z"
    assert prod(project).code == 0
    project.write("agents/second.yaml", SECOND)
    assert staging(project).code == 0
    clock.at = "2026-03-03T09:59:00Z"
    project.write("agents/tutor/prompt.md", "Another.")
    assert staging(project).code == 0
    clock.at = "2026-03-03T10:00:00Z"
    refused = prod(project)
    assert (refused.code, "1 min in staging so far: agent/tutor\n" in refused.out) == (3, True)
    assert prod(project, "agent/second").code == 0


def test_what_staging_does_not_run_has_not_soaked_however_long_it_is_there(project: Project, clock: Clock):
    requiring(project, "[soaked: 2h]")
    assert staging(project).code == 0
    clock.at = "2026-04-01T00:00:00Z"
    project.write("agents/tutor/prompt.md", "Another.")
    refused = prod(project)
    assert (refused.code, "staging does not run what is planned for agent/tutor\n" in refused.out) == (
        3,
        True,
    )


def test_what_differs_in_overrides_alone_has_soaked(project: Project, clock: Clock):
    requiring(project, "[soaked: 2h]")
    assert staging(project).code == 0
    clock.at = "2026-03-01T12:00:00Z"
    text = (project.root / "agents/tutor/agent.yaml").read_text()
    project.write("agents/tutor/agent.yaml", text + "overrides: {prod: {description: Ours.}}\n")
    assert prod(project).code == 0


def test_a_plan_saved_too_early_is_applied_once_it_is_time(project: Project, clock: Clock):
    requiring(project, "[soaked: 2h]")
    assert staging(project).code == 0
    assert project.run("plan", "--stage", "prod", "--out", "early.plan").code == 3
    assert prod(project, "--plan", "early.plan").code == 3
    clock.at = "2026-03-01T12:00:00Z"
    assert prod(project, "--plan", "early.plan").code == 0


def test_a_lock_that_does_not_tell_since_when(project: Project, clock: Clock):
    requiring(project, "[soaked: 2h]")
    assert staging(project).code == 0
    lock = project.lock("staging")
    for entry in lock["resources"].values():
        del entry["released"]
    (project.root / "locks/staging.lock.json").write_text(json.dumps(lock))
    clock.at = "2027-01-01T00:00:00Z"
    refused = prod(project)
    assert refused.code == 3
    assert "the lock of staging does not tell since when it runs agent/tutor, " in refused.out


# -- all of them


def test_every_gate_is_told_at_once_and_status_and_drift_know_none(project: Project, clock: Clock):
    requiring(project, "[clean_git, no_drift_in: staging, soaked: 2h]")
    assert staging(project).code == 0
    edit(project, "staging", description="Theirs.")
    planned = project.run("plan", "--stage", "prod", "--format", "json")
    assert [item["code"] for item in planned.json["diagnostics"]] == ["AO086", "AO087", "AO088"]
    assert planned.json["blocked"] is True
    assert "AO08" not in project.run("status", "--stage", "prod").out
    assert project.run("drift", "--stage", "prod").code == 0


def test_nothing_to_do_and_destroying_need_no_gate(project: Project):
    requiring(project, "[clean_git, soaked: 2h]")
    text = (project.root / "agentops.yaml").read_text()
    requiring(project, "[no_drift_in: staging]")
    assert prod(project).code == 0
    project.write("agentops.yaml", text)
    assert project.run("plan", "--stage", "prod", "--detailed-exitcode").code == 0
    assert prod(project).code == 0
    assert project.run("destroy", "--stage", "prod", "--yes").code == 0


@pytest.fixture
def remote(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Staging and prod on two registries, over sockets, with a copy of each lock in them."""
    monkeypatch.setenv("KEY", "sk-ant-api03-x")
    with served_registry(tmp_path / "one.db") as one, served_registry(tmp_path / "two.db") as two:
        at = "{{base_url: '{}', api_key: {{secret: 'env:KEY'}}, pacing: off}}"
        requiring(project, "[no_drift_in: staging, soaked: 2h]", at.format(one), at.format(two))
        yield project


def test_two_registries_and_a_clone_without_the_lock_of_the_other_stage(remote: Project, clock: Clock):
    assert staging(remote).code == 0
    (remote.root / "locks/staging.lock.json").unlink()
    refused = prod(remote)
    assert (refused.code, "0 s in staging so far: " in refused.out) == (3, True)
    clock.at = "2026-03-01T12:00:00Z"
    done = prod(remote)
    assert done.code == 0, done.out + done.err
    assert not (remote.root / "locks/staging.lock.json").exists(), "a look writes nothing"


def test_a_lock_file_whose_copy_cannot_be_read_does_not_tell_what_runs_by_now(remote: Project, clock: Clock):
    assert staging(remote).code == 0
    text = (remote.root / "agentops.yaml").read_text().replace("no_drift_in: staging, ", "")
    remote.write("agentops.yaml", text)
    clock.at = "2026-03-01T12:00:00Z"
    assert remote.run("plan", "--stage", "prod").code == 0
    head, tail = text.split("base_url: '", 1)
    remote.write("agentops.yaml", f"{head}base_url: 'http://127.0.0.1:9{tail[tail.index(chr(39)) :]}")
    refused = remote.run("plan", "--stage", "prod")
    assert refused.code == 3
    assert "AO088" in refused.out
    assert "it is not known what staging runs: the lock's copy in the registry is not used: " in refused.out
    assert (
        "the file alone does not tell; an apply of staging that reaches its registry settles it"
        in refused.out
    )


# -- promotions


def test_a_release_is_promoted_once_it_has_soaked_whatever_the_files_have_become(
    empty: Project, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    with registries(tmp_path / "at", "staging", "prod-eu", "prod-us") as urls:
        fleet = stages_of(empty, urls, monkeypatch, "gated")
        gates = "promote_from: staging\nrequire: [clean_git, no_drift_in: staging, soaked: 2h]"
        fleet.configure({"prod-eu": gates, "prod-us": gates})
        fleet.write("agents/tutor.yaml", "model: claude-opus-5-5\nprompt: p.md\n").write(
            "agents/p.md", "One."
        )
        fleet.commit()
        fleet.apply("staging")
        fleet.write("agents/p.md", "Two.").commit()

        clock.at = "2026-03-01T11:00:00Z"
        early = fleet.run("promote", "staging", "prod-*", "--yes")
        assert early.code == 3
        for stage in ("prod-eu", "prod-us"):
            assert f"{stage} requires soaked: 2h: 1 h in staging so far: agent/tutor\n" in early.out
            assert not (fleet.root / f"locks/{stage}.lock.json").exists()

        clock.at = "2026-03-01T12:00:00Z"
        fleet.write("agents/p.md", "Three.")
        dirty = fleet.run("promote", "staging", "prod-eu", "--yes")
        assert (dirty.code, "AO086" in dirty.out, "AO088" in dirty.out) == (3, True, False)
        git(fleet.root, "checkout", "-q", "--", "agents/p.md")
        fleet.promote("staging", "prod-*")
        assert fleet.live("prod-us", "agent/tutor")["system"] == "One."
