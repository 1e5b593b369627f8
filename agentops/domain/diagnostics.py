"""What we tell a user is wrong: values, collected and returned together, never raised one by one.

Exceptions are for what stops us: ``Stop`` and its children carry a diagnostic and end the command.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from agentops.domain.address import Address


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Code(StrEnum):
    """Stable names of what can be wrong. ``docs/diagnostics.md`` explains each."""

    # Files
    UNREADABLE = "AO001"
    SYNTAX = "AO002"
    DUPLICATE_KEY = "AO003"
    TOO_LARGE = "AO004"
    OUTSIDE_PROJECT = "AO005"
    UNKNOWN_KIND = "AO006"
    DUPLICATE_ADDRESS = "AO007"
    CONFLICTING_FIELDS = "AO008"
    # Contents
    UNKNOWN_KEY = "AO010"
    WRONG_TYPE = "AO011"
    MISSING_KEY = "AO012"
    INVALID_VALUE = "AO013"
    FOREIGN_SHAPE = "AO014"
    UNKNOWN_TOOL = "AO015"
    LIMIT = "AO016"
    RESERVED = "AO017"
    LATER_FIELD = "AO018"
    # References, includes and templates
    BROKEN_REFERENCE = "AO020"
    WRONG_REFERENCE = "AO021"
    CYCLE = "AO022"
    TEMPLATE = "AO023"
    UNUSED = "AO024"
    ADVICE = "AO025"
    # Adoption
    NOT_ADOPTED = "AO026"
    NOT_WRITTEN = "AO027"
    RAW_ID = "AO028"
    LEFT_UNMANAGED = "AO029"
    # Project and stages
    PROJECT = "AO030"
    NO_STAGE = "AO031"
    CREDENTIALS = "AO032"
    # Writing what drifted into the files
    UNWRITABLE = "AO033"
    SIDE_EFFECT = "AO034"
    FILE_MOVED = "AO035"
    OURS_REPLACED = "AO036"
    # Renaming
    MOVED = "AO037"
    RENAMED = "AO038"
    LOCK_ADDRESS = "AO039"
    # Plans
    DRIFT = "AO040"
    GONE = "AO041"
    FOREIGN_OWNER = "AO042"
    SEVERAL_CARRIERS = "AO043"
    PROTECTED = "AO044"
    ORPHAN = "AO045"
    CANNOT_CLEAR = "AO046"
    SEED_CHANGED_BY_AGENT = "AO047"
    REFERRERS_LEFT = "AO048"
    NOTHING_DECLARED = "AO049"
    # Locks, saved plans and apply
    LOCK = "AO050"
    ORIGIN = "AO051"
    STALE = "AO052"
    DIGEST = "AO053"
    HELD = "AO054"
    NOT_AS_PLANNED = "AO055"
    REGISTRY = "AO056"
    OUTCOME_UNKNOWN = "AO057"
    INTERRUPTED = "AO058"
    NEEDS_CONFIRMATION = "AO059"
    # What the registry tells, and what bodies only name
    CONDITION = "AO060"
    GOES_ALONG = "AO061"
    SECRET = "AO062"  # noqa: S105
    UPLOAD = "AO063"
    REMOTE = "AO064"
    TOO_MANY_REMOVALS = "AO065"
    PLACEHOLDER = "AO066"
    # Mending a lock
    LOCK_CONFLICT = "AO067"
    SEVERAL_IDS = "AO068"
    NOT_FOUND_AGAIN = "AO069"
    # One run at a time, and what runs tell each other
    HOLD_LOST = "AO070"
    LOCK_COPY = "AO071"
    NO_MUTEX = "AO072"
    # Rollback, and stages side by side
    NO_VERSION = "AO073"
    NO_HISTORY = "AO074"
    OLD_REFERENCE = "AO075"
    ROLLED_BACK = "AO076"
    UNSEEN_STAGE = "AO077"
    # The project's own policy
    POLICY = "AO078"
    WAIVER = "AO079"
    # What stages have of their own
    MISSING_VARIABLE = "AO080"
    UNDECLARED_VARIABLE = "AO081"
    VARIABLE_VALUE = "AO082"
    SHARED_WORKSPACE = "AO083"
    FORMER_NAME = "AO084"
    # Gates
    REQUIREMENT = "AO085"
    NOT_CLEAN = "AO086"
    DRIFT_ELSEWHERE = "AO087"
    NOT_SOAKED = "AO088"
    # Rules that do not work
    BROKEN_RULE = "AO089"
    # Releases
    COMMIT = "AO090"
    UNKNOWN_SOURCE = "AO091"
    OTHER_SOURCE = "AO092"
    UNSETTLED = "AO093"
    NOT_PROMOTED = "AO094"
    PROMOTION_ORDER = "AO095"
    HELD_BACK = "AO096"
    REVISION = "AO097"
    # What is said on GitHub
    GITHUB = "AO098"


_RULE_ID = r"^[A-Z]{2,8}[0-9]{3}$"

RuleId = Annotated[str, StringConstraints(pattern=_RULE_ID)]
"""Of a rule of the policy: AO101 and following are ours, other letters a team's."""

