"""``agentops rollback``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.commands.apply import Consent, plan_and_apply
from agentops.cli.commands.plan import planned_now, shown
from agentops.cli.options import Common, common, output_format, wait_option

if TYPE_CHECKING:
    from agentops.cli.commands.plan import Decide
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.diagnostics import Diagnostic
    from agentops.domain.state import DesiredState
    from agentops.engine.choices import Choices
    from agentops.engine.operations import Planned, Target


@click.command()
@click.argument("address", metavar="ADDRESS")
@click.option(
    "--to",
    required=True,
    metavar="VERSION",
    help="A version as the registry counts them, `previous`, or -2 for the one before that.",
)
@click.option("--with-referrers", is_flag=True, help="Take along what refers to ADDRESS.")
@click.option(
    "--on-drift",
    type=click.Choice(["block", "revert", "keep"]),
    help="What was changed outside: refuse, put back all the same, or leave it (default: the stage's).",
)
@click.option("--plan-only", is_flag=True, help="Show the plan and change nothing.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan for `apply --plan`; change nothing.",
)
@click.option(
    "--expect", metavar="DIGEST", help="Go on only if the plan's change digest is DIGEST (12 digits or more)."
)
@output_format("text", "json")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@wait_option
@common
def rollback(
    address: str,
    to: str,
    with_referrers: bool,
    on_drift: str | None,
    plan_only: bool,
    out: Path | None,
    expect: str | None,
    form: str,
    yes: bool,
    wait: float,
    **given: Any,
) -> int:
    """Put ADDRESS back to an old version: a new version with that content, shown as a plan first.

    The lock remembers it, and the next plan says so instead of undoing it.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project
    from agentops.domain.project import OnDrift
    from agentops.engine.choices import Choices

    only = plan_only or out is not None
    if only and (yes or expect):
        raise click.UsageError("--plan-only and --out change nothing; they take no --yes and no --expect")
    told, where = Common.of(given), parsed(address)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    stage, decide = opened.stage(told.stage), _to_version(opened, where, to)
    picked = Choices(with_referrers=with_referrers, on_drift=OnDrift(on_drift) if on_drift else None)
    if only:
        planned = planned_now(opened, stage, output, picked, decide=decide)
        return shown(output, planned.plan, form, out, told.directory)
    consent = Consent(form, yes, expect, named=True)
    return plan_and_apply(opened, stage, output, picked, consent, wait, command="rollback", decide=decide)


def _to_version(opened: Opened, address: Address, to: str) -> Decide:
    async def decide(
        there: Target, desired: DesiredState, choices: Choices, diagnostics: tuple[Diagnostic, ...]
    ) -> Planned:
        from agentops.engine import operations
        from agentops.engine.history import as_it_was

        lock = await operations.recorded(there)
        found, words = await as_it_was(there.registry, opened.catalog, desired, lock, address, to)
        return await operations.rollback(there, desired, {address: found}, words, choices, diagnostics)

    return decide
