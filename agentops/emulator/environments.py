"""``/v1/environments``: the sandboxes sessions run in (SDK type ``BetaEnvironment``).

Not versioned. The embedded registry starts no sessions, so nothing ever stands in the way of a
delete, and its ``/work`` queue for self-hosted workers is not served.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from agentops.emulator.checks import (
    Check,
    array,
    boolean,
    nullable,
    one_of,
    record,
    refuse,
    tagged,
    text,
    then,
    typed,
)
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import MANAGED_AGENTS, Call, Endpoint
from agentops.emulator.errors import conflict, invalid_request
from agentops.emulator.listing import INCLUDE_ARCHIVED, PAGING, Filters, page_of
from agentops.emulator.metadata import merge_metadata, metadata, metadata_patch
from agentops.emulator.rows import find_row

PACKAGE_MANAGERS = ("apt", "cargo", "gem", "go", "npm", "pip")

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
host_pattern = text(
    most=255,
    pattern=rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*",
    hint="Input should be a host name such as api.example.com or *.example.com, without scheme, port or path",
)
_strings = nullable(array(text(least=1)))

_networking = tagged(
    {
        "unrestricted": typed("unrestricted"),
        "limited": typed(
            "limited",
            {
                "allow_mcp_servers": nullable(boolean),
                "allow_package_managers": nullable(boolean),
                "allowed_hosts": nullable(array(host_pattern)),
            },
        ),
    }
)
_packages = record({"type": one_of("packages"), **dict.fromkeys(PACKAGE_MANAGERS, _strings)})
_config = tagged(
    {
        "cloud": typed("cloud", {"networking": nullable(_networking), "packages": nullable(_packages)}),
        "self_hosted": typed("self_hosted"),
    }
)


def _organization_only(scope: str, at: str) -> str:
    if scope != "organization":
        refuse(at, "API organizations support only 'organization'")
    return scope


_MEMBERS: dict[str, Check] = {
    "config": nullable(_config),
    "description": nullable(text()),
    "scope": nullable(then(one_of("organization", "account"), _organization_only)),
}
_create_body = record({**_MEMBERS, "name": text(least=1), "metadata": metadata}, required=("name",))
_update_body = record({**_MEMBERS, "name": nullable(text(least=1)), "metadata": metadata_patch})


def create(call: Call) -> dict[str, Any]:
    sent = call.read_body(_create_body)
    call.read_query({})
    identifier = new_id("env_")
    body = {
        "name": sent["name"],
        "description": sent.get("description"),
        "config": merge_config(None, sent.get("config")),
        "scope": "organization",
        "metadata": merge_metadata({}, sent.get("metadata"), error_code="invalid_metadata"),
    }
    _refuse_taken_name(call.tx, sent["name"], identifier)
    call.tx.execute(
        "INSERT INTO environments (id, name, created_at, updated_at, body) VALUES (?, ?, ?, ?, ?)",
        (identifier, sent["name"], call.now, call.now, json.dumps(body, ensure_ascii=False)),
    )
    return _render(_find(call.tx, identifier))


def retrieve(call: Call) -> dict[str, Any]:
    call.read_query({})
    return _render(_find(call.tx, call.ids["environment_id"]))


def update(call: Call) -> dict[str, Any]:
    """Merge what was sent, ``config`` level by level; null for ``name`` or ``config`` keeps it.

    Raises 400 ``environment_archived``, 400 ``invalid_config_type_change``, 409 for a taken name.
    """
    sent = call.read_body(_update_body)
    call.read_query({})
    row = _find(call.tx, call.ids["environment_id"])
    if row["archived_at"] is not None:
        raise invalid_request(
            f"Environment '{row['id']}' is archived and cannot be updated.", error_code="environment_archived"
        )
    stored = json.loads(row["body"])
    body = {
        **stored,
        "name": sent.get("name") or stored["name"],
        "description": sent.get("description", stored["description"]),
        "config": merge_config(stored["config"], sent.get("config")),
        "metadata": merge_metadata(
            stored["metadata"], sent.get("metadata"), empty_deletes=True, error_code="invalid_metadata"
        ),
    }
    if body == stored:
        return _render(row)
    _refuse_taken_name(call.tx, body["name"], row["id"])
    call.tx.execute(
        "UPDATE environments SET name = ?, updated_at = ?, body = ? WHERE id = ?",
        (body["name"], call.now, json.dumps(body, ensure_ascii=False), row["id"]),
    )
    return _render(_find(call.tx, row["id"]))


def archive(call: Call) -> dict[str, Any]:
    """Make the environment read-only for good and free its name; archiving again changes nothing."""
    call.refuse_parameters()
    row = _find(call.tx, call.ids["environment_id"])
    if row["archived_at"] is None:
        call.tx.execute(
            "UPDATE environments SET archived_at = ?, updated_at = ? WHERE id = ?",
            (call.now, call.now, row["id"]),
        )
    return _render(_find(call.tx, row["id"]))


def delete(call: Call) -> dict[str, Any]:
    call.refuse_parameters()
    row = _find(call.tx, call.ids["environment_id"])
    call.tx.execute("DELETE FROM environments WHERE id = ?", (row["id"],))
    return {"id": row["id"], "type": "environment_deleted"}


def list_environments(call: Call) -> dict[str, Any]:
    query = call.read_query({**PAGING, **INCLUDE_ARCHIVED})
    filters = Filters()
    filters.add_archived(query)
    return page_of(
        call,
        query,
        collection="environments",
        select="SELECT * FROM environments",
        filters=filters,
        render=_render,
    )


TABLES = """
CREATE TABLE IF NOT EXISTS environments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    archived_at TEXT,
    body TEXT NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS live_environment_names ON environments (name) WHERE archived_at IS NULL;
