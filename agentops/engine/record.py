"""What the lock will say of an address once its change is done, and what the change is planned against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentops.domain.canonical import Form, digest, field_of, fingerprint, fingerprints, form, keyed, observed
from agentops.domain.kind import Bundle, Kind
from agentops.domain.peer import answer_hash, body_hash, skill_hash
from agentops.domain.plan import Base, Change
from agentops.domain.resource import Body, Resource, Source, refs_in
from agentops.domain.secret import secrets_in
from agentops.domain.state import LiveObject, LockEntry, TakenOver
from agentops.engine.diff import TEXTS, dotted, value_at
from agentops.engine.situation import Sides


def record_of(kind: Kind, desired: Resource, former: LockEntry | None, applied: dict[str, str]) -> LockEntry:
    """What the lock will say; ID, version and what comes back are filled in when the answer is there.

    ``former`` is None, or without its ID, where everything is sent, what is ignored with it. While anything
    of a rollback is held, the address does not run what its file holds, and is not said to.
    """
    entry = former or LockEntry(id="")
    behind = entry.rolled_back if entry.held else None
    return entry.model_copy(
        update={
            "path": desired.path,
            "source": source_of(entry, desired) if behind is None else entry.source,
            "rolled_back": behind,
            "applied": but_ignored(desired, applied, entry.applied) if entry.id else applied,
            "attachments": desired.attachments,
            "protected": desired.lifecycle.protect,
            "secrets": secrets_fingerprint(kind, desired),
            "revision": desired.revision,
            "taken_over": None,
        }
    )


def applied_by(change: Change, kind: Kind, sent: Body) -> dict[str, str]:
    """What a change applies: leaf path -> fingerprint. ``sent`` is its body with the values of references
    that had none when it was planned."""
    planned = dict(change.record.applied) if change.record is not None else {}
    if not any(refs_in(change.body)):
        return planned
    late = {path for path, leaf in form(kind, change.body).leaves.items() if any(refs_in(leaf))}
    now = fingerprints(kind, sent)
    return planned | {path: now[path] for path in late & now.keys()}


def base_of(kind: Kind, live: LiveObject, record: LockEntry | None, found: Form | None = None) -> Base:
    """What a change is planned against; the digest covers every leaf that we could overwrite.

    The content of a bundle is fetched only where it is looked at; its version stands for it. What a file
    leaves to others is theirs to change meanwhile. ``record`` is what the lock will say once the change is
    done; ``found`` the form of the live body where it is at hand.
    """
    bundle, ours = kind.bundle, record.applied if record is not None else {}
    apart = {bundle.field, bundle.directory} if bundle is not None else set()
    counted = {
        path: value
        for path, value in (found or form(kind, live.body)).fingerprints.items()
        if (name := field_of(path)) not in apart and (path in ours or not kind.fields[name].optional)
    }
    version = kind.version_of(live.body) if kind.precondition is None else kind.base_of(live.body)
    return Base(id=live.id, version=version, digest=digest(counted), parent_id=live.parent_id)


Past = tuple[Mapping[str, str], Mapping[str, str]]
"""What was applied and what was then observed: leaf path -> fingerprint."""

_MOVED = ""
"""Stands for what a leaf was where only its being another is known; no fingerprint is empty."""


def past_of(kind: Kind, entry: LockEntry, desired: Resource, sides: Sides) -> Past:
    """What to hold file and registry against: the recorded fingerprints. Of a resource that was taken over
    from another tool there are none, but its digests tell whether either side has moved as a whole."""
    if (mark := entry.taken_over) is None:
        return entry.applied, entry.observed
    ours, theirs = sides.ours.fingerprints, sides.theirs.fingerprints

    def is_theirs(path: str) -> bool:
        return path not in ours and (kind.fields[field_of(path)].foreign_keys or path in kind.undetermined)

    if _file_stands(kind, mark, desired, sides):
        # That tool knows no switch, so it has never set one.
        switch = kind.switch.field if kind.switch is not None else None
        applied = {path: value for path, value in ours.items() if path != switch}
    else:
        applied = {path: _MOVED for path in {*ours, *theirs} if not is_theirs(path)}
    if _registry_stands(kind, mark, entry, sides.live.body):
        return applied, theirs
    return applied, {path: theirs[path] if is_theirs(path) else _MOVED for path in {*ours, *theirs}}


def _file_stands(kind: Kind, mark: TakenOver, desired: Resource, sides: Sides) -> bool:
    if mark.hash is None:
        return False
    if kind.bundle is not None:
        return _bundle_hash(kind.bundle, desired, sides) == mark.hash
    switch = kind.switch.field if kind.switch is not None else None
    return body_hash({key: value for key, value in sides.wanted.items() if key != switch}) == mark.hash


def _bundle_hash(bundle: Bundle, desired: Resource, sides: Sides) -> str | None:
    """The digest of a directory; None where a file is neither text nor in the registry as it is."""
    known = {**sides.live.body.get(TEXTS, {}), **desired.texts}
    files = {path: known.get(file["sha256"]) for path, file in sides.wanted[bundle.field].items()}
    directory = sides.wanted[bundle.directory]
    title = next((text for name in bundle.texts if (text := sides.wanted.get(name))), directory)
    contents = {path: text.encode() for path, text in files.items() if text is not None}
    return skill_hash(directory, title, contents) if len(contents) == len(files) else None


def _registry_stands(kind: Kind, mark: TakenOver, entry: LockEntry, live: Body) -> bool:
    """The version it was left at is there, or what that tool would read is what it read last. Without a
    digest nothing speaks against it, but for a version that has moved."""
    if kind.version is not None and entry.version == kind.version_of(live):
        return True
    return answer_hash(live) == mark.remote_hash if mark.remote_hash else kind.version is None


def moved_since(kind: Kind, entry: LockEntry, live: LiveObject) -> bool:
    """Whether the registry has something else than what was recorded, for what no file describes any more."""
    if (mark := entry.taken_over) is not None:
        return not _registry_stands(kind, mark, entry, live.body)
    if kind.bundle is not None:
        return entry.version != kind.version_of(live.body)
    return observed(kind, form(kind, live.body), entry.applied, entry.observed) != entry.observed


def secrets_fingerprint(kind: Kind, desired: Resource) -> str | None:
    """Of where the secrets come from and of what goes with them, never of a secret; None without any."""
    if not kind.secrets:
        return None
    in_order = {name: keyed(desired.body.get(name), spec) for name, spec in kind.fields.items()}
    found = {dotted(path): text for path, text in secrets_in(in_order)}
    if not found:
        return None
    with_them = {path: value_at(desired.body, path) for path in kind.unread}
    return fingerprint([found, with_them, desired.secret_version])


def source_of(entry: LockEntry, desired: Resource) -> Source:
    """The same content keeps the commit it was recorded with: later commits, that of the lock among them,
    hold it too, and a lock that follows them would never come to rest."""
    recorded = entry.source
    same = recorded is not None and recorded.commit is not None and recorded.digest == desired.source.digest
    return recorded if recorded is not None and same else desired.source


def but_ignored(desired: Resource, now: dict[str, str], recorded: dict[str, str]) -> dict[str, str]:
    """Fingerprints as they are now, and of what is ignored as they were recorded: it was not sent, and what
    moved there is still to be told once it is no longer ignored."""
    left = desired.lifecycle.ignore_changes
    if not left:
        return now
    kept = {path: value for path, value in now.items() if not ignored(path, left)}
    return kept | {path: value for path, value in recorded.items() if ignored(path, left)}


def ignored(path: str, ignore: Sequence[str]) -> bool:
    """Whether ``ignore_changes`` names this leaf or something around it."""
    return any(path == item or path.startswith(f"{item}.") for item in ignore)
