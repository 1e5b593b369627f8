"""What a project asks of its fleet beside what the API asks: settings of rules, and exceptions in files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location, Severity


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """What agentops.yaml says of one rule. ``severity`` is None where the rule's own holds; ``off`` takes the
    rule out; ``options`` are those of the rule (``models``, ``most``), ``places`` where each is written."""

    severity: Severity | None = None
    off: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    location: Location | None = None
    places: Mapping[str, Location] = field(default_factory=dict)

    def over(self, other: RuleSetting | None) -> RuleSetting:
        """This one key by key over what holds for all stages."""
        if other is None:
            return self
        says = self.off or self.severity is not None
        return RuleSetting(
            severity=self.severity if says else other.severity,
            off=self.off if says else other.off,
            options={**other.options, **self.options},
            location=self.location,
            places={**other.places, **self.places},
        )


@dataclass(frozen=True, slots=True)
class TeamFile:
    """A Python file with rules of the team's own, as it was read. ``path`` is below the project's root."""

    path: str
    text: str


class Check(StrEnum):
    """What a declared rule looks for in a member: what it is true of is found."""

    IS = "is"
    MATCHES = "matches"
    NOT_MATCHES = "not_matches"
    IN = "in"
    NOT_IN = "not_in"
    ABOVE = "above"
    BELOW = "below"
    LONGER = "longer"


EVERY = "*"
"""The step of a path that stands for all members of a list or mapping."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A rule that is written as data: it finds every resource of ``kinds`` (none: all) in ``stages`` (none:
    all) of whose member at ``path`` ``check`` with ``value`` is true."""

    id: str
    name: str
    path: tuple[str | int, ...]
    check: Check
    value: Any
    message: str
    location: Location
    severity: Severity = Severity.WARNING
    protected: Severity | None = None
    kinds: tuple[str, ...] = ()
    kinds_at: Location | None = None
    stages: tuple[str, ...] = ()
    fix: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Waiver:
    """A rule that is set aside for one resource, and why."""

    rule: str
    reason: str
    location: Location


@dataclass(frozen=True, slots=True)
class Policy:
    """Of one stage: the project's settings with the stage's over them, and the team's own rules.

    ``ignore`` are waivers of resources that have no file to write them into. ``waivers`` is False where
    nothing may be set aside.
    """

    rules: Mapping[str, RuleSetting] = field(default_factory=dict)
    files: tuple[TeamFile, ...] = ()
    declared: tuple[Declared, ...] = ()
    ignore: Mapping[Address, tuple[Waiver, ...]] = field(default_factory=dict)
    waivers: bool = True


NO_POLICY = Policy()
