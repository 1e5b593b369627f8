"""The one definition of equal.

What a file asks for and what the registry has are never equal as written: the registry fills in defaults,
resolves strings into objects and returns members of its own. Both sides are brought to the same canonical
form by the kind's description and must then be exactly equal. A difference is judged against two recorded
fingerprints: what we last sent and what the registry then returned. So an answer the registry enriched is no
change, and a console edit that widens something the file never mentions is drift.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from agentops.domain.kind import OWNER_KEY, Field, Kind
from agentops.domain.resource import Body, as_ref
from agentops.domain.secret import without_secrets

Leaves = dict[str, Any]
Fingerprints = Mapping[str, str]

ABSENT: Any = None
"""The canonical value of a leaf that is not there. ``null``, ``[]`` and ``{}`` mean the same."""


def canonical_json(value: Any) -> str:
    """JSON with one spelling: sorted keys, no spaces, UTF-8 kept, whole numbers without a fraction."""
    text = _dumped(value)
    return _dumped(_whole(value)) if ".0" in text or "e+" in text else text


def _dumped(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_whole(member) for member in value]
    return value


def same(one: Any, other: Any) -> bool:
    """Equal as JSON: unlike in Python, ``true`` is not ``1``."""
    return bool(one == other) and (isinstance(one, str) or canonical_json(one) == canonical_json(other))


def digest(value: Any) -> str:
    """SHA-256 (64 hex digits) of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()


def fingerprint(value: Any) -> str:
    """The first 32 hex digits of the digest: enough to see a change, too little to be a copy."""
    return digest(value)[:32]


def content_digest(text: str) -> str:
    """SHA-256 of the exact UTF-8 bytes, as the registry computes ``content_sha256``."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Form:
    """A body in canonical form: leaf path -> value, without leaves that hold their default.

    ``unseen`` are the fields that the body says nothing about (``Field.unseen``).
    """

    leaves: Leaves
    unseen: frozenset[str] = frozenset()

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Leaf path -> fingerprint, sorted: what a lock records."""
        return {path: fingerprint(value) for path, value in sorted(self.leaves.items())}


def form(kind: Kind, body: Body) -> Form:
    """Bring a body to its canonical form.

    Members that no field of the kind describes (timestamps, IDs, members nobody knows) are not in it, nor is
    the ownership key, nor what is sent and never compared: secrets, and what the registry moves by itself.
    """
    complete = kind.complete(body)
    if kind.secrets:
        complete = without_secrets(complete)
    found: Leaves = {}
    for name, spec in kind.fields.items():
        value = _field_value(spec, name, complete)
        if spec.foreign_keys and isinstance(value, Mapping):
            value = {key: member for key, member in value.items() if key != OWNER_KEY}
        if kind.bundle is not None and name == kind.bundle.field:
            found.update((f"{name}.{path}", entry) for path, entry in (value or {}).items())
        elif spec.leaves:
            found.update((path, leaf) for path, leaf in _flatten(name, value) if not _is_absent(leaf))
        elif not _is_absent(value) and not same(value, spec.default):
            found[name] = keyed(value, spec)
    for path in kind.unread & found.keys():
        del found[path]
    unseen = (name for name, spec in kind.fields.items() if spec.unseen and name not in complete)
    return Form(found, frozenset(unseen))


def fingerprints(kind: Kind, body: Body) -> dict[str, str]:
    """The fingerprints of a body's canonical form."""
    return form(kind, body).fingerprints


def content_of(kind: Kind, body: Body) -> str:
    """One digest over the canonical form: what tells an upload from any other."""
    return digest(fingerprints(kind, body))


def seen(live: Form, observed: Fingerprints) -> dict[str, str]:
    """The fingerprints of a live object, where it says nothing those that were last observed."""
    if not live.unseen:
        return live.fingerprints
    kept = {path: value for path, value in observed.items() if field_of(path) in live.unseen}
    return live.fingerprints | kept


def observed(kind: Kind, live: Form, applied: Fingerprints, before: Fingerprints) -> dict[str, str]:
    """What a lock records of a live object: as ``seen``, but for what a file leaves to others."""
    return {
        path: value
        for path, value in seen(live, before).items()
        if path in applied or not kind.fields[field_of(path)].optional
    }


def field_of(path: str) -> str:
    """The field a leaf belongs to."""
    return path.partition(".")[0]


class Moved(StrEnum):
    """Who moved since the last apply, for a leaf on which file and registry differ."""

    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"
    NEITHER = "neither"  # the registry keeps another spelling of what we sent


@dataclass(frozen=True, slots=True)
class Difference:
    """A leaf on which desired and live differ, in canonical values; ABSENT where a side lacks it."""

    path: str
    desired: Any
    live: Any
    moved: Moved


