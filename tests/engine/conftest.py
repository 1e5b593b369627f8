from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anyio
import pytest

from agentops.domain.plan import Plan
from agentops.domain.project import Rename, Stage
from agentops.domain.report import ApplyReport
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState, LockEntry
from agentops.engine import operations
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.operations import Planned
from agentops.engine.recovery import AT_ONCE, Patience
from agentops.engine.target import Target
from tests.engine.toy import Silent, ToySecrets, ToyStore, ToyUploads
from tests.engine.toy_kinds import CATALOG
from tests.engine.toy_registry import ToyRegistry


class Killed(BaseException):
    """The process is gone in the middle of a run."""


class Bench:
    """One toy stage to plan and apply on."""

    def __init__(self) -> None:
        self.registry = ToyRegistry()
        self.store = ToyStore()
        self.secrets = ToySecrets()
        self.uploads = ToyUploads()
        self.observer = Silent()
        self.patience: Patience = AT_ONCE
        self.stage = Stage("s")
        self.moved: tuple[Rename, ...] = ()

    @property
    def target(self) -> Target:
        there = (self.registry, self.store, self.secrets, self.uploads, self.patience)
        return Target("p", self.stage, CATALOG, *there, moved=self.moved)

    def plan(self, wanted: DesiredState, choices: Choices = NO_CHOICES) -> Planned:
        return self._run(lambda: operations.plan(self.target, wanted, choices))

    def apply(self, wanted: DesiredState, choices: Choices = NO_CHOICES) -> ApplyReport:
        return self.carry_out(self.plan(wanted, choices))

    def settle(self, wanted: DesiredState, choices: Choices = NO_CHOICES) -> Plan:
        """Apply all of it, and plan again."""
        report = self.apply(wanted, choices)
        assert report.exit_code == 0, [item.problem for item in report.outcomes if item.problem]
        return self.plan(wanted).plan

    def saved(self, wanted: DesiredState, choices: Choices = NO_CHOICES) -> Planned:
        """A plan as it comes back from a file."""
        planned = self.plan(wanted, choices)
        return replace(planned, plan=Plan.load(planned.plan.model_dump_json().encode(), "p.json"))

    def at_rest(self, wanted: DesiredState) -> bool:
        """Whether a plan has nothing at all to do or to say."""
        plan = self.plan(wanted).plan
        return (plan.changes, plan.drift, plan.diagnostics, plan.records) == ((), (), (), {})

    def carry_out(self, planned: Planned, *, stopped: bool = False) -> ApplyReport:
        return self._run(lambda: operations.apply(self.target, planned, **self._how(stopped)))

    def apply_saved(self, planned: Planned) -> ApplyReport:
        return self._run(lambda: operations.apply_saved(self.target, planned.plan, **self._how(False)))

    def killed_at(self, wanted: DesiredState, call: str, *, carried_out: bool = True) -> None:
        """Apply in a process that is killed at a call, before or after the registry has carried it out."""
        self.killed(wanted, lambda made: made == call or made.split()[0] == call, carried_out=carried_out)

    def killed(
        self,
        wanted: DesiredState,
        at: Callable[[str], bool],
        *,
        carried_out: bool = True,
        maybe: bool = False,
        choices: Choices = NO_CHOICES,
    ) -> None:
        """The same at the first call that ``at`` picks; with ``maybe`` there need be none."""
        planned = self.plan(wanted, choices)

        def end(call: str) -> None:
            if at(call):
                self.store.frozen = True
                raise Killed

        hook = "after" if carried_out else "before"
        kept = getattr(self.registry, hook)
        setattr(self.registry, hook, end)
        try:
            with suppress(Killed):
                self._of_a_group(lambda: self.carry_out(planned))
                assert maybe, "nobody made that call"
        finally:
            setattr(self.registry, hook, kept)
            if self.store.frozen:
                self.store.log.append("the journal of a run that was killed")
            self.store.frozen = False

    def entry(self, address: str) -> LockEntry:
        assert self.store.lock is not None
        return self.store.lock.resources[address]

    def there(self, address: str) -> Body:
        """The live object that the lock has for an address."""
        return self.registry.objects[self.entry(address).id]

    def _how(self, stopped: bool) -> dict[str, Any]:
        stop = anyio.Event()
        if stopped:
            stop.set()
        now = (lambda: "2026-01-01T00:00:00Z") if self.patience is AT_ONCE else self.patience.now
        return {"run": "r1", "now": now, "observer": self.observer, "stop": stop}

    @staticmethod
    def _of_a_group(operation: Callable[[], Any]) -> None:
        """Tasks that run side by side end as a group, even where one alone is killed."""
        try:
            operation()
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    @staticmethod
    def _run(operation: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return await operation()

        return anyio.run(run)


@pytest.fixture
def bench() -> Bench:
    return Bench()
