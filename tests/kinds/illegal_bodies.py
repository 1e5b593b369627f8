"""Illegal bodies: what is wrong with a minimal one, where its error stands, of what type, saying what."""

from __future__ import annotations

from typing import Any

from agentops.domain.diagnostics import Code

from .illegal_credentials import BEARER, CREDENTIALS, VAULTS
from .illegal_deployments import DEPLOYMENT, DEPLOYMENTS
from .illegal_skills import SKILL, SKILLS

AGENT = {"name": "tutor", "model": "claude-opus-5-5"}
BUILTIN = "agent_toolset_20260401"
LINEAR = {"type": "url", "name": "linear", "url": "https://mcp.linear.app/mcp"}
OF_LINEAR = {"type": "mcp_toolset", "mcp_server_name": "linear"}


def custom(name: str = "lookup", **schema: Any) -> dict[str, Any]:
    return {
        "type": "custom",
        "name": name,
        "description": "Looks up.",
        "input_schema": {"type": "object"} | schema,
    }


def builtin(*configs: Any, **members: Any) -> dict[str, Any]:
    return {"tools": [{"type": BUILTIN, "configs": list(configs)} | members]}


def fetch(**members: Any) -> dict[str, Any]:
    return builtin({"name": "web_fetch", **members})


def search(**members: Any) -> dict[str, Any]:
    return builtin({"name": "web_search", **members})


IN_TOOL = ("tools", 0)
IN_ENTRY = (*IN_TOOL, "configs", 0)
IN_SCHEMA = (*IN_TOOL, "input_schema")


def only(*names: str) -> dict[str, Any]:
    return {"type": "only", "tools": [{"type": "tool_reference", "name": name} for name in names]}


