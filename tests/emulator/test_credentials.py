"""Credentials: the three variants, the key of each, what an update may say, and that no secret stays."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.emulator import create_app
from tests.emulator.conftest import Registry
from tests.emulator.test_fuzz import FUZZ, JSON, post

SECRETS = ("s3cret-one", "s3cret-two", "s3cret-three")
BEARER: dict[str, Any] = {
    "type": "static_bearer",
    "mcp_server_url": "https://mcp.example.com/mcp",
    "token": SECRETS[0],
}
REFRESH: dict[str, Any] = {
    "client_id": "client",
    "refresh_token": SECRETS[1],
    "token_endpoint": "https://auth.example.com/token",
    "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRETS[2]},
    "resource": "https://mcp.example.com",
    "scope": "read write",
}
OAUTH: dict[str, Any] = {
    "type": "mcp_oauth",
    "mcp_server_url": "https://oauth.example.com/mcp",
    "access_token": SECRETS[0],
    "expires_at": "2099-01-01T00:00:00Z",
    "refresh": REFRESH,
}
VARIABLE: dict[str, Any] = {
    "type": "environment_variable",
    "secret_name": "API_KEY",
    "secret_value": SECRETS[0],
    "networking": {"type": "limited", "allowed_hosts": ["api.example.com", "*.example.org", "192.0.2.1"]},
}
UPDATES: tuple[dict[str, Any], ...] = (
    {"type": "static_bearer", "token": SECRETS[1]},
    {
        "type": "mcp_oauth",
        "access_token": SECRETS[1],
        "expires_at": "2099-01-01T00:00:00Z",
        "refresh": {
            "refresh_token": SECRETS[2],
            "scope": "write",
            "token_endpoint_auth": {"type": "client_secret_post", "client_secret": SECRETS[0]},
        },
    },
    {
        "type": "environment_variable",
        "secret_value": SECRETS[1],
        "networking": {"type": "limited", "allowed_hosts": ["b.example.com"]},
        "injection_location": {"header": True, "body": False},
    },
)


class Vault:
    """One vault of a registry, and short forms for what is below it."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.id = registry.post("/vaults", {"display_name": "v"})["id"]
        self.path = f"/vaults/{self.id}/credentials"

    def create(self, auth: dict[str, Any], **members: Any) -> dict[str, Any]:
        return self.registry.post(self.path, {"auth": auth, **members})

    def update(self, credential: dict[str, Any], **members: Any) -> dict[str, Any]:
        return self.registry.post(f"{self.path}/{credential['id']}", members)

    def why_not(self, auth: Any, **members: Any) -> str:
        """Why a credential is not created."""
        return str(self.registry.refused("POST", self.path, {"auth": auth, **members})["message"])

    def why_unchanged(self, credential: dict[str, Any], auth: Any) -> str:
        """Why a credential is not updated."""
        path = f"{self.path}/{credential['id']}"
        message = self.registry.refused("POST", path, {"auth": auth})["message"]
        assert self.registry.get(path) == credential
        return str(message)


@pytest.fixture
def vault(registry: Registry) -> Vault:
    return Vault(registry)


def test_what_is_left_out_comes_back_filled(vault: Vault) -> None:
    credential = vault.create(BEARER)
    assert credential.pop("id").startswith("vcrd_")
    assert credential.pop("created_at") == credential.pop("updated_at")
    assert credential == {
        "type": "vault_credential",
        "vault_id": vault.id,
        "auth": {"type": "static_bearer", "mcp_server_url": "https://mcp.example.com/mcp"},
        "display_name": None,
        "metadata": {},
        "archived_at": None,
    }


def test_the_three_variants_come_back_without_their_secrets(vault: Vault) -> None:
    assert vault.create(OAUTH)["auth"] == {
        "type": "mcp_oauth",
        "mcp_server_url": "https://oauth.example.com/mcp",
        "expires_at": "2099-01-01T00:00:00.000000Z",
        "refresh": {
            "client_id": "client",
            "token_endpoint": "https://auth.example.com/token",
            "token_endpoint_auth": {"type": "client_secret_basic"},
            "resource": "https://mcp.example.com",
            "scope": "read write",
        },
    }
    assert vault.create(VARIABLE)["auth"] == {
        "type": "environment_variable",
        "secret_name": "API_KEY",
        "networking": VARIABLE["networking"],
        "injection_location": {"header": True, "body": True},
    }


