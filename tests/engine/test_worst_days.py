"""What must hold after unlucky orders of events: no resource lost, no difference hidden, always a way on."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code
from agentops.domain.plan import Action
from agentops.domain.ports import OutcomeUnknown
from agentops.domain.report import Result
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, refusal, resource, tag
from tests.engine.toy_kinds import PAGE, WIDGET

ONE, TWO, CHILD = Address("widget/one"), Address("widget/two"), Address("page/one/a")
NAME = {"name": "one"}


def seeded(content: str = "x"):
    return desired(resource(ONE, NAME), resource(CHILD, {"path": "/a", "content": content}, create_only=True))


def live(bench: Bench, kind: str = "widget"):
    return [
        body for body in bench.registry.objects.values() if body["kind"] == kind and not body["archived_at"]
    ]


def empty(planned) -> bool:
    return (planned.plan.changes, planned.plan.drift, planned.plan.diagnostics) == ((), (), ())


# -- seeds follow their parent


def test_a_seed_whose_create_failed_after_its_parent_was_recreated_is_created_by_the_next_apply(bench: Bench):
    bench.apply(seeded())
    bench.registry.objects.clear()
    bench.registry.fail["create page"] = refusal(529)
    bench.apply(seeded(), Choices(recreate=frozenset({ONE})))
    bench.registry.fail.clear()
    assert bench.apply(seeded()).exit_code == 0
    assert [body["content"] for body in live(bench, "page")] == ["x"]


def test_recreating_only_the_parent_does_not_forget_its_seeds_for_good(bench: Bench):
    bench.apply(seeded())
    bench.registry.objects.clear()
    bench.apply(seeded(), Choices(select=(ONE,), recreate=frozenset({ONE})))
    bench.apply(seeded())
    assert [body["content"] for body in live(bench, "page")] == ["x"]


def test_seeds_of_a_parent_that_was_adopted_under_another_id_are_created_there(bench: Bench):
    bench.apply(seeded())
    old = bench.store.lock.resources[ONE].id
    bench.registry.objects[old]["archived_at"] = "2026-01-01T00:00:00Z"
    new = bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}})
    bench.apply(seeded(), Choices(recreate=frozenset({ONE})))
    assert bench.store.lock.resources[ONE].id == new
    assert [bench.registry.parents[body["id"]] for body in live(bench, "page")][-1] == new
    assert empty(bench.plan(seeded()))


@pytest.mark.parametrize("gone", [True, False])
def test_a_seed_that_agents_took_away_or_edited_is_left_as_it_is_where_its_parent_is_looked_into(
    bench: Bench, gone: bool
):
    bench.apply(seeded())
    found = bench.entry(CHILD).id
    if gone:
        del bench.registry.objects[found]
    else:
        bench.registry.edit(found, content="written by the agent")
    other = resource("page/one/b", {"path": "/b", "content": "new"})
    wanted = desired(*seeded().resources.values(), other)
    assert [it.address for it in bench.plan(wanted).plan.changes] == ["page/one/b"]
    assert bench.settle(wanted).changes == ()
    theirs = [] if gone else ["written by the agent"]
    assert [it["content"] for it in live(bench, "page")] == [*theirs, "new"]


# -- replacements


def shaped(shape: str):
    return desired(resource(ONE, {**NAME, "shape": {"type": shape}}))


def test_a_replacement_whose_create_is_refused_gives_the_old_one_its_name_back(bench: Bench):
    bench.apply(shaped("round"))
    bench.registry.fail["create"] = refusal(400)
    assert bench.apply(shaped("square")).exit_code == 4
    bench.registry.fail.clear()
    (old,) = live(bench)
    assert (old["name"], old["metadata"]["agentops"]) == ("one", tag(ONE))
    assert empty(bench.plan(shaped("round")))
    assert bench.apply(shaped("square")).exit_code == 0
    assert [body["shape"]["type"] for body in live(bench)] == ["square"]


@pytest.mark.parametrize("created", [True, False])
def test_a_replacement_whose_answer_was_lost_is_continued(bench: Bench, created: bool):
    bench.apply(shaped("round"))
    create = bench.registry.create

    async def lost(kind, body, *, parent=None):
        if created:
            await create(kind, body, parent=parent)
        raise OutcomeUnknown("the connection was reset")

    bench.registry.create = lost
    assert bench.apply(shaped("square")).exit_code == (0 if created else 4)
    bench.registry.create = create
    assert bench.apply(shaped("square")).exit_code == 0
    assert [body["shape"]["type"] for body in live(bench)] == ["square"], "the old one is archived"
    assert empty(bench.plan(shaped("square")))


def test_a_predecessor_is_archived_before_its_address_is_forgotten(bench: Bench):
    bench.apply(shaped("round"))
    bench.registry.fail["remove"] = refusal(500)
    bench.apply(shaped("square"))
    bench.registry.fail.clear()
    assert len(live(bench)) == 2
    bench.apply(desired(), Choices(destroy=True))
    assert live(bench) == []


def test_adopting_what_cannot_be_updated_replaces_it(bench: Bench):
    bench.apply(shaped("round"))
    bench.store.lock = None
    planned = bench.plan(shaped("square"))
    assert [change.action for change in planned.plan.changes] == [Action.REPLACE]
    assert bench.carry_out(planned).exit_code == 0
    assert [body["shape"]["type"] for body in live(bench)] == ["square"]


# -- what is ignored is left alone, and told again once it is not ignored


def noted(note: str, *ignore: str):
    return desired(resource(ONE, {**NAME, "note": note}, ignore_changes=ignore))


def test_what_was_ignored_is_applied_once_it_no_longer_is(bench: Bench):
    bench.apply(noted("a"))
    bench.apply(noted("b", "note"))
    assert [change.body for change in bench.plan(noted("b")).plan.changes] == [{"note": "b"}]


def test_what_moved_while_it_was_ignored_is_drift_once_it_no_longer_is(bench: Bench):
    bench.apply(noted("a"))
    bench.registry.edit(bench.store.lock.resources[ONE].id, note="theirs")
    bench.apply(noted("a", "note"))
    assert bench.plan(noted("a")).plan.drift


def test_a_member_that_is_ignored_is_not_overwritten_by_its_neighbour(bench: Bench):
    def tinted(hue: str):
        return desired(
            resource(ONE, {**NAME, "tint": {"hue": hue, "shade": "dark"}}, ignore_changes=("tint.shade",))
        )

    bench.apply(tinted("red"))
    id = bench.store.lock.resources[ONE].id
    bench.registry.edit(id, tint={"hue": "red", "shade": "pale"})
    report = bench.apply(tinted("blue"))
    assert report.diagnostics == ()
    assert bench.registry.objects[id]["tint"] == {"hue": "blue", "shade": "pale"}


@pytest.mark.parametrize("note", ["c", "a"])
@pytest.mark.parametrize("how", ["recreated", "replaced", "adopted"])
def test_a_new_object_begins_without_what_was_recorded_of_the_old_one(bench: Bench, how: str, note: str):
    """It was created with everything, so what is ignored has a past of its own there."""

    def state(note: str, *ignore: str, shape: str = "round"):
        body = {**NAME, "note": note, "shape": {"type": shape}}
        return desired(resource(ONE, body, ignore_changes=ignore))

    bench.apply(state("a"))
    id = bench.entry(ONE).id
    choices, shape = Choices(recreate=frozenset({ONE})), "square" if how == "replaced" else "round"
    if how != "replaced":
        bench.registry.objects[id]["archived_at"] = "2026-01-01T00:00:00Z"
    if how == "adopted":
        bench.registry.put(WIDGET, {**NAME, "note": "b", "metadata": {"agentops": tag(ONE)}})
    bench.apply(state("b", "note", shape=shape), choices)
    assert bench.entry(ONE).id != id
    plan = bench.plan(state(note, shape=shape)).plan
    assert ([it.body for it in plan.changes], plan.drift) == ([{"note": note}], ())


def test_what_is_adopted_is_left_alone_where_it_is_ignored(bench: Bench):
    bench.registry.put(WIDGET, {**NAME, "note": "theirs", "metadata": {"agentops": tag(ONE)}})
    ignoring = desired(resource(ONE, {**NAME, "note": "ours"}, ignore_changes=("note",)))
    assert bench.settle(ignoring).changes == ()
    assert bench.there(ONE)["note"] == "theirs"
    plan = bench.plan(desired(resource(ONE, {**NAME, "note": "ours"}))).plan
    assert ([it.body for it in plan.changes], plan.drift) == ([{"note": "ours"}], ())


# -- destroying


@pytest.mark.parametrize("locked", [True, False])
def test_protection_counts_from_the_file_before_it_was_ever_applied(bench: Bench, locked: bool):
    bench.apply(desired(resource(ONE, NAME)))
    if not locked:
        bench.store.lock = None
    bench.apply(desired(resource(ONE, NAME, protect=True)), Choices(destroy=True))
    assert len(live(bench)) == 1


def test_children_known_only_by_their_place_can_be_destroyed(bench: Bench):
    bench.apply(seeded())
    bench.store.lock = None
    report = bench.apply(seeded(), Choices(destroy=True))
    assert report.exit_code == 0, report.outcomes
    assert live(bench) == []


# -- who else carries our tag


def test_a_second_carrier_of_a_recorded_address_never_goes_unnoticed(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    id = bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}})
    (said,) = bench.plan(desired(resource(ONE, NAME))).plan.diagnostics
    assert (said.code, id in said.summary) == (Code.SEVERAL_CARRIERS, True)


@pytest.mark.parametrize("address", ["widget/", "widget/x\x1b", "gadget/x", "widget/ x ", "nothing", ""])
def test_a_tag_that_makes_no_sense_is_nobodys(bench: Bench, address: str):
    bench.registry.put(WIDGET, {"name": "hostile", "metadata": {"agentops": tag(address)}})
    planned = bench.plan(desired(resource(ONE, NAME)))
    assert [change.action for change in planned.plan.changes] == [Action.CREATE]


def test_what_was_intended_and_taken_out_of_the_files_is_reported(bench: Bench):
    planned = bench.plan(desired(resource(ONE, NAME)))
    create = bench.registry.create

    async def lost(kind, body, *, parent=None):
        await create(kind, body, parent=parent)
        raise OutcomeUnknown("reset")

    bench.registry.create = lost
    bench.carry_out(planned)
    assert [item.address for item in bench.plan(desired()).plan.orphans] == [ONE]


def test_an_adoption_looks_again_before_it_records(bench: Bench):
    bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}})
    planned = bench.plan(desired(resource(ONE, NAME)))
    bench.registry.edit("w_1", note="edited between plan and apply")
    report = bench.carry_out(planned)
    assert report.outcomes[0].problem.code is Code.STALE
    assert bench.store.lock is None or ONE not in bench.store.lock.resources


def test_what_was_archived_between_plan_and_apply_is_not_adopted(bench: Bench):
    id = bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}})
    planned = bench.plan(desired(resource(ONE, NAME)))
    bench.registry.objects[id]["archived_at"] = "2026-01-01T00:00:00Z"
    report = bench.carry_out(planned)
    assert report.outcomes[0].problem.code is Code.STALE
    assert bench.store.lock is None or ONE not in bench.store.lock.resources


def test_adopting_a_child_shows_what_it_overwrites(bench: Bench):
    bench.apply(desired(resource(ONE, NAME)))
    bench.registry.put(PAGE, {"path": "/a", "content": "theirs"}, bench.store.lock.resources[ONE].id)
    wanted = desired(resource(ONE, NAME), resource(CHILD, {"path": "/a", "content": "ours"}))
    (change,) = bench.plan(wanted).plan.changes
    assert [(item.before, item.after) for item in change.fields] == [("theirs", "ours")]


@pytest.mark.parametrize("locked", [True, False])
def test_what_is_not_in_the_files_and_carried_by_others_is_never_destroyed(bench: Bench, locked: bool):
    bench.apply(desired(resource(ONE, NAME)))
    if locked:
        bench.registry.edit(bench.entry(ONE).id, metadata={"agentops": "other/prod/widget/one"})
    else:
        bench.store.lock = None
        bench.registry.put(WIDGET, {**NAME, "metadata": {"agentops": tag(ONE)}})
    plan = bench.plan(desired(resource(TWO, {"name": "two"})), Choices(destroy=True)).plan
    expected = Code.FOREIGN_OWNER if locked else Code.SEVERAL_CARRIERS
    assert (plan.changes, [it.code for it in plan.diagnostics]) == ((), [expected])


def test_what_was_never_applied_has_nothing_to_be_destroyed(bench: Bench):
    plan = bench.plan(desired(resource(ONE, NAME)), Choices(destroy=True)).plan
    assert (plan.changes, plan.diagnostics) == ((), ())


# -- saved plans


def test_a_saved_plan_never_takes_the_lock_back_in_time(bench: Bench):
    def both(one: str, two: str):
        return desired(resource(ONE, {**NAME, "note": one}), resource(TWO, {"name": "two", "note": two}))

    bench.apply(both("a", "a"))
    entry = bench.store.lock.resources[ONE]
    behind = entry.model_copy(update={"path": "elsewhere.yaml"})
    bench.store.lock = bench.store.lock.with_changes(resources={**bench.store.lock.resources, ONE: behind})
    planned = bench.saved(both("a", "b"))
    assert ONE in planned.plan.records
    bench.apply(both("b", "a"))
    assert bench.apply_saved(planned).exit_code == 0
    assert bench.store.lock.resources[ONE].version == 2
    assert empty(bench.plan(both("b", "b")))


def test_a_saved_plan_adopts_parents_and_children(bench: Bench):
    bench.apply(seeded())
    bench.store.lock = None
    report = bench.apply_saved(bench.saved(seeded()))
    assert {item.result for item in report.outcomes} == {Result.DONE}
    assert empty(bench.plan(seeded()))


def test_a_saved_plan_forgets_a_child(bench: Bench):
    both = desired(resource(ONE, NAME), resource(CHILD, {"path": "/a", "content": "x"}))
    bench.apply(both)
    del bench.registry.objects[bench.store.lock.resources[CHILD].id]
    planned = bench.saved(desired(resource(ONE, NAME)))
    assert [change.action for change in planned.plan.changes] == [Action.FORGET]
    assert bench.apply_saved(planned).exit_code == 0
    assert CHILD not in bench.store.lock.resources


def test_a_step_that_only_the_journal_has_reaches_the_lock_though_nothing_is_left_to_do(bench: Bench):
    wanted = desired(resource(ONE, NAME))
    bench.apply(wanted)
    bench.store.log.append("record of a run that was killed before it settled")
    bench.apply(wanted)
    assert bench.store.log[-1] == "write"


def test_reports_come_in_one_order(bench: Bench):
    wanted = desired(*(resource(f"widget/{name}", {"name": name, "note": "Ü"}) for name in "dbca"))
    put = bench.registry.put
    bench.registry.put = lambda kind, body, *rest, **more: put(kind, {**body, "note": "ü"}, *rest, **more)
    report = bench.apply(wanted)
    assert [item.address for item in report.diagnostics] == [f"widget/{name}" for name in "abcd"]


def test_another_order_of_named_things_is_shown(bench: Bench):
    def choice(*names: str):
        return desired(resource(ONE, {**NAME, "uses": {"anyOf": [{"name": name} for name in names]}}))

    bench.apply(choice("a", "b"))
    (change,) = bench.plan(choice("b", "a")).plan.changes
    assert [item.path for item in change.fields] == ["uses.anyOf"]
