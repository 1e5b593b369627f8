"""``agentops plan``."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import choices, chosen
from agentops.cli.options import Common, common, output_format

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.diagnostics import Diagnostic
    from agentops.domain.plan import Plan
    from agentops.domain.project import Stage
    from agentops.domain.state import DesiredState
    from agentops.engine.choices import Choices
    from agentops.engine.operations import Planned, Target

    Decide = Callable[[Target, DesiredState, Choices, tuple[Diagnostic, ...]], Coroutine[Any, Any, Planned]]

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
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told, picked = Common.of(given), chosen(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    planned = planned_now(opened, opened.stage(told.stage), output, picked, upgrade=upgrade)
    code = shown(output, planned.plan, form, out, told.directory)
    return CHANGES if code == 0 and detailed_exitcode and planned.plan.changes else code


def shown(output: Output, plan: Plan, form: str, out: Path | None, directory: Path) -> int:
    """Print a plan that is not applied now, and save it to ``out``, which is relative to ``directory``."""
    output.json(plan) if form == "json" else output.plan(plan)
    if out is not None:
        output.save(plan, directory / out)
        output.note(f"Saved. To apply exactly this: agentops apply --plan {out}")
    return BLOCKED if plan.blocked else 0


def planned_now(
    opened: Opened,
    stage: Stage,
    output: Output,
    choices: Choices,
    *,
    upgrade: bool = False,
    decide: Decide | None = None,
) -> Planned:
    """Load, look and decide. ``decide`` makes another plan than that of the files."""
    from agentops.cli.wiring import lock_file, look, pinned_fetch, target
    from agentops.engine.operations import plan as make

    store = lock_file(opened, stage)
    desired, diagnostics = opened.desired(stage, pinned_fetch(opened, stage, output, store, upgrade=upgrade))

    async def operation() -> Planned:
        async with target(opened, stage, output, store) as there:
            return await (decide or make)(there, desired, choices, diagnostics)

    return look(operation)
