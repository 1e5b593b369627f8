"""A secret is planted in every place there is; every command is run, against a real registry and against one
that throws everything it was sent back at us. Then all that was printed, logged and written is searched."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from tests.projects import Project
from tests.registry.asking import write_profile
from tests.registry.token_service import (
    CLIENT,
    GITHUB_PATH,
    ORGANIZATION,
    RULE,
    Guarded,
    TokenService,
    jwt,
)
from tests.sockets import serving

LITERAL, FILED = jwt(jti="planted-literal"), jwt(jti="planted-file")
GITHUB_BEARER = "github-request-token-not-real"

PLANTED = {
    "ANTHROPIC_API_KEY": "sk-ant-api03-planted-in-the-usual-variable",
    "ANTHROPIC_AUTH_TOKEN": "sk-ant-oat01-planted-auth-token",
    "PROD_KEY": "sk-ant-api03-planted-for-the-stage",
    "ANTHROPIC_IDENTITY_TOKEN": LITERAL,
    "identity file": FILED,
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_BEARER,
    "login": "sk-ant-oat01-planted-in-a-profile",
    "refresh": "sk-ant-ort01-first-refresh-token",
    "ANTHROPIC_CUSTOM_HEADERS": "planted-gateway-pass",
    "LINEAR_TOKEN": "lin_api_planted_for_a_vault",
    "secret file": "planted-in-a-secret-file",
    "MCP_URL": "https://mcp.example.com/planted-token-in-a-url",
    "HTTPS_PROXY": "planted-proxy-password",
}

VAULT = """\
display_name: Keys
credentials:
  linear:
    auth: {type: static_bearer, mcp_server_url: https://mcp.linear.app/mcp, token: {secret: env:LINEAR_TOKEN}}
  course-api:
    auth:
      type: environment_variable
      secret_name: COURSE_API_KEY
      secret_value: {secret: file:.secrets/course-api}
      networking: {type: unrestricted}
"""

COMMANDS = [
    ["validate"],
    ["validate", "--format", "json"],
    ["render", "credential/keys/linear"],
    ["render", "agent/tutor", "--format", "json"],
    ["plan"],
    ["plan", "--format", "json"],
    ["plan", "-v", "--out", "saved.plan"],
    ["apply", "--yes", "-v"],
    ["apply", "--plan", "saved.plan", "--yes", "--format", "json"],
    ["drift", "-v"],
    ["status", "-v"],
    ["plan", "-v", "--rotate", "credential/keys/linear"],
    ["apply", "--yes", "-v", "--rotate", "credential/keys/linear", "--rotate", "credential/keys/course-api"],
    ["lock", "list"],
    ["lock", "show", "credential/keys/linear"],
    ["destroy", "--stage", "prod", "--yes", "-v"],
]


@dataclass
class Search:
    """What was printed and logged, and a look into all files below the project."""

    root: Path
    texts: list[str] = field(default_factory=list)
    secrets: set[str] = field(default_factory=lambda: set(PLANTED.values()))

    def finds(self) -> list[str]:
        files = [path for path in self.root.rglob("*") if path.is_file() and path.parent.name != ".secrets"]
        everywhere = [*self.texts, *(path.read_bytes().decode("utf-8", "replace") for path in files)]
        return [
            f"{secret[:14]}… in {text[max(0, text.find(form) - 80) :][:200]!r}"
            for secret in self.secrets
            for form in (secret, quote(secret, safe=""), secret[:24], secret[-16:])
            for text in everywhere
            if form in text
        ]


@dataclass
class Planted:
    project: Project
    home: Path
    monkeypatch: pytest.MonkeyPatch
    search: Search
    caplog: pytest.LogCaptureFixture
    service: TokenService

    def run(self, *arguments: str) -> int:
        ended = self.project.run(*arguments)
        self.search.texts += [ended.out, ended.err, self.caplog.text]
        self.caplog.clear()
        self.search.secrets |= self.service.live | {self.service.refresh_token}
        self.search.secrets |= self.service.accepted
        assert "Traceback" not in ended.err, ended.err
        assert "bug in agentops" not in ended.err, ended.err
        return ended.code

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)


@pytest.fixture
def planted(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Planted:
    caplog.set_level(logging.INFO)
    project.write("vaults/keys.yaml", VAULT)
    (project.root / ".secrets").mkdir()
    (project.root / ".secrets" / "course-api").write_text(f"{PLANTED['secret file']}\n")
    home = tmp_path / ".config" / "anthropic"
    (tmp_path / "identity").write_text(FILED)
    config = {"authentication": {"type": "user_oauth", "client_id": CLIENT}}
    kept = {"access_token": PLANTED["login"], "refresh_token": PLANTED["refresh"], "expires_at": 1}
    write_profile(home, "ended", json.dumps(config), json.dumps(kept))
    write_profile(home, "login", json.dumps(config), json.dumps({**kept, "expires_at": 4_000_000_000}))
    made = Planted(project, home, monkeypatch, Search(project.root), caplog, TokenService(LITERAL, FILED))
    made.set(
        ANTHROPIC_CUSTOM_HEADERS=f"x-gateway: {PLANTED['ANTHROPIC_CUSTOM_HEADERS']}",
        LINEAR_TOKEN=PLANTED["LINEAR_TOKEN"],
        MCP_URL=PLANTED["MCP_URL"],
        HTTPS_PROXY=f"http://somebody:{PLANTED['HTTPS_PROXY']}@127.0.0.1:9",
    )
    return made


def _rule(planted: Planted, organization: str, **more: str) -> None:
    planted.set(ANTHROPIC_FEDERATION_RULE_ID=RULE, ANTHROPIC_ORGANIZATION_ID=organization, **more)


WAYS: dict[str, Callable[[Planted, str, str], None]] = {
    "key": lambda p, url, org: p.set(ANTHROPIC_API_KEY=PLANTED["ANTHROPIC_API_KEY"]),
    "token": lambda p, url, org: p.set(ANTHROPIC_AUTH_TOKEN=PLANTED["ANTHROPIC_AUTH_TOKEN"]),
    "stage": lambda p, url, org: p.set(PROD_KEY=PLANTED["PROD_KEY"]),
    "login": lambda p, url, org: p.set(ANTHROPIC_PROFILE="login"),
    "ended login": lambda p, url, org: p.set(ANTHROPIC_PROFILE="ended"),
    "literal": lambda p, url, org: _rule(p, org, ANTHROPIC_IDENTITY_TOKEN=LITERAL),
    "file": lambda p, url, org: _rule(
        p, org, ANTHROPIC_IDENTITY_TOKEN_FILE=str(p.home.parents[1] / "identity")
    ),
    "github": lambda p, url, org: _rule(
        p,
        org,
        ACTIONS_ID_TOKEN_REQUEST_URL=f"{url}{GITHUB_PATH}",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN=GITHUB_BEARER,
    ),
}
"""A way to sign -> what sets it up, given the base URL and the organization."""


def sign(planted: Planted, way: str, url: str, organization: str = ORGANIZATION, *, more: str = "") -> None:
    WAYS[way](planted, url, organization)
    key = ", api_key: {secret: 'env:PROD_KEY'}" if way == "stage" else ""
    stages = f"stages:\n  prod:\n    registry: {{base_url: '{url}'{key}}}\n{more}"
    planted.project.write("agentops.yaml", f"project: demo\n{stages}")


# -- a real registry


class Forward:
    """To another server, as a gateway does it."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.request(
                request.method,
                f"{self._url}{request.url.path}",
                params=request.url.query,
                headers={k: v for k, v in request.headers.items() if k not in ("host", "content-length")},
                content=await request.body(),
            )
        drop = ("content-length", "content-encoding", "transfer-encoding")
        headers = {name: value for name, value in answer.headers.items() if name not in drop}
        await Response(answer.content, answer.status_code, headers)(scope, receive, send)


