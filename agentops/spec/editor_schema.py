"""JSON Schema (2020-12) of what a file may hold, for editors: the kind's request plus our own keys, with
everything that is taken for a reference wherever one fits.

Made from the same models that validate, so an editor and ``validate`` say the same. What a schema cannot say
(files that must exist, templates) is left to ``validate``.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from agentops.domain.diagnostics import Code, Diagnostic, Stop, error
from agentops.domain.kind import Catalog, Kind
from agentops.spec.build import KIND_KEYS, MEMORY, PROMPT, SEED
from agentops.spec.credentials import CREDENTIALS, SECRET_VERSION
from agentops.spec.editor_references import widen
from agentops.spec.lifecycle import LifecycleBlock
from agentops.spec.memory import MemoryBlock
from agentops.spec.policy_block import WaiverBlock
from agentops.spec.shorthand import BUILT_IN, GROUPS, PERMISSIONS
from agentops.spec.stage_block import DefaultsBlock, ProjectBlock
from agentops.spec.walk import SKILL_FILE

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
_SECRET_VERSION: Schema = {
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^[A-Za-z0-9._:+-]{1,40}$"}],
    "description": "another one than last time has the secrets sent again",
}
_PERMISSION: Schema = {"enum": list(PERMISSIONS), "description": "who decides whether the tool may run"}


def editor_schema(catalog: Catalog, kind: str | None) -> Schema:
    """The schema of one kind's files, or of agentops.yaml where ``kind`` is None.

    Raises:
        KeyError: the catalog has no such kind.
        Stop: no file of its own declares one.
    """
    if kind is None:
        return {"$schema": DIALECT, **_inlined(ProjectBlock), "title": "agentops.yaml"}
    if not has_files(catalog[kind]):
        raise Stop(_without_files(catalog[kind]))
    return _of_kind(catalog[kind], catalog)


def has_files(kind: Kind) -> bool:
    """Whether a file declares one of these: a child stands in its parent's, a bundle is a directory."""
    return kind.parent is None and kind.bundle is None


def _without_files(kind: Kind) -> Diagnostic:
    if kind.bundle is not None:
        return error(
            Code.UNKNOWN_KIND,
            f"no file of YAML or JSON declares a {kind.name}, so there is no schema of one",
            f"it is a directory with a {SKILL_FILE}, whose frontmatter has a `name` and a `description`",
        )
    return error(
        Code.UNKNOWN_KIND,
        f"a {kind.name} has no file of its own, so there is no schema of one",
        f"it is declared in the file of a {kind.parent}: `agentops schema {kind.parent}`",
    )


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


def _of_kind(kind: Kind, catalog: Catalog) -> Schema:
    schema = kind.schema.model_json_schema()
    definitions = dict(schema.get("$defs", {}))
    properties = dict(schema["properties"])
    for slot in kind.slots:
        widen(properties, definitions, slot, catalog[slot.kind])
    if kind.name == "agent":
        _widen_tools(properties, definitions)
    own = _own_keys(kind, catalog, definitions)
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
    required = [
        name
        for name in schema.get("required", ())
        if name not in {kind.default_name, kind.text_field, *DefaultsBlock.model_fields}
    ]
    return {
        "$schema": DIALECT,
        "title": kind.name,
        "type": "object",
        "properties": {**every_stage, **file_keys},
        "required": required,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _own_keys(kind: Kind, catalog: Catalog, definitions: Schema) -> Schema:
    found: Schema = {
        "lifecycle": _defined(LifecycleBlock, "lifecycle", definitions),
        "policy": _defined(WaiverBlock, "policy", definitions),
    }
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
    if CREDENTIALS in ours:
        found[CREDENTIALS] = _credentials(catalog["credential"], definitions)
    if SECRET_VERSION in ours:
        found[SECRET_VERSION] = _SECRET_VERSION
    return found


def _credentials(kind: Kind, definitions: Schema) -> Schema:
    entry = kind.schema.model_json_schema()
    definitions.update(entry.pop("$defs", {}))
    definitions[kind.name] = {**entry, "properties": {**entry["properties"], SECRET_VERSION: _SECRET_VERSION}}
    return {
        "type": "object",
        "propertyNames": {"pattern": r"^[^/]+$"},
        "additionalProperties": {"$ref": f"#/$defs/{kind.name}"},
        "description": "what lies in the vault, by a name of your own; secrets are references",
    }


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
