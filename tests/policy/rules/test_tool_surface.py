"""How much an agent can do, and what of it nobody has chosen."""

from __future__ import annotations

import pytest

from agentops.domain.surface import REST, From, Network, Permission, Power, Surface, Tool, Use
from agentops.policy.tool_surface import EVERYTHING, OPEN_SHELL, TOO_MANY, UNLISTED_UNASKED
from tests.policy.rules.checking import (
    AGENT,
    OPEN,
    SANDBOX,
    deployment,
    fleet,
    found,
    places,
    project,
    summaries,
)

ASK, ALLOW, AUTO = Permission.ASK, Permission.ALLOW, Permission.AUTO


def surface(*tools: Tool, **members) -> Surface:
    return Surface(tools={tool.key: tool for tool in tools}, **members)


def custom(number: int, **members) -> Tool:
    return Tool(f"tool_{number}", From.CUSTOM, path=("tools", number), **members)


def test_the_first_tool_that_is_too_many_is_pointed_at() -> None:
    some = {"agent/a": surface(*(custom(number) for number in range(21)))}
    assert places(TOO_MANY, fleet(some)) == [("agent/a", ("tools", 20))]
    assert summaries(TOO_MANY, fleet(some)) == ["21 custom tools, more than 20"]
    assert found(TOO_MANY, fleet(some), most=21) == []


def test_tools_that_are_off_or_not_custom_do_not_count() -> None:
    many = [custom(number, enabled=False) for number in range(30)]
    named = [Tool(f"t{number}", From.MCP, server="s") for number in range(30)]
    assert found(TOO_MANY, fleet({"agent/a": surface(*many, *named)})) == []


WHOLE = "tools: [{type: agent_toolset_20260401}]\n"


@pytest.mark.parametrize(
    "tools",
    [
        "tools: [read, grep]\n",
        "tools: []\n",
        "tools: [{type: agent_toolset_20260401, configs: [{name: bash, enabled: false}]}]\n",
        "tools: [{type: agent_toolset_20260401, default_config: {enabled: false}}]\n",
        "tools: [bash, read, write, edit, glob, grep, web_fetch, web_search]\n",
    ],
)
def test_whoever_chose_has_chosen(tmp_path, tools: str) -> None:
    assert found(EVERYTHING, project(tmp_path, {"agents/a.yaml": AGENT + tools})) == []


@pytest.mark.parametrize(
    "tools", [WHOLE, "tools: [{type: agent_toolset_20260401, configs: [{name: bash, enabled: true}]}]\n"]
)
def test_a_toolset_without_a_list_is_pointed_at(tmp_path, tools: str) -> None:
    built = project(tmp_path, {"agents/a.yaml": AGENT + tools})
    assert places(EVERYTHING, built) == [("agent/a", ("tools", 0))]


def test_a_whole_server_is_said_once_and_worse_where_it_runs_unasked() -> None:
    def rest(permission: Permission) -> Tool:
        return Tool(REST, From.MCP, permission=permission, server="linear", path=("tools", 1))

    asking, running = fleet({"agent/a": surface(rest(ASK))}), fleet({"agent/a": surface(rest(ALLOW))})
    assert places(EVERYTHING, asking) == [("agent/a", ("tools", 1))]
    assert found(UNLISTED_UNASKED, asking) == []
    assert found(EVERYTHING, running) == []
    assert places(UNLISTED_UNASKED, running) == [("agent/a", ("tools", 1))]
    assert "'linear'" in summaries(UNLISTED_UNASKED, running)[0]
    assert found(UNLISTED_UNASKED, fleet({"agent/a": surface(rest(AUTO))}))


def test_a_rest_that_is_off_is_nobody_s_business() -> None:
    off = Tool(REST, From.MCP, enabled=False, permission=ALLOW, server="linear")
    assert found(UNLISTED_UNASKED, fleet({"agent/a": surface(off)})) == []
    assert found(EVERYTHING, fleet({"agent/a": surface(off)})) == []


def shell(permission: Permission, network: Network | None) -> dict[str, Surface]:
    bash = Tool("bash", From.BUILTIN, permission=permission, powers=frozenset({Power.RUN}))
    return {
        "agent/a": surface(bash),
        "environment/box": Surface(network=network),
        "deployment/d": Surface(agent=Use("agent/a"), environment="environment/box"),
    }


@pytest.mark.parametrize(
    ("permission", "network", "finds"),
    [
        (ALLOW, Network(unrestricted=True), True),
        (AUTO, Network(unrestricted=True), True),
        (ASK, Network(unrestricted=True), False),
        (ALLOW, Network(unrestricted=False, hosts=("github.com",)), False),
        (ALLOW, Network(unrestricted=True, managed=False), False),
        (ALLOW, None, False),
    ],
)
def test_only_a_shell_that_nobody_watches_and_an_open_network_are_a_way_out(
    permission, network, finds
) -> None:
    told = places(OPEN_SHELL, fleet(shell(permission, network)))
    assert told == ([("deployment/d", ("environment_id",))] if finds else [])


def test_the_shell_of_somebody_in_the_roster_is_one_too(tmp_path) -> None:
    files = {
        "agents/a.yaml": f"{AGENT}multiagent: {{type: coordinator, agents: [./helper.yaml]}}\n",
        "agents/helper.yaml": f"{AGENT}tools: [bash]\n",
        "environments/box.yaml": OPEN,
        "deployments/d.yaml": deployment(),
    }
    (told,) = summaries(OPEN_SHELL, project(tmp_path, files))
    assert told.startswith("bash of agent/helper runs any command unasked")
    (tmp_path / "environments/box.yaml").write_text(SANDBOX, encoding="utf-8")
    assert summaries(OPEN_SHELL, project(tmp_path, {})) == []


def test_what_is_not_ours_is_unknown() -> None:
    members = shell(ALLOW, Network(unrestricted=True))
    for missing in ("agent/a", "environment/box"):
        rest = {address: it for address, it in members.items() if address != missing}
        assert found(OPEN_SHELL, fleet(rest)) == []
