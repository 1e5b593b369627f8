"""What is said of networks, MCP servers, memory, and of all of them together with what strangers wrote."""

from __future__ import annotations

from typing import Any

import pytest

from .telling import MODEL, OPEN, deployment, labels, limited, mount, of_agent, told, tools

CLOSED = limited("a.example")
WEB = {"name": "a", "model": MODEL, **tools({"name": "web_search"}, {"name": "write"})}
QUIET = {"name": "a", "model": MODEL, **tools({"name": "write"})}
HOSTED = {"config": {"type": "self_hosted"}}


def of_environment(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return labels(told({"environment/e": before}, {"environment/e": after}).get("environment/e", []))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (CLOSED, OPEN, ["high network-widened"]),
        (CLOSED, limited("a.example", "b.example"), ["medium network-widened"]),
        (CLOSED, limited("a.example", "*.b.example"), ["high network-widened"]),
        (CLOSED, limited("a.example", allow_mcp_servers=True), ["medium network-widened"]),
        (CLOSED, limited("a.example", allow_package_managers=True), ["medium network-widened"]),
        (CLOSED, HOSTED, ["medium network-widened"]),
        (OPEN, CLOSED, []),
        (limited("*.example"), limited("a.example"), []),
        (limited("a.example", "b.example"), limited("b.example", "a.example"), []),
        (OPEN, {"config": {"type": "cloud"}}, []),
    ],
)
def test_networks(before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    assert of_environment(before, after) == said


def test_a_deployment_that_moves_to_a_wider_sandbox_says_so() -> None:
    places = {"environment/e": CLOSED, "environment/o": OPEN, "agent/a": QUIET}
    after = places | {"deployment/d": deployment(environment_id="environment/o")}
    (line,) = told(places | {"deployment/d": deployment()}, after)["deployment/d"]
    assert line.startswith(
        "high network-widened: It starts in environment/o, not in environment/e: sandboxes"
    )


def with_server(url: str, policy: str = "always_ask") -> dict[str, Any]:
    asked = {"permission_policy": {"type": policy}}
    return {
        "mcp_servers": [{"type": "url", "name": "x", "url": url}],
        "tools": [{"type": "mcp_toolset", "mcp_server_name": "x", "default_config": asked}],
    }


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, with_server("https://x.example/mcp"), ["medium mcp-server"]),
        ({}, with_server("http://x.example/mcp"), ["high mcp-server"]),
        ({}, with_server("https://x.example/mcp", "always_allow"), ["high mcp-server"]),
        (with_server("https://x.example/a"), with_server("https://x.example/b"), ["medium mcp-server"]),
        (with_server("https://x.example"), with_server("https://y.example"), ["high mcp-server"]),
        (with_server("https://x.example"), with_server("http://x.example"), ["high mcp-server"]),
    ],
)
def test_servers(before: dict[str, Any], after: dict[str, Any], said: list[str]) -> None:
    assert labels(of_agent(before, after)) == said


def test_a_server_of_a_new_agent_is_told_too() -> None:
    assert labels(of_agent(None, with_server("https://x.example/mcp"))) == ["medium mcp-server"]


# Memory


def test_memory_that_becomes_writable() -> None:
    places = {"agent/a": QUIET, "environment/e": CLOSED, "memory_store/m": {"name": "m"}}
    read, write = (deployment(resources=[mount(access)]) for access in ("read_only", "read_write"))
    (line,) = told(places | {"deployment/d": read}, places | {"deployment/d": write})["deployment/d"]
    assert line.startswith(
        "medium memory-writable: memory_store/m is writable to its sessions, and read-only"
    )
    (line,) = told(places, places | {"deployment/d": write})["deployment/d"]
    assert line.startswith("low memory-writable")
    assert told(places | {"deployment/d": write}, places | {"deployment/d": read}) == {}


def test_memory_of_an_agent_counts_as_well() -> None:
    assert labels(of_agent({}, {"memory": {"memory_store/m": "read_write"}})) == ["medium memory-writable"]
    assert of_agent({}, {"memory": {"memory_store/m": "read_only"}}) == []


# Together


def places(agent: dict[str, Any], environment: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"agent/a": agent, "environment/e": environment, "deployment/d": deployment(**more)}


def untrusted(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Where it is said."""
    found = told(before, after)
    return [address for address, lines in found.items() for line in lines if "untrusted-input" in line]


def test_it_is_said_at_the_change_that_makes_it() -> None:
    start = places(QUIET, CLOSED)
    assert untrusted(start, places(WEB, CLOSED)) == []
    assert untrusted(places(WEB, CLOSED), places(WEB, OPEN)) == ["environment/e"]
    assert untrusted(places(QUIET, OPEN), places(WEB, OPEN)) == ["agent/a"]
    mounted = {"resources": [mount()]}
    assert untrusted(places(WEB, CLOSED), places(WEB, CLOSED, **mounted)) == ["deployment/d"]
    assert untrusted(places(QUIET, CLOSED, **mounted), places(WEB, CLOSED, **mounted)) == ["agent/a"]


def test_two_changes_that_need_each_other_both_say_it() -> None:
    assert untrusted(places(QUIET, CLOSED), places(WEB, OPEN)) == ["agent/a", "environment/e"]


def test_what_was_together_before_is_no_news() -> None:
    other = WEB | {"description": "Another."}
    assert told(places(WEB, OPEN), places(other | {"system": "Hi."}, OPEN))["agent/a"] == [
        "low prompt-changed: The prompt is new (1 line): read it."
    ]
    assert told(places(WEB, OPEN), places(other, OPEN)) == {}


def test_who_has_no_tool_to_write_with_writes_no_memory() -> None:
    reader = {"name": "a", "model": MODEL, **tools({"name": "web_search"})}
    mounted = {"resources": [mount()]}
    assert untrusted(places(reader, CLOSED), places(reader, CLOSED, **mounted)) == []
    assert untrusted(places(reader, CLOSED, **mounted), places(WEB, CLOSED, **mounted)) == ["agent/a"]


def test_a_new_deployment_says_it_alone() -> None:
    assert untrusted({}, places(WEB, OPEN)) == ["deployment/d"]


def test_a_tool_that_keeps_to_its_domains_reads_no_strangers() -> None:
    tied = tools({"name": "web_fetch", "allowed_domains": ["docs.example.com"]})
    kept = {"name": "a", "model": MODEL, **tied}
    assert untrusted(places(QUIET, OPEN), places(kept, OPEN)) == []
    free = {"name": "a", "model": MODEL, **tools({"name": "web_fetch"})}
    assert untrusted(places(kept, OPEN), places(free, OPEN)) == ["agent/a"]


def test_many_deployments_are_one_sentence() -> None:
    more = {f"deployment/d{number}": deployment() for number in range(9)}
    lines = told(places(WEB, CLOSED) | more, places(WEB, OPEN) | more)["environment/e"]
    (line,) = (line for line in lines if "untrusted-input" in line)
    assert "deployment/d, deployment/d0, deployment/d1 and 7 more" in line
    assert line.startswith("medium untrusted-input: agent/a reads what strangers wrote (web_search)")


def test_a_deployment_that_moves_to_a_sandbox_of_somebody_else_says_so() -> None:
    here = {"environment/e": limited("x.com")}
    found = told(
        here | {"deployment/d": deployment()}, here | {"deployment/d": deployment(environment_id="env_1")}
    )
    assert labels(found["deployment/d"]) == ["medium network-widened"]
    assert "does not manage it" in found["deployment/d"][0]
