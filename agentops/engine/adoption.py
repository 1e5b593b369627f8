"""Adoption: what a registry has and no lock records is taken into the lock as it is.

Nothing is sent, not even a tag: the next update writes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import anyio

from agentops.domain.address import Address
from agentops.domain.bundle import manifest
from agentops.domain.canonical import Difference, Form, differences, form, observed, seen
from agentops.domain.diagnostics import Blocked, Diagnostic, Stop
from agentops.domain.kind import Kind
from agentops.domain.ports import Conflict, NotFound
from agentops.domain.resource import Ref, Resource, replace_refs
from agentops.domain.state import LiveObject, Lock, LockEntry
from agentops.engine import adoption_refusals as refusals
from agentops.engine import guard
from agentops.engine.record import ignored, record_of
from agentops.engine.recorded import current
from agentops.engine.refresh import SIDE_BY_SIDE, first
from agentops.engine.target import Target

Versions = Mapping[Address, tuple[str, int | str | None]]
"""Address -> ID and latest version."""


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A live object that the lock does not record. content: the files of a bundle. tagged: the address that
    its tag gives it, where that is ours. parent: the ID of what it belongs to."""

    kind: Kind
    live: LiveObject
    content: Mapping[str, bytes] = field(default_factory=dict)
    tagged: Address | None = None

    @property
    def id(self) -> str:
        return self.live.id


NOTHING_ELSEWHERE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Survey:
    """What is there beside what is managed. lock: to build on. versions: of what is managed already. said:
    what to tell, also of what is left where it is."""

    lock: Lock
    found: tuple[Unmanaged, ...]
    versions: Versions
    said: tuple[Diagnostic, ...]


# -- one object


async def adopt(
    target: Target, desired: Resource, id: str, *, elsewhere: Mapping[str, str] = NOTHING_ELSEWHERE
) -> tuple[Lock, LockEntry]:
    """The lock with the live object ``id`` recorded as ``desired``, whose file is there. ``elsewhere``: ID ->
    the other stage of this workspace that has it in its lock.

    Raises:
        Blocked: the address or the object is taken, by a lock or by another stage's tag, or it is archived.
        Stop: there is no such object of that kind.
        RegistryError: the registry refused or could not be reached.
    """
    lock = (await current(target)).lock
    address, kind = desired.address, target.catalog.of_address(desired.address)
    if (problem := _refused_by_lock(target, lock, address, id)) is not None:
        raise problem
    if id in elsewhere:
        raise Blocked(refusals.elsewhere(address, id, elsewhere[id]))
    parent = kind.parent_of(address)
    holder = lock.resources.get(parent) if parent is not None else None
    if parent is not None and (holder is None or not holder.id):
        raise Blocked(refusals.parent_first(address, parent))
    live = await _one(target, kind, id, holder.id if holder is not None else None)
    lock = _right(target, lock)
    if (problem := _refused_by_live(target, address, live)) is not None:
        raise problem
    entry = entry_of(kind, desired, live, _versions(lock))
    return with_entries(lock, {address: entry}), entry


def _refused_by_lock(target: Target, lock: Lock, address: Address, id: str) -> Blocked | Stop | None:
    kind = target.catalog.of_address(address)
    recorded = lock.resources.get(address)
    if recorded is not None and recorded.id == id:
        return Blocked(refusals.adopted_already(address, id))
    if recorded is not None:
        return Blocked(refusals.other_id(address, recorded.id, id, target.stage.name))
    if (owner := next((it for it, entry in lock.resources.items() if id in _ids(entry)), None)) is not None:
        return Blocked(refusals.other_address(address, owner, id, target.stage.name))
    if address in lock.intents:
        return Blocked(refusals.unfinished([address]))
    if not id.startswith(kind.id_prefix):
        other = next((it for it in target.catalog if id.startswith(it.id_prefix)), None)
        return Stop(refusals.other_kind(address, id, kind, other))
    return None


def _ids(entry: LockEntry) -> tuple[str, ...]:
    return (entry.id, *entry.replaced)


