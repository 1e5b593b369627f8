"""Environments: defaults, the deep merge of ``config``, names, archiving and deletion."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry

NO_PACKAGES = {"type": "packages", "apt": [], "cargo": [], "gem": [], "go": [], "npm": [], "pip": []}


def create(registry: Registry, **members: Any) -> dict[str, Any]:
    return registry.post("/environments", {"name": "e", **members})


def refusal(registry: Registry, **members: Any) -> str:
    return str(registry.refused("POST", "/environments", {"name": "e", **members})["message"])


@pytest.mark.parametrize("config", [{}, {"config": None}, {"config": {"type": "cloud", "networking": None}}])
def test_what_is_left_out_comes_back_filled(registry: Registry, config: dict[str, Any]) -> None:
    environment = create(registry, **config)
    del environment["id"], environment["created_at"], environment["updated_at"]
    assert environment == {
        "type": "environment",
        "state": "active",
        "name": "e",
        "description": None,
        "config": {"type": "cloud", "networking": {"type": "unrestricted"}, "packages": NO_PACKAGES},
        "scope": "organization",
        "metadata": {},
        "archived_at": None,
    }


def test_limited_networking_comes_back_filled(registry: Registry) -> None:
    config = create(registry, config={"type": "cloud", "networking": {"type": "limited"}})["config"]
    assert config["networking"] == {
        "type": "limited",
        "allow_mcp_servers": False,
        "allow_package_managers": False,
        "allowed_hosts": [],
    }


def test_config_merges_and_its_lists_replace(registry: Registry) -> None:
    networking = {"type": "limited", "allowed_hosts": ["a.com", "*.b.com"], "allow_package_managers": True}
    environment = create(
        registry, config={"type": "cloud", "networking": networking, "packages": {"pip": ["x"], "npm": ["y"]}}
    )
    path = f"/environments/{environment['id']}"

    def update(**config: Any) -> dict[str, Any]:
        return dict(registry.post(path, {"config": {"type": "cloud", **config}})["config"])

    assert registry.post(path, {"config": None}) == environment
    assert update(packages={"pip": None}) == environment["config"]
    assert update(packages={"pip": []})["packages"] == {**NO_PACKAGES, "npm": ["y"]}
    hosts = update(networking={"type": "limited", "allowed_hosts": ["c.com"]})["networking"]
    assert (hosts["allowed_hosts"], hosts["allow_package_managers"]) == (["c.com"], True)
    assert update(networking={"type": "unrestricted"})["networking"] == {"type": "unrestricted"}


def test_packages_need_package_managers(registry: Registry) -> None:
    config = {"type": "cloud", "networking": {"type": "limited"}, "packages": {"pip": ["x"]}}
    assert refusal(registry, config=config).startswith(
        "config.networking.allow_package_managers: must be true"
    )
    environment = create(registry, config={"type": "cloud", "packages": {"pip": ["x"]}})
    body = {"config": {"type": "cloud", "networking": {"type": "limited"}}}
    registry.refused("POST", f"/environments/{environment['id']}", body)


def test_the_config_type_is_immutable(registry: Registry) -> None:
    environment = create(registry, config={"type": "self_hosted"})
    assert environment["config"] == {"type": "self_hosted"}
    error = registry.refused("POST", f"/environments/{environment['id']}", {"config": {"type": "cloud"}})
    assert error["details"] == {"error_code": "invalid_config_type_change"}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"name": ""}, "name: String should have at least 1 character"),
        ({"scope": "account"}, "scope: API organizations support only 'organization'"),
        ({"metadata": None}, "metadata: Input should be an object"),
        ({"config": {}}, "config.type: Field required"),
        (
            {"config": {"type": "self_hosted", "packages": {}}},
            "config.packages: Extra inputs are not permitted",
        ),
        ({"config": {"type": "cloud", "packages": {"brew": []}}}, "config.packages.brew: Extra inputs"),
        (
            {
                "config": {
                    "type": "cloud",
                    "networking": {"type": "limited", "allowed_hosts": ["https://a.com"]},
                }
            },
            "config.networking.allowed_hosts.0: Input should be a host name",
        ),
        (
            {"config": {"type": "cloud", "networking": {"type": "unrestricted", "allowed_hosts": []}}},
            "config.networking.allowed_hosts: Extra inputs",
        ),
    ],
)
def test_refused_members(registry: Registry, members: dict[str, Any], message: str) -> None:
    assert refusal(registry, **members).startswith(message)


def test_metadata_merges_and_an_empty_string_deletes(registry: Registry) -> None:
    environment = create(registry, metadata={"a": "1", "b": "2", "c": "3"})
    body = {"metadata": {"a": None, "b": "", "d": "4"}}
    assert registry.post(f"/environments/{environment['id']}", body)["metadata"] == {"c": "3", "d": "4"}
    error = registry.refused("POST", f"/environments/{environment['id']}", {"metadata": {"k": "v" * 513}})
    assert error["details"] == {"error_code": "invalid_metadata"}


def test_description_null_clears_and_an_empty_string_stays(registry: Registry) -> None:
    environment = create(registry, description="")
    assert environment["description"] == ""
    path = f"/environments/{environment['id']}"
    assert registry.post(path, {"description": "d"})["description"] == "d"
    assert registry.post(path, {"name": None, "scope": None})["description"] == "d"
    assert registry.post(path, {"description": None})["description"] is None


def test_live_names_are_unique(registry: Registry) -> None:
    first = create(registry)
    assert registry.refused("POST", "/environments", {"name": "e"}, status=409)["type"] == "conflict_error"
    other = create(registry, name="other")
    registry.refused("POST", f"/environments/{other['id']}", {"name": "e"}, status=409)
    registry.post(f"/environments/{first['id']}/archive")
    assert registry.post(f"/environments/{other['id']}", {"name": "e"})["name"] == "e"


def test_archived_is_read_only(registry: Registry) -> None:
    environment = create(registry)
    archived = registry.post(f"/environments/{environment['id']}/archive")
    assert registry.post(f"/environments/{environment['id']}/archive") == archived
    error = registry.refused("POST", f"/environments/{environment['id']}", {"description": "d"})
    assert error["details"] == {"error_code": "environment_archived"}
    assert registry.get("/environments")["data"] == []
    assert registry.get("/environments?include_archived=true")["data"] == [archived]


def test_delete_also_when_archived(registry: Registry) -> None:
    environment = create(registry)
    registry.post(f"/environments/{environment['id']}/archive")
    path = f"/environments/{environment['id']}"
    assert registry.delete(path) == {"id": environment["id"], "type": "environment_deleted"}
    registry.refused("GET", path, status=404)
    registry.refused("DELETE", path, status=404)


def test_an_update_that_changes_nothing(registry: Registry) -> None:
    environment = create(registry, metadata={"a": "1"})
    same = {"name": "e", "metadata": {"a": "1"}, "config": {"type": "cloud"}, "scope": "organization"}
    assert registry.post(f"/environments/{environment['id']}", same) == environment


def test_an_answer_has_the_state_that_published_digests_hold(registry: Registry) -> None:
    made = registry.post("/environments", {"name": "e"})
    archived = registry.post(f"/environments/{made['id']}/archive")

    assert made["state"] == "active"
    assert archived["state"] == "archived"
