"""What strangers wrote, together with a memory that can be written or a network without limits.

Each alone is what agents are for. Together a page or a ticket can plant instructions that stay, or have an
agent send out what it knows. Such a combination lies in several resources; it is said where the change is
that makes it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.fleet import Member
from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import From, Power, Tool
from agentops.policy.risks.memory import writable
from agentops.policy.risks.scene import Around
from agentops.policy.risks.tools import has
from agentops.policy.risks.words import in_words, plural


@dataclass(frozen=True, slots=True)
class Session:
    """What comes together where an agent runs: in a deployment, or alone where somebody else starts it."""

    agent: Member
    deployment: Member | None = None
    environment: Member | None = None

    @property
    def strangers(self) -> list[Tool]:
        """The tools through which they can be read."""
        return [tool for tool in self.agent.surface.tools.values() if tool.reads_anybody]

    def stores(self) -> list[str]:
        """What can be written in fact: memory is a directory, and it takes a tool that writes files."""
        if not has(self.agent.surface, Power.WRITE):
            return []
        members = (self.agent, self.deployment)
        return [store for member in members if member is not None for store in writable(member)]

    @property
    def open(self) -> bool:
        network = self.environment.surface.network if self.environment is not None else None
        return network is not None and network.managed and network.unrestricted

    def combinations(self) -> set[str]:
        """``""`` for the network, and each store by its address."""
        if not self.strangers:
            return set()
        return {*self.stores(), *([""] if self.open else [])}


def risks(changed: Mapping[Address, object], before: Around, after: Around) -> dict[Address, list[Risk]]:
    """By the changed address that makes a combination."""
    found: dict[tuple[Address, str], list[Session]] = defaultdict(list)
    for session in _sessions(changed, after):
        was = _session_of(session, before, before)
        new = session.combinations() - (was.combinations() if was is not None else set())
        for combination in new:
            for cause in _causes(session, combination, changed, before, after):
                found[cause, combination].append(session)
    said: dict[Address, list[Risk]] = defaultdict(list)
    for (cause, combination), sessions in sorted(found.items()):
        said[cause].append(_risk(cause, combination, sessions))
    return said


def _sessions(changed: Mapping[Address, object], after: Around) -> Iterator[Session]:
    """Those that any of the changed addresses has a part in."""
    deployments: dict[Address, Member] = {}
    agents: dict[Address, Member] = {}
    for address in changed:
        member = after.of(address)
        if member is None:
            continue
        if member.surface.agent is not None:
            deployments[address] = member
        elif member.surface.network is not None:
            deployments.update((it.address, it) for it in after.deployments_in(address))
        elif member.surface.model is not None:
            agents[address] = member
            deployments.update((it.address, it) for it in after.deployments_of(address))
    yield from (Session(agent) for agent in agents.values())
    for deployment in deployments.values():
        agent = after.of(deployment.surface.agent.name if deployment.surface.agent else None)
        if agent is not None:
            yield Session(agent, deployment, after.of(deployment.surface.environment))


def _session_of(session: Session, members: Around, places: Around) -> Session | None:
    """The same one in another fleet; None where it was not there."""
    agent = members.of(session.agent.address)
    if session.deployment is None:
        return Session(agent) if agent is not None else None
    deployment = members.of(session.deployment.address)
    if deployment is None or deployment.surface.agent is None:
        return None
    agent = places.of(deployment.surface.agent.name)
    if agent is None:
        return None
    return Session(agent, deployment, places.of(deployment.surface.environment))


def _causes(
    session: Session,
    combination: str,
    changed: Mapping[Address, object],
    before: Around,
    after: Around,
) -> list[Address]:
    """The changes without which it would not come about; of a new deployment it is its own. Where any one of
    several would do, all of them."""
    if session.deployment is not None and before.of(session.deployment.address) is None:
        return [session.deployment.address]
    parts = [it for it in (session.agent, session.deployment, session.environment) if it is not None]
    moved = [it.address for it in parts if it.address in changed]
    needed = [it for it in moved if combination not in _without(session, it, before, after)]
    return needed or moved


def _without(session: Session, address: Address, before: Around, after: Around) -> set[str]:
    """What would come together if one address stayed as it was."""

    def at(name: str | None) -> Member | None:
        return (before if name == address else after).of(name)

    agent: Member | None
    if session.deployment is None:
        agent = at(session.agent.address)
        return Session(agent).combinations() if agent is not None else set()
    deployment = at(session.deployment.address)
    if deployment is None or deployment.surface.agent is None:
        return set()
    agent = at(deployment.surface.agent.name)
    environment = at(deployment.surface.environment)
    return Session(agent, deployment, environment).combinations() if agent is not None else set()


def _risk(cause: Address, combination: str, sessions: list[Session]) -> Risk:
    agents = list(dict.fromkeys(it.agent.address for it in sessions))
    tools = in_words(_source(tool) for tool in sessions[0].strangers)
    who = "It" if agents == [cause] else in_words(agents)
    verb = "reads" if who == "It" else plural(agents, "reads", "read")
    where = _where(cause, combination, sessions)
    if combination:
        sentence = (
            f"{who} {verb} what strangers wrote ({tools}) and can write {combination}{where}: "
            "instructions from outside could stay there for good."
        )
        level = Level.HIGH
    else:
        runs = [tool for tool in has(sessions[0].agent.surface, Power.RUN) if not tool.asks]
        sentence = (
            f"{who} {verb} what strangers wrote ({tools}) and can reach any host{where}: "
            "they could have it send out what it knows."
        )
        level = Level.HIGH if runs else Level.MEDIUM
    return Risk(level=level, label=Label.UNTRUSTED_INPUT, sentence=sentence)


def _where(cause: Address, combination: str, sessions: list[Session]) -> str:
    """What else has a part in it, beside the address that says it and the agents that are named already."""
    deployments = [it.deployment.address for it in sessions if it.deployment is not None]
    if named := [it for it in deployments if it != cause]:
        return f" (in {in_words(named)})"
    networks = [it.environment.address for it in sessions if it.environment is not None]
    return f" (in {in_words(networks)})" if networks and not combination else ""


def _source(tool: Tool) -> str:
    return tool.name if tool.origin is not From.MCP else f"MCP server {tool.server}"
