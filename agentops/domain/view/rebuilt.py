"""A lock that was made anew, ready to print."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import counted
from agentops.domain.torn import Condition, Origin, RebuildReport
from agentops.domain.view.model import Line, Span, TableView, Tone
from agentops.domain.view.problem import diagnostics_view

_CONDITIONS = {
    Condition.WHOLE: "is whole",
    Condition.CONFLICT: "has conflict markers",
    Condition.DAMAGED: "is damaged",
    Condition.MISSING: "is missing",
}
_BY = {
    Origin.FILE: "the file",
    Origin.OURS: "our side",
    Origin.THEIRS: "their side",
    Origin.COPY: "the registry's copy",
    Origin.TAG: "its ownership tag",
    Origin.CONTENT: "what it holds",
    Origin.PLACE: "where it stands",
}


def rebuilt_view(report: RebuildReport) -> TableView:
    """Every entry of the new lock, and what says so."""
    return TableView(
        title=" · ".join((report.lock, f"{report.project}/{report.stage}", f"serial {report.serial}")),
        header=("address", "id", "version", "by"),
        rows=tuple(
            (
                Span(entry.address),
                Span(entry.id or "being replaced"),
                Span("" if entry.version is None else str(entry.version)),
                Span(_BY[entry.by], Tone.FAINT if entry.by is Origin.FILE else Tone.ADDED),
            )
            for entry in report.entries
        ),
        closing=tuple(_closing(report)),
        diagnostics=diagnostics_view(report.diagnostics),
    )


def _closing(report: RebuildReport) -> Iterator[Line]:
    found = [entry.by for entry in report.entries]
    counts = [f"{number:,} by {_BY[by]}" for by in Origin if (number := found.count(by))]
    text = f"The file {_CONDITIONS[report.condition]}. {counted(len(found), 'resource')}"
    yield (Span(f"{text}{': ' if counts else ''}{', '.join(counts)}.", Tone.STRONG),)
    if report.unfinished:
        yield (Span(f"Creates without an answer: {', '.join(report.unfinished)}.", Tone.WARNING),)
