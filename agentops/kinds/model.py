"""The model of an agent: its ID, or an object with what else can be said about it.

Sources: API reference, "Agents"; SDK types ``BetaManagedAgentsModelConfigParams``,
``BetaManagedAgentsEffort…Param``. Prices: https://platform.claude.com/docs/en/models/NAME/overview, one page
a model, as published in October 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator

from agentops.domain.diagnostics import Code
from agentops.kinds.schema import NonEmpty, OneOf, Problem, Shape, known_members, refusal, text_or_mapping

Level = Literal["low", "medium", "high", "xhigh", "max"]


class Effort(Shape):
    """SDK types ``BetaManagedAgentsEffort…Param``: one object per level."""

    type: Level


_BEFORE_4_5 = re.compile(r"claude-(instant|[123]\b|(opus|sonnet|haiku)-(3\b|4(-[01]\b|-\d{8}$|$)))", re.ASCII)
_OF_4_5 = re.compile(r"claude-(opus|sonnet|haiku)-4-5(-\d{8})?", re.ASCII)


def _check_model(name: str) -> str:
    if _BEFORE_4_5.match(name):
        message = f"'{name}' is older than Claude 4.5, with which Managed Agents begin; "
        raise refusal(Code.INVALID_VALUE, f"{message}write e.g. claude-opus-5-5")
    return name


ModelId = Annotated[NonEmpty, AfterValidator(_check_model)]
"""Any ID but those of models that are known to be too old: new ones come often."""


class ModelConfig(Shape):
    """SDK type ``BetaManagedAgentsModelConfigParams``."""

    id: ModelId
    effort: (
        Annotated[
            Annotated[Level, pydantic.Tag("text")] | Annotated[Effort, pydantic.Tag("mapping")],
            OneOf(text_or_mapping),
        ]
        | None
    ) = None
    speed: Literal["standard", "fast"] | None = None
    inference_geo: NonEmpty | None = None

    def rules(self) -> Iterator[Problem]:
        if self.inference_geo is not None and _OF_4_5.fullmatch(self.id):
            message = f"{self.id} runs in no chosen geography; Claude 4.6 or later does, or leave this out"
            yield Problem(("inference_geo",), Code.INVALID_VALUE, message)


Model = Annotated[
    Annotated[ModelId, pydantic.Tag("text")] | Annotated[ModelConfig, pydantic.Tag("mapping")],
    OneOf(text_or_mapping),
]


def complete_model(model: Any) -> Any:
    """The object, with ``effort`` as text where it is known; an absent one stays absent, since the API
    chooses a default per model."""
    if isinstance(model, str):
        model = {"id": model}
    if not isinstance(model, Mapping):
        return model
    filled = {"speed": "standard", **known_members(model, ModelConfig)}
    match filled.get("effort"):
        case {"type": str(level)}:
            filled["effort"] = level
    return filled


_OUTPUT_PRICES: Mapping[str, float] = {
    "claude-fable-5-1": 50,
    "claude-fable-5": 50,
    "claude-opus-5-5": 20,
    "claude-opus-5": 25,
    "claude-opus-4-6": 25,
    "claude-opus-4-5": 25,
    "claude-sonnet-5-5": 10,
    "claude-sonnet-5": 10,
    "claude-haiku-4-5": 5,
}
"""US dollars for a million output tokens at standard speed. Not here: models whose price depends on the
length of the prompt (claude-haiku-5-5), and those whose page was not to be had."""

_DATED = re.compile(r"-\d{8}$", re.ASCII)


def price_of(model: str, speed: str) -> float | None:
    """US dollars for a million output tokens; None where no one price is known. Fast mode costs more."""
    return _OUTPUT_PRICES.get(_DATED.sub("", model)) if speed == "standard" else None
