"""Plan, ask, apply: one way for every command that changes a stage, or several one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import click

from agentops.cli.deciding import Order, decided

if TYPE_CHECKING:
    import anyio

    from agentops.cli.holding import Holding
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.plan import Plan
    from agentops.domain.report import ApplyReport
    from agentops.engine.operations import Planned

BLOCKED = 3
PARTLY = 4


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


def plan_and_apply(opened: Opened, order: Order, output: Output, consent: Consent, wait: float) -> int:
    """Hold a stage, plan it, show the plan, and apply it if that is agreed to."""
    from agentops.cli.holding import holding
    from agentops.engine.guard import refuse_unexpected_digest

    with holding(opened, order.stage, output, order.store, order.command, wait) as held:
        planned = decided(opened, order, output)
        if consent.form == "text":
            output.plan(planned.plan)
        if planned.plan.blocked:
            if consent.form == "json":
                output.json(planned.plan)
            return BLOCKED
        if consent.expect is not None:
            refuse_unexpected_digest(planned.plan, consent.expect)
        if planned.plan.changes and not agreed(output, planned.plan, consent):
            return 1
        report = _applied(opened, order, planned, held, output, consent)
    return finish(output, report, form=consent.form, quiet=not planned.plan.changes)


def plan_and_apply_each(
    opened: Opened, orders: Sequence[Order], output: Output, consent: Consent, wait: float
) -> int:
    """The same for several stages: all are held, planned and agreed to before the first is applied, and the
    first that fails is the last. As JSON it is a list: what was applied as its report, the rest as plans."""
    from agentops.cli.holding import holding

    with ExitStack() as stack:
        held = [
            stack.enter_context(holding(opened, order.stage, output, order.store, order.command, wait))
            for order in orders
        ]
        planned = [decided(opened, order, output) for order in orders]
        if consent.form == "text":
            output.plans([item.plan for item in planned])
        if any(item.plan.blocked for item in planned):
            if consent.form == "json":
                output.json_list([item.plan for item in planned])
            return BLOCKED
        if not all(agreed(output, item.plan, consent) for item in planned if item.plan.changes):
            return 1
        each = [
            partial(_applied, opened, order, item, hold, output, consent)
            for order, item, hold in zip(orders, planned, held, strict=True)
        ]
        done = _FanOut(output, consent.form, [item.plan for item in planned])
        return done.go_through([*each])


@dataclass(slots=True)
class _FanOut:
    """Applies plans one after the other, and says how far it came."""

    output: Output
    form: str
    plans: Sequence[Plan]

    def go_through(self, each: Sequence[partial[ApplyReport]]) -> int:
        from agentops.cli.failures import as_diagnostics
        from agentops.domain.diagnostics import Stop
        from agentops.domain.ports import RegistryError

        reports: list[ApplyReport] = []
        code = 0
        for plan, apply in zip(self.plans, each, strict=True):
            try:
                report = apply()
            except (Stop, RegistryError) as failure:
                if not reports:
                    raise
                self.output.diagnostics(as_diagnostics(failure))
                code = PARTLY  # what came before it is done
                break
            reports.append(report)
            if self.form == "text":
                self.output.text(f"\n{plan.stage}")
                self.output.applied(report)
            if code := report.exit_code:
                break
        if self.form == "json":
            self.output.json_list([*reports, *self.plans[len(reports) :]])
        self._say_how_far(reports, failed=code != 0)
        return code

    def _say_how_far(self, reports: Sequence[ApplyReport], *, failed: bool) -> None:
        if not failed:
            return
        done = [report.stage for report in reports if report.exit_code == 0]
        left = [plan.stage for plan in self.plans if plan.stage not in done]
        parts = [f"Stopped at {left[0]}."]
        parts += [f"Done: {', '.join(done)}."] if done else []
        parts += [f"Not begun: {', '.join(left[1:])}."] if left[1:] else []
        self.output.note(" ".join(parts))


def _applied(
    opened: Opened, order: Order, planned: Planned, held: Holding, output: Output, consent: Consent
) -> ApplyReport:
    from agentops.cli.process import started_by
    from agentops.cli.wiring import act, now, run_id, target
    from agentops.engine import operations

    if not consent.yes:
        held.renew()  # whoever was asked may have taken an hour over it

    async def carry_out(stop: anyio.Event) -> ApplyReport:
        async with target(opened, order.stage, output, held.store, planned.plan, held.hold, stop) as there:
            with output.progress(len(planned.plan.changes)) as observer:
                return await operations.apply(
                    there, planned, run=run_id(), now=now, by=started_by(), observer=observer, stop=stop
                )

    return act(carry_out, output)


def agreed(output: Output, plan: Plan, consent: Consent) -> bool:
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


def finish(output: Output, report: ApplyReport, *, form: str, quiet: bool) -> int:
    """Print the report; the exit code."""
    if form == "json":
        output.json(report)
    elif not quiet:
        output.text("")
        output.applied(report)
    return report.exit_code
