"""Diagnostics, ready to print."""

from __future__ import annotations

from collections.abc import Iterable

from agentops.domain.diagnostics import Diagnostic, Severity, counted, in_order
from agentops.domain.view.model import DiagnosticsView, DiagnosticView, Line, Span, Tone

_TONES = {Severity.ERROR: Tone.ERROR, Severity.WARNING: Tone.WARNING, Severity.NOTE: Tone.NOTE}
_ORDER = tuple(_TONES)


def diagnostics_view(
    diagnostics: Iterable[Diagnostic], *, files: int | None = None, errors_first: bool = False
) -> DiagnosticsView:
    """Each problem once, in the order of the files, or the errors first; ``files`` is how many were read."""
    items = in_order(diagnostics)
    if errors_first:
        items = tuple(sorted(items, key=lambda item: _ORDER.index(item.severity)))
    return DiagnosticsView(tuple(map(_view, items)), _closing(items, files))


def problem_line(problem: Diagnostic) -> tuple[str, ...]:
    """Summary and details of one problem, a line each."""
    return (problem.summary, *_lines(problem.detail))


def _view(item: Diagnostic) -> DiagnosticView:
    return DiagnosticView(
        label=f"{item.severity}[{item.code}]",
        tone=_TONES[item.severity],
        place=str(item.location or item.address or ""),
        summary=item.summary,
        details=_lines(item.detail),
        address=item.address or "",
    )


def _lines(detail: str) -> tuple[str, ...]:
    return tuple(detail.split("\n")) if detail else ()


def _closing(items: tuple[Diagnostic, ...], files: int | None) -> Line:
    if files is None:
        return ()
    severities = [item.severity for item in items]
    counts = [counted(severities.count(kind), kind) for kind in _ORDER if kind in severities]
    where = f" in {counted(files, 'file')}"
    tone = _TONES[min(severities, key=_ORDER.index)] if severities else Tone.ADDED
    return (Span(", ".join(counts) or "No problems", tone), Span(f"{where}."))
