"""Kill sweep: SIGKILL of a real process at every durable boundary and at random moments, and applying again.

`make test` takes twenty moments of all, `make sweep` every boundary and two hundred random moments.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import anyio
import pytest

from tests.sweep import fleet
from tests.sweep.commands import ended, started
from tests.sweep.counting import Tally, full
from tests.sweep.serving import Registries, serving
from tests.sweep.world import World, assert_settled, in_memory_folder, project

RANDOM = 200 if full() else 10
BOUNDARIES = 10
SHARDS = 8
"""Tests that the moments are spread over, so that they can run side by side."""


@dataclass
class Bed:
    """A registry and a project of its own for each case, as a clean run has left them and measured it."""

    folder: Path
    registries: Registries
    cases: int = 0
    boundaries: Mapping[str, int] = None
    seconds: Mapping[str, tuple[float, float]] = None
    ever: Mapping[str, Mapping[str, int]] = None

    def lay(self, story: str) -> tuple[str, World]:
        """A world where this story has not begun."""
        self.cases += 1
        name = f"{story}-{self.cases}"
        home = self.folder / name
        if story == "edit":
            shutil.copytree(self.folder / "applied", home)
        else:
            home.mkdir()
        url = self.registries.open(name, home / "registry.db")
        edits = fleet.EDITS if story == "edit" else {}
        fleet.write(home, url, fleet.FILES | edits)
        return name, World(home, url=url)


STORIES = ("create", "edit")


@pytest.fixture(scope="module")
def bed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with in_memory_folder(tmp_path_factory) as folder, serving() as registries:
        laid = Bed(folder, registries)
        boundaries, seconds, ever = {}, {}, {}
        for story in STORIES:
            name, world = laid.lay(story)
            count = world.home / "count"
            moments = []
            process = started(world.home, "apply", "--yes", told={"SWEEP_COUNT": str(count)})
            begun = time.monotonic()
            journal = world.home / ".agentops" / "prod.journal"
            while process.poll() is None:
                if journal.exists() and not moments:
                    moments.append(time.monotonic() - begun)
                time.sleep(0.002)
            code, said = ended(process)
            assert code == 0, said
            seconds[story] = (moments[0] * 0.9, (time.monotonic() - begun))
            boundaries[story], ever[story] = int(count.read_text(encoding="utf-8")), world.ever()
            count.unlink()
            registries.close(name)
            if story == "create":
                shutil.copytree(world.home, folder / "applied")
        laid.boundaries, laid.seconds, laid.ever = boundaries, seconds, ever
        yield laid


def wanted(world: World, story: str):
    return project(world.home, fleet.EDITS if story == "edit" else {}, world.url)


def converge(bed: Bed, world: World, story: str) -> int:
    """How many applies it took after the kill: real ones, which have to take over what the dead one held."""
    again, code = 0, None
    while code != 0 and again < 2:
        again += 1
        code, said = ended(started(world.home, "apply", "--yes", told={"SWEEP_SETTLE": "0.5"}))
    assert code == 0, said
    anyio.run(assert_settled, world, wanted(world, story), bed.ever[story])
    return again


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("story", STORIES)
def test_killed_at_a_boundary(bed: Bed, story: str, shard: int, tally: Tally):
    points = range(1, bed.boundaries[story] + 1)
    chosen = points if full() else points[:: max(1, len(points) * len(STORIES) // BOUNDARIES)]
    for at in chosen[shard::SHARDS]:
        name, world = bed.lay(story)
        code, said = ended(started(world.home, "apply", "--yes", told={"SWEEP_KILL_AT": str(at)}))
        # What goes on side by side is not the same number of steps every time.
        late = at > 0.95 * bed.boundaries[story]
        assert code == -signal.SIGKILL or (late and code == 0), f"boundary {at} of {story}: {code}\n{said}"
        again = converge(bed, world, story)
        bed.registries.close(name)
        tally.case(f"at a durable boundary ({story})", again)
        world.remove()


@pytest.mark.parametrize("shard", range(SHARDS))
def test_killed_at_a_random_moment(bed: Bed, shard: int, tally: Tally):
    dice = random.Random(20261126)
    moments = [(dice.choice(STORIES), dice.random()) for _ in range(RANDOM)]
    for story, part in moments[shard::SHARDS]:
        name, world = bed.lay(story)
        first, last = bed.seconds[story]
        process = started(world.home, "apply", "--yes")
        time.sleep(first + part * (last - first))
        process.kill()
        code, said = ended(process)
        assert code in (0, -signal.SIGKILL), said
        again = converge(bed, world, story)
        bed.registries.close(name)
        tally.case(f"at a random moment ({story})", again)
        world.remove()
