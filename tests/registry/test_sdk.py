"""The official SDK is the witness: for the same operation it sends what we send."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from typing import Any

import anthropic
import httpx
import httpx2
import pytest

from agentops.domain.kind import Kind
from agentops.domain.secret import SecretText
from agentops.kinds import CATALOG
from agentops.registry import HttpRegistry, calls
from agentops.registry.calls import Call
from tests.registry.wire import BASE, KEY, Script, listed, ok

AGENT, ENVIRONMENT = CATALOG["agent"], CATALOG["environment"]
STORE, MEMORY = CATALOG["memory_store"], CATALOG["memory"]
SKILL, DEPLOYMENT = CATALOG["skill"], CATALOG["deployment"]
VAULT, CREDENTIAL = CATALOG["vault"], CATALOG["credential"]

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
TOKEN = "tok_n0t-a-real-token"
CREDENTIAL_BODY: dict[str, Any] = {
    "auth": {"type": "static_bearer", "mcp_server_url": "https://mcp.example", "token": TOKEN}
}
CREDENTIAL_MARKED: dict[str, Any] = {"auth": {**CREDENTIAL_BODY["auth"], "token": SecretText(TOKEN)}}

VAULT_BODY: dict[str, Any] = {"display_name": "Keys", "metadata": {"agentops": "school/prod/vault/keys"}}
DEPLOYMENT_BODY: dict[str, Any] = {
    "name": "nightly",
    "agent": {"type": "agent", "id": "agent_1", "version": 3},
    "environment_id": "env_1",
    "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": "Go."}]}],
    "resources": [{"type": "memory_store", "memory_store_id": "ms_1", "access": "read_only"}],
    "vault_ids": ["vlt_1"],
    "schedule": {"type": "cron", "expression": "0 9 * * *", "timezone": "UTC"},
}
DEPLOYMENT_CHANGE: dict[str, Any] = {"schedule": None, "resources": [], "metadata": {"team": None}}

FILES = {
    "SKILL.md": b"---\nname: triage\ndescription: Sorts mail.\n---\n",
    "assets/logo.png": bytes(range(256)),
    "assets/no-ending": b"",
    "data.zip": b"PK\x05\x06" + bytes(18),
    "notes/\u00e4 b\u0308 \u65e5\u672c \U0001f511.md": b"\r\n--\r\n",
    'odd/"quoted" back\\slash %22.json': b"{}",
    "odd/line\r\nbreak;filename=x.txt": b"x",
    "scripts/run.py": b"print('hi')\n",
    "scripts/run.unknown": b"?",
}
NAMED = [(f"triage/{path}", content) for path, content in sorted(FILES.items())]
SKILL_BODY: dict[str, Any] = {"name": "triage", "files": FILES}

Ours = Callable[[HttpRegistry], Any]
Theirs = Callable[[Any], Any]


async def past(registry: HttpRegistry, kind: Kind, id: str, parent: str | None = None) -> list[Any]:
    return [item async for item in registry.versions(kind, id, parent=parent)]


OPERATIONS: dict[str, tuple[Ours, Theirs]] = {
    "create agent": (lambda r: r.create(AGENT, AGENT_BODY), lambda s: s.agents.create(**AGENT_BODY)),
    "retrieve agent": (lambda r: r.get(AGENT, "agent_1"), lambda s: s.agents.retrieve("agent_1")),
    "update agent": (
        lambda r: r.update(AGENT, "agent_1", AGENT_CHANGE),
        lambda s: s.agents.update("agent_1", **AGENT_CHANGE),
    ),
    "list agents": (lambda r: listed(r, AGENT), lambda s: list(s.agents.list(limit=100))),
    "retrieve a version of an agent": (
        lambda r: r.version(AGENT, "agent_1", "3"),
        lambda s: s.agents.retrieve("agent_1", version=3),
    ),
    "list versions of an agent": (
        lambda r: past(r, AGENT, "agent_1"),
        lambda s: list(s.agents.versions.list("agent_1", limit=100)),
    ),
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
    "retrieve a version of a memory": (
        lambda r: r.version(MEMORY, "mem_1", "memver_1", parent="ms_1"),
        lambda s: s.memory_stores.memory_versions.retrieve("memver_1", memory_store_id="ms_1", view="full"),
    ),
    "list versions of a memory": (
        lambda r: past(r, MEMORY, "mem_1", parent="ms_1"),
        lambda s: list(
            s.memory_stores.memory_versions.list("ms_1", memory_id="mem_1", limit=100, view="basic")
        ),
    ),
    "delete memory": (
        lambda r: r.remove(MEMORY, "mem_1", parent="ms_1"),
        lambda s: s.memory_stores.memories.delete("mem_1", memory_store_id="ms_1"),
    ),
    "create vault": (lambda r: r.create(VAULT, VAULT_BODY), lambda s: s.vaults.create(**VAULT_BODY)),
    "retrieve vault": (lambda r: r.get(VAULT, "vlt_1"), lambda s: s.vaults.retrieve("vlt_1")),
    "update vault": (
        lambda r: r.update(VAULT, "vlt_1", VAULT_BODY),
        lambda s: s.vaults.update("vlt_1", **VAULT_BODY),
    ),
    "list vaults": (lambda r: listed(r, VAULT), lambda s: list(s.vaults.list(limit=100))),
    "archive vault": (lambda r: r.remove(VAULT, "vlt_1"), lambda s: s.vaults.archive("vlt_1")),
    "retrieve credential": (
        lambda r: r.get(CREDENTIAL, "vcrd_1", parent="vlt_1"),
        lambda s: s.vaults.credentials.retrieve("vcrd_1", vault_id="vlt_1"),
    ),
    "list credentials": (
        lambda r: listed(r, CREDENTIAL, parent="vlt_1"),
        lambda s: list(s.vaults.credentials.list("vlt_1", limit=100)),
    ),
    "archive credential": (
        lambda r: r.remove(CREDENTIAL, "vcrd_1", parent="vlt_1"),
        lambda s: s.vaults.credentials.archive("vcrd_1", vault_id="vlt_1"),
    ),
    "create credential": (
        lambda r: r.create(CREDENTIAL, CREDENTIAL_MARKED, parent="vlt_1"),
        lambda s: s.vaults.credentials.create("vlt_1", **CREDENTIAL_BODY),
    ),
    "update credential": (
        lambda r: r.update(CREDENTIAL, "vcrd_1", CREDENTIAL_MARKED, parent="vlt_1"),
        lambda s: s.vaults.credentials.update("vcrd_1", vault_id="vlt_1", **CREDENTIAL_BODY),
    ),
    "create deployment": (
        lambda r: r.create(DEPLOYMENT, DEPLOYMENT_BODY),
        lambda s: s.deployments.create(**DEPLOYMENT_BODY),
    ),
    "retrieve deployment": (
        lambda r: r.get(DEPLOYMENT, "depl_1"),
        lambda s: s.deployments.retrieve("depl_1"),
    ),
    "update deployment": (
        lambda r: r.update(DEPLOYMENT, "depl_1", DEPLOYMENT_CHANGE),
        lambda s: s.deployments.update("depl_1", **DEPLOYMENT_CHANGE),
    ),
    "list deployments": (lambda r: listed(r, DEPLOYMENT), lambda s: list(s.deployments.list(limit=100))),
    "archive deployment": (
        lambda r: r.remove(DEPLOYMENT, "depl_1"),
        lambda s: s.deployments.archive("depl_1"),
    ),
    "pause deployment": (
        lambda r: r.update(DEPLOYMENT, "depl_1", {"paused": True}),
        lambda s: s.deployments.pause("depl_1"),
    ),
    "unpause deployment": (
        lambda r: r.update(DEPLOYMENT, "depl_1", {"paused": False}),
        lambda s: s.deployments.unpause("depl_1"),
    ),
    "create skill": (lambda r: r.create(SKILL, SKILL_BODY), lambda s: s.skills.create(files=NAMED)),
    "create skill with a display name": (
        lambda r: r.create(SKILL, {**SKILL_BODY, "display_name": 'Triage \u2014 "mail"'}),
        lambda s: s.skills.create(files=NAMED, display_name='Triage \u2014 "mail"'),
    ),
    "add a version of a skill": (
        lambda r: r.update(SKILL, "skill_1", SKILL_BODY),
        lambda s: s.skills.versions.create("skill_1", files=NAMED),
    ),
    "retrieve skill": (lambda r: r.get(SKILL, "skill_1"), lambda s: s.skills.retrieve("skill_1")),
    "list skills": (
        lambda r: listed(r, SKILL),
        lambda s: list(s.skills.list(limit=SKILL.page_size, source="custom")),
    ),
    "retrieve a version of a skill": (
        lambda r: r.version(SKILL, "skill_1", "skver_1"),
        lambda s: s.skills.versions.retrieve("skver_1", skill_id="skill_1"),
    ),
    "list versions of a skill": (
        lambda r: past(r, SKILL, "skill_1"),
        lambda s: list(s.skills.versions.list("skill_1", limit=SKILL.page_size)),
    ),
    "download a version of a skill": (
        lambda r: r.content(SKILL, "skill_1", "skver_1"),
        lambda s: s.skills.versions.download("skver_1", skill_id="skill_1").read(),
    ),
    "delete skill": (lambda r: r.remove(SKILL, "skill_1"), lambda s: s.skills.delete("skill_1")),
}
OF_OUR_OWN = {"add a version of a skill": ["GET /v1/skills/skill_1"]}
"""What we ask for afterwards, as the version that is the answer says nothing of the skill."""


def answer_to(operation: str) -> httpx.Response:
    if operation.startswith("list"):
        return ok({"data": [], "next_page": None})
    return httpx.Response(200, content=archived()) if operation.startswith("download") else ok()


def archived() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("triage/SKILL.md", FILES["SKILL.md"])
    return archive.getvalue()


def sent_by_us(operation: str, workspace: str | None) -> httpx.Request:
    script = Script(answer_to(operation))
    script.run(OPERATIONS[operation][0], workspace_id=workspace)
    assert script.sent[1:] == OF_OUR_OWN.get(operation, [])
    return script.requests[0]


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
        if name == "content-length" and ours.headers.get("content-type") == "application/json":
            continue  # white space of the JSON
        assert unbounded(ours, ours.headers.get(name)) == unbounded(theirs, theirs.headers.get(name)), name
    assert body_of(ours) == body_of(theirs)


def sendable(kind: Kind) -> dict[str, Call]:
    """Every call that our client can make for a kind, with ``ID`` and ``PARENT`` where those stand."""
    parent = "PARENT" if kind.parent is not None else None
    made = {
        "list": calls.page_of(kind, parent, None),
        "retrieve": calls.retrieval(kind, "ID", parent),
        "remove": calls.removal(kind, "ID", parent),
    }
    if kind.bundle is not None:
        files = {kind.bundle.directory: "x", kind.bundle.field: {"SKILL.md": b"x"}}
        made["create"] = calls.creation(kind, files, parent)
        made["add a version"] = calls.addition(kind, kind.bundle, "ID", files, parent)
        made["download a version"] = calls.download(kind, "ID", "VERSION")
    else:
        made["create"] = calls.creation(kind, {}, parent)
        made["update"] = calls.change(kind, "ID", {}, parent)
    if kind.history is not None:
        made["list versions"] = calls.versions_of(kind, "ID", parent, None)
        made["retrieve a version"] = calls.version_of(kind, "ID", "VERSION", parent)
    if kind.switch is not None:
        made["switch on"] = calls.change(kind, "ID", {kind.switch.field: True}, parent)
        made["switch off"] = calls.change(kind, "ID", {kind.switch.field: False}, parent)
    return made


@pytest.mark.parametrize("kind", tuple(CATALOG), ids=lambda kind: kind.name)
def test_every_call_that_can_be_made_has_been_compared(kind: Kind) -> None:
    compared = [sent_by_us(operation, None) for operation in OPERATIONS]
    for name, call in sendable(kind).items():
        path = re.sub("ID|PARENT|VERSION", "[^/]+", re.escape(call.path))
        same = [it for it in compared if it.method == call.method and re.fullmatch(path, it.url.path)]
        assert same, f"{name} of {kind.name}: put it among OPERATIONS"
        if name == "update" and kind.precondition is not None:
            bound = kind.bound({}, 1)
            assert [it for it in same if bound.keys() <= body_of(it).keys()], (
                f"{kind.name} is updated unbound"
            )


@pytest.mark.parametrize("kind", [AGENT, MEMORY, SKILL], ids=lambda kind: kind.name)
def test_pages_are_asked_for_as_the_official_sdk_does(kind: Kind) -> None:
    pages = [{"data": [], "next_page": "page_1=&x"}, {"data": [], "next_page": "p 2"}, {"data": []}]
    ours = Script(*map(ok, pages))
    ours.run(lambda r: listed(r, kind, parent="ms_1" if kind.parent is not None else None))
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        return httpx2.Response(200, json=pages[len(asked) - 1])

    with httpx2.Client(transport=httpx2.MockTransport(answer)) as http_client:
        client = anthropic.Anthropic(api_key=KEY, base_url=BASE, http_client=http_client, max_retries=0).beta
        theirs: dict[str, Callable[[], Any]] = {
            "agent": lambda: client.agents.list(limit=100),
            "memory": lambda: client.memory_stores.memories.list("ms_1", limit=100, view="basic"),
            "skill": lambda: client.skills.list(limit=SKILL.page_size, source="custom"),
        }
        list(theirs[kind.name]())
    assert len(asked) == 3
    assert [_parts(str(request.url)) for request in ours.requests] == [_parts(url) for url in asked]


def _parts(url: str) -> tuple[str, dict[str, str]]:
    parsed = httpx.URL(url)
    return parsed.path, dict(parsed.params)


def body_of(request: httpx.Request | httpx2.Request) -> Any:
    """The JSON of a request, or the bytes of a form."""
    if request.headers.get("content-type", "").startswith("multipart/"):
        return unbounded(request, request.content.decode("latin-1"))
    return json.loads(request.content) if request.content else None


def unbounded(request: httpx.Request | httpx2.Request, text: str | None) -> str | None:
    """With a name in the place of the boundary, which the SDK draws by lot."""
    boundary = request.headers.get("content-type", "").partition("boundary=")[2]
    return text.replace(boundary, "BOUNDARY") if text and boundary else text


def test_a_form_is_compared_byte_for_byte() -> None:
    (form, other) = (sent_by_us(name, None) for name in ("create skill", "create skill with a display name"))
    assert body_of(form) != body_of(other)
    assert body_of(form).count("--BOUNDARY\r\n") == len(FILES)
    assert bytes(range(256)).decode("latin-1") in body_of(form)
