"""``agentops graph``: what refers to what, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.options import Common, common, output_format

if TYPE_CHECKING:
    from agentops.domain.view import Relations


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--plan",
    "saved",
    type=click.Path(path_type=Path, dir_okay=False, exists=False),
    metavar="FILE",
    help="Draw what a saved plan changes instead.",
)
@click.option("--fenced", is_flag=True, help="Mermaid as a code block, to paste into Markdown.")
@output_format("mermaid", "dot")
@common
def graph(addresses: tuple[str, ...], saved: Path | None, fenced: bool, form: str, **given: Any) -> int:
    """Draw what refers to what in a stage, offline.

    As Mermaid, which GitHub draws, or as DOT for Graphviz.

    With ADDRESSes (kind/name), only those, what they need and who refers to them.
    """
    from agentops.cli.output import Output
    from agentops.domain.diagnostics import Code, Stop, did_you_mean, error
    from agentops.domain.view import graph_views
    from agentops.kinds import CATALOG

    if fenced and form != "mermaid":
        raise click.UsageError("--fenced is for Mermaid: leave --format out")
    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    chosen = [parsed(text) for text in addresses]
    found = _planned(told, saved) if saved is not None else _asked_for(told)
    for address in chosen:
        if address not in found.seen:
            where = f"{saved} has no {address}" if saved is not None else f"no file declares {address}"
            raise Stop(
                error(Code.BROKEN_REFERENCE, where, did_you_mean(address, found.seen), address=address)
            )
    output.graph(graph_views(found.around(chosen) if chosen else found, CATALOG, chosen), form, fenced=fenced)
    return 0


def _asked_for(told: Common) -> Relations:
    from agentops.cli.wiring import open_project
    from agentops.domain.view import relations

    opened = open_project(told)
    stage = opened.stage(told.stage)
    desired, _ = opened.desired(stage)
    return relations(desired, opened.catalog, stage.external)


def _planned(told: Common, saved: Path) -> Relations:
    from agentops.domain.plan import Plan
    from agentops.domain.view import relations_of_plan
    from agentops.domain.view.review import review_of_plans

    plan = Plan.load((told.directory / saved).read_bytes(), str(saved))
    (stage,) = review_of_plans([plan]).stages
    return relations_of_plan(stage.title, stage.picture)
