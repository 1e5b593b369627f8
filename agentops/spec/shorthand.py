"""Tool shorthands -> the API's ``tools`` and ``mcp_servers``.

A name enables one built-in tool, a group several; all of one agent become ONE toolset entry in which
everything else is disabled. ``mcp`` declares a server and its toolset at once. What has the API's shape
passes as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, did_you_mean, error
from agentops.spec.files import Files
from agentops.spec.include import is_path, spliced
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.source import describe

TOOLSET = "agent_toolset_20260401"
BUILT_IN = ("bash", "read", "write", "edit", "glob", "grep", "web_fetch", "web_search")
_CODE = ("bash", "read", "write", "edit", "glob", "grep")
GROUPS: Mapping[str, tuple[str, ...]] = {
    "code_execution": _CODE,
    "computer": _CODE,
    "document_analysis": ("read",),
}
_DOCUMENT_SKILLS = ("pdf", "docx", "xlsx", "pptx")
_API_TYPES = (TOOLSET, "mcp_toolset", "custom")
PERMISSIONS = ("always_allow", "always_ask", "auto")
_MCP_KEYS = ("mcp", "url", "allow", "permission")
_GROUP_KEYS = ("permission",)
_WORDS_FOR_INCLUDE = ("path", "file", "include", "from")
_OF_MESSAGES_API = {
    "text_editor": "edit",
    "str_replace_based_edit_tool": "edit",
    "web_search_2": "web_search",
    "web_fetch_2": "web_fetch",
    "bash_2": "bash",
    "computer_2": "computer",
    "code_execution_2": "code_execution",
}


@dataclass(frozen=True, slots=True)
class _OfGroup:
    """What a group says about one of its tools."""

    group: str
    at: Location
    config: LocatedDict

    @property
    def policy(self) -> Any:
        return self.config.get("permission_policy")


@dataclass(slots=True)
class _Tools:
    """What has been read of one agent's tools."""

    problems: list[Diagnostic]
    entries: LocatedList
    servers: LocatedList
    named: dict[str, LocatedDict] = field(default_factory=dict)
    grouped: dict[str, list[_OfGroup]] = field(default_factory=dict)
    groups: dict[str, Location] = field(default_factory=dict)
    toolset_index: int | None = None
    toolset_at: Location | None = None
    verbatim_at: Location | None = None
    skills: list[tuple[str, Location]] = field(default_factory=list)

    def say(self, code: Code, summary: str, at: Location, detail: str = "") -> None:
        self.problems.append(error(code, summary, detail, location=at))


def expanded_tools(
    body: LocatedDict, base: str, files: Files, resources: frozenset[str], problems: list[Diagnostic]
) -> LocatedDict:
    """The body with its shorthands written out and its includes spliced in. ``base`` is the declaring file,
    ``resources`` the files that declare something themselves."""
    result = body.without()
    servers = body.get("mcp_servers")
    if isinstance(servers, LocatedList):
        servers = spliced(servers, base, files, lambda text: True, resources, problems)
        result.put("mcp_servers", servers, body.place("mcp_servers"), body.place("mcp_servers", "key"))
    listed = body.get("tools")
    if not isinstance(listed, LocatedList):
        return result
    items = spliced(listed, base, files, is_path, resources, problems)
    known = servers if isinstance(servers, LocatedList) else LocatedList(listed.at)
    tools = _Tools(problems, LocatedList(listed.at), LocatedList(known.at))
    for index, server in enumerate(known):
        tools.servers.add(server, known.place(index))
    for index, item in enumerate(items):
        _read(item, items.place(index), tools)
    _put_toolset(tools)
    result.put("tools", tools.entries, body.place("tools"), body.place("tools", "key"))
    if len(tools.servers) > len(known):
        result.put("mcp_servers", tools.servers, body.place("mcp_servers"), body.place("mcp_servers", "key"))
    return _with_skills(result, tools)


