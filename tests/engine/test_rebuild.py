"""A lock made anew: where sources disagree the registry decides, and what nobody finds is named."""

from __future__ import annotations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code
from agentops.domain.plan import Action
from agentops.domain.state import DesiredState, Lock, LockEntry
from agentops.domain.torn import Condition, Torn
from agentops.domain.torn import Origin as By
from agentops.engine.rebuild import Rebuilt, rebuild, rebuild_offline
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, resource, tag
from tests.engine.toy_kinds import WIDGET

A = Address("widget/a")


def widget(note: str = "a") -> DesiredState:
    return desired(resource(A, {"name": "a", "note": note}))


def made(bench: Bench, wanted: DesiredState, *sides: Lock, base: Lock | None = None) -> Rebuilt:
    conditions = {0: Condition.MISSING, 1: Condition.WHOLE, 2: Condition.CONFLICT}
    torn = Torn(conditions[len(sides)], sides, base)
    return bench._run(lambda: rebuild(bench.target, torn, wanted))


def side(bench: Bench, **entries: LockEntry) -> Lock:
    assert bench.store.lock is not None
    resources = {Address(f"widget/{name}"): entry for name, entry in entries.items()}
    return bench.store.lock.with_changes(resources=resources)


def codes(found: Rebuilt) -> list[Code]:
    return [it.code for it in found.report.diagnostics]


def test_of_two_ids_the_live_one_is_kept(bench: Bench):
    bench.apply(widget())
    there = bench.entry(A)
    gone = there.model_copy(update={"id": "w_99", "version": 9})
    found = made(bench, widget(), side(bench, a=gone), side(bench, a=there))
    assert found.lock.resources[A].id == there.id
    assert codes(found) == [Code.SEVERAL_IDS]
    assert "w_99 is not there" in found.report.diagnostics[0].summary


def test_of_two_live_ones_the_one_that_is_tagged_is_kept_and_the_other_named(bench: Bench):
    bench.apply(widget())
    there = bench.entry(A)
    other = bench.registry.put(WIDGET, {"name": "b"})
    untagged = LockEntry(id=other, version=9)
    found = made(bench, widget(), side(bench, a=untagged), side(bench, a=there))
    assert found.lock.resources[A].id == there.id
    assert f"{there.id} is kept, and {other} is there as well" in found.report.diagnostics[0].summary


def test_of_one_id_what_the_registry_confirms_is_kept(bench: Bench):
    bench.apply(widget())
    old = bench.entry(A)
    bench.apply(widget("b"))
    now = bench.entry(A)
    for sides in ((old, now), (now, old)):
        found = made(bench, widget("b"), *(side(bench, a=it) for it in sides))
        assert found.lock.resources[A].version == now.version
    bench.store.lock = found.lock
    assert bench.at_rest(widget("b"))


def test_a_replacement_under_way_is_further_on_than_what_it_replaces(bench: Bench):
    bench.apply(widget())
    there = bench.entry(A)
    under_way = LockEntry(id="", replaced=(there.id,))
    found = made(bench, desired(), side(bench, a=there), side(bench, a=under_way))
    assert found.lock.resources[A] == under_way


def test_predecessors_that_are_still_to_go_are_kept_of_both(bench: Bench):
    bench.apply(widget())
    there = bench.entry(A)
    one, two = (there.model_copy(update={"replaced": (id,)}) for id in ("w_8", "w_9"))
    found = made(bench, widget(), side(bench, a=one), side(bench, a=two))
    assert found.lock.resources[A].replaced == ("w_8", "w_9")


def test_a_whole_lock_that_says_what_there_is_is_left_as_it_is(bench: Bench):
    bench.apply(widget())
    found = made(bench, widget(), bench.store.lock)
    assert (found.report.changed, found.lock) == (False, bench.store.lock)


def test_what_a_whole_lock_has_forgotten_comes_back_by_its_tag(bench: Bench):
    bench.apply(widget())
    id = bench.entry(A).id
    found = made(bench, widget(), side(bench))
    assert found.lock.resources[A].id == id
    assert found.lock.serial == bench.store.lock.serial + 1
    assert [it.by for it in found.report.entries] == [By.TAG]


def test_what_is_gone_is_named_and_stays_recorded(bench: Bench):
    bench.apply(widget())
    id = bench.entry(A).id
    bench.registry._archive(id)
    found = made(bench, widget(), bench.store.lock)
    assert codes(found) == [Code.NOT_FOUND_AGAIN]
    assert f"recorded as {id}, which is archived" in found.report.diagnostics[0].summary
    assert found.lock.resources[A].id == id


def test_what_no_file_asks_for_is_found_as_well_and_so_is_what_is_in_it(bench: Bench):
    secret = {"type": "plain", "token": {"secret": "env:TOKEN"}}
    wanted = desired(
        resource("box/b", {"name": "b"}), resource("key/b/k", {"lock": secret}), *widget().resources.values()
    )
    bench.apply(wanted)
    before = bench.store.lock.resources
    found = made(bench, desired())
    assert {key: it.id for key, it in found.lock.resources.items()} == {
        key: it.id for key, it in before.items()
    }
    bench.store.lock = found.lock
    plan = bench.plan(desired()).plan
    assert {it.address for it in plan.orphans} == before.keys()


def test_an_edit_since_then_is_a_change_and_not_drift(bench: Bench):
    bench.apply(widget())
    bench.store.lock = made(bench, widget("b")).lock
    plan = bench.plan(widget("b")).plan
    assert ([it.action for it in plan.changes], plan.drift) == ([Action.UPDATE], ())


def test_secrets_are_taken_to_be_right_and_that_is_said(bench: Bench):
    secret = {"type": "plain", "token": {"secret": "env:TOKEN"}}
    wanted = desired(resource("box/b", {"name": "b"}), resource("key/b/k", {"lock": secret}))
    bench.apply(wanted)
    found = made(bench, wanted)
    assert codes(found) == [Code.SECRET]
    bench.store.lock = found.lock
    assert bench.plan(wanted).plan.changes == ()


def test_several_that_carry_a_tag_are_left_out_and_named(bench: Bench):
    bench.apply(widget())
    bench.registry.put(WIDGET, {"name": "b", "metadata": {"agentops": tag(A)}})
    found = made(bench, widget())
    assert A not in found.lock.resources
    assert codes(found) == [Code.SEVERAL_IDS]


def test_uploads_alike_are_not_decided(bench: Bench):
    files = {"a.md": b"text\n"}
    bench.uploads.files = {"kit/a": files, "kit/b": files}
    one = desired(kit("kit/a", files, label="k"))
    bench.apply(one)
    assert [it.by for it in made(bench, one).report.entries] == [By.CONTENT]
    bench.store.lock = None
    bench.apply(one)  # nobody knows the first any more
    found = made(bench, one)
    assert found.lock.resources == {}
    assert codes(found) == [Code.SEVERAL_IDS]
    assert found.lock.intents == {}


def test_offline_says_what_only_the_registry_can_tell(bench: Bench):
    bench.apply(widget())
    there = bench.entry(A)
    other = there.model_copy(update={"id": "w_9"})
    torn = Torn(Condition.CONFLICT, (side(bench, a=there), side(bench, a=other)))
    found = rebuild_offline(torn, "p", "s", "the lock")
    assert found.lock.resources[A] == there
    assert codes(found) == [Code.SEVERAL_IDS]
    assert "without `--offline` the registry decides" in found.report.diagnostics[0].detail
