"""Several stages at once: one whose registry cannot be reached hides nothing of the others."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentops.cli.deciding import Order
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.project import Stage
    from agentops.domain.report import Overview
    from agentops.engine.overview import StageSeen


def side_by_side(opened: Opened, stages: Sequence[Stage], output: Output, *, offline: bool) -> Overview:
    """Where every address stands in these stages.

    Raises:
        Stop: with every problem of the files, or a lock that cannot be read.
    """
    from agentops.engine.overview import overview
    from agentops.remotes import History

    seen = [_offline(opened, stage) if offline else _seen(opened, stage, output) for stage in stages]
    with History(opened.root, os.environ) as history:

        def since(commit: str, files: Mapping[str, Sequence[str]]) -> Mapping[str, int] | None:
            return history.changes(commit, files)

        return overview(opened.project.name, seen, since)


def _offline(opened: Opened, stage: Stage) -> StageSeen:
    from agentops.cli.deciding import Order
    from agentops.cli.wiring import lock_file
    from agentops.engine.choices import NO_CHOICES

    desired, said = opened.desired(stage)
    return _by_lock(Order("", stage, lock_file(opened, stage), desired, said, NO_CHOICES))


def _by_lock(order: Order, problem: Exception | None = None) -> StageSeen:
    from agentops.cli.failures import as_diagnostics
    from agentops.domain.diagnostics import Stop
    from agentops.domain.ports import RegistryError
    from agentops.domain.state import Lock
    from agentops.engine.overview import StageSeen

    lock = order.store.read() or Lock(project=order.desired.project, stage=order.stage.name)
    said = as_diagnostics(problem)[0] if isinstance(problem, Stop | RegistryError) else None
    return StageSeen(order.desired, lock, problem=said)


def _seen(opened: Opened, stage: Stage, output: Output) -> StageSeen:
    from agentops.cli.deciding import by_files, looked
    from agentops.domain.diagnostics import Stop
    from agentops.domain.ports import RegistryError
    from agentops.engine.choices import NO_CHOICES
    from agentops.engine.overview import StageSeen
    from agentops.engine.status import status_report

    order = by_files(opened, stage, output, NO_CHOICES)
    try:
        planned = looked(opened, order, output)
    except (Stop, RegistryError) as problem:
        return _by_lock(order, problem)
    report = status_report(opened.catalog, planned.plan, planned.desired, planned.live, planned.lock)
    return StageSeen(planned.desired, planned.lock, report)
