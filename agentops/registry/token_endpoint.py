"""``POST /v1/oauth/token``: an identity token or a refresh token for an access token (RFC 7523, RFC 6749).

Path, headers and bodies are the official SDK's (2.12), with which the tests compare them.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from agentops.domain.ports import NoToken
from agentops.registry.answers import read_refusal
from agentops.registry.concealment import one_line
from agentops.registry.credentials import can_be_sent, host_of, is_loopback, refuse_untrusted, stop
from agentops.registry.one_off import OneOff
from agentops.registry.tokens import OAUTH_BETA, Clock, Token

PATH = "/v1/oauth/token"
FEDERATION_BETA = "oidc-federation-2026-04-01"
MOST_ASSERTION_BYTES = 16 * 1024

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_CLAIMS = {"iss": "issuer", "sub": "subject", "aud": "audience"}
_LONGEST_CLAIM = 200
_LONGEST_LIFE = 10**9
_USUAL_LIFE = 3600
"""Seconds that a login's token lives where the answer does not say (SDK)."""


@dataclass(frozen=True, slots=True)
class FederationRule:
    """Which rule takes the identity token, and whom it makes of it. What is None is left out of the body."""

    id: str
    organization_id: str
    service_account_id: str | None = None
    workspace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """An access token, and the refresh token that comes next, if the answer has one."""

    token: Token
    refresh_token: str | None = field(repr=False)


