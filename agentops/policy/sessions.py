"""What the sessions of a deployment have at hand: its agent, whom that one sets to work, the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import Permission, Tool


@dataclass(frozen=True, slots=True)
class Sessions:
    """``crew`` is the agent and those of its roster, as far as they are ours; empty where the agent is not.
    ``environment`` is None where it is not ours."""

    deployment: Member
    crew: tuple[Member, ...]
    environment: Member | None

    @property
    def agent(self) -> Member | None:
        return self.crew[0] if self.crew else None

    @property
    def tools(self) -> Iterator[tuple[Member, Tool]]:
        """Whatever its agents can use, with whose it is."""
        return ((member, tool) for member in self.crew for tool in enabled(member))


def sessions(fleet: Fleet) -> Iterator[Sessions]:
    """Of every deployment."""
    for member in fleet:
        if (use := member.surface.agent) is not None:
            agent = fleet.of(use.name)
            yield Sessions(
                member,
                crew(fleet, agent) if agent is not None else (),
                fleet.of(member.surface.environment),
            )


def crew(fleet: Fleet, agent: Member) -> tuple[Member, ...]:
    """The agent, and those it can set to work, as far as they are ours."""
    found = {agent.address: agent}
    waiting = [agent]
    while waiting:
        for use in waiting.pop().surface.roster.values():
            other = fleet.of(use.name) if use.ours else None
            if other is not None and other.address not in found:
                found[other.address] = other
                waiting.append(other)
    return tuple(found.values())


def enabled(agent: Member) -> Iterator[Tool]:
    return (tool for tool in agent.surface.tools.values() if tool.enabled)


def unasked(tool: Tool) -> bool:
    """Whether it runs without a person's yes. ``auto`` asks for some calls, which a caller may find out."""
    return tool.permission in {Permission.ALLOW, Permission.AUTO}


def of_whom(member: Member, agent: Member | None) -> str:
    """`` of agent/helper`` where it is not the agent itself that has a thing."""
    return "" if agent is None or member.address == agent.address else f" of {member.address}"
