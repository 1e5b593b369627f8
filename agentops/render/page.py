"""One page of text for one console: made harmless, encodable, laid out in columns, coloured, never cut.

Lines are written as they are: no markup, no cropping. Sentences are wrapped between words where a terminal
would do it within one; all else a terminal wraps itself, and a file or a pipe keeps everything whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from agentops.domain.view import Line, Span, Tone, visible
from agentops.domain.view.visible import not_a_command

GAP = 2
"""Spaces between columns."""

WIDEST = 72
"""Cells a column grows to."""

_NARROWEST = 40
"""Cells of a terminal below which it wraps everything itself."""

Row = Sequence[Line]
"""Cells, each of one or more spans."""

_STYLES = {
    Tone.PLAIN: None,
    Tone.STRONG: Style(bold=True),
    Tone.FAINT: Style(dim=True),
    Tone.PLACE: Style(color="cyan", dim=True),
    Tone.ADDED: Style(color="green"),
    Tone.REMOVED: Style(color="red"),
    Tone.CHANGED: Style(color="yellow"),
    Tone.REPLACED: Style(color="magenta"),
    Tone.ADOPTED: Style(color="cyan"),
    Tone.ADDED_WORDS: Style(color="green", bold=True, underline=True),
    Tone.REMOVED_WORDS: Style(color="red", bold=True, underline=True),
    Tone.ERROR: Style(color="red", bold=True),
    Tone.WARNING: Style(color="yellow", bold=True),
    Tone.NOTE: Style(color="blue", bold=True),
}

_ASCII = str.maketrans(
    {
        "→": "->",
        "±": "+/-",
        "≠": "!=",
        "…": "...",
        "·": "-",
        "✓": "ok",
        "✗": "x",
        "⇥": "^I",
        "⟨": "<",
        "⟩": ">",
        "␡": "^?",
        **{chr(0x2400 + number): f"^{chr(0x40 + number)}" for number in range(0x20)},
    }
)
"""Our own signs where the console's encoding has no better."""


class Page:
    """Collects lines and prints them at once."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._encoding = console.encoding
        self._segments: list[Segment] = []

    def line(self, *spans: Span, indent: int = 0) -> None:
        """One line, without blanks at its end, and none that a CI runner would obey."""
        ink = [Span(self._printable(span.text), span.tone) for span in spans]
        while ink and not ink[-1].text.strip():
            ink.pop()
        first = next((position for position, span in enumerate(ink) if span.text.strip()), None)
        if first is not None:
            ink[first] = Span(not_a_command(ink[first].text), ink[first].tone)
            self._segments.append(Segment(" " * indent))
        self._segments += (Segment(span.text, _STYLES[span.tone]) for span in ink)
        self._segments.append(Segment.line())

    def sentence(self, *spans: Span, indent: int = 0) -> None:
        """Words; on a terminal the lines below the first stand a little to the right of it."""
        width, below = self._console.width, indent + GAP
        if not self._console.is_terminal or self._width(spans) <= width - indent or width < _NARROWEST:
            self.line(*spans, indent=indent)
            return
        row: list[Span] = []
        for word in _words(spans):
            if row and indent + self._width((*row, Span(word.text.rstrip()))) > width:
                self.line(*row[:-1], Span(row[-1].text.rstrip(), row[-1].tone), indent=indent)
                indent, row = below, []
            row.append(word)
        self.line(*row, indent=indent)

    def text(self, text: str, tone: Tone = Tone.PLAIN, indent: int = 0) -> None:
        self.line(Span(text, tone), indent=indent)

    def blank(self) -> None:
        self._segments.append(Segment.line())

    def columns(self, rows: Sequence[Row], indent: int = 0) -> None:
        """Rows with their cells under each other."""
        widths = self.widths(rows)
        for row in rows:
            self.row(row, widths, indent)

    def widths(self, rows: Iterable[Row], widest: int = WIDEST) -> list[int]:
        """Cells each column needs. What is wider than ``widest`` pushes its own row only, and the last cell
        with anything in it needs no room behind it."""
        widths: list[int] = []
        for row in rows:
            widths += [0] * (len(row) - len(widths))
            found = [self._width(cell) for cell in row]
            while found and not found[-1]:
                found.pop()
            for column, width in enumerate(found[:-1]):
                widths[column] = max(widths[column], width if width <= widest else 0)
        return widths

    def fitting(self, rows: Sequence[Row], indent: int = 0) -> list[int]:
        """As ``widths``, and none at all where a terminal would break a row that is padded to them."""
        widths = self.widths(rows)
        room = self._console.width - indent - GAP * (len(widths) - 1)
        if not self._console.is_terminal or all(self._padded(row, widths) <= room for row in rows):
            return widths
        return [0] * len(widths)

    def _padded(self, row: Row, widths: Sequence[int]) -> int:
        found = [self._width(cell) for cell in row]
        return sum(map(max, found[:-1], widths)) + (found[-1] if found else 0)

    def row(self, row: Row, widths: Sequence[int], indent: int = 0) -> None:
        """One row, its cells padded to the widths of their columns."""
        spans: list[Span] = []
        for cell, width in zip(row, widths, strict=False):
            spans += (*cell, Span(" " * (max(width - self._width(cell), 0) + GAP)))
        self.line(*spans, indent=indent)

    def print(self) -> None:
        self._console.print(Segments(self._segments), soft_wrap=True, end="")

    def _width(self, cell: Line) -> int:
        return sum(cell_len(self._printable(span.text)) for span in cell)

    def _printable(self, text: str) -> str:
        shown = visible(text)
        try:
            shown.encode(self._encoding)
        except (UnicodeEncodeError, LookupError):
            plain = shown.translate(_ASCII)
            return plain.encode(self._encoding, "backslashreplace").decode(self._encoding)
        return shown


def _words(spans: Iterable[Span]) -> Iterator[Span]:
    """Each with the blanks behind it."""
    for span in spans:
        yield from (Span(word, span.tone) for word in re.findall(r"\S+\s*|\s+", span.text))
