"""``agentops apply`` and ``agentops destroy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.applying import BLOCKED, Consent, agreed, finish, plan_and_apply
from agentops.cli.choosing import anything_chosen, chosen, parsed, removals
from agentops.cli.commands.plan import planning
from agentops.cli.deciding import by_files
from agentops.cli.options import Common, common, output_format, wait_option

if TYPE_CHECKING:
    import anyio

    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.report import ApplyReport

_YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@click.command()
@planning
@output_format("text", "json")
@click.option(
    "--plan", "saved", type=click.Path(path_type=Path, dir_okay=False), help="Apply this saved plan."
)
@click.option(
    "--expect", metavar="DIGEST", help="Apply only if the plan's change digest is DIGEST (12 digits or more)."
)
@click.option(
    "--confirm",
    multiple=True,
    metavar="ADDRESS",
    help="ADDRESS may be archived or deleted for good; --plan and --expect confirm what they hold.",
)
@_YES
@wait_option
@common
def apply(
    upgrade: bool,
    form: str,
    saved: Path | None,
    expect: str | None,
    confirm: tuple[str, ...],
    yes: bool,
    wait: float,
    **given: Any,
) -> int:
    """Bring the registry to what the files ask for, and record it in the lock.

    Without --plan a plan is made and shown first.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told = Common.of(given)
    if saved is not None and (upgrade or anything_chosen(given)):
        raise click.UsageError("--plan applies what was saved; it takes no ADDRESS and no option of a plan")
    picked = chosen(given)
    consent = Consent(form, yes, expect, frozenset(map(parsed, confirm)), named=saved is not None)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    if saved is not None:
        return _apply_saved(opened, told, output, saved, consent, wait)
    stage = opened.stage(told.stage)
    order = by_files(opened, stage, output, picked, command="apply", upgrade=upgrade)
    return plan_and_apply(opened, order, output, consent, wait)


@click.command()
@removals
@output_format("text", "json")
@_YES
@wait_option
@common
def destroy(form: str, yes: bool, wait: float, **given: Any) -> int:
    """Archive or delete what a stage manages; never what is protected.

    With ADDRESSes, only those and what belongs to them or refers to them. The stage must be named.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told, picked = Common.of(given), chosen(given, destroy=True)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    if told.stage is None and opened.project.explicit:
        raise click.UsageError("say which stage to destroy: add --stage")
    refuse_peers_project(opened)
    order = by_files(opened, opened.stage(told.stage), output, picked, command="destroy")
    return plan_and_apply(opened, order, output, Consent(form, yes, named=True), wait)


def _apply_saved(
    opened: Opened, told: Common, output: Output, path: Path, consent: Consent, wait: float
) -> int:
    from agentops.cli.gating import gated
    from agentops.cli.holding import holding
    from agentops.cli.process import started_by
    from agentops.cli.wiring import act, lock_file, now, run_id, target
    from agentops.domain.plan import Plan
    from agentops.engine import operations
    from agentops.engine.guard import refuse_unexpected_digest

    saved = Plan.load((told.directory / path).read_bytes(), str(path))
    stage = opened.stage(told.stage or saved.stage)
    saved = gated(opened, stage, output, saved)
    if consent.form == "text":
        output.plan(saved)
    if saved.blocked:
        if consent.form == "json":
            output.json(saved)
        return BLOCKED
    if consent.expect is not None:
        refuse_unexpected_digest(saved, consent.expect)
    if saved.changes and not agreed(output, saved, consent):
        return 1
    store = lock_file(opened, stage, "apply")

    async def carry_out(stop: anyio.Event) -> ApplyReport:
        async with target(opened, stage, output, held.store, saved, held.hold, stop) as there:
            with output.progress(len(saved.changes)) as observer:
                return await operations.apply_saved(
                    there, saved, run=run_id(), now=now, by=started_by(), observer=observer, stop=stop
                )

    with holding(opened, stage, output, store, "apply", wait) as held:
        report = act(carry_out, output)
    return finish(output, report, form=consent.form, quiet=not saved.changes)
