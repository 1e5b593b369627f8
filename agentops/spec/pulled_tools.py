"""The API's ``tools`` and ``mcp_servers`` -> the short forms, where these say exactly the same.

The other way round is ``shorthand``. What no short form says stays in the API's shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentops.domain.resource import Body
from agentops.spec.shorthand import BUILT_IN, PERMISSIONS, TOOLSET

_OFF = {"enabled": False}
_MEMBERS = {"type", "default_config", "configs"}


def short_tools(body: Body) -> Body:
    """The body with what is enabled named, and each server beside the tools that are allowed of it."""
    tools, servers = body.get("tools"), body.get("mcp_servers") or []
    if not isinstance(tools, list):
        return body
    made: list[Any] = []
    declared: set[str] = set()
    for tool in tools:
        server = next((it for it in servers if it["name"] == tool.get("mcp_server_name")), None)
        if tool["type"] == TOOLSET and (names := _names(tool)) is not None:
            made.extend(names)
        elif server is not None and (entry := _mcp(tool, server)) is not None:
            made.append(entry)
            declared.add(server["name"])
        else:
            made.append(tool)
    left = [it for it in servers if it["name"] not in declared]
    short = {**body, "tools": made, "mcp_servers": left}
    return {key: value for key, value in short.items() if value or key not in {"tools", "mcp_servers"}}


def _names(toolset: Mapping[str, Any]) -> list[Any] | None:
    """``bash`` or ``{bash: {permission: always_ask}}`` for each tool where all others are off."""
    configs = toolset.get("configs")
    if not configs or toolset.get("default_config") != _OFF or toolset.keys() != _MEMBERS:
        return None
    found: list[Any] = []
    for config in configs:
        policy = _permission(config)
        if config.get("name") not in BUILT_IN or config.get("enabled") is not True or policy is None:
            return None
        settings = {
            key: value
            for key, value in config.items()
            if key not in {"name", "type", "enabled", "permission_policy"}
        }
        options = {**({"permission": policy} if policy else {}), **settings}
        found.append({config["name"]: options} if options else config["name"])
    return found


def _permission(config: Mapping[str, Any]) -> str | None:
    """The word for its policy, empty where it has none; None where there is no word."""
    if "permission_policy" not in config:
        return ""
    policy = config["permission_policy"]
    word = policy.get("type")
    return word if policy.keys() == {"type"} and word in PERMISSIONS else None


def _mcp(toolset: Mapping[str, Any], server: Mapping[str, Any]) -> Body | None:
    if server.keys() != {"type", "name", "url"}:
        return None
    short: Body = {"mcp": server["name"], "url": server["url"]}
    members = toolset.keys() - {"type", "mcp_server_name"}
    if not members:
        return short
    if members == {"default_config"}:
        default = toolset["default_config"]
        word = _permission(default) if default.keys() == {"permission_policy"} else None
        return {**short, "permission": word} if word else None
    if toolset.get("default_config") != _OFF or not toolset.get("configs"):
        return None
    allowed: list[Any] = []
    for config in toolset["configs"]:
        word = _permission(config)
        if (
            word is None
            or config.keys() - {"permission_policy"} != {"name", "enabled"}
            or not config["enabled"]
        ):
            return None
        allowed.append({config["name"]: word} if word else config["name"])
    return {**short, "allow": allowed}