async def _one(target: Target, kind: Kind, id: str, parent: str | None) -> LiveObject:
    try:
        body = await target.registry.get(kind, id, parent=parent)
    except NotFound:
        raise Stop(refusals.unknown_id(kind, id, target.stage.name)) from None
    live = LiveObject(str(body.get("id", id)), body, parent)
    return (await _unpacked(target, Unmanaged(kind, live))).live


def _refused_by_live(target: Target, address: Address, live: LiveObject) -> Blocked | None:
    if live.archived:
        return Blocked(refusals.archived(address, live.id))
    if live.is_shared:
        return Blocked(refusals.shared(address, live.id))
    if live.owner not in {None, *(f"{it}{address}" for it in (target.tag_prefix, *target.former_prefixes))}:
        return Blocked(refusals.tagged(address, live.id, str(live.owner)))
    return None


# -- all of them


async def survey(
    target: Target,
    *,
    kinds: Collection[str] = (),
    documents: bool = False,
    elsewhere: Mapping[str, str] = NOTHING_ELSEWHERE,
) -> Survey:
    """Everything in the stage's workspace that nothing manages; of these ``kinds`` alone, where any are
    named. ``elsewhere`` is as for ``adopt``.

    ``documents`` says whether children without a tag are asked for: what agents write.

    Raises:
        Blocked: an apply was interrupted, so nobody knows yet what is whose.
        RegistryError: the registry refused or could not be reached.
    """
    known = await current(target)
    lock, said = known.lock, known.said
    listed: dict[str, list[LiveObject]] = {}
    wanted = {
        kind.name for kind in target.catalog if kind.parent is None and (not kinds or kind.name in kinds)
    }
    referred_to = {slot.kind for name in wanted for slot in target.catalog[name].slots}
    roots = [kind for kind in target.catalog if kind.name in wanted | referred_to]
    try:
        async with anyio.create_task_group() as tasks:
            for kind in roots:
                tasks.start_soon(_list, target, kind, None, listed)
        lock = _right(target, lock)
        if lock.intents:
            raise Blocked(refusals.unfinished(sorted(lock.intents)))
        sorting = _Sorting(target, lock, listed, list(said), elsewhere)
        for kind in roots:
            if kind.name in wanted:
                sorting.sort(kind, listed[kind.name])
        await sorting.children(wanted, documents=documents)
        found = await _all_unpacked(target, sorting)
    except ExceptionGroup as failures:
        raise first(failures) from None
    return Survey(lock, tuple(found), sorting.versions(listed), sorting.told())


async def _list(target: Target, kind: Kind, parent: str | None, into: dict[str, list[LiveObject]]) -> None:
    """Under the kind's name, or of children under their parent's ID."""
    found = [
        LiveObject(str(body.get("id", "")), body, parent)
        async for body in target.registry.list(kind, parent=parent)
    ]
    into[parent or kind.name] = [item for item in found if not item.is_shared]


