"""A token endpoint and GitHub's identity tokens on this machine, written from the wire's description.

It is strict: a request with another header or member than the description names is a 400, and so is one of
the wrong form. Whom it does not know it refuses as the service does, with the same words whatever the reason.
"""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

RULE = "fdrl_01Rule"
ORGANIZATION = "1db65d23-dd31-4e1e-a09a-d16de8c162db"
ACCOUNT = "svac_01Account"
WORKSPACE = "wrkspc_01Workspace"
CLIENT = "client-of-the-login"
GITHUB_BEARER = "github-request-token-not-real"
GITHUB_PATH = "/github/idtoken"
AUDIENCE = "https://api.anthropic.com"
SUBJECT = "repo:acme/fleet:ref:refs/heads/main"

TOKEN_PATH = "/v1/oauth/token"
_EXCHANGED = {
    "grant_type",
    "assertion",
    "federation_rule_id",
    "organization_id",
    "service_account_id",
    "workspace_id",
}


def jwt(**claims: Any) -> str:
    """A token of the right form, signed by nobody."""
    payload = {
        "iss": "https://token.example",
        "sub": SUBJECT,
        "aud": AUDIENCE,
        "exp": 4_000_000_000,
        **claims,
    }
    parts = ({"alg": "RS256", "kid": "1"}, payload)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJlLW9mLW5vYm9keQ"])


@dataclass(frozen=True)
class Asked:
    """A request as it arrived: names of headers in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


class TokenService:
    """Answers ``POST /v1/oauth/token`` and GitHub's request URL; ``fail`` is statuses to answer with first.

    ``accepted``: the identity tokens that the rule takes. ``live``: access tokens that were given and not
    revoked. ``refresh_token``: the only one that is good for another access token; it changes with each use.
    ``before_api`` is called with method and path before each request to the API that it guards.
    """

    def __init__(self, *accepted: str, expires_in: int = 3600) -> None:
        self.accepted = set(accepted)
        self.expires_in = expires_in
        self.asked: list[Asked] = []
        self.fail: list[int] = []
        self.live: set[str] = set()
        self.refresh_token = "sk-ant-ort01-first-refresh-token"
        self.before_api: Callable[[str], object] = lambda asked: None
        self._numbers = itertools.count(1)

    @property
    def exchanges(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.path.endswith(TOKEN_PATH)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """For ``httpx.MockTransport``."""
        asked = Asked(
            request.method,
            request.url.path,
            parse_qs(request.url.query.decode()),
            dict(request.headers),
            request.content,
        )
        status, body = self.answer(asked)
        return httpx.Response(status, json=body, headers={"request-id": "req_token"})

    def answer(self, asked: Asked) -> tuple[int, Any]:
        self.asked.append(asked)
        if asked.path == GITHUB_PATH:
            return self._github(asked)
        if self.fail:
            return _error(self.fail.pop(0), "api_error", "Told to fail.")
        if fault := _fault(asked):
            return _error(400, "invalid_request_error", fault)
        if asked.body["grant_type"] == "refresh_token":
            return self._refresh(asked.body)
        if asked.body["assertion"] not in self.accepted or asked.body["federation_rule_id"] != RULE:
            return _error(401, "authentication_error", "Authentication failed")
        return 200, self._granted()

    def _github(self, asked: Asked) -> tuple[int, Any]:
        known = asked.headers.get("authorization") == f"Bearer {GITHUB_BEARER}"
        if asked.method != "GET" or not known or asked.query.get("audience") != [AUDIENCE]:
            return 401, {"message": "no"}
        token = jwt(iss="https://token.actions.githubusercontent.com", jti=next(self._numbers))
        self.accepted.add(token)
        return 200, {"count": 1, "value": token}

    def _refresh(self, body: Mapping[str, str]) -> tuple[int, Any]:
        if body["refresh_token"] != self.refresh_token or body["client_id"] != CLIENT:
            return 400, {"error": "invalid_grant", "error_description": "Refresh token not found or invalid"}
        self.refresh_token = f"sk-ant-ort01-refresh-token-{next(self._numbers)}"
        return 200, {**self._granted(), "refresh_token": self.refresh_token}

    def _granted(self) -> dict[str, Any]:
        token = f"sk-ant-oat01-access-token-{next(self._numbers)}"
        self.live.add(token)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": self.expires_in,
            "scope": "workspace:developer",
        }


class Guarded:
    """An API that takes nothing but the tokens of a service, with the beta header that belongs to them; for a
    real socket, below any path."""

    def __init__(self, service: TokenService, api: ASGIApp, prefix: str = "") -> None:
        self._service = service
        self._api = api
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._api(scope, receive, send)
        path = scope["path"].removeprefix(self._prefix)
        request = Request(scope, receive)
        if path in (TOKEN_PATH, GITHUB_PATH):
            query = parse_qs(scope["query_string"].decode())
            asked = Asked(scope["method"], path, query, dict(request.headers), await request.body())
            status, body = self._service.answer(asked)
            answer = Response(json.dumps(body), status, {"request-id": "req_token"}, "application/json")
            return await answer(scope, receive, send)
        self._service.before_api(f"{scope['method']} {scope['path']}")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        marked = "oauth-2025-04-20" in request.headers.get("anthropic-beta", "")
        if bearer not in self._service.live or marked is not bearer.startswith("sk-ant-oat"):
            _, body = _error(401, "authentication_error", f"No entry for {bearer}")
            return await Response(json.dumps(body), 401, None, "application/json")(scope, receive, send)
        return await self._api({**scope, "path": path, "raw_path": path.encode()}, receive, send)


def _fault(asked: Asked) -> str | None:
    """What is wrong with the form of a request to the token endpoint."""
    if asked.method != "POST" or asked.query:
        return "POST, without a query"
    if asked.headers.get("content-type") != "application/json":
        return "content-type"
    for name in ("authorization", "x-api-key", "anthropic-version", "anthropic-workspace-id", "cookie"):
        if name in asked.headers:
            return f"{name} has no place here"
    body = asked.body
    beta = asked.headers.get("anthropic-beta")
    if body.get("grant_type") == "refresh_token":
        right = set(body) == {"grant_type", "refresh_token", "client_id"} and beta == "oauth-2025-04-20"
        return None if right else "a refresh has other members or betas"
    if body.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer":
        return "grant_type"
    if beta != "oauth-2025-04-20,oidc-federation-2026-04-01":
        return "anthropic-beta"
    if not {"assertion", "federation_rule_id", "organization_id"} <= set(body) <= _EXCHANGED:
        return f"members: {sorted(body)}"
    if not all(isinstance(value, str) and value for value in body.values()):
        return "every member is a text"
    if not body["federation_rule_id"].startswith("fdrl_"):
        return "federation_rule_id"
    workspace = body.get("workspace_id", "default")
    return None if workspace == "default" or workspace.startswith("wrkspc_") else "workspace_id"


def _error(status: int, type: str, message: str) -> tuple[int, Any]:
    return status, {"type": "error", "error": {"type": type, "message": message}, "request_id": "req_token"}
