"""Deployments that start by themselves: whether they come to an end, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import Severity, listed
from agentops.domain.fleet import Fleet
from agentops.domain.surface import REST, From, Tool
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.sessions import Sessions, of_whom, sessions

_ENVIRONMENT = (
    "config:\n  type: cloud\n  networking: {type: limited, allowed_hosts: [], allow_mcp_servers: true}\n"
)
_BUDGET = 'budget: {type: limit, max_list_cost: {amount: "500", currency: USD}}\n'
_NIGHTLY = (
    "agent: ../agents/triage.yaml\n"
    "environment_id: ../environments/sandbox.yaml\n"
    'schedule: {type: cron, expression: "30 4 * * *", timezone: Europe/Berlin}\n'
    "initial_events:\n"
    "  - {type: user.message, content: [{type: text, text: Sort what is new.}]}\n"
)
_HEAD = (
    "model: claude-opus-5-5\n"
    "system: You sort incoming issues, and pass each to the team that can solve it.\n"
    "tools:\n"
)


def _scheduled(fleet: Fleet) -> Iterator[Sessions]:
    return (it for it in sessions(fleet) if it.deployment.surface.schedule is not None)


def _stops(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for it in _scheduled(fleet):
        asking = [f"{_name(tool)}{of_whom(member, it.agent)}" for member, tool in it.tools if tool.asks]
        if asking:
            yield Finding(
                it.deployment.address,
                f"it starts by schedule, and stops at {listed(asking, 3)} until somebody says yes",
                "write `permission: always_allow` at what may run unwatched, and take out the others",
                ("agent",),
            )


def _name(tool: Tool) -> str:
    if tool.origin is not From.MCP:
        return tool.name
    return f"any tool of '{tool.server}'" if tool.name == REST else f"'{tool.name}' of '{tool.server}'"


def _waits(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for it in _scheduled(fleet):
        custom = [
            f"'{tool.name}'{of_whom(member, it.agent)}"
            for member, tool in it.tools
            if tool.origin is From.CUSTOM
        ]
        if custom:
            yield Finding(
                it.deployment.address,
                f"it starts by schedule, and waits at {listed(custom, 3)} until a program of yours answers",
                "have one listen for sessions that nobody started (webhook `session.requires_action`)",
                ("agent",),
            )


def _unlimited(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        if member.surface.schedule is not None and member.surface.budget is None:
            yield Finding(
                member.address,
                "it starts by schedule, and nothing limits what a run costs",
                'write `budget: {type: limit, max_list_cost: {amount: "500", currency: USD}}` ($5.00 a run)',
                ("schedule",),
            )


STOPS = Rule(
    id="AO140",
    name="unattended-and-asking",
    severity=Severity.WARNING,
    why=(
        "A tool with `always_ask` ends the session's turn until a person answers, and MCP tools ask unless "
        "told otherwise. At four in the morning nobody answers: the run is neither failed nor done, and "
        "what it was for does not happen."
    ),
    example={
        "agents/triage.yaml": f"{_HEAD}"
        "  - {mcp: linear, url: https://mcp.linear.app/mcp, allow: [list_issues]}\n",
        "environments/sandbox.yaml": _ENVIRONMENT,
        "deployments/nightly.yaml": _NIGHTLY + _BUDGET,
    },
    fix={
        "agents/triage.yaml": f"{_HEAD}"
        "  - mcp: linear\n"
        "    url: https://mcp.linear.app/mcp\n"
        "    allow: [list_issues]\n"
        "    permission: always_allow\n",
    },
    check=_stops,
)

WAITS = Rule(
    id="AO141",
    name="unattended-custom-tool",
    severity=Severity.NOTE,
    why=(
        "A custom tool is executed by whoever runs the session. A schedule has nobody who does: unless a "
        "service of yours follows the sessions that it starts, the first call waits for ever."
    ),
    example={
        "agents/triage.yaml": f"{_HEAD}"
        "  - type: custom\n"
        "    name: list_issues\n"
        "    description: List the issues that nobody has sorted yet, oldest first.\n"
        "    input_schema: {type: object}\n",
        "environments/sandbox.yaml": _ENVIRONMENT,
        "deployments/nightly.yaml": _NIGHTLY + _BUDGET,
    },
    fix={
        "agents/triage.yaml": f"{_HEAD}"
        "  - mcp: linear\n"
        "    url: https://mcp.linear.app/mcp\n"
        "    allow: [list_issues]\n"
        "    permission: always_allow\n",
    },
    check=_waits,
)

UNLIMITED = Rule(
    id="AO142",
    name="no-budget",
    severity=Severity.WARNING,
    why=(
        "A run that goes in circles costs as much as it is let. On a schedule it does so again every night, "
        "and the first who notices is whoever reads the bill. A budget ends the run at a sum that somebody "
        "chose."
    ),
    example={
        "agents/triage.yaml": f"{_HEAD}  - read\n",
        "environments/sandbox.yaml": _ENVIRONMENT,
        "deployments/nightly.yaml": _NIGHTLY,
    },
    fix={"deployments/nightly.yaml": _NIGHTLY + _BUDGET},
    check=_unlimited,
)

RULES = (STOPS, WAITS, UNLIMITED)
