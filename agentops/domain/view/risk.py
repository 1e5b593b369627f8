"""What a reviewer should look at, as lines below a change and as one line below them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from agentops.domain.risk import Level, Risk
from agentops.domain.view.model import Line, Span, Tone

RISK_TONES: Mapping[Level, Tone] = {
    Level.HIGH: Tone.ERROR,
    Level.MEDIUM: Tone.WARNING,
    Level.LOW: Tone.NOTE,
}


def risk_lines(risks: Iterable[Risk]) -> Iterator[Line]:
    """``! high · permission-loosened: bash runs without asking …``"""
    for risk in risks:
        yield (Span(f"! {risk.level} · {risk.label}: ", RISK_TONES[risk.level]), Span(risk.sentence))


def risk_counts(risks: Iterable[Risk]) -> Line:
    """``Risks: 2 high, 1 medium.``; empty where there are none."""
    levels = Counter(risk.level for risk in risks)
    counted: list[Span] = []
    for level in Level:
        if number := levels[level]:
            counted += [Span(", "), Span(f"{number:,} {level}", RISK_TONES[level])]
    return (Span("Risks: "), *counted[1:], Span(".")) if counted else ()
