"""Gates are checked over facts alone: which refuse, what they say, and what satisfies them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.gates import CleanGit, Gate, NoDriftIn, Soaked, duration
from agentops.domain.plan import Action, Change, Plan, Reason
from agentops.domain.project import OnDrift, Stage
from agentops.domain.resource import Source
from agentops.domain.state import Lock, LockEntry, Origin, Released, RolledBack
from agentops.engine.choices import Choices
from agentops.engine.gates import Facts, Unknown, check, unrest, with_checks
from tests.engine.conftest import Bench
from tests.engine.toy import desired, resource
from tests.engine.toy_kinds import CATALOG

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLACE = Location("agentops.yaml", 7, 15)
TWO_HOURS = Soaked(timedelta(hours=2), "2h", PLACE)


def entry(
    digest: str = "d", *, commit: str | None = "c", since: str | None = None, **more: object
) -> LockEntry:
    released = Released(at=since, release="r") if since is not None else None
    return LockEntry(id="x", source=Source(digest=digest, commit=commit), released=released, **more)  # type: ignore[arg-type]


def change(name: str, action: Action = Action.UPDATE, record: LockEntry | None = None) -> Change:
    return Change(address=Address(f"widget/{name}"), action=action, reason=Reason.CHANGED, record=record)


def plan(*changes: Change, promotes: str | None = None, diagnostics: tuple[Diagnostic, ...] = ()) -> Plan:
    return Plan(
        project="p",
        stage="prod",
        promotes=promotes,
        origin=Origin(base_url="http://x"),
        lock_serial=1,
        source_digest="f" * 64,
        changes=changes,
        diagnostics=diagnostics,
    )


def stage(*gates: Gate) -> Stage:
    return Stage("prod", promote_from="staging", require=gates)


def running(**entries: LockEntry) -> Facts:
    """What staging's lock says."""
    resources = {Address(f"widget/{name}"): found for name, found in entries.items()}
    return Facts(NOW, locks={"staging": Lock(project="p", stage="staging", resources=resources)})


def told(gate: Gate, made: Plan, facts: Facts) -> list[str]:
    found = check(stage(gate), made, facts)
    assert all(item.severity == "error" and item.location == gate.location and item.detail for item in found)
    return [item.summary.removeprefix(f"prod requires {gate}: ") for item in found]


ONE = plan(change("a", record=entry()))


@pytest.mark.parametrize("gate", [CleanGit(PLACE), NoDriftIn("staging", PLACE), TWO_HOURS])
def test_what_nobody_found_out_is_no_pass_and_what_changes_nothing_needs_none(gate: Gate):
    nothing = Facts(NOW, uncommitted=None)
    assert len(told(gate, ONE, nothing)) == 1
    assert check(stage(gate), plan(), nothing) == ()
    assert check(stage(), ONE, nothing) == ()


# -- clean_git


def test_clean_git_wants_every_file_and_every_planned_source_in_a_commit():
    gate = CleanGit(PLACE)
    assert told(gate, ONE, Facts(NOW, uncommitted=())) == []
    assert told(gate, ONE, Facts(NOW, uncommitted=("a.yaml", "b.md"))) == [
        "not committed as it is here: a.yaml, b.md"
    ]
    without = plan(change("a", record=entry(commit=None)), change("b", record=entry()))
    assert told(gate, without, Facts(NOW)) == ["no commit holds what is planned for widget/a"]


def test_what_is_pinned_to_a_commit_elsewhere_and_what_is_removed_need_none_here():
    fetched = change("a", record=entry(commit=None, revision="abc"))
    removed = change("b", Action.ARCHIVE)
    assert told(CleanGit(PLACE), plan(fetched, removed), Facts(NOW)) == []


def test_many_files_are_counted():
    (said,) = told(CleanGit(PLACE), ONE, Facts(NOW, uncommitted=tuple(f"f{n:02}" for n in range(12))))
    assert said.endswith("f08, f09 and 2 more")


