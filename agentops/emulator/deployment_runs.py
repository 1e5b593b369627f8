"""``/v1/deployment_runs``: one record for each attempt to start a session of a deployment.

SDK type ``BetaManagedAgentsDeploymentRun``: exactly one of ``session_id`` and ``error`` is set. No sessions
run in the embedded registry, so every run has an error: what the service would stumble over, as far as it can
be told from what is stored, or else ``unknown_error`` with a message that says why.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from agentops.emulator.checks import flag, moment, number, one_of, text
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import MANAGED_AGENTS, Call, Endpoint
from agentops.emulator.listing import PAGING, Filters, page_of
from agentops.emulator.references import agent_at, environment_config, has_skill, state_of
from agentops.emulator.rows import find_row

#: A failed scheduled run with one of these pauses its deployment (``…DeploymentPausedReasonErrorObject``).
PAUSING_ERRORS = frozenset(
    {
        "agent_archived_error",
        "environment_archived_error",
        "environment_not_found_error",
        "file_not_found_error",
        "mcp_egress_blocked_error",
        "memory_store_archived_error",
        "organization_disabled_error",
        "self_hosted_resources_unsupported_error",
        "session_resource_not_found_error",
        "skill_not_found_error",
        "unknown_error",
        "vault_archived_error",
        "vault_not_found_error",
        "workspace_archived_error",
    }
)
#: All that a run may fail with (``BetaManagedAgentsDeploymentRun.error``).
RUN_ERRORS = PAUSING_ERRORS | {"session_creation_rejected_error", "session_rate_limited_error"}

MOST_LIMIT = 1000

# What one session takes (guides, "Memory" and "Start a session"); a deployment may be saved with more.
_MOST_STORES = 8
_MOST_OUTCOMES = 1
_MOST_FILE_DOCUMENTS = 100

_BOUNDS = {
    "created_at[gt]": "created_at > ?",
    "created_at[gte]": "created_at >= ?",
    "created_at[lt]": "created_at < ?",
    "created_at[lte]": "created_at <= ?",
}


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    return _render(_find(call.tx, call.ids["deployment_run_id"]))


def list_runs(call: Call) -> dict[str, Any]:
    """Runs of one deployment or of all; a ``deployment_id`` that does not exist has none."""
    query = call.read_query(
        {
            **PAGING,
            **dict.fromkeys(_BOUNDS, moment),
            "limit": number(least=1, most=MOST_LIMIT),
            "deployment_id": text(least=1),
            "has_error": flag,
            "trigger_type": one_of("schedule", "manual"),
        }
    )
    filters = Filters()
    for name, condition in _BOUNDS.items():
        if name in query:
            filters.add(condition, query[name])
    if "deployment_id" in query:
        filters.add("deployment_id = ?", query["deployment_id"])
    if "trigger_type" in query:
        filters.add("trigger_type = ?", query["trigger_type"])
    if "has_error" in query:
        filters.add("error IS NOT NULL" if query["has_error"] else "error IS NULL")
    return page_of(
        call,
        query,
        collection="deployment_runs",
        select="SELECT * FROM deployment_runs",
        filters=filters,
        render=_render,
        most=MOST_LIMIT,
    )


TABLES = """
CREATE TABLE IF NOT EXISTS deployment_runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    deployment_id TEXT NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    agent TEXT NOT NULL,
    trigger_type TEXT NOT NULL,
    scheduled_at TEXT,
    error TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (deployment_id, scheduled_at)
);
CREATE INDEX IF NOT EXISTS deployment_runs_of_deployment ON deployment_runs (deployment_id, seq);
"""

ENDPOINTS = (
    Endpoint("GET", "/v1/deployment_runs", list_runs, MANAGED_AGENTS),
    Endpoint("GET", "/v1/deployment_runs/{deployment_run_id}", retrieve, MANAGED_AGENTS),
)


def record_run(
    tx: sqlite3.Connection,
    deployment: str,
    body: Mapping[str, Any],
    now: str,
    *,
    error: Mapping[str, str] | None = None,
    scheduled_at: str | None = None,
) -> dict[str, Any]:
    """Add the run of a deployment with this ``body`` and return it as the API does.

    Manual unless ``scheduled_at`` is given. ``error`` is found out unless it is given.
    """
    identifier = new_id("drun_")
    tx.execute(
        "INSERT INTO deployment_runs "
        "(id, deployment_id, agent, trigger_type, scheduled_at, error, created_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            identifier,
            deployment,
            json.dumps(body["agent"]),
            "manual" if scheduled_at is None else "schedule",
            scheduled_at,
            json.dumps(error or _find_error(tx, body), ensure_ascii=False),
            now,
        ),
    )
    return _render(_find(tx, identifier))


def _find_error(tx: sqlite3.Connection, body: Mapping[str, Any]) -> dict[str, str]:
    """Why no session can be started for a deployment with this ``body``, in the SDK's run error types."""
    nothing_runs = (
        "unknown_error",
        "The embedded registry runs no sessions. Nothing that is stored here stands in the way of one.",
    )
    kind, message = next((obstacle for look in _LOOKS for obstacle in look(tx, body)), nothing_runs)
    return {"type": kind, "message": message}


