"""``agentops apply`` and ``agentops destroy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.commands.plan import BLOCKED, choices, chosen
from agentops.cli.options import Common, common, output_format

if TYPE_CHECKING:
    import anyio

    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.plan import Plan
    from agentops.domain.project import Stage
    from agentops.domain.report import ApplyReport
    from agentops.engine.operations import Planned
    from agentops.engine.choices import Choices


@click.command()
@choices
@click.option(
    "--plan", "saved", type=click.Path(path_type=Path, dir_okay=False), help="Apply this saved plan."
)
@click.option(
    "--expect", metavar="DIGEST", help="Apply only if the plan's change digest is DIGEST (12 digits or more)."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@common
def apply(
    addresses: tuple[str, ...],
    recreate: tuple[str, ...],
    rotate: tuple[str, ...],
    upgrade: bool,
    with_referrers: bool,
    form: str,
    saved: Path | None,
    expect: str | None,
    yes: bool,
    **given: Any,
) -> int:
    """Bring the registry to what the files ask for, and record it in the lock.

    Without --plan a plan is made and shown first.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told = Common.of(given)
    if saved is not None and (addresses or recreate or rotate or upgrade or with_referrers):
        raise click.UsageError("--plan applies what was saved; it takes no ADDRESS and no option of a plan")
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    if saved is not None:
        return _apply_saved(opened, told, output, saved, expect, form=form, yes=yes)
    picked = chosen(addresses, recreate, rotate, with_referrers)
    stage = opened.stage(told.stage)
    return _plan_and_apply(opened, stage, output, picked, expect, form=form, yes=yes, upgrade=upgrade)


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@output_format("text", "json")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@common
def destroy(addresses: tuple[str, ...], form: str, yes: bool, **given: Any) -> int:
    """Archive or delete what a stage manages; never what is protected.

    With ADDRESSes, only those and what belongs to them or refers to them. The stage must be named.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    if told.stage is None and opened.project.explicit:
        raise click.UsageError("say which stage to destroy: add --stage")
    refuse_peers_project(opened)
    picked = chosen(addresses, destroy=True)
    return _plan_and_apply(opened, opened.stage(told.stage), output, picked, None, form=form, yes=yes)


def _plan_and_apply(
    opened: Opened,
    stage: Stage,
    output: Output,
    picked: Choices,
    expect: str | None,
    *,
    form: str,
    yes: bool,
    upgrade: bool = False,
) -> int:
    from agentops.cli.wiring import act, lock_file, look, now, pinned_fetch, run_id, target
    from agentops.engine import operations
    from agentops.engine.guard import refuse_unexpected_digest

    store = lock_file(opened, stage, "destroy" if picked.destroy else "apply")
    # What is removed need not be fetched first.
    fetch = None if picked.destroy else pinned_fetch(opened, store.read(), upgrade=upgrade)
    desired, diagnostics = opened.desired(stage, fetch)

    async def decide() -> Planned:
        async with target(opened, stage, output, store) as there:
            return await operations.plan(there, desired, picked, diagnostics)

    with store.hold():
        planned = look(decide)
        if form == "text":
            output.plan(planned.plan)
        if planned.plan.blocked:
            if form == "json":
                output.json(planned.plan)
            return BLOCKED
        if expect is not None:
            refuse_unexpected_digest(planned.plan, expect)
        if planned.plan.changes and not _agreed(output, planned.plan, form=form, yes=yes):
            return 1

        async def carry_out(stop: anyio.Event) -> ApplyReport:
            async with target(opened, stage, output, store, planned.plan) as there:
                with output.progress(len(planned.plan.changes)) as observer:
                    return await operations.apply(
                        there, planned, run=run_id(), now=now, observer=observer, stop=stop
                    )

        report = act(carry_out, output)
    return _finish(output, report, form=form, quiet=not planned.plan.changes)


def _apply_saved(
    opened: Opened, told: Common, output: Output, path: Path, expect: str | None, *, form: str, yes: bool
) -> int:
    from agentops.cli.wiring import act, lock_file, now, run_id, target
    from agentops.domain.plan import Plan
    from agentops.engine import operations
    from agentops.engine.guard import refuse_unexpected_digest

    saved = Plan.load((told.directory / path).read_bytes(), str(path))
    stage = opened.stage(told.stage or saved.stage)
    if form == "text":
        output.plan(saved)
    if expect is not None:
        refuse_unexpected_digest(saved, expect)
    if saved.changes and not saved.blocked and not _agreed(output, saved, form=form, yes=yes):
        return 1
    store = lock_file(opened, stage, "apply")

    async def carry_out(stop: anyio.Event) -> ApplyReport:
        async with target(opened, stage, output, store, saved) as there:
            with output.progress(len(saved.changes)) as observer:
                return await operations.apply_saved(
                    there, saved, run=run_id(), now=now, observer=observer, stop=stop
                )

    with store.hold():
        report = act(carry_out, output)
    return _finish(output, report, form=form, quiet=not saved.changes)


def _agreed(output: Output, plan: Plan, *, form: str, yes: bool) -> bool:
    """Ask on a terminal; without one nobody can answer, and nothing is done unless `--yes` says so.

    Raises:
        Blocked: there is nobody to ask.
    """
    from agentops.domain.diagnostics import Blocked, Code, error

    if yes:
        return True
    if not output.interactive or form == "json":  # nobody can agree to what was not shown
        raise Blocked(
            error(
                Code.NEEDS_CONFIRMATION,
                "nobody can be asked here, and nothing was changed",
                "review the plan and apply it with `--yes`; "
                f"`--expect {plan.change_digest[:12]}` binds it to what was reviewed",
            )
        )
    return click.confirm(f"Apply this to stage {plan.stage}?", default=False, err=True)


def _finish(output: Output, report: ApplyReport, *, form: str, quiet: bool) -> int:
    if form == "json":
        output.json(report)
    elif not quiet:
        output.text("")
        output.applied(report)
    return report.exit_code