# -- no_drift_in


def test_another_stage_has_to_be_at_rest():
    gate = NoDriftIn("staging", PLACE)
    assert told(gate, ONE, Facts(NOW, unrest={"staging": ()})) == []
    assert told(gate, ONE, Facts(NOW, unrest={"staging": ("widget/a is gone",)})) == ["widget/a is gone"]
    assert told(gate, ONE, Facts(NOW, unrest={"staging": Unknown("503", "wait")})) == [
        "stage staging cannot be looked at: 503"
    ]


def widgets(*names: str, note: str = "") -> list:
    return [resource(f"widget/{name}", {"name": name, "note": note}) for name in names]


def test_unrest_is_what_is_not_as_the_last_apply_left_it(bench: Bench):
    names = ("drifted", "gone", "held", "lost", "moved", "rolled", "same")
    bench.apply(desired(*widgets(*names)))
    bench.registry.edit(bench.entry("widget/held").id, note="kept")
    bench.apply(desired(*widgets(*names)), Choices(on_drift=OnDrift.KEEP))
    for name in ("drifted", "moved"):
        bench.registry.edit(bench.entry(f"widget/{name}").id, note="theirs")
    for name in ("gone", "lost"):
        del bench.registry.objects[bench.entry(f"widget/{name}").id]
    lock = bench.store.lock
    assert lock is not None
    rolled = bench.entry("widget/rolled").model_copy(update={"rolled_back": RolledBack(to="3", at="x")})
    bench.store.lock = lock.with_changes(resources={**lock.resources, Address("widget/rolled"): rolled})
    kept = [name for name in names if name not in {"lost", "moved"}]  # the others are in no file any more
    assert unrest(CATALOG, bench.plan(desired(*widgets(*kept)))) == (
        "widget/drifted has drifted (note)",
        "widget/gone is gone",
        "drift of widget/held is held (note)",
        "widget/lost is gone",
        "widget/moved has drifted",
        "widget/rolled is rolled back (to 3)",
    )


def test_files_that_moved_on_are_no_unrest(bench: Bench):
    bench.apply(desired(*widgets("a", "b")))
    assert unrest(CATALOG, bench.plan(desired(*widgets("a", "c", note="new")))) == ()


# -- soaked


def test_each_address_has_to_have_run_its_source_for_that_long():
    made = plan(*(change(name, record=entry()) for name in "abcd"))
    facts = running(
        a=entry(since="2026-03-01T10:00:00Z"),
        b=entry(since="2026-03-01T10:00:01Z"),
        c=entry(since="2026-03-01T11:13:00Z"),
        d=entry(since="2026-02-01T00:00:00+01:00"),
    )
    assert told(TWO_HOURS, made, facts) == ["47 min in staging so far: widget/c, widget/b"]
    (found,) = check(stage(TWO_HOURS), made, facts)
    assert found.detail == "satisfied at 2026-03-01 13:13 UTC, in 1 h 13 min, if staging stays as it is"
    later = replace(facts, now=NOW + timedelta(hours=1, minutes=13))
    assert told(TWO_HOURS, made, later) == []


def test_what_runs_there_has_to_be_what_is_planned():
    made = plan(*(change(name, record=entry()) for name in "abcd"))
    long_ago = "2020-01-01T00:00:00Z"
    facts = running(
        a=entry("other", since=long_ago), b=LockEntry(id="x"), d=entry(since=long_ago, commit="another")
    )
    assert told(TWO_HOURS, made, facts) == [
        "staging does not run what is planned for widget/a, widget/b, widget/c"
    ]


