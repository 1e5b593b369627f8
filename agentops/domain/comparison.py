"""What differs between two things the files can ask for: the stages of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, computed_field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Location
from agentops.domain.plan import FORMAT_VERSION, FieldChange
from agentops.domain.resource import Body
from agentops.domain.risk import Risk, riskiest_first


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Side(StrEnum):
    """Where an address is."""

    BOTH = "both"
    BEFORE = "before"
    AFTER = "after"


class Differing(_Frozen):
    """One address on which both sides differ.

    needs: what it refers to, where it is after (or was before, if it is gone). fields: the members that
    differ, where both have it. body: all of it, where only one has it. References
    stand as addresses in both, ``agent/tutor`` for an ID and ``(agent/tutor).version`` for a version.
    """

    address: Address
    side: Side
    needs: tuple[Address, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    body: Body = Field(default_factory=dict)
    risks: tuple[Risk, ...] = ()
    location: Location | None = None


class Comparison(_Frozen):
    """Two sides by name, what differs between them, sorted by address, and how many addresses do not.
    ``stage`` is the one that both sides are of, if it is one."""

    format_version: int = FORMAT_VERSION
    project: str
    stage: str = ""
    before: str
    after: str
    differing: tuple[Differing, ...] = ()
    alike: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()

    def with_risks(self, found: Mapping[Address, Sequence[Risk]]) -> Comparison:
        """With what a reviewer should look at, the riskiest first."""
        differing = tuple(
            item.model_copy(update={"risks": riskiest_first([*item.risks, *found.get(item.address, ())])})
            for item in self.differing
        )
        return self.model_copy(update={"differing": differing})

    @computed_field  # type: ignore[prop-decorator]
    @property
    def differs(self) -> bool:
        return bool(self.differing)


class Diff(_Frozen):
    """What a change of the files means, stage by stage. ``before`` and ``after`` say what was compared: a
    revision, or the working tree."""

    format_version: int = FORMAT_VERSION
    project: str
    before: str
    after: str
    stages: tuple[Comparison, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def differs(self) -> bool:
        return any(stage.differs for stage in self.stages)
