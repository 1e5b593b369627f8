"""From the lock of the official tool to ours: the same IDs, nothing sent, nothing created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, Stop, error
from agentops.domain.kind import Catalog
from agentops.domain.peer import PeerEntry, PeerLock
from agentops.domain.state import Lock, LockEntry, Origin, TakenOver


@dataclass(frozen=True, slots=True)
class Key:
    """What one key of that lock is here: its address, and the file or URL it stands for."""

    address: Address
    path: str


def taken_over(
    peer: PeerLock, keys: Mapping[str, Key], catalog: Catalog, lock: Lock
) -> tuple[Lock, tuple[Address, ...]]:
    """``lock`` with what ``peer`` records, and the addresses that are new in it.

    Raises:
        Stop: a kind is unknown, or two keys mean one address.
        Blocked: an address is recorded here under another ID, one ID is that of two addresses, or the lock
            belongs to another workspace.
    """
    _refuse_other_origin(peer, lock)
    problems = [*_unknown(peer, catalog), *_twice(keys)]
    if problems:
        raise Stop(*problems)
    known_ids = {entry.id for entry in lock.resources.values()}
    named: dict[str, Address] = {}
    added: dict[Address, LockEntry] = {}
    for key, entry in peer.resources.items():
        place = keys[key]
        recorded = lock.resources.get(place.address)
        if (other := named.setdefault(entry.id, place.address)) != place.address:
            problems.append(_same_id(place.address, other, entry))
        elif recorded is not None and recorded.id != entry.id:
            problems.append(_other_id(place.address, recorded, entry))
        elif recorded is None and entry.id not in known_ids:
            added[place.address] = _entry(entry, place, catalog)
    if problems:
        raise Blocked(*problems)
    origin = lock.origin
    if origin is None and peer.origin is not None:
        origin = Origin.model_validate(peer.origin.model_dump())
    made = lock.with_changes(
        serial=lock.serial + bool(added), origin=origin, resources={**lock.resources, **added}
    )
    return made, tuple(sorted(added))


def _entry(entry: PeerEntry, place: Key, catalog: Catalog) -> LockEntry:
    version: int | str | None = entry.version
    if entry.version is not None and catalog[entry.kind].versioned:
        version = int(entry.version) if entry.version.isdecimal() else None
    pin = f"{entry.revision}:{entry.subpath or ''}" if entry.revision else None
    return LockEntry(
        id=entry.id,
        version=version,
        path=place.path,
        revision=pin,
        taken_over=TakenOver(hash=entry.hash, remote_hash=entry.remote_hash),
    )


def _refuse_other_origin(peer: PeerLock, lock: Lock) -> None:
    if peer.origin is None or lock.origin is None or not lock.resources:
        return
    theirs = (peer.origin.organization_id, peer.origin.workspace_id)
    if theirs != (lock.origin.organization_id, lock.origin.workspace_id):
        raise Blocked(
            error(
                Code.ORIGIN,
                f"that lock belongs to organization {theirs[0]}, workspace {theirs[1]}; the lock of stage "
                f"{lock.stage} belongs to {' '.join(lock.origin.words)}",
                "take it over into another stage: add `--stage`, and declare that stage in agentops.yaml",
            )
        )


def _unknown(peer: PeerLock, catalog: Catalog) -> list[Diagnostic]:
    return [
        error(
            Code.UNKNOWN_KIND,
            f"{key} is of the kind {entry.kind}, which this version does not know",
            "upgrade agentops",
        )
        for key, entry in peer.resources.items()
        if entry.kind not in catalog
    ]


def _twice(keys: Mapping[str, Key]) -> list[Diagnostic]:
    first: dict[Address, str] = {}
    return [
        error(
            Code.DUPLICATE_ADDRESS,
            f"{key} and {first[place.address]} would both be {place.address}",
            "give one of the files an `address:` of its own, then run this again",
            address=place.address,
        )
        for key, place in keys.items()
        if first.setdefault(place.address, key) != key
    ]


def _other_id(address: Address, recorded: LockEntry, entry: PeerEntry) -> Diagnostic:
    return error(
        Code.LOCK,
        f"{address} is {recorded.id} here, and {entry.id} in that lock",
        "find out which of them the file means, and take the other out of its lock",
        address=address,
    )


def _same_id(address: Address, other: Address, entry: PeerEntry) -> Diagnostic:
    return error(
        Code.LOCK,
        f"{address} and {other} are both {entry.id} in that lock",
        "one resource has one address: take the key out that means nothing any more",
        address=address,
    )
