"""Cursor paging, the same for every list endpoint."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.conftest import Registry


def walk(registry: Registry, path: str, limit: int) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    page = registry.get(f"{path}?limit={limit}")
    while True:
        assert len(page["data"]) <= limit
        seen.extend(page["data"])
        if page["next_page"] is None:
            return seen
        page = registry.get(f"{path}?limit={limit}&page={page['next_page']}")


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 100])
@pytest.mark.parametrize("path", ["/agents", "/environments", "/memory_stores"])
def test_every_item_once_newest_first(registry: Registry, path: str, limit: int) -> None:
    model = {"model": "claude-opus-5-5"} if path == "/agents" else {}
    created = [registry.post(path, {"name": str(n), **model})["id"] for n in range(6)]
    assert [each["id"] for each in walk(registry, path, limit)] == created[::-1]


def test_memories_and_versions(registry: Registry) -> None:
    store = f"/memory_stores/{registry.post('/memory_stores', {'name': 's'})['id']}"
    for name in "cab":
        registry.post(f"{store}/memories", {"path": f"/{name}", "content": ""})
    assert [each["path"] for each in walk(registry, f"{store}/memories", 2)] == ["/a", "/b", "/c"]
    assert [each["path"] for each in walk(registry, f"{store}/memory_versions", 2)] == ["/b", "/a", "/c"]
    agent = registry.agent()
    for text in "abc":
        registry.post(f"/agents/{agent['id']}", {"system": text})
    versions = walk(registry, f"/agents/{agent['id']}/versions", 2)
    assert [each["version"] for each in versions] == [4, 3, 2, 1]


def test_the_default_page_has_twenty(registry: Registry) -> None:
    for _ in range(21):
        registry.agent()
    assert len(registry.get("/agents")["data"]) == 20


def test_what_happens_between_two_pages_moves_nothing(registry: Registry) -> None:
    path = "/memory_stores"
    oldest, middle, newest = (registry.post(path, {"name": "s"})["id"] for _ in range(3))
    page = registry.get(f"{path}?limit=1")
    assert [each["id"] for each in page["data"]] == [newest]
    registry.post(path, {"name": "inserted"})
    registry.delete(f"{path}/{newest}")
    rest = registry.get(f"{path}?limit=2&page={page['next_page']}")
    assert [each["id"] for each in rest["data"]] == [middle, oldest]


def test_a_cursor_belongs_to_its_list_and_cannot_be_made_up(registry: Registry) -> None:
    for _ in range(2):
        registry.agent()
    cursor = registry.get("/agents?limit=1")["next_page"]
    assert cursor.startswith("page_")
    registry.refused("GET", f"/environments?page={cursor}")
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    for other in (changed, cursor + "A", cursor[:8], "page_", "page_%00", "x", "page_é"):
        registry.refused("GET", f"/agents?page={other}")
