"""What a stage has before and after a plan: what is sent happens, and nothing else."""

from __future__ import annotations

from typing import Any

from agentops.domain.address import Address
from agentops.domain.fleet import Fleet
from agentops.domain.project import OnDrift
from agentops.domain.resource import Resource
from agentops.domain.surface import Permission, Surface
from agentops.engine import operations
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.fleets import before_and_after, fleet_of
from agentops.kinds import CATALOG
from tests.laws.stage import World, desired, in_a_world, resource, with_refs

LEAF = Address("agent/leaf")
PLACE = Address("environment/sandbox")
JOB = Address("deployment/job")
CLOSED = {"type": "limited", "allowed_hosts": ["a.example"]}


def agent(prompt: str, policy: str = "always_ask") -> Resource:
    configs = [{"name": "bash", "permission_policy": {"type": policy}}]
    tools = [{"type": "agent_toolset_20260401", "configs": configs}]
    return resource(LEAF, {"name": "leaf", "model": "claude-opus-5-5", "system": prompt, "tools": tools})


def place(networking: Any) -> Resource:
    return resource(PLACE, {"name": "s", "config": {"type": "cloud", "networking": networking}})


def job(**more: Any) -> Resource:
    message = {"type": "user.message", "content": [{"type": "text", "text": "Go."}]}
    body = {"name": "job", "agent": "agent/leaf", "environment_id": "environment/sandbox"}
    return resource(JOB, with_refs(body | {"initial_events": [message]} | more))


async def sides(here: World, *wanted: Resource, choices: Choices = NO_CHOICES) -> tuple[Fleet, Fleet]:
    planned = await operations.plan(here.at, desired(*wanted), choices)
    assert not planned.plan.blocked, planned.plan.diagnostics
    return before_and_after(CATALOG, planned, {})


async def in_console(here: World, address: Address, body: dict[str, Any]) -> None:
    lock = here.store.read()
    assert lock is not None
    await here.registry.update(CATALOG.of_address(address), lock.resources[address].id, body)


def asks(surface: Surface) -> bool:
    return surface.tools["bash"].permission is Permission.ASK


def test_what_refers_to_another_names_it_by_address_on_both_sides():
    async def story(here: World) -> None:
        start = (agent("Hi."), place(CLOSED), job())
        before, after = await sides(here, *start)
        assert (len(before.members), len(after.members)) == (0, 3)
        await here.apply(desired(*start))
        before, after = await sides(here, *start)
        assert before.members == after.members
        surface = before.members[JOB].surface
        assert surface.agent is not None
        assert (surface.agent.name, surface.environment) == ("agent/leaf", "environment/sandbox")
        files = fleet_of(CATALOG, desired(*start), {}).members[JOB].surface
        assert files.agent is not None
        assert files.agent.name == "agent/leaf"

    in_a_world(story)


def test_an_update_of_some_members_leaves_the_others():
    async def story(here: World) -> None:
        await here.apply(desired(place(CLOSED)))
        wider = {**CLOSED, "allow_mcp_servers": True}
        before, after = await sides(here, place(wider))
        was, now = before.members[PLACE].surface.network, after.members[PLACE].surface.network
        assert was is not None
        assert now is not None
        assert (was.mcp_servers, now.mcp_servers) == (False, True)
        assert was.hosts == now.hosts == ("a.example",)
        assert not now.unrestricted

    in_a_world(story)


def test_drift_that_is_kept_stays_also_where_the_file_changes_something_else():
    async def story(here: World) -> None:
        await here.apply(desired(agent("Hi.")))
        loose = agent("Hi.", "always_allow").body["tools"]
        await in_console(here, LEAF, {"tools": loose, "version": 1})
        kept = Choices(on_drift=OnDrift.KEEP)
        before, after = await sides(here, agent("Hello."), choices=kept)
        assert not asks(before.members[LEAF].surface)
        assert not asks(after.members[LEAF].surface)
        assert after.members[LEAF].surface.prompt == "Hello."
        reverted = Choices(on_drift=OnDrift.REVERT)
        _, after = await sides(here, agent("Hello."), choices=reverted)
        assert asks(after.members[LEAF].surface)

    in_a_world(story)


def test_what_was_not_asked_for_stays_as_it_is():
    async def story(here: World) -> None:
        await here.apply(desired(agent("Hi."), place(CLOSED)))
        chosen = Choices(select=(PLACE,))
        wanted = (agent("Hello."), place({"type": "unrestricted"}))
        before, after = await sides(here, *wanted, choices=chosen)
        assert before.members[LEAF] is after.members[LEAF]
        assert after.members[LEAF].surface.prompt == "Hi."
        assert after.members[PLACE].surface.network != before.members[PLACE].surface.network

    in_a_world(story)


def test_what_was_archived_behind_our_back_is_new_when_it_is_made_again():
    async def story(here: World) -> None:
        await here.apply(desired(agent("Hi.")))
        lock = here.store.read()
        assert lock is not None
        await here.registry.remove(CATALOG["agent"], lock.resources[LEAF].id)
        before, after = await sides(here, agent("Hi."), choices=Choices(recreate=frozenset({LEAF})))
        assert LEAF not in before.members
        assert LEAF in after.members

    in_a_world(story)


def test_what_is_adopted_was_there_before():
    async def story(here: World) -> None:
        await here.apply(desired(agent("Hi.")))
        here.store.lock = None
        before, after = await sides(here, agent("Hello."))
        assert before.members[LEAF].surface.prompt == "Hi."
        assert after.members[LEAF].surface.prompt == "Hello."

    in_a_world(story)


def test_a_pause_is_over_once_the_file_says_so():
    schedule = {"type": "cron", "expression": "0 9 * * *", "timezone": "UTC"}

    async def story(here: World) -> None:
        start = (agent("Hi."), place(CLOSED))
        await here.apply(desired(*start, job(schedule=schedule, paused=True)))
        before, after = await sides(here, *start, job(schedule=schedule, paused=False))
        assert before.members[JOB].surface.paused
        assert not after.members[JOB].surface.paused

    in_a_world(story)
