"""``agentops drift`` and ``agentops status``: look, and change nothing."""

from __future__ import annotations

from typing import Any

import click

from agentops.cli.choosing import chosen
from agentops.cli.commands.plan import planned_now
from agentops.cli.options import Common, common, output_format

DRIFTED = 2


@click.command()
@output_format("text", "json")
@common
def drift(form: str, **given: Any) -> int:
    """Show what moved in the registry since the last apply, field by field. Exits with 2 if anything did."""
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project
    from agentops.engine.status import drift_report

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    planned = planned_now(opened, opened.stage(told.stage), output, chosen(given))
    report = drift_report(planned.plan)
    output.json(report) if form == "json" else output.drift(report)
    return DRIFTED if report.moved else 0


@click.command()
@output_format("text", "json")
@common
def status(form: str, **given: Any) -> int:
    """Show where every address of a stage stands: in sync, pending, drifted, gone or orphaned."""
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project
    from agentops.engine.status import status_report

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    planned = planned_now(opened, opened.stage(told.stage), output, chosen(given))
    report = status_report(opened.catalog, planned.plan, planned.desired, planned.live, planned.lock)
    output.json(report) if form == "json" else output.status(report)
    return 0
