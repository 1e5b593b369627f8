"""What the registry makes of a body is no difference, and what somebody changed there is one."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.canonical import content_digest, leaves
from agentops.kinds import CATALOG

from .answers import (
    AGENT,
    ALLOW,
    ASK,
    AUTO,
    BUILTIN,
    ENVIRONMENT_ANSWER,
    both_sides,
    cloud,
    entry,
    limited,
    toolset,
)

SOURCES_UNSET = {
    "url_sources": None,
    "allowed_domains": None,
    "blocked_domains": None,
    "max_content_tokens": None,
}

SAME: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # kind, what a file says beyond the minimum, what of the answer is not its minimum
    ("agent", {}, {}),
    ("agent", {"model": {"id": "claude-opus-5-5"}}, {}),
    ("agent", {"model": {"id": "claude-opus-5-5", "speed": None, "inference_geo": None, "effort": None}}, {}),
    (
        "agent",
        {"model": {"id": "claude-opus-5-5", "effort": "high"}},
        {
            "model": {
                "id": "claude-opus-5-5",
                "effort": {"type": "high"},
                "speed": "standard",
                "inference_geo": None,
            }
        },
    ),
    (
        "agent",
        {"model": {"id": "claude-opus-5-5", "effort": {"type": "low"}}},
        {"model": {"id": "claude-opus-5-5", "effort": {"type": "low"}, "speed": "standard"}},
    ),
    ("agent", {"description": "", "system": ""}, {}),
    ("agent", {}, {"description": "", "system": ""}),
    ("agent", {"tools": [], "skills": [], "mcp_servers": [], "metadata": {}, "multiagent": None}, {}),
    ("agent", {"execution_identity": None}, {}),
    ("agent", {"execution_identity": {"type": "service_account"}}, {}),
    ("agent", {"metadata": {"team": "a"}}, {"metadata": {"team": "a", "agentops": "shop/prod/agent/tutor"}}),
    (
        "agent",
        {"skills": [{"type": "anthropic", "skill_id": "pdf"}]},
        {"skills": [{"type": "anthropic", "skill_id": "pdf", "version": "latest"}]},
    ),
    ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset()]}),
    ("agent", {"tools": [{"type": BUILTIN, "default_config": None, "configs": []}]}, {"tools": [toolset()]}),
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "default_config": {"enabled": False, "permission_policy": AUTO},
                    "configs": [{"name": "bash", "enabled": True}],
                }
            ]
        },
        {"tools": [toolset(entry("bash", policy=AUTO), enabled=False, policy=AUTO)]},
    ),
    # An entry that restates what it inherits, on either side.
    ("agent", {"tools": [{"type": BUILTIN, "configs": [{"name": "bash"}]}]}, {"tools": [toolset()]}),
    (
        "agent",
        {"tools": [{"type": BUILTIN}]},
        {"tools": [toolset(entry("bash"), entry("web_fetch", **SOURCES_UNSET))]},
    ),
    ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset(entry("tool_of_next_year"))]}),
    # Entries in another order.
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "configs": [{"name": "read", "enabled": False}, {"name": "bash", "enabled": False}],
                }
            ]
        },
        {"tools": [toolset(entry("bash", enabled=False), entry("read", enabled=False))]},
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "configs": [
                        {
                            "name": "web_fetch",
                            "url_sources": {"user_input": "none", "client_tool_results": "all"},
                        }
                    ],
                }
            ]
        },
        {
            "tools": [
                toolset(
                    entry(
                        "web_fetch",
                        url_sources={
                            "user_input": {"type": "none"},
                            "client_tool_results": {"type": "all"},
                            "server_tool_results": None,
                        },
                    )
                )
            ]
        },
    ),
    (
        "agent",
        {
            "tools": [
                {"type": BUILTIN, "configs": [{"name": "web_fetch", "url_sources": {"user_input": "all"}}]}
            ]
        },
        {"tools": [toolset()]},
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": BUILTIN,
                    "configs": [
                        {"name": "web_search", "user_location": {"type": "approximate", "city": "Bonn"}}
                    ],
                }
            ]
        },
        {
            "tools": [
                toolset(
                    entry(
                        "web_search",
                        user_location={
                            "type": "approximate",
                            "city": "Bonn",
                            "country": None,
                            "region": None,
                            "timezone": None,
                        },
                    )
                )
            ]
        },
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": "mcp_toolset",
                    "mcp_server_name": "linear",
                    "configs": [{"name": "list", "permission_policy": ALLOW}, {"name": "get"}],
                }
            ],
            "mcp_servers": [{"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}],
        },
        {
            "tools": [
                {
                    "type": "mcp_toolset",
                    "mcp_server_name": "linear",
                    "default_config": {"enabled": True, "permission_policy": ASK},
                    "configs": [
                        {"name": "list", "enabled": True, "permission_policy": ALLOW},
                        {"name": "get", "enabled": True, "permission_policy": ASK},
                    ],
                }
            ],
            "mcp_servers": [{"name": "linear", "type": "url", "url": "https://mcp.linear.app/mcp"}],
        },
    ),
    (
        "agent",
        {
            "tools": [
                {
                    "type": "custom",
                    "name": "look",
                    "description": "d",
                    "input_schema": {"type": "object", "title": None},
                }
            ]
        },
        {
            "tools": [
                {
                    "type": "custom",
                    "name": "look",
                    "description": "d",
                    "input_schema": {"type": "object", "title": None, "properties": None, "required": None},
                }
            ]
        },
    ),
    ("environment", {}, {}),
    ("environment", {"config": None, "scope": None, "description": None}, {}),
    ("environment", {"config": {"type": "cloud", "packages": {}}}, {}),
    ("environment", {"config": {"type": "cloud", "packages": {"pip": None, "apt": []}}}, {}),
    ("environment", {}, cloud(packages=ENVIRONMENT_ANSWER["config"]["packages"] | {"type": None})),
    (
        "environment",
        {"config": {"type": "cloud", "networking": {"type": "limited"}}},
        cloud(networking=limited()),
    ),
    (
        "environment",
        {
            "config": {
                "type": "cloud",
                "networking": {"type": "limited", "allow_mcp_servers": True, "allowed_hosts": None},
            }
        },
        cloud(networking=limited(allow_mcp_servers=True)),
    ),
    ("environment", {"config": {"type": "self_hosted"}}, {"config": {"type": "self_hosted"}}),
    ("environment", {"description": ""}, {"description": ""}),
    ("environment", {"metadata": {"team": ""}}, {}),
    ("memory_store", {}, {}),
    ("memory_store", {"description": ""}, {}),
    ("memory", {"content": "Grüße\n"}, {}),
    ("memory", {"content": "Grüße\n"}, {"content": "Grüße\n"}),
    ("memory", {"content": ""}, {"content_sha256": content_digest("")}),
    ("memory", {"content": None}, {"content_sha256": content_digest("")}),
]


@pytest.mark.parametrize(("kind", "sent", "returned"), SAME)
def test_an_answer_that_was_only_enriched_is_the_same(
    kind: str, sent: dict[str, Any], returned: dict[str, Any]
) -> None:
    ours, theirs = both_sides(kind, sent, returned)
    assert ours == theirs


@pytest.mark.parametrize(
    ("kind", "sent", "returned", "paths"),
    [
        ("agent", {}, {"model": {"id": "claude-opus-5-5", "speed": "fast"}}, {"model.speed"}),
        (
            "agent",
            {},
            {"model": {"id": "claude-opus-5-5", "speed": "standard", "inference_geo": "eu"}},
            {"model.inference_geo"},
        ),
        (
            "agent",
            {},
            {"model": {"id": "claude-opus-5-5", "speed": "standard", "effort": {"type": "max"}}},
            {"model.effort"},
        ),
        ("agent", {}, {"multiagent": {"type": "coordinator", "agents": []}}, {"multiagent"}),
        (
            "agent",
            {},
            {"execution_identity": {"type": "aws_role", "role_arn": "arn:aws:iam::1:role/a"}},
            {"execution_identity"},
        ),
        ("agent", {}, {"tools": [toolset()]}, {"tools"}),
        ("agent", {}, {"metadata": {"team": "b"}}, {"metadata.team"}),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(entry("bash") | {"enabled": 1})]},
            {"tools"},
        ),
        # A console edit that opens what the file never mentions.
        ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset(entry("bash", policy=ASK))]}, {"tools"}),
        (
            "agent",
            {"tools": [{"type": BUILTIN, "default_config": {"enabled": False}}]},
            {"tools": [toolset(entry("bash"), enabled=False)]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(entry("next_year", enabled=False))]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(entry("web_fetch", max_content_tokens=5))]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(policy={"type": "future", "level": 3})]},
            {"tools"},
        ),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(), {"type": "toolset_of_next_year"}]},
            {"tools"},
        ),
        (
            "environment",
            {},
            cloud(networking=limited()),
            {
                "config.networking.type",
                "config.networking.allow_mcp_servers",
                "config.networking.allow_package_managers",
            },
        ),
        ("environment", {}, cloud(networking={"type": "future"}), {"config.networking.type"}),
        (
            "environment",
            {},
            cloud(packages=ENVIRONMENT_ANSWER["config"]["packages"] | {"pip": ["x"]}),
            {"config.packages.pip"},
        ),
        ("environment", {}, {"description": ""}, {"description"}),
        ("environment", {}, {"scope": "account"}, {"scope"}),
        ("memory_store", {}, {"description": "what"}, {"description"}),
        ("memory", {"content": "other"}, {}, {"content"}),
    ],
)
def test_what_somebody_changed_is_a_difference(
    kind: str, sent: dict[str, Any], returned: dict[str, Any], paths: set[str]
) -> None:
    ours, theirs = both_sides(kind, sent, returned)
    assert {path for path in ours.keys() | theirs.keys() if ours.get(path) != theirs.get(path)} == paths


def test_an_input_schema_keeps_every_keyword() -> None:
    schema = {"type": "object", "additionalProperties": False, "x-note": [1]}
    tool = {"type": "custom", "name": "t", "description": "d", "input_schema": schema}
    assert leaves(CATALOG["agent"], AGENT | {"tools": [tool]})["tools"] == [tool]


def test_an_absent_effort_is_left_to_the_registry() -> None:
    agent = CATALOG["agent"]
    assert "effort" not in agent.complete(AGENT)["model"]
    assert agent.undetermined == {"model.effort"}


def test_order_is_kept_where_it_may_mean_something() -> None:
    one = search_domains("a.example", "b.example")
    two = search_domains("b.example", "a.example")
    assert leaves(CATALOG["agent"], one) != leaves(CATALOG["agent"], two)


def search_domains(*domains: str) -> dict[str, Any]:
    config = {"name": "web_search", "allowed_domains": list(domains)}
    return AGENT | {"tools": [{"type": BUILTIN, "configs": [config]}]}