AGENTS: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
    # Members and types: nothing is coerced, nothing unknown passes.
    ({"nmae": "x"}, ("nmae",), "extra_forbidden", ""),
    ({"name": ""}, ("name",), "string_too_short", ""),
    ({"name": 5}, ("name",), "string_type", ""),
    ({"system": ["a"]}, ("system",), "string_type", ""),
    ({"system": "x" * 100_001}, ("system",), "string_too_long", ""),
    ({"system": "\ud800"}, ("system",), Code.INVALID_VALUE, "surrogate"),
    ({"tools": None}, ("tools",), "list_type", ""),
    ({"tools": {}}, ("tools",), "list_type", ""),
    ({"model": ""}, ("model",), "string_too_short", ""),
    ({"model": None}, ("model",), Code.WRONG_TYPE, "text or a mapping"),
    ({"model": ["claude-opus-5-5"]}, ("model",), Code.WRONG_TYPE, "text or a mapping"),
    ({"model": {"effort": "high"}}, ("model", "id"), "missing", ""),
    ({"model": {"id": "m", "temperature": 1}}, ("model", "temperature"), "extra_forbidden", ""),
    ({"model": {"id": "m", "effort": "extreme"}}, ("model", "effort"), "literal_error", "'xhigh'"),
    (
        {"model": {"id": "m", "effort": {"type": "big"}}},
        ("model", "effort", "type"),
        "literal_error",
        "'xhigh'",
    ),
    ({"model": {"id": "m", "effort": 3}}, ("model", "effort"), Code.WRONG_TYPE, "text or a mapping"),
    ({"model": {"id": "m", "speed": "turbo"}}, ("model", "speed"), "literal_error", "'fast'"),
    ({"execution_identity": {"type": "aws_role"}}, ("execution_identity", "role_arn"), "missing", ""),
    (
        {"execution_identity": {"type": "root"}},
        ("execution_identity", "type"),
        Code.INVALID_VALUE,
        "aws_role",
    ),
    ({"execution_identity": {}}, ("execution_identity", "type"), "missing", ""),
    ({"execution_identity": "aws_role"}, ("execution_identity",), Code.WRONG_TYPE, "mapping with `type`"),
    (
        {"execution_identity": {"type": "aws_role", "role_arn": "x" * 2049}},
        ("execution_identity", "role_arn"),
        "string_too_long",
        "",
    ),
    # Metadata.
    ({"metadata": {"agentops": "x"}}, ("metadata", "agentops"), Code.RESERVED, "another name"),
    ({"metadata": {str(n): "x" for n in range(16)}}, ("metadata",), Code.LIMIT, "15 at most"),
    ({"metadata": {"k" * 65: "x"}}, ("metadata", "k" * 65), Code.LIMIT, "64"),
    ({"metadata": {"": "x"}}, ("metadata", ""), Code.LIMIT, "1 to 64"),
    ({"metadata": {"k": "x" * 513}}, ("metadata", "k"), Code.LIMIT, "512"),
    ({"metadata": {"k": 1}}, ("metadata", "k"), "string_type", ""),
    ({"metadata": {"k": True}}, ("metadata", "k"), "string_type", ""),
    ({"metadata": {1: "x"}}, ("metadata",), Code.WRONG_TYPE, "quotes"),
    ({"metadata": {"k": float("nan")}}, ("metadata", "k"), Code.INVALID_VALUE, "finite"),
    # Models: those before 4.5 are known not to work, all others are the registry's to judge.
    *(
        ({"model": model}, place, Code.INVALID_VALUE, "older than Claude 4.5")
        for name in ("claude-3-opus-20240229", "claude-2.1", "claude-sonnet-4-20250514", "claude-opus-4-1")
        for model, place in ((name, ("model",)), ({"id": name}, ("model", "id")))
    ),
    (
        {"model": {"id": "claude-haiku-4-5", "inference_geo": "us"}},
        ("model", "inference_geo"),
        Code.INVALID_VALUE,
        "Claude 4.6 or later",
    ),
    ({"model": {"id": "m", "inference_geo": ""}}, ("model", "inference_geo"), "string_too_short", ""),
    # Toolsets of one origin, and what they count.
    ({"tools": [{"type": BUILTIN}, {"type": BUILTIN}]}, ("tools", 1, "type"), Code.INVALID_VALUE, "into one"),
    (
        {"mcp_servers": [LINEAR], "tools": [OF_LINEAR, OF_LINEAR]},
        ("tools", 1, "mcp_server_name"),
        Code.INVALID_VALUE,
        "'linear'",
    ),
    (
        {
            "mcp_servers": [LINEAR],
            "tools": [OF_LINEAR | {"configs": [{"name": f"t{n}"} for n in range(249)]}, {"type": BUILTIN}],
        },
        ("tools",),
        Code.LIMIT,
        "257",
    ),
    # Addresses.
    *(
        (
            {"mcp_servers": [LINEAR | {"url": url}], "tools": [OF_LINEAR]},
            ("mcp_servers", 0, "url"),
            Code.INVALID_VALUE,
            "https://mcp.example.com/mcp",
        )
        for url in ("linear", "ftp://a.b", "https://", "https://a b", "https://a:b/", "//a.b", "https://[a")
    ),
    (
        {"skills": [{"type": "anthropic", "skill_id": "s", "version": ""}]},
        ("skills", 0, "version"),
        "string_too_short",
        "",
    ),
    *(
        (
            search(user_location={"type": "approximate", member: ""}),
            (*IN_ENTRY, "user_location", member),
            "string_too_short",
            "",
        )
        for member in ("city", "region", "timezone")
    ),
    # Skills.
    ({"skills": [{"type": "anthropic"}]}, ("skills", 0, "skill_id"), "missing", ""),
    ({"skills": [{"type": "custom"}]}, ("skills", 0, "skill_id"), "missing", ""),
    ({"skills": [{"type": "custom", "skill_id": ""}]}, ("skills", 0, "skill_id"), "string_too_short", ""),
    (
        {"skills": [{"type": "custom", "skill_id": "s", "version": 3}]},
        ("skills", 0, "version"),
        "string_type",
        "",
    ),
    (
        {"skills": [{"type": "antropic", "skill_id": "s"}]},
        ("skills", 0, "type"),
        Code.INVALID_VALUE,
        "'anthropic'",
    ),
    (
        {"skills": [{"type": "anthropic", "skill_id": str(n)} for n in range(501)]},
        ("skills",),
        Code.LIMIT,
        "500",
    ),
    # Tools.
    ({"tools": [{"type": "computer"}]}, (*IN_TOOL, "type"), Code.INVALID_VALUE, "agent_toolset_20260401"),
    ({"tools": ["bash"]}, IN_TOOL, Code.WRONG_TYPE, "mapping with `type`"),
    ({"tools": [{"name": "bash"}]}, (*IN_TOOL, "type"), "missing", ""),
    ({"tools": [{"type": 3}]}, (*IN_TOOL, "type"), "string_type", ""),
    (builtin({"name": "bsh"}), (*IN_ENTRY, "name"), Code.UNKNOWN_TOOL, "did you mean 'bash'"),
    (builtin({"enabled": True}), (*IN_ENTRY, "name"), "missing", ""),
    (builtin({"name": "bash", "type": "read"}), (*IN_ENTRY, "type"), "literal_error", "'bash'"),
    (builtin({"name": "bash", "enabled": "yes"}), (*IN_ENTRY, "enabled"), "bool_type", ""),
    (builtin({"name": "bash", "enabled": 1}), (*IN_ENTRY, "enabled"), "bool_type", ""),
    (
        builtin({"name": "bash", "allowed_domains": ["a.b"]}),
        (*IN_ENTRY, "allowed_domains"),
        "extra_forbidden",
        "",
    ),
    (
        builtin({"name": "bash", "permission_policy": "always_ask"}),
        (*IN_ENTRY, "permission_policy"),
        Code.WRONG_TYPE,
        "write {type: always_ask}",
    ),
    (
        builtin({"name": "bash", "permission_policy": {"type": "ask"}}),
        (*IN_ENTRY, "permission_policy", "type"),
        "literal_error",
        "'always_ask'",
    ),
    (
        builtin({"name": "bash"}, {"name": "bash"}),
        (*IN_TOOL, "configs", 1, "name"),
        Code.INVALID_VALUE,
        "twice",
    ),
    (builtin(default_config=True), (*IN_TOOL, "default_config"), "model_type", ""),
    (builtin(default_config={"enable": 1}), (*IN_TOOL, "default_config", "enable"), "extra_forbidden", ""),
    # Web tools.
    (
        fetch(allowed_domains=[]),
        (*IN_ENTRY, "allowed_domains"),
        Code.INVALID_VALUE,
        "leave `allowed_domains` out",
    ),
    (fetch(allowed_domains=None), (*IN_ENTRY, "allowed_domains"), "list_type", ""),
    (
        fetch(allowed_domains=["a.example"], blocked_domains=["b.example"]),
        (*IN_ENTRY, "blocked_domains"),
        Code.INVALID_VALUE,
        "not both",
    ),
    (
        search(blocked_domains=[f"d{n}.example" for n in range(65)]),
        (*IN_ENTRY, "blocked_domains"),
        Code.LIMIT,
        "64 entries",
    ),
    (
        search(allowed_domains=["a.example", "A.example"]),
        (*IN_ENTRY, "allowed_domains", 1),
        Code.INVALID_VALUE,
        "twice",
    ),
    (fetch(max_content_tokens=0), (*IN_ENTRY, "max_content_tokens"), "greater_than", ""),
    (fetch(max_content_tokens="3"), (*IN_ENTRY, "max_content_tokens"), "int_type", ""),
    (fetch(max_content_tokens=True), (*IN_ENTRY, "max_content_tokens"), "int_type", ""),
    (
        search(user_location={"type": "approximate", "country": "de"}),
        (*IN_ENTRY, "user_location", "country"),
        Code.INVALID_VALUE,
        "two capitals",
    ),
    (search(user_location={"city": "Bonn"}), (*IN_ENTRY, "user_location", "type"), "missing", ""),
    (
        fetch(
            url_sources={
                "user_input": "none",
                "client_tool_results": "none",
                "server_tool_results": {"type": "none"},
            }
        ),
        (*IN_ENTRY, "url_sources"),
        Code.INVALID_VALUE,
        "disable web_fetch",
    ),
    (
        fetch(url_sources={"user_input": "some"}),
        (*IN_ENTRY, "url_sources", "user_input"),
        "literal_error",
        "'none'",
    ),
    (
        fetch(url_sources={"user_input": {"type": "only"}}),
        (*IN_ENTRY, "url_sources", "user_input", "type"),
        "literal_error",
        "'none'",
    ),
    (
        fetch(url_sources={"client_tool_results": {"type": "any"}}),
        (*IN_ENTRY, "url_sources", "client_tool_results", "type"),
        Code.INVALID_VALUE,
        "except",
    ),
    (
        fetch(url_sources={"client_tool_results": only()}),
        (*IN_ENTRY, "url_sources", "client_tool_results", "tools"),
        "too_short",
        "",
    ),
    (
        fetch(url_sources={"client_tool_results": only("lookup")}),
        (*IN_ENTRY, "url_sources", "client_tool_results", "tools", 0, "name"),
        Code.UNKNOWN_TOOL,
        "no custom tool",
    ),
    (
        fetch(url_sources={"server_tool_results": only("bash")}),
        (*IN_ENTRY, "url_sources", "server_tool_results", "tools", 0, "name"),
        Code.UNKNOWN_TOOL,
        "web_search or web_fetch",
    ),
    (
        fetch(url_sources={"server_tool_results": only("web_search", "web_search")}),
        (*IN_ENTRY, "url_sources", "server_tool_results", "tools", 1, "name"),
        Code.INVALID_VALUE,
        "twice",
    ),
    # MCP.
    ({"mcp_servers": [LINEAR]}, ("mcp_servers", 0, "name"), Code.UNUSED, "mcp_server_name: linear"),
    ({"tools": [OF_LINEAR]}, (*IN_TOOL, "mcp_server_name"), Code.BROKEN_REFERENCE, "name: linear"),
    (
        {"tools": [OF_LINEAR], "mcp_servers": [LINEAR, LINEAR]},
        ("mcp_servers", 1, "name"),
        Code.INVALID_VALUE,
        "rename one",
    ),
    (
        {"tools": [OF_LINEAR], "mcp_servers": [LINEAR | {"headers": {}}]},
        ("mcp_servers", 0, "headers"),
        "extra_forbidden",
        "",
    ),
    (
        {"tools": [OF_LINEAR], "mcp_servers": [LINEAR | {"type": "stdio"}]},
        ("mcp_servers", 0, "type"),
        "literal_error",
        "",
    ),
    (
        {"tools": [OF_LINEAR], "mcp_servers": [LINEAR | {"url": "https://" + "x" * 2048}]},
        ("mcp_servers", 0, "url"),
        "string_too_long",
        "",
    ),
    (
        {
            "tools": [OF_LINEAR | {"mcp_server_name": f"s{n}"} for n in range(21)],
            "mcp_servers": [LINEAR | {"name": f"s{n}"} for n in range(21)],
        },
        ("mcp_servers",),
        "too_long",
        "20",
    ),
    (
        {"tools": [OF_LINEAR | {"configs": [{"name": "x" * 129}]}], "mcp_servers": [LINEAR]},
        (*IN_ENTRY, "name"),
        "string_too_long",
        "",
    ),
    (
        {"tools": [OF_LINEAR | {"configs": [{"name": "a"}, {"name": "a"}]}], "mcp_servers": [LINEAR]},
        (*IN_TOOL, "configs", 1, "name"),
        Code.INVALID_VALUE,
        "twice",
    ),
    # Custom tools.
    ({"tools": [custom("bash")]}, (*IN_TOOL, "name"), Code.RESERVED, "built-in"),
    ({"tools": [custom("mcp__x")]}, (*IN_TOOL, "name"), Code.RESERVED, "mcp__"),
    ({"tools": [custom("look up")]}, (*IN_TOOL, "name"), Code.INVALID_VALUE, "letters, digits"),
    ({"tools": [custom("x" * 129)]}, (*IN_TOOL, "name"), Code.INVALID_VALUE, "128"),
    ({"tools": [custom("a\n")]}, (*IN_TOOL, "name"), Code.INVALID_VALUE, "letters, digits"),
    ({"tools": [custom(), custom()]}, ("tools", 1, "name"), Code.INVALID_VALUE, "rename one"),
    ({"tools": [custom() | {"description": ""}]}, (*IN_TOOL, "description"), "string_too_short", ""),
    ({"tools": [custom(type="array")]}, (*IN_SCHEMA, "type"), "literal_error", "'object'"),
    ({"tools": [custom(required="id")]}, (*IN_SCHEMA, "required"), "list_type", ""),
    ({"tools": [custom(anyOf=[])]}, (*IN_SCHEMA, "anyOf"), Code.INVALID_VALUE, "`anyOf`"),
    (
        {"tools": [custom(properties={"a b": {}})]},
        (*IN_SCHEMA, "properties", "a b"),
        Code.INVALID_VALUE,
        "1 to 64",
    ),
    (
        {"tools": [custom(properties={"a": {"items": [{"$ref": "#/$defs/x"}]}})]},
        (*IN_SCHEMA, "properties", "a", "items", 0, "$ref"),
        Code.INVALID_VALUE,
        "in its place",
    ),
    ({"tools": [custom(**{"$ref": "#"})]}, (*IN_SCHEMA, "$ref"), Code.INVALID_VALUE, "`$ref`"),
    ({"tools": [custom(minimum=float("inf"))]}, (*IN_SCHEMA, "minimum"), Code.INVALID_VALUE, "finite"),
    ({"tools": [custom(f"t{n}") for n in range(257)]}, ("tools",), Code.LIMIT, "256"),
]