def _read(item: Any, at: Location, tools: _Tools) -> None:
    if isinstance(item, str):
        _built_in(item, LocatedDict(at), at, tools)
    elif not isinstance(item, LocatedDict):
        tools.say(
            Code.WRONG_TYPE,
            f"a tool is a name or a mapping, not {describe(item)}",
            at,
            "write e.g. `- web_search`",
        )
    elif "mcp" in item:
        _mcp(item, tools)
    elif "type" in item:
        _typed(item, at, tools)
    elif len(item) == 1:
        name, options = next(iter(item.items()))
        key_at = item.place(name, "key")
        if name in _WORDS_FOR_INCLUDE and isinstance(options, str):
            tools.say(
                Code.UNKNOWN_TOOL,
                f"'{name}' is not needed: an include is only its path",
                key_at,
                f"write `- {options}`",
            )
        elif options is None or isinstance(options, LocatedDict):
            _built_in(name, options or LocatedDict(key_at), key_at, tools)
        else:
            tools.say(
                Code.WRONG_TYPE,
                f"the settings of '{name}' are a mapping, not {describe(options)}",
                item.place(name),
                f"write `- {name}: {{permission: always_ask}}`, or just `- {name}`",
            )
    else:
        tools.entries.add(item, at)


def _typed(item: LocatedDict, at: Location, tools: _Tools) -> None:
    kind = item["type"]
    if not isinstance(kind, str):
        tools.entries.add(item, at)  # the schema says what is wrong
    elif kind in BUILT_IN or kind in GROUPS:
        _built_in(kind, item.without("type"), item.place("type"), tools)
    elif kind not in _API_TYPES:
        _unknown(kind, item.place("type"), tools)
    else:
        if kind == TOOLSET and tools.verbatim_at is None:
            tools.verbatim_at = at
        tools.entries.add(item, at)


def _unknown(name: str, at: Location, tools: _Tools) -> None:
    versioned = next((ours for start, ours in _OF_MESSAGES_API.items() if name.startswith(start)), None)
    detail = (
        f"that is a tool of the Messages API; an agent's is called '{versioned}'"
        if versioned
        else did_you_mean(name, (*BUILT_IN, *GROUPS, *_API_TYPES))
    )
    tools.say(Code.UNKNOWN_TOOL, f"there is no tool '{name}'", at, detail)


def _built_in(name: str, options: LocatedDict, at: Location, tools: _Tools) -> None:
    if name not in BUILT_IN and name not in GROUPS:
        _unknown(name, at, tools)
        return
    if tools.toolset_index is None:
        tools.toolset_index, tools.toolset_at = len(tools.entries), at
    if name in BUILT_IN:
        if name in tools.named:
            tools.say(Code.CONFLICTING_FIELDS, f"the tool '{name}' is listed twice", at, "keep one of them")
            return
        tools.named[name] = _config(name, options, at, tools)
        return
    members = GROUPS[name]
    for other, place in tools.groups.items():
        if GROUPS[other] == members:
            tools.say(
                Code.CONFLICTING_FIELDS,
                f"the tools of '{name}' are listed twice",
                at,
                f"'{other}' at line {place.line} means the same; keep one of them",
            )
            return
    tools.groups[name] = at
    for key in options:
        if key not in _GROUP_KEYS:
            tools.say(
                Code.UNKNOWN_KEY,
                f"'{name}' has no setting '{key}'",
                options.place(key, "key"),
                f"a group takes {', '.join(_GROUP_KEYS)}; set '{key}' on one of {', '.join(members)}",
            )
    permission = options.without(*(key for key in options if key not in _GROUP_KEYS))
    for member in members:
        of_group = _OfGroup(name, at, _config(member, permission, at, tools))
        tools.grouped.setdefault(member, []).append(of_group)
    if name == "document_analysis":
        tools.skills.extend((skill, at) for skill in _DOCUMENT_SKILLS)


