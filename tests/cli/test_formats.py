"""What other programs read of what is wrong."""

from __future__ import annotations

import json

from agentops.cli import main
from tests.projects import Project

BROKEN = "name: tutor\nmodel: claude-opus-5-5\nprompt: prompt.md\ntools: [web_serch]\n"


def test_problems_as_annotations(project: Project) -> None:
    project.write("agents/tutor/agent.yaml", BROKEN)
    ended = project.run("validate", "--format", "github")
    assert ended.code == 1
    command, *rest = ended.out.splitlines()
    assert command == (
        "::error file=agents/tutor/agent.yaml,line=4,col=9,title=AO015 agent/tutor"
        "::there is no tool 'web_serch'%0Adid you mean 'web_search'?"
    )
    assert rest[-1].startswith("1 error")
    assert ended.err == ""


def test_nothing_wrong_is_no_annotation(project: Project) -> None:
    ended = project.run("validate", "--format", "github")
    assert (ended.code, ended.out.startswith("No problems in ")) == (0, True)


def test_problems_as_sarif(project: Project) -> None:
    project.write("agents/tutor/agent.yaml", BROKEN)
    ended = project.run("validate", "--format", "sarif")
    assert ended.code == 1
    (result, *_) = ended.json["runs"][0]["results"]
    assert result["ruleId"] == "AO015"


OWNER = """\
from agentops.policy.team import Finding, rule


@rule("TEAM001", "agent-has-owner")
def owner(fleet):
    return [Finding(it.address, "no owner") for it in fleet]
"""


def test_rules_of_the_policy_say_in_sarif_what_they_are(project: Project) -> None:
    project.write("agents/tutor/prompt.md", "Teach.\n")
    project.write("agentops.yaml", "project: shop\npolicy: {files: [policies/owner.py]}\n")
    project.write("policies/owner.py", OWNER)
    ended = project.run("validate", "--format", "sarif")
    rules = {it["id"]: it for it in ended.json["runs"][0]["tool"]["driver"]["rules"]}
    ours = rules["AO110"]
    assert (ours["name"], ours["shortDescription"]["text"]) == ("NoPrompt", "No prompt")
    assert len(ours["fullDescription"]["text"]) > 60
    assert "`agentops explain AO110` has an example and the fix." in ours["help"]["text"]
    theirs = rules["TEAM001"]  # nobody says why
    assert (theirs["name"], theirs["fullDescription"]["text"]) == ("AgentHasOwner", "Agent has owner")
    assert theirs["help"]["text"] == "`agentops explain TEAM001` has an example and the fix."


def test_files_are_named_from_the_top_of_the_repository(project: Project, capsys) -> None:
    project.write("teams/a b/agents/tutor.yaml", "name: t\nmodle: x\nmodel: claude-opus-5-5\n")
    capsys.readouterr()
    assert main(["-C", str(project.root / "teams/a b"), "validate", "--format", "sarif"]) == 1
    found = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    uris = {it["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for it in found}
    assert uris == {"teams/a%20b/agents/tutor.yaml"}


def test_an_agentops_yaml_that_cannot_be_read_is_annotated_too(project: Project) -> None:
    project.write("agentops.yaml", "project: [")
    ended = project.run("validate", "--format", "github")
    assert ended.code == 1
    assert ended.out.startswith("::error file=agentops.yaml,line=1,")
