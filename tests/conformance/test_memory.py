"""``client.beta.memory_stores`` with its memories and memory versions."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import anthropic
import pytest


@pytest.fixture
def store(beta: Any) -> str:
    return str(beta.memory_stores.create(name="notes").id)


def test_store_lifecycle(beta: Any) -> None:
    created = beta.memory_stores.create(name="progress", metadata={"owner": "tutor"})
    assert created.id.startswith("memstore_")
    assert created.description == ""
    assert beta.memory_stores.retrieve(created.id) == created

    changed = beta.memory_stores.update(
        created.id, description="How far each student is.", metadata={"owner": None}
    )
    assert (changed.name, changed.description, changed.metadata) == (
        "progress",
        "How far each student is.",
        {},
    )

    since = datetime.now(UTC) - timedelta(hours=1)
    assert created.id in [each.id for each in beta.memory_stores.list(limit=1, created_at_gte=since)]
    archived = beta.memory_stores.archive(created.id)
    assert archived.archived_at is not None
    assert created.id not in [each.id for each in beta.memory_stores.list()]
    assert created.id in [each.id for each in beta.memory_stores.list(include_archived=True)]

    deleted = beta.memory_stores.delete(created.id)
    assert (deleted.id, deleted.type) == (created.id, "memory_store_deleted")
    with pytest.raises(anthropic.NotFoundError):
        beta.memory_stores.retrieve(created.id)


def test_memory_lifecycle(beta: Any, store: str) -> None:
    memories = beta.memory_stores.memories
    created = memories.create(store, path="/a/café.md", content="früh")
    assert created.content is None
    assert created.content_sha256 == hashlib.sha256("früh".encode()).hexdigest()
    assert created.content_size_bytes == 5
    assert memories.retrieve(created.id, memory_store_id=store).content == "früh"
    assert memories.retrieve(created.id, memory_store_id=store, view="basic") == created

    moved = memories.update(
        created.id,
        memory_store_id=store,
        path="/b.md",
        precondition={"type": "content_sha256", "content_sha256": created.content_sha256},
        view="full",
    )
    assert (moved.id, moved.path, moved.content) == (created.id, "/b.md", "früh")

    with pytest.raises(anthropic.ConflictError) as failed:
        memories.update(
            created.id,
            memory_store_id=store,
            content="spät",
            precondition={"type": "content_sha256", "content_sha256": "0" * 64},
        )
    assert failed.value.type == "memory_precondition_failed_error"

    with pytest.raises(anthropic.ConflictError) as taken:
        memories.create(store, path="/b.md", content="")
    assert taken.value.type == "memory_path_conflict_error"
    assert taken.value.body["error"]["conflicting_memory_id"] == created.id

    deleted = memories.delete(created.id, memory_store_id=store, expected_content_sha256=moved.content_sha256)
    assert (deleted.id, deleted.type) == (created.id, "memory_deleted")


def test_listing_memories_rolls_directories_up(beta: Any, store: str) -> None:
    memories = beta.memory_stores.memories
    for path in ("/x/1.md", "/x/2.md", "/y.md", "/x/deep/3.md"):
        memories.create(store, path=path, content=path)
    top = list(memories.list(store, depth=1, limit=1))
    assert [(each.type, each.path) for each in top] == [("memory_prefix", "/x/"), ("memory", "/y.md")]
    below = list(memories.list(store, path_prefix="/x/", view="full"))
    assert [each.content for each in below] == ["/x/1.md", "/x/2.md", "/x/deep/3.md"]


def test_versions_of_a_memory(beta: Any, store: str) -> None:
    memories, versions = beta.memory_stores.memories, beta.memory_stores.memory_versions
    memory = memories.create(store, path="/a.md", content="secret")
    head = memories.update(memory.id, memory_store_id=store, content="public")

    history = list(versions.list(store, memory_id=memory.id, limit=1))
    assert [each.operation for each in history] == ["modified", "created"]
    assert history[0].id == head.memory_version_id
    assert history[0].created_by.type == "api_actor"
    assert versions.retrieve(history[1].id, memory_store_id=store).content == "secret"

    redacted = versions.redact(history[1].id, memory_store_id=store)
    assert redacted.redacted_at is not None
    assert (redacted.content, redacted.path, redacted.content_sha256, redacted.content_size_bytes) == (
        None,
    ) * 4
    with pytest.raises(anthropic.BadRequestError):
        versions.redact(history[0].id, memory_store_id=store)
