"""``/v1/memory_stores``: containers of memories (SDK type ``BetaManagedAgentsMemoryStore``).

Names need not be unique. Deleting a store takes its memories and their versions along.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from agentops.emulator.checks import Check, nullable, record, text
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import AGENT_MEMORY, MANAGED_AGENTS, Call, Endpoint
from agentops.emulator.errors import invalid_request
from agentops.emulator.listing import CREATED_AT, INCLUDE_ARCHIVED, PAGING, Filters, page_of
from agentops.emulator.metadata import merge_metadata, metadata, metadata_patch
from agentops.emulator.rows import find_row

#: The header value these endpoints exist under, and the one that is refused beside it (API reference).
BETAS = (AGENT_MEMORY, MANAGED_AGENTS)

_name = text(
    least=1,
    most=255,
    pattern=r"[^\x00-\x1f\x7f-\x9f]+",
    hint="String should have no control characters",
)
_description = text(most=1024)

_create_body: Check = record(
    {"name": _name, "description": _description, "metadata": metadata}, required=("name",)
)
_update_body: Check = record(
    {"name": nullable(_name), "description": nullable(_description), "metadata": nullable(metadata_patch)}
)


def create(call: Call) -> dict[str, Any]:
    sent = call.read_body(_create_body)
    call.read_query({})
    body = {
        "name": sent["name"],
        "description": sent.get("description", ""),
        "metadata": merge_metadata({}, sent.get("metadata")),
    }
    identifier = new_id("memstore_")
    call.tx.execute(
        "INSERT INTO memory_stores (id, created_at, updated_at, body) VALUES (?, ?, ?, ?)",
        (identifier, call.now, call.now, json.dumps(body, ensure_ascii=False)),
    )
    return _render(find_store(call.tx, identifier))


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    return _render(find_store(call.tx, call.ids["memory_store_id"]))


def update(call: Call) -> dict[str, Any]:
    """Apply what was sent; ``""`` clears the description, null keeps what is stored."""
    sent = call.read_body(_update_body)
    call.read_query({})
    row = find_live_store(call.tx, call.ids["memory_store_id"])
    stored = json.loads(row["body"])
    replaced = {name: sent[name] for name in ("name", "description") if sent.get(name) is not None}
    body = {**stored, **replaced, "metadata": merge_metadata(stored["metadata"], sent.get("metadata"))}
    if body != stored:
        call.tx.execute(
            "UPDATE memory_stores SET updated_at = ?, body = ? WHERE id = ?",
            (call.now, json.dumps(body, ensure_ascii=False), row["id"]),
        )
    return _render(find_store(call.tx, row["id"]))


def archive(call: Call) -> dict[str, Any]:
    """Make the store and its memories read-only for good; archiving again changes nothing."""
    call.refuse_parameters()
    row = find_store(call.tx, call.ids["memory_store_id"])
    if row["archived_at"] is None:
        call.tx.execute(
            "UPDATE memory_stores SET archived_at = ?, updated_at = ? WHERE id = ?",
            (call.now, call.now, row["id"]),
        )
    return _render(find_store(call.tx, row["id"]))


def delete(call: Call) -> dict[str, Any]:
    call.refuse_parameters()
    row = find_store(call.tx, call.ids["memory_store_id"])
    call.tx.execute("DELETE FROM memory_stores WHERE id = ?", (row["id"],))
    return {"id": row["id"], "type": "memory_store_deleted"}


def list_stores(call: Call) -> dict[str, Any]:
    query = call.read_query({**PAGING, **INCLUDE_ARCHIVED, **CREATED_AT})
    filters = Filters()
    filters.add_archived(query)
    filters.add_created_at(query)
    return page_of(
        call,
        query,
        collection="memory_stores",
        select="SELECT * FROM memory_stores",
        filters=filters,
        render=_render,
    )


TABLES = """
CREATE TABLE IF NOT EXISTS memory_stores (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    archived_at TEXT,
    body TEXT NOT NULL
);
"""

ENDPOINTS = (
    Endpoint("POST", "/v1/memory_stores", create, *BETAS),
    Endpoint("GET", "/v1/memory_stores", list_stores, *BETAS),
    Endpoint("GET", "/v1/memory_stores/{memory_store_id}", retrieve, *BETAS),
    Endpoint("POST", "/v1/memory_stores/{memory_store_id}", update, *BETAS),
    Endpoint("POST", "/v1/memory_stores/{memory_store_id}/archive", archive, *BETAS),
    Endpoint("DELETE", "/v1/memory_stores/{memory_store_id}", delete, *BETAS),
)


def find_store(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    """The store's row; 404 where there is none."""
    return find_row(tx, "Memory store", "SELECT * FROM memory_stores WHERE id = ?", identifier)


def find_live_store(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    """The store's row, for a change that an archived store refuses with 400."""
    row = find_store(tx, identifier)
    if row["archived_at"] is not None:
        raise invalid_request(f"Memory store '{identifier}' is archived and read-only.")
    return row


def _render(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "memory_store",
        **json.loads(row["body"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "archived_at": row["archived_at"],
    }
