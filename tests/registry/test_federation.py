"""An identity token for an access token: what is sent, what is believed, and what a refusal says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from agentops.domain.diagnostics import Stop
from agentops.domain.ports import NoToken, OutcomeUnknown, RegistryError, Unauthorized
from agentops.registry import HttpRegistry
from tests.registry.asking import AGENT, Outside
from tests.registry.token_service import (
    ACCOUNT,
    AUDIENCE,
    GITHUB_BEARER,
    GITHUB_PATH,
    ORGANIZATION,
    RULE,
    SUBJECT,
    WORKSPACE,
    TokenService,
    jwt,
)
from tests.registry.wire import ok, refused

IDENTITY = jwt()
RULE_ALONE = {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}
LITERAL = {**RULE_ALONE, "ANTHROPIC_IDENTITY_TOKEN": IDENTITY}
GITHUB = {
    **RULE_ALONE,
    "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://vstoken.example{GITHUB_PATH}?api-version=2.0",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_BEARER,
}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment without any profile."""
    return {"HOME": str(tmp_path)}


def federated(home: dict[str, str], **more: str) -> Outside:
    return Outside({**home, **LITERAL, **more}, TokenService(IDENTITY))


# -- the exchange


def test_the_identity_token_is_exchanged_and_the_access_token_signs(home: dict[str, str]) -> None:
    there = federated(home)
    request = there.request()
    assert request.headers["authorization"].removeprefix("Bearer ") in there.service.live
    assert request.headers["anthropic-beta"] == "managed-agents-2026-04-01,oauth-2025-04-20"
    assert "anthropic-workspace-id" not in request.headers
    (asked,) = there.service.exchanges
    assert asked.path == "/v1/oauth/token"
    assert asked.headers["host"] == "api.anthropic.com"
    assert asked.body == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": IDENTITY,
        "federation_rule_id": RULE,
        "organization_id": ORGANIZATION,
    }


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"ANTHROPIC_SERVICE_ACCOUNT_ID": ACCOUNT}, {"service_account_id": ACCOUNT}),
        ({"ANTHROPIC_WORKSPACE_ID": WORKSPACE}, {"workspace_id": WORKSPACE}),
        ({"ANTHROPIC_WORKSPACE_ID": "default"}, {"workspace_id": "default"}),
        ({"ANTHROPIC_SERVICE_ACCOUNT_ID": "", "ANTHROPIC_WORKSPACE_ID": ""}, {}),
        ({"ANTHROPIC_SCOPE": "workspace:developer"}, {}),
    ],
)
def test_what_else_is_sent(home: dict[str, str], given: dict[str, str], sent: dict[str, str]) -> None:
    there = federated(home, **given)
    there.request()
    body = there.service.exchanges[0].body
    required = ("grant_type", "assertion", "federation_rule_id", "organization_id")
    assert {key: value for key, value in body.items() if key not in required} == sent


def test_the_workspace_of_a_stage_goes_before_that_of_the_environment(home: dict[str, str]) -> None:
    there = federated(home, ANTHROPIC_WORKSPACE_ID="wrkspc_other")
    access = there.access(workspace_id=WORKSPACE)
    assert "anthropic-workspace-id" not in there.request(access).headers
    assert there.service.exchanges[0].body["workspace_id"] == WORKSPACE
    assert access.workspace_id == WORKSPACE


@pytest.mark.parametrize(("named", "expected"), [(WORKSPACE, WORKSPACE), ("default", None), ("", None)])
def test_another_workspace_than_the_exchanges_is_not_expected_to_answer(
    home: dict[str, str], named: str, expected: str | None
) -> None:
    access = federated(home, ANTHROPIC_WORKSPACE_ID=named).access()
    assert (access.organization_id, access.workspace_id) == (ORGANIZATION, expected)


def test_one_exchange_serves_many_requests_and_is_repeated_before_the_end(home: dict[str, str]) -> None:
    there = federated(home)
    access = there.access()
    first = there.bearer(access)
    there.now += 3000
    assert there.bearer(access) == first
    there.now += 500
    assert there.bearer(access) != first
    assert len(there.service.exchanges) == 2


