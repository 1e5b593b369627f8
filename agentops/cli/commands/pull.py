"""``agentops import`` and ``agentops pull``: from a registry to files and the lock."""

from __future__ import annotations

from typing import Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.options import Common, common, output_format, wait_option


@click.command("import")
@click.argument("address")
@click.argument("id", metavar="ID")
@wait_option
@common
def import_one(address: str, id: str, wait: float, **given: Any) -> int:
    """Take the live object ID over as ADDRESS, which a file declares.

    Writes the lock and nothing else; then shows what the next apply would send.
    """
    from agentops.cli.adopting import adopt_one
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    return adopt_one(opened, opened.stage(told.stage), output, parsed(address), id, wait)


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--all", "everything", is_flag=True, help="Also everything that no file has yet.")
@click.option("--id", "id", metavar="ID", help="The object that the one ADDRESS is to stand for.")
@click.option("--seeds", is_flag=True, help="Also the documents of memory stores, as seeds.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@output_format("text", "json")
@wait_option
@common
def pull(
    addresses: tuple[str, ...],
    everything: bool,
    id: str | None,
    seeds: bool,
    dry_run: bool,
    form: str,
    wait: float,
    **given: Any,
) -> int:
    """Write what the registry has into the files.

    Without ADDRESSes (kind/name), what drifted: exactly the lines of each field; what is held, only by its
    ADDRESS. What no file has yet gets files and is recorded, an ADDRESS or with --all everything: the plan
    right after is empty.
    """
    from agentops.cli.adopting_choice import Asked
    from agentops.cli.output import Output
    from agentops.cli.pulling import pulled
    from agentops.cli.wiring import open_project, refuse_peers_project

    told = Common.of(given)
    if everything and addresses:
        raise click.UsageError("say what to pull: ADDRESSes, or --all")
    if id is not None and len(addresses) != 1:
        raise click.UsageError("--id belongs to one ADDRESS")
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    asked = Asked(tuple(map(parsed, addresses)), everything, id, seeds, dry_run)
    report = pulled(opened, opened.stage(told.stage), output, asked, wait)
    output.json(report) if form == "json" else output.pulled(report)
    return report.exit_code
