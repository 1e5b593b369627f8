"""A write whose answer was lost: found out, not repeated on hope, and no second one that nobody notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code
from agentops.domain.plan import Action
from agentops.domain.ports import OutcomeUnknown
from agentops.domain.report import Result
from agentops.domain.state import Intent
from agentops.engine import operations
from agentops.engine.recovery import CLOCKS_DIFFER, Patience, pauses
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, refusal, resource, tag
from tests.engine.toy_kinds import KIT, WIDGET

ONE, CHILD, TOOLS, KEY = (
    Address("widget/one"),
    Address("page/one/a"),
    Address("kit/tools"),
    Address("key/b/k"),
)
SETTLE = 15.0


class Time:
    """The time of day, which passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.start = datetime(2026, 1, 1, tzinfo=UTC)
        self.passed = 0.0

    def now(self) -> str:
        return (self.start + timedelta(seconds=self.passed)).isoformat(timespec="seconds")

    async def sleep(self, seconds: float) -> None:
        self.passed += seconds
        await anyio.lowlevel.checkpoint()


class Unlucky:
    """A bench whose lists lag, and whose registry loses answers; both in virtual time."""

    def __init__(self, bench: Bench, lag: float = 0.0) -> None:
        self.bench, self.lag, self.time = bench, lag, Time()
        self.asked: list[tuple[tuple[Address, ...], float]] = []
        bench.patience = Patience(
            SETTLE, self.time.sleep, self.time.now, lambda *told: self.asked.append(told)
        )
        self.born: dict[str, float] = {}
        put, listed = bench.registry.put, bench.registry.list

        def remembered(*given, **more):
            id = put(*given, **more)
            self.born[id] = self.time.passed
            return id

        async def lagging(kind, *, parent=None):
            async for body in listed(kind, parent=parent):
                if self.time.passed >= self.born[body["id"]] + self.lag:
                    yield body

        bench.registry.put, bench.registry.list = remembered, lagging

    def lose(self, call: str, *, carried_out: bool, times: int = 1) -> None:
        """The answers to the first calls of this name are lost, after or before they are carried out."""
        left = [times]

        def lost(made: str) -> None:
            if left[0] and (made == call or made.split()[0] == call):
                left[0] -= 1
                raise OutcomeUnknown(f"{made}: reset")

        setattr(self.bench.registry, "after" if carried_out else "before", lost)

    def made(self, call: str) -> int:
        return sum(it == call for it in self.bench.registry.calls)


def one(**body):
    return desired(resource(ONE, {"name": "one", **body}))


def seeded():
    return desired(resource(ONE, {"name": "one"}), resource(CHILD, {"path": "/a", "content": "x"}))


def vault(door: str = "front"):
    body = {"lock": {"type": "t", "door": door, "token": {"secret": "env:TOKEN"}}}
    return desired(resource("box/b", {"name": "b"}), resource(KEY, body))


def tools(bench: Bench, text: bytes = b"# Read\n"):
    bench.uploads.files[TOOLS] = {"READ.md": text}
    return desired(kit(TOOLS, {"READ.md": text}))


WANTED: dict[str, Callable[[Bench], object]] = {
    "widget": lambda bench: one(),
    "page": lambda bench: seeded(),
    "key": lambda bench: vault(),
    "kit": tools,
}


# -- a create whose answer was lost


@pytest.mark.parametrize("lag", [0.0, 1.0, SETTLE])
@pytest.mark.parametrize("kind", WANTED)
def test_what_was_created_is_found_within_the_settle_time_and_not_sent_again(
    bench: Bench, kind: str, lag: float
):
    luck = Unlucky(bench, lag)
    wanted = WANTED[kind](bench)
    luck.lose(f"create {kind}", carried_out=True)
    report = bench.apply(wanted)
    assert {item.result for item in report.outcomes} == {Result.DONE}
    assert [item.code for item in report.diagnostics] == [Code.OUTCOME_UNKNOWN]
    assert luck.made(f"create {kind}") == 1
    assert luck.time.passed <= 2 * SETTLE
    luck.time.passed += lag
    assert bench.at_rest(wanted)
    assert bench.store.lock.intents == {}