def test_optional_members_of_oauth_that_are_unset(vault: Vault) -> None:
    bare = {name: OAUTH[name] for name in ("type", "mcp_server_url", "access_token")}
    # The expiry is absent, not null: so the SDK describes it.
    assert vault.create(bare)["auth"] == {
        "type": "mcp_oauth",
        "mcp_server_url": OAUTH["mcp_server_url"],
        "refresh": None,
    }
    refresh = {**REFRESH, "token_endpoint_auth": {"type": "none"}, "resource": None, "scope": ""}
    other = vault.create({**OAUTH, "mcp_server_url": "https://b.example.com", "refresh": refresh})
    assert other["auth"]["refresh"] == {
        "client_id": "client",
        "token_endpoint": "https://auth.example.com/token",
        "token_endpoint_auth": {"type": "none"},
        "resource": None,
        "scope": None,
    }


def without(auth: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in auth.items() if name not in names}


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        (None, "auth: Input should be an object"),
        ({"token": SECRETS[0]}, "auth.type: Field required"),
        (
            {**BEARER, "type": "basic"},
            "auth.type: Input should be 'static_bearer' or 'mcp_oauth' or 'environment_variable'",
        ),
        (without(BEARER, "token"), "auth.token: Field required"),
        ({**BEARER, "token": ""}, "auth.token: String should have at least 1 character"),
        ({**BEARER, "token": None}, "auth.token: Input should be a valid string"),
        (
            {**BEARER, "mcp_server_url": "mcp.example.com"},
            "auth.mcp_server_url: Input should be an http or https URL",
        ),
        (
            {**BEARER, "mcp_server_url": "https://[x"},
            "auth.mcp_server_url: Input should be an http or https URL",
        ),
        (
            {**BEARER, "mcp_server_url": "https://a b"},
            "auth.mcp_server_url: Input should be an http or https URL",
        ),
        ({**BEARER, "expires_at": None}, "auth.expires_at: Extra inputs are not permitted"),
        (without(OAUTH, "access_token"), "auth.access_token: Field required"),
        ({**OAUTH, "expires_at": "2026-11-01T11:59:59Z"}, "auth.expires_at: Input should be in the future"),
        ({**OAUTH, "expires_at": 1}, "auth.expires_at: Input should be a valid string"),
        ({**OAUTH, "expires_at": "soon"}, "auth.expires_at: Input should be an RFC 3339 timestamp"),
        ({**OAUTH, "refresh": {}}, "auth.refresh.client_id: Field required"),
        (
            {**OAUTH, "refresh": without(REFRESH, "refresh_token")},
            "auth.refresh.refresh_token: Field required",
        ),
        (
            {**OAUTH, "refresh": {**REFRESH, "token_endpoint_auth": {"type": "client_secret_post"}}},
            "auth.refresh.token_endpoint_auth.client_secret: Field required",
        ),
        (
            {**OAUTH, "refresh": {**REFRESH, "token_endpoint_auth": {"type": "none", "client_secret": "x"}}},
            "auth.refresh.token_endpoint_auth.client_secret: Extra inputs are not permitted",
        ),
        (without(VARIABLE, "networking"), "auth.networking: Field required"),
        ({**VARIABLE, "networking": None}, "auth.networking: Input should be an object"),
        ({**VARIABLE, "networking": {"type": "limited"}}, "auth.networking.allowed_hosts: Field required"),
        (
            {**VARIABLE, "networking": {"type": "limited", "allowed_hosts": ["a.example.com"] * 17}},
            "auth.networking.allowed_hosts: List should have at most 16 items, not 17",
        ),
        ({**VARIABLE, "injection_location": None}, "auth.injection_location: Input should be an object"),
        (
            {**VARIABLE, "injection_location": {"header": None}},
            "auth.injection_location.header: Input should be a valid boolean",
        ),
        (
            {**VARIABLE, "injection_location": {}},
            "auth.injection_location: at least one of 'header' and 'body' has to be true",
        ),
        (
            {**VARIABLE, "injection_location": {"body": False}},
            "auth.injection_location: at least one of 'header' and 'body' has to be true",
        ),
    ],
)
def test_refused_auth(vault: Vault, auth: Any, message: str) -> None:
    assert vault.why_not(auth) == message
    assert vault.registry.get(vault.path)["data"] == []


