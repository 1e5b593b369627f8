"""``agentops show``: a saved plan in another form, on any machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from agentops.cli.options import Common, common, output_format

if TYPE_CHECKING:
    from agentops.domain.plan import Plan

LEAST = 1_000
"""Characters that a review needs for its numbers and for what was left out."""


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@output_format("text", "json", "markdown", "html")
@click.option(
    "--limit",
    type=click.IntRange(min=LEAST),
    metavar="N",
    help="Markdown: at most N characters, the riskiest first (default: 65536, what GitHub takes).",
)
@click.option("--marker", metavar="TEXT", help="Markdown: a hidden first line to find the comment by.")
@click.option("--where", metavar="TEXT", help="Markdown: where the whole is, for the case that it is cut.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write into this file instead of printing."
)
@common
@click.pass_context
def show(
    context: click.Context,
    /,
    files: tuple[Path, ...],
    form: str,
    limit: int | None,
    marker: str | None,
    where: str | None,
    out: Path | None,
    **given: Any,
) -> int:
    """Show saved plans: one FILE, or one of each stage as one review.

    Needs nothing but the FILEs: no project, no registry, no network.
    """
    from agentops.cli.output import Output, Wrapping

    if context.get_parameter_source("stage") is ParameterSource.COMMANDLINE:
        raise click.UsageError("a saved plan knows its stage; show takes no --stage")
    if form != "markdown" and any(it is not None for it in (limit, marker, where)):
        raise click.UsageError("--limit, --marker and --where go with --format markdown")
    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    plans = _loaded(files, told.directory)
    wrapping = Wrapping(limit or Wrapping.limit, marker or "", where or "")
    if out is None:
        output.decided(plans, form, wrapping)
    else:
        output.save_text(lambda there: there.decided(plans, form, wrapping), told.directory / out)
    return 0


def _loaded(files: tuple[Path, ...], directory: Path) -> list[Plan]:
    from agentops.domain.plan import Plan

    plans = [Plan.load((directory / file).read_bytes(), str(file)) for file in files]
    first = plans[0]
    for number, plan in enumerate(plans):
        if plan.project != first.project:
            raise click.UsageError(
                f"one review is of one project; these are {first.project} and {plan.project}"
            )
        if plan.stage in {other.stage for other in plans[:number]}:
            raise click.UsageError(f"one review has one plan of each stage; there are two of {plan.stage}")
    return plans
