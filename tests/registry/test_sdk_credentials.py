"""The official SDK is the witness: in the same environment it signs as we do and asks for the same tokens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import anyio
import httpx2
import pytest
from starlette.applications import Starlette

from agentops.registry import HttpRegistry, World, find_access
from tests.registry.asking import AGENT, no_file, write_profile
from tests.registry.token_service import (
    ACCOUNT,
    CLIENT,
    ORGANIZATION,
    RULE,
    WORKSPACE,
    Guarded,
    TokenService,
    jwt,
)
from tests.registry.wire import ok
from tests.sockets import serving

LITERAL, FILED = jwt(jti="literal"), jwt(jti="file")
RULE_SET = {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}
CONFIG: dict[str, dict[str, Any]] = {
    "login": {"authentication": {"type": "user_oauth", "client_id": CLIENT}, "workspace_id": WORKSPACE},
    "filled": {"authentication": {"type": "user_oauth"}},
    "ended": {"authentication": {"type": "user_oauth", "client_id": CLIENT}},
    "daemon": {"authentication": {"type": "user_oauth"}, "workspace_id": "default"},
    "rule": {
        "authentication": {
            "type": "oidc_federation",
            "federation_rule_id": RULE,
            "service_account_id": ACCOUNT,
            "identity_token": {"source": "file", "path": "IDENTITY"},
        },
        "organization_id": ORGANIZATION,
        "workspace_id": WORKSPACE,
    },
    "cached": {
        "authentication": {
            "type": "oidc_federation",
            "federation_rule_id": RULE,
            "identity_token": {"source": "file", "path": "IDENTITY"},
        },
        "organization_id": ORGANIZATION,
    },
    "half": {"authentication": {"type": "oidc_federation"}},
    "default": {"authentication": {"type": "user_oauth"}},
}
ENDS = {"ended": 1, "daemon": 1, "filled": None, "default": None}

ENVIRONMENTS: dict[str, dict[str, str]] = {
    "key": {"ANTHROPIC_API_KEY": "sk-ant-api03-key"},
    "token": {"ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-auth"},
    "key and token": {"ANTHROPIC_API_KEY": "sk-ant-api03-key", "ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-auth"},
    "empty key, token": {"ANTHROPIC_API_KEY": "", "ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-auth"},
    "token and profile": {"ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-auth", "ANTHROPIC_PROFILE": "login"},
    "a login": {"ANTHROPIC_PROFILE": "login"},
    "a login that has ended": {"ANTHROPIC_PROFILE": "ended"},
    "a login kept fresh by others": {"ANTHROPIC_PROFILE": "daemon"},
    "a login, filled": {"ANTHROPIC_PROFILE": "filled", "ANTHROPIC_WORKSPACE_ID": WORKSPACE},
    "a login, nothing to fill": {"ANTHROPIC_PROFILE": "login", "ANTHROPIC_WORKSPACE_ID": "wrkspc_other"},
    "a rule in a profile": {"ANTHROPIC_PROFILE": "rule"},
    "a rule in a profile with a token": {"ANTHROPIC_PROFILE": "cached"},
    "half a rule in a profile, filled": {
        "ANTHROPIC_PROFILE": "half",
        "ANTHROPIC_IDENTITY_TOKEN_FILE": "IDENTITY",
        "ANTHROPIC_SERVICE_ACCOUNT_ID": ACCOUNT,
        **RULE_SET,
    },
    "a profile and a rule": {"ANTHROPIC_PROFILE": "login", "ANTHROPIC_IDENTITY_TOKEN": LITERAL, **RULE_SET},
    "a literal": {"ANTHROPIC_IDENTITY_TOKEN": LITERAL, **RULE_SET},
    "a file": {"ANTHROPIC_IDENTITY_TOKEN_FILE": "IDENTITY", **RULE_SET},
    "a file and a literal": {
        "ANTHROPIC_IDENTITY_TOKEN": LITERAL,
        "ANTHROPIC_IDENTITY_TOKEN_FILE": "IDENTITY",
        **RULE_SET,
    },
    "an account and a workspace": {
        "ANTHROPIC_IDENTITY_TOKEN": LITERAL,
        "ANTHROPIC_SERVICE_ACCOUNT_ID": ACCOUNT,
        "ANTHROPIC_WORKSPACE_ID": WORKSPACE,
        "ANTHROPIC_SCOPE": "workspace:developer",
        **RULE_SET,
    },
    "the default workspace": {
        "ANTHROPIC_IDENTITY_TOKEN": LITERAL,
        "ANTHROPIC_WORKSPACE_ID": "default",
        **RULE_SET,
    },
    "a rule and a pointer": {"ANTHROPIC_IDENTITY_TOKEN": LITERAL, "POINTER": "login", **RULE_SET},
    "half a rule and a pointer": {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "POINTER": "login"},
    "a pointer": {"POINTER": "login"},
    "the default": {},
    "custom headers": {
        "ANTHROPIC_API_KEY": "sk-ant-api03-key",
        "ANTHROPIC_CUSTOM_HEADERS": "X-Team: fleet\nX-Gateway : a: b\n\nx-empty:\n",
    },
    "custom headers with a rule": {
        "ANTHROPIC_IDENTITY_TOKEN": LITERAL,
        "ANTHROPIC_CUSTOM_HEADERS": "X-Team: fleet",
        **RULE_SET,
    },
}
NEW = ("authorization", "x-api-key", "anthropic-beta", "anthropic-workspace-id", "anthropic-version")
CUSTOM = ("x-team", "x-gateway", "x-empty")


class Side:
    """A home of its own for one of the two, so that neither finds what the other has written."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.service = TokenService(LITERAL, FILED)
        self.folder = home / ".config" / "anthropic"
        home.mkdir()
        (home / "identity").write_text(f"{FILED}\n")
        for name, config in CONFIG.items():
            kept = {"access_token": f"sk-ant-oat01-{name}", "expires_at": ENDS.get(name, 4_000_000_000)}
            kept["refresh_token"] = self.service.refresh_token
            text = json.dumps(config).replace("IDENTITY", str(home / "identity"))
            has = name in ENDS or name in ("login", "cached")
            write_profile(self.folder, name, text, json.dumps(kept) if has else None)

    def environ(self, given: dict[str, str], url: str) -> dict[str, str]:
        if "POINTER" in given:
            (self.folder / "active_config").write_text(given["POINTER"])
        told = {
            name: value.replace("IDENTITY", str(self.home / "identity")) if "FILE" in name else value
            for name, value in given.items()
        }
        return {"HOME": str(self.home), "ANTHROPIC_BASE_URL": url, **told}

    def kept(self) -> dict[str, Any]:
        return {path.name: json.loads(path.read_text()) for path in (self.folder / "credentials").iterdir()}


