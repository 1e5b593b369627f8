"""Replacing what cannot be changed: in the order the API allows, and continued wherever it was cut off."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code
from agentops.domain.kind import Kind
from agentops.domain.plan import Action
from agentops.domain.ports import OutcomeUnknown
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, id_of, kit, pin, refusal, resource, tag
from tests.engine.toy_kinds import CREW, JOB, KEY, KIT, WIDGET

PLACE, FRONT, CREW_ONE, TOOLS = "widget/place", "key/hall/front", "crew/one", "kit/tools"
NIGHTLY, DAILY = "job/nightly", "job/daily"


@dataclass(frozen=True)
class Case:
    """Two states between which one address has to be replaced."""

    address: str
    kind: Kind
    before: DesiredState
    after: DesiredState
    calls: tuple[str, ...]

    def __str__(self) -> str:
        return self.kind.replacement.name.lower() + ("" if self.kind.tagged else " without a tag")


def key(type: str) -> DesiredState:
    body = {"lock": {"type": type, "door": "front", "token": {"secret": "env:TOKEN"}}}
    return desired(resource("box/hall", {"name": "hall"}), resource(FRONT, body))


def widget(shape: str) -> DesiredState:
    return desired(resource(PLACE, {"name": "place", "shape": {"type": shape}}))


def crew(charter: str) -> DesiredState:
    return desired(resource(CREW_ONE, {"name": "one", "charter": charter}))


def tools(label: str) -> DesiredState:
    return desired(kit(TOOLS, {"READ.md": b"x"}, label=label))


RENAMED = Case(PLACE, WIDGET, widget("round"), widget("square"), ("update", "create", "remove"))
AFTER = Case(FRONT, KEY, key("pin"), key("card"), ("remove", "create"))
BESIDE = Case(CREW_ONE, CREW, crew("old"), crew("new"), ("create", "remove"))
UNTAGGED = Case(TOOLS, KIT, tools("Old"), tools("New"), ("create", "remove"))
CASES = pytest.mark.parametrize("case", [RENAMED, AFTER, BESIDE, UNTAGGED], ids=str)
MOMENTS = [
    pytest.param(case, call, done, id=f"{case}-{call}-{'done' if done else 'not done'}")
    for case in (RENAMED, AFTER, BESIDE, UNTAGGED)
    for call in case.calls
    for done in (False, True)
    # Nothing in the registry tells a kit that was created from any other.
    if (case, call, done) != (UNTAGGED, "create", True)
]


def begin(bench: Bench, *states: DesiredState) -> None:
    for state in states:
        bench.uploads.files |= {Address(TOOLS): {"READ.md": b"x"}}
        assert bench.apply(state).exit_code == 0


def converged(bench: Bench, case: Case, wanted: DesiredState, new: bool = True) -> None:
    """One live object, which is the recorded one, and nothing left to do."""
    (live,) = bench.registry.live(case.kind)
    entry = bench.entry(case.address)
    assert (entry.id, entry.replaced) == (live["id"], ())
    assert bench.store.lock.intents == {}
    plan = bench.plan(wanted).plan
    assert (plan.changes, plan.drift, plan.diagnostics, plan.records) == ((), (), (), {})
    made = sum(body["kind"] == case.kind.name for body in bench.registry.objects.values())
    deleted = 1 if case.kind is KIT and new else 0
    assert made + deleted == (2 if new else 1), "nothing is created twice"


@CASES
def test_it_takes_the_calls_the_api_allows_and_then_planning_is_empty(bench: Bench, case: Case):
    begin(bench, case.before)
    old = bench.entry(case.address).id
    bench.registry.calls.clear()
    (change,) = bench.plan(case.after).plan.changes
    assert change.action is Action.REPLACE
    assert bench.apply(case.after).exit_code == 0
    assert tuple(call.split()[0] for call in bench.registry.writes) == case.calls
    assert bench.entry(case.address).id != old
    converged(bench, case, case.after)


@pytest.mark.parametrize(("case", "call", "done"), MOMENTS)
def test_a_run_that_is_killed_at_any_call_is_continued(bench: Bench, case: Case, call: str, done: bool):
    begin(bench, case.before)
    bench.killed_at(case.after, call, carried_out=done)
    begin(bench, case.after)
    converged(bench, case, case.after)


@pytest.mark.parametrize(("case", "call", "done"), MOMENTS)
def test_a_call_that_fails_is_continued(bench: Bench, case: Case, call: str, done: bool):
    begin(bench, case.before)
    if done:
        bench.registry.lose[call] = OutcomeUnknown("reset")
    else:
        bench.registry.fail[call] = refusal(503)
    bench.apply(case.after)
    bench.registry.fail.clear()
    bench.registry.lose.clear()
    begin(bench, case.after)
    converged(bench, case, case.after)


@pytest.mark.parametrize(("case", "call", "done"), MOMENTS)
def test_a_file_that_is_taken_back_after_a_killed_run_is_followed(
    bench: Bench, case: Case, call: str, done: bool
):
    begin(bench, case.before)
    bench.killed_at(case.after, call, carried_out=done)
    begin(bench, case.before, case.before)
    (live,) = bench.registry.live(case.kind)
    assert bench.entry(case.address).id == live["id"]
    assert bench.entry(case.address).replaced == ()
    assert bench.plan(case.before).plan.changes == ()


@CASES
def test_a_create_that_is_refused_leaves_the_old_one_where_it_was_unless_it_had_to_go(
    bench: Bench, case: Case
):
    begin(bench, case.before)
    bench.registry.fail["create"] = refusal(422)
    assert bench.apply(case.after).exit_code == 4
    bench.registry.fail.clear()
    if case is AFTER:
        assert bench.registry.live(KEY) == []
        assert bench.entry(case.address).id == ""
        return
    converged(bench, case, case.before, new=False)


def test_a_name_that_changes_at_the_same_time_is_given_back_as_it_was(bench: Bench):
    begin(bench, RENAMED.before)
    renamed = desired(resource(PLACE, {"name": "elsewhere", "shape": {"type": "square"}}))
    bench.registry.fail["create"] = refusal(422)
    bench.apply(renamed)
    bench.registry.fail.clear()
    (old,) = bench.registry.live(WIDGET)
    assert (old["name"], old["metadata"]) == ("place", {"agentops": tag(PLACE)})


def test_a_replacement_is_recorded_before_anything_is_sent(bench: Bench):
    begin(bench, RENAMED.before)
    old = bench.entry(PLACE).id
    seen = []
    planned = bench.plan(RENAMED.after)
    bench.registry.before = lambda call: seen.append((call.split()[0], bench.entry(PLACE).replaced))
    bench.carry_out(planned)
    assert ("update", (old,)) in seen


@pytest.mark.parametrize("done", [False, True])
def test_what_was_replaced_before_it_was_destroyed_goes_too(bench: Bench, done: bool):
    begin(bench, AFTER.before)
    bench.killed_at(AFTER.after, "remove", carried_out=done)
    assert bench.apply(AFTER.after, Choices(destroy=True)).exit_code == 0
    assert (bench.registry.live(KEY), bench.store.lock.resources) == ([], {})


def test_what_is_left_of_a_replacement_is_an_orphan_once_its_file_is_gone(bench: Bench):
    begin(bench, RENAMED.before)
    bench.killed_at(RENAMED.after, "update", carried_out=False)
    plan = bench.plan(desired()).plan
    assert plan.changes == ()
    assert [(it.address, it.id) for it in plan.orphans] == [(PLACE, bench.registry.live(WIDGET)[0]["id"])]


# -- what refers to it follows first


def fleet(shape: str, **notes: str) -> DesiredState:
    """A place, two jobs that are there, and one that only refers to the crew."""
    jobs = [
        resource(address, {"name": address, "place_id": id_of(PLACE), "note": notes.get(address, "")})
        for address in (NIGHTLY, DAILY)
    ]
    return desired(*widget(shape).resources.values(), *jobs)


def place_of(bench: Bench, address: str) -> str:
    return bench.there(address)["place_id"]


def test_a_replaced_place_is_renamed_created_referred_to_and_then_archived(bench: Bench):
    begin(bench, fleet("round"))
    old, jobs = bench.entry(PLACE).id, [bench.entry(it).id for it in (NIGHTLY, DAILY)]
    bench.registry.calls.clear()
    planned = bench.plan(fleet("square"))
    assert {it.address: it.reason for it in planned.plan.changes} == {
        PLACE: "create-only-field",
        NIGHTLY: "reference-moves",
        DAILY: "reference-moves",
    }
    assert bench.carry_out(planned).diagnostics == ()
    first, second, *followed, last = bench.registry.writes
    assert (first, second, last) == (f"update {old}", "create widget", f"remove {old}")
    assert sorted(followed) == sorted(f"update {id}" for id in jobs)
    assert {place_of(bench, NIGHTLY), place_of(bench, DAILY)} == {bench.entry(PLACE).id}


def test_it_is_not_archived_while_one_of_them_failed_to_follow(bench: Bench):
    begin(bench, fleet("round"))
    old, daily = bench.entry(PLACE).id, bench.entry(DAILY).id
    bench.registry.fail[f"update {daily}"] = refusal(503)
    report = bench.apply(fleet("square"))
    assert report.exit_code == 4
    assert bench.registry.objects[old]["archived_at"] is None
    (said,) = report.diagnostics
    assert (said.code, said.address) == (Code.REFERRERS_LEFT, PLACE)
    assert DAILY in said.summary
    assert NIGHTLY not in said.summary
    assert bench.entry(PLACE).replaced == (old,)


def test_not_even_by_a_later_run_in_which_it_fails_again(bench: Bench):
    begin(bench, fleet("round"))
    old, daily = bench.entry(PLACE).id, bench.entry(DAILY).id
    bench.registry.fail[f"update {daily}"] = refusal(503)
    bench.apply(fleet("square"))
    assert [it.address for it in bench.plan(fleet("square")).plan.changes] == [DAILY]
    bench.apply(fleet("square"))
    assert bench.registry.objects[old]["archived_at"] is None
    bench.registry.fail.clear()
    assert bench.settle(fleet("square")).changes == ()
    assert bench.registry.objects[old]["archived_at"] is not None


def test_nor_while_one_of_them_was_not_selected(bench: Bench):
    begin(bench, fleet("round"))
    old = bench.entry(PLACE).id
    only_place = Choices(select=(Address(PLACE),))
    report = bench.apply(fleet("square"), only_place)
    assert report.exit_code == 0
    assert bench.registry.objects[old]["archived_at"] is None
    assert {NIGHTLY, DAILY} <= set(report.diagnostics[0].summary.replace(",", "").split())
    assert bench.settle(fleet("square")).changes == ()
    assert bench.registry.objects[old]["archived_at"] is not None


def test_nor_while_somebody_elses_refers_to_it(bench: Bench):
    begin(bench, fleet("round"))
    old = bench.entry(PLACE).id
    theirs = bench.registry.put(JOB, {"name": "theirs", "place_id": old})
    report = bench.apply(fleet("square"))
    assert (report.exit_code, [theirs in it.summary for it in report.diagnostics]) == (0, [True])
    assert bench.registry.objects[old]["archived_at"] is None
    bench.registry.edit(theirs, place_id=bench.entry(PLACE).id)
    bench.apply(fleet("square"))
    assert bench.registry.objects[old]["archived_at"] is not None


def test_nor_when_who_refers_to_it_cannot_be_asked(bench: Bench):
    begin(bench, fleet("round"))
    old = bench.entry(PLACE).id
    planned = bench.plan(fleet("square"))
    bench.registry.fail["list job"] = refusal(500)
    report = bench.carry_out(planned)
    assert [it.code for it in report.diagnostics] == [Code.REGISTRY]
    assert bench.registry.objects[old]["archived_at"] is None


def test_nor_when_the_run_was_interrupted(bench: Bench):
    begin(bench, fleet("round"))
    old = bench.entry(PLACE).id
    bench.registry.fail["remove"] = refusal(500)
    bench.apply(fleet("square"))
    bench.registry.fail.clear()
    report = bench.carry_out(bench.plan(fleet("square")), stopped=True)
    assert (report.exit_code, [it.code for it in report.diagnostics]) == (130, [Code.INTERRUPTED])
    assert bench.registry.objects[old]["archived_at"] is None


def test_predecessors_that_refer_to_each_other_go_in_one_run(bench: Bench):
    def state(label: str, charter: str) -> DesiredState:
        body: Body = {"name": "one", "charter": charter, "kits": [pin(TOOLS, "own", "kit_id")]}
        return desired(*tools(label).resources.values(), resource(CREW_ONE, body))

    begin(bench, state("Old", "old"), state("New", "new"))
    assert (len(bench.registry.live(KIT)), len(bench.registry.live(CREW))) == (1, 1)


def test_they_go_in_the_order_of_who_refers_to_whom(bench: Bench):
    def state(charter: str, series: str) -> DesiredState:
        body: Body = {"name": "nightly", "series": series, "crew": pin(CREW_ONE, "crew")}
        return desired(*crew(charter).resources.values(), resource(NIGHTLY, body))

    begin(bench, state("old", "old"))
    report = bench.apply(state("new", "new"))
    assert (report.exit_code, report.diagnostics) == (0, ())
    assert (len(bench.registry.live(CREW)), len(bench.registry.live(JOB))) == (1, 1)


def test_one_that_refers_to_itself_holds_nothing(bench: Bench):
    begin(bench, BESIDE.before)
    id = bench.entry(CREW_ONE).id
    bench.registry.objects[id]["mates"] = [{"type": "crew", "id": id, "version": 1}]
    wanted = desired(resource(CREW_ONE, {"name": "one", "charter": "new"}, ignore_changes=("mates",)))
    assert bench.apply(wanted).diagnostics == ()
    assert bench.registry.objects[id]["archived_at"] is not None


def test_a_predecessor_is_not_counted_as_unmanaged_nor_taken_for_a_second_one(bench: Bench):
    begin(bench, BESIDE.before)
    bench.registry.fail["remove"] = refusal(500)
    bench.apply(BESIDE.after)
    planned = bench.plan(BESIDE.after)
    assert (planned.plan.diagnostics, planned.live.unmanaged) == ((), {"crew": 0})


def test_a_parent_whose_child_is_protected_is_not_replaced(bench: Bench):
    def state(shape: str) -> DesiredState:
        page = resource("page/place/a", {"path": "/a", "content": "x"}, protect=True)
        return desired(*widget(shape).resources.values(), page)

    begin(bench, state("round"))
    plan = bench.plan(state("square")).plan
    assert plan.changes == ()
    assert ["page/place/a" in it.summary for it in plan.diagnostics] == [True]
