"""The facts of the API that ``agentops.kinds`` must know, written down a second time and by hand.

``FIELDS`` has the create requests, ``SHAPES`` every object inside them, by the name of its SDK type. A member
is described by words: ``required``, ``nullable``; fields of a request also by how they are cleared and
whether an update merges them. ``one_of`` are the literal values; where the API takes any text as well there
are none. What is ours and no part of the API is in ``OUR_FIELDS``, apart from it.
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
    "skill": {
        "display_name": field("nullable", clear="never"),
        "files": field("required", clear="never"),
    },
    "vault": {
        "display_name": field("required", clear="never"),
        "metadata": METADATA,
    },
    "credential": {
        "auth": field("required", clear="never", semantics="merge"),
        "display_name": field("nullable", clear="never"),
        "metadata": METADATA,
    },
    "deployment": {
        "name": field("required", clear="never"),
        "agent": field("required", clear="never"),
        "environment_id": field("required", clear="never"),
        "initial_events": field("required", clear="never"),
        "description": field("nullable"),
        "resources": field(),
        "vault_ids": field(),
        "schedule": field("nullable"),
        "budget": field("nullable"),
        "metadata": METADATA,
    },
}

OUR_FIELDS: dict[str, dict[str, FieldFact]] = {
    "skill": {
        "name": field("required", clear="never")
    },  # the front of SKILL.md and the name of its directory
    "deployment": {"paused": field("nullable", clear="never")},  # calls of its own: pause, unpause
}
"""Fields of our bodies that no create request of the API has."""

UPDATABLE: dict[str, frozenset[str]] = {"skill": frozenset({"files"})}
"""The fields that an update can change, where those are not all."""

CREATE_ONLY: dict[str, frozenset[str]] = {"skill": frozenset({"display_name", "name"})}
"""The fields that no update changes."""

LIFECYCLE: dict[str, tuple[str, str]] = {
    "agent": ("archive", "beside"),
    "environment": ("archive", "renamed"),  # names are unique
    "memory_store": ("archive", "beside"),
    "memory": ("delete", "beside"),
    "skill": ("delete", "beside"),
    "vault": ("archive", "beside"),
    "credential": ("archive", "after"),  # its key is taken while it lives
    "deployment": ("archive", "beside"),
}
"""How a kind goes away, and how an object takes the place of another."""

TAKEN_ALONG: dict[str, frozenset[str]] = {"agent": frozenset({"deployment"})}
"""What the API archives together with an object that it refers to."""

FLOATING: dict[str, str | None] = {"agent": None, "skill": "latest"}
"""What stands for the version of a reference that is not pinned: a word, or nothing."""

ENDPOINTS: dict[str, tuple[str, str | None, str]] = {
    "agent": ("/v1/agents", "managed-agents-2026-04-01", "agent_"),
    "environment": ("/v1/environments", "managed-agents-2026-04-01", "env_"),
    "memory_store": ("/v1/memory_stores", "agent-memory-2026-07-22", "memstore_"),
    "memory": ("/v1/memory_stores/{parent}/memories", "agent-memory-2026-07-22", "mem_"),
    "skill": ("/v1/skills", None, "skill_"),
    "vault": ("/v1/vaults", "managed-agents-2026-04-01", "vlt_"),
    "credential": ("/v1/vaults/{parent}/credentials", "managed-agents-2026-04-01", "vcrd_"),
    "deployment": ("/v1/deployments", "managed-agents-2026-04-01", "depl_"),
}
"""Collection path, ``anthropic-beta`` value (None where the API is out of beta), prefix of IDs."""

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
    "skill": {"betas": "header", "workspace_id": "header"},
    "vault": {"betas": "header", "workspace_id": "header"},
    "credential": {"betas": "header", "workspace_id": "header"},
    "deployment": {"betas": "header", "workspace_id": "header"},
}
"""Parameters of the SDK's create and update calls that are no fields of the object."""

REFUSED_VALUES: dict[tuple[str, str], frozenset[str]] = {
    ("environment", "scope"): frozenset({"account"}),  # the API rejects it for API organizations
}

REFUSED_SHAPES = frozenset({"BetaManagedAgentsRedactedBlockParam"})
"""A placeholder in what comes back, which has nothing that could be sent."""

WRITE_ONLY: dict[str, frozenset[str]] = {
    "BetaManagedAgentsStaticBearerCreateParams": frozenset({"token"}),
    "BetaManagedAgentsMCPOAuthCreateParams": frozenset({"access_token"}),
    "BetaManagedAgentsMCPOAuthRefreshParams": frozenset({"refresh_token"}),
    "BetaManagedAgentsTokenEndpointAuthBasicParam": frozenset({"client_secret"}),
    "BetaManagedAgentsTokenEndpointAuthPostParam": frozenset({"client_secret"}),
    "BetaManagedAgentsEnvironmentVariableCreateParams": frozenset({"secret_value"}),
    "BetaManagedAgentsGitHubRepositoryResourceParams": frozenset({"authorization_token"}),
}
"""Members the API takes and never returns: in our bodies they are references to secrets."""

_TOOL_SETTINGS = {"enabled": NULLABLE, "permission_policy": NULLABLE}
_DOMAINS = {"allowed_domains": PLAIN, "blocked_domains": PLAIN}


def _only_type(value: str) -> dict[str, Member]:
    return {"type": member("required", value)}