class TokenEndpoint:
    """The token endpoint of an API. Make it with ``at``."""

    def __init__(self, base_url: str, web: OneOff, clock: Clock = time.time) -> None:
        self._url = httpx.URL(base_url.rstrip("/") + PATH)
        self._web = web
        self._clock = clock

    @classmethod
    def at(
        cls, base_url: str, environ: Mapping[str, str], web: OneOff, clock: Clock = time.time
    ) -> TokenEndpoint:
        """The endpoint below a base URL.

        Raises:
            Stop: it is not to be trusted, or would be sent the tokens in clear text.
        """
        refuse_untrusted(base_url, environ)
        url = httpx.URL(base_url)
        if url.scheme != "https" and not is_loopback(url.host):
            raise stop(
                f"no token is asked for at {host_of(base_url)}: it is not https",
                "identity tokens and refresh tokens are sent over https, or to this machine: "
                "correct the base URL, or use an API key",
            )
        return cls(base_url, web, clock)

    async def exchange(self, rule: FederationRule, assertion: str) -> Token:
        """The access token that a federation rule gives for an identity token.

        Raises:
            NoToken: it is refused, or no token comes back.
        """
        self._web.known.add(assertion)
        if len(assertion.encode()) > MOST_ASSERTION_BYTES:
            raise NoToken(
                "the identity token is longer than 16 KiB, which no token is",
                "check that the file it comes from is the token, not a key or a certificate",
            )
        body = {
            "grant_type": _JWT_BEARER,
            "assertion": assertion,
            "federation_rule_id": rule.id,
            "organization_id": rule.organization_id,
        }
        if rule.service_account_id is not None:
            body["service_account_id"] = rule.service_account_id
        if rule.workspace_id is not None:
            body["workspace_id"] = rule.workspace_id
        response = await self._ask(body, f"{OAUTH_BETA},{FEDERATION_BETA}")
        if response.status_code != 200:
            raise self._refused(response, body, "identity token", self._advice(rule, assertion, response))
        answer = self._answer(response, body)
        return self._granted(answer, response, answer.get("expires_in")).token

    async def refresh(self, refresh_token: str, client_id: str) -> Granted:
        """The next tokens of a login.

        Raises:
            NoToken: it is refused, or no token comes back.
        """
        self._web.known.add(refresh_token)
        body = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
        response = await self._ask(body, OAUTH_BETA)
        if response.status_code != 200:
            raise self._refused(response, body, "refresh token", "log in anew")
        answer = self._answer(response, body)
        granted = self._granted(answer, response, answer.get("expires_in", _USUAL_LIFE))
        if granted.refresh_token is not None:
            self._web.known.add(granted.refresh_token)
        return granted

    async def _ask(self, body: Mapping[str, str], beta: str) -> httpx.Response:
        request = httpx.Request(
            "POST",
            self._url,
            content=json.dumps(body).encode(),
            headers={
                "content-type": "application/json",
                "accept": "application/json",
                "anthropic-beta": beta,
            },
        )
        return await self._web.ask(request, "check the base URL, the network and the proxy, and try again")

    def _answer(self, response: httpx.Response, body: Mapping[str, str]) -> dict[str, Any]:
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise self._useless(response)
        return answer

    def _granted(self, answer: Mapping[str, Any], response: httpx.Response, life: Any) -> Granted:
        token, kind, next_one = (
            answer.get("access_token"),
            answer.get("token_type"),
            answer.get("refresh_token"),
        )
        bearer = kind is None or (isinstance(kind, str) and kind.lower() == "bearer")
        try:
            seconds = int(life)
        except (TypeError, ValueError, OverflowError):
            seconds = 0
        if not bearer or not isinstance(token, str) or not can_be_sent(token):
            raise self._useless(response)
        if not 0 < seconds < _LONGEST_LIFE:
            raise self._useless(response)
        self._web.known.add(token)
        return Granted(
            Token(token, self._clock() + seconds),
            next_one if isinstance(next_one, str) and next_one else None,
        )

    def _useless(self, response: httpx.Response) -> NoToken:
        return NoToken(
            f"{self._where} does not look like a token endpoint: its answer has no token that can be used",
            "check the base URL",
            status=response.status_code,
            request_id=self._web.known.concealer().word(response.headers.get("request-id", "")),
        )

    def _refused(self, response: httpx.Response, body: Mapping[str, str], what: str, advice: str) -> NoToken:
        refusal = read_refusal(response, dict(body), self._web.known.concealer())
        oauth = self._oauth_error(response)
        return NoToken(
            f"{self._where} refused the {what}: {oauth or refusal.message}",
            advice,
            status=response.status_code,
            request_id=refusal.request_id,
        )

    def _oauth_error(self, response: httpx.Response) -> str | None:
        """What an error in the form of RFC 6749 says: ``{"error": …, "error_description": …}``."""
        try:
            answer = json.loads(response.content)
        except (ValueError, RecursionError):
            return None
        told = answer.get("error_description") if isinstance(answer, dict) else None
        return self._web.known.concealer()(told)[:_LONGEST_CLAIM] if isinstance(told, str) else None

    def _advice(self, rule: FederationRule, assertion: str, response: httpx.Response) -> str:
        """The service answers every denial with the same words; the reason stands in its console alone."""
        if response.status_code != 401:
            return f"check rule {one_line(rule.id)}, the organization, the service account and the workspace"
        claims = _claims_of(assertion)
        told = [f"{name} {self._told(claims[key])}" for key, name in _CLAIMS.items() if claims.get(key)]
        ends = claims.get("exp")
        if isinstance(ends, int | float) and ends < self._clock():
            told.append("and it has expired")
        said = f" (the token has {', '.join(told)})" if told else ""
        workspace = (
            f"workspace {one_line(rule.workspace_id)}"
            if rule.workspace_id
            else "the workspace, which has to be named (ANTHROPIC_WORKSPACE_ID) where the rule covers several"
        )
        return (
            f"check issuer, subject and audience against rule {one_line(rule.id)}{said}, "
            f"organization {one_line(rule.organization_id)}, "
            f"service account {one_line(rule.service_account_id or 'none')} and {workspace}; "
            "in GitHub Actions the job needs `permissions: {id-token: write}`; "
            "the reason stands under Workload identity in the Console"
        )

    def _told(self, claim: Any) -> str:
        text = claim if isinstance(claim, str) else json.dumps(claim)
        return self._web.known.concealer()(text)[:_LONGEST_CLAIM]

    @property
    def _where(self) -> str:
        return f"{self._url.netloc.decode('ascii')}{self._url.path}"


def _claims_of(assertion: str) -> dict[str, Any]:
    """The claims of a JWT, unverified: only to say what was sent. Empty for what is none."""
    parts = assertion.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