class _Sorting:
    """Tells what nobody manages from what is ours already, and from what is somebody else's."""

    def __init__(
        self,
        target: Target,
        lock: Lock,
        listed: Mapping[str, Sequence[LiveObject]],
        said: list[Diagnostic],
        elsewhere: Mapping[str, str],
    ) -> None:
        self._target = target
        self._elsewhere = elsewhere
        self.lock = lock
        self.said = said
        self.found: list[Unmanaged] = []
        self._taken = {id for entry in lock.resources.values() for id in _ids(entry)}
        self._taken |= set(target.stage.external.values())
        self._live = {live.id for objects in listed.values() for live in objects if not live.archived}
        self._others: dict[str, list[str]] = defaultdict(list)
        self._recorded: dict[str, list[str]] = defaultdict(list)

    def sort(self, kind: Kind, objects: Sequence[LiveObject]) -> None:
        for live in objects:
            if live.id in self._taken or live.archived:
                continue
            tagged, others = self._tagged(kind, live)
            if others:
                self._others["/".join(others.split("/")[:2])].append(live.id)
                continue
            if live.id in self._elsewhere:
                self._recorded[self._elsewhere[live.id]].append(live.id)
                continue
            self.found.append(Unmanaged(kind, live, tagged=tagged))

    def _tagged(self, kind: Kind, live: LiveObject) -> tuple[Address | None, str | None]:
        """The address that our own tag gives, and whose tag it is where it is not ours, or ours twice."""
        if live.owner is None:
            return None, None
        prefixes = (self._target.tag_prefix, *self._target.former_prefixes)
        prefix = next((it for it in prefixes if live.owner.startswith(it)), None)
        if prefix is None:
            return None, live.owner
        try:
            address = Address.parse(live.owner.removeprefix(prefix))
        except ValueError:
            return None, live.owner
        taken = {item.tagged for item in self.found} | self.lock.resources.keys()
        return (None, live.owner) if address.kind != kind.name or address in taken else (address, None)

    async def children(self, kinds: Collection[str], *, documents: bool) -> None:
        """What belongs to what was found, and what carries a tag also to what is managed already."""
        limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
        for kind in self._target.catalog:
            if kind.parent not in kinds or not (kind.tagged or documents):
                continue
            listed: dict[str, list[LiveObject]] = {}
            holders = [item.id for item in self.found if item.kind.name == kind.parent]
            if kind.tagged:
                holders += self._managed(kind.parent)

            async def look(
                holder: str, kind: Kind = kind, into: dict[str, list[LiveObject]] = listed
            ) -> None:
                async with limiter:
                    await _list(self._target, kind, holder, into)

            async with anyio.create_task_group() as tasks:
                for holder in holders:
                    tasks.start_soon(look, holder)
            for holder in holders:
                self.sort(kind, listed[holder])

    def _managed(self, kind: str) -> list[str]:
        """The IDs of what is managed of a kind, as far as it is there."""
        recorded = {entry.id for address, entry in self.lock.resources.items() if address.kind == kind}
        return sorted(recorded & self._live)

    def told(self) -> tuple[Diagnostic, ...]:
        """What is left where it is, and why."""
        others = (refusals.left_to(owner, sorted(ids)) for owner, ids in self._others.items())
        recorded = (refusals.recorded_by(stage, sorted(ids)) for stage, ids in self._recorded.items())
        return tuple(sorted((*self.said, *others, *recorded), key=lambda it: it.summary))

    def versions(self, listed: Mapping[str, Sequence[LiveObject]]) -> Versions:
        by_id = {item.id: item for objects in listed.values() for item in objects}
        return {
            address: (entry.id, _version(self._target, address, by_id.get(entry.id), entry))
            for address, entry in self.lock.resources.items()
            if entry.id
        }


def _version(target: Target, address: Address, live: LiveObject | None, entry: LockEntry) -> int | str | None:
    return target.catalog.of_address(address).version_of(live.body) if live is not None else entry.version


async def _all_unpacked(target: Target, sorting: _Sorting) -> list[Unmanaged]:
    """Each with what lists leave out, in a fixed order."""
    limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
    full: dict[str, Unmanaged] = {}

    async def fetch(item: Unmanaged) -> None:
        async with limiter:
            try:
                full[item.id] = await _unpacked(target, await _detailed(target, item))
            except (Conflict, NotFound):  # gone meanwhile, or not to be read at present
                sorting.said.append(refusals.unreadable(item.kind, item.id))

    async with anyio.create_task_group() as tasks:
        for item in sorting.found:
            tasks.start_soon(fetch, item)
    return [full[item.id] for item in sorting.found if item.id in full]


async def _detailed(target: Target, item: Unmanaged) -> Unmanaged:
    if not item.kind.detail_query:
        return item
    body = await target.registry.get(item.kind, item.id, parent=item.live.parent_id)
    return replace(item, live=replace(item.live, body=body))


