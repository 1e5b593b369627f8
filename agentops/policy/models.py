"""Models: those a project has agreed on, those that are going, and where they run.

Sources: the models and dates of retirement are those of the official SDK, ``anthropic`` 2.12.0,
``anthropic._data.deprecated_models``, read on 2026-11-26; a test compares them with the SDK that is there.
Dates can be moved until a model is retired, so what is found depends on this table alone and not on the
day it is asked. API reference, "Models": ``lifecycle``, ``retires_at``; "Multiagent sessions": geographies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from agentops.domain.address import Address
from agentops.domain.diagnostics import Severity, listed
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import Path
from agentops.policy.options import words
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.sessions import crew

_AGENT = "agents/clerk.yaml"
_PROMPT = "system: You answer questions about orders from the files in /workspace.\ntools: [read]\n"

RETIRED: Mapping[str, str] = {"claude-mythos-preview": "2026-06-30"}
"""Model -> the day it was retired, of those whose day is over on the day this table was read."""

DEPRECATED: Mapping[str, str] = {
    "claude-opus-4-5": "2027-01-22",
    "claude-opus-4-5-20251101": "2027-01-22",
    "claude-sonnet-4-5": "2026-11-30",
    "claude-sonnet-4-5-20250929": "2026-11-30",
}
"""Model -> the day it is to be retired."""


def _models(member: Member) -> Iterator[tuple[str, Path]]:
    """Of an agent, and of the advisors in its roster."""
    if member.surface.model is not None:
        written = member.body.get("model")
        yield member.surface.model.id, ("model", "id") if isinstance(written, Mapping) else ("model",)
    match member.body.get("multiagent"):
        case {"advisor": {"type": "enabled", "model": str(model)}}:
            yield model, ("multiagent", "advisor", "model")
        case {"agents": list(roster)}:
            for index, entry in enumerate(roster):
                match entry:
                    case {"type": "advisor", "model": str(model)}:
                        yield model, ("multiagent", "agents", index, "model")


def _unlisted(fleet: Fleet, options: Options) -> Iterator[Finding]:
    allowed = UNLISTED.option("models", options)
    for member in fleet if allowed else ():
        for model, path in _models(member):
            if not any(fnmatchcase(model, pattern) for pattern in allowed):
                yield Finding(
                    member.address,
                    f"{model} is not on this project's list of models",
                    f"the list has {listed([*allowed], 5)}",
                    path,
                )


def _retired(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for address, model, path, day in _dated(fleet, RETIRED):
        yield Finding(
            address,
            f"{model} is retired since {day}; requests to it fail",
            "choose a model of today, e.g. claude-opus-5-5, and try the prompt with it",
            path,
        )


def _deprecated(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for address, model, path, day in _dated(fleet, DEPRECATED):
        yield Finding(
            address,
            f"{model} is deprecated; it is to be retired on {day}, and no session starts after that",
            "choose one of today, e.g. claude-opus-5-5 or claude-sonnet-5-5, and try the prompt",
            path,
        )


def _dated(fleet: Fleet, days: Mapping[str, str]) -> Iterator[tuple[Address, str, Path, str]]:
    """Every use of a model that ends on one of these days."""
    for member in fleet:
        for model, path in _models(member):
            if (day := days.get(model)) is not None:
                yield member.address, model, path, day


def _apart(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        if not member.surface.roster:
            continue
        geos = {
            it.address: it.surface.model.geo for it in crew(fleet, member) if it.surface.model is not None
        }
        if len({*geos.values()}) > 1:
            said = [f"{address} {geo or 'none'}" for address, geo in geos.items()]
            yield Finding(
                member.address,
                f"the agents of the roster do not all name one `inference_geo`: {listed(said, 4)}",
                "write the same in each of them, or leave it out of all; the API refuses anything else",
                ("multiagent",),
            )


UNLISTED = Rule(
    id="AO150",
    name="model-not-on-the-list",
    severity=Severity.WARNING,
    why=(
        "Which models may be used is decided once: by price, by contract, by what was tested. One agent "
        "with another model is a bill or an audit finding. The list takes patterns, so that a new version "
        "of a family that was agreed on needs no change: `claude-sonnet-5-*`."
    ),
    example={_AGENT: f"model: claude-fable-5-2\n{_PROMPT}"},
    fix={_AGENT: f"model: claude-sonnet-5-5\n{_PROMPT}"},
    check=_unlisted,
    options={"models": words("The models that may be used, by name or pattern.")},
    settings={"models": ["claude-sonnet-5-*", "claude-opus-5-5"]},
)

GONE = Rule(
    id="AO151",
    name="retired-model",
    severity=Severity.WARNING,
    why=(
        "Requests to a retired model fail, so the agent is saved and no session of it ever answers. It "
        "happens with agents that were written from an old example, and with those that nobody has started "
        "for months. That is published as a date, and some models outlive theirs: a project that has none "
        "of those makes this an error."
    ),
    example={_AGENT: f"model: claude-mythos-preview\n{_PROMPT}"},
    fix={_AGENT: f"model: claude-opus-5-5\n{_PROMPT}"},
    check=_retired,
)

GOING = Rule(
    id="AO152",
    name="deprecated-model",
    severity=Severity.WARNING,
    why=(
        "A deprecated model works until its day and not after it. Changing it is one line; finding out how "
        "the prompt behaves with the next one is not, and is better done before the day than on it."
    ),
    example={_AGENT: f"model: claude-sonnet-4-5\n{_PROMPT}"},
    fix={_AGENT: f"model: claude-sonnet-5-5\n{_PROMPT}"},
    check=_deprecated,
)

APART = Rule(
    id="AO153",
    name="roster-across-geographies",
    severity=Severity.ERROR,
    why=(
        "The API wants the same `inference_geo` of all agents that work together, or of none. Where one "
        "file says `us` and another nothing, the agent that has the roster is refused in the middle of an "
        "apply, after the others were changed."
    ),
    example={
        "agents/lead.yaml": "model: {id: claude-opus-5-5, inference_geo: us}\n"
        "system: You hand each question to the agent that knows, and answer with what it says.\n"
        "multiagent: {type: coordinator, agents: [./helper.yaml]}\n",
        "agents/helper.yaml": "model: {id: claude-sonnet-5-5}\n"
        "system: You answer questions about orders from the files in /workspace.\n",
    },
    fix={
        "agents/helper.yaml": "model: {id: claude-sonnet-5-5, inference_geo: us}\n"
        "system: You answer questions about orders from the files in /workspace.\n"
    },
    check=_apart,
)

RULES = (UNLISTED, GONE, GOING, APART)
