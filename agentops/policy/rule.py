"""One rule: what it finds, how bad that is unless told otherwise, and how to explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location, Severity
from agentops.domain.fleet import Fleet
from agentops.domain.surface import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """What one resource has against a rule. ``detail`` says what to write instead; ``path`` is the member of
    its body."""

    address: Address
    summary: str
    detail: str = ""
    path: Path = ()


Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Option:
    """Something a project may say of a rule. ``default`` None means that the rule is silent until it is
    said. ``check`` tells what is wrong with a value, as the end of a sentence; None where nothing is."""

    default: Any
    meaning: str
    check: Callable[[Any], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """``id`` is for ever; ``name`` says it in two to four words. ``severity`` holds unless agentops.yaml says
    another; ``protected`` is the one in protected stages. ``why``, ``example`` (a file that has it) and
    ``fix`` (the same file without) are what ``agentops explain`` prints, and a test tries both files.

    ``check`` is pure: the same fleet, the same findings, in any order. ``location`` is where a team wrote it;
    None where it is built in.
    """

    id: str
    name: str
    severity: Severity
    why: str
    example: str
    fix: str
    check: Callable[[Fleet, Options], Iterable[Finding]]
    options: Mapping[str, Option] = field(default_factory=dict)
    protected: Severity | None = None
    location: Location | None = None
