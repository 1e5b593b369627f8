"""What becomes of drift: it blocks, is reverted, or is kept and held, field by field."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Severity
from agentops.domain.plan import Action, Reason
from agentops.domain.project import OnDrift, Stage
from agentops.domain.report import Standing
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from agentops.engine.status import drift_report, status_report
from tests.engine.conftest import Bench
from tests.engine.toy import desired, only, resource
from tests.engine.toy_kinds import CATALOG

ONE = Address("widget/one")
REVERT, KEEP, BLOCK = (Choices(on_drift=how) for how in (OnDrift.REVERT, OnDrift.KEEP, OnDrift.BLOCK))


def wanted(note: str | None = "a", **more: object) -> DesiredState:
    body = {"name": "one", "note": note, **more}
    return desired(resource(ONE, {key: value for key, value in body.items() if value is not None}))


def drifted(bench: Bench, state: DesiredState, **theirs: object) -> None:
    bench.apply(state)
    bench.registry.edit(bench.entry(ONE).id, **theirs)


def held(bench: Bench, state: DesiredState) -> list[tuple[str, object, object]]:
    return [
        (field.path, field.ours, field.theirs)
        for item in bench.plan(state).plan.held
        for field in item.fields
    ]


# -- revert


def test_revert_sends_what_the_file_says_and_says_so(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    planned = bench.plan(wanted(), REVERT)
    change = only(planned)
    assert (change.action, change.reason, change.body) == (
        Action.UPDATE,
        Reason.DRIFT_REVERTED,
        {"note": "a"},
    )
    assert [(item.path, item.before, item.after) for item in change.fields] == [("note", "theirs", "a")]
    assert (planned.plan.drift[0].resolution, planned.plan.blocked) == (OnDrift.REVERT, False)
    bench.carry_out(planned)
    assert bench.there(ONE)["note"] == "a"
    assert bench.at_rest(wanted())


def test_where_both_moved_revert_lets_the_file_win(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    planned = bench.plan(wanted("ours"), REVERT)
    assert (only(planned).body, only(planned).reason) == ({"note": "ours"}, Reason.DRIFT_REVERTED)
    bench.carry_out(planned)
    assert bench.at_rest(wanted("ours"))


def test_revert_takes_away_what_the_file_never_mentions(bench: Bench):
    drifted(bench, wanted(), parts=[{"name": "extra"}])
    bench.apply(wanted(), REVERT)
    assert not bench.there(ONE).get("parts")
    assert bench.at_rest(wanted())


def test_a_change_of_ours_beside_it_is_still_a_change(bench: Bench):
    drifted(bench, wanted(), parts=[{"name": "extra"}])
    change = only(bench.plan(wanted("b"), REVERT))
    assert (change.reason, sorted(change.body)) == (Reason.CHANGED, ["note", "parts"])


def test_what_they_changed_after_the_plan_is_not_reverted_unseen(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    planned = bench.plan(wanted(), REVERT)
    bench.registry.edit(bench.entry(ONE).id, note="theirs again")
    assert bench.carry_out(planned).exit_code == 4
    assert bench.there(ONE)["note"] == "theirs again"


# -- keep


def test_keep_sends_nothing_and_is_listed_by_every_plan_from_then_on(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    planned = bench.plan(wanted(), KEEP)
    assert (planned.plan.changes, planned.plan.blocked) == ((), False)
    assert planned.plan.drift[0].resolution is OnDrift.KEEP
    bench.registry.calls.clear()
    bench.carry_out(planned)
    assert bench.registry.writes == []
    assert bench.entry(ONE).held == ("note",)
    for _ in range(2):
        plan = bench.plan(wanted()).plan
        assert (plan.changes, plan.drift, plan.diagnostics, plan.records) == ((), (), (), {})
        assert held(bench, wanted()) == [("note", "a", "theirs")]
        assert (plan.summary.held, plan.summary.unchanged) == (1, 0)


def test_the_file_moves_on_and_what_was_held_is_sent(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    bench.apply(wanted(), KEEP)
    change = only(bench.plan(wanted("b")))
    assert [(item.before, item.after) for item in change.fields] == [("theirs", "b")]
    bench.apply(wanted("b"))
    assert (bench.entry(ONE).held, bench.at_rest(wanted("b"))) == ((), True)


def test_they_move_on_and_it_is_drift_again(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    bench.apply(wanted(), KEEP)
    bench.registry.edit(bench.entry(ONE).id, note="theirs again")
    planned = bench.plan(wanted())
    assert planned.plan.blocked
    assert [item.theirs for item in planned.plan.drift[0].fields] == ["theirs again"]
    assert planned.plan.held == ()


@pytest.mark.parametrize("side", ["file", "registry"])
def test_when_both_say_the_same_it_is_held_no_longer(bench: Bench, side: str):
    drifted(bench, wanted(), note="theirs")
    bench.apply(wanted(), KEEP)
    if side == "file":
        state = wanted("theirs")
    else:
        state = wanted()
        bench.registry.edit(bench.entry(ONE).id, note="a")
    bench.apply(state)
    assert bench.entry(ONE).held == ()
    assert bench.at_rest(state)


def test_our_change_of_another_field_leaves_what_is_held(bench: Bench):
    drifted(bench, wanted(), parts=[{"name": "extra"}])
    planned = bench.plan(wanted("b"), KEEP)
    assert only(planned).body == {"note": "b"}
    bench.carry_out(planned)
    assert (bench.there(ONE)["note"], bench.there(ONE)["parts"]) == ("b", [{"name": "extra"}])
    assert held(bench, wanted("b")) == [("parts", None, [{"name": "extra"}])]


def test_a_field_that_is_sent_whole_keeps_the_member_that_is_held(bench: Bench):
    """The API replaces ``tint`` as a whole: what we change must not undo what they did."""
    drifted(bench, wanted(tint={"hue": "red", "shade": "dark"}), tint={"hue": "red", "shade": "light"})
    bench.apply(wanted(tint={"hue": "red", "shade": "dark"}), KEEP)
    state = wanted(tint={"hue": "blue", "shade": "dark"})
    report = bench.apply(state)
    assert (report.exit_code, report.diagnostics) == (0, ())
    assert bench.there(ONE)["tint"] == {"hue": "blue", "shade": "light"}
    assert held(bench, state) == [("tint.shade", "dark", "light")]


def test_where_both_moved_keep_leaves_theirs_and_the_next_edit_of_the_file_counts(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    bench.apply(wanted("ours"), KEEP)
    assert bench.there(ONE)["note"] == "theirs"
    assert held(bench, wanted("ours")) == [("note", "ours", "theirs")]
    assert only(bench.plan(wanted("ours again"))).body == {"note": "ours again"}


def test_a_command_that_says_revert_takes_back_what_is_held(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    bench.apply(wanted(), KEEP)
    change = only(bench.plan(wanted(), REVERT))
    assert (change.body, change.reason) == ({"note": "a"}, Reason.DRIFT_REVERTED)
    bench.apply(wanted(), REVERT)
    assert (bench.entry(ONE).held, bench.at_rest(wanted())) == ((), True)


def test_a_stage_that_reverts_as_a_rule_leaves_what_somebody_decided_to_hold(bench: Bench):
    bench.stage = Stage("s", on_drift=OnDrift.REVERT)
    drifted(bench, wanted(), note="theirs")
    bench.apply(wanted(), KEEP)
    assert bench.plan(wanted()).plan.changes == ()
    assert held(bench, wanted()) == [("note", "a", "theirs")]


def test_what_is_replaced_holds_nothing(bench: Bench):
    drifted(bench, wanted(shape={"type": "round"}), note="theirs")
    bench.apply(wanted(shape={"type": "round"}), KEEP)
    bench.apply(wanted(shape={"type": "square"}))
    assert (bench.entry(ONE).held, bench.there(ONE)["note"]) == ((), "a")


# -- who has the say


def test_the_stage_says_what_holds_and_the_command_says_otherwise(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    bench.stage = Stage("s", on_drift=OnDrift.REVERT)
    assert only(bench.plan(wanted())).body == {"note": "a"}
    assert bench.plan(wanted(), KEEP).plan.changes == ()
    assert bench.plan(wanted(), BLOCK).plan.blocked


def test_a_refusal_names_both_ways_out(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    (problem,) = bench.plan(wanted()).plan.diagnostics
    assert (problem.severity, problem.code) == (Severity.ERROR, Code.DRIFT)
    assert "--on-drift revert" in problem.detail
    assert "--on-drift keep" in problem.detail


def test_what_is_ignored_is_neither_reverted_nor_held(bench: Bench):
    state = desired(resource(ONE, {"name": "one", "note": "a"}, ignore_changes=("note",)))
    drifted(bench, state, note="theirs")
    for choice in (REVERT, KEEP):
        plan = bench.plan(state, choice).plan
        assert (plan.changes, plan.drift, plan.held) == ((), (), ())


def test_drift_and_status_tell_what_is_held(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    bench.apply(wanted(), KEEP)
    planned = bench.plan(wanted())
    report = drift_report(planned.plan)
    assert (report.moved, [item.address for item in report.held]) == (False, [ONE])
    status = status_report(CATALOG, planned.plan, planned.desired, planned.live, planned.lock)
    assert [row.standing for row in status.rows] == [Standing.HELD]


def test_a_saved_plan_that_keeps_and_reverts_is_carried_out(bench: Bench):
    drifted(bench, wanted(), note="theirs")
    bench.apply_saved(bench.saved(wanted(), KEEP))
    assert held(bench, wanted()) == [("note", "a", "theirs")]
    bench.apply_saved(bench.saved(wanted(), REVERT))
    assert (bench.there(ONE)["note"], bench.at_rest(wanted())) == ("a", True)