def test_the_exchange_goes_below_the_base_url_path(home: dict[str, str]) -> None:
    there = federated(home, AGENTOPS_TRUSTED_HOSTS="gateway.example")
    assert there.request(there.access("https://gateway.example/anthropic/")).url.path == (
        "/anthropic/v1/agents/agent_1"
    )
    assert there.service.exchanges[0].path == "/anthropic/v1/oauth/token"
    assert there.service.exchanges[0].headers["host"] == "gateway.example"


# -- where tokens may go


@pytest.mark.parametrize(
    "url", ["https://evil.example", "http://api.anthropic.com", "http://localhost.evil.example"]
)
def test_no_identity_token_goes_to_a_host_that_is_not_trusted(home: dict[str, str], url: str) -> None:
    there = federated(home)
    with pytest.raises(Stop, match="no credential is sent to"):
        there.access(url)
    with pytest.raises(Stop, match="no credential is sent to"):
        federated(home, ANTHROPIC_BASE_URL=url).access()
    assert there.service.asked == []


def test_a_trusted_host_without_https_gets_keys_and_no_identity_tokens(home: dict[str, str]) -> None:
    url, trusted = "http://gateway.example", {"AGENTOPS_TRUSTED_HOSTS": "gateway.example"}
    with pytest.raises(Stop, match="it is not https"):
        federated(home, **trusted).access(url)
    Outside({**home, **trusted, "ANTHROPIC_API_KEY": "k"}).access(url)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://127.0.0.1:1", "http://[::1]:1"])
def test_this_machine_needs_no_https(home: dict[str, str], url: str) -> None:
    there = federated(home)
    there.request(there.access(url))
    assert len(there.service.exchanges) == 1


# -- refusals of the token endpoint


def refusal(there: Outside, **options: Any) -> NoToken:
    with pytest.raises(NoToken) as raised:
        there.request(there.access(**options))
    assert there.asked == [], "nothing is sent without a token"
    for secret in (IDENTITY, GITHUB_BEARER, *there.service.accepted):
        assert secret not in f"{raised.value!s} {raised.value!r}"
        assert secret[-12:] not in str(raised.value)
    return raised.value


def test_the_one_sentence_of_the_service_becomes_what_to_check(home: dict[str, str]) -> None:
    there = federated(home, ANTHROPIC_SERVICE_ACCOUNT_ID=ACCOUNT)
    there.service.accepted.clear()
    error = refusal(there)
    assert error.summary == (
        "api.anthropic.com/v1/oauth/token refused the identity token: Authentication failed "
        "(HTTP 401, req_token)"
    )
    for word in ("https://token.example", SUBJECT, AUDIENCE, RULE, ORGANIZATION, ACCOUNT, "Console"):
        assert word in error.advice
    for word in ("issuer", "subject", "audience", "ANTHROPIC_WORKSPACE_ID", "id-token: write"):
        assert word in error.advice
    assert "expired" not in error.advice
    assert len(there.service.exchanges) == 2, "once more, as the SDK does, and not a third time"


def test_an_identity_token_that_has_expired_is_told(home: dict[str, str]) -> None:
    old = jwt(exp=1_700_000_000)
    error = refusal(Outside({**home, **LITERAL, "ANTHROPIC_IDENTITY_TOKEN": old}))
    assert "it has expired" in error.advice


@pytest.mark.parametrize(
    "token", ["no-token-at-all", "a.b.c", "a.e30.c", jwt(sub=["x"], aud={"a": 1}, exp="soon")]
)
def test_whatever_the_identity_token_is_the_refusal_is_a_sentence(home: dict[str, str], token: str) -> None:
    error = refusal(Outside({**home, **LITERAL, "ANTHROPIC_IDENTITY_TOKEN": token}))
    assert "check issuer, subject and audience" in error.advice


