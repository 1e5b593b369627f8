"""``client.beta.agents`` and ``client.beta.agents.versions``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import anthropic
import pytest
from anthropic.types.beta import BetaManagedAgentsModel

TOOLS: list[dict[str, Any]] = [
    {
        "type": "agent_toolset_20260401",
        "default_config": {"enabled": False},
        "configs": [
            {"name": "bash", "enabled": True, "permission_policy": {"type": "always_ask"}},
            {"name": "web_search", "blocked_domains": ["ads.example.com/tracking"]},
            {
                "name": "web_fetch",
                "allowed_domains": ["docs.example.com"],
                "max_content_tokens": 4000,
                "url_sources": {
                    "user_input": "all",
                    "client_tool_results": {
                        "type": "only",
                        "tools": [{"type": "tool_reference", "name": "lookup"}],
                    },
                },
            },
        ],
    },
    {"type": "mcp_toolset", "mcp_server_name": "linear", "configs": [{"name": "list_issues"}]},
    {
        "type": "custom",
        "name": "lookup",
        "description": "Looks a student up.",
        "input_schema": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
    },
]


def test_the_smallest_agent_comes_back_complete(beta: Any) -> None:
    agent = beta.agents.create(
        name="tutor", model="claude-opus-5-5", tools=[{"type": "agent_toolset_20260401"}]
    )

    assert agent.id.startswith("agent_")
    assert agent.version == 1
    assert agent.model.to_dict() == {"id": "claude-opus-5-5", "effort": {"type": "high"}, "speed": "standard"}
    assert agent.tools[0].to_dict() == {
        "type": "agent_toolset_20260401",
        "configs": [],
        "default_config": {"enabled": True, "permission_policy": {"type": "always_allow"}},
    }
    assert agent.execution_identity.type == "service_account"
    assert (agent.description, agent.system, agent.multiagent, agent.archived_at) == (None, None, None, None)


def test_every_member_of_an_agent(beta: Any) -> None:
    leaf = beta.agents.create(name="leaf", model="claude-haiku-5-5")
    agent = beta.agents.create(
        name="everything",
        model={"id": "claude-opus-5", "effort": "xhigh", "speed": "fast"},
        description="Has it all.",
        system="Be brief.",
        tools=TOOLS,
        mcp_servers=[{"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}],
        skills=[
            {"type": "anthropic", "skill_id": "xlsx"},
            {"type": "custom", "skill_id": "skill_1", "version": "7"},
        ],
        multiagent={
            "type": "coordinator",
            "agents": [{"type": "advisor", "model": "claude-opus-5-5"}, leaf.id],
        },
        metadata={"team": "support"},
        execution_identity={"type": "aws_role", "role_arn": "arn:aws:iam::123456789012:role/agent"},
    )

    assert agent.model.effort.type == "xhigh"
    assert [tool.type for tool in agent.tools] == ["agent_toolset_20260401", "mcp_toolset", "custom"]
    fetch = agent.tools[0].configs[2]
    assert fetch.url_sources.user_input.type == "all"
    assert fetch.url_sources.server_tool_results is None
    assert [skill.version for skill in agent.skills] == ["latest", "7"]
    assert [entry.type for entry in agent.multiagent.agents] == ["agent", "advisor"]
    assert agent.multiagent.agents[0].version == 1
    assert beta.agents.retrieve(agent.id) == agent


def test_multiagent_20261001(beta: Any) -> None:
    agent = beta.agents.create(
        name="lead", model="claude-opus-5-5", multiagent={"type": "multiagent_20261001", "advisor": None}
    )
    assert agent.multiagent.subagents.inline_agents.type == "enabled"
    assert agent.multiagent.workflows.predefined_agents == []
    assert agent.multiagent.advisor.type == "disabled"


def test_update_versions_and_the_precondition(beta: Any) -> None:
    agent = beta.agents.create(name="versioned", model="claude-opus-5-5", system="one")
    second = beta.agents.update(agent.id, system="two", version=1)
    assert (second.version, second.system) == (2, "two")

    again = beta.agents.update(agent.id, system="two", version=2)
    assert again == second

    with pytest.raises(anthropic.ConflictError) as stale:
        beta.agents.update(agent.id, system="two", version=1)
    assert stale.value.type == "conflict_error"

    assert beta.agents.retrieve(agent.id, version=1).system == "one"
    assert [each.version for each in beta.agents.versions.list(agent.id, limit=1)] == [2, 1]


def test_list_pages_through_everything_once(beta: Any) -> None:
    started = datetime.now(UTC) - timedelta(seconds=1)
    created = [beta.agents.create(name=f"paged-{n}", model="claude-opus-5-5").id for n in range(5)]
    listed = [each.id for each in beta.agents.list(limit=2, created_at_gte=started)]
    assert [each for each in listed if each in created] == list(reversed(created))
    assert list(beta.agents.list(created_at_lte=started - timedelta(days=1))) == []


def test_archive_hides_and_freezes(beta: Any) -> None:
    agent = beta.agents.create(name="old", model="claude-opus-5-5")
    archived = beta.agents.archive(agent.id)
    assert archived.archived_at is not None
    assert beta.agents.archive(agent.id) == archived
    assert agent.id not in [each.id for each in beta.agents.list(limit=100)]
    assert agent.id in [each.id for each in beta.agents.list(limit=100, include_archived=True)]
    with pytest.raises(anthropic.BadRequestError):
        beta.agents.update(agent.id, name="new")


def test_every_model_the_sdk_names_is_known(beta: Any) -> None:
    literals = next(each for each in get_args(BetaManagedAgentsModel) if get_args(each))
    assert "claude-opus-5-5" in get_args(literals)
    for model in get_args(literals):
        assert beta.agents.create(name=model, model=model).model.id == model
