"""``agentops diff``: what differs, without a network."""

from __future__ import annotations

import re
from typing import Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.options import Common, common, output_format

DIFFERENCES = 2


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--stages", metavar="A..B", help="Compare what the files ask for in stage A and in stage B.")
@click.option("--exit-code", is_flag=True, help="Exit with 2 where something differs.")
@output_format("text", "json")
@common
def diff(addresses: tuple[str, ...], stages: str | None, exit_code: bool, form: str, **given: Any) -> int:
    """Show what differs between two stages, offline.

    With ADDRESSes (kind/name), only those. Everything is as it would be sent: overrides, variables, defaults
    and names of each stage applied, references as addresses.

    Exits with 0 whether or not something differs, unless --exit-code says otherwise.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project
    from agentops.engine.compare import Compared, compare

    told = Common.of(given)
    names = _two(stages)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    both = [opened.stage(name) for name in names]
    states, diagnostics = opened.desired_in(both)
    before, after = (
        Compared(stage.name, state, {id: str(address) for address, id in stage.external.items()})
        for stage, state in zip(both, states, strict=True)
    )
    chosen = [parsed(text) for text in addresses]
    found = compare(opened.catalog, before, after, chosen, diagnostics)
    output.json(found) if form == "json" else output.comparison(found)
    return DIFFERENCES if exit_code and found.differs else 0


def _two(stages: str | None) -> tuple[str, str]:
    if stages is None:
        raise click.UsageError("say what to compare: --stages staging..prod")
    if (found := re.fullmatch(r"([^.]+)\.\.([^.]+)", stages.strip())) is None:
        raise click.UsageError(f"--stages: '{stages}' is not two stages; write staging..prod")
    return found[1], found[2]