@pytest.mark.parametrize(
    "host",
    ["https://api.example.com", "api.example.com:443", "api.example.com/v1", "2001:db8::1", "*", "a*.b", ""],
)
def test_refused_hosts(vault: Vault, host: str) -> None:
    networking = {"type": "limited", "allowed_hosts": [host]}
    message = vault.why_not({**VARIABLE, "networking": networking})
    assert message.startswith("auth.networking.allowed_hosts.0: Input should be a host name")


def test_display_names(vault: Vault) -> None:
    assert vault.create(BEARER, display_name="n" * 255)["display_name"] == "n" * 255
    assert "at most 255" in vault.why_not(OAUTH, display_name="n" * 256)
    credential = vault.create(OAUTH, display_name="n")
    assert vault.update(credential, display_name=None) == credential
    assert vault.update(credential, display_name="m")["display_name"] == "m"
    refused = vault.registry.refused("POST", f"{vault.path}/{credential['id']}", {"display_name": ""})
    assert refused["message"] == "display_name: String should have at least 1 character"


def test_metadata_merges(vault: Vault) -> None:
    credential = vault.create(BEARER, metadata={"a": "1", "b": "2"})
    assert vault.update(credential, metadata={"a": None, "c": "3"})["metadata"] == {"b": "2", "c": "3"}


# --- where a secret is put in ---


@pytest.mark.parametrize(
    ("sent", "resolved"),
    [
        ({"header": True}, {"header": True, "body": False}),
        ({"body": True}, {"header": False, "body": True}),
        ({"header": True, "body": True}, {"header": True, "body": True}),
    ],
)
def test_on_create_a_location_left_out_of_the_object_is_off(
    vault: Vault, sent: dict[str, bool], resolved: dict[str, bool]
) -> None:
    auth = vault.create({**VARIABLE, "injection_location": sent})["auth"]
    assert auth["injection_location"] == resolved


def test_on_update_a_location_left_out_of_the_object_is_kept(vault: Vault) -> None:
    credential = vault.create({**VARIABLE, "injection_location": {"header": True}})
    patch: dict[str, Any] = {"type": "environment_variable"}
    assert vault.update(credential, auth={**patch, "injection_location": {}}) == credential
    both = vault.update(credential, auth={**patch, "injection_location": {"body": True}})
    assert both["auth"]["injection_location"] == {"header": True, "body": True}
    body = vault.update(credential, auth={**patch, "injection_location": {"header": False}})
    assert body["auth"]["injection_location"] == {"header": False, "body": True}
    assert "at least one" in vault.why_unchanged(body, {**patch, "injection_location": {"body": False}})
    assert "object" in vault.why_unchanged(body, {**patch, "injection_location": None})


# --- updates of auth ---


@pytest.mark.parametrize("auth", [BEARER, OAUTH, VARIABLE], ids=lambda auth: auth["type"])
def test_an_update_that_says_nothing_changes_nothing(vault: Vault, auth: dict[str, Any]) -> None:
    credential = vault.create(auth)
    assert vault.update(credential) == credential
    assert vault.update(credential, auth={"type": auth["type"]}) == credential


@pytest.mark.parametrize(
    ("auth", "patch"),
    [
        (BEARER, {"token": SECRETS[1]}),
        (OAUTH, {"access_token": SECRETS[1]}),
        (OAUTH, {"refresh": {"refresh_token": SECRETS[2]}}),
        (
            OAUTH,
            {
                "refresh": {
                    "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRETS[1]}
                }
            },
        ),
        (VARIABLE, {"secret_value": SECRETS[1]}),
    ],
)
def test_a_new_secret_is_seen_in_nothing_but_the_time_of_the_update(
    vault: Vault, auth: dict[str, Any], patch: dict[str, Any]
) -> None:
    credential = vault.create(auth)
    rotated = vault.update(credential, auth={"type": auth["type"], **patch})
    assert rotated["updated_at"] > credential["updated_at"]
    assert {**rotated, "updated_at": None} == {**credential, "updated_at": None}


@pytest.mark.parametrize(
    ("auth", "patch"),
    [
        (BEARER, {"token": None}),
        (OAUTH, {"access_token": None, "expires_at": None, "refresh": None}),
        (
            OAUTH,
            {
                "refresh": {
                    "refresh_token": None,
                    "scope": None,
                    "token_endpoint_auth": {"type": "client_secret_post", "client_secret": None},
                }
            },
        ),
        (VARIABLE, {"secret_value": None, "networking": None}),
    ],
)
def test_null_keeps(vault: Vault, auth: dict[str, Any], patch: dict[str, Any]) -> None:
    credential = vault.create(auth)
    assert vault.update(credential, auth={"type": auth["type"], **patch}) == credential


