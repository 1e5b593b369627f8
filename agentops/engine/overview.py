"""Every address in every stage: where it stands, and how far it is behind the working tree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, in_order, warning
from agentops.domain.plan import Action
from agentops.domain.report import (
    Behind,
    Cell,
    Column,
    Overview,
    OverviewRow,
    Standing,
    StatusReport,
    StatusRow,
)
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState, Lock, LockEntry

Since = Callable[[str, Mapping[str, Sequence[str]]], Mapping[str, int] | None]
"""A commit, and files by the name of what they belong to -> how many commits since have touched them; None
where that cannot be told."""


@dataclass(frozen=True, slots=True)
class StageSeen:
    """What is known of one stage: what its files ask for, what its lock records, and where its registry could
    be asked how it stands. problem: why it could not."""

    desired: DesiredState
    lock: Lock
    status: StatusReport | None = None
    problem: Diagnostic | None = None


def overview(project: str, seen: Sequence[StageSeen], since: Since) -> Overview:
    """Put stages side by side, in the order they are given."""
    cells = {stage.desired.stage: _cells(stage, since) for stage in seen}
    addresses = sorted({address for found in cells.values() for address in found})
    rows = tuple(
        OverviewRow(
            address=address, cells={name: found[address] for name, found in cells.items() if address in found}
        )
        for address in addresses
    )
    columns = tuple(_column(stage, cells[stage.desired.stage]) for stage in seen)
    said = [item for stage in seen if stage.status is not None for item in stage.status.diagnostics]
    unseen = [_unseen(stage) for stage in seen if stage.problem is not None]
    return Overview(project=project, stages=columns, rows=rows, diagnostics=in_order([*said, *unseen]))


def _unseen(stage: StageSeen) -> Diagnostic:
    why = stage.problem.summary if stage.problem is not None else ""
    return warning(
        Code.UNSEEN_STAGE,
        f"stage {stage.desired.stage} is shown by its lock alone: {why}",
        stage.problem.detail if stage.problem is not None else "",
    )


def _column(stage: StageSeen, cells: Mapping[Address, Cell]) -> Column:
    counts = Counter(cell.standing for cell in cells.values())
    return Column(
        stage=stage.desired.stage,
        looked=stage.status is not None,
        problem=stage.problem,
        lock_serial=stage.lock.serial,
        standings={standing: counts[standing] for standing in Standing if counts[standing]},
        behind=sum(cell.behind is not None for cell in cells.values()),
        unmanaged=stage.status.unmanaged if stage.status is not None else {},
    )


def _cells(stage: StageSeen, since: Since) -> dict[Address, Cell]:
    desired, lock = stage.desired.resources, stage.lock.resources
    rows = stage.status.rows if stage.status is not None else _by_lock(desired, lock)
    behind = _behind(desired, lock, since)
    return {row.address: _cell(row, lock.get(row.address), behind.get(row.address)) for row in rows}


def _cell(row: StatusRow, entry: LockEntry | None, behind: Behind | None) -> Cell:
    released = entry.released if entry is not None else None
    return Cell(
        standing=row.standing,
        action=row.action,
        id=row.id,
        version=row.version,
        commit=entry.source.commit if entry is not None and entry.source is not None else None,
        released_at=released.at if released is not None else None,
        by=released.by if released is not None else None,
        behind=behind,
        promoted_from=entry.promoted_from if entry is not None else None,
        rolled_back=entry.rolled_back if entry is not None else None,
    )


def _by_lock(desired: Mapping[Address, Resource], lock: Mapping[Address, LockEntry]) -> Iterable[StatusRow]:
    """The rows without a look at the registry: by the digests of sources, and what the lock remembers."""
    for address in sorted({*desired, *lock}):
        resource, entry = desired.get(address), lock.get(address)
        standing, action = _standing(resource, entry)
        yield StatusRow(
            address=address,
            standing=standing,
            action=action,
            id=entry.id or None if entry is not None else None,
            version=entry.version if entry is not None else None,
            path=resource.path if resource is not None else entry.path if entry is not None else None,
        )


def _standing(resource: Resource | None, entry: LockEntry | None) -> tuple[Standing, Action]:
    if entry is None or not entry.id:
        return Standing.PENDING, Action.CREATE
    if entry.rolled_back is not None:
        return Standing.ROLLED_BACK, Action.NO_OP
    if entry.held:
        return Standing.HELD, Action.NO_OP
    if resource is None:  # what a URL names is not loaded without a network
        return (Standing.IN_SYNC if entry.revision else Standing.ORPHANED), Action.NO_OP
    if not _runs(resource, entry):
        return Standing.PENDING, Action.UPDATE
    return Standing.IN_SYNC, Action.NO_OP


def _runs(resource: Resource, entry: LockEntry) -> bool:
    return entry.source is not None and entry.source.digest == resource.source.digest


def _behind(
    desired: Mapping[Address, Resource], lock: Mapping[Address, LockEntry], since: Since
) -> dict[Address, Behind]:
    """What runs other sources than the working tree has. One look at git for each commit that is recorded."""
    older = {
        address: (entry, resource)
        for address, resource in desired.items()
        if (entry := lock.get(address)) is not None and entry.id and not _runs(resource, entry)
    }
    files: dict[str, dict[str, Sequence[str]]] = {}
    for address, (entry, resource) in older.items():
        if entry.source is not None and entry.source.commit is not None and resource.files:
            files.setdefault(entry.source.commit, {})[address] = resource.files
    found = {address: Behind() for address in older}
    for commit, named in sorted(files.items()):
        for name, count in (since(commit, named) or {}).items():
            # What is in no commit yet is one more change.
            uncommitted = older[Address(name)][1].source.commit is None
            found[Address(name)] = Behind(changes=max(count + uncommitted, 1))
    return found
