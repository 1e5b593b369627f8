"""Whatever stands in a registry: pulled into files, the plan right after is empty; and the files make the
same fleet in another registry."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agentops.cli.adopting_choice import Asked, Pulling, decide
from agentops.cli.placing import place
from agentops.cli.wiring import Opened
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState
from agentops.engine import adoption, operations
from agentops.engine.recorded import rewrite
from agentops.kinds import CATALOG
from agentops.spec import load_stage
from agentops.spec.pulled_names import reserved_names, slug
from tests.engine.toy import Silent
from tests.kinds.strategies import BODIES, agent_bodies, as_sent, deployment_bodies
from tests.laws.stage import CONTENT, World, world
from tests.laws.test_convergence import _runnable, nothing_to_do, skills

LAW = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a whole fleet takes many minutes
)
STAGE = Stage("dev")
RESERVED = reserved_names(CATALOG)
PROJECT = Project("laws", {"dev": STAGE})


@dataclass(frozen=True)
class Fleet:
    """Bodies by the name that others refer to them by; a child's begins with its parent's."""

    bodies: Mapping[str, Body]
    edits: Mapping[str, Body]


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """A workspace built by hand: some of every kind, referring to each other; some edited since."""

    def some(kind: str, most: int) -> list[str]:
        return [f"{kind}:{number}" for number in range(draw(st.integers(0, most)))]

    leaves, vaults, stores = some("agent", 3), some("vault", 2), some("memory_store", 2)
    bodies: dict[str, Body] = {}
    for name in some("environment", 2):
        bodies[name] = {
            **draw(BODIES["environment"]),
            "name": f"{draw(st.text('aé-', max_size=3))}{name[-1]}",
        }
    for name in vaults:
        bodies[name] = draw(BODIES["vault"])
        if draw(st.booleans()):
            bodies[f"{name}/credential"] = draw(BODIES["credential"])
    for name in stores:
        bodies[name] = draw(BODIES["memory_store"])
        for number in range(draw(st.integers(0, 2))):
            content = draw(BODIES["memory"])["content"] or ""
            bodies[f"{name}/memory:{number}"] = {
                "path": f"/{number}/a b.md",
                "content": content.replace("\0", "").lstrip("\ufeff"),  # which no text file has
            }
    # A skill has no tag to tell its address by: its name has to.
    plain = skills().filter(lambda body: slug(body["name"]) == body["name"] not in RESERVED)
    unique = st.lists(plain, max_size=2, unique_by=lambda body: body["name"])
    for number, body in enumerate(draw(unique)):
        bodies[f"skill:{number}"] = body
    for name in leaves:
        bodies[name] = {**anywhere(draw(agent_bodies())), "multiagent": None}
    if leaves:
        bodies["agent:lead"] = anywhere(draw(agent_bodies(leaves)))
    if "skill:0" in bodies:
        version = draw(st.sampled_from([{}, {"version": "latest"}, {"version": "version of skill:0"}]))
        bodies["agent:reader"] = {
            "name": "reader",
            "model": "claude-opus-5-5",
            "tools": [{"type": "agent_toolset_20260401"}],
            "skills": [{"type": "custom", "skill_id": "skill:0", **version}],
        }
    if leaves and "environment:0" in bodies:
        bodies["deployment:0"] = draw(
            deployment_bodies(leaves[0], "environment:0", vaults, stores, ["file_1"])
        )
    edited = [name for name in leaves if draw(st.booleans())] if draw(st.booleans()) else []
    return Fleet(bodies, {name: {"description": draw(st.text("ab", min_size=1))} for name in edited})


def anywhere(body: Body) -> Body:
    """An agent that others may set to work: they have to run in one geography."""
    body = _runnable(body)
    if isinstance(model := body["model"], dict):
        body["model"] = {key: value for key, value in model.items() if key != "inference_geo"}
    return body


async def build(here: World, fleet: Fleet) -> None:
    """What somebody does in the Console."""
    ids: dict[str, Any] = {}

    def named(value: Any) -> Any:
        if isinstance(value, str):
            return ids.get(value, value)
        if isinstance(value, dict):
            return {key: named(member) for key, member in value.items()}
        return [named(item) for item in value] if isinstance(value, list) else value

    for name, body in fleet.bodies.items():
        parent, _, own = name.rpartition("/")
        kind = CATALOG[own.partition(":")[0]]
        sent = named(as_sent(kind, body) if kind.bundle is None else body)
        if kind.bundle is not None:
            sent["files"] = {path: CONTENT[entry["sha256"]] for path, entry in body["files"].items()}
        made = await here.registry.create(kind, sent, parent=ids.get(parent))
        ids |= {name: str(made["id"]), f"version of {name}": made.get("latest_version_id")}
        if kind.switch is not None and body.get(kind.switch.field):
            await here.registry.update(kind, ids[name], {kind.switch.field: True})
    for name, edit in fleet.edits.items():
        await here.registry.update(CATALOG["agent"], ids[name], {**edit, "version": 1})


async def pull(here: World, root: Path, **asked: Any) -> Pulling:
    """The command, but for its words."""
    opened = Opened(root, PROJECT, CATALOG, ())
    survey = await adoption.survey(here.at, documents=True)
    work = decide(opened, STAGE, Asked(seeds=True, **asked), files_of(root), survey)
    place(root, work.written.files)
    await rewrite(here.at, adoption.with_entries(survey.lock, work.entries))
    return work


def files_of(root: Path) -> DesiredState:
    loaded = load_stage(root, PROJECT, STAGE, CATALOG)
    assert [item for item in loaded.diagnostics if item.severity == "error"] == []
    return loaded.desired


@LAW
@given(fleet=fleets())
def test_the_plan_after_a_pull_is_empty(fleet: Fleet):
    async def story() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with world() as here:
                await build(here, fleet)
                work = await pull(here, Path(folder))
                assert [item.summary for item in work.left] == []
                assert len(work.entries) == len(fleet.bodies)
                planned = await here.plan(files_of(Path(folder)))
                nothing_to_do(planned)
                assert planned.plan.records == {}, "nor has the lock to be mended"

    anyio.run(story)


@LAW
@given(fleet=fleets())
def test_what_is_pulled_makes_the_same_fleet_elsewhere(fleet: Fleet):
    """The files that are pulled from there are those that made it, to the byte."""
    fleet = Fleet(fleet.bodies, {})  # a version that is pinned is there in one registry only

    async def story() -> None:
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            async with world() as here:
                await build(here, fleet)
                pulled = await pull(here, Path(first))
            async with world() as there:
                await applied(there, files_of(Path(first)))
                again = await pull(there, Path(second))
                assert again.written.files == pulled.written.files

    anyio.run(story)


async def applied(there: World, wanted: DesiredState) -> None:
    """Applied, and the lock lost: only the tags tell what is whose."""
    planned = await there.plan(wanted)
    report = await operations.apply(
        there.at, planned, run="r", now=lambda: "t", observer=Silent(), stop=anyio.Event()
    )
    assert report.exit_code == 0, [item.problem for item in report.outcomes if item.problem]
    there.store.lock = None
