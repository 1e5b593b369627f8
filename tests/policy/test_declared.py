"""Rules as data: which members a path leads to, and what each test is true of."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.diagnostics import Location
from agentops.domain.policy import Check, Declared, Policy
from agentops.policy.declared import as_rule
from agentops.policy.judge import Asked, judge
from agentops.spec.policy_block import path_steps
from tests.policy.fleets import fleet, member

BODY: dict[str, Any] = {
    "name": "a",
    "model": {"id": "claude-opus-5-5"},
    "metadata": {"owner": "core", "cost.center": "7", "empty": ""},
    "tools": [{"name": "x"}, {"name": "yy", "description": "Does y."}],
    "skills": [],
    "budget": {"amount": "2500", "times": 3, "odd": "nan"},
    "paused": False,
}


def declared(path: str, check: Check, value: Any, **members: Any) -> Declared:
    at = Location("policies/own.yaml", 2, 9)
    return Declared("TEAM001", "x", path_steps(path), check, value, "found", at, **members)


def found(path: str, check: Check, value: Any, **members: Any) -> list[tuple[str | int, ...]]:
    rule = as_rule(declared(path, check, value, **members))
    return [it.path for it in rule.check(fleet(member("agent/a", BODY)), {})]


@pytest.mark.parametrize(
    ("path", "check", "value", "paths"),
    [
        ("metadata.owner", Check.IS, "missing", []),
        ("metadata.team", Check.IS, "missing", [("metadata", "team")]),
        ("metadata.empty", Check.IS, "missing", [("metadata", "empty")]),
        ("skills", Check.IS, "missing", [("skills",)]),
        ("nothing.at.all", Check.IS, "missing", [("nothing", "at", "all")]),
        ("paused", Check.IS, "missing", []),
        ("metadata.owner", Check.IS, "present", [("metadata", "owner")]),
        ("skills", Check.IS, "present", []),
        ('metadata["cost.center"]', Check.IN, ["7"], [("metadata", "cost.center")]),
        ("tools[*].description", Check.IS, "missing", [("tools", 0, "description")]),
        ("tools[1].name", Check.MATCHES, "^y", [("tools", 1, "name")]),
        ("tools[9].name", Check.IS, "missing", [("tools", 9, "name")]),
        ("skills[*].version", Check.IS, "missing", []),
        ("nothing[*].x", Check.IS, "missing", []),
        ("metadata.*", Check.MATCHES, "^c", [("metadata", "owner")]),
        ("name", Check.MATCHES, "b", []),
        ("name", Check.NOT_MATCHES, "^team-", [("name",)]),
        ("title", Check.NOT_MATCHES, "^team-", []),
        ("model.id", Check.IN, ["claude-opus-5-5"], [("model", "id")]),
        ("model.id", Check.NOT_IN, ["claude-opus-5-5"], []),
        ("model.id", Check.NOT_IN, ["another"], [("model", "id")]),
        ("model.speed", Check.NOT_IN, ["fast"], []),
        ("paused", Check.IN, [0], []),
        ("paused", Check.IN, [False], [("paused",)]),
        ("budget.amount", Check.ABOVE, 2499.5, [("budget", "amount")]),
        ("budget.amount", Check.ABOVE, 2500, []),
        ("budget.times", Check.BELOW, 4, [("budget", "times")]),
        ("budget.odd", Check.ABOVE, 1, []),
        ("name", Check.ABOVE, 1, []),
        ("tools", Check.LONGER, 1, [("tools",)]),
        ("tools", Check.LONGER, 2, []),
        ("tools[*].name", Check.LONGER, 1, [("tools", 1, "name")]),
        ("budget.times", Check.LONGER, 0, []),
    ],
)
def test_what_is_found(path: str, check: Check, value: Any, paths: list[tuple[str | int, ...]]) -> None:
    assert found(path, check, value) == paths


def test_of_other_kinds_and_in_other_stages_nothing_is_found() -> None:
    assert found("x", Check.IS, "missing", kinds=("skill",)) == []
    assert found("x", Check.IS, "missing", stages=("prod",)) == []
    assert found("x", Check.IS, "missing", kinds=("agent",), stages=("prod", "dev")) == [("x",)]


def test_ids_of_ours_and_unknown_kinds_are_refused_where_they_stand() -> None:
    wrong = declared("x", Check.IS, "missing", kinds=("agnt",), kinds_at=Location("policies/own.yaml", 4, 5))
    policy = Policy(declared=(Declared(**{**_members(wrong), "id": "AO777"}),))
    said = judge([Asked(policy, fleet())], (), ("agent",), whole=True)
    assert [(str(it.location), it.summary, it.detail) for it in said] == [
        (
            "policies/own.yaml:2:9",
            "AO777 is one of agentops' own ids; begin yours with other letters, like TEAM777",
            "",
        ),
        ("policies/own.yaml:4:5", "there is no kind 'agnt'", "did you mean 'agent'?"),
    ]


def _members(declared: Declared) -> dict[str, Any]:
    return {name: getattr(declared, name) for name in declared.__slots__}
