"""Rows that a request names."""

from __future__ import annotations

import sqlite3

from agentops.emulator.errors import not_found


def find_row(
    tx: sqlite3.Connection, what: str, query: str, *parameters: str | int, named: str = ""
) -> sqlite3.Row:
    """The row that ``query`` finds. 404 where there is none: it says ``what`` was looked for, by the name
    ``named``, which is the last of ``parameters`` where nothing else is given."""
    row: sqlite3.Row | None = tx.execute(query, parameters).fetchone()
    if row is None:
        raise not_found(what, named or str(parameters[-1]))
    return row
