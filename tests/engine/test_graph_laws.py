"""Whatever refers to whatever: one order, no more touched than has to be, and one end after any accident."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.plan import Reason
from agentops.domain.ports import OutcomeUnknown
from agentops.domain.resource import Body, refs_in
from agentops.domain.state import DesiredState, Lock
from agentops.engine.choices import Choices
from tests.engine.conftest import Bench
from tests.engine.toy import desired, id_of, kit, pin, refusal, resource
from tests.engine.toy_kinds import JOB
from tests.orders import order_holds

LAW = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@dataclass(frozen=True)
class Node:
    """One resource of a fleet; ``edit`` is part of what it says, ``shape`` of what only a new one can say."""

    address: Address
    refs: tuple[tuple[Address, bool], ...] = ()  # to whom, and whether it pins a version
    edit: int = 0
    shape: int = 0
    held: bool | None = None

    def body(self) -> Body:
        name, note = self.address.name, f"note {self.edit}"
        match self.address.kind:
            case "widget":
                shape = {"type": f"type {self.shape}"}
                return {"name": name, "note": note, "shape": shape, "tint": {"hue": f"hue {self.edit}"}}
            case "kit":
                return {"name": name, "label": f"{name} {self.shape}"}
            case "box":
                return {"name": f"{name} {self.edit}"}
            case "key":
                door = name.rpartition("/")[2]
                lock = {"type": f"type {self.shape}", "door": door, "token": {"secret": "env:TOKEN"}}
                return {"lock": lock, "note": note}
            case "crew":
                return {
                    "name": name,
                    "note": note,
                    "kits": [pin(to, "own", "kit_id", floating=not pinned) for to, pinned in self.to("kit")],
                    "mates": [pin(to, "crew", floating=not pinned) for to, pinned in self.to("crew")],
                }
        job: Body = {"name": name, "note": note, "timer": {"cron": "0 3 * * *"}}
        if crews := self.to("crew"):
            job["crew"] = pin(crews[0][0], "crew", floating=not crews[0][1])
        if places := self.to("widget"):
            job["place_id"] = id_of(places[0][0])
        if self.held is not None:
            job["held"] = self.held
        return {**job, "box_ids": [id_of(to) for to, _ in self.to("box")]}

    def to(self, kind: str) -> list[tuple[Address, bool]]:
        return [(to, pinned) for to, pinned in self.refs if to.kind == kind]

    def files(self) -> dict[str, bytes]:
        return {"READ.md": f"edit {self.edit}".encode(), "same.md": b"same"}


Fleet = tuple[Node, ...]
KINDS = ("widget", "kit", "box", "key", "crew", "crew", "job")


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Each node refers to some of those before it, in the ways its kind can."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=9))
    found: list[Node] = []
    for number, kind in enumerate(kinds):
        within = [node.address for node in found if node.address.kind == "box"]
        if kind == "key":
            if within:
                box = draw(st.sampled_from(within))
                found.append(Node(Address.of("key", f"{box.name}/k{number}")))
            continue
        can = {"crew": {"kit", "crew"}, "job": {"crew", "widget", "box"}}.get(kind, set())
        known = [node.address for node in found if node.address.kind in can]
        picked = draw(st.lists(st.sampled_from(known), max_size=3, unique=True)) if known else []
        refs = tuple((to, draw(st.booleans())) for to in picked)
        held = draw(st.sampled_from([None, True, False])) if kind == "job" else None
        found.append(Node(Address.of(kind, f"n{number}"), refs, held=held))
    assume(found)
    return tuple(found)


def state(bench: Bench, fleet: Fleet, seed: int = 0) -> DesiredState:
    """What the files of a fleet ask for, in any order."""
    resources = []
    for node in fleet:
        if node.address.kind == "kit":
            bench.uploads.files[node.address] = node.files()
            resources.append(kit(node.address, node.files(), **node.body()))
        else:
            resources.append(resource(node.address, node.body()))
    random.Random(seed).shuffle(resources)
    return desired(*resources)


def changed(fleet: Fleet, address: Address, **how: Any) -> Fleet:
    return tuple(replace(node, **how) if node.address == address else node for node in fleet)


def touched_by(wanted: DesiredState, address: Address) -> set[Address]:
    """The address, and whatever pins a version of something that moves with it."""
    found, moving = {address}, {address}
    while moving:
        moving = {
            item.address
            for item in wanted.resources.values()
            if any(ref.attribute == "version" and ref.address in moving for ref in refs_in(item.body))
        } - found
        found |= moving
    return found


@LAW
@given(fleet=fleets(), seed=st.integers(0, 10**6))
def test_any_order_of_files_gives_one_order_of_changes(fleet: Fleet, seed: int):
    bench = Bench()
    plans = [bench.plan(state(bench, fleet, number)).plan for number in (0, seed)]
    assert plans[0].changes == plans[1].changes
    assert order_holds(state(bench, fleet), [change.address for change in plans[0].changes])
    assert len(plans[0].changes) == len(fleet)


@LAW
@given(fleet=fleets())
def test_planning_after_apply_has_nothing_to_say(fleet: Fleet):
    bench = Bench()
    report = bench.apply(state(bench, fleet, 1))
    assert (report.exit_code, report.diagnostics) == (0, ())
    assert bench.at_rest(state(bench, fleet, 2))


@LAW
@given(fleet=fleets(), data=st.data())
def test_an_edit_touches_its_node_and_what_pins_it_and_nothing_else(fleet: Fleet, data: st.DataObject):
    address = data.draw(st.sampled_from([node.address for node in fleet]))
    bench = Bench()
    bench.apply(state(bench, fleet, 1))
    edited = changed(fleet, address, edit=1)
    wanted = state(bench, edited, 2)
    planned = bench.plan(wanted)
    expected = dict.fromkeys(touched_by(wanted, address), Reason.REFERENCE_MOVES) | {address: Reason.CHANGED}
    event(f"{len(expected)} touched")
    assert {change.address: change.reason for change in planned.plan.changes} == expected
    assert order_holds(wanted, [change.address for change in planned.plan.changes])
    assert bench.carry_out(planned).diagnostics == ()
    assert bench.at_rest(state(bench, edited, 3))


def edits(data: st.DataObject, fleet: Fleet) -> Fleet:
    """The same fleet with some nodes edited, some that only a new one can be, and some switched over."""
    for node in fleet:
        how: dict[str, Any] = {"edit": data.draw(st.integers(0, 1))}
        if node.address.kind in {"widget", "kit", "key"}:
            how["shape"] = data.draw(st.integers(0, 1))
        if node.address.kind == "job":
            how["held"] = data.draw(st.sampled_from([None, True, False]))
        fleet = changed(fleet, node.address, **how)
    return fleet


class Accident:
    """What happens at one call that writes, the first being number 0: it is refused, its answer is lost, or
    the process is killed, before it is carried out or after."""

    HOW = ("refused", "lost", "killed before", "killed after")

    def __init__(self, number: int, how: str) -> None:
        self.number, self.how = number, how

    def happen(self, bench: Bench, wanted: DesiredState) -> None:
        """Apply with this accident."""
        left = [self.number]

        def now(call: str) -> bool:
            if call.split()[0] in {"list", "get", "content"}:
                return False
            left[0] -= 1
            return left[0] == -1

        if self.how.startswith("killed"):
            bench.killed(wanted, now, carried_out=self.how == "killed after", maybe=True)
            return

        def fail(call: str) -> None:
            if now(call):
                raise refusal(422) if self.how == "refused" else OutcomeUnknown("reset")

        hook = "before" if self.how == "refused" else "after"
        setattr(bench.registry, hook, fail)
        try:
            bench.apply(wanted)
        finally:
            setattr(bench.registry, hook, lambda call: None)


def lock_is_valid(bench: Bench) -> None:
    lock = bench.store.lock or Lock(project="p", stage="s")
    assert Lock.model_validate(json.loads(lock.model_dump_json())) == lock
    ids = [entry.id for entry in lock.resources.values() if entry.id]
    assert len(ids) == len(set(ids))


@LAW
@given(fleet=fleets(), data=st.data())
def test_whatever_happens_at_any_call_applying_again_comes_to_the_same_end(fleet: Fleet, data: st.DataObject):
    bench, known = Bench(), data.draw(st.booleans())
    bench.registry.shades = True
    before, after = edits(data, fleet), edits(data, fleet)
    armed: list[Body] = []
    if known:
        bench.apply(state(bench, before))
    made = bench.registry.made
    wanted = state(bench, after)
    accident = Accident(data.draw(st.integers(0, 12)), data.draw(st.sampled_from(Accident.HOW)))
    to_be_held = {node.address.name for node in after if node.held}

    def look(call: str) -> None:
        jobs = bench.registry.live(JOB)
        armed.extend(it for it in jobs if it["status"] == "active" and it.get("timer") and not known)

    bench.registry.before = look
    accident.happen(bench, wanted)
    lock_is_valid(bench)
    report = bench.apply(wanted)
    assert report.exit_code == 0, [item.problem for item in report.outcomes if item.problem]
    lock_is_valid(bench)
    assert bench.at_rest(wanted)
    assert not [it for it in armed if it["name"] in to_be_held], "what is created held never acts"

    live = Counter(it["kind"] for it in bench.registry.objects.values() if it["archived_at"] is None)
    assert live == Counter(node.address.kind for node in fleet)
    new = sum(not known or replaced(one, other) for one, other in zip(before, after, strict=True))
    assert bench.registry.made - made == new, "nothing is created twice"


def replaced(before: Node, after: Node) -> bool:
    return before.shape != after.shape


@LAW
@given(fleet=fleets())
def test_everything_can_be_destroyed_in_an_order_that_leaves_nothing_hanging(fleet: Fleet):
    bench = Bench()
    wanted = state(bench, fleet)
    bench.apply(wanted)
    planned = bench.plan(wanted, Choices(destroy=True))
    assert not planned.plan.blocked
    assert bench.carry_out(planned).exit_code == 0
    assert all(it["archived_at"] is not None for it in bench.registry.objects.values())
    assert bench.store.lock is None or bench.store.lock.resources == {}


def test_a_chain_of_any_length_is_followed_to_its_end():
    """Deep enough to end a recursion, if there were one."""
    bench = Bench()
    names = [f"crew/c{number:04}" for number in range(1200)]
    first = Node(Address(names[0]))
    chain = (first, *(Node(Address(it), ((Address(before), True),)) for before, it in pairwise(names)))
    assert [it.address for it in bench.plan(state(bench, chain)).plan.changes] == names
