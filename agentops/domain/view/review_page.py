"""A review as one page that people move about in: what can be filtered, linked to, counted and opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentops.domain.diagnostics import counted
from agentops.domain.risk import Level, Risk
from agentops.domain.view.layout import Layout, layout_of
from agentops.domain.view.model import DiagnosticView, DiffLine, FieldView, Line, Tone
from agentops.domain.view.plan import DIGEST_SHOWN
from agentops.domain.view.review import ReviewedView, ReviewView, StageReview, TextPair
from agentops.domain.view.side_by_side import SideBySide, edited_line_of, side_by_side

_FEW = 6
"""Changes up to which all stand open; and those of medium risk up to which they do."""

_NO_RISK = "none"
_PLANNED = {
    "+": "create",
    "~": "update",
    "±": "replace",
    "-": "remove",
    ".": "forget",
    "&": "adopt",
}
_COMPARED = {"+": "added", "~": "changed", "-": "removed"}


@dataclass(frozen=True, slots=True)
class Count:
    """How many changes there are of a level or an action; ``name`` is also what it is filtered by."""

    name: str
    symbol: str
    number: int


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its values beside the path, lines of a difference below it, or both texts."""

    path: str
    beside: tuple[Line, ...]
    below: tuple[DiffLine, ...]
    texts: SideBySide | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """One change. ``level`` is ``none`` where there is no risk; ``labels`` are its risks', once each;
    ``said`` are the diagnostics of its address."""

    anchor: str
    symbol: str
    action: str
    tone: Tone
    address: str
    about: str
    place: str
    level: str
    labels: tuple[str, ...]
    risks: tuple[Risk, ...]
    remarks: tuple[Line, ...]
    hidden: tuple[Line, ...]
    members: tuple[Member, ...]
    is_open: bool
    said: tuple[DiagnosticView, ...] = ()


@dataclass(frozen=True, slots=True)
class StagePage:
    """One stage: what a reviewer has to decide on, then everything in ``review``.

    closing: without the start of the digest, which the page has whole.
    links: the anchors of the cards by address. parts: what there is to jump to, anchors and words.
    level, tone: those of the verdict.
    """

    anchor: str
    name: str
    verdict: str
    tone: Tone
    level: str
    actions: tuple[Count, ...]
    levels: tuple[Count, ...]
    cards: tuple[Card, ...]
    closing: tuple[Line, ...]
    review: StageReview
    layout: Layout
    links: Mapping[str, str]
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """``what`` says what is looked at, and ``total`` how many changes it has, ``3 changes``."""

    title: str
    project: str
    what: str
    total: str
    number: int
    levels: tuple[Count, ...]
    stages: tuple[StagePage, ...]


def review_page(view: ReviewView) -> ReviewPage:
    """The page of any review, in the order of its stages."""
    number = sum(len(stage.changes) for stage in view.stages)
    actions = _PLANNED if view.is_plan else _COMPARED
    return ReviewPage(
        title=view.title,
        project=view.project,
        what=_PLAN if view.is_plan else _DIFF,
        total=f"{counted(number, 'change')} in {counted(len(view.stages), 'stage')}",
        number=number,
        levels=_levels(item for stage in view.stages for item in stage.changes),
        stages=tuple(_stage(at, stage, actions, number) for at, stage in enumerate(view.stages, 1)),
    )


_PLAN = "Plan"
_DIFF = "Difference of the files; nothing of it is applied"


def _stage(at: int, stage: StageReview, actions: Mapping[str, str], number: int) -> StagePage:
    anchor = f"stage-{at}"
    opened = _opened(stage, number)
    said: dict[str, list[DiagnosticView]] = {}
    for it in stage.diagnostics.items:
        said.setdefault(it.address, []).append(it)
    cards = tuple(
        _card(f"{anchor}-change-{place}", item, actions, said, item.level in opened)
        for place, item in enumerate(stage.changes, 1)
    )
    verdict, tone, level = _verdict(stage)
    layout = layout_of(stage.picture) if stage.picture.edges else Layout()
    return StagePage(
        anchor=anchor,
        name=stage.name or stage.title,
        verdict=verdict,
        tone=tone,
        level=level,
        actions=_actions(stage.changes, actions),
        levels=_levels(stage.changes),
        cards=cards,
        closing=tuple(line for line in stage.closing if not _tells_the_digest(line, stage.digest)),
        review=stage,
        layout=layout,
        links={card.address: card.anchor for card in reversed(cards)},
        parts=tuple(_parts(anchor, stage, layout)),
    )


