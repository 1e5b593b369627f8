"""``/v1/memory_stores/{id}/memory_versions``: the history (SDK type ``BetaManagedAgentsMemoryVersion``).

Versions belong to the store and outlive their memory. The service drops old ones after some
thirty days; the embedded registry keeps them all.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from agentops.emulator.checks import Check, one_of, text
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import Call, Endpoint
from agentops.emulator.errors import invalid_request
from agentops.emulator.listing import CREATED_AT, MOST_LIMIT, PAGING, Filters, page_of
from agentops.emulator.memory_stores import BETAS, find_store
from agentops.emulator.rows import find_row

#: With ``view=full`` a page holds at most this many items, whatever the limit says.
MOST_FULL = 20

VIEW: Mapping[str, Check] = {"view": one_of("basic", "full")}

_LIST_QUERY: Mapping[str, Check] = {
    **PAGING,
    **VIEW,
    **CREATED_AT,
    "memory_id": text(least=1),
    "operation": one_of("created", "modified", "deleted"),
    "session_id": text(least=1),
    "api_key_id": text(least=1),
    "service_account_id": text(least=1),
}


def record_version(call: Call, store: str, memory: str, operation: str, state: Mapping[str, Any]) -> str:
    """Add a version with the path, and what else ``state`` holds, of a changed memory; returns its id."""
    identifier = new_id("memver_")
    call.tx.execute(
        "INSERT INTO memory_versions (id, store_id, memory_id, operation, path, content, content_sha256, "
        "content_size_bytes, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            identifier,
            store,
            memory,
            operation,
            state["path"],
            state.get("content"),
            state.get("content_sha256"),
            state.get("content_size_bytes"),
            call.now,
            json.dumps(dict(call.actor)),
        ),
    )
    return identifier


def retrieve(call: Call) -> dict[str, Any]:
    query = call.read_query(VIEW)
    return _render(_find(call), query.get("view", "full"))


def list_versions(call: Call) -> dict[str, Any]:
    query = call.read_query(_LIST_QUERY)
    store = find_store(call.tx, call.ids["memory_store_id"])["id"]
    view = query.get("view", "basic")
    filters = Filters()
    filters.add("store_id = ?", store)
    filters.add_created_at(query)
    for column in ("memory_id", "operation"):
        if column in query:
            filters.add(f"{column} = ?", query[column])
    for author in ("session_id", "api_key_id", "service_account_id"):
        if author in query:
            filters.add("json_extract(created_by, ?) = ?", f"$.{author}", query[author])
    return page_of(
        call,
        query,
        collection=f"memory_stores/{store}/memory_versions",
        select="SELECT * FROM memory_versions",
        filters=filters,
        render=lambda row: _render(row, view),
        most=MOST_FULL if view == "full" else MOST_LIMIT,
    )


def redact(call: Call) -> dict[str, Any]:
    """Empty a version for good; refused for the one that holds a live memory's content."""
    call.refuse_parameters()
    row = _find(call)
    if call.tx.execute("SELECT 1 FROM memories WHERE memory_version_id = ?", (row["id"],)).fetchone():
        raise invalid_request(
            f"Memory version '{row['id']}' holds the current content of memory '{row['memory_id']}' "
            "and cannot be redacted. Update or delete the memory first."
        )
    if row["redacted_at"] is None:
        call.tx.execute(
            "UPDATE memory_versions SET path = NULL, content = NULL, content_sha256 = NULL, "
            "content_size_bytes = NULL, redacted_at = ?, redacted_by = ? WHERE id = ?",
            (call.now, json.dumps(dict(call.actor)), row["id"]),
        )
    return _render(_find(call), "full")


_PATH = "/v1/memory_stores/{memory_store_id}/memory_versions"
TABLES = """
CREATE TABLE IF NOT EXISTS memory_versions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    store_id TEXT NOT NULL REFERENCES memory_stores (id) ON DELETE CASCADE,
    memory_id TEXT NOT NULL,
    operation TEXT NOT NULL,
    path TEXT,
    content TEXT,
    content_sha256 TEXT,
    content_size_bytes INTEGER,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    redacted_at TEXT,
    redacted_by TEXT
);
CREATE INDEX IF NOT EXISTS memory_versions_of_store ON memory_versions (store_id, seq);
CREATE INDEX IF NOT EXISTS memory_versions_of_memory ON memory_versions (memory_id);
"""

ENDPOINTS = (
    Endpoint("GET", _PATH, list_versions, *BETAS),
    Endpoint("GET", _PATH + "/{memory_version_id}", retrieve, *BETAS),
    Endpoint("POST", _PATH + "/{memory_version_id}/redact", redact, *BETAS),
)


def _find(call: Call) -> sqlite3.Row:
    store = find_store(call.tx, call.ids["memory_store_id"])["id"]
    identifier = call.ids["memory_version_id"]
    return find_row(
        call.tx,
        "Memory version",
        "SELECT * FROM memory_versions WHERE store_id = ? AND id = ?",
        store,
        identifier,
    )


def _render(row: sqlite3.Row, view: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "memory_version",
        "memory_id": row["memory_id"],
        "memory_store_id": row["store_id"],
        "operation": row["operation"],
        "path": row["path"],
        "content": row["content"] if view == "full" else None,
        "content_sha256": row["content_sha256"],
        "content_size_bytes": row["content_size_bytes"],
        "created_at": row["created_at"],
        "created_by": json.loads(row["created_by"]),
        "redacted_at": row["redacted_at"],
        "redacted_by": json.loads(row["redacted_by"]) if row["redacted_by"] else None,
    }
