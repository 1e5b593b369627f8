"""The facts of the API that ``agentops.kinds`` must know, written down a second time and by hand.

``FIELDS`` has the create requests, ``SHAPES`` every object inside them, by the name of its SDK type. A member
is described by words: ``required``, ``nullable``; fields of a request also by how they are cleared and
whether an update merges them. ``one_of`` are the literal values; where the API takes any text as well there
are none.
"""

from __future__ import annotations

from typing import NamedTuple


class Member(NamedTuple):
    words: frozenset[str]
    one_of: frozenset[str]


class FieldFact(NamedTuple):
    member: Member
    clear: str
    semantics: str


def member(words: str = "", *one_of: str) -> Member:
    return Member(frozenset(words.split()), frozenset(one_of))


def field(words: str = "", *one_of: str, clear: str = "null", semantics: str = "replace") -> FieldFact:
    return FieldFact(member(words, *one_of), clear, semantics)


REQUIRED, NULLABLE, PLAIN = member("required"), member("nullable"), member()
METADATA = field(clear="per key", semantics="merge")

FIELDS: dict[str, dict[str, FieldFact]] = {
    "agent": {
        "name": field("required", clear="never"),
        "model": field("required", clear="never"),
        "description": field("nullable"),
        "system": field("nullable"),
        "tools": field(),
        "mcp_servers": field(),
        "skills": field(),
        "multiagent": field("nullable"),
        "execution_identity": field("nullable"),
        "metadata": METADATA,
    },
    "environment": {
        "name": field("required", clear="never"),
        "description": field("nullable"),
        "config": field("nullable", clear="never", semantics="merge"),
        "scope": field("nullable", "organization", "account", clear="never"),
        "metadata": METADATA,
    },
    "memory_store": {
        "name": field("required", clear="never"),
        "description": field(clear="empty"),
        "metadata": METADATA,
    },
    "memory": {
        "path": field("required", clear="never"),
        "content": field("required nullable", clear="empty"),
    },
}

ENDPOINTS: dict[str, tuple[str, str, str]] = {
    "agent": ("/v1/agents", "managed-agents-2026-04-01", "agent_"),
    "environment": ("/v1/environments", "managed-agents-2026-04-01", "env_"),
    "memory_store": ("/v1/memory_stores", "agent-memory-2026-07-22", "memstore_"),
    "memory": ("/v1/memory_stores/{parent}/memories", "agent-memory-2026-07-22", "mem_"),
}
"""Collection path, ``anthropic-beta`` value, prefix of IDs."""

NOT_IN_BODIES: dict[str, dict[str, str]] = {
    "agent": {"betas": "header", "workspace_id": "header", "version": "precondition of an update"},
    "environment": {"betas": "header", "workspace_id": "header"},
    "memory_store": {"betas": "header", "workspace_id": "header"},
    "memory": {
        "betas": "header",
        "workspace_id": "header",
        "view": "query",
        "precondition": "precondition of an update",
    },
}
"""Parameters of the SDK's create and update calls that are no fields of the object."""

REFUSED_VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("environment", "scope"): frozenset({"account"}),  # the API rejects it for API organizations
}

LATER_FIELDS = {"agent": frozenset({"multiagent"})}

_TOOL_SETTINGS = {"enabled": NULLABLE, "permission_policy": NULLABLE}
_DOMAINS = {"allowed_domains": PLAIN, "blocked_domains": PLAIN}


def _only_type(value: str) -> dict[str, Member]:
    return {"type": member("required", value)}


def _builtin(name: str) -> dict[str, Member]:
    return {"name": member("required", name), "type": member("", name), **_TOOL_SETTINGS}


