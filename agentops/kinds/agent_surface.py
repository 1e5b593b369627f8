"""What an agent can do: its tools after all defaults, its servers, skills and roster.

Paths are those of the body as it is written; a tool that no entry mentions has the path of its toolset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentops.domain.resource import Body
from agentops.domain.surface import (
    REST,
    From,
    Model,
    Path,
    Permission,
    Power,
    Server,
    Surface,
    Tool,
    Use,
)
from agentops.kinds.agent_tools import complete_tool
from agentops.kinds.builtin_tools import BUILTIN_TOOLS
from agentops.kinds.model import complete_model, price_of
from agentops.kinds.multiagent import complete_multiagent
from agentops.kinds.reading import items_of, mapping_of, member_of, metadata_of, text_of, texts_of, words_of
from agentops.kinds.references import complete_reference

_POWERS: Mapping[str, frozenset[Power]] = {
    "bash": frozenset({Power.RUN, Power.WRITE}),
    "write": frozenset({Power.WRITE}),
    "edit": frozenset({Power.WRITE}),
    "web_fetch": frozenset({Power.UNTRUSTED}),
    "web_search": frozenset({Power.UNTRUSTED}),
}
_MCP_POWERS = frozenset({Power.UNTRUSTED})


def agent_surface(body: Body) -> Surface:
    tools = {tool.key: tool for tool in _tools(body.get("tools"))}
    return Surface(
        name=text_of(body.get("name")) or "",
        prompt=words_of(body.get("system")),
        prompt_field="system",
        description=words_of(body.get("description")),
        metadata=metadata_of(body),
        model=_model(body.get("model")),
        tools=tools,
        servers={server.name: server for server in _servers(body.get("mcp_servers"))},
        skills={skill.name: skill for skill in _skills(body.get("skills"))},
        roster=dict(_roster(body)),
        identity=_identity(body.get("execution_identity")),
    )


def _model(written: Any) -> Model | None:
    model = mapping_of(complete_model(written))
    if (name := text_of(model.get("id"))) is None:
        return None
    speed = text_of(model.get("speed")) or "standard"
    geo = text_of(model.get("inference_geo"))
    return Model(name, text_of(model.get("effort")), speed, geo, price_of(name, speed))


def _tools(tools: Any) -> Iterator[Tool]:
    for index, tool in enumerate(items_of(tools)):
        path: Path = ("tools", index)
        written, full = mapping_of(tool), mapping_of(complete_tool(tool))
        match full.get("type"):
            case "agent_toolset_20260401":
                named = [*BUILTIN_TOOLS, *_entry_names(full)]
                yield from (
                    _tool(name, From.BUILTIN, written, full, path, _POWERS.get(name, frozenset()))
                    for name in dict.fromkeys(named)
                )
            case "mcp_toolset":
                server = text_of(full.get("mcp_server_name")) or ""
                named = [*_entry_names(full), REST]
                yield from (
                    _tool(name, From.MCP, written, full, path, _MCP_POWERS, server)
                    for name in dict.fromkeys(named)
                )
            case "custom":
                description = text_of(full.get("description")) or ""
                name = text_of(full.get("name")) or ""
                yield Tool(name, From.CUSTOM, description=description, path=path)


def _entry_names(toolset: Mapping[str, Any]) -> list[str]:
    return [
        name
        for entry in items_of(toolset.get("configs"))
        if (name := text_of(mapping_of(entry).get("name"))) is not None
    ]


def _tool(
    name: str,
    origin: From,
    written: Mapping[str, Any],
    full: Mapping[str, Any],
    path: Path,
    powers: frozenset[Power],
    server: str = "",
) -> Tool:
    """A tool with what its entry says, or what its toolset says of all the others."""
    entry = next((it for it in items_of(full.get("configs")) if mapping_of(it).get("name") == name), None)
    settings = mapping_of(entry if entry is not None else full.get("default_config"))
    return Tool(
        name,
        origin,
        enabled=settings.get("enabled") is not False,
        permission=_permission(settings.get("permission_policy")),
        server=server,
        powers=powers,
        domains=texts_of(settings.get("allowed_domains")) or None,
        blocked=texts_of(settings.get("blocked_domains")),
        path=_path_of(name, written, path),
    )


def _permission(policy: Any) -> Permission | None:
    name = text_of(mapping_of(policy).get("type"))
    return next((permission for permission in Permission if permission == name), None)


def _path_of(name: str, written: Mapping[str, Any], path: Path) -> Path:
    for index, entry in enumerate(items_of(written.get("configs"))):
        if mapping_of(entry).get("name") == name:
            return (*path, "configs", index)
    return path


def _servers(servers: Any) -> Iterator[Server]:
    for index, server in enumerate(items_of(servers)):
        if (name := text_of(mapping_of(server).get("name"))) is not None:
            yield Server(name, text_of(server.get("url")) or "", ("mcp_servers", index))


def _skills(skills: Any) -> Iterator[Use]:
    for index, skill in enumerate(items_of(skills)):
        if (name := text_of(mapping_of(skill).get("skill_id"))) is not None:
            yield use_of(name, skill.get("version") or "latest", ("skills", index))


def use_of(name: str, version: Any, path: Path) -> Use:
    """Of an address or an ID with the version beside it."""
    pinned = version if isinstance(version, str | int) and not isinstance(version, bool) else None
    return Use(name, pinned, path, ours="/" in name)


def _roster(body: Body) -> Iterator[tuple[str, Use]]:
    """Whom it can set to work. Where an agent is named in two roles it stands there by both."""
    multiagent = mapping_of(complete_multiagent(body.get("multiagent"), body.get("id")))
    match multiagent.get("type"):
        case "coordinator":
            yield from _entries(multiagent.get("agents"), ("multiagent", "agents"), "")
        case "multiagent_20261001":
            for role in ("subagents", "workflows"):
                yield from _spawned(mapping_of(multiagent.get(role)), role)
            advisor = mapping_of(multiagent.get("advisor"))
            if advisor.get("type") == "enabled":
                use = _advisor(advisor, ("multiagent", "advisor"))
                yield use.name, use


def _spawned(spawning: Mapping[str, Any], role: str) -> Iterator[tuple[str, Use]]:
    if spawning.get("type") != "enabled":
        return
    path: Path = ("multiagent", role)
    yield from _entries(spawning.get("predefined_agents"), (*path, "predefined_agents"), f"{role}: ")
    if member_of(spawning, "inline_agents", "type") == "enabled":
        use = Use("agents it makes up", path=(*path, "inline_agents"), ours=False)
        yield f"{role}: {use.name}", use


def _entries(entries: Any, path: Path, role: str) -> Iterator[tuple[str, Use]]:
    for index, entry in enumerate(items_of(entries)):
        reference, place = mapping_of(complete_reference(entry)), (*path, index)
        match reference.get("type"):
            case "agent" if isinstance(name := reference.get("id"), str):
                use = use_of(name, reference.get("version"), place)
            case "self":
                use = Use("itself", path=place, ours=False)
            case "advisor":
                use = _advisor(reference, place)
            case _:
                continue
        yield f"{role}{use.name}", use


def _advisor(advisor: Mapping[str, Any], path: Path) -> Use:
    return Use(f"an advisor ({text_of(advisor.get('model')) or 'of no model'})", path=path, ours=False)


def _identity(identity: Any) -> str | None:
    """``service_account`` is what every agent has that says nothing."""
    match identity:
        case {"type": "aws_role", "role_arn": str(role)}:
            return f"aws_role {role}"
        case {"type": str(kind)}:
            return None if kind == "service_account" else kind
    return None
