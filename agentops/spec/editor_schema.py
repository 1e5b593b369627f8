"""JSON Schema (2020-12) of what a file may hold, for editors: the kind's request plus our own keys.

Made from the same models that validate, so an editor and ``validate`` say the same. What a schema cannot say
(files that must exist, templates) is left to ``validate``.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from agentops.domain.kind import Catalog, Kind
from agentops.spec.build import KIND_KEYS, MEMORY, PROMPT, SEED, LifecycleBlock
from agentops.spec.memory import MemoryBlock
from agentops.spec.project import ProjectBlock
from agentops.spec.shorthand import BUILT_IN, GROUPS, PERMISSIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
_UNIONS = ("anyOf", "oneOf")
_NULL: Schema = {"type": "null"}
_WHOLE_ONLY = ("required", "discriminator", "default", *_UNIONS)

_PATH: Schema = {
    "type": "string",
    "pattern": r"[./*]",
    "description": "a YAML or JSON file, or a glob, relative to this file",
}
_PERMISSION: Schema = {"enum": list(PERMISSIONS), "description": "who decides whether the tool may run"}


def editor_schema(catalog: Catalog, kind: str | None) -> Schema:
    """The schema of one kind's files, or of agentops.yaml where ``kind`` is None.

    Raises:
        KeyError: the catalog has no such kind.
    """
    if kind is None:
        return {"$schema": DIALECT, **_inlined(ProjectBlock), "title": "agentops.yaml"}
    return _of_kind(catalog[kind])


def tool_schema(catalog: Catalog) -> Schema:
    """The schema of a file that an agent includes in ``tools``: a tool, or a list of them."""
    agent = catalog["agent"].schema.model_json_schema()
    definitions = dict(agent["$defs"])
    tool = {"anyOf": _tool_forms(agent["properties"]["tools"]["items"], definitions)}
    return {
        "$schema": DIALECT,
        "title": "tools",
        "$defs": {**definitions, "Tool": tool},
        "anyOf": [{"$ref": "#/$defs/Tool"}, {"type": "array", "items": {"$ref": "#/$defs/Tool"}}],
    }


def _of_kind(kind: Kind) -> Schema:
    schema = kind.schema.model_json_schema()
    definitions = dict(schema.get("$defs", {}))
    properties = dict(schema["properties"])
    if kind.name == "agent":
        _widen_tools(properties, definitions)
    own = _own_keys(kind, definitions)
    every_stage = {**properties, **own}
    overrides: Schema = {
        "type": "object",
        "description": "what differs in a stage; merged over this file, null removes",
        "additionalProperties": _or_null(
            _patch({"type": "object", "properties": every_stage, "additionalProperties": False}, definitions)
        ),
    }
    file_keys: Schema = {
        "$schema": {"type": "string", "description": "where an editor finds this schema"},
        "type": {"const": kind.name, "description": "the kind, where the file's place does not tell it"},
        "address": {
            "type": "string",
            "pattern": f"^{kind.name}/[^/]+$",
            "description": "in place of the file's name",
        },
        "template": {"type": "boolean", "description": "render every text of this file as a Jinja2 template"},
        "overrides": overrides,
    }
    required = [name for name in schema.get("required", ()) if name not in {"name", kind.text_field}]
    return {
        "$schema": DIALECT,
        "title": kind.name,
        "type": "object",
        "properties": {**every_stage, **file_keys},
        "required": required,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _own_keys(kind: Kind, definitions: Schema) -> Schema:
    found: Schema = {"lifecycle": _defined(LifecycleBlock, "lifecycle", definitions)}
    ours = KIND_KEYS.get(kind.name, ())
    if PROMPT in ours:
        found[PROMPT] = {
            "type": "string",
            "description": "a text file with the prompt; a Jinja2 template if it ends in .j2",
        }
    if MEMORY in ours:
        entry = _defined(MemoryBlock, "memory", definitions)
        found[MEMORY] = {"anyOf": [entry, {"type": "array", "items": entry}]}
    if SEED in ours:
        text: Schema = {"type": "string"}
        found[SEED] = {
            "anyOf": [text, {"type": "array", "items": text}],
            "description": "files, folders or globs to seed the store with",
        }
    return found


def _defined(model: type[BaseModel], name: str, definitions: Schema) -> Schema:
    schema = model.model_json_schema()
    definitions.update(schema.pop("$defs", {}))
    definitions[name] = schema
    return {"$ref": f"#/$defs/{name}"}


def _inlined(model: type[BaseModel]) -> Schema:
    return model.model_json_schema()


def _patch(node: Schema, definitions: Schema) -> Schema:
    """What may be merged over what ``node`` describes (RFC 7386): any part of a mapping, where null removes.

    Lists are replaced as a whole, so their items stay as they are. Patches of definitions become definitions.
    """
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        patched = f"{name}Patch"
        if patched not in definitions:
            definitions[patched] = {}
            definitions[patched] = _patch(definitions[name], definitions)
        return {**node, "$ref": f"#/$defs/{patched}"}
    kept = {key: value for key, value in node.items() if key not in _WHOLE_ONLY}
    if branches := [branch for key in _UNIONS for branch in node.get(key, ())]:
        # Without what is required, a patch can fit several shapes of a union.
        return {**kept, "anyOf": [_patch(branch, definitions) for branch in branches]}
    if "properties" in node:
        kept["properties"] = {
            name: _or_null(_patch(member, definitions)) for name, member in node["properties"].items()
        }
    if isinstance(others := node.get("additionalProperties"), dict):
        kept["additionalProperties"] = _or_null(_patch(others, definitions))
    return kept


def _or_null(schema: Schema) -> Schema:
    branches = schema.get("anyOf")
    if branches is None:
        return {"anyOf": [schema, _NULL]}
    return schema if _NULL in branches else {**schema, "anyOf": [*branches, _NULL]}


def _widen_tools(properties: Schema, definitions: Schema) -> None:
    """What ``tools`` and ``mcp_servers`` take beside the API's own shapes."""
    tools = dict(properties["tools"])
    tools["items"] = {"anyOf": [_PATH, *_tool_forms(tools["items"], definitions)]}
    properties["tools"] = tools
    servers = dict(properties["mcp_servers"])
    servers["items"] = {"anyOf": [servers["items"], {"type": "string"}]}
    properties["mcp_servers"] = servers


