"""What the model is told of its tools: descriptions, schemas, and prompts that forbid what is enabled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agentops.domain.diagnostics import Severity, counted
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import From, Path, Tool
from agentops.policy.options import number
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.sessions import enabled

_AGENT = "agents/clerk.yaml"
_HEAD = "model: claude-opus-5-5\nsystem: You answer questions about orders, one order at a time.\n"

# Scripts without spaces between words: each character counts.
_WORD = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0eff]|[^\W\u2e80-\u9fff\uac00-\ud7af\u0e00-\u0eff]+")


def _vague(fleet: Fleet, options: Options) -> Iterator[Finding]:
    least = VAGUE.option("least", options)
    for member in fleet:
        told: dict[str, Tool] = {}
        for tool in enabled(member):
            if tool.origin is not From.CUSTOM:
                continue
            written = (*tool.path, "description")
            said = " ".join(tool.description.split()).casefold()
            if (number_of_words := len(_WORD.findall(said))) < least:
                yield Finding(
                    member.address,
                    f"all that the model learns of '{tool.name}' is {counted(number_of_words, 'word')}",
                    "say what it does, when to call it, and what it answers when there is nothing",
                    written,
                )
            elif (other := told.setdefault(said, tool)) is not tool:
                yield Finding(
                    member.address,
                    f"'{tool.name}' and '{other.name}' have the same description, so the model has to guess",
                    "say in each when to call it and not the other",
                    written,
                )


# A sentence of its own that forbids a tool and says no more; with a condition before it or a purpose behind
# it, it may well be meant as it is.
_FORBIDDEN = re.compile(
    r"(?:\A|\n[ \t]*\n|\n[ \t]*(?:[-*•]|\d+[.)])|[.!?;][)*_`'\"]*\s)\s*(?:[*_]{0,2})"
    r"(?:you\s+(?:must|may|should)\s+)?"
    r"(?:never|not|do\s+not|don['’]t|must\s+not|may\s+not)\s+(?:ever\s+)?(?:use|call|run|invoke)\s+(?:the\s+)?"
    r"[`'\"]?(?P<tool>[A-Za-z_][\w-]*)[`'\"]?(?:\s+tool)?[*_]{0,2}\s*(?:[.;!](?!\w)|\n\s*\n|\Z)",
    re.IGNORECASE,
)


_PROHIBITIONS = tuple(
    f"{no} {verb} " for no in ("ever", "not", "n't", "n’t") for verb in ("use", "call", "run", "invoke")
)


def _forbidden(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        prompt = member.surface.prompt
        if not prompt or not member.surface.tools:
            continue
        words = " ".join(prompt.lower().split())
        if not any(it in words for it in _PROHIBITIONS):
            continue
        tools = {tool.name: tool for tool in enabled(member)}
        for name in dict.fromkeys(match["tool"] for match in _FORBIDDEN.finditer(prompt)):
            if (tool := tools.get(name)) is not None:
                yield Finding(
                    member.address,
                    f"the prompt forbids '{name}', and the tool is enabled",
                    "take it out of `tools`: what is not there cannot be talked into use",
                    tool.path,
                )


def _null(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        for index, tool in enumerate(_tools(member)):
            match tool:
                case {"type": "custom", "input_schema": Mapping() as schema}:
                    for path in _nulls(schema, ("tools", index, "input_schema")):
                        yield Finding(
                            member.address,
                            f"'{path[-1]}' in the schema of a tool is null",
                            "text with a comma between braces ends there: put it into quotes",
                            path,
                        )


def _tools(member: Member) -> list[Any]:
    tools = member.body.get("tools")
    return tools if isinstance(tools, list) else []


_VALUES = frozenset({"default", "const", "enum", "example", "examples"})
"""Of JSON Schema: what stands in them is data."""
_LEFT_OUT = frozenset({"properties", "required"})
"""What the registry returns as null where a schema has none."""


def _nulls(schema: Any, path: Path, *, names: bool = False) -> Iterator[Path]:
    """Of keywords and properties. ``names``: the keys of this mapping are names that the author chose."""
    if isinstance(schema, list):
        for index, item in enumerate(schema):
            yield from _nulls(item, (*path, index))
    elif isinstance(schema, Mapping):
        for key, value in schema.items():
            if value is None and (names or key not in _VALUES | _LEFT_OUT):
                yield (*path, str(key))
            elif names or key not in _VALUES:
                yield from _nulls(value, (*path, str(key)), names=not names and key == "properties")


VAGUE = Rule(
    id="AO105",
    name="vague-tool-description",
    severity=Severity.WARNING,
    why=(
        "The description is all the model knows of a custom tool when it decides whether to call it. With "
        "two words, or the words of its neighbour, it calls the tool too often, with made-up arguments, or "
        "not at all; in logs that looks like a weak model."
    ),
    example={
        _AGENT: f"{_HEAD}"
        "tools:\n"
        "  - type: custom\n"
        "    name: get_order\n"
        "    description: Gets order.\n"
        "    input_schema: {type: object}\n"
    },
    fix={
        _AGENT: f"{_HEAD}"
        "tools:\n"
        "  - type: custom\n"
        "    name: get_order\n"
        "    description: >-\n"
        "      Look up one order by its number: items, price, delivery. Call it before you answer.\n"
        "      An unknown number returns an empty list.\n"
        "    input_schema: {type: object}\n"
    },
    check=_vague,
    options={"least": number(4, "How many words a description has at least.")},
)

FORBIDDEN = Rule(
    id="AO106",
    name="forbidden-in-words-only",
    severity=Severity.NOTE,
    why=(
        "A prompt asks, a permission decides. A tool that the prompt forbids and the configuration allows "
        "is used on the day a text from outside argues better than the prompt does. If an agent is never to "
        "use a tool, it does not need it."
    ),
    example={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You answer questions about orders, one order at a time. Never use bash.\n"
        "tools: [read, bash]\n"
    },
    fix={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You answer questions about orders, one order at a time.\n"
        "tools: [read]\n"
    },
    check=_forbidden,
)

NULL = Rule(
    id="AO107",
    name="null-in-tool-schema",
    severity=Severity.WARNING,
    why=(
        "In YAML between braces, `{description: In euros, with cents}` is two members: a description that "
        "ends after `In euros`, and one called `with cents` that is null. The API takes it, the model sees "
        "half of the sentence, and nobody sees a mistake."
    ),
    example={
        _AGENT: f"{_HEAD}"
        "tools:\n"
        "  - type: custom\n"
        "    name: refund\n"
        "    description: Refund an order, in full or in part, to the way it was paid.\n"
        "    input_schema:\n"
        "      type: object\n"
        "      properties:\n"
        "        amount: {type: string, description: In euros, with cents}\n"
    },
    fix={
        _AGENT: f"{_HEAD}"
        "tools:\n"
        "  - type: custom\n"
        "    name: refund\n"
        "    description: Refund an order, in full or in part, to the way it was paid.\n"
        "    input_schema:\n"
        "      type: object\n"
        "      properties:\n"
        '        amount: {type: string, description: "In euros, with cents"}\n'
    },
    check=_null,
)

RULES = (VAGUE, FORBIDDEN, NULL)
