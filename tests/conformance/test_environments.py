"""``client.beta.environments``; its ``work`` queue belongs to workers and is not served."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest


def test_the_smallest_environment_comes_back_complete(beta: Any) -> None:
    environment = beta.environments.create(name="smallest")
    assert environment.id.startswith("env_")
    assert environment.config.to_dict() == {
        "type": "cloud",
        "networking": {"type": "unrestricted"},
        "packages": {"type": "packages", "apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": []},
    }
    assert (environment.scope, environment.description, environment.metadata) == ("organization", None, {})
    assert beta.environments.retrieve(environment.id) == environment


def test_limited_networking_and_a_merge(beta: Any) -> None:
    environment = beta.environments.create(
        name="limited",
        config={
            "type": "cloud",
            "networking": {
                "type": "limited",
                "allowed_hosts": ["*.example.com"],
                "allow_package_managers": True,
            },
            "packages": {"pip": ["pandas==2.2"]},
        },
        metadata={"team": "data"},
    )
    changed = beta.environments.update(
        environment.id,
        config={"type": "cloud", "networking": {"type": "limited", "allow_mcp_servers": True}},
        metadata={"team": None, "stage": "prod"},
    )
    assert changed.config.networking.allowed_hosts == ["*.example.com"]
    assert changed.config.networking.allow_mcp_servers is True
    assert changed.config.packages.pip == ["pandas==2.2"]
    assert changed.metadata == {"stage": "prod"}


def test_self_hosted(beta: Any) -> None:
    environment = beta.environments.create(name="ours", config={"type": "self_hosted"})
    assert environment.config.to_dict() == {"type": "self_hosted"}


def test_errors_carry_their_code(beta: Any) -> None:
    environment = beta.environments.create(name="coded")
    with pytest.raises(anthropic.BadRequestError) as changed_type:
        beta.environments.update(environment.id, config={"type": "self_hosted"})
    assert changed_type.value.body["error"]["details"]["error_code"] == "invalid_config_type_change"
    with pytest.raises(anthropic.ConflictError):
        beta.environments.create(name="coded")


def test_list_archive_delete(beta: Any) -> None:
    created = [beta.environments.create(name=f"paged-{n}").id for n in range(3)]
    assert [each.id for each in beta.environments.list(limit=2) if each.id in created] == list(
        reversed(created)
    )

    archived = beta.environments.archive(created[0])
    assert archived.archived_at is not None
    assert created[0] not in [each.id for each in beta.environments.list()]
    assert created[0] in [each.id for each in beta.environments.list(include_archived=True)]

    deleted = beta.environments.delete(created[0])
    assert (deleted.id, deleted.type) == (created[0], "environment_deleted")
    with pytest.raises(anthropic.NotFoundError):
        beta.environments.retrieve(created[0])
