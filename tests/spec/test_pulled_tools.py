"""Tools by their short names: only where these say exactly the same."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.spec.pulled_tools import short_tools

SERVER = {"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}
OFF = {"enabled": False}


def toolset(*configs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "agent_toolset_20260401", "default_config": OFF, "configs": [*configs], **more}


def mcp(**more: Any) -> dict[str, Any]:
    return {"type": "mcp_toolset", "mcp_server_name": "linear", **more}


def on(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "enabled": True, **more}


ASK = {"permission_policy": {"type": "always_ask"}}


@pytest.mark.parametrize(
    ("tools", "short"),
    [
        ([toolset(on("bash"), on("read", **ASK))], ["bash", {"read": {"permission": "always_ask"}}]),
        (
            [toolset(on("web_fetch", allowed_domains=["a.com"]))],
            [{"web_fetch": {"allowed_domains": ["a.com"]}}],
        ),
        ([mcp()], [{"mcp": "linear", "url": SERVER["url"]}]),
        ([mcp(default_config=ASK)], [{"mcp": "linear", "url": SERVER["url"], "permission": "always_ask"}]),
        (
            [mcp(default_config=OFF, configs=[on("list"), on("make", **ASK)])],
            [{"mcp": "linear", "url": SERVER["url"], "allow": ["list", {"make": "always_ask"}]}],
        ),
    ],
)
def test_what_has_a_short_form(tools: list[Any], short: list[Any]):
    servers = [SERVER] if "mcp" in str(tools) else []
    assert short_tools({"tools": tools, "mcp_servers": servers}) == {"tools": short}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "agent_toolset_20260401"},
        toolset(),
        toolset(on("bash"), default_config={}),
        toolset({"name": "bash", "enabled": False, **ASK}),
        toolset(on("bash", permission_policy={"type": "by_moon"})),
        toolset(on("teleport")),
        mcp(default_config=OFF),
        mcp(default_config=OFF, configs=[on("list", timeout=3)]),
        mcp(default_config={**OFF, **ASK}, configs=[on("list")]),
        mcp(configs=[{"name": "list", "enabled": False}]),
        {"type": "custom", "name": "x", "description": "d", "input_schema": {"type": "object"}},
    ],
)
def test_what_has_none_stays_as_the_api_has_it(tool: dict[str, Any]):
    servers = [SERVER] if tool["type"] == "mcp_toolset" else []
    body = {"tools": [tool], **({"mcp_servers": servers} if servers else {})}
    assert short_tools(body) == body


def test_a_server_that_says_more_stays_declared():
    body = {"tools": [mcp()], "mcp_servers": [{**SERVER, "region": "eu"}]}
    assert short_tools(body) == body
