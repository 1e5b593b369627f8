"""Members that the registry may add one day are passed over, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from .answers import AGENT_ANSWER, ALLOW, BUILTIN, ENVIRONMENT_ANSWER, both_sides, cloud, entry, toolset

UNKNOWN = {"added_next_year": {"x": [1]}}


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
        ("memory_store", {}, UNKNOWN),
        ("memory", {"content": "Grüße\n"}, UNKNOWN),
    ],
)
def test_members_that_nobody_knows_are_passed_over_at_every_level(
    kind: str, sent: dict[str, Any], returned: dict[str, Any]
) -> None:
    ours, theirs = both_sides(kind, sent, returned)
    assert ours == theirs
