"""``agentops diff --stages``: offline, with everything a stage has of its own."""

from __future__ import annotations

import pytest

from tests.projects import Project

STAGES = """\
project: fleet
variables: {greeting: {type: string}}
stages:
  staging:
    registry: {base_url: "https://registry.example.com", api_key: {secret: env:NOWHERE}}
    vars: {greeting: Hello}
    name_suffix: -staging
  prod:
    registry: anthropic
    workspace_id: wrkspc_01Xk7mQ2rT9vB4nW8cY6dZ3f
    vars: {greeting: Good day}
    defaults: {metadata: {cost: high}}
  twin:
    registry: anthropic
    vars: {greeting: Good day}
    defaults: {metadata: {cost: high}}
external:
  environment/shared: {staging: env_1, prod: env_2, twin: env_3}
"""
DEPLOYMENT = """\
agent: agent/tutor
environment_id: environment/shared
initial_events: [{type: user.message, content: [{type: text, text: Go.}]}]
"""


@pytest.fixture
def staged(project: Project) -> Project:
    project.write("agentops.yaml", STAGES)
    project.write("agents/tutor/prompt.md.j2", "# Tutor\n\n{{ vars.greeting }}.\n")
    project.write(
        "agents/tutor/agent.yaml",
        "model: claude-opus-5-5\nprompt: prompt.md.j2\n"
        "overrides: {prod: {memory: {type: semantic}}, twin: {memory: {type: semantic}}}\n",
    )
    project.write("deployments/daily.yaml", DEPLOYMENT)
    return project


def test_everything_that_a_stage_has_of_its_own_is_shown(staged: Project) -> None:
    ended = staged.run("diff", "--stages", "staging..prod")
    assert (ended.code, ended.err) == (0, "")
    for line in (
        "fleet · staging → prod",
        '      metadata.cost  (absent) → "high"',
        '      name           "tutor-staging" → "tutor"',
        "        - Hello.",
        "        + Good day.",
        "  + memory_store/tutor-semantic  only in prod",
        "2 resources differ, 1 only in prod.",
    ):
        assert any(shown.startswith(line) for shown in ended.out.splitlines()), ended.out
    assert "environment" not in ended.out


def test_json_has_every_value_with_references_as_addresses(staged: Project) -> None:
    found = staged.run("diff", "--stages", "prod..staging", "--format", "json", "deployment/daily").json
    (daily,) = found["differing"]
    assert (found["format_version"], found["before"], found["after"], found["differs"]) == (
        1,
        "prod",
        "staging",
        True,
    )
    changes = {item["path"]: (item["before"], item["after"]) for item in daily["fields"]}
    assert changes["name"] == ("daily", "daily-staging")
    assert changes["metadata.cost"] == ("high", None)
    assert changes["resources"][0][0]["memory_store_id"] == "memory_store/tutor-semantic"
    assert "environment_id" not in changes


def test_the_exit_code_says_whether_something_differs_only_where_asked(staged: Project) -> None:
    assert staged.run("diff", "--stages", "staging..prod", "--exit-code").code == 2
    alike = staged.run("diff", "--stages", "prod..twin", "--exit-code")
    assert (alike.code, "No differences (3 resources)." in alike.out) == (0, True)
    assert staged.run("diff", "--stages", "prod..prod", "--exit-code").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--stages staging..prod"),
        (["--stages", "prod"], "'prod' is not two stages"),
        (["--stages", "a..b..c"], "is not two stages"),
        (["--stages", "prod.."], "is not two stages"),
        (["--stages", "stagin..prod"], "did you mean 'staging'?"),
        (["--stages", "staging..prod", "tutor"], "agent/tutor"),
        (["--stages", "staging..prod", "agent/tutr"], "did you mean 'agent/tutor'?"),
    ],
)
def test_mistakes_end_with_1_and_say_what_to_write(staged: Project, arguments: list[str], says: str) -> None:
    ended = staged.run("diff", *arguments)
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err


def test_problems_of_either_stage_stop_it(staged: Project) -> None:
    staged.write("agents/bad.yaml", "model: claude-opus-5-5\noverrides: {prod: {tools: [bsh]}}\n")
    ended = staged.run("diff", "--stages", "staging..prod")
    assert (ended.code, ended.out) == (1, "")
    assert "there is no tool 'bsh' (in stage prod)" in ended.err


def test_the_stages_of_validate_are_all_stages_with_their_names(project: Project) -> None:
    project.write("environments/sandbox.yaml", "config: {type: cloud}\n")
    project.write("agentops.yaml", "project: p\ndefault_stage: dev\nstages: {dev: {}, test: {}}\n")
    ended = project.run("validate")
    assert ended.code == 1
    assert "error[AO083] environments/sandbox.yaml:1:1" in ended.out
    assert project.run("validate", "--stage", "dev").code == 0
    project.write("agentops.yaml", "project: p\nstages: {dev: {}, test: {name_suffix: -test}}\n")
    assert project.run("validate").code == 0
    for stage in ("dev", "test"):
        assert project.run("apply", "--yes", "--stage", stage).code == 0
        assert project.run("plan", "--detailed-exitcode", "--stage", stage).code == 0
    assert "name: sandbox-test" in project.run("render", "environment/sandbox", "--stage", "test").out
