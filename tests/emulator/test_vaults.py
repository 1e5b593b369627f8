"""Vaults: defaults, updates, archiving, and what goes along with an archive and a delete."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry

BEARER = {"type": "static_bearer", "mcp_server_url": "https://mcp.example.com", "token": "t"}


def create(registry: Registry, **members: Any) -> dict[str, Any]:
    return registry.post("/vaults", {"display_name": "v", **members})


def test_what_is_left_out_comes_back_filled(registry: Registry) -> None:
    vault = create(registry)
    assert vault.pop("id").startswith("vlt_")
    assert vault.pop("created_at") == vault.pop("updated_at")
    assert vault == {"type": "vault", "display_name": "v", "metadata": {}, "archived_at": None}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"display_name": ""}, "display_name: String should have at least 1 character"),
        ({"display_name": "n" * 256}, "display_name: String should have at most 255 characters"),
        ({"display_name": None}, "display_name: Input should be a valid string"),
        ({"name": "v"}, "name: Extra inputs are not permitted"),
        ({"description": "d"}, "description: Extra inputs are not permitted"),
        ({"metadata": None}, "metadata: Input should be an object"),
        ({"metadata": {str(n): "" for n in range(17)}}, "metadata: at most 16 pairs are allowed, not 17"),
    ],
)
def test_refused_members(registry: Registry, members: dict[str, Any], message: str) -> None:
    body = {"display_name": "v", **members}
    assert registry.refused("POST", "/vaults", body)["message"] == message
    assert registry.get("/vaults")["data"] == []


def test_display_name_is_required(registry: Registry) -> None:
    assert registry.refused("POST", "/vaults", {})["message"] == "display_name: Field required"


def test_names_need_not_be_unique(registry: Registry) -> None:
    assert create(registry)["id"] != create(registry)["id"]


def test_update(registry: Registry) -> None:
    vault = create(registry, metadata={"a": "1", "b": "2"})
    path = f"/vaults/{vault['id']}"
    for same in (
        {},
        {"display_name": None, "metadata": None},
        {"display_name": "v"},
        {"metadata": {"c": None}},
    ):
        assert registry.post(path, same) == vault
    changed = registry.post(path, {"display_name": "w", "metadata": {"a": None, "c": ""}})
    assert (changed["display_name"], changed["metadata"]) == ("w", {"b": "2", "c": ""})
    assert changed["updated_at"] > vault["updated_at"] == vault["created_at"]
    assert registry.get(path) == changed


def test_archiving_is_final_and_takes_the_credentials_along(registry: Registry) -> None:
    vault, other = create(registry), create(registry)
    path = f"/vaults/{vault['id']}"
    earlier = registry.post(f"{path}/credentials", {"auth": BEARER})
    earlier = registry.post(f"{path}/credentials/{earlier['id']}/archive")
    active = registry.post(f"{path}/credentials", {"auth": BEARER})
    elsewhere = registry.post(f"/vaults/{other['id']}/credentials", {"auth": BEARER})

    archived = registry.post(f"{path}/archive")
    assert archived["archived_at"] == archived["updated_at"] > vault["updated_at"]
    assert registry.post(f"{path}/archive") == archived

    credentials = registry.get(f"{path}/credentials?include_archived=true")["data"]
    moment = archived["archived_at"]
    assert credentials == [{**active, "archived_at": moment, "updated_at": moment}, earlier]
    assert registry.get(f"/vaults/{other['id']}/credentials")["data"] == [elsewhere]

    for method, refused, body in (
        ("POST", path, {"display_name": "w"}),
        ("POST", f"{path}/credentials", {"auth": BEARER}),
        ("POST", f"{path}/credentials/{active['id']}", {"display_name": "w"}),
    ):
        assert "archived" in registry.refused(method, refused, body)["message"]
    assert registry.delete(f"{path}/credentials/{active['id']}")["type"] == "vault_credential_deleted"


def test_deleting_takes_the_credentials_along(registry: Registry) -> None:
    vault = create(registry)
    path = f"/vaults/{vault['id']}"
    credential = registry.post(f"{path}/credentials", {"auth": BEARER})
    assert registry.delete(path) == {"id": vault["id"], "type": "vault_deleted"}
    for gone in (path, f"{path}/credentials", f"{path}/credentials/{credential['id']}"):
        assert registry.refused("GET", gone, status=404)["type"] == "not_found_error"
    registry.refused("DELETE", path, status=404)


def test_an_archived_vault_can_be_deleted(registry: Registry) -> None:
    path = f"/vaults/{create(registry)['id']}"
    registry.post(f"{path}/archive")
    assert registry.delete(path)["type"] == "vault_deleted"


def test_lists_are_newest_first_and_leave_out_what_is_archived(registry: Registry) -> None:
    first, second, third = (create(registry) for _ in range(3))
    third = registry.post(f"/vaults/{third['id']}/archive")
    assert registry.get("/vaults")["data"] == [second, first]
    assert registry.get("/vaults?include_archived=true")["data"] == [third, second, first]
    page = registry.get("/vaults?limit=1")
    assert page["data"] == [second]
    assert registry.get(f"/vaults?limit=1&page={page['next_page']}") == {"data": [first], "next_page": None}
    registry.refused("GET", "/vaults?created_at[gte]=2026-01-01T00:00:00Z")
    registry.refused("GET", "/vaults?limit=101")
