"""How many cases a sweep had and what they needed, told at the end of the run, whichever process ran them."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

PROPERTY = "sweep"


def full() -> bool:
    """Whether this is `make sweep`, which leaves nothing out."""
    return os.environ.get("AGENTOPS_SWEEP") == "full"


@dataclass
class Tally:
    """The cases of one test. ``needed``: class of cases -> applies needed afterwards -> cases."""

    sweep: str
    needed: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def case(self, kind: str, again: int) -> None:
        self.needed[kind][again] += 1

    def as_property(self, seconds: float) -> tuple[str, object]:
        rows = {kind: dict(counts) for kind, counts in self.needed.items()}
        return PROPERTY, {"sweep": self.sweep, "needed": rows, "seconds": seconds}


def lines(properties: Iterable[dict[str, object]]) -> list[str]:
    """A line a sweep and a class: cases, how many converged after how many applies, seconds of one core."""
    counts: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    seconds: Counter[str] = Counter()
    for found in properties:
        seconds[str(found["sweep"])] += found["seconds"]
        for kind, needed in found["needed"].items():
            for again, cases in needed.items():
                counts[str(found["sweep"]), kind][int(again)] += cases
    told = []
    for sweep in sorted(seconds):
        mine = {kind: needed for (of, kind), needed in counts.items() if of == sweep}
        total = sum(sum(needed.values()) for needed in mine.values())
        told.append(f"{sweep}: {total} cases in {seconds[sweep]:.0f} s")
        for kind, needed in sorted(mine.items()):
            again = ", ".join(f"{cases} after {times} more" for times, cases in sorted(needed.items()))
            told.append(f"    {kind:<45} {sum(needed.values()):>5}   {again}")
    return told
