"""What a risk is told from: one changed address with all that refers to it, before and after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from agentops.domain.address import Address
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import NOTHING, Surface


class Around:
    """A fleet with who names whom, looked up once."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def of(self, name: str | None) -> Member | None:
        return self.fleet.of(name)

    def deployments_of(self, agent: str) -> list[Member]:
        return self._by_agent.get(agent, [])

    def deployments_in(self, environment: str) -> list[Member]:
        return self._by_environment.get(environment, [])

    def coordinators_of(self, agent: str) -> list[Address]:
        """Whose roster it is in."""
        return self._by_roster.get(agent, [])

    def readers_of(self, skill: str) -> list[Address]:
        """The agents that have a skill."""
        return self._by_skill.get(skill, [])

    def children_of(self, address: Address) -> list[Address]:
        """What lives in it: the memories of a store, the credentials of a vault."""
        return self._by_parent.get(address.name, []) if address.kind in _PARENTS else []

    @cached_property
    def _by_agent(self) -> Mapping[str, list[Member]]:
        found: dict[str, list[Member]] = defaultdict(list)
        for member in self.fleet:
            if (agent := member.surface.agent) is not None:
                found[agent.name].append(member)
        return found

    @cached_property
    def _by_environment(self) -> Mapping[str, list[Member]]:
        found: dict[str, list[Member]] = defaultdict(list)
        for member in self.fleet:
            if (environment := member.surface.environment) is not None:
                found[environment].append(member)
        return found

    @cached_property
    def _by_roster(self) -> Mapping[str, list[Address]]:
        found: dict[str, list[Address]] = defaultdict(list)
        for member in self.fleet:
            for name in dict.fromkeys(use.name for use in member.surface.roster.values()):
                found[name].append(member.address)
        return found

    @cached_property
    def _by_skill(self) -> Mapping[str, list[Address]]:
        found: dict[str, list[Address]] = defaultdict(list)
        for member in self.fleet:
            for name in member.surface.skills:
                found[name].append(member.address)
        return found

    @cached_property
    def _by_parent(self) -> Mapping[str, list[Address]]:
        found: dict[str, list[Address]] = defaultdict(list)
        for address in self.fleet.members:
            if address.kind in _CHILDREN:
                found[address.name.partition("/")[0]].append(address)
        return found


_PARENTS = frozenset({"memory_store", "vault"})
_CHILDREN = frozenset({"memory", "credential"})


@dataclass(frozen=True, slots=True)
class Scene:
    """One address that changes. ``was`` is None of what is new; ``now`` is the moment that runs are counted
    from."""

    address: Address
    was: Member | None
    member: Member
    before: Around
    after: Around
    now: datetime

    @property
    def new(self) -> bool:
        return self.was is None

    @property
    def old(self) -> Surface:
        """What it made possible before; nothing where it is new."""
        return self.was.surface if self.was is not None else NOTHING

    @property
    def surface(self) -> Surface:
        return self.member.surface
