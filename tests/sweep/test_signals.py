"""A signal while an apply waits, for lists to settle or as it was told to: it ends in time, the lock true."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import anyio
import pytest

from tests.served import served_registry
from tests.sweep import fleet
from tests.sweep.commands import ended, started
from tests.sweep.faults import Fault
from tests.sweep.proxy import Proxy, proxied
from tests.sweep.test_concurrency import EVER
from tests.sweep.world import World, assert_settled, project

RUNNERS_WAIT = 7.0
"""Seconds from the signal to the kill on common CI runners."""
FIRST_CREATE = "POST /v1/agents "


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("fault", [Fault.RESET_BEFORE, Fault.LIMITED_FOR], ids=["settling", "retrying"])
def test_it_ends_in_time_with_a_true_lock(tmp_path: Path, fault: Fault, sent: signal.Signals):
    with served_registry(tmp_path / "registry.db") as url:
        with proxied(url, fault, FIRST_CREATE, wait=60) as proxy:
            fleet.write(tmp_path, proxy.url)
            process = started(tmp_path, "apply", "--yes", told={"SWEEP_SETTLE": "60"})
            wait_until_it_waits(proxy)
            process.send_signal(sent)
            begun = time.monotonic()
            code, said = ended(process)
            took = time.monotonic() - begun
        assert (code, took < RUNNERS_WAIT) == (130, True), (took, said)
        assert "Traceback" not in said
        lock = json.loads((tmp_path / "locks" / "prod.lock.json").read_text(encoding="utf-8"))
        unknown = 1 if fault is Fault.RESET_BEFORE else 0
        assert len(lock.get("intents", {})) == unknown, "what is not known is told to the next run"
        world, files = World(tmp_path, url=proxy.url), project(tmp_path, url=proxy.url)
        anyio.run(apply_again, world, files)


async def apply_again(world: World, files) -> None:
    assert (await world.apply(files)).code == 0
    await assert_settled(world, files, EVER)


def wait_until_it_waits(proxy: Proxy) -> None:
    """Until nothing has been asked for a while, though the apply is not over."""
    deadline = time.monotonic() + 60
    seen = -1
    while time.monotonic() < deadline and (proxy.failed is None or proxy.seen != seen):
        seen = proxy.seen
        time.sleep(0.7)
    assert proxy.failed is not None
