"""Reads ``claude-lock.json``, the lock of the official tool."""

from __future__ import annotations

import json
from pathlib import Path

from agentops.domain.diagnostics import Code, Diagnostic, Location, Stop, error
from agentops.domain.peer import PEER_LOCK_VERSION, PeerLock
from agentops.lockfile.problems import reading


def read_peer_lock(path: Path, name: str) -> PeerLock:
    """The lock in a file; ``name`` is what to call it.

    Raises:
        Stop: it cannot be read, is no such lock, or has a newer version.
    """
    with reading(name):
        raw = path.read_bytes()
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("resources"), dict):
        raise Stop(
            _no_lock(name, "it has no `resources`" if isinstance(document, dict) else "it is not JSON")
        )
    version = document.get("version")
    if isinstance(version, int) and version > PEER_LOCK_VERSION:
        raise Stop(
            error(
                Code.LOCK,
                f"{name} has version {version}; this version of agentops reads {PEER_LOCK_VERSION}",
                "upgrade agentops",
                location=Location(name),
            )
        )
    try:
        return PeerLock.model_validate(document)
    except ValueError:
        raise Stop(_no_lock(name, "an entry has no `kind` or no `id`")) from None


def _no_lock(name: str, why: str) -> Diagnostic:
    return error(
        Code.LOCK,
        f"{name} is no lock of `ant apply`: {why}",
        "name the file that tool wrote, claude-lock.json",
        location=Location(name),
    )
