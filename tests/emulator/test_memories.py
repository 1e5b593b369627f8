"""Memories: paths, content, preconditions, and listing as a tree."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any
from urllib.parse import quote

import pytest

from tests.emulator.conftest import Registry


class Store:
    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.path = f"/memory_stores/{registry.post('/memory_stores', {'name': 's'})['id']}"

    def create(self, path: str, content: str = "") -> dict[str, Any]:
        return self.registry.post(f"{self.path}/memories", {"path": path, "content": content})

    def refused(self, body: dict[str, Any], status: int = 400) -> dict[str, Any]:
        return self.registry.refused("POST", f"{self.path}/memories", body, status=status)

    def list(self, query: str = "") -> list[str]:
        return [each["path"] for each in self.registry.get(f"{self.path}/memories{query}")["data"]]


@pytest.fixture
def store(registry: Registry) -> Store:
    return Store(registry)


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def test_views(registry: Registry, store: Store) -> None:
    memory = store.create("/a.md", "früh\r\n")
    assert memory["content"] is None
    assert (memory["content_sha256"], memory["content_size_bytes"]) == (sha256("früh\r\n"), 7)
    path = f"{store.path}/memories/{memory['id']}"
    assert registry.get(path) == {**memory, "content": "früh\r\n"}
    assert registry.get(f"{path}?view=basic") == memory
    assert registry.post(f"{path}?view=full", {})["content"] == "früh\r\n"
    registry.refused("GET", f"{path}?view=all")


@pytest.mark.parametrize(
    "path",
    [
        *("", "a", "/", "/a/", "//a", "/a/../b", "/./a"),
        *("/a\n", "/a\u200d", "/a\u2028", unicodedata.normalize("NFD", "/é")),
        "/" + "x" * 1024,
        "/" + "/".join("abcdefghijklmnopqrstu"),
    ],
)
def test_refused_paths(store: Store, path: str) -> None:
    assert store.refused({"path": path, "content": ""})["message"].startswith("path: ")


def test_paths_at_their_limits(store: Store) -> None:
    store.create("/" + "/".join("abcdefghijklmnopqrst"))
    store.create("/" + "é" * 511 + "x")
    store.create("/a")
    assert store.list("?path_prefix=/") == sorted(store.list())


def test_content_limits(store: Store) -> None:
    store.create("/full", "é" * 51_200)
    assert "102400 bytes" in store.refused({"path": "/more", "content": "é" * 51_200 + "x"})["message"]
    assert store.refused({"path": "/none"})["message"] == "content: Field required"
    assert (
        store.registry.post(f"{store.path}/memories", {"path": "/null", "content": None})[
            "content_size_bytes"
        ]
        == 0
    )


def test_a_taken_path_names_who_has_it(registry: Registry, store: Store) -> None:
    first, second = store.create("/a"), store.create("/A")
    error = store.refused({"path": "/a", "content": "x"}, status=409)
    assert error["type"] == "memory_path_conflict_error"
    assert (error["conflicting_memory_id"], error["conflicting_path"]) == (first["id"], "/a")
    registry.refused("POST", f"{store.path}/memories/{second['id']}", {"path": "/a"}, status=409)


def test_update_renames_and_rewrites(registry: Registry, store: Store) -> None:
    memory = store.create("/a", "1")
    path = f"{store.path}/memories/{memory['id']}"
    for same in ({}, {"content": "1"}, {"path": "/a", "content": None}):
        assert registry.post(path, same) == memory
    moved = registry.post(path, {"path": "/b"})
    assert (moved["id"], moved["path"], moved["content_sha256"]) == (memory["id"], "/b", sha256("1"))
    assert moved["memory_version_id"] != memory["memory_version_id"]
    assert registry.post(path, {"content": ""})["content_size_bytes"] == 0


def test_precondition(registry: Registry, store: Store) -> None:
    memory = store.create("/a", "1")
    path = f"{store.path}/memories/{memory['id']}"

    def condition(digest: str) -> dict[str, Any]:
        return {"precondition": {"type": "content_sha256", "content_sha256": digest}}

    error = registry.refused("POST", path, {"content": "2", **condition(sha256("x"))}, status=409)
    assert error["type"] == "memory_precondition_failed_error"
    assert registry.post(path, {"content": "1", **condition(sha256("x"))}) == memory
    assert registry.post(path, {"content": "2", **condition(sha256("1"))})["content_sha256"] == sha256("2")
    registry.refused("POST", path, {"content": "3", **condition("ABC")})
    registry.refused("POST", path, {"content": "3", "precondition": {"type": "content_sha256"}})


def test_delete_with_expected_content(registry: Registry, store: Store) -> None:
    memory = store.create("/a", "1")
    path = f"{store.path}/memories/{memory['id']}"
    registry.refused("DELETE", f"{path}?expected_content_sha256={sha256('2')}", status=409)
    registry.refused("DELETE", f"{path}?expected_content_sha256=zz")
    deleted = registry.delete(f"{path}?expected_content_sha256={sha256('1')}")
    assert deleted == {"id": memory["id"], "type": "memory_deleted"}
    registry.refused("DELETE", path, status=404)
    store.create("/a")


def test_listing_a_tree(registry: Registry, store: Store) -> None:
    for path in ("/notes/b", "/notes/a/x", "/notes/a/y", "/notes-archive/z", "/top"):
        store.create(path, path)
    assert store.list() == ["/notes-archive/z", "/notes/a/x", "/notes/a/y", "/notes/b", "/top"]
    assert store.list("?depth=1") == ["/notes-archive/", "/notes/", "/top"]
    assert store.list("?path_prefix=/notes/&depth=1") == ["/notes/a/", "/notes/b"]
    assert store.list("?path_prefix=/notes/&depth=0") == ["/notes/a/x", "/notes/a/y", "/notes/b"]
    assert store.list("?path_prefix=/nothing/") == []
    item = registry.get(f"{store.path}/memories?depth=1&limit=1")["data"][0]
    assert item == {"type": "memory_prefix", "path": "/notes-archive/"}
    for query in ("path_prefix=/notes", "path_prefix=notes/", "depth=2", "depth=-1", "depth=x"):
        registry.refused("GET", f"{store.path}/memories?{query}")


def test_a_full_page_holds_twenty(registry: Registry, store: Store) -> None:
    for number in range(21):
        store.create(f"/{number:02}", "x")
    page = registry.get(f"{store.path}/memories?view=full&limit=100")
    assert [each["content"] for each in page["data"]] == ["x"] * 20
    rest = registry.get(f"{store.path}/memories?view=full&page={quote(page['next_page'])}")
    assert [each["path"] for each in rest["data"]] == ["/20"]
    assert rest["next_page"] is None


def test_a_store_holds_two_thousand(registry: Registry, store: Store) -> None:
    # Two thousand requests would take seconds; the rows are what counts.
    identifier = store.path.rpartition("/")[2]
    with registry.client.app.state.database.transaction(write=True) as tx:
        tx.executemany(
            "INSERT INTO memories VALUES (?, ?, ?, '', '', 0, '', '', '')",
            [(f"mem_{number}", identifier, f"/{number}") for number in range(1999)],
        )
    store.create("/last")
    assert "2000 memories" in store.refused({"path": "/one-more", "content": ""})["message"]


def test_a_memory_belongs_to_its_store(registry: Registry, store: Store) -> None:
    memory = store.create("/a")
    other = Store(registry)
    registry.refused("GET", f"{other.path}/memories/{memory['id']}", status=404)
    registry.refused("GET", f"/memory_stores/memstore_x/memories/{memory['id']}", status=404)
