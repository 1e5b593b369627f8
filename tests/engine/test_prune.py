"""What no file asks for any more goes when told to, and only what is ours and as we left it."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Severity
from agentops.domain.plan import Action, Reason
from agentops.domain.project import MaxRemovals, OnDrift, Stage
from agentops.domain.resource import Resource
from agentops.engine import guard
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, pin, resource, tag
from tests.engine.toy_kinds import CREW, JOB, WIDGET

ONE, TWO, PAGE = Address("widget/one"), Address("widget/two"), Address("page/two/a")
TOOLS = Address("kit/tools")
PRUNE = Choices(prune=True)


def widget(address: Address, **more: object) -> Resource:
    return resource(address, {"name": address.name, **more})


def page(content: str = "x", **more: object) -> Resource:
    return resource(PAGE, {"path": "/a", "content": content}, **more)


def tools(bench: Bench) -> Resource:
    bench.uploads.files[TOOLS] = {"a.md": b"x"}
    return kit(TOOLS, {"a.md": b"x"})


def decided(planned) -> list[tuple[str, Action]]:
    return [(item.address, item.action) for item in planned.plan.changes]


def said(planned) -> list[tuple[Severity, Code]]:
    return [(item.severity, item.code) for item in planned.plan.diagnostics]


def test_off_by_default_and_then_orphans_are_reported(bench: Bench):
    bench.apply(desired(widget(ONE), widget(TWO)))
    planned = bench.plan(desired(widget(ONE)))
    assert (planned.plan.changes, [item.address for item in planned.plan.orphans]) == ((), [TWO])
    assert "--prune" in planned.plan.diagnostics[0].detail


def test_what_is_in_no_file_any_more_goes(bench: Bench):
    bench.apply(desired(widget(ONE), widget(TWO), page()))
    planned = bench.plan(desired(widget(ONE)), PRUNE)
    assert decided(planned) == [(TWO, Action.ARCHIVE), (PAGE, Action.FORGET)]
    assert planned.plan.changes[0].reason is Reason.REMOVED_FROM_FILES
    assert (planned.plan.orphans, planned.plan.diagnostics) == ((), ())
    id = bench.entry(TWO).id
    bench.carry_out(planned)
    assert bench.registry.objects[id]["archived_at"] is not None
    assert bench.at_rest(desired(widget(ONE)))


def test_a_saved_plan_removes_what_goes_along_too(bench: Bench):
    bench.apply(desired(widget(ONE), widget(TWO), page()))
    assert bench.apply_saved(bench.saved(desired(widget(ONE)), PRUNE)).exit_code == 0
    assert bench.at_rest(desired(widget(ONE)))


def test_a_stage_may_prune_as_a_rule_and_a_command_may_not(bench: Bench):
    bench.apply(desired(widget(ONE), widget(TWO)))
    bench.stage = Stage("s", prune=True)
    assert decided(bench.plan(desired(widget(ONE)))) == [(TWO, Action.ARCHIVE)]
    assert bench.plan(desired(widget(ONE)), Choices(prune=False)).plan.changes == ()


def test_what_carries_our_tag_and_is_not_recorded_goes_too(bench: Bench):
    bench.apply(desired(widget(ONE)))
    bench.registry.put(WIDGET, {"name": "two", "metadata": {"agentops": tag(TWO)}})
    planned = bench.plan(desired(widget(ONE)), PRUNE)
    assert decided(planned) == [(TWO, Action.ARCHIVE)]
    bench.carry_out(planned)
    assert bench.at_rest(desired(widget(ONE)))


def test_what_is_not_ours_stays(bench: Bench):
    bench.apply(desired(widget(ONE)))
    bench.registry.put(WIDGET, {"name": "theirs"})
    bench.registry.put(WIDGET, {"name": "other", "metadata": {"agentops": "other/prod/widget/two"}})
    assert bench.plan(desired(widget(ONE)), PRUNE).plan.changes == ()


def test_several_that_could_be_it_block(bench: Bench):
    bench.apply(desired(widget(ONE)))
    for _ in range(2):
        bench.registry.put(WIDGET, {"name": "two", "metadata": {"agentops": tag(TWO)}})
    planned = bench.plan(desired(widget(ONE)), PRUNE)
    assert (planned.plan.changes, said(planned)) == ((), [(Severity.ERROR, Code.SEVERAL_CARRIERS)])


def test_what_is_protected_stays_an_orphan(bench: Bench):
    bench.apply(desired(widget(ONE), resource(TWO, {"name": "two"}, protect=True)))
    planned = bench.plan(desired(widget(ONE)), PRUNE)
    assert (planned.plan.changes, [item.address for item in planned.plan.orphans]) == ((), [TWO])
    assert (Severity.WARNING, Code.PROTECTED) in said(planned)
    allowed = bench.plan(desired(widget(ONE)), Choices(prune=True, allow_protected=frozenset({TWO})))
    assert decided(allowed) == [(TWO, Action.ARCHIVE)]


@pytest.mark.parametrize("how", [OnDrift.BLOCK, OnDrift.KEEP])
def test_what_was_changed_outside_since_is_not_removed_unannounced(bench: Bench, how: OnDrift):
    bench.apply(desired(widget(ONE), widget(TWO)))
    bench.registry.edit(bench.entry(TWO).id, note="somebody uses it")
    planned = bench.plan(desired(widget(ONE)), Choices(prune=True, on_drift=how))
    assert (planned.plan.changes, [item.address for item in planned.plan.orphans]) == ((), [TWO])
    assert (Severity.WARNING, Code.DRIFT) in said(planned)
    told = bench.plan(desired(widget(ONE)), Choices(prune=True, on_drift=OnDrift.REVERT))
    assert decided(told) == [(TWO, Action.ARCHIVE)]


def test_a_document_that_agents_wrote_to_outlives_its_file(bench: Bench):
    bench.apply(desired(widget(TWO), page(create_only=True)))
    bench.registry.edit(bench.entry(PAGE).id, content="written by the agent")
    planned = bench.plan(desired(widget(TWO)), PRUNE)
    assert (planned.plan.changes, [item.address for item in planned.plan.orphans]) == ((), [PAGE])


def test_a_document_as_it_was_seeded_is_deleted(bench: Bench):
    bench.apply(desired(widget(TWO), page(create_only=True)))
    planned = bench.plan(desired(widget(TWO)), PRUNE)
    assert decided(planned) == [(PAGE, Action.DELETE)]
    bench.carry_out(planned)
    assert bench.at_rest(desired(widget(TWO)))


def test_whatever_lets_go_of_it_does_so_first(bench: Bench):
    """The crew pinned the kit; its file no longer does, and the kit's file is gone."""
    crew = Address("crew/one")
    before = resource(crew, {"name": "one", "kits": [pin(TOOLS, "own", "kit_id")]})
    bench.apply(desired(tools(bench), before))
    planned = bench.plan(desired(resource(crew, {"name": "one"})), PRUNE)
    assert decided(planned) == [(crew, Action.UPDATE), (TOOLS, Action.DELETE)]
    assert planned.plan.changes[1].depends_on == (crew,)
    assert planned.plan.diagnostics == ()
    bench.carry_out(planned)
    assert bench.at_rest(desired(resource(crew, {"name": "one"})))


