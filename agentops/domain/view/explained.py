"""Rules and diagnostics, explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agentops.domain.diagnostics import Severity, counted
from agentops.domain.rules import OFF, Explained, ExplainedCode, ExplainedOption, ExplainedRule
from agentops.domain.view.model import Line, Span, TableView, Tone
from agentops.domain.view.problem import diagnostics_view

_TONES = {
    Severity.ERROR: Tone.ERROR,
    Severity.WARNING: Tone.WARNING,
    Severity.NOTE: Tone.NOTE,
    OFF: Tone.FAINT,
}


@dataclass(frozen=True, slots=True)
class Section:
    """``is_file``: the lines are those of a file."""

    heading: str
    lines: tuple[Line, ...]
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class ExplainedView:
    """One rule, or one diagnostic."""

    title: str
    sections: tuple[Section, ...] = ()


def rules_view(found: Explained) -> TableView:
    """All rules with what holds in each stage."""
    own = any(rule.place for rule in found.rules)
    rows = tuple(
        (
            Span(rule.id, Tone.STRONG),
            Span(rule.name),
            *(_word(rule.stages.get(stage, "")) for stage in found.stages),
            *([Span(rule.place, Tone.PLACE)] if own else ()),
        )
        for rule in found.rules
    )
    closing: tuple[Line, ...] = ((Span("No rules."),),)
    if rows:
        closing = (
            (Span(f"{counted(len(rows), 'rule')}. One of them: agentops explain {found.rules[0].id}"),),
        )
    return TableView(
        f"{found.project} · rules",
        ("id", "name", *found.stages, *(["where"] if own else ())),
        rows,
        closing,
        diagnostics_view(found.diagnostics),
    )


def rule_view(rule: ExplainedRule) -> ExplainedView:
    """Why a rule is there, how severe it is, what can be said of it, and what to write instead."""
    sections = [Section("Severity", tuple(_severity(rule)))]
    if rule.why:
        sections.append(Section("Why", _plain(rule.why)))
    if rule.options:
        lines = tuple(line for option in rule.options for line in _option(option))
        sections.append(Section("Options", lines))
    if rule.example:
        sections.append(Section("What it finds", _plain(rule.example), is_file=True))
    if rule.fix:
        heading = "Instead" if rule.example else "Fix"
        sections.append(Section(heading, _plain(rule.fix), is_file=bool(rule.example)))
    aside = f"policy:\n  ignore:\n    {rule.id}: why it does not matter here"
    sections.append(Section("To set it aside in a file", _plain(aside), is_file=True))
    set_so = f"policy:\n  rules:\n    {rule.id}: {rule.severity}    # or error, warning, note, off"
    sections.append(Section("To set it in agentops.yaml", _plain(set_so), is_file=True))
    if rule.place:
        sections.append(Section("Where", ((Span(rule.place, Tone.PLACE),),)))
    return ExplainedView(f"{rule.id} {rule.name}", tuple(sections))


def code_view(found: ExplainedCode) -> ExplainedView:
    told = "Not a rule: it always holds, and agentops.yaml cannot change it."
    return ExplainedView(
        f"{found.code} {found.name}",
        (Section("", ((Span(told),), (Span(f"Explained in {found.documented}."),))),),
    )


def _word(word: str) -> Span:
    return Span(word, _TONES.get(word, Tone.PLAIN))


def _severity(rule: ExplainedRule) -> Iterator[Line]:
    """Its own, and what holds in each stage."""
    protected: Line = ()
    if rule.protected is not None and rule.protected != rule.severity:
        protected = (Span("; in protected stages "), _word(rule.protected))
    yield (_word(rule.severity), *protected)
    if len({*rule.stages.values()}) == 1:
        (word,) = {*rule.stages.values()}
        if word != rule.severity:
            yield (Span("here: "), _word(word))
        return
    for stage, word in rule.stages.items():
        yield (Span(f"stage {stage}: "), _word(word))


def _option(option: ExplainedOption) -> Iterator[Line]:
    default = "nothing" if option.default is None else _json(option.default)
    meaning = (Span(f": {option.meaning}"),) if option.meaning else ()
    yield (Span(option.name, Tone.STRONG), Span(f" (default: {default})"), *meaning)
    values = {stage: _json(value) for stage, value in option.stages.items()}
    if len({*values.values()}) == 1:
        values = {"": next(iter(values.values()))}
    for stage, value in values.items():
        if value != _json(option.default):
            yield (Span(f"  stage {stage}: {value}" if stage else f"  here: {value}"),)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=list)


def _plain(text: str) -> tuple[Line, ...]:
    return tuple((Span(line),) for line in text.split("\n"))
