"""An apply whose hold is lost on the way, and the copy of the lock that it reads and keeps."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import anyio
import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code
from agentops.domain.ports import NotHeld
from agentops.domain.report import ApplyReport, Result
from agentops.domain.state import DesiredState, Lock, LockEntry
from agentops.engine import copies, operations
from agentops.engine.copies import index_path, keep
from agentops.engine.operations import Planned
from agentops.engine.target import Target
from tests.engine.conftest import Bench
from tests.engine.toy import ToyStore, desired, resource
from tests.engine.toy_kinds import WIDGET
from tests.shared_world import ToyDocuments, Unlucky


class Lease:
    """A hold that lasts for some writes."""

    def __init__(self, asked: int) -> None:
        self.left = asked
        self.lost: str | None = None

    def may_write(self) -> bool:
        self.left -= 1
        if self.left < 0:
            self.lost = "it could not be renewed for 45 s"
        return self.lost is None


WANTED = desired(*(resource(f"widget/w{number}", {"name": f"w{number}"}) for number in range(4)))


def ways() -> dict[str, object]:
    return {"run": "r1", "now": lambda: "2026-01-01T00:00:00Z", "stop": anyio.Event()}


def carried_out(target: Target, wanted: DesiredState = WANTED, *, saved: bool = False) -> ApplyReport:
    async def run() -> ApplyReport:
        planned = await operations.plan(target, wanted)
        if saved:
            return await operations.apply_saved(target, planned.plan, observer=Bench().observer, **ways())
        return await operations.apply(target, planned, observer=Bench().observer, **ways())

    return anyio.run(run)


def test_once_the_hold_is_lost_nothing_more_is_begun_and_the_lock_is_true(bench: Bench):
    # Asked once before anything is written, then before each step.
    report = carried_out(replace(bench.target, hold=Lease(3)))
    assert [item.result for item in report.outcomes].count(Result.DONE) == 2
    assert [item.result for item in report.outcomes].count(Result.SKIPPED) == 2
    assert report.exit_code == 4
    assert report.hold_lost
    (said,) = [item for item in report.diagnostics if item.code is Code.HOLD_LOST]
    assert said.summary == "the hold on stage s was lost: it could not be renewed for 45 s"
    assert bench.store.lock is not None
    assert {entry.id for entry in bench.store.lock.resources.values()} == bench.registry.objects.keys()
    assert carried_out(bench.target).exit_code == 0
    assert bench.at_rest(WANTED)


def test_a_hold_that_is_lost_before_the_first_write_changes_nothing(bench: Bench):
    with pytest.raises(Blocked) as blocked:
        carried_out(replace(bench.target, hold=Lease(0)))
    assert blocked.value.diagnostics[0].code is Code.HOLD_LOST
    assert bench.registry.writes == []
    assert bench.store.lock is None


def test_a_step_that_was_not_sent_for_want_of_a_hold_says_so_and_leaves_no_intent(bench: Bench):
    bench.registry.fail["create widget"] = NotHeld("POST /widgets was not sent")
    report = carried_out(bench.target, desired(resource("widget/w", {"name": "w"})))
    (outcome,) = report.outcomes
    assert outcome.problem is not None
    assert outcome.problem.code is Code.HOLD_LOST
    assert report.exit_code == 4
    assert bench.store.lock is None or not bench.store.lock.intents


def test_predecessors_stay_when_the_hold_is_lost(bench: Bench):
    old = desired(resource("box/b", {"name": "b"}), resource("crew/c", {"name": "c", "charter": "one"}))
    bench.settle(old)
    new = desired(resource("box/b", {"name": "b"}), resource("crew/c", {"name": "c", "charter": "two"}))
    report = carried_out(replace(bench.target, hold=Lease(2)), new)
    assert [item.result for item in report.outcomes] == [Result.DONE]
    assert report.exit_code == 4
    assert bench.entry("crew/c").replaced
    bench.settle(new)
    assert not bench.entry("crew/c").replaced


# -- the copy


@pytest.fixture
def shared() -> Unlucky:
    return Unlucky(ToyDocuments(SimpleNamespace(server=0.0, texts={}, made=0)))


def test_every_apply_keeps_the_lock_as_it_wrote_it(bench: Bench, shared: Unlucky):
    target = replace(bench.target, documents=shared)
    assert carried_out(target).exit_code == 0
    there = ToyStore()

    async def look() -> Lock | None:
        return (await copies.newest(shared, there, "p", "s")).lock

    assert anyio.run(look) == bench.store.lock
    bench.registry.fail["create widget"] = NotHeld("not sent")
    more = desired(*WANTED.resources.values(), resource("widget/more", {"name": "more"}))
    assert carried_out(target, more).exit_code == 4
    assert anyio.run(look) == bench.store.lock, "also after one that was not finished"


@pytest.mark.parametrize("saved", [False, True])
def test_a_fresh_clone_goes_on_from_the_copy_and_writes_it_first(bench: Bench, shared: Unlucky, saved: bool):
    carried_out(replace(bench.target, documents=shared))
    ours = bench.store.lock
    assert ours is not None
    bench.store = ToyStore()
    for id in bench.registry.objects:  # nothing but the lock tells whose they are
        bench.registry.objects[id]["metadata"] = {}
    more = desired(*WANTED.resources.values(), resource("widget/more", {"name": "more"}))
    report = carried_out(replace(bench.target, documents=shared), more, saved=saved)
    assert [str(item.address) for item in report.outcomes] == ["widget/more"]
    assert bench.store.lock is not None
    assert ours.resources.items() <= bench.store.lock.resources.items()
    assert bench.store.lock.serial == ours.serial + 1
    assert bench.store.log[0] == "write", "before anything is recorded on it"
    told = [item for item in report.diagnostics if item.code is Code.LOCK_COPY]
    assert len(told) == (1 if saved else 0), "a plan that was just made has told it"


def test_what_is_newer_in_the_registry_is_told_by_every_plan(bench: Bench, shared: Unlucky):
    carried_out(replace(bench.target, documents=shared))
    bench.store = ToyStore()

    async def look() -> Planned:
        return await operations.plan(replace(bench.target, documents=shared), WANTED)

    planned = anyio.run(look)
    assert planned.plan.changes == ()
    assert [item.code for item in planned.plan.diagnostics] == [Code.LOCK_COPY]
    assert bench.store.log == [], "a plan writes nothing"


def test_a_copy_that_cannot_be_written_is_told_and_the_apply_stands(bench: Bench, shared: Unlucky):
    async def cut() -> None:
        shared.down = True

    shared.before["create"] = cut
    report = carried_out(replace(bench.target, documents=shared))
    assert report.exit_code == 0
    (said,) = report.diagnostics
    assert "could not be written: nothing listens there" in said.summary
    assert bench.store.lock is not None


def test_who_lost_the_hold_writes_no_copy(bench: Bench, shared: Unlucky):
    carried_out(replace(bench.target, documents=shared, hold=Lease(3)))
    assert anyio.run(shared.find, index_path("s")) is None


def test_the_copy_that_the_lock_outgrew_does_not_come_back(bench: Bench, shared: Unlucky):
    store = ToyStore(
        Lock(project="p", stage="s", serial=9, resources={Address("widget/x"): LockEntry(id="x")})
    )

    async def use() -> None:
        await keep(shared, store, "p", "s")
        assert store.lock is not None
        store.lock = store.lock.with_changes(serial=10, resources={})
        found = await copies.newest(shared, store, "p", "s")
        assert (found.lock, found.ours) == (store.lock, True)

    anyio.run(use)


# -- what runs share is nobody's resource


@pytest.mark.parametrize("owner", ["agentops/p", "agentops/another"])
def test_what_holds_the_documents_is_no_orphan_and_not_unmanaged(bench: Bench, owner: str):
    bench.settle(WANTED)
    bench.registry.put(WIDGET, {"name": "shared", "metadata": {"agentops": owner}})
    planned = bench.plan(WANTED)
    assert planned.plan.orphans == ()
    assert planned.live.unmanaged == {"widget": 0}
    assert bench.at_rest(WANTED)
    bench.registry.put(WIDGET, {"name": "theirs", "metadata": {"agentops": "agentops/p/widget/x"}})
    listed = bench.plan(WANTED).live.listed["widget"]
    assert "theirs" in {item.body["name"] for item in listed}, "a project may be called agentops"
