"""Whether anybody needs a credential, and where it may go."""

from __future__ import annotations

import pytest

from agentops.domain.surface import Server, Surface, Use
from agentops.policy.credentials import ANYWHERE, UNUSED
from tests.policy.rules.checking import fleet, found, places


def members(
    url: str, *, vaults: tuple[str, ...] = ("vault/team",), served: str = "https://mcp.linear.app/mcp"
):
    return {
        "agent/a": Surface(servers={"linear": Server("linear", served)}),
        "vault/team": Surface(),
        "credential/team/linear": Surface(reaches={"auth.mcp_server_url": url}),
        "deployment/d": Surface(agent=Use("agent/a"), vaults=vaults),
    }


def test_a_credential_for_an_address_that_no_agent_has_is_never_used() -> None:
    (told,) = found(UNUSED, fleet(members("https://mcp.linear.app/sse")))
    assert (told.address, told.path) == ("credential/team/linear", ("auth", "mcp_server_url"))
    assert "exactly" in told.detail
    (told,) = found(UNUSED, fleet(members("https://mcp.other.app/mcp")))
    assert "take the credential out" in told.detail


@pytest.mark.parametrize(
    "url", ["https://mcp.linear.app/mcp", "HTTPS://MCP.linear.app:443/mcp/", "https://mcp.linear.app/mcp/"]
)
def test_spelling_that_makes_no_difference_to_the_api_makes_none_here(url: str) -> None:
    assert found(UNUSED, fleet(members(url))) == []


def test_a_vault_that_no_deployment_names_may_serve_whoever_starts_sessions() -> None:
    assert found(UNUSED, fleet(members("https://other.example/mcp", vaults=()))) == []
    assert found(UNUSED, fleet(members("https://other.example/mcp", vaults=("vlt_1",)))) == []


def test_another_agent_than_the_deployment_s_may_need_it() -> None:
    other = {"agent/b": Surface(servers={"o": Server("o", "https://other.example/mcp")})}
    assert found(UNUSED, fleet(members("https://other.example/mcp") | other)) == []


def variable(networking) -> dict:
    return {"auth": {"type": "environment_variable", "secret_name": "TOKEN", "networking": networking}}


def test_a_secret_that_goes_to_any_host_is_found() -> None:
    def told(body):
        return places(ANYWHERE, fleet({"credential/team/npm": Surface()}, credential_team_npm=body))

    assert told(variable({"type": "unrestricted"})) == [("credential/team/npm", ("auth", "networking"))]
    assert told(variable({"type": "limited", "allowed_hosts": ["registry.npmjs.org"]})) == []
    assert told({"auth": {"type": "static_bearer", "mcp_server_url": "https://x.example"}}) == []
    assert told({"auth": None}) == []