@pytest.mark.parametrize("kind", WANTED)
def test_what_was_not_created_is_sent_once_more_when_the_settle_time_has_passed(bench: Bench, kind: str):
    luck = Unlucky(bench)
    wanted = WANTED[kind](bench)
    luck.lose(f"create {kind}", carried_out=False)
    report = bench.apply(wanted)
    assert report.exit_code == 0
    assert (luck.made(f"create {kind}"), luck.time.passed) == (2, SETTLE)
    assert bench.store.log.count(f"intend {report.outcomes[-1].address}") >= 2, "with an intent of its own"
    assert bench.at_rest(wanted)


@pytest.mark.parametrize("kind", WANTED)
def test_it_is_never_sent_a_third_time(bench: Bench, kind: str):
    luck = Unlucky(bench)
    wanted = WANTED[kind](bench)
    luck.lose(f"create {kind}", carried_out=False, times=9)
    report = bench.apply(wanted)
    assert [item.problem.code for item in report.outcomes if item.problem] == [Code.OUTCOME_UNKNOWN]
    assert (luck.made(f"create {kind}"), luck.time.passed) == (2, 2 * SETTLE)
    assert len(bench.store.lock.intents) == 1
    bench.registry.before = lambda call: None
    assert bench.settle(wanted).changes == ()


def test_nothing_is_waited_for_where_lists_do_not_lag(bench: Bench):
    bench.registry.before = lambda call: None
    luck = Unlucky(bench)
    bench.patience = Patience(0.0, luck.time.sleep, luck.time.now)
    luck.lose("create", carried_out=False)
    assert bench.apply(one()).exit_code == 0
    assert (luck.made("create widget"), luck.time.passed) == (2, 0.0)


@pytest.mark.parametrize("kind", ["page", "widget", "key"])
def test_a_second_one_that_the_first_is_in_the_way_of_is_no_refusal(bench: Bench, kind: str):
    """The name, the path or the door is taken, by our own first one, which no list has yet."""
    luck = Unlucky(bench, lag=SETTLE + 8)
    wanted = WANTED[kind](bench)
    luck.lose(f"create {kind}", carried_out=True)
    if kind == "page":
        bench.registry._refuse_taken = refuse_taken_paths(bench)
    assert bench.apply(wanted).exit_code == 0
    assert (luck.made(f"create {kind}"), len(bench.registry.live(kind_of(bench, kind)))) == (2, 1)
    luck.time.passed += 99
    assert bench.at_rest(wanted)


def kind_of(bench: Bench, name: str):
    return bench.target.catalog[name]


def refuse_taken_paths(bench: Bench):
    from agentops.domain.ports import Conflict

    before = bench.registry._refuse_taken

    def refuse(kind, body, parent):
        before(kind, body, parent)
        if any(it.get("path") == body.get("path") for it in bench.registry.live(kind) if kind.key):
            raise Conflict("path is taken", status=409)

    return refuse


def test_what_is_found_and_is_not_what_was_asked_for_is_said(bench: Bench):
    luck = Unlucky(bench)

    def lost(call: str) -> None:
        if call == "create widget":
            (found,) = bench.registry.live(WIDGET)
            bench.registry.edit(found["id"], note="theirs")
            raise OutcomeUnknown("reset")

    bench.registry.after = lost
    report = bench.apply(one(note="ours"))
    assert [item.code for item in report.diagnostics] == [Code.NOT_AS_PLANNED, Code.OUTCOME_UNKNOWN]
    assert luck.made("create widget") == 1


def test_several_that_could_be_it_are_named_and_none_is_taken(bench: Bench):
    Unlucky(bench)

    def lost(call: str) -> None:
        if call == "create widget":
            bench.registry.put(WIDGET, {"name": "two", "metadata": {"agentops": tag(ONE)}})
            raise OutcomeUnknown("reset")

    bench.registry.after = lost
    (outcome,) = bench.apply(one()).outcomes
    assert (outcome.problem.code, "w_1, w_2" in outcome.problem.summary) == (Code.OUTCOME_UNKNOWN, True)
    plan = bench.plan(one()).plan
    assert (plan.changes, [it.code for it in plan.diagnostics]) == ((), [Code.SEVERAL_CARRIERS])


