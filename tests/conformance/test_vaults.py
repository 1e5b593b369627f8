"""``client.beta.vaults`` and ``client.beta.vaults.credentials``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import pytest


@pytest.fixture
def vault(beta: Any) -> str:
    return str(beta.vaults.create(display_name="Alice").id)


def test_vault_lifecycle(beta: Any) -> None:
    created = beta.vaults.create(display_name="Alice", metadata={"user": "usr_1"})
    assert created.id.startswith("vlt_")
    assert created.archived_at is None
    assert beta.vaults.retrieve(created.id) == created

    changed = beta.vaults.update(created.id, display_name="Bob", metadata={"user": None, "team": "a"})
    assert (changed.display_name, changed.metadata) == ("Bob", {"team": "a"})
    assert beta.vaults.update(created.id, display_name=None, metadata=None) == changed

    others = [beta.vaults.create(display_name=f"paged-{n}").id for n in range(3)]
    listed = [each.id for each in beta.vaults.list(limit=2)]
    assert listed[:4] == [*reversed(others), created.id]

    archived = beta.vaults.archive(created.id)
    assert archived.archived_at is not None
    assert beta.vaults.archive(created.id) == archived
    assert created.id not in [each.id for each in beta.vaults.list(limit=100)]
    assert created.id in [each.id for each in beta.vaults.list(limit=100, include_archived=True)]
    with pytest.raises(anthropic.BadRequestError, match="archived"):
        beta.vaults.update(created.id, display_name="Carol")

    deleted = beta.vaults.delete(created.id)
    assert (deleted.id, deleted.type) == (created.id, "vault_deleted")
    with pytest.raises(anthropic.NotFoundError):
        beta.vaults.retrieve(created.id)


def test_static_bearer(beta: Any, vault: str) -> None:
    credentials = beta.vaults.credentials
    auth = {"type": "static_bearer", "mcp_server_url": "https://mcp.example.com", "token": "tok_1"}
    created = credentials.create(vault, auth=auth, display_name="Linear", metadata={"k": "v"})
    assert created.id.startswith("vcrd_")
    assert (created.vault_id, created.display_name, created.metadata) == (vault, "Linear", {"k": "v"})
    assert created.auth.to_dict() == {"type": "static_bearer", "mcp_server_url": "https://mcp.example.com"}
    assert credentials.retrieve(created.id, vault_id=vault) == created

    rotated = credentials.update(
        created.id, vault_id=vault, auth={"type": "static_bearer", "token": "tok_2"}, display_name="Linear 2"
    )
    assert (rotated.display_name, rotated.auth) == ("Linear 2", created.auth)
    assert rotated.updated_at > created.updated_at

    with pytest.raises(anthropic.ConflictError) as taken:
        credentials.create(vault, auth=auth)
    assert taken.value.type == "conflict_error"
    with pytest.raises(anthropic.BadRequestError, match="cannot change from"):
        credentials.update(created.id, vault_id=vault, auth={"type": "mcp_oauth", "access_token": "tok_3"})

    credentials.archive(created.id, vault_id=vault)
    assert credentials.create(vault, auth=auth).archived_at is None


def test_mcp_oauth_with_and_without_refresh(beta: Any, vault: str) -> None:
    credentials = beta.vaults.credentials
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    created = credentials.create(
        vault,
        auth={
            "type": "mcp_oauth",
            "mcp_server_url": "https://mcp.example.com/mcp",
            "access_token": "at_1",
            "expires_at": expires_at,
            "refresh": {
                "client_id": "client",
                "refresh_token": "rt_1",
                "token_endpoint": "https://auth.example.com/token",
                "token_endpoint_auth": {"type": "client_secret_post", "client_secret": "cs_1"},
                "scope": "read",
            },
        },
    )
    assert created.auth.expires_at == expires_at
    assert created.auth.refresh.token_endpoint_auth.to_dict() == {"type": "client_secret_post"}
    assert (created.auth.refresh.scope, created.auth.refresh.resource) == ("read", None)

    later = expires_at + timedelta(hours=1)
    changed = credentials.update(
        created.id,
        vault_id=vault,
        auth={
            "type": "mcp_oauth",
            "access_token": "at_2",
            "expires_at": later,
            "refresh": {
                "refresh_token": "rt_2",
                "scope": "",
                "token_endpoint_auth": {"type": "client_secret_basic", "client_secret": "cs_2"},
            },
        },
    )
    assert (changed.auth.expires_at, changed.auth.refresh.scope) == (later, None)
    assert changed.auth.refresh.token_endpoint_auth.type == "client_secret_post"

    validation = credentials.mcp_oauth_validate(created.id, vault_id=vault)
    assert (validation.credential_id, validation.vault_id) == (created.id, vault)
    assert (validation.status, validation.has_refresh_token) == ("unknown", True)
    assert (validation.mcp_probe, validation.refresh) == (None, None)

    bare = credentials.create(
        vault, auth={"type": "mcp_oauth", "mcp_server_url": "https://b.example.com", "access_token": "at_3"}
    )
    assert (bare.auth.refresh, bare.auth.expires_at) == (None, None)
    assert credentials.mcp_oauth_validate(bare.id, vault_id=vault).has_refresh_token is False


def test_environment_variable(beta: Any, vault: str) -> None:
    credentials = beta.vaults.credentials
    created = credentials.create(
        vault,
        auth={
            "type": "environment_variable",
            "secret_name": "API_KEY",
            "secret_value": "sv_1",
            "networking": {"type": "limited", "allowed_hosts": ["*.example.com"]},
        },
    )
    assert created.auth.to_dict() == {
        "type": "environment_variable",
        "secret_name": "API_KEY",
        "networking": {"type": "limited", "allowed_hosts": ["*.example.com"]},
        "injection_location": {"header": True, "body": True},
    }
    changed = credentials.update(
        created.id,
        vault_id=vault,
        auth={
            "type": "environment_variable",
            "secret_value": "sv_2",
            "networking": {"type": "unrestricted"},
            "injection_location": {"body": False},
        },
    )
    assert changed.auth.networking.type == "unrestricted"
    assert changed.auth.injection_location.to_dict() == {"header": True, "body": False}
    with pytest.raises(anthropic.BadRequestError, match="at least one of"):
        credentials.update(
            created.id,
            vault_id=vault,
            auth={"type": "environment_variable", "injection_location": {"header": False}},
        )


def test_credentials_go_with_their_vault(beta: Any, vault: str) -> None:
    credentials = beta.vaults.credentials
    made = [
        credentials.create(
            vault,
            auth={"type": "static_bearer", "mcp_server_url": f"https://{n}.example.com", "token": "tok"},
        ).id
        for n in range(3)
    ]
    assert [each.id for each in credentials.list(vault, limit=2)] == made[::-1]
    deleted = credentials.delete(made[0], vault_id=vault)
    assert (deleted.id, deleted.type) == (made[0], "vault_credential_deleted")

    beta.vaults.archive(vault)
    assert list(credentials.list(vault)) == []
    gone = list(credentials.list(vault, include_archived=True))
    assert [each.id for each in gone] == [made[2], made[1]]
    assert all(each.archived_at is not None for each in gone)
    beta.vaults.delete(vault)
    with pytest.raises(anthropic.NotFoundError):
        credentials.list(vault)
