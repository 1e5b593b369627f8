from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import pytest

from agentops.domain.project import Stage
from agentops.domain.report import ApplyReport
from agentops.domain.state import DesiredState
from agentops.engine import operations
from agentops.engine.operations import Planned, Target
from agentops.engine.planner import NO_CHOICES, Choices
from tests.engine.toy import CATALOG, Silent, ToyRegistry, ToyStore


class Bench:
    """One toy stage to plan and apply on."""

    def __init__(self) -> None:
        self.registry = ToyRegistry()
        self.store = ToyStore()
        self.observer = Silent()
        self.stage = Stage("s")

    @property
    def target(self) -> Target:
        return Target("p", self.stage, CATALOG, self.registry, self.store)

    def plan(self, wanted: DesiredState, choices: Choices = NO_CHOICES) -> Planned:
        return self._run(lambda: operations.plan(self.target, wanted, choices))

    def apply(self, wanted: DesiredState, choices: Choices = NO_CHOICES) -> ApplyReport:
        return self.carry_out(self.plan(wanted, choices))

    def carry_out(self, planned: Planned, *, stopped: bool = False) -> ApplyReport:
        return self._run(lambda: operations.apply(self.target, planned, **self._how(stopped)))

    def apply_saved(self, planned: Planned) -> ApplyReport:
        return self._run(lambda: operations.apply_saved(self.target, planned.plan, **self._how(False)))

    def _how(self, stopped: bool) -> dict[str, Any]:
        stop = anyio.Event()
        if stopped:
            stop.set()
        return {"run": "r1", "now": lambda: "2026-01-01T00:00:00Z", "observer": self.observer, "stop": stop}

    @staticmethod
    def _run(operation: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return await operation()

        return anyio.run(run)


@pytest.fixture
def bench() -> Bench:
    return Bench()
