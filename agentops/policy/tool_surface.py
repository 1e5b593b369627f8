"""How much an agent can do: how many tools, and which of them nobody has chosen."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import Severity, listed
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import REST, From, Power, Tool
from agentops.policy.options import number
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.sessions import enabled, of_whom, sessions, unasked

_AGENT = "agents/triage.yaml"


def _too_many(fleet: Fleet, options: Options) -> Iterator[Finding]:
    most = TOO_MANY.option("most", options)
    for member in fleet:
        tools = [tool for tool in enabled(member) if tool.origin is From.CUSTOM]
        if len(tools) > most:
            yield Finding(
                member.address,
                f"{len(tools)} custom tools, more than {most}",
                "give groups of them to agents of their own, and name those in `multiagent`",
                tools[most].path,
            )


def _everything(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        if (path := _whole_toolset(member)) is not None:
            yield Finding(
                member.address,
                "all built-in tools are enabled, bash and the web among them",
                "list the tools that it needs, e.g. `tools: [read, grep]`",
                path,
            )
        for tool in _rest_of_servers(member):
            if not unasked(tool):
                yield Finding(
                    member.address,
                    f"all tools of the MCP server '{tool.server}' are enabled, those of tomorrow too",
                    f"list what it needs: `- {{mcp: {tool.server}, allow: […]}}`",
                    tool.path,
                )


def _whole_toolset(member: Member) -> tuple[str | int, ...] | None:
    """The path of a toolset of which nothing is left out, and not every tool is written down."""
    tools = [tool for tool in member.surface.tools.values() if tool.origin is From.BUILTIN]
    if not all(tool.enabled for tool in tools):
        return None
    return next((tool.path for tool in tools if "configs" not in tool.path), None)


def _rest_of_servers(member: Member) -> Iterator[Tool]:
    return (tool for tool in enabled(member) if tool.origin is From.MCP and tool.name == REST)


def _unlisted_unasked(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        for tool in _rest_of_servers(member):
            if unasked(tool):
                yield Finding(
                    member.address,
                    f"any tool of the MCP server '{tool.server}' runs unasked, those it adds tomorrow too",
                    f"list those that may: `- {{mcp: {tool.server}, allow: […], permission: always_allow}}`",
                    tool.path,
                )


def _open_shell(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for it in sessions(fleet):
        network = it.environment.surface.network if it.environment is not None else None
        if network is None or not network.managed or not network.unrestricted or it.environment is None:
            continue
        running = [
            f"{tool.name}{of_whom(member, it.agent)}"
            for member, tool in it.tools
            if Power.RUN in tool.powers and unasked(tool)
        ]
        if running:
            yield Finding(
                it.deployment.address,
                f"{listed(running, 3)} runs any command unasked, in a sandbox that reaches every host",
                f"limit the network of {it.environment.address} (`networking: {{type: limited, "
                "allowed_hosts: […]}`), or let the tool ask",
                ("environment_id",),
            )


TOO_MANY = Rule(
    id="AO101",
    name="too-many-custom-tools",
    severity=Severity.WARNING,
    why=(
        "The model reads the name, description and schema of every tool before each step. With a long list "
        "it picks the wrong one of two that are alike, and every session pays for the text. Teams notice it "
        "as an agent that became worse when it was given one more tool."
    ),
    example={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You sort incoming tickets and pass each to the team that can solve it.\n"
        "tools:\n"
        "  - {type: custom, name: find_ticket, description: Find one ticket by its number., "
        "input_schema: {type: object}}\n"
        "  - {type: custom, name: move_ticket, description: Move a ticket to another team's queue., "
        "input_schema: {type: object}}\n"
        "  - {type: custom, name: close_ticket, description: Close a ticket that is solved., "
        "input_schema: {type: object}}\n"
    },
    fix={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You sort incoming tickets and pass each to the team that can solve it.\n"
        "tools:\n"
        "  - {type: custom, name: find_ticket, description: Find one ticket by its number., "
        "input_schema: {type: object}}\n"
        "  - {type: custom, name: move_ticket, description: Move a ticket to another team's queue., "
        "input_schema: {type: object}}\n"
    },
    check=_too_many,
    options={"most": number(20, "How many custom tools an agent may have.")},
    settings={"most": 2},
)

EVERYTHING = Rule(
    id="AO102",
    name="whole-toolset-enabled",
    severity=Severity.NOTE,
    why=(
        "A toolset without a list enables all it has: for the built-in one a shell, the file tools and the "
        "web, for an MCP server whatever it offers on the day a session starts. What an agent can do then "
        "changes without a change in this repository, and a reviewer cannot say what a prompt injection "
        "could reach."
    ),
    example={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You sort incoming tickets and pass each to the team that can solve it.\n"
        "tools:\n"
        "  - type: agent_toolset_20260401\n"
    },
    fix={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You sort incoming tickets and pass each to the team that can solve it.\n"
        "tools: [read, grep]\n"
    },
    check=_everything,
)

UNLISTED_UNASKED = Rule(
    id="AO103",
    name="unlisted-tools-run-unasked",
    severity=Severity.WARNING,
    why=(
        "`always_allow` on a whole MCP toolset says yes to tools that do not exist yet. When the server "
        "adds `delete_project`, the next session can call it, and nobody is asked or told. Say yes to tools "
        "by name."
    ),
    example={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You sort incoming tickets and pass each to the team that can solve it.\n"
        "mcp_servers:\n"
        "  - {type: url, name: linear, url: https://mcp.linear.app/mcp}\n"
        "tools:\n"
        "  - type: mcp_toolset\n"
        "    mcp_server_name: linear\n"
        "    default_config: {permission_policy: {type: always_allow}}\n"
    },
    fix={
        _AGENT: "model: claude-opus-5-5\n"
        "system: You sort incoming tickets and pass each to the team that can solve it.\n"
        "tools:\n"
        "  - mcp: linear\n"
        "    url: https://mcp.linear.app/mcp\n"
        "    allow: [list_issues, update_issue]\n"
        "    permission: always_allow\n"
    },
    check=_unlisted_unasked,
)

_BUILDER = {
    "agents/builder.yaml": "model: claude-opus-5-5\n"
    "system: You build the project in /workspace and report what fails, with the command that shows it.\n"
    "tools: [bash, read]\n",
    "deployments/build.yaml": "agent: ../agents/builder.yaml\n"
    "environment_id: ../environments/sandbox.yaml\n"
    "initial_events:\n"
    "  - {type: user.message, content: [{type: text, text: Build it.}]}\n",
}

OPEN_SHELL = Rule(
    id="AO104",
    name="shell-with-open-network",
    severity=Severity.WARNING,
    why=(
        "Whoever gets one sentence into what the agent reads (an issue, a web page, a file) can have it run "
        "`curl` with everything the sandbox holds. A shell that nobody watches is fine in a sandbox that "
        "reaches nothing else; an open network is fine without a shell. Both together are a way out."
    ),
    example={
        **_BUILDER,
        "environments/sandbox.yaml": "config:\n  type: cloud\n  networking: {type: unrestricted}\n",
    },
    fix={
        "environments/sandbox.yaml": "config:\n"
        "  type: cloud\n"
        "  networking: {type: limited, allowed_hosts: [github.com], allow_package_managers: true}\n"
    },
    check=_open_shell,
)

RULES = (TOO_MANY, EVERYTHING, UNLISTED_UNASKED, OPEN_SHELL)