Obstacles = Iterator[tuple[str, str]]


def _gone(tx: sqlite3.Connection, body: Mapping[str, Any]) -> Obstacles:
    """What the deployment and its agent name that does not exist any more or is archived."""
    agent = agent_at(tx, body["agent"])
    named = [("environment", body["environment_id"], "environment_not_found_error")]
    named += [("vault", each, "vault_not_found_error") for each in body["vault_ids"]]
    named += [
        # The error types know no missing memory store.
        ("memory store", each["memory_store_id"], "session_resource_not_found_error")
        for each in body["resources"]
        if each["type"] == "memory_store"
    ]
    named += [("agent", each, "agent_archived_error") for each in _agents_in(agent["multiagent"])]
    for kind, identifier, missing in named:
        state = state_of(tx, kind, identifier)
        if state == "missing":
            yield missing, f"The {kind} '{identifier}' does not exist any more."
        elif state == "archived":
            yield f"{kind.replace(' ', '_')}_archived_error", f"The {kind} '{identifier}' is archived."
    for skill in agent["skills"]:
        if skill["type"] == "custom" and not has_skill(tx, skill):
            which = f"'{skill['skill_id']}' with version '{skill['version']}'"
            yield "skill_not_found_error", f"The skill {which} does not exist."


def _unsuitable(tx: sqlite3.Connection, body: Mapping[str, Any]) -> Obstacles:
    """What the environment does not go together with."""
    environment = body["environment_id"]
    config = environment_config(tx, environment)
    if config["type"] == "self_hosted":
        mounted = sorted({each["type"] for each in body["resources"]} - {"memory_store"})
        if mounted:
            what = " or ".join(mounted)
            message = f"The environment '{environment}' is self-hosted and cannot mount {what} resources."
            yield "self_hosted_resources_unsupported_error", message
        return
    networking = config["networking"]
    if networking["type"] == "unrestricted" or networking["allow_mcp_servers"]:
        return
    for server in agent_at(tx, body["agent"])["mcp_servers"]:
        host = urlsplit(server["url"]).hostname or ""
        if not any(_lets_through(entry.lower(), host) for entry in networking["allowed_hosts"]):
            message = (
                f"The environment '{environment}' does not let through to '{host}', an MCP server's host."
            )
            yield "mcp_egress_blocked_error", message


def _too_much(_tx: sqlite3.Connection, body: Mapping[str, Any]) -> Obstacles:
    """What a deployment may hold and a session may not."""
    events = body["initial_events"]
    documents = [
        block
        for event in events
        for block in event.get("content", ())
        if block["type"] == "document" and block["source"]["type"] == "file"
    ]
    counts = (
        (
            "memory stores",
            [each for each in body["resources"] if each["type"] == "memory_store"],
            _MOST_STORES,
        ),
        ("outcomes", [each for each in events if each["type"] == "user.define_outcome"], _MOST_OUTCOMES),
        ("documents from files", documents, _MOST_FILE_DOCUMENTS),
    )
    for what, items, most in counts:
        if len(items) > most:
            yield (
                "session_creation_rejected_error",
                f"A session takes at most {most} {what}; there are {len(items)}.",
            )


_LOOKS = (_gone, _unsuitable, _too_much)


def _agents_in(node: Any) -> Iterator[str]:
    """The agents that a stored ``multiagent`` refers to, however deep they stand."""
    if isinstance(node, list):
        for each in node:
            yield from _agents_in(each)
    elif isinstance(node, dict):
        if node.get("type") == "agent":
            yield node["id"]
        for each in node.values():
            yield from _agents_in(each)


def _lets_through(entry: str, host: str) -> bool:
    """``*.example.com`` matches what is below ``example.com``, not that itself."""
    return host.endswith(entry[1:]) if entry.startswith("*.") else host == entry


def _find(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    return find_row(tx, "Deployment run", "SELECT * FROM deployment_runs WHERE id = ?", identifier)


def _render(row: sqlite3.Row) -> dict[str, Any]:
    trigger = {"type": row["trigger_type"]}
    if row["scheduled_at"] is not None:
        trigger["scheduled_at"] = row["scheduled_at"]
    return {
        "id": row["id"],
        "type": "deployment_run",
        "deployment_id": row["deployment_id"],
        "agent": json.loads(row["agent"]),
        "trigger_context": trigger,
        "session_id": None,
        "error": json.loads(row["error"]),
        "created_at": row["created_at"],
    }
