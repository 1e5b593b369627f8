"""``agentops plan``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.options import Common, common, output_format

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.project import Stage
    from agentops.engine.operations import Planned
    from agentops.engine.choices import Choices

CHANGES = 2
BLOCKED = 3


def choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """What plan and apply take alike."""
    for option in reversed(
        (
            click.argument("addresses", nargs=-1, metavar="[ADDRESS]..."),
            click.option(
                "--recreate",
                multiple=True,
                metavar="ADDRESS",
                help="Create ADDRESS anew although its recorded ID is gone or archived.",
            ),
            click.option(
                "--rotate",
                multiple=True,
                metavar="ADDRESS",
                help="Send the secrets of ADDRESS again, in place; say so when one of them has changed.",
            ),
            click.option(
                "--upgrade",
                is_flag=True,
                help="Take skills that are named by a URL at their newest commit; else they stay pinned.",
            ),
            click.option(
                "--with-referrers", is_flag=True, help="Take along what refers to the selected addresses."
            ),
            output_format("text", "json"),
        )
    ):
        command = option(command)
    return command


@click.command()
@choices
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan for `apply --plan`."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@common
def plan(
    addresses: tuple[str, ...],
    recreate: tuple[str, ...],
    rotate: tuple[str, ...],
    upgrade: bool,
    with_referrers: bool,
    form: str,
    out: Path | None,
    detailed_exitcode: bool,
    **given: Any,
) -> int:
    """Show what apply would change, and what moved outside.

    With ADDRESSes (kind/name), only those and what they depend on.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    picked = chosen(addresses, recreate, rotate, with_referrers)
    planned = planned_now(opened, opened.stage(told.stage), output, picked, upgrade=upgrade)
    output.json(planned.plan) if form == "json" else output.plan(planned.plan)
    if out is not None:
        output.save(planned.plan, told.directory / out)
        output.note(f"Saved. To apply exactly this: agentops apply --plan {out}")
    if planned.plan.blocked:
        return BLOCKED
    return CHANGES if detailed_exitcode and planned.plan.changes else 0


def chosen(
    addresses: tuple[str, ...],
    recreate: tuple[str, ...] = (),
    rotate: tuple[str, ...] = (),
    with_referrers: bool = False,
    destroy: bool = False,
) -> Choices:
    from agentops.engine.choices import Choices

    return Choices(
        select=tuple(parsed(text) for text in addresses),
        with_referrers=with_referrers,
        recreate=frozenset(parsed(text) for text in recreate),
        rotate=frozenset(parsed(text) for text in rotate),
        destroy=destroy,
    )


def parsed(text: str) -> Any:
    """An address from the command line. Raises click.UsageError for what is none."""
    from agentops.domain.address import Address

    try:
        return Address.parse(text)
    except ValueError as mistake:
        raise click.UsageError(str(mistake)) from None


def planned_now(
    opened: Opened, stage: Stage, output: Output, choices: Choices, *, upgrade: bool = False
) -> Planned:
    """Load, look and decide."""
    from agentops.cli.wiring import lock_file, look, pinned_fetch, target
    from agentops.engine.operations import plan as make

    store = lock_file(opened, stage)
    desired, diagnostics = opened.desired(stage, pinned_fetch(opened, store.read(), upgrade=upgrade))

    async def operation() -> Planned:
        async with target(opened, stage, output, store) as there:
            return await make(there, desired, choices, diagnostics)

    return look(operation)