def _config(name: str, options: LocatedDict, at: Location, tools: _Tools) -> LocatedDict:
    """The entry of one tool: enabled, and with its settings."""
    made = LocatedDict.of(at, {"name": name, "enabled": True})
    for key in options:
        if key == "permission":
            if "permission_policy" in options:
                tools.say(
                    Code.CONFLICTING_FIELDS,
                    f"'{name}' has both permission and permission_policy",
                    options.place(key, "key"),
                    "keep one of them",
                )
            _put_permission(made, options, tools)
        elif key == "name":
            tools.say(
                Code.UNKNOWN_KEY,
                f"'{name}' has no setting 'name'",
                options.place(key, "key"),
                "its name is known",
            )
        else:
            made.put_from(options, key)
    return made


def _put_permission(made: LocatedDict, options: LocatedDict, tools: _Tools) -> None:
    value, at = options["permission"], options.place("permission")
    if not isinstance(value, str) or value not in PERMISSIONS:
        tools.say(
            Code.INVALID_VALUE,
            f"permission cannot be '{value}'"
            if isinstance(value, str)
            else f"permission is not {describe(value)}",
            at,
            did_you_mean(str(value), PERMISSIONS),
        )
        return
    made.put("permission_policy", LocatedDict.of(at, {"type": value}), at)


def _put_toolset(tools: _Tools) -> None:
    if tools.toolset_index is None or tools.toolset_at is None:
        return
    at = tools.toolset_at
    if tools.verbatim_at is not None:
        tools.say(
            Code.CONFLICTING_FIELDS,
            f"built-in tools are listed by name and in the {TOOLSET} at line {tools.verbatim_at.line}",
            at,
            "keep one way: names enable only what is listed, or `configs` of the toolset",
        )
        return
    configs = {**_of_groups(tools), **tools.named}
    entry = LocatedDict.of(
        at,
        {
            "type": TOOLSET,
            "default_config": LocatedDict.of(at, {"enabled": False}),
            "configs": LocatedList.of(at, (configs[name] for name in BUILT_IN if name in configs)),
        },
    )
    tools.entries.insert(tools.toolset_index, entry)
    tools.entries.items_at.insert(tools.toolset_index, at)


def _of_groups(tools: _Tools) -> dict[str, LocatedDict]:
    """One entry for each tool of a group that is not listed by itself: a permission holds against a group
    that gives none, and two groups that give different ones are a conflict."""
    found: dict[str, LocatedDict] = {}
    told: set[tuple[str, str]] = set()
    for name, entries in tools.grouped.items():
        if name in tools.named:
            continue
        deciding = [entry for entry in entries if entry.policy is not None]
        first = (deciding or entries)[0]
        found[name] = first.config
        for other in deciding[1:]:
            if other.policy != first.policy and (first.group, other.group) not in told:
                told.add((first.group, other.group))
                tools.say(
                    Code.CONFLICTING_FIELDS,
                    f"'{first.group}' and '{other.group}' give '{name}' different permissions",
                    other.at,
                    f"list it by itself with the one that holds: `- {name}: {{permission: …}}`",
                )
    return found


def _mcp(item: LocatedDict, tools: _Tools) -> None:
    at = item.place("mcp")
    name = item["mcp"]
    if not isinstance(name, str) or not name:
        tools.say(
            Code.WRONG_TYPE, f"mcp is the server's name, not {describe(name)}", at, "write `mcp: linear`"
        )
        return
    for key in item:
        if key not in _MCP_KEYS:
            tools.say(
                Code.UNKNOWN_KEY, f"unknown key '{key}'", item.place(key, "key"), did_you_mean(key, _MCP_KEYS)
            )
    declared = _texts(tools.servers, "name")
    if "url" in item:
        if name in declared:
            tools.say(
                Code.CONFLICTING_FIELDS,
                f"the MCP server '{name}' is declared twice",
                item.place("url", "key"),
                "leave `url` out here, or remove it from mcp_servers",
            )
        else:
            tools.servers.add(_server(item, name), item.at)
    elif name not in declared:
        tools.say(
            Code.MISSING_KEY,
            f"the MCP server '{name}' has no url",
            at,
            "write `url: https://…` beside `mcp`, or declare the server in mcp_servers",
        )
        return
    if name in _texts(tools.entries, "mcp_server_name"):
        tools.say(Code.CONFLICTING_FIELDS, f"the tools of '{name}' are listed twice", at, "keep one entry")
        return
    tools.entries.add(_mcp_toolset(item, name, tools), item.at)


