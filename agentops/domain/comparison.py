"""What differs between two things the files can ask for: stages of a project, or commits of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, computed_field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Location
from agentops.domain.plan import FORMAT_VERSION, Action, FieldChange, Move
from agentops.domain.resource import Body
from agentops.domain.risk import Risk, riskiest_first


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Side(StrEnum):
    """Where an address is."""

    BOTH = "both"
    BEFORE = "before"
    AFTER = "after"


class Standing(StrEnum):
    """What became of a stage between two commits."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"


class Differing(_Frozen):
    """One address on which both sides differ.

    needs: what it refers to, where it is after (or was before, if it is gone). fields: the members that
    differ, where both have it. body: all of it, where only one has it. References
    stand as addresses in both, ``agent/tutor`` for an ID and ``(agent/tutor).version`` for a version.

    Of two commits also what a plan would do in a registry that has what the first asks for; between two
    stages ``action`` is None, and so it is where nobody can tell. ``no-op``: nothing would be sent.

    forced_by: the field that no update can change, where that is why it is replaced. because: what it refers
    to that changes, where nothing else of it does. goes_with: what takes it along when it goes.
    kept: no file asks for it any more, and the stage does not prune: it stays until somebody does.
    protected: it is, and a plan that would end it stops there.
    """

    address: Address
    side: Side
    action: Action | None = None
    forced_by: str | None = None
    because: tuple[Address, ...] = ()
    goes_with: Address | None = None
    kept: bool = False
    protected: bool = False
    needs: tuple[Address, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    body: Body = Field(default_factory=dict)
    risks: tuple[Risk, ...] = ()
    location: Location | None = None


class Comparison(_Frozen):
    """Two sides by name, what differs between them, sorted by address, and how many addresses do not.

    Of two commits: ``stage`` is the one that both sides are of, ``standing`` what became of it, ``formerly``
    its name before where that is another. settings: what agentops.yaml says of it beside what is sent, by
    paths like ``registry.base_url``, with what a reviewer should look at of that. moves: what is called
    otherwise now, without IDs.
    """

    format_version: int = FORMAT_VERSION
    project: str
    stage: str = ""
    standing: Standing = Standing.KEPT
    formerly: str = ""
    before: str
    after: str
    settings: tuple[FieldChange, ...] = ()
    settings_risks: tuple[Risk, ...] = ()
    moves: tuple[Move, ...] = ()
    differing: tuple[Differing, ...] = ()
    alike: int = 0
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ending(self) -> dict[Address, Action]:
        """What would go for good, and how; what stays until somebody prunes is not among it."""
        return {
            it.address: it.action
            for it in self.differing
            if it.action is not None and it.action.ends and not it.kept
        }

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
        return bool(self.differing or self.settings or self.moves or self.standing is not Standing.KEPT)


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
