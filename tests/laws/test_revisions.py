"""A diff of two commits says what a plan would do in a registry that has what the first asks for: no more, no
less, with the same actions, and the moves that a lock makes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.comparison import Comparison
from agentops.domain.plan import Action, Plan
from agentops.domain.project import Rename, Stage
from agentops.domain.state import DesiredState
from agentops.engine import operations
from agentops.engine.choices import Choices
from agentops.engine.revisions import StageAt, revised
from agentops.kinds import CATALOG
from tests.kinds.strategies import BODIES
from tests.laws.stage import World, desired, in_a_world, wanted_of
from tests.laws.test_convergence import bodies
from tests.laws.test_graphs import Fleet, edited, fleets
from tests.laws.test_renames import fleet as fleet_of
from tests.laws.test_renames import fleets as roots_of_fleets
from tests.laws.test_renames import lines, renamed
from tests.laws.test_stages_alike import loaded, projects

LAW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
STAGE = Stage("dev", prune=True)


def between(before: DesiredState, after: DesiredState, *moved: Rename) -> Comparison:
    sides = StageAt(STAGE, before), StageAt(STAGE, after)
    return revised(CATALOG, *sides, ("one", "two"), moved).comparison


def told(found: Comparison) -> dict[str, str]:
    return {it.address: str(it.action) for it in found.differing if it.action is not Action.NO_OP}


def planned(plan: Plan) -> dict[str, str]:
    return {it.address: str(it.action) for it in plan.changes}


async def plan_after(world: World, before: DesiredState, after: DesiredState) -> Plan:
    """The plan for ``after`` where ``before`` was applied."""
    at_rest = (await world.settle(before)).plan
    assert at_rest.changes == ()
    return (await operations.plan(world.at, after, Choices(prune=True))).plan


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(projects())
def test_from_anything_to_itself_there_is_nothing(files: dict[str, Any]) -> None:
    for state in loaded(files).values():
        found = between(state, state)
        assert (found.differs, found.differing, found.alike) == (False, (), len(state.resources))


@pytest.mark.parametrize("kind", sorted(BODIES))
@LAW
@given(data=st.data())
def test_any_body_that_becomes_another_is_told_as_it_is_planned(kind: str, data: st.DataObject) -> None:
    one, other = data.draw(bodies(kind)), data.draw(bodies(kind))
    before, after = wanted_of(kind, one), wanted_of(kind, other)
    found = between(before, after)

    async def story(world: World) -> None:
        plan = await plan_after(world, before, after)
        event(", ".join(planned(plan).values()) or "nothing")
        assert told(found) == planned(plan)
        forced = {it.address: it.forced_by for it in plan.changes if it.forced_by}
        assert {it.address: it.forced_by for it in found.differing if it.forced_by} == forced

    in_a_world(story)


@st.composite
def changed_fleets(draw: st.DrawFn) -> tuple[DesiredState, DesiredState]:
    """A fleet, and what some edits, files that go and files that come make of it."""
    fleet: Fleet = draw(fleets())
    everything = {it.address: it for it in fleet.resources}
    needed = {need for it in fleet.resources for need in it.needs}
    loose = sorted(everything.keys() - needed)
    gone = draw(st.sets(st.sampled_from(loose), max_size=2)) if loose else set()
    come = draw(st.sets(st.sampled_from(loose), max_size=2)) - gone if loose else set()
    touched = draw(st.sets(st.sampled_from(sorted(everything)), max_size=3))
    before = [it for it in fleet.resources if it.address not in come]
    after = [
        edited(it) if it.address in touched and it.address.kind != "credential" else it
        for it in fleet.resources
        if it.address not in gone
    ]
    return desired(*before), desired(*after)


@LAW
@given(changed_fleets())
def test_edits_additions_and_removals_of_a_fleet_are_told_as_they_are_planned(
    sides: tuple[DesiredState, DesiredState],
) -> None:
    found = between(*sides)

    async def story(world: World) -> None:
        plan = await plan_after(world, *sides)
        event(", ".join(sorted(set(planned(plan).values()))) or "nothing")
        assert not plan.blocked, plan.diagnostics
        assert told(found) == planned(plan)

    in_a_world(story)


@LAW
@given(changed_fleets())
def test_a_sandbox_that_has_to_be_replaced_takes_along_what_names_it(
    sides: tuple[DesiredState, DesiredState],
) -> None:
    before, after = sides
    sandboxes = [it for it in after.resources if it.kind == "environment"]
    assume(sandboxes)
    address = min(sandboxes)
    sandbox = after.resources[address]
    other = replace(sandbox, body={**sandbox.body, "config": {"type": "self_hosted"}})
    after = DesiredState(after.project, after.stage, {**after.resources, address: other})
    found = between(before, after)

    async def story(world: World) -> None:
        assert told(found) == planned(await plan_after(world, before, after))

    in_a_world(story)


@LAW
@given(roots_of_fleets, st.data())
def test_what_is_renamed_is_moved_as_a_lock_moves_it(
    roots: set[tuple[str, str]], data: st.DataObject
) -> None:
    call = renamed(data, roots)
    before, after = fleet_of(roots), fleet_of(roots, call)
    found = between(before, after, *lines(call))

    async def story(world: World) -> None:
        world.moved = lines(call)
        plan = await plan_after(world, before, after)
        assert told(found) == planned(plan) == {}
        assert [(it.old, it.new) for it in found.moves] == [(it.old, it.new) for it in plan.moves]

    in_a_world(story)
    without = between(before, after)
    assert {it.address for it in without.differing} >= {Address(new) for new in call.values()}