@pytest.fixture
def socket_of(tmp_path: Path) -> Iterator[Any]:
    """Two sides, each with the token endpoint on a socket: the SDK brings its own connections."""
    ours, theirs = Side(tmp_path / "ours"), Side(tmp_path / "theirs")
    api = Starlette()
    with (
        serving(Guarded(ours.service, api)) as our_port,
        serving(Guarded(theirs.service, api)) as their_port,
    ):
        yield (ours, f"http://127.0.0.1:{our_port}"), (theirs, f"http://127.0.0.1:{their_port}")


def sent_by_us(environ: dict[str, str]) -> dict[str, str]:
    import httpx

    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return ok()

    async def main() -> None:
        access = find_access(None, None, World(environ, no_file))
        transport = httpx.MockTransport(answer)
        async with HttpRegistry.open(
            access.base_url, access.credential, workspace_id=access.selects, transport=transport
        ) as registry:
            await registry.get(AGENT, "agent_1")

    anyio.run(main)
    (request,) = requests
    return dict(request.headers)


def sent_by_the_sdk(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    requests: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        return httpx2.Response(200, json={"id": "x_1"})

    for name in list(os.environ):
        if name.startswith("ANTHROPIC_"):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        anthropic.Anthropic(http_client=client, max_retries=0).beta.agents.retrieve("agent_1")
    (request,) = requests
    return dict(request.headers)


@pytest.mark.skipif(os.name != "posix", reason="the home directory is set as POSIX does")
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_we_sign_and_exchange_as_the_official_sdk_does(
    name: str, socket_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ours, our_url), (theirs, their_url) = socket_of
    given = ENVIRONMENTS[name]
    by_us = sent_by_us(ours.environ(given, our_url))
    by_the_sdk = sent_by_the_sdk(theirs.environ(given, their_url), monkeypatch)
    for header in (*NEW, *CUSTOM):
        assert by_us.get(header) == by_the_sdk.get(header), header

    assert len(ours.service.asked) == len(theirs.service.asked)
    for one, other in zip(ours.service.asked, theirs.service.asked, strict=True):
        assert (one.method, one.path, one.query, one.body) == (
            other.method,
            other.path,
            other.query,
            other.body,
        )
        for header in (*NEW, "content-type", "cookie"):
            assert one.headers.get(header) == other.headers.get(header), header
    assert without_times(ours.kept()) == without_times(theirs.kept())


def without_times(kept: dict[str, Any]) -> dict[str, Any]:
    """What both leave on the disk; the seconds of two runs may differ by some."""
    return {
        name: {**content, "expires_at": content["expires_at"] and content["expires_at"] // 100}
        for name, content in kept.items()
    }


def test_the_environments_reach_every_way_of_signing(socket_of: Any) -> None:
    """So that the comparison is not of one way many times."""
    (ours, url), _ = socket_of
    seen = set()
    for given in ENVIRONMENTS.values():
        seen.add(sent_by_us(ours.environ(given, url))["authorization"].rstrip("0123456789"))
        (ours.folder / "active_config").unlink(missing_ok=True)
    assert len(seen) >= 7
