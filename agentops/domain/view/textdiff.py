"""The difference of two texts: unified where they have lines, by words where a line is long."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from agentops.domain.view.model import DiffLine, Line, Span, Tone
from agentops.domain.view.visible import visible_blanks

CONTEXT = 3
"""Unchanged lines around a change, as in every unified diff."""

LONG = 160
"""A line of more characters is folded where it did not change."""

_KEEP = 48
"""Characters kept around a difference, and at the start of a folded line."""

_MOST_WORD_PAIRS = 2_000_000
"""Beyond this many pairs of differing words two lines are not compared word by word."""

_ALIKE = 0.3
"""Two lines that share less than this part are shown as different, not as edited."""

_NO_NEWLINE = DiffLine("\\", (Span("no newline at the end"),), Tone.FAINT)

Opcode = tuple[str, int, int, int, int]


def text_diff(before: str, after: str, *, folded: bool = True) -> tuple[DiffLine, ...]:
    """A unified diff with the nearest Markdown heading in each hunk header; nothing where both are equal.

    ``folded`` shortens what did not change within long lines; what did is always there whole.
    """
    if not before.endswith("\n") and not after.endswith("\n"):
        before, after = before + "\n", after + "\n"
    old, new = lines_of(before), lines_of(after)
    shown: list[DiffLine] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        if len(old) > 1 or len(new) > 1:
            shown.append(_hunk_header(group, new))
        for code in group:
            shown.extend(_block(code, old, new, folded))
    return tuple(shown)


def whole_text(text: str, mark: str, tone: Tone, *, indent: str = "") -> tuple[DiffLine, ...]:
    """Every line of a text as added or removed."""
    lines = text.removesuffix("\n").split("\n")
    return tuple(marked_line(mark, tone, (Span(indent), Span(line, tone))) for line in lines)


def lines_of(text: str) -> list[str]:
    """Lines with their newline: only ``\\n`` ends one, whatever else Unicode calls a line break."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _hunk_header(group: Sequence[Opcode], new: Sequence[str]) -> DiffLine:
    first, last = group[0], group[-1]
    ranges = f"-{_range(first[1], last[2])} +{_range(first[3], last[4])}"
    heading = heading_above(new, first[3])
    spans = (Span(f" {ranges} @@", Tone.PLACE), Span(f" {heading}" if heading else "", Tone.FAINT))
    return DiffLine("@@", spans, Tone.PLACE)


def _range(start: int, stop: int) -> str:
    length = stop - start
    return f"{start + 1 if length else start},{length}" if length != 1 else f"{start + 1}"


def heading_above(lines: Sequence[str], position: int) -> str:
    """The last Markdown heading before a line; a ``#`` within a fenced block is none."""
    found, fenced = "", False
    for line in lines[:position]:
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif line.startswith("#") and not fenced and re.match(r"#{1,6}\s+\S", line):
            found = line.strip()
    return found


def _block(code: Opcode, old: Sequence[str], new: Sequence[str], folded: bool) -> Iterator[DiffLine]:
    tag, old_start, old_stop, new_start, new_stop = code
    if tag == "equal":
        for line in new[new_start:new_stop]:
            text = line.removesuffix("\n")
            yield DiffLine(" ", _folded_run(text, keep_end=False) if folded else (Span(text),))
        return
    removed, added = old[old_start:old_stop], new[new_start:new_stop]
    if len(removed) == len(added):
        pairs = [edited_line(*pair, folded) for pair in zip(removed, added, strict=True)]
    else:
        pairs = []
    yield from _side("-", Tone.REMOVED, removed, [pair[0] for pair in pairs])
    yield from _side("+", Tone.ADDED, added, [pair[1] for pair in pairs])


def _side(mark: str, tone: Tone, lines: Sequence[str], edited: Sequence[Line | None]) -> Iterator[DiffLine]:
    for number, line in enumerate(lines):
        spans = edited[number] if edited else None
        yield marked_line(mark, tone, spans or (Span(line.removesuffix("\n"), tone),))
        if not line.endswith("\n"):
            yield _NO_NEWLINE


