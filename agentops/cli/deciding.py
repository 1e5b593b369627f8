"""From what a stage is to be brought to, to the plan for it: one way for every command that plans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.diagnostics import Diagnostic
    from agentops.domain.project import Stage
    from agentops.domain.state import DesiredState
    from agentops.engine.choices import Choices
    from agentops.engine.operations import Planned
    from agentops.engine.target import Target
    from agentops.lockfile import LockFile


@dataclass(frozen=True, slots=True)
class Order:
    """What a stage is to be brought to, and by which command. ``diagnostics`` are those of loading it;
    ``promotes`` is the stage whose release it is. ``decide`` plans something else than to bring the stage to
    ``desired``: a rollback."""

    command: str
    stage: Stage
    store: LockFile
    desired: DesiredState
    diagnostics: tuple[Diagnostic, ...]
    choices: Choices
    promotes: str | None = None
    decide: Callable[[Target, Order], Awaitable[Planned]] | None = None


def by_files(
    opened: Opened,
    stage: Stage,
    output: Output,
    choices: Choices,
    *,
    command: str = "",
    upgrade: bool = False,
) -> Order:
    """What the files of the working tree ask for; ``command`` is who to say holds the stage.

    Raises:
        Stop: with every problem of every file.
    """
    from agentops.cli.wiring import lock_file, pinned_fetch

    store = lock_file(opened, stage, command)
    # What is removed need not be fetched first.
    fetch = None if choices.destroy else pinned_fetch(opened, stage, output, store, upgrade=upgrade)
    desired, diagnostics = opened.desired(stage, fetch)
    return Order(command, stage, store, desired, diagnostics, choices)


def looked(opened: Opened, order: Order, output: Output) -> Planned:
    """Look at the registry and decide."""
    from agentops.cli.wiring import look, target
    from agentops.engine import operations

    async def decide() -> Planned:
        async with target(opened, order.stage, output, order.store) as there:
            if order.decide is not None:
                return await order.decide(there, order)
            return await operations.plan(
                there, order.desired, order.choices, order.diagnostics, promotes=order.promotes
            )

    return look(decide)


def decided(opened: Opened, order: Order, output: Output) -> Planned:
    """The plan for an order, with what else decides whether it may be applied: here is the one place where
    rules that need the finished plan have their say."""
    from agentops.cli.gating import gated
    from agentops.cli.judging import judged_order

    planned = _labelled(opened, order.stage, looked(opened, order, output))
    if order.choices.destroy or order.decide is not None:  # neither brings anything that was not here before
        return planned
    planned = planned.with_diagnostics(judged_order(opened, order))
    planned = planned.with_diagnostics(_not_promoted(opened, order, planned, output))
    return replace(planned, plan=gated(opened, order.stage, output, planned.plan))


def _labelled(opened: Opened, stage: Stage, planned: Planned) -> Planned:
    """With what a reviewer of each change should look at."""
    from agentops.cli.wiring import now
    from agentops.engine.fleets import before_and_after
    from agentops.policy.risks import endings, labelled

    if not planned.plan.changes:
        return planned
    before, after = before_and_after(opened.catalog, planned, stage.names, protected=stage.protect)
    found = labelled(before, after, datetime.fromisoformat(now()), endings(planned.plan.changes))
    return replace(planned, plan=planned.plan.with_risks(found))


def _not_promoted(opened: Opened, order: Order, planned: Planned, output: Output) -> list[Diagnostic]:
    """What comes from the files although ``promote_from`` says that it comes from another stage."""
    from agentops.cli.wiring import lock_file, newest_lock
    from agentops.engine.promotion import not_promoted
    from agentops.spec import load_stage, url_of

    stage = order.stage
    if stage.promote_from is None or order.promotes == stage.promote_from or not planned.plan.changes:
        return []
    before = opened.stage(stage.promote_from)
    lock = newest_lock(opened, before, output, lock_file(opened, before))
    refused = partial(not_promoted, stage, planned.plan, order.desired, planned.lock, lock)
    if not refused(()):
        return []
    there = load_stage(opened.root, opened.project, before, opened.catalog).desired.resources
    return refused([item for item in order.desired.resources if item not in there and url_of(item) is None])
