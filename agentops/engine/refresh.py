"""Look at the registry: by listing, kinds side by side, and only what can matter to a plan."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import anyio

from agentops.domain.address import Address
from agentops.domain.bundle import manifest, texts
from agentops.domain.canonical import content_digest, content_of, fingerprints
from agentops.domain.kind import OWNER_KEY, Catalog, Kind, Replacement
from agentops.domain.ports import Conflict, NotFound, Registry
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState, Identity, Intent, LiveObject, LiveState, Lock, LockEntry
from agentops.engine.diff import TEXTS
from agentops.engine.recovery import has_made_room


def as_it_is(address: Address) -> Address:
    """What an address is called by now, where nothing was renamed."""
    return address


SIDE_BY_SIDE = 16
"""Steps under way at once. The registry holds back what would be too fast or too many for an endpoint."""


async def refresh(
    registry: Registry,
    catalog: Catalog,
    desired: DesiredState,
    lock: Lock,
    accept: Callable[[Lock, Identity | None], Lock],
    tag_prefix: str,
    limit: Callable[[Lock], Lock],
    tags: Callable[[Address], Address] = as_it_is,
    *,
    former_prefixes: Sequence[str] = (),
    removing: bool = False,
    everything: bool = False,
) -> tuple[LiveState, Lock]:
    """What the registry has of what the files ask for and the lock records.

    ``accept`` is given the lock and the identity that answered, and returns the lock to go by, or refuses by
    raising. ``tag_prefix`` is ``<project>/<stage>/``, ``former_prefixes`` what it was before they were
    renamed. ``limit`` takes out of the lock what to look at. ``tags`` is what the address in a tag is called
    by now. What was created once and not edited since is not asked for, unless with ``removing``; that also
    asks for what may refer to what is removed. With ``everything`` all kinds are asked for, and what is in
    whatever carries our tag.

    Raises:
        RegistryError: the registry refused or could not be reached.
    """
    look = _Look(registry, catalog, tag_prefix, tags, tuple(former_prefixes))
    try:
        addresses = [*desired.resources, *limit(lock).resources, *lock.intents]
        kinds = [it for it in catalog if it.parent is None] if everything else None
        await look.list_roots(kinds or _kinds(catalog, addresses, along=removing))
        identity = registry.identity
        lock = look.under_way(accept(lock, identity))
        seen = limit(lock)
        await look.match(seen, lock)
        await look.list_children(desired, seen, skip_settled=not removing and not everything)
        if everything:
            await look.list_other_children(desired, seen)
        await look.fetch_details(desired)
        await look.fetch_content(desired, seen)
    except ExceptionGroup as failures:
        raise first(failures) from None
    return look.state(identity or Identity(None, None), lock), lock


def first(failures: ExceptionGroup[Exception]) -> Exception:
    """Calls that went out side by side usually fail for one reason; the first one tells it."""
    failure = failures.exceptions[0]
    return first(failure) if isinstance(failure, ExceptionGroup) else failure


def _kinds(catalog: Catalog, addresses: Iterable[Address], *, along: bool) -> list[Kind]:
    wanted = {address.kind for address in addresses}
    if along:
        wanted |= {kind.name for kind in catalog if any(slot.kind in wanted for slot in kind.slots)}
    return [kind for kind in catalog if kind.name in wanted and kind.parent is None]


@dataclass(slots=True)
class _Look:
    """One look at the registry, filled step by step."""

    registry: Registry
    catalog: Catalog
    tag_prefix: str
    tags: Callable[[Address], Address] = as_it_is
    former_prefixes: tuple[str, ...] = ()
    listed: dict[str, list[LiveObject]] = field(default_factory=dict)
    objects: dict[Address, LiveObject] = field(default_factory=dict)
    carriers: dict[Address, list[LiveObject]] = field(default_factory=lambda: defaultdict(list))
    skipped: set[Address] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    ours: frozenset[str] = frozenset()

    async def list_roots(self, kinds: list[Kind]) -> None:
        async with anyio.create_task_group() as tasks:
            for kind in kinds:
                tasks.start_soon(self._list_root, kind)

    async def _list_root(self, kind: Kind) -> None:
        found = [_live(body, None) async for body in self.registry.list(kind)]
        # What runs share is nobody's resource: not an orphan, not unmanaged, whichever stage looks.
        self.listed[kind.name] = [item for item in found if not item.is_shared]

    def under_way(self, lock: Lock) -> Lock:
        """The lock, with replacements that it does not know of because it was lost on the way."""
        found = {item.id: item for objects in self.listed.values() for item in objects}
        moved = {
            address: LockEntry(id="", path=entry.path, replaced=(*entry.replaced, entry.id))
            for address, entry in lock.resources.items()
            if (it := found.get(entry.id)) is not None and has_made_room(self.catalog.of_address(address), it)
        }
        return lock.with_changes(resources={**lock.resources, **moved}) if moved else lock

    async def match(self, lock: Lock, whole: Lock) -> None:
        """Find the locked IDs among what was listed; ask one by one for those that lists leave out. ``whole``
        is the lock with what need not be looked at: what it has is nobody else's, whatever a tag says."""
        entries = [*whole.resources.items(), *lock.resources.items()]
        self.ours = frozenset(id for address, entry in entries for id in self._recorded(address, entry))
        by_id = {found.id: found for objects in self.listed.values() for found in objects}
        missing = []
        for address, entry in lock.resources.items():
            kind = self.catalog.of_address(address)
            if kind.parent is not None or not entry.id:
                continue
            if (found := by_id.get(entry.id)) is not None:
                self.objects[address] = found
            else:
                missing.append((address, kind, entry.id))
        for kind_name, objects in self.listed.items():
            for found in objects:
                self._carried(kind_name, found)
        await self._get_each(missing)

    def _recorded(self, address: Address, entry: LockEntry) -> tuple[str, ...]:
        """The IDs of an entry. A predecessor that has to make room is not among them: while it still carries
        its tag it has not made it."""
        beside = self.catalog.of_address(address).replacement is Replacement.BESIDE
        return (entry.id, *(entry.replaced if beside else ()))

    def _carried(self, kind: str, found: LiveObject) -> None:
        carried = self._tagged(kind, found)
        if carried is not None and found.id not in self.ours:
            self.carriers[carried].append(found)

    def _tagged(self, kind: str, found: LiveObject) -> Address | None:
        """The address this object's ownership tag gives it, if the tag is this stage's and makes sense."""
        owner = self._under_its_name(found.owner)
        if owner is None or not owner.startswith(self.tag_prefix):
            return None
        try:
            address = Address.parse(owner.removeprefix(self.tag_prefix))
        except ValueError:  # anybody may write there
            return None
        return self.tags(address) if address.kind == kind else None

    def _under_its_name(self, owner: str | None) -> str | None:
        """The tag as it would be under the present name of the stage, of one that has a former one."""
        former = next((start for start in self.former_prefixes if (owner or "").startswith(start)), None)
        return owner if owner is None or former is None else self.tag_prefix + owner.removeprefix(former)

    def _untagged(self, address: Address, found: LiveObject) -> LiveObject:
        """An object without its tag, where that is ours but for a former name of the stage: so it is ours,
        and gets the tag that it should carry with the next real update. If it was found by its ID or by what
        the tag means today, the tag may say another address: that is of a time before it was renamed, too."""
        owner = self._under_its_name(found.owner)
        if owner == found.owner or owner is None:
            return found
        known = found.id in self.ours or found in self.carriers.get(address, ())
        if not known and owner != self.tag_prefix + address:
            return found
        metadata = {key: value for key, value in found.body["metadata"].items() if key != OWNER_KEY}
        return replace(found, body={**found.body, "metadata": metadata})

    async def list_children(self, desired: DesiredState, lock: Lock, *, skip_settled: bool) -> None:
        """List the children of each parent that is there, unless all that could matter is recorded."""
        families: dict[Address, list[Address]] = defaultdict(list)
        for address in {**desired.resources, **lock.resources}:
            if (parent := self.catalog.of_address(address).parent_of(address)) is not None:
                families[parent].append(address)
        limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
        async with anyio.create_task_group() as tasks:
            for parent, children in families.items():
                holder = self._holder(parent)
                recorded = holder is not None and self.objects.get(parent) is holder
                settled = (_settled(self.catalog, address, desired, lock) for address in children)
                if skip_settled and recorded and all(settled):
                    self.skipped.update(children)
                elif holder is not None:
                    kind = self.catalog.of_address(children[0])
                    tasks.start_soon(self._list_family, limiter, kind, holder, children, desired, lock)

    async def list_other_children(self, desired: DesiredState, lock: Lock) -> None:
        """What carries our tag in a parent of ours in which no address is known."""
        limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
        asked = {
            (address.kind, self.catalog.of_address(address).parent_of(address))
            for address in {**desired.resources, **lock.resources}
        }
        async with anyio.create_task_group() as tasks:
            for kind in self.catalog:
                for parent in {*self.objects, *self.carriers} if kind.parent and kind.tagged else ():
                    holder = self._holder(parent) if parent.kind == kind.parent else None
                    if holder is not None and (kind.name, parent) not in asked:
                        tasks.start_soon(self._list_family, limiter, kind, holder, [], desired, lock)

    def _holder(self, parent: Address) -> LiveObject | None:
        """The live object that is the parent, or is about to be adopted as such."""
        if (found := self.objects.get(parent)) is not None and not found.archived:
            return found
        tagged = self.carriers.get(parent, [])
        return tagged[0] if len(tagged) == 1 else None

    async def _list_family(
        self,
        limiter: anyio.CapacityLimiter,
        kind: Kind,
        holder: LiveObject,
        children: list[Address],
        desired: DesiredState,
        lock: Lock,
    ) -> None:
        async with limiter:
            found = [_live(body, holder.id) async for body in self.registry.list(kind, parent=holder.id)]
        by_id = {item.id: item for item in found}
        by_key = {item.body.get(kind.key): item for item in found} if kind.key else {}
        for address in children:
            entry, resource = lock.resources.get(address), desired.resources.get(address)
            if entry is not None and entry.id in by_id:
                self.objects[address] = by_id[entry.id]
            elif resource is not None and kind.key:
                same = by_key.get(resource.body.get(kind.key))
                if same is not None and same.id not in self.ours:
                    self.carriers[address].append(same)
        for item in found if kind.tagged else ():
            self._carried(kind.name, item)

    async def fetch_details(self, desired: DesiredState) -> None:
        """Get in full what lists leave out, where it differs from what the file holds."""
        limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
        async with anyio.create_task_group() as tasks:
            for address, resource in desired.resources.items():
                kind = self.catalog.of_address(address)
                for found in (self.objects.get(address), *self.carriers.get(address, ())):
                    if found and kind.detail_query and _differs_unseen(kind, resource.body, found.body):
                        tasks.start_soon(self._complete, limiter, address, kind, found)

    async def fetch_content(self, desired: DesiredState, lock: Lock) -> None:
        """Get the files of bundles, where they are not known to be those that were recorded, and of those
        that may be an upload whose answer was lost."""
        limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)
        async with anyio.create_task_group() as tasks:
            for address, resource in desired.resources.items():
                kind, found = self.catalog.of_address(address), self.objects.get(address)
                if kind.bundle is None or found is None or found.archived:
                    continue
                entry = lock.resources[address]
                if not _is_as_recorded(kind, resource.body, found.body, entry):
                    tasks.start_soon(self._unpack, limiter, address, kind, found, entry)
            for address, intent in lock.intents.items():
                kind, wanted = self.catalog.of_address(address), desired.resources.get(address)
                if kind.bundle is not None:
                    body = wanted.body if wanted is not None else None
                    tasks.start_soon(self._find_upload, limiter, address, kind, body, intent)

    async def _unpack(
        self,
        limiter: anyio.CapacityLimiter,
        address: Address,
        kind: Kind,
        found: LiveObject,
        entry: LockEntry,
    ) -> None:
        told = await self._contents(limiter, kind, found)
        if told is None:
            # Undecryptable at present. What is recorded has to do, its version with it: nobody has seen
            # what another one holds.
            told = {kind.version: entry.version} if kind.version is not None else {}
        self._put(address, replace(found, body={**found.body, **told}))

    async def _find_upload(
        self,
        limiter: anyio.CapacityLimiter,
        address: Address,
        kind: Kind,
        wanted: Body | None,
        intent: Intent,
    ) -> None:
        """An upload carries no tag. What has come since the intent, and is the same to the byte as what was
        sent then, is ours, whatever the file asks for by now."""
        sent = {intent.content, *((content_of(kind, wanted),) if wanted is not None else ())}
        for found in self.listed.get(kind.name, ()):
            if found.id in intent.known or found.id in self.ours:
                continue
            full = replace(found, body={**found.body, **(await self._contents(limiter, kind, found) or {})})
            if content_of(kind, full.body) in sent and found.id not in self.claimed:
                self.claimed.add(found.id)  # one object for one address, also where two uploads were alike
                self.carriers[address].append(full)

    async def _contents(self, limiter: anyio.CapacityLimiter, kind: Kind, found: LiveObject) -> Body | None:
        """What the newest version of a bundle holds, or None where it cannot be read at present."""
        version = kind.version_of(found.body)
        if kind.bundle is None or not isinstance(version, str):
            return {}
        async with limiter:
            try:
                directory, files = await self.registry.content(kind, found.id, version)
            except Conflict:
                return None
        return {
            kind.bundle.directory: directory,
            kind.bundle.field: manifest(files),
            TEXTS: texts(files),
        }

    async def _complete(
        self, limiter: anyio.CapacityLimiter, address: Address, kind: Kind, listed: LiveObject
    ) -> None:
        full = await self._get(limiter, kind, listed.id, listed.parent_id)
        if self.objects.get(address) is listed:
            self._put(address, full)
        else:
            self.carriers[address] = [
                found for item in self.carriers[address] if (found := full if item is listed else item)
            ]

    async def _get_each(self, missing: list[tuple[Address, Kind, str]]) -> None:
        limiter = anyio.CapacityLimiter(SIDE_BY_SIDE)

        async def get(address: Address, kind: Kind, id: str) -> None:
            self._put(address, await self._get(limiter, kind, id, None))

        async with anyio.create_task_group() as tasks:
            for address, kind, id in missing:
                tasks.start_soon(get, address, kind, id)

    async def _get(
        self, limiter: anyio.CapacityLimiter, kind: Kind, id: str, parent: str | None
    ) -> LiveObject | None:
        async with limiter:
            try:
                return _live(await self.registry.get(kind, id, parent=parent), parent)
            except NotFound:
                return None

    def _put(self, address: Address, found: LiveObject | None) -> None:
        if found is None:
            self.objects.pop(address, None)
        else:
            self.objects[address] = found

    def state(self, identity: Identity, lock: Lock) -> LiveState:
        ours = {id for entry in lock.resources.values() for id in (entry.id, *entry.replaced)}
        ours |= {found.id for tagged in self.carriers.values() for found in tagged}
        unmanaged = Counter(
            kind
            for kind, objects in self.listed.items()
            for found in objects
            if found.id not in ours and not self._is_elsewhere(found)
        )
        return LiveState(
            identity=identity,
            objects={address: self._untagged(address, found) for address, found in self.objects.items()},
            carriers={
                address: tuple(self._untagged(address, found) for found in tagged)
                for address, tagged in self.carriers.items()
            },
            unmanaged={kind: unmanaged[kind] for kind in sorted(self.listed)},
            listed=self.listed,
            skipped=frozenset(self.skipped),
        )

    def _is_elsewhere(self, found: LiveObject) -> bool:
        """Whether another project or stage manages it, which may share the workspace."""
        return found.owner is not None and not found.owner.startswith(self.tag_prefix)


def _live(body: Body, parent_id: str | None) -> LiveObject:
    return LiveObject(id=str(body.get("id", "")), body=body, parent_id=parent_id)


def _settled(catalog: Catalog, address: Address, desired: DesiredState, lock: Lock) -> bool:
    """Nothing the registry could tell of this address would change the plan: created once, and not edited."""
    resource, entry = desired.resources.get(address), lock.resources.get(address)
    return (
        resource is not None
        and entry is not None
        and resource.lifecycle.create_only
        and not entry.held
        and fingerprints(catalog.of_address(address), resource.body) == entry.applied
    )


def _is_as_recorded(kind: Kind, desired: Body, live: Body, entry: LockEntry) -> bool:
    """The registry has the version that was recorded, and the file asks for what was then sent. What is held
    is something else, and is shown."""
    return (
        not entry.held
        and entry.version == kind.version_of(live)
        and fingerprints(kind, desired) == entry.applied
    )


def _differs_unseen(kind: Kind, desired: Body, live: Body) -> bool:
    return any(
        spec.digest is not None
        and live.get(name) is None
        and content_digest(str(desired.get(name, ""))) != live.get(spec.digest)
        for name, spec in kind.fields.items()
    )
