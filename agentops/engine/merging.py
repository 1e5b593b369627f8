"""Both sides of a merge that git could not finish, put together address by address. Nothing is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, error
from agentops.domain.project import Stage
from agentops.domain.state import Intent, Lock, LockEntry
from agentops.domain.torn import Origin, Torn


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one source says of an address."""

    entry: LockEntry
    by: Origin


@dataclass(frozen=True, slots=True)
class Merged:
    """A lock, and where its entries are from. disputes: per address what else it could be, what was taken
    first; only the registry can tell. floor: the highest serial of all sources, -1 without any."""

    lock: Lock
    by: Mapping[Address, Origin] = field(default_factory=dict)
    disputes: Mapping[Address, tuple[Candidate, ...]] = field(default_factory=dict)
    floor: int = -1


def merged(torn: Torn, project: str, stage: str) -> Merged:
    """What both sides and what they come from say together. An entry is missing only where one side forgot it
    and the other has left it as it was.

    Raises:
        Blocked: the sides belong to different registries, or to another project or stage.
    """
    if not torn.sides:
        return Merged(Lock(project=project, stage=stage))
    _refuse_mixed(torn.sides, project, stage)
    if len(torn.sides) == 1:
        (lock,) = torn.sides
        return Merged(lock, dict.fromkeys(lock.resources, Origin.FILE), floor=lock.serial)
    ours, theirs = torn.sides
    base = torn.base.resources if torn.base is not None else {}
    resources: dict[Address, LockEntry] = {}
    by: dict[Address, Origin] = {}
    disputes: dict[Address, tuple[Candidate, ...]] = {}
    for address in sorted(ours.resources.keys() | theirs.resources.keys()):
        one, other = ours.resources.get(address), theirs.resources.get(address)
        found = _candidates(one, other, base.get(address), known=torn.base is not None)
        if not found:
            continue
        resources[address], by[address] = found[0].entry, found[0].by
        if len(found) > 1:
            disputes[address] = found
    floor = max(ours.serial, theirs.serial)
    lock = (ours if ours.serial >= theirs.serial else theirs).with_changes(
        serial=floor + 1,
        origin=ours.origin or theirs.origin,
        resources=resources,
        intents=_intents(ours.intents, theirs.intents, torn.base.intents if torn.base is not None else None),
    )
    return Merged(lock, by, disputes, floor)


def _candidates(
    ours: LockEntry | None, theirs: LockEntry | None, base: LockEntry | None, *, known: bool
) -> tuple[Candidate, ...]:
    """What the address may be, the likelier one first; nothing where it is forgotten. ``known`` says whether
    ``base`` being None means that there was none."""
    if ours == theirs and ours is not None:
        return (Candidate(ours, Origin.FILE),)
    if known and base is not None and (ours is None or theirs is None) and base in (ours, theirs):
        return ()
    if known and base is not None and ours is not None and theirs is not None:
        if ours == base:
            return (Candidate(theirs, Origin.THEIRS),)
        if theirs == base:
            return (Candidate(ours, Origin.OURS),)
    found = [
        Candidate(entry, by)
        for entry, by in ((ours, Origin.OURS), (theirs, Origin.THEIRS))
        if entry is not None
    ]
    return tuple(sorted(found, key=lambda it: -_how_far(it.entry, found)))


def _how_far(entry: LockEntry, among: Sequence[Candidate]) -> int:
    """What replaces another comes after it; of one ID the higher version does."""
    replaces = sum(
        other.entry.id in entry.replaced for other in among if other.entry.id and other.entry is not entry
    )
    version = entry.version if isinstance(entry.version, int) else 0
    return replaces * 1_000_000_000 + version


def _intents(
    ours: Mapping[Address, Intent], theirs: Mapping[Address, Intent], base: Mapping[Address, Intent] | None
) -> dict[Address, Intent]:
    """Of both sides. What one of them has settled since is settled."""
    found: dict[Address, Intent] = {}
    for address in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(address), theirs.get(address)
        if one is None or other is None:
            left = one or other
            if left is not None and (base is None or base.get(address) != left):
                found[address] = left
        else:
            found[address] = max(one, other, key=lambda it: it.at)
    return found


def with_copy(found: Merged, copy: Lock | None) -> Merged:
    """The same with the registry's copy, where that is newer than all sides. What the copy does not have is
    kept all the same."""
    if copy is None or copy.serial <= found.floor:
        return found
    resources, by, disputes = dict(found.lock.resources), dict(found.by), dict(found.disputes)
    for address, entry in copy.resources.items():
        there = resources.get(address)
        if there == entry:
            continue
        before = disputes.get(address) or (
            (Candidate(there, found.by[address]),) if there is not None else ()
        )
        resources[address], by[address] = entry, Origin.COPY
        if before:
            disputes[address] = (Candidate(entry, Origin.COPY), *before)
    serial = max(copy.serial, found.floor)
    lock = found.lock.with_changes(
        serial=serial + 1,
        origin=found.lock.origin or copy.origin,
        resources=dict(sorted(resources.items())),
        intents={**copy.intents, **found.lock.intents},
    )
    return Merged(lock, by, disputes, serial)


def as_called_now(torn: Torn, project: str, stage: Stage) -> Torn:
    """The sides under the present names of project and stage, where they were written under former ones."""

    def now(lock: Lock) -> Lock:
        if (lock.project, lock.stage) not in stage.formerly:
            return lock
        return lock.with_changes(project=project, stage=stage.name)

    return replace(torn, sides=tuple(map(now, torn.sides)))


def _refuse_mixed(sides: Sequence[Lock], project: str, stage: str) -> None:
    for side in sides:
        if (side.project, side.stage) != (project, stage):
            raise Blocked(
                error(
                    Code.LOCK,
                    f"one side of the lock was written for project {side.project}, stage {side.stage}; "
                    f"this is {project}, stage {stage}",
                    "keep the side that is this stage's; nothing was changed",
                )
            )
    origins = [side.origin for side in sides if side.origin is not None]
    if len({(it.organization_id, it.workspace_id) for it in origins}) > 1:
        both = " and of ".join(" ".join(it.words) for it in origins)
        raise Blocked(
            error(
                Code.ORIGIN,
                f"the two sides of the lock are of different registries: of {both}",
                "keep the side of the workspace that the stage is in; nothing was changed",
            )
        )
