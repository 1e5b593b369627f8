"""Renaming: a lock's entries under new addresses. Nothing is sent for it, and every ID stays.

The ownership tag in the registry says the old address until the next real update. The lock's ID counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, Stop, did_you_mean, error
from agentops.domain.kind import Catalog
from agentops.domain.plan import Action, Move, Plan
from agentops.domain.project import Rename
from agentops.domain.resource import Attachment
from agentops.domain.state import DesiredState, LiveState, Lock, LockEntry


@dataclass(frozen=True, slots=True)
class Renames:
    """old address -> new one. What lives in a parent goes with it, also where only ``parents`` has that."""

    catalog: Catalog
    pairs: Mapping[Address, Address] = field(default_factory=dict)
    parents: Mapping[Address, Address] = field(default_factory=dict)

    def now(self, address: Address) -> Address:
        """What an address is called by now."""
        if (new := self.pairs.get(address)) is not None:
            return new
        parent = self.catalog.of_address(address).parent_of(address) if address.kind in self.catalog else None
        if parent is None or (moved := self.pairs.get(parent, self.parents.get(parent))) is None:
            return address
        return Address.of(address.kind, f"{moved.name}/{address.name.partition('/')[2]}")


def renamed(lock: Lock, renames: Renames) -> tuple[Lock, tuple[Move, ...]]:
    """The lock with its entries, intents and attachments under their new addresses, and what that moves.

    The serial grows by one where anything moves. An entry never takes the place of another: it then stays.
    """
    taken = lock.resources.keys() | lock.intents.keys()
    new = {old: to for old in sorted(taken) if (to := renames.now(old)) != old and to not in taken}
    if not new:
        return lock, ()

    def attached(entry: LockEntry) -> tuple[Attachment, ...]:
        return tuple(
            Attachment(memory_store=new.get(item.memory_store, item.memory_store), access=item.access)
            for item in entry.attachments
        )

    moved = lock.with_changes(
        serial=lock.serial + 1,
        resources={
            new.get(address, address): entry.model_copy(update={"attachments": attached(entry)})
            for address, entry in lock.resources.items()
        },
        intents={new.get(address, address): intent for address, intent in lock.intents.items()},
    )
    return moved, tuple(Move(old=old, new=to, id=_id(lock.resources.get(old))) for old, to in new.items())


def _id(entry: LockEntry | None) -> str:
    return entry.id if entry is not None else ""


# -- `moved` of agentops.yaml


@dataclass(frozen=True, slots=True)
class Followed:
    """A lock as the files call its entries. moves: what was recorded under another address.
    tags: what a tag that nobody has recorded means by now."""

    lock: Lock
    moves: tuple[Move, ...]
    tags: Renames


def follow(catalog: Catalog, moved: Sequence[Rename], desired: DesiredState, lock: Lock) -> Followed:
    """What ``moved`` means for a stage: where the files declare ``to`` and not ``from``, and the lock has
    ``from`` and not ``to``. Where it has neither, a tag that says ``from`` is that of ``to``."""
    recorded: dict[Address, Address] = {}
    tags: dict[Address, Address] = {}
    for new, former in _histories(moved):
        if new.kind not in catalog:
            continue
        for old, to in _with_stores(desired, new, former):
            if to not in desired.resources or old in desired.resources or old in recorded:
                continue
            known = lock.resources.keys() | lock.intents.keys()
            if old in known and to not in {*known, *recorded.values()}:
                recorded[old] = to
            tags[old] = to
    made, moves = renamed(lock, Renames(catalog, recorded))
    lost = {old: to for old, to in tags.items() if not _id(made.resources.get(to))}
    return Followed(made, moves, Renames(catalog, lost, parents=tags))


def called_now(catalog: Catalog, moved: Sequence[Rename], lock: Lock) -> Lock:
    """A lock of old under today's addresses, whether or not a file still declares them."""
    for new, former in _histories(moved):
        known = lock.resources.keys() | lock.intents.keys()
        if new.kind in catalog and new not in known:
            old = next((it for it in former if it in known), None)
            if old is not None:
                lock = renamed(lock, Renames(catalog, _with_its_stores(lock, old, new)))[0]
    return lock


