from __future__ import annotations

from typing import Any

import pytest

from agentops.spec.overlay import merged
from agentops.spec.yaml_text import parse_yaml


@pytest.mark.parametrize(
    ("base", "patch", "expected"),
    [
        ("{a: 1, b: 2}", "{b: 3}", {"a": 1, "b": 3}),
        ("{a: {b: 1, c: 2}}", "{a: {c: 3}}", {"a": {"b": 1, "c": 3}}),
        ("{a: {b: 1}}", "{a: x}", {"a": "x"}),
        ("{a: x}", "{a: {b: 1}}", {"a": {"b": 1}}),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
        ("{a: 1, b: 2}", "{a: null}", {"b": 2}),
        ("{a: {b: 1, c: 2}}", "{a: {b: null}}", {"a": {"c": 2}}),
        ("{}", "{a: {b: null, c: 1}}", {"a": {"c": 1}}),
    ],
)
def test_merge(base: str, patch: str, expected: dict[str, Any]) -> None:
    below, above = parse_yaml(base, "f"), parse_yaml(patch, "g")
    result = merged(below, above)
    assert result == expected
    assert below == parse_yaml(base, "f")


def test_places_come_from_where_a_member_was_written() -> None:
    result = merged(parse_yaml("a: {b: 1}\n", "f"), parse_yaml("a: {c: 2}\n", "g"))
    assert result["a"].place("b").file == "f"
    assert result["a"].place("c").file == "g"


def test_a_stage_differs_and_the_others_do_not(agent) -> None:
    text = "name: x\noverrides: {prod: {name: y, description: only here, model: {id: m, effort: max}}}\n"
    assert agent(text, "dev")["agent/a"].body == {"model": "claude-opus-5-5", "name": "x"}
    assert agent(text, "prod")["agent/a"].body == {
        "name": "y",
        "description": "only here",
        "model": {"id": "m", "effort": "max"},
    }


@pytest.mark.parametrize(
    ("base", "override", "expected"),
    [
        ("system: a", "{system: b}", "b"),
        ("prompt: p.txt", "{system: b}", "b"),
        ("system: a", "{prompt: p.txt}", "from a file"),
        ("prompt: p.txt", "{prompt: q.txt}", "another file"),
    ],
)
def test_an_override_of_the_prompt_takes_the_place_of_either_form(
    agent, base: str, override: str, expected: str
) -> None:
    files = {"agents/p.txt": "from a file", "agents/q.txt": "another file"}
    outcome = agent(f"{base}\noverrides: {{prod: {override}}}\n", "prod", **files)
    assert outcome.errors == []
    assert outcome["agent/a"].body["system"] == expected


def test_overrides_are_merged_before_shorthands(agent) -> None:
    outcome = agent("tools: [bash]\noverrides: {prod: {tools: [read]}}\n", "prod")
    assert [entry["name"] for entry in outcome["agent/a"].body["tools"][0]["configs"]] == ["read"]