def _server(item: LocatedDict, name: str) -> LocatedDict:
    made = LocatedDict.of(item.at, {"type": "url", "name": name})
    made.put_from(item, "url")
    return made


def _mcp_toolset(item: LocatedDict, name: str, tools: _Tools) -> LocatedDict:
    """With ``allow`` only those tools are enabled; without it all are, under the API's ``always_ask`` unless
    ``permission`` says otherwise."""
    made = LocatedDict.of(item.at, {"type": "mcp_toolset", "mcp_server_name": name})
    if "allow" not in item:
        if "permission" in item:
            default = LocatedDict(item.place("permission"))
            _put_permission(default, item, tools)
            made.put("default_config", default, item.place("permission"))
        return made
    at = item.place("allow")
    made.put("default_config", LocatedDict.of(at, {"enabled": False}), at)
    configs = LocatedList(at)
    made.put("configs", configs, at)
    allowed = item["allow"]
    if not isinstance(allowed, LocatedList) or not allowed:
        tools.say(
            Code.WRONG_TYPE if not isinstance(allowed, list) else Code.INVALID_VALUE,
            f"allow is a list of tools, not {describe(allowed)}"
            if not isinstance(allowed, list)
            else "allow is empty",
            at,
            "name the tools, or leave `allow` out to enable all of them",
        )
        return made
    for index, entry in enumerate(allowed):
        if (config := _allowed(entry, allowed.place(index), item, tools)) is not None:
            if any(config["name"] == other["name"] for other in configs):
                tools.say(
                    Code.CONFLICTING_FIELDS, f"'{config['name']}' is listed twice", allowed.place(index)
                )
            else:
                configs.add(config, allowed.place(index))
    return made


def _allowed(entry: Any, at: Location, item: LocatedDict, tools: _Tools) -> LocatedDict | None:
    """``list_issues`` or ``{create_issue: always_ask}``"""
    if isinstance(entry, str):
        made = LocatedDict.of(at, {"name": entry, "enabled": True})
        if "permission" in item:
            _put_permission(made, item, tools)
        return made
    if isinstance(entry, LocatedDict) and len(entry) == 1:
        name = next(iter(entry))
        made = LocatedDict.of(entry.place(name, "key"), {"name": name, "enabled": True})
        own = LocatedDict(at)
        own.put("permission", entry[name], entry.place(name))
        _put_permission(made, own, tools)
        return made
    tools.say(
        Code.WRONG_TYPE,
        f"an allowed tool is a name or {{name: permission}}, not {describe(entry)}",
        at,
        "write `- list_issues` or `- create_issue: always_ask`",
    )
    return None


def _with_skills(body: LocatedDict, tools: _Tools) -> LocatedDict:
    """``document_analysis`` brings the pre-built skills for documents, where they are not listed already."""
    if not tools.skills:
        return body
    listed = body.get("skills")
    if listed is not None and not isinstance(listed, LocatedList):
        return body
    at = tools.skills[0][1]
    skills = LocatedList(body.place("skills") if listed is not None else at)
    if listed is not None:
        for index, skill in enumerate(listed):
            skills.add(skill, listed.place(index))
    present = _texts(skills, "skill_id")
    for name, place in tools.skills:
        if name not in present:
            skills.add(LocatedDict.of(place, {"type": "anthropic", "skill_id": name}), place)
    body.put("skills", skills, skills.at)
    return body


def _texts(items: Iterable[Any], member: str) -> set[str]:
    """What a member says in each of the mappings that have it as text."""
    members = (item.get(member) for item in items if isinstance(item, Mapping))
    return {text for text in members if isinstance(text, str)}
