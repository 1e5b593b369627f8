"""When deployments start: times that a day does not have, and far more often than meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from agentops.domain.diagnostics import Severity
from agentops.domain.fleet import Fleet
from agentops.policy.options import number
from agentops.policy.rule import Finding, Options, Rule

_FILES = {
    "agents/reporter.yaml": "model: claude-opus-5-5\n"
    "system: You write the report of the day from the figures in /workspace.\n"
    "tools: [read, write]\n",
    "environments/sandbox.yaml": "config:\n  type: cloud\n  networking: {type: limited, allowed_hosts: []}\n",
}


def _deployment(expression: str, zone: str) -> str:
    return (
        "agent: ../agents/reporter.yaml\n"
        "environment_id: ../environments/sandbox.yaml\n"
        f'schedule: {{type: cron, expression: "{expression}", timezone: {zone}}}\n'
        'budget: {type: limit, max_list_cost: {amount: "500", currency: USD}}\n'
        "initial_events:\n"
        "  - {type: user.message, content: [{type: text, text: Write the report.}]}\n"
    )


def _clocks(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        schedule = member.surface.schedule
        if schedule is not None and schedule.trap:
            yield Finding(member.address, schedule.trap, schedule.trap_advice, (*schedule.path, "expression"))


_A_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday. Only how close runs lie together is asked for, so any day will do."""


def _often(fleet: Fleet, options: Options) -> Iterator[Finding]:
    most = OFTEN.option("most", options)
    for member in fleet:
        schedule = member.surface.schedule
        if schedule is None:
            continue
        runs = schedule.runs(_A_DAY, most + 1)
        if len(runs) > most and runs[most] - runs[0] < timedelta(hours=1):
            yield Finding(
                member.address,
                f"'{schedule.expression}' starts more than {most} sessions within an hour",
                "the first field is the minute: `0 * * * *` is once an hour, `0 6 * * *` once a day",
                (*schedule.path, "expression"),
            )


CLOCKS = Rule(
    id="AO145",
    name="hour-of-the-clock-change",
    severity=Severity.WARNING,
    why=(
        "Schedules go by the clock on the wall. In most zones one night a year has no 02:30 and another has "
        "it twice, so the run is left out in spring and doubled in autumn: no report, or two invoices. It "
        "is found half a year after it was written."
    ),
    example={**_FILES, "deployments/report.yaml": _deployment("30 2 * * *", "Europe/Berlin")},
    fix={"deployments/report.yaml": _deployment("30 4 * * *", "Europe/Berlin")},
    check=_clocks,
)

OFTEN = Rule(
    id="AO146",
    name="starts-very-often",
    severity=Severity.WARNING,
    why=(
        "`* * * * *` looks like a placeholder and means 1,440 sessions a day, each with its own sandbox and "
        "its own budget. They overlap, write the same memory, and run into the limit of sessions that may "
        "be created."
    ),
    example={**_FILES, "deployments/report.yaml": _deployment("* 6 * * *", "UTC")},
    fix={"deployments/report.yaml": _deployment("0 6 * * *", "UTC")},
    check=_often,
    options={"most": number(12, "How many sessions a deployment may start within an hour.")},
)

RULES = (CLOCKS, OFTEN)
