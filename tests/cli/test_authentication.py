"""Credentials on the command line: which one is used, what is said of it, and whom it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentops.emulator import create_app
from tests.projects import Ended, Project
from tests.registry.asking import write_profile
from tests.registry.token_service import (
    GITHUB_BEARER,
    GITHUB_PATH,
    RULE,
    Guarded,
    TokenService,
    jwt,
)
from tests.sockets import serving

IDENTITY = jwt()


@dataclass
class There:
    """A registry on a socket that takes nothing but tokens of its own service."""

    project: Project
    service: TokenService
    url: str
    organization: str
    workspace: str
    monkeypatch: pytest.MonkeyPatch

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)

    def federate(self, **more: str) -> None:
        self.set(
            **{
                "ANTHROPIC_FEDERATION_RULE_ID": RULE,
                "ANTHROPIC_ORGANIZATION_ID": self.organization,
                "ANTHROPIC_IDENTITY_TOKEN": IDENTITY,
                **more,
            }
        )

    def stage(self, **more: str) -> None:
        lines = [f"      {name}: {value}\n" for name, value in {"base_url": self.url, **more}.items()]
        self.project.write(
            "agentops.yaml", f"project: demo\nstages:\n  prod:\n    registry:\n{''.join(lines)}"
        )

    def run(self, *arguments: str) -> Ended:
        return self.project.run(*arguments)


@pytest.fixture
def there(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[There]:
    app = create_app(tmp_path / "remote.db")
    identity = app.state.database.identity
    service = TokenService(IDENTITY)
    with serving(Guarded(service, app)) as port:
        url = f"http://127.0.0.1:{port}"
        made = There(project, service, url, identity.organization_id, identity.workspace_id, monkeypatch)
        made.stage()
        yield made


def test_an_apply_of_a_federation_rule_exchanges_once_and_converges(there: There):
    there.federate()
    ended = there.run("apply", "--yes", "-v")
    assert ended.code == 0, ended.err
    assert len(there.service.exchanges) == 1
    assert ended.err.count(f"Using ANTHROPIC_IDENTITY_TOKEN through rule {RULE}.\n") == 1
    assert "POST /v1/oauth/token 200" in ended.err
    assert there.run("plan", "--detailed-exitcode").code == 0
    origin = there.project.lock("prod")["origin"]
    assert (origin["organization_id"], origin["workspace_id"]) == (there.organization, there.workspace)


def test_github_actions_needs_nothing_but_a_rule(there: There):
    there.federate(
        ANTHROPIC_IDENTITY_TOKEN="",
        ACTIONS_ID_TOKEN_REQUEST_URL=f"{there.url}{GITHUB_PATH}?api-version=2.0",
        ACTIONS_ID_TOKEN_REQUEST_TOKEN=GITHUB_BEARER,
    )
    ended = there.run("apply", "--yes", "-v")
    assert ended.code == 0, ended.err
    assert f"Using GitHub Actions OIDC through rule {RULE}." in ended.err
    assert [asked.path for asked in there.service.asked] == [GITHUB_PATH, "/v1/oauth/token"]


def test_a_token_that_is_revoked_in_the_middle_is_replaced(there: There):
    there.federate()
    give = there.service._granted

    def stale():
        granted = give()
        if len(there.service.exchanges) == 1:
            there.service.live.discard(granted["access_token"])
        return granted

    there.monkeypatch.setattr(there.service, "_granted", stale)
    ended = there.run("apply", "--yes", "-v")
    assert ended.code == 0, ended.err
    assert len(there.service.exchanges) == 2
    assert " 401 " in ended.err


def test_a_profile_brings_its_base_url(there: There, tmp_path: Path):
    there.project.write("agentops.yaml", "project: demo\nstages: {prod: {registry: anthropic}}\n")
    folder = tmp_path / ".config" / "anthropic"
    config = {"authentication": {"type": "user_oauth"}, "base_url": there.url}
    write_profile(folder, "staging", json.dumps(config), json.dumps({"access_token": "sk-ant-oat01-kept"}))
    there.service.live.add("sk-ant-oat01-kept")
    there.set(ANTHROPIC_PROFILE="staging")
    ended = there.run("apply", "--yes", "-v")
    assert ended.code == 0, ended.err
    assert "Using profile staging (login)." in ended.err
    assert there.project.lock("prod")["origin"]["base_url"] == there.url


@pytest.mark.parametrize(
    ("variables", "stage", "says"),
    [
        ({"ANTHROPIC_WORKSPACE_ID": "wrkspc_other"}, {}, "stage prod is workspace wrkspc_other, but"),
        ({}, {"workspace_id": "wrkspc_other"}, "stage prod is workspace wrkspc_other, but"),
        ({"ANTHROPIC_ORGANIZATION_ID": "other"}, {}, "stage prod is organization other, but"),
        ({}, {"organization_id": "other"}, "stage prod is organization other, but"),
    ],
)
@pytest.mark.parametrize("command", [["plan"], ["apply", "--yes"]])
def test_another_workspace_than_the_token_was_asked_for_is_refused_before_any_write(
    there: There, variables: dict[str, str], stage: dict[str, str], says: str, command: list[str]
):
    there.federate(**variables)
    there.stage(**stage)
    ended = there.run(*command, "-v")
    assert (ended.code, says in ended.err) == (3, True), ended.err
    assert "POST /v1/oauth/token" in ended.err
    assert not [
        line for line in ended.err.splitlines() if line.startswith("POST /v1/") and "oauth" not in line
    ]
    assert not (there.project.root / "locks" / "prod.lock.json").exists()


def test_the_default_workspace_is_whichever_answers(there: There):
    there.federate(ANTHROPIC_WORKSPACE_ID="default")
    assert there.run("plan").code == 0


def test_a_refused_exchange_says_what_to_check(there: There):
    there.federate()
    there.service.accepted.clear()
    ended = there.run("plan")
    assert ended.code == 1
    assert "error[AO032]: " in ended.err
    assert "refused the identity token: Authentication failed" in ended.err
    for word in ("issuer", "subject", "audience", RULE, "workspace", "id-token: write"):
        assert word in ended.err
    assert IDENTITY not in ended.err
    assert "Traceback" not in ended.err


def test_a_token_that_cannot_be_had_in_the_middle_leaves_a_true_lock(there: There):
    """All tokens are revoked during the apply, and the endpoint is gone by then."""
    there.federate()

    def revoke(asked: str) -> None:
        if asked == "POST /v1/agents":
            there.service.live.clear()
            there.service.fail = [503] * 99

    there.service.before_api = revoke
    ended = there.run("apply", "--yes", "-v")
    assert ended.code == 4, ended.err
    assert "the identity token" in ended.out
    assert "Traceback" not in ended.err
    there.service.fail, there.service.before_api = [], lambda asked: None
    # The hold could not be given back without a token either, and this process is still alive.
    assert there.run("lock", "unlock", "--yes").code == 0
    assert there.run("apply", "--yes").code == 0
    assert there.run("plan", "--detailed-exitcode").code == 0


def test_nothing_found_says_where_it_was_looked_for(there: There):
    ended = there.run("plan")
    assert ended.code == 1
    for name in (
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "ANTHROPIC_PROFILE",
        "ANTHROPIC_FEDERATION_RULE_ID",
    ):
        assert name in ended.err
    assert "api_key: {secret: env:NAME}" in ended.err


@pytest.mark.parametrize("arguments", [["plan"], ["apply", "--yes"]])
def test_a_shadowed_credential_is_said_once_and_results_stay_clean(there: There, arguments: list[str]):
    there.service.live.add("sk-ant-api03-key")
    there.federate(ANTHROPIC_API_KEY="sk-ant-api03-key", ANTHROPIC_AUTH_TOKEN="sk-ant-oat01-x")
    there.set(ANTHROPIC_CUSTOM_HEADERS="anthropic-beta: oauth-2025-04-20")
    ended = there.run(*arguments, "--format", "json", "-v")
    assert ended.json["format_version"]
    assert ended.err.count("warning[AO032]") == 3
    assert ended.err.count("the key is used") == 1
    assert ended.err.count("is used, and not ANTHROPIC_FEDERATION_RULE_ID") == 1
    assert ended.err.count("Using the key from ANTHROPIC_API_KEY.") == 1


def test_the_embedded_registry_is_sent_nothing_of_the_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "no header at all")
    monkeypatch.setenv("ANTHROPIC_PROFILE", "nowhere")
    ended = project.run("plan", "-v")
    assert ended.code == 0
    assert "Using" not in ended.err
