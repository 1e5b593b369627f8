"""What has a switch: created held it never acts, and nobody is overruled who was not meant to be."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Code, Severity
from agentops.domain.plan import Action
from agentops.domain.ports import OutcomeUnknown
from agentops.domain.report import Result
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, refusal, resource, tag
from tests.engine.toy_kinds import JOB

NIGHTLY = "job/nightly"
TIMER = {"cron": "0 3 * * *"}
OTHER_TIMER = {"cron": "0 4 * * *"}


def job(**body: object) -> DesiredState:
    return desired(resource(NIGHTLY, {"name": "nightly", "timer": TIMER, **body}))


def watch(bench: Bench) -> list[Body]:
    """Every state in which the registry has had the job after a call."""
    seen: list[Body] = []
    bench.registry.after = lambda call: seen.extend(dict(it) for it in bench.registry.live(JOB))
    return seen


def armed(job: Body) -> bool:
    return job["status"] == "active" and job.get("timer") is not None


# -- created held


def test_it_is_created_without_its_timer_then_held_then_armed_and_read_back(bench: Bench):
    assert bench.apply(job(held=True)).exit_code == 0
    id = bench.entry(NIGHTLY).id
    assert bench.registry.calls[1:] == ["create job", f"hold {id}", f"update {id}", f"get {id}"]
    assert bench.registry.sent == [
        ("create job", {"name": "nightly", "metadata": {"agentops": tag(NIGHTLY)}}),
        (f"hold {id}", {"held": True}),
        (f"update {id}", {"timer": TIMER}),
    ]
    assert bench.at_rest(job(held=True))


def test_it_is_never_live_with_a_timer(bench: Bench):
    seen = watch(bench)
    bench.apply(job(held=True))
    assert len(seen) == 3
    assert not any(map(armed, seen))


def test_each_step_is_in_the_lock_when_the_next_call_is_sent(bench: Bench):
    known: dict[str, tuple[bool, set[str]]] = {}

    def look(call: str) -> None:
        lock = bench.store.lock
        entry = lock.resources.get(NIGHTLY) if lock else None
        known[call.split()[0]] = (bool(lock and lock.intents), set(entry.applied) if entry else set())

    planned = bench.plan(job(held=True))
    bench.registry.before = look
    bench.carry_out(planned)
    assert known == {
        "create": (True, set()),
        "hold": (False, {"name"}),
        "update": (False, {"name", "held"}),
        "get": (False, {"name", "held", "timer"}),
    }


def test_without_a_timer_it_is_only_held(bench: Bench):
    bench.apply(job(held=True, timer=None))
    assert [call.split()[0] for call in bench.registry.writes] == ["create", "hold"]


@pytest.mark.parametrize("held", [{}, {"held": False}])
def test_what_is_not_to_be_held_is_created_with_one_call(bench: Bench, held: Body):
    bench.apply(job(**held))
    assert bench.registry.writes == ["create job"]
    assert bench.at_rest(job(**held))


MOMENTS = [*((step, done) for step in ("create", "hold", "update") for done in (False, True)), ("get", False)]
"""A call, and whether the registry has carried it out; reading changes nothing, so there is no after."""


@pytest.mark.parametrize(("step", "carried_out"), MOMENTS)
def test_a_run_that_is_killed_at_any_step_is_continued(bench: Bench, step: str, carried_out: bool):
    seen = watch(bench)
    bench.killed_at(job(held=True), step, carried_out=carried_out)
    assert bench.apply(job(held=True)).exit_code == 0
    assert [it["status"] for it in bench.registry.live(JOB)] == ["held"]
    assert bench.there(NIGHTLY)["timer"] == TIMER
    assert len(bench.registry.objects) == 1, "nothing is created twice"
    assert not any(map(armed, seen))
    assert bench.at_rest(job(held=True))


@pytest.mark.parametrize(("step", "lost"), MOMENTS)
def test_a_step_that_fails_is_continued(bench: Bench, step: str, lost: bool):
    seen = watch(bench)
    planned = bench.plan(job(held=True))
    if lost:
        bench.registry.lose[step] = OutcomeUnknown("reset")
    else:
        bench.registry.fail[step] = refusal(503)
    found_out = (step, lost) == ("create", True)
    assert bench.carry_out(planned).exit_code == (0 if found_out else 4)
    bench.registry.fail.clear()
    bench.registry.lose.clear()
    assert bench.apply(job(held=True)).exit_code == 0
    assert [(it["status"], it["timer"]) for it in bench.registry.live(JOB)] == [("held", TIMER)]
    assert len(bench.registry.objects) == 1
    assert not any(map(armed, seen))
    assert bench.at_rest(job(held=True))


# -- a registry that forgets


def test_a_registry_that_forgets_it_when_the_timer_is_set_is_told_again(bench: Bench):
    bench.registry.forgets = 1
    report = bench.apply(job(held=True))
    assert (report.exit_code, report.diagnostics) == (0, ())
    assert [call.split()[0] for call in bench.registry.writes] == ["create", "hold", "update", "hold"]
    assert bench.there(NIGHTLY)["status"] == "held"
    assert bench.at_rest(job(held=True))


def never_holds(bench: Bench) -> None:
    hold = bench.registry.hold
    bench.registry.hold = lambda id, by=None: hold(id, None)


def test_one_that_does_not_keep_it_at_all_fails_loudly(bench: Bench):
    never_holds(bench)
    report = bench.apply(job(held=True))
    (outcome,) = report.outcomes
    assert (outcome.result, outcome.problem.code) == (Result.FAILED, Code.NOT_AS_PLANNED)
    assert "does not keep `held: true`" in outcome.problem.summary
    assert report.exit_code == 4


def test_what_was_not_kept_is_planned_again_and_is_no_drift(bench: Bench):
    hold = bench.registry.hold
    never_holds(bench)
    bench.apply(job(held=True))
    planned = bench.plan(job(held=True))
    assert [(it.action, it.body) for it in planned.plan.changes] == [(Action.UPDATE, {"held": True})]
    assert not planned.plan.drift
    bench.registry.hold = hold
    assert bench.carry_out(planned).exit_code == 0
    assert bench.at_rest(job(held=True))


def test_an_answer_that_lies_is_found_out_by_reading_back(bench: Bench):
    update, hold = bench.registry.update, bench.registry.hold

    async def lying(kind, id, body, *, parent=None):
        return {**await update(kind, id, body, parent=parent), "status": "held", "held_by": "hand"}

    bench.registry.update = lying
    never_holds(bench)
    assert bench.apply(job(held=True)).outcomes[0].problem.code is Code.NOT_AS_PLANNED
    bench.registry.update, bench.registry.hold = update, hold
    assert bench.apply(job(held=True)).exit_code == 0
    assert bench.there(NIGHTLY)["status"] == "held"


def test_another_timer_of_what_is_held_does_not_let_it_go(bench: Bench):
    bench.apply(job(held=True))
    bench.registry.forgets = 1
    assert bench.apply(job(held=True, timer=OTHER_TIMER)).exit_code == 0
    assert (bench.there(NIGHTLY)["status"], bench.there(NIGHTLY)["timer"]) == ("held", OTHER_TIMER)
    assert bench.at_rest(job(held=True, timer=OTHER_TIMER))


def test_another_timer_of_what_is_held_and_stays_held_takes_one_call(bench: Bench):
    bench.apply(job(held=True))
    bench.registry.calls.clear()
    bench.apply(job(held=True, timer=OTHER_TIMER))
    assert bench.registry.writes == [f"update {bench.entry(NIGHTLY).id}"]


# -- switched over


def test_it_is_held_before_its_timer_changes(bench: Bench):
    bench.apply(job(held=False))
    bench.registry.calls.clear()
    bench.apply(job(held=True, timer=OTHER_TIMER))
    assert [call.split()[0] for call in bench.registry.writes] == ["hold", "update"]


def test_it_is_let_go_after_its_timer_has_changed(bench: Bench):
    bench.apply(job(held=True))
    bench.registry.calls.clear()
    bench.apply(job(held=False, timer=OTHER_TIMER))
    assert [call.split()[0] for call in bench.registry.writes] == ["update", "release"]
    assert bench.there(NIGHTLY)["status"] == "active"


def test_it_is_let_go_only_when_the_file_says_otherwise_than_before(bench: Bench):
    bench.apply(job(held=True))
    bench.registry.calls.clear()
    bench.apply(job(held=True, note="edited"))
    assert bench.registry.writes == [f"update {bench.entry(NIGHTLY).id}"]
    bench.apply(job(held=False, note="edited"))
    assert bench.registry.writes[1:] == [f"release {bench.entry(NIGHTLY).id}"]


def test_what_somebody_let_go_is_drift(bench: Bench):
    bench.apply(job(held=True))
    bench.registry.hold(bench.entry(NIGHTLY).id, None)
    plan = bench.plan(job(held=True)).plan
    assert [(item.path, item.ours, item.theirs) for item in plan.drift[0].fields] == [("held", True, False)]
    assert plan.blocked
    assert plan.changes == ()


# -- held by the platform


@pytest.mark.parametrize("held", [{}, {"held": False}, {"held": True}])
def test_a_hold_of_the_platform_is_a_warning_and_nothing_else(bench: Bench, held: Body):
    bench.apply(job(**held))
    bench.registry.hold(bench.entry(NIGHTLY).id, "platform")
    bench.registry.calls.clear()
    planned = bench.plan(job(**held))
    (said,) = planned.plan.diagnostics
    assert (said.severity, said.code, said.address) == (Severity.WARNING, Code.CONDITION, NIGHTLY)
    assert said.code == "AO060"
    assert (planned.plan.changes, planned.plan.drift, planned.plan.records) == ((), (), {})
    bench.carry_out(planned)
    assert bench.registry.writes == []


def test_it_is_not_fought_by_other_changes(bench: Bench):
    bench.apply(job(held=False))
    bench.registry.hold(bench.entry(NIGHTLY).id, "platform")
    assert bench.apply(job(held=False, note="edited")).exit_code == 0
    assert bench.there(NIGHTLY)["held_by"] == "platform"


def test_a_hold_of_the_platform_that_ended_is_no_drift(bench: Bench):
    bench.apply(job(held=False))
    id = bench.entry(NIGHTLY).id
    bench.registry.hold(id, "platform")
    bench.apply(job(held=False, note="edited"))
    bench.registry.hold(id, None)
    assert bench.at_rest(job(held=False, note="edited"))


def test_the_file_can_let_go_what_the_platform_took_over(bench: Bench):
    bench.apply(job(held=True))
    bench.registry.hold(bench.entry(NIGHTLY).id, "platform")
    bench.apply(job(held=False))
    assert bench.there(NIGHTLY)["status"] == "active"


# -- left out of the file


@pytest.mark.parametrize("by", ["hand", "platform", None])
def test_left_out_it_is_nobodys_business_what_somebody_does(bench: Bench, by: str | None):
    bench.apply(job())
    bench.registry.hold(bench.entry(NIGHTLY).id, by)
    plan = bench.plan(job()).plan
    assert (plan.changes, plan.drift, plan.records, plan.blocked) == ((), (), {}, False)


def test_taken_out_of_the_file_it_stays_as_it_is(bench: Bench):
    bench.apply(job(held=True))
    plan = bench.settle(job())
    assert (plan.changes, plan.records) == ((), {})
    assert bench.there(NIGHTLY)["status"] == "held"
    assert "held" not in bench.entry(NIGHTLY).applied


@pytest.mark.parametrize("held", [True, False])
def test_put_into_the_file_it_counts_from_then_on(bench: Bench, held: bool):
    """Whatever was done to it while it was nobody's business is no drift."""
    bench.apply(job())
    id = bench.entry(NIGHTLY).id
    bench.registry.hold(id, "hand" if held else None)
    bench.apply(job(note="recorded while it was so"))
    bench.registry.hold(id, None if held else "hand")
    wanted = job(note="recorded while it was so", held=held)
    plan = bench.plan(wanted).plan
    assert ([it.body for it in plan.changes], plan.drift) == ([{"held": held}], ())
    bench.apply(wanted)
    assert (bench.there(NIGHTLY)["status"] == "held") is held
    assert bench.at_rest(wanted)