def _tool_forms(of_the_api: Schema, definitions: Schema) -> list[Schema]:
    """Every way to write a tool: its name, its name with settings, ``type``, ``mcp``, or the API's shape."""
    settings = {name: _settings(name, definitions) for name in (*BUILT_IN, *GROUPS)}
    by_name: Schema = {
        "type": "object",
        "properties": {name: _or_null(_closed(own)) for name, own in settings.items()},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    by_type = [
        {**_closed({"type": {"const": name}, **own}), "required": ["type"]} for name, own in settings.items()
    ]
    return [{"enum": list(settings)}, by_name, *by_type, _mcp(), of_the_api]


def _settings(name: str, definitions: Schema) -> Schema:
    """What can be set of one tool, or of a group of them: the API's own members, and ``permission``."""
    if name in GROUPS:
        return {"permission": _PERMISSION}
    entries = definitions["AgentToolset"]["properties"]["configs"]["items"]["discriminator"]["mapping"]
    members = definitions[entries[name].rpartition("/")[2]]["properties"]
    own = {key: member for key, member in members.items() if key not in {"name", "type"}}
    return {"permission": _PERMISSION, **own}


def _closed(properties: Schema) -> Schema:
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if "permission_policy" in properties:
        made["not"] = {"required": ["permission", "permission_policy"]}
    return made


def _mcp() -> Schema:
    permitted: Schema = {
        "type": "object",
        "additionalProperties": _PERMISSION,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {
        "type": "object",
        "properties": {
            "mcp": {"type": "string", "description": "the server's name"},
            "url": {"type": "string"},
            "allow": {
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [{"type": "string"}, permitted]},
                "description": "the tools to enable; all of them where this is left out",
            },
            "permission": _PERMISSION,
        },
        "required": ["mcp"],
        "additionalProperties": False,
    }