def test_what_one_of_ours_goes_on_using_is_not_removed(bench: Bench):
    """Its file names the kit by its raw ID, so nothing but the registry knows."""
    bench.apply(desired(tools(bench)))
    raw = bench.entry(TOOLS).id
    crew = resource("crew/one", {"name": "one", "kits": [{"type": "own", "kit_id": raw}]})
    bench.apply(desired(tools(bench), crew))
    planned = bench.plan(desired(crew), PRUNE)
    assert said(planned) == [(Severity.ERROR, Code.REFERRERS_LEFT)]
    assert "crew/one" in planned.plan.diagnostics[0].summary


def test_what_somebody_else_uses_is_told(bench: Bench):
    bench.apply(desired(tools(bench), widget(ONE)))
    bench.registry.put(CREW, {"name": "theirs", "kits": [{"type": "own", "kit_id": bench.entry(TOOLS).id}]})
    planned = bench.plan(desired(widget(ONE)), PRUNE)
    assert decided(planned) == [(TOOLS, Action.DELETE)]
    assert said(planned) == [(Severity.WARNING, Code.REFERRERS_LEFT)]


def test_what_the_api_would_take_along_and_is_not_ours_blocks(bench: Bench):
    crew = Address("crew/one")
    bench.apply(desired(resource(crew, {"name": "one"}), widget(ONE)))
    bench.registry.put(
        JOB, {"name": "theirs", "crew": {"type": "crew", "id": bench.entry(crew).id, "version": 1}}
    )
    planned = bench.plan(desired(widget(ONE)), PRUNE)
    assert said(planned) == [(Severity.ERROR, Code.GOES_ALONG)]