def test_what_stays_rolled_back_in_part_is_told_how_to_pass():
    back = RolledBack(to="3", at="x")
    made = plan(change("a", record=LockEntry(id="x", rolled_back=back)), change("b", record=entry()))
    for gate, facts in ((CleanGit(PLACE), Facts(NOW)), (TWO_HOURS, running(b=entry(since="2020-01-01")))):
        (found,) = check(stage(gate), made, facts)
        assert found.summary.endswith(" planned for widget/a, of which a part stays rolled back")
        assert found.detail == "take it forward to what the file says: `--on-drift revert`"


@pytest.mark.parametrize("since", [None, "yesterday"])
def test_what_the_lock_does_not_tell_is_no_pass(since: str | None):
    assert told(TWO_HOURS, ONE, running(a=entry(since=since))) == [
        "the lock of staging does not tell since when it runs widget/a"
    ]


def test_a_clock_that_is_behind_makes_nothing_old():
    assert told(TWO_HOURS, ONE, running(a=entry(since="2026-03-01T12:05:00Z"))) == [
        "0 s in staging so far: widget/a"
    ]


def test_what_is_removed_has_not_to_run_anywhere():
    removed = (change("a", Action.ARCHIVE), change("b", Action.DELETE), change("c", Action.FORGET))
    assert told(TWO_HOURS, plan(*removed), running()) == []


def test_a_promotion_soaks_in_the_stage_it_comes_from():
    facts = Facts(NOW, locks={"canary": running(a=entry(since="2026-03-01T10:00:00Z")).locks["staging"]})
    assert told(TWO_HOURS, plan(*ONE.changes, promotes="canary"), facts) == []
    assert told(TWO_HOURS, ONE, facts) != []


def test_a_lock_that_cannot_be_read_is_no_pass():
    facts = Facts(NOW, locks={"staging": Unknown("503")})
    assert told(TWO_HOURS, ONE, facts) == ["it is not known what staging runs: 503"]


@settings(max_examples=200, deadline=None)
@given(
    text=st.sampled_from(["1s", "90s", "10m", "2h", "1d", "30d"]),
    ages=st.lists(st.integers(-100, 40 * 86400), min_size=1, max_size=4),
)
def test_the_time_that_is_told_is_the_first_full_minute_at_which_the_gate_is_open(text: str, ages: list[int]):
    gate = Soaked(duration(text), text)
    names = [f"w{index}" for index in range(len(ages))]
    made = plan(*(change(name, record=entry()) for name in names))
    since = {
        name: entry(since=(NOW - timedelta(seconds=age)).isoformat())
        for name, age in zip(names, ages, strict=True)
    }
    found = check(stage(gate), made, running(**since))
    assert bool(found) == (min(ages) < gate.duration.total_seconds())
    for item in found:
        when = item.detail.split(" UTC")[0].removeprefix("satisfied at ")
        at = datetime.fromisoformat(when).replace(tzinfo=UTC)
        assert check(stage(gate), made, replace(running(**since), now=at)) == ()
        assert check(stage(gate), made, replace(running(**since), now=at - timedelta(minutes=1))) != ()


# -- in a plan


def test_what_was_found_now_takes_the_place_of_what_was_found_then():
    drift = error(Code.DRIFT, "x")
    before = plan(
        *ONE.changes, diagnostics=(drift, error(Code.NOT_SOAKED, "then"), error(Code.NOT_CLEAN, "then"))
    )
    now = error(Code.DRIFT_ELSEWHERE, "now")
    assert with_checks(before, [now]).diagnostics == (drift, now)
    cleared = with_checks(plan(*ONE.changes, diagnostics=(error(Code.NOT_SOAKED, "then"),)), [])
    assert (cleared.blocked, cleared.change_digest) == (False, ONE.change_digest)


def test_every_gate_is_told_at_once():
    found = check(stage(CleanGit(), NoDriftIn("staging"), TWO_HOURS), ONE, Facts(NOW, uncommitted=("a",)))
    assert [item.code for item in found] == [Code.NOT_CLEAN, Code.DRIFT_ELSEWHERE, Code.NOT_SOAKED]
