"""What goes along with a removal is listed and goes first; what is not ours, or is protected, stops it."""

from __future__ import annotations

import pytest

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code
from agentops.domain.plan import Action
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, kit, pin, resource
from tests.engine.toy_kinds import CREW, JOB

CREW_ONE, NIGHTLY, DAILY = Address("crew/one"), Address("job/nightly"), Address("job/daily")
DESTROY = Choices(destroy=True)


def job(address: str, crew: str = CREW_ONE, **more: object) -> Resource:
    return resource(address, {"name": address, "crew": pin(crew, "crew")}, **more)


def fleet(*more: Resource) -> DesiredState:
    return desired(resource(CREW_ONE, {"name": "one"}), *more)


def only_crew(*addresses: str) -> Choices:
    return Choices(select=tuple(map(Address, addresses or (CREW_ONE,))), destroy=True)


def removed(planned) -> list[tuple[str, Action]]:
    return [(it.address, it.action) for it in planned.plan.changes]


def test_ours_are_listed_and_go_first(bench: Bench):
    wanted = fleet(job(NIGHTLY), job(DAILY))
    bench.apply(wanted)
    planned = bench.plan(wanted, DESTROY)
    assert planned.plan.diagnostics == ()
    assert removed(planned) == [
        (DAILY, Action.ARCHIVE),
        (NIGHTLY, Action.ARCHIVE),
        (CREW_ONE, Action.ARCHIVE),
    ]
    ids = [bench.entry(it).id for it in (DAILY, NIGHTLY, CREW_ONE)]
    bench.registry.calls.clear()
    bench.carry_out(planned)
    assert set(bench.registry.writes[:2]) == {f"remove {id}" for id in ids[:2]}
    assert bench.registry.writes[2] == f"remove {ids[2]}"
    assert bench.store.lock.resources == {}


def test_ours_that_only_the_lock_and_the_registry_know_go_first_too(bench: Bench):
    bench.apply(fleet(job(NIGHTLY)))
    planned = bench.plan(fleet(), DESTROY)
    assert removed(planned) == [(NIGHTLY, Action.ARCHIVE), (CREW_ONE, Action.ARCHIVE)]
    assert planned.plan.changes[1].depends_on == (NIGHTLY,)
    assert planned.plan.diagnostics == ()


def test_they_come_along_with_a_selection(bench: Bench):
    bench.apply(fleet(job(NIGHTLY), resource("widget/other", {"name": "other"})))
    planned = bench.plan(fleet(resource("widget/other", {"name": "other"})), only_crew())
    assert removed(planned) == [(NIGHTLY, Action.ARCHIVE), (CREW_ONE, Action.ARCHIVE)]


def test_a_file_that_names_another_by_now_does_not_hide_who_goes_along(bench: Bench):
    """The job's file is edited and not yet applied: in the registry it still is the first crew's."""
    two = resource("crew/two", {"name": "two"})
    bench.apply(fleet(two, job(NIGHTLY)))
    planned = bench.plan(fleet(two, job(NIGHTLY, "crew/two")), only_crew())
    assert removed(planned) == [(NIGHTLY, Action.ARCHIVE), (CREW_ONE, Action.ARCHIVE)]
    assert bench.carry_out(planned).exit_code == 0


def test_strangers_stop_it_by_their_ids(bench: Bench):
    bench.apply(fleet(job(NIGHTLY)))
    crew = bench.entry(CREW_ONE).id
    theirs = [
        bench.registry.put(JOB, {"name": name, "crew": {"type": "crew", "id": crew, "version": 1}})
        for name in ("theirs", "also theirs")
    ]
    planned = bench.plan(fleet(job(NIGHTLY)), DESTROY)
    assert planned.plan.blocked
    assert [(it.code, it.address) for it in planned.plan.diagnostics] == [(Code.GOES_ALONG, CREW_ONE)] * 2
    assert Code.GOES_ALONG == "AO061"
    said = " ".join(it.summary for it in planned.plan.diagnostics)
    assert all(
        id in said and name in said for id, name in zip(theirs, ("theirs", "also theirs"), strict=True)
    )
    with pytest.raises(Blocked):
        bench.carry_out(planned)
    assert len(bench.registry.live(JOB)) == 3


def test_strangers_that_refer_to_another_stop_nothing(bench: Bench):
    bench.apply(fleet())
    other = bench.registry.put(CREW, {"name": "theirs"})
    bench.registry.put(JOB, {"name": "theirs", "crew": {"type": "crew", "id": other, "version": 1}})
    bench.registry.put(
        JOB, {"name": "odd", "crew": {"type": "another", "id": bench.entry(CREW_ONE).id, "version": 1}}
    )
    assert bench.plan(fleet(), DESTROY).plan.diagnostics == ()


def test_an_archived_stranger_stops_nothing(bench: Bench):
    bench.apply(fleet())
    crew = {"type": "crew", "id": bench.entry(CREW_ONE).id, "version": 1}
    bench.registry.put(JOB, {"name": "theirs", "crew": crew}, archived_at="2026-01-01T00:00:00Z")
    assert bench.plan(fleet(), DESTROY).plan.diagnostics == ()