MULTIAGENT: list[tuple[Any, tuple[Any, ...], str, str]] = [
    # What stands at `multiagent`, the place of its error below that.
    ("coordinator", (), Code.WRONG_TYPE, "mapping with `type`"),
    ({"agents": ["agent_1"]}, ("type",), "missing", ""),
    ({"type": "coordinater", "agents": []}, ("type",), Code.INVALID_VALUE, "did you mean 'coordinator'"),
    ({"type": "coordinator"}, ("agents",), "missing", ""),
    ({"type": "coordinator", "agents": []}, ("agents",), "too_short", ""),
    ({"type": "coordinator", "agents": [f"agent_{n}" for n in range(21)]}, ("agents",), "too_long", "20"),
    ({"type": "coordinator", "agents": "agent_1"}, ("agents",), "list_type", ""),
    ({"type": "coordinator", "agents": [""]}, ("agents", 0), "string_too_short", ""),
    ({"type": "coordinator", "agents": [7]}, ("agents", 0), Code.WRONG_TYPE, "mapping with `type`"),
    ({"type": "coordinator", "agents": [{"id": "agent_1"}]}, ("agents", 0, "type"), "missing", ""),
    ({"type": "coordinator", "agents": [{"type": "agent"}]}, ("agents", 0, "id"), "missing", ""),
    (
        {"type": "coordinator", "agents": [{"type": "agnt", "id": "agent_1"}]},
        ("agents", 0, "type"),
        Code.INVALID_VALUE,
        "did you mean 'agent'",
    ),
    *(
        (
            {"type": "coordinator", "agents": [{"type": "agent", "id": "agent_1", "version": version}]},
            ("agents", 0, "version"),
            error,
            "",
        )
        for version, error in (
            (0, "greater_than_equal"),
            ("1", "int_type"),
            (True, "int_type"),
            (None, "int_type"),
        )
    ),
    (
        {"type": "coordinator", "agents": ["agent_1", {"type": "agent", "id": "agent_1", "version": 2}]},
        ("agents", 1),
        Code.INVALID_VALUE,
        "'agent_1' is listed twice",
    ),
    ({"type": "coordinator", "agents": [{"type": "self"}] * 2}, ("agents", 1), Code.INVALID_VALUE, "itself"),
    (
        {"type": "coordinator", "agents": [{"type": "advisor", "model": "claude-opus-5-5"}] * 2},
        ("agents", 1),
        Code.INVALID_VALUE,
        "an advisor only once",
    ),
    ({"type": "coordinator", "agents": [{"type": "advisor"}]}, ("agents", 0, "model"), "missing", ""),
    (
        {"type": "coordinator", "agents": [{"type": "advisor", "model": "claude-2"}]},
        ("agents", 0, "model"),
        Code.INVALID_VALUE,
        "older than Claude 4.5",
    ),
    (
        {"type": "coordinator", "agents": [{"type": "self", "version": 1}]},
        ("agents", 0, "version"),
        "extra_forbidden",
        "",
    ),
    (
        {"type": "coordinator", "agents": ["agent_1"], "workflows": {"type": "disabled"}},
        ("workflows",),
        "extra_forbidden",
        "",
    ),
    ({"type": "multiagent_20261001", "agents": []}, ("agents",), "extra_forbidden", ""),
    ({"type": "multiagent_20261001", "workflows": "disabled"}, ("workflows",), Code.WRONG_TYPE, "mapping"),
    ({"type": "multiagent_20261001", "workflows": {}}, ("workflows", "type"), "missing", ""),
    (
        {"type": "multiagent_20261001", "workflows": {"type": "off"}},
        ("workflows", "type"),
        Code.INVALID_VALUE,
        "disabled",
    ),
    (
        {"type": "multiagent_20261001", "subagents": {"type": "disabled", "predefined_agents": []}},
        ("subagents", "predefined_agents"),
        "extra_forbidden",
        "",
    ),
    *(
        (
            {
                "type": "multiagent_20261001",
                member: {"type": "enabled", "inline_agents": {"type": "disabled"}, **nobody},
            },
            (member, "inline_agents"),
            Code.INVALID_VALUE,
            "predefined_agents",
        )
        for member in ("subagents", "workflows")
        for nobody in ({}, {"predefined_agents": None}, {"predefined_agents": []})
    ),
    (
        {
            "type": "multiagent_20261001",
            "subagents": {"type": "enabled", "predefined_agents": [f"agent_{n}" for n in range(21)]},
        },
        ("subagents", "predefined_agents"),
        "too_long",
        "20",
    ),
    (
        {
            "type": "multiagent_20261001",
            "workflows": {
                "type": "enabled",
                "predefined_agents": [{"type": "advisor", "model": "claude-opus-5-5"}],
            },
        },
        ("workflows", "predefined_agents", 0, "type"),
        Code.INVALID_VALUE,
        "not a type of predefined agent",
    ),
    (
        {
            "type": "multiagent_20261001",
            "workflows": {"type": "enabled", "predefined_agents": ["a_1", "a_1"]},
        },
        ("workflows", "predefined_agents", 1),
        Code.INVALID_VALUE,
        "twice",
    ),
    ({"type": "multiagent_20261001", "advisor": {"type": "enabled"}}, ("advisor", "model"), "missing", ""),
    (
        {"type": "multiagent_20261001", "advisor": {"type": "disabled", "model": "claude-opus-5-5"}},
        ("advisor", "model"),
        "extra_forbidden",
        "",
    ),
]
AGENTS += [
    ({"multiagent": value}, ("multiagent", *place), error, says) for value, place, error, says in MULTIAGENT
]

