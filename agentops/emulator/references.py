"""The objects that a deployment refers to: whether they are there, and which version of an agent is meant."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

from agentops.emulator.checks import refuse

State = Literal["live", "archived", "missing"]

_ARCHIVED_AT = {
    "environment": "SELECT archived_at FROM environments WHERE id = ?",
    "vault": "SELECT archived_at FROM vaults WHERE id = ?",
    "memory store": "SELECT archived_at FROM memory_stores WHERE id = ?",
    "agent": "SELECT archived_at FROM agents WHERE id = ?",
}


def state_of(tx: sqlite3.Connection, kind: str, identifier: str) -> State:
    """``kind`` is "agent", "environment", "memory store" or "vault"."""
    row = tx.execute(_ARCHIVED_AT[kind], (identifier,)).fetchone()
    if row is None:
        return "missing"
    return "live" if row["archived_at"] is None else "archived"


def require_live(tx: sqlite3.Connection, kind: str, identifier: str, at: str) -> None:
    """400 at the member that names something which does not exist or is archived."""
    state = state_of(tx, kind, identifier)
    if state == "missing":
        refuse(at, f"{kind} '{identifier}' was not found")
    if state == "archived":
        refuse(at, f"{kind} '{identifier}' is archived")


def pin_agent(tx: sqlite3.Connection, sent: Mapping[str, Any], at: str) -> dict[str, Any]:
    """The reference with a version, the latest unless one was sent; 400 for an agent that cannot be used."""
    require_live(tx, "agent", sent["id"], at)
    (latest,) = tx.execute("SELECT version FROM agents WHERE id = ?", (sent["id"],)).fetchone()
    version = sent.get("version", latest)
    if not 1 <= version <= latest:
        refuse(at, f"agent '{sent['id']}' has no version {version}")
    return {"type": "agent", "id": sent["id"], "version": version}


def agent_at(tx: sqlite3.Connection, reference: Mapping[str, Any]) -> dict[str, Any]:
    """What the pinned version says. Agents and their versions are never deleted."""
    (body,) = tx.execute(
        "SELECT body FROM agent_versions WHERE agent_id = ? AND version = ?",
        (reference["id"], reference["version"]),
    ).fetchone()
    return dict(json.loads(body))


def has_skill(tx: sqlite3.Connection, skill: Mapping[str, Any]) -> bool:
    """Whether the version of an uploaded skill that an agent names is there; ``latest`` is any."""
    row = tx.execute(
        "SELECT 1 FROM skill_versions WHERE skill_id = ? AND ? IN (id, 'latest')",
        (skill["skill_id"], skill["version"]),
    ).fetchone()
    return row is not None


def environment_config(tx: sqlite3.Connection, identifier: str) -> dict[str, Any]:
    """``config`` of an environment that exists."""
    (body,) = tx.execute("SELECT body FROM environments WHERE id = ?", (identifier,)).fetchone()
    return dict(json.loads(body)["config"])