def marked_line(mark: str, tone: Tone, spans: Line) -> DiffLine:
    """An added or removed line: tabs and white space at its end are shown, for they may be all there is."""
    *head, last = spans
    text = last.text.rstrip()
    blanks = visible_blanks(last.text[len(text) :])
    shown = [Span(span.text.replace("\t", "⇥\t"), span.tone) for span in (*head, Span(text, last.tone))]
    return DiffLine(mark, tuple(span for span in (*shown, Span(blanks, last.tone)) if span.text), tone)


def edited_line(before: str, after: str, folded: bool) -> tuple[Line | None, Line | None]:
    """Both lines with what differs set apart by words, or (None, None) where they have little in common."""
    old, new = _words(before.removesuffix("\n")), _words(after.removesuffix("\n"))
    codes = _word_opcodes(old, new)
    shared = sum(len("".join(old[code[1] : code[2]])) for code in codes if code[0] == "equal")
    if shared < _ALIKE * max(len(before), len(after)):
        return None, None
    fold = folded and max(len(before), len(after)) > LONG
    return (
        _spans([(tag, old[a:b]) for tag, a, b, _, _ in codes], Tone.REMOVED, Tone.REMOVED_WORDS, fold),
        _spans([(tag, new[c:d]) for tag, _, _, c, d in codes], Tone.ADDED, Tone.ADDED_WORDS, fold),
    )


def _words(line: str) -> list[str]:
    return re.findall(r"\w+|\s+|[^\w\s]", line)


def _word_opcodes(old: list[str], new: list[str]) -> list[Opcode]:
    """Opcodes over words. What both start and end with is set aside first: a typical edit is one spot."""
    start = _shared(old, new, lambda words, index: words[index], min(len(old), len(new)))
    end = _shared(old, new, lambda words, index: words[-1 - index], min(len(old), len(new)) - start)
    old_stop, new_stop = len(old) - end, len(new) - end
    middle: list[Opcode] = [("replace", start, old_stop, start, new_stop)]
    if (old_stop - start) * (new_stop - start) <= _MOST_WORD_PAIRS:
        matcher = SequenceMatcher(None, old[start:old_stop], new[start:new_stop], autojunk=False)
        middle = [
            (tag, a + start, b + start, c + start, d + start) for tag, a, b, c, d in matcher.get_opcodes()
        ]
    around: list[Opcode] = [
        ("equal", 0, start, 0, start),
        *middle,
        ("equal", old_stop, len(old), new_stop, len(new)),
    ]
    return [code for code in around if code[1] != code[2] or code[3] != code[4]]


def _shared(old: list[str], new: list[str], at: Callable[[list[str], int], str], most: int) -> int:
    return next((index for index in range(most) if at(old, index) != at(new, index)), most)


def _spans(runs: Sequence[tuple[str, list[str]]], same: Tone, differs: Tone, fold: bool) -> Line:
    """One side of two edited lines. White space that alone differs is shown."""
    spans: list[Span] = []
    for position, (tag, words) in enumerate(runs, start=1):
        text = "".join(words)
        if tag != "equal":
            spans.append(Span(text if text.strip() else visible_blanks(text), differs))
        elif fold:
            spans.extend(_folded_run(text, same, keep_end=position < len(runs)))
        else:
            spans.append(Span(text, same))
    return tuple(span for span in spans if span.text)


def _folded_run(text: str, tone: Tone = Tone.PLAIN, *, keep_end: bool) -> Line:
    """An unchanged run with its middle replaced by a count, or its end where no difference follows."""
    if len(text) <= LONG:
        return (Span(text, tone),)
    start = text[:_KEEP].rpartition(" ")[0] or text[:_KEEP]
    end = (text[-_KEEP:].partition(" ")[2] or text[-_KEEP:]) if keep_end else ""
    left_out = len(text) - len(start) - len(end)
    gap = Span(f" [… {left_out:,} characters …]{' ' if end else ''}", Tone.FAINT)
    return (Span(start, tone), gap, Span(end, tone))
