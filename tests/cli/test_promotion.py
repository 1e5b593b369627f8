"""A release moves from stage to stage: what one stage runs, and not what the files have become since."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator

import pytest

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
