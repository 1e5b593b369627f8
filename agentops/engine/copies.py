"""The lock's second copy: kept in the registry beside the mutex, so that a lost push loses nothing.

The copy is cut into documents that are named for its content, and an index that says which of them belong
together. The index is replaced last, and the documents before it go only then: whoever reads meanwhile, or
after a run that was killed, has the old copy or the new one whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Severity, Stop, error, note, warning
from agentops.domain.ports import (
    Conflict,
    Document,
    Documents,
    LockStore,
    NoDocuments,
    NotFound,
    OutcomeUnknown,
    RegistryError,
)
from agentops.domain.shared import CopyIndex, KeptIntent, NewerFormat, Part, folder_of
from agentops.domain.state import Lock

PART_BYTES = 90_000
_READS = 3
"""How often a copy is read that is being replaced meanwhile."""


def lock_folder(stage: str) -> str:
    return f"{folder_of(stage)}lock/"


def index_path(stage: str) -> str:
    return f"{lock_folder(stage)}index"


def intents_folder(stage: str) -> str:
    return f"{folder_of(stage)}intents/"


def intent_path(stage: str, address: Address) -> str:
    return f"{intents_folder(stage)}{_sha256(str(address))[:32]}"


@dataclass(frozen=True, slots=True)
class Newest:
    """The lock to go by. ours: it is what the store reads; otherwise it has to be written there before
    anything is recorded on it. said: what to tell of it."""

    lock: Lock | None
    ours: bool = True
    said: tuple[Diagnostic, ...] = ()


class _Unusable(Exception):
    """A copy that is there, and no lock to go by. The text is the end of a sentence."""


async def newest(documents: Documents, store: LockStore, project: str, stage: str) -> Newest:
    """The lock of the store, or its copy where that has a newer serial; with uploads that were about to be
    sent when another run was lost.

    Of the copy only the index is read unless it is newer.

    Raises:
        Stop: the store's lock is unreadable, or the copy was written by a newer version.
    """
    lock = store.read()
    copied, kept, said = await _told(documents, store, project, stage, lock)
    base = copied or lock
    full = _with_intents(base or Lock(project=project, stage=stage), kept)
    if copied is None and (not kept or full == base):
        return Newest(lock, said=tuple(said))
    if store.pending or full != base:  # what is folded in is in no lock of that serial
        full = full.with_changes(serial=full.serial + 1)
    return Newest(full, ours=False, said=tuple(said))


async def copied(
    documents: Documents, store: LockStore, project: str, stage: str
) -> tuple[Lock | None, tuple[Diagnostic, ...]]:
    """The copy, whatever the store has, with uploads that were about to be sent when a run was lost; and what
    to say where it cannot be used.

    Raises:
        Stop: it was written by a newer version.
    """
    found, kept, said = await _told(documents, store, project, stage, None)
    problems = tuple(item for item in said if item.severity is not Severity.NOTE)
    if found is None and not kept:
        return None, problems
    return _with_intents(found or Lock(project=project, stage=stage), kept), problems


async def _told(
    documents: Documents, store: LockStore, project: str, stage: str, lock: Lock | None
) -> tuple[Lock | None, list[KeptIntent], list[Diagnostic]]:
    """The copy where it is newer, the intents that were kept, and what to say of them."""
    said: list[Diagnostic] = []
    for left in reversed(range(_READS)):
        said = []
        try:
            there = _by_path(await documents.list(folder_of(stage)))
            copied = await _newer(documents, store, project, stage, lock, there, said)
            return copied, await _intents(documents, project, stage, there, said), said
        except NoDocuments:
            break
        except (Conflict, NotFound) as moved:  # it is being replaced right now
            if not left:
                said.append(_unread(store, str(moved)))
        except RegistryError as failure:
            said.append(_unread(store, str(failure)))
            break
        except _Unusable as why:
            said.append(_unread(store, str(why)))
            break
    return None, [], said


async def _newer(
    documents: Documents,
    store: LockStore,
    project: str,
    stage: str,
    lock: Lock | None,
    there: Mapping[str, Document],
    said: list[Diagnostic],
) -> Lock | None:
    """The copy, where it is newer than the lock and belongs to the same registry."""
    read = await _index(documents, project, stage, there)
    if read is None:
        return None
    serial = lock.serial if lock is not None else 0
    if read.serial == serial and lock is not None and _content(store.text()) != read.content:
        said.append(_differs(store, serial))
    if read.serial <= serial:
        return None
    name = f"the copy of {store.name} in the registry"
    found = store.read_from(await _text(documents, project, stage, read, there), name)
    if (found.project, found.stage) != (project, stage):
        raise _Unusable(f"it is that of {found.project}, stage {found.stage}")
    if lock is not None and lock.origin is not None and found.origin is not None:
        ours, theirs = lock.origin, found.origin
        if (ours.organization_id, ours.workspace_id) != (theirs.organization_id, theirs.workspace_id):
            raise _Unusable(f"it belongs to {' '.join(theirs.words)}")
    said.append(_is_newer(store, read.serial, serial if lock is not None else None))
    return found


async def _index(
    documents: Documents, project: str, stage: str, there: Mapping[str, Document]
) -> CopyIndex | None:
    """Raises Stop for one of a newer version, _Unusable for what is none of ours, Conflict and NotFound
    where it is another by now."""
    if (document := there.get(index_path(stage))) is None:
        return None
    try:
        read = CopyIndex.parse(await documents.read(document))
    except NewerFormat as newer:
        raise Stop(_newer_version(str(newer))) from None
    except ValueError:
        raise _Unusable("it has no index that can be read") from None
    if (read.project, read.stage) != (project, stage):
        raise _Unusable(f"it is that of {read.project}, stage {read.stage}")
    if read.lock_version > (known := Lock(project=project, stage=stage).version):
        raise Stop(_newer_version(f"the lock has version {read.lock_version}, this one knows {known}"))
    return read


async def _text(
    documents: Documents, project: str, stage: str, read: CopyIndex, there: Mapping[str, Document]
) -> str:
    """The whole copy, and never a mixture of two. While it is being replaced it is read again."""
    for left in reversed(range(_READS)):
        try:
            parts = [await documents.read(there[part.path]) for part in read.parts]
        except (KeyError, Conflict, NotFound):
            parts = []
        text = "".join(parts)
        if _sha256(text) == read.sha256:
            return text
        if left:
            there = _by_path(await documents.list(folder_of(stage)))
            read = await _index(documents, project, stage, there) or read
    raise _Unusable("it is not whole")


async def _intents(
    documents: Documents,
    project: str,
    stage: str,
    there: Mapping[str, Document],
    said: list[Diagnostic],
) -> list[KeptIntent]:
    found = []
    for path, document in there.items():
        if not path.startswith(intents_folder(stage)):
            continue
        try:
            kept = KeptIntent.parse(await documents.read(document))
        except (Conflict, NotFound):
            continue  # settled meanwhile
        except ValueError:
            said.append(_unread_intent(path))
            continue
        if (kept.project, kept.stage) == (project, stage):
            found.append(kept)
    return found


def _with_intents(lock: Lock, kept: Sequence[KeptIntent]) -> Lock:
    """What was kept of an upload counts where the lock knows nothing that came after it."""
    resources, intents = dict(lock.resources), dict(lock.intents)
    for item in kept:
        address, recorded = item.address, resources.get(item.address)
        replaces = item.entry.replaced if item.entry is not None else ()
        if recorded is not None and recorded.id and recorded.id not in replaces:
            continue
        if address in intents:
            continue
        if item.entry is not None:
            resources[address] = item.entry
        intents[address] = item.intent
    return lock.with_changes(resources=resources, intents=intents)


async def keep(documents: Documents, store: LockStore, project: str, stage: str) -> tuple[Diagnostic, ...]:
    """Write the copy of the store's lock, if it is not there already, and remove what is settled. The caller
    holds the stage.

    Raises:
        RegistryError: the registry refused or could not be reached; the former copy is whole.
        Stop: the store's lock is unreadable.
    """
    lock, text = store.read(), store.text()
    if text is None or lock is None:
        return ()
    there = _by_path(await documents.list(folder_of(stage)))
    try:
        former = await _index(documents, project, stage, there)
    except (_Unusable, Conflict):
        former = None
    if former is not None and former.serial > lock.serial:
        return (_not_replaced(store, former.serial, lock.serial),)
    parts = tuple(_cut(text))
    prefix = f"{lock_folder(stage)}{_sha256(text)[:16]}/"
    index = CopyIndex(
        project=project,
        stage=stage,
        lock_version=lock.version,
        serial=lock.serial,
        sha256=_sha256(text),
        content=_content(text),
        parts=tuple(
            Part(path=f"{prefix}{number}", sha256=_sha256(part)) for number, part in enumerate(parts, start=1)
        ),
    )
    for part, content in zip(index.parts, parts, strict=True):
        await put(documents, part.path, content, there.get(part.path))
    if index != former:
        await put(documents, index_path(stage), index.text, there.get(index_path(stage)))
    needed = {index_path(stage), *(part.path for part in index.parts)}
    needed |= {intent_path(stage, address) for address in lock.intents}
    for path, document in there.items():
        if path.startswith((lock_folder(stage), intents_folder(stage))) and path not in needed:
            await documents.delete(document)
    return ()


async def put(documents: Documents, path: str, text: str, there: Document | None) -> Document:
    """Have a document at a path hold a text, whatever it held before. The caller holds the stage.

    Raises:
        RegistryError: it does not hold it, or nobody can tell.
    """
    failure: RegistryError | None = None
    for _ in range(_READS):
        if there is not None and there.sha256 == _sha256(text):
            return there
        try:
            if there is None:
                return await documents.create(path, text)
            return await documents.replace(there, text)
        except (Conflict, NotFound, OutcomeUnknown) as moved:
            failure = moved
        there = await documents.find(path)
    raise failure or OutcomeUnknown(f"{path} is changed by somebody else all the time")


def _by_path(found: Sequence[Document]) -> dict[str, Document]:
    return {document.path: document for document in reversed(found)}  # the first of each counts


def _cut(text: str) -> Iterator[str]:
    """The text in pieces of at most ``PART_BYTES``, cut between characters."""
    raw = text.encode("utf-8")
    start = 0
    while start < len(raw):
        end = min(start + PART_BYTES, len(raw))
        while end < len(raw) and raw[end] & 0xC0 == 0x80:
            end -= 1
        yield raw[start:end].decode()
        start = end


def _content(text: str | None) -> str:
    """A digest of what a text means: another layout of it is no other lock."""
    try:
        return _sha256(json.dumps(json.loads(text or ""), sort_keys=True))
    except (ValueError, RecursionError):
        return ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


# -- what is said


def _is_newer(store: LockStore, serial: int, file: int | None) -> Diagnostic:
    return note(
        Code.LOCK_COPY,
        f"the lock in the registry is newer (serial {serial}, file {'missing' if file is None else file}): "
        "it is used",
        f"commit {store.name} after the next apply, which writes it there",
    )


def _differs(store: LockStore, serial: int) -> Diagnostic:
    return warning(
        Code.LOCK_COPY,
        f"the lock in the registry has the same serial as {store.name} ({serial}) and another content: "
        "the file is used",
        "two runs have applied that did not know of each other; look at what this plan shows, and apply",
    )


def _unread(store: LockStore, why: str) -> Diagnostic:
    return warning(
        Code.LOCK_COPY,
        f"the lock's copy in the registry is not used: {why}",
        f"{store.name} is; the next apply writes the copy anew",
    )


def _unread_intent(path: str) -> Diagnostic:
    return warning(
        Code.LOCK_COPY,
        f"{path} in the registry, which another run has left, cannot be read",
        "an upload of that run may be there twice after the next apply; look at it then",
    )


def _newer_version(why: str) -> Diagnostic:
    return error(
        Code.LOCK_COPY,
        f"the lock's copy in the registry was written by a newer agentops: {why}",
        "upgrade agentops, then run the command again",
    )


def _not_replaced(store: LockStore, theirs: int, ours: int) -> Diagnostic:
    return warning(
        Code.LOCK_COPY,
        f"the lock in the registry is newer (serial {theirs}) than {store.name} ({ours}): it stays as it is",
        "plan again: then the newer one is used",
    )


def unkept(store: LockStore, failure: RegistryError) -> Diagnostic:
    return warning(
        Code.LOCK_COPY,
        f"the lock's copy in the registry could not be written: {failure}",
        f"{store.name} is true: commit it; the next apply writes the copy",
    )
