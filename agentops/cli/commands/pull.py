"""``agentops pull``: what the registry has, written into the files."""

from __future__ import annotations

from typing import Any

import click

from agentops.cli.choosing import chosen
from agentops.cli.commands.plan import planned_now
from agentops.cli.options import Common, common, output_format


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@output_format("text", "json")
@common
def pull(dry_run: bool, form: str, **given: Any) -> int:
    """Write what drifted into the files: exactly the lines of each field, for a diff that can be reviewed.

    Without ADDRESSes, whatever drifted or is held.
    """
    from agentops.cli.output import Output
    from agentops.cli.pulling_drift import pull_drift
    from agentops.cli.wiring import open_project, refuse_peers_project

    told, picked = Common.of(given), chosen(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    stage = opened.stage(told.stage)
    planned = planned_now(opened, stage, output, picked)
    report = pull_drift(opened, stage, planned, picked.select, write=not dry_run)
    output.json(report) if form == "json" else output.pulled(report)
    return report.exit_code