@contextmanager
def real_registry(database: Path) -> Iterator[tuple[str, list[str]]]:
    """``agentops registry serve -v`` as a process: its URL, and a list that has all it printed at the end."""
    command = [
        sys.executable,
        "-m",
        "agentops",
        "registry",
        "serve",
        "-v",
        "--port",
        "0",
        "--data",
        str(database),
    ]
    printed: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), printed
        finally:
            process.terminate()
            printed.extend(process.communicate(timeout=20))


@pytest.mark.parametrize("way", ["key", "stage", "ended login", "github"])
def test_no_secret_is_told_or_written_by_any_command(planted: Planted, way: str, tmp_path: Path) -> None:
    database = tmp_path / "remote.db"
    with real_registry(database) as (real, printed):
        named = httpx.get(f"{real}/v1/skills", headers={"x-api-key": "x", "anthropic-version": "2026-10-21"})
        keys = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "PROD_KEY", "login")
        planted.service.live |= {PLANTED[name] for name in keys}
        with serving(Guarded(planted.service, Forward(real))) as port:
            sign(planted, way, f"http://127.0.0.1:{port}", named.headers["anthropic-organization-id"])
            codes = {" ".join(command): planted.run(*command) for command in COMMANDS}
    assert codes == dict.fromkeys(codes, 0)
    planted.search.texts += printed
    assert "POST /v1/" in "".join(printed), "the registry was told to say what it is asked"
    assert planted.search.finds() == []
    stored = database.read_bytes().decode("latin-1")
    assert [secret for secret in planted.search.secrets if secret in stored] == []


