"""What happened and how things stand: finished values that renderers print and machines read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Severity, in_order
from agentops.domain.plan import FORMAT_VERSION, Action, Drift, Held
from agentops.domain.state import PromotedFrom, RolledBack


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ValidationReport(_Frozen):
    """What checking the files of a project found, over all the stages named."""

    format_version: int = FORMAT_VERSION
    project: str
    stages: tuple[str, ...]
    files: int
    diagnostics: tuple[Diagnostic, ...] = ()


class Reviewed(_Frozen):
    """What was reviewed of a stage before a commit came to its branch.

    digest: the change digest, 64 hex digits; None where none was reviewed, and then ``why`` says why not.
    pull_request: its number; None where the commit belongs to none.
    """

    format_version: int = FORMAT_VERSION
    pull_request: int | None = None
    digest: str | None = None
    why: str = ""


class Result(StrEnum):
    """How one change of an apply ended."""

    DONE = "done"
    ALREADY = "already"  # the registry held it when apply came to it
    FAILED = "failed"
    SKIPPED = "skipped"  # something it depends on failed, or the run was interrupted


class Outcome(_Frozen):
    """One change after apply. ``version`` is the new one, ``before`` the one it was planned against."""

    address: Address
    action: Action
    result: Result
    id: str | None = None
    version: int | str | None = None
    before: int | str | None = None
    problem: Diagnostic | None = None


class ApplyReport(_Frozen):
    """What apply did, in plan order. ``diagnostics`` warn of answers that were not as planned. ``hold_lost``:
    it stopped because the stage was not its own any more."""

    format_version: int = FORMAT_VERSION
    project: str
    stage: str
    lock: str
    lock_serial: int
    outcomes: tuple[Outcome, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    interrupted: bool = False
    hold_lost: bool = False

    def with_diagnostics(self, more: Iterable[Diagnostic]) -> ApplyReport:
        return self.model_copy(update={"diagnostics": in_order([*self.diagnostics, *more])})

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """0 all done, 4 partly, 130 interrupted; the lock is true in every case."""
        if self.interrupted:
            return 130
        unfinished = any(item.result in {Result.FAILED, Result.SKIPPED} for item in self.outcomes)
        return 4 if unfinished or self.hold_lost else 0


class Standing(StrEnum):
    """Where one address stands in a stage."""

    IN_SYNC = "in sync"
    PENDING = "pending"
    DRIFTED = "drifted"
    HELD = "held"
    ROLLED_BACK = "rolled back"
    GONE = "gone"
    ORPHANED = "orphaned"
    BLOCKED = "blocked"


class StatusRow(_Frozen):
    address: Address
    standing: Standing
    action: Action = Action.NO_OP
    id: str | None = None
    version: int | str | None = None
    path: str | None = None


class StatusReport(_Frozen):
    """Every address of one stage. ``unmanaged`` counts, per kind, the live objects that no stage manages."""

    format_version: int = FORMAT_VERSION
    project: str
    stage: str
    rows: tuple[StatusRow, ...] = ()
    unmanaged: dict[str, int] = {}
    diagnostics: tuple[Diagnostic, ...] = ()


class Behind(_Frozen):
    """It runs older sources than the working tree has. ``changes`` are the commits that touched its files
    since; None where git cannot tell."""

    changes: int | None = None


class Cell(_Frozen):
    """Where one address stands in one stage. commit: the one that holds what it runs. by: who released it."""

    standing: Standing
    action: Action = Action.NO_OP
    id: str | None = None
    version: int | str | None = None
    commit: str | None = None
    released_at: str | None = None
    by: str | None = None
    behind: Behind | None = None
    promoted_from: PromotedFrom | None = None
    rolled_back: RolledBack | None = None


class Column(_Frozen):
    """One stage. looked: its registry was asked; else the cells are by lock and files alone, and nothing is
    known of drift. problem: why it could not be asked.

    standings, behind: how many addresses stand so, and are behind. unmanaged: as in ``StatusReport``.
    """

    stage: str
    looked: bool
    problem: Diagnostic | None = None
    lock_serial: int = 0
    standings: dict[Standing, int] = {}
    behind: int = 0
    unmanaged: dict[str, int] = {}


class OverviewRow(_Frozen):
    """One address, with a cell for every stage that has it or asks for it."""

    address: Address
    cells: dict[str, Cell]


class Overview(_Frozen):
    """Every address in every stage."""

    format_version: int = FORMAT_VERSION
    project: str
    stages: tuple[Column, ...] = ()
    rows: tuple[OverviewRow, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


class DriftReport(_Frozen):
    """What moved in the registry since the last apply, field by field, and where that was kept before."""

    format_version: int = FORMAT_VERSION
    project: str
    stage: str
    drift: tuple[Drift, ...] = ()
    held: tuple[Held, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def moved(self) -> bool:
        return bool(self.drift) or any(item.severity is Severity.ERROR for item in self.diagnostics)
