"""``agentops plan``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import choices, chosen
from agentops.cli.options import Common, common, output_format

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
    return choices(_UPGRADE(output_format("text", "json")(command)))


@click.command()
@planning
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `apply --plan`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@common
def plan(upgrade: bool, form: str, out: Path | None, detailed_exitcode: bool, **given: Any) -> int:
    """Show what apply would change, and what moved outside.

    With ADDRESSes (kind/name), only those and what they depend on.
    """
    from agentops.cli.gating import gated
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told, picked = Common.of(given), chosen(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    stage = opened.stage(told.stage)
    planned = planned_now(opened, stage, output, picked, upgrade=upgrade)
    made = gated(opened, stage, output, planned.plan)
    output.json(made) if form == "json" else output.plan(made)
    if out is not None:
        output.save(made, told.directory / out)
        output.note(f"Saved. To apply exactly this: agentops apply --plan {out}")
    if made.blocked:
        return BLOCKED
    return CHANGES if detailed_exitcode and made.changes else 0


def planned_now(
    opened: Opened, stage: Stage, output: Output, choices: Choices, *, upgrade: bool = False
) -> Planned:
    """Load, look and decide."""
    from agentops.cli.wiring import lock_file, look, pinned_fetch, target
    from agentops.engine.operations import plan as make

    store = lock_file(opened, stage)
    desired, diagnostics = opened.desired(stage, pinned_fetch(opened, stage, output, store, upgrade=upgrade))

    async def operation() -> Planned:
        async with target(opened, stage, output, store) as there:
            return await make(there, desired, choices, diagnostics)

    return look(operation)
