"""``/v1/memory_stores/{id}/memories``: text documents at paths (SDK type ``BetaManagedAgentsMemory``).

A memory's id stays when its path changes. Every change adds a memory version.
"""

from __future__ import annotations

import hashlib
import sqlite3
import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

from agentops.emulator.checks import Check, nullable, one_of, record, refuse, text, typed
from agentops.emulator.database import new_id
from agentops.emulator.endpoint import Call, Endpoint
from agentops.emulator.errors import ApiError, invalid_request
from agentops.emulator.listing import DEFAULT_LIMIT, PAGING, decode_cursor, encode_cursor
from agentops.emulator.memory_stores import BETAS, find_live_store, find_store
from agentops.emulator.memory_versions import MOST_FULL, VIEW, record_version
from agentops.emulator.rows import find_row

MOST_MEMORIES = 2000
MOST_CONTENT_BYTES = 102_400
MOST_PATH_BYTES = 1024
MOST_SEGMENTS = 20

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp"})


def _path(value: Any, at: str) -> str:
    path: str = text()(value, at)
    if not path.startswith("/"):
        refuse(at, "a path starts with '/'")
    if len(path.encode()) > MOST_PATH_BYTES:
        refuse(at, f"a path has at most {MOST_PATH_BYTES} bytes")
    segments = path[1:].split("/")
    if len(segments) > MOST_SEGMENTS:
        refuse(at, f"a path has at most {MOST_SEGMENTS} segments")
    if any(segment in ("", ".", "..") for segment in segments):
        refuse(at, "a segment of a path cannot be empty, '.' or '..'")
    if any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in path):
        refuse(at, "a path cannot have control or format characters or line separators")
    if not unicodedata.is_normalized("NFC", path):
        refuse(at, "a path is in Unicode Normalization Form C")
    return path


def _content(value: Any, at: str) -> str:
    content: str = text()(value, at)
    if len(content.encode()) > MOST_CONTENT_BYTES:
        refuse(at, f"content has at most {MOST_CONTENT_BYTES} bytes")
    return content


_sha256 = text(pattern="[0-9a-f]{64}", hint="Input should be 64 lowercase hexadecimal characters")
_precondition = typed("content_sha256", {"content_sha256": _sha256}, required=("content_sha256",))

_create_body: Check = record({"path": _path, "content": nullable(_content)}, required=("path", "content"))
_update_body: Check = record(
    {"path": nullable(_path), "content": nullable(_content), "precondition": _precondition}
)


def create(call: Call) -> dict[str, Any]:
    """A new memory; a taken path is a 409 and nothing is overwritten. Null content is empty content."""
    sent = call.read_body(_create_body)
    query = call.read_query(VIEW)
    store = find_live_store(call.tx, call.ids["memory_store_id"])["id"]
    _refuse_taken_path(call.tx, store, sent["path"], None)
    (count,) = call.tx.execute("SELECT count(*) FROM memories WHERE store_id = ?", (store,)).fetchone()
    if count >= MOST_MEMORIES:
        raise invalid_request(f"Memory store '{store}' holds {count} memories, the most a store can hold.")
    identifier = new_id("mem_")
    state = _state(sent["path"], sent["content"] or "")
    version = record_version(call, store, identifier, "created", state)
    call.tx.execute(
        "INSERT INTO memories (id, store_id, path, content, content_sha256, content_size_bytes, "
        "memory_version_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (identifier, store, *state.values(), version, call.now, call.now),
    )
    return _render(_find(call.tx, store, identifier), query.get("view", "basic"))


def retrieve(call: Call) -> dict[str, Any]:
    query = call.read_query(VIEW)
    row = _find(call.tx, find_store(call.tx, call.ids["memory_store_id"])["id"], call.ids["memory_id"])
    return _render(row, query.get("view", "full"))


def update(call: Call) -> dict[str, Any]:
    """Change content, path or both.

    When the memory already is what the request asks for, that is the answer, whatever the
    precondition says; otherwise a failed precondition or a taken path is a 409.
    """
    sent = call.read_body(_update_body)
    query = call.read_query(VIEW)
    store = find_live_store(call.tx, call.ids["memory_store_id"])["id"]
    row = _find(call.tx, store, call.ids["memory_id"])
    path = row["path"] if sent.get("path") is None else sent["path"]
    content = row["content"] if sent.get("content") is None else sent["content"]
    if (path, content) != (row["path"], row["content"]):
        if "precondition" in sent:
            _check_precondition(row, sent["precondition"]["content_sha256"])
        _refuse_taken_path(call.tx, store, path, row["id"])
        state = _state(path, content)
        version = record_version(call, store, row["id"], "modified", state)
        call.tx.execute(
            "UPDATE memories SET path = ?, content = ?, content_sha256 = ?, content_size_bytes = ?, "
            "memory_version_id = ?, updated_at = ? WHERE id = ?",
            (*state.values(), version, call.now, row["id"]),
        )
    return _render(_find(call.tx, store, row["id"]), query.get("view", "basic"))


