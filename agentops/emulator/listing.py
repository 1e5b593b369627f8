"""List endpoints: filters that several share, and cursor paging.

A page is ``{"data": [...], "next_page": "page_..." | null}``. The cursor holds the position of
the page's last item, not an offset, so that rows inserted meanwhile neither repeat nor hide
one. Lists are newest first; the API reference states that for vaults, files and memory
versions only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from agentops.emulator.checks import Check, flag, moment, number, text
from agentops.emulator.endpoint import Call
from agentops.emulator.errors import invalid_request

DEFAULT_LIMIT = 20
MOST_LIMIT = 100

PAGING: Mapping[str, Check] = {"limit": number(least=1, most=MOST_LIMIT), "page": text(least=1)}
INCLUDE_ARCHIVED: Mapping[str, Check] = {"include_archived": flag}
CREATED_AT: Mapping[str, Check] = {"created_at[gte]": moment, "created_at[lte]": moment}

_CHECKSUM = 6


def encode_cursor(collection: str, position: int | str) -> str:
    """An opaque ``page_`` cursor for the items after ``position`` of one collection."""
    payload = json.dumps([collection, position]).encode()
    return "page_" + base64.urlsafe_b64encode(_checksum(payload) + payload).decode().rstrip("=")


def decode_cursor(collection: str, cursor: str) -> Any:
    """The position in a cursor of the same collection; anything else is a 400."""
    encoded = cursor.removeprefix("page_")
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        checksum, payload = raw[:_CHECKSUM], raw[_CHECKSUM:]
        if checksum == _checksum(payload):
            owner, position = json.loads(payload)
            if owner == collection:
                return position
    except (binascii.Error, ValueError):
        pass
    raise invalid_request("page: the cursor is invalid; pass the next_page of a previous response")


def _checksum(payload: bytes) -> bytes:
    return hashlib.sha256(b"agentops cursor" + payload).digest()[:_CHECKSUM]


class Filters:
    """The WHERE clause of one list call, built condition by condition."""

    def __init__(self) -> None:
        self.conditions: list[str] = []
        self.values: list[Any] = []

    def add(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values.extend(values)

    def add_created_at(self, query: Mapping[str, Any]) -> None:
        for name, operator in (("created_at[gte]", ">="), ("created_at[lte]", "<=")):
            if name in query:
                self.add(f"created_at {operator} ?", query[name])

    def add_archived(self, query: Mapping[str, Any]) -> None:
        if not query.get("include_archived", False):
            self.add("archived_at IS NULL")


def page_of(
    call: Call,
    query: Mapping[str, Any],
    *,
    collection: str,
    select: str,
    filters: Filters,
    render: Callable[[Any], dict[str, Any]],
    order: str = "seq",
    most: int = MOST_LIMIT,
) -> dict[str, Any]:
    """One page, newest first, of ``select`` (a FROM clause with its columns) ordered by ``order``."""
    limit = min(query.get("limit", DEFAULT_LIMIT), most)
    if "page" in query:
        filters.add(f"{order} < ?", decode_cursor(collection, query["page"]))
    where = f" WHERE {' AND '.join(filters.conditions)}" if filters.conditions else ""
    # One row more than asked for tells whether there is a next page.
    statement = f"{select}{where} ORDER BY {order} DESC LIMIT ?"
    rows: Sequence[Any] = call.tx.execute(statement, [*filters.values, limit + 1]).fetchall()
    data = [render(row) for row in rows[:limit]]
    if len(rows) <= limit:
        return {"data": data, "next_page": None}
    last = rows[limit - 1][order.rpartition(".")[2]]
    return {"data": data, "next_page": encode_cursor(collection, last)}
