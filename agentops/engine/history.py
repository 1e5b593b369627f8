"""What an object was before, as the registry still has it. The API has no rollback: what is put back is sent
again, and becomes the newest version."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.bundle import manifest, texts
from agentops.domain.bundle import sha256 as sha256_of
from agentops.domain.canonical import ABSENT
from agentops.domain.diagnostics import (
    Blocked,
    Code,
    Diagnostic,
    Location,
    Stop,
    did_you_mean,
    error,
    nearest,
)
from agentops.domain.kind import OWNER_KEY, Catalog, History, Kind
from agentops.domain.plan import Plan
from agentops.domain.ports import NotFound, Registry, Uploads
from agentops.domain.resource import Body, Resource, Source
from agentops.domain.state import DesiredState, Lock, LockEntry

PREVIOUS = "previous"
_BACK = re.compile(r"-[1-9]\d*")
_LISTED = 10


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object. name: as the registry calls it. at: when it was made, where that is told."""

    name: str
    at: str = ""

    @property
    def words(self) -> str:
        return f"version {self.name}"


async def as_it_was(
    registry: Registry, catalog: Catalog, desired: DesiredState, lock: Lock, address: Address, to: str
) -> tuple[Resource, str]:
    """An address with the content of an old version, and that version in words.

    ``to`` is a version as the registry calls it, ``previous``, or ``-2`` for the one before that; both count
    from the version that is recorded.

    Raises:
        Blocked: its kind has no versions, or what that version refers to is not there any more.
        Stop: the address is not there or has no such version.
        RegistryError: the registry refused or could not be reached.
    """
    file, entry = desired.resources.get(address), lock.resources.get(address)
    if entry is None or not entry.id:
        known = [item for item, one in lock.resources.items() if one.id]
        raise Stop(
            error(Code.BROKEN_REFERENCE, f"there is no {address} in this stage", did_you_mean(address, known))
        )
    kind = catalog.of_address(address)
    if kind.history is None:
        raise Blocked(_no_history(catalog, kind, address))
    past = _Past(registry, catalog, kind, kind.history, entry, _parent_id(kind, address, lock))
    version = await past.named(address, to)
    body = await past.content(address, version)
    if gone := [item async for item in past.gone(body)]:
        raise Blocked(_gone(address, version, gone))
    start = file or Resource(
        address=address,
        body={},
        path=entry.path or "",
        location=Location(entry.path or ""),
        source=Source(digest=""),
        attachments=entry.attachments,
        parent=kind.parent_of(address),
    )
    readable = body.pop(_TEXTS, {})
    found = replace(start, body=body, texts=readable, source=Source(digest=""), version=version.name)
    return found, version.words


@dataclass(frozen=True, slots=True)
class _Past:
    """The history of one object."""

    registry: Registry
    catalog: Catalog
    kind: Kind
    history: History
    entry: LockEntry
    parent: str | None

    async def named(self, address: Address, to: str) -> Version:
        """The version that is meant."""
        if to != PREVIOUS and not _BACK.fullmatch(to):
            name = to.removeprefix("v") if re.fullmatch(r"v\d+", to) else to
            if not await self._has(name):
                raise Stop(_no_version(address, to, await self._all()))
            return Version(name)
        steps = 1 if to == PREVIOUS else int(to[1:])
        known = await self._all()
        names = [item.name for item in known]
        now = await self._now()
        before = names.index(now) - steps if now in names else -1
        if before < 0:
            raise Stop(_none_before(address, to, now, known))
        return known[before]

    async def _has(self, name: str) -> bool:
        if self.kind.versioned and not re.fullmatch(r"[1-9]\d*", name):
            return False
        try:
            found = await self.registry.version(self.kind, self.entry.id, name, parent=self.parent)
        except NotFound:
            return False
        return not self.history.of or found.get(self.history.of) == self.entry.id

    async def _now(self) -> str:
        """The version it is at: as recorded, for what is there may be the one that was asked for already."""
        if self.entry.version is not None:
            return str(self.entry.version)
        live = await self.registry.get(self.kind, self.entry.id, parent=self.parent)
        return str(live.get(self.history.newest))

    async def _all(self) -> list[Version]:
        """Every version, oldest first."""
        listed = [
            Version(str(item.get(self.history.id)), _made(item))
            async for item in self.registry.versions(self.kind, self.entry.id, parent=self.parent)
        ]
        oldest_first = listed[::-1]
        if all(item.name.isdecimal() for item in oldest_first):
            return sorted(oldest_first, key=lambda item: int(item.name))
        return sorted(oldest_first, key=lambda item: item.at)

    async def content(self, address: Address, version: Version) -> Body:
        """A body as a file could have it: without what the server makes, and without the ownership tag."""
        kind, id = self.kind, self.entry.id
        if kind.bundle is not None:
            live = await self.registry.get(kind, id, parent=self.parent)
            directory, files = await self.registry.content(kind, id, version.name)
            told = {kind.bundle.directory: directory, kind.bundle.field: manifest(files)}
            return {**_sendable(kind, {**live, **told}), _TEXTS: texts(files)}
        found = await self.registry.version(kind, id, version.name, parent=self.parent)
        body = _sendable(kind, found)
        if any(found.get(name) is None for name, spec in kind.fields.items() if spec.digest is not None):
            raise Stop(_emptied(address, version))
        return body

    async def gone(self, body: Body) -> AsyncIterator[str]:
        """What the body refers to and is not there any more, in words."""
        for slot in self.kind.slots:
            kind = self.catalog[slot.kind]
            for item in slot.entries(body):
                whole = isinstance(item, Mapping)
                if whole and item.get("type") != slot.type:
                    continue
                id = item.get(slot.id) if whole else item
                if not isinstance(id, str) or kind.parent is not None:
                    continue
                pinned = item.get(slot.version) if whole and slot.version else None
                if (why := await self._missing(kind, id, pinned, slot.latest)) is not None:
                    yield f"{kind.name} {id} {why}"

    async def _missing(self, kind: Kind, id: str, pinned: Any, latest: str | None) -> str | None:
        try:
            found = await self.registry.get(kind, id)
        except NotFound:
            return "is gone"
        if found.get("archived_at") is not None:
            return "is archived"
        if pinned is None or pinned == latest or kind.history is None:
            return None
        try:
            await self.registry.version(kind, id, str(pinned))
        except NotFound:
            return f"has no version {pinned} any more"
        return None


