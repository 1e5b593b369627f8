"""Whatever is renamed by `moved`, nothing is made anew: IDs stay, and the plan after the apply is empty.
And a lock that is lost altogether is made anew from what the registry says is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.plan import Action
from agentops.domain.project import Rename
from agentops.domain.resource import Attachment, Body, Ref
from agentops.domain.state import DesiredState, LockEntry
from agentops.domain.torn import Condition, Torn
from agentops.engine.rebuild import rebuild
from agentops.kinds import CATALOG
from tests.laws.stage import World, desired, in_a_world, resource, skill_body
from tests.sweep.counting import full

ROOTS = ["agent", "environment", "vault", "memory_store"]
NAMES = ["a", "b", "c", "d"]
RUNS = settings(
    max_examples=100 if full() else 12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
SECRET = {"type": "static_bearer", "mcp_server_url": "https://x.example/mcp", "token": {"secret": "env:T"}}
MESSAGE = {"type": "user.message", "content": [{"type": "text", "text": "Go."}]}
CONTENT: Mapping[str, Body] = {
    "agent": {"name": "x", "model": "claude-opus-5-5", "system": "You help."},
    "environment": {"config": {"type": "cloud"}},
    "vault": {"display_name": "x"},
    "memory_store": {"name": "x", "description": "x"},
}

fleets = st.sets(st.tuples(st.sampled_from(ROOTS), st.sampled_from(NAMES)), min_size=1, max_size=6)


def fleet(roots: set[tuple[str, str]], call: Mapping[str, str] | None = None) -> DesiredState:
    """What these files ask for; ``call`` gives what is renamed its new address. Bodies stay as they are."""
    made = []
    called = {f"{kind}/{name}": (call or {}).get(f"{kind}/{name}", f"{kind}/{name}") for kind, name in roots}
    for kind, name in sorted(roots):
        address = Address(called[f"{kind}/{name}"])
        body = {**CONTENT[kind], **({"name": name} if kind == "environment" else {})}
        item = resource(address, body)
        store = called.get(f"memory_store/{name}")
        if kind == "agent" and store is not None:
            item = replace(item, attachments=(Attachment(memory_store=Address(store)),))
        made.append(item)
        if kind == "vault":
            made.append(resource(f"credential/{address.name}/k", {"display_name": "k", "auth": SECRET}))
        if kind == "memory_store":
            made.append(resource(f"memory/{address.name}/n.md", {"path": "/n.md", "content": name}))
        environment = called.get(f"environment/{name}")
        if kind == "agent" and environment is not None:
            refers = {
                "name": f"daily {name}",
                "agent": {"type": "agent", "id": Ref(address).as_json()},
                "environment_id": Ref(Address(environment)).as_json(),
                "initial_events": [MESSAGE],
            }
            made.append(resource(f"deployment/{name}", refers))
    return desired(*made)


def renamed(data: st.DataObject, roots: set[tuple[str, str]]) -> dict[str, str]:
    """New names for some of them, none of which was ever taken."""
    chosen = data.draw(st.sets(st.sampled_from(sorted(roots)), min_size=1))
    return {f"{kind}/{name}": f"{kind}/{name}-new" for kind, name in chosen}


def lines(call: Mapping[str, str]) -> tuple[Rename, ...]:
    return tuple(Rename(Address(old), Address(new)) for old, new in sorted(call.items()))


def ids(world: World) -> list[str]:
    assert world.store.lock is not None
    return sorted(entry.id for entry in world.store.lock.resources.values())


@RUNS
@given(fleets, st.data(), st.booleans())
def test_nothing_is_made_anew_by_a_rename(roots: set[tuple[str, str]], data: st.DataObject, lost: bool):
    call = renamed(data, roots)

    async def story(world: World) -> None:
        await world.settle(fleet(roots))
        before = ids(world)
        world.moved = lines(call)
        if lost:
            world.store.lock = None
        wanted = fleet(roots, call)
        planned = await world.plan(wanted)
        assert {change.action for change in planned.plan.changes} <= ({Action.ADOPT} if lost else set())
        assert planned.plan.orphans == ()
        after = (await world.settle(wanted)).plan
        assert (after.changes, after.moves, after.records, after.diagnostics) == ((), (), {}, ())
        assert ids(world) == before
        assert world.store.lock is not None
        assert world.store.lock.resources.keys() == wanted.resources.keys()
        world.moved = ()
        assert (await world.plan(wanted)).plan.changes == (), "the line can go once it is done"

    in_a_world(story)


def untimed(entries: Mapping[Address, LockEntry]) -> dict[Address, LockEntry]:
    """What is recorded, but for when it came: what refers to something renamed has another source between."""
    return {address: entry.model_copy(update={"released": None}) for address, entry in entries.items()}


@RUNS
@given(fleets, st.data())
def test_renaming_there_and_back_again_is_nothing(roots: set[tuple[str, str]], data: st.DataObject):
    call = renamed(data, roots)

    async def story(world: World) -> None:
        await world.settle(fleet(roots))
        assert world.store.lock is not None
        before = world.store.lock.resources
        world.moved = lines(call)
        await world.settle(fleet(roots, call))
        world.moved = lines({new: old for old, new in call.items()})
        await world.settle(fleet(roots))
        assert untimed(world.store.lock.resources) == untimed(before)

    in_a_world(story)


@RUNS
@given(fleets, st.booleans())
def test_a_lost_lock_is_made_anew_from_tags(roots: set[tuple[str, str]], with_skill: bool):
    async def story(world: World) -> None:
        extra = [resource("skill/s", skill_body("s", {"a.md": b"text"}))] if with_skill else []
        wanted = desired(*fleet(roots).resources.values(), *extra)
        await world.settle(wanted)
        assert world.store.lock is not None
        before = world.store.lock.resources
        world.store.lock = None
        made = await rebuild(world.at, Torn(Condition.MISSING), wanted)
        assert {key: it.id for key, it in made.lock.resources.items()} == {
            key: it.id for key, it in before.items()
        }
        world.store.lock = made.lock
        plan = (await world.plan(wanted)).plan
        assert (plan.changes, plan.drift, plan.orphans, plan.diagnostics) == ((), (), (), ())

    in_a_world(story)


def test_the_fleets_have_every_kind():
    every = {(kind, "a") for kind in ROOTS}
    kinds = {address.kind for address in fleet(every).resources} | {"skill"}
    assert kinds == set(CATALOG.kinds)
