"""What apply did, how things stand and what a lock says, ready to print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from agentops.domain.address import Address
from agentops.domain.diagnostics import counted
from agentops.domain.plan import Action
from agentops.domain.report import ApplyReport, Outcome, Result, Standing, StatusReport
from agentops.domain.state import Lock, LockEntry
from agentops.domain.view.model import ApplyView, EndedView, Line, LockEntryView, Span, TableView, Tone
from agentops.domain.view.problem import diagnostics_view, problem_line

_DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.ARCHIVE: "archived",
    Action.DELETE: "deleted",
    Action.FORGET: "forgotten",
    Action.ADOPT: "adopted",
    Action.NO_OP: "unchanged",
}
_MARKS = {
    Result.DONE: ("✓", Tone.ADDED),
    Result.ALREADY: ("=", Tone.FAINT),
    Result.FAILED: ("✗", Tone.ERROR),
    Result.SKIPPED: ("-", Tone.WARNING),
}
_STANDING_TONES = {
    Standing.IN_SYNC: Tone.ADDED,
    Standing.PENDING: Tone.CHANGED,
    Standing.DRIFTED: Tone.WARNING,
    Standing.HELD: Tone.WARNING,
    Standing.ROLLED_BACK: Tone.WARNING,
    Standing.GONE: Tone.ERROR,
    Standing.ORPHANED: Tone.WARNING,
    Standing.BLOCKED: Tone.ERROR,
}
_FINGERPRINT_SHOWN = 12
_COMMIT_SHOWN = 12


def apply_view(report: ApplyReport) -> ApplyView:
    """One line per change as it ended, and the count."""
    return ApplyView(
        ended=tuple(map(_ended, report.outcomes)),
        closing=(*_applied(report), Span(f" Lock: {report.lock}, serial {report.lock_serial}.", Tone.FAINT)),
        diagnostics=diagnostics_view(report.diagnostics, errors_first=True),
    )


def status_view(report: StatusReport) -> TableView:
    """Every address of a stage, where it stands, and what nobody manages."""
    counts = Counter(row.standing for row in report.rows)
    standings = ", ".join(f"{counts[standing]:,} {standing}" for standing in Standing if counts[standing])
    closing: list[Line] = [
        (
            Span(
                f"{counted(len(report.rows), 'resource')}{': ' if standings else ''}{standings}.", Tone.STRONG
            ),
        )
    ]
    if unmanaged := [f"{kind} {number:,}" for kind, number in sorted(report.unmanaged.items()) if number]:
        closing.append((Span(f"In the registry, managed by nobody: {', '.join(unmanaged)}.", Tone.FAINT),))
    return TableView(
        title=f"{report.project} · stage {report.stage}",
        header=("address", "standing", "version", "id", "file"),
        rows=tuple(
            (
                Span(row.address),
                Span(_standing(row.standing, row.action), _STANDING_TONES[row.standing]),
                Span(_version(row.version)),
                Span(row.id or ""),
                Span(row.path or "", Tone.PLACE),
            )
            for row in report.rows
        ),
        closing=tuple(closing),
        diagnostics=diagnostics_view(report.diagnostics, errors_first=True),
    )


def lock_view(lock: Lock, name: str) -> TableView:
    """Every entry of a lock; ``name`` is what to call it (``locks/dev.lock.json``)."""
    intents = [
        (Span(f"{address}: a create was sent at {intent.at} and its answer is not recorded.", Tone.WARNING),)
        for address, intent in sorted(lock.intents.items())
        if address not in lock.resources or not lock.resources[address].id
    ]
    return TableView(
        title=" · ".join(
            (
                name,
                f"{lock.project}/{lock.stage}",
                f"serial {lock.serial}",
                *(lock.origin.words if lock.origin else ()),
            )
        ),
        header=("address", "id", "version", "commit", "file"),
        rows=tuple(
            (
                Span(address),
                Span(entry.id),
                Span(_version(entry.version)),
                Span((entry.source.commit or "")[:_COMMIT_SHOWN] if entry.source else ""),
                Span(entry.path or "", Tone.PLACE),
            )
            for address, entry in sorted(lock.resources.items())
        ),
        closing=((Span(f"{counted(len(lock.resources), 'resource')}.", Tone.STRONG),), *intents),
    )


def lock_entry_view(address: Address, entry: LockEntry) -> LockEntryView:
    """Everything the lock has of one address, fingerprints field by field."""
    named = (
        ("id", entry.id),
        ("version", _version(entry.version)),
        ("file", entry.path or ""),
        ("source digest", entry.source.digest if entry.source else ""),
        ("source commit", (entry.source.commit or "") if entry.source else ""),
        ("pinned to", entry.revision or ""),
        *_history(entry),
        *(("attachment", f"{item.memory_store} ({item.access})") for item in entry.attachments),
        *(("still to archive", identity) for identity in entry.replaced),
        *(("held", path) for path in entry.held),
    )
    paths = sorted(entry.applied.keys() | entry.observed.keys())
    return LockEntryView(
        title=address,
        values=tuple((name, value) for name, value in named if value),
        fields=TableView(
            title="",
            header=("field", "applied", "observed"),
            rows=tuple(_fingerprints(path, entry) for path in paths),
        ),
    )


def _history(entry: LockEntry) -> Iterator[tuple[str, str]]:
    """How it came to its source."""
    if (released := entry.released) is not None:
        yield "released", _when(released.at, released.by, f"release {released.release}")
        if (before := released.before) is not None:
            yield "before", f"{before.digest} {before.commit or ''}".strip() or "an old version"
    if (promoted := entry.promoted_from) is not None:
        at = (f"commit {promoted.commit}",) if promoted.commit else ()
        yield "promoted from", ", ".join((f"stage {promoted.stage}", *at))
    if (back := entry.rolled_back) is not None:
        yield "rolled back", _when(back.at, back.by, f"to {back.to}")


def _when(at: str, by: str | None, what: str) -> str:
    return " ".join((at, *((f"by {by}",) if by else ()), f"({what})"))


def _ended(outcome: Outcome) -> EndedView:
    mark, tone = _MARKS[outcome.result]
    problem = problem_line(outcome.problem) if outcome.problem else ()
    return EndedView(
        row=(
            Span(mark, tone),
            Span(_word(outcome), tone),
            Span(outcome.address, Tone.STRONG),
            Span(outcome.id or "", Tone.FAINT),
            Span(_moved_version(outcome)),
        ),
        details=problem,
    )


def _word(outcome: Outcome) -> str:
    match outcome.result:
        case Result.DONE:
            return _DONE[outcome.action]
        case Result.ALREADY:
            return f"already {_DONE[outcome.action]}"
        case Result.FAILED:
            return f"failed to {outcome.action}"
        case Result.SKIPPED:
            return "skipped"


def _moved_version(outcome: Outcome) -> str:
    if outcome.version is None:
        return ""
    if outcome.before is None or outcome.before == outcome.version:
        return _version(outcome.version)
    return f"{_version(outcome.before)} → {_version(outcome.version)}"


def _applied(report: ApplyReport) -> Line:
    """``Applied: 2 created, 1 updated.`` and what did not happen."""
    results = Counter(outcome.result for outcome in report.outcomes)
    done = Counter(outcome.action for outcome in report.outcomes if outcome.result is Result.DONE)
    parts = [f"{done[action]:,} {word}" for action, word in _DONE.items() if done[action]]
    parts += _counts(
        (results[Result.ALREADY], "already as planned"),
        (results[Result.FAILED], "failed"),
        (results[Result.SKIPPED], "skipped"),
    )
    counts = ", ".join(parts) or "nothing"
    if report.interrupted:
        return (Span("Interrupted: ", Tone.ERROR), Span(f"{counts}. The lock is true; apply again to go on."))
    if results[Result.FAILED] or results[Result.SKIPPED]:
        return (
            Span("Partly applied: ", Tone.ERROR),
            Span(f"{counts}. The lock is true; apply again to go on."),
        )
    if not parts:
        return (Span("Nothing to apply.", Tone.STRONG),)
    return (Span("Applied: ", Tone.ADDED), Span(f"{counts}."))


def _counts(*parts: tuple[int, str]) -> Iterable[str]:
    return [f"{number:,} {word}" for number, word in parts if number]


def _standing(standing: Standing, action: Action) -> str:
    return (
        f"{standing}: {action}" if standing is Standing.PENDING and action is not Action.NO_OP else standing
    )


def _version(version: int | str | None) -> str:
    """``v3``; versions that are IDs speak for themselves."""
    return f"v{version}" if isinstance(version, int) else version or ""


def _fingerprints(path: str, entry: LockEntry) -> Line:
    applied, observed = entry.applied.get(path, ""), entry.observed.get(path, "")
    tone = Tone.PLAIN if applied == observed else Tone.CHANGED
    return (
        Span(path),
        Span(applied[:_FINGERPRINT_SHOWN], tone),
        Span(observed[:_FINGERPRINT_SHOWN], tone),
    )
