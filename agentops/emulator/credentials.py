"""``/v1/vaults/{id}/credentials``: what a vault holds (SDK type ``BetaManagedAgentsCredential``).

Secrets are not kept, see :mod:`agentops.emulator.credential_auth`. So there is nothing that archiving would
have to purge, and nothing that could be probed: ``mcp_oauth_validate`` answers ``unknown``.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from agentops.emulator.checks import Check, nullable, record, text
from agentops.emulator.credential_auth import (
    auth_create,
    auth_update,
    brings_secret,
    created_auth,
    key_of,
    updated_auth,
)
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import MANAGED_AGENTS, Call, Endpoint
from agentops.emulator.errors import conflict, invalid_request
from agentops.emulator.listing import INCLUDE_ARCHIVED, PAGING, Filters, page_of
from agentops.emulator.metadata import merge_metadata, metadata, metadata_patch
from agentops.emulator.rows import find_row
from agentops.emulator.vaults import find_live_vault, find_vault

MOST_CREDENTIALS = 20

_create_body: Check = record(
    {"auth": auth_create, "display_name": nullable(text(most=255)), "metadata": metadata}, required=("auth",)
)
_update_body: Check = record(
    {
        "auth": auth_update,
        "display_name": nullable(text(least=1, most=255)),
        "metadata": nullable(metadata_patch),
    }
)


def create(call: Call) -> dict[str, Any]:
    """A new credential; 409 while an active one of the vault has the same key, 400 when the vault is full."""
    sent = call.read_body(_create_body)
    call.read_query({})
    vault = find_live_vault(call.tx, call.ids["vault_id"])["id"]
    auth = created_auth(sent["auth"], call.now)
    member, value = key_of(auth)
    _refuse_taken_key(call.tx, vault, member, value)
    (count,) = call.tx.execute(
        "SELECT count(*) FROM credentials WHERE vault_id = ? AND archived_at IS NULL", (vault,)
    ).fetchone()
    if count >= MOST_CREDENTIALS:
        raise invalid_request(
            f"Vault '{vault}' holds {count} active credentials, the most a vault can hold. "
            "Archive one of them, or use another vault."
        )
    body = {
        "auth": auth,
        "display_name": sent.get("display_name"),
        "metadata": merge_metadata({}, sent.get("metadata")),
    }
    identifier = new_id("vcrd_")
    call.tx.execute(
        "INSERT INTO credentials (id, vault_id, key_member, key_value, created_at, updated_at, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (identifier, vault, member, value, call.now, call.now, json.dumps(body, ensure_ascii=False)),
    )
    return _render(_find(call.tx, vault, identifier))


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    return _render(_find_in_path(call))


def update(call: Call) -> dict[str, Any]:
    """Apply what was sent; null keeps what is stored. 400 on an archived credential."""
    sent = call.read_body(_update_body)
    call.read_query({})
    row = _find_in_path(call)
    _refuse_archived(row)
    stored = json.loads(row["body"])
    body = {
        "auth": updated_auth(stored["auth"], sent["auth"], call.now) if "auth" in sent else stored["auth"],
        "display_name": sent.get("display_name") or stored["display_name"],
        "metadata": merge_metadata(stored["metadata"], sent.get("metadata")),
    }
    if body != stored or brings_secret(sent.get("auth")):
        call.tx.execute(
            "UPDATE credentials SET updated_at = ?, body = ? WHERE id = ?",
            (call.now, json.dumps(body, ensure_ascii=False), row["id"]),
        )
    return _render(_find(call.tx, row["vault_id"], row["id"]))


def archive(call: Call) -> dict[str, Any]:
    """Make the credential read-only for good and free its key; archiving again changes nothing."""
    call.refuse_parameters()
    row = _find_in_path(call)
    if row["archived_at"] is None:
        call.tx.execute(
            "UPDATE credentials SET archived_at = ?, updated_at = ? WHERE id = ?",
            (call.now, call.now, row["id"]),
        )
    return _render(_find(call.tx, row["vault_id"], row["id"]))


def delete(call: Call) -> dict[str, Any]:
    call.refuse_parameters()
    row = _find_in_path(call)
    call.tx.execute("DELETE FROM credentials WHERE id = ?", (row["id"],))
    return {"id": row["id"], "type": "vault_credential_deleted"}


def validate(call: Call) -> dict[str, Any]:
    """What a probe found out (SDK type ``BetaManagedAgentsCredentialValidation``): nothing.

    There is no access token to test and no server is called, which the type expresses as ``unknown`` with
    neither a failed probe nor an attempted refresh. 400 for credentials that are no OAuth, or archived.
    """
    call.refuse_parameters()
    row = _find_in_path(call)
    _refuse_archived(row)
    auth = json.loads(row["body"])["auth"]
    if auth["type"] != "mcp_oauth":
        raise invalid_request(
            f"Credential '{row['id']}' is of type '{auth['type']}'; only 'mcp_oauth' can be validated."
        )
    return {
        "type": "vault_credential_validation",
        "credential_id": row["id"],
        "vault_id": row["vault_id"],
        "status": "unknown",
        "has_refresh_token": auth["refresh"] is not None,
        "mcp_probe": None,
        "refresh": None,
        "validated_at": call.now,
    }


def list_credentials(call: Call) -> dict[str, Any]:
    query = call.read_query({**PAGING, **INCLUDE_ARCHIVED})
    vault = find_vault(call.tx, call.ids["vault_id"])["id"]
    filters = Filters()
    filters.add("vault_id = ?", vault)
    filters.add_archived(query)
    return page_of(
        call,
        query,
        collection=f"vaults/{vault}/credentials",
        select="SELECT * FROM credentials",
        filters=filters,
        render=_render,
    )


TABLES = """
CREATE TABLE IF NOT EXISTS credentials (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    vault_id TEXT NOT NULL REFERENCES vaults (id) ON DELETE CASCADE,
    key_member TEXT NOT NULL,
    key_value TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    archived_at TEXT,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS active_credential_keys ON credentials (vault_id, key_member, key_value)
    WHERE archived_at IS NULL;
"""

_PATH = "/v1/vaults/{vault_id}/credentials"
ENDPOINTS = (
    Endpoint("POST", _PATH, create, MANAGED_AGENTS),
    Endpoint("GET", _PATH, list_credentials, MANAGED_AGENTS),
    Endpoint("GET", _PATH + "/{credential_id}", retrieve, MANAGED_AGENTS),
    Endpoint("POST", _PATH + "/{credential_id}", update, MANAGED_AGENTS),
    Endpoint("POST", _PATH + "/{credential_id}/archive", archive, MANAGED_AGENTS),
    Endpoint("DELETE", _PATH + "/{credential_id}", delete, MANAGED_AGENTS),
    Endpoint("POST", _PATH + "/{credential_id}/mcp_oauth_validate", validate, MANAGED_AGENTS),
)


def _refuse_taken_key(tx: sqlite3.Connection, vault: str, member: str, value: str) -> None:
    taken = tx.execute(
        "SELECT id FROM credentials "
        "WHERE vault_id = ? AND key_member = ? AND key_value = ? AND archived_at IS NULL",
        (vault, member, value),
    ).fetchone()
    if taken is not None:
        raise conflict(
            f"Vault '{vault}' has an active credential with this {member} already: {taken['id']}. "
            "Update that one, or archive it first."
        )


def _refuse_archived(row: sqlite3.Row) -> None:
    if row["archived_at"] is not None:
        raise invalid_request(f"Credential '{row['id']}' is archived; its secret is gone for good.")


def _find_in_path(call: Call) -> sqlite3.Row:
    vault = find_vault(call.tx, call.ids["vault_id"])["id"]
    return _find(call.tx, vault, call.ids["credential_id"])


def _find(tx: sqlite3.Connection, vault: str, identifier: str) -> sqlite3.Row:
    return find_row(
        tx, "Credential", "SELECT * FROM credentials WHERE vault_id = ? AND id = ?", vault, identifier
    )


def _render(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "vault_credential",
        "vault_id": row["vault_id"],
        **json.loads(row["body"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "archived_at": row["archived_at"],
    }
