"""What is said of bodies that are allowed and probably not meant, and of live objects nobody asked for so."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.kind import Advice, Kind
from agentops.kinds import CATALOG
from agentops.kinds.deployment import PAUSED_SINCE

from .illegal_deployments import DEPLOYMENT, MESSAGE, OUTCOME
from .strategies import BODIES, odd_values

AGENT, DEPLOYED = CATALOG["agent"], CATALOG["deployment"]


def advised(kind: Kind, body: dict[str, Any]) -> list[Advice]:
    kind.schema.model_validate(body)
    return list(kind.advice(body))


def roster(**members: Any) -> dict[str, Any]:
    multiagent = {"type": "multiagent_20261001", **members}
    return {"name": "tutor", "model": "claude-opus-5-5", "multiagent": multiagent}


OFF = {"type": "disabled"}


@pytest.mark.parametrize("member", ["subagents", "workflows"])
def test_what_the_api_enables_unasked_is_said(member: str) -> None:
    other = {"subagents": OFF, "workflows": OFF}
    del other[member]
    (left_out,) = advised(AGENT, roster(**other))
    assert left_out == (
        ("multiagent", member),
        f"`multiagent.{member}` is left out, and the API then enables it",
        "write {type: disabled} or {type: enabled}",
    )
    (null,) = advised(AGENT, roster(**other, **{member: None}))
    assert null.summary == f"`multiagent.{member}` is null, and the API then enables it"


def test_one_member_alone_enables_the_other_two() -> None:
    advisor = {"type": "enabled", "model": "claude-opus-5-5"}
    found = advised(AGENT, roster(advisor=advisor))
    assert [item.path for item in found] == [("multiagent", "subagents"), ("multiagent", "workflows")]


@pytest.mark.parametrize(
    "multiagent",
    [
        None,
        {"type": "coordinator", "agents": [{"type": "self"}]},
        {"type": "multiagent_20261001", "subagents": OFF, "workflows": {"type": "enabled"}},
        {"type": "multiagent_20261001", "subagents": OFF, "workflows": OFF, "advisor": None},
    ],
)
def test_nothing_is_said_of_what_is_written_out(multiagent: Any) -> None:
    assert advised(AGENT, {"name": "a", "model": "claude-opus-5-5", "multiagent": multiagent}) == []


def test_when_a_schedule_runs_is_for_a_rule_to_judge() -> None:
    schedule = {"type": "cron", "expression": "30 2 * * *", "timezone": "Europe/Berlin"}
    assert advised(DEPLOYED, DEPLOYMENT | {"schedule": schedule}) == []


def test_a_second_outcome_is_said() -> None:
    body = DEPLOYMENT | {"initial_events": [MESSAGE, OUTCOME, OUTCOME]}
    assert [item.path for item in advised(DEPLOYED, body)] == [("initial_events", 2)]
    assert advised(DEPLOYED, DEPLOYMENT | {"initial_events": [OUTCOME]}) == []


@pytest.mark.parametrize("kind", tuple(CATALOG), ids=lambda kind: kind.name)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_advice_names_a_place_of_the_body_and_what_to_write(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(BODIES[kind.name])
    for advice in kind.advice(body):
        assert advice.path[0] in body
        assert advice.summary
        assert advice.detail


# Conditions.


def paused(reason: Any) -> dict[str, Any]:
    return {"id": "depl_1", "status": "paused", "paused_reason": reason}


def test_a_deployment_the_platform_paused_says_why() -> None:
    archived = paused({"type": "error", "error": {"type": "agent_archived_error"}})
    assert DEPLOYED.condition(archived) == (
        "it is paused by the platform since its agent is archived (agent_archived_error); "
        "nothing runs until it is unpaused"
    )


@pytest.mark.parametrize("error", sorted(PAUSED_SINCE))
def test_every_reason_is_told_in_words_and_by_its_name(error: str) -> None:
    told = DEPLOYED.condition(paused({"type": "error", "error": {"type": error}}))
    assert told is not None
    assert f"{PAUSED_SINCE[error]} ({error})" in told


@pytest.mark.parametrize(
    "reason", [{"type": "error", "error": {"type": "new_error"}}, {"type": "new"}, None, "x"]
)
def test_a_reason_nobody_knows_is_told_all_the_same(reason: Any) -> None:
    told = DEPLOYED.condition(paused(reason))
    assert told is not None
    assert "since a run failed" in told
    assert ("new_error" in told) == ("new_error" in str(reason))


@pytest.mark.parametrize(
    "live",
    [paused({"type": "manual"}), {"status": "active", "paused_reason": None}, {"status": "archived"}, {}],
)
def test_what_somebody_decided_is_no_news(live: dict[str, Any]) -> None:
    assert DEPLOYED.condition(live) is None


@pytest.mark.parametrize("kind", tuple(CATALOG), ids=lambda kind: kind.name)
@given(status=odd_values, reason=odd_values)
def test_no_answer_is_too_strange_to_be_told(kind: Kind, status: Any, reason: Any) -> None:
    told = kind.condition({"status": status, "paused_reason": reason})
    assert told is None or told.startswith("it is paused")