def test_the_predecessor_of_a_replacement_is_not_taken_for_the_new_one(bench: Bench):
    """It carries the same tag until it is archived."""

    def crew(charter: str):
        return desired(resource("crew/c", {"name": "c", "charter": charter}))

    luck = Unlucky(bench)
    bench.apply(crew("a"))
    luck.lose("create", carried_out=False)
    assert bench.apply(crew("b")).exit_code == 0
    assert [it["charter"] for it in bench.registry.live(kind_of(bench, "crew"))] == ["b"]


def test_an_upload_of_other_bytes_and_one_that_was_there_are_not_taken_for_it(bench: Bench):
    luck = Unlucky(bench)
    for text in (b"# Read\n", b"# Other\n"):
        id = bench.registry.put(KIT, {"label": "tools"})
        bench.registry.upload(id, {"READ.md": text}, "tools")
    luck.lose("create", carried_out=False)
    assert bench.apply(tools(bench)).exit_code == 0
    assert bench.entry(TOOLS).id == "k_3"


def test_a_run_that_is_to_end_waits_no_longer_and_leaves_the_rest_to_the_next(bench: Bench):
    luck = Unlucky(bench, lag=5)
    luck.lose("create", carried_out=True)
    planned = bench.plan(one())

    async def run():
        stop = anyio.Event()

        async def forever(seconds: float) -> None:
            stop.set()
            await anyio.sleep_forever()

        bench.patience = Patience(SETTLE, forever, luck.time.now)
        with anyio.fail_after(5):
            return await operations.apply(
                bench.target, planned, run="r", now=luck.time.now, observer=bench.observer, stop=stop
            )

    report = anyio.run(run)
    assert [it.problem.code for it in report.outcomes] == [Code.OUTCOME_UNKNOWN]
    assert report.exit_code == 130
    assert list(bench.store.lock.intents) == [ONE]
    bench.patience = Patience(SETTLE, luck.time.sleep, luck.time.now)
    luck.time.passed += 5
    assert bench.settle(one()).changes == ()
    assert luck.made("create widget") == 1


# -- the next plan


@pytest.mark.parametrize("kind", WANTED)
def test_what_a_killed_run_may_have_created_is_waited_for_before_it_is_planned_again(bench: Bench, kind: str):
    luck = Unlucky(bench, lag=4)
    wanted = WANTED[kind](bench)
    bench.killed_at(wanted, f"create {kind}")
    planned = bench.plan(wanted)
    assert planned.plan.changes[-1].action is Action.ADOPT
    assert 4 <= luck.time.passed <= SETTLE
    assert luck.asked[-1][1] == SETTLE
    assert bench.carry_out(planned).exit_code == 0
    assert luck.made(f"create {kind}") == 1
    assert bench.at_rest(wanted)


def test_what_is_not_found_when_the_time_has_passed_is_created(bench: Bench):
    luck = Unlucky(bench)
    bench.killed_at(one(), "create widget", carried_out=False)
    assert bench.settle(one()).changes == ()
    assert luck.time.passed == SETTLE


@pytest.mark.parametrize(
    ("age", "waits"),
    [
        (0, SETTLE),
        (CLOCKS_DIFFER, SETTLE),
        (CLOCKS_DIFFER + 5, 10.0),
        (CLOCKS_DIFFER + SETTLE, 0.0),
        (-3600, SETTLE),
        (None, SETTLE),
    ],
)
def test_an_intent_of_another_clock_is_waited_for_by_the_later_of_both(age: float | None, waits: float):
    time = Time()
    at = "t" if age is None else (time.start - timedelta(seconds=age)).isoformat()
    assert Patience(SETTLE, now=time.now).left(Intent(at=at, run="r")) == waits


def test_the_pauses_fill_the_time_exactly():
    assert [*pauses(15.0)] == [1.0, 2.0, 4.0, 8.0]
    assert ([*pauses(2.5)], [*pauses(0.0)]) == ([1.0, 1.5], [])


