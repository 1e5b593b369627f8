"""How an address came to what it runs is written beside it, once, by the apply that brought it."""

from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.plan import Plan
from agentops.domain.resource import Source
from agentops.domain.state import LockEntry, Origin, PromotedFrom, Released
from agentops.engine.release import Stamp

A = Address("agent/tutor")


def plan(promotes: str | None = None) -> Plan:
    origin = Origin(base_url="http://127.0.0.1")
    return Plan(
        project="p", stage="prod", promotes=promotes, origin=origin, lock_serial=1, source_digest="f" * 64
    )


def stamp(at: str = "2026-03-01T10:00:00Z", promotes: str | None = None) -> Stamp:
    return Stamp(plan(promotes), lambda: at, "ada", 7)


def entry(digest: str, **more: object) -> LockEntry:
    return LockEntry(id="agent_1", source=Source(digest=digest, commit="c" * 40), **more)  # type: ignore[arg-type]


def test_a_new_source_is_told_with_what_was_there_before():
    found = stamp().on(entry("two"), entry("one"))
    assert found.released == Released(
        at="2026-03-01T10:00:00Z",
        serial=7,
        by="ada",
        release="f" * 12,
        before=Source(digest="one", commit="c" * 40),
    )
    assert found.promoted_from is None


def test_the_same_source_keeps_what_was_told_of_it_whatever_a_plan_remembers():
    first = stamp().on(entry("one"), None)
    assert first.released is not None
    later = stamp("2027-01-01T00:00:00Z", promotes="staging")
    assert later.on(entry("one"), first) == first


def test_a_promotion_says_from_where_and_at_which_commit():
    found = stamp(promotes="staging").on(entry("two"), entry("one"))
    assert found.promoted_from == PromotedFrom(
        stage="staging", at="2026-03-01T10:00:00Z", by="ada", commit="c" * 40
    )


def test_what_is_applied_from_files_afterwards_is_not_promoted():
    promoted = stamp(promotes="staging").on(entry("two"), None)
    assert stamp().on(entry("three"), promoted).promoted_from is None


def test_an_entry_without_a_source_is_left_as_it_is():
    found = LockEntry(id="agent_1")
    assert stamp().on(found, None) == found