def test_a_selection_prunes_nobody_else(bench: Bench):
    bench.apply(desired(widget(ONE), widget(TWO)))
    select = Choices(prune=True, select=(ONE,))
    assert bench.plan(desired(widget(ONE)), select).plan.changes == ()
    assert decided(bench.plan(desired(widget(ONE)), Choices(prune=True, select=(TWO,)))) == [
        (TWO, Action.ARCHIVE)
    ]


# -- how much at once, and by whose word


@pytest.mark.parametrize(
    ("limit", "fits"), [("0", False), ("1", False), ("2", True), ("49%", False), ("50%", True)]
)
def test_a_plan_that_removes_too_much_names_the_way_to_lift_the_limit(bench: Bench, limit: str, fits: bool):
    all_of_it = [widget(Address(f"widget/{name}")) for name in ("a", "b", "c", "d")]
    bench.apply(desired(*all_of_it))
    planned = bench.plan(desired(*all_of_it[:2]), Choices(prune=True, max_removals=MaxRemovals.parse(limit)))
    assert planned.plan.blocked is not fits
    if not fits:
        (problem,) = planned.plan.diagnostics
        assert problem.code is Code.TOO_MANY_REMOVALS
        assert "--max-removals 2" in problem.detail
        assert "2 of 4" in problem.summary


def test_the_stage_sets_the_limit_and_replacements_count(bench: Bench):
    state = desired(resource(ONE, {"name": "one", "shape": {"type": "round"}}))
    bench.apply(state)
    bench.stage = Stage("s", max_removals=MaxRemovals.parse("20%"))
    square = desired(resource(ONE, {"name": "one", "shape": {"type": "square"}}))
    assert said(bench.plan(square)) == [(Severity.ERROR, Code.TOO_MANY_REMOVALS)]
    lifted = Choices(max_removals=MaxRemovals.parse("100%"))
    assert not bench.plan(square, lifted).plan.blocked


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "101%", "20 %", "1e3"])
def test_what_is_no_limit(text: str):
    with pytest.raises(ValueError, match="20%"):
        MaxRemovals.parse(text)


def test_a_protected_resource_is_replaced_when_it_is_named(bench: Bench):
    bench.apply(desired(resource(ONE, {"name": "one", "shape": {"type": "round"}}, protect=True)))
    square = desired(resource(ONE, {"name": "one", "shape": {"type": "square"}}, protect=True))
    (problem,) = bench.plan(square).plan.diagnostics
    assert f"--allow-protected {ONE}" in problem.detail
    planned = bench.plan(square, Choices(allow_protected=frozenset({ONE})))
    assert decided(planned) == [(ONE, Action.REPLACE)]


def test_of_a_protected_stage_only_what_is_named_is_destroyed(bench: Bench):
    state = desired(widget(ONE), widget(TWO))
    bench.apply(state)
    bench.stage = Stage("s", protect=True)
    with pytest.raises(Blocked) as refused:
        bench.plan(state, Choices(destroy=True))
    assert "--allow-protected" in refused.value.diagnostics[0].detail
    planned = bench.plan(state, Choices(destroy=True, allow_protected=frozenset({TWO})))
    assert decided(planned) == [(TWO, Action.ARCHIVE)]


def test_what_cannot_be_undone_takes_a_name(bench: Bench):
    bench.apply(desired(widget(ONE), widget(TWO)))
    plan = bench.plan(desired(widget(ONE)), PRUNE).plan
    guard.refuse_unconfirmed(plan, {TWO})
    with pytest.raises(Blocked) as refused:
        guard.refuse_unconfirmed(plan, {ONE})
    (problem,) = refused.value.diagnostics
    assert f"--confirm {TWO}" in problem.detail
    assert plan.change_digest[:12] in problem.detail
