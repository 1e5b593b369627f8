"""Credentials of a vault: their shapes, and that a secret stands nowhere and is repeated nowhere."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.diagnostics import Code
from agentops.spec.check import same_url

from .conftest import Outcome, Tree

LITERAL = "sk-live-4f9a1c77"
BEARER: dict[str, Any] = {
    "type": "static_bearer",
    "mcp_server_url": "https://mcp.linear.app/mcp",
    "token": {"secret": "env:LINEAR"},
}
OAUTH: dict[str, Any] = {
    "type": "mcp_oauth",
    "mcp_server_url": "https://mcp.example.com/mcp",
    "access_token": {"secret": "env:ACCESS"},
    "expires_at": "2030-12-31T23:59:59Z",
    "refresh": {
        "client_id": "client",
        "refresh_token": {"secret": "file:secrets/refresh"},
        "token_endpoint": "https://auth.example.com/token",
        "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": {"secret": "env:CLIENT"}},
        "resource": "https://mcp.example.com",
        "scope": "read",
    },
}
VARIABLE: dict[str, Any] = {
    "type": "environment_variable",
    "secret_name": "API_KEY",
    "secret_value": {"secret": "env:API_KEY"},
    "networking": {"type": "limited", "allowed_hosts": ["api.example.com", "*.example.org"]},
    "injection_location": {"header": True, "body": False},
}
AUTHS = {"static_bearer": BEARER, "mcp_oauth": OAUTH, "environment_variable": VARIABLE}


def vault(tree: Tree, credentials: Any, stage: str = "dev", **members: Any) -> Outcome:
    return tree.write({"vaults/v.json": json.dumps({"credentials": credentials, **members})}).load(stage)


def bearer(url: str) -> dict[str, Any]:
    return {"auth": BEARER | {"mcp_server_url": url}}


# -- what becomes a resource


@pytest.mark.parametrize("auth", AUTHS.values(), ids=AUTHS)
def test_a_credential_is_a_resource_of_its_vault_with_references_for_secrets(
    tree: Tree, auth: dict[str, Any]
) -> None:
    outcome = vault(tree, {"one": {"auth": auth, "display_name": "One", "metadata": {"a": "b"}}})
    assert outcome.diagnostics == ()
    assert outcome.addresses == ["credential/v/one", "vault/v"]
    resource = outcome["credential/v/one"]
    assert resource.body == {"auth": auth, "display_name": "One", "metadata": {"a": "b"}}
    assert (resource.parent, resource.needs, resource.secret_version) == ("vault/v", ("vault/v",), None)
    assert outcome["vault/v"].body == {"display_name": "v"}


def test_a_credential_is_placed_where_its_name_stands(tree: Tree) -> None:
    text = f"display_name: V\ncredentials:\n  one:\n    auth: {json.dumps(BEARER)}\n"
    resource = tree.write({"vaults/v.yaml": text}).load()["credential/v/one"]
    assert (resource.path, str(resource.location)) == ("vaults/v.yaml", "vaults/v.yaml:3:3")


@pytest.mark.parametrize("credentials", [{}, None])
def test_a_vault_may_have_none(tree: Tree, credentials: Any) -> None:
    outcome = vault(tree, credentials, type="vault")
    assert outcome.addresses == ["vault/v"]
    assert outcome.diagnostics == ()


@pytest.mark.parametrize("name", ["linear", "linear.app", "a b", "Ä", "2", "a-b_c"])
def test_names_a_credential_can_have(tree: Tree, name: str) -> None:
    outcome = vault(tree, {name: {"auth": BEARER}})
    assert outcome.diagnostics == ()
    assert f"credential/v/{name}" in outcome.addresses


@pytest.mark.parametrize("name", ["", " a", "a ", "a/b", "a\nb", "\t"])
def test_names_it_cannot_have(tree: Tree, name: str) -> None:
    only = vault(tree, {name: {"auth": BEARER}}).only()
    assert only.code is Code.INVALID_VALUE
    assert "cannot be the name of a credential" in only.summary
    assert only.summary.isprintable()


def test_what_protects_a_vault_protects_what_lies_in_it(tree: Tree) -> None:
    outcome = vault(tree, {"one": {"auth": BEARER}}, lifecycle={"protect": True})
    assert outcome["credential/v/one"].lifecycle.protect


def test_a_stage_may_take_its_secrets_from_elsewhere(tree: Tree) -> None:
    patch = {"one": {"auth": {"token": {"secret": "env:PROD"}}}, "two": None, "three": {"auth": VARIABLE}}
    credentials = {"one": {"auth": BEARER}, "two": {"auth": OAUTH}}
    dev, prod = (
        vault(tree, credentials, stage, overrides={"prod": {"credentials": patch}})
        for stage in ("dev", "prod")
    )
    assert (dev.diagnostics, prod.diagnostics) == ((), ())
    assert dev.addresses == ["credential/v/one", "credential/v/two", "vault/v"]
    assert prod.addresses == ["credential/v/one", "credential/v/three", "vault/v"]
    assert dev["credential/v/one"].body["auth"]["token"] == {"secret": "env:LINEAR"}
    assert prod["credential/v/one"].body["auth"]["token"] == {"secret": "env:PROD"}
    assert dev["credential/v/one"].source == prod["credential/v/one"].source


def test_the_name_of_a_variable_may_be_rendered(tree: Tree) -> None:
    auth = BEARER | {"token": {"secret": "env:{{ stage | upper }}_TOKEN"}}
    outcome = vault(tree, {"one": {"auth": auth}}, "prod", template=True)
    assert outcome.diagnostics == ()
    assert outcome["credential/v/one"].body["auth"]["token"] == {"secret": "env:PROD_TOKEN"}


def test_a_credential_has_a_source_of_its_own(tree: Tree) -> None:
    first = vault(tree, {"one": {"auth": BEARER}, "two": {"auth": OAUTH}})
    second = vault(tree, {"one": {"auth": BEARER, "secret_version": 2}, "two": {"auth": OAUTH}})
    same = {address: first[address].source == second[address].source for address in first.addresses}
    assert same == {"credential/v/one": False, "credential/v/two": True, "vault/v": False}


# -- secret_version


@pytest.mark.parametrize(
    ("written", "read"),
    [(2, "2"), ("2", "2"), (0, "0"), ("2026-11-25", "2026-11-25"), ("2026-11-25T10:00:00Z", "2026-11-25T10:00:00Z"), (None, None)],
)  # fmt: skip
def test_a_version_of_a_secret_is_a_number_or_a_word(tree: Tree, written: Any, read: str | None) -> None:
    outcome = vault(tree, {"one": {"auth": BEARER, "secret_version": written}})
    assert outcome.diagnostics == ()
    assert outcome["credential/v/one"].secret_version == read
    assert "secret_version" not in outcome["credential/v/one"].body


@pytest.mark.parametrize("written", [True, 1.5, [2], {"a": 1}, "", "a b", "x" * 41, f"{LITERAL}!"])
def test_what_else_stands_for_a_version_is_refused_and_not_repeated(tree: Tree, written: Any) -> None:
    only = vault(tree, {"one": {"auth": BEARER, "secret_version": written}}).only()
    assert only.code in {Code.WRONG_TYPE, Code.INVALID_VALUE}
    assert "secret_version" in only.summary
    assert LITERAL not in only.summary


def test_a_deployment_has_one_too(tree: Tree) -> None:
    body = {
        "agent": {"type": "agent", "id": "agent_1"},
        "environment_id": "env_011CftafA7Q9XsQ3QhMZoamB",
        "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": "Go."}]}],
        "resources": [
            {
                "type": "github_repository",
                "url": "https://github.com/o/r",
                "authorization_token": {"secret": "env:GH"},
            }
        ],
        "secret_version": 3,
    }
    outcome = tree.write({"deployments/d.json": json.dumps(body)}).load()
    assert outcome.diagnostics == ()
    assert outcome["deployment/d"].secret_version == "3"
    assert outcome["deployment/d"].body["resources"] == body["resources"]
    assert "secret_version" not in outcome["deployment/d"].body


# -- a secret stands in no file


def members(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a body but the body itself."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, value in items:
        yield (*path, step)
        yield from members(value, (*path, step))


def replaced(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    if isinstance(tree, dict):
        return {
            key: replaced(item, path[1:], value) if key == path[0] else item for key, item in tree.items()
        }
    return [replaced(item, path[1:], value) if index == path[0] else item for index, item in enumerate(tree)]


ANYWHERE = [(name, path) for name, auth in AUTHS.items() for path in members({"auth": auth})]
SECRETS = {("token",), ("access_token",), ("refresh", "refresh_token"), ("refresh", "token_endpoint_auth", "client_secret"), ("secret_value",)}  # fmt: skip


@pytest.mark.parametrize(("name", "path"), ANYWHERE)
@pytest.mark.parametrize(
    "literal",
    [
        LITERAL,
        f"https://me:{LITERAL}@mcp.example.com",
        f"${{TOKEN:-{LITERAL}}}",
        f'<%= "{LITERAL}" %>',
        {"secret": LITERAL},
        {"secret": f"env:{LITERAL}!"},
        {"value": LITERAL},
        [LITERAL],
        LITERAL * 30,
    ],
    ids=["text", "URL", "default", "ERB", "reference", "variable", "mapping", "list", "long"],
)
def test_a_secret_in_any_member_is_in_no_message(
    tree: Tree, name: str, path: tuple[Any, ...], literal: Any
) -> None:
    outcome = vault(tree, {"one": replaced({"auth": AUTHS[name]}, path, literal)})
    assert LITERAL not in " ".join(outcome.said)
    if path[1:] in SECRETS:
        assert outcome.codes, "a secret would have been sent from a file"
        assert "{secret: env:NAME}" in " ".join(outcome.said)


@pytest.mark.parametrize("path", [("credentials",), ("credentials", "one"), ("credentials", "one", "auth")])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_secret_in_the_place_of_a_mapping_is_in_no_message(
    tree: Tree, path: tuple[str, ...], stage: str
) -> None:
    patch = replaced({"credentials": {"one": {"auth": BEARER}}}, path, LITERAL)
    outcome = vault(tree, {"one": {"auth": BEARER}}, stage, overrides={"prod": patch})
    assert bool(outcome.errors) is (stage == "prod")
    assert LITERAL not in " ".join(outcome.said)


@pytest.mark.parametrize(
    "text",
    [
        f'token: "{LITERAL}',
        f"token: {LITERAL}: x",
        f"token: *{LITERAL}",
        f"token: !{LITERAL} x",
        f"token: [{LITERAL}",
        f"token: {LITERAL}\n\ttoken: x",
        f"token: {LITERAL}, token: {LITERAL}",
        f"token: !!int {LITERAL}",
        f"token: &a {LITERAL}",
        f"token: |\n{LITERAL}",
        f"token: '{{{{ \"{LITERAL}\" | nope }}}}'",
        f"token: '{{{{ \"{LITERAL}\" }}}}'",
    ],
)
def test_a_secret_in_a_file_that_is_no_yaml_is_in_no_message(tree: Tree, text: str) -> None:
    outcome = tree.write(
        {
            "vaults/v.yaml": f"template: true\ncredentials:\n  l:\n    auth: {{type: static_bearer, mcp_server_url: 'https://l.example', {text}}}\n"
        }
    ).load()
    assert outcome.errors
    assert LITERAL not in " ".join(outcome.said)


@pytest.mark.parametrize("member", ["authorization_token", "url", "checkout", "mount_path"])
def test_a_token_of_a_repository_is_in_no_message(tree: Tree, member: str) -> None:
    repository = {"type": "github_repository", "url": "https://github.com/o/r", member: LITERAL}
    body = {"agent": {"type": "agent", "id": "agent_1"}, "environment_id": "env_011CftafA7Q9XsQ3QhMZoamB"}
    events = [{"type": "user.message", "content": [{"type": "text", "text": "Go."}]}]
    text = json.dumps({**body, "initial_events": events, "resources": [repository]})
    only = tree.write({"deployments/d.json": text}).load().only()
    assert LITERAL not in f"{only.summary} {only.detail}"


def test_what_stands_beside_no_secret_is_repeated(tree: Tree) -> None:
    only = vault(tree, {"one": {"auth": BEARER}}, metdata={"a": "b"}).only()
    assert only.summary == "unknown key 'metdata'"
    outcome = tree.write({"vaults/v.json": json.dumps({"display_name": "x" * 300})}).load()
    assert outcome.only().summary == "'display_name' has 300 characters; it takes at most 255"


@pytest.mark.parametrize("secret", ["env:A", "env:_a1", "file:a", "file:/run/secrets/a b", "file:../x"])
def test_references_that_are_taken(tree: Tree, secret: str) -> None:
    outcome = vault(tree, {"one": {"auth": BEARER | {"token": {"secret": secret}}}})
    assert outcome.diagnostics == ()
    assert outcome["credential/v/one"].body["auth"]["token"] == {"secret": secret}


def test_loading_reads_no_secret(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINEAR", LITERAL)
    tree.write({"token.txt": LITERAL})
    two = VARIABLE | {"secret_value": {"secret": "file:token.txt"}}
    outcome = vault(tree, {"one": {"auth": BEARER}, "two": {"auth": two}})
    assert outcome.diagnostics == ()
    assert LITERAL not in repr(outcome.loaded)
    assert Path(tree.root / "token.txt").read_text() == LITERAL


# -- one for each server, one for each variable, twenty in all


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://mcp.linear.app/mcp", "https://mcp.linear.app/mcp"),
        ("https://mcp.linear.app/mcp", "https://mcp.linear.app/mcp/"),
        ("https://mcp.linear.app", "https://mcp.linear.app/"),
        ("https://mcp.linear.app/mcp", "HTTPS://MCP.Linear.APP/mcp"),
        ("https://mcp.linear.app/mcp", "https://mcp.linear.app:443/mcp"),
        ("http://mcp.linear.app:80/mcp", "http://mcp.linear.app/mcp"),
        ("https://mcp.linear.app:8443/mcp", "https://mcp.linear.app:8443/mcp/"),
    ],
)
def test_two_credentials_for_one_server_are_refused(tree: Tree, first: str, second: str) -> None:
    only = vault(tree, {"a": bearer(first), "b": bearer(second)}).only()
    assert only.code is Code.CONFLICTING_FIELDS
    assert only.summary == (
        "credential/v/b and credential/v/a are for the same MCP server; a vault takes one"
    )
    assert only.address == "credential/v/b"
    assert only.location is not None
    assert only.location.file == "vaults/v.json"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://mcp.linear.app/mcp", "https://mcp.linear.app/MCP"),
        ("https://mcp.linear.app/mcp", "http://mcp.linear.app/mcp"),
        ("https://mcp.linear.app/mcp", "https://mcp.linear.app:80/mcp"),
        ("https://mcp.linear.app/mcp", "https://mcp.linear.app/mcp?a=b"),
        ("https://mcp.linear.app/mcp", "https://linear.app/mcp"),
    ],
)
def test_credentials_for_different_servers_pass(tree: Tree, first: str, second: str) -> None:
    assert vault(tree, {"a": bearer(first), "b": bearer(second)}).diagnostics == ()


def test_the_type_of_a_credential_makes_no_other_server(tree: Tree) -> None:
    oauth = OAUTH | {"mcp_server_url": "https://mcp.linear.app/mcp/"}
    assert vault(tree, {"a": {"auth": BEARER}, "b": {"auth": oauth}}).codes == [Code.CONFLICTING_FIELDS]


def test_two_credentials_for_one_variable_are_refused(tree: Tree) -> None:
    only = vault(tree, {"a": {"auth": VARIABLE}, "b": {"auth": VARIABLE}}).only()
    assert "are for the same variable" in only.summary
    other = VARIABLE | {"secret_name": "api_key"}
    assert vault(tree, {"a": {"auth": VARIABLE}, "b": {"auth": other}}).diagnostics == ()


def test_another_vault_takes_the_same_server(tree: Tree) -> None:
    text = json.dumps({"credentials": {"a": {"auth": BEARER}}})
    assert tree.write({"vaults/v.json": text, "vaults/w.json": text}).load().diagnostics == ()


def test_only_the_stage_with_both_is_wrong(tree: Tree) -> None:
    patch = {"prod": {"credentials": {"b": {"auth": BEARER}}}}
    assert vault(tree, {"a": {"auth": BEARER}}, overrides=patch).diagnostics == ()
    only = vault(tree, {"a": {"auth": BEARER}}, "prod", overrides=patch).only()
    assert only.code is Code.CONFLICTING_FIELDS


def test_a_vault_holds_twenty(tree: Tree) -> None:
    many = {f"c{number}": bearer(f"https://s{number}.example") for number in range(21)}
    only = vault(tree, many).only()
    assert (only.code, only.address) == (Code.LIMIT, "vault/v")
    assert only.summary == "vault/v has 21 credentials; it holds 20 at most"
    del many["c20"]
    assert vault(tree, many).diagnostics == ()


hosts = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,3}){1,2}", fullmatch=True)
paths = st.from_regex(r"(/[A-Za-z0-9]{1,4}){0,3}", fullmatch=True)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["http", "https"]), hosts, st.none() | st.integers(1, 65_535), paths, st.data())
def test_spellings_of_one_url_are_one(scheme: str, host: str, port: int | None, path: str, data: Any) -> None:
    default = {"http": 80, "https": 443}[scheme]
    plain = f"{scheme}://{host}{'' if port is None else f':{port}'}{path}"
    shouted = data.draw(st.sampled_from([str.upper, str.title, str.lower]))
    written = [f":{port}"] if port not in (None, default) else ["", f":{default}"]
    shown = data.draw(st.sampled_from(written))
    again = f"{shouted(scheme)}://{shouted(host)}{shown}{path}{data.draw(st.sampled_from(['', '/']))}"
    assert same_url(plain) == same_url(again)
    assert same_url(same_url(again)) == same_url(again)
    assert same_url(f"{plain}/x") != same_url(plain)
