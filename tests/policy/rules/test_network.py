"""How MCP servers are reached."""

from __future__ import annotations

import pytest

from agentops.domain.surface import Network, Server, Surface, Use
from agentops.policy.network import BLOCKED, PLAIN, TWICE
from tests.policy.rules.checking import fleet, found, places, summaries


def agent(*urls: str) -> Surface:
    servers = (Server(f"s{index}", url, ("mcp_servers", index)) for index, url in enumerate(urls))
    return Surface(servers={server.name: server for server in servers})


@pytest.mark.parametrize(
    "url", ["http://mcp.example.com/mcp", "HTTP://MCP.example.com", "http://10.0.0.3:8080/x"]
)
def test_plain_http_is_found(url: str) -> None:
    assert places(PLAIN, fleet({"agent/a": agent("https://ok.example", url)})) == [
        ("agent/a", ("mcp_servers", 1, "url"))
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://mcp.example.com/mcp",
        "http://localhost:8000/mcp",
        "http://dev.localhost",
        "http://127.0.0.1:9/",
        "http://[::1]:80/",
        "http://[bad",
        "http://x:99999/",
        "mcp.example.com",
        "",
    ],
)
def test_https_loopback_and_what_is_no_address_are_not(url: str) -> None:
    assert found(PLAIN, fleet({"agent/a": agent(url)})) == []


def test_a_token_for_a_server_over_http_is_found_and_nothing_of_its_address_but_the_host_is_repeated() -> (
    None
):
    url = "http://user:hunter2secret@mcp.example.com/mcp?token=abc"
    credential = Surface(reaches={"auth.mcp_server_url": url, "auth.networking.allowed_hosts[0]": "http://x"})
    (told,) = found(PLAIN, fleet({"credential/v/c": credential}))
    assert told.path == ("auth", "mcp_server_url")
    assert "mcp.example.com" in told.summary
    assert not any(part in told.summary + told.detail for part in ("hunter2", "token=", "user:"))


def blocked(network: Network, *urls: str) -> list[str]:
    members = {
        "agent/a": agent(*urls),
        "environment/box": Surface(network=network),
        "deployment/d": Surface(agent=Use("agent/a"), environment="environment/box"),
    }
    return summaries(BLOCKED, fleet(members))


def limited(*hosts: str, **members) -> Network:
    return Network(unrestricted=False, hosts=hosts, **{"mcp_servers": False, **members})


def test_each_server_that_a_sandbox_keeps_out_is_said() -> None:
    told = blocked(
        limited("ok.example"), "https://ok.example/mcp", "https://a.example", "https://b.example:8443/"
    )
    assert [it.split(",")[0] for it in told] == [
        "environment/box keeps a.example out",
        "environment/box keeps b.example out",
    ]


@pytest.mark.parametrize(
    "network",
    [
        limited("mcp.example.com"),
        limited("MCP.Example.com"),
        limited("*.example.com"),
        limited(mcp_servers=True),
        Network(unrestricted=True),
        limited(managed=False),
    ],
)
def test_a_server_that_may_be_reached_is_not_said(network: Network) -> None:
    assert blocked(network, "https://mcp.example.com/mcp") == []


def test_a_wildcard_does_not_stand_for_the_host_above_it() -> None:
    assert blocked(limited("*.example.com"), "https://example.com/mcp")


def test_what_is_not_ours_keeps_nothing_out() -> None:
    used = {"deployment/d": Surface(agent=Use("agent_1"), environment="env_1")}
    assert found(BLOCKED, fleet(used)) == []


@pytest.mark.parametrize(
    "other",
    ["https://MCP.example.com/mcp", "https://mcp.example.com:443/mcp", "https://mcp.example.com/mcp/"],
)
def test_one_server_under_two_names_is_found_however_it_is_spelled(other: str) -> None:
    told = fleet({"agent/a": agent("https://mcp.example.com/mcp", other)})
    assert places(TWICE, told) == [("agent/a", ("mcp_servers", 1, "url"))]


@pytest.mark.parametrize(
    "other", ["https://mcp.example.com/mcp2", "https://mcp.example.com:444/mcp", "http://mcp.example.com/mcp"]
)
def test_two_servers_are_two(other: str) -> None:
    assert found(TWICE, fleet({"agent/a": agent("https://mcp.example.com/mcp", other)})) == []
    apart = {"agent/a": agent("https://mcp.example.com/mcp"), "agent/b": agent("https://mcp.example.com/mcp")}
    assert found(TWICE, fleet(apart)) == []
