"""What is said of tools: on and off, who asks, what becomes possible."""

from __future__ import annotations

from typing import Any

import pytest

from .telling import (
    ALLOW,
    ASK,
    AUTO,
    BUILTIN,
    MODEL,
    OPEN,
    deployment,
    labels,
    limited,
    of_agent,
    told,
    tools,
)

READ = {"name": "read"}
LINEAR = {"type": "mcp_toolset", "mcp_server_name": "linear"}
SERVERS = [{"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}]


def test_a_tool_that_reads_strangers_weighs_more() -> None:
    web, grep = of_agent(tools(READ), tools(READ, {"name": "grep"}, {"name": "web_search"}))
    assert web.startswith("medium tool-enabled: web_search is enabled, without asking; what strangers wrote")
    assert grep == "low tool-enabled: grep is enabled, without asking."


def test_commands_say_more_than_a_tool() -> None:
    assert of_agent(tools(READ), tools(READ, {"name": "bash"})) == [
        "high can-run-commands: Can run any command in its sandbox, without asking (bash)."
    ]
    asking = {"name": "bash", "permission_policy": ASK}
    assert labels(of_agent(tools(READ), tools(READ, asking))) == ["medium can-run-commands"]


def test_writing_is_no_news_where_commands_run() -> None:
    bash = {"name": "bash"}
    assert labels(of_agent(tools(bash), tools(bash, {"name": "write"}))) == ["medium tool-enabled"]
    assert labels(of_agent(tools(READ), tools(READ, {"name": "edit"}))) == ["medium can-write-files"]


def test_a_new_agent_with_commands_matters_most_where_its_network_is_open() -> None:
    bash = {"name": "a", "model": MODEL, **tools({"name": "bash"})}
    for network, level in ((limited("a.example"), "medium"), (OPEN, "high")):
        after = {"agent/a": bash, "environment/e": network, "deployment/d": deployment()}
        assert labels(told({"environment/e": network}, after)["agent/a"]) == [f"{level} can-run-commands"]


@pytest.mark.parametrize(
    ("before", "after", "label"),
    [
        (ASK, ALLOW, "high permission-loosened"),
        (ASK, AUTO, "medium permission-loosened"),
        (AUTO, ALLOW, "high permission-loosened"),
        (ALLOW, ASK, "low permission-tightened"),
        (AUTO, ASK, "low permission-tightened"),
    ],
)
def test_who_asks(before: dict[str, str], after: dict[str, str], label: str) -> None:
    sides = (tools({"name": "bash", "permission_policy": policy}) for policy in (before, after))
    assert labels(of_agent(*sides)) == [label]


def test_a_default_that_changes_is_told_of_all_it_holds_for() -> None:
    old = {"tools": [{"type": BUILTIN, "default_config": {"permission_policy": ASK}}]}
    (line,) = of_agent(old, {"tools": [{"type": BUILTIN}]})
    assert line.startswith("high permission-loosened: bash, read, write and 5 more run without asking")


def test_the_tools_of_a_server_ask_until_something_is_said() -> None:
    allowed = LINEAR | {"default_config": {"permission_policy": ALLOW}}
    sides = ({"tools": [it], "mcp_servers": SERVERS} for it in (LINEAR, allowed))
    (line,) = of_agent(*sides)
    said = "the tools of linear run without asking from now on, and have asked every time until now."
    assert line == f"high permission-loosened: {said}"
    one = LINEAR | {"configs": [{"name": "close", "permission_policy": ALLOW}]}
    sides = ({"tools": [it], "mcp_servers": SERVERS} for it in (LINEAR, one))
    assert labels(of_agent(*sides)) == ["high permission-loosened"]


def test_an_entry_that_says_what_holds_anyway_says_nothing() -> None:
    one = LINEAR | {"configs": [{"name": "close", "permission_policy": ASK, "enabled": True}]}
    assert of_agent(*({"tools": [it], "mcp_servers": SERVERS} for it in (LINEAR, one))) == []


def test_a_limit_of_a_web_tool_is_missed() -> None:
    old = tools({"name": "web_fetch", "allowed_domains": ["docs.example.com"]})
    assert labels(of_agent(old, tools({"name": "web_fetch"}))) == ["medium network-widened"]
    more = tools({"name": "web_fetch", "allowed_domains": ["docs.example.com", "example.org"]})
    assert "example.org" in of_agent(old, more)[0]
    below = tools({"name": "web_fetch", "allowed_domains": ["a.docs.example.com"]})
    assert of_agent(old, below) == []
    blocked = tools({"name": "web_fetch", "blocked_domains": ["example.org"]})
    assert "no longer kept from example.org" in of_agent(blocked, tools({"name": "web_fetch"}))[0]


def test_whoever_can_set_it_to_work_is_named() -> None:
    chief = {"name": "c", "model": MODEL, "multiagent": {"type": "coordinator", "agents": ["agent/a"]}}
    sides = (
        {"agent/a": {"name": "a", "model": MODEL, **body}, "agent/c": chief}
        for body in (tools(READ), tools(READ, {"name": "bash"}))
    )
    assert told(*sides)["agent/a"][0].endswith("agent/c sets it to work.")


def test_a_domain_with_a_path_covers_what_is_below_it_and_not_what_begins_like_it() -> None:
    def page(domain: str) -> dict[str, Any]:
        return tools({"name": "web_fetch", "allowed_domains": [domain]})

    assert of_agent(page("x.com/docs"), page("x.com/docs/a")) == []
    assert labels(of_agent(page("x.com/docs"), page("x.com/docs-evil"))) == ["medium network-widened"]
