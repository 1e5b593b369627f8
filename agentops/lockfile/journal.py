"""The journal of a lock that is being changed: one JSON line per step, each on disk before the next.

A journal has marks: each names by digest the lock that the lines after it build on. The first is the
lock it was begun on, another is written just before the lock is replaced. A reader looks for the last
mark that names the lock it finds and folds in what comes after: everything if a crash came before the
replacement, nothing if it came before the journal was removed. Where no mark names the lock, git has
exchanged it: an older lock gets every line, a newer one only the lines about addresses it does not know.
"""

from __future__ import annotations

import json
from pathlib import Path

from agentops.domain.address import Address
from agentops.domain.state import Intent, Lock, LockEntry
from agentops.lockfile.problems import check_version, damaged_journal
from agentops.lockfile.text import Document, Recorded, pruned

JOURNAL_VERSION = 1


def intend_line(address: Address, intent: Intent) -> Document:
    return {"op": "intend", "address": address, "intent": intent.model_dump(mode="json")}


def record_line(address: Address, entry: LockEntry | None) -> Document:
    body = None if entry is None else pruned(entry.model_dump(mode="json"))
    return {"op": "record", "address": address, "entry": body}


def withdraw_line(address: Address) -> Document:
    return {"op": "withdraw", "address": address}


def mark(serial: int, digest: str | None) -> Document:
    return {"op": "lock", "version": JOURNAL_VERSION, "serial": serial, "digest": digest}


def parse(raw: bytes, path: Path, what: str) -> list[Document]:
    """The lines, without one that a crash has cut off at the end. Raises Stop for any other damage."""
    *whole, tail = raw.split(b"\n")
    lines = []
    for number, text in enumerate(whole, start=1):
        if (line := _parse_line(text)) is None:
            raise damaged_journal(f"line {number} cannot be read", path, what)
        lines.append(line)
    # A tail that can be read only lost its newline; any other was never completed.
    if (last := _parse_line(tail)) is not None:
        lines.append(last)
    if lines:
        check_version(lines[0].get("version"), JOURNAL_VERSION, what)
        if lines[0]["op"] != "lock":
            raise damaged_journal("it does not begin with the lock it builds on", path, what)
    return lines


def _parse_line(text: bytes) -> Document | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and "op" in line else None


def has_steps(lines: list[Document]) -> bool:
    """False for marks alone: a crash may come between the first mark and the first step."""
    return any(line["op"] != "lock" for line in lines)


def after_mark(lines: list[Document], digest: str | None) -> list[Document] | None:
    """The lines that build on this lock, or None where no mark names it."""
    marks = [at for at, line in enumerate(lines) if line["op"] == "lock" and line.get("digest") == digest]
    return lines[marks[-1] + 1 :] if marks else None


def fold(recorded: Recorded, lines: list[Document]) -> Lock:
    """Raises ValueError, KeyError or TypeError for a line that says nothing we know."""
    lock = recorded.lock
    resources, intents = dict(lock.resources), dict(lock.intents)
    pending, settled = after_mark(lines, recorded.digest), frozenset[Address]()
    if pending is None:
        newer = bool(lines) and lock.serial >= lines[0]["serial"]
        pending, settled = lines, frozenset(lock.resources) if newer else settled
    for line in pending:
        if line["op"] == "lock":
            continue
        address = Address.parse(str(line["address"]))
        if address in settled:
            continue
        intents.pop(address, None)
        match line:
            case {"op": "intend", "intent": intent}:
                intents[address] = Intent.model_validate(intent)
            case {"op": "record", "entry": None}:
                resources.pop(address, None)
            case {"op": "record", "entry": entry}:
                resources[address] = LockEntry.model_validate(entry)
            case {"op": "withdraw"}:
                pass
            case _:
                raise ValueError(line["op"])
    return lock.with_changes(resources=resources, intents=intents)


def text_of(lines: list[Document]) -> bytes:
    return "".join(f"{json.dumps(line, sort_keys=True)}\n" for line in lines).encode()


def is_line(text: bytes) -> bool:
    return _parse_line(text) is not None
