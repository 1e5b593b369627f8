"""Credentials: whether anybody needs them, and where they may go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentops.domain.diagnostics import Severity
from agentops.domain.fleet import Fleet, Member
from agentops.policy.hosts import Url, read_url
from agentops.policy.rule import Finding, Options, Rule

_FILES = {
    "agents/triage.yaml": "model: claude-opus-5-5\n"
    "system: You sort incoming issues, and pass each to the team that can solve it.\n"
    "tools:\n"
    "  - {mcp: linear, url: https://mcp.linear.app/mcp, allow: [list_issues]}\n",
    "environments/sandbox.yaml": "config:\n"
    "  type: cloud\n"
    "  networking: {type: limited, allowed_hosts: [], allow_mcp_servers: true}\n",
    "deployments/triage.yaml": "agent: ../agents/triage.yaml\n"
    "environment_id: ../environments/sandbox.yaml\n"
    "vault_ids: [../vaults/team.yaml]\n"
    "initial_events:\n"
    "  - {type: user.message, content: [{type: text, text: Sort what is new.}]}\n",
}
_SERVER = "auth.mcp_server_url"


def _unused(fleet: Fleet, options: Options) -> Iterator[Finding]:
    """Only of vaults that a deployment of ours names: others may serve sessions that we know nothing of."""
    mounted = {vault for member in fleet for vault in member.surface.vaults}
    if not mounted:
        return
    served = {
        url
        for member in fleet
        for it in member.surface.servers.values()
        if (url := read_url(it.url)) is not None
    }
    for member in fleet:
        if member.address.kind != "credential" or _vault(member) not in mounted:
            continue
        url = read_url(member.surface.reaches.get(_SERVER, ""))
        if url is not None and url not in served:
            yield Finding(
                member.address,
                f"no agent has an MCP server at this address of {url.host}, so the credential is never used",
                _instead(url, served),
                ("auth", "mcp_server_url"),
            )


def _vault(credential: Member) -> str:
    """``vault/team`` of ``credential/team/linear``."""
    return f"vault/{credential.address.name.partition('/')[0]}"


def _instead(url: Url, served: set[Url]) -> str:
    if any(other.host == url.host for other in served):
        return "write the address exactly as the agent has it: one server, one path"
    return "correct the address, or take the credential out of the vault"


def _anywhere(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        match member.body.get("auth"):
            case {"type": "environment_variable", "networking": Mapping() as networking}:
                if networking.get("type") == "unrestricted":
                    yield Finding(
                        member.address,
                        "the secret is put into requests to any host",
                        "write `networking: {type: limited, allowed_hosts: […]}` with the hosts it is for",
                        ("auth", "networking"),
                    )


UNUSED = Rule(
    id="AO125",
    name="credential-for-nobody",
    severity=Severity.WARNING,
    why=(
        "A credential is found by the exact address of the MCP server. With another path, or the host of "
        "last year, the server is called without a token and the agent reports that the tool does not work. "
        "And a token that nothing uses is one that can only leak."
    ),
    example={
        **_FILES,
        "vaults/team.yaml": "display_name: team\n"
        "credentials:\n"
        "  linear:\n"
        "    auth:\n"
        "      type: static_bearer\n"
        "      mcp_server_url: https://mcp.linear.app/sse\n"
        "      token: {secret: env:LINEAR_TOKEN}\n",
    },
    fix={
        "vaults/team.yaml": "display_name: team\n"
        "credentials:\n"
        "  linear:\n"
        "    auth:\n"
        "      type: static_bearer\n"
        "      mcp_server_url: https://mcp.linear.app/mcp\n"
        "      token: {secret: env:LINEAR_TOKEN}\n",
    },
    check=_unused,
)

ANYWHERE = Rule(
    id="AO126",
    name="secret-for-any-host",
    severity=Severity.WARNING,
    why=(
        "A secret of this type is put into outbound requests by name. Without a list of hosts it goes along "
        "with a request to any of them, so one line of text that the agent obeys is enough to send it away. "
        "The sandbox never shows the secret; the list is what keeps it from being posted somewhere."
    ),
    example={
        "vaults/team.yaml": "display_name: team\n"
        "credentials:\n"
        "  registry:\n"
        "    auth:\n"
        "      type: environment_variable\n"
        "      secret_name: NPM_TOKEN\n"
        "      secret_value: {secret: env:NPM_TOKEN}\n"
        "      networking: {type: unrestricted}\n",
    },
    fix={
        "vaults/team.yaml": "display_name: team\n"
        "credentials:\n"
        "  registry:\n"
        "    auth:\n"
        "      type: environment_variable\n"
        "      secret_name: NPM_TOKEN\n"
        "      secret_value: {secret: env:NPM_TOKEN}\n"
        "      networking: {type: limited, allowed_hosts: [registry.npmjs.org]}\n",
    },
    check=_anywhere,
)

RULES = (UNUSED, ANYWHERE)
