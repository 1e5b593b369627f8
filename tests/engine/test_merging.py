"""Two sides of a lock become one, address by address, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code
from agentops.domain.state import Intent, Lock, LockEntry, Origin
from agentops.domain.torn import Condition, Torn
from agentops.domain.torn import Origin as By
from agentops.engine.merging import merged, with_copy

A, B = Address("widget/a"), Address("widget/b")


def lock(serial: int = 1, intents: dict[Address, Intent] | None = None, **entries: LockEntry) -> Lock:
    resources = {Address(f"widget/{name}"): entry for name, entry in entries.items()}
    return Lock(project="p", stage="s", serial=serial, resources=resources, intents=intents or {})


def e(id: str, version: int = 1, **more: object) -> LockEntry:
    return LockEntry(id=id, version=version, **more)


def both(ours: Lock, theirs: Lock, base: Lock | None = None) -> Torn:
    return Torn(Condition.CONFLICT, (ours, theirs), base)


def result(torn: Torn) -> dict[str, tuple[str, object]]:
    made = merged(torn, "p", "s")
    return {it.name: (entry.id, entry.version) for it, entry in made.lock.resources.items()}


def test_what_each_side_has_added_is_in_it_and_the_serial_is_beyond_both():
    made = merged(both(lock(3, a=e("1")), lock(7, b=e("2")), lock(2)), "p", "s")
    assert [*made.lock.resources] == [A, B]
    assert made.by == {A: By.OURS, B: By.THEIRS}
    assert (made.lock.serial, made.disputes) == (8, {})


def test_what_one_side_changed_or_forgot_counts_where_the_base_is_known():
    base = lock(1, a=e("1"), b=e("2"))
    assert result(both(lock(2, a=e("1", 2), b=e("2")), base, base)) == {"a": ("1", 2), "b": ("2", 1)}
    assert result(both(base, lock(2, a=e("1")), base)) == {"a": ("1", 1)}


def test_without_a_base_nothing_is_taken_for_forgotten():
    assert result(both(lock(2, a=e("1")), lock(2))) == {"a": ("1", 1)}


def test_what_is_changed_on_one_side_and_forgotten_on_the_other_stays():
    base = lock(1, a=e("1"))
    assert result(both(lock(2, a=e("1", 2)), lock(2), base)) == {"a": ("1", 2)}


def test_what_both_changed_is_a_dispute_and_the_further_one_comes_first():
    made = merged(both(lock(2, a=e("1", 2)), lock(2, a=e("1", 3)), lock(1, a=e("1"))), "p", "s")
    assert made.lock.resources[A].version == 3
    assert [it.by for it in made.disputes[A]] == [By.THEIRS, By.OURS]
    replaced = e("9", replaced=("1",))
    assert merged(both(lock(2, a=e("1", 5)), lock(2, a=replaced)), "p", "s").lock.resources[A] == replaced


def test_intents_of_both_survive_but_for_what_one_has_settled():
    early, late = Intent(at="2026-01-01", run="r"), Intent(at="2026-01-02", run="r")
    made = merged(both(lock(2, {A: early}), lock(2, {A: late, B: early})), "p", "s")
    assert made.lock.intents == {A: late, B: early}
    settled = merged(both(lock(2), lock(2, {A: early}), lock(1, {A: early})), "p", "s")
    assert settled.lock.intents == {}


def test_other_stages_and_registries_are_not_mixed():
    other = Lock(project="p", stage="t")
    with pytest.raises(Blocked, match="stage t") as stopped:
        merged(both(lock(), other), "p", "s")
    assert stopped.value.diagnostics[0].code is Code.LOCK
    here, there = (lock().with_changes(origin=Origin(base_url="u", workspace_id=it)) for it in "xy")
    with pytest.raises(Blocked, match="different registries"):
        merged(both(here, there), "p", "s")
    assert merged(both(here, lock()), "p", "s").lock.origin == here.origin


def test_a_copy_counts_where_it_is_newer_than_all_sides():
    found = merged(both(lock(3, a=e("1")), lock(4)), "p", "s")
    assert with_copy(found, lock(4, b=e("2"))) == found
    newer = with_copy(found, lock(9, b=e("2"), a=e("1", 2)))
    assert {key: it.id for key, it in newer.lock.resources.items()} == {A: "1", B: "2"}
    assert newer.lock.serial == 10
    assert newer.by == {A: By.COPY, B: By.COPY}
    assert [it.by for it in newer.disputes[A]] == [By.COPY, By.OURS]
    nothing = merged(Torn(Condition.MISSING), "p", "s")
    assert with_copy(nothing, lock(0, a=e("1"))).lock.resources == lock(0, a=e("1")).resources
    assert with_copy(nothing, None) == nothing


entries = st.dictionaries(
    st.sampled_from("abc"), st.builds(e, st.sampled_from("123"), st.integers(1, 3)), max_size=3
)


@given(entries, entries, st.none() | entries)
def test_every_entry_is_kept_that_its_side_did_not_leave_as_it_was(ours, theirs, base):
    torn = both(lock(2, **ours), lock(3, **theirs), lock(1, **base) if base is not None else None)
    made = merged(torn, "p", "s")
    for name in ours.keys() | theirs.keys():
        if name in ours and name in theirs:
            assert made.lock.resources[Address(f"widget/{name}")] in (ours[name], theirs[name])
        else:
            only = ours.get(name) or theirs.get(name)
            forgotten = base is not None and base.get(name) == only
            assert (made.lock.resources.get(Address(f"widget/{name}")) == only) is not forgotten