async def _unpacked(target: Target, item: Unmanaged) -> Unmanaged:
    """With the files of a bundle, of its newest version."""
    bundle, version = item.kind.bundle, item.kind.version_of(item.live.body)
    if bundle is None or not isinstance(version, str):
        return item
    directory, files = await target.registry.content(item.kind, item.id, version)
    body = {**item.live.body, bundle.directory: directory, bundle.field: manifest(files)}
    return replace(item, live=replace(item.live, body=body), content=dict(files))


# -- what the lock says


def _known(versions: Versions) -> Any:
    def value(ref: Ref) -> Any:
        if ref.address not in versions:
            return ref.as_json()
        return versions[ref.address][0 if ref.attribute == "id" else 1]

    return value


def _versions(lock: Lock) -> Versions:
    return {address: (entry.id, entry.version) for address, entry in lock.resources.items() if entry.id}


def _sides(kind: Kind, desired: Resource, live: LiveObject, versions: Versions) -> tuple[Form, Form]:
    """What the file asks for, and what is there."""
    return form(kind, replace_refs(desired.body, _known(versions))), form(kind, live.body)


def unequal(kind: Kind, desired: Resource, live: LiveObject, versions: Versions) -> tuple[Difference, ...]:
    """The leaves on which a file and the object it was written from are not the same, also those that a plan
    would pass over."""
    ours, theirs = _sides(kind, desired, live, versions)
    return differences(kind, ours, theirs, theirs.fingerprints, theirs.fingerprints)


def unsettled(kind: Kind, found: Sequence[Difference], defaults: Mapping[str, Any]) -> tuple[str, ...]:
    """The leaves of them that stand against taking it over. What the stage's ``defaults`` bring, because no
    file says it, is theirs to add with the next apply."""
    brought = set(form(kind, dict(defaults)).leaves)
    return tuple(item.path for item in found if not _stays(kind, item.path) and item.path not in brought)


def _stays(kind: Kind, path: str) -> bool:
    """What is said beside a bundle when it is created, and never again: to change it is to make another one.
    What is there is kept."""
    return kind.bundle is not None and path in kind.bundle.texts


def sent_next(kind: Kind, desired: Resource, live: LiveObject, versions: Versions) -> tuple[str, ...]:
    """The leaves on which the next apply makes what is there what the file says."""
    ours, theirs = _sides(kind, desired, live, versions)
    return tuple(it.path for it in differences(kind, ours, theirs, None, None) if not _stays(kind, it.path))


def entry_of(kind: Kind, desired: Resource, live: LiveObject, versions: Versions) -> LockEntry:
    """What the lock says of an object that is taken over as it is.

    Where file and registry differ it is the file's to send, as if what is there had been sent by us. What a
    plan would not send for an adopted object (keys of others, what the registry chooses) is left alone.
    """
    ours, theirs = _sides(kind, desired, live, versions)
    found = {item.path for item in differences(kind, ours, theirs, None, None)}
    held = sorted(path for path in found if _stays(kind, path))
    differing = found.difference(held)
    there, asked = seen(theirs, {}), ours.fingerprints
    applied = {
        path: value
        for path in sorted({*there, *asked})
        if (value := (there if path in differing else asked).get(path)) is not None
        and not ignored(path, desired.lifecycle.ignore_changes)
    }
    record = record_of(kind, desired, None, applied)
    return record.model_copy(
        update={
            "source": None if differing else record.source,  # a release is what runs, not what will be sent
            "id": live.id,
            "version": kind.version_of(live.body),
            "observed": observed(kind, theirs, applied, {}),
            "held": tuple(held),
        }
    )


def with_entries(lock: Lock, entries: Mapping[Address, LockEntry]) -> Lock:
    """The lock with what was taken over; it is one write more."""
    resources = dict(sorted({**lock.resources, **entries}.items()))
    return lock.with_changes(serial=lock.serial + 1, resources=resources)


def _right(target: Target, lock: Lock) -> Lock:
    """The lock as that of the registry that has answered. Raises Blocked where it belongs to another."""
    url, identity = target.registry.base_url, target.registry.identity
    lock = guard.right_registry(target.stage, target.catalog, url, [])(lock, identity)
    return lock if identity is None else lock.with_changes(origin=guard.origin_of(url, identity))