SHAPES: dict[str, dict[str, Member]] = {
    "BetaManagedAgentsModelConfigParams": {
        "id": REQUIRED,
        "effort": member("nullable", "low", "medium", "high", "xhigh", "max"),
        "inference_geo": NULLABLE,
        "speed": member("nullable", "standard", "fast"),
    },
    "BetaManagedAgentsEffortLowParam": _only_type("low"),
    "BetaManagedAgentsEffortMediumParam": _only_type("medium"),
    "BetaManagedAgentsEffortHighParam": _only_type("high"),
    "BetaManagedAgentsEffortXhighParam": _only_type("xhigh"),
    "BetaManagedAgentsEffortMaxParam": _only_type("max"),
    "BetaManagedAgentsServiceAccountExecutionIdentityParams": _only_type("service_account"),
    "BetaManagedAgentsAWSRoleExecutionIdentityParams": {
        "type": member("required", "aws_role"),
        "role_arn": REQUIRED,
    },
    "BetaManagedAgentsURLMCPServerParams": {
        "type": member("required", "url"),
        "name": REQUIRED,
        "url": REQUIRED,
    },
    "BetaManagedAgentsAnthropicSkillParams": {
        "type": member("required", "anthropic"),
        "skill_id": REQUIRED,
        "version": NULLABLE,
    },
    "BetaManagedAgentsCustomSkillParams": {
        "type": member("required", "custom"),
        "skill_id": REQUIRED,
        "version": NULLABLE,
    },
    "BetaManagedAgentsAgentToolset20260401Params": {
        "type": member("required", "agent_toolset_20260401"),
        "configs": PLAIN,
        "default_config": NULLABLE,
    },
    "BetaManagedAgentsAgentToolsetDefaultConfigParams": _TOOL_SETTINGS,
    "BetaManagedAgentsBashToolConfigParams": _builtin("bash"),
    "BetaManagedAgentsReadToolConfigParams": _builtin("read"),
    "BetaManagedAgentsWriteToolConfigParams": _builtin("write"),
    "BetaManagedAgentsEditToolConfigParams": _builtin("edit"),
    "BetaManagedAgentsGlobToolConfigParams": _builtin("glob"),
    "BetaManagedAgentsGrepToolConfigParams": _builtin("grep"),
    "BetaManagedAgentsWebFetchToolConfigParams": {
        **_builtin("web_fetch"),
        **_DOMAINS,
        "max_content_tokens": NULLABLE,
        "url_sources": NULLABLE,
    },
    "BetaManagedAgentsWebSearchToolConfigParams": {
        **_builtin("web_search"),
        **_DOMAINS,
        "user_location": NULLABLE,
    },
    "BetaManagedAgentsAlwaysAllowPolicyParam": _only_type("always_allow"),
    "BetaManagedAgentsAlwaysAskPolicyParam": _only_type("always_ask"),
    "BetaManagedAgentsAutoPolicyParam": _only_type("auto"),
    "BetaManagedAgentsUserLocationParam": {
        "type": member("required", "approximate"),
        "city": NULLABLE,
        "country": NULLABLE,
        "region": NULLABLE,
        "timezone": NULLABLE,
    },
    "BetaManagedAgentsWebFetchURLSourcesParams": {
        "user_input": member("nullable", "all", "none"),
        "client_tool_results": member("nullable", "all", "none"),
        "server_tool_results": member("nullable", "all", "none"),
    },
    "BetaManagedAgentsWebFetchURLSourceAllParam": _only_type("all"),
    "BetaManagedAgentsWebFetchURLSourceNoneParam": _only_type("none"),
    "BetaManagedAgentsWebFetchURLSourceOnlyParam": {"type": member("required", "only"), "tools": REQUIRED},
    "BetaManagedAgentsWebFetchURLSourceExceptParam": {
        "type": member("required", "except"),
        "tools": REQUIRED,
    },
    "BetaManagedAgentsWebFetchURLSourceToolReferenceParam": {
        "type": member("required", "tool_reference"),
        "name": REQUIRED,
    },
    "BetaManagedAgentsMCPToolsetParams": {
        "type": member("required", "mcp_toolset"),
        "mcp_server_name": REQUIRED,
        "configs": PLAIN,
        "default_config": NULLABLE,
    },
    "BetaManagedAgentsMCPToolsetDefaultConfigParams": _TOOL_SETTINGS,
    "BetaManagedAgentsMCPToolConfigParams": {"name": REQUIRED, **_TOOL_SETTINGS},
    "BetaManagedAgentsCustomToolParams": {
        "type": member("required", "custom"),
        "name": REQUIRED,
        "description": REQUIRED,
        "input_schema": REQUIRED,
    },
    "BetaManagedAgentsCustomToolInputSchemaParam": {
        "type": member("required", "object"),
        "properties": NULLABLE,
        "required": NULLABLE,
    },
    "BetaCloudConfigParams": {
        "type": member("required", "cloud"),
        "networking": NULLABLE,
        "packages": NULLABLE,
    },
    "BetaSelfHostedConfigParams": _only_type("self_hosted"),
    "BetaUnrestrictedNetworkParam": _only_type("unrestricted"),
    "BetaLimitedNetworkParams": {
        "type": member("required", "limited"),
        "allow_mcp_servers": NULLABLE,
        "allow_package_managers": NULLABLE,
        "allowed_hosts": NULLABLE,
    },
    "BetaPackagesParams": {
        "type": member("", "packages"),
        "apt": NULLABLE,
        "cargo": NULLABLE,
        "gem": NULLABLE,
        "go": NULLABLE,
        "npm": NULLABLE,
        "pip": NULLABLE,
    },
}

LATER_SHAPES = frozenset(
    {
        "BetaManagedAgentsAdvisorParams",
        "BetaManagedAgentsAgentParams",
        "BetaManagedAgentsMultiagent20261001Params",
        "BetaManagedAgentsMultiagentAdvisorDisabledParams",
        "BetaManagedAgentsMultiagentAdvisorEnabledParams",
        "BetaManagedAgentsMultiagentCoordinatorParams",
        "BetaManagedAgentsMultiagentInlineAgentsDisabledParams",
        "BetaManagedAgentsMultiagentInlineAgentsEnabledParams",
        "BetaManagedAgentsMultiagentSelfParams",
        "BetaManagedAgentsMultiagentSubagentsDisabledParams",
        "BetaManagedAgentsMultiagentSubagentsEnabledParams",
        "BetaManagedAgentsMultiagentWorkflowsDisabledParams",
        "BetaManagedAgentsMultiagentWorkflowsEnabledParams",
    }
)
"""What ``multiagent`` is made of; described here once the kind takes it."""
