"""A plan, or the drift in one, ready to print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Moved
from agentops.domain.diagnostics import Location, Severity, counted
from agentops.domain.plan import Action, Base, Change, Drift, DriftedField, Held, Move, Plan, Reason
from agentops.domain.project import OnDrift
from agentops.domain.report import DriftReport
from agentops.domain.resource import refs_in
from agentops.domain.state import RolledBack
from agentops.domain.view.member import changed_field
from agentops.domain.view.model import (
    ChangeView,
    DriftedView,
    DriftView,
    FieldView,
    Line,
    PlanView,
    Span,
    Tone,
)
from agentops.domain.view.overview import created_fields
from agentops.domain.view.problem import diagnostics_view
from agentops.domain.view.risk import risk_counts, risk_lines

DIGEST_SHOWN = 12
"""Hex digits of the change digest in a text; JSON has all 64."""

TONES = {
    Action.CREATE: Tone.ADDED,
    Action.UPDATE: Tone.CHANGED,
    Action.REPLACE: Tone.REPLACED,
    Action.ARCHIVE: Tone.REMOVED,
    Action.DELETE: Tone.REMOVED,
    Action.FORGET: Tone.FAINT,
    Action.ADOPT: Tone.ADOPTED,
    Action.NO_OP: Tone.PLAIN,
}
_WHY = {
    Reason.ROLLED_BACK: "puts back what was there before",
    Reason.TAKEN_FORWARD: "takes forward what was rolled back",
    Reason.SECRET_SENT_AGAIN: "sends its secrets again",
    Reason.DRIFT_REVERTED: "reverts what was changed outside",
    Reason.RECREATE: "created again, with a new ID",
    Reason.REMOVED_FROM_FILES: "removed from the files",
    Reason.DESTROY: "destroy",
    Reason.GONE: "no longer in the registry",
}
_PARTS = (
    ("create", "to create"),
    ("update", "to update"),
    ("replace", "to replace"),
    ("archive", "to archive"),
    ("delete", "to delete"),
    ("forget", "to forget"),
    ("adopt", "to adopt"),
)
_STANDING = (
    ("unchanged", "unchanged"),
    ("drifted", "drifted"),
    ("held", "held"),
)
_RESOLVED = {
    OnDrift.BLOCK: "",
    OnDrift.REVERT: "reverted: what the file says is sent",
    OnDrift.KEEP: "kept: it stays, and is held from now on",
}


def plan_view(plan: Plan, *, verbose: bool = False) -> PlanView:
    """The whole plan. ``verbose`` shows complete bodies of what is created and folds nothing."""
    return PlanView(
        title=_title(plan),
        moves=tuple(moves_of(plan.moves)),
        changes=tuple(_change(item, verbose) for item in plan.changes),
        drift=tuple(_drifted(item, verbose) for item in plan.drift),
        held=tuple(_held(item, verbose) for item in plan.held),
        orphans=tuple(
            (Span(item.address), Span(item.id, Tone.FAINT), Span(item.path or "", Tone.PLACE))
            for item in plan.orphans
        ),
        orphans_heading=_orphans_heading(plan),
        closing=tuple(_closing(plan)),
        diagnostics=diagnostics_view(plan.diagnostics, errors_first=True),
        blocked=_blocked(plan),
    )


def drift_view(report: DriftReport, *, verbose: bool = False) -> DriftView:
    """What moved in the registry, field by field."""
    addresses = {item.address for item in report.drift}
    addresses |= {
        item.address for item in report.diagnostics if item.severity is Severity.ERROR and item.address
    }
    if report.moved:
        moved = f"Drift: {counted(len(addresses), 'resource')} moved in the registry since the last apply."
        closing = Span(moved, Tone.CHANGED)
    else:
        closing = Span("No drift.", Tone.ADDED)
    return DriftView(
        title=" · ".join((report.project, f"stage {report.stage}")),
        # Only a plan does something about it.
        drift=tuple(replace(_drifted(item, verbose), about="") for item in report.drift),
        held=tuple(_held(item, verbose) for item in report.held),
        closing=(closing,),
        diagnostics=diagnostics_view(report.diagnostics, errors_first=True),
    )


def _title(plan: Plan) -> str:
    release = f", from {plan.promotes}'s release" if plan.promotes else ""
    back = f", back to {plan.rolls_back}" if plan.rolls_back else ""
    return " · ".join((plan.project, f"stage {plan.stage}{release}{back}", *plan.origin.words))


def moves_of(moves: Sequence[Move]) -> Iterator[Line]:
    """One row for each; what lives in what is moved is only counted."""
    below = {
        move.new: [it for it in moves if it.old.name.startswith(f"{move.old.name}/") and it is not move]
        for move in moves
    }
    inner = {it.new for found in below.values() for it in found}
    for move in moves:
        if move.new not in inner:
            along = f", with {len(found)} in it" if (found := below[move.new]) else ""
            yield (Span(move.old), Span(f"is now {move.new}{along}"), Span(move.id, Tone.FAINT))


def _change(change: Change, verbose: bool) -> ChangeView:
    if change.action is Action.CREATE:
        fields = created_fields(change.body, verbose=verbose)
    else:
        fields = tuple(
            field
            for item in change.fields
            for field in changed_field(item.path, item.before, item.after, verbose=verbose)
        )
    return ChangeView(
        symbol=change.action.symbol,
        tone=TONES[change.action],
        address=change.address,
        about=_about(change),
        place=_place(change.location),
        remarks=tuple(_remarks(change)),
        fields=fields,
    )


def _about(change: Change) -> str:
    """What the headline says behind the address."""
    identity = change.base.id if change.base else ""
    moved = [*dict.fromkeys(ref.address for item in change.fields for ref in refs_in(item.after))]
    why = because(moved) if change.reason is Reason.REFERENCE_MOVES else _WHY.get(change.reason, "")
    match change.action:
        case Action.CREATE:
            return why
        case Action.UPDATE:
            return ", ".join(part for part in (_versions(change), why) if part)
        case Action.REPLACE:
            return f"must be replaced: {change.forced_by} cannot be updated"
        case Action.ARCHIVE | Action.DELETE:
            return f"{change.action} {identity}: cannot be undone{f' ({why})' if why else ''}"
        case Action.FORGET:
            along = change.reason is Reason.DESTROY and change.depends_on
            goes = (
                f"goes with {change.depends_on[0]}" if along else "neither in the registry nor in the files"
            )
            return f"forget: {goes}"
        case Action.ADOPT:
            return f"adopt {identity}: {_ADOPTED_CHILD if change.parent else _ADOPTED}"
        case _:
            return why


def because(moved: Sequence[Address]) -> str:
    """``because skill/pr-summary changes``; several are counted."""
    if not moved:
        return "because of what it refers to"
    return (
        f"because {moved[0]} changes" if len(moved) == 1 else f"because {len(moved)} of its references change"
    )


_ADOPTED = "carries our ownership tag, and the lock does not know it"
_ADOPTED_CHILD = "stands in its place already"


def _versions(change: Change) -> str:
    """An update of a versioned kind makes the next version; a content hash is no version to read."""
    version = change.base.version if change.base else None
    return f"v{version} → v{version + 1}" if isinstance(version, int) else ""


def _remarks(change: Change) -> Iterator[Line]:
    yield from risk_lines(change.risks)
    if change.action is Action.REPLACE:
        old = change.base.id if change.base else "the old one"
        yield (Span(f"a new one with a new ID takes its place; {old} goes for good", Tone.FAINT),)


def _drifted(item: Drift, verbose: bool) -> DriftedView:
    return DriftedView(
        symbol="≠",
        address=item.address,
        id=item.id,
        about=_RESOLVED[item.resolution],
        place=_place(item.location),
        fields=tuple(shown for field in item.fields for shown in _drifted_field(field, verbose)),
    )


def _held(item: Held, verbose: bool) -> DriftedView:
    return DriftedView(
        symbol="=",
        address=item.address,
        id=item.id,
        about=_rolled_back(item.rolled_back),
        place=_place(item.location),
        fields=tuple(shown for field in item.fields for shown in _drifted_field(field, verbose)),
    )


def _rolled_back(back: RolledBack | None) -> str:
    """``rolled back to version 3 on 2026-03-01 by ada``"""
    if back is None:
        return ""
    day = f" on {back.at[:10]}" if back.at else ""
    who = f" by {back.by}" if back.by else ""
    return f"rolled back to {back.to}{day}{who}"


_MOVED = {
    Moved.OURS: "changed in the file",
    Moved.THEIRS: "changed in the registry",
    Moved.BOTH: "changed in both places",
    Moved.NEITHER: "differs",
}


def _drifted_field(field: DriftedField, verbose: bool) -> Sequence[FieldView]:
    """From what the file says to what the registry has, and who moved."""
    moved = _MOVED[field.moved]
    label = FieldView(field.path, (Span(f"{moved} (file → registry)", Tone.FAINT),))
    shown = list(changed_field(field.path, field.ours, field.theirs, verbose=verbose))
    if len(shown) == 1:
        gap = (Span("  "),) if shown[0].beside else ()
        return [FieldView(shown[0].path, (*shown[0].beside, *gap, *label.beside), shown[0].below)]
    return [label, *shown]


def _place(location: Location | None) -> str:
    return f"{location.file}:{location.line}" if location else ""


def _closing(plan: Plan) -> list[Line]:
    lines: list[Line] = [(Span(_counts(plan), Tone.STRONG),)]
    if risks := risk_counts(risk for change in plan.changes for risk in change.risks):
        lines.append(risks)
    if any(item.rolled_back for item in plan.held):
        forward = (
            "What was rolled back stays so until its file changes; `--on-drift revert` takes it forward."
        )
        lines.append((Span(forward, Tone.FAINT),))
    kept = {item.address for item in plan.drift if item.resolution is OnDrift.KEEP}
    if kept:
        lines.append((Span("Apply sends nothing for what is kept, and holds it in the lock.", Tone.FAINT),))
    if plan.moves:
        moved = counted(len(plan.moves), "address", "addresses")
        lines.append((Span(f"Apply writes {moved} anew in the lock, without sending anything.", Tone.FAINT),))
    if others := plan.records.keys() - kept - {move.new for move in plan.moves}:
        entries = counted(len(others), "lock entry", "lock entries")
        lines.append((Span(f"Apply also refreshes {entries} without sending anything.", Tone.FAINT),))
    if plan.promotes and (pinned := _pinned(plan)):
        text = f"Pins what {plan.stage} has already: {', '.join(pinned)}."
        lines.append((Span(text, Tone.FAINT),))
    if plan.changes:
        digest = plan.change_digest[:DIGEST_SHOWN]
        lines.append((Span("Change digest ", Tone.FAINT), Span(digest)))
    return lines


def _pinned(plan: Plan) -> list[str]:
    """What changes name by a version that this plan leaves as it is: ``agent/reviewer v3``."""
    pinned = {
        address: base.version
        for address, base in plan.pins.items()
        if base.version is not None and any(_names(change.body, base) for change in plan.changes)
    }
    return [
        f"{address} {f'v{version}' if isinstance(version, int) else version}"
        for address, version in sorted(pinned.items())
    ]


def _names(value: Any, base: Base) -> bool:
    """Whether a body names an object together with the version it has."""
    if isinstance(value, Mapping):
        members = [*value.values()]
        return (base.id in members and base.version in members) or any(_names(it, base) for it in members)
    return isinstance(value, list) and any(_names(item, base) for item in value)


def _counts(plan: Plan) -> str:
    """``Plan: 2 to create, 1 to update; 14 unchanged; 1 drifted.``"""
    summary = plan.summary
    standing = [f"{number:,} {text}" for name, text in _STANDING if (number := getattr(summary, name))]
    if summary.orphaned:
        standing.append(f"{summary.orphaned:,} not in {_asked_by(plan)}")
    if plan.changes:
        actions = [f"{number:,} {text}" for name, text in _PARTS if (number := getattr(summary, name))]
        return f"Plan: {'; '.join([', '.join(actions), *standing])}."
    if plan.rolls_back and not plan.blocked:
        return f"No changes. The registry has what is rolled back to: {plan.rolls_back}."
    if summary.drifted or summary.held or plan.blocked:
        return f"{'; '.join(['No changes to apply', *standing])}."
    matched = counted(summary.unchanged, "resource")
    rest = (
        f"; {summary.orphaned:,} not in {'it' if plan.promotes else 'the files'}" if summary.orphaned else ""
    )
    return f"No changes. The registry matches {_asked_by(plan)} ({matched}{rest})."


def _orphans_heading(plan: Plan) -> str:
    any_more = "" if plan.promotes else " any more"
    return f"Not in {_asked_by(plan)}{any_more} (kept; nothing is done)"


def _asked_by(plan: Plan) -> str:
    return f"{plan.promotes}'s release" if plan.promotes else "the files"


def _blocked(plan: Plan) -> Line:
    errors = [item for item in dict.fromkeys(plan.diagnostics) if item.severity is Severity.ERROR]
    if not plan.blocked:
        return ()
    reason = "the error above is" if len(errors) == 1 else f"the {len(errors):,} errors above are"
    return (Span(f"Blocked: nothing can be applied until {reason} resolved.", Tone.ERROR),)
