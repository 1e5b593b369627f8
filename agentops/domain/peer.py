"""What ``claude-lock.json`` records, the lock of the official tool, and how its digests are made.

With them a project that was managed by that tool is taken over without guessing: they tell whether a file or
the registry has moved since its last apply. Reproduced from published lock files and what they record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from agentops.domain.canonical import canonical_json
from agentops.domain.resource import Body

PEER_LOCK = "claude-lock.json"
PEER_LOCK_VERSION = 1

_HEX = 32
_SERVER_OWN = frozenset({"id", "type", "created_at", "updated_at", "archived_at", "version", "vault_id"})
_OF_DEPLOYMENTS = frozenset({"status", "paused_reason"})
_OF_SCHEDULES = frozenset({"last_run_at", "upcoming_runs_at"})


class PeerEntry(BaseModel):
    """One resource. ``hash`` is of the body that was sent, ``remote_hash`` of the object that came back."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    id: str
    version: str | None = None
    hash: str | None = None
    remote_hash: str | None = None
    revision: str | None = None
    subpath: str | None = None


class PeerOrigin(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    base_url: str
    organization_id: str | None = None
    workspace_id: str | None = None


class PeerLock(BaseModel):
    """The file: by key (``./`` and the path from its directory, or a URL) what each resource is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int
    origin: PeerOrigin | None = None
    resources: dict[str, PeerEntry] = {}


def body_hash(body: Body) -> str:
    """The digest of a body that is sent: 32 hex digits."""
    return _digest(body)


def answer_hash(live: Body) -> str:
    """The digest of an object that came back: without what the server computes and without empty members."""
    return _digest(_without_empty(_without_computed(live)))


def skill_hash(directory: str, title: str, files: Mapping[str, bytes]) -> str:
    """The digest of a skill's directory, by its name, the title it is shown under and its files."""
    made = hashlib.sha256(f"dir:{directory}\0title:{title}\0".encode())
    for path, content in sorted(files.items()):
        made.update(f"path:{path}\0size:{len(content)}\0".encode())
        made.update(content + b"\0")
    return made.hexdigest()[:_HEX]


def _digest(value: Any) -> str:
    text = canonical_json(value)
    # Go's encoder escapes these, and no others that JSON allows to stand.
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    raw = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(b"%d:%s" % (len(raw), raw)).hexdigest()[:_HEX]


def _without_computed(live: Body) -> Body:
    own = _SERVER_OWN | _OF_DEPLOYMENTS if live.get("type") == "deployment" else _SERVER_OWN
    kept = {key: value for key, value in live.items() if key not in own}
    if isinstance(schedule := kept.get("schedule"), Mapping):
        kept["schedule"] = {key: value for key, value in schedule.items() if key not in _OF_SCHEDULES}
    return kept


def _without_empty(value: Any) -> Any:
    if isinstance(value, Mapping):
        members = {key: _without_empty(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member not in (None, "", [], {})}
    if isinstance(value, list):
        return [_without_empty(member) for member in value]
    return value
