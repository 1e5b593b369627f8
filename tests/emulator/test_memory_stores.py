"""Memory stores: defaults, updates, archiving, and the cascade of a delete."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry


def create(registry: Registry, **members: Any) -> dict[str, Any]:
    return registry.post("/memory_stores", {"name": "s", **members})


def test_what_is_left_out_comes_back_filled(registry: Registry) -> None:
    store = create(registry)
    assert store["id"].startswith("memstore_")
    assert (store["description"], store["metadata"], store["archived_at"]) == ("", {}, None)
    assert create(registry)["name"] == store["name"]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"name": ""}, "name: String should have at least 1 character"),
        ({"name": "x" * 256}, "name: String should have at most 255 characters"),
        ({"name": "a\nb"}, "name: String should have no control characters"),
        ({"description": "x" * 1025}, "description: String should have at most 1024 characters"),
        ({"description": None}, "description: Input should be a valid string"),
        ({"metadata": {"": "v"}}, "metadata.: a key has 1 to 64 characters"),
        ({"retention_days": 30}, "retention_days: Extra inputs are not permitted"),
    ],
)
def test_refused_members(registry: Registry, members: dict[str, Any], message: str) -> None:
    assert registry.refused("POST", "/memory_stores", {"name": "s", **members})["message"] == message


def test_update(registry: Registry) -> None:
    store = create(registry, description="d", metadata={"a": "1"})
    path = f"/memory_stores/{store['id']}"
    for same in ({}, {"description": None, "name": None, "metadata": None}, {"description": "d"}):
        assert registry.post(path, same) == store
    changed = registry.post(path, {"description": "", "metadata": {"a": None, "b": ""}})
    assert (changed["description"], changed["metadata"]) == ("", {"b": ""})
    assert changed["updated_at"] > store["updated_at"]


def test_memories_do_not_touch_the_store(registry: Registry) -> None:
    store = create(registry)
    registry.post(f"/memory_stores/{store['id']}/memories", {"path": "/a", "content": ""})
    assert registry.get(f"/memory_stores/{store['id']}") == store


def test_an_archived_store_is_read_only_but_can_be_emptied(registry: Registry) -> None:
    store = create(registry)
    path = f"/memory_stores/{store['id']}"
    memory = registry.post(f"{path}/memories", {"path": "/a", "content": "1"})
    registry.post(f"{path}/memories/{memory['id']}", {"content": "2"})
    archived = registry.post(f"{path}/archive")
    assert archived["updated_at"] == archived["archived_at"]
    assert registry.post(f"{path}/archive") == archived

    registry.refused("POST", path, {"name": "t"})
    registry.refused("POST", f"{path}/memories", {"path": "/b", "content": ""})
    registry.refused("POST", f"{path}/memories/{memory['id']}", {"content": "3"})
    assert registry.get(f"{path}/memories/{memory['id']}")["content"] == "2"
    registry.post(f"{path}/memory_versions/{memory['memory_version_id']}/redact")
    assert registry.delete(f"{path}/memories/{memory['id']}")["type"] == "memory_deleted"


def test_delete_takes_memories_and_versions_along(registry: Registry) -> None:
    store = create(registry)
    path = f"/memory_stores/{store['id']}"
    memory = registry.post(f"{path}/memories", {"path": "/a", "content": ""})
    assert registry.delete(path) == {"id": store["id"], "type": "memory_store_deleted"}
    for gone in (path, f"{path}/memories/{memory['id']}", f"{path}/memories", f"{path}/memory_versions"):
        registry.refused("GET", gone, status=404)


def test_list_filters(registry: Registry) -> None:
    first, second = create(registry), create(registry)
    registry.post(f"/memory_stores/{first['id']}/archive")
    assert registry.get("/memory_stores")["data"] == [second]
    listed = registry.get(f"/memory_stores?include_archived=true&created_at[lte]={first['created_at']}")
    assert [each["id"] for each in listed["data"]] == [first["id"]]