def test_a_malformed_rule_is_told_in_the_services_words(home: dict[str, str]) -> None:
    error = refusal(federated(home, ANTHROPIC_FEDERATION_RULE_ID="rule_1"))
    assert (error.status, "federation_rule_id" in error.summary) == (400, True)


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_any_other_refusal_is_told_once(home: dict[str, str], status: int) -> None:
    there = federated(home)
    there.service.fail = [status]
    assert refusal(there).status == status
    assert len(there.service.exchanges) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>log in</html>"),
        httpx.Response(200, json=[IDENTITY]),
        httpx.Response(200, json={"access_token": "t"}),
        httpx.Response(200, json={"access_token": "t", "expires_in": "soon"}),
        httpx.Response(200, json={"access_token": "t", "expires_in": 0}),
        httpx.Response(200, json={"access_token": "t", "expires_in": 10**400}),
        httpx.Response(200, json={"access_token": "t", "expires_in": 60, "token_type": "mac"}),
        httpx.Response(200, json={"access_token": "t\r\nx: y", "expires_in": 60}),
        httpx.Response(200, json={"access_token": 5, "expires_in": 60}),
        httpx.Response(200, content=b"{" + b" " * (1 << 20) + b"}"),
    ],
)
def test_an_answer_without_a_token_is_no_token(home: dict[str, str], answer: httpx.Response) -> None:
    there = federated(home)
    there.service = lambda _: httpx.Response(
        answer.status_code, headers=answer.headers, content=answer.content
    )  # type: ignore[assignment]
    with pytest.raises(NoToken, match="does not look like a token endpoint"):
        there.request()


@pytest.mark.parametrize(
    "body",
    [
        {"type": "error", "error": {"type": "authentication_error", "message": f"not {IDENTITY}"}},
        {"error": "invalid_grant", "error_description": f"not {IDENTITY}"},
        {"detail": f"not {IDENTITY}"},
        IDENTITY,
    ],
)
def test_an_endpoint_that_repeats_the_identity_token_is_not_repeated(home: dict[str, str], body: Any) -> None:
    there = federated(home)
    there.service = lambda _: httpx.Response(401, json=body, headers={"request-id": IDENTITY})  # type: ignore[assignment]
    with pytest.raises(NoToken) as raised:
        there.request()
    assert IDENTITY not in str(raised.value)
    assert IDENTITY.split(".")[1][:30] not in str(raised.value)
    assert IDENTITY not in str(there.told)


def test_an_endpoint_that_does_not_answer(home: dict[str, str]) -> None:
    there = federated(home)

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no", request=request)

    there.service = refuse  # type: ignore[assignment]
    with pytest.raises(NoToken, match=r"api\.anthropic\.com cannot be reached"):
        there.request()