def test_the_type_cannot_change(vault: Vault) -> None:
    credential = vault.create(BEARER)
    message = vault.why_unchanged(credential, {"type": "mcp_oauth", "access_token": SECRETS[1]})
    assert message == "auth.type: cannot change from 'static_bearer' to 'mcp_oauth'"


@pytest.mark.parametrize(
    ("auth", "patch", "at"),
    [
        (BEARER, {"mcp_server_url": BEARER["mcp_server_url"]}, "auth.mcp_server_url"),
        (OAUTH, {"mcp_server_url": "https://other.example.com"}, "auth.mcp_server_url"),
        (OAUTH, {"refresh": {"client_id": "other"}}, "auth.refresh.client_id"),
        (OAUTH, {"refresh": {"token_endpoint": "https://x.example.com"}}, "auth.refresh.token_endpoint"),
        (OAUTH, {"refresh": {"resource": None}}, "auth.refresh.resource"),
        (VARIABLE, {"secret_name": "OTHER"}, "auth.secret_name"),
    ],
)
def test_what_names_a_credential_cannot_change(
    vault: Vault, auth: dict[str, Any], patch: dict[str, Any], at: str
) -> None:
    credential = vault.create(auth)
    message = vault.why_unchanged(credential, {"type": auth["type"], **patch})
    assert message == f"{at}: cannot be changed after create; archive this credential and create another"


def test_the_scope_is_replaced_and_an_empty_one_clears_it(vault: Vault) -> None:
    credential = vault.create(OAUTH)
    for sent, stored in (("read", "read"), ("", None), ("write", "write")):
        changed = vault.update(credential, auth={"type": "mcp_oauth", "refresh": {"scope": sent}})
        assert changed["auth"]["refresh"]["scope"] == stored


def test_another_way_to_send_the_client_secret_does_not_change_the_stored_one(vault: Vault) -> None:
    credential = vault.create(OAUTH)
    patch = {"token_endpoint_auth": {"type": "client_secret_post", "client_secret": SECRETS[0]}}
    changed = vault.update(credential, auth={"type": "mcp_oauth", "refresh": patch})
    assert changed["auth"]["refresh"]["token_endpoint_auth"] == {"type": "client_secret_basic"}
    assert "Input should be" in vault.why_unchanged(
        changed, {"type": "mcp_oauth", "refresh": {"token_endpoint_auth": {"type": "none"}}}
    )


def test_a_client_secret_needs_a_client_that_has_one(vault: Vault) -> None:
    public = {**OAUTH, "refresh": {**REFRESH, "token_endpoint_auth": {"type": "none"}}}
    patch = {"token_endpoint_auth": {"type": "client_secret_basic", "client_secret": SECRETS[0]}}
    message = vault.why_unchanged(vault.create(public), {"type": "mcp_oauth", "refresh": patch})
    assert message.startswith("auth.refresh.token_endpoint_auth: ")


def test_a_refresh_cannot_be_added_later(vault: Vault) -> None:
    credential = vault.create(without(OAUTH, "refresh"))
    message = vault.why_unchanged(credential, {"type": "mcp_oauth", "refresh": {"scope": "read"}})
    assert message.startswith("auth.refresh: the credential was created without")


def test_a_new_token_keeps_the_old_expiry_unless_it_brings_one(vault: Vault) -> None:
    credential = vault.create(OAUTH)
    kept = vault.update(credential, auth={"type": "mcp_oauth", "access_token": SECRETS[1]})
    assert kept["auth"]["expires_at"] == "2099-01-01T00:00:00.000000Z"
    patch = {"type": "mcp_oauth", "access_token": SECRETS[1], "expires_at": "2099-02-01T01:00:00+01:00"}
    moved = vault.update(credential, auth=patch)
    assert moved["auth"]["expires_at"] == "2099-02-01T00:00:00.000000Z"
    past = {"type": "mcp_oauth", "expires_at": "2026-10-31T00:00:00Z"}
    assert vault.why_unchanged(moved, past) == "auth.expires_at: Input should be in the future"