def _with_its_stores(lock: Lock, old: Address, new: Address) -> dict[Address, Address]:
    """Old address -> new one, also of the stores that its file declares for it."""
    pairs = {old: new}
    if (entry := lock.resources.get(old)) is not None:
        for item in entry.attachments:
            store = lock.resources.get(item.memory_store)
            to = named_after(item.memory_store, old, new)
            if store is not None and to is not None and store.path is not None and store.path == entry.path:
                pairs[item.memory_store] = to
    return pairs


def _histories(moved: Sequence[Rename]) -> Iterator[tuple[Address, list[Address]]]:
    """Every address that something was moved to and nothing from, with what it was called before: the last
    name first."""
    before = {line.new: line.old for line in moved}
    olds = {line.old for line in moved}
    for new in sorted(before.keys() - olds):
        former = [before[new]]
        while (earlier := before.get(former[-1])) is not None:
            former.append(earlier)
        yield new, former


def _with_stores(
    desired: DesiredState, new: Address, former: Sequence[Address]
) -> Iterator[tuple[Address, Address]]:
    """Old address and new one; with those of what is declared in the same file and named after it, as the
    memory of an agent is."""
    for old in former:
        yield old, new
        for store in stores_of(desired, new):
            if (before := named_after(store, new, old)) is not None:
                yield before, store


def stores_of(desired: DesiredState, owner: Address) -> Iterator[Address]:
    """What is declared in the same file and attached to its owner."""
    if (resource := desired.resources.get(owner)) is None:
        return
    for item in resource.attachments:
        store = desired.resources.get(item.memory_store)
        if store is not None and store.path == resource.path:
            yield store.address


def named_after(store: Address, owner: Address, other: Address) -> Address | None:
    """The same store of another owner: ``memory_store/tutor-notes`` -> ``memory_store/coach-notes``."""
    mark = f"{owner.name}-"
    if not store.name.startswith(mark):
        return None
    return Address.of(store.kind, f"{other.name}-{store.name.removeprefix(mark)}")


def adopted(live: LiveState, tag_prefix: str, tags: Renames, plan: Plan) -> tuple[Move, ...]:
    """What the plan adopts although its tag says an address of old."""
    found = []
    for change in plan.changes:
        if change.action is not Action.ADOPT or change.base is None:
            continue
        for carrier in live.carriers.get(change.address, ()):
            said = (carrier.owner or "").removeprefix(tag_prefix)
            if carrier.id == change.base.id and "/" in said and said != change.address:
                old = Address(said)
                if tags.now(old) == change.address:
                    found.append(Move(old=old, new=change.address, id=carrier.id))
    return tuple(found)


def once_more(saved: Plan, lock: Lock, catalog: Catalog) -> Lock:
    """The lock with what a saved plan moves under its new address, where that was not done since.

    Raises:
        Blocked: an address is recorded as something else by now.
    """
    adopts = {(it.address, it.base.id) for it in saved.changes if it.action is Action.ADOPT and it.base}
    pairs: dict[Address, Address] = {}
    stale: list[Diagnostic] = []
    for move in saved.moves:
        old, new = lock.resources.get(move.old), lock.resources.get(move.new)
        if new is not None and new.id == move.id and (old is None or old.id != move.id):
            continue
        there = old is not None or move.old in lock.intents
        if new is None and there and _id(old) == move.id:
            pairs[move.old] = move.new
        elif (move.new, move.id) not in adopts:
            stale.append(_stale(move, old, new))
    if stale:
        raise Blocked(*stale)
    return renamed(lock, Renames(catalog, pairs))[0]


def _stale(move: Move, old: LockEntry | None, new: LockEntry | None) -> Diagnostic:
    if new is not None:
        why = f"{move.new} is {new.id} by now"
    elif old is not None:
        why = f"{move.old} is {old.id} by now, not {move.id}"
    else:
        why = f"the lock has no {move.old} any more"
    return error(
        Code.STALE,
        f"the plan is stale: {move.old} was to become {move.new}, but {why}",
        "plan again and review that",
        address=move.new,
    )


