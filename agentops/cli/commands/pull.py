"""``agentops import`` and ``agentops pull``: from a registry to files and the lock."""

from __future__ import annotations

from typing import Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.options import Common, common, wait_option


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
@click.option("--all", "everything", is_flag=True, help="Everything that nothing manages.")
@click.option("--id", "id", metavar="ID", help="The object that the one ADDRESS is to stand for.")
@click.option("--seeds", is_flag=True, help="Also the documents of memory stores, as seeds.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@wait_option
@common
def pull(
    addresses: tuple[str, ...],
    everything: bool,
    id: str | None,
    seeds: bool,
    dry_run: bool,
    wait: float,
    **given: Any,
) -> int:
    """Write what the registry has into files, and record it: the plan right after is empty.

    With ADDRESSes (kind/name) those, with --all everything in the workspace that no lock entry has.
    """
    from agentops.cli.adopting import adopt_all
    from agentops.cli.adopting_choice import Asked
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project

    told = Common.of(given)
    if everything == bool(addresses):
        raise click.UsageError("say what to pull: ADDRESSes, or --all")
    if id is not None and len(addresses) != 1:
        raise click.UsageError("--id belongs to one ADDRESS")
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    asked = Asked(tuple(map(parsed, addresses)), id, seeds, dry_run)
    return adopt_all(opened, opened.stage(told.stage), output, asked, wait)
