"""Fault sweep: every exchange of an apply fails once in every way there is, and applying again converges.

Warm: the journal is there. Cold: it is not, and the lock is the one from before the run, as on a fresh
runner. Without a journal nobody knows of an upload that was never recorded: a second one of these is all that
may be left over then, with the versions of the agents that have it; and an agent that has it already, by an
edit, has drifted as far as anybody can tell. What `make test` leaves
out of these cases `make sweep` has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from agentops.engine.choices import NO_CHOICES, Choices
from tests.sweep import fleet
from tests.sweep.counting import Tally, full
from tests.sweep.faults import Fault
from tests.sweep.world import Project, World, assert_destroyed, assert_settled, project

AT_MOST_AGAIN = 2
SAMPLE = 5
"""`make test` takes every fifth exchange of the cold cases and of a destroy, others for each fault."""


@dataclass(frozen=True)
class Scenario:
    """An apply that is to fail: of these files, from this world, with so many exchanges if nothing fails."""

    wanted: Project
    base: Path | None
    choices: Choices
    exchanges: int
    ever: Mapping[str, int]


@pytest.fixture(scope="module")
def ram(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    from tests.sweep.world import in_memory_folder

    with in_memory_folder(tmp_path_factory) as folder:
        yield folder


@pytest.fixture(scope="module")
def scenarios(ram: Path) -> dict[str, Scenario]:
    """The first apply, an apply of the edited project, and a destroy."""
    first = project(ram / "first")
    edited = project(ram / "edited", fleet.EDITS)
    gentle = project(
        ram / "gentle", {path: it for path, it in fleet.EDITS.items() if path != fleet.REPLACED_UPLOAD}
    )

    async def prepared() -> dict[str, Scenario]:
        fresh = World.like(None, ram / "applied")
        made = await fresh.apply(first)
        changed = World.like(fresh.home, ram / "changed")
        changes = await changed.apply(edited)
        touched = World.like(fresh.home, ram / "touched")
        touches = await touched.apply(gentle)
        removed = World.like(fresh.home, ram / "removed")
        removals = await removed.apply(first, choices=DESTROY)
        assert (made.code, changes.code, touches.code, removals.code) == (0, 0, 0, 0)
        await assert_settled(fresh, first, fresh.ever())
        await assert_settled(changed, edited, changed.ever())
        await assert_settled(touched, gentle, touched.ever())
        await assert_destroyed(removed, first, removed.ever())
        return {
            "create": Scenario(first, None, NO_CHOICES, made.exchanges, fresh.ever()),
            "edit": Scenario(edited, fresh.home, NO_CHOICES, changes.exchanges, changed.ever()),
            "edit without uploading anew": Scenario(
                gentle, fresh.home, NO_CHOICES, touches.exchanges, touched.ever()
            ),
            "destroy": Scenario(first, fresh.home, DESTROY, removals.exchanges, removed.ever()),
        }

    return anyio.run(prepared)


DESTROY = Choices(destroy=True)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize(
    ("story", "cold"),
    [
        ("create", False),
        ("edit", False),
        ("destroy", False),
        ("create", True),
        ("edit without uploading anew", True),
        ("destroy", True),
    ],
)
def test_apply_again_converges(
    scenarios: Mapping[str, Scenario], ram: Path, fault: Fault, story: str, cold: bool, tally: Tally
):
    scenario = scenarios[story]
    points = list(range(1, scenario.exchanges + 1))
    if (cold or scenario.choices.destroy) and not full():
        points = points[list(Fault).index(fault) % SAMPLE :: SAMPLE]

    async def sweep() -> None:
        for at in points:
            world = World.like(scenario.base, ram / f"{story.partition(' ')[0]}-{fault.name}-{cold}-{at}")
            await converge(world, scenario, fault, at, cold=cold, tally=tally)
            world.remove()

    anyio.run(sweep)


async def converge(world: World, it: Scenario, fault: Fault, at: int, *, cold: bool, tally: Tally) -> None:
    before = world.lock_path.read_bytes() if world.lock_path.exists() else None
    ended = await world.apply(it.wanted, fault, at, it.choices)
    where = f"{fault.value} at exchange {at}: {ended.failed}; {ended.problems}"
    assert ended.failed is not None, where
    if cold:
        world.on_a_fresh_runner(before)
    again = 0
    unfinished = cold or ended.unfinished
    while unfinished and again < AT_MOST_AGAIN:
        again += 1
        ended = await world.apply(it.wanted, choices=it.choices)
        unfinished = ended.unfinished
    tally.case(fault.value, again)
    try:
        assert ended.code == 0, ended.problems
        if it.choices.destroy:
            await assert_destroyed(world, it.wanted, it.ever)
        else:
            await assert_settled(world, it.wanted, it.ever, unknown_uploads=cold)
    except AssertionError as wrong:
        raise AssertionError(f"{where}\n{wrong}") from wrong