# -- `lock mv` and `lock rm`


def move_by_hand(
    catalog: Catalog, lock: Lock, name: str, old: Address, new: Address
) -> tuple[Lock, tuple[Move, ...]]:
    """The lock with ``old`` as ``new``; what lives in it goes along, and the stores that its file declares
    for it. ``name`` is what to call the lock.

    Raises:
        Stop: ``old`` is not there, ``new`` is taken, or the one cannot become the other.
    """
    if (wrong := _cannot_be(catalog, lock, name, old, new)) is not None:
        raise Stop(wrong)
    renames = Renames(catalog, _with_its_stores(lock, old, new))
    known = lock.resources.keys() | lock.intents.keys()
    in_the_way = sorted(now for it in known if (now := renames.now(it)) != it and now in known)
    if in_the_way:
        raise Stop(_taken(name, old, in_the_way[0], lock))
    return renamed(lock, renames)


def _cannot_be(catalog: Catalog, lock: Lock, name: str, old: Address, new: Address) -> Diagnostic | None:
    known = lock.resources.keys() | lock.intents.keys()
    if old not in known:
        return not_recorded(name, old, known)
    if old == new:
        return _refused(old, f"{old} is its address already", "name the address that it has in the files now")
    if old.kind != new.kind:
        return _refused(
            old,
            f"{old} cannot become {new}: they are of different kinds",
            f"give it another name of its own kind: {Address.of(old.kind, new.name)}",
        )
    kind = catalog.kinds.get(old.kind)
    if kind is not None and kind.parent is not None:
        before = kind.parent_of(old)
        if before != kind.parent_of(new) or not new.name.partition("/")[2]:
            return _refused(
                old,
                f"{old} cannot become {new}: it lives in {before}",
                f"nothing moves from one {kind.parent} to another; where that was renamed, move it: what is "
                "in it goes along",
            )
    return _taken(name, old, new, lock) if new in known else None


def _taken(name: str, old: Address, new: Address, lock: Lock) -> Diagnostic:
    id = _id(lock.resources.get(new))
    return _refused(
        old,
        f"{name} has {new} already{f': it is {id}' if id else ''}",
        f"look which of the two the file means (`agentops lock show {new}`), and forget the other: "
        "`agentops lock rm ADDRESS`",
    )


def without(
    catalog: Catalog, lock: Lock, name: str, addresses: Sequence[Address]
) -> tuple[Lock, tuple[Address, ...]]:
    """The lock without these, and what lives in them; and what that forgets.

    Raises:
        Stop: the lock, called ``name``, has one of them not.
    """
    known = lock.resources.keys() | lock.intents.keys()
    if missing := [not_recorded(name, it, known) for it in addresses if it not in known]:
        raise Stop(*missing)

    def goes(address: Address) -> bool:
        parent = catalog.of_address(address).parent_of(address) if address.kind in catalog else None
        return address in addresses or (parent is not None and parent in addresses)

    gone = tuple(sorted(filter(goes, known)))
    left = lock.with_changes(
        serial=lock.serial + 1,
        resources={address: entry for address, entry in lock.resources.items() if address not in gone},
        intents={address: intent for address, intent in lock.intents.items() if address not in gone},
    )
    return left, gone


def not_recorded(name: str, address: Address, known: Iterable[Address]) -> Diagnostic:
    return _refused(
        address, f"{name} has no {address}", did_you_mean(address, known) or "nothing is recorded there"
    )


def nowhere_recorded(address: Address, known: Iterable[Address]) -> Diagnostic:
    """For several locks."""
    return _refused(
        address,
        f"no lock of this project has {address}",
        did_you_mean(address, known) or "nothing is recorded there",
    )


def _refused(address: Address, summary: str, detail: str) -> Diagnostic:
    return error(Code.LOCK_ADDRESS, summary, detail, address=address)