def test_an_upload_is_found_by_what_was_sent_though_the_file_was_edited_since(bench: Bench):
    luck = Unlucky(bench)
    bench.killed_at(tools(bench), "create kit")
    assert bench.settle(tools(bench, b"# Edited\n")).changes == ()
    assert (luck.made("create kit"), len(bench.registry.live(KIT))) == (1, 1)
    assert bench.registry.uploads["k_1"]["kv_k_1_2"][1] == {"READ.md": b"# Edited\n"}


def test_an_upload_that_no_file_asks_for_any_more_is_an_orphan(bench: Bench):
    Unlucky(bench)
    bench.killed_at(tools(bench), "create kit")
    assert [item.address for item in bench.plan(desired()).plan.orphans] == [TOOLS]


# -- lists that lag longer than anybody waits


def test_two_of_one_intent_with_a_tag_are_told_by_the_next_plan(bench: Bench):
    luck = Unlucky(bench, lag=60)
    box = desired(resource("box/b", {"name": "b"}))
    luck.lose("create", carried_out=True)
    assert bench.apply(box).exit_code == 0
    assert len(bench.registry.objects) == 2
    luck.time.passed += 60
    (said,) = bench.plan(box).plan.diagnostics
    assert (said.code, "b_1" in said.summary) == (Code.SEVERAL_CARRIERS, True)


def test_two_of_one_upload_are_told_by_the_next_plan(bench: Bench):
    luck = Unlucky(bench, lag=60)
    luck.lose("create", carried_out=True)
    assert bench.apply(tools(bench)).exit_code == 0
    assert len(bench.registry.objects) == 2
    luck.time.passed += 60
    (said,) = bench.plan(tools(bench)).plan.diagnostics
    assert (said.code, "k_1" in said.summary) == (Code.SEVERAL_CARRIERS, True)
    luck.time.passed += 600
    bench.apply(tools(bench))
    assert bench.store.lock.intents == {}, "by then every list has it, and it was told"


def test_two_that_no_run_recorded_block_the_next_plan(bench: Bench):
    luck = Unlucky(bench, lag=60)
    luck.lose("create", carried_out=True, times=2)
    box = desired(resource("box/b", {"name": "b"}))
    assert bench.apply(box).exit_code == 4
    luck.time.passed += 60
    plan = bench.plan(box).plan
    assert (plan.changes, [it.code for it in plan.diagnostics]) == ((), [Code.SEVERAL_CARRIERS])


# -- updates that make a version


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_update_bound_to_its_version_is_found_out(bench: Bench, carried_out: bool):
    luck = Unlucky(bench)
    bench.apply(one(note="a"))
    luck.lose("update", carried_out=carried_out)
    report = bench.apply(one(note="b"))
    assert [(item.result, item.version) for item in report.outcomes] == [(Result.DONE, 2)]
    assert (bench.there(ONE)["version"], luck.time.passed) == (2, 0.0)
    assert bench.at_rest(one(note="b"))


def test_what_somebody_else_changed_behind_a_lost_update_is_not_taken_for_ours(bench: Bench):
    Unlucky(bench)
    bench.apply(one(note="a", label="ours"))
    id = bench.entry(ONE).id

    def lost(call: str) -> None:
        if call.startswith("update"):
            bench.registry.edit(id, label="theirs")
            raise OutcomeUnknown("reset")

    bench.registry.after = lost
    (outcome,) = bench.apply(one(note="b", label="ours")).outcomes
    assert outcome.problem.code is Code.OUTCOME_UNKNOWN
    plan = bench.plan(one(note="b", label="ours")).plan
    assert [[field.path for field in drift.fields] for drift in plan.drift] == [["label"]]


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_version_of_an_upload_is_not_uploaded_twice(bench: Bench, carried_out: bool):
    luck = Unlucky(bench)
    bench.apply(tools(bench))
    luck.lose("update", carried_out=carried_out)
    assert bench.apply(tools(bench, b"# New\n")).exit_code == 0
    versions = bench.registry.uploads[bench.entry(TOOLS).id]
    assert [files for _, files in versions.values()] == [{"READ.md": b"# Read\n"}, {"READ.md": b"# New\n"}]
    assert luck.time.passed == (0.0 if carried_out else SETTLE)
    assert bench.at_rest(tools(bench, b"# New\n"))


