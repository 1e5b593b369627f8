"""Random fleets of every kind: one order, no more touched than has to be, and then at rest.

The order of the files never matters. An edit of one resource touches it and whatever pins a version of
something that moves, up to the deployments, in an order in which each is applied after what it needs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.plan import Reason
from agentops.domain.resource import Ref, Resource, refs_in
from agentops.domain.state import DesiredState
from agentops.kinds import CATALOG
from tests.laws.stage import World, desired, in_a_world, resource, skill_body
from tests.orders import order_holds

LAW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
MESSAGE = {"type": "user.message", "content": [{"type": "text", "text": "Go."}]}


@dataclass(frozen=True)
class Fleet:
    """Its resources, in no particular order."""

    resources: tuple[Resource, ...]

    def shuffled(self, seed: int) -> DesiredState:
        mixed = list(self.resources)
        random.Random(seed).shuffle(mixed)
        return desired(*mixed)

    def with_edited(self, address: Address) -> Fleet:
        return Fleet(tuple(edited(it) if it.address == address else it for it in self.resources))

    def touched_by(self, address: Address) -> set[Address]:
        """The address, and whatever pins a version of something that moves with it."""
        found = {address}
        moving = {address} if CATALOG.of_address(address).version else set()
        while moving:
            pinning = {it.address for it in self.resources if pins(it) & moving} - found
            found |= pinning
            moving = {it for it in pinning if CATALOG.of_address(it).version}
        return found


def pins(item: Resource) -> set[Address]:
    return {ref.address for ref in refs_in(item.body) if ref.attribute == "version"}


def edited(item: Resource) -> Resource:
    body = dict(item.body)
    match item.address.kind:
        case "skill":
            body = skill_body(body["name"], {"more.md": b"more\n"})
        case "memory":
            body["content"] += "One line more.\n"
        case _:
            body["metadata"] = {**body.get("metadata", {}), "edited": "yes"}
    return replace(resource(item.address, body), parent=item.parent)


def named(kind: str, number: int) -> list[Address]:
    return [Address.of(kind, f"{kind[0]}{index}") for index in range(number)]


def reference(address: Address, type: str, id: str, pinned: bool, floating: dict[str, Any]) -> dict[str, Any]:
    version = {"version": Ref(address, "version").as_json()} if pinned else floating
    return {"type": type, id: Ref(address).as_json(), **version}


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Up to twenty resources; leaves have skills, coordinators have leaves, deployments have any agent."""

    def some(addresses: list[Address], least: int = 0) -> list[Address]:
        if not addresses:
            return []
        return draw(st.lists(st.sampled_from(addresses), min_size=least, max_size=3, unique=True))

    pinned = st.sampled_from([True, True, False])
    skills, stores = named("skill", draw(st.integers(0, 2))), named("memory_store", draw(st.integers(0, 2)))
    vaults, environments = (
        named("vault", draw(st.integers(0, 2))),
        named("environment", draw(st.integers(1, 2))),
    )
    leaves = [Address.of("agent", f"leaf{index}") for index in range(draw(st.integers(1, 3)))]
    chiefs = [Address.of("agent", f"chief{index}") for index in range(draw(st.integers(0, 2)))]
    found = [resource(address, skill_body(address.name, {"a.md": b"a\n"})) for address in skills]
    found += [resource(address, {"name": address.name}) for address in (*stores, *environments)]
    found += [resource(address, {"display_name": address.name}) for address in vaults]
    for vault in some(vaults):
        auth = {
            "type": "static_bearer",
            "mcp_server_url": "https://a.example.com",
            "token": {"secret": "env:A"},
        }
        found.append(resource(f"credential/{vault.name}/one", {"auth": auth}))
    for store in some(stores):
        found.append(resource(f"memory/{store.name}/note.md", {"path": "/note.md", "content": "Note.\n"}))
    for address in leaves:
        entries = [
            reference(it, "custom", "skill_id", draw(pinned), {"version": "latest"}) for it in some(skills)
        ]
        found.append(resource(address, agent(address, skills=entries)))
    for address in chiefs:
        roster = [reference(it, "agent", "id", draw(pinned), {}) for it in some(leaves, least=1)]
        own = [{"type": "self"}] if draw(st.booleans()) else []
        found.append(
            resource(address, agent(address, multiagent={"type": "coordinator", "agents": [*roster, *own]}))
        )
    for index in range(draw(st.integers(0, 2))):
        runs = draw(st.sampled_from([*leaves, *chiefs]))
        body = {
            "name": f"d{index}",
            "agent": reference(runs, "agent", "id", draw(pinned), {}),
            "environment_id": Ref(draw(st.sampled_from(environments))).as_json(),
            "vault_ids": [Ref(vault).as_json() for vault in some(vaults)],
            "resources": [
                {"type": "memory_store", "memory_store_id": Ref(it).as_json()} for it in some(stores)
            ],
            "initial_events": [MESSAGE],
            **({"paused": draw(st.booleans())} if draw(st.booleans()) else {}),
        }
        found.append(resource(f"deployment/d{index}", body))
    return Fleet(tuple(found))


def agent(address: Address, **more: Any) -> dict[str, Any]:
    tools = [{"type": "agent_toolset_20260401"}]
    return {"name": address.name, "model": "claude-opus-5-5", "tools": tools, **more}


@LAW
@given(fleet=fleets(), seed=st.integers(0, 10**6))
def test_any_order_of_files_gives_one_order_of_changes(fleet: Fleet, seed: int):
    async def story(here: World) -> None:
        plans = [(await here.plan(fleet.shuffled(number))).plan for number in (0, seed)]
        orders = [[change.address for change in plan.changes] for plan in plans]
        assert orders[0] == orders[1]
        assert plans[0].change_digest == plans[1].change_digest
        assert order_holds(fleet.shuffled(0), orders[0])

    in_a_world(story)


@LAW
@given(fleet=fleets(), data=st.data())
def test_an_edit_touches_its_node_and_what_pins_it_and_then_all_is_at_rest(fleet: Fleet, data: st.DataObject):
    address = data.draw(st.sampled_from(sorted(it.address for it in fleet.resources)))

    async def story(here: World) -> None:
        assert not (await here.settle(fleet.shuffled(1))).plan.changes
        changed = fleet.with_edited(address)
        planned = (await here.plan(changed.shuffled(2))).plan
        assert not planned.blocked, planned.diagnostics
        reasons = {change.address: change.reason for change in planned.changes}
        expected = dict.fromkeys(fleet.touched_by(address), Reason.REFERENCE_MOVES)
        assert reasons == expected | {address: Reason.CHANGED}
        assert order_holds(changed.shuffled(2), [change.address for change in planned.changes])
        again = (await here.settle(changed.shuffled(3))).plan
        assert (again.changes, again.drift, again.blocked) == ((), (), False)

    in_a_world(story)


@LAW
@given(fleet=fleets())
def test_everything_can_be_destroyed_again_in_an_order_that_leaves_nothing_hanging(fleet: Fleet):
    async def story(here: World) -> None:
        await here.settle(fleet.shuffled(1))
        report = await here.destroy(fleet.shuffled(2))
        assert report.exit_code == 0, [it.problem for it in report.outcomes if it.problem]
        assert here.store.read().resources == {}

    in_a_world(story)
