"""A lock that is not in one piece: what is left of it, and what was made of that."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.state import Lock


class Condition(StrEnum):
    """How a lock file was found."""

    WHOLE = "whole"
    CONFLICT = "conflict"
    DAMAGED = "damaged"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Torn:
    """sides: what can be read of the file, our own first: both sides of a merge that git could not finish,
    the lock where it is whole, what the journal alone still has, or nothing. base: what both sides come from.
    """

    condition: Condition
    sides: tuple[Lock, ...] = ()
    base: Lock | None = None


class Origin(StrEnum):
    """What says that an address has this ID."""

    FILE = "file"
    OURS = "ours"
    THEIRS = "theirs"
    COPY = "copy"
    TAG = "tag"
    CONTENT = "content"
    PLACE = "place"


class RebuiltEntry(BaseModel):
    """One line of a rebuilt lock, and what says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    address: Address
    id: str
    version: int | str | None = None
    by: Origin


class RebuildReport(BaseModel):
    """What ``lock rebuild`` makes of a lock. written: whether it is in the file by now. changed: whether
    there is anything to write."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: int = 1
    project: str
    stage: str
    lock: str
    condition: Condition
    serial: int
    changed: bool
    written: bool = False
    entries: tuple[RebuiltEntry, ...] = ()
    unfinished: tuple[Address, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
