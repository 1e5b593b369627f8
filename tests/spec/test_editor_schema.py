"""Schemas for editors accept what loads and refuse what does not (where a schema can say it)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from agentops.kinds import CATALOG
from agentops.spec import editor_schema, starter_project
from agentops.spec.editor_schema import tool_schema

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    "project": editor_schema(CATALOG, None),
    "tool": tool_schema(CATALOG),
    **{kind.name: editor_schema(CATALOG, kind.name) for kind in CATALOG},
}


def complaints(schema: str, text: str) -> list[str]:
    tree = yaml.safe_load(text)
    return [problem.message for problem in Draft202012Validator(SCHEMAS[schema]).iter_errors(tree)]


@pytest.mark.parametrize("kind", ["agent", "environment", "memory_store", None])
def test_a_schema_knows_every_field_and_our_own_keys(kind: str | None) -> None:
    schema = editor_schema(CATALOG, kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    names = set(schema["properties"])
    if kind is None:
        assert names == {"project", "default_stage", "vars", "stages", "external"}
    else:
        assert CATALOG[kind].fields.keys() <= names
        assert {"type", "address", "overrides", "template", "lifecycle"} <= names


def test_an_agent_may_leave_out_what_has_a_default() -> None:
    schema = editor_schema(CATALOG, "agent")
    assert schema["required"] == ["model"]
    assert {"prompt", "memory"} <= schema["properties"].keys()


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        editor_schema(CATALOG, "skill")


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_every_reference_in_a_schema_leads_somewhere(schema: dict[str, Any]) -> None:
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(target := node.get("$ref"), str):
                assert target.removeprefix("#/$defs/") in schema["$defs"]
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_is_one(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


def schema_for(path: Path) -> str:
    if path.name == "agentops.yaml":
        return "project"
    if path.parent.name == "tools":
        return "tool"
    return {"environments": "environment", "memory_stores": "memory_store"}.get(path.parent.name, "agent")


OUR_FILES = sorted(
    path
    for folder in ("agents", "environments", "memory_stores")
    for pattern in ("**/*.yaml", "**/agent.md")
    for path in (ROOT / folder).glob(pattern)
)


@pytest.mark.parametrize("path", [ROOT / "agentops.yaml", *OUR_FILES], ids=lambda path: path.name)
def test_the_files_of_this_repository_are_accepted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    frontmatter = text.split("---\n")[1] if path.suffix == ".md" else text
    assert complaints(schema_for(path), frontmatter) == []


def test_the_files_that_init_writes_are_accepted() -> None:
    files = {path: text for path, text in starter_project("x", CATALOG).items() if path.endswith(".yaml")}
    assert len(files) == 3
    for path, text in files.items():
        assert complaints(schema_for(Path(path)), text) == []


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("agent", "model: m\noverrides: {prod: {model: {effort: max}}}"),
        ("agent", "model: {id: m}\noverrides: {prod: {model: other}, dev: null}"),
        ("agent", "model: m\noverrides: {prod: {tools: null, metadata: {a: null}, description: null}}"),
        ("agent", "model: m\noverrides: {prod: {memory: {retention_days: 3}, lifecycle: {protect: true}}}"),
        ("agent", "model: m\noverrides: {prod: {execution_identity: {role_arn: x}}}"),
        ("agent", "model: m\ntools: [bash, {read: null}, {type: web_search, permission: auto}, x.yaml]"),
        ("agent", "model: m\ntools: [{web_search: {user_location: {type: approximate, city: Bonn}}}]"),
        ("agent", "model: m\ntools: [{code_execution: {permission: always_ask}}, {mcp: x, allow: [a]}]"),
        ("agent", "model: m\ntools: [{type: agent_toolset_20260401, configs: [{name: bash}]}]"),
        ("agent", "$schema: ../agent.json\nmodel: m"),
        ("environment", "config: {type: cloud}\noverrides: {prod: {config: {packages: {pip: [a]}}}}"),
        ("environment", "config: {type: cloud}\noverrides: {prod: {config: null}}"),
        ("memory_store", "seed: [a, b]\noverrides: {prod: {seed: c}}"),
        ("tool", "[bash, {web_fetch: {max_content_tokens: 5}}]"),
    ],
)
def test_what_loads_is_accepted(schema: str, text: str) -> None:
    assert complaints(schema, text) == []


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("agent", "model: m\noverrides: {prod: {modle: x}}"),
        ("agent", "model: m\noverrides: {prod: {model: {efort: max}}}"),
        ("agent", "model: m\noverrides: {prod: {model: {effort: most}}}"),
        ("agent", "model: m\noverrides: {prod: {tools: [web_serch]}}"),
        ("agent", "model: m\noverrides: {prod: {mcp_servers: [{name: x}]}}"),
        ("agent", "model: m\noverrides: {prod: {memory: {retention: 3}}}"),
        ("agent", "model: m\noverrides: {prod: {address: agent/x}}"),
        ("agent", "model: m\noverrides: {prod: [x]}"),
        ("agent", "model: m\ntools: [web_serch]"),
        ("agent", "model: m\ntools: [{web_search: {foo: 1}}]"),
        ("agent", "model: m\ntools: [{web_search: {permission: never}}]"),
        ("agent", "model: m\ntools: [{web_search: {permission: auto, permission_policy: {type: auto}}}]"),
        ("agent", "model: m\ntools: [{type: web_search, foo: 1}]"),
        ("agent", "model: m\ntools: [{code_execution: {allowed_domains: [x]}}]"),
        ("agent", "model: m\ntools: [{type: code_execution, allowed_domains: [x]}]"),
        ("agent", "model: m\ntools: [{bash: {}, read: {}}]"),
        ("agent", "model: m\ntools: [{mcp: x, alow: [a]}]"),
        ("agent", "model: m\nmodle: x"),
        ("agent", "name: x"),
        ("agent", "$schema: 1\nmodel: m"),
        ("agent", "model: m\nlifecycle: {protct: true}"),
        ("environment", "overrides: {prod: {config: {packages: {pipp: [a]}}}}"),
        ("environment", "config: {networking: {type: limited}}"),
        ("tool", "[{type: web_search, foo: 1}]"),
        ("tool", "name: x"),
        ("project", "stages: {dev: {registry: locl}}"),
    ],
)
def test_what_does_not_load_is_refused(schema: str, text: str) -> None:
    assert complaints(schema, text)


def test_schemas_are_json() -> None:
    for schema in SCHEMAS.values():
        assert json.loads(json.dumps(schema)) == schema
