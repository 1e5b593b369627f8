"""What a project wants every resource to say of itself. Silent until a project asks for it."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import Severity, listed
from agentops.domain.fleet import Fleet
from agentops.policy.options import words
from agentops.policy.rule import Finding, Options, Rule

_AGENT = "agents/clerk.yaml"
_BODY = (
    "model: claude-opus-5-5\n"
    "system: You answer questions about orders from the files in /workspace.\n"
    "tools: [read, grep]\n"
)


def _undescribed(fleet: Fleet, options: Options) -> Iterator[Finding]:
    kinds = DESCRIPTION.option("kinds", options) or ()
    for member in fleet:
        if member.address.kind in kinds and not (member.surface.description or "").strip():
            yield Finding(
                member.address,
                "there is no description, and this project requires one",
                "say in a sentence what it is for and whom to ask about it",
            )


def _unlabelled(fleet: Fleet, options: Options) -> Iterator[Finding]:
    keys = METADATA.option("keys", options) or ()
    kinds = METADATA.option("kinds", options) or ()
    for member in fleet if keys else ():
        if member.address.kind not in kinds:
            continue
        missing = [key for key in keys if not member.surface.metadata.get(key)]
        if missing:
            yield Finding(
                member.address,
                f"metadata has no {listed(missing, 3)}, which this project requires",
                f"write `metadata: {{{missing[0]}: …}}`, or `defaults` in agentops.yaml for all of them",
                ("metadata",) if member.surface.metadata else (),
            )


DESCRIPTION = Rule(
    id="AO115",
    name="description-required",
    severity=Severity.WARNING,
    why=(
        "In the Console and in a list of two hundred agents the description is what tells the one that "
        "answers customers from the one somebody tried out in March. A project that wants it of every agent "
        "says so here."
    ),
    example={_AGENT: _BODY},
    fix={_AGENT: f"description: Answers questions about orders. Ask the shop team.\n{_BODY}"},
    check=_undescribed,
    options={"kinds": words("The kinds that need a description, e.g. `[agent, deployment]`.")},
    settings={"kinds": ["agent"]},
)

METADATA = Rule(
    id="AO116",
    name="metadata-required",
    severity=Severity.WARNING,
    why=(
        "When an agent misbehaves at night somebody has to know whose it is, and when the bill comes, whose "
        "cost it was. Metadata is the only label that the registry keeps; a project lists here the keys "
        "that it relies on."
    ),
    example={_AGENT: _BODY},
    fix={_AGENT: f"{_BODY}metadata: {{team: shop}}\n"},
    check=_unlabelled,
    options={
        "keys": words("The keys that metadata has to have, e.g. `[team]`."),
        "kinds": words("The kinds that need them.", ("agent", "deployment")),
    },
    settings={"keys": ["team"]},
)

RULES = (DESCRIPTION, METADATA)
