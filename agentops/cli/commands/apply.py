"""``agentops apply`` and ``agentops destroy``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import anything_chosen, chosen, parsed, removals
from agentops.cli.commands.plan import BLOCKED, planning
from agentops.cli.options import Common, common, output_format, wait_option

if TYPE_CHECKING:
    import anyio

    from agentops.cli.commands.plan import Decide
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.plan import Plan
    from agentops.domain.project import Stage
    from agentops.domain.report import ApplyReport
    from agentops.engine.choices import Choices
    from agentops.engine.operations import Planned

_YES = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to before there was a plan to look at.

    expect: the change digest that was reviewed. confirm: what may be removed for good. named: all of it,
    because the command that was given says so by its name and that of the stage.
    """

    form: str
    yes: bool = False
    expect: str | None = None
    confirm: frozenset[Address] = frozenset()
    named: bool = False


@click.command()
@planning
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
    return plan_and_apply(opened, stage, output, picked, consent, wait, upgrade=upgrade)


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
    stage, consent = opened.stage(told.stage), Consent(form, yes, named=True)
    return plan_and_apply(opened, stage, output, picked, consent, wait, command="destroy")


def plan_and_apply(
    opened: Opened,
    stage: Stage,
    output: Output,
    picked: Choices,
    consent: Consent,
    wait: float,
    *,
    upgrade: bool = False,
    command: str = "apply",
    decide: Decide | None = None,
) -> int:
    """Make a plan, show it, ask, carry it out. ``decide`` makes another plan than that of the files."""
    from agentops.cli.holding import holding
    from agentops.cli.process import started_by
    from agentops.cli.wiring import act, lock_file, look, now, pinned_fetch, run_id, target
    from agentops.engine import operations
    from agentops.engine.guard import refuse_unexpected_digest

    store = lock_file(opened, stage, command)
    # What is removed need not be fetched first.
    fetch = None if picked.destroy else pinned_fetch(opened, stage, output, store, upgrade=upgrade)
    desired, diagnostics = opened.desired(stage, fetch)

    async def decided() -> Planned:
        async with target(opened, stage, output, store) as there:
            return await (decide or operations.plan)(there, desired, picked, diagnostics)

    with holding(opened, stage, output, store, command, wait) as held:
        planned = look(decided)
        if consent.form == "text":
            output.plan(planned.plan)
        if planned.plan.blocked:
            if consent.form == "json":
                output.json(planned.plan)
            return BLOCKED
        if consent.expect is not None:
            refuse_unexpected_digest(planned.plan, consent.expect)
        if planned.plan.changes and not _agreed(output, planned.plan, consent):
            return 1
        if not consent.yes:
            held.renew()  # whoever was asked may have taken an hour over it

        async def carry_out(stop: anyio.Event) -> ApplyReport:
            async with target(opened, stage, output, held.store, planned.plan, held.hold, stop) as there:
                with output.progress(len(planned.plan.changes)) as observer:
                    return await operations.apply(
                        there, planned, run=run_id(), now=now, by=started_by(), observer=observer, stop=stop
                    )

        report = act(carry_out, output)
    return _finish(output, report, form=consent.form, quiet=not planned.plan.changes)


def _apply_saved(
    opened: Opened, told: Common, output: Output, path: Path, consent: Consent, wait: float
) -> int:
    from agentops.cli.holding import holding
    from agentops.cli.process import started_by
    from agentops.cli.wiring import act, lock_file, now, run_id, target
    from agentops.domain.plan import Plan
    from agentops.engine import operations
    from agentops.engine.guard import refuse_unexpected_digest

    saved = Plan.load((told.directory / path).read_bytes(), str(path))
    stage = opened.stage(told.stage or saved.stage)
    if consent.form == "text":
        output.plan(saved)
    if consent.expect is not None:
        refuse_unexpected_digest(saved, consent.expect)
    if saved.changes and not saved.blocked and not _agreed(output, saved, consent):
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
    return _finish(output, report, form=consent.form, quiet=not saved.changes)


def _agreed(output: Output, plan: Plan, consent: Consent) -> bool:
    """Ask on a terminal; without one nobody can answer, and nothing is done unless `--yes` says so. What
    cannot be undone takes a name, there as here.

    Raises:
        Blocked: there is nobody to ask, or nobody named what is to be removed.
    """
    from agentops.domain.diagnostics import Blocked, Code, error
    from agentops.engine.guard import refuse_unconfirmed

    asks = output.interactive and consent.form != "json"  # nobody can agree to what was not shown
    if consent.yes:
        if not consent.named and consent.expect is None:
            refuse_unconfirmed(plan, consent.confirm)
        return True
    if not asks:
        raise Blocked(
            error(
                Code.NEEDS_CONFIRMATION,
                "nobody can be asked here, and nothing was changed",
                "review the plan and apply it with `--yes`; "
                f"`--expect {plan.change_digest[:12]}` binds it to what was reviewed",
            )
        )
    if (removed := sum(change.action.removes for change in plan.changes)) == 0:
        return click.confirm(f"Apply this to stage {plan.stage}?", default=False, err=True)
    question = f"This removes {removed} for good. To apply it, type the name of the stage ({plan.stage})"
    return click.prompt(question, default="", show_default=False, err=True).strip() == plan.stage


def _finish(output: Output, report: ApplyReport, *, form: str, quiet: bool) -> int:
    if form == "json":
        output.json(report)
    elif not quiet:
        output.text("")
        output.applied(report)
    return report.exit_code