@pytest.mark.parametrize("in_files", [True, False])
def test_a_protected_one_of_ours_stops_it_by_its_address(bench: Bench, in_files: bool):
    bench.apply(fleet(job(NIGHTLY, protect=True)))
    planned = bench.plan(fleet(*([job(NIGHTLY, protect=True)] if in_files else [])), DESTROY)
    (said,) = [it for it in planned.plan.diagnostics if it.code is Code.GOES_ALONG]
    assert NIGHTLY in said.summary
    assert "protect" in said.detail
    assert planned.plan.blocked


def test_the_way_out_names_the_kind_that_would_be_archived(bench: Bench):
    bench.apply(fleet())
    crew = {"type": "crew", "id": bench.entry(CREW_ONE).id, "version": 1}
    bench.registry.put(JOB, {"name": "theirs", "crew": crew})
    (said,) = bench.plan(fleet(), DESTROY).plan.diagnostics
    assert "give it another crew" in said.detail


def test_what_would_go_along_is_looked_for_although_nothing_of_its_kind_is_ours(bench: Bench):
    bench.apply(fleet())
    bench.registry.calls.clear()
    bench.plan(fleet())
    assert "list job" not in bench.registry.calls
    bench.plan(fleet(), DESTROY)
    assert "list job" in bench.registry.calls


def test_one_that_was_archived_along_before_its_turn_is_no_failure(bench: Bench):
    wanted = fleet(job(NIGHTLY))
    bench.apply(wanted)
    planned = bench.plan(wanted, DESTROY)
    bench.registry.objects[bench.entry(NIGHTLY).id]["archived_at"] = "2026-01-01T00:00:00Z"
    assert bench.carry_out(planned).exit_code == 0
    assert bench.store.lock.resources == {}


# -- who refers to whom, where no file says it


def mates(bench: Bench, address: str, *others: str) -> None:
    """What somebody has put into a crew by hand."""
    ids = [bench.entry(other).id for other in others]
    bench.registry.edit(bench.entry(address).id, mates=[{"type": "crew", "id": id} for id in ids])


def test_one_that_refers_to_itself_can_be_planned_and_destroyed(bench: Bench):
    bench.apply(fleet())
    mates(bench, CREW_ONE, CREW_ONE)
    assert [it.address for it in bench.plan(desired()).plan.orphans] == [CREW_ONE]
    assert bench.apply(desired(), DESTROY).exit_code == 0


def test_some_that_refer_to_each_other_can_be_planned_and_destroyed(bench: Bench):
    bench.apply(fleet(resource("crew/two", {"name": "two"})))
    mates(bench, CREW_ONE, "crew/two")
    mates(bench, "crew/two", CREW_ONE)
    assert len(bench.plan(desired()).plan.orphans) == 2
    assert bench.apply(desired(), DESTROY).exit_code == 0
    assert bench.store.lock.resources == {}


def test_what_refers_to_a_kit_in_a_list_goes_before_it(bench: Bench):
    files = {"READ.md": b"x"}
    bench.uploads.files[Address("kit/tools")] = files
    user = resource("crew/user", {"name": "user", "kits": [pin("kit/tools", "own", "kit_id")]})
    bench.apply(desired(kit("kit/tools", files), user))
    planned = bench.plan(desired(), DESTROY)
    assert [it.address for it in planned.plan.changes] == ["crew/user", "kit/tools"]


# -- what lies below


def below(**protect: bool) -> DesiredState:
    body = {"lock": {"type": "pin", "door": "front", "token": {"secret": "env:TOKEN"}}}
    return desired(
        resource("box/hall", {"name": "hall"}),
        resource("key/hall/front", body, **protect),
        resource("key/hall/back", {"lock": {**body["lock"], "door": "back"}}),
    )


def test_what_lies_below_is_forgotten_after_what_takes_it_along(bench: Bench):
    bench.apply(below())
    planned = bench.plan(below(), DESTROY)
    assert removed(planned) == [
        ("box/hall", Action.ARCHIVE),
        ("key/hall/back", Action.FORGET),
        ("key/hall/front", Action.FORGET),
    ]
    assert bench.carry_out(planned).exit_code == 0
    assert bench.store.lock.resources == {}


@pytest.mark.parametrize("in_files", [True, False])
def test_a_protected_one_keeps_what_it_lies_in(bench: Bench, in_files: bool):
    bench.apply(below(protect=True))
    planned = bench.plan(below(protect=True) if in_files else desired(), DESTROY)
    assert removed(planned) == [("key/hall/back", Action.ARCHIVE)]
    said = {it.address: it for it in planned.plan.diagnostics}
    assert {it.code for it in said.values()} == {Code.PROTECTED}
    assert said.keys() == {"box/hall", "key/hall/front"}
    assert "key/hall/front" in said["box/hall"].summary
    assert not planned.plan.blocked
