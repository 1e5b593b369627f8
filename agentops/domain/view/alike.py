"""When the same change is made in two stages, although their texts differ around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agentops.domain.risk import Level, Risk
from agentops.domain.view.model import ChangeView, DiffLine


def gist(change: ChangeView, risks: Sequence[Risk]) -> tuple[object, ...]:
    """What changes, without what does not: equal where a reviewer would say the same of both.

    A template gives each stage its own text. An edit of it is one edit: the lines around it, their numbers
    and the length of the whole are of the stage; the lines that change and the heading above them count.
    What a low risk says of a text counts its lines, so it is left out where they are compared.
    """
    texts = {field.path for field in change.fields if field.below}
    return (
        change.symbol,
        change.address,
        change.place,
        tuple((it.path, tuple(_changing(it.below)) if it.below else it.beside) for it in change.fields),
        tuple((it.label, it.path) if it.level is Level.LOW and it.path in texts else it for it in risks),
    )


def _changing(lines: Iterable[DiffLine]) -> Iterator[object]:
    for line in lines:
        if line.mark == "@@":
            yield line.mark, line.spans[1:]
        elif line.mark != " ":
            yield line
