"""Agents: defaults, updates, versions, archiving, lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry


def test_what_is_left_out_comes_back_filled(registry: Registry) -> None:
    agent = registry.agent()
    del agent["id"], agent["created_at"], agent["updated_at"]
    assert agent == {
        "type": "agent",
        "name": "a",
        "version": 1,
        "model": {"id": "claude-opus-5-5", "effort": {"type": "high"}, "speed": "standard"},
        "description": None,
        "system": None,
        "tools": [],
        "mcp_servers": [],
        "skills": [],
        "metadata": {},
        "multiagent": None,
        "execution_identity": {"type": "service_account"},
        "archived_at": None,
    }


def test_name_and_model_are_required(registry: Registry) -> None:
    assert registry.refused("POST", "/agents", {"name": "a"})["message"] == "model: Field required"
    assert (
        registry.refused("POST", "/agents", {"model": "claude-opus-5-5"})["message"] == "name: Field required"
    )


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"name": ""}, "name: String should have at least 1 character"),
        ({"name": None}, "name: Input should be a valid string"),
        ({"system": "x" * 100_001}, "system: String should have at most 100000 characters"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"version": 1}, "version: Extra inputs are not permitted"),
        ({"id": "agent_1"}, "id: Extra inputs are not permitted"),
        ({"tools": None}, "tools: Input should be a valid list"),
        ({"metadata": {"k": None}}, "metadata.k: Input should be a valid string"),
        ({"metadata": {"k" * 65: "v"}}, f"metadata.{'k' * 65}: a key has 1 to 64 characters"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k: a value has at most 512 characters"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata: at most 16 pairs are allowed, not 17"),
        ({"skills": [{"type": "custom"}]}, "skills.0.skill_id: Field required"),
        (
            {"skills": [{"type": "mine", "skill_id": "s"}]},
            "skills.0.type: Input should be 'anthropic' or 'custom'",
        ),
        ({"execution_identity": {"type": "aws_role"}}, "execution_identity.role_arn: Field required"),
        (
            {"execution_identity": {"type": "aws_role", "role_arn": "x" * 2049}},
            "execution_identity.role_arn: String should have at most 2048 characters",
        ),
    ],
)
def test_refused_members(registry: Registry, members: dict[str, Any], message: str) -> None:
    assert registry.refused_agent(**members) == message


def test_limits_that_are_published_no_more_are_not_enforced(registry: Registry) -> None:
    skills = [{"type": "custom", "skill_id": str(n)} for n in range(21)]
    agent = registry.agent(name="x" * 257, description="y" * 2049, skills=skills)
    assert (len(agent["name"]), len(agent["description"]), len(agent["skills"])) == (257, 2049, 21)


def test_an_update_makes_the_next_version_and_keeps_the_old(registry: Registry) -> None:
    first = registry.agent(system="one")
    second = registry.post(f"/agents/{first['id']}", {"system": "two"})
    assert (second["version"], second["system"], second["created_at"]) == (2, "two", first["created_at"])
    assert second["updated_at"] > first["updated_at"]
    assert registry.get(f"/agents/{first['id']}?version=1") == first
    assert registry.get(f"/agents/{first['id']}/versions")["data"] == [second, first]


def test_an_update_that_changes_nothing_makes_no_version(registry: Registry) -> None:
    agent = registry.agent(system="one", tools=[{"type": "agent_toolset_20260401"}])
    same: list[dict[str, Any]] = [
        {},
        {"system": "one"},
        {"model": "claude-opus-5-5"},
        {"model": {"id": "claude-opus-5-5", "effort": "high", "speed": None}},
        {"tools": [{"type": "agent_toolset_20260401", "default_config": {"enabled": True}, "configs": []}]},
        {"model": {"id": "claude-opus-5-5", "effort": None}},
        {"metadata": {"absent": None}},
        {"metadata": None},
        {"execution_identity": None},
        {"description": ""},
    ]
    for body in same:
        assert registry.post(f"/agents/{agent['id']}", body) == agent


def test_the_version_is_compared_before_anything_else(registry: Registry) -> None:
    agent = registry.agent(system="one")
    error = registry.refused("POST", f"/agents/{agent['id']}", {"version": 2, "system": "one"}, status=409)
    assert error["type"] == "conflict_error"
    assert registry.post(f"/agents/{agent['id']}", {"version": 1, "system": "two"})["version"] == 2
    message = registry.refused("POST", f"/agents/{agent['id']}", {"version": 0})["message"]
    assert message == "version: Input should be greater than or equal to 1"


def test_metadata_merges(registry: Registry) -> None:
    agent = registry.agent(metadata={"a": "1", "b": "2"})
    changed = registry.post(f"/agents/{agent['id']}", {"metadata": {"a": None, "c": "3", "b": ""}})
    assert changed["metadata"] == {"b": "", "c": "3"}


def test_the_metadata_limit_holds_for_the_outcome(registry: Registry) -> None:
    agent = registry.agent(metadata={str(n): "" for n in range(16)})
    swapped = registry.post(f"/agents/{agent['id']}", {"metadata": {"0": None, "x": ""}})
    assert len(swapped["metadata"]) == 16
    registry.refused("POST", f"/agents/{agent['id']}", {"metadata": {"y": ""}})


@pytest.mark.parametrize("cleared", [None, []])
def test_arrays_are_replaced_and_cleared(registry: Registry, cleared: Any) -> None:
    skill = {"type": "custom", "skill_id": "s"}
    agent = registry.agent(skills=[skill, {**skill, "skill_id": "t", "version": "3"}])
    assert [each["version"] for each in agent["skills"]] == ["latest", "3"]
    assert len(registry.post(f"/agents/{agent['id']}", {"skills": [skill]})["skills"]) == 1
    assert registry.post(f"/agents/{agent['id']}", {"skills": cleared})["skills"] == []


@pytest.mark.parametrize("cleared", [None, ""])
def test_texts_are_cleared(registry: Registry, cleared: Any) -> None:
    agent = registry.agent(system="s", description="d")
    changed = registry.post(f"/agents/{agent['id']}", {"system": cleared, "description": cleared})
    assert (changed["system"], changed["description"]) == (None, None)


def test_execution_identity_is_replaced_and_restored(registry: Registry) -> None:
    role = {"type": "aws_role", "role_arn": "arn:aws:iam::1:role/x"}
    agent = registry.agent(execution_identity=role)
    assert agent["execution_identity"] == role
    restored = registry.post(f"/agents/{agent['id']}", {"execution_identity": None})
    assert restored["execution_identity"] == {"type": "service_account"}


# --- the model ---


def test_effort_is_kept_while_the_model_stays(registry: Registry) -> None:
    agent = registry.agent(model={"id": "claude-opus-5", "effort": {"type": "max"}, "inference_geo": "us"})
    path = f"/agents/{agent['id']}"
    assert agent["model"] == {
        "id": "claude-opus-5",
        "effort": {"type": "max"},
        "speed": "standard",
        "inference_geo": "us",
    }

    replaced = registry.post(path, {"model": {"id": "claude-opus-5", "speed": "fast"}})["model"]
    assert replaced == {"id": "claude-opus-5", "effort": {"type": "max"}, "speed": "fast"}

    moved = registry.post(path, {"model": "claude-opus-5-5"})["model"]
    assert moved == {"id": "claude-opus-5-5", "effort": {"type": "high"}, "speed": "standard"}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "claude-3-7-sonnet-latest",
            "model: 'claude-3-7-sonnet-latest' is not a model that Managed Agents support",
        ),
        ("claude-sonnet-4-20250514", "model: 'claude-sonnet-4-20250514' is not a model"),
        ("claude-opus-4-1", "model: 'claude-opus-4-1' is not a model"),
        ("gpt-5", "model: 'gpt-5' is not a model"),
        (
            {"id": "claude-opus-4-7", "speed": "fast"},
            "model.speed: 'fast' is not available on claude-opus-4-7",
        ),
        (
            {"id": "claude-haiku-4-5", "inference_geo": "us"},
            "model.inference_geo: claude-haiku-4-5 does not support",
        ),
        (
            {"id": "claude-opus-5", "inference_geo": ""},
            "model.inference_geo: String should have at least 1 character",
        ),
        ({"id": "claude-opus-5", "effort": "huge"}, "model.effort: Input should be 'low' or 'medium' or"),
        ({"id": "claude-opus-5", "effort": {"type": "huge"}}, "model.effort.type: Input should be 'low'"),
        ({"effort": "low"}, "model.id: Field required"),
        (None, "model: Input should be an object"),
    ],
)
def test_refused_models(registry: Registry, model: Any, message: str) -> None:
    assert registry.refused_agent(model=model).startswith(message)


@pytest.mark.parametrize(
    "model",
    [
        "claude-sonnet-4-5-20250929",
        "claude-opus-4-5",
        "claude-fable-5-2",
        "claude-opus-4-10",
        "claude-something-9",
    ],
)
def test_accepted_models(registry: Registry, model: str) -> None:
    assert registry.agent(model=model)["model"]["id"] == model


@pytest.mark.parametrize(
    "model",
    [
        {"id": "claude-opus-5", "inference_geo": "eu"},
        {"id": "claude-opus-5-5", "speed": "fast"},
        {"id": "claude-something-9", "speed": "fast"},
        {"id": "claude-opus-4-8", "speed": "fast"},
    ],
)
def test_what_is_not_published_of_a_model_is_accepted(registry: Registry, model: dict[str, str]) -> None:
    assert registry.agent(model=model)["model"].items() >= model.items()


# --- archiving, lists ---


def test_archive_is_final_and_repeatable(registry: Registry) -> None:
    agent = registry.post(f"/agents/{registry.agent()['id']}", {"system": "two"})
    archived = registry.post(f"/agents/{agent['id']}/archive")
    assert archived["archived_at"] == archived["updated_at"] > agent["updated_at"]
    assert archived["version"] == 2
    assert registry.post(f"/agents/{agent['id']}/archive") == archived
    assert registry.get(f"/agents/{agent['id']}") == archived
    assert registry.get(f"/agents/{agent['id']}?version=1")["archived_at"] == archived["archived_at"]
    assert "archived" in registry.refused("POST", f"/agents/{agent['id']}", {"version": 9})["message"]


def test_unknown_agents_and_versions(registry: Registry) -> None:
    agent = registry.agent()
    for method, path in (
        ("GET", "/agents/agent_x"),
        ("POST", "/agents/agent_x/archive"),
        ("GET", "/agents/agent_x/versions"),
        ("GET", f"/agents/{agent['id']}?version=2"),
    ):
        assert registry.refused(method, path, status=404)["type"] == "not_found_error"
    registry.refused("GET", f"/agents/{agent['id']}?version=0")
    assert registry.refused("DELETE", f"/agents/{agent['id']}", status=405)["type"] == "invalid_request_error"


def test_list_filters(registry: Registry) -> None:
    first, second, third = (registry.agent() for _ in range(3))
    registry.post(f"/agents/{third['id']}/archive")

    def ids(query: str) -> list[str]:
        return [each["id"] for each in registry.get(f"/agents{query}")["data"]]

    assert ids("") == [second["id"], first["id"]]
    assert ids("?include_archived=true") == [third["id"], second["id"], first["id"]]
    assert ids(f"?created_at%5Bgte%5D={second['created_at']}") == [second["id"]]
    assert ids(f"?created_at%5Blte%5D={first['created_at']}&beta=true") == [first["id"]]
