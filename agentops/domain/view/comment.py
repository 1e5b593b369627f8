"""A review as one comment: all stages at once, the riskiest first, and what they have alike said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from agentops.domain.diagnostics import counted
from agentops.domain.risk import Level, Risk, highest
from agentops.domain.view.alike import gist
from agentops.domain.view.model import ChangeView, DiagnosticView, DriftedView, Line, Span, Tone
from agentops.domain.view.review import ReviewedView, ReviewView, StageReview

_ACTIONS = (
    ("create", "+"),
    ("update", "~"),
    ("replace", "±"),
    ("remove", "-"),
    ("adopt", "&"),
    ("forget", "."),
)
_COMPARED = {"create": "added", "update": "changed", "replace": "replaced", "remove": "removed"}
_ORDER = (*Level, None)


@dataclass(frozen=True, slots=True)
class StageNote:
    """What is said of a change in these stages and not in others: its versions, its ID."""

    stages: tuple[str, ...]
    about: str
    remarks: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class BlockView:
    """One change, in all stages that have it alike. ``stages`` is empty where the review is of one; what
    ``change`` says about it is in ``notes``, too. ``anchor`` is its own within the comment. ``shown_of`` is
    the stage whose texts are shown, where the same lines change in others between other lines. ``said`` are
    the diagnostics of its address."""

    anchor: str
    change: ChangeView
    risks: tuple[Risk, ...]
    stages: tuple[str, ...]
    notes: tuple[StageNote, ...]
    hidden: tuple[Line, ...]
    shown_of: str = ""
    said: tuple[DiagnosticView, ...] = ()
    is_settings: bool = False

    @property
    def level(self) -> Level | None:
        return highest(self.risks)


@dataclass(frozen=True, slots=True)
class SaidView:
    """One diagnostic and the stages it is said of; none where there is but one."""

    item: DiagnosticView
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HighView:
    """One high risk, the stages that have it, and where to look: the first block that says so."""

    risk: Risk
    block: BlockView
    stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """What stands beside the changes of a stage: members that moved, or plain rows."""

    heading: str
    moved: tuple[DriftedView, ...] = ()
    rows: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentView:
    """``headline`` is the gist in one line, and all there is where nothing changes. ``table`` has a header
    and a row for each stage, a cell each span. ``remarks`` are a stage and a line each. What ``every`` stage
    has is not told by their names."""

    title: str
    headline: str
    table: tuple[Line, ...]
    blocks: tuple[BlockView, ...]
    errors: tuple[SaidView, ...] = ()
    said: tuple[SaidView, ...] = ()
    said_heading: str = ""
    sections: tuple[SectionView, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...] = ()
    high: tuple[HighView, ...] = ()
    every: tuple[str, ...] = ()


def comment_view(view: ReviewView) -> CommentView:
    """The review in the order in which somebody has to decide on it."""
    said = _said(view.stages)
    blocks = tuple(_blocks(view, said))
    high = _high(blocks)
    sections = tuple(it for stage in view.stages for it in _sections(stage, len(view.stages) > 1))
    stages = view.stages if blocks or said or sections else ()
    return CommentView(
        title=view.title,
        headline=_headline(view, blocks, high) if stages else _nothing(view),
        table=tuple(_table(stages, is_plan=view.is_plan)),
        blocks=blocks,
        errors=tuple(it for it in said if it.item.tone is Tone.ERROR),
        said=tuple(it for it in said if it.item.tone is not Tone.ERROR),
        said_heading=_counts(it.item.tone for it in said),
        sections=sections,
        remarks=tuple(_remarks(stages)),
        commands=tuple(stage.command for stage in stages if stage.command),
        high=high,
        every=tuple(stage.name for stage in view.stages),
    )


def tally(level_of: Iterable[Level | None]) -> str:
    """``2 high, 1 low``; nothing where there is none."""
    counts = Counter(level_of)
    return ", ".join(f"{counts[level]:,} {level}" for level in Level if counts[level])


def _nothing(view: ReviewView) -> str:
    names = [stage.name for stage in view.stages]
    return f"Nothing changes in {_and(names)}." if names else "Nothing changes."


def _high(blocks: Sequence[BlockView]) -> tuple[HighView, ...]:
    """What stages have alike is one risk, also where the rest of the change differs."""
    found: dict[tuple[str, Risk], list[BlockView]] = {}
    for it in blocks:
        for risk in it.risks:
            if risk.level is Level.HIGH:
                found.setdefault((it.change.address, risk), []).append(it)
    return tuple(
        HighView(risk, having[0], tuple(stage for it in having for stage in it.stages))
        for (_, risk), having in found.items()
    )


def _headline(view: ReviewView, blocks: Sequence[BlockView], high: Sequence[HighView]) -> str:
    """``2 high risks · agentops.yaml changes · 5 resources change · blocked in prod``"""
    changing = len({it.change.address for it in blocks if not it.is_settings})
    parts = [counted(len(high), "high risk")] if high else []
    if settings := next((it for it in blocks if it.is_settings), None):
        parts.append(f"{settings.change.address} changes")
    parts.append(
        f"{counted(changing, 'resource')} {'changes' if changing == 1 else 'change'}"
        if changing or settings
        else "Nothing is to be changed"
    )
    if drifted := len({it.address for stage in view.stages for it in stage.drift}):
        parts.append(f"{drifted:,} drifted")
    if blocked := [stage.name for stage in view.stages if stage.blocked]:
        parts.append(f"blocked in {_and(blocked)}")
    return " · ".join(parts)


def _table(stages: Sequence[StageReview], *, is_plan: bool) -> Iterator[Line]:
    """Numbers of every action that any stage has."""
    if not stages:
        return
    counts = [
        Counter(item.change.symbol for item in stage.changes if not item.is_settings) for stage in stages
    ]
    shown = [(name, symbol) for name, symbol in _ACTIONS if any(it[symbol] for it in counts)]
    names = [name if is_plan else _COMPARED.get(name, name) for name, _ in shown]
    risks = [tally(item.level for item in stage.changes) for stage in stages]
    verdicts = [_verdict(stage, is_plan=is_plan) for stage in stages]
    judged = any(it.text for it in verdicts)
    yield tuple(map(Span, ("stage", *names, *(["risk"] if any(risks) else []), *([""] if judged else []))))
    for stage, numbers, risk, verdict in zip(stages, counts, risks, verdicts, strict=True):
        cells = [f"{numbers[symbol]:,}" if numbers[symbol] else "" for _, symbol in shown]
        told = [risk] if any(risks) else []
        yield (*map(Span, (stage.name, *cells, *told)), *([verdict] if judged else []))


def _verdict(stage: StageReview, *, is_plan: bool) -> Span:
    if stage.blocked or stage.errors:
        told = counted(stage.errors, "error")
        return Span(f"blocked: {told}" if is_plan else told, Tone.ERROR)
    if not stage.changes:
        return Span("nothing to do" if is_plan else "nothing changes")
    return Span("can be applied" if is_plan else "")


def _counts(tones: Iterable[Tone]) -> str:
    """``2 warnings, 1 note``"""
    counts = Counter(tones)
    named = ((Tone.WARNING, "warning"), (Tone.NOTE, "note"))
    return ", ".join(counted(counts[tone], noun) for tone, noun in named if counts[tone])


def _blocks(view: ReviewView, said: Sequence[SaidView]) -> Iterator[BlockView]:
    """Changes that stages have alike, joined; what holds in a stage, then the riskiest first, those of one
    address beside each other."""
    alike: dict[tuple[object, ...], list[tuple[str, ReviewedView]]] = {}
    first: dict[str, int] = {}
    for stage in view.stages:
        for item in stage.changes:
            shown = item.change
            first.setdefault(shown.address, len(first))
            key = (gist(shown, item.risks), item.hidden)
            alike.setdefault(key, []).append((stage.name, item))
    groups = sorted(
        alike.values(),
        key=lambda it: (
            not it[0][1].is_settings,
            _ORDER.index(it[0][1].level),
            first[it[0][1].change.address],
        ),
    )
    for number, group in enumerate(groups, start=1):
        yield _block(f"{_slug(view.project)}-{number}", group, said, named=len(view.stages) > 1)


def _block(
    anchor: str, group: Sequence[tuple[str, ReviewedView]], said: Sequence[SaidView], *, named: bool
) -> BlockView:
    notes: dict[tuple[str, tuple[Line, ...]], list[str]] = {}
    for stage, item in group:
        notes.setdefault((item.change.about, item.change.remarks), []).append(stage)
    shown_of, one = group[0]
    names = {stage for stage, _ in group}
    return BlockView(
        anchor,
        one.change,
        one.risks,
        tuple(stage for stage, _ in group) if named else (),
        tuple(StageNote(tuple(stages), *note) for note, stages in notes.items()),
        one.hidden,
        shown_of="" if all(_whole(item) == _whole(one) for _, item in group) else shown_of,
        said=tuple(
            it.item
            for it in said
            if it.item.address == one.change.address and (not it.stages or names & {*it.stages})
        ),
        is_settings=one.is_settings,
    )


def _whole(item: ReviewedView) -> tuple[object, ...]:
    return item.change.fields, item.risks


def _slug(text: str) -> str:
    return "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in text[:40])


def _said(stages: Sequence[StageReview]) -> list[SaidView]:
    """Each diagnostic once, the errors first."""
    found: dict[DiagnosticView, list[str]] = {}
    for stage in stages:
        for item in stage.diagnostics.items:
            found.setdefault(item, []).append(stage.name)
    order = [Tone.ERROR, Tone.WARNING, Tone.NOTE]
    ordered = sorted(found.items(), key=lambda it: order.index(it[0].tone))
    return [SaidView(item, tuple(names) if len(stages) > 1 else ()) for item, names in ordered]


def _sections(stage: StageReview, named: bool) -> Iterator[SectionView]:
    there = f" in {stage.name}" if named else ""
    if stage.drift:
        yield SectionView(f"Drift{there}: what moved in the registry since the last apply", moved=stage.drift)
    if stage.held:
        yield SectionView(f"Held{there}: stays as it is in the registry", moved=stage.held)
    if stage.moves:
        yield SectionView(f"Renamed in the lock{f' of {stage.name}' if named else ''}", rows=stage.moves)
    if stage.orphans:
        heading = stage.orphans_heading
        yield SectionView(f"{stage.name}: {heading}" if named else heading, rows=stage.orphans)


def _remarks(stages: Sequence[StageReview]) -> Iterator[tuple[str, str]]:
    """What the closing of a plan says beside its counts, which the table has, and its digest: in faint."""
    for stage in stages:
        for line in stage.closing:
            if all(span.tone is Tone.FAINT for span in line):
                yield stage.name if len(stages) > 1 else "", "".join(span.text for span in line)


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