_ANY_CODE = WithJsonSchema({"type": "string", "pattern": _RULE_ID})  # new codes are no new format


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a file: posix path relative to the project root, line and column counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Diagnostic(BaseModel):
    """One problem. ``summary`` says what is wrong, ``detail`` what to do or write instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    severity: Severity
    code: Annotated[Code | RuleId, Field(union_mode="left_to_right"), _ANY_CODE]
    summary: str
    detail: str = ""
    address: Address | None = None
    location: Location | None = None


def error(code: Code | RuleId, summary: str, detail: str = "", **where: object) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, code=code, summary=summary, detail=detail, **where)


def warning(code: Code | RuleId, summary: str, detail: str = "", **where: object) -> Diagnostic:
    return Diagnostic(severity=Severity.WARNING, code=code, summary=summary, detail=detail, **where)


def note(code: Code | RuleId, summary: str, detail: str = "", **where: object) -> Diagnostic:
    return Diagnostic(severity=Severity.NOTE, code=code, summary=summary, detail=detail, **where)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(item.severity is Severity.ERROR for item in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """By place, so that the report reads like the files do; without a place last, and each said once."""
    return tuple(
        sorted(
            dict.fromkeys(diagnostics),
            key=lambda item: (item.location is None, item.location or Location(""), item.code, item.summary),
        )
    )


def by_stages(told: Mapping[str, Sequence[Diagnostic]]) -> dict[str, list[Diagnostic]]:
    """The problems by stage, where those that not every stage has name the stages they hold in.

    What to do may differ (each stage knows other variables); the first stage's advice stands for all.
    """
    first: dict[Diagnostic, Diagnostic] = {}
    stages: dict[Diagnostic, list[str]] = {}
    for stage, problems in told.items():
        for problem in dict.fromkeys(_without_detail(item) for item in problems):
            stages.setdefault(problem, []).append(stage)
        for item in problems:
            first.setdefault(_without_detail(item), item)
    said = {
        problem: item if len(stages[problem]) == len(told) else _saying(item, stages[problem])
        for problem, item in first.items()
    }
    return {stage: [said[_without_detail(item)] for item in problems] for stage, problems in told.items()}


def _without_detail(item: Diagnostic) -> Diagnostic:
    return item.model_copy(update={"detail": ""})


def _saying(item: Diagnostic, stages: list[str]) -> Diagnostic:
    named = f"stage{'' if len(stages) == 1 else 's'} {', '.join(stages)}"
    if item.summary.endswith(named):
        return item
    return item.model_copy(update={"summary": f"{item.summary} (in {named})"})


_LISTED = 20


def listed(items: Sequence[str], most: int) -> str:
    """``a, b, c``, and beyond ``most`` of them how many are not named: ``a, b and 4 more``."""
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return f"{', '.join(items[:most])}{more}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 error``, ``2 errors``; ``plural`` where it is not the noun with an s."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name a user probably meant, or None when nothing is close."""
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence for ``detail``: the nearest name, else the first few of them, else nothing."""
    names = sorted(known)
    if (guess := nearest(word, names)) is not None:
        return f"did you mean '{guess}'?"
    return f"known here: {listed(names, _LISTED)}" if names else ""


class Stop(Exception):
    """Ends a command: the diagnostics say why. Exit code 1."""

    exit_code = 1

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(item.summary for item in diagnostics))
        self.diagnostics = diagnostics


class Blocked(Stop):
    """Refused before anything was changed. Exit code 3."""

    exit_code = 3