def test_networking_is_replaced_as_a_whole(vault: Vault) -> None:
    credential = vault.create(VARIABLE)
    patch: dict[str, Any] = {"type": "environment_variable"}
    for networking in (
        {"type": "unrestricted"},
        {"type": "limited", "allowed_hosts": ["b.example.com"]},
        {"type": "limited", "allowed_hosts": []},
    ):
        changed = vault.update(credential, auth={**patch, "networking": networking})
        assert changed["auth"]["networking"] == networking


# --- keys and limits ---


def test_active_credentials_of_a_vault_have_different_keys(vault: Vault) -> None:
    first = vault.create(BEARER)
    # The server counts, not the kind of token for it.
    for auth in (BEARER, {**OAUTH, "mcp_server_url": BEARER["mcp_server_url"]}):
        error = vault.registry.refused("POST", vault.path, {"auth": auth}, status=409)
        assert error["type"] == "conflict_error"
        assert first["id"] in error["message"]
    vault.create(VARIABLE)
    error = vault.registry.refused("POST", vault.path, {"auth": VARIABLE}, status=409)
    assert "secret_name" in error["message"]

    # A variable and a server never stand in each other's way.
    vault.create({**VARIABLE, "secret_name": BEARER["mcp_server_url"]})
    Vault(vault.registry).create(BEARER)


@pytest.mark.parametrize("auth", [BEARER, VARIABLE], ids=lambda auth: auth["type"])
@pytest.mark.parametrize("removal", ["archive", "delete"])
def test_archiving_and_deleting_free_the_key(vault: Vault, auth: dict[str, Any], removal: str) -> None:
    path = f"{vault.path}/{vault.create(auth)['id']}"
    if removal == "archive":
        registry_answer = vault.registry.post(f"{path}/archive")
        assert registry_answer["archived_at"] is not None
    else:
        assert vault.registry.delete(path)["type"] == "vault_credential_deleted"
    assert vault.create(auth)["archived_at"] is None


def test_a_vault_holds_twenty_active_credentials(vault: Vault) -> None:
    made = [vault.create({**BEARER, "mcp_server_url": f"https://{n}.example.com"}) for n in range(20)]
    assert "20 active credentials" in vault.why_not(VARIABLE)
    vault.registry.post(f"{vault.path}/{made[0]['id']}/archive")
    vault.create(VARIABLE)


# --- archiving, deleting, listing, validating ---


def test_archiving_is_final(vault: Vault) -> None:
    credential = vault.create(OAUTH)
    path = f"{vault.path}/{credential['id']}"
    archived = vault.registry.post(f"{path}/archive")
    assert archived["archived_at"] == archived["updated_at"] > credential["updated_at"]
    assert vault.registry.post(f"{path}/archive") == archived
    assert vault.registry.get(path) == archived
    assert "archived" in vault.why_unchanged(archived, {"type": "mcp_oauth", "access_token": SECRETS[1]})
    assert "archived" in vault.registry.refused("POST", f"{path}/mcp_oauth_validate")["message"]


def test_lists(vault: Vault) -> None:
    first, second, third = (vault.create(auth) for auth in (BEARER, OAUTH, VARIABLE))
    Vault(vault.registry).create(BEARER)
    third = vault.registry.post(f"{vault.path}/{third['id']}/archive")
    assert vault.registry.get(vault.path)["data"] == [second, first]
    assert vault.registry.get(f"{vault.path}?include_archived=true")["data"] == [third, second, first]
    page = vault.registry.get(f"{vault.path}?limit=1")
    rest = vault.registry.get(f"{vault.path}?limit=1&page={page['next_page']}")
    assert rest == {"data": [first], "next_page": None}


def test_a_credential_is_found_in_its_own_vault_only(vault: Vault) -> None:
    credential, other = vault.create(BEARER), Vault(vault.registry)
    for method, path in (
        ("GET", f"{other.path}/{credential['id']}"),
        ("POST", f"{other.path}/{credential['id']}/archive"),
        ("DELETE", f"{other.path}/{credential['id']}"),
        ("GET", f"{vault.path}/vcrd_x"),
        ("GET", "/vaults/vlt_x/credentials"),
    ):
        assert vault.registry.refused(method, path, status=404)["type"] == "not_found_error"


