"""``/v1/deployments``: an agent with all it needs to run alone (SDK type ``BetaManagedAgentsDeployment``).

Not versioned, no delete. **Nothing ever fires here**: a schedule is checked and its next occurrences are
computed from the application's clock, but nobody acts on them. ``run`` records a run that failed, since no
sessions run (:mod:`agentops.emulator.deployment_runs`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from agentops.emulator import cron
from agentops.emulator.checks import (
    Check,
    array,
    child,
    integer,
    nullable,
    one_of,
    record,
    refuse,
    text,
    timestamp,
    typed,
)
from agentops.emulator.database import new_id
from agentops.emulator.deployment_runs import PAUSING_ERRORS, RUN_ERRORS, record_run
from agentops.emulator.endpoint import MANAGED_AGENTS, Call, Endpoint
from agentops.emulator.errors import invalid_request
from agentops.emulator.initial_events import initial_events
from agentops.emulator.listing import CREATED_AT, INCLUDE_ARCHIVED, PAGING, Filters, page_of
from agentops.emulator.metadata import merge_metadata, metadata, metadata_patch
from agentops.emulator.references import pin_agent, require_live
from agentops.emulator.rows import find_row
from agentops.emulator.session_resources import brings_token, kept_resource, resources

MOST_VAULTS = 50
MOST_SCHEDULED = 1000

_agent_reference = typed(
    "agent", {"id": text(least=1), "version": integer(least=1, most=2**53)}, required=("id",)
)


def _agent(value: Any, at: str) -> dict[str, Any]:
    """An agent id is short for a reference without version."""
    if isinstance(value, str):
        return {"type": "agent", "id": text(least=1)(value, at)}
    return dict(_agent_reference(value, at))


_schedule = typed(
    "cron",
    {"expression": cron.expression, "timezone": cron.timezone},
    required=("expression", "timezone"),
)
_amount = text(
    pattern="[1-9][0-9]*",
    hint='Input should be a whole number of cents above 0, as a string without leading zeros, such as "2500"',
)
_budget = typed(
    "limit",
    {
        "max_list_cost": record(
            {"amount": _amount, "currency": one_of("USD")}, required=("amount", "currency")
        )
    },
    required=("max_list_cost",),
)

_REQUIRED: dict[str, Check] = {
    "name": text(least=1),
    "agent": _agent,
    "environment_id": text(least=1),
    "initial_events": initial_events,
}
_NULLABLE: dict[str, Check] = {
    "description": nullable(text()),
    "schedule": nullable(_schedule),
    "budget": nullable(_budget),
}
_ARRAYS: dict[str, Check] = {
    "resources": resources,
    "vault_ids": array(text(least=1), most=MOST_VAULTS),
}

_create_body = record({**_REQUIRED, **_NULLABLE, **_ARRAYS, "metadata": metadata}, required=_REQUIRED)
_update_body = record(
    {
        **_REQUIRED,
        **_NULLABLE,
        **{name: nullable(check) for name, check in _ARRAYS.items()},
        "metadata": nullable(metadata_patch),
    }
)

_EMPTY: dict[str, Any] = {
    "description": None,
    "schedule": None,
    "budget": None,
    "resources": [],
    "vault_ids": [],
    "metadata": {},
}

_MANUAL = {"type": "manual"}


def create(call: Call) -> dict[str, Any]:
    sent = call.read_body(_create_body)
    call.read_query({})
    body = _resulting_deployment(call, sent, _EMPTY)
    identifier = new_id("depl_")
    call.tx.execute(
        "INSERT INTO deployments (id, agent_id, created_at, updated_at, body) VALUES (?, ?, ?, ?, ?)",
        (identifier, body["agent"]["id"], call.now, call.now, json.dumps(body, ensure_ascii=False)),
    )
    return _render(_find(call.tx, identifier), call.now)


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    return _render(_find(call.tx, call.ids["deployment_id"]), call.now)


def update(call: Call) -> dict[str, Any]:
    """Apply the members that were sent; a paused deployment stays paused. 400 on an archived one."""
    sent = call.read_body(_update_body)
    call.read_query({})
    row = _find_live(call)
    stored = json.loads(row["body"])
    body = _resulting_deployment(call, sent, stored)
    if body != stored or brings_token(sent.get("resources")):
        call.tx.execute(
            "UPDATE deployments SET agent_id = ?, updated_at = ?, body = ? WHERE id = ?",
            (body["agent"]["id"], call.now, json.dumps(body, ensure_ascii=False), row["id"]),
        )
    return _render(_find(call.tx, row["id"]), call.now)


def archive(call: Call) -> dict[str, Any]:
    """End the deployment for good; archiving again changes nothing."""
    call.refuse_parameters()
    row = _find(call.tx, call.ids["deployment_id"])
    if row["archived_at"] is None:
        call.tx.execute(
            "UPDATE deployments SET archived_at = ?, updated_at = ?, paused_reason = NULL WHERE id = ?",
            (call.now, call.now, row["id"]),
        )
    return _render(_find(call.tx, row["id"]), call.now)


def pause(call: Call) -> dict[str, Any]:
    """Pause by hand, also what the platform has paused; pausing again changes nothing."""
    return _set_paused_reason(call, _MANUAL)


def unpause(call: Call) -> dict[str, Any]:
    """Let the schedule go on, whoever paused it; an active deployment stays as it is."""
    return _set_paused_reason(call, None)


def run(call: Call) -> dict[str, Any]:
    """Try to start a session now, paused or not, and return the run."""
    call.refuse_parameters()
    row = _find_live(call)
    return record_run(call.tx, row["id"], json.loads(row["body"]), call.now)


def list_deployments(call: Call) -> dict[str, Any]:
    query = call.read_query(
        {
            **PAGING,
            **INCLUDE_ARCHIVED,
            **CREATED_AT,
            "agent_id": text(least=1),
            "status": one_of("active", "paused"),
        }
    )
    if "status" in query and "include_archived" in query:
        refuse("status", "cannot be combined with include_archived")
    filters = Filters()
    filters.add_archived(query)
    filters.add_created_at(query)
    if "agent_id" in query:
        filters.add("agent_id = ?", query["agent_id"])
    if "status" in query:
        filters.add("paused_reason IS NULL" if query["status"] == "active" else "paused_reason IS NOT NULL")
    return page_of(
        call,
        query,
        collection="deployments",
        select="SELECT * FROM deployments",
        filters=filters,
        render=lambda row: _render(row, call.now),
    )


TABLES = """
CREATE TABLE IF NOT EXISTS deployments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL REFERENCES agents (id),
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    archived_at TEXT,
    paused_reason TEXT,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deployments_of_agent ON deployments (agent_id);
