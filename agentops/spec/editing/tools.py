"""Their change of an agent's tools, in the shorthands our file lists them by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from agentops.domain.canonical import canonical_json, same
from agentops.spec.editing.patch import Patcher
from agentops.spec.editing.splice import Unwritable
from agentops.spec.include import is_path
from agentops.spec.shorthand import BUILT_IN, GROUPS, PERMISSIONS, TOOLSET

_MCP = "mcp_toolset"
Included = Callable[[str], list[Any]]
"""The mappings that an include stands for."""

Change = Callable[[str, Any, Any], None]
"""Makes one of them another one, or takes it out: the include, the mapping, what it becomes or None."""


def patched_tools(
    written: list[Any],
    ours: list[Any],
    theirs: list[Any],
    patcher: Patcher,
    included: Included,
    change: Change,
) -> list[Any]:
    """The list as it has to be written; ``ours`` and ``theirs`` are complete.

    Raises:
        Unwritable: shorthands cannot say it, or it stands in an included file.
    """
    pairs = patcher.pairs(ours, theirs)
    result = list(written)
    removed: list[int] = []
    for old, new in pairs:
        before = ours[old] if old is not None else None
        after = theirs[new] if new is not None else None
        if before is not None and after is not None and same(before, after):
            continue
        if before is None:
            result.append(patcher.named(patcher.trimmed(after, (new or 0,)), (new or 0,)))
            continue
        index = _index_of(before, written, included)
        if index is None and before.get("type") == TOOLSET:
            default = before.get("default_config")
            entries = after if after is not None else {**before, "configs": []}
            if not same(default, entries.get("default_config")):
                raise Unwritable(
                    f"shorthands enable only what is listed, and now the default of {TOOLSET} is another; "
                    f"write the toolset out: `- type: {TOOLSET}` with default_config and configs",
                    0,
                )
            result = _toolset(result, before.get("configs") or [], entries.get("configs") or [], default)
        elif index is None:
            raise Unwritable("the list does not say where this tool comes from", 0)
        elif isinstance(written[index], str):
            held = next(item for item in included(written[index]) if _names(item, before))
            made = None if after is None else patcher.patched(held, before, after, (new or 0,))
            change(written[index], held, made)
        elif after is None:
            removed.append(index)
        elif "mcp" in written[index]:
            result[index] = _mcp(written[index], before, after)
        else:
            result[index] = patcher.patched(written[index], before, after, (new or 0,))
    gone = [id(written[index]) for index in removed]
    return [item for item in result if not (isinstance(item, Mapping) and id(item) in gone)]


def _index_of(tool: Mapping[str, Any], written: list[Any], included: Included) -> int | None:
    """Where a tool that is no shorthand of a built-in one is written."""
    for index, item in enumerate(written):
        found = included(item) if isinstance(item, str) and is_path(item) else [item]
        for each in found:
            if isinstance(each, Mapping) and _names(each, tool):
                return index
    return None


def _names(item: Mapping[str, Any], tool: Mapping[str, Any]) -> bool:
    if "mcp" in item:
        return bool(tool.get("type") == _MCP and tool.get("mcp_server_name") == item["mcp"])
    if item.get("type") != tool.get("type"):
        return False
    return all(item.get(name) == tool.get(name) for name in ("mcp_server_name", "name"))


# -- built-in tools


def _toolset(written: list[Any], ours: list[Any], theirs: list[Any], default: Any) -> list[Any]:
    result = list(written)
    before = {entry["name"]: entry for entry in ours}
    after = {entry["name"]: entry for entry in theirs}
    order = [name for name in BUILT_IN if not same(before.get(name), after.get(name))]
    if unknown := [
        name for name in {*before, *after} - {*BUILT_IN} if not same(before.get(name), after.get(name))
    ]:
        raise Unwritable(f"there is no shorthand for the tool '{sorted(unknown)[0]}'", 0)
    for group in dict.fromkeys(_groups_in(result)):
        members = [name for name in GROUPS[group] if name not in _listed(result)]
        texts = {_text(after.get(name)) for name in members}
        if members and set(members) <= set(order) and len(texts) == 1 and None not in texts:
            setting = _setting(after[members[0]], default)
            if set(setting) <= {"permission"}:
                result = [_item(group, setting) if _named(item) == group else item for item in result]
                order = [name for name in order if name not in members]
    for name in order:
        entry = after.get(name)
        if entry is not None and not entry.get("enabled", True):
            if set(entry) - {"name", "type", "enabled", "permission_policy"}:
                raise Unwritable(f"a shorthand cannot say that '{name}' is disabled and has settings", 0)
            entry = None
        result = _with_tool(result, name, None if entry is None else _setting(entry, default), after, default)
    return result


def _text(entry: Any) -> str | None:
    """What is said of a tool, its name aside."""
    if entry is None:
        return None
    return canonical_json({key: value for key, value in entry.items() if key not in {"name", "type"}})


def _listed(written: list[Any]) -> set[str]:
    return {name for item in written if (name := _named(item)) in BUILT_IN and name is not None}


def _groups_in(written: list[Any]) -> Iterator[str]:
    return (name for item in written if (name := _named(item)) in GROUPS and name is not None)


def _named(item: Any) -> str | None:
    """The built-in tool or the group that an entry names."""
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        if len(item) == 1 and "mcp" not in item and "type" not in item:
            return str(next(iter(item)))
        kind = item.get("type")
        return kind if kind in BUILT_IN or kind in GROUPS else None
    return None


def _with_tool(
    written: list[Any], name: str, setting: dict[str, Any] | None, after: Mapping[str, Any], default: Any
) -> list[Any]:
    places = [index for index, item in enumerate(written) if _named(item) == name]
    groups = [index for index, item in enumerate(written) if name in GROUPS.get(_named(item) or "", ())]
    if setting is None:
        result = [item for item in written if _named(item) != name]
        for group in [item for item in result if name in GROUPS.get(_named(item) or "", ())]:
            if _named(group) == "document_analysis":
                raise Unwritable("'document_analysis' needs the tool 'read', which is now disabled", 0)
            at = result.index(group)
            rest = [
                _item(member, _setting(after[member], default))
                for member in GROUPS[_named(group) or ""]
                if member != name and member in after and member not in _listed(result)
            ]
            result[at : at + 1] = rest
        return result
    result = list(written)
    if places:
        old = written[places[0]]
        if isinstance(old, Mapping) and "type" in old:
            result[places[0]] = {"type": name, **setting}
        elif isinstance(old, Mapping) and isinstance(inner := old.get(name), Mapping) and setting:
            kept = {key: setting[key] for key in inner if key in setting}
            result[places[0]] = {name: {**kept, **setting}}
        else:
            result[places[0]] = _item(name, setting)
        return result
    shorthands = [index for index, item in enumerate(written) if _named(item) in {*BUILT_IN, *GROUPS}]
    at = (groups or shorthands or [len(written) - 1])[-1] + 1
    result.insert(at, _item(name, setting))
    return result


def _item(name: str, setting: Mapping[str, Any]) -> Any:
    return {name: dict(setting)} if setting else name


def _setting(entry: Mapping[str, Any], default: Any) -> dict[str, Any]:
    """What is said of a tool beside its name. The permission comes last, and only where it is no default."""
    said = {
        key: value
        for key, value in entry.items()
        if key not in {"name", "type", "enabled", "permission_policy"} and value not in (None, [], {})
    }
    policy = entry.get("permission_policy")
    if policy is not None and not same(policy, (default or {}).get("permission_policy")):
        said |= _policy(policy)
    return said


def _policy(policy: Any) -> dict[str, Any]:
    if isinstance(policy, Mapping) and list(policy) == ["type"] and policy["type"] in PERMISSIONS:
        return {"permission": policy["type"]}
    return {"permission_policy": policy}


# -- the tools of a server


def _mcp(item: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """``- mcp: linear`` with other tools or permissions."""
    result = dict(item)
    before, after = ours["default_config"], theirs["default_config"]
    if before.get("enabled") != after.get("enabled") or ("allow" in item and not same(before, after)):
        raise Unwritable(
            f"`mcp: {item['mcp']}` cannot say which tools are enabled otherwise; write the {_MCP} out", 0
        )
    if not same(before, after):
        policy = _policy(after.get("permission_policy"))
        if "permission" not in policy:
            raise Unwritable(f"`mcp: {item['mcp']}` cannot say that permission; write the {_MCP} out", 0)
        result |= policy
    configs = theirs.get("configs") or []
    if "allow" not in item:
        if configs:
            raise Unwritable(
                f"`mcp: {item['mcp']}` enables every tool alike; write the {_MCP} out to treat one otherwise",
                0,
            )
        return result
    usual = item.get("permission", after.get("permission_policy", {}).get("type"))
    allowed: list[Any] = []
    entries = {entry["name"]: entry for entry in configs}
    names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in item["allow"]]
    for name in [
        *(name for name in names if name in entries),
        *(name for name in entries if name not in names),
    ]:
        entry = entries[name]
        if not entry.get("enabled", True):
            raise Unwritable(f"`allow` lists what is enabled, and '{name}' is not", 0)
        policy = _policy(entry.get("permission_policy"))
        if "permission" not in policy:
            raise Unwritable(f"`allow` cannot say the permission of '{name}'; write the {_MCP} out", 0)
        allowed.append(name if policy["permission"] == usual else {name: policy["permission"]})
    return {**result, "allow": allowed}