LONG_LABEL, LONG_HOST = "a" * 64, "a." * 127 + "bc"
CLOUD = {"type": "cloud"}
LIMITED = {"type": "limited"}

ENVIRONMENTS: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
    ({"name": ""}, ("name",), "string_too_short", ""),
    ({"scope": "account"}, ("scope",), Code.INVALID_VALUE, "scope: organization"),
    ({"scope": "team"}, ("scope",), "literal_error", ""),
    ({"config": "cloud"}, ("config",), Code.WRONG_TYPE, "mapping with `type`"),
    ({"config": {"type": "clod"}}, ("config", "type"), Code.INVALID_VALUE, "did you mean 'cloud'"),
    ({"config": {"type": "self_hosted", "packages": {}}}, ("config", "packages"), "extra_forbidden", ""),
    ({"config": CLOUD | {"networking": "limited"}}, ("config", "networking"), Code.WRONG_TYPE, "mapping"),
    (
        {"config": CLOUD | {"networking": {"type": "unrestricted", "allowed_hosts": []}}},
        ("config", "networking", "allowed_hosts"),
        "extra_forbidden",
        "",
    ),
    (
        {"config": CLOUD | {"networking": LIMITED, "packages": {"npm": [], "pip": ["pandas"]}}},
        ("config", "packages", "pip"),
        Code.INVALID_VALUE,
        "allow_package_managers: true",
    ),
    (
        {
            "config": CLOUD
            | {"networking": LIMITED | {"allow_package_managers": False}, "packages": {"apt": ["x"]}}
        },
        ("config", "packages", "apt"),
        Code.INVALID_VALUE,
        "allow_package_managers: true",
    ),
    ({"config": CLOUD | {"packages": {"pip": "pandas"}}}, ("config", "packages", "pip"), "list_type", ""),
    ({"config": CLOUD | {"packages": {"conda": []}}}, ("config", "packages", "conda"), "extra_forbidden", ""),
    ({"metadata": {"agentops": "x"}}, ("metadata", "agentops"), Code.RESERVED, "another name"),
    *(
        (
            {"config": CLOUD | {"networking": LIMITED | {"allowed_hosts": ["ok.example.com", host]}}},
            ("config", "networking", "allowed_hosts", 1),
            Code.INVALID_VALUE,
            "without scheme, port or path",
        )
        for host in (
            "https://a.b",
            "a.b:443",
            "a.b/c",
            "a.*.b",
            "*",
            "",
            "a b",
            "a..b",
            ".",
            "-a.b",
            LONG_LABEL,
            LONG_HOST,
        )
    ),
    (
        {"config": CLOUD | {"networking": LIMITED | {"allowed_hosts": ["bücher.example"]}}},
        ("config", "networking", "allowed_hosts", 0),
        Code.INVALID_VALUE,
        "xn--",
    ),
    (
        {"config": CLOUD | {"packages": {"pip": ["pandas", ""]}}},
        ("config", "packages", "pip", 1),
        "string_too_short",
        "",
    ),
]

