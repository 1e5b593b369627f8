"""What our client sends for every project at hand is a request of the official SDK's types, member by member.

Each project is applied, then every field that can be changed is changed, and every create and update body is
validated against the SDK's ``…CreateParams`` and ``…UpdateParams``, unknown members refused at every level.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anthropic.types.beta import (
    AgentCreateParams,
    AgentUpdateParams,
    EnvironmentCreateParams,
    EnvironmentUpdateParams,
    MemoryStoreCreateParams,
    MemoryStoreUpdateParams,
)
from anthropic.types.beta.memory_stores import MemoryCreateParams, MemoryUpdateParams
from pydantic import ConfigDict, TypeAdapter, ValidationError

from agentops.domain.diagnostics import has_errors
from agentops.domain.project import EMBEDDED_URL, Stage
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState
from agentops.emulator import create_app
from agentops.engine import operations
from agentops.engine.operations import Target
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry
from agentops.spec import load_project, load_stage, starter_project
from tests.engine.toy import Silent, ToyStore
from tests.kinds.test_contract import sdk_shapes

REPOSITORY = Path(__file__).parents[2]
CORPUS = REPOSITORY.parent / "shared" / "corpus"
PROJECTS = [
    REPOSITORY,
    *(sorted(path for path in CORPUS.iterdir() if path.is_dir()) if CORPUS.is_dir() else ()),
]

REQUESTS: dict[str, Any] = {
    r"/v1/agents": AgentCreateParams,
    r"/v1/agents/[^/]+": AgentUpdateParams,
    r"/v1/environments": EnvironmentCreateParams,
    r"/v1/environments/[^/]+": EnvironmentUpdateParams,
    r"/v1/memory_stores": MemoryStoreCreateParams,
    r"/v1/memory_stores/[^/]+": MemoryStoreUpdateParams,
    r"/v1/memory_stores/[^/]+/memories": MemoryCreateParams,
    r"/v1/memory_stores/[^/]+/memories/[^/]+": MemoryUpdateParams,
}


def refuses_the_unknown(params: Any) -> TypeAdapter[Any]:
    for shape in (params, *sdk_shapes(params, {}).values()):
        open_ended = getattr(shape, "__extra_items__", None) is object  # a JSON schema may hold any keyword
        shape.__pydantic_config__ = ConfigDict(extra="allow" if open_ended else "forbid")
    return TypeAdapter(params)


TYPES = {re.compile(path): refuses_the_unknown(params) for path, params in REQUESTS.items()}


class Recorder(httpx.ASGITransport):
    """The embedded registry, and every request with a body that reached it."""

    def __init__(self) -> None:
        super().__init__(create_app(":memory:"))
        self.sent: list[tuple[str, dict[str, Any]]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and (content := await request.aread()):
            self.sent.append((request.url.path, json.loads(content)))
        return await super().handle_async_request(request)


def exhausted(value: Any) -> None:
    """Walk everything: the SDK's ``Iterable`` members are validated only as they are read."""
    if isinstance(value, Mapping):
        for member in value.values():
            exhausted(member)
    elif not isinstance(value, str | bytes) and hasattr(value, "__iter__"):
        for member in value:
            exhausted(member)


def validate(path: str, body: dict[str, Any]) -> None:
    (adapter,) = (adapter for pattern, adapter in TYPES.items() if pattern.fullmatch(path))
    if re.fullmatch(r"/v1/memory_stores/[^/]+/memories/[^/]+", path):
        # The one ID that the SDK counts as a parameter is a part of the path on the wire.
        body = {**body, "memory_store_id": path.split("/")[3]}
    exhausted(adapter.validate_python(body))


def edited(resource: Resource) -> Resource:
    """The same with every optional text changed, a metadata key more, and a tool or host less."""
    body = dict(resource.body)
    if body.get("description") is not None:
        body["description"] = "Changed."
    if "content" in body:
        body["content"] += "One line more.\n"
    if "system" in body:
        body["system"] += "\nOne line more."
    if resource.address.kind in {"agent", "environment", "memory_store"}:
        body["metadata"] = {**(body.get("metadata") or {}), "edited": "yes"}
    if resource.address.kind == "environment":
        config = {"type": "cloud", **(body.get("config") or {})}
        body["config"] = {**config, "networking": {"type": "limited", "allowed_hosts": ["example.com"]}}
        if config.get("packages"):
            body["config"]["networking"]["allow_package_managers"] = True
    return Resource(**{**{name: getattr(resource, name) for name in resource.__slots__}, "body": body})


def sent_for(wanted: DesiredState) -> list[tuple[str, dict[str, Any]]]:
    """What goes over the wire to create all of it, and then to change all of it."""
    recorder, store = Recorder(), ToyStore()

    async def story() -> None:
        async with HttpRegistry.open(EMBEDDED_URL, ApiKey("x"), transport=recorder) as registry:
            target = Target(wanted.project, Stage(wanted.stage), CATALOG, registry, store)
            changed = {address: edited(item) for address, item in wanted.resources.items()}
            for state in (wanted, DesiredState(wanted.project, wanted.stage, changed)):
                planned = await operations.plan(target, state)
                await operations.apply(
                    target, planned, run="r", now=lambda: "t", observer=Silent(), stop=anyio.Event()
                )

    anyio.run(story)
    return recorder.sent


def desired_of(root: Path) -> DesiredState:
    project, _ = load_project(root)
    stage = next(iter(project.stages.values()))
    loaded = load_stage(root, project, stage, CATALOG)
    broken = {item.address for item in loaded.diagnostics if has_errors([item])}
    kept = {
        address: item
        for address, item in loaded.desired.resources.items()
        if address not in broken and item.parent not in broken
    }
    return DesiredState(project.name, stage.name, kept)


def checked(wanted: DesiredState) -> Iterator[str]:
    for path, body in sent_for(wanted):
        validate(path, body)
        yield path


@pytest.mark.parametrize("root", PROJECTS, ids=lambda path: path.name)
def test_every_request_of_a_project_is_one_of_the_sdks_types(root: Path):
    wanted = desired_of(root)
    paths = list(checked(wanted))
    assert len(paths) >= 2 * len(wanted.resources) or not wanted.resources


def test_every_request_of_a_new_project_is_one_of_the_sdks_types(tmp_path: Path):
    for name, text in starter_project("new", CATALOG).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert len(list(checked(desired_of(tmp_path)))) == 6


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x"},
        {"name": "x", "model": "m", "memory": {}},
        {"name": "x", "model": {"id": "m", "temperature": 1}},
        {
            "name": "x",
            "model": "m",
            "tools": [{"type": "agent_toolset_20260401", "configs": [{"name": "sudo"}]}],
        },
    ],
)
def test_the_check_itself_refuses_what_the_sdk_does_not_know(body: dict[str, Any]):
    with pytest.raises(ValidationError):
        validate("/v1/agents", body)