def _opened(stage: StageReview, number: int) -> set[Level | None]:
    """The levels whose changes stand open: high ones, medium ones where they are few, or all."""
    if number <= _FEW:
        return {*Level, None}
    few = stage.levels.get(Level.MEDIUM, 0) <= _FEW
    return {Level.HIGH, Level.MEDIUM} if few else {Level.HIGH}


def _verdict(stage: StageReview) -> tuple[str, Tone, str]:
    """``3 changes of high risk``, and which level that is of."""
    said, tone, worst = "No changes", Tone.PLAIN, _NO_RISK
    if stage.changes:
        said, tone = "No risks found", Tone.ADDED
    for level, number in reversed(stage.levels.items()):
        said, worst = f"{counted(number, 'change')} of {level} risk", level
        tone = Tone.NOTE if level is Level.LOW else Tone.WARNING
    if stage.errors and not stage.blocked:
        return f"{counted(stage.errors, 'error')} · {said[0].lower()}{said[1:]}", Tone.ERROR, Level.HIGH
    if stage.blocked:
        return f"Blocked · {said[0].lower()}{said[1:]}", Tone.ERROR, Level.HIGH
    return said, tone, worst


def _parts(anchor: str, stage: StageReview, layout: Layout) -> Iterator[tuple[str, str]]:
    """What the stage has to jump to: an anchor and its words."""
    yield from (
        (f"{anchor}-{name}", words)
        for name, there, words in (
            ("problems", stage.diagnostics.items, counted(len(stage.diagnostics.items), "message")),
            ("changes", stage.changes, counted(len(stage.changes), "change")),
            ("moves", stage.moves, f"{len(stage.moves):,} renamed"),
            ("drift", stage.drift, f"{len(stage.drift):,} drifted"),
            ("held", stage.held, f"{len(stage.held):,} held"),
            ("orphans", stage.orphans, f"{len(stage.orphans):,} in no file"),
            ("picture", layout.boxes, "what refers to what"),
        )
        if there
    )


def _levels(changes: Iterable[ReviewedView]) -> tuple[Count, ...]:
    """Every level, also where there are none of it: each is a switch of the filter."""
    counts = Counter(_level(item) for item in changes)
    return tuple(Count(name, "", counts[name]) for name in (*Level, _NO_RISK))


def _level(item: ReviewedView) -> str:
    return item.level or _NO_RISK


def _actions(changes: Iterable[ReviewedView], names: Mapping[str, str]) -> tuple[Count, ...]:
    counts = Counter(item.change.symbol for item in changes)
    return tuple(Count(name, symbol, counts[symbol]) for symbol, name in names.items() if counts[symbol])


def _card(
    anchor: str,
    item: ReviewedView,
    actions: Mapping[str, str],
    said: Mapping[str, Sequence[DiagnosticView]],
    is_open: bool,
) -> Card:
    change = item.change
    return Card(
        anchor=anchor,
        symbol=change.symbol,
        action=actions.get(change.symbol, ""),
        tone=change.tone,
        address=change.address,
        about=change.about,
        place=change.place,
        level=_level(item),
        labels=tuple(dict.fromkeys(str(risk.label) for risk in item.risks)),
        risks=item.risks,
        remarks=change.remarks,
        hidden=item.hidden,
        members=tuple(members_of(change.fields, item.texts)),
        is_open=is_open or item.is_settings,
        said=tuple(said.get(change.address, ())),
    )


def _tells_the_digest(line: Line, digest: str) -> bool:
    return bool(digest) and digest[:DIGEST_SHOWN] in "".join(span.text for span in line)


def members_of(fields: Sequence[FieldView], texts: Sequence[TextPair] = ()) -> Iterator[Member]:
    """Fields with those that continue them, and with both texts in the place of one difference."""
    pairs = {pair.path: side_by_side(pair.before, pair.after) for pair in texts}
    groups: list[list[FieldView]] = []
    for field in fields:
        if field.path or not groups:
            groups.append([field])
        else:
            groups[-1].append(field)
    for first, *more in groups:
        both = pairs.get(first.path) or edited_line_of(first.below)
        yield Member(
            first.path,
            tuple(field.beside for field in (first, *more) if field.beside),
            () if both else tuple(line for field in (first, *more) for line in field.below),
            both,
        )
