"""What can be wrong with a lock or its journal, as the user is told it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, Stop, error

_SUFFIX = ".lock.json"


def damaged_lock(why: str, place: Location) -> Diagnostic:
    return error(
        Code.LOCK,
        f"{place.file} is damaged: {why}",
        f"bring back the last good one (`git checkout HEAD -- {place.file}`), then run `agentops plan`; or "
        f"have it made anew from what the registry has: `agentops lock rebuild{_of_stage(place)}`",
        location=place,
    )


def conflict(place: Location) -> Diagnostic:
    return error(
        Code.LOCK_CONFLICT,
        f"{place.file} has conflict markers: two branches have applied, and each wrote its own lock",
        f"`agentops lock rebuild{_of_stage(place)}` puts both together by what the registry has, and loses "
        "nothing; then `git add` it, and plan",
        location=place,
    )


def _of_stage(place: Location) -> str:
    name = place.file.rpartition("/")[2]
    return f" --stage {name.removesuffix(_SUFFIX)}" if name.endswith(_SUFFIX) else ""


def damaged_journal(why: str, journal: Path, what: str) -> Stop:
    return Stop(
        error(
            Code.LOCK,
            f"{what} is damaged: {why}",
            f"the lock itself is whole; move {journal} away and run `agentops plan`: "
            "it shows what the interrupted run has changed in the registry",
        )
    )


class Newer(Stop):
    """It was written by a newer version: it is whole, and not ours to judge."""


def check_version(version: Any, ours: int, what: str) -> None:
    """Raises Newer where ``what`` was written by a version newer than ours."""
    if isinstance(version, int) and version > ours:
        raise Newer(
            error(
                Code.LOCK,
                f"{what} was written by a newer agentops: it has version {version}, this one knows {ours}",
                "upgrade agentops, then run the command again",
            )
        )


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns what the operating system refuses into a Stop."""
    try:
        yield
    except OSError as problem:
        raise Stop(
            error(
                Code.LOCK,
                f"{what} cannot be read: {_reason(problem)}",
                "it has to be a file that you may read; then run the command again",
            )
        ) from problem


@contextmanager
def writing(what: str) -> Iterator[None]:
    """Turns what the operating system refuses into a Stop."""
    try:
        yield
    except OSError as problem:
        raise Stop(
            error(
                Code.LOCK,
                f"{what} cannot be written: {_reason(problem)}",
                "its folder has to be writable and the disk to have room; what is recorded so far is kept",
            )
        ) from problem


def _reason(problem: OSError) -> str:
    return (problem.strerror or type(problem).__name__).lower()
