"""What has to hold before a stage is changed: the members of ``require`` in agentops.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta

from agentops.domain.diagnostics import Location


@dataclass(frozen=True, slots=True)
class CleanGit:
    """What is applied is what a commit holds. ``location`` of a gate is where it was required."""

    location: Location | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return "clean_git"


@dataclass(frozen=True, slots=True)
class NoDriftIn:
    """Another stage is as its last apply left it."""

    stage: str
    location: Location | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"no_drift_in: {self.stage}"


@dataclass(frozen=True, slots=True)
class Soaked:
    """What is brought here has run in the stage before this one for that long. ``text`` is how it is written:
    ``2h``."""

    duration: timedelta
    text: str
    location: Location | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"soaked: {self.text}"


Gate = CleanGit | NoDriftIn | Soaked

_DURATION = re.compile(r"(\d{1,5})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """``90s``, ``10m``, ``2h``, ``1d``. Raises ValueError for anything else, and for no time at all."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"'{text}' is no duration; write one like 90s, 10m, 2h or 1d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