def test_a_version_of_somebody_elses_is_not_taken_for_a_lost_upload(bench: Bench):
    Unlucky(bench)
    bench.apply(tools(bench))
    id = bench.entry(TOOLS).id

    def lost(call: str) -> None:
        if call == f"update {id}":
            bench.registry.upload(id, {"READ.md": b"theirs"})
            raise OutcomeUnknown("reset")

    bench.registry.before = lost
    (outcome,) = bench.apply(tools(bench, b"# New\n")).outcomes
    assert outcome.problem.code is Code.OUTCOME_UNKNOWN
    assert bench.registry.objects[id]["latest"] == f"kv_{id}_2"
    bench.registry.before = lambda call: None
    assert bench.plan(tools(bench, b"# New\n")).plan.blocked


def test_a_lost_update_that_cannot_be_looked_at_stays_unknown_and_converges(bench: Bench):
    luck = Unlucky(bench)
    bench.apply(one(note="a"))
    planned = bench.plan(one(note="b"))
    luck.lose("update", carried_out=True)
    bench.registry.fail["get"] = refusal(503)
    (outcome,) = bench.carry_out(planned).outcomes
    assert outcome.problem.code is Code.OUTCOME_UNKNOWN
    bench.registry.fail.clear()
    plan = bench.plan(one(note="b")).plan
    assert (plan.changes, plan.drift, list(plan.records)) == ((), (), [ONE])


# -- the lock itself was lost, and an older one is there


def shaped(shape: str):
    return one(shape={"type": shape})


@pytest.mark.parametrize("call", ["create", "remove"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_replacement_that_the_lock_does_not_know_of_is_continued(
    bench: Bench, call: str, carried_out: bool
):
    bench.apply(shaped("round"))
    before = bench.store.lock
    bench.killed_at(shaped("square"), call, carried_out=carried_out)
    bench.store.lock, bench.store.log = before, ["write"]
    assert bench.settle(shaped("square")).changes == ()
    assert [it["shape"]["type"] for it in bench.registry.live(WIDGET)] == ["square"]
    assert bench.at_rest(shaped("square"))


def test_what_had_to_go_first_for_its_successor_need_not_be_asked_for_again(bench: Bench):
    bench.apply(vault())
    before, old = bench.store.lock, bench.entry(KEY).id
    bench.registry.fail["create key"] = refusal(401)
    assert bench.apply(vault("back")).exit_code == 4
    bench.registry.fail.clear()
    bench.store.lock, bench.store.log = before, ["write"]
    assert bench.registry.objects[old]["archived_at"] is not None
    assert [it.code for it in bench.plan(vault()).plan.diagnostics] == [Code.GONE], "as it was it is missed"
    assert bench.settle(vault("back")).changes == ()
    assert [it["lock"]["door"] for it in bench.registry.live(kind_of(bench, "key"))] == ["back"]


def test_a_name_that_only_looks_like_one_that_was_given_away_is_drift(bench: Bench):
    bench.apply(one())
    id = bench.entry(ONE).id
    bench.registry.edit(id, name=f"one-replaced-{id}x")
    assert [it.address for it in bench.plan(one()).plan.drift] == [ONE]


@pytest.mark.parametrize("gone", [True, False])
def test_what_is_gone_or_archived_and_carried_by_one_other_is_that_one(bench: Bench, gone: bool):
    bench.apply(one())
    old = bench.entry(ONE).id
    bench.registry.objects[old]["archived_at"] = "2026-01-01T00:00:00Z"
    if gone:
        del bench.registry.objects[old]
    new = bench.registry.put(WIDGET, {"name": "one", "metadata": {"agentops": tag(ONE)}})
    plan = bench.plan(one()).plan
    assert ([it.action for it in plan.changes], plan.diagnostics) == ([Action.ADOPT], ())
    bench.apply(one())
    assert bench.entry(ONE).id == new
    bench.registry.put(WIDGET, {"name": "two", "metadata": {"agentops": tag(ONE)}})
    bench.registry.objects[new]["archived_at"] = "2026-01-01T00:00:00Z"
    bench.registry.put(WIDGET, {"name": "three", "metadata": {"agentops": tag(ONE)}})
    plan = bench.plan(one()).plan
    assert (plan.changes, plan.blocked) == ((), True), "of several none is taken"
