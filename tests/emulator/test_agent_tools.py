"""The three tool families, and the rules between tools and MCP servers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry

ALLOW = {"type": "always_allow"}
ASK = {"type": "always_ask"}
AUTO = {"type": "auto"}


def toolset(*configs: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"type": "agent_toolset_20260401", "configs": list(configs), **members}


def custom(name: str = "lookup", **members: Any) -> dict[str, Any]:
    return {"type": "custom", "name": name, "description": "d", "input_schema": {"type": "object"}, **members}


SERVER = {"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}


def test_built_in_entries_inherit_the_default(registry: Registry) -> None:
    default = {"enabled": False, "permission_policy": AUTO}
    agent = registry.agent(
        tools=[toolset({"name": "bash", "enabled": True}, {"name": "web_search"}, default_config=default)]
    )
    assert agent["tools"] == [
        {
            "type": "agent_toolset_20260401",
            "default_config": default,
            "configs": [
                {"type": "bash", "name": "bash", "enabled": True, "permission_policy": AUTO},
                {
                    "type": "web_search",
                    "name": "web_search",
                    "enabled": False,
                    "permission_policy": AUTO,
                    "allowed_domains": None,
                    "blocked_domains": None,
                    "user_location": None,
                },
            ],
        }
    ]


def test_mcp_toolsets_ask_by_default(registry: Registry) -> None:
    sent = {
        "type": "mcp_toolset",
        "mcp_server_name": "linear",
        "configs": [{"name": "x", "permission_policy": ALLOW}],
    }
    agent = registry.agent(tools=[sent], mcp_servers=[SERVER])
    assert agent["tools"] == [
        {
            "type": "mcp_toolset",
            "mcp_server_name": "linear",
            "default_config": {"enabled": True, "permission_policy": ASK},
            "configs": [{"name": "x", "enabled": True, "permission_policy": ALLOW}],
        }
    ]
    assert agent["mcp_servers"] == [SERVER]


def test_custom_tools_come_back_as_sent(registry: Registry) -> None:
    tool = custom(input_schema={"type": "object", "additionalProperties": False, "properties": {"a.b-c": {}}})
    assert registry.agent(tools=[tool])["tools"] == [tool]


def test_a_schema_that_changes_only_in_type_is_a_change(registry: Registry) -> None:
    def update(additional: Any) -> int:
        tool = custom(input_schema={"type": "object", "additionalProperties": additional})
        return int(registry.post(f"/agents/{agent['id']}", {"tools": [tool]})["version"])

    agent = registry.agent()
    assert [update(True), update(True), update(1)] == [2, 2, 3]


def test_url_sources_come_back_as_objects(registry: Registry) -> None:
    only = {"type": "only", "tools": [{"type": "tool_reference", "name": "lookup"}]}
    sent = {"user_input": "none", "client_tool_results": only}
    agent = registry.agent(tools=[toolset({"name": "web_fetch", "url_sources": sent}), custom()])
    assert agent["tools"][0]["configs"][0]["url_sources"] == {
        "user_input": {"type": "none"},
        "client_tool_results": only,
        "server_tool_results": None,
    }


def test_user_location(registry: Registry) -> None:
    sent = {"type": "approximate", "country": "CH", "timezone": "Europe/Zurich"}
    agent = registry.agent(tools=[toolset({"name": "web_search", "user_location": sent})])
    assert agent["tools"][0]["configs"][0]["user_location"] == {**sent, "city": None, "region": None}


def test_the_server_rule_holds_for_the_resulting_agent(registry: Registry) -> None:
    mcp = {"type": "mcp_toolset", "mcp_server_name": "linear"}
    agent = registry.agent(tools=[mcp], mcp_servers=[SERVER])
    path = f"/agents/{agent['id']}"
    assert "referenced by no mcp_toolset" in registry.refused("POST", path, {"tools": []})["message"]
    assert "declares no 'linear'" in registry.refused("POST", path, {"mcp_servers": None})["message"]
    assert registry.post(path, {"tools": [], "mcp_servers": []})["version"] == 2


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        (
            [{"type": "computer"}],
            "tools.0.type: Input should be 'agent_toolset_20260401' or 'mcp_toolset' or 'custom'",
        ),
        ([{}], "tools.0.type: Field required"),
        (["bash"], "tools.0: Input should be an object"),
        ([toolset(), toolset()], "tools.1: agent_toolset_20260401 may be given once"),
        ([toolset({"name": "python"})], "tools.0.configs.0.name: Input should be 'bash' or"),
        ([toolset({"name": "bash"}, {"name": "bash"})], "tools.0.configs.1.name: 'bash' is given twice"),
        ([toolset({"name": "bash", "type": "read"})], "tools.0.configs.0.type: Input should be 'bash'"),
        (
            [toolset({"name": "bash", "allowed_domains": ["a.com"]})],
            "tools.0.configs.0.allowed_domains: Extra inputs",
        ),
        (
            [toolset({"name": "bash", "enabled": "yes"})],
            "tools.0.configs.0.enabled: Input should be a valid boolean",
        ),
        (
            [toolset({"name": "bash", "permission_policy": {"type": "never"}})],
            "tools.0.configs.0.permission_policy.type",
        ),
        (
            [toolset({"name": "web_fetch", "max_content_tokens": 0})],
            "tools.0.configs.0.max_content_tokens: Input",
        ),
        ([{"type": "mcp_toolset"}], "tools.0.mcp_server_name: Field required"),
        (
            [{"type": "mcp_toolset", "mcp_server_name": "x"}],
            "tools.0.mcp_server_name: mcp_servers declares no 'x'",
        ),
        ([custom("a b")], "tools.0.name: String should be 1 to 128 letters"),
        ([custom("bash")], "tools.0.name: 'bash' is the name of a built-in tool"),
        ([custom("mcp__x")], "tools.0.name: the prefix 'mcp__' is reserved"),
        ([custom(), custom()], "tools.1.name: 'lookup' is given twice"),
        ([custom(description="")], "tools.0.description: String should have at least 1 character"),
        ([custom(input_schema={"type": "string"})], "tools.0.input_schema.type: Input should be 'object'"),
        ([custom(input_schema={})], "tools.0.input_schema.type: Field required"),
        (
            [custom(input_schema={"type": "object", "anyOf": []})],
            "tools.0.input_schema.anyOf: anyOf is not supported",
        ),
        (
            [custom(input_schema={"type": "object", "properties": {"a": {"items": [{"$ref": "#"}]}}})],
            "tools.0.input_schema.properties.a.items.0.$ref: $ref is not supported",
        ),
        (
            [custom(input_schema={"type": "object", "properties": {"a b": {}}})],
            "tools.0.input_schema.properties.a b: a property name is",
        ),
        ([custom(str(n)) for n in range(257)], "tools: List should have at most 256 items, not 257"),
        ([toolset(), *(custom(str(n)) for n in range(249))], "tools: at most 256 tools across all toolsets"),
    ],
)
def test_refused_tools(registry: Registry, tools: Any, message: str) -> None:
    assert registry.refused_agent(tools=tools).startswith(message)


@pytest.mark.parametrize(
    ("servers", "message"),
    [
        ([SERVER], "mcp_servers.0: 'linear' is referenced by no mcp_toolset"),
        ([SERVER, SERVER], "mcp_servers.1.name: 'linear' is given twice"),
        ([{**SERVER, "url": "ftp://x"}], "mcp_servers.0.url: Input should be an http or https URL"),
        ([{**SERVER, "url": "https://x:port/"}], "mcp_servers.0.url: Input should be an http or https URL"),
        (
            [{**SERVER, "url": "https://x/" + "y" * 2048}],
            "mcp_servers.0.url: String should have at most 2048",
        ),
        ([{**SERVER, "name": ""}], "mcp_servers.0.name: String should have at least 1"),
        ([{**SERVER, "headers": {}}], "mcp_servers.0.headers: Extra inputs"),
        ([{**SERVER, "name": str(n)} for n in range(21)], "mcp_servers: List should have at most 20 items"),
    ],
)
def test_refused_servers(registry: Registry, servers: Any, message: str) -> None:
    assert registry.refused_agent(mcp_servers=servers).startswith(message)


@pytest.mark.parametrize(
    "domain",
    [
        "https://a.com",
        "a.com:80",
        "*.a.com",
        "localhost",
        "com",
        "10.0.0.1",
        "münchen.de",
        "a..com",
        "a.com/x",
        "",
        "a" * 250 + ".com",
        "a" * 64 + ".com",
    ],
)
def test_refused_domains(registry: Registry, domain: str) -> None:
    message = registry.refused_agent(tools=[toolset({"name": "web_fetch", "allowed_domains": [domain]})])
    assert message.startswith("tools.0.configs.0.allowed_domains.0: ")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"allowed_domains": []}, "allowed_domains: List should have at least 1 item"),
        (
            {"allowed_domains": [f"a{n}.com" for n in range(65)]},
            "allowed_domains: List should have at most 64",
        ),
        ({"blocked_domains": ["A.com", "a.COM"]}, "blocked_domains.1: 'a.COM' is listed twice"),
        ({"blocked_domains": ["a.com/x y"]}, "blocked_domains.0: 'a.com/x y' has characters"),
        ({"user_location": {"type": "exact"}}, "user_location.type: Input should be 'approximate'"),
        (
            {"user_location": {"type": "approximate", "country": "ch"}},
            "user_location.country: Input should be a two",
        ),
        (
            {"user_location": {"type": "approximate", "timezone": "Mars/Base"}},
            "user_location.timezone: 'Mars/Base'",
        ),
    ],
)
def test_refused_web_search(registry: Registry, config: dict[str, Any], message: str) -> None:
    got = registry.refused_agent(tools=[toolset({"name": "web_search", **config})])
    assert got.startswith(f"tools.0.configs.0.{message}")


def test_a_null_domain_list_is_no_list(registry: Registry) -> None:
    config = {"name": "web_fetch", "allowed_domains": None, "blocked_domains": ["b.com"]}
    agent = registry.agent(tools=[toolset(config)])
    assert agent["tools"][0]["configs"][0]["blocked_domains"] == ["b.com"]


def test_domain_lists_are_exclusive(registry: Registry) -> None:
    config = {"name": "web_search", "allowed_domains": ["a.com/docs"], "blocked_domains": ["b.com"]}
    assert "cannot be combined" in registry.refused_agent(tools=[toolset(config)])


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        (
            dict.fromkeys(("user_input", "client_tool_results", "server_tool_results"), "none"),
            "at least one source",
        ),
        ({"user_input": {"type": "only", "tools": []}}, "Input should be 'all' or 'none'"),
        ({"client_tool_results": {"type": "only", "tools": []}}, "List should have at least 1 item"),
        (
            {
                "client_tool_results": {
                    "type": "except",
                    "tools": [{"type": "tool_reference", "name": "nope"}],
                }
            },
            "client_tool_results.tools.0.name: 'nope' is not one of the tools",
        ),
        (
            {
                "server_tool_results": {
                    "type": "only",
                    "tools": [{"type": "tool_reference", "name": "lookup"}],
                }
            },
            "server_tool_results.tools.0.name: 'lookup' is not one of the tools",
        ),
        (
            {
                "server_tool_results": {
                    "type": "only",
                    "tools": [{"type": "tool_reference", "name": "web_fetch"}] * 2,
                }
            },
            "server_tool_results.tools.1.name: 'web_fetch' is listed twice",
        ),
    ],
)
def test_refused_url_sources(registry: Registry, sources: dict[str, Any], message: str) -> None:
    assert message in registry.refused_agent(
        tools=[toolset({"name": "web_fetch", "url_sources": sources}), custom()]
    )


@pytest.mark.parametrize(
    "domain", ["a_b.example.com", "_x.example.com", "a" * 63 + ".com", "xn--mnchen-3ya.de"]
)
def test_accepted_domains(registry: Registry, domain: str) -> None:
    agent = registry.agent(tools=[toolset({"name": "web_fetch", "allowed_domains": [domain]})])
    assert agent["tools"][0]["configs"][0]["allowed_domains"] == [domain]
