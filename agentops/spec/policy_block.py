"""``policy`` of agentops.yaml and of its stages, and the file of a team's declared rules, as models."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from agentops.domain.diagnostics import RuleId
from agentops.domain.policy import EVERY, Check

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]
Word = Literal["error", "warning", "note", "off"]
Level = Literal["error", "warning", "note"]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RuleBlock(BaseModel):
    """What holds for one rule: its severity, and options of its own by their names."""

    model_config = ConfigDict(extra="allow", strict=True)

    severity: Word | None = Field(None, description="the rule's own where this is left out")


class PolicyBlock(_Block):
    """What is asked of the fleet beside what the API asks."""

    rules: dict[str, Word | RuleBlock] | None = Field(
        None, description="by the rule's id: a severity, off, or a mapping with options of the rule"
    )
    files: list[Text] | None = Field(
        None, description="rules of your own: .py or .yaml, paths from the root of the project"
    )
    ignore: dict[str, Any] | None = Field(
        None,
        description="what is set aside for resources without a file to write it into: by address, then by "
        "the rule's id, with the reason",
    )
    waivers: Literal["on", "off"] | bool | None = Field(
        None, description="off: nothing that a file sets aside is set aside here"
    )


class WaiverBlock(_Block):
    """What a file sets aside for its own resource."""

    ignore: dict[str, Text] = Field({}, description="by the rule's id: why it does not matter here")


_STEP = re.compile(
    r'(?:\A|(?!\A)\.)(?P<name>[^.\[\]"]+)|\[(?:(?P<index>\d{1,4})|(?P<every>\*)|"(?P<quoted>[^"]+)")\]'
)


def path_steps(text: str) -> tuple[str | int, ...]:
    """``metadata.owner``, ``tools[*].name``, ``metadata["cost.center"]``, ``skills[0]``.

    Raises:
        ValueError: it is no path.
    """
    steps: list[str | int] = []
    end = 0
    while end < len(text):
        if (found := _STEP.match(text, end)) is None:
            raise ValueError("no path to a member; write one like metadata.owner or tools[*].name")
        end = found.end()
        name = found["name"] or found["quoted"]
        steps.append(int(found["index"]) if found["index"] else EVERY if found["every"] else name)
    return tuple(steps)


def _as_path(text: str) -> str:
    path_steps(text)
    return text


def _as_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as problem:
        raise ValueError(f"no regular expression: {problem}") from None
    return text


_Pattern = Annotated[Text, AfterValidator(_as_pattern)]
_Values = Annotated[list[str | int | float | bool], Field(min_length=1)]
_Number = int | float


class WhereBlock(_Block):
    """What a rule finds: where a member is, and what has to be true of it."""

    stage: Text | list[Text] | None = Field(None, description="only in this stage, or in these")
    path: Annotated[Text, AfterValidator(_as_path)] = Field(
        description="of the member in the body of the request: metadata.owner, tools[*].name"
    )
    is_: Literal["missing", "present"] | None = Field(
        None, alias="is", description="missing: it is absent, null or empty"
    )
    matches: _Pattern | None = Field(None, description="a text in which this regular expression is found")
    not_matches: _Pattern | None = Field(None, description="a text in which it is not found")
    in_: _Values | None = Field(None, alias="in", description="it is one of these")
    not_in: _Values | None = Field(None, description="it is there, and none of these")
    above: _Number | None = Field(None, description="a number greater than this")
    below: _Number | None = Field(None, description="a number less than this")
    longer: Annotated[int, Field(ge=0)] | None = Field(
        None, description="a list with more entries, or a text with more characters"
    )

    @model_validator(mode="after")
    def _one(self) -> WhereBlock:
        if len(self.model_fields_set - {"stage", "path"}) != 1:
            raise ValueError(f"it takes exactly one of {', '.join(Check)}")
        return self

    @property
    def check(self) -> tuple[Check, Any]:
        (name,) = self.model_fields_set - {"stage", "path"}
        return Check(name.rstrip("_")), getattr(self, name)

    @property
    def stages(self) -> tuple[str, ...]:
        return (self.stage,) if isinstance(self.stage, str) else tuple(self.stage or ())


class DeclaredBlock(_Block):
    """A rule of the team's own."""

    id: RuleId = Field(description="two to eight capitals of your own and three digits: TEAM001; never AO")
    name: Text = Field(description="what it is about in two to four words")
    severity: Level = "warning"
    protected: Level | None = Field(None, description="the severity in protected stages")
    kinds: list[Text] | None = Field(None, description="only of these kinds; else of all")
    where: WhereBlock
    message: Text = Field(description="what is wrong with a resource that it finds")
    fix: str = Field("", description="what to write instead")
    why: str = Field("", description="what `agentops explain` tells")


class RulesFile(_Block):
    """A file with rules of the team's own."""

    rules: Annotated[list[DeclaredBlock], Field(min_length=1)]
