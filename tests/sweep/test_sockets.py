"""Socket sweep: real processes through a proxy that fails one exchange, before a registry that is one too.

The cases take each fault and each sort of exchange; `make test` takes one of each fault, `make sweep` all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from tests.served import served_registry
from tests.sweep import fleet
from tests.sweep.commands import ended, started
from tests.sweep.counting import Tally, full
from tests.sweep.faults import Fault
from tests.sweep.proxy import proxied
from tests.sweep.test_concurrency import EVER
from tests.sweep.world import World, assert_settled, in_memory_folder, project

HURRIED: Mapping[str, str] = {"SWEEP_SETTLE": "0.5", "SWEEP_TIMEOUT": "2"}
"""Nobody waits a minute for an answer here; the registry shows at once what was created."""

EXCHANGES = 73
"""Of a first apply: the mutex and the lock's copy, a list per kind, creates of every kind, what uploads need
before and after, and switches."""
MOMENTS = (3, 5, 14, 37, 56, 66, 71, 73)
"""The store that runs share and the mutex in it; a list; creates early, in the middle and at the end, where
deployments are switched; the copy of the lock, and giving the mutex back."""

CASES = [
    (fault, at)
    for number, fault in enumerate(Fault)
    for at in (MOMENTS if full() else MOMENTS[number % len(MOMENTS) :][:1])
]


@pytest.mark.parametrize(("fault", "at"), CASES, ids=[f"{fault.name.lower()}-{at}" for fault, at in CASES])
def test_apply_again_converges(tmp_path_factory: pytest.TempPathFactory, fault: Fault, at: int, tally: Tally):
    with in_memory_folder(tmp_path_factory) as folder, served_registry(folder / "registry.db") as url:
        again = one_case(folder, url, fault, at)
    tally.case(fault.value, again)


def one_case(home: Path, url: str, fault: Fault, at: int) -> int:
    """How many applies it took after the fault."""
    with proxied(url, fault, at) as proxy:
        fleet.write(home, proxy.url)
        code, said = ended(started(home, "apply", "--yes", told=HURRIED))
        assert proxy.failed is not None, f"{proxy.seen} exchanges, and none of them failed\n{said}"
        assert code in (0, 1, 4), said
        assert "Traceback" not in said
        again = 0
        while code != 0 and again < 2:
            again += 1
            code, said = ended(started(home, "apply", "--yes", told=HURRIED))
        assert code == 0, f"{fault.value} at {proxy.failed}\n{said}"
        world, files = World(home, url=proxy.url), project(home, url=proxy.url)
        anyio.run(assert_settled, world, files, EVER)
    return again


def test_a_first_apply_has_as_many_exchanges_as_the_moments_are_chosen_from(tmp_path: Path):
    with served_registry(tmp_path / "registry.db") as url, proxied(url, None, 0) as proxy:
        fleet.write(tmp_path, proxy.url)
        code, said = ended(started(tmp_path, "apply", "--yes"))
    assert (code, proxy.seen) == (0, EXCHANGES), said
