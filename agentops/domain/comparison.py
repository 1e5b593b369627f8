"""What differs between two things the files can ask for: the stages of a project."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, computed_field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Location
from agentops.domain.plan import FORMAT_VERSION, FieldChange
from agentops.domain.resource import Body


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Side(StrEnum):
    """Where an address is."""

    BOTH = "both"
    BEFORE = "before"
    AFTER = "after"


class Differing(_Frozen):
    """One address on which both sides differ.

    fields: the members that differ, where both have it. body: all of it, where only one has it. References
    stand as addresses in both, ``agent/tutor`` for an ID and ``(agent/tutor).version`` for a version.
    """

    address: Address
    side: Side
    fields: tuple[FieldChange, ...] = ()
    body: Body = Field(default_factory=dict)
    location: Location | None = None


class Comparison(_Frozen):
    """Two sides by name, what differs between them, sorted by address, and how many addresses do not."""

    format_version: int = FORMAT_VERSION
    project: str
    before: str
    after: str
    differing: tuple[Differing, ...] = ()
    alike: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def differs(self) -> bool:
        return bool(self.differing)
