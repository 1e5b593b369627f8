"""Who can write what later sessions believe, and for how long it is kept."""

from __future__ import annotations

import pytest

from agentops.domain.surface import Surface
from agentops.policy.memory import KEPT, POISONED, SPREAD
from tests.policy.rules.checking import AGENT, SANDBOX, deployment, fleet, found, places, project, summaries

NOTES = "memory: {type: semantic}\n"
READ_ONLY = "memory: {type: semantic, access: read_only}\n"
MCP = "tools: [{mcp: linear, url: 'https://mcp.linear.app/mcp', allow: [list_issues]}]\n"


@pytest.mark.parametrize(
    ("tools", "memory", "finds"),
    [
        ("tools: [web_search]\n", NOTES, True),
        ("tools: [web_fetch]\n", NOTES, True),
        ("tools: [{web_fetch: {blocked_domains: [x.example]}}]\n", NOTES, True),
        (MCP, NOTES, True),
        ("tools: [{web_fetch: {allowed_domains: [docs.python.org]}}]\n", NOTES, False),
        ("tools: [web_search]\n", READ_ONLY, False),
        ("tools: [read, write, bash]\n", NOTES, False),
        ("tools: [web_search]\n", "", False),
        ("tools: [web_search]\n", "memory: {type: episodic, retention_days: 9}\n", False),
        ("tools: [web_search]\n", "memory: {name: things}\n", True),
    ],
)
def test_what_strangers_write_reaches_a_memory_through_open_tools_only(
    tmp_path, tools, memory, finds
) -> None:
    told = places(POISONED, project(tmp_path, {"agents/a.yaml": AGENT + tools + memory}))
    assert bool(told) is finds


def test_whoever_is_in_the_roster_shares_the_session_and_its_memory(tmp_path) -> None:
    files = {
        "agents/a.yaml": f"{AGENT}{NOTES}multiagent: {{type: coordinator, agents: [./scout.yaml]}}\n",
        "agents/scout.yaml": f"{AGENT}tools: [web_search]\n",
    }
    built = project(tmp_path, files)
    assert summaries(POISONED, built) == [
        "what strangers write reaches memory_store/a-semantic through web_search of agent/scout"
    ]
    assert places(POISONED, built) == [("agent/a", ("multiagent",))]


ACTS = "tools: [{type: custom, name: order, description: Order one article., input_schema: {type: object}}]\n"


def shared(scout: str, buyer: str, access: str = "read_write") -> dict[str, str]:
    mount = "[{type: memory_store, memory_store_id: ../memory_stores/notes.yaml, access: %s}]"
    return {
        "agents/scout.yaml": AGENT + scout,
        "agents/buyer.yaml": AGENT + buyer,
        "memory_stores/notes.yaml": "description: Notes.\n",
        "environments/box.yaml": SANDBOX,
        "deployments/scout.yaml": deployment("scout", resources=mount % access),
        "deployments/buy.yaml": deployment("buyer", resources=mount % "read_only"),
    }


@pytest.mark.parametrize(
    ("scout", "buyer", "access", "finds"),
    [
        ("tools: [web_search, write]\n", ACTS, "read_write", True),
        ("tools: [web_search, write]\n", "tools: [bash]\n", "read_write", True),
        ("tools: [web_search, write]\n", ACTS, "read_only", False),
        ("tools: [read, write]\n", ACTS, "read_write", False),
        ("tools: [web_search, write]\n", "tools: [read, write]\n", "read_write", False),
        ("tools: [web_search, write]\n", "tools: [{bash: {permission: always_ask}}]\n", "read_write", False),
        ("tools: [web_search, write]\n", MCP, "read_write", False),
    ],
)
def test_a_store_carries_orders_from_who_reads_strangers_to_who_acts(
    tmp_path, scout, buyer, access, finds
) -> None:
    told = places(SPREAD, project(tmp_path, shared(scout, buyer, access)))
    assert told == ([("deployment/scout", ("resources", 0))] if finds else [])


def test_two_deployments_of_one_agent_share_their_memory_on_purpose(tmp_path) -> None:
    files = shared("tools: [web_search, bash]\n", ACTS)
    files["deployments/buy.yaml"] = files["deployments/buy.yaml"].replace("buyer", "scout")
    assert found(SPREAD, project(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("metadata", "finds"),
    [
        ({"memory_type": "episodic"}, True),
        ({"memory_type": "episodic", "retention_days": "0"}, True),
        ({"memory_type": "episodic", "retention_days": "soon"}, True),
        ({"memory_type": "episodic", "retention_days": "365"}, False),
        ({"memory_type": "semantic"}, False),
        ({}, False),
    ],
)
def test_a_diary_has_an_end(metadata, finds: bool) -> None:
    stores = fleet({"memory_store/m": Surface(metadata=metadata)})
    assert bool(found(KEPT, stores)) is finds
    assert found(KEPT, fleet({"agent/m": Surface(metadata=metadata)})) == []
