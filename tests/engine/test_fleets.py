"""What a stage has before and after a plan: what is sent happens, and nothing else."""

from __future__ import annotations

from typing import Any

from agentops.domain.address import Address
from agentops.domain.fleet import Fleet
from agentops.engine import operations
from agentops.engine.choices import Choices
from agentops.engine.fleets import before_and_after
from agentops.kinds import CATALOG
from tests.laws.stage import World, resource

AGENT = Address("agent/leaf")
BETA = {"anthropic-beta": "managed-agents-2026-04-01"}


def agent(prompt: str, policy: str = "always_ask", **more: Any) -> Any:
    configs = [{"name": "bash", "permission_policy": {"type": policy}}]
    tools = [{"type": "agent_toolset_20260401", "configs": configs}]
    return resource(
        AGENT, {"name": "leaf", "model": "claude-opus-5-5", "system": prompt, "tools": tools, **more}
    )


async def sides(here: World, wanted: Any, choices: Choices | None = None) -> tuple[Fleet, Fleet]:
    planned = await operations.plan(here.at, wanted, choices or Choices())
    return before_and_after(CATALOG, planned, {})


async def in_console(here: World, **members: Any) -> None:
    lock = here.store.read()
    assert lock is not None
    entry = lock.resources[AGENT]
    await here.registry.call("POST", f"/v1/agents/{entry.id}", BETA["anthropic-beta"], body=members)
