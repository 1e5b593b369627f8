"""Whatever was applied: back to any version is that version, stays so, and can be taken forward again."""

from __future__ import annotations

from typing import Any

import anyio
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.canonical import fingerprints
from agentops.domain.kind import OWNER_KEY
from agentops.domain.project import OnDrift
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState
from agentops.engine import operations
from agentops.engine.choices import Choices
from agentops.engine.history import as_it_was
from agentops.engine.operations import Planned
from agentops.engine.recorded import current
from agentops.kinds import CATALOG as KINDS
from tests.engine.conftest import Bench
from tests.engine.toy import Silent, desired, resource
from tests.engine.toy_kinds import CATALOG, WIDGET
from tests.kinds.strategies import agent_bodies
from tests.laws import stage as world

AGENT = KINDS["agent"]
A = Address("widget/a")
FOREIGN = "theirs"

some = st.sampled_from(["x", "y", "z"])
parts = st.lists(
    st.fixed_dictionaries({"name": some, "size": some}), max_size=2, unique_by=lambda it: it["name"]
)
bodies = st.fixed_dictionaries(
    {"name": st.just("a"), "label": some},
    optional={
        "note": some,
        "tint": st.fixed_dictionaries({"hue": some}, optional={"shade": some}),
        "parts": parts,
        "shape": st.fixed_dictionaries({}, optional={"size": some}),
        "metadata": st.dictionaries(st.sampled_from(["team", "owner"]), some),
    },
)


def asked(body: Body) -> DesiredState:
    return desired(resource(str(A), body))


def back_to(bench: Bench, wanted: DesiredState, version: str) -> Planned:
    async def run() -> Planned:
        lock = (await current(bench.target)).lock
        found, words = await as_it_was(bench.registry, CATALOG, wanted, lock, A, version)
        return await operations.rollback(bench.target, wanted, {A: found}, words)

    return anyio.run(run)


def content(live: Body) -> dict[str, Any]:
    """What is ours of an object, as it is compared."""
    return {
        path: value
        for path, value in fingerprints(WIDGET, live).items()
        if path not in {f"metadata.{FOREIGN}", f"metadata.{OWNER_KEY}"}
    }


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(bodies, min_size=1, max_size=4), bodies, st.booleans(), st.booleans(), st.data())
def test_back_to_any_version_and_forward_again(
    edits: list[Body], pending: Body, shades: bool, ahead: bool, data: st.DataObject
) -> None:
    bench = Bench()
    bench.registry.shades = shades
    for body in edits:
        assert bench.settle(asked(body)).changes == ()
    id = bench.entry(str(A)).id
    bench.registry.edit(id, metadata={**bench.there(str(A)).get("metadata", {}), FOREIGN: "1"})
    files = asked(pending if ahead else edits[-1])
    newest = bench.there(str(A))["version"]
    history = [*bench.registry.past.get(id, []), bench.there(str(A))]
    version = data.draw(st.integers(1, newest))

    planned = back_to(bench, files, str(version))
    assert bench.carry_out(planned).exit_code == 0
    live = bench.there(str(A))
    assert content(live) == content(history[version - 1])
    assert live["metadata"][OWNER_KEY] == f"p/s/{A}"
    assert live["metadata"][FOREIGN] == "1", "what others wrote there is theirs"

    plan = bench.plan(files).plan
    assert (plan.changes, plan.drift, plan.diagnostics, plan.records) == ((), (), (), {})
    entry = bench.entry(str(A))
    assert bool(plan.held) == bool(entry.held) == (entry.rolled_back is not None)
    assert [item.rolled_back for item in plan.held] == [entry.rolled_back] * len(plan.held)
    assert (entry.source is None) == bool(entry.held)

    assert back_to(bench, files, str(version)).plan.changes == ()
    before = bench.registry.writes
    bench.apply(files)
    assert bench.registry.writes == before, "applying does not undo it"

    bench.apply(files, Choices(on_drift=OnDrift.REVERT))
    assert bench.at_rest(files)
    assert bench.plan(files).plan.held == ()
    assert bench.entry(str(A)).rolled_back is None
    forward, fresh = bench.there(str(A)), Bench()
    fresh.registry.shades = shades
    fresh.apply(files)
    mine, other = content(forward), content(fresh.there(str(A)))
    chosen = WIDGET.undetermined  # once chosen for another hue, the registry may keep it
    assert {k: v for k, v in mine.items() if k not in chosen} == {
        k: v for k, v in other.items() if k not in chosen
    }


# -- the same with real agents, through the real client, on the embedded registry

X, LEAF = Address("agent/x"), "agent/leaf"


def there(body: Body) -> Body:
    """The body with a model that the registry knows and without skills that it has not."""
    skills = [item for item in body.get("skills") or [] if item["type"] == "anthropic"]
    return {**body, "model": "claude-opus-5-5", "skills": skills}


real = agent_bodies([LEAF]).map(there)


def fleet(body: Body) -> DesiredState:
    leaf = world.resource(LEAF, world.AROUND[LEAF])
    return world.desired(leaf, world.resource(str(X), world.with_refs(body)))


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.reuse, Phase.generate],  # a story takes too long to be told many times more
)
@given(st.lists(real, min_size=1, max_size=3), real, st.booleans(), st.data())
def test_a_real_agent_goes_back_and_forward_again(
    edits: list[Body], pending: Body, ahead: bool, data: st.DataObject
) -> None:
    async def story(stage: world.World) -> None:
        for body in edits:
            assume((await stage.apply(fleet(body))).exit_code == 0)  # the registry knows rules of its own
        assert stage.store.lock is not None
        id = stage.store.lock.resources[X].id
        newest = (await stage.registry.get(AGENT, id))["version"]
        version = data.draw(st.integers(1, newest))
        files = fleet(pending if ahead else edits[-1])
        was = await stage.registry.version(AGENT, id, str(version))

        async def carried_out(planned: Planned) -> None:
            report = await operations.apply(
                stage.at, planned, run="r", now=lambda: "t", observer=Silent(), stop=anyio.Event()
            )
            assert report.exit_code == 0, report.outcomes
            assert report.diagnostics == ()

        lock = (await current(stage.at)).lock
        found, words = await as_it_was(stage.registry, KINDS, files, lock, X, str(version))
        await carried_out(await operations.rollback(stage.at, files, {X: found}, words))
        live = await stage.registry.get(AGENT, id)
        assert fingerprints(AGENT, live) == fingerprints(AGENT, was)
        assert live["metadata"] == was["metadata"]

        plan = (await stage.plan(files)).plan
        assert (plan.changes, plan.drift, plan.diagnostics, plan.records) == ((), (), (), {})
        entry = stage.store.lock.resources[X]
        assert bool(plan.held) == bool(entry.held) == (entry.rolled_back is not None)

        await carried_out(await operations.plan(stage.at, files, Choices(on_drift=OnDrift.REVERT)))
        rest = (await stage.plan(files)).plan
        assert (rest.changes, rest.held, rest.records) == ((), (), {})

    world.in_a_world(story)
