"""``agentops plan``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import choices, chosen
from agentops.cli.options import Common, common, config_from, plan_format

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.project import Stage
    from agentops.engine.choices import Choices
    from agentops.engine.operations import Planned

CHANGES = 2
BLOCKED = 3


_UPGRADE = click.option(
    "--upgrade",
    is_flag=True,
    help="Take skills that are named by a URL at their newest commit; else they stay pinned.",
)


def planning(command: Callable[..., Any]) -> Callable[..., Any]:
    """What plan and apply take alike."""
    return choices(_UPGRADE(config_from(command)))


@click.command()
@planning
@plan_format
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `apply --plan`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@common
def plan(upgrade: bool, form: str, out: Path | None, detailed_exitcode: bool, **given: Any) -> int:
    """Show what apply would change, and what moved outside.

    With ADDRESSes (kind/name), only those and what they depend on.
    """
    from agentops.cli.deciding import by_files, decided
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told, picked = Common.of(given), chosen(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    order = by_files(opened, opened.stage(told.stage), output, picked, upgrade=upgrade)
    planned = decided(opened, order, output)
    output.decided([planned.plan], form)
    if out is not None:
        output.save(planned.plan, told.directory / out)
        output.note(f"Saved. To apply exactly this: agentops apply --plan {out}")
    if planned.plan.blocked:
        return BLOCKED
    return CHANGES if detailed_exitcode and planned.plan.changes else 0


def planned_now(
    opened: Opened, stage: Stage, output: Output, choices: Choices, *, upgrade: bool = False
) -> Planned:
    """Load, look and decide: what there is to do, by the files alone."""
    from agentops.cli.deciding import by_files, looked

    return looked(opened, by_files(opened, stage, output, choices, upgrade=upgrade), output)
