"""Pieces of a comment that are made to fit: cut between lines and pieces, never within, and it says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


def size(text: str) -> int:
    """Characters as the strictest reader counts them: in UTF-16, where an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def sizes(texts: Sequence[str]) -> int:
    """Of all of them, each with a line end."""
    return sum(map(size, texts)) + len(texts)


def start(items: Sequence[str], room: int) -> int:
    """How many of them fit, each on lines of its own, from the first on."""
    used = 0
    for number, item in enumerate(items):
        used += size(item) + 1
        if used > room:
            return number
    return len(items)


def listed(items: Sequence[str], room: int, more: Callable[[int], str]) -> list[str]:
    """As many as fit, and a line for the others; nothing where not even that fits."""
    kept = start(items, room)
    if kept == len(items):
        return list(items)
    last = more(len(items))
    kept = start(items, room - size(last) - 1)
    last = more(len(items) - kept)
    return [*items[:kept], last] if sizes([last]) <= room else []


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a difference, finished, and which of them are there for context alone."""

    lines: tuple[str, ...]
    is_context: tuple[bool, ...]

    def within(self, room: int) -> list[str]:
        """All of them, or the changed ones, or as many of these as fit, with a line for what is left out."""
        if sizes(self.lines) <= room:
            return list(self.lines)
        changed = [
            _shortened(line, max(room // 2, _LEAST_LINE))
            for line, context in zip(self.lines, self.is_context, strict=True)
            if not context
        ]
        note = self._note(len(self.lines), sizes(self.lines))
        kept = changed[: max(start(changed, room - size(note) - 1), min(1, len(changed)))]
        left = len(self.lines) - len(kept)
        return [*kept, self._note(left, sizes(self.lines) - sizes(kept))]

    @staticmethod
    def _note(lines: int, characters: int) -> str:
        plural = "" if lines == 1 else "s"
        return f"  [… cut: {lines:,} line{plural}, {characters:,} characters …]"


_LEAST_LINE = 120
"""Characters that are left of a long line."""


def _shortened(line: str, most: int) -> str:
    if size(line) <= most:
        return line
    kept = line[: most // 2]
    return f"{kept} [… cut: {len(line) - len(kept):,} characters …]"