def _typed(name: str, *required: str, **optional: Member) -> dict[str, Member]:
    return {"type": member("required", name), **dict.fromkeys(required, REQUIRED), **optional}


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
    "BetaManagedAgentsMultiagentCoordinatorParams": _typed("coordinator", "agents"),
    "BetaManagedAgentsAgentParams": _typed("agent", "id", version=PLAIN),
    "BetaManagedAgentsMultiagentSelfParams": _only_type("self"),
    "BetaManagedAgentsAdvisorParams": _typed("advisor", "model"),
    "BetaManagedAgentsMultiagent20261001Params": _typed(
        "multiagent_20261001", subagents=NULLABLE, workflows=NULLABLE, advisor=NULLABLE
    ),
    "BetaManagedAgentsMultiagentSubagentsEnabledParams": _typed(
        "enabled", inline_agents=NULLABLE, predefined_agents=NULLABLE
    ),
    "BetaManagedAgentsMultiagentSubagentsDisabledParams": _only_type("disabled"),
    "BetaManagedAgentsMultiagentWorkflowsEnabledParams": _typed(
        "enabled", inline_agents=NULLABLE, predefined_agents=NULLABLE
    ),
    "BetaManagedAgentsMultiagentWorkflowsDisabledParams": _only_type("disabled"),
    "BetaManagedAgentsMultiagentInlineAgentsEnabledParams": _only_type("enabled"),
    "BetaManagedAgentsMultiagentInlineAgentsDisabledParams": _only_type("disabled"),
    "BetaManagedAgentsMultiagentAdvisorEnabledParams": _typed("enabled", "model"),
    "BetaManagedAgentsMultiagentAdvisorDisabledParams": _only_type("disabled"),
    "BetaManagedAgentsStaticBearerCreateParams": _typed("static_bearer", "mcp_server_url", "token"),
    "BetaManagedAgentsMCPOAuthCreateParams": _typed(
        "mcp_oauth", "mcp_server_url", "access_token", expires_at=NULLABLE, refresh=NULLABLE
    ),
    "BetaManagedAgentsMCPOAuthRefreshParams": {
        "client_id": REQUIRED,
        "refresh_token": REQUIRED,
        "token_endpoint": REQUIRED,
        "token_endpoint_auth": REQUIRED,
        "resource": NULLABLE,
        "scope": NULLABLE,
    },
    "BetaManagedAgentsTokenEndpointAuthNoneParam": _only_type("none"),
    "BetaManagedAgentsTokenEndpointAuthBasicParam": _typed("client_secret_basic", "client_secret"),
    "BetaManagedAgentsTokenEndpointAuthPostParam": _typed("client_secret_post", "client_secret"),
    "BetaManagedAgentsEnvironmentVariableCreateParams": _typed(
        "environment_variable", "secret_name", "secret_value", "networking", injection_location=PLAIN
    ),
    "BetaManagedAgentsInjectionLocationParams": {"header": PLAIN, "body": PLAIN},
    "BetaManagedAgentsUnrestrictedCredentialNetworkingParams": _only_type("unrestricted"),
    "BetaManagedAgentsLimitedCredentialNetworkingParams": _typed("limited", "allowed_hosts"),
    "BetaManagedAgentsScheduleParams": _typed("cron", "expression", "timezone"),
    "BetaManagedAgentsBudgetLimitParam": _typed("limit", "max_list_cost"),
    "BetaMonetaryAmountParam": {"amount": REQUIRED, "currency": member("required", "USD")},
    "BetaManagedAgentsGitHubRepositoryResourceParams": _typed(
        "github_repository", "url", authorization_token=PLAIN, checkout=NULLABLE, mount_path=NULLABLE
    ),
    "BetaManagedAgentsBranchCheckoutParam": _typed("branch", "name"),
    "BetaManagedAgentsCommitCheckoutParam": _typed("commit", "sha"),
    "BetaManagedAgentsFileResourceParams": _typed("file", "file_id", mount_path=NULLABLE),
    "BetaManagedAgentsMemoryStoreResourceParam": _typed(
        "memory_store",
        "memory_store_id",
        access=member("nullable", "read_write", "read_only"),
        instructions=NULLABLE,
    ),
    "BetaManagedAgentsUserMessageEventParams": _typed("user.message", "content"),
    "BetaManagedAgentsSystemMessageEventParams": _typed("system.message", "content"),
    "BetaManagedAgentsUserDefineOutcomeEventParams": _typed(
        "user.define_outcome", "description", "rubric", max_iterations=NULLABLE
    ),
    "BetaManagedAgentsTextRubricParams": _typed("text", "content"),
    "BetaManagedAgentsFileRubricParams": _typed("file", "file_id"),
    "BetaManagedAgentsTextBlockParam": _typed("text", "text"),
    "BetaManagedAgentsSystemContentBlockParam": _typed("text", "text"),
    "BetaManagedAgentsImageBlockParam": _typed("image", "source"),
    "BetaManagedAgentsDocumentBlockParam": _typed("document", "source", title=NULLABLE, context=NULLABLE),
    "BetaManagedAgentsBase64ImageSourceParam": _typed("base64", "media_type", "data"),
    "BetaManagedAgentsURLImageSourceParam": _typed("url", "url"),
    "BetaManagedAgentsFileImageSourceParam": _typed("file", "file_id"),
    "BetaManagedAgentsBase64DocumentSourceParam": _typed("base64", "media_type", "data"),
    "BetaManagedAgentsPlainTextDocumentSourceParam": {
        "type": member("required", "text"),
        "media_type": member("required", "text/plain"),
        "data": REQUIRED,
    },
    "BetaManagedAgentsURLDocumentSourceParam": _typed("url", "url"),
    "BetaManagedAgentsFileDocumentSourceParam": _typed("file", "file_id"),
}
