"""The SQLite file behind one embedded registry.

Several processes may have the file open: it is in WAL mode, every writing request is one
``BEGIN IMMEDIATE`` transaction, so "compare the version, then write" is atomic among all of
them, and readers never wait.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import sqlite3
import string
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SCHEMA_VERSION = 1
"""Grows when a table changes. A table more is no such change: older files get it when they are opened."""

_BUSY_SECONDS = 30.0
_CREATED = re.compile(r"CREATE (?:UNIQUE )?(?:TABLE|INDEX) IF NOT EXISTS (\w+)")

_REGISTRY = """
CREATE TABLE registry (
    schema_version INTEGER NOT NULL,
    organization_id TEXT NOT NULL,
    workspace_id TEXT NOT NULL,
    api_key_id TEXT NOT NULL
);
"""


class DatabaseError(Exception):
    """The file cannot be used as an embedded registry; the message says what to do."""


class NotARegistryError(DatabaseError):
    """The file is not SQLite, or is another program's SQLite file."""


class NewerSchemaError(DatabaseError):
    """The file was written by a newer agentops."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a registry tells about itself in every response, generated once per database."""

    organization_id: str
    workspace_id: str
    api_key_id: str


class Database:
    """One registry's storage. Safe to share between threads; close it when done.

    ``tables`` are the statements ``CREATE … IF NOT EXISTS`` of the resources. Sequence numbers of rows are
    AUTOINCREMENT, which never hands one out twice, also not after a delete: list cursors rely on it.
    """

    def __init__(self, path: str | os.PathLike[str], tables: Sequence[str] = ()) -> None:
        self.path = os.fspath(path)
        self._idle: deque[sqlite3.Connection] = deque()
        self._shared = threading.RLock()
        self._writing = threading.Lock()
        self._in_memory = self.path == ":memory:"
        if not self._in_memory:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        connection = None
        try:
            connection = self._connect()
            self.identity = _open_registry(connection, self.path)
            _add_missing(connection, tables)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, sqlite3.Error):
                raise _explain(error, self.path) from error
            raise
        self._idle.append(connection)

    @contextlib.contextmanager
    def transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """One request's view of the data; committed at the end, rolled back on any exception."""
        with self._turn(write), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # SQLite itself rolls back on a full disk; then there is nothing left to undo.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close every idle connection; the last one to close checkpoints the write-ahead log."""
        while self._idle:
            self._idle.pop().close()

    def _turn(self, write: bool) -> contextlib.AbstractContextManager[object]:
        if self._in_memory:
            return self._shared
        # SQLite's own lock is polled, not queued: without this lock the writers of one process
        # would spend their time sleeping.
        return self._writing if write else contextlib.nullcontext()

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            self._idle.append(connection)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection


def _open_registry(connection: sqlite3.Connection, path: str) -> Identity:
    # Looked at before anything is changed: the file may belong to somebody else.
    identity = _read_identity(connection, path)
    if identity is None:
        _use_write_ahead_log(connection)
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have created the registry while this one waited for the lock.
        identity = _read_identity(connection, path) or _create(connection)
        connection.execute("COMMIT")
    return identity


def _explain(error: sqlite3.Error, path: str) -> DatabaseError:
    if isinstance(error, sqlite3.OperationalError):
        return DatabaseError(f"{path}: {error}. Name a file in a directory that can be written to.")
    return NotARegistryError(f"{path} is not a SQLite database. Move it away, or name another file.")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; SQLite reports a concurrent switch as locked without waiting."""
    give_up = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _read_identity(connection: sqlite3.Connection, path: str) -> Identity | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return None
    if "registry" not in tables:
        raise NotARegistryError(
            f"{path} is a SQLite database of another program. Move it away, or name another file."
        )
    row = connection.execute("SELECT * FROM registry").fetchone()
    if row["schema_version"] > SCHEMA_VERSION:
        raise NewerSchemaError(
            f"{path} has schema version {row['schema_version']}; this agentops knows up to {SCHEMA_VERSION}. "
            "Upgrade agentops, or move the file away to start with an empty registry."
        )
    return Identity(row["organization_id"], row["workspace_id"], row["api_key_id"])


def _create(connection: sqlite3.Connection) -> Identity:
    identity = Identity(str(uuid.uuid4()), new_id("wrkspc_"), new_id("apikey_"))
    connection.execute(_REGISTRY)
    connection.execute(
        "INSERT INTO registry VALUES (?, ?, ?, ?)",
        (SCHEMA_VERSION, identity.organization_id, identity.workspace_id, identity.api_key_id),
    )
    return identity


def _add_missing(connection: sqlite3.Connection, tables: Sequence[str]) -> None:
    """What a newer version of the resources keeps and the file has no place for yet."""
    wanted = [statement for each in tables for statement in each.split(";") if statement.strip()]
    names = {_CREATED.search(statement)[1]: statement for statement in wanted}  # type: ignore[index]
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not names.keys() - there:
        return
    # executescript() would commit the transaction this runs in.
    connection.execute("BEGIN IMMEDIATE")
    for statement in wanted:
        connection.execute(statement)
    connection.execute("COMMIT")


_ALPHABET = string.digits + string.ascii_letters


def new_id(prefix: str) -> str:
    """A fresh identifier in the API's form, ``agent_01`` and 22 letters and digits."""
    return f"{prefix}01{''.join(secrets.choice(_ALPHABET) for _ in range(22))}"
