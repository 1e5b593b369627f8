"""What keeps a release where it is: a source that does not stand still, and a target that takes no other."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code
from agentops.domain.project import OnDrift, Stage
from agentops.domain.resource import Source
from agentops.domain.state import Intent, Lock, LockEntry, Released, RolledBack
from agentops.engine.choices import Choices
from agentops.engine.promotion import (
    before_release,
    newest_release,
    not_promoted,
    refuse_other_order,
    released,
    unsettled,
)
from tests.engine.conftest import Bench
from tests.engine.toy import desired, resource
from tests.engine.toy_kinds import CATALOG

A, B, C = Address("widget/a"), Address("widget/b"), Address("widget/c")
STAGING, PROD = Stage("staging"), Stage("prod", promote_from="staging")


def source(digest: str) -> Source:
    return Source(digest=digest, commit="c" * 40)


def entry(digest: str | None, **more: object) -> LockEntry:
    return LockEntry(id="widget_1", source=source(digest) if digest else None, **more)  # type: ignore[arg-type]


def lock(**entries: LockEntry) -> Lock:
    resources = {Address(f"widget/{name}"): item for name, item in entries.items()}
    return Lock(project="p", stage="staging", resources=resources)


def mark(release: str, at: str, before: str | None) -> Released:
    return Released(at=at, release=release, before=source(before) if before else None)


def test_a_release_is_what_every_address_with_an_id_is_built_from():
    found = released(lock(b=entry("2"), a=entry("1"), c=entry(None), d=LockEntry(id="")))
    assert found == {A: source("1"), B: source("2"), C: None}
    assert list(found) == [A, B, C]


def test_before_its_newest_release_a_stage_ran_what_that_replaced():
    now = lock(
        a=entry("a2", released=mark("r2", "2026-03-02T00:00:00Z", "a1")),
        b=entry("b1", released=mark("r1", "2026-03-01T00:00:00Z", "b0")),
        c=entry("c1", released=mark("r2", "2026-03-02T00:00:01Z", None)),
        d=entry("d1"),
    )
    assert newest_release(now) == "r2"
    assert before_release(now) == {A: source("a1"), B: source("b1"), Address("widget/d"): source("d1")}
    assert newest_release(lock(a=entry("1"))) is None
    assert before_release(lock(a=entry("1"))) == {A: source("1")}


def test_a_chain_is_gone_through_stage_by_stage():
    refuse_other_order(STAGING, PROD)
    refuse_other_order(STAGING, Stage("other"))
    with pytest.raises(Blocked) as blocked:
        refuse_other_order(Stage("dev"), PROD)
    (problem,) = blocked.value.diagnostics
    assert problem.code is Code.PROMOTION_ORDER
    assert "`agentops promote dev staging` first" in problem.detail


# -- a source that does not stand still


def said(bench: Bench, *select: str) -> list[str]:
    planned = bench.plan(WANTED)
    found = unsettled(CATALOG, STAGING, planned.lock, planned.plan, WANTED, tuple(map(Address, select)))
    assert all(item.code is Code.UNSETTLED for item in found)
    assert all("--allow-unsettled" in item.detail for item in found)
    return [f"{item.address}: {item.summary}" for item in found]


WANTED = desired(*(resource(f"widget/{name}", {"name": name, "note": "ours"}) for name in "abc"))


def test_a_stage_that_runs_its_release_is_settled(bench: Bench):
    bench.apply(WANTED)
    assert said(bench) == []


def test_drift_and_what_is_gone_are_unsettled_where_they_count(bench: Bench):
    bench.apply(WANTED)
    bench.registry.edit(bench.entry("widget/a").id, note="theirs")
    del bench.registry.objects[bench.entry("widget/b").id]
    assert said(bench, "widget/c") == []
    drifted, gone = said(bench)
    assert drifted == "widget/a: stage staging has drifted: note"
    assert gone.startswith("widget/b: stage staging does not run what its lock records: ")
    assert said(bench, "widget/a") == [drifted]


def test_what_is_held_is_unsettled(bench: Bench):
    bench.apply(WANTED)
    bench.registry.edit(bench.entry("widget/a").id, note="theirs")
    bench.apply(WANTED, Choices(on_drift=OnDrift.KEEP))
    assert said(bench) == ["widget/a: stage staging holds fields: note"]


def test_rollbacks_and_unfinished_applies_are_unsettled(bench: Bench):
    bench.apply(WANTED)
    planned = bench.plan(WANTED)
    back = planned.lock.resources[A].model_copy(
        update={"rolled_back": RolledBack(to="3", at="2026-03-01T00:00:00Z"), "held": ("note",)}
    )
    now = planned.lock.with_changes(
        resources={**planned.lock.resources, A: back},
        intents={Address("widget/z"): Intent(at="2026-03-01T00:00:00Z", run="r")},
    )
    found = unsettled(CATALOG, STAGING, now, planned.plan, WANTED, ())
    assert [f"{item.address}: {item.summary}" for item in found] == [
        "widget/a: stage staging was rolled back, to 3: note",
        "widget/z: an apply of stage staging did not finish with it",
    ]


def advice(stage: Stage, bench: Bench, **recorded: object) -> str:
    planned = bench.plan(WANTED)
    entry = planned.lock.resources[A].model_copy(update=recorded)
    now = planned.lock.with_changes(resources={**planned.lock.resources, A: entry})
    (found,) = unsettled(CATALOG, stage, now, planned.plan, WANTED, ())
    return found.detail


def test_advice_is_what_can_be_done_in_that_stage(bench: Bench):
    """Plain apply of a stage that takes releases refuses what did not come that way."""
    bench.apply(WANTED)
    back = RolledBack(to="3", at="2026-03-01T00:00:00Z")
    middle = Stage("staging", promote_from="dev")
    for recorded in ({"held": ("note",)}, {"held": ("note",), "rolled_back": back}):
        assert "`agentops apply --stage staging --on-drift revert`" in advice(STAGING, bench, **recorded)
        told = advice(middle, bench, **recorded)
        assert "`agentops promote dev staging --on-drift revert`" in told
        assert "agentops apply" not in told
    told = advice(STAGING, bench, rolled_back=back)
    assert "`agentops apply --stage staging --prune --on-drift revert --confirm widget/a`" in told


# -- a target that takes no other


def guarded(
    bench: Bench, before: Lock | None, *own: str, promotes: str | None = None, **notes: str
) -> list[str]:
    wanted = desired(
        *(resource(f"widget/{name}", {"name": name, "note": note}) for name, note in notes.items())
    )
    planned = bench.plan(wanted, Choices(prune=True))
    plan = planned.plan.model_copy(update={"promotes": promotes})
    found = not_promoted(PROD, plan, wanted, planned.lock, before, map(Address, own))
    assert all(item.code is Code.NOT_PROMOTED for item in found)
    return [item.summary.partition("of: ")[2] for item in found]


def digest(name: str, note: str) -> str:
    return resource(f"widget/{name}", {"name": name, "note": note}).source.digest


def test_only_what_the_stage_before_runs_may_come(bench: Bench):
    before = lock(a=entry(digest("a", "x")), b=entry("other"))
    assert guarded(bench, before, a="x", b="x", c="x") == [
        "widget/b (staging runs another), widget/c (not in staging)"
    ]
    assert guarded(bench, before, "widget/c", a="x", c="x") == []
    assert guarded(bench, before, a="x", b="x", promotes="staging") == []
    assert guarded(bench, None, a="x") == ["widget/a (not in staging)"]


def test_what_it_runs_already_is_its_own_business(bench: Bench):
    bench.apply(desired(resource("widget/a", {"name": "a", "note": "x"})))
    bench.registry.edit(bench.entry("widget/a").id, note="theirs")
    wanted = desired(resource("widget/a", {"name": "a", "note": "x"}))
    planned = bench.plan(wanted, Choices(on_drift=OnDrift.REVERT))
    assert planned.plan.changes
    assert not_promoted(PROD, planned.plan, wanted, planned.lock, lock(a=entry("newer")), ()) == []


def test_what_the_stage_before_still_runs_is_not_removed(bench: Bench):
    bench.apply(desired(*(resource(f"widget/{name}", {"name": name, "note": "x"}) for name in "ab")))
    assert guarded(bench, lock(a=entry("1"))) == ["widget/a (staging still runs it)"]


def test_many_are_counted(bench: Bench):
    names = {f"w{number:02}": "x" for number in range(12)}
    (listed,) = guarded(bench, lock(), **names)
    assert listed.endswith("widget/w09 (not in staging) and 2 more")


def test_a_stage_without_a_stage_before_it_takes_everything(bench: Bench):
    planned = bench.plan(WANTED)
    assert not_promoted(STAGING, planned.plan, WANTED, planned.lock, None, ()) == []
