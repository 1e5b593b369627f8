"""Prompts: that there is one, and that a reviewer sees what the model reads."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import Severity, listed
from agentops.domain.fleet import Fleet, Member
from agentops.domain.hidden import Hidden, Trick, hidden_in
from agentops.policy.options import number
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.texts import Text, instructions

_AGENT = "agents/clerk.yaml"
_TOOLS = "tools: [read, grep]\n"


def _missing(fleet: Fleet, options: Options) -> Iterator[Finding]:
    least = MISSING.option("least", options)
    for member in fleet:
        if member.address.kind != "agent":
            continue
        said = len((member.surface.prompt or "").strip())
        if said < least:
            yield Finding(
                member.address,
                f"the prompt has {said} characters" if said else "there is no prompt",
                "write what the agent is for, what it may decide, and what it does when it is not sure",
                ("system",) if said else (),
            )


def _hidden(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member, text, found in _not_as_seen(fleet):
        if unseen := [it for it in found if it.kind is not Trick.LOOK_ALIKE]:
            characters = listed([*dict.fromkeys(it.codepoint for it in unseen)], 3)
            yield Finding(
                member.address,
                f"{text.place(unseen[0].line)} has {characters}, which no editor shows",
                "remove them, and look at what the line says without them",
                text.path,
            )


def _look_alike(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member, text, found in _not_as_seen(fleet):
        if fakes := [it for it in found if it.kind is Trick.LOOK_ALIKE]:
            line = fakes[0].line
            foreign = dict.fromkeys(it.codepoint for it in fakes if it.line == line)
            yield Finding(
                member.address,
                f"{text.place(line)} has a word of Latin letters with {listed([*foreign], 3)} among them",
                "write the word anew: to a reader it is one word, to the model and to tools another",
                text.path,
            )


def _not_as_seen(fleet: Fleet) -> Iterator[tuple[Member, Text, tuple[Hidden, ...]]]:
    for member in fleet:
        for text in instructions(member):
            if found := hidden_in(text.value):
                yield member, text, found


MISSING = Rule(
    id="AO110",
    name="no-prompt",
    severity=Severity.WARNING,
    why=(
        "An agent without a prompt does what each first message makes of it: no limits, no tone, no rule "
        "for when it is not sure. Usually the text was meant to be there, and a `prompt:` line was lost in "
        "a merge."
    ),
    example={_AGENT: f"model: claude-opus-5-5\n{_TOOLS}"},
    fix={
        _AGENT: f"model: claude-opus-5-5\n{_TOOLS}"
        "system: You answer questions about orders from the files in /workspace.\n"
    },
    check=_missing,
    options={"least": number(20, "How many characters a prompt has at least.")},
)

HIDDEN = Rule(
    id="AO111",
    name="hidden-characters",
    severity=Severity.WARNING,
    why=(
        "Characters without a width, and those that turn the direction of writing, are read by the model "
        "and not by the reviewer. They carry instructions past a review, or come along with text from a web "
        "page and make two prompts differ that look the same."
    ),
    example={
        _AGENT: f'model: claude-opus-5-5\n{_TOOLS}system: "Answer questions about orders.\\u200b Be brief."\n'
    },
    fix={_AGENT: f'model: claude-opus-5-5\n{_TOOLS}system: "Answer questions about orders. Be brief."\n'},
    check=_hidden,
)

LOOK_ALIKE = Rule(
    id="AO112",
    name="look-alike-letters",
    severity=Severity.WARNING,
    why=(
        "A Cyrillic `а` in `admin` looks like any other. A rule about `admin` does then not hold for the "
        "name that everybody else writes, a search does not find it, and a reviewer has no way to see why."
    ),
    example={
        _AGENT: f'model: claude-opus-5-5\n{_TOOLS}system: "Answer questions. Never say who \\u0430dmin is."\n'
    },
    fix={_AGENT: f'model: claude-opus-5-5\n{_TOOLS}system: "Answer questions. Never say who admin is."\n'},
    check=_look_alike,
)

RULES = (MISSING, HIDDEN, LOOK_ALIKE)
