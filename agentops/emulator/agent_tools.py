"""``agent.tools`` and ``agent.mcp_servers``: three tool families, resolved as the API returns them.

SDK types ``BetaManagedAgentsAgentToolset20260401Params``, ``BetaManagedAgentsMCPToolsetParams`` and
``BetaManagedAgentsCustomToolParams``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from agentops.emulator.checks import (
    Check,
    array,
    boolean,
    child,
    integer,
    nullable,
    one_of,
    record,
    refuse,
    tagged,
    text,
    then,
    typed,
)
from agentops.emulator.web_tools import (
    check_client_tools,
    domain_list,
    one_domain_list,
    url_sources,
    user_location,
)

MOST_TOOLS = 256
MOST_SERVERS = 20

BUILT_IN_TOOLS = ("bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search")

permission_policy: Check = tagged({name: typed(name) for name in ("always_allow", "always_ask", "auto")})

_SETTINGS: dict[str, Check] = {"enabled": nullable(boolean), "permission_policy": nullable(permission_policy)}
_default_config: Check = nullable(record(_SETTINGS))


def _resolve_settings(sent: dict[str, Any], default: dict[str, Any]) -> dict[str, Any]:
    """``enabled`` and ``permission_policy``: what was sent, else the default; null counts as not sent."""
    return {name: default[name] if sent.get(name) is None else sent[name] for name in _SETTINGS}


def _toolset(policy: str) -> dict[str, Any]:
    return {"enabled": True, "permission_policy": {"type": policy}}


# --- agent_toolset_20260401 ---

_WEB_MEMBERS: dict[str, dict[str, Check]] = {
    "web_fetch": {
        "allowed_domains": nullable(domain_list(path_allowed=False)),
        "blocked_domains": nullable(domain_list(path_allowed=False)),
        "max_content_tokens": nullable(integer(least=1)),
        "url_sources": nullable(url_sources),
    },
    "web_search": {
        "allowed_domains": nullable(domain_list(path_allowed=True)),
        "blocked_domains": nullable(domain_list(path_allowed=True)),
        "user_location": nullable(user_location),
    },
}


def _built_in_config(name: str) -> Check:
    members = {"name": one_of(name), "type": one_of(name), **_SETTINGS, **_WEB_MEMBERS.get(name, {})}
    return then(record(members, required=("name",)), one_domain_list)


def _resolve_agent_toolset(sent: dict[str, Any], at: str) -> dict[str, Any]:
    default = _resolve_settings(sent.get("default_config") or {}, _toolset("always_allow"))
    configs = sent.get("configs", [])
    _refuse_duplicates([config["name"] for config in configs], child(at, "configs"), "name")
    return {
        "type": sent["type"],
        "default_config": default,
        "configs": [
            {
                "type": config["name"],
                "name": config["name"],
                **_resolve_settings(config, default),
                **{member: config.get(member) for member in _WEB_MEMBERS.get(config["name"], {})},
            }
            for config in configs
        ],
    }


_agent_toolset: Check = then(
    typed(
        "agent_toolset_20260401",
        {
            "default_config": _default_config,
            "configs": array(tagged({name: _built_in_config(name) for name in BUILT_IN_TOOLS}, tag="name")),
        },
    ),
    _resolve_agent_toolset,
)

# --- mcp_toolset ---


def _resolve_mcp_toolset(sent: dict[str, Any], at: str) -> dict[str, Any]:
    default = _resolve_settings(sent.get("default_config") or {}, _toolset("always_ask"))
    configs = sent.get("configs", [])
    _refuse_duplicates([config["name"] for config in configs], child(at, "configs"), "name")
    return {
        "type": sent["type"],
        "mcp_server_name": sent["mcp_server_name"],
        "default_config": default,
        "configs": [{"name": config["name"], **_resolve_settings(config, default)} for config in configs],
    }


_mcp_toolset: Check = then(
    typed(
        "mcp_toolset",
        {
            "mcp_server_name": text(least=1, most=255),
            "default_config": _default_config,
            "configs": array(record({"name": text(least=1, most=128), **_SETTINGS}, required=("name",))),
        },
        required=("mcp_server_name",),
    ),
    _resolve_mcp_toolset,
)

# --- custom ---

_PROPERTY_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def _custom_tool_name(value: Any, at: str) -> str:
    name: str = text(
        pattern="[A-Za-z0-9_-]{1,128}",
        hint="String should be 1 to 128 letters, digits, underscores and hyphens",
    )(value, at)
    if name in BUILT_IN_TOOLS:
        refuse(at, f"'{name}' is the name of a built-in tool")
    if name.startswith("mcp__"):
        refuse(at, "the prefix 'mcp__' is reserved")
    return name


def _input_schema(value: Any, at: str) -> dict[str, Any]:
    """A JSON Schema of an object, stored as sent; references and top-level unions are refused."""
    if not isinstance(value, dict):
        refuse(at, "Input should be an object")
    if "type" not in value:
        refuse(child(at, "type"), "Field required")
    one_of("object")(value["type"], child(at, "type"))
    for union in ("oneOf", "anyOf", "allOf"):
        if union in value:
            refuse(child(at, union), f"{union} is not supported at the top level")
    nullable(array(text()))(value.get("required"), child(at, "required"))
    properties = value.get("properties")
    if properties is not None and not isinstance(properties, dict):
        refuse(child(at, "properties"), "Input should be an object")
    for name in properties or {}:
        if not _PROPERTY_NAME.fullmatch(name):
            refuse(
                child(at, f"properties.{name}"),
                "a property name is 1 to 64 letters, digits, '_', '.' and '-'",
            )
    _refuse_references(value, at)
    return value


def _refuse_references(schema: dict[str, Any], at: str) -> None:
    pending: list[tuple[Any, str]] = [(schema, at)]
    while pending:
        node, where = pending.pop()
        if isinstance(node, dict):
            if "$ref" in node:
                refuse(child(where, "$ref"), "$ref is not supported")
            pending.extend((each, child(where, name)) for name, each in node.items())
        elif isinstance(node, list):
            pending.extend((each, child(where, index)) for index, each in enumerate(node))


_custom_tool: Check = typed(
    "custom",
    {"name": _custom_tool_name, "description": text(least=1), "input_schema": _input_schema},
    required=("name", "description", "input_schema"),
)

# --- the arrays ---

tools: Check = array(
    tagged({"agent_toolset_20260401": _agent_toolset, "mcp_toolset": _mcp_toolset, "custom": _custom_tool}),
    most=MOST_TOOLS,
)


def _server_url(value: Any, at: str) -> str:
    url: str = text(least=1, most=2048)(value, at)
    try:
        parts = urlsplit(url)
        valid = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        valid = False
    if not valid or re.search(r"\s", url):
        refuse(at, "Input should be an http or https URL")
    return url


mcp_servers: Check = array(
    typed("url", {"name": text(least=1, most=255), "url": _server_url}, required=("name", "url")),
    most=MOST_SERVERS,
)


def check_tools_and_servers(agent_tools: Sequence[dict[str, Any]], servers: Sequence[dict[str, Any]]) -> None:
    """The rules between the entries of ``tools`` and ``mcp_servers``, on the resulting agent.

    Each server has to be named by an ``mcp_toolset`` and the other way round, names are unique,
    and the toolsets together hold at most 256 tools, the built-in one counting its eight.
    """
    _refuse_duplicates([server["name"] for server in servers], "mcp_servers", "name")
    of_type: dict[str, dict[int, dict[str, Any]]] = {}
    for index, tool in enumerate(agent_tools):
        of_type.setdefault(tool["type"], {})[index] = tool
    toolsets = of_type.get("mcp_toolset", {})
    custom = of_type.get("custom", {})
    built_in = of_type.get("agent_toolset_20260401", {})

    if len(built_in) > 1:
        refuse(f"tools.{max(built_in)}", "agent_toolset_20260401 may be given once")
    _refuse_repeated(custom, "name")
    _refuse_repeated(toolsets, "mcp_server_name")

    declared = {server["name"] for server in servers}
    for index, toolset in toolsets.items():
        if toolset["mcp_server_name"] not in declared:
            refuse(
                f"tools.{index}.mcp_server_name", f"mcp_servers declares no '{toolset['mcp_server_name']}'"
            )
    used = {toolset["mcp_server_name"] for toolset in toolsets.values()}
    for index, server in enumerate(servers):
        if server["name"] not in used:
            refuse(f"mcp_servers.{index}", f"'{server['name']}' is referenced by no mcp_toolset in tools")

    names = [tool["name"] for tool in custom.values()]
    for index, toolset in built_in.items():
        for position, config in enumerate(toolset["configs"]):
            if config.get("url_sources"):
                check_client_tools(
                    config["url_sources"], names, f"tools.{index}.configs.{position}.url_sources"
                )

    count = (
        len(custom)
        + len(BUILT_IN_TOOLS) * len(built_in)
        + sum(len(each["configs"]) for each in toolsets.values())
    )
    if count > MOST_TOOLS:
        refuse("tools", f"at most {MOST_TOOLS} tools across all toolsets are allowed, not {count}")


def _refuse_duplicates(values: Sequence[str], at: str, member: str) -> None:
    repeated = [value for value, count in Counter(values).items() if count > 1]
    if repeated:
        last = len(values) - 1 - list(reversed(values)).index(repeated[0])
        refuse(f"{at}.{last}.{member}", f"'{repeated[0]}' is given twice")


def _refuse_repeated(entries: dict[int, dict[str, Any]], member: str) -> None:
    seen: set[str] = set()
    for index, entry in entries.items():
        if entry[member] in seen:
            refuse(f"tools.{index}.{member}", f"'{entry[member]}' is given twice")
        seen.add(entry[member])
