"""The text of a lock: JSON with sorted keys, one field per line, so that git can show and merge it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

from agentops.domain.diagnostics import Diagnostic, Location, Stop
from agentops.domain.state import Lock, LockEntry
from agentops.lockfile.problems import check_version, conflict, damaged_lock

LOCK_VERSION = 1

Document = dict[str, Any]

_CONFLICT_MARKER = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: |\r?$)", re.MULTILINE)
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],]')


@dataclass(frozen=True, slots=True)
class Recorded:
    """A lock as its file has it: ``document`` with members we do not know; None where there is no file."""

    lock: Lock
    document: Document | None = None

    @property
    def digest(self) -> str | None:
        return None if self.document is None else digest_of(self.document)


def parse(raw: bytes, name: str) -> Recorded:
    """Raises Stop, with the place, for whatever is no lock that this version can read."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise Stop(damaged_lock("it is not UTF-8 text", Location(name, line))) from None
    if (marker := _CONFLICT_MARKER.search(text)) is not None:
        raise Stop(conflict(_location(text, marker.start(), name)))
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as problem:
        place = Location(name, problem.lineno, problem.colno)
        raise Stop(damaged_lock(f"it is not JSON: {problem.msg}", place)) from None
    except _DuplicateKey as twice:
        place = _location(text, _offset_of_duplicate(text), name)
        raise Stop(damaged_lock(f"the key '{twice}' stands twice in one object", place)) from None
    except (ValueError, RecursionError):
        raise Stop(damaged_lock("it is not JSON that can be read", Location(name))) from None
    if not isinstance(document, dict):
        raise Stop(damaged_lock("it is not a JSON object", Location(name)))
    check_version(document.get("version"), LOCK_VERSION, name)
    try:
        return Recorded(Lock.model_validate(document), document)
    except ValueError as invalid:
        faults = cast("_Invalid", invalid).errors()
        raise Stop(*(_fault(text, fault["loc"], fault["msg"], name) for fault in faults)) from None


class _Invalid(Protocol):
    """What the domain's models raise, without importing what they are made with."""

    def errors(self) -> list[dict[str, Any]]: ...


class _DuplicateKey(Exception):
    pass


def _unique(members: list[tuple[str, Any]]) -> Document:
    found: Document = {}
    for key, value in members:
        if key in found:
            raise _DuplicateKey(key)
        found[key] = value
    return found


def _keys_in(text: str) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Every member of a JSON text: its path and where its key stands."""
    path: list[Any] = []  # per open object its current key, None before one; per open array its index
    for token in _TOKEN.finditer(text):
        match token[0][0]:
            case "{":
                path.append(None)
            case "[":
                path.append(0)
            case "}" | "]":
                path.pop()
            case ",":
                path[-1] = path[-1] + 1 if isinstance(path[-1], int) else None
            case _ if path and path[-1] is None:
                path[-1] = json.loads(token[0], strict=False)
                yield tuple(path), token.start()


def _offset_of_duplicate(text: str) -> int:
    seen = set()
    for path, offset in _keys_in(text):
        if path in seen:
            return offset
        seen.add(path)
    return 0


def _fault(text: str, path: tuple[str | int, ...], message: str, name: str) -> Diagnostic:
    """``path`` may lead to a member that is missing: then the nearest that contains it is shown."""
    offset = max((start for at, start in _keys_in(text) if at == path[: len(at)]), default=0)
    where = ".".join(str(step) for step in path) or "the lock"
    return damaged_lock(f"{where}: {message}", _location(text, offset, name))


def document_of(lock: Lock, before: Document | None) -> Document:
    """What to write. Members of ``before`` that we do not know are kept: at the top, and in every entry
    that still has the same ID."""
    document = pruned(lock.model_dump(mode="json"))
    resources = document.setdefault("resources", {})
    known = before or {}
    for address, entry in resources.items():
        former = known.get("resources", {}).get(address, {})
        if former.get("id") == entry["id"]:
            _keep_unknown(entry, former, LockEntry.model_fields)
    _keep_unknown(document, known, Lock.model_fields)
    return document


def _keep_unknown(document: Document, former: Document, ours: Mapping[str, object]) -> None:
    document.update({key: value for key, value in former.items() if key not in ours})


def pruned(document: Document) -> Document:
    """Without members that say nothing: null, false and empty ones read back as what they were."""
    members = {key: pruned(value) if isinstance(value, dict) else value for key, value in document.items()}
    return {
        key: value for key, value in members.items() if value is not False and value not in (None, {}, [])
    }


def text_of(document: Document) -> bytes:
    text = json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False)
    # A lone surrogate can only come from a JSON escape, and becomes that escape again.
    return f"{text}\n".encode("utf-8", "backslashreplace")


def digest_of(document: Document) -> str:
    """Of the content: a formatter or another line ending does not change it."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _location(text: str, offset: int, name: str) -> Location:
    line_start = text.rfind("\n", 0, offset) + 1
    return Location(name, text.count("\n", 0, offset) + 1, offset - line_start + 1)
