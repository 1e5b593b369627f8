"""Whether what starts by itself comes to an end, and at what cost."""

from __future__ import annotations

import pytest

from agentops.policy.unattended import STOPS, UNLIMITED, WAITS
from tests.policy.rules.checking import AGENT, NIGHTLY, SANDBOX, deployment, found, places, project, summaries


def nightly(tools: str, helper: str = "", **members: str) -> dict[str, str]:
    return {
        "agents/a.yaml": AGENT + tools,
        "agents/helper.yaml": AGENT + helper,
        "environments/box.yaml": SANDBOX,
        "deployments/d.yaml": deployment(**members),
    }


MCP = "tools: [{type: mcp_toolset, mcp_server_name: s}]\nmcp_servers: [{type: url, name: s, url: 'https://s.example'}]\n"
NAMED = "tools: [{mcp: s, url: 'https://s.example', allow: [get, put]}]\n"


@pytest.mark.parametrize(
    ("tools", "told"),
    [
        (MCP, "any tool of 's'"),
        (NAMED, "'get' of 's', 'put' of 's'"),
        ("tools: [{bash: {permission: always_ask}}]\n", "bash"),
    ],
)
def test_tools_that_ask_stop_a_run_that_nobody_watches(tmp_path, tools: str, told: str) -> None:
    built = project(tmp_path, nightly(tools, **NIGHTLY))
    assert summaries(STOPS, built) == [f"it starts by schedule, and stops at {told} until somebody says yes"]
    assert places(STOPS, built) == [("deployment/d", ("agent",))]


@pytest.mark.parametrize(
    "tools",
    [
        "tools: [bash, read]\n",
        "tools: [{bash: {permission: auto}}]\n",
        "tools: [{mcp: s, url: 'https://s.example', allow: [get], permission: always_allow}]\n",
    ],
)
def test_tools_that_run_by_themselves_do_not(tmp_path, tools: str) -> None:
    assert found(STOPS, project(tmp_path, nightly(tools, **NIGHTLY))) == []


def test_a_deployment_that_somebody_starts_may_ask(tmp_path) -> None:
    assert found(STOPS, project(tmp_path, nightly(MCP))) == []


def test_the_tools_of_the_roster_ask_in_the_same_session(tmp_path) -> None:
    roster = "multiagent: {type: coordinator, agents: [./helper.yaml]}\n"
    (told,) = summaries(STOPS, project(tmp_path, nightly(roster, MCP, **NIGHTLY)))
    assert "any tool of 's' of agent/helper" in told


CUSTOM = "tools: [{type: custom, name: t, description: Looks up one order., input_schema: {type: object}}]\n"


def test_a_custom_tool_needs_somebody_who_answers(tmp_path) -> None:
    assert places(WAITS, project(tmp_path, nightly(CUSTOM, **NIGHTLY))) == [("deployment/d", ("agent",))]
    (tmp_path / "deployments/d.yaml").write_text(deployment(), encoding="utf-8")
    assert found(WAITS, project(tmp_path, {})) == []


def test_a_schedule_has_a_budget(tmp_path) -> None:
    assert places(UNLIMITED, project(tmp_path, nightly("", **NIGHTLY))) == [("deployment/d", ("schedule",))]
    budget = {"budget": '{type: limit, max_list_cost: {amount: "500", currency: USD}}'}
    assert found(UNLIMITED, project(tmp_path, nightly("", **NIGHTLY, **budget))) == []
    assert found(UNLIMITED, project(tmp_path, nightly(""))) == []
