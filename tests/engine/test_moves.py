"""Renaming: a new address, the same ID, and nothing sent for it."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Stop
from agentops.domain.plan import Action
from agentops.domain.project import Rename
from agentops.domain.resource import Attachment
from agentops.domain.state import DesiredState, Intent, Lock, LockEntry
from agentops.engine.choices import Choices
from agentops.engine.moves import called_now, move_by_hand, without
from tests.engine.conftest import Bench
from tests.engine.toy import desired, id_of, only, resource, tag
from tests.engine.toy_kinds import CATALOG, WIDGET

OLD, NEW = Address("widget/old"), Address("widget/new")


def rename(*pairs: tuple[str, str]) -> tuple[Rename, ...]:
    return tuple(Rename(Address(old), Address(new)) for old, new in pairs)


def widget(address: str, **body: object) -> DesiredState:
    return desired(resource(address, {"name": "one", "note": "a", **body}))


def family(name: str) -> DesiredState:
    return desired(
        resource(f"widget/{name}", {"name": "one"}),
        resource(f"page/{name}/x.md", {"path": "/x.md", "content": "x"}),
        resource(f"page/{name}/deep/y.md", {"path": "/deep/y.md", "content": "y"}),
    )


def box(name: str) -> DesiredState:
    secret = {"type": "plain", "token": {"secret": "env:TOKEN"}}
    return desired(
        resource(f"box/{name}", {"name": "b"}), resource(f"key/{name}/k", {"lock": secret, "note": "n"})
    )


# -- `moved`


@pytest.fixture
def moved(bench: Bench) -> Bench:
    """Applied as ``widget/old``; from now on the files call it ``widget/new``."""
    assert bench.apply(widget(OLD)).exit_code == 0
    bench.registry.calls.clear()
    bench.moved = rename((OLD, NEW))
    return bench


def test_a_plan_has_it_under_its_new_address_and_sends_nothing(moved: Bench):
    id = moved.entry(OLD).id
    plan = moved.plan(widget(NEW)).plan
    assert (plan.changes, plan.orphans, plan.diagnostics, plan.unchanged) == ((), (), (), 1)
    assert [it.model_dump(mode="json") for it in plan.moves] == [{"from": OLD, "to": NEW, "id": id}]


def test_apply_writes_it_although_nothing_else_changes_and_then_it_is_at_rest(moved: Bench):
    id, serial = moved.entry(OLD).id, moved.store.lock.serial
    assert moved.apply(widget(NEW)).exit_code == 0
    assert list(moved.store.lock.resources) == [NEW]
    assert moved.entry(NEW).id == id
    assert moved.store.lock.serial > serial
    assert moved.registry.writes == []
    assert moved.at_rest(widget(NEW))
    assert moved.plan(widget(NEW)).plan.moves == ()


def test_the_tag_follows_with_the_next_real_update_only(moved: Bench):
    moved.apply(widget(NEW))
    assert moved.there(NEW)["metadata"]["agentops"] == tag(OLD)
    version = moved.there(NEW)["version"]
    moved.settle(widget(NEW, note="b"))
    assert moved.there(NEW)["metadata"]["agentops"] == tag(NEW)
    assert moved.there(NEW)["version"] == version + 1


def test_with_an_edit_of_the_file_it_is_one_update(moved: Bench):
    id = moved.entry(OLD).id
    change = only(moved.plan(widget(NEW, note="b")))
    assert (change.address, change.action, change.base.id) == (NEW, Action.UPDATE, id)
    assert moved.settle(widget(NEW, note="b")).changes == ()


def test_another_stages_tag_is_foreign_as_ever(moved: Bench):
    moved.registry.edit(moved.entry(OLD).id, metadata={"agentops": "p/other/widget/new"})
    assert [it.code for it in moved.plan(widget(NEW)).plan.diagnostics] == [Code.FOREIGN_OWNER]


def test_a_new_file_at_the_old_address_is_a_new_resource(moved: Bench):
    moved.apply(widget(NEW))
    moved.moved = ()  # validate refuses the line by then
    both = desired(*widget(NEW).resources.values(), resource(OLD, {"name": "two"}))
    for saved in (False, True):
        planned = moved.saved(both) if saved else moved.plan(both)
        assert (only(planned).address, only(planned).action) == (OLD, Action.CREATE)
    assert moved.apply_saved(planned).exit_code == 0
    assert moved.entry(OLD).id != moved.entry(NEW).id
    assert moved.at_rest(both)


def test_a_chain_takes_whatever_name_the_stage_is_at(bench: Bench):
    for recorded in ("widget/a", "widget/b"):
        bench.__init__()  # type: ignore[misc]
        bench.apply(widget(recorded))
        id = bench.entry(recorded).id
        bench.moved = rename(("widget/a", "widget/b"), ("widget/b", "widget/c"))
        assert bench.apply(widget("widget/c")).exit_code == 0
        assert {key: it.id for key, it in bench.store.lock.resources.items()} == {"widget/c": id}
        assert len(bench.registry.live(WIDGET)) == 1


def test_of_a_chain_that_is_recorded_twice_the_later_name_counts(bench: Bench):
    both = desired(resource("widget/a", {"name": "one"}), resource("widget/b", {"name": "two"}))
    bench.apply(both)
    id = bench.entry("widget/b").id
    bench.moved = rename(("widget/a", "widget/b"), ("widget/b", "widget/c"))
    plan = bench.plan(desired(resource("widget/c", {"name": "two"}))).plan
    assert [(it.old, it.new, it.id) for it in plan.moves] == [("widget/b", "widget/c", id)]
    assert [it.address for it in plan.orphans] == ["widget/a"]


def test_what_lives_in_it_moves_along(bench: Bench):
    bench.apply(family("old"))
    ids = {it.name.partition("/")[2]: entry.id for it, entry in bench.store.lock.resources.items()}
    bench.registry.calls.clear()
    bench.moved = rename((OLD, NEW))
    assert len(bench.plan(family("new")).plan.moves) == 3
    assert bench.apply(family("new")).exit_code == 0
    assert {it.name.partition("/")[2]: entry.id for it, entry in bench.store.lock.resources.items()} == ids
    assert bench.registry.writes == []
    assert bench.at_rest(family("new"))


def test_a_reference_to_it_is_the_same_reference(bench: Bench):
    def files(name: str) -> DesiredState:
        return desired(
            resource(f"crew/{name}", {"name": "c"}), resource("crew/lead", {"mates": [id_of(f"crew/{name}")]})
        )

    bench.apply(files("old"))
    bench.moved = rename(("crew/old", "crew/new"))
    assert bench.plan(files("new")).plan.changes == ()


def test_secrets_are_not_sent_again(bench: Bench):
    bench.apply(box("old"))
    bench.secrets.asked.clear()
    bench.moved = rename(("box/old", "box/new"))
    assert bench.plan(box("new")).plan.changes == ()
    bench.apply(box("new"))
    assert bench.secrets.asked == []
    assert bench.at_rest(box("new"))


def test_where_both_are_recorded_nothing_is_moved(bench: Bench):
    bench.apply(desired(resource(OLD, {"name": "one"}), resource(NEW, {"name": "two"})))
    bench.moved = rename((OLD, NEW))
    plan = bench.plan(desired(resource(NEW, {"name": "two"}))).plan
    assert plan.moves == ()
    assert [it.address for it in plan.orphans] == [OLD]


def test_where_the_files_declare_neither_nothing_is_moved(moved: Bench):
    plan = moved.plan(desired()).plan
    assert plan.moves == ()
    assert [it.address for it in plan.orphans] == [OLD]


# -- a lock that was lost


def test_without_a_lock_what_is_tagged_as_of_old_is_adopted_as_what_it_is_now(moved: Bench):
    id = moved.entry(OLD).id
    moved.store.lock = None
    planned = moved.plan(widget(NEW))
    assert (only(planned).action, only(planned).base.id) == (Action.ADOPT, id)
    assert [(it.old, it.new, it.id) for it in planned.plan.moves] == [(OLD, NEW, id)]
    assert moved.carry_out(planned).exit_code == 0
    assert moved.at_rest(widget(NEW))
    assert len(moved.registry.live(WIDGET)) == 1


@pytest.mark.parametrize("files", [family, box])
def test_so_is_what_lives_in_it(bench: Bench, files):
    bench.apply(files("old"))
    bench.store.lock = None
    kind = next(iter(files("old").resources)).kind
    bench.moved = rename((f"{kind}/old", f"{kind}/new"))
    planned = bench.saved(files("new"))
    assert {it.action for it in planned.plan.changes} == {Action.ADOPT}
    assert bench.apply_saved(planned).exit_code == 0
    assert bench.at_rest(files("new"))


def test_an_unfinished_create_is_found_under_its_old_tag(moved: Bench):
    entry = moved.entry(OLD)
    intent = Intent(at="2026-01-01T00:00:00Z", run="r0")
    moved.store.lock = Lock(project="p", stage="s", serial=4, intents={OLD: intent})
    planned = moved.plan(widget(NEW))
    assert (only(planned).action, only(planned).base.id) == (Action.ADOPT, entry.id)
    assert moved.carry_out(planned).exit_code == 0
    assert moved.store.lock.intents == {}


# -- saved plans


def test_a_saved_plan_carries_its_moves(moved: Bench):
    id = moved.entry(OLD).id
    planned = moved.saved(widget(NEW, note="b"))
    moved.moved = ()  # what is applied is what was reviewed
    assert moved.apply_saved(planned).exit_code == 0
    assert {key: it.id for key, it in moved.store.lock.resources.items()} == {NEW: id}
    assert moved.there(NEW)["note"] == "b"
    assert moved.apply_saved(planned).exit_code == 0, "a second time it is done already"


def test_a_saved_plan_of_moves_alone_refreshes_what_it_says(moved: Bench):
    assert moved.apply_saved(moved.saved(widget(NEW))).exit_code == 0
    assert moved.entry(NEW).path == f"{NEW}.yaml"
    assert moved.at_rest(widget(NEW))


def test_a_saved_plan_is_stale_where_the_lock_says_another_thing_by_now(moved: Bench):
    planned = moved.saved(widget(NEW))
    entry = moved.entry(OLD)
    for resources, said in (
        ({OLD: entry.model_copy(update={"id": "w_9"})}, "widget/old is w_9 by now"),
        ({NEW: entry.model_copy(update={"id": "w_9"})}, "widget/new is w_9 by now"),
        ({}, "the lock has no widget/old any more"),
    ):
        moved.store.lock = moved.store.lock.with_changes(resources=resources)
        with pytest.raises(Blocked, match=said):
            moved.apply_saved(planned)
        assert moved.store.lock.resources == resources


# -- by hand


def lock(**entries: LockEntry) -> Lock:
    resources = {Address(key.replace("__", "/", 1)): entry for key, entry in entries.items()}
    return Lock(project="p", stage="s", serial=3, resources=resources)


STORES = lock(
    widget__old=LockEntry(id="w", path="a.yaml", attachments=(Attachment(memory_store="box/old-notes"),)),
    crew__c=LockEntry(id="c", attachments=(Attachment(memory_store="box/old-notes"),)),
)


def with_store(path: str) -> Lock:
    entry = LockEntry(id="b", path=path)
    return STORES.with_changes(resources={**STORES.resources, Address("box/old-notes"): entry})


def test_what_its_file_declares_for_it_moves_along_and_whoever_mentions_it_follows():
    made, moves = move_by_hand(CATALOG, with_store("a.yaml"), "the lock", OLD, NEW)
    assert [(it.old, it.new) for it in moves] == [("box/old-notes", "box/new-notes"), (OLD, NEW)]
    assert made.serial == 4
    for address in (NEW, Address("crew/c")):
        assert made.resources[address].attachments[0].memory_store == "box/new-notes"


def test_a_lock_of_old_is_read_under_the_addresses_of_today():
    chain = rename(("widget/first", OLD), (OLD, NEW))
    made = called_now(CATALOG, chain, with_store("a.yaml"))
    assert set(made.resources) == {NEW, "box/new-notes", "crew/c"}
    assert made.resources[NEW].attachments[0].memory_store == "box/new-notes"
    both = made.with_changes(resources={**made.resources, OLD: LockEntry(id="z")})
    assert called_now(CATALOG, chain, both) == both


def test_what_another_file_declares_stays():
    made, moves = move_by_hand(CATALOG, with_store("boxes/old-notes.yaml"), "the lock", OLD, NEW)
    assert [(it.old, it.new) for it in moves] == [(OLD, NEW)]
    assert made.resources[NEW].attachments[0].memory_store == "box/old-notes"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("widget/odl", "widget/x", "the lock has no widget/odl"),
        ("widget/old", "widget/old", "its address already"),
        ("widget/old", "crew/old", "different kinds"),
        ("widget/old", "widget/b", "has widget/b already: it is w2"),
        ("page/old/x", "page/b/x", "it lives in widget/old"),
        ("page/old/x", "page/old", "it lives in widget/old"),
        ("page/old/x", "page/old/y", "has page/old/y already"),
    ],
)
def test_what_cannot_be_renamed(old: str, new: str, said: str):
    found = lock(
        widget__old=LockEntry(id="w1"),
        widget__b=LockEntry(id="w2"),
        **{"page__old/x": LockEntry(id="p1"), "page__old/y": LockEntry(id="p2")},
    )
    with pytest.raises(Stop, match=said) as stopped:
        move_by_hand(CATALOG, found, "the lock", Address(old), Address(new))
    assert stopped.value.diagnostics[0].code is Code.LOCK_ADDRESS
    if old == "widget/odl":
        assert "did you mean 'widget/old'?" in stopped.value.diagnostics[0].detail


def test_nothing_takes_the_place_of_what_is_left_below_the_new_address():
    found = lock(
        widget__old=LockEntry(id="w1"),
        **{"page__old/x": LockEntry(id="p1"), "page__new/x": LockEntry(id="p2")},
    )
    with pytest.raises(Stop, match="has page/new/x already"):
        move_by_hand(CATALOG, found, "the lock", OLD, NEW)


def test_a_move_and_back_is_the_same_lock(bench: Bench):
    bench.apply(family("old"))
    before = bench.store.lock
    there, _ = move_by_hand(CATALOG, before, "x", OLD, NEW)
    back, _ = move_by_hand(CATALOG, there, "x", NEW, OLD)
    assert back == before.with_changes(serial=before.serial + 2)


def test_what_is_forgotten_goes_with_what_lives_in_it_and_is_adopted_again(bench: Bench):
    bench.apply(family("old"))
    bench.store.lock, gone = without(CATALOG, bench.store.lock, "x", [OLD])
    assert gone == ("page/old/deep/y.md", "page/old/x.md", "widget/old")
    assert bench.store.lock.resources == {}
    assert {it.action for it in bench.plan(family("old")).plan.changes} == {Action.ADOPT}
    assert bench.settle(family("old")).changes == ()
    with pytest.raises(Stop, match="the lock has no widget/x"):
        without(CATALOG, bench.store.lock, "the lock", [Address("widget/x"), OLD])


def test_pruning_does_not_take_what_was_renamed(moved: Bench):
    plan = moved.plan(widget(NEW), Choices(prune=True)).plan
    assert plan.changes == ()
