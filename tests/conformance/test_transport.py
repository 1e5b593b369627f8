"""Credentials, headers and errors as the SDK sees them."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import httpx
import pytest


def test_identity_headers(client: anthropic.Anthropic, beta: Any) -> None:
    created = beta.agents.create(name="headers", model="claude-opus-5-5")
    raw = client.beta.agents.with_raw_response.retrieve(created.id)
    assert raw.headers["request-id"].startswith("req_")
    assert raw.headers["anthropic-workspace-id"].startswith("wrkspc_")
    assert len(raw.headers["anthropic-organization-id"]) == 36
    assert raw.headers.get_list("date") == [raw.headers["date"]]


def test_errors_name_the_request(beta: Any) -> None:
    with pytest.raises(anthropic.NotFoundError) as missing:
        beta.agents.retrieve("agent_missing")
    assert missing.value.type == "not_found_error"
    assert missing.value.request_id == missing.value.body["request_id"]


def test_unknown_member_is_named(beta: Any) -> None:
    with pytest.raises(anthropic.BadRequestError, match=r"tools\.0\.foo: Extra inputs are not permitted"):
        beta.agents.create(
            name="x", model="claude-opus-5-5", tools=[{"type": "agent_toolset_20260401", "foo": 1}]
        )


def test_both_memory_betas_are_refused(beta: Any) -> None:
    with pytest.raises(anthropic.BadRequestError, match="cannot be combined"):
        beta.memory_stores.list(betas=["managed-agents-2026-04-01"])


def test_a_known_extra_beta_passes(beta: Any) -> None:
    beta.agents.list(betas=["oauth-2025-04-20"])


def test_an_unknown_beta_is_named(beta: Any) -> None:
    with pytest.raises(anthropic.BadRequestError, match="managed-agents-2099-01-01"):
        beta.agents.list(betas=["managed-agents-2099-01-01"])


def test_another_workspace_is_refused(beta: Any) -> None:
    with pytest.raises(anthropic.PermissionDeniedError):
        beta.agents.list(workspace_id="wrkspc_other")


def test_without_credential(base_url: str) -> None:
    answer = httpx.get(base_url + "/v1/agents", headers={"anthropic-version": "2026-10-21"})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"


def test_too_large(beta: Any) -> None:
    with pytest.raises(anthropic.ContentTooLargeError):
        beta.agents.create(name="x", model="claude-opus-5-5", system="x" * (32 * 1024 * 1024))


async def list_asynchronously(base_url: str) -> list[str]:
    async with anthropic.AsyncAnthropic(
        base_url=base_url, auth_token="test", _strict_response_validation=True, max_retries=0
    ) as client:
        return [each.id async for each in client.beta.agents.list(limit=1)]


def test_the_asynchronous_client_pages_too(base_url: str, beta: Any) -> None:
    created = {beta.agents.create(name="async", model="claude-opus-5-5").id for _ in range(2)}
    assert created <= set(asyncio.run(list_asynchronously(base_url)))


def test_a_version_of_the_api_that_never_was(beta: Any) -> None:
    with pytest.raises(anthropic.BadRequestError, match="not a valid version"):
        beta.agents.list(extra_headers={"anthropic-version": "1999-01-01"})


def test_memory_stores_do_not_exist_under_the_other_beta(base_url: str) -> None:
    headers = {"anthropic-version": "2026-10-21", "x-api-key": "k"}
    for beta, status in (("managed-agents-2026-04-01", 404), ("agent-memory-2026-07-22", 200)):
        answer = httpx.get(base_url + "/v1/memory_stores", headers={**headers, "anthropic-beta": beta})
        assert answer.status_code == status
