"""MCP servers: how they are reached, and whether a sandbox lets them be."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import Severity
from agentops.domain.fleet import Fleet
from agentops.policy.hosts import Url, read_url
from agentops.policy.rule import Finding, Options, Rule
from agentops.policy.sessions import sessions

_AGENT = "agents/triage.yaml"
_PROMPT = "system: You sort incoming issues, and pass each to the team that can solve it.\n"


def _plain(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        named = [(server.url, (*server.path, "url")) for server in member.surface.servers.values()]
        if member.address.kind == "credential":
            named += [
                (url, tuple(path.split(".")))
                for path, url in member.surface.reaches.items()
                if path.endswith(("mcp_server_url", "token_endpoint"))
            ]
        for text, path in named:
            url = read_url(text)
            if url is not None and url.scheme == "http" and not url.is_loopback:
                yield Finding(
                    member.address,
                    f"{url.host} is reached over http: tokens and answers go over the network in the clear",
                    f"write https://{url.host}…",
                    path,
                )


def _blocked(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for it in sessions(fleet):
        network = it.environment.surface.network if it.environment is not None else None
        if network is None or not network.managed or network.mcp_servers or it.environment is None:
            continue
        for server in it.agent.surface.servers.values() if it.agent is not None else ():
            url = read_url(server.url)
            if url is not None and not network.reaches(url.host):
                yield Finding(
                    it.deployment.address,
                    f"{it.environment.address} keeps {url.host} out, where the agent has its MCP server "
                    f"'{server.name}'; no session starts",
                    f"write `allow_mcp_servers: true` there, or `allowed_hosts: [{url.host}]`",
                    ("environment_id",),
                )


def _twice(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        first: dict[Url, str] = {}
        for server in member.surface.servers.values():
            url = read_url(server.url)
            if url is not None and (other := first.setdefault(url, server.name)) != server.name:
                yield Finding(
                    member.address,
                    f"'{other}' and '{server.name}' are one MCP server at {url.host}",
                    "keep one of them, with the tools and permissions of both",
                    (*server.path, "url"),
                )


PLAIN = Rule(
    id="AO120",
    name="mcp-over-http",
    severity=Severity.ERROR,
    why=(
        "Over plain http whoever sits between the sandbox and the server reads the bearer token and writes "
        "the answers, and the answers are what the agent acts on. A token that was once sent so has to be "
        "replaced."
    ),
    example={
        _AGENT: f"model: claude-opus-5-5\n{_PROMPT}"
        "tools:\n"
        "  - {mcp: tracker, url: http://mcp.example.com/mcp, allow: [list_issues]}\n"
    },
    fix={
        _AGENT: f"model: claude-opus-5-5\n{_PROMPT}"
        "tools:\n"
        "  - {mcp: tracker, url: https://mcp.example.com/mcp, allow: [list_issues]}\n"
    },
    check=_plain,
)

BLOCKED = Rule(
    id="AO121",
    name="mcp-server-kept-out",
    severity=Severity.ERROR,
    why=(
        "A limited network lets nothing through that it does not list, the agent's own MCP servers "
        "included. The first run then fails with `mcp_egress_blocked_error`, and the platform pauses the "
        "deployment until somebody notices that nothing came."
    ),
    example={
        _AGENT: f"model: claude-opus-5-5\n{_PROMPT}"
        "tools:\n"
        "  - {mcp: tracker, url: https://mcp.example.com/mcp, allow: [list_issues]}\n",
        "environments/sandbox.yaml": "config:\n"
        "  type: cloud\n"
        "  networking: {type: limited, allowed_hosts: [pypi.org]}\n",
        "deployments/triage.yaml": "agent: ../agents/triage.yaml\n"
        "environment_id: ../environments/sandbox.yaml\n"
        "initial_events:\n"
        "  - {type: user.message, content: [{type: text, text: Sort what is new.}]}\n",
    },
    fix={
        "environments/sandbox.yaml": "config:\n"
        "  type: cloud\n"
        "  networking: {type: limited, allowed_hosts: [pypi.org], allow_mcp_servers: true}\n"
    },
    check=_blocked,
)

TWICE = Rule(
    id="AO122",
    name="one-server-two-names",
    severity=Severity.WARNING,
    why=(
        "Under two names the model sees every tool of the server twice, and the permissions of the two "
        "lists differ sooner or later: what asks under one name runs unasked under the other. Usually it "
        "came from a merge."
    ),
    example={
        _AGENT: f"model: claude-opus-5-5\n{_PROMPT}"
        "tools:\n"
        "  - {mcp: tracker, url: https://mcp.example.com/mcp, allow: [list_issues]}\n"
        "  - {mcp: issues, url: https://mcp.example.com/mcp/, allow: [update_issue]}\n"
    },
    fix={
        _AGENT: f"model: claude-opus-5-5\n{_PROMPT}"
        "tools:\n"
        "  - {mcp: tracker, url: https://mcp.example.com/mcp, allow: [list_issues, update_issue]}\n"
    },
    check=_twice,
)

RULES = (PLAIN, BLOCKED, TWICE)
