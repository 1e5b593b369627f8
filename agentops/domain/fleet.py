"""Everything a stage has at one moment, as what looks at all of it sees it: risks, rules, pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location
from agentops.domain.resource import Attachment, Body, Resource
from agentops.domain.surface import Surface


@dataclass(frozen=True, slots=True)
class Member:
    """One resource. In ``body`` what refers to another one of the fleet stands as its address. ``resource``
    is what the files say of it; None for what only the registry has."""

    address: Address
    surface: Surface
    body: Body = field(default_factory=dict)
    resource: Resource | None = None
    attachments: tuple[Attachment, ...] = ()

    def place(self, path: Sequence[str | int] = ()) -> Location | None:
        """Where a member of the body is written, or what is nearest to it."""
        return self.resource.place(path) if self.resource is not None else None


@dataclass(frozen=True, slots=True)
class Fleet:
    """``protected``: the stage is."""

    stage: str
    members: Mapping[Address, Member] = field(default_factory=dict)
    protected: bool = False

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members.values())

    def of(self, name: str | None) -> Member | None:
        """The member that a body names by its address; None where that is not ours."""
        return self.members.get(Address(name)) if name is not None else None

    def deployments_of(self, agent: Address) -> list[Member]:
        """Whatever starts sessions of an agent."""
        return [it for it in self if it.surface.agent is not None and it.surface.agent.name == agent]
