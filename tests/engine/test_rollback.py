"""Put back what was there before, remember it, and leave it alone until its file changes."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Stop
from agentops.domain.plan import Action, Reason
from agentops.domain.project import OnDrift, Stage
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState, RolledBack
from agentops.engine import operations
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.history import as_it_was
from agentops.engine.operations import Planned
from agentops.engine.promotion import before_release
from agentops.engine.recorded import current
from tests.engine.conftest import Bench
from tests.engine.toy import desired, id_of, kit, only, pin, refusal, resource, tag
from tests.engine.toy_kinds import CATALOG, CREW, WIDGET

A = "widget/a"
REVERT = Choices(on_drift=OnDrift.REVERT)


def widget(note: str, **body: Any) -> Resource:
    return resource(A, {"name": "a", "note": note, **body})


def back(
    bench: Bench, wanted: DesiredState, to: str, choices: Choices = NO_CHOICES, address: str = A
) -> Planned:
    """Plan to put one address back to a version."""

    async def run() -> Planned:
        lock = (await current(bench.target)).lock
        found, words = await as_it_was(bench.registry, CATALOG, wanted, lock, Address(address), to)
        return await operations.rollback(bench.target, wanted, {Address(address): found}, words, choices)

    return anyio.run(run)


def put_back(bench: Bench, wanted: DesiredState, to: str, address: str = A) -> Planned:
    planned = back(bench, wanted, to, address=address)
    assert bench.carry_out(planned).exit_code == 0
    return planned


def released(bench: Bench, wanted: DesiredState, *was: Resource, **choices: Any) -> Planned:
    """Plan to put several back to what a release had."""
    past = {item.address: item for item in was}

    async def run() -> Planned:
        return await operations.rollback(
            bench.target, wanted, past, "release 1f2e3d", Choices(**choices), release=True
        )

    return anyio.run(run)


@pytest.fixture
def third(bench: Bench) -> Bench:
    """A widget at version 3, which was changed twice."""
    bench.apply(desired(widget("one", label="L", metadata={"team": "x"})))
    bench.apply(desired(widget("two", label="L", metadata={"team": "x"})))
    bench.apply(THREE)
    return bench


THREE = desired(widget("three", label="M", metadata={"owner": "y"}))


def test_an_old_version_becomes_the_newest_and_keeps_the_tag(third: Bench):
    change = only(put_back(third, THREE, "1"))
    assert (change.action, change.reason) == (Action.UPDATE, Reason.ROLLED_BACK)
    live = third.there(A)
    assert (live["version"], live["note"], live["label"]) == (4, "one", "L")
    assert live["metadata"] == {"team": "x", "agentops": tag(A)}


def test_the_lock_remembers_it_and_the_next_plan_tells_it(third: Bench):
    put_back(third, THREE, "1")
    entry = third.entry(A)
    assert entry.rolled_back == RolledBack(to="version 1", at="2026-01-01T00:00:00Z")
    assert entry.held == ("label", "metadata.owner", "metadata.team", "note")
    assert entry.source is None, "it does not run what its file holds"

    plan = third.plan(THREE).plan
    assert (plan.changes, plan.drift, plan.records, plan.diagnostics) == ((), (), {}, ())
    (held,) = plan.held
    assert held.rolled_back == entry.rolled_back
    assert [(item.path, item.ours, item.theirs) for item in held.fields] == [
        ("label", "M", "L"),
        ("metadata.owner", "y", None),
        ("metadata.team", None, "x"),
        ("note", "three", "one"),
    ]


def test_applying_again_does_nothing(third: Bench):
    put_back(third, THREE, "1")
    before = third.store.lock
    assert third.settle(THREE).changes == ()
    assert third.store.lock == before


@pytest.mark.parametrize(
    ("to", "version"), [("previous", "version 2"), ("-2", "version 1"), ("v2", "version 2")]
)
def test_a_version_can_be_told_relative_to_the_one_that_is_recorded(third: Bench, to: str, version: str):
    assert back(third, THREE, to).plan.rolls_back == version


@pytest.mark.parametrize("to", ["9", "-3", "0", "yesterday"])
def test_an_unknown_version_is_refused_with_those_that_are_there(third: Bench, to: str):
    with pytest.raises(Stop) as stop:
        back(third, THREE, to)
    (said,) = stop.value.diagnostics
    assert said.code is Code.NO_VERSION
    assert said.detail.endswith("newest first: 3, 2, 1")


def test_an_unknown_address_is_refused(third: Bench):
    with pytest.raises(Stop) as stop:
        back(third, THREE, "1", address="widget/b")
    assert stop.value.diagnostics[0].detail == "did you mean 'widget/a'?"


def test_a_kind_without_versions_is_refused_with_the_way(bench: Bench):
    wanted = desired(resource("box/b", {"name": "b"}))
    bench.apply(wanted)
    with pytest.raises(Blocked) as stop:
        back(bench, wanted, "1", address="box/b")
    (said,) = stop.value.diagnostics
    assert said.code is Code.NO_HISTORY
    assert "agentops rollback --release" in said.detail


def test_a_fix_in_the_file_is_sent_and_the_rest_stays_held(third: Bench):
    put_back(third, THREE, "1")
    fixed = desired(widget("four", label="M", metadata={"owner": "y"}))
    planned = third.plan(fixed)
    assert [item.path for item in only(planned).fields] == ["note"]
    assert third.carry_out(planned).exit_code == 0
    entry = third.entry(A)
    assert entry.held == ("label", "metadata.owner", "metadata.team")
    assert entry.rolled_back is not None
    assert entry.source is None, "neither the file nor the old version"


def test_once_nothing_is_held_it_is_no_rollback_any_more(third: Bench):
    put_back(third, THREE, "1")
    fixed = desired(widget("four", label="L", metadata={"team": "x"}))
    assert third.settle(fixed).held == ()
    entry = third.entry(A)
    assert (entry.rolled_back, entry.held) == (None, ())
    assert entry.source == fixed.resources[Address(A)].source


def test_a_file_that_comes_to_say_what_is_there_ends_it_without_a_call(third: Bench):
    put_back(third, THREE, "1")
    same = desired(widget("one", label="L", metadata={"team": "x"}))
    before = third.registry.writes
    assert third.settle(same).records == {}
    assert third.registry.writes == before
    assert third.entry(A).rolled_back is None


def test_revert_takes_it_forward(third: Bench):
    put_back(third, THREE, "1")
    planned = third.plan(THREE, REVERT)
    assert only(planned).reason is Reason.TAKEN_FORWARD
    third.carry_out(planned)
    live = third.there(A)
    assert (live["note"], live["label"]) == ("three", "M")
    assert live["metadata"] == {"owner": "y", "agentops": tag(A)}
    assert third.entry(A).rolled_back is None
    assert third.at_rest(THREE)


def test_a_stage_that_reverts_drift_does_not_undo_it(third: Bench):
    put_back(third, THREE, "1")
    third.stage = Stage("s", on_drift=OnDrift.REVERT)
    plan = third.plan(THREE).plan
    assert (plan.changes, len(plan.held)) == ((), 1)


def test_drift_on_top_of_it_is_drift(third: Bench):
    put_back(third, THREE, "1")
    third.registry.edit(third.entry(A).id, note="by hand")
    plan = third.plan(THREE).plan
    assert [item.path for item in plan.drift[0].fields] == ["note"]
    assert plan.blocked


def test_drift_blocks_a_rollback_until_it_is_decided(third: Bench):
    third.registry.edit(third.entry(A).id, note="by hand")
    assert back(third, THREE, "1").plan.blocked
    forced = back(third, THREE, "1", REVERT)
    assert third.carry_out(forced).exit_code == 0
    assert third.there(A)["note"] == "one"
    kept = third.plan(THREE).plan
    assert (kept.changes, kept.drift) == ((), ())


def test_twice_to_the_same_version_is_nothing_to_do(third: Bench):
    put_back(third, THREE, "1")
    again = back(third, THREE, "1")
    assert (again.plan.changes, again.plan.records) == ((), {})


def test_from_one_rollback_to_another(third: Bench):
    put_back(third, THREE, "1")
    put_back(third, THREE, "2")
    assert third.there(A)["note"] == "two"
    assert third.entry(A).rolled_back == RolledBack(to="version 2", at="2026-01-01T00:00:00Z")


def test_back_to_what_the_file_asks_for_is_no_rollback(third: Bench):
    put_back(third, THREE, "1")
    put_back(third, THREE, "3")
    entry = third.entry(A)
    assert (entry.rolled_back, entry.held) == (None, ())
    assert entry.source == THREE.resources[Address(A)].source


def test_the_version_it_is_at_holds_back_what_is_pending(third: Bench):
    pending = desired(widget("four", label="M", metadata={"owner": "y"}))
    planned = back(third, pending, "3")
    assert planned.plan.changes == ()
    third.carry_out(planned)
    plan = third.plan(pending).plan
    assert (plan.changes, [item.path for item in plan.held[0].fields]) == ((), ["note"])


def test_what_a_file_leaves_to_others_is_left(third: Bench):
    wanted = desired(
        resource(A, {"name": "a", "note": "three", "label": "M"}, ignore_changes=("note", "metadata"))
    )
    put_back(third, wanted, "1")
    assert (third.there(A)["note"], third.there(A)["label"]) == ("three", "L")
    assert third.entry(A).held == ("label",)


def test_a_saved_plan_does_the_same(third: Bench):
    planned = back(third, THREE, "1")
    third.apply_saved(planned)
    entry = third.entry(A)
    assert (third.there(A)["note"], entry.rolled_back) == (
        "one",
        RolledBack(to="version 1", at="2026-01-01T00:00:00Z"),
    )


def test_an_answer_that_was_lost_is_recorded_by_the_next_rollback(third: Bench):
    id = third.entry(A).id
    planned = back(third, THREE, "-2")
    third.registry.lose[f"update {id}"] = refusal(500)
    assert third.carry_out(planned).exit_code == 4
    third.registry.lose.clear()
    again = back(third, THREE, "-2")
    assert again.plan.rolls_back == "version 1", "it counts from what is recorded"
    third.carry_out(again)
    assert third.there(A)["version"] == 4, "nothing was sent twice"
    assert third.entry(A).rolled_back is not None
    assert third.plan(THREE).plan.changes == ()


def test_referrers_are_left_and_named(bench: Bench):
    def crews(note: str) -> DesiredState:
        return desired(
            resource("crew/lead", {"name": "lead", "mates": [pin("crew/hand", "crew")]}),
            resource("crew/hand", {"name": "hand", "note": note}),
        )

    bench.apply(crews("one"))
    wanted = crews("two")
    bench.apply(wanted)
    planned = back(bench, wanted, "1", address="crew/hand")
    assert [item.address for item in planned.plan.changes] == ["crew/hand"]
    assert any(item.code is Code.REFERRERS_LEFT for item in planned.plan.diagnostics)
    both = back(bench, wanted, "1", Choices(with_referrers=True), address="crew/hand")
    assert [item.address for item in both.plan.changes] == ["crew/hand", "crew/lead"]


def test_a_version_that_refers_to_what_is_gone_is_refused(bench: Bench):
    mate = bench.registry.put(CREW, {"name": "mate"})
    bench.apply(desired(resource("crew/a", {"name": "a", "mates": [{"type": "crew", "id": mate}]})))
    wanted = desired(resource("crew/a", {"name": "a"}))
    bench.apply(wanted)
    bench.registry.objects[mate]["archived_at"] = "2026-01-01T00:00:00Z"
    with pytest.raises(Blocked) as stop:
        back(bench, wanted, "1", address="crew/a")
    (said,) = stop.value.diagnostics
    assert said.code is Code.OLD_REFERENCE
    assert f"crew {mate} is archived" in said.summary


# -- bundles


def test_the_files_of_an_old_version_come_from_the_registry(bench: Bench):
    def tools(**files: bytes) -> DesiredState:
        found = {f"{name}.md": content for name, content in files.items()}
        bench.uploads.files[Address("kit/tools")] = found
        return desired(kit("kit/tools", found))

    bench.apply(tools(READ=b"one", gone=b"was here"))
    wanted = tools(READ=b"two")
    bench.apply(wanted)
    planned = back(bench, wanted, "previous", address="kit/tools")
    assert [item.path for item in only(planned).fields] == ["files[READ.md]", "files[gone.md]"]
    bench.apply_saved(planned)
    id = bench.entry("kit/tools").id
    newest = bench.registry.objects[id]["latest"]
    assert bench.registry.uploads[id][newest][1] == {"READ.md": b"one", "gone.md": b"was here"}

    plan = bench.plan(wanted).plan
    assert (plan.changes, plan.drift) == ((), ())
    assert [(it.path, it.ours, it.theirs) for it in plan.held[0].fields] == [
        ("files[READ.md]", "two", "one"),
        ("files[gone.md]", None, "was here"),
    ]
    # An upload holds all files: a fix of one takes the others along.
    fixed = tools(READ=b"three")
    change = only(bench.plan(fixed))
    assert [item.path for item in change.fields] == ["files[READ.md]", "files[gone.md]"]
    assert bench.settle(fixed).held == ()
    assert bench.entry("kit/tools").rolled_back is None


# -- a release


def crew(note: str, **body: Any) -> Resource:
    return resource("crew/c", {"name": "c", "note": note, **body})


def test_a_release_is_put_back_in_order_with_references_that_move(bench: Bench):
    def both(note: str) -> tuple[Resource, Resource]:
        lead = resource("crew/lead", {"name": "lead", "note": note, "mates": [pin("crew/c", "crew")]})
        return crew(note), lead

    was, now = both("one"), both("two")
    bench.apply(desired(*was))
    bench.apply(desired(*now))
    planned = released(bench, desired(*now), *was)
    assert [item.address for item in planned.plan.changes] == ["crew/c", "crew/lead"]
    assert bench.carry_out(planned).exit_code == 0
    lead, hand = bench.there("crew/lead"), bench.there("crew/c")
    assert (lead["note"], hand["note"]) == ("one", "one")
    assert lead["mates"] == [{"type": "crew", "id": hand["id"], "version": hand["version"]}]
    assert bench.entry("crew/c").source == was[0].source, "it runs what that release had"

    plan = bench.plan(desired(*now)).plan
    assert (plan.changes, plan.drift, plan.records) == ((), (), {})
    assert [(item.address, [field.path for field in item.fields]) for item in plan.held] == [
        ("crew/c", ["note"]),
        ("crew/lead", ["note"]),
    ]


def test_what_a_file_adds_beside_a_reference_that_moves_stays_held(bench: Bench):
    other = resource("crew/other", {"name": "other"})

    def both(note: str, *more: str) -> tuple[Resource, ...]:
        mates = [pin("crew/c", "crew"), *(pin(item, "crew") for item in more)]
        return crew(note), other, resource("crew/lead", {"name": "lead", "mates": mates})

    was, now = both("one"), both("two", "crew/other")
    bench.apply(desired(*was))
    bench.apply(desired(*now))
    assert bench.carry_out(released(bench, desired(*now), *was)).exit_code == 0
    assert len(bench.there("crew/lead")["mates"]) == 1
    plan = bench.plan(desired(*now)).plan
    assert (plan.changes, plan.drift) == ((), ())
    assert [item.address for item in plan.held] == ["crew/c", "crew/lead"]


def test_what_was_removed_since_is_created_and_stays_although_no_file_asks_for_it(bench: Bench):
    gone, stays = crew("one"), widget("one")
    bench.apply(desired(gone, stays))
    wanted = desired(stays)
    bench.stage = Stage("s", prune=True)
    bench.apply(wanted)
    planned = released(bench, wanted, gone, stays)
    assert only(planned).action is Action.CREATE
    bench.carry_out(planned)
    plan = bench.plan(wanted).plan
    assert plan.changes == ()
    assert [item.code for item in plan.diagnostics] == [Code.ORPHAN, Code.ROLLED_BACK]
    assert only(bench.plan(wanted, REVERT)).action is Action.ARCHIVE


def test_what_did_not_exist_then_is_left_and_named(bench: Bench):
    wanted = desired(widget("two"), crew("new"))
    bench.apply(desired(widget("one")))
    bench.apply(wanted)
    plan = released(bench, wanted, widget("one")).plan
    assert [item.address for item in plan.changes] == [A]
    (said,) = plan.diagnostics
    assert (said.code, "crew/c" in said.summary) == (Code.ROLLED_BACK, True)


def test_what_it_needs_is_left_as_it_is_where_it_is_there(bench: Bench):
    box = resource("box/b", {"name": "b"})
    was = resource(
        "job/j", {"name": "j", "note": "one", "box_ids": [id_of("box/b")], "crew": id_of("crew/c")}
    )
    now = resource(
        "job/j", {"name": "j", "note": "two", "box_ids": [id_of("box/b")], "crew": id_of("crew/c")}
    )
    bench.apply(desired(box, crew("one"), was))
    bench.apply(desired(box, crew("one"), now))
    pending = desired(box, crew("pending"), now)
    planned = released(bench, pending, was)
    assert [item.address for item in planned.plan.changes] == ["job/j"]
    bench.carry_out(planned)
    assert bench.there("job/j")["note"] == "one"


def test_what_is_replaced_is_replaced_back(bench: Bench):
    was = widget("one", shape={"type": "round"})
    now = widget("one", shape={"type": "square"})
    bench.apply(desired(was))
    bench.apply(desired(now))
    planned = released(bench, desired(now), was)
    assert only(planned).action is Action.REPLACE
    bench.carry_out(planned)
    plan = bench.plan(desired(now)).plan
    assert (plan.changes, [item.path for item in plan.held[0].fields]) == ((), ["shape.type"])
    assert [it["shape"]["type"] for it in bench.registry.live(WIDGET)] == ["round"]


def job(**body: Any) -> Resource:
    return resource("job/j", {"name": "j", "crew": id_of("crew/c"), "timer": "daily", **body})


@pytest.mark.parametrize(("was", "now"), [(True, False), (False, True)])
def test_a_state_with_calls_of_its_own_is_put_back_and_stays(bench: Bench, was: bool, now: bool):
    then, files = job(held=was, note="one"), job(held=now, note="two")
    bench.apply(desired(crew("c"), then))
    bench.apply(desired(crew("c"), files))
    planned = released(bench, desired(crew("c"), files), crew("c"), then)
    assert bench.carry_out(planned).exit_code == 0
    assert (bench.there("job/j")["status"] == "held") is was
    plan = bench.plan(desired(crew("c"), files)).plan
    assert (plan.changes, plan.drift, plan.records) == ((), (), {})
    assert [item.path for item in plan.held[0].fields] == ["held", "note"]


def test_what_is_cut_off_half_way_is_neither_undone_nor_forgotten(bench: Bench):
    then, files = job(held=True, note="one"), job(held=False, note="two")
    bench.apply(desired(crew("c"), then))
    bench.apply(desired(crew("c"), files))
    wanted = desired(crew("c"), files)
    id = bench.entry("job/j").id
    bench.registry.fail[f"update {id}"] = refusal(500)
    assert bench.carry_out(released(bench, wanted, then)).exit_code == 4
    bench.registry.fail.clear()
    assert bench.plan(wanted).plan.changes == ()
    again = released(bench, wanted, then)
    assert [item.path for item in only(again).fields] == ["note"]
    assert bench.carry_out(again).exit_code == 0
    assert (bench.there("job/j")["note"], bench.there("job/j")["status"]) == ("one", "held")


def test_a_stage_that_takes_releases_is_measured_against_its_release(third: Bench):
    third.stage = Stage("s", promote_from="before")
    ahead = desired(widget("seven", label="Z"))
    assert third.carry_out(back(third, ahead, "1")).exit_code == 0
    entry = third.entry(A)
    assert entry.held == ("label", "metadata.owner", "metadata.team", "note")
    assert third.plan(THREE).plan.changes == (), "the same release is nothing new"
    assert only(third.plan(ahead)).action is Action.UPDATE
    third.carry_out(back(third, ahead, "3"))
    entry = third.entry(A)
    assert (entry.rolled_back, entry.held) == (None, ())
    assert entry.source == THREE.resources[Address(A)].source
    assert third.at_rest(THREE)


def test_of_several_rollbacks_all_remember_what_ran_before_the_first(third: Bench):
    put_back(third, THREE, "1")
    put_back(third, THREE, "2")
    released_at = third.entry(A).released
    assert released_at is not None
    assert released_at.before == THREE.resources[Address(A)].source


def test_after_a_fix_nobody_takes_the_bad_release_for_what_ran_before(third: Bench):
    put_back(third, THREE, "1")
    third.apply(desired(widget("four", label="L", metadata={"team": "x"})))
    entry = third.entry(A)
    assert (entry.rolled_back, entry.released is not None) == (None, True)
    assert third.store.lock is not None
    assert before_release(third.store.lock) == {Address(A): None}


def test_what_is_put_back_step_by_step_remembers_what_ran_before_all_of_them(bench: Bench):
    then, files = job(held=True, note="one"), job(held=False, note="two")
    bench.apply(desired(crew("c"), then))
    bench.apply(desired(crew("c"), files))
    bench.carry_out(released(bench, desired(crew("c"), files), crew("c"), then))
    entry = bench.entry("job/j")
    assert entry.source == then.source
    assert entry.released is not None
    assert entry.released.before == files.source
