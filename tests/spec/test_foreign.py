"""Shapes of other tools: refused where they cannot be meant, mentioned where the API takes any text."""

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
    assert "next release" not in problem.summary


@pytest.mark.parametrize("skill", ["./skills/mine", "{path: skills/mine}", "{path: [x]}"])
def test_a_skill_of_one_s_own_comes_later(agent, skill: str) -> None:
    assert agent(f"skills: [{skill}]").codes == [Code.LATER_FIELD]
