"""Two texts beside each other: lines that belong together in one row, what did not change folded away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from agentops.domain.diagnostics import counted
from agentops.domain.view.model import DiffLine, Line, Span, Tone
from agentops.domain.view.textdiff import CONTEXT, Opcode, edited_line, heading_above, lines_of, marked_line

_WORTH_FOLDING = 4
"""Unchanged lines that are hidden at least, where any are."""

_BEGINNING = 12
"""Lines of a text that is new or goes away, before the rest is folded."""

_ALIKE = 0.4
"""Lines of a block that share less than this part of their words are not one line that was edited."""

_MOST_LINE_PAIRS = 2_500
"""Beyond this many pairs of lines a block is paired from its top down."""

_NO_NEWLINE = Span(" (no newline at the end)", Tone.FAINT)


@dataclass(frozen=True, slots=True)
class Cell:
    """A line of one side with its number, from 1. ``tone`` is PLAIN where it did not change."""

    number: int
    spans: Line
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """A line before and after; None where the other side has one more."""

    before: Cell | None
    after: Cell | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows that are shown, or lines that are ``folded`` behind ``label`` because both sides have them (or, of
    a text with one side, because it is long)."""

    rows: tuple[Row, ...] = ()
    folded: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """``only`` is ADDED or REMOVED for a text that has one side; PLAIN for one that has both."""

    stretches: tuple[Stretch, ...]
    only: Tone = Tone.PLAIN


def side_by_side(before: str, after: str) -> SideBySide:
    """Every line of both texts; no stretch where both are equal."""
    if not before or not after:
        tone = Tone.REMOVED if before else Tone.ADDED
        return SideBySide(tuple(_one_side(before or after, tone)), tone)
    if not before.endswith("\n") and not after.endswith("\n"):
        before, after = before + "\n", after + "\n"
    old, new = lines_of(before), lines_of(after)
    if old == new:
        return SideBySide(())
    codes = SequenceMatcher(None, old, new).get_opcodes()
    return SideBySide(tuple(_joined(_stretches(codes, old, new))))


def edited_line_of(difference: Sequence[DiffLine]) -> SideBySide | None:
    """A difference that is one edited line; None where it is any other."""
    tones = {span.tone for line in difference for span in line.spans}
    if [line.mark for line in difference] != ["-", "+"] or not tones & {Tone.ADDED_WORDS, Tone.REMOVED_WORDS}:
        return None
    before, after = (Cell(1, line.spans, line.tone) for line in difference)
    return SideBySide((Stretch((Row(before, after),)),))


def _one_side(text: str, tone: Tone) -> Iterator[Stretch]:
    lines = lines_of(text)
    shown = len(lines) if len(lines) < _BEGINNING + _WORTH_FOLDING else _BEGINNING
    cells = [_cell(number, line, tone) for number, line in enumerate(lines[:shown], 1)]
    if cells:
        removed = tone is Tone.REMOVED
        yield Stretch(tuple(Row(cell, None) if removed else Row(None, cell) for cell in cells))
    if rest := lines[shown:]:
        yield Stretch(
            folded=tuple(line.removesuffix("\n") for line in rest),
            label=f"{counted(len(rest), 'more line')}",
        )


def _stretches(codes: Sequence[Opcode], old: Sequence[str], new: Sequence[str]) -> Iterator[Stretch]:
    for position, code in enumerate(codes):
        tag, a, b, c, d = code
        if tag != "equal":
            yield Stretch(tuple(_block(old, new, code)))
            continue
        head = CONTEXT if position else 0
        tail = CONTEXT if position + 1 < len(codes) else 0
        hidden = b - a - head - tail
        if hidden < _WORTH_FOLDING:
            yield Stretch(tuple(_same(old, a, b, c)))
            continue
        yield Stretch(tuple(_same(old, a, a + head, c)))
        heading = heading_above(new, d - tail) if tail else ""
        label = f"{counted(hidden, 'unchanged line')}{f' · {heading}' if heading else ''}"
        hidden_lines = tuple(line.removesuffix("\n") for line in old[a + head : b - tail])
        yield Stretch(folded=hidden_lines, label=label)
        yield Stretch(tuple(_same(old, b - tail, b, d - tail)))


def _joined(stretches: Iterator[Stretch]) -> Iterator[Stretch]:
    """Neighbours that are both shown, as one."""
    rows: list[Row] = []
    for stretch in stretches:
        rows += stretch.rows
        if stretch.folded:
            if rows:
                yield Stretch(tuple(rows))
            rows = []
            yield stretch
    if rows:
        yield Stretch(tuple(rows))


def _same(lines: Sequence[str], start: int, stop: int, other: int) -> Iterator[Row]:
    for offset, line in enumerate(lines[start:stop], 1):
        spans = (Span(line.removesuffix("\n")),)
        yield Row(Cell(start + offset, spans), Cell(other + offset, spans))


def _block(old: Sequence[str], new: Sequence[str], code: Opcode) -> Iterator[Row]:
    """A block that differs: edited lines in one row, and what is left between them beside each other."""
    _, a, b, c, d = code
    at_old, at_new = a, c
    for left, right in [*_pairs(old[a:b], new[c:d]), (b - a, d - c)]:
        yield from _unpaired(old, new, (at_old, a + left, at_new, c + right))
        if left < b - a:
            yield _edited(a + left, old[a + left], c + right, new[c + right])
        at_old, at_new = a + left + 1, c + right + 1


def _unpaired(old: Sequence[str], new: Sequence[str], where: tuple[int, int, int, int]) -> Iterator[Row]:
    a, b, c, d = where
    removed = [_cell(a + at, line, Tone.REMOVED) for at, line in enumerate(old[a:b], 1)]
    added = [_cell(c + at, line, Tone.ADDED) for at, line in enumerate(new[c:d], 1)]
    yield from (Row(left, right) for left, right in zip_longest(removed, added))


def _edited(at_old: int, before: str, at_new: int, after: str) -> Row:
    left, right = edited_line(before, after, folded=False)
    return Row(
        _cell(at_old + 1, before, Tone.REMOVED, left),
        _cell(at_new + 1, after, Tone.ADDED, right),
    )


def _cell(number: int, line: str, tone: Tone, spans: Line | None = None) -> Cell:
    """White space at the end of a line that differs is shown, and that it ends without a newline."""
    said = spans or (Span(line.removesuffix("\n"), tone),)
    end = () if line.endswith("\n") else (_NO_NEWLINE,)
    return Cell(number, (*marked_line("", tone, said).spans, *end), tone)


def _pairs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Which lines are the same one edited: the pairs, in order, that together have most words in common."""
    if len(old) * len(new) > _MOST_LINE_PAIRS:
        return [(at, at) for at in range(min(len(old), len(new)))]
    left, right = [_words(line) for line in old], [_words(line) for line in new]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[_alike(one, other) for other in right] for one in left]
    for i in reversed(range(len(old))):
        for j in reversed(range(len(new))):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], paired)
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _words(line: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", line) or line.split())


def _alike(one: Counter[str], other: Counter[str]) -> float:
    """The part of their words that both have; 0 where it is too small, or there are none."""
    total = one.total() + other.total()
    if not total:
        return 1.0 if one == other else 0.0
    share = 2 * (one & other).total() / total
    return share if share >= _ALIKE else 0.0
