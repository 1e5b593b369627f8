"""Models a project agreed on, those that are going, and where they run."""

from __future__ import annotations

from datetime import datetime

import pytest

from agentops.domain.surface import Model, Surface, Use
from agentops.policy.models import APART, DEPRECATED, GOING, GONE, RETIRED, UNLISTED
from tests.policy.rules.checking import fleet, found, places, summaries


def agents(**models: str):
    bodies = {f"agent_{name}": {"model": model} for name, model in models.items()}
    return fleet({f"agent/{name}": Surface(model=Model(model)) for name, model in models.items()}, **bodies)


def test_a_list_takes_names_and_patterns() -> None:
    told = agents(a="claude-opus-5-5", b="claude-sonnet-5-5", c="claude-fable-5-2")
    assert found(UNLISTED, told) == []
    assert places(UNLISTED, told, models=["claude-opus-5-5", "claude-sonnet-*"]) == [("agent/c", ("model",))]
    assert len(found(UNLISTED, told, models=["Claude-*"])) == 3


@pytest.mark.parametrize(
    ("multiagent", "path"),
    [
        (
            {"type": "multiagent_20261001", "advisor": {"type": "enabled", "model": "claude-fable-5-2"}},
            ("multiagent", "advisor", "model"),
        ),
        (
            {"type": "coordinator", "agents": ["agent_1", {"type": "advisor", "model": "claude-fable-5-2"}]},
            ("multiagent", "agents", 1, "model"),
        ),
    ],
)
def test_an_advisor_is_a_model_too(multiagent, path) -> None:
    body = {"model": {"id": "claude-opus-5-5"}, "multiagent": multiagent}
    told = fleet({"agent/a": Surface(model=Model("claude-opus-5-5"))}, agent_a=body)
    assert places(UNLISTED, told, models=["claude-opus-5-5"]) == [("agent/a", path)]
    assert places(UNLISTED, told, models=["claude-fable-*"]) == [("agent/a", ("model", "id"))]


def test_every_model_that_is_gone_or_going_is_said_with_its_day() -> None:
    for model, day in RETIRED.items():
        assert summaries(GONE, agents(a=model)) == [f"{model} is retired since {day}; requests to it fail"]
    for model, day in DEPRECATED.items():
        (told,) = summaries(GOING, agents(a=model))
        assert day in told
        assert found(GONE, agents(a=model)) == []
    for rule in (GONE, GOING):
        assert found(rule, agents(a="claude-opus-5-5", b="claude-haiku-5-5", c="claude-sonnet-4-6")) == []


def test_the_table_is_that_of_the_official_sdk() -> None:
    data = pytest.importorskip("anthropic._data.deprecated_models")
    theirs = {
        model: datetime.strptime(_plain(day), "%B %d, %Y").date().isoformat()
        for model, day in data.DEPRECATED_MODELS.items()
    }
    assert theirs == {**RETIRED, **DEPRECATED}


def _plain(day: str) -> str:
    """``November 30, 2026`` of ``November 30th, 2026``."""
    for ending in ("st,", "nd,", "rd,", "th,"):
        day = day.replace(ending, ",")
    return day


def roster(lead: str | None, *helpers: str | None):
    members = {
        f"agent/h{index}": Surface(model=Model("claude-sonnet-5-5", geo=geo))
        for index, geo in enumerate(helpers)
    }
    uses = {address: Use(address) for address in members}
    return fleet({"agent/lead": Surface(model=Model("claude-opus-5-5", geo=lead), roster=uses), **members})


@pytest.mark.parametrize(
    ("lead", "helpers"), [("us", (None,)), (None, ("us",)), ("us", ("global",)), ("us", ("us", None))]
)
def test_a_roster_in_two_geographies_is_refused(lead, helpers) -> None:
    assert places(APART, roster(lead, *helpers)) == [("agent/lead", ("multiagent",))]


@pytest.mark.parametrize(("lead", "helpers"), [(None, (None, None)), ("us", ("us",)), ("us", ())])
def test_a_roster_in_one_is_not(lead, helpers) -> None:
    assert found(APART, roster(lead, *helpers)) == []
