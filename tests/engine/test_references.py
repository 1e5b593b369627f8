"""Who refers to what moves: whatever pins it follows in the same run, in order, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

from agentops.domain.address import Address
from agentops.domain.plan import Action, Plan, Reason
from agentops.domain.report import Result
from agentops.domain.resource import Body, Ref, Source
from agentops.domain.state import DesiredState
from tests.engine.conftest import Bench
from tests.engine.toy import desired, id_of, kit, pin, refusal, resource, tag
from tests.engine.toy_kinds import CREW, WIDGET

TOOLS, LEAF, TOP = Address("kit/tools"), Address("crew/leaf"), Address("crew/top")
NIGHTLY = Address("job/nightly")


def fleet(bench: Bench, *, floating: bool = False, **edits: str) -> DesiredState:
    """kit <- leaf <- top <- job, each pinning the one before, and each edited by its name in ``edits``."""
    files = {"READ.md": edits.get("kit", "# Read\n").encode()}
    bench.uploads.files[TOOLS] = files
    return desired(
        resource(
            NIGHTLY,
            {"name": "nightly", "crew": pin(TOP, "crew", floating=floating), "note": edits.get("job", "")},
        ),
        resource(TOP, {"name": "top", "mates": [pin(LEAF, "crew")], "note": edits.get("top", "")}),
        resource(
            LEAF, {"name": "leaf", "kits": [pin(TOOLS, "own", "kit_id")], "note": edits.get("leaf", "")}
        ),
        kit(TOOLS, files),
    )


def reasons(plan: Plan) -> dict[str, Reason]:
    return {change.address: change.reason for change in plan.changes}


def pinned(bench: Bench) -> list[object]:
    leaf, top, job = bench.there(LEAF), bench.there(TOP), bench.there(NIGHTLY)
    return [leaf["kits"][0]["version"], top["mates"][0]["version"], job["crew"]["version"]]


def versions(bench: Bench) -> list[object]:
    return [bench.there(TOOLS)["latest"], bench.there(LEAF)["version"], bench.there(TOP)["version"]]


def test_everything_is_created_after_what_it_refers_to(bench: Bench):
    plan = bench.plan(fleet(bench)).plan
    assert [it.address for it in plan.changes] == [TOOLS, LEAF, TOP, NIGHTLY]
    assert bench.settle(fleet(bench)).changes == ()
    assert pinned(bench) == versions(bench)


def test_what_moves_is_followed_up_to_the_end_in_one_run(bench: Bench):
    bench.apply(fleet(bench))
    planned = bench.plan(fleet(bench, kit="edited"))
    moves = Reason.REFERENCE_MOVES
    assert list(reasons(planned.plan).items()) == [
        (TOOLS, Reason.CHANGED),
        (LEAF, moves),
        (TOP, moves),
        (NIGHTLY, moves),
    ]
    assert planned.plan.changes[-1].body == {"crew": {**bench_ref(bench, TOP)}}
    bench.carry_out(planned)
    assert pinned(bench) == versions(bench)
    plan = bench.plan(fleet(bench, kit="edited")).plan
    assert (plan.changes, plan.records, plan.drift) == ((), {}, ())


def bench_ref(bench: Bench, address: Address) -> Body:
    """A reference whose ID is known and whose version is not."""
    return {"type": "crew", "id": bench.entry(address).id, "version": Ref(address, "version").as_json()}


def test_what_moves_is_followed_from_where_it_moves_and_no_further_down(bench: Bench):
    bench.apply(fleet(bench))
    assert list(reasons(bench.plan(fleet(bench, top="edited")).plan)) == [TOP, NIGHTLY]


def test_what_is_edited_itself_says_so(bench: Bench):
    bench.apply(fleet(bench))
    plan = bench.plan(fleet(bench, leaf="edited", top="edited")).plan
    assert reasons(plan)[TOP] is Reason.CHANGED


def test_what_floats_is_not_touched_and_no_drift_when_the_registry_pins_it(bench: Bench):
    bench.apply(fleet(bench, floating=True))
    assert bench.there(NIGHTLY)["crew"]["version"] == 1
    plan = bench.plan(fleet(bench, floating=True)).plan
    assert (plan.changes, plan.drift, plan.records) == ((), (), {})
    plan = bench.plan(fleet(bench, floating=True, top="edited")).plan
    assert list(reasons(plan)) == [TOP]
    assert bench.settle(fleet(bench, floating=True, top="edited")).changes == ()


def test_what_floats_draws_no_warning_when_it_is_told(bench: Bench):
    assert bench.apply(fleet(bench, floating=True)).diagnostics == ()


def test_another_change_of_what_floats_does_not_pin_it_anew(bench: Bench):
    bench.apply(fleet(bench, floating=True))
    bench.apply(fleet(bench, floating=True, top="edited"))
    bench.apply(fleet(bench, floating=True, top="edited", job="edited"))
    assert bench.there(NIGHTLY)["crew"]["version"] == 1


def test_what_somebody_else_moved_is_followed_as_well(bench: Bench):
    """A version without a difference in any field: say, one that was edited and edited back."""
    bench.apply(fleet(bench))
    bench.registry.edit(bench.entry(LEAF).id)
    assert reasons(bench.plan(fleet(bench)).plan) == dict.fromkeys((TOP, NIGHTLY), Reason.REFERENCE_MOVES)
    assert bench.settle(fleet(bench)).changes == ()


def test_what_fails_keeps_its_referrers_where_they_are(bench: Bench):
    bench.apply(fleet(bench))
    before = pinned(bench)
    bench.registry.fail[f"update {bench.entry(LEAF).id}"] = refusal(503)
    report = bench.apply(fleet(bench, kit="edited"))
    assert {it.address: it.result for it in report.outcomes} == {
        TOOLS: Result.DONE,
        LEAF: Result.FAILED,
        TOP: Result.SKIPPED,
        NIGHTLY: Result.SKIPPED,
    }
    assert pinned(bench) == before
    bench.registry.fail.clear()
    assert list(reasons(bench.plan(fleet(bench, kit="edited")).plan)) == [LEAF, TOP, NIGHTLY]
    assert bench.settle(fleet(bench, kit="edited")).changes == ()


def test_a_file_that_stands_but_asks_for_something_else_is_no_reference_that_moves(bench: Bench):
    """A value by stage: the source is what it was, the body is not."""

    def state(note: str) -> DesiredState:
        return desired(replace(resource(TOP, {"name": "top", "note": note}), source=Source(digest="same")))

    bench.apply(state("a"))
    assert reasons(bench.plan(state("b")).plan) == {TOP: Reason.CHANGED}


def test_a_reference_within_a_member_is_one_leaf(bench: Bench):
    def state(note: str) -> DesiredState:
        place = resource("widget/place", {"name": "place", "note": note})
        tint = {"hue": Ref(Address("widget/place"), "version").as_json(), "shade": "dark"}
        return desired(place, resource("widget/other", {"name": "other", "tint": tint}))

    assert bench.settle(state("a")).changes == ()
    assert sorted(bench.entry("widget/other").applied) == [
        "name",
        "shape.size",
        "shape.type",
        "tint.hue",
        "tint.shade",
    ]
    changes = bench.plan(state("b")).plan.changes
    assert [(it.path, it.before) for it in changes[-1].fields] == [("tint.hue", 1)]
    plan = bench.settle(state("b"))
    assert (plan.changes, plan.records) == ((), {})


def test_a_parent_that_is_referred_to_by_its_id_moves_nobody(bench: Bench):
    def state(note: str) -> DesiredState:
        place = resource("widget/place", {"name": "place", "note": note})
        return desired(place, resource(NIGHTLY, {"name": "nightly", "place_id": id_of("widget/place")}))

    bench.apply(state("a"))
    assert list(reasons(bench.plan(state("b")).plan)) == ["widget/place"]


def test_a_referrer_of_what_is_adopted_is_given_what_that_is(bench: Bench):
    bench.registry.put(WIDGET, {"name": "place", "metadata": {"agentops": tag("widget/place")}})
    wanted = desired(
        resource("widget/place", {"name": "place"}),
        resource(NIGHTLY, {"name": "nightly", "place_id": id_of("widget/place")}),
    )
    place, job = bench.plan(wanted).plan.changes
    assert (place.action, job.body["place_id"]) == (Action.ADOPT, "w_1")
    assert bench.settle(wanted).changes == ()


def test_a_referrer_of_what_is_adopted_and_updated_waits_for_its_version(bench: Bench):
    bench.registry.put(CREW, {"name": "leaf", "metadata": {"agentops": tag(LEAF)}})
    wanted = desired(
        resource(LEAF, {"name": "leaf", "note": "edited"}),
        resource(TOP, {"name": "top", "mates": [pin(LEAF, "crew")]}),
    )
    assert bench.settle(wanted).changes == ()
    assert bench.there(TOP)["mates"][0]["version"] == bench.there(LEAF)["version"] == 2


# -- saved plans


def test_a_saved_plan_whose_references_are_known_only_now_counts_as_done_once_it_is(bench: Bench):
    plan = bench.saved(fleet(bench))
    assert {it.result for it in bench.apply_saved(plan).outcomes} == {Result.DONE}
    before = bench.store.lock.resources
    assert {it.result for it in bench.apply_saved(plan).outcomes} == {Result.ALREADY}
    assert bench.store.lock.resources == before


def test_a_saved_update_of_a_referrer_is_not_done_before_what_it_waits_for(bench: Bench):
    bench.apply(fleet(bench))
    plan = bench.saved(fleet(bench, kit="edited"))
    assert {it.result for it in bench.apply_saved(plan).outcomes} == {Result.DONE}
    assert pinned(bench) == versions(bench)
    assert {it.result for it in bench.apply_saved(plan).outcomes} == {Result.ALREADY}


def test_a_saved_plan_that_was_cut_off_is_continued_by_itself(bench: Bench):
    bench.apply(fleet(bench))
    plan = bench.saved(fleet(bench, kit="edited"))
    bench.registry.fail[f"update {bench.entry(TOP).id}"] = refusal(503)
    bench.apply_saved(plan)
    bench.registry.fail.clear()
    assert {it.address: it.result for it in bench.apply_saved(plan).outcomes} == {
        TOOLS: Result.ALREADY,
        LEAF: Result.ALREADY,
        TOP: Result.DONE,
        NIGHTLY: Result.DONE,
    }
    assert bench.plan(fleet(bench, kit="edited")).plan.changes == ()
