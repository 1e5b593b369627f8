"""Whatever JSON comes in, the registry answers below 500 and in the documented shape."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.emulator import create_app
from tests.emulator.conftest import Registry

FUZZ = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))

#: Words the API gives a meaning to, so that random values get past the first check.
WORDS = [
    *("", "\x00", "/a", "type", "name", "id", "agent", "self", "enabled", "disabled", "none", "only"),
    *("cloud", "limited", "custom", "coordinator", "multiagent_20261001", "content_sha256"),
    *("always_ask", "claude-opus-5-5", "web_fetch"),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=20),
    st.characters(codec=None),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=10), inner, max_size=4),
    ),
    max_leaves=12,
)

AGENT: dict[str, Any] = {
    "name": "a",
    "model": {"id": "claude-opus-5", "effort": {"type": "low"}, "speed": "fast", "inference_geo": "us"},
    "description": "d",
    "system": "s",
    "metadata": {"k": "v"},
    "execution_identity": {"type": "aws_role", "role_arn": "arn"},
    "skills": [{"type": "custom", "skill_id": "s", "version": "1"}],
    "mcp_servers": [{"type": "url", "name": "m", "url": "https://m.example.com"}],
    "multiagent": {
        "type": "multiagent_20261001",
        "subagents": {
            "type": "enabled",
            "inline_agents": {"type": "enabled"},
            "predefined_agents": [{"type": "self"}],
        },
        "workflows": {"type": "disabled"},
        "advisor": {"type": "enabled", "model": "claude-opus-5-5"},
    },
    "tools": [
        {
            "type": "agent_toolset_20260401",
            "default_config": {"enabled": False, "permission_policy": {"type": "auto"}},
            "configs": [
                {"name": "bash", "enabled": True},
                {
                    "name": "web_fetch",
                    "allowed_domains": ["a.com"],
                    "max_content_tokens": 1,
                    "url_sources": {
                        "user_input": "none",
                        "client_tool_results": {
                            "type": "only",
                            "tools": [{"type": "tool_reference", "name": "c"}],
                        },
                    },
                },
                {"name": "web_search", "user_location": {"type": "approximate", "timezone": "Europe/Zurich"}},
            ],
        },
        {"type": "mcp_toolset", "mcp_server_name": "m", "configs": [{"name": "t"}]},
        {
            "type": "custom",
            "name": "c",
            "description": "d",
            "input_schema": {"type": "object", "properties": {"p": {"type": "string"}}, "required": ["p"]},
        },
    ],
}
ENVIRONMENT: dict[str, Any] = {
    "description": "d",
    "scope": "organization",
    "metadata": {"k": "v"},
    "config": {
        "type": "cloud",
        "networking": {"type": "limited", "allowed_hosts": ["a.com"], "allow_package_managers": True},
        "packages": {"type": "packages", "pip": ["x"]},
    },
}
STORE: dict[str, Any] = {"name": "s", "description": "d", "metadata": {"k": "v"}}
MEMORY: dict[str, Any] = {
    "path": "/a",
    "content": "c",
    "precondition": {"type": "content_sha256", "content_sha256": "0" * 64},
}


class World:
    """A registry with one object of each kind, and the paths that take a body with a body that fits."""

    def __init__(self) -> None:
        self.app = create_app(":memory:")
        self.registry = Registry(self.app)
        agent = self.registry.agent()["id"]
        environment = self.registry.post("/environments", {"name": "e"})["id"]
        store = self.registry.post("/memory_stores", {"name": "s"})["id"]
        memories = f"/memory_stores/{store}/memories"
        memory = self.registry.post(memories, {"path": "/seed", "content": ""})["id"]
        self.bodies: list[tuple[str, dict[str, Any]]] = [
            ("/agents", AGENT),
            (f"/agents/{agent}", AGENT),
            ("/environments", {"name": "x", **ENVIRONMENT}),
            (f"/environments/{environment}", ENVIRONMENT),
            ("/memory_stores", STORE),
            (f"/memory_stores/{store}", STORE),
            (memories, {"path": "/a", "content": "c"}),
            (f"{memories}/{memory}", MEMORY),
        ]
        self.lists = [
            "/agents",
            f"/agents/{agent}",
            f"/agents/{agent}/versions",
            "/environments",
            "/memory_stores",
            memories,
            f"/memory_stores/{store}/memory_versions",
        ]

    def check(self, answer: Any) -> None:
        assert answer.status_code < 500
        body = answer.json()
        if answer.status_code != 200:
            assert body["type"] == "error"
            assert body["error"]["type"].endswith("_error")
            assert body["error"]["message"]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.app.state.database.close()


def post(world: World, path: str, body: Any) -> Any:
    """Send ``body`` as Python's json writes it, NaN and lone surrogates included."""
    registry = world.registry
    beta = "agent-memory-2026-07-22" if path.startswith("/memory_stores") else "managed-agents-2026-04-01"
    headers = {"x-api-key": "k", "anthropic-version": "2026-10-21", "anthropic-beta": beta}
    return registry.client.post(f"/v1{path}", content=json.dumps(body), headers=headers)


def test_the_starting_points_are_valid(world: World) -> None:
    for path, body in world.bodies[:-1]:
        if path != "/environments":
            assert post(world, path, body).status_code == 200, path


@FUZZ
@given(data=st.data())
def test_random_bodies(world: World, data: st.DataObject) -> None:
    path, _ = data.draw(st.sampled_from(world.bodies))
    world.check(post(world, path, data.draw(JSON)))


@settings(FUZZ, max_examples=300)
@given(data=st.data())
def test_valid_bodies_with_one_random_member(world: World, data: st.DataObject) -> None:
    path, valid = data.draw(st.sampled_from(world.bodies))
    body = copy.deepcopy(valid)
    node: Any = body
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    if isinstance(node, dict) and data.draw(st.booleans()):
        del node[key]
    else:
        node[key] = data.draw(JSON)
    world.check(post(world, path, body))


PARAMETERS = (
    "limit", "page", "version", "view", "depth", "path_prefix", "include_archived", "created_at[gte]",
    "created_at[lte]", "memory_id", "operation", "session_id", "api_key_id", "nonsense",
)  # fmt: skip


@FUZZ
@given(data=st.data())
def test_random_queries(world: World, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(world.lists))
    values = st.text(max_size=12) | st.sampled_from(["1", "0", "-1", "true", "full", "/", "/a/", "created"])
    query = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), values, max_size=3))
    beta = "agent-memory-2026-07-22" if path.startswith("/memory_stores") else "managed-agents-2026-04-01"
    headers = {"x-api-key": "k", "anthropic-version": "2026-10-21", "anthropic-beta": beta}
    world.check(world.registry.client.get(f"/v1{path}", params=query, headers=headers))
