"""``agent.multiagent``: ``coordinator`` and ``multiagent_20261001``.

SDK types ``BetaManagedAgentsMultiagentCoordinatorParams`` and
``BetaManagedAgentsMultiagent20261001Params``. References are pinned to a version when the agent is
saved. A ``self`` entry is stored as such and rendered with the version of the agent it is
returned in, so that saving an agent unchanged stays a no-op.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from agentops.emulator.checks import Check, array, child, integer, nullable, refuse, tagged, text, typed
from agentops.emulator.models import model_id

_SELF = {"type": "self"}
_ENABLED = {"type": "enabled"}
_DISABLED = {"type": "disabled"}
_OPEN: dict[str, Any] = {"type": "enabled", "inline_agents": _ENABLED, "predefined_agents": []}

_agent_reference = typed(
    "agent", {"id": text(least=1), "version": integer(least=1, most=2**53)}, required=("id",)
)
_self_reference = typed("self")
_advisor = typed("advisor", {"model": model_id}, required=("model",))


def _entry(variants: Mapping[str, Check]) -> Check:
    """A roster entry: an agent id, which is short for a reference without version, or an object."""
    by_object = tagged(variants)
    by_id = text(least=1)
    return lambda value, at: (
        {"type": "agent", "id": by_id(value, at)} if isinstance(value, str) else by_object(value, at)
    )


_roster = array(
    _entry({"agent": _agent_reference, "self": _self_reference, "advisor": _advisor}), least=1, most=20
)
_predefined = array(_entry({"agent": _agent_reference, "self": _self_reference}), most=20)
_on_or_off = tagged({"enabled": typed("enabled"), "disabled": typed("disabled")})
_spawning = tagged(
    {
        "enabled": typed(
            "enabled", {"inline_agents": nullable(_on_or_off), "predefined_agents": nullable(_predefined)}
        ),
        "disabled": typed("disabled"),
    }
)
_advising = tagged(
    {"enabled": typed("enabled", {"model": model_id}, required=("model",)), "disabled": typed("disabled")}
)

multiagent: Check = tagged(
    {
        "coordinator": typed("coordinator", {"agents": _roster}, required=("agents",)),
        "multiagent_20261001": typed(
            "multiagent_20261001",
            {
                "subagents": nullable(_spawning),
                "workflows": nullable(_spawning),
                "advisor": nullable(_advising),
            },
        ),
    }
)


def resolve_multiagent(
    tx: sqlite3.Connection, owner: str, sent: Mapping[str, Any], stored: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What is stored for ``sent``: defaults filled, references pinned.

    Over a stored configuration of the same type, ``multiagent_20261001`` is merged level by level:
    omitted keeps, null takes the default, an object of another type replaces. ``coordinator`` replaces.
    """
    if sent["type"] == "coordinator":
        entries = sent["agents"]
        advisors = [entry for entry in entries if entry["type"] == "advisor"]
        if len(advisors) > 1:
            refuse("multiagent.agents", "at most one advisor may be given")
        pinned = _pin(tx, owner, entries, "multiagent.agents", leaves_only=True)
        return {"type": "coordinator", "agents": [*pinned, *advisors]}
    base = stored if stored is not None and stored["type"] == sent["type"] else {}
    return {
        "type": sent["type"],
        "subagents": _resolve_spawning(tx, owner, sent, base, "subagents"),
        "workflows": _resolve_spawning(tx, owner, sent, base, "workflows"),
        "advisor": sent.get("advisor") or _DISABLED if "advisor" in sent else base.get("advisor", _DISABLED),
    }