def delete(call: Call) -> dict[str, Any]:
    """Delete by id, also in an archived store; the versions stay."""
    query = call.read_query({"expected_content_sha256": _sha256})
    store = find_store(call.tx, call.ids["memory_store_id"])["id"]
    row = _find(call.tx, store, call.ids["memory_id"])
    if "expected_content_sha256" in query:
        _check_precondition(row, query["expected_content_sha256"])
    record_version(call, store, row["id"], "deleted", {"path": row["path"]})
    call.tx.execute("DELETE FROM memories WHERE id = ?", (row["id"],))
    return {"id": row["id"], "type": "memory_deleted"}


def _prefix(value: str, at: str) -> str:
    if not value.startswith("/") or not value.endswith("/"):
        refuse(at, "a path prefix starts and ends with '/'")
    return value


def _depth(value: str, at: str) -> int:
    return int(one_of("0", "1")(value, at))


_LIST_QUERY: Mapping[str, Check] = {**PAGING, **VIEW, "path_prefix": _prefix, "depth": _depth}


def list_memories(call: Call) -> dict[str, Any]:
    """Memories in path order; with ``depth=1`` deeper ones are rolled up into ``memory_prefix`` items."""
    query = call.read_query(_LIST_QUERY)
    store = find_store(call.tx, call.ids["memory_store_id"])["id"]
    view = query.get("view", "basic")
    prefix = query.get("path_prefix", "/")
    limit = query.get("limit", DEFAULT_LIMIT)
    if view == "full":
        limit = min(limit, MOST_FULL)
    collection = f"memory_stores/{store}/memories"

    paths = [path for (path,) in call.tx.execute("SELECT path FROM memories WHERE store_id = ?", (store,))]
    # A store holds at most 2000 paths: rolling them up here is simpler than in SQL, and fast.
    items = sorted(
        {_rolled_up(path, prefix, query.get("depth", 0)) for path in paths if path.startswith(prefix)}
    )
    start = bisect_right(items, decode_cursor(collection, query["page"])) if "page" in query else 0
    page = items[start : start + limit]
    more = start + limit < len(items)
    return {
        "data": [_list_item(call.tx, store, item, view) for item in page],
        "next_page": encode_cursor(collection, page[-1]) if more else None,
    }


TABLES = """
CREATE TABLE IF NOT EXISTS memories (
    id TEXT PRIMARY KEY,
    store_id TEXT NOT NULL REFERENCES memory_stores (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    content TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    content_size_bytes INTEGER NOT NULL,
    memory_version_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (store_id, path)
);
"""

ENDPOINTS = (
    Endpoint("POST", "/v1/memory_stores/{memory_store_id}/memories", create, *BETAS),
    Endpoint("GET", "/v1/memory_stores/{memory_store_id}/memories", list_memories, *BETAS),
    Endpoint("GET", "/v1/memory_stores/{memory_store_id}/memories/{memory_id}", retrieve, *BETAS),
    Endpoint("POST", "/v1/memory_stores/{memory_store_id}/memories/{memory_id}", update, *BETAS),
    Endpoint("DELETE", "/v1/memory_stores/{memory_store_id}/memories/{memory_id}", delete, *BETAS),
)


def _rolled_up(path: str, prefix: str, depth: int) -> str:
    """The list item that stands for ``path``: itself, or the directory below ``prefix`` it is in."""
    directory, slash, _ = path[len(prefix) :].partition("/")
    return f"{prefix}{directory}/" if depth == 1 and slash else path


def _list_item(tx: sqlite3.Connection, store: str, item: str, view: str) -> dict[str, Any]:
    if item.endswith("/"):
        return {"type": "memory_prefix", "path": item}
    row = tx.execute("SELECT * FROM memories WHERE store_id = ? AND path = ?", (store, item)).fetchone()
    return _render(row, view)


def _state(path: str, content: str) -> dict[str, Any]:
    encoded = content.encode()
    return {
        "path": path,
        "content": content,
        "content_sha256": hashlib.sha256(encoded).hexdigest(),
        "content_size_bytes": len(encoded),
    }


def _check_precondition(row: sqlite3.Row, expected: str) -> None:
    if row["content_sha256"] != expected:
        raise ApiError(
            409,
            "memory_precondition_failed_error",
            f"Memory '{row['id']}' has content_sha256 {row['content_sha256']}, not {expected}.",
        )


def _refuse_taken_path(tx: sqlite3.Connection, store: str, path: str, own: str | None) -> None:
    taken = tx.execute("SELECT id FROM memories WHERE store_id = ? AND path = ?", (store, path)).fetchone()
    if taken is not None and taken["id"] != own:
        raise ApiError(
            409,
            "memory_path_conflict_error",
            f"A memory exists already at '{path}'.",
            members={"conflicting_memory_id": taken["id"], "conflicting_path": path},
        )


def _find(tx: sqlite3.Connection, store: str, identifier: str) -> sqlite3.Row:
    return find_row(tx, "Memory", "SELECT * FROM memories WHERE store_id = ? AND id = ?", store, identifier)


def _render(row: sqlite3.Row, view: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "type": "memory",
        "memory_store_id": row["store_id"],
        "memory_version_id": row["memory_version_id"],
        "path": row["path"],
        "content": row["content"] if view == "full" else None,
        "content_sha256": row["content_sha256"],
        "content_size_bytes": row["content_size_bytes"],
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
    }
