"""Concurrency: applies of one directory started together; one set of resources, and no lost lock entry.

`make test` has five rounds, `make sweep` fifty.
"""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agentops.cli.commands.plan import BLOCKED
from tests.sweep import fleet
from tests.sweep.commands import ended, started
from tests.sweep.counting import Tally, full
from tests.sweep.serving import serving
from tests.sweep.world import World, assert_settled, in_memory_folder, project

ROUNDS = 50 if full() else 2


@pytest.mark.parametrize("together", [2, 8])
def test_applies_started_together(tmp_path_factory: pytest.TempPathFactory, together: int, tally: Tally):
    with in_memory_folder(tmp_path_factory) as folder, serving() as registries:
        for number in range(ROUNDS):
            one_round(folder / f"round-{number}", registries, together, tally)


def one_round(home: Path, registries, together: int, tally: Tally) -> None:
    home.mkdir()
    url = registries.open(home.name, home / "registry.db")
    fleet.write(home, url)
    processes = [started(home, "apply", "--yes") for _ in range(together)]
    results = [ended(process) for process in processes]
    codes = [code for code, _ in results]
    assert set(codes) <= {0, BLOCKED}, results
    assert 0 in codes, results
    assert all("AO054" in said for code, said in results if code == BLOCKED), results
    world, files = World(home, url=url), project(home, url=url)
    anyio.run(assert_settled, world, files, EVER)
    registries.close(home.name)
    tally.case(f"{together} started together", 0)
    world.remove()


EVER = {
    "agents": 6,
    "agent_versions": 6,
    "environments": 2,
    "memory_stores": 3,
    "memory_versions": 8,
    "skills": 3,
    "skill_versions": 3,
    "vaults": 2,
    "credentials": 3,
    "deployments": 3,
}
"""Every row that one apply of the fleet makes: thirty resources, and their first versions."""