"""

ENDPOINTS = (
    Endpoint("POST", "/v1/environments", create, MANAGED_AGENTS),
    Endpoint("GET", "/v1/environments", list_environments, MANAGED_AGENTS),
    Endpoint("GET", "/v1/environments/{environment_id}", retrieve, MANAGED_AGENTS),
    Endpoint("POST", "/v1/environments/{environment_id}", update, MANAGED_AGENTS),
    Endpoint("POST", "/v1/environments/{environment_id}/archive", archive, MANAGED_AGENTS),
    Endpoint("DELETE", "/v1/environments/{environment_id}", delete, MANAGED_AGENTS),
)


def merge_config(stored: Mapping[str, Any] | None, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    """The stored config with ``sent`` merged in, complete as the API returns it.

    "On update, omitted fields preserve the existing value" (SDK types ``BetaCloudConfigParams``,
    ``BetaLimitedNetworkParams``); null is their default and counts as omitted. Lists replace. No
    config at all on create means the cloud defaults.
    """
    sent = sent or {"type": stored["type"] if stored else "cloud"}
    if stored is not None and sent["type"] != stored["type"]:
        raise invalid_request(
            f"config.type: cannot change from '{stored['type']}' to '{sent['type']}'",
            error_code="invalid_config_type_change",
        )
    if sent["type"] == "self_hosted":
        return {"type": "self_hosted"}
    base = stored or {}
    networking = _merge_networking(base.get("networking"), sent.get("networking"))
    packages = _merge_packages(base.get("packages"), sent.get("packages"))
    wants_packages = any(packages[manager] for manager in PACKAGE_MANAGERS)
    if wants_packages and not networking.get("allow_package_managers", True):
        refuse(
            "config.networking.allow_package_managers",
            "must be true when packages are specified under 'limited'",
        )
    return {"type": "cloud", "networking": networking, "packages": packages}


def _merge_networking(stored: Mapping[str, Any] | None, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    sent = sent or stored or {"type": "unrestricted"}
    if sent["type"] == "unrestricted":
        return {"type": "unrestricted"}
    base = stored if stored is not None and stored["type"] == "limited" else {}
    defaults = {"allow_mcp_servers": False, "allow_package_managers": False, "allowed_hosts": []}
    return {"type": "limited", **_overlay({**defaults, **base}, sent)}


def _merge_packages(stored: Mapping[str, Any] | None, sent: Mapping[str, Any] | None) -> dict[str, Any]:
    none: dict[str, list[str]] = {manager: [] for manager in PACKAGE_MANAGERS}
    return {"type": "packages", **_overlay(stored or none, sent or {})}


def _overlay(base: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if sent.get(name) is None else sent[name]
        for name, value in base.items()
        if name != "type"
    }


def _refuse_taken_name(tx: sqlite3.Connection, name: str, identifier: str) -> None:
    taken = tx.execute(
        "SELECT id FROM environments WHERE name = ? AND archived_at IS NULL AND id != ?", (name, identifier)
    ).fetchone()
    if taken is not None:
        raise conflict(f"An environment named '{name}' exists already: {taken['id']}.")


def _find(tx: sqlite3.Connection, identifier: str) -> sqlite3.Row:
    return find_row(tx, "Environment", "SELECT * FROM environments WHERE id = ?", identifier)


def _render(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "environment",
        # In no published type; the digests of published lock files hold it (docs/fidelity.md).
        "state": "active" if row["archived_at"] is None else "archived",
        **json.loads(row["body"]),
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "archived_at": row["archived_at"],
    }