def differences(
    kind: Kind,
    desired: Form,
    live: Form,
    applied: Fingerprints | None,
    observed: Fingerprints | None,
    held: Container[str] = (),
) -> tuple[Difference, ...]:
    """Compare leaf by leaf and tell who moved.

    ``held`` are leaves that are ours to speak of although the file has none of them and others may.

    ``applied`` and ``observed`` are the recorded fingerprints, both None where nothing is recorded; then
    what differs counts as ours, for there is no past to hold against the registry.
    """
    ours, theirs = desired.fingerprints, seen(live, observed or {})
    return tuple(
        Difference(path, desired.leaves.get(path, ABSENT), live.leaves.get(path, ABSENT), moved)
        for path in sorted(ours.keys() | theirs.keys())
        if ours.get(path) != theirs.get(path)
        and not _is_nobodys(kind, path, desired, live, observed)
        and (moved := _who_moved(kind, path, ours, theirs, applied, observed, held)) is not None
        and not (
            (applied is None or moved is Moved.BOTH)
            and same_but_floating(kind, path, desired.leaves.get(path), live.leaves.get(path))
        )
    )


def _is_nobodys(kind: Kind, path: str, desired: Form, live: Form, observed: Fingerprints | None) -> bool:
    """Left to others by the file, or neither told by the registry nor ever recorded."""
    name = field_of(path)
    if kind.fields[name].optional and path not in desired.leaves:
        return True
    return observed is None and name in live.unseen


def _who_moved(
    kind: Kind,
    path: str,
    ours: Fingerprints,
    theirs: Fingerprints,
    applied: Fingerprints | None,
    observed: Fingerprints | None,
    held: Container[str],
) -> Moved | None:
    spec = kind.fields[field_of(path)]
    foreign = spec.foreign_keys
    if applied is None or observed is None:
        return None if path not in ours and (foreign or path in kind.undetermined) else Moved.OURS
    if spec.optional and path not in applied:
        return Moved.OURS  # until now it was nobody's business
    we_moved = ours.get(path) != applied.get(path)
    they_moved = theirs.get(path) != observed.get(path)
    if foreign and path not in ours and not we_moved and path not in held:
        return None
    if we_moved:
        return Moved.BOTH if they_moved else Moved.OURS
    if path in kind.undetermined and path not in ours and _answers_ours(path, ours, theirs, applied):
        return None
    return Moved.THEIRS if they_moved else Moved.NEITHER


def _answers_ours(path: str, ours: Fingerprints, theirs: Fingerprints, applied: Fingerprints) -> bool:
    """Whether a leaf that the registry chooses has moved together with one of its field that is now as the
    file asks: the answer to an update of ours that was lost."""
    name = field_of(path)
    return any(
        value == theirs.get(other) and value != applied.get(other)
        for other, value in ours.items()
        if field_of(other) == name
    )


def same_but_floating(kind: Kind, path: str, asked: Any, kept: Any) -> bool:
    """Whether a leaf is what was asked for, but for versions that the file leaves to the registry to pin."""
    slots = [slot for slot in kind.slots if slot.version and slot.path[0] == path]
    there = copy.deepcopy(kept) if slots else kept
    for slot in slots:
        for ours, theirs in zip(slot.entries({path: asked}), slot.entries({path: there}), strict=False):
            if isinstance(ours, Mapping) and isinstance(theirs, dict) and slot.version not in ours:
                theirs.pop(slot.version, None)
    return same(asked, there)


def _field_value(spec: Field, name: str, body: Body) -> Any:
    """A field that lists leave out is compared by its digest, computed here where we hold the content."""
    if spec.digest is None:
        return body.get(name, spec.default)
    if isinstance(content := body.get(name), str):
        return content_digest(content)
    return body.get(spec.digest)


def _flatten(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value and as_ref(value) is None:
        for key, member in value.items():
            yield from _flatten(f"{path}.{key}", member)
    else:
        yield path, value


def keyed(value: Any, spec: Field) -> Any:
    """An unordered list, sorted by what names its items, so that order is no difference."""
    if not spec.identity or not isinstance(value, list):
        return value
    return sorted(value, key=lambda item: (identity_of(item, spec.identity), canonical_json(item)))


def identity_of(item: Any, names: tuple[str, ...]) -> str:
    """What names a list item, e.g. ``mcp_toolset:linear``; its own JSON where nothing does."""
    if isinstance(item, Mapping):
        named = [str(item[name]) for name in names if item.get(name) is not None]
        if named:
            return ":".join(named)
    return canonical_json(item)


def _is_absent(value: Any) -> bool:
    return value is None or value == [] or value == {}
