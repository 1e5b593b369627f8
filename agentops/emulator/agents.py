"""``/v1/agents``: versioned agents (SDK type ``BetaManagedAgentsAgent``).

An update that changes something makes the next version, one that changes nothing returns the
current version untouched. There is no delete: an archived agent stays readable for good.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from agentops.emulator.agent_tools import check_tools_and_servers, mcp_servers, tools
from agentops.emulator.checks import (
    Check,
    array,
    integer,
    nullable,
    number,
    record,
    tagged,
    text,
    then,
    typed,
)
from agentops.emulator.database import new_id
from agentops.emulator.deployments import archive_deployments_of
from agentops.emulator.endpoint import MANAGED_AGENTS, Call, Endpoint
from agentops.emulator.errors import conflict, invalid_request
from agentops.emulator.listing import CREATED_AT, INCLUDE_ARCHIVED, PAGING, Filters, page_of
from agentops.emulator.metadata import merge_metadata, metadata, metadata_patch
from agentops.emulator.models import model, resolve_model
from agentops.emulator.multiagent import check_geography, multiagent, render_multiagent, resolve_multiagent
from agentops.emulator.rows import find_row

_SERVICE_ACCOUNT = {"type": "service_account"}

_execution_identity: Check = tagged(
    {
        "service_account": typed("service_account"),
        "aws_role": typed("aws_role", {"role_arn": text(least=1, most=2048)}, required=("role_arn",)),
    }
)


def _float_version(skill: dict[str, Any], _at: str) -> dict[str, Any]:
    """A version left out is stored as the literal ``latest``, which floats."""
    return {"type": skill["type"], "skill_id": skill["skill_id"], "version": skill.get("version") or "latest"}


def _skill(kind: str) -> Check:
    members = {"skill_id": text(least=1), "version": nullable(text(least=1))}
    return then(typed(kind, members, required=("skill_id",)), _float_version)


_skills: Check = array(tagged({"anthropic": _skill("anthropic"), "custom": _skill("custom")}))

_SCALARS: dict[str, Check] = {
    "name": text(least=1),
    "model": model,
    "description": nullable(text()),
    "system": nullable(text(most=100_000)),
    "multiagent": nullable(multiagent),
    "execution_identity": nullable(_execution_identity),
}
_ARRAYS: dict[str, Check] = {"tools": tools, "mcp_servers": mcp_servers, "skills": _skills}

_create_body = record({**_SCALARS, **_ARRAYS, "metadata": metadata}, required=("name", "model"))
_update_body = record(
    {
        **_SCALARS,
        **{name: nullable(check) for name, check in _ARRAYS.items()},
        "metadata": nullable(metadata_patch),
        "version": integer(least=1),
    }
)

_EMPTY: dict[str, Any] = {
    "description": None,
    "system": None,
    "tools": [],
    "mcp_servers": [],
    "skills": [],
    "multiagent": None,
    "execution_identity": _SERVICE_ACCOUNT,
    "metadata": {},
}


def create(call: Call) -> dict[str, Any]:
    sent = call.read_body(_create_body)
    call.read_query({})
    identifier = new_id("agent_")
    body = _resulting_agent(call.tx, identifier, sent, _EMPTY)
    call.tx.execute(
        "INSERT INTO agents (id, version, created_at) VALUES (?, 1, ?)",
        (identifier, call.now),
    )
    _insert_version(call, identifier, 1, body)
    return _render(_find(call.tx, identifier))


def retrieve(call: Call) -> dict[str, Any]:
    version = call.read_query({"version": number(least=1, most=2**53)}).get("version")
    return _render(_find(call.tx, call.ids["agent_id"], version))


def update(call: Call) -> dict[str, Any]:
    """Apply the members that were sent.

    Raises 400 on an archived agent, 409 when ``version`` is not the current one, in that order
    and both before it is looked at whether anything changes.
    """
    identifier = call.ids["agent_id"]
    sent = call.read_body(_update_body)
    call.read_query({})
    row = _find(call.tx, identifier)
    if row["archived_at"] is not None:
        raise invalid_request(f"Agent '{identifier}' is archived and cannot be updated.")
    if sent.pop("version", row["version"]) != row["version"]:
        raise conflict(
            f"Agent '{identifier}' is at version {row['version']}, not at the version that was expected. "
            "Retrieve the agent and try again."
        )
    stored = json.loads(row["body"])
    body = _resulting_agent(call.tx, identifier, sent, stored)
    # Compared as text: to Python True equals 1, in a custom tool's schema they differ.
    if json.dumps(body, sort_keys=True) == json.dumps(stored, sort_keys=True):
        return _render(row)
    version = row["version"] + 1
    _insert_version(call, identifier, version, body)
    call.tx.execute("UPDATE agents SET version = ? WHERE id = ?", (version, identifier))
    return _render(_find(call.tx, identifier))


def archive(call: Call) -> dict[str, Any]:
    """Make the agent read-only for good and archive its deployments; archiving again changes nothing."""
    call.refuse_parameters()
    row = _find(call.tx, call.ids["agent_id"])
    if row["archived_at"] is None:
        call.tx.execute("UPDATE agents SET archived_at = ? WHERE id = ?", (call.now, row["id"]))
        archive_deployments_of(call.tx, row["id"], call.now)
    return _render(_find(call.tx, row["id"]))


def list_agents(call: Call) -> dict[str, Any]:
    query = call.read_query({**PAGING, **INCLUDE_ARCHIVED, **CREATED_AT})
    filters = Filters()
    filters.add_archived(query)
    filters.add_created_at(query)
    return page_of(call, query, collection="agents", select=_SELECT_CURRENT, filters=filters, render=_render)


def list_versions(call: Call) -> dict[str, Any]:
    query = call.read_query(PAGING)
    identifier = _find(call.tx, call.ids["agent_id"])["id"]
    filters = Filters()
    filters.add("agent_id = ?", identifier)
    return page_of(
        call,
        query,
        collection=f"agents/{identifier}/versions",
        select=_SELECT_VERSION,
        filters=filters,
        render=_render,
        order="agent_versions.version",
    )


TABLES = """
CREATE TABLE IF NOT EXISTS agents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    archived_at TEXT
);
CREATE TABLE IF NOT EXISTS agent_versions (
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (agent_id, version)
);
"""

ENDPOINTS = (
    Endpoint("POST", "/v1/agents", create, MANAGED_AGENTS),
    Endpoint("GET", "/v1/agents", list_agents, MANAGED_AGENTS),
    Endpoint("GET", "/v1/agents/{agent_id}", retrieve, MANAGED_AGENTS),
    Endpoint("POST", "/v1/agents/{agent_id}", update, MANAGED_AGENTS),
    Endpoint("POST", "/v1/agents/{agent_id}/archive", archive, MANAGED_AGENTS),
    Endpoint("GET", "/v1/agents/{agent_id}/versions", list_versions, MANAGED_AGENTS),
)


def _resulting_agent(
    tx: sqlite3.Connection, identifier: str, sent: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """``stored`` with the members of ``sent`` applied, and the rules between members checked."""
    body = {**stored, **sent}
    for name in ("description", "system"):
        body[name] = body[name] or None
    for name in _ARRAYS:
        body[name] = body[name] or []
    body["execution_identity"] = body["execution_identity"] or _SERVICE_ACCOUNT
    body["metadata"] = merge_metadata(stored["metadata"], sent.get("metadata"))
    if "model" in sent:
        body["model"] = resolve_model(sent["model"], stored.get("model"))
    if sent.get("multiagent") is not None:
        body["multiagent"] = resolve_multiagent(tx, identifier, sent["multiagent"], stored["multiagent"])
    check_tools_and_servers(body["tools"], body["mcp_servers"])
    check_geography(tx, body)
    return body


def _insert_version(call: Call, identifier: str, version: int, body: Mapping[str, Any]) -> None:
    call.tx.execute(
        "INSERT INTO agent_versions (agent_id, version, updated_at, body) VALUES (?, ?, ?, ?)",
        (identifier, version, call.now, json.dumps(body, ensure_ascii=False)),
    )


_COLUMNS = """
SELECT agents.id, agents.seq, agents.created_at, agents.archived_at,
       agent_versions.version, agent_versions.updated_at, agent_versions.body
FROM agents JOIN agent_versions ON agent_versions.agent_id = agents.id
"""
_SELECT_VERSION = _COLUMNS
_SELECT_CURRENT = _COLUMNS + " AND agent_versions.version = agents.version"


def _find(tx: sqlite3.Connection, identifier: str, version: int | None = None) -> sqlite3.Row:
    """The row of one version, by default the current one; 404 where there is none."""
    if version is None:
        return find_row(tx, "Agent", _SELECT_CURRENT + " WHERE agents.id = ?", identifier)
    query = _SELECT_VERSION + " WHERE agents.id = ? AND agent_versions.version = ?"
    return find_row(tx, "Agent", query, identifier, version, named=f"{identifier} version {version}")


def _render(row: sqlite3.Row) -> dict[str, Any]:
    body = json.loads(row["body"])
    return {
        "id": row["id"],
        "type": "agent",
        **body,
        "multiagent": render_multiagent(body["multiagent"], row["id"], row["version"]),
        "version": row["version"],
        "created_at": row["created_at"],
        # Archiving makes no version, yet it is a change of the agent.
        "updated_at": max(row["updated_at"], row["archived_at"] or ""),
        "archived_at": row["archived_at"],
    }