MEMORY_STORES: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
    ({"name": "x" * 256}, ("name",), "string_too_long", ""),
    ({"name": "a\x07"}, ("name",), Code.INVALID_VALUE, "control characters"),
    ({"description": None}, ("description",), "string_type", ""),
    ({"description": "x" * 1025}, ("description",), "string_too_long", ""),
    ({"retention_days": 3}, ("retention_days",), "extra_forbidden", ""),
]

MEMORIES: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
    ({"path": "notes.md"}, ("path",), Code.INVALID_VALUE, "write '/notes.md'"),
    ({"path": "/"}, ("path",), Code.INVALID_VALUE, "segment"),
    ({"path": "/a//b"}, ("path",), Code.INVALID_VALUE, "segment"),
    ({"path": "/a/../b"}, ("path",), Code.INVALID_VALUE, "segment"),
    ({"path": "/a/./b"}, ("path",), Code.INVALID_VALUE, "segment"),
    ({"path": "/a" * 21}, ("path",), Code.LIMIT, "20 segments"),
    ({"path": "/" + "ä" * 512}, ("path",), Code.LIMIT, "1025"),
    ({"path": "/a\tb"}, ("path",), Code.INVALID_VALUE, "U+0009"),
    ({"path": "/a\u202eb"}, ("path",), Code.INVALID_VALUE, "format character"),
    ({"path": "/a\u2028b"}, ("path",), Code.INVALID_VALUE, "line separator"),
    ({"path": "/a\u2029b"}, ("path",), Code.INVALID_VALUE, "paragraph separator"),
    ({"path": "/e\u0301"}, ("path",), Code.INVALID_VALUE, "normal form C"),
    ({"content": "ä" * 51_201}, ("content",), Code.LIMIT, "102400 bytes"),
    ({"content": 5}, ("content",), "string_type", ""),
    ({"view": "full"}, ("view",), "extra_forbidden", ""),
]

BASES: dict[str, dict[str, Any]] = {
    "agent": AGENT,
    "environment": {"name": "sandbox"},
    "memory_store": {"name": "notes"},
    "memory": {"path": "/a.md", "content": ""},
    "skill": SKILL,
    "vault": {"display_name": "Linear"},
    "credential": {"auth": BEARER},
    "deployment": DEPLOYMENT,
}
CASES = [
    (kind, *case)
    for kind, cases in [
        ("agent", AGENTS),
        ("environment", ENVIRONMENTS),
        ("memory_store", MEMORY_STORES),
        ("memory", MEMORIES),
        ("skill", SKILLS),
        ("vault", VAULTS),
        ("credential", CREDENTIALS),
        ("deployment", DEPLOYMENTS),
    ]
    for case in cases
]