# -- a server that repeats everything


@dataclass
class Echo:
    """Repeats what it was sent, headers and body, in an answer of some form. Where it is ``patient``, it
    answers reads, and requests for tokens, as they should be, and repeats only what is written."""

    form: str
    service: TokenService
    patient: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = (await request.body()).decode()
        if self.patient and (answer := self._proper(request)) is not None:
            return await answer(scope, receive, send)
        sent = " ".join([*(f"{name}: {value}" for name, value in request.headers.items()), body])
        bearer = request.headers.get("authorization") or body[:300].replace("\n", " ")
        answer = self._answer(sent, json.loads(body) if body.startswith("{") else {})
        answer.headers["request-id"] = bearer
        answer.headers["x-should-retry"] = "false"
        return await answer(scope, receive, send)

    def _proper(self, request: Request) -> Response | None:
        if request.url.path.endswith("/oauth/token"):
            return JSONResponse(self.service._granted())
        return JSONResponse({"data": [], "next_page": None}) if request.method == "GET" else None

    def _answer(self, sent: str, body: Any) -> Response:
        status, _, form = self.form.partition(" ")
        match form:
            case "api":
                error = {"type": sent, "message": f"you sent {sent}", "details": {"error_code": sent}}
                return JSONResponse({"type": "error", "error": error, "request_id": sent}, int(status))
            case "oauth":
                return JSONResponse({"error": "invalid", "error_description": sent}, int(status))
            case "detail":
                return JSONResponse(
                    {"detail": [{"loc": ["body", sent], "msg": sent, "input": body}]}, int(status)
                )
            case "text":
                return PlainTextResponse(sent, int(status))
            case "html":
                return Response(f"<html><title>{sent}</title></html>", int(status), media_type="text/html")
            case "type":
                return Response(
                    b"?",
                    int(status),
                    {"content-type": sent.encode("latin-1", "replace").decode("latin-1")[:2000]},
                )
            case "redirect":
                return Response(
                    status_code=int(status),
                    headers={"location": f"https://{quote(sent[:200])}/{quote(sent[:900])}"},
                )
        more = {"error": sent, "access_token": sent, "expires_in": sent}
        return JSONResponse({**body, "id": "made_1", **more}, int(status))


FORMS = [
    *(f"{status} api" for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 529)),
    "401 oauth",
    "400 detail",
    "422 detail",
    "400 text",
    "401 text",
    "502 html",
    "200 html",
    "200 text",
    "500 type",
    "200 type",
    "302 redirect",
    "307 redirect",
    "200 object",
    "404 object",
]


@pytest.mark.parametrize("way", ["token", "login", "ended login", "file", "github"])
def test_no_secret_is_told_of_a_server_that_repeats_everything(planted: Planted, way: str) -> None:
    echo = Echo("", planted.service)
    with serving(echo) as port:
        sign(planted, way, f"http://127.0.0.1:{port}")
        for form in FORMS:
            echo.form = form
            assert planted.run("plan", "-v") == 1, form
        assert planted.run("drift", "-v", "--format", "json") == 1
        assert planted.run("status", "-v") == 1
    assert planted.search.finds() == []


