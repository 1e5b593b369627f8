"""What a mutex needs of the client: the server's time, deletes bound to content, no write without a hold."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from agentops.domain.ports import Conflict, NotFound, NotHeld, OutcomeUnknown
from agentops.kinds import CATALOG
from agentops.registry import HttpRegistry
from tests.registry.wire import Script, listed, ok, refused

STORE, MEMORY = CATALOG["memory_store"], CATALOG["memory"]


def test_the_time_of_the_server_is_that_of_its_last_answer() -> None:
    script = Script(
        ok({"data": []}, date="Thu, 26 Nov 2026 00:00:00 GMT"),
        ok({"data": []}),
        ok({"data": []}, date="yesterday"),
        refused(404, headers={"date": "Thu, 26 Nov 2026 01:00:00 GMT"}),
    )

    async def use(registry: HttpRegistry) -> None:
        seen = [registry.server_time]
        for _ in range(3):
            await listed(registry, STORE)
            seen.append(registry.server_time)
        with pytest.raises(NotFound):
            await registry.get(STORE, "memstore_1")
        seen.append(registry.server_time)
        midnight = datetime(2026, 11, 26, tzinfo=UTC).timestamp()
        assert seen == [None, midnight, midnight, midnight, midnight + 3600]

    script.run(use)


def test_a_delete_bound_to_its_content_is_refused_once_and_for_all() -> None:
    script = Script(refused(409, "memory_precondition_failed_error"))

    async def use(registry: HttpRegistry) -> None:
        with pytest.raises(Conflict):
            await registry.remove(MEMORY, "mem_1", parent="memstore_1", expected="ab" * 32)

    script.run(use)
    assert script.sent == [
        f"DELETE /v1/memory_stores/memstore_1/memories/mem_1?expected_content_sha256={'ab' * 32}"
    ]


def test_a_bound_delete_of_what_is_gone_is_no_error() -> None:
    script = Script(refused(404, "not_found_error"))
    script.run(lambda registry: registry.remove(MEMORY, "mem_1", parent="memstore_1", expected="ab" * 32))
    assert len(script.sent) == 1


def test_what_has_no_content_hash_cannot_be_deleted_by_one() -> None:
    async def use(registry: HttpRegistry) -> None:
        with pytest.raises(ValueError, match="bound to its content"):
            await registry.remove(STORE, "memstore_1", expected="ab" * 32)

    Script(ok()).run(use)


def test_nothing_is_written_by_who_holds_nothing_and_reading_goes_on() -> None:
    script = Script(ok({"data": []}))

    async def use(registry: HttpRegistry) -> None:
        await listed(registry, STORE)
        for write in (
            registry.create(STORE, {"name": "n"}),
            registry.update(STORE, "memstore_1", {"name": "n"}),
            registry.remove(STORE, "memstore_1"),
        ):
            with pytest.raises(NotHeld):
                await write

    script.run(use, may_write=lambda: False)
    assert script.sent == ["GET /v1/memory_stores?limit=100"]


def test_a_retry_of_a_write_is_a_write_and_what_became_of_the_first_is_unknown() -> None:
    script = Script(httpx.ReadTimeout("no answer"), ok())
    held = iter([True, False])

    async def use(registry: HttpRegistry) -> None:
        with pytest.raises(OutcomeUnknown):
            await registry.update(STORE, "memstore_1", {"name": "n"})

    script.run(use, may_write=lambda: next(held))
    assert len(script.sent) == 1


def test_a_retry_that_is_not_sent_after_a_plain_refusal_is_a_plain_no() -> None:
    script = Script(refused(429, "rate_limit_error"), ok())
    held = iter([True, False])

    async def use(registry: HttpRegistry) -> None:
        with pytest.raises(NotHeld):
            await registry.create(STORE, {"name": "n"})

    script.run(use, may_write=lambda: next(held))
    assert len(script.sent) == 1
