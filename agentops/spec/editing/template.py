"""What was changed in a rendered text, changed in its template."""

from __future__ import annotations

from difflib import SequenceMatcher


def retold(template: str, rendered: str, wanted: str) -> str | None:
    """The template with the lines changed that ``wanted`` has otherwise than ``rendered``.

    None where such a line comes from an expression: nobody can say what that should be instead.
    """
    source, before = template.splitlines(keepends=True), rendered.splitlines(keepends=True)
    after = wanted.splitlines(keepends=True)
    literal: dict[int, int] = {}
    for at, other, size in SequenceMatcher(None, source, before, autojunk=False).get_matching_blocks():
        literal |= {other + index: at + index for index in range(size)}
    made: list[str] = []
    here = 0
    for tag, first, last, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        if any(index not in literal for index in range(first, last)):
            return None
        place = _place(literal, first, last, len(source), len(before))
        if place is None or place[0] < here:
            return None
        made += [*source[here : place[0]], *after[start:end]]
        here = place[1]
    return "".join((*made, *source[here:]))


def _place(
    literal: dict[int, int], first: int, last: int, size: int, rendered: int
) -> tuple[int, int] | None:
    """Where the rendered lines stand in the template; for none, where new ones go."""
    if first < last:
        start, end = literal[first], literal[last - 1] + 1
        return (start, end) if end - start == last - first else None
    if first in literal:
        return literal[first], literal[first]
    if first - 1 in literal:
        return literal[first - 1] + 1, literal[first - 1] + 1
    return (size, size) if first == rendered and not rendered else None
