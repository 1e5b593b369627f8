"""Rules as a person meets them: in validate, plan, apply and promote, and explained."""

# ruff: noqa: E501 - what is printed stands on one line

from __future__ import annotations

import json

import pytest

from agentops.domain.diagnostics import Severity
from agentops.policy import catalog
from agentops.policy.rule import Finding, Rule
from tests.projects import Project

STAGES = """\
project: p
stages:
  dev: {}
  prod: {name_suffix: -prod, promote_from: dev, policy: {rules: {TEAM001: error}}}
policy: {files: [policies/own.yaml]}
"""
RULES = """\
rules:
  - id: TEAM001
    name: has-owner
    kinds: [agent]
    where: {path: metadata.owner, is: missing}
    message: nobody owns this agent
    fix: "add `metadata: {owner: TEAM}`"
"""
AGENT = "name: tutor\nmodel: claude-opus-5-5\nsystem: Be kind.\n"


@pytest.fixture(autouse=True)
def without_built_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about how rules are asked, not about which there are."""
    monkeypatch.setattr(catalog, "RULES", ())


@pytest.fixture
def fleet(empty: Project) -> Project:
    empty.write("agentops.yaml", STAGES)
    empty.write("policies/own.yaml", RULES)
    empty.write("agents/tutor.yaml", AGENT)
    return empty


def codes(document: dict) -> list[tuple[str, str]]:
    return [(it["severity"], it["code"]) for it in document["diagnostics"]]


def test_validate_tells_of_each_stage_what_holds_there(fleet: Project) -> None:
    ended = fleet.run("validate")
    assert ended.code == 1
    assert "warning[TEAM001] agents/tutor.yaml:1:1: nobody owns this agent (in stage dev)" in ended.out
    assert "error[TEAM001] agents/tutor.yaml:1:1: nobody owns this agent (in stage prod)" in ended.out
    assert fleet.run("validate", "--stage", "dev").code == 0


def test_a_plan_is_shown_and_blocked_by_an_error_of_a_rule(fleet: Project) -> None:
    plan = fleet.run("plan", "--stage", "prod")
    assert plan.code == 3
    assert "+ agent/tutor" in plan.out
    assert "error[TEAM001] agents/tutor.yaml:1:1: nobody owns this agent" in plan.out
    assert "Blocked" in plan.out
    document = fleet.run("plan", "--stage", "prod", "--format", "json").json
    assert (document["blocked"], codes(document)[0]) == (True, ("error", "TEAM001"))
    assert fleet.run("apply", "--yes", "--stage", "prod").code == 3
    assert not (fleet.root / "locks/prod.lock.json").exists()


def test_a_warning_blocks_nothing_and_a_promotion_is_judged_by_its_target(fleet: Project) -> None:
    assert fleet.run("apply", "--yes", "--stage", "dev").code == 0
    promoted = fleet.run("promote", "dev", "prod", "--plan-only", "--format", "json")
    assert promoted.code == 3
    assert codes(promoted.json) == [("error", "TEAM001")]


def test_destroy_and_rollback_ask_no_rule(fleet: Project) -> None:
    assert fleet.run("apply", "--yes", "--stage", "dev").code == 0
    fleet.write("agents/tutor.yaml", AGENT.replace("kind", "brief"))
    assert fleet.run("apply", "--yes", "--stage", "dev").code == 0
    fleet.write("agentops.yaml", STAGES.replace("policy: {files", "policy: {rules: {TEAM001: error}, files"))
    assert fleet.run("plan", "--stage", "dev").code == 3
    back = fleet.run("rollback", "agent/tutor", "--to", "1", "--stage", "dev", "--yes")
    assert back.code == 0, back.err
    assert fleet.run("destroy", "--stage", "dev", "--yes").code == 0


def test_a_plan_of_some_addresses_is_not_blocked_by_others(fleet: Project) -> None:
    fleet.write("agents/owned.yaml", AGENT.replace("tutor", "owned") + "metadata: {owner: core}\n")
    fleet.write("agentops.yaml", STAGES.replace("promote_from: dev, ", ""))
    assert fleet.run("plan", "agent/owned", "--stage", "prod").code == 0
    assert fleet.run("plan", "agent/tutor", "--stage", "prod").code == 3


def test_what_is_set_aside_is_told_and_no_change(fleet: Project) -> None:
    assert fleet.run("apply", "--yes", "--stage", "dev").code == 0
    fleet.write("agents/tutor.yaml", AGENT + "policy: {ignore: {TEAM001: a demo of nobody}}\n")
    plan = fleet.run("plan", "--stage", "dev")
    assert "No changes" in plan.out
    assert (
        "note[AO079] agents/tutor.yaml:4:19: TEAM001 set aside for agent/tutor: a demo of nobody" in plan.out
    )
    assert fleet.run("validate").code == 0
    promoted = fleet.run("promote", "dev", "prod", "--plan-only", "--format", "json")
    assert (promoted.code, codes(promoted.json)) == (0, [("note", "AO079")])


def test_what_is_set_aside_for_nothing_is_told_by_validate(fleet: Project) -> None:
    fleet.write(
        "agents/tutor.yaml",
        AGENT + "metadata: {owner: core}\npolicy: {ignore: {TEAM001: a demo of nobody}}\n",
    )
    ended = fleet.run("validate")
    assert (ended.code, ended.out.count("TEAM001 is set aside here, and finds nothing")) == (0, 1)
    assert "is set aside" not in fleet.run("validate", "--stage", "dev").out


def test_where_one_file_is_wrong_the_others_are_judged_all_the_same(fleet: Project) -> None:
    fleet.write("agents/broken.yaml", "name: broken\nmodle: claude-opus-5-5\n")
    out = fleet.run("validate", "--stage", "prod").out
    assert "unknown key 'modle'" in out
    assert "error[TEAM001] agents/tutor.yaml:1:1" in out
    assert "[TEAM001] agents/broken.yaml" not in out


def test_what_depends_on_a_file_that_is_wrong_is_judged_when_that_is_mended(fleet: Project) -> None:
    fleet.write(
        "agents/lead.yaml",
        AGENT.replace("tutor", "lead") + "multiagent: {type: coordinator, agents: [tutor.yaml]}\n",
    )
    fleet.write("agents/tutor.yaml", AGENT + "modle: x\n")
    assert "TEAM001" not in fleet.run("validate", "--stage", "prod").out


def test_a_file_of_rules_that_is_broken_blocks_and_says_where(fleet: Project) -> None:
    fleet.write("agentops.yaml", STAGES.replace("own.yaml", "own.py"))
    fleet.write("policies/own.py", "from agentops.policy.team import rule\nraise RuntimeError('no')\n")
    for command in (["validate"], ["plan", "--stage", "dev"]):
        ended = fleet.run(*command)
        assert ended.code == (1 if command == ["validate"] else 3)
        assert (
            "error[AO089] policies/own.py:2:1: policies/own.py cannot be used: RuntimeError: no" in ended.out
        )
        assert "Traceback" not in ended.out + ended.err
    assert "there is no rule" not in fleet.run("validate").out


def test_a_mistake_in_a_declared_rule_stops_with_its_place(fleet: Project) -> None:
    fleet.write("policies/own.yaml", RULES.replace("is: missing", "is: mising"))
    ended = fleet.run("plan", "--stage", "dev")
    assert (ended.code, "policies/own.yaml:5:39" in ended.err) == (1, True)
    assert "did you mean 'missing'?" in ended.err


def test_a_name_in_the_place_of_an_id_is_answered_with_the_id(fleet: Project) -> None:
    fleet.write("agentops.yaml", STAGES.replace("TEAM001: error", "has-owner: error"))
    out = fleet.run("validate").out
    assert "error[AO078] agentops.yaml:4:66: there is no rule 'has-owner' (in stage prod)" in out
    assert "rules are called by their ids: has-owner is TEAM001" in out


def test_what_a_rule_prints_leaves_json_alone(fleet: Project) -> None:
    fleet.write("agentops.yaml", STAGES.replace("own.yaml", "own.py"))
    fleet.write(
        "policies/own.py",
        'from agentops.policy.team import rule\n@rule("TEAM001", "x")\ndef x(fleet):\n    print("hm")\n    return []\n',
    )
    ended = fleet.run("validate", "--format", "json")
    assert (json.loads(ended.out)["diagnostics"], "hm" in ended.err) == ([], True)


# -- explain


def test_all_rules_are_listed_with_what_holds_in_each_stage(fleet: Project) -> None:
    ended = fleet.run("explain")
    assert ended.code == 0
    (line,) = [it.split() for it in ended.out.splitlines() if "TEAM001" in it and "explain" not in it]
    assert line == ["TEAM001", "has-owner", "warning", "error", "policies/own.yaml:2:9"]
    assert "warning" not in fleet.run("explain", "--stage", "prod").out


def test_one_rule_is_explained(fleet: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    built_in = Rule(
        "AO101",
        "short-names",
        Severity.WARNING,
        "Long names are cut in the Console.",
        "name: a-very-long-name",
        "name: short",
        lambda fleet, options: [Finding(it.address, "x") for it in fleet],
        protected=Severity.ERROR,
    )
    monkeypatch.setattr(catalog, "RULES", (built_in,))
    out = fleet.run("explain", "AO101").out
    for told in (
        "AO101 short-names",
        "warning; in protected stages error",
        "Long names are cut",
        "    name: a-very-long-name",
        "Instead",
        "    AO101: why it does not matter here",
    ):
        assert told in out, out
    assert fleet.run("explain", "ao101").out == fleet.run("explain", "short-names").out == out
    document = fleet.run("explain", "AO101", "--format", "json").json
    assert (document["format_version"], [it["id"] for it in document["rules"]]) == (1, ["AO101"])
    assert document["rules"][0]["stages"] == {"dev": "warning", "prod": "warning"}


def test_a_diagnostic_is_no_rule_and_says_where_it_is_explained(fleet: Project) -> None:
    ended = fleet.run("explain", "ao021")
    assert (ended.code, "docs/diagnostics.md, section AO021" in ended.out) == (0, True)
    assert fleet.run("explain", "AO021", "--format", "json").json["code"] == "AO021"


def test_an_unknown_rule_is_told_with_the_nearest(fleet: Project) -> None:
    ended = fleet.run("explain", "TEAM002")
    assert (ended.code, ended.out) == (1, "")
    assert "did you mean TEAM001 (has-owner)?" in ended.err


def test_rules_are_explained_where_there_is_no_project_file(empty: Project) -> None:
    assert empty.run("explain").code == 0


def test_an_explanation_of_rules_of_a_broken_file_says_that_some_may_be_missing(fleet: Project) -> None:
    fleet.write(
        "agentops.yaml", STAGES.replace("[policies/own.yaml]", "[policies/own.yaml, policies/bad.py]")
    )
    fleet.write("policies/bad.py", "(\n")
    ended = fleet.run("explain")
    assert "TEAM001" in ended.out
    assert "error[AO089] policies/bad.py:1:1" in ended.out
