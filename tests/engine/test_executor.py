"""Whatever happens during an apply, the lock is true, nothing is repeated, and planning again converges."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code
from agentops.domain.plan import Action
from agentops.domain.ports import Conflict, Exhausted, OutcomeUnknown
from agentops.domain.report import Result
from agentops.domain.resource import Ref
from agentops.engine.choices import Choices
from agentops.engine.refresh import SIDE_BY_SIDE
from tests.engine.conftest import Bench
from tests.engine.toy import desired, refusal, resource
from tests.engine.toy_kinds import WIDGET

ONE, TWO, CHILD = Address("widget/one"), Address("widget/two"), Address("page/one/a")


def family():
    return desired(
        resource(ONE, {"name": "one"}),
        resource(TWO, {"name": "two"}),
        resource(CHILD, {"path": "/a", "content": "x"}),
    )


def results(report):
    return {item.address: item.result for item in report.outcomes}


def test_a_create_is_intended_before_it_is_sent_and_recorded_after(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one"})))
    assert bench.store.log == [f"intend {ONE}", f"record {ONE}", "write"]
    assert bench.store.lock.intents == {}


def test_the_lock_names_the_registry_it_belongs_to(bench: Bench):
    bench.apply(family())
    assert (bench.store.lock.origin.workspace_id, bench.store.lock.serial) == ("wrkspc", 1)


def test_planning_again_after_success_is_empty(bench: Bench):
    assert bench.apply(family()).exit_code == 0
    planned = bench.plan(family())
    assert (planned.plan.changes, planned.plan.records, planned.plan.unchanged) == ((), {}, 3)


def test_applying_an_empty_plan_writes_nothing(bench: Bench):
    bench.apply(family())
    bench.store.log.clear()
    bench.apply(family())
    assert bench.store.log == []


def test_a_failure_skips_what_depends_on_it_and_nothing_else(bench: Bench):
    planned = bench.plan(family())
    bench.registry.fail["create page"] = refusal()
    report = bench.carry_out(planned)
    assert results(report) == {ONE: Result.DONE, TWO: Result.DONE, CHILD: Result.FAILED}
    assert report.exit_code == 4
    problem = report.outcomes[-1].problem
    assert "name: too long" in problem.summary
    assert "req_1" in problem.summary
    assert bench.store.lock.intents == {}, "the registry refused: it did certainly not happen"


def test_dependents_of_a_failure_are_skipped(bench: Bench):
    planned = bench.plan(family())
    bench.registry.fail["create widget"] = refusal()
    report = bench.carry_out(planned)
    assert results(report) == {ONE: Result.FAILED, TWO: Result.FAILED, CHILD: Result.SKIPPED}
    del bench.registry.fail["create widget"]
    assert bench.apply(family()).exit_code == 0
    assert len(bench.registry.objects) == 3


def test_an_unknown_outcome_keeps_the_intent_and_the_next_plan_adopts(bench: Bench):
    planned = bench.plan(desired(resource(ONE, {"name": "one"})))
    create, bench.registry.fail["list"] = bench.registry.create, refusal(503)

    async def created_but_lost(kind, body, *, parent=None):
        await create(kind, body, parent=parent)
        raise OutcomeUnknown("the connection was reset")

    bench.registry.create = created_but_lost
    report = bench.carry_out(planned)
    assert report.outcomes[0].problem.code is Code.OUTCOME_UNKNOWN
    assert list(bench.store.lock.intents) == [ONE]

    bench.registry.create = create
    bench.registry.fail.clear()
    again = bench.plan(desired(resource(ONE, {"name": "one"})))
    assert [change.action for change in again.plan.changes] == [Action.ADOPT]
    bench.carry_out(again)
    assert (len(bench.registry.objects), bench.store.lock.intents) == (1, {})


def test_an_update_is_bound_to_the_version_it_was_planned_against(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one", "note": "a"})))
    planned = bench.plan(desired(resource(ONE, {"name": "one", "note": "b"})))
    bench.registry.edit(bench.store.lock.resources[ONE].id, note="somebody was faster")
    report = bench.carry_out(planned)
    assert report.exit_code == 4
    assert "plan again" in report.outcomes[0].problem.detail
    assert bench.registry.objects[bench.store.lock.resources[ONE].id]["note"] == "somebody was faster"


@pytest.mark.parametrize("told", [None, 1.5, True, {}, []])
def test_an_update_that_could_not_be_bound_is_not_sent(bench: Bench, told: object):
    bench.apply(desired(resource(ONE, {"name": "one"})))
    bench.there(ONE)["version"] = told
    bench.registry.calls.clear()
    report = bench.apply(desired(resource(ONE, {"name": "two"})))
    assert report.exit_code == 4
    assert "`version`" in report.outcomes[0].problem.summary
    assert bench.registry.writes == []


def test_a_removal_reads_again_before_it_archives(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one"})))
    planned = bench.plan(desired(), Choices(destroy=True))
    id = bench.store.lock.resources[ONE].id
    bench.registry.edit(id, note="still in use")
    report = bench.carry_out(planned)
    assert report.outcomes[0].problem.code is Code.STALE
    assert bench.registry.objects[id]["archived_at"] is None


def test_a_replacement_makes_room_creates_and_then_archives_the_old_one(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one", "shape": {"type": "round"}})))
    old = bench.store.lock.resources[ONE].id
    bench.registry.calls.clear()
    report = bench.apply(desired(resource(ONE, {"name": "one", "shape": {"type": "square"}})))
    assert report.exit_code == 0
    assert [call for call in bench.registry.calls if call.split()[0] not in {"list", "get"}] == [
        f"update {old}",
        "create widget",
        f"remove {old}",
    ]
    assert bench.registry.objects[old]["name"] == f"one-replaced-{old[-6:]}"
    assert "agentops" not in bench.registry.objects[old]["metadata"]
    entry = bench.store.lock.resources[ONE]
    assert (entry.id != old, entry.replaced) == (True, ())


def test_a_predecessor_that_could_not_be_archived_is_tried_again(bench: Bench):
    wanted = desired(resource(ONE, {"name": "one", "shape": {"type": "square"}}))
    bench.apply(desired(resource(ONE, {"name": "one", "shape": {"type": "round"}})))
    old = bench.store.lock.resources[ONE].id
    bench.registry.fail["remove"] = refusal(500)
    report = bench.apply(wanted)
    assert [item.code for item in report.diagnostics] == [Code.REGISTRY]
    assert bench.store.lock.resources[ONE].replaced == (old,)
    bench.registry.fail.clear()
    bench.apply(wanted)
    assert bench.store.lock.resources[ONE].replaced == ()
    assert bench.registry.objects[old]["archived_at"] is not None


def test_an_answer_unlike_what_was_sent_is_a_warning_with_the_field(bench: Bench):
    planned = bench.plan(desired(resource(ONE, {"name": "one", "note": "Hello"})))
    put = bench.registry.put
    bench.registry.put = lambda kind, body, *rest, **more: put(kind, {**body, "note": "hello"}, *rest, **more)
    report = bench.carry_out(planned)
    assert report.exit_code == 0
    (warned,) = report.diagnostics
    assert (warned.code, "note" in warned.summary) == (Code.NOT_AS_PLANNED, True)
    again = bench.plan(desired(resource(ONE, {"name": "one", "note": "Hello"})))
    assert (again.plan.changes, again.plan.drift) == ((), ()), "the registry's spelling is not drift"


def test_a_level_that_the_registry_will_not_reset_is_said_plainly(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one", "tint": {"hue": "red", "shade": "dark"}})))
    planned = bench.plan(desired(resource(ONE, {"name": "one", "tint": {"hue": "red"}})))
    assert planned.plan.changes[0].body == {"tint": {"hue": "red", "shade": None}}
    update = bench.registry.update

    async def keeps(kind, id, body, *, parent=None):
        return await update(kind, id, {**body, "tint": {"hue": "red", "shade": "dark"}}, parent=parent)

    bench.registry.update = keeps
    report = bench.carry_out(planned)
    assert ["tint.shade" in item.summary for item in report.diagnostics] == [True]
    assert bench.plan(desired(resource(ONE, {"name": "one", "tint": {"hue": "red"}}))).plan.changes == ()


def test_an_interrupted_run_begins_nothing_more_and_says_so(bench: Bench):
    report = bench.carry_out(bench.plan(family()), stopped=True)
    assert set(results(report).values()) == {Result.SKIPPED}
    assert (report.exit_code, bench.registry.objects) == (130, {})


def test_the_observer_hears_each_change(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one"})))
    assert bench.observer.heard == [f"create {ONE}", f"done {ONE}"]


def test_an_answer_without_an_id_is_an_unknown_outcome(bench: Bench):
    planned = bench.plan(desired(resource(ONE, {"name": "one"})))

    async def garbled(kind, body, *, parent=None):
        return {"ok": True}

    bench.registry.create = garbled
    report = bench.carry_out(planned)
    assert report.outcomes[0].problem.code is Code.OUTCOME_UNKNOWN
    assert list(bench.store.lock.intents) == [ONE]


@pytest.mark.parametrize("failure", [Conflict("name is taken", status=409), refusal(422)])
def test_a_refused_create_leaves_no_intent(bench: Bench, failure: Exception):
    planned = bench.plan(desired(resource(ONE, {"name": "one"})))
    bench.registry.fail["create"] = failure
    bench.carry_out(planned)
    assert bench.store.lock.intents == {}


def test_what_could_not_be_recorded_stops_the_run(bench: Bench):
    planned = bench.plan(family())

    def full(address, entry):
        raise OSError(28, "No space left on device")

    bench.store.record = full
    report = bench.carry_out(planned)
    assert report.exit_code == 4
    assert {item.result for item in report.outcomes} == {Result.FAILED, Result.SKIPPED}
    assert "No space left" in next(item.problem.summary for item in report.outcomes)
    assert bench.store.lock.intents, "what was sent is known as an intent"


SPENT = Exhausted(
    "The spend limit is reached.", status=429, code="enforced_spend_limit_reached", request_id="r1"
)


def test_a_spend_limit_ends_the_run(bench: Bench):
    many = desired(*(resource(f"widget/w{number:02}", {"name": f"w{number}"}) for number in range(60)))
    planned = bench.plan(many)
    bench.registry.calls.clear()
    bench.registry.fail["create"] = SPENT
    report = bench.carry_out(planned)
    assert report.exit_code == 4
    ended = Counter(item.result for item in report.outcomes)
    assert set(ended) == {Result.FAILED, Result.SKIPPED}
    assert len(bench.registry.calls) == ended[Result.FAILED] <= SIDE_BY_SIDE
    first, last = report.outcomes[0].problem, report.outcomes[-1].problem
    assert first is not None
    assert last is not None
    assert "The spend limit is reached." in first.summary
    assert "nothing more was sent" in (first.detail or "")
    assert last.summary == "widget/w59 was skipped: the registry refuses all calls for now"
    assert bench.store.lock.intents == {}


def test_a_spend_limit_ends_the_run_before_predecessors_are_archived(bench: Bench):
    bench.apply(
        desired(resource(ONE, {"name": "one", "shape": {"type": "round"}}), resource(TWO, {"name": "two"}))
    )
    planned = bench.plan(
        desired(resource(ONE, {"name": "one", "shape": {"type": "square"}}), resource(TWO, {"name": "2"}))
    )
    old = bench.entry(ONE).id
    bench.registry.fail[f"update {bench.entry(TWO).id}"] = SPENT
    bench.registry.calls.clear()
    assert results(bench.carry_out(planned)) == {ONE: Result.DONE, TWO: Result.FAILED}
    assert bench.entry(ONE).replaced == (old,)
    assert not [call for call in bench.registry.calls if call.startswith("remove")]


def test_a_removal_of_what_is_gone_by_then_is_done(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one"})))
    planned = bench.plan(desired(), Choices(destroy=True))
    bench.registry.objects.clear()
    assert bench.carry_out(planned).exit_code == 0
    assert bench.store.lock.resources == {}


def test_an_update_of_what_is_gone_by_then_says_so(bench: Bench):
    bench.apply(desired(resource("box/one", {"name": "one"})))
    planned = bench.plan(desired(resource("box/one", {"name": "two"})))
    bench.registry.objects.clear()
    (outcome,) = bench.carry_out(planned).outcomes
    assert (outcome.problem.code, outcome.problem.detail) == (Code.REGISTRY, "it is gone: plan again")


@pytest.mark.parametrize("missing", ["base", "reference"])
def test_a_plan_that_does_not_hold_together_fails_by_name(bench: Bench, missing: str):
    """No plan of ours is such, but one may have been written by hand or by a version that is gone."""
    bench.apply(desired(resource(ONE, {"name": "one"})))
    planned = bench.plan(desired(resource(ONE, {"name": "one", "note": "b"})))
    (change,) = planned.plan.changes
    odd = (
        change.model_copy(update={"base": None})
        if missing == "base"
        else change.model_copy(update={"body": {"uses": Ref(TWO).as_json()}})
    )
    plan = planned.plan.model_copy(update={"changes": (odd,)})
    (outcome,) = bench.carry_out(replace(planned, plan=plan)).outcomes
    expected = Code.STALE if missing == "base" else Code.BROKEN_REFERENCE
    assert (outcome.result, outcome.problem.code) == (Result.FAILED, expected)


def test_metadata_that_the_registry_adds_draws_no_warning(bench: Bench):
    planned = bench.plan(desired(resource(ONE, {"name": "one"})))
    put = bench.registry.put
    bench.registry.put = lambda kind, body, *rest, **more: put(
        kind, {**body, "metadata": {**body["metadata"], "added": "1"}}, *rest, **more
    )
    assert bench.carry_out(planned).diagnostics == ()
    assert bench.at_rest(desired(resource(ONE, {"name": "one"})))


def test_an_adopted_seed_is_recorded_as_it_is(bench: Bench):
    from tests.engine.toy_kinds import PAGE

    bench.apply(desired(resource(ONE, {"name": "one"})))
    bench.registry.put(PAGE, {"path": "/a", "content": "theirs"}, bench.store.lock.resources[ONE].id)
    wanted = desired(
        resource(ONE, {"name": "one"}), resource(CHILD, {"path": "/a", "content": "ours"}, create_only=True)
    )
    report = bench.apply(wanted)
    assert report.diagnostics == ()
    assert bench.plan(wanted).plan.changes == ()
    assert [body["content"] for body in bench.registry.objects.values() if "content" in body] == ["theirs"]


def test_an_orphan_of_another_kind_of_failure_is_not_created_twice(bench: Bench):
    """A create that the registry answered and the lock lost is found by its tag."""
    planned = bench.plan(desired(resource(ONE, {"name": "one"})))
    bench.carry_out(planned)
    bench.store.lock = None
    again = bench.apply(desired(resource(ONE, {"name": "one"})))
    assert again.outcomes[0].action is Action.ADOPT
    assert sum(body["kind"] == WIDGET.name for body in bench.registry.objects.values()) == 1
