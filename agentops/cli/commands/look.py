"""``agentops drift`` and ``agentops status``: look, and change nothing."""

from __future__ import annotations

from typing import Any

import click

from agentops.cli.choosing import chosen
from agentops.cli.commands.plan import planned_now
from agentops.cli.options import Common, common, config_from, output_format

DRIFTED = 2


@click.command()
@config_from
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
@click.argument("stages", nargs=-1, metavar="[STAGE]...")
@click.option(
    "--offline", is_flag=True, help="By locks and files alone, without any registry; says nothing of drift."
)
@config_from
@output_format("text", "json")
@common
def status(stages: tuple[str, ...], offline: bool, form: str, **given: Any) -> int:
    """Show where every address stands: of one stage in detail, of several side by side.

    Without STAGE all stages, or the one that --stage names.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project
    from agentops.engine.status import status_report

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    names = stages or ((told.stage,) if told.stage else tuple(opened.project.stages))
    chosen_stages = [opened.stage(name) for name in dict.fromkeys(names)]
    if len(chosen_stages) > 1 or offline:
        from agentops.cli.stages import side_by_side

        overview = side_by_side(opened, chosen_stages, output, offline=offline)
        output.json(overview) if form == "json" else output.overview(overview)
        return 0
    planned = planned_now(opened, chosen_stages[0], output, chosen(given))
    report = status_report(opened.catalog, planned.plan, planned.desired, planned.live, planned.lock)
    output.json(report) if form == "json" else output.status(report)
    return 0
