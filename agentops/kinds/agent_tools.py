"""The tools of an agent: the built-in toolset, the toolsets of MCP servers, custom tools.

Every setting of a tool falls back to its toolset's ``default_config``, and that to the API's own defaults:
enabled, and ``always_allow`` for built-in tools but ``always_ask`` for those of MCP servers.

A custom tool's description was limited to 1 024, later to 4 096 characters; no number is published now, so
none is enforced.

Sources: API reference, "Tools" and "Permission policies"; SDK types
``BetaManagedAgentsAgentToolset20260401Params``, ``BetaManagedAgentsMCPToolsetParams``,
``BetaManagedAgentsCustomToolParams``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import pydantic
from pydantic import AfterValidator, ConfigDict, StringConstraints

from agentops.domain.canonical import canonical_json, same
from agentops.domain.diagnostics import Code
from agentops.domain.resource import Body
from agentops.kinds.builtin_tools import (
    BUILTIN_TOOLS,
    BuiltinTool,
    ToolSettings,
    WebFetch,
    complete_builtin,
    complete_policy,
    named_sources,
)
from agentops.kinds.schema import NonEmpty, OneOf, Path, Problem, Shape, known_members, refusal

_MAX_TOOLS = 256


def _repeated_entries(entries: Sequence[BuiltinTool | McpTool]) -> Iterator[Problem]:
    names = [entry.name for entry in entries]
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"'{name}' is configured twice in this toolset; keep one entry"
            yield Problem(("configs", index, "name"), Code.INVALID_VALUE, message)


BuiltinEntry = Annotated[BuiltinTool, OneOf("name", "built-in tool", Code.UNKNOWN_TOOL)]


class AgentToolset(Shape):
    """The eight built-in tools, all of them on unless ``default_config`` says otherwise."""

    type: Literal["agent_toolset_20260401"]
    default_config: ToolSettings | None = None
    configs: list[BuiltinEntry] = pydantic.Field(default_factory=list)

    def rules(self) -> Iterator[Problem]:
        yield from _repeated_entries(self.configs)


class McpTool(ToolSettings):
    """SDK type ``BetaManagedAgentsMCPToolConfigParams``."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class McpToolset(Shape):
    """The tools of one server in ``mcp_servers``."""

    type: Literal["mcp_toolset"]
    mcp_server_name: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    default_config: ToolSettings | None = None
    configs: list[McpTool] = pydantic.Field(default_factory=list)

    def rules(self) -> Iterator[Problem]:
        yield from _repeated_entries(self.configs)


class InputSchema(Shape):
    """JSON Schema of a custom tool's input: keywords other than the three below pass as they are."""

    model_config = ConfigDict(extra="allow")

    type: Literal["object"]
    properties: dict[str, Any] | None = None
    required: list[str] | None = None

    def rules(self) -> Iterator[Problem]:
        extra = self.model_extra or {}
        for keyword in ("oneOf", "anyOf", "allOf"):
            if keyword in extra:
                message = (
                    f"the API refuses `{keyword}` at the top of an input schema; move it into a property"
                )
                yield Problem((keyword,), Code.INVALID_VALUE, message)
        for name in self.properties or {}:
            if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
                message = f"'{name}' is no property name; it has 1 to 64 letters, digits, '_', '.' or '-'"
                yield Problem(("properties", name), Code.INVALID_VALUE, message)
        for path in _places_of("$ref", {**extra, "properties": self.properties}):
            yield Problem(
                path, Code.INVALID_VALUE, "the API refuses `$ref`; write the schema out in its place"
            )


def _places_of(key: str, value: Any) -> Iterator[Path]:
    pending: list[tuple[Path, Any]] = [((), value)]
    while pending:
        path, current = pending.pop()
        if isinstance(current, list):
            pending.extend(((*path, index), item) for index, item in enumerate(current))
        elif isinstance(current, Mapping):
            if key in current:
                yield (*path, key)
            pending.extend(((*path, name), member) for name, member in current.items())


def _check_tool_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name):
        message = f"'{name}' is no tool name; it has 1 to 128 letters, digits, '_' or '-'"
        raise refusal(Code.INVALID_VALUE, message)
    if name in BUILTIN_TOOLS:
        raise refusal(Code.RESERVED, f"'{name}' is a built-in tool; give the custom tool another name")
    if name.startswith("mcp__"):
        raise refusal(Code.RESERVED, "names beginning with mcp__ belong to MCP tools; choose another name")
    return name


class CustomTool(Shape):
    """A tool that whoever runs the session executes."""

    type: Literal["custom"]
    name: Annotated[str, AfterValidator(_check_tool_name)]
    description: NonEmpty
    input_schema: InputSchema


Tool = Annotated[AgentToolset | McpToolset | CustomTool, OneOf("type", "type of tool")]


