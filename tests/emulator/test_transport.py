"""Credentials, versions, beta headers, bodies, response headers and error bodies."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest

from agentops.emulator import create_app
from tests.emulator.conftest import AGENT_MEMORY, MANAGED_AGENTS, Registry

HEADERS = {"x-api-key": "k", "anthropic-version": "2023-06-01", "anthropic-beta": MANAGED_AGENTS}


def get(registry: Registry, path: str = "/v1/agents", *, drop: tuple[str, ...] = (), **headers: str) -> Any:
    sent = {name: value for name, value in HEADERS.items() if name not in drop}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    return registry.client.get(path, headers=sent)


def post(registry: Registry, content: bytes, **headers: str) -> Any:
    sent = {**HEADERS, "content-type": "application/json"}
    sent.update({name.replace("_", "-"): value for name, value in headers.items()})
    return registry.client.post("/v1/agents", content=content, headers=sent)


# --- headers of a response ---


def test_identity_headers_are_the_database_s_own(registry: Registry) -> None:
    ok, missing = get(registry), get(registry, "/v1/agents/agent_x")
    for name in ("anthropic-organization-id", "anthropic-workspace-id"):
        assert ok.headers[name] == missing.headers[name]
    assert re.fullmatch(r"[0-9a-f-]{36}", ok.headers["anthropic-organization-id"])
    assert re.fullmatch(r"wrkspc_01\w{22}", ok.headers["anthropic-workspace-id"])
    other = Registry(create_app(":memory:"))
    assert get(other).headers["anthropic-workspace-id"] != ok.headers["anthropic-workspace-id"]


def test_date_comes_from_the_clock(registry: Registry) -> None:
    # The clock is read once in the transaction and once for the header.
    assert get(registry).headers["date"] == "Sun, 01 Nov 2026 12:00:02 GMT"


def test_error_bodies(registry: Registry) -> None:
    answer = get(registry, "/v1/agents/agent_x")
    assert answer.json() == {
        "type": "error",
        "error": {"type": "not_found_error", "message": "Agent 'agent_x' was not found."},
        "request_id": answer.headers["request-id"],
    }


# --- credentials ---


@pytest.mark.parametrize("credential", [{"authorization": "Bearer sk-ant"}, {"x_api_key": "sk-ant"}])
def test_any_credential_will_do(registry: Registry, credential: dict[str, str]) -> None:
    assert get(registry, drop=("x-api-key",), **credential).status_code == 200


@pytest.mark.parametrize(
    "credential", [{}, {"authorization": "Bearer "}, {"authorization": "Basic eDp5"}, {"x_api_key": " "}]
)
@pytest.mark.parametrize("path", ["/v1/agents", "/v1/nothing"])
def test_no_credential(registry: Registry, path: str, credential: dict[str, str]) -> None:
    answer = get(registry, path, drop=("x-api-key",), **credential)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
    assert answer.headers["request-id"]
    assert "anthropic-workspace-id" not in answer.headers


def test_api_version_is_required(registry: Registry) -> None:
    assert get(registry, drop=("anthropic-version",)).status_code == 400


@pytest.mark.parametrize(
    ("version", "status"),
    [("2026-10-21", 200), ("2023-06-01", 200), ("2023-01-01", 400), ("1999-01-01", 400), ("latest", 400)],
)
def test_api_versions(registry: Registry, version: str, status: int) -> None:
    assert get(registry, anthropic_version=version).status_code == status


def test_the_workspace_has_to_match(registry: Registry) -> None:
    own = get(registry).headers["anthropic-workspace-id"]
    assert get(registry, anthropic_workspace_id=own).status_code == 200
    refused = get(registry, anthropic_workspace_id="wrkspc_other")
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "permission_error")


# --- beta headers ---


@pytest.mark.parametrize(
    ("path", "beta", "status"),
    [
        ("agents", "", 404),
        ("agents", AGENT_MEMORY, 404),
        ("agents", f"{MANAGED_AGENTS},{MANAGED_AGENTS}", 200),
        ("agents", f"oauth-2025-04-20 ,  {MANAGED_AGENTS}", 200),
        ("agents", f"{MANAGED_AGENTS},{AGENT_MEMORY}", 200),
        ("agents", f"{MANAGED_AGENTS},nonsense-2026-01-01", 400),
        ("environments", "", 404),
        ("memory_stores", "", 404),
        ("memory_stores", AGENT_MEMORY, 200),
        ("memory_stores", MANAGED_AGENTS, 404),
        ("memory_stores", f"{AGENT_MEMORY},oauth-2025-04-20", 200),
        ("memory_stores", f"{AGENT_MEMORY},{MANAGED_AGENTS}", 400),
    ],
)
def test_beta_headers(registry: Registry, path: str, beta: str, status: int) -> None:
    assert get(registry, f"/v1/{path}?beta=true", anthropic_beta=beta).status_code == status


def test_an_unknown_beta_is_named(registry: Registry) -> None:
    error = get(registry, anthropic_beta="managed-agents-2026-04-02").json()["error"]
    assert error == {
        "type": "invalid_request_error",
        "message": "anthropic-beta: unexpected value 'managed-agents-2026-04-02'",
    }


# --- routes ---


@pytest.mark.parametrize(
    "path", ["/", "/v1/agents/", "/v1/files", "/v1/environments/env_x/work", "/v2/agents"]
)
def test_unknown_routes(registry: Registry, path: str) -> None:
    answer = get(registry, path)
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")
    assert answer.headers["anthropic-workspace-id"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_updates_are_posts(registry: Registry, method: str) -> None:
    agent = registry.agent()
    assert registry.send(method, f"/agents/{agent['id']}", {"system": "s"}).status_code == 405


# --- bodies ---


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b'{"name": NaN}',
        b'{"name": 1e999}',
        b'{"name": "\\ud800"}',
        b'{"\\udfff": 1}',
        b"[" * 100_000,
        b'{"a": ' * 150 + b"1" + b"}" * 150,
        b"1" * 10_000,
    ],
)
def test_refused_bodies(registry: Registry, content: bytes) -> None:
    answer = post(registry, content)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_encodings(registry: Registry) -> None:
    body = b'{"name": "caf\xc3\xa9", "model": "claude-opus-5-5"}'
    assert post(registry, body, content_type="application/json; charset=UTF-8").json()["name"] == "café"
    charset = post(registry, body, content_type="application/json; charset=latin-1").json()["error"]
    assert charset["details"]["error_code"] == "unsupported_charset"
    encoded = post(registry, gzip.compress(body), content_encoding="gzip").json()["error"]
    assert encoded["details"]["error_code"] == "request_body_encoding_unsupported"


def test_a_body_that_is_too_large(registry: Registry) -> None:
    answer = post(registry, b" " * (32 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "request_too_large")
    declared = post(registry, b"{}", content_length="99999999999999999999")
    assert declared.status_code == 413


@pytest.mark.parametrize("body", [None, {}])
def test_actions_take_no_body(registry: Registry, body: Any) -> None:
    agent = registry.agent()
    assert registry.post(f"/agents/{agent['id']}/archive", body)["archived_at"]
    message = registry.refused("POST", f"/agents/{agent['id']}/archive", {"force": True})["message"]
    assert message == "force: Extra inputs are not permitted"


def test_a_name_is_not_echoed_at_any_length(registry: Registry) -> None:
    error = registry.refused("POST", "/agents", {"n" * 1_000_000: 1})
    assert len(error["message"]) < 300


# --- query parameters ---


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=",
        "limit=99999999999999999999999",
        "limit=\u0661",
        "order=asc",
        "include_archived=1",
        "page=",
        "page=nonsense",
        "created_at[gte]=yesterday",
        "created_at[gte]=2026-01-01T00:00:00",
        "created_at[lte]=9999-12-31T23:59:59-23:59",
        "created_at[gt]=2026-01-01T00:00:00Z",
    ],
)
def test_refused_queries(registry: Registry, query: str) -> None:
    assert registry.refused("GET", f"/agents?{query}")["type"] == "invalid_request_error"
