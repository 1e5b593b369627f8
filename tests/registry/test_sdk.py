"""The official SDK is the witness: for the same operation it sends what we send."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anthropic
import httpx
import httpx2
import pytest

from agentops.kinds import CATALOG
from agentops.registry import HttpRegistry
from tests.registry.wire import BASE, KEY, Script, listed, ok

AGENT, ENVIRONMENT = CATALOG["agent"], CATALOG["environment"]
STORE, MEMORY = CATALOG["memory_store"], CATALOG["memory"]

AGENT_BODY: dict[str, Any] = {
    "name": "tutor",
    "model": {"id": "claude-opus-5-5", "effort": "high"},
    "system": "Be kind — and brief.",
    "tools": [{"type": "agent_toolset_20260401", "default_config": {"enabled": False}}],
    "metadata": {"agentops": "school/prod/agent/tutor"},
}
AGENT_CHANGE: dict[str, Any] = {"version": 3, "system": None, "tools": [], "metadata": {"team": None}}
ENVIRONMENT_BODY: dict[str, Any] = {
    "name": "lab",
    "config": {"type": "cloud", "networking": {"type": "limited", "allowed_hosts": ["docs.python.org"]}},
}
STORE_BODY: dict[str, Any] = {"name": "notes", "description": "", "metadata": {}}
MEMORY_BODY: dict[str, Any] = {"path": "/a/b.md", "content": "x\n"}
MEMORY_CHANGE: dict[str, Any] = {
    "content": "y",
    "precondition": {"type": "content_sha256", "content_sha256": "ab" * 32},
}

Ours = Callable[[HttpRegistry], Any]
Theirs = Callable[[Any], Any]

OPERATIONS: dict[str, tuple[Ours, Theirs]] = {
    "create agent": (lambda r: r.create(AGENT, AGENT_BODY), lambda s: s.agents.create(**AGENT_BODY)),
    "retrieve agent": (lambda r: r.get(AGENT, "agent_1"), lambda s: s.agents.retrieve("agent_1")),
    "update agent": (
        lambda r: r.update(AGENT, "agent_1", AGENT_CHANGE),
        lambda s: s.agents.update("agent_1", **AGENT_CHANGE),
    ),
    "list agents": (lambda r: listed(r, AGENT), lambda s: list(s.agents.list(limit=100))),
    "archive agent": (lambda r: r.remove(AGENT, "agent_1"), lambda s: s.agents.archive("agent_1")),
    "create environment": (
        lambda r: r.create(ENVIRONMENT, ENVIRONMENT_BODY),
        lambda s: s.environments.create(**ENVIRONMENT_BODY),
    ),
    "retrieve environment": (
        lambda r: r.get(ENVIRONMENT, "env_1"),
        lambda s: s.environments.retrieve("env_1"),
    ),
    "update environment": (
        lambda r: r.update(ENVIRONMENT, "env_1", ENVIRONMENT_BODY),
        lambda s: s.environments.update("env_1", **ENVIRONMENT_BODY),
    ),
    "list environments": (
        lambda r: listed(r, ENVIRONMENT),
        lambda s: list(s.environments.list(limit=100)),
    ),
    "archive environment": (
        lambda r: r.remove(ENVIRONMENT, "env_1"),
        lambda s: s.environments.archive("env_1"),
    ),
    "create memory store": (
        lambda r: r.create(STORE, STORE_BODY),
        lambda s: s.memory_stores.create(**STORE_BODY),
    ),
    "retrieve memory store": (lambda r: r.get(STORE, "ms_1"), lambda s: s.memory_stores.retrieve("ms_1")),
    "update memory store": (
        lambda r: r.update(STORE, "ms_1", STORE_BODY),
        lambda s: s.memory_stores.update("ms_1", **STORE_BODY),
    ),
    "list memory stores": (lambda r: listed(r, STORE), lambda s: list(s.memory_stores.list(limit=100))),
    "archive memory store": (lambda r: r.remove(STORE, "ms_1"), lambda s: s.memory_stores.archive("ms_1")),
    "create memory": (
        lambda r: r.create(MEMORY, MEMORY_BODY, parent="ms_1"),
        lambda s: s.memory_stores.memories.create("ms_1", **MEMORY_BODY),
    ),
    "retrieve memory": (
        lambda r: r.get(MEMORY, "mem_1", parent="ms_1"),
        lambda s: s.memory_stores.memories.retrieve("mem_1", memory_store_id="ms_1", view="full"),
    ),
    "update memory": (
        lambda r: r.update(MEMORY, "mem_1", MEMORY_CHANGE, parent="ms_1"),
        lambda s: s.memory_stores.memories.update("mem_1", memory_store_id="ms_1", **MEMORY_CHANGE),
    ),
    "list memories": (
        lambda r: listed(r, MEMORY, parent="ms_1"),
        lambda s: list(s.memory_stores.memories.list("ms_1", limit=100, view="basic")),
    ),
    "delete memory": (
        lambda r: r.remove(MEMORY, "mem_1", parent="ms_1"),
        lambda s: s.memory_stores.memories.delete("mem_1", memory_store_id="ms_1"),
    ),
}


def answer_to(operation: str) -> httpx.Response:
    return ok({"data": [], "next_page": None}) if operation.startswith("list") else ok()


def sent_by_us(operation: str, workspace: str | None) -> httpx.Request:
    script = Script(answer_to(operation))
    script.run(OPERATIONS[operation][0], workspace_id=workspace)
    (request,) = script.requests
    return request


def sent_by_the_sdk(operation: str, workspace: str | None) -> httpx2.Request:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(
            200, content=answer_to(operation).content, headers={"content-type": "application/json"}
        )

    headers = {"anthropic-workspace-id": workspace} if workspace else {}
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http_client:
        client = anthropic.Anthropic(
            api_key=KEY, base_url=BASE, http_client=http_client, default_headers=headers, max_retries=0
        )
        OPERATIONS[operation][1](client.beta)
    (request,) = requests
    return request


@pytest.mark.parametrize("workspace", [None, "wrkspc_1"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_our_request_is_the_official_sdks(operation: str, workspace: str | None) -> None:
    ours, theirs = sent_by_us(operation, workspace), sent_by_the_sdk(operation, workspace)
    assert (ours.method, str(ours.url).partition("?")[0]) == (
        theirs.method,
        str(theirs.url).partition("?")[0],
    )
    assert dict(ours.url.params) == dict(theirs.url.params)
    for name in (
        "authorization",
        "x-api-key",
        "anthropic-version",
        "anthropic-beta",
        "anthropic-workspace-id",
        "accept",
        "content-type",
        "content-length",
    ):
        if name == "content-length" and ours.content:
            continue  # white space of the JSON
        assert ours.headers.get(name) == theirs.headers.get(name), name
    assert (json.loads(ours.content) if ours.content else None) == (
        json.loads(theirs.content) if theirs.content else None
    )
