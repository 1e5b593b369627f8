"""What our client sends for every project at hand is a request of the official SDK's types, member by member.

Each project is applied, then every field that can be changed is changed, and every create and update body is
validated against the SDK's ``…CreateParams`` and ``…UpdateParams``, unknown members refused at every level.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from anthropic.types.beta import (
    AgentCreateParams,
    AgentUpdateParams,
    DeploymentCreateParams,
    DeploymentUpdateParams,
    EnvironmentCreateParams,
    EnvironmentUpdateParams,
    MemoryStoreCreateParams,
    MemoryStoreUpdateParams,
    VaultCreateParams,
    VaultUpdateParams,
)
from anthropic.types.beta.memory_stores import MemoryCreateParams, MemoryUpdateParams
from anthropic.types.beta.vaults import CredentialCreateParams, CredentialUpdateParams
from pydantic import ConfigDict, TypeAdapter, ValidationError

from agentops.domain.address import Address
from agentops.domain.diagnostics import has_errors
from agentops.domain.project import EMBEDDED_URL, Stage
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState
from agentops.emulator import create_app
from agentops.engine import operations
from agentops.engine.target import Target
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
    r"/v1/vaults": VaultCreateParams,
    r"/v1/vaults/[^/]+": VaultUpdateParams,
    r"/v1/vaults/[^/]+/credentials": CredentialCreateParams,
    r"/v1/vaults/[^/]+/credentials/[^/]+": CredentialUpdateParams,
    r"/v1/deployments": DeploymentCreateParams,
    r"/v1/deployments/[^/]+": DeploymentUpdateParams,
}
PARENTS = {
    re.compile(r"/v1/memory_stores/([^/]+)/memories/[^/]+"): "memory_store_id",
    re.compile(r"/v1/vaults/([^/]+)/credentials/[^/]+"): "vault_id",
}
"""The IDs that the SDK counts as parameters and that are a part of the path on the wire."""


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
        uploads = request.headers.get("content-type", "").startswith("multipart/")
        if request.method == "POST" and not uploads and (content := await request.aread()):
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
    for pattern, name in PARENTS.items():
        if (found := pattern.fullmatch(path)) is not None:
            body = {**body, name: found[1]}
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
    if resource.address.kind == "deployment":
        body["description"] = "Changed."
    if resource.address.kind not in {"memory", "skill"}:
        body["metadata"] = {**(body.get("metadata") or {}), "edited": "yes"}
    if resource.address.kind == "environment":
        config = {"type": "cloud", **(body.get("config") or {})}
        body["config"] = {**config, "networking": {"type": "limited", "allowed_hosts": ["example.com"]}}
        if config.get("packages"):
            body["config"]["networking"]["allow_package_managers"] = True
    return replace(resource, body=body)


class Sentinel:
    """Every secret has the same value."""

    def value(self, reference: str) -> str:
        return "not-a-secret"


def sent_for(wanted: DesiredState, root: Path) -> list[tuple[str, dict[str, Any]]]:
    """What goes over the wire to create all of it, and then to change all of it."""
    recorder, store = Recorder(), ToyStore()

    class Uploads:
        def read(self, address: Address, path: str, sha256: str) -> bytes:
            return (root / wanted.resources[address].path / path).read_bytes()

    async def story() -> None:
        async with HttpRegistry.open(EMBEDDED_URL, ApiKey("x"), transport=recorder) as registry:
            target = Target(
                wanted.project, Stage(wanted.stage), CATALOG, registry, store, Sentinel(), Uploads()
            )
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
    kept = dict(loaded.desired.resources)
    broken = {item.address for item in loaded.diagnostics if has_errors([item]) and item.address}
    while broken:  # and what cannot be without it
        kept = {address: item for address, item in kept.items() if address not in broken}
        broken = {address for address, item in kept.items() if not kept.keys() >= {*item.needs}}
    return DesiredState(
        project.name, stage.name, {key: with_a_real_model(item) for key, item in kept.items()}
    )


def with_a_real_model(resource: Resource) -> Resource:
    """Some fixtures name a model that the registry does not know, as it does not have to exist for them."""
    model = resource.body.get("model")
    if not isinstance(model, str) or model.startswith("claude-"):
        return resource
    return replace(resource, body={**resource.body, "model": "claude-opus-5-5"})


def checked(wanted: DesiredState, root: Path) -> Iterator[str]:
    for path, body in sent_for(wanted, root):
        validate(path, body)
        yield path


@pytest.mark.parametrize("root", PROJECTS, ids=lambda path: path.name)
def test_every_request_of_a_project_is_one_of_the_sdks_types(root: Path):
    wanted = desired_of(root)
    paths = list(checked(wanted, root))
    as_json = [address for address in wanted.resources if address.kind != "skill"]
    assert len(paths) >= 2 * len(as_json) or not as_json


def test_every_request_of_every_kind_of_credential_and_of_a_full_deployment_is_one_of_the_sdks_types(
    tmp_path: Path,
):
    for name, text in EVERYTHING.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    paths = list(checked(desired_of(tmp_path), tmp_path))
    called = {re.sub(r"[a-z]+_01\w{22}", "ID", path) for path in paths}
    assert called >= {
        *("/v1/agents", "/v1/vaults", "/v1/vaults/ID/credentials", "/v1/vaults/ID/credentials/ID"),
        *("/v1/deployments", "/v1/deployments/ID"),
    }


EVERYTHING = {
    "agents/lead.yaml": """
        model: claude-opus-5-5
        tools: [read]
        skills: [../skills/review, {type: anthropic, skill_id: pdf}]
        multiagent:
          type: multiagent_20261001
          subagents: {type: enabled, predefined_agents: [agent/helper, {type: self}]}
          workflows: {type: disabled}
        execution_identity: {type: aws_role, role_arn: "arn:aws:iam::1:role/x"}
        """,
    "agents/helper.yaml": "model: claude-haiku-5-5\n",
    "agents/chief.yaml": """
        model: claude-opus-5-5
        multiagent:
          type: coordinator
          agents: [./helper.yaml, {type: self}, {type: advisor, model: claude-opus-5-5}]
        """,
    "skills/review/SKILL.md": "---\nname: review\ndescription: How.\n---\nSo.\n",
    "environments/cloud.yaml": "config: {type: cloud}\n",
    "memory_stores/notes.yaml": "description: Notes.\n",
    "vaults/keys.yaml": """
        credentials:
          bearer:
            auth: {type: static_bearer, mcp_server_url: https://a.example.com/mcp, token: {secret: env:A}}
          variable:
            display_name: A variable
            auth:
              type: environment_variable
              secret_name: KEY
              secret_value: {secret: env:B}
              networking: {type: limited, allowed_hosts: [api.example.com]}
              injection_location: {header: true}
          oauth:
            auth:
              type: mcp_oauth
              mcp_server_url: https://b.example.com/mcp
              access_token: {secret: env:C}
              expires_at: "2099-01-01T00:00:00Z"
              refresh:
                client_id: x
                refresh_token: {secret: env:D}
                token_endpoint: https://b.example.com/token
                token_endpoint_auth: {type: client_secret_post, client_secret: {secret: env:E}}
                scope: all
        """,
    "deployments/daily.yaml": """
        agent: ../agents/lead.yaml
        environment_id: ../environments/cloud.yaml
        vault_ids: [../vaults/keys.yaml]
        paused: true
        resources:
          - {path: ../memory_stores/notes.yaml, access: read_only, instructions: Read it first.}
          - type: github_repository
            url: https://github.com/acme/courses
            authorization_token: {secret: env:F}
            checkout: {type: branch, name: main}
          - {type: file, file_id: file_01aaaaaaaaaaaaaaaaaaaaaaaa, mount_path: /data.csv}
        schedule: {type: cron, expression: "0 9 * * 1", timezone: Europe/Berlin}
        budget: {type: limit, max_list_cost: {amount: "100", currency: USD}}
        initial_events:
          - {type: user.define_outcome, description: Done, rubric: {type: text, content: "It is done."}}
          - {type: user.message, content: [{type: text, text: Go.}]}
          - {type: system.message, content: [{type: text, text: Be brief.}]}
        """,
}


def test_every_request_of_a_new_project_is_one_of_the_sdks_types(tmp_path: Path):
    for name, text in starter_project("new", CATALOG).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert len(list(checked(desired_of(tmp_path), tmp_path))) == 6


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
