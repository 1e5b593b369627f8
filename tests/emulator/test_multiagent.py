"""``agent.multiagent``: rosters pinned at save time, and the merge of ``multiagent_20261001``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry

ENABLED = {"type": "enabled"}
DISABLED = {"type": "disabled"}
OPEN = {"type": "enabled", "inline_agents": ENABLED, "predefined_agents": []}


def pin(agent: dict[str, Any], version: int | None = None) -> dict[str, Any]:
    return {"type": "agent", "id": agent["id"], "version": version or agent["version"]}


def coordinator(*agents: Any) -> dict[str, Any]:
    return {"type": "coordinator", "agents": list(agents)}


def test_a_roster_is_pinned_when_saved(registry: Registry) -> None:
    leaf = registry.agent(name="leaf")
    roster = coordinator({"type": "advisor", "model": "claude-opus-5-5"}, leaf["id"])
    lead = registry.agent(multiagent=roster)
    advisor = {"type": "advisor", "model": "claude-opus-5-5"}
    assert lead["multiagent"] == coordinator(pin(leaf), advisor)

    moved = registry.post(f"/agents/{leaf['id']}", {"system": "new"})
    assert registry.get(f"/agents/{lead['id']}") == lead
    saved = registry.post(f"/agents/{lead['id']}", {"multiagent": roster})
    assert (saved["version"], saved["multiagent"]) == (2, coordinator(pin(moved), advisor))
    pinned = coordinator({"type": "agent", "id": leaf["id"], "version": 1})
    assert registry.post(f"/agents/{lead['id']}", {"multiagent": pinned})["multiagent"] == coordinator(
        pin(leaf)
    )


def test_self_is_the_owner_at_its_version(registry: Registry) -> None:
    lead = registry.agent(multiagent=coordinator({"type": "self"}))
    assert lead["multiagent"] == coordinator(pin(lead))
    assert registry.post(f"/agents/{lead['id']}", {"multiagent": coordinator({"type": "self"})}) == lead
    assert registry.post(f"/agents/{lead['id']}", {"system": "s"})["multiagent"] == coordinator(pin(lead, 2))


def test_refused_rosters(registry: Registry) -> None:
    leaf = registry.agent()
    nested = registry.agent(multiagent=coordinator(leaf["id"]))
    gone = registry.agent()
    registry.post(f"/agents/{gone['id']}/archive")
    advisor = {"type": "advisor", "model": "claude-opus-5-5"}
    for agents, message in (
        ([], "multiagent.agents: List should have at least 1 item"),
        (["agent_x"], "multiagent.agents.0: agent 'agent_x' was not found"),
        ([pin(leaf, 7)], f"multiagent.agents.0: agent '{leaf['id']}' has no version 7"),
        ([gone["id"]], f"multiagent.agents.0: agent '{gone['id']}' is archived"),
        ([nested["id"]], f"multiagent.agents.0: agent '{nested['id']}' has multiagent set itself"),
        ([leaf["id"], pin(leaf)], f"multiagent.agents.1: agent '{leaf['id']}' is listed twice"),
        ([{"type": "self"}, {"type": "self"}], "multiagent.agents.1: agent"),
        ([leaf["id"], advisor, advisor], "multiagent.agents: at most one advisor"),
        ([advisor, "agent_x"], "multiagent.agents.1: agent 'agent_x' was not found"),
    ):
        assert registry.refused_agent(multiagent=coordinator(*agents)).startswith(message)


def test_geographies_are_equal(registry: Registry) -> None:
    leaf = registry.agent(model={"id": "claude-opus-5-5", "inference_geo": "us"})
    assert "inference_geo" in registry.refused_agent(multiagent=coordinator(leaf["id"]))
    lead = registry.agent(
        model={"id": "claude-opus-5-5", "inference_geo": "us"}, multiagent=coordinator(leaf["id"])
    )
    assert (
        "inference_geo"
        in registry.refused("POST", f"/agents/{lead['id']}", {"model": "claude-opus-5-5"})["message"]
    )


def test_the_newer_form_fills_all_three_members(registry: Registry) -> None:
    agent = registry.agent(multiagent={"type": "multiagent_20261001"})
    assert agent["multiagent"] == {
        "type": "multiagent_20261001",
        "subagents": OPEN,
        "workflows": OPEN,
        "advisor": DISABLED,
    }


def test_the_newer_form_is_merged(registry: Registry) -> None:
    leaf = registry.agent()
    kind = "multiagent_20261001"
    agent = registry.agent(
        multiagent={
            "type": kind,
            "subagents": {"type": "enabled", "inline_agents": DISABLED, "predefined_agents": [leaf["id"]]},
            "workflows": DISABLED,
            "advisor": {"type": "enabled", "model": "claude-opus-5-5"},
        }
    )
    path = f"/agents/{agent['id']}"
    assert registry.post(path, {"multiagent": {"type": kind}}) == agent

    merged = registry.post(
        path, {"multiagent": {"type": kind, "subagents": {"type": "enabled", "inline_agents": None}}}
    )
    assert merged["multiagent"]["subagents"] == {**OPEN, "predefined_agents": [pin(leaf)]}
    assert merged["multiagent"]["workflows"] == DISABLED

    reset = registry.post(path, {"multiagent": {"type": kind, "workflows": None, "advisor": None}})
    assert (reset["multiagent"]["workflows"], reset["multiagent"]["advisor"]) == (OPEN, DISABLED)
    assert reset["multiagent"]["subagents"]["predefined_agents"] == [pin(leaf)]

    nested = registry.agent(
        multiagent={"type": kind, "workflows": {"type": "enabled", "predefined_agents": [agent["id"]]}}
    )
    assert nested["multiagent"]["workflows"]["predefined_agents"] == [pin(reset)]

    replaced = registry.post(path, {"multiagent": coordinator(leaf["id"])})
    assert replaced["multiagent"] == coordinator(pin(leaf))
    assert registry.post(path, {"multiagent": None})["multiagent"] is None


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"subagents": {"type": "enabled", "inline_agents": DISABLED}},
            "multiagent.subagents: predefined_agents must",
        ),
        (
            {"workflows": {"type": "disabled", "predefined_agents": []}},
            "multiagent.workflows.predefined_agents: Extra",
        ),
        ({"workflows": {}}, "multiagent.workflows.type: Field required"),
        ({"advisor": {"type": "enabled"}}, "multiagent.advisor.model: Field required"),
        (
            {
                "subagents": {
                    "type": "enabled",
                    "predefined_agents": [{"type": "advisor", "model": "claude-opus-5"}],
                }
            },
            "multiagent.subagents.predefined_agents.0.type: Input should be 'agent' or 'self'",
        ),
    ],
)
def test_refused_members(registry: Registry, members: dict[str, Any], message: str) -> None:
    assert registry.refused_agent(multiagent={"type": "multiagent_20261001", **members}).startswith(message)