def _resolve_spawning(
    tx: sqlite3.Connection, owner: str, sent: Mapping[str, Any], base: Mapping[str, Any], name: str
) -> dict[str, Any]:
    if name not in sent and name in base:
        return dict(base[name])
    patch = sent.get(name)
    if patch is None:
        return _OPEN
    if patch["type"] == "disabled":
        return _DISABLED
    at = f"multiagent.{name}"
    # A stored disabled object has nothing but its type: merging over it is replacing it.
    resolved: dict[str, Any] = {**_OPEN, **base.get(name, {}), "type": "enabled"}
    if "inline_agents" in patch:
        resolved["inline_agents"] = patch["inline_agents"] or _ENABLED
    if "predefined_agents" in patch:
        entries: list[dict[str, Any]] = patch["predefined_agents"] or []
        resolved["predefined_agents"] = _pin(tx, owner, entries, f"{at}.predefined_agents", leaves_only=False)
    if resolved["inline_agents"] == _DISABLED and not resolved["predefined_agents"]:
        refuse(at, "predefined_agents must name at least one agent when inline_agents is disabled")
    return resolved


def _pin(
    tx: sqlite3.Connection, owner: str, entries: Sequence[dict[str, Any]], at: str, *, leaves_only: bool
) -> list[dict[str, Any]]:
    """The agents among ``entries`` with versions; each exists, is not archived and is named once."""
    pinned: list[dict[str, Any]] = []
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry["type"] == "advisor":
            continue
        where = child(at, index)
        identifier = owner if entry["type"] == "self" else entry["id"]
        if identifier in seen:
            refuse(where, f"agent '{identifier}' is listed twice")
        seen.add(identifier)
        pinned.append(
            _SELF if entry["type"] == "self" else _pin_agent(tx, entry, where, leaves_only=leaves_only)
        )
    return pinned


def _pin_agent(
    tx: sqlite3.Connection, entry: Mapping[str, Any], at: str, *, leaves_only: bool
) -> dict[str, Any]:
    agent = tx.execute("SELECT version, archived_at FROM agents WHERE id = ?", (entry["id"],)).fetchone()
    if agent is None:
        refuse(at, f"agent '{entry['id']}' was not found")
    if agent["archived_at"] is not None:
        refuse(at, f"agent '{entry['id']}' is archived")
    version = entry.get("version", agent["version"])
    body = _body_of(tx, entry["id"], version)
    if body is None:
        refuse(at, f"agent '{entry['id']}' has no version {version}")
    if leaves_only and body["multiagent"] is not None:
        refuse(at, f"agent '{entry['id']}' has multiagent set itself; a roster goes one level deep")
    return {"type": "agent", "id": entry["id"], "version": version}


def check_geography(tx: sqlite3.Connection, agent: Mapping[str, Any]) -> None:
    """In a roster the agents' ``model.inference_geo`` are all equal or all unset."""
    own = agent["model"].get("inference_geo")
    for reference in _references(agent["multiagent"]):
        body = _body_of(tx, reference["id"], reference["version"])
        geo = body["model"].get("inference_geo") if body is not None else own
        if geo != own:
            refuse(
                "multiagent",
                f"agent '{reference['id']}' has inference_geo {geo}, this agent {own}; they must be equal",
            )


def _references(configuration: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if configuration is None:
        return []
    if configuration["type"] == "coordinator":
        entries = configuration["agents"]
    else:
        entries = [
            entry
            for name in ("subagents", "workflows")
            for entry in configuration[name].get("predefined_agents", ())
        ]
    return [entry for entry in entries if entry["type"] == "agent"]


def _body_of(tx: sqlite3.Connection, identifier: str, version: int) -> dict[str, Any] | None:
    row = tx.execute(
        "SELECT body FROM agent_versions WHERE agent_id = ? AND version = ?", (identifier, version)
    ).fetchone()
    return None if row is None else dict(json.loads(row["body"]))


def render_multiagent(
    configuration: Mapping[str, Any] | None, owner: str, version: int
) -> dict[str, Any] | None:
    """The configuration as it is returned: ``self`` becomes a reference to the owner."""
    if configuration is None:
        return None
    own = {"type": "agent", "id": owner, "version": version}

    def concrete(member: Any) -> Any:
        if isinstance(member, dict):
            return own if member == _SELF else {name: concrete(each) for name, each in member.items()}
        return [concrete(each) for each in member] if isinstance(member, list) else member

    return {name: concrete(member) for name, member in configuration.items()}
