"""Shapes of other tools: refused where they cannot be meant, mentioned where the API takes any text."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code, Severity


@pytest.mark.parametrize(
    "text",
    [
        "name: app-${STAGE}",
        "name: app-<%= Rails.env %>",
        'mcp_servers: [{type: url, name: l, url: "https://${HOST}/"}]\ntools: [{mcp: l}]',
        'tools: [{mcp: l, url: "https://${HOST}/"}]',
        'skills: [{type: anthropic, skill_id: "${SKILL}"}]',
        'execution_identity: {type: aws_role, role_arn: "arn:${ACCOUNT}"}',
    ],
)
def test_a_substitution_that_is_meant_is_an_error(agent, text: str) -> None:
    (problem,) = agent(text).errors
    assert problem.code is Code.FOREIGN_SHAPE


@pytest.mark.parametrize(
    "text", ['metadata: {p: "${HOME}"}', 'metadata: {url: "${HOME}"}', 'metadata: {p: "<%= x %>"}']
)
def test_where_any_text_will_do_it_is_a_warning(agent, text: str) -> None:
    problem = agent(text).only()
    assert (problem.code, problem.severity) == (Code.FOREIGN_SHAPE, Severity.WARNING)
    assert problem.location is not None
    assert problem.location.line == 2


def test_a_warning_hides_no_missing_member(agent) -> None:
    assert agent('metadata: {p: "${HOME}"}\ntools: [{type: custom, name: x}]').codes


@pytest.mark.parametrize(
    "text", ['system: "say ${HOME}"', 'description: "<%= x %>"', "tools: [bash]\nsystem: |\n  ${A}\n"]
)
def test_prompts_may_speak_of_them(agent, text: str) -> None:
    assert agent(text).diagnostics == ()


@pytest.mark.parametrize("skill", ["pdf", "docx", "xlsx", "pptx", "{path: pdf}"])
def test_a_pre_built_skill_by_its_bare_name_is_told_its_form(agent, skill: str) -> None:
    problem = agent(f"tools: [read]\nskills: [{skill}]").only()
    assert "{type: anthropic, skill_id: " in problem.detail
    assert problem.code is Code.FOREIGN_SHAPE


@pytest.mark.parametrize("skill", ["./skills/mine", "{path: skills/mine}", "skill/a-mine", "./skills/*"])
def test_a_skill_of_one_s_own_is_named_by_its_directory(agent, skill: str) -> None:
    text = "---\nname: mine\ndescription: d\n---\n"
    outcome = agent(
        f"skills: [{skill}]", **{"agents/a/skills/mine/SKILL.md": text, "agents/skills/mine/SKILL.md": text}
    )
    named = "skill/a-mine" if skill.startswith("skill/") else "skill/agents-mine"
    assert outcome.diagnostics == ()
    assert outcome["agent/a"].needs == (named,)


@pytest.mark.parametrize("key", ["from_plugin", "source", "plugin"])
def test_a_skill_from_elsewhere_is_told_the_ways_to_name_one(agent, key: str) -> None:
    problem = agent(f"skills: [{{{key}: x}}]").only()
    assert problem.code is Code.FOREIGN_SHAPE
    assert "its URL on GitHub" in problem.detail


DEPLOYMENT = "agent: ../agents/a.yaml\nenvironment_id: env_011CftafA7Q9XsQ3QhMZoamB\ninitial_events: [{type: user.message, content: [{type: text, text: Go.}]}]\n"


@pytest.fixture
def deployment(agent):
    """Load a deployment that has these members on top of those it needs."""

    def load(text: str):
        said = text.split(":", maxsplit=1)[0]
        kept = [line for line in DEPLOYMENT.splitlines(keepends=True) if not line.startswith(f"{said}:")]
        return agent("", **{"deployments/d.yaml": "".join(kept) + text})

    return load


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("cron: 0 9 * * *", "write `schedule: {type: cron"),
        ("timezone: UTC", "write `schedule: {type: cron"),
        ("prompt: Go.", "`initial_events`, or the text of a Markdown file"),
        ("message: Go.", "`initial_events`, or the text of a Markdown file"),
        ("messages: [Go.]", "`initial_events`, or the text of a Markdown file"),
        ("memory: {type: episodic}", "name the stores in `resources`"),
        ("memory_stores: [a]", "name them in `resources`"),
        ("enabled: false", "write `paused: true`"),
        ("status: paused", "write `paused: true`"),
        ("paused_reason: {type: manual}", "only the registry sets it"),
        ("id: depl_1", "only the registry sets it"),
    ],
)
def test_what_others_call_it_in_a_deployment_is_told_its_name_here(
    deployment, text: str, instead: str
) -> None:
    problem = deployment(text).only()
    assert problem.code is Code.FOREIGN_SHAPE
    assert instead in problem.detail


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("name: V", "`display_name`"),
        ("secrets: [a]", "{secret: env:NAME}"),
        ("id: vlt_1", "only the registry"),
    ],
)
def test_what_others_call_it_in_a_vault_is_told_its_name_here(tree, text: str, instead: str) -> None:
    problem = tree.write({"vaults/v.yaml": f"type: vault\n{text}\n"}).load().only()
    assert problem.code is Code.FOREIGN_SHAPE
    assert instead in problem.detail


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("schedule: 0 9 * * *", "{type: cron, expression: '0 9 * * 1-5'"),
        ("budget: 25", "max_list_cost: {amount: '2500', currency: USD}"),
        ("initial_events: Go.", "type: user.message"),
        ("environment_id: [x]", "write the path of its file"),
    ],
)
def test_a_field_of_another_type_is_shown_its_shape(deployment, text: str, instead: str) -> None:
    problem = deployment(text).only()
    assert problem.code is Code.WRONG_TYPE
    assert instead in problem.detail
    assert str(problem.location).startswith("deployments/d.yaml:")


@pytest.mark.parametrize(
    "text",
    [
        "agent: ${AGENT_ID}",
        "environment_id: ${ENV_ID}",
        "vault_ids: ['${VAULT}']",
        "resources: ['${STORE}']",
        "resources: [{type: memory_store, memory_store_id: '${STORE}'}]",
        "agent: {path: '../agents/<%= agent %>.yaml'}",
        "name: daily-${STAGE}",
    ],
)
def test_a_substitution_in_the_place_of_a_reference_is_said_once(deployment, text: str) -> None:
    problem = deployment(text).only()
    assert (problem.code, problem.severity) == (Code.FOREIGN_SHAPE, Severity.ERROR)


@pytest.mark.parametrize(
    "text",
    [
        "initial_events: [{type: user.message, content: [{type: text, text: 'echo ${HOME}'}]}]",
        "initial_events: [{type: user.define_outcome, description: '${A}', rubric: {type: text, content: '${A}'}}]",
        "resources: [{path: memory_store/a-m, instructions: 'Look in ${DIR}.'}]",
        "description: for ${TEAM}",
    ],
)
def test_what_a_deployment_says_may_speak_of_them(deployment, tree, text: str) -> None:
    tree.write({"memory_stores/a-m.yaml": "description: x\n"})
    assert deployment(text).diagnostics == ()


@pytest.mark.parametrize("text", ["'${TOKEN}'", "'${TOKEN:-sk-live-1}'", "'<%= \"sk-live-1\" %>'"])
def test_a_substitution_for_a_secret_is_told_how_a_secret_is_named(tree, text: str) -> None:
    tree.write(
        {
            "vaults/v.yaml": f"credentials: {{l: {{auth: {{type: static_bearer, mcp_server_url: 'https://l.example', token: {text}}}}}}}\n"
        }
    )
    problem = tree.load().only()
    assert "{secret: env:NAME}" in problem.summary
    assert "sk-live" not in f"{problem.summary} {problem.detail}"


def test_of_a_substitution_only_the_name_is_repeated(agent) -> None:
    problem = agent('metadata: {p: "${HOME:-/sk-live-1}"}').only()
    assert "'${HOME}'" in problem.summary
    assert "sk-live" not in f"{problem.summary} {problem.detail}"