def tool_problems(tools: Sequence[Any]) -> Iterator[Problem]:
    """What holds between the tools of one agent; paths begin at the agent."""
    custom = [tool.name if isinstance(tool, CustomTool) else None for tool in tools]
    for index, name in enumerate(custom):
        if name is not None and name in custom[:index]:
            place: Path = ("tools", index, "name")
            yield Problem(place, Code.INVALID_VALUE, f"two custom tools are called '{name}'; rename one")
    yield from _repeated_toolsets(tools)
    for path, name in _named_client_tools(tools):
        if name not in custom:
            message = f"'{name}' is no custom tool of this agent; client_tool_results can name only those"
            yield Problem(path, Code.UNKNOWN_TOOL, message)
    count = sum(map(_size, tools))
    if count > _MAX_TOOLS:
        message = f"an agent has at most {_MAX_TOOLS} tools, these are {count} or more"
        yield Problem(("tools",), Code.LIMIT, message)


def _repeated_toolsets(tools: Sequence[Any]) -> Iterator[Problem]:
    """Two toolsets of one origin. That the API refuses them is inferred; it does not say which counts."""
    seen: set[str | None] = set()
    for index, tool in enumerate(tools):
        if not isinstance(tool, AgentToolset | McpToolset):
            continue
        server = tool.mcp_server_name if isinstance(tool, McpToolset) else None
        if server in seen:
            member = "type" if server is None else "mcp_server_name"
            whose = "built-in tools" if server is None else f"the tools of '{server}'"
            message = f"{whose} are listed in two toolsets; put their `configs` into one"
            yield Problem(("tools", index, member), Code.INVALID_VALUE, message)
        seen.add(server)


def _size(tool: Any) -> int:
    """How many tools an entry stands for, as far as a file can tell: of a server only those it names."""
    if isinstance(tool, AgentToolset):
        return len(BUILTIN_TOOLS)
    return len(tool.configs) if isinstance(tool, McpToolset) else 1


def _named_client_tools(tools: Sequence[Any]) -> Iterator[tuple[Path, str]]:
    for index, tool in enumerate(tools):
        for position, entry in enumerate(tool.configs if isinstance(tool, AgentToolset) else ()):
            if isinstance(entry, WebFetch) and entry.url_sources is not None:
                member = "client_tool_results"
                for path, name in named_sources(entry.url_sources.client_tool_results):
                    yield ("tools", index, "configs", position, "url_sources", member, *path), name


def complete_tool(tool: Any) -> Any:
    """A tool with every setting it inherits; one of a type nobody knows as it is."""
    match tool:
        case {"type": "agent_toolset_20260401"}:
            return _toolset(known_members(tool, AgentToolset), "always_allow", complete_builtin)
        case {"type": "mcp_toolset"}:
            return _toolset(known_members(tool, McpToolset), "always_ask", _mcp_entry)
        case {"type": "custom"}:
            return _custom_tool(known_members(tool, CustomTool))
    return tool


def _toolset(toolset: Body, policy: str, complete_entry: Callable[[Mapping[str, Any]], Body]) -> Body:
    default, entries = toolset.get("default_config", {}), toolset.get("configs", [])
    if not isinstance(default, Mapping) or not isinstance(entries, list):
        return toolset
    inherited = {"enabled": True, "permission_policy": {"type": policy}} | _settings(default)
    resolved = [_entry(entry, inherited, complete_entry) for entry in entries]
    differing = [entry for entry in resolved if not _restates(entry, inherited)]
    return {**toolset, "default_config": inherited, "configs": sorted(differing, key=_entry_order)}


def _entry(entry: Any, inherited: Body, complete_entry: Callable[[Mapping[str, Any]], Body]) -> Any:
    if not isinstance(entry, Mapping):
        return entry
    own = complete_entry(entry)
    if "permission_policy" in own:
        own["permission_policy"] = complete_policy(own["permission_policy"])
    return {**inherited, **own}


def _mcp_entry(entry: Mapping[str, Any]) -> Body:
    return known_members(entry, McpTool)


def _settings(config: Mapping[str, Any]) -> Body:
    filled = known_members(config, ToolSettings)
    if "permission_policy" in filled:
        filled["permission_policy"] = complete_policy(filled["permission_policy"])
    return filled


def _restates(entry: Any, inherited: Body) -> bool:
    """Whether an entry says nothing that its toolset does not say already."""
    if not isinstance(entry, Mapping):
        return False
    said = {name: member for name, member in entry.items() if name not in {"name", "type"}}
    return same(said, inherited)


def _entry_order(entry: Any) -> tuple[str, str]:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return str(name), canonical_json(entry)


def _custom_tool(tool: Body) -> Body:
    schema = tool.get("input_schema")
    if isinstance(schema, Mapping):
        unset = {name for name in ("properties", "required") if schema.get(name) is None}
        tool["input_schema"] = {name: member for name, member in schema.items() if name not in unset}
    return tool
