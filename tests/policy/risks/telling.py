"""Fleets from a few bodies, and what is said of the step from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from agentops.domain.address import Address
from agentops.domain.fleet import Fleet, Member
from agentops.domain.plan import Action
from agentops.domain.resource import Attachment
from agentops.kinds import CATALOG
from agentops.policy.risks import labelled

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MODEL = "claude-opus-5-5"
BUILTIN = "agent_toolset_20260401"
ASK, AUTO, ALLOW = ({"type": name} for name in ("always_ask", "auto", "always_allow"))
OPEN = {"config": {"type": "cloud", "networking": {"type": "unrestricted"}}}

Bodies = Mapping[str, dict[str, Any]]


def fleet(bodies: Bodies) -> Fleet:
    """``memory`` of an agent is a store it is attached to, as ``{store: access}``."""
    members = {}
    for name, body in bodies.items():
        address = Address(name)
        sent = {key: value for key, value in body.items() if key != "memory"}
        attached = tuple(
            Attachment(memory_store=Address(store), access=access)
            for store, access in body.get("memory", {}).items()
        )
        surface = CATALOG.of_address(address).surface(sent)
        members[address] = Member(address, surface, sent, attachments=attached)
    return Fleet("dev", members)


def told(before: Bodies, after: Bodies, ended: Mapping[str, Action] | None = None) -> dict[str, list[str]]:
    """Address -> ``high tool-enabled: …`` of each of its risks."""
    ending = {Address(name): how for name, how in (ended or {}).items()}
    found = labelled(fleet(before), fleet(after), NOW, ending)
    return {
        str(address): [f"{risk.level} {risk.label}: {risk.sentence}" for risk in risks]
        for address, risks in found.items()
    }


def of_agent(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    """What is said of one agent alone."""
    base = {"name": "a", "model": MODEL}
    old = {} if before is None else {"agent/a": base | before}
    return told(old, {"agent/a": base | after}).get("agent/a", [])


def labels(lines: list[str]) -> list[str]:
    return [line.partition(":")[0] for line in lines]


def tools(*configs: dict[str, Any], enabled: bool = False, **more: Any) -> dict[str, Any]:
    """An agent with these built-in tools."""
    entries = [{"enabled": True, **entry} for entry in configs]
    return {"tools": [{"type": BUILTIN, "default_config": {"enabled": enabled}, "configs": entries}], **more}


def limited(*hosts: str, **more: Any) -> dict[str, Any]:
    networking = {"type": "limited", "allowed_hosts": [*hosts], **more}
    return {"config": {"type": "cloud", "networking": networking}}


def deployment(**more: Any) -> dict[str, Any]:
    message = {"type": "user.message", "content": [{"type": "text", "text": "Go."}]}
    return {"agent": "agent/a", "environment_id": "environment/e", "initial_events": [message], **more}


def mount(access: str = "read_write") -> dict[str, Any]:
    return {"type": "memory_store", "memory_store_id": "memory_store/m", "access": access}