_TEXTS = "texts"
"""Beside the fields of a body of a bundle, until they are taken apart."""


def _made(version: Body) -> str:
    """When a version was made, to the second: of a whole object it is when that was last updated."""
    at = version.get("updated_at") or version.get("created_at") or ""
    return re.sub(r"\.\d+", "", at) if isinstance(at, str) else ""


def _sendable(kind: Kind, found: Body) -> Body:
    complete = kind.complete(found)
    body = {name: complete[name] for name in kind.fields if complete.get(name) is not ABSENT}
    for name, spec in kind.fields.items():
        if spec.foreign_keys and isinstance(members := body.get(name), Mapping):
            body[name] = {key: value for key, value in members.items() if key != OWNER_KEY}
    return body


def _parent_id(kind: Kind, address: Address, lock: Lock) -> str | None:
    parent = kind.parent_of(address)
    holder = lock.resources.get(parent) if parent is not None else None
    return holder.id if holder is not None else None


# -- where the files of an old version come from


class _FromVersions:
    """The port ``Uploads``: for what is put back what the registry has, else the files of the project."""

    def __init__(self, others: Uploads, found: Mapping[Address, Mapping[str, bytes]]) -> None:
        self._others, self._found = others, found

    def read(self, address: Address, path: str, sha256: str) -> bytes:
        if address not in self._found:
            return self._others.read(address, path, sha256)
        content = self._found[address].get(path)
        if content is None or sha256_of(content) != sha256:
            raise Stop(error(Code.UPLOAD, f"{path} of {address} is not what was planned", "plan again"))
        return content


async def with_versions(plan: Plan, registry: Registry, catalog: Catalog, others: Uploads) -> Uploads:
    """``others``, and in addition the files of the versions that a plan puts back.

    Raises:
        RegistryError: they cannot be read.
    """
    found = {}
    for change in plan.changes:
        if change.files_of is not None and change.base is not None:
            kind = catalog.of_address(change.address)
            _, found[change.address] = await registry.content(kind, change.base.id, change.files_of)
    return _FromVersions(others, found) if found else others


# -- what is said where there is nothing to put back


def _no_history(catalog: Catalog, kind: Kind, address: Address) -> Diagnostic:
    kept = ", ".join(sorted(kind.directory.replace("_", " ") for kind in catalog if kind.history is not None))
    return error(
        Code.NO_HISTORY,
        f"{address} has no versions to go back to: the API keeps those of {kept}",
        "what its file said is in git: put it back with `agentops rollback --release COMMIT` (or PREVIOUS)",
        address=address,
    )


def _no_version(address: Address, asked: str, known: Sequence[Version]) -> Diagnostic:
    return error(Code.NO_VERSION, f"{address} has no version {asked}", _choice(asked, known), address=address)


def _none_before(address: Address, asked: str, now: str, known: Sequence[Version]) -> Diagnostic:
    return error(
        Code.NO_VERSION,
        f"{address} is at version {now}, and has none that `--to {asked}` could mean",
        _choice("", known),
        address=address,
    )


def _choice(asked: str, known: Sequence[Version]) -> str:
    """The nearest where that helps, and the newest ones with when they were made."""
    guess = nearest(asked, [item.name for item in known]) if len(asked) > len("v99") else None
    hint = f"did you mean '{guess}'? " if guess is not None else ""
    newest = [f"{item.name} ({item.at})" if item.at else item.name for item in known[: -_LISTED - 1 : -1]]
    more = f" and {len(known) - _LISTED} older ones" if len(known) > _LISTED else ""
    return f"{hint}there are, newest first: {', '.join(newest)}{more}"


def _emptied(address: Address, version: Version) -> Diagnostic:
    return error(
        Code.NO_VERSION,
        f"{version.words} of {address} has no content any more: it was redacted, or is that of a deletion",
        "choose another one",
        address=address,
    )


def _gone(address: Address, version: Version, gone: Sequence[str]) -> Diagnostic:
    return error(
        Code.OLD_REFERENCE,
        f"{version.words} of {address} refers to what is not there any more: {', '.join(gone)}",
        "choose a newer version, or change the file instead; nothing was changed",
        address=address,
    )
