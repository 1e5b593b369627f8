"""``/v1/vaults``: containers of credentials (SDK type ``BetaManagedAgentsVault``).

Names need not be unique. Archiving a vault archives its credentials, deleting it deletes them.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from agentops.emulator.checks import Check, nullable, record, text
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import MANAGED_AGENTS, Call, Endpoint
from agentops.emulator.errors import invalid_request
from agentops.emulator.listing import INCLUDE_ARCHIVED, PAGING, Filters, page_of
from agentops.emulator.metadata import merge_metadata, metadata, metadata_patch
from agentops.emulator.rows import find_row

_display_name = text(least=1, most=255)

_create_body: Check = record(
    {"display_name": _display_name, "metadata": metadata}, required=("display_name",)
)
_update_body: Check = record({"display_name": nullable(_display_name), "metadata": nullable(metadata_patch)})


def create(call: Call) -> dict[str, Any]:
    sent = call.read_body(_create_body)
    call.read_query({})
    body = {
        "display_name": sent["display_name"],
        "metadata": merge_metadata({}, sent.get("metadata")),
    }
    identifier = new_id("vlt_")
    call.tx.execute(
        "INSERT INTO vaults (id, created_at, updated_at, body) VALUES (?, ?, ?, ?)",
        (identifier, call.now, call.now, json.dumps(body, ensure_ascii=False)),
    )
    return _render(find_vault(call.tx, identifier))


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    return _render(find_vault(call.tx, call.ids["vault_id"]))


def update(call: Call) -> dict[str, Any]:
    """Apply what was sent; null keeps what is stored. 400 on an archived vault."""
    sent = call.read_body(_update_body)
    call.read_query({})
    row = find_live_vault(call.tx, call.ids["vault_id"])
    stored = json.loads(row["body"])
    body = {
        "display_name": sent.get("display_name") or stored["display_name"],
        "metadata": merge_metadata(stored["metadata"], sent.get("metadata")),
    }
    if body != stored:
        call.tx.execute(
            "UPDATE vaults SET updated_at = ?, body = ? WHERE id = ?",
            (call.now, json.dumps(body, ensure_ascii=False), row["id"]),
        )
    return _render(find_vault(call.tx, row["id"]))


def archive(call: Call) -> dict[str, Any]:
    """Make the vault and its credentials read-only for good; archiving again changes nothing."""
    call.refuse_parameters()
    row = find_vault(call.tx, call.ids["vault_id"])
    if row["archived_at"] is None:
        moments = (call.now, call.now, row["id"])
        call.tx.execute("UPDATE vaults SET archived_at = ?, updated_at = ? WHERE id = ?", moments)
        # The table is declared with the credentials, which build on this module.
        call.tx.execute(
            "UPDATE credentials SET archived_at = ?, updated_at = ? "
            "WHERE vault_id = ? AND archived_at IS NULL",
            moments,
        )
    return _render(find_vault(call.tx, row["id"]))


def delete(call: Call) -> dict[str, Any]:
    call.refuse_parameters()
    row = find_vault(call.tx, call.ids["vault_id"])
    call.tx.execute("DELETE FROM vaults WHERE id = ?", (row["id"],))
    return {"id": row["id"], "type": "vault_deleted"}


def list_vaults(call: Call) -> dict[str, Any]:
    query = call.read_query({**PAGING, **INCLUDE_ARCHIVED})
    filters = Filters()
    filters.add_archived(query)
    return page_of(
        call, query, collection="vaults", select="SELECT * FROM vaults", filters=filters, render=_render
    )


TABLES = """
CREATE TABLE IF NOT EXISTS vaults (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    archived_at TEXT,
    body TEXT NOT NULL
);
"""

ENDPOINTS = (
    Endpoint("POST", "/v1/vaults", create, MANAGED_AGENTS),
    Endpoint("GET", "/v1/vaults", list_vaults, MANAGED_AGENTS),
    Endpoint("GET", "/v1/vaults/{vault_id}", retrieve, MANAGED_AGENTS),
    Endpoint("POST", "/v1/vaults/{vault_id}", update, MANAGED_AGENTS),
    Endpoint("POST", "/v1/vaults/{vault_id}/archive", archive, MANAGED_AGENTS),
    Endpoint("DELETE", "/v1/vaults/{vault_id}", delete, MANAGED_AGENTS),
)


def find_vault(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    """The vault's row; 404 where there is none."""
    return find_row(tx, "Vault", "SELECT * FROM vaults WHERE id = ?", identifier)


def find_live_vault(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    """The vault's row, for a change that an archived vault refuses with 400."""
    row = find_vault(tx, identifier)
    if row["archived_at"] is not None:
        raise invalid_request(f"Vault '{identifier}' is archived and cannot be changed.")
    return row


def _render(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "vault",
        **json.loads(row["body"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "archived_at": row["archived_at"],
    }
