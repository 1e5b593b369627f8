"""Profiles on disk: names, who else may reach their files, what they say, and how their tokens change."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from agentops.domain.diagnostics import Diagnostic, Stop
from agentops.domain.ports import NoToken
from agentops.registry import files
from tests.registry.asking import Outside, write_profile
from tests.registry.token_service import (
    ACCOUNT,
    CLIENT,
    GITHUB_BEARER,
    GITHUB_PATH,
    ORGANIZATION,
    RULE,
    WORKSPACE,
    TokenService,
    jwt,
)
from tests.registry.wire import refused

IDENTITY = jwt()
NOW = 1_800_000_000
posix = pytest.mark.skipif(os.name != "posix", reason="mode bits are of POSIX")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "anthropic"


def login(folder: Path, *, ends: Any = NOW + 3600, client: str | None = CLIENT, **more: Any) -> Outside:
    """Profile ``work`` of somebody who has logged in."""
    how = {"type": "user_oauth", **({"client_id": client} if client else {}), **more.pop("how", {})}
    kept = {
        "version": "1.0",
        "type": "oauth_token",
        "access_token": "sk-ant-oat01-from-the-file",
        "expires_at": ends,
        "refresh_token": "sk-ant-ort01-first-refresh-token",
        "note": "of somebody else",
    }
    kept.update(more.pop("kept", {}))
    write_profile(folder, "work", json.dumps({"authentication": how, **more}), json.dumps(kept))
    return Outside({"ANTHROPIC_CONFIG_DIR": str(folder), "ANTHROPIC_PROFILE": "work"})


def rule(folder: Path, identity: Path | None = None, **more: Any) -> Outside:
    """Profile ``ci`` with a federation rule."""
    how: dict[str, Any] = {"type": "oidc_federation", "federation_rule_id": RULE, **more.pop("how", {})}
    if identity is not None:
        identity.write_text(IDENTITY)
        how["identity_token"] = {"source": "file", "path": str(identity)}
    config = {"authentication": how, "organization_id": ORGANIZATION, **more}
    write_profile(folder, "ci", json.dumps(config))
    environ = {"ANTHROPIC_CONFIG_DIR": str(folder), "ANTHROPIC_PROFILE": "ci"}
    return Outside(environ, TokenService(IDENTITY))


def kept(folder: Path, name: str = "work") -> dict[str, Any]:
    return json.loads((folder / "credentials" / f"{name}.json").read_text())


def refusal(there: Outside) -> Diagnostic:
    with pytest.raises(Stop) as stopped:
        there.access()
    (found,) = stopped.value.diagnostics
    assert found.detail
    return found


def no_token(there: Outside) -> NoToken:
    with pytest.raises(NoToken) as raised:
        there.request()
    assert there.asked == []
    return raised.value


# -- names


@pytest.mark.parametrize(
    "name", ["../work", "a/b", "a\\b", ".work", "..", " work", "work ", "wo\x00rk", "\t"]
)
def test_a_name_that_leads_elsewhere_is_none(folder: Path, name: str) -> None:
    there = login(folder)
    there.environ["ANTHROPIC_PROFILE"] = name
    assert "ANTHROPIC_PROFILE names the profile" in refusal(there).summary
    (folder / "active_config").write_text(name)
    del there.environ["ANTHROPIC_PROFILE"]
    if name == name.strip():
        assert "active_config names the profile" in refusal(there).summary


def test_a_profile_that_is_not_there_is_named(folder: Path) -> None:
    there = login(folder)
    there.environ["ANTHROPIC_PROFILE"] = "other"
    assert str(folder / "configs" / "other.json") in refusal(there).summary


# -- who else may reach the files


@posix
@pytest.mark.parametrize("mode", [0o664, 0o646, 0o620, 0o602, 0o666, 0o777])
def test_a_profile_that_others_can_write_is_refused(folder: Path, mode: int) -> None:
    there = login(folder)
    (folder / "configs" / "work.json").chmod(mode)
    found = refusal(there)
    assert f"can be written by group or others (mode {mode:04o})" in found.summary
    assert "chmod go-w" in found.detail


@posix
@pytest.mark.parametrize("mode", [0o644, 0o600, 0o444, 0o755])
def test_a_profile_that_others_can_read_is_used(folder: Path, mode: int) -> None:
    there = login(folder)
    (folder / "configs" / "work.json").chmod(mode)
    assert there.bearer() == "sk-ant-oat01-from-the-file"


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777])
def test_tokens_that_others_can_reach_are_refused(folder: Path, mode: int) -> None:
    there = login(folder)
    (folder / "credentials" / "work.json").chmod(mode)
    error = no_token(there)
    assert f"is open to group or others (mode {mode:04o})" in error.summary
    assert "chmod 600" in error.advice
    assert "from-the-file" not in str(error)


@posix
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_tokens_of_their_owner_alone_are_used(folder: Path, mode: int) -> None:
    there = login(folder)
    (folder / "credentials" / "work.json").chmod(mode)
    assert there.bearer() == "sk-ant-oat01-from-the-file"


@posix
def test_tokens_behind_a_link_are_refused(folder: Path, tmp_path: Path) -> None:
    there = login(folder)
    path = folder / "credentials" / "work.json"
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    assert "is a symbolic link" in no_token(there).summary


@posix
def test_tokens_in_something_else_than_a_file_are_refused_at_once(folder: Path) -> None:
    there = login(folder)
    path = folder / "credentials" / "work.json"
    path.unlink()
    os.mkfifo(path, 0o600)
    assert "is no regular file" in no_token(there).summary
    path.unlink()
    path.mkdir()
    assert "is no regular file" in no_token(there).summary


@posix
def test_a_federation_rule_is_no_excuse_for_open_tokens(folder: Path, tmp_path: Path) -> None:
    there = rule(folder, tmp_path / "token")
    write_profile(folder, "ci", (folder / "configs" / "ci.json").read_text(), "{}")
    (folder / "credentials" / "ci.json").chmod(0o644)
    assert "is open to group or others" in no_token(there).summary


def test_windows_has_no_mode_bits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = login(folder)
    (folder / "configs" / "work.json").chmod(0o666)
    (folder / "credentials" / "work.json").chmod(0o666)
    monkeypatch.setattr(files, "POSIX", False)
    assert there.bearer() == "sk-ant-oat01-from-the-file"


def test_where_profiles_are_kept(tmp_path: Path) -> None:
    if os.name == "posix":
        there = login(tmp_path / ".config" / "anthropic")
        there.environ = {"HOME": str(tmp_path), "ANTHROPIC_PROFILE": "work", "ANTHROPIC_CONFIG_DIR": ""}
        assert there.bearer() == "sk-ant-oat01-from-the-file"


def test_windows_keeps_profiles_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = login(tmp_path / "Anthropic")
    there.environ = {"APPDATA": str(tmp_path), "ANTHROPIC_PROFILE": "work"}
    monkeypatch.setattr("agentops.registry.profiles.POSIX", False)
    assert there.bearer() == "sk-ant-oat01-from-the-file"


# -- what is in them


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("{", "is no JSON"),
        ("[]", "has no `authentication`"),
        ("{}", "has no `authentication`"),
        ('{"authentication": {"type": "password"}}', "`authentication.type`"),
        ('{"authentication": {"type": "user_oauth"}, "base_url": 5}', "has a `base_url` that is no text"),
        (
            '{"authentication": {"type": "user_oauth", "client_id": ["x"]}}',
            "has a `client_id` that is no text",
        ),
        (
            '{"authentication": {"type": "oidc_federation", "identity_token": {"source": "url"}}}',
            "whose `source` is not `file`",
        ),
        (
            '{"authentication": {"type": "oidc_federation", "identity_token": {"source": "file"}}}',
            "without a `path`",
        ),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_profile_that_cannot_be_used_is_named(folder: Path, config: str, says: str) -> None:
    write_profile(folder, "work", config)
    there = Outside({"ANTHROPIC_CONFIG_DIR": str(folder), "ANTHROPIC_PROFILE": "work"})
    found = refusal(there)
    assert says in found.summary
    assert str(folder / "configs" / "work.json") in found.summary


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("sk-ant-oat01-bare-token", "is no JSON object"),
        ('"sk-ant-oat01-bare-token"', "is no JSON object"),
        ("{}", "no `access_token`"),
        ('{"access_token": "two words"}', "no `access_token`"),
        ('{"access_token": "t", "type": "private_key"}', "not of type oauth_token"),
        ('{"access_token": "t", "expires_at": "2026-01-01T00:00:00Z"}', "no number of seconds"),
        ('{"access_token": "t", "expires_at": 1}', "no `refresh_token`"),
        (None, "there is no"),
    ],
)
def test_tokens_that_cannot_be_used_are_named_and_not_repeated(
    folder: Path, text: str | None, says: str
) -> None:
    there = login(folder)
    path = folder / "credentials" / "work.json"
    path.write_text(text or "")
    if text is None:
        path.unlink()
    error = no_token(there)
    assert says in error.summary
    assert "bare-token" not in str(error)


def test_the_path_of_the_tokens_may_be_named(folder: Path, tmp_path: Path) -> None:
    there = login(folder, how={"credentials_path": str(tmp_path / "mine.json")})
    (folder / "credentials" / "work.json").rename(tmp_path / "mine.json")
    assert there.bearer() == "sk-ant-oat01-from-the-file"


def test_a_workspace_of_a_login_selects_with_every_request(folder: Path) -> None:
    there = login(folder, workspace_id=WORKSPACE, organization_id=ORGANIZATION)
    access = there.access()
    assert there.request(access).headers["anthropic-workspace-id"] == WORKSPACE
    assert (access.organization_id, access.workspace_id) == (ORGANIZATION, WORKSPACE)
    assert there.request(there.access(workspace_id="wrkspc_stage")).headers["anthropic-workspace-id"] == (
        "wrkspc_stage"
    )


def test_the_environment_fills_what_the_profile_leaves_empty(folder: Path) -> None:
    there = login(folder, workspace_id="", organization_id=None)
    there.environ |= {"ANTHROPIC_WORKSPACE_ID": WORKSPACE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}
    access = there.access()
    assert (access.selects, access.organization_id) == (WORKSPACE, ORGANIZATION)
    there = login(folder, workspace_id="wrkspc_own")
    there.environ["ANTHROPIC_WORKSPACE_ID"] = WORKSPACE
    assert there.access().selects == "wrkspc_own"


# -- a login


def test_a_token_that_lasts_is_used_as_it_is(folder: Path) -> None:
    there = login(folder)
    request = there.request()
    assert request.headers["authorization"] == "Bearer sk-ant-oat01-from-the-file"
    assert request.headers["anthropic-beta"] == "managed-agents-2026-04-01,oauth-2025-04-20"
    assert there.service.asked == []


def test_a_token_that_has_ended_is_refreshed_and_the_file_replaced(folder: Path) -> None:
    there = login(folder, ends=NOW - 1)
    bearer = there.bearer()
    assert there.service.exchanges[0].body == {
        "grant_type": "refresh_token",
        "refresh_token": "sk-ant-ort01-first-refresh-token",
        "client_id": CLIENT,
    }
    assert kept(folder) == {
        "version": "1.0",
        "type": "oauth_token",
        "access_token": bearer,
        "expires_at": NOW + 3600,
        "refresh_token": there.service.refresh_token,
        "note": "of somebody else",
    }
    names = [path.name for path in (folder / "credentials").iterdir()]
    assert names == ["work.json"], "nothing half-written is left"
    if os.name == "posix":
        assert stat.S_IMODE((folder / "credentials" / "work.json").stat().st_mode) == 0o600


def test_a_login_goes_on_over_many_refreshes(folder: Path) -> None:
    there = login(folder)
    access = there.access()
    bearers = set()
    for _ in range(4):
        bearers.add(there.bearer(access))
        there.now += 3500
    assert len(bearers) == 4
    assert kept(folder)["refresh_token"] == there.service.refresh_token


def test_a_refresh_token_that_is_not_replaced_stays(folder: Path) -> None:
    there = login(folder, ends=NOW - 1)
    answer = there.service._refresh

    def without(body: Any) -> Any:
        status, given = answer(body)
        return status, {key: value for key, value in given.items() if key != "refresh_token"}

    there.service._refresh = without  # type: ignore[method-assign]
    there.request()
    assert kept(folder)["refresh_token"] == "sk-ant-ort01-first-refresh-token"


def test_what_another_program_has_refreshed_is_used(folder: Path) -> None:
    there = login(folder)
    access = there.access()
    there.request(access)
    there.now += 3500
    login(folder, ends=NOW + 9000, kept={"access_token": "sk-ant-oat01-of-another"})
    assert there.bearer(access) == "sk-ant-oat01-of-another"
    assert there.service.asked == []


def test_a_refresh_that_is_refused_says_to_log_in(folder: Path) -> None:
    there = login(folder, ends=NOW - 1, kept={"refresh_token": "sk-ant-ort01-out-of-date"})
    error = no_token(there)
    assert "refused the refresh token: Refresh token not found or invalid" in error.summary
    assert error.advice == "log in anew"
    assert "out-of-date" not in str(error)


def test_a_refresh_that_fails_early_is_tolerated(folder: Path) -> None:
    there = login(folder)
    access = there.access()
    there.request(access)
    there.service.fail = [503]
    there.now += 3500
    assert there.bearer(access) == "sk-ant-oat01-from-the-file"


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write anywhere")
def test_a_new_token_that_cannot_be_kept_is_said(folder: Path) -> None:
    there = login(folder, ends=NOW - 1)
    (folder / "credentials").chmod(0o500)
    try:
        assert "cannot be written" in no_token(there).summary
    finally:
        (folder / "credentials").chmod(0o700)


def test_a_new_token_that_cannot_be_written_leaves_the_old_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = login(folder, ends=NOW - 1)
    before = kept(folder)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agentops.registry.files.os.fsync", full)
    assert "No space left on device" in no_token(there).summary
    assert kept(folder) == before
    assert [path.name for path in (folder / "credentials").iterdir()] == ["work.json"]


def test_a_token_that_the_api_refuses_is_refreshed_although_it_would_last(folder: Path) -> None:
    there = login(folder)
    there.answer = lambda _: refused(401, "authentication_error", "no.")
    with pytest.raises(Exception, match=r"no\."):
        there.request()
    assert [request.headers["authorization"][-14:] for request in there.asked] == [
        "-from-the-file",
        "access-token-2",
    ]


def test_without_a_client_another_program_keeps_the_file_fresh(folder: Path) -> None:
    there = login(folder, client=None, ends=NOW + 10)
    access = there.access()
    assert there.bearer(access) == "sk-ant-oat01-from-the-file"
    login(folder, client=None, kept={"access_token": "sk-ant-oat01-of-a-daemon"})
    assert there.bearer(access) == "sk-ant-oat01-of-a-daemon"
    assert there.service.asked == []


def test_without_a_client_an_ended_token_is_sent_as_it_is_and_read_again(folder: Path) -> None:
    there = login(folder, client=None, ends=NOW - 10)
    assert there.bearer() == "sk-ant-oat01-from-the-file"
    assert there.service.asked == []


# -- a federation rule


def test_a_rule_exchanges_and_its_workspace_goes_into_the_body(folder: Path, tmp_path: Path) -> None:
    there = rule(folder, tmp_path / "token", workspace_id=WORKSPACE, how={"service_account_id": ACCOUNT})
    access = there.access()
    request = there.request(access)
    assert "anthropic-workspace-id" not in request.headers
    body = there.service.exchanges[0].body
    assert (body["assertion"], body["service_account_id"], body["workspace_id"]) == (
        IDENTITY,
        ACCOUNT,
        WORKSPACE,
    )
    assert access.workspace_id == WORKSPACE


def test_the_next_process_finds_the_token_in_the_file(folder: Path, tmp_path: Path) -> None:
    there = rule(folder, tmp_path / "token")
    first = there.bearer()
    assert kept(folder, "ci") == {
        "version": "1.0",
        "type": "oauth_token",
        "access_token": first,
        "expires_at": NOW + 3600,
    }
    assert there.bearer(there.access()) == first
    there.now += 3580
    assert there.bearer(there.access()) != first
    assert len(there.service.exchanges) == 2


def test_a_token_of_the_file_that_the_api_refuses_is_exchanged_anew(folder: Path, tmp_path: Path) -> None:
    there = rule(folder, tmp_path / "token")
    there.request()
    there.answer = lambda request: refused(401, "authentication_error", "no.")
    with pytest.raises(Exception, match=r"no\."):
        there.request(there.access())
    assert len(there.service.exchanges) == 2


@pytest.mark.parametrize(
    "spoilt", ["{}", '{"access_token": "t"}', '{"access_token": "t", "expires_at": "soon"}']
)
def test_a_file_without_a_usable_token_is_passed_over(folder: Path, tmp_path: Path, spoilt: str) -> None:
    there = rule(folder, tmp_path / "token")
    write_profile(folder, "ci", (folder / "configs" / "ci.json").read_text(), spoilt)
    assert there.bearer() in there.service.live


def test_a_token_that_cannot_be_shared_is_used_all_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = rule(folder, tmp_path / "token")
    (folder / "credentials").write_text("a file where the folder has to be")
    with pytest.raises(NoToken, match="cannot be read"):
        there.request()
    (folder / "credentials").unlink()

    def no_room(_path: str, _text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agentops.registry.profile_tokens.write_private", no_room)
    assert there.bearer() in there.service.live


def test_a_stage_with_another_workspace_leaves_the_shared_token_alone(folder: Path, tmp_path: Path) -> None:
    there = rule(folder, tmp_path / "token", workspace_id=WORKSPACE)
    first = there.bearer()
    assert there.bearer(there.access(workspace_id="wrkspc_stage")) != first
    assert kept(folder, "ci")["access_token"] == first
    assert there.service.exchanges[1].body["workspace_id"] == "wrkspc_stage"


def test_a_stage_at_another_url_leaves_the_shared_token_alone(folder: Path, tmp_path: Path) -> None:
    there = rule(folder, tmp_path / "token")
    first = there.bearer()
    assert there.bearer(there.access("http://127.0.0.1:1")) != first
    assert kept(folder, "ci")["access_token"] == first


@pytest.mark.parametrize(("missing", "says"), [("federation_rule_id", "how"), ("organization_id", "top")])
def test_a_rule_without_what_it_needs_is_named(folder: Path, tmp_path: Path, missing: str, says: str) -> None:
    there = rule(folder, tmp_path / "token", **({"how": {missing: ""}} if says == "how" else {missing: ""}))
    assert missing in refusal(there).detail
    there.environ |= {"ANTHROPIC_FEDERATION_RULE_ID": RULE, "ANTHROPIC_ORGANIZATION_ID": ORGANIZATION}
    there.request()
    assert there.service.exchanges[0].body["federation_rule_id"] == RULE


def test_a_rule_without_an_identity_token_takes_the_environments(folder: Path, tmp_path: Path) -> None:
    there = rule(folder)
    assert "ANTHROPIC_IDENTITY_TOKEN_FILE" in refusal(there).detail
    there.environ["GITHUB_ACTIONS"] = "true"
    assert "id-token: write" in refusal(there).detail
    (tmp_path / "token").write_text(IDENTITY)
    there.environ["ANTHROPIC_IDENTITY_TOKEN_FILE"] = str(tmp_path / "token")
    there.request()
    there = rule(folder)
    there.environ |= {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"https://vstoken.example{GITHUB_PATH}",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_BEARER,
    }
    (folder / "credentials" / "ci.json").unlink()
    there.request()
    assert [asked.path for asked in there.service.asked] == [GITHUB_PATH, "/v1/oauth/token"]


# -- base URLs


@pytest.mark.parametrize(
    ("stage", "variable", "profile", "api", "endpoint"),
    [
        (None, None, None, "api.anthropic.com", "api.anthropic.com"),
        (None, None, "https://eu.anthropic.com", "eu.anthropic.com", "eu.anthropic.com"),
        (None, "https://us.anthropic.com", None, "us.anthropic.com", "us.anthropic.com"),
        # A token is worth something where it was issued, so the profile's own place is asked for it.
        (
            None,
            "https://us.anthropic.com",
            "https://eu.anthropic.com",
            "us.anthropic.com",
            "eu.anthropic.com",
        ),
        (
            "https://st.anthropic.com",
            "https://us.anthropic.com",
            None,
            "st.anthropic.com",
            "st.anthropic.com",
        ),
        (
            "https://st.anthropic.com",
            None,
            "https://eu.anthropic.com",
            "st.anthropic.com",
            "eu.anthropic.com",
        ),
    ],
)
def test_which_base_url_counts(
    folder: Path, stage: str | None, variable: str | None, profile: str | None, api: str, endpoint: str
) -> None:
    there = login(folder, ends=NOW - 1, **({"base_url": profile} if profile else {}))
    there.environ["ANTHROPIC_BASE_URL"] = variable or ""
    assert there.request(there.access(stage)).url.host == api
    assert there.service.exchanges[0].headers["host"] == endpoint


@pytest.mark.parametrize("url", ["https://evil.example", "http://api.anthropic.com"])
@pytest.mark.parametrize("stage", [None, "https://api.anthropic.com"])
def test_no_token_goes_to_a_host_that_only_a_profile_trusts(
    folder: Path, url: str, stage: str | None
) -> None:
    there = login(folder, ends=NOW - 1, base_url=url)
    with pytest.raises(Stop, match="no credential is sent to"):
        there.access(stage)


def test_a_profile_without_https_gets_no_token(folder: Path) -> None:
    there = login(folder, base_url="http://gateway.example")
    there.environ["AGENTOPS_TRUSTED_HOSTS"] = "gateway.example"
    assert "it is not https" in refusal(there).summary