def test_a_redirect_is_not_followed(home: dict[str, str]) -> None:
    there = federated(home)
    asked = []

    def redirect(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(307, headers={"location": "https://evil.example/token"})

    there.service = redirect  # type: ignore[assignment]
    with pytest.raises(NoToken, match="redirects to evil"):
        there.request()
    assert len(asked) == 1


def test_an_assertion_of_more_than_16_kib_is_not_sent(home: dict[str, str]) -> None:
    there = Outside({**home, **LITERAL, "ANTHROPIC_IDENTITY_TOKEN": "x" * 16_385})
    with pytest.raises(NoToken, match="longer than 16 KiB"):
        there.request()
    assert there.service.asked == []


# -- where identity tokens come from


def test_a_file_goes_before_a_literal_and_is_read_for_every_exchange(
    home: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "token"
    first, second = jwt(jti=1), jwt(jti=2)
    path.write_text(f"{first}\n")
    there = Outside(
        {**home, **LITERAL, "ANTHROPIC_IDENTITY_TOKEN_FILE": str(path)}, TokenService(first, second)
    )
    access = there.access()
    there.request(access)
    path.write_text(second)
    there.now += 3600
    there.request(access)
    assert [asked.body["assertion"] for asked in there.service.exchanges] == [first, second]


def test_a_literal_is_read_for_every_exchange(home: dict[str, str]) -> None:
    first, second = jwt(jti=1), jwt(jti=2)
    there = Outside({**home, **LITERAL, "ANTHROPIC_IDENTITY_TOKEN": first}, TokenService(first, second))
    access = there.access()
    there.request(access)
    there.environ["ANTHROPIC_IDENTITY_TOKEN"] = second
    there.now += 3600
    there.request(access)
    assert [asked.body["assertion"] for asked in there.service.exchanges] == [first, second]


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe", b"two words", b"x" * 2_000_000])
def test_a_file_without_a_token_is_named(home: dict[str, str], tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    there = Outside({**home, **RULE_ALONE, "ANTHROPIC_IDENTITY_TOKEN_FILE": str(path)})
    with pytest.raises(NoToken) as raised:
        there.request()
    assert str(path) in raised.value.summary
    assert "ANTHROPIC_IDENTITY_TOKEN_FILE" in raised.value.summary
    assert there.service.asked == []


def test_a_folder_in_the_place_of_the_file_is_named(home: dict[str, str], tmp_path: Path) -> None:
    there = Outside({**home, **RULE_ALONE, "ANTHROPIC_IDENTITY_TOKEN_FILE": str(tmp_path)})
    with pytest.raises(NoToken, match="no regular file"):
        there.request()


# -- GitHub Actions


def test_github_is_asked_when_a_token_is_needed_and_again_for_the_next(home: dict[str, str]) -> None:
    there = Outside({**home, **GITHUB})
    access = there.access()
    assert there.service.asked == [], "nothing is fetched before it is needed"
    there.request(access)
    there.now += 3600
    there.request(access)
    assert [asked.path for asked in there.service.asked] == [GITHUB_PATH, "/v1/oauth/token"] * 2
    first, _, second, _ = there.service.asked
    for asked in (first, second):
        assert asked.query == {"api-version": ["2.0"], "audience": [AUDIENCE]}
        assert asked.headers["authorization"] == f"Bearer {GITHUB_BEARER}"
        assert asked.headers["host"] == "vstoken.example"
    given = [asked.body["assertion"] for asked in there.service.exchanges]
    assert len(set(given)) == 2


@pytest.mark.parametrize("query", ["", "?"])
def test_a_request_url_without_a_query(home: dict[str, str], query: str) -> None:
    url = f"https://vstoken.example{GITHUB_PATH}{query}"
    there = Outside({**home, **GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": url})
    there.request()
    assert there.service.asked[0].query == {"audience": [AUDIENCE]}


def test_a_given_token_goes_before_github(home: dict[str, str], tmp_path: Path) -> None:
    there = Outside({**home, **GITHUB, "ANTHROPIC_IDENTITY_TOKEN": IDENTITY}, TokenService(IDENTITY))
    there.request()
    assert [asked.path for asked in there.service.asked] == ["/v1/oauth/token"]


@pytest.mark.parametrize(
    "url",
    [
        "http://vstoken.example/x",
        "ftp://vstoken.example",
        "vstoken.example",
        "http://localhost.evil.example",
        "http://ａ:x",
    ],
)
def test_the_request_token_goes_over_https_only(home: dict[str, str], url: str) -> None:
    with pytest.raises(Stop, match="ACTIONS_ID_TOKEN_REQUEST_URL is not https") as stopped:
        Outside({**home, **GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": url}).access()
    assert GITHUB_BEARER not in str(stopped.value.diagnostics)


def test_this_machine_is_asked_without_https(home: dict[str, str]) -> None:
    there = Outside({**home, **GITHUB, "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:1{GITHUB_PATH}"})
    there.request()
    assert len(there.service.exchanges) == 1


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(401, json={"message": f"not {GITHUB_BEARER}"}),
        httpx.Response(403),
        httpx.Response(200, text=GITHUB_BEARER),
        httpx.Response(200, json={"value": None}),
        httpx.Response(200, json={"value": "two words"}),
    ],
)
def test_where_github_gives_no_token_the_permission_is_named(
    home: dict[str, str], answer: httpx.Response
) -> None:
    there = Outside({**home, **GITHUB})
    there.service = lambda _: httpx.Response(
        answer.status_code, headers=answer.headers, content=answer.content
    )  # type: ignore[assignment]
    with pytest.raises(NoToken) as raised:
        there.request()
    assert "id-token: write" in raised.value.advice
    assert GITHUB_BEARER not in str(raised.value)


# -- a 401 of the API


def test_a_401_is_answered_with_a_new_token_exactly_once(home: dict[str, str]) -> None:
    there = federated(home)
    there.answer = lambda _: refused(401, "authentication_error", "no.")
    with pytest.raises(Unauthorized):
        there.request()
    assert len(there.asked) == 2
    assert len({request.headers["authorization"] for request in there.asked}) == 2
    assert len(there.service.exchanges) == 2


def test_a_token_that_was_revoked_is_replaced_and_a_create_is_sent_once_more(home: dict[str, str]) -> None:
    there = federated(home)

    def answer(request: httpx.Request) -> httpx.Response:
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        return ok() if bearer in there.service.live else refused(401, "authentication_error", "no.")

    there.answer = answer
    access = there.access()
    there.request(access)
    there.service.live.clear()
    body = {"name": "a", "model": "m"}
    assert there.use(access, lambda registry: registry.create(AGENT, body)) == {"id": "x_1"}
    assert [json.loads(request.content) for request in there.asked[1:]] == [body, body]
    assert [line[:3] for line in there.told] == [
        ("POST", "/v1/oauth/token", 200),
        ("GET", "/v1/agents/agent_1", 200),
        ("POST", "/v1/agents", 401),
        ("POST", "/v1/oauth/token", 200),
        ("POST", "/v1/agents", 200),
    ]


def test_requests_side_by_side_share_one_exchange_and_after_a_revocation_one_more(
    home: dict[str, str],
) -> None:
    there = federated(home)

    def answer(request: httpx.Request) -> httpx.Response:
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        return ok() if bearer in there.service.live else refused(401, "authentication_error", "no.")

    there.answer = answer

    async def many(registry: HttpRegistry) -> None:
        for _ in range(2):
            async with anyio.create_task_group() as tasks:
                for number in range(20):
                    tasks.start_soon(registry.get, AGENT, f"agent_{number}")
            there.service.live.clear()

    there.use(there.access(), many)
    assert len(there.service.exchanges) == 2
    assert 41 <= len(there.asked) <= 60, "once each, and again for those that were refused"


def test_a_write_whose_answer_was_lost_is_not_settled_by_a_token_that_cannot_be_had(
    home: dict[str, str],
) -> None:
    there = federated(home)
    access = there.access()

    def lose(request: httpx.Request) -> httpx.Response:
        there.now += 3600
        there.service.fail = [503]
        raise httpx.ReadError("reset", request=request)

    there.answer = lose
    with pytest.raises(OutcomeUnknown, match="may or may not have happened"):
        there.use(access, lambda registry: registry.update(AGENT, "agent_1", {"name": "b"}))


def test_a_key_that_is_refused_is_not_tried_again(home: dict[str, str]) -> None:
    there = Outside({**home, "ANTHROPIC_AUTH_TOKEN": "static"})
    there.answer = lambda _: refused(401, "authentication_error", "no.")
    with pytest.raises(Unauthorized):
        there.request()
    assert len(there.asked) == 1


def test_an_answer_that_repeats_any_token_there_ever_was_is_not_repeated(home: dict[str, str]) -> None:
    there = Outside({**home, **GITHUB})
    access = there.access()
    old = there.bearer(access)
    there.now += 3600
    new = there.bearer(access)
    identities = [asked.body["assertion"] for asked in there.service.exchanges]
    secrets = [old, new, *identities, GITHUB_BEARER]
    there.answer = lambda _: refused(400, "invalid_request_error", f"you sent {' and '.join(secrets)}.")
    with pytest.raises(RegistryError) as raised:
        there.request(access)
    assert raised.value.message == f"you sent {' and '.join(['***'] * 5)}."
