"""How every address stands, read off a plan."""

from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Severity
from agentops.domain.kind import Catalog
from agentops.domain.plan import Action, Plan
from agentops.domain.report import DriftReport, Standing, StatusReport, StatusRow
from agentops.domain.state import DesiredState, LiveState, Lock

_OF_DRIFT = frozenset(
    {Code.DRIFT, Code.GONE, Code.ORIGIN, Code.FOREIGN_OWNER, Code.SEVERAL_CARRIERS, Code.LOCK_COPY}
)


def drift_report(plan: Plan) -> DriftReport:
    """What moved outside: fields, and what is archived or gone altogether."""
    return DriftReport(
        project=plan.project,
        stage=plan.stage,
        drift=plan.drift,
        held=plan.held,
        diagnostics=tuple(item for item in plan.diagnostics if item.code in _OF_DRIFT),
    )


def status_report(
    catalog: Catalog, plan: Plan, desired: DesiredState, live: LiveState, lock: Lock
) -> StatusReport:
    """One row per address that is desired, recorded or carries our tag, by address."""
    standings = _standings(plan)
    actions = {change.address: change.action for change in plan.changes}
    orphans = {orphan.address: orphan.id for orphan in plan.orphans}

    def row(address: Address) -> StatusRow:
        entry, found = lock.resources.get(address), live.objects.get(address)
        resource = desired.resources.get(address)
        version = entry.version if entry else None
        if found is not None:
            version = catalog.of_address(address).version_of(found.body)
        return StatusRow(
            address=address,
            standing=standings.get(address, Standing.IN_SYNC),
            action=actions.get(address, Action.NO_OP),
            id=entry.id if entry else orphans.get(address),
            version=version,
            path=resource.path if resource else entry.path if entry else None,
        )

    return StatusReport(
        project=plan.project,
        stage=plan.stage,
        rows=tuple(map(row, sorted({*desired.resources, *lock.resources, *orphans}))),
        unmanaged={kind: count for kind, count in live.unmanaged.items() if count},
        diagnostics=tuple(item for item in plan.diagnostics if item.severity is not Severity.ERROR),
    )


def _standings(plan: Plan) -> dict[Address, Standing]:
    """Who does not stand in sync; what is worse to have overlooked is said last, and stays."""
    found = {it.address: Standing.ROLLED_BACK if it.rolled_back else Standing.HELD for it in plan.held}
    found |= {change.address: Standing.PENDING for change in plan.changes}
    found |= {orphan.address: Standing.ORPHANED for orphan in plan.orphans}
    errors = [item for item in plan.diagnostics if item.severity is Severity.ERROR and item.address]
    found |= {item.address: Standing.BLOCKED for item in errors if item.address}
    found |= {drift.address: Standing.DRIFTED for drift in plan.drift}
    found |= {item.address: Standing.GONE for item in errors if item.address and item.code is Code.GONE}
    return found