@pytest.mark.parametrize("way", ["stage", "literal"])
def test_no_secret_is_told_of_a_server_that_repeats_what_is_to_be_created(
    planted: Planted, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentops.cli.wiring.SETTLE", 0.1)  # nothing it repeats is ever found
    echo = Echo("", planted.service, patient=True)
    with serving(echo) as port:
        # With a mutex nothing would be created: it is in no shape to keep one.
        sign(planted, way, f"http://127.0.0.1:{port}", more="    mutex: off\n")
        for form in FORMS:
            echo.form = form
            for lock in planted.project.root.glob("locks/*"):
                lock.unlink()
            for journal in planted.project.root.glob(".agentops/*.journal"):
                journal.unlink()
            code = planted.run("apply", "--yes", "-v")
            assert (code == 0) is (form == "200 object"), form
            assert planted.search.finds() == [], form
            planted.search.texts.clear()


def test_a_secret_where_none_has_its_place_is_refused_and_not_looked_up(planted: Planted) -> None:
    planted.project.write(
        "agents/tutor/agent.yaml",
        "name: tutor\nmodel: claude-opus-5-5\nprompt: prompt.md\n"
        "mcp_servers: [{type: url, name: mine, url: {secret: env:MCP_URL}}]\n",
    )
    for command in (
        ["validate"],
        ["validate", "--format", "json"],
        ["plan", "-v"],
        ["render", "agent/tutor"],
    ):
        assert planted.run(*command) == 1
    assert planted.search.finds() == []


@pytest.mark.parametrize(
    "mistake",
    [
        {"ANTHROPIC_API_KEY": f"{PLANTED['ANTHROPIC_API_KEY']} twice"},
        {"ANTHROPIC_AUTH_TOKEN": f"{PLANTED['ANTHROPIC_AUTH_TOKEN']}\u2028"},
        {"ANTHROPIC_CUSTOM_HEADERS": PLANTED["ANTHROPIC_CUSTOM_HEADERS"]},
        {"ANTHROPIC_CUSTOM_HEADERS": f"authorization: {PLANTED['ANTHROPIC_CUSTOM_HEADERS']}"},
        {"ANTHROPIC_BASE_URL": f"https://user:{PLANTED['HTTPS_PROXY']}@api.anthropic.com"},
        {"ANTHROPIC_BASE_URL": f"https://evil.example/{PLANTED['MCP_URL']}"},
        {
            "ANTHROPIC_FEDERATION_RULE_ID": RULE,
            "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION,
            "ANTHROPIC_IDENTITY_TOKEN": f"{LITERAL} {LITERAL}",
        },
        {
            "ANTHROPIC_FEDERATION_RULE_ID": RULE,
            "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION,
            "ANTHROPIC_IDENTITY_TOKEN_FILE": LITERAL,
        },
        {
            "ANTHROPIC_FEDERATION_RULE_ID": RULE,
            "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://gateway.example/{PLANTED['MCP_URL']}",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_BEARER,
        },
    ],
    ids=lambda mistake: " ".join(mistake),
)
def test_no_secret_is_told_of_a_mistake(planted: Planted, mistake: dict[str, str]) -> None:
    planted.project.write("agentops.yaml", "project: demo\nstages: {prod: {registry: anthropic}}\n")
    if not any(name in mistake for name in ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_FEDERATION_RULE_ID")):
        planted.set(ANTHROPIC_API_KEY=PLANTED["ANTHROPIC_API_KEY"])
    planted.set(**mistake)
    assert planted.run("plan", "-v") == 1
    assert planted.search.finds() == []


def test_the_search_finds_what_is_there(planted: Planted) -> None:
    """So that an empty result means something."""
    for place in (planted.project.root / "locks" / "x.json", planted.project.root / ".agentops" / "y" / "z"):
        place.parent.mkdir(parents=True, exist_ok=True)
        for secret in PLANTED.values():
            place.write_text(f"before {quote(secret, safe='')} after")
            assert planted.search.finds() != []
        place.unlink()
    assert planted.search.finds() == []
    planted.search.texts.append(f"… {LITERAL[-20:]} …")
    assert planted.search.finds() != []
