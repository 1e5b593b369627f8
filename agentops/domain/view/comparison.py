"""What differs between two stages, ready to print: a plan's fields without a plan."""

from __future__ import annotations

from collections import Counter

from agentops.domain.comparison import Comparison, Differing, Side
from agentops.domain.view.member import changed_field
from agentops.domain.view.model import ChangeView, ComparisonView, Line, Span, Tone
from agentops.domain.view.overview import created_fields
from agentops.domain.view.problem import counted, diagnostics_view
from agentops.domain.view.risk import risk_lines

_MARKS = {
    Side.BOTH: ("~", Tone.CHANGED),
    Side.BEFORE: ("-", Tone.REMOVED),
    Side.AFTER: ("+", Tone.ADDED),
}


def comparison_view(found: Comparison, *, verbose: bool = False) -> ComparisonView:
    """``-`` is what only the first has, ``+`` what only the second has. ``verbose`` folds nothing."""
    return ComparisonView(
        title=f"{found.project} · {found.before} → {found.after}",
        changes=tuple(_change(item, found, verbose) for item in found.differing),
        closing=_closing(found),
        diagnostics=diagnostics_view(found.diagnostics, errors_first=True),
    )


def _change(item: Differing, found: Comparison, verbose: bool) -> ChangeView:
    symbol, tone = _MARKS[item.side]
    if item.side is Side.BOTH:
        fields = tuple(
            shown
            for field in item.fields
            for shown in changed_field(field.path, field.before, field.after, verbose=verbose)
        )
    else:
        fields = created_fields(item.body, verbose=verbose)
    return ChangeView(
        symbol=symbol,
        tone=tone,
        address=item.address,
        about="" if item.side is Side.BOTH else f"only in {_name(found, item.side)}",
        place=f"{item.location.file}:{item.location.line}" if item.location else "",
        remarks=tuple(risk_lines(item.risks)),
        fields=fields,
    )


def _name(found: Comparison, side: Side) -> str:
    return found.before if side is Side.BEFORE else found.after


def _closing(found: Comparison) -> Line:
    """``2 resources differ, 1 only in prod; 12 alike.``"""
    if not found.differing:
        return (Span(f"No differences ({counted(found.alike, 'resource')}).", Tone.ADDED),)
    numbers = Counter(item.side for item in found.differing)
    parts = []
    if both := numbers[Side.BOTH]:
        parts.append(f"{counted(both, 'resource')} {'differs' if both == 1 else 'differ'}")
    parts += [
        f"{numbers[side]:,} only in {_name(found, side)}"
        for side in (Side.BEFORE, Side.AFTER)
        if numbers[side]
    ]
    alike = f"; {found.alike:,} alike" if found.alike else ""
    return (Span(f"{', '.join(parts)}{alike}.", Tone.STRONG),)
