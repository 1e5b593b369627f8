"""Memory versions: one per change, filters, views, redaction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry


@pytest.fixture
def history(registry: Registry) -> tuple[str, list[dict[str, Any]]]:
    """The versions path of a store, and the four versions of two memories, oldest first."""
    store = f"/memory_stores/{registry.post('/memory_stores', {'name': 's'})['id']}"
    memory = registry.post(f"{store}/memories", {"path": "/a", "content": "1"})
    registry.post(f"{store}/memories/{memory['id']}", {"content": "2"})
    registry.post(f"{store}/memories", {"path": "/b", "content": "3"})
    registry.delete(f"{store}/memories/{memory['id']}")
    path = f"{store}/memory_versions"
    return path, registry.get(f"{path}?view=full")["data"][::-1]


def test_every_change_is_recorded(history: tuple[str, list[dict[str, Any]]]) -> None:
    _, versions = history
    assert [each["operation"] for each in versions] == ["created", "modified", "created", "deleted"]
    assert [each["path"] for each in versions] == ["/a", "/a", "/b", "/a"]
    assert [each["content"] for each in versions] == ["1", "2", "3", None]
    assert [each["content_size_bytes"] for each in versions] == [1, 1, 1, None]
    assert {each["created_by"]["type"] for each in versions} == {"api_actor"}


def test_filters(registry: Registry, history: tuple[str, list[dict[str, Any]]]) -> None:
    path, versions = history
    first, second, third, last = versions

    def ids(query: str) -> list[str]:
        return [each["id"] for each in registry.get(f"{path}?{query}")["data"]]

    assert ids(f"memory_id={first['memory_id']}") == [last["id"], second["id"], first["id"]]
    assert ids("operation=created") == [third["id"], first["id"]]
    assert ids(f"created_at[gte]={third['created_at']}") == [last["id"], third["id"]]
    assert ids(f"created_at[lte]={first['created_at']}") == [first["id"]]
    assert ids(f"api_key_id={first['created_by']['api_key_id']}&limit=1") == [last["id"]]
    assert ids("session_id=sesn_x") == ids("service_account_id=svac_x") == []
    registry.refused("GET", f"{path}?operation=renamed")


def test_views(registry: Registry, history: tuple[str, list[dict[str, Any]]]) -> None:
    path, versions = history
    assert registry.get(path)["data"][-1] == {**versions[0], "content": None}
    assert registry.get(f"{path}/{versions[0]['id']}") == versions[0]
    assert registry.get(f"{path}/{versions[0]['id']}?view=basic")["content"] is None


def test_redaction_empties_a_version_for_good(
    registry: Registry, history: tuple[str, list[dict[str, Any]]]
) -> None:
    path, versions = history
    redacted = registry.post(f"{path}/{versions[0]['id']}/redact")
    assert redacted == {
        **versions[0],
        **dict.fromkeys(("path", "content", "content_sha256", "content_size_bytes")),
        "redacted_at": redacted["redacted_at"],
        "redacted_by": versions[0]["created_by"],
    }
    assert redacted["redacted_at"] is not None
    assert registry.post(f"{path}/{versions[0]['id']}/redact") == redacted
    assert registry.get(f"{path}/{versions[0]['id']}") == redacted


def test_the_head_of_a_live_memory_cannot_be_redacted(
    registry: Registry, history: tuple[str, list[dict[str, Any]]]
) -> None:
    path, versions = history
    assert "cannot be redacted" in registry.refused("POST", f"{path}/{versions[2]['id']}/redact")["message"]
    registry.post(f"{path}/{versions[3]['id']}/redact")
    registry.refused("POST", f"{path}/memver_x/redact", status=404)
