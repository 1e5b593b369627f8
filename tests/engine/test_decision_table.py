"""One test per row of the decision table: what is desired, locked and live decides the action."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Severity
from agentops.domain.plan import Action, Reason
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, only, resource, tag
from tests.engine.toy_kinds import PAGE, WIDGET

ONE = Address("widget/one")
NAME = {"name": "one"}


def codes(planned):
    return {(item.severity, item.code) for item in planned.plan.diagnostics}


def test_desired_only_is_created_with_our_tag(bench: Bench):
    change = only(bench.plan(desired(resource(ONE, NAME))))
    assert (change.action, change.reason) == (Action.CREATE, Reason.NEW)
    assert change.body == {"name": "one", "metadata": {"agentops": tag(ONE)}}


def test_desired_and_tagged_ours_without_a_lock_entry_is_adopted(bench: Bench):
    id = bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}})
    change = only(bench.plan(desired(resource(ONE, NAME))))
    assert (change.action, change.base.id, change.body) == (Action.ADOPT, id, {})


def test_adopting_updates_what_differs(bench: Bench):
    bench.registry.put(WIDGET, {"name": "old", "metadata": {"agentops": tag(ONE)}})
    change = only(bench.plan(desired(resource(ONE, NAME))))
    assert (change.action, change.body) == (Action.ADOPT, {"name": "one"})


def test_several_carriers_of_our_tag_block_with_their_ids(bench: Bench):
    ids = [bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}}) for _ in range(2)]
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert planned.plan.blocked
    (problem,) = planned.plan.diagnostics
    assert problem.code is Code.SEVERAL_CARRIERS
    assert all(id in problem.summary for id in ids)


def test_equal_is_a_no_op(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert (planned.plan.changes, planned.plan.unchanged, planned.plan.records) == ((), 1, {})


def test_equal_is_a_no_op_whatever_the_recorded_fingerprints_say(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    entry = bench.store.lock.resources[ONE]
    stale = entry.model_copy(update={"applied": {"name": "0" * 32}, "observed": {"name": "1" * 32}})
    bench.store.lock = bench.store.lock.with_changes(resources={ONE: stale})
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert planned.plan.changes == ()
    assert not planned.plan.blocked
    assert planned.plan.records[ONE] == entry, "the lock is refreshed"


def test_only_we_moved_is_an_update_bound_to_the_version(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "note": "a"})))
    change = only(bench.plan(desired(resource(ONE, {**NAME, "note": "b"}))))
    assert (change.action, change.body, change.base.version) == (Action.UPDATE, {"note": "b"}, 1)
    assert [(field.path, field.before, field.after) for field in change.fields] == [("note", "a", "b")]


def test_they_moved_is_drift_and_blocks(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "note": "a"})))
    id = bench.store.lock.resources[ONE].id
    bench.registry.edit(id, note="theirs")
    planned = bench.plan(desired(resource(ONE, {**NAME, "note": "a"})))
    assert planned.plan.changes == ()
    (drift,) = planned.plan.drift
    assert [(item.path, item.moved, item.ours, item.theirs) for item in drift.fields] == [
        ("note", "theirs", "a", "theirs")
    ]
    assert planned.plan.blocked
    assert codes(planned) == {(Severity.ERROR, Code.DRIFT)}


def test_both_moved_is_drift_and_blocks(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "note": "a"})))
    bench.registry.edit(bench.store.lock.resources[ONE].id, note="theirs")
    planned = bench.plan(desired(resource(ONE, {**NAME, "note": "ours"})))
    assert planned.plan.drift[0].fields[0].moved == "both"
    assert planned.plan.blocked


def test_both_moved_to_the_same_value_is_a_no_op(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "note": "a"})))
    bench.registry.edit(bench.store.lock.resources[ONE].id, note="b")
    planned = bench.plan(desired(resource(ONE, {**NAME, "note": "b"})))
    assert planned.plan.changes == ()
    assert not planned.plan.blocked


def test_widening_what_the_file_never_mentions_is_drift(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    bench.registry.edit(bench.store.lock.resources[ONE].id, parts=[{"name": "extra"}])
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert [item.path for item in planned.plan.drift[0].fields] == ["parts"]


def test_their_drift_and_our_change_on_different_fields_are_listed_apart(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "note": "a"})))
    bench.registry.edit(bench.store.lock.resources[ONE].id, parts=[{"name": "extra"}])
    planned = bench.plan(desired(resource(ONE, {**NAME, "note": "b"})))
    assert only(planned).body == {"note": "b"}
    assert [item.path for item in planned.plan.drift[0].fields] == ["parts"]
    assert planned.plan.blocked


def test_a_create_only_field_is_a_replacement(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "shape": {"type": "round"}})))
    change = only(bench.plan(desired(resource(ONE, {**NAME, "shape": {"type": "square"}}))))
    assert (change.action, change.reason) == (Action.REPLACE, Reason.CREATE_ONLY_FIELD)
    assert change.body["shape"] == {"type": "square"}


@pytest.mark.parametrize("protection", ["resource", "stage"])
def test_a_protected_resource_is_not_replaced(bench: Bench, protection: str):
    bench.apply(desired(resource(ONE, {**NAME, "shape": {"type": "round"}})))
    if protection == "stage":
        from agentops.domain.project import Stage

        bench.stage = Stage("s", protect=True)
    wanted = resource(ONE, {**NAME, "shape": {"type": "square"}}, protect=protection == "resource")
    planned = bench.plan(desired(wanted))
    assert planned.plan.changes == ()
    assert codes(planned) == {(Severity.ERROR, Code.PROTECTED)}


@pytest.mark.parametrize("how", ["archived", "gone"])
def test_archived_or_gone_blocks_until_told_to_recreate(bench: Bench, how: str):
    bench.apply(desired(resource(ONE, NAME)))
    id = bench.store.lock.resources[ONE].id
    if how == "archived":
        bench.registry.objects[id]["archived_at"] = "2026-01-01T00:00:00Z"
    else:
        del bench.registry.objects[id]
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert planned.plan.blocked
    (problem,) = planned.plan.diagnostics
    assert (problem.code, how in problem.summary, f"--recreate {ONE}" in problem.detail) == (
        Code.GONE,
        True,
        True,
    )
    told = bench.plan(desired(resource(ONE, NAME)), Choices(recreate=frozenset({ONE})))
    assert (only(told).action, only(told).reason) == (Action.CREATE, Reason.RECREATE)
    bench.carry_out(told)
    assert bench.store.lock.resources[ONE].id != id


def test_another_owners_tag_on_our_id_blocks(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    id = bench.store.lock.resources[ONE].id
    bench.registry.edit(id, metadata={"agentops": "other/prod/widget/one"})
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert codes(planned) == {(Severity.ERROR, Code.FOREIGN_OWNER)}
    assert "other/prod/widget/one" in planned.plan.diagnostics[0].summary


def test_no_longer_desired_is_reported_as_an_orphan_and_kept(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    planned = bench.plan(desired())
    assert planned.plan.changes == ()
    assert [item.address for item in planned.plan.orphans] == [ONE]
    assert codes(planned) == {(Severity.WARNING, Code.ORPHAN)}


def test_no_longer_desired_and_gone_is_forgotten(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    bench.registry.objects.clear()
    planned = bench.plan(desired())
    assert (only(planned).action, only(planned).reason) == (Action.FORGET, Reason.GONE)
    bench.carry_out(planned)
    assert bench.store.lock.resources == {}


def test_tagged_ours_but_neither_desired_nor_locked_is_an_orphan(bench: Bench):
    bench.apply(desired(resource("widget/two", {"name": "two"})))
    bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}})
    planned = bench.plan(desired(resource("widget/two", {"name": "two"})))
    assert planned.plan.changes == ()
    assert [item.address for item in planned.plan.orphans] == [ONE]


def test_neither_desired_nor_locked_nor_tagged_is_not_ours(bench: Bench):
    bench.registry.put(WIDGET, {"name": "somebody's"})
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert [change.address for change in planned.plan.changes] == [ONE]
    assert planned.live.unmanaged == {"widget": 1}


def test_an_archived_carrier_of_our_tag_is_ignored(bench: Bench):
    bench.registry.put(
        WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}}, archived_at="2026-01-01T00:00:00Z"
    )
    assert only(bench.plan(desired(resource(ONE, NAME)))).action is Action.CREATE


def test_destroy_archives_but_never_what_is_protected(bench: Bench):
    wanted = desired(resource(ONE, NAME), resource("widget/kept", {"name": "kept"}, protect=True))
    bench.apply(wanted)
    planned = bench.plan(wanted, Choices(destroy=True))
    assert [(change.address, change.action) for change in planned.plan.changes] == [(ONE, Action.ARCHIVE)]
    assert codes(planned) == {(Severity.WARNING, Code.PROTECTED)}


def test_protection_outlives_the_file_that_asked_for_it(bench: Bench):
    bench.apply(desired(resource(ONE, NAME, protect=True)))
    planned = bench.plan(desired(), Choices(destroy=True))
    assert planned.plan.changes == ()


def test_destroying_a_parent_forgets_what_goes_with_it(bench: Bench):
    wanted = desired(resource(ONE, NAME), resource("page/one/a", {"path": "/a", "content": "x"}))
    bench.apply(wanted)
    planned = bench.plan(wanted, Choices(destroy=True))
    assert [(change.address, change.action) for change in planned.plan.changes] == [
        (ONE, Action.ARCHIVE),
        ("page/one/a", Action.FORGET),
    ]
    bench.carry_out(planned)
    assert bench.store.lock.resources == {}


# -- children and seeds


def seeded(content: str = "x", **lifecycle: bool):
    return desired(
        resource(ONE, NAME), resource("page/one/a", {"path": "/a", "content": content}, **lifecycle)
    )


def test_a_child_waits_for_its_parent(bench: Bench):
    planned = bench.plan(seeded())
    assert [change.address for change in planned.plan.changes] == [ONE, "page/one/a"]
    assert planned.plan.changes[1].depends_on == (ONE,)
    bench.carry_out(planned)
    assert bench.plan(seeded()).plan.changes == ()


def test_a_child_that_is_there_already_is_adopted(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    parent = bench.store.lock.resources[ONE].id
    bench.registry.put(PAGE, {"path": "/a", "content": "theirs"}, parent)
    change = only(bench.plan(seeded("ours", create_only=True)))
    assert (change.action, change.body) == (Action.ADOPT, {}), "a seed never overwrites"


def test_a_seed_that_agents_edited_is_left_alone_without_asking_the_registry(bench: Bench):
    bench.apply(seeded(create_only=True))
    bench.registry.edit(bench.store.lock.resources["page/one/a"].id, content="written by the agent")
    bench.registry.calls.clear()
    planned = bench.plan(seeded(create_only=True))
    assert (planned.plan.changes, planned.plan.drift, planned.plan.diagnostics) == ((), (), ())
    assert bench.registry.calls == ["list widget"]


def test_an_edited_seed_file_is_applied_while_nobody_wrote_there(bench: Bench):
    bench.apply(seeded("x", create_only=True))
    change = only(bench.plan(seeded("y", create_only=True)))
    assert (change.action, change.body) == (Action.UPDATE, {"content": "y"})
    assert [(item.before, item.after) for item in change.fields] == [("x", "y")]


def test_an_edited_seed_file_never_overwrites_what_agents_wrote(bench: Bench):
    bench.apply(seeded("x", create_only=True))
    bench.registry.edit(bench.store.lock.resources["page/one/a"].id, content="z")
    planned = bench.plan(seeded("y", create_only=True))
    assert planned.plan.changes == ()
    assert codes(planned) == {(Severity.NOTE, Code.SEED_CHANGED_BY_AGENT)}


def test_a_managed_child_drifts_with_its_content_shown(bench: Bench):
    bench.apply(seeded("x"))
    bench.registry.edit(bench.store.lock.resources["page/one/a"].id, content="theirs")
    planned = bench.plan(seeded("x"))
    assert [(item.path, item.ours, item.theirs) for item in planned.plan.drift[0].fields] == [
        ("content", "x", "theirs")
    ]


# -- leaves


def test_a_removed_field_is_cleared(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "note": "a", "metadata": {"k": "v"}})))
    change = only(bench.plan(desired(resource(ONE, NAME))))
    assert change.body == {"note": None, "metadata": {"k": None}}


def test_a_field_the_api_cannot_clear_is_said_plainly(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "label": "a"})))
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert planned.plan.changes == ()
    assert codes(planned) == {(Severity.WARNING, Code.CANNOT_CLEAR)}


def test_metadata_keys_of_others_are_passed_over(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "metadata": {"k": "v"}})))
    found = bench.registry.objects[bench.store.lock.resources[ONE].id]
    bench.registry.edit(found["id"], metadata={**found["metadata"], "theirs": "1"})
    planned = bench.plan(desired(resource(ONE, {**NAME, "metadata": {"k": "v"}})))
    assert (planned.plan.changes, planned.plan.drift) == ((), ())


def test_a_member_with_no_known_default_is_held_against_what_was_observed(bench: Bench):
    wanted = desired(resource(ONE, {**NAME, "tint": {"hue": "red"}}))
    bench.apply(wanted)
    id = bench.store.lock.resources[ONE].id
    bench.registry.edit(id, tint={"hue": "red", "shade": "dark"})
    assert bench.plan(wanted).plan.drift, "it moved since the last apply"


def test_what_the_registry_fills_in_is_no_change(bench: Bench):
    wanted = desired(resource(ONE, {**NAME, "tint": {"hue": "red"}}))
    planned = bench.plan(wanted)
    original = bench.registry.put

    def enriched(kind, body, parent=None, **members):
        return original(kind, {**body, "tint": {**body["tint"], "shade": "pale"}}, parent, **members)

    bench.registry.put = enriched
    report = bench.carry_out(planned)
    assert report.diagnostics == ()
    assert bench.plan(wanted).plan.changes == ()


def test_a_merged_field_sends_only_what_changes(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "shape": {"size": "small"}})))
    change = only(bench.plan(desired(resource(ONE, {**NAME, "shape": {"size": "large"}}))))
    assert change.body == {"shape": {"type": "round", "size": "large"}}


def test_unordered_lists_are_equal_in_any_order(bench: Bench):
    bench.apply(desired(resource(ONE, {**NAME, "parts": [{"name": "a"}, {"name": "b"}]})))
    planned = bench.plan(desired(resource(ONE, {**NAME, "parts": [{"name": "b"}, {"name": "a"}]})))
    assert planned.plan.changes == ()


def test_ignored_fields_are_set_once_and_then_left(bench: Bench):
    def wanted(note):
        return desired(resource(ONE, {**NAME, "note": note}, ignore_changes=("note",)))

    bench.apply(wanted("a"))
    bench.registry.edit(bench.store.lock.resources[ONE].id, note="theirs")
    assert bench.plan(wanted("b")).plan.changes == ()
    assert not bench.plan(wanted("a")).plan.blocked


def test_an_update_tags_what_was_never_tagged(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    id = bench.store.lock.resources[ONE].id
    bench.registry.objects[id]["metadata"] = {}
    assert bench.plan(desired(resource(ONE, NAME))).plan.changes == (), "a missing tag is no difference"
    change = only(bench.plan(desired(resource(ONE, {**NAME, "note": "b"}))))
    assert change.body == {"note": "b", "metadata": {"agentops": tag(ONE)}}