"""

_PATH = "/v1/deployments/{deployment_id}"
ENDPOINTS = (
    Endpoint("POST", "/v1/deployments", create, MANAGED_AGENTS),
    Endpoint("GET", "/v1/deployments", list_deployments, MANAGED_AGENTS),
    Endpoint("GET", _PATH, retrieve, MANAGED_AGENTS),
    Endpoint("POST", _PATH, update, MANAGED_AGENTS),
    Endpoint("POST", _PATH + "/archive", archive, MANAGED_AGENTS),
    Endpoint("POST", _PATH + "/pause", pause, MANAGED_AGENTS),
    Endpoint("POST", _PATH + "/unpause", unpause, MANAGED_AGENTS),
    Endpoint("POST", _PATH + "/run", run, MANAGED_AGENTS),
)


def archive_deployments_of(tx: sqlite3.Connection, agent: str, now: str) -> None:
    """What archiving an agent takes along, in the same transaction."""
    tx.execute(
        "UPDATE deployments SET archived_at = ?, updated_at = ?, paused_reason = NULL "
        "WHERE agent_id = ? AND archived_at IS NULL",
        (now, now, agent),
    )


def record_failed_fire(tx: sqlite3.Connection, deployment: str, error: str, scheduled_at: datetime) -> None:
    """What the platform's scheduler does when a fire fails: record the run, then pause the deployment.

    Nothing in the registry calls this, because nothing fires here. It is for whoever has to look at a
    deployment that the platform has paused. ``scheduled_at`` is aware. ``error`` is one of
    :data:`~agentops.emulator.deployment_runs.RUN_ERRORS`; those that may pass by themselves do not pause.

    Raises ValueError for another error, and for a deployment that does not exist, is archived or has no
    schedule; sqlite3.IntegrityError for a time that has a run already.
    """
    if error not in RUN_ERRORS:
        raise ValueError(f"'{error}' is not an error of a run; there are {', '.join(sorted(RUN_ERRORS))}")
    row = tx.execute(
        "SELECT * FROM deployments WHERE id = ? AND archived_at IS NULL "
        "AND json_extract(body, '$.schedule') IS NOT NULL",
        (deployment,),
    ).fetchone()
    if row is None:
        raise ValueError(f"there is no live deployment '{deployment}' with a schedule")
    when = timestamp(scheduled_at)
    failed = {"type": error, "message": "The session could not be started."}
    record_run(tx, deployment, json.loads(row["body"]), when, error=failed, scheduled_at=when)
    if error in PAUSING_ERRORS:
        reason = json.dumps({"type": "error", "error": {"type": error}})
        tx.execute(
            "UPDATE deployments SET paused_reason = ?, updated_at = ? WHERE id = ?",
            (reason, max(when, row["updated_at"]), deployment),
        )


def _resulting_deployment(call: Call, sent: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """``stored`` with the members of ``sent`` applied. What is sent has to exist and to be live."""
    body = {**stored, **sent}
    body["description"] = body["description"] or None
    body["vault_ids"] = body["vault_ids"] or []
    body["metadata"] = merge_metadata(stored["metadata"], sent.get("metadata"))
    if "agent" in sent:
        body["agent"] = pin_agent(call.tx, sent["agent"], "agent")
    if "environment_id" in sent:
        require_live(call.tx, "environment", sent["environment_id"], "environment_id")
    for index, vault in enumerate(sent.get("vault_ids") or ()):
        require_live(call.tx, "vault", vault, child("vault_ids", index))
    if "resources" in sent:
        body["resources"] = [kept_resource(each) for each in sent["resources"] or ()]
    for index, resource in enumerate(sent.get("resources") or ()):
        if resource["type"] == "memory_store":
            at = f"resources.{index}.memory_store_id"
            require_live(call.tx, "memory store", resource["memory_store_id"], at)
    if sent.get("schedule") is not None:
        _check_schedule(call, sent["schedule"], is_new=stored["schedule"] is None)
    return body


def _check_schedule(call: Call, schedule: Mapping[str, Any], *, is_new: bool) -> None:
    if not _upcoming(schedule, call.now):
        refuse("schedule.expression", f"no time of the next fifty years in {schedule['timezone']} matches")
    if is_new:
        (count,) = call.tx.execute(
            "SELECT count(*) FROM deployments "
            "WHERE archived_at IS NULL AND json_extract(body, '$.schedule') IS NOT NULL"
        ).fetchone()
        if count >= MOST_SCHEDULED:
            refuse(
                "schedule", f"the organization has {count} deployments with a schedule, the most there can be"
            )


def _upcoming(schedule: Mapping[str, Any], now: str) -> list[str]:
    after = datetime.fromisoformat(now)
    return [timestamp(each) for each in cron.upcoming(schedule["expression"], schedule["timezone"], after)]


def _set_paused_reason(call: Call, reason: Mapping[str, Any] | None) -> dict[str, Any]:
    call.refuse_parameters()
    row = _find_live(call)
    wanted = None if reason is None else json.dumps(reason)
    if wanted != row["paused_reason"]:
        call.tx.execute(
            "UPDATE deployments SET paused_reason = ?, updated_at = ? WHERE id = ?",
            (wanted, call.now, row["id"]),
        )
    return _render(_find(call.tx, row["id"]), call.now)


def _find(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    return find_row(tx, "Deployment", "SELECT * FROM deployments WHERE id = ?", identifier)


def _find_live(call: Call) -> sqlite3.Row:
    """The row of the deployment in the path, for what an archived deployment refuses with 400."""
    row = _find(call.tx, call.ids["deployment_id"])
    if row["archived_at"] is not None:
        raise invalid_request(f"Deployment '{row['id']}' is archived for good.")
    return row


def _render(row: sqlite3.Row, now: str) -> dict[str, Any]:
    body = json.loads(row["body"])
    # Other members that are unset are null; this one is absent.
    if body["budget"] is None:
        del body["budget"]
    if body["schedule"] is not None:
        live = row["archived_at"] is None
        upcoming = _upcoming(body["schedule"], now) if live else []
        body["schedule"] = {**body["schedule"], "last_run_at": None, "upcoming_runs_at": upcoming}
    return {
        "id": row["id"],
        "type": "deployment",
        **body,
        "status": "active" if row["paused_reason"] is None else "paused",
        "paused_reason": None if row["paused_reason"] is None else json.loads(row["paused_reason"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "archived_at": row["archived_at"],
    }
