"""How every address stands, read off a plan."""

from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Severity
from agentops.domain.plan import Action, Plan
from agentops.domain.report import DriftReport, Standing, StatusReport, StatusRow
from agentops.domain.state import DesiredState, LiveState, Lock

_OF_DRIFT = frozenset({Code.DRIFT, Code.GONE, Code.ORIGIN})


def drift_report(plan: Plan) -> DriftReport:
    """What moved outside: fields, and what is archived or gone altogether."""
    return DriftReport(
        project=plan.project,
        stage=plan.stage,
        drift=plan.drift,
        diagnostics=tuple(item for item in plan.diagnostics if item.code in _OF_DRIFT),
    )


def status_report(plan: Plan, desired: DesiredState, live: LiveState, lock: Lock) -> StatusReport:
    """One row per address that is desired, recorded or carries our tag, by address."""
    addresses = sorted({*desired.resources, *lock.resources, *(item.address for item in plan.orphans)})
    return StatusReport(
        project=plan.project,
        stage=plan.stage,
        rows=tuple(_row(address, plan, desired, live, lock) for address in addresses),
        unmanaged={kind: count for kind, count in live.unmanaged.items() if count},
        diagnostics=tuple(item for item in plan.diagnostics if item.severity is not Severity.ERROR),
    )


def _row(address: Address, plan: Plan, desired: DesiredState, live: LiveState, lock: Lock) -> StatusRow:
    entry, found = lock.resources.get(address), live.objects.get(address)
    resource = desired.resources.get(address)
    change = next((item for item in plan.changes if item.address == address), None)
    return StatusRow(
        address=address,
        standing=_standing(address, plan),
        action=change.action if change else Action.NO_OP,
        id=entry.id if entry else found.id if found else None,
        version=found.version if found else entry.version if entry else None,
        path=resource.path if resource else entry.path if entry else None,
    )


def _standing(address: Address, plan: Plan) -> Standing:
    errors = {
        item.code for item in plan.diagnostics if item.address == address and item.severity is Severity.ERROR
    }
    if Code.GONE in errors:
        return Standing.GONE
    if any(item.address == address for item in plan.drift):
        return Standing.DRIFTED
    if errors:
        return Standing.BLOCKED
    if any(item.address == address for item in plan.orphans):
        return Standing.ORPHANED
    if any(item.address == address for item in plan.changes):
        return Standing.PENDING
    return Standing.IN_SYNC
