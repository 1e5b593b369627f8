"""A release moves from stage to stage: what one stage runs, and not what the files have become since."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentops.domain.ports import RegistryError
from tests.cli.test_lookups import SKILL as URL_SKILL
from tests.cli.test_lookups import Remote
from tests.cli.test_lookups import remote as remote
from tests.projects import Project
from tests.stages import Stages, git, registries, stages_of

AGENT = """\
name: tutor
model: claude-opus-5-5
prompt: prompt.md.j2
skills: [../../skills/essay]
memory: {type: episodic, seed: memory/}
"""
REVIEWER = "name: reviewer\nmodel: claude-opus-5-5\nsystem: Review, version 1.\n"
COORDINATOR = """\
name: lead
model: claude-opus-5-5
multiagent: {type: coordinator, agents: [reviewer.yaml]}
"""
SKILL = "---\nname: essay\ndescription: Writes essays.\n---\n{}\n"
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with registries(tmp_path_factory.mktemp("registries"), "dev", "staging", "prod") as found:
        yield found


@pytest.fixture
def fleet(empty: Project, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Stages:
    made = stages_of(empty, urls, monkeypatch, f"fleet-{next(_NUMBERS)}").configure()
    made.write("agents/tutor/agent.yaml", AGENT)
    made.write("agents/tutor/prompt.md.j2", "Teach. Write to {{ vars.inbox }}.\n")
    made.write("agents/tutor/memory/start.md", "Nothing yet.\n")
    made.write("skills/essay/SKILL.md", SKILL.format("Write well."))
    made.write("agents/reviewer.yaml", REVIEWER)
    made.write("agents/lead.yaml", COORDINATOR)
    made.commit("first")
    return made


def body(fleet: Stages, stage: str, address: str) -> dict[str, object]:
    """What was asked for there, without what each registry gives by itself."""
    live = fleet.live(stage, address)
    for name in ("id", "version", "created_at", "updated_at", "metadata", "skills", "multiagent"):
        live.pop(name, None)
    return json.loads(json.dumps(live).replace(f"{stage}@example.com", "INBOX"))


def move_on(fleet: Stages) -> None:
    """What is merged, and what somebody is in the middle of, after a stage was applied."""
    fleet.write("agents/tutor/prompt.md.j2", "Not this yet. {{ vars.inbox }}\n")
    fleet.write("skills/essay/SKILL.md", SKILL.format("Not this yet."))
    fleet.write("agents/new.yaml", "model: claude-opus-5-5\n")
    fleet.commit("main moves on")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("version 1", "not committed"))
    fleet.write("agents/broken.yaml", "model: [\n")
    fleet.remove("agents/lead.yaml")


def test_prod_gets_exactly_what_staging_runs(fleet: Stages):
    fleet.apply("staging")
    ran = git(fleet.root, "rev-parse", "HEAD")
    move_on(fleet)
    ended = fleet.promote("staging", "prod")
    assert f"{fleet.name} · stage prod, from staging's release · http" in ended.out
    for address in ("agent/tutor", "agent/reviewer", "agent/lead", "memory_store/tutor-episodic"):
        assert body(fleet, "prod", address) == body(fleet, "staging", address)
    assert "prod@example.com" in fleet.live("prod", "agent/tutor")["system"]
    staging, prod = fleet.project.lock("staging")["resources"], fleet.project.lock("prod")["resources"]
    assert staging.keys() == prod.keys()
    for address, entry in prod.items():
        assert entry["source"] == staging[address]["source"]
        assert entry["source"]["commit"] == ran
        promoted = entry["promoted_from"]
        assert (promoted["stage"], promoted["commit"]) == ("staging", ran)
    again = fleet.run("promote", "staging", "prod", "--plan-only", "--detailed-exitcode")
    assert again.code == 0, again.out
    assert "No changes." in again.out


def test_a_second_release_and_a_hotfix_follow(fleet: Stages):
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    fleet.write("agents/tutor/prompt.md.j2", "Better. {{ vars.inbox }}\n").commit("better")
    fleet.apply("staging")
    fleet.write("agents/tutor/prompt.md.j2", "Unfinished. {{ vars.inbox }}\n").commit("unfinished")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2 (hotfix)")).commit("hotfix")
    fleet.apply("staging", "agent/reviewer")
    ended = fleet.run("promote", "staging", "prod", "--plan-only", "--format", "json")
    plan = ended.json
    assert plan["promotes"] == "staging"
    assert {item["address"]: item["action"] for item in plan["changes"]} == {
        "agent/lead": "update",
        "agent/reviewer": "update",
        "agent/tutor": "update",
    }
    fleet.promote("staging", "prod")
    assert fleet.live("prod", "agent/tutor")["system"] == "Better. prod@example.com\n"
    assert fleet.live("prod", "agent/reviewer")["system"] == "Review, version 2 (hotfix)."


def test_a_file_that_is_removed_goes_by_the_rules_of_pruning(fleet: Stages):
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    fleet.remove("agents/lead.yaml").commit("no lead")
    fleet.apply("staging", "--prune", "--confirm", "agent/lead")
    kept = fleet.run("promote", "staging", "prod", "--yes")
    assert kept.code == 0, kept.err
    assert "\nNot in staging's release (kept; nothing is done)\n  agent/lead " in kept.out
    assert "AO045] agent/lead: agent/lead is managed here, but staging's release does not have it" in kept.out
    assert "agent/lead" in fleet.project.lock("prod")["resources"]
    refused = fleet.run("promote", "staging", "prod", "--prune", "--yes")
    assert refused.code == 3
    fleet.promote("staging", "prod", "--prune", "--confirm", "agent/lead")
    assert "agent/lead" not in fleet.project.lock("prod")["resources"]


def test_a_file_that_is_only_removed_from_the_files_is_promoted_all_the_same(fleet: Stages):
    fleet.apply("staging")
    fleet.remove("agents/lead.yaml").commit("no lead")
    fleet.promote("staging", "prod")
    assert "agent/lead" in fleet.project.lock("prod")["resources"]


def test_drift_in_the_target_blocks_until_somebody_says_what_holds(fleet: Stages):
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    fleet.edit("prod", "agent/reviewer", version=1, system="Edited in the console.")
    blocked = fleet.run("promote", "staging", "prod", "--yes")
    assert blocked.code == 3
    assert "error[AO040]" in blocked.out
    fleet.promote("staging", "prod", "--on-drift", "revert")
    assert fleet.live("prod", "agent/reviewer")["system"] == "Review, version 1."


def test_drift_in_the_source_blocks(fleet: Stages):
    fleet.apply("staging")
    fleet.edit("staging", "agent/reviewer", version=1, system="Edited in the console.")
    blocked = fleet.run("promote", "staging", "prod", "--yes")
    assert (blocked.code, blocked.out) == (3, "")
    assert "error[AO093] agent/reviewer: stage staging has drifted: system" in blocked.err
    assert "--allow-unsettled" in blocked.err
    assert not (fleet.root / "locks/prod.lock.json").exists()
    fleet.promote("staging", "prod", "agent/tutor")  # what drifted is no part of it
    fleet.promote("staging", "prod", "--allow-unsettled")
    assert fleet.live("prod", "agent/reviewer")["system"] == "Review, version 1."


def test_held_fields_in_the_source_block(fleet: Stages):
    fleet.apply("staging")
    fleet.edit("staging", "agent/reviewer", version=1, system="Edited in the console.")
    fleet.apply("staging", "--on-drift", "keep")
    blocked = fleet.run("promote", "staging", "prod", "--yes")
    assert blocked.code == 3
    assert "error[AO093] agent/reviewer: stage staging holds fields: system" in blocked.err


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (
            {
                "resources": {
                    "agent/reviewer": {
                        "rolled_back": {"to": "3", "at": "2026-03-01T10:00:00Z"},
                        "held": ["system"],
                    }
                }
            },
            "agent/reviewer: stage staging was rolled back, to 3: system",
        ),
        (
            {"intents": {"agent/other": {"at": "2026-03-01T10:00:00Z", "run": "r"}}},
            "agent/other: an apply of stage staging did not finish with it",
        ),
    ],
    ids=["rolled back", "unfinished"],
)
def test_a_source_that_does_not_run_its_release_blocks(fleet: Stages, member: dict, said: str):
    fleet.configure({"staging": "mutex: off"})
    fleet.write("agents/tutor/prompt.md.j2", "Teach.\n").commit("no variables")
    fleet.apply("staging")
    path = fleet.root / "locks/staging.lock.json"
    lock = json.loads(path.read_text())
    for key, entries in member.items():
        for address, more in entries.items():
            lock.setdefault(key, {}).setdefault(address, {}).update(more)
    path.write_text(json.dumps(lock))
    blocked = fleet.run("promote", "staging", "prod", "--plan-only")
    assert blocked.code == 3
    assert f"error[AO093] {said}" in blocked.err
    assert fleet.run("promote", "staging", "prod", "--plan-only", "--allow-unsettled").code == 0


# -- some addresses only


def test_a_part_takes_along_what_it_needs_and_says_who_is_left_behind(fleet: Stages):
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2")).commit("reviewer")
    fleet.write("agents/tutor/prompt.md.j2", "Better.\n").commit("tutor")
    fleet.apply("staging", "agent/reviewer")
    ended = fleet.promote("staging", "prod", "agent/reviewer")
    assert "what refers to the selected addresses is left as it is: agent/lead" in ended.out
    assert fleet.live("prod", "agent/lead")["multiagent"]["agents"][0]["version"] == 1
    pinned = fleet.run("promote", "staging", "prod", "agent/lead", "--plan-only")
    assert pinned.code == 0, pinned.err
    assert "agent/lead" in pinned.out
    assert "Pins what prod has already: agent/reviewer v2." in pinned.out
    plan = fleet.run("promote", "staging", "prod", "agent/lead", "--plan-only", "--format", "json").json
    assert plan["pins"]["agent/reviewer"]["version"] == 2
    fleet.promote("staging", "prod", "agent/lead")
    assert fleet.live("prod", "agent/lead")["multiagent"]["agents"][0]["version"] == 2


def test_a_part_does_not_need_what_else_cannot_be_had(fleet: Stages):
    fleet.write("agents/tutor/prompt.md.j2", "Not committed.\n")
    fleet.apply("staging")
    fleet.write("agents/tutor/prompt.md.j2", "Lost.\n")
    refused = fleet.run("promote", "staging", "prod", "--yes")
    assert refused.code == 1
    assert "error[AO091] agent/tutor: stage staging runs it from files that were not committed" in refused.err
    fleet.promote("staging", "prod", "agent/lead")
    assert {*fleet.project.lock("prod")["resources"]} == {"agent/lead", "agent/reviewer"}
    refused = fleet.run("promote", "staging", "prod", "agent/lead", "--with-referrers", "--yes")
    assert refused.code == 1


# -- where the release comes from


def test_a_dirty_source_is_refused_and_there_is_a_way_out(fleet: Stages):
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2"))
    fleet.apply("staging")
    dirty = fleet.run("promote", "staging", "prod", "--plan-only")
    assert dirty.code == 0, "the working tree still has it"
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "3"))
    refused = fleet.run("promote", "staging", "prod", "--yes")
    assert refused.code == 1
    assert "error[AO091]" in refused.err
    fleet.commit("what is meant")
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    assert fleet.live("prod", "agent/reviewer")["system"] == "Review, version 3."


def test_a_dirty_source_becomes_clean_by_a_commit_of_the_same(fleet: Stages):
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2"))
    fleet.apply("staging")
    fleet.commit("the same")
    fleet.apply("staging")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "3")).commit("more")
    fleet.promote("staging", "prod")
    assert fleet.live("prod", "agent/reviewer")["system"] == "Review, version 2."


def test_what_was_committed_since_is_recorded_with_that_commit(fleet: Stages):
    fleet.configure({"prod": "vars: {inbox: x@example.com}\nrequire: [clean_git]"}).commit("a gate")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2"))
    fleet.apply("staging")
    commit = fleet.commit("the same, and staging is not applied again")
    fleet.promote("staging", "prod")
    assert fleet.entry("prod", "agent/reviewer")["source"]["commit"] == commit


def test_a_shallow_clone_is_told_how_to_get_the_commit(fleet: Stages, tmp_path: Path):
    fleet.apply("staging")
    commit = git(fleet.root, "rev-parse", "HEAD")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2")).commit("more")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{fleet.root}", str(shallow))
    clone = Stages(Project(shallow, fleet.project._capsys), fleet.name, fleet.urls)
    refused = clone.run("promote", "staging", "prod", "--yes")
    assert refused.code == 1
    assert "error[AO090]" in refused.err
    assert commit in refused.err
    assert "fetch-depth: 0" in refused.err
    git(shallow, "fetch", "-q", "--unshallow")
    clone.promote("staging", "prod")
    assert clone.live("prod", "agent/reviewer")["system"] == "Review, version 1."


def test_without_git_the_commit_is_named(fleet: Stages):
    fleet.apply("staging")
    commit = git(fleet.root, "rev-parse", "HEAD")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2"))
    shutil.rmtree(fleet.root / ".git")
    (fleet.root / ".git").mkdir()
    refused = fleet.run("promote", "staging", "prod", "--yes")
    assert refused.code == 1
    assert "error[AO090]" in refused.err
    assert commit in refused.err


def test_a_project_in_a_folder_of_its_repository(
    empty: Project, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    fleet = stages_of(empty, urls, monkeypatch, f"fleet-{next(_NUMBERS)}")
    inner = Stages(Project(empty.root / "ops/fleet", empty._capsys), fleet.name, urls)
    inner.root.mkdir(parents=True)
    inner.configure().write("agents/reviewer.yaml", REVIEWER)
    inner.write("skills/essay/SKILL.md", SKILL.format("One."))
    fleet.write("agents/elsewhere.yaml", "model: claude-opus-5-5\n")
    fleet.commit()
    inner.apply("staging")
    inner.write("agents/reviewer.yaml", REVIEWER.replace("1", "2"))
    inner.write("skills/essay/SKILL.md", SKILL.format("Two."))
    fleet.commit()
    inner.promote("staging", "prod")
    assert {*inner.project.lock("prod")["resources"]} == {"agent/reviewer", "skill/essay"}
    assert inner.live("prod", "agent/reviewer")["system"] == "Review, version 1."
    staging, prod = inner.entry("staging", "skill/essay"), inner.entry("prod", "skill/essay")
    assert staging["applied"] == prod["applied"]


def test_an_imported_entry_has_to_be_applied_first(fleet: Stages):
    fleet.configure({"staging": "mutex: off"})
    fleet.write("agents/tutor/prompt.md.j2", "Teach.\n").commit("no variables")
    fleet.apply("staging")
    path = fleet.root / "locks/staging.lock.json"
    lock = json.loads(path.read_text())
    del lock["resources"]["agent/reviewer"]["source"]
    path.write_text(json.dumps(lock))
    refused = fleet.run("promote", "staging", "prod", "--yes")
    assert refused.code == 1
    assert "what stage staging runs was never applied from a file" in refused.err


def test_what_was_imported_with_other_content_is_no_release(fleet: Stages):
    fleet.write("agents/hand.yaml", "model: claude-opus-5-5\nsystem: By the file.\n").commit("by hand")
    made = fleet.create("staging", "agent", name="hand", model="claude-opus-5-5", system="By hand.")
    assert fleet.run("import", "agent/hand", made, "--stage", "staging").code == 0
    refused = fleet.run("promote", "staging", "prod", "agent/hand", "--yes")
    assert (refused.code, "error[AO091] agent/hand: " in refused.err) == (1, True)
    fleet.apply("staging")
    fleet.promote("staging", "prod", "agent/hand")
    assert fleet.live("prod", "agent/hand")["system"] == "By the file."


def test_a_commit_that_has_something_else_is_refused(fleet: Stages):
    fleet.configure({"staging": "mutex: off"})
    fleet.write("agents/tutor/prompt.md.j2", "Teach.\n")
    first = fleet.commit("no variables")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2")).commit("two")
    fleet.apply("staging")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "3")).commit("three")
    path = fleet.root / "locks/staging.lock.json"
    lock = json.loads(path.read_text())
    lock["resources"]["agent/reviewer"]["source"]["commit"] = first
    path.write_text(json.dumps(lock))
    refused = fleet.run("promote", "staging", "prod", "--yes")
    assert refused.code == 1
    assert (
        f"stage staging runs another agent/reviewer than commit {first[:12]} has in agents/reviewer.yaml"
        in (refused.err)
    )


def test_a_lock_that_was_lost_has_a_copy_in_the_registry(fleet: Stages):
    fleet.apply("staging")
    (fleet.root / "locks/staging.lock.json").unlink()
    ended = fleet.promote("staging", "prod")
    assert "the lock in the registry is newer (serial 1, file missing): it is used" in ended.err
    assert fleet.live("prod", "agent/reviewer")["system"] == "Review, version 1."


def test_nothing_is_promoted_of_a_stage_that_never_ran(fleet: Stages):
    refused = fleet.run("promote", "staging", "prod", "--yes")
    assert refused.code == 1
    assert "error[AO091]: locks/staging.lock.json records nothing that stage staging runs" in refused.err


def test_a_pattern_names_what_it_named_when_it_was_applied(fleet: Stages):
    fleet.write("agents/lead.yaml", COORDINATOR.replace("reviewer.yaml", "'r*.yaml'"))
    fleet.write("agents/runner.yaml", "model: claude-opus-5-5\n").commit("a team")
    fleet.apply("staging")
    fleet.write("agents/rival.yaml", "model: claude-opus-5-5\n").commit("two of them")
    fleet.promote("staging", "prod")
    assert "agent/rival" not in fleet.project.lock("prod")["resources"]
    assert len(fleet.live("prod", "agent/lead")["multiagent"]["agents"]) == 2


def test_agentops_yaml_is_that_of_the_working_tree(fleet: Stages):
    fleet.apply("staging")
    fleet.write("agents/tutor/prompt.md.j2", "Later. {{ vars.inbox }}\n").commit("later")
    fleet.configure({"prod": "vars: {inbox: new@example.com}"}).commit("a new inbox")
    fleet.promote("staging", "prod")
    assert fleet.live("prod", "agent/tutor")["system"] == "Teach. Write to new@example.com.\n"


def test_what_a_stage_has_of_its_own_comes_along(fleet: Stages):
    own = REVIEWER + "overrides:\n  staging: {memory: [{name: scratch}]}\n  prod: {memory: [{name: audit}]}\n"
    fleet.write("agents/reviewer.yaml", own).commit("memories of their own")
    fleet.apply("staging")
    move_on(fleet)
    fleet.promote("staging", "prod")
    addresses = fleet.project.lock("prod")["resources"]
    assert "memory_store/reviewer-audit" in addresses
    assert "memory_store/reviewer-scratch" not in addresses
    assert "memory_store/reviewer-scratch" in fleet.project.lock("staging")["resources"]
    assert fleet.run("promote", "staging", "prod", "--plan-only", "--detailed-exitcode").code == 0


def test_a_saved_promotion_is_applied_on_files_that_have_moved_on(fleet: Stages):
    fleet.apply("staging")
    move_on(fleet)
    saved = fleet.run("promote", "staging", "prod", "--out", "release.plan")
    assert saved.code == 0, saved.err
    assert not (fleet.root / "locks/prod.lock.json").exists()
    fleet.write("skills/essay/SKILL.md", SKILL.format("And on."))
    applied = fleet.run("apply", "--plan", str(fleet.root / "release.plan"), "--yes")
    assert applied.code == 0, applied.out + applied.err
    assert fleet.entry("prod", "skill/essay")["applied"] == fleet.entry("staging", "skill/essay")["applied"]
    assert fleet.entry("prod", "agent/tutor")["promoted_from"]["stage"] == "staging"


def test_a_skill_on_github_is_what_staging_has_pinned(fleet: Stages, remote: Remote):
    fleet.commit("a skill of somebody else")
    fleet.apply("staging")
    remote.commit("how, and why")
    fleet.promote("staging", "prod")
    assert fleet.entry("prod", URL_SKILL)["revision"] == fleet.entry("staging", URL_SKILL)["revision"]
    assert fleet.run("promote", "staging", "prod", "--plan-only", "--detailed-exitcode").code == 0
    fleet.configure({"dev": "promote_from: staging\nvars: {inbox: x}"}).commit("dev comes last here")
    blocked = fleet.run("plan", "--stage", "dev")
    assert f"which is not so of: {URL_SKILL} (staging runs another)" in " ".join(blocked.out.split())
    fleet.apply("staging", "--upgrade")
    fleet.promote("staging", "prod")
    assert fleet.entry("prod", URL_SKILL)["revision"] == fleet.entry("staging", URL_SKILL)["revision"]


# -- chains


CHAIN = {
    "dev": "vars: {inbox: dev@example.com}",
    "staging": "vars: {inbox: staging@example.com}\npromote_from: dev",
    "prod": "vars: {inbox: prod@example.com}\npromote_from: staging",
}


@pytest.fixture
def chain(fleet: Stages) -> Stages:
    fleet.configure(CHAIN).commit("a chain")
    return fleet


def test_a_release_goes_through_every_stage_of_a_chain(chain: Stages):
    chain.apply("dev")
    refused = chain.run("promote", "dev", "prod", "--yes")
    assert refused.code == 3
    assert "error[AO095]: stage prod gets its releases from staging, not from dev" in refused.err
    chain.promote("dev", "staging")
    chain.promote("staging", "prod")
    assert chain.entry("prod", "agent/tutor")["promoted_from"]["stage"] == "staging"
    assert chain.live("prod", "agent/tutor")["system"] == "Teach. Write to prod@example.com.\n"


def renamed_agent(fleet: Stages) -> None:
    """The tutor is the coach from now on, in the files and by ``moved``."""
    text = (fleet.root / "agentops.yaml").read_text()
    fleet.write("agentops.yaml", f"{text}moved: [{{from: agent/tutor, to: agent/coach}}]\n")
    (fleet.root / "agents/tutor").rename(fleet.root / "agents/coach")
    fleet.write("agents/coach/prompt.md.j2", "Coach. Write to {{ vars.inbox }}.\n")
    fleet.write("agents/lead.yaml", COORDINATOR.replace("reviewer.yaml", "coach/agent.yaml"))
    fleet.commit("The tutor is the coach")


def test_a_release_of_before_a_renaming_comes_under_the_new_address(chain: Stages):
    """Whether or not the target was renamed already: nothing is created twice."""
    chain.write("agents/lead.yaml", COORDINATOR.replace("reviewer.yaml", "tutor/agent.yaml")).commit()
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.promote("staging", "prod")
    before = {stage: chain.entry(stage, "agent/tutor")["id"] for stage in ("dev", "staging", "prod")}
    renamed_agent(chain)
    assert chain.run("lock", "mv", "agent/tutor", "agent/coach", "--stage", "prod").code == 0
    for source, target in (("dev", "staging"), ("staging", "prod")):
        plan = chain.run("promote", source, target, "--plan-only", "--format", "json").json
        said = [
            it for it in plan["diagnostics"] if it["code"] < "AO100"
        ]  # what rules have to say does not matter
        assert (plan["changes"], plan["orphans"], said) == ([], [], [])
        chain.promote(source, target)
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.promote("staging", "prod")
    for stage, id in before.items():
        assert chain.entry(stage, "agent/coach")["id"] == id
        assert "agent/tutor" not in chain.project.lock(stage)["resources"]
        assert chain.live(stage, "agent/coach")["system"] == f"Coach. Write to {stage}@example.com.\n"


def test_a_rollback_goes_back_over_a_renaming(chain: Stages):
    chain.write("agents/lead.yaml", COORDINATOR.replace("reviewer.yaml", "tutor/agent.yaml")).commit()
    first = chain.commit()
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.commit("locks")
    id = chain.entry("staging", "agent/tutor")["id"]
    renamed_agent(chain)
    chain.apply("dev")
    chain.promote("dev", "staging")
    for release in ("PREVIOUS", first):
        ended = chain.run("rollback", "--release", release, "--stage", "staging", "--yes")
        assert ended.code == 0, ended.out + ended.err
        assert chain.entry("staging", "agent/coach")["id"] == id
        assert chain.live("staging", "agent/coach")["system"] == "Teach. Write to staging@example.com.\n"
        assert chain.live("staging", "agent/lead")["multiagent"]["agents"][0]["id"] == id


def test_what_was_put_back_can_be_taken_back(chain: Stages):
    """The stage has a release once more then: what came with it at first is no part of what is undone."""
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.commit("locks")
    chain.write("agents/reviewer.yaml", REVIEWER.replace("version 1", "version 2")).commit()
    chain.apply("dev")
    chain.promote("dev", "staging")
    for version in (1, 2, 1):
        ended = chain.run("rollback", "--release", "PREVIOUS", "--stage", "staging", "--yes")
        assert ended.code == 0, ended.out + ended.err
        assert "AO076" not in ended.out + ended.err
        assert chain.live("staging", "agent/reviewer")["system"] == f"Review, version {version}."
        lead = chain.live("staging", "agent/lead")["multiagent"]["agents"][0]
        assert lead["version"] == chain.live("staging", "agent/reviewer")["version"]


def test_what_only_follows_what_is_put_back_is_not_rolled_back_itself(chain: Stages):
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.write("agents/reviewer.yaml", REVIEWER.replace("version 1", "version 2")).commit()
    chain.apply("dev")
    chain.promote("dev", "staging")
    ended = chain.run("rollback", "--release", "PREVIOUS", "--stage", "staging", "--yes")
    assert ended.code == 0, ended.out + ended.err
    assert chain.entry("staging", "agent/reviewer")["held"]
    lead = chain.entry("staging", "agent/lead")
    assert ("held" in lead, "rolled_back" in lead) == (False, False)
    plan = chain.run("plan", "--stage", "staging", "--format", "json").json
    assert [item["address"] for item in plan["held"]] == ["agent/reviewer"]
    assert "lock entr" not in chain.run("plan", "--stage", "staging").out


def test_plain_apply_brings_nothing_that_the_stage_before_does_not_run(chain: Stages):
    blocked = chain.run("plan", "--stage", "prod")
    assert blocked.code == 3
    assert "error[AO094]: stage prod takes only what stage staging runs, which is not so of: " in blocked.out
    assert "agent/lead (not in staging)" in blocked.out
    assert "`agentops promote staging prod`" in " ".join(blocked.out.split())
    assert chain.run("apply", "--stage", "prod", "--yes").code == 3
    assert chain.run("status", "--stage", "prod").code == 0
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.apply("prod")  # it runs there
    chain.write("agents/reviewer.yaml", REVIEWER.replace("1", "2")).commit("two")
    blocked = chain.run("plan", "--stage", "prod")
    assert blocked.code == 3
    assert "which is not so of: agent/reviewer (staging runs another)" in " ".join(blocked.out.split())


def test_the_lock_of_the_stage_before_is_enough_where_its_registry_cannot_be_asked(
    chain: Stages, monkeypatch: pytest.MonkeyPatch
):
    chain.apply("dev")
    chain.promote("dev", "staging")
    config = (chain.root / "agentops.yaml").read_text().split("  prod:")
    chain.write("agentops.yaml", "  prod:".join([config[0].replace("STAGES_KEY", "NOT_HERE"), config[1]]))
    assert chain.run("plan", "--stage", "staging").code == 1, "no credential"
    chain.apply("prod")
    refused = chain.run("promote", "staging", "prod", "--plan-only")
    assert refused.code == 1
    assert "NOT_HERE" in refused.err
    assert chain.run("promote", "staging", "prod", "--plan-only", "--allow-unsettled").code == 0


def test_what_is_a_stages_own_business_passes(chain: Stages):
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.promote("staging", "prod")
    chain.write("agents/reviewer.yaml", REVIEWER + "overrides: {prod: {model: claude-haiku-4-5}}\n")
    chain.configure({**CHAIN, "prod": CHAIN["prod"].replace("prod@", "new@")}).commit("variables, overrides")
    chain.apply("prod")
    assert chain.live("prod", "agent/tutor")["system"] == "Teach. Write to new@example.com.\n"
    version = chain.live("prod", "agent/reviewer")["version"]
    chain.edit("prod", "agent/reviewer", version=version, system="Edited in the console.")
    chain.apply("prod", "--on-drift", "revert")
    own = REVIEWER + "overrides: {prod: {model: claude-haiku-4-5, memory: [{name: audit}]}}\n"
    chain.write("agents/reviewer.yaml", own).commit("a memory of its own")
    chain.apply("prod")
    destroyed = chain.run("destroy", "agent/lead", "--stage", "prod", "--yes")
    assert destroyed.code == 0, destroyed.err


def test_what_the_stage_before_still_runs_is_not_removed_by_plain_apply(chain: Stages):
    chain.apply("dev")
    chain.promote("dev", "staging")
    chain.promote("staging", "prod")
    chain.remove("agents/lead.yaml").commit("no lead")
    blocked = chain.run("plan", "--stage", "prod", "--prune")
    assert blocked.code == 3
    assert "agent/lead (staging still runs it)" in blocked.out


# -- several targets


def test_several_targets_are_planned_first_and_then_applied(fleet: Stages):
    fleet.apply("staging")
    ended = fleet.promote("staging", "[dp]*")
    plans, _, applied = ended.out.partition("Applied: ")
    assert "stage dev, from staging's release" in plans
    assert "stage prod, from staging's release" in plans
    assert applied.count("Applied: ") == 1
    for stage in ("dev", "prod"):
        assert fleet.entry(stage, "agent/lead")["promoted_from"]["stage"] == "staging"


def test_several_targets_are_one_json_document(fleet: Stages):
    fleet.apply("staging")
    plans = fleet.run("promote", "staging", "prod", "dev", "--plan-only", "--format", "json").json
    assert [(plan["stage"], plan["promotes"]) for plan in plans] == [("prod", "staging"), ("dev", "staging")]
    reports = fleet.promote("staging", "prod", "dev", "--format", "json").json
    assert [(item["stage"], item["exit_code"]) for item in reports] == [("prod", 0), ("dev", 0)]
    (alone,) = fleet.run("promote", "staging", "p*", "--plan-only", "--format", "json").json
    assert alone["stage"] == "prod"


def test_one_blocked_target_keeps_all_from_being_changed(fleet: Stages):
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    fleet.edit("prod", "agent/reviewer", version=1, system="Edited in the console.")
    blocked = fleet.run("promote", "staging", "dev", "prod", "--yes")
    assert blocked.code == 3
    assert not (fleet.root / "locks/dev.lock.json").exists()


def test_the_first_target_that_fails_is_the_last(fleet: Stages, monkeypatch: pytest.MonkeyPatch):
    """A quota of the second stage is used up: what came before it is done, what comes after is not begun."""
    from agentops.cli import applying

    fleet.apply("staging")
    real, calls = applying._applied, []

    def failing(opened, order, *rest):
        calls.append(order.stage.name)
        if order.stage.name == "prod":
            raise RegistryError("the quota of the workspace is used up")
        return real(opened, order, *rest)

    monkeypatch.setattr(applying, "_applied", failing)
    ended = fleet.run("promote", "staging", "dev", "prod", "--yes", "--format", "json")
    assert ended.code == 4
    assert calls == ["dev", "prod"]
    assert "the quota of the workspace is used up" in ended.err
    assert "Stopped at prod. Done: dev." in ended.err
    assert [item["stage"] for item in ended.json] == ["dev", "prod"]
    calls.clear()
    ended = fleet.run("promote", "staging", "prod", "dev", "--yes")
    assert (ended.code, calls) == (1, ["prod"])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["staging", "none"], 1, "there is no stage 'none'"),
        (["staging", "none-*"], 1, "besides staging there are: dev, prod"),
        (["staging", "staging"], 1, "runs its own release already"),
        (["staging", "agent/tutor"], 1, "say which stage to promote to"),
        (["nowhere", "prod"], 1, "there is no stage 'nowhere'"),
        (["staging", "dev", "prod", "--out", "x"], 1, "--out is for one TARGET"),
        (["staging", "dev", "prod", "--expect", "abc"], 1, "--expect is for one TARGET"),
        (["staging", "prod", "--stage", "prod"], 1, "it takes no --stage"),
        (["staging", "prod", "--detailed-exitcode"], 1, "goes with --plan-only or --out"),
        (["staging", "prod", "agent/none"], 1, "there is no agent/none in this stage"),
        (["staging", "prod"], 3, "nobody can be asked here"),
        (["staging", "prod", "--expect", "0" * 12, "--yes"], 3, "AO053"),
    ],
)
def test_what_cannot_be_meant_is_refused(fleet: Stages, arguments: list[str], code: int, said: str):
    if "nobody" in said or "AO053" in said or "agent/none" in arguments:
        fleet.apply("staging")
    ended = fleet.run("promote", *arguments)
    assert ended.code == code, ended.out + ended.err
    assert said in " ".join((ended.out + ended.err).split())
    assert not (fleet.root / "locks/prod.lock.json").exists()


def test_the_lock_tells_how_an_address_came_to_what_it_runs(fleet: Stages):
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    fleet.write("agents/reviewer.yaml", REVIEWER.replace("1", "2")).commit("two")
    fleet.apply("staging")
    fleet.promote("staging", "prod")
    shown = fleet.run("lock", "show", "agent/reviewer", "--stage", "prod").out
    entry = fleet.entry("prod", "agent/reviewer")
    assert f"(release {entry['released']['release']})" in shown
    assert entry["released"]["before"]["digest"] in shown
    assert f"stage staging, commit {entry['source']['commit']}" in shown
