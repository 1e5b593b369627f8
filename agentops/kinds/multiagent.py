"""``agent.multiagent``: which other agents an agent can set to work.

``coordinator`` has a roster. ``multiagent_20261001`` has three members; two of them the API enables where
they are left out or null, and an update merges into what is stored. So it is always sent complete.

The API stores ``self`` as a reference to the agent that owns the roster, with a version that may move by
itself; such an entry is compared as ``self``.

Sources: API reference, "Multiagent sessions"; SDK types ``BetaManagedAgentsMultiagentCoordinatorParams``,
``BetaManagedAgentsMultiagent20261001Params`` and those in them. That a list of predefined agents names nobody
twice is documented for rosters and inferred for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import pydantic

from agentops.domain.diagnostics import Code
from agentops.domain.kind import EACH, Advice, Slot
from agentops.kinds.model import ModelId
from agentops.kinds.references import AgentReference, complete_reference
from agentops.kinds.schema import (
    NonEmpty,
    OneOf,
    Problem,
    Shape,
    completed_each,
    known_by_type,
    known_members,
    text_or_mapping,
)

_MAX_ENTRIES = 20


class Self(Shape):
    """The agent that has the roster. SDK type ``BetaManagedAgentsMultiagentSelfParams``."""

    type: Literal["self"]


class Advisor(Shape):
    """A model to consult. SDK type ``BetaManagedAgentsAdvisorParams``."""

    type: Literal["advisor"]
    model: ModelId


RosterEntry = Annotated[
    Annotated[NonEmpty, pydantic.Tag("text")]
    | Annotated[
        Annotated[AgentReference | Self | Advisor, OneOf("type", "type of roster entry")],
        pydantic.Tag("mapping"),
    ],
    OneOf(text_or_mapping),
]
PredefinedAgent = Annotated[
    Annotated[NonEmpty, pydantic.Tag("text")]
    | Annotated[
        Annotated[AgentReference | Self, OneOf("type", "type of predefined agent")], pydantic.Tag("mapping")
    ],
    OneOf(text_or_mapping),
]


class Coordinator(Shape):
    type: Literal["coordinator"]
    agents: Annotated[list[RosterEntry], pydantic.Field(min_length=1, max_length=_MAX_ENTRIES)]

    def rules(self) -> Iterator[Problem]:
        yield from _repeated("agents", self.agents)


def _repeated(member: str, entries: Sequence[Any]) -> Iterator[Problem]:
    """Whoever is named a second time: an agent, the owner itself, an advisor."""
    seen: set[tuple[str, str]] = set()
    for index, entry in enumerate(entries):
        if isinstance(entry, str | AgentReference):
            who = ("agent", entry if isinstance(entry, str) else entry.id)
            message = f"agent '{who[1]}' is listed twice; remove one"
        else:
            who = (entry.type, "")
            what = "itself" if isinstance(entry, Self) else "an advisor"
            message = f"an agent can list {what} only once; remove one"
        if who in seen:
            yield Problem((member, index), Code.INVALID_VALUE, message)
        seen.add(who)


class Enabled(Shape):
    type: Literal["enabled"]


class Disabled(Shape):
    type: Literal["disabled"]


InlineAgents = Annotated[Enabled | Disabled, OneOf("type")]


class Spawning(Shape):
    """SDK types ``BetaManagedAgentsMultiagentSubagentsEnabledParams``, ``…WorkflowsEnabledParams``."""

    type: Literal["enabled"]
    inline_agents: InlineAgents | None = None
    predefined_agents: Annotated[list[PredefinedAgent], pydantic.Field(max_length=_MAX_ENTRIES)] | None = None

    def rules(self) -> Iterator[Problem]:
        yield from _repeated("predefined_agents", self.predefined_agents or ())
        if isinstance(self.inline_agents, Disabled) and not self.predefined_agents:
            message = (
                "without inline agents there is nobody to set to work; name one in `predefined_agents`, "
            )
            message += "or write {type: disabled} around both"
            yield Problem(("inline_agents",), Code.INVALID_VALUE, message)


class Advising(Shape):
    """SDK type ``BetaManagedAgentsMultiagentAdvisorEnabledParams``."""

    type: Literal["enabled"]
    model: ModelId


class Multiagent20261001(Shape):
    type: Literal["multiagent_20261001"]
    subagents: Annotated[Spawning | Disabled, OneOf("type")] | None = None
    workflows: Annotated[Spawning | Disabled, OneOf("type")] | None = None
    advisor: Annotated[Advising | Disabled, OneOf("type")] | None = None


Multiagent = Annotated[Coordinator | Multiagent20261001, OneOf("type", "type of multiagent")]

_SPAWNING = ("subagents", "workflows")

SLOTS = tuple(
    Slot(("multiagent", *path, EACH), "agent", type="agent", id="id", version="version")
    for path in (("agents",), *((member, "predefined_agents") for member in _SPAWNING))
)


def complete_multiagent(multiagent: Any, owner: Any) -> Any:
    """With the API's defaults. ``owner`` is the agent's own ID in what the registry returned, else None."""
    match multiagent:
        case {"type": "coordinator"}:
            filled = known_members(multiagent, Coordinator)
            if isinstance(entries := filled.get("agents"), list):
                roster = [_entry(entry, owner) for entry in entries]
                filled["agents"] = sorted(roster, key=_is_advisor)  # as the API keeps them
            return filled
        case {"type": "multiagent_20261001"}:
            filled = known_members(multiagent, Multiagent20261001)
            spawning = {name: _spawning(filled.get(name, {"type": "enabled"}), owner) for name in _SPAWNING}
            return {**filled, **spawning, "advisor": _advising(filled.get("advisor", {"type": "disabled"}))}
    return multiagent


def _entry(entry: Any, owner: Any) -> Any:
    reference = complete_reference(entry)
    match reference:
        case {"type": "agent", "id": str(name)} if name == owner:
            return {"type": "self"}
    return known_by_type(reference, {"self": Self, "advisor": Advisor})


def _is_advisor(entry: Any) -> bool:
    return isinstance(entry, Mapping) and entry.get("type") == "advisor"


def _spawning(spawning: Any, owner: Any) -> Any:
    match spawning:
        case {"type": "enabled"}:
            filled = known_members(spawning, Spawning)
            agents = completed_each(filled.get("predefined_agents", []), lambda entry: _entry(entry, owner))
            inline = filled.get("inline_agents", {"type": "enabled"})
            inline = known_by_type(inline, {"enabled": Enabled, "disabled": Disabled})
            return {**filled, "inline_agents": inline, "predefined_agents": agents}
    return known_by_type(spawning, {"disabled": Disabled})


def _advising(advisor: Any) -> Any:
    return known_by_type(advisor, {"enabled": Advising, "disabled": Disabled})


def multiagent_advice(multiagent: Any) -> Iterator[Advice]:
    """What the API enables although the file does not say so."""
    match multiagent:
        case {"type": "multiagent_20261001"}:
            for name in _SPAWNING:
                if multiagent.get(name) is None:
                    how = "null" if name in multiagent else "left out"
                    summary = f"`multiagent.{name}` is {how}, and the API then enables it"
                    yield Advice(("multiagent", name), summary, "write {type: disabled} or {type: enabled}")
