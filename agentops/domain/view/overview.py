"""What is about to be created, at a glance: the shape of a body without its bulk.

The saved plan and its JSON hold everything; ``verbose`` shows everything here too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentops.domain.bundle import is_manifest
from agentops.domain.diagnostics import counted
from agentops.domain.kind import OWNER_KEY
from agentops.domain.resource import Body, as_ref
from agentops.domain.secret import as_secret
from agentops.domain.view.member import inline, named, whole_field, word, words
from agentops.domain.view.model import FieldView, Span, Tone

_TOGETHER = 72
"""Characters up to which the members of an object stand on one line."""

_NAMES = ("type", "name", "mcp_server_name", "id")
"""What says by itself what an object is; its key is left out."""


def created_fields(body: Body, *, verbose: bool) -> tuple[FieldView, ...]:
    """The fields of a body to create, in its own order; members without a value are left out."""
    return tuple(
        field
        for name, value in body.items()
        if value not in (None, [], {})
        for field in (whole_field(name, value) if verbose else _glance(name, value))
    )


def _glance(path: str, value: Any) -> Iterator[FieldView]:
    if isinstance(value, str):
        yield FieldView(path, (Span(inline(value)),))
    elif (ref := as_ref(value)) is not None:
        yield FieldView(path, (Span(named(ref)), Span(" (known after apply)", Tone.FAINT)))
    elif is_manifest(value):
        total = sum(entry["size"] for entry in value.values())
        yield FieldView(path, (Span(f"{counted(len(value), 'file')}, {total:,} bytes: {words([*value])}"),))
    elif (target := _referred(value)) is not None:
        yield FieldView(path, (Span(target), Span(" (known after apply)", Tone.FAINT)))
    elif isinstance(value, Mapping):
        yield from _object(path, {key: member for key, member in value.items() if key != OWNER_KEY})
    elif isinstance(value, list) and any(_is_object(item) for item in value):
        yield from _rows(path, [_item(item) for item in value])
    elif isinstance(value, list):
        yield FieldView(path, (Span(words(value)),))
    else:
        yield FieldView(path, (Span(word(value)),))


def _object(path: str, value: Mapping[str, Any]) -> Iterator[FieldView]:
    """Scalars side by side where they fit in a line, else one row a member."""
    members = [_phrase(key, member) for key, member in _flat("", value)]
    if members and len(together := ", ".join(members)) <= _TOGETHER:
        yield FieldView(path, (Span(together),))
    else:
        yield from _rows(path, members)


def _rows(path: str, rows: list[str]) -> Iterator[FieldView]:
    for number, row in enumerate(rows):
        yield FieldView("" if number else path, (Span(row),))


def _flat(path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, member in value.items():
        place = f"{path}.{key}" if path else key
        if _is_object(member) and member:
            yield from _flat(place, member)
        elif member not in (None, [], {}):
            yield place, member


def _phrase(key: str, value: Any) -> str:
    if isinstance(value, list):
        nested = any(_is_object(item) for item in value)
        text = "; ".join(map(_item, value)) if nested else words(value)
    else:
        text = word(value)
    return text if key in _NAMES else f"{key} {text}"


def _item(item: Any) -> str:
    """One item of a list: a toolset by its enabled tools, a custom tool by its name, else its members."""
    if not _is_object(item):
        return word(item)
    if (target := _referred(item)) is not None:
        return target
    if "configs" in item or "default_config" in item:
        names = " ".join(word(item[key]) for key in _NAMES if item.get(key) is not None)
        return f"{names}: {_enabled_tools(item)}"
    if item.get("type") == "custom" and item.get("name"):
        return f"custom {word(item['name'])}"
    members = [(key, member) for key, member in _flat("", item) if key != "type" or "name" not in item]
    return ", ".join(_phrase(key, member) for key, member in members)


def _referred(item: Any) -> str | None:
    """An object that names another resource, by its address and what else is said of it:
    ``memory_store/notes, access read_only``."""
    refs = {key: ref for key, value in item.items() if (ref := as_ref(value))} if _is_object(item) else {}
    if len({ref.address for ref in refs.values()}) != 1:
        return None
    address = next(iter(refs.values())).address
    more = [(key, member) for key, member in _flat("", item) if key not in refs and key != "type"]
    return ", ".join([address, *(_phrase(key, member) for key, member in more)])


def _enabled_tools(toolset: Mapping[str, Any]) -> str:
    """Which tools of a toolset an agent can use, and how. ``default_config`` speaks for unlisted ones;
    ``enabled`` is true unless said otherwise (API reference, agent toolset and MCP toolset)."""
    default = toolset.get("default_config") or {}
    configs = [config for config in toolset.get("configs") or [] if isinstance(config, Mapping)]
    by_default = default.get("enabled") is not False
    enabled = [config for config in configs if _is_enabled(config, by_default)]
    listed = [
        text
        for config in enabled
        if (text := _tool(config)) and not (by_default and text == config.get("name"))
    ]
    if not by_default:
        return _with_policy(", ".join(listed) or "no tools", default)
    disabled = [str(config.get("name")) for config in configs if not _is_enabled(config, by_default)]
    but = f" but {', '.join(disabled)}" if disabled else ""
    return _with_policy("; ".join([f"all tools{but}", *listed]), default)


def _is_enabled(config: Mapping[str, Any], by_default: bool) -> bool:
    said = config.get("enabled")
    return by_default if said is None else bool(said)


def _tool(config: Mapping[str, Any]) -> str:
    """``web_fetch (always_ask, allowed_domains docs.python.org)``"""
    about = {key: member for key, member in config.items() if key not in {"type", "name", "enabled"}}
    policy = about.pop("permission_policy", None)
    notes = [policy["type"]] if isinstance(policy, Mapping) and "type" in policy else []
    notes += [_phrase(key, member) for key, member in _flat("", about)]
    return f"{config.get('name')} ({', '.join(notes)})" if notes else str(config.get("name"))


def _with_policy(tools: str, default: Mapping[str, Any]) -> str:
    policy = default.get("permission_policy")
    return f"{tools} ({policy['type']})" if isinstance(policy, Mapping) and "type" in policy else tools


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping) and as_ref(value) is None and as_secret(value) is None
