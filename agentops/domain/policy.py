"""What a project asks of its fleet beside what the API asks: settings of rules, and exceptions in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.diagnostics import Location, Severity


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What agentops.yaml says of one rule. ``severity`` is None where the rule's own holds; ``off`` takes the
    rule out; ``options`` are those of the rule (``models``, ``most``)."""

    severity: Severity | None = None
    off: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class TeamFile:
    """A file with rules of the team's own, as it is read: ``.py`` or ``.yaml``."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Of one stage: the project's settings with the stage's over them, and the team's own rules."""

    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    files: tuple[TeamFile, ...] = ()


NO_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Waiver:
    """A rule that a file sets aside for its own resource, and why."""

    rule: str
    reason: str
    location: Location
