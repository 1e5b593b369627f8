"""Members that the registry may add one day are passed over, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from .answers import (
    AGENT_ANSWER,
    ALLOW,
    BUILTIN,
    CREDENTIAL_ANSWER,
    DEPLOYMENT_ANSWER,
    ENVIRONMENT_ANSWER,
    TOKEN,
    both_sides,
    cloud,
    entry,
    toolset,
)

UNKNOWN = {"added_next_year": {"x": [1]}}
ADVISOR = {"type": "advisor", "model": "claude-opus-5-5"}
TEXT = {"type": "text", "text": "Go."}
DOCUMENT: dict[str, Any] = {
    "type": "document",
    "source": {"type": "text", "media_type": "text/plain", "data": "a"},
}
OUTCOME: dict[str, Any] = {
    "type": "user.define_outcome",
    "description": "d",
    "rubric": {"type": "text", "content": "c"},
}
REPOSITORY: dict[str, Any] = {
    "type": "github_repository",
    "url": "https://github.com/octo/cat",
    "checkout": {"type": "branch", "name": "main"},
}
SCHEDULE = {"type": "cron", "expression": "0 9 * * *", "timezone": "UTC"}
COST = {"amount": "2500", "currency": "USD"}


@pytest.mark.parametrize(
    ("kind", "sent", "returned"),
    [
        ("agent", {}, UNKNOWN),
        ("agent", {}, {"model": AGENT_ANSWER["model"] | UNKNOWN}),
        ("agent", {}, {"execution_identity": {"type": "service_account"} | UNKNOWN}),
        (
            "agent",
            {"skills": [{"type": "anthropic", "skill_id": "pdf", "version": "1"}]},
            {"skills": [{"type": "anthropic", "skill_id": "pdf", "version": "1"} | UNKNOWN]},
        ),
        ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset() | UNKNOWN]}),
        ("agent", {"tools": [{"type": BUILTIN}]}, {"tools": [toolset(policy=ALLOW | UNKNOWN)]}),
        (
            "agent",
            {"tools": [{"type": BUILTIN}]},
            {"tools": [toolset(entry("bash", policy=ALLOW | UNKNOWN, **UNKNOWN))]},
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
                                "url_sources": {
                                    "server_tool_results": {
                                        "type": "only",
                                        "tools": [{"type": "tool_reference", "name": "web_fetch"}],
                                    }
                                },
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
                                "server_tool_results": {
                                    "type": "only",
                                    "tools": [{"type": "tool_reference", "name": "web_fetch"} | UNKNOWN],
                                }
                                | UNKNOWN
                            }
                            | UNKNOWN,
                        )
                    )
                ]
            },
        ),
        (
            "agent",
            {
                "tools": [{"type": "mcp_toolset", "mcp_server_name": "s"}],
                "mcp_servers": [{"type": "url", "name": "s", "url": "https://a.example"}],
            },
            {
                "tools": [
                    {"type": "mcp_toolset", "mcp_server_name": "s", "configs": [{"name": "t"} | UNKNOWN]}
                    | UNKNOWN
                ],
                "mcp_servers": [{"type": "url", "name": "s", "url": "https://a.example"} | UNKNOWN],
            },
        ),
        (
            "agent",
            {
                "tools": [
                    {"type": "custom", "name": "t", "description": "d", "input_schema": {"type": "object"}}
                ]
            },
            {
                "tools": [
                    {"type": "custom", "name": "t", "description": "d", "input_schema": {"type": "object"}}
                    | UNKNOWN
                ]
            },
        ),
        ("environment", {}, UNKNOWN),
        ("environment", {}, cloud(**UNKNOWN)),
        ("environment", {}, cloud(networking={"type": "unrestricted"} | UNKNOWN)),
        ("environment", {}, cloud(packages=ENVIRONMENT_ANSWER["config"]["packages"] | UNKNOWN)),
        ("environment", {"config": {"type": "self_hosted"}}, {"config": {"type": "self_hosted"} | UNKNOWN}),
        (
            "agent",
            {"multiagent": {"type": "coordinator", "agents": ["agent_a", ADVISOR]}},
            {
                "multiagent": {
                    "type": "coordinator",
                    "agents": [{"type": "agent", "id": "agent_a"} | UNKNOWN, ADVISOR | UNKNOWN],
                }
                | UNKNOWN
            },
        ),
        (
            "agent",
            {"multiagent": {"type": "multiagent_20261001", "workflows": {"type": "disabled"}}},
            {
                "multiagent": {
                    "type": "multiagent_20261001",
                    "subagents": {
                        "type": "enabled",
                        "inline_agents": {"type": "enabled"} | UNKNOWN,
                        "predefined_agents": [],
                    }
                    | UNKNOWN,
                    "workflows": {"type": "disabled"} | UNKNOWN,
                    "advisor": {"type": "disabled"} | UNKNOWN,
                }
                | UNKNOWN
            },
        ),
        ("skill", {}, UNKNOWN),
        ("vault", {}, UNKNOWN),
        ("credential", {}, UNKNOWN),
        ("credential", {}, {"auth": CREDENTIAL_ANSWER["auth"] | UNKNOWN}),
        (
            "credential",
            {
                "auth": {
                    "type": "mcp_oauth",
                    "mcp_server_url": "https://a.example",
                    "access_token": TOKEN,
                    "refresh": {
                        "client_id": "c",
                        "refresh_token": TOKEN,
                        "token_endpoint": "https://a.example",
                        "token_endpoint_auth": {"type": "none"},
                    },
                }
            },
            {
                "auth": {
                    "type": "mcp_oauth",
                    "mcp_server_url": "https://a.example",
                    "refresh": {
                        "client_id": "c",
                        "token_endpoint": "https://a.example",
                        "token_endpoint_auth": {"type": "none"} | UNKNOWN,
                    }
                    | UNKNOWN,
                }
                | UNKNOWN
            },
        ),
        (
            "credential",
            {
                "auth": {
                    "type": "environment_variable",
                    "secret_name": "A",
                    "secret_value": TOKEN,
                    "networking": {"type": "unrestricted"},
                }
            },
            {
                "auth": {
                    "type": "environment_variable",
                    "secret_name": "A",
                    "networking": {"type": "unrestricted"} | UNKNOWN,
                    "injection_location": {"header": True, "body": True} | UNKNOWN,
                }
                | UNKNOWN
            },
        ),
        ("deployment", {}, UNKNOWN),
        ("deployment", {}, {"agent": DEPLOYMENT_ANSWER["agent"] | UNKNOWN}),
        (
            "deployment",
            {
                "initial_events": [
                    {"type": "user.message", "content": [TEXT, DOCUMENT]},
                    {"type": "system.message", "content": [TEXT]},
                ]
            },
            {
                "initial_events": [
                    {
                        "type": "user.message",
                        "content": [
                            TEXT | UNKNOWN,
                            DOCUMENT | UNKNOWN | {"source": DOCUMENT["source"] | UNKNOWN},
                        ],
                    }
                    | UNKNOWN,
                    {"type": "system.message", "content": [TEXT | UNKNOWN]} | UNKNOWN,
                ]
            },
        ),
        (
            "deployment",
            {"initial_events": [OUTCOME]},
            {"initial_events": [OUTCOME | UNKNOWN | {"rubric": OUTCOME["rubric"] | UNKNOWN}]},
        ),
        (
            "deployment",
            {"resources": [REPOSITORY, {"type": "memory_store", "memory_store_id": "memstore_1"}]},
            {
                "resources": [
                    REPOSITORY | UNKNOWN | {"checkout": REPOSITORY["checkout"] | UNKNOWN},
                    {"type": "memory_store", "memory_store_id": "memstore_1"} | UNKNOWN,
                ]
            },
        ),
        (
            "deployment",
            {"schedule": SCHEDULE, "budget": {"type": "limit", "max_list_cost": COST}},
            {
                "schedule": SCHEDULE | UNKNOWN,
                "budget": {"type": "limit", "max_list_cost": COST | UNKNOWN} | UNKNOWN,
            },
        ),
        ("memory_store", {}, UNKNOWN),
        ("memory", {"content": "Grüße\n"}, UNKNOWN),
    ],
)
def test_members_that_nobody_knows_are_passed_over_at_every_level(
    kind: str, sent: dict[str, Any], returned: dict[str, Any]
) -> None:
    ours, theirs = both_sides(kind, sent, returned)
    assert ours == theirs