def test_a_validation_tells_that_nothing_is_known(vault: Vault) -> None:
    with_refresh = vault.create(OAUTH)
    bare = vault.create({**without(OAUTH, "refresh"), "mcp_server_url": "https://b.example.com"})
    for credential, has_refresh in ((with_refresh, True), (bare, False)):
        answer = vault.registry.post(f"{vault.path}/{credential['id']}/mcp_oauth_validate")
        assert answer.pop("validated_at") > credential["created_at"]
        assert answer == {
            "type": "vault_credential_validation",
            "credential_id": credential["id"],
            "vault_id": vault.id,
            "status": "unknown",
            "has_refresh_token": has_refresh,
            "mcp_probe": None,
            "refresh": None,
        }


@pytest.mark.parametrize("auth", [BEARER, VARIABLE], ids=lambda auth: auth["type"])
def test_only_oauth_can_be_validated(vault: Vault, auth: dict[str, Any]) -> None:
    path = f"{vault.path}/{vault.create(auth)['id']}/mcp_oauth_validate"
    assert "only 'mcp_oauth'" in vault.registry.refused("POST", path)["message"]


# --- secrets ---


def test_no_secret_is_in_the_file_or_in_an_answer(tmp_path: Path) -> None:
    file = tmp_path / "registry.db"
    app = create_app(file)
    vault = Vault(Registry(app))
    registry, answers = vault.registry, []

    def send(path: str, body: Any) -> dict[str, Any]:
        answer = registry.send("POST", path, body)
        answers.append(answer.text)
        return dict(answer.json())

    for auth in (BEARER, OAUTH, VARIABLE):
        made = send(vault.path, {"auth": auth, "display_name": "kept in the file"})
        secret = {name: value for name, value in auth.items() if value in SECRETS}
        if auth is OAUTH:
            secret["refresh"] = {name: REFRESH[name] for name in ("refresh_token", "token_endpoint_auth")}
        send(f"{vault.path}/{made['id']}", {"auth": {"type": auth["type"], **secret}})
        # Refused bodies are where a secret is most easily repeated.
        send(f"{vault.path}/{made['id']}", {"auth": {**auth, "nonsense": SECRETS[0]}})
        send(vault.path, {"auth": auth})
        for name, value in auth.items():
            if value in SECRETS:
                send(vault.path, {"auth": {**auth, name: [value]}})
                send(vault.path, {"auth": {**auth, "type": value}})
    answers.append(registry.send("GET", vault.path).text)

    held = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    app.state.database.close()
    held += file.read_bytes()
    assert b"kept in the file" in held
    for secret in SECRETS:
        assert secret.encode() not in held
        assert not [answer for answer in answers if secret in answer]


# --- whatever comes in ---


def with_one_random_member(body: dict[str, Any], data: st.DataObject) -> dict[str, Any]:
    """The body with any JSON in the place of one member, however deep."""
    changed = copy.deepcopy(body)
    node: Any = changed
    while True:
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
            break
        node = node[key]
    node[key] = data.draw(JSON)
    return changed


class World:
    """A vault that has a credential of each variant, and one that has none."""

    def __init__(self) -> None:
        self.app = create_app(":memory:")
        self.registry = Registry(self.app)
        self.full, self.empty = Vault(self.registry), Vault(self.registry)
        self.credentials = [self.full.create(auth) for auth in (BEARER, OAUTH, VARIABLE)]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World()
    yield world
    world.app.state.database.close()


@FUZZ
@given(data=st.data())
def test_creates_with_one_random_member_are_answered(world: World, data: st.DataObject) -> None:
    auth = data.draw(st.sampled_from([BEARER, OAUTH, VARIABLE]))
    body = with_one_random_member({"auth": auth, "display_name": "n", "metadata": {"k": "v"}}, data)
    answer = post(world, world.empty.path, body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        world.registry.delete(f"{world.empty.path}/{answer.json()['id']}")


@FUZZ
@given(data=st.data())
def test_updates_with_one_random_member_are_answered(world: World, data: st.DataObject) -> None:
    credential, auth = data.draw(st.sampled_from(list(zip(world.credentials, UPDATES, strict=True))))
    body = with_one_random_member({"auth": auth, "display_name": "n", "metadata": {"k": "v"}}, data)
    answer = post(world, f"{world.full.path}/{credential['id']}", body)
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json().keys() == credential.keys()


def test_the_starting_points_are_valid(world: World) -> None:
    for credential, auth in zip(world.credentials, UPDATES, strict=True):
        assert post(world, f"{world.full.path}/{credential['id']}", {"auth": auth}).status_code == 200