def test_a_hold_between_plan_and_apply_makes_nothing_stale_where_it_is_left_out(bench: Bench):
    bench.apply(job())
    planned = bench.plan(job(note="edited"))
    bench.registry.hold(bench.entry(NIGHTLY).id, "hand")
    report = bench.apply_saved(planned)
    assert (report.exit_code, report.diagnostics) == (0, ())
    assert bench.there(NIGHTLY)["status"] == "held"


@pytest.mark.parametrize("held", [True, False])
def test_a_saved_plan_for_what_is_held_or_not_is_as_good_as_a_fresh_one(bench: Bench, held: bool):
    bench.apply(job(held=held))
    planned = bench.saved(job(held=held, note="edited"))
    assert bench.apply_saved(planned).exit_code == 0
    assert bench.at_rest(job(held=held, note="edited"))


def test_one_let_go_between_plan_and_apply_makes_the_plan_stale_where_it_is_asked_for(bench: Bench):
    bench.apply(job(held=True))
    planned = bench.plan(job(held=True, note="edited"))
    bench.registry.hold(bench.entry(NIGHTLY).id, None)
    report = bench.carry_out(planned)
    assert report.outcomes[0].problem.code is Code.STALE


def test_what_is_adopted_is_left_as_it_is_where_the_file_says_nothing(bench: Bench):
    bench.apply(job())
    bench.registry.hold(bench.entry(NIGHTLY).id, "hand")
    bench.store.lock = None
    plan = bench.settle(job())
    assert plan.changes == ()
    assert bench.there(NIGHTLY)["status"] == "held"


def test_it_can_be_destroyed_whoever_holds_it(bench: Bench):
    bench.apply(job())
    planned = bench.plan(job(), Choices(destroy=True))
    bench.registry.hold(bench.entry(NIGHTLY).id, "platform")
    assert bench.carry_out(planned).exit_code == 0
    assert bench.registry.live(JOB) == []
