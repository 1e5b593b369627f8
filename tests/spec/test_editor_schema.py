"""Schemas for editors accept what loads and refuse what does not (where a schema can say it)."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from agentops.domain.diagnostics import Stop
from agentops.kinds import CATALOG
from agentops.spec import editor_schema, schema_files, starter_project
from agentops.spec.editor_schema import has_files, tool_schema

from .conftest import DEPLOYMENT, FLEET, Tree

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    "project": editor_schema(CATALOG, None),
    "tool": tool_schema(CATALOG),
    **{kind.name: editor_schema(CATALOG, kind.name) for kind in CATALOG if has_files(kind)},
}


def complaints(schema: str, text: str) -> list[str]:
    tree = yaml.safe_load(text)
    return [problem.message for problem in Draft202012Validator(SCHEMAS[schema]).iter_errors(tree)]


@pytest.mark.parametrize("kind", [*(name for name in SCHEMAS if name in CATALOG), None])
def test_a_schema_knows_every_field_and_our_own_keys(kind: str | None) -> None:
    schema = editor_schema(CATALOG, kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    names = set(schema["properties"])
    if kind is None:
        ours = {
            "project",
            "default_stage",
            "renamed_from",
            "vars",
            "variables",
            "defaults",
            "stages",
            "external",
        }
        assert names == ours | {"on_drift", "prune", "max_removals", "mutex", "moved", "policy"}
    else:
        assert CATALOG[kind].fields.keys() <= names
        assert {"type", "address", "overrides", "template", "lifecycle"} <= names


def test_every_key_of_the_project_file_is_explained() -> None:
    project = SCHEMAS["project"]
    blocks = {"agentops.yaml": project, **project["$defs"]}
    members = {
        f"{name}.{key}": member
        for name, block in blocks.items()
        for key, member in block.get("properties", {}).items()
    }
    assert {"agentops.yaml.moved", "StageBlock.require", "VariableBlock.values"} <= members.keys()
    assert [name for name, member in members.items() if not member.get("description")] == []


@pytest.mark.parametrize(
    ("kind", "required", "own"),
    [
        ("agent", [], {"prompt", "memory"}),
        ("vault", [], {"credentials"}),
        ("deployment", ["agent", "environment_id"], {"secret_version", "paused"}),
        ("memory_store", [], {"seed"}),
        ("environment", [], set()),
    ],
)
def test_what_has_a_default_may_be_left_out_and_our_keys_are_known(
    kind: str, required: list[str], own: set[str]
) -> None:
    schema = editor_schema(CATALOG, kind)
    assert schema["required"] == required
    assert own <= schema["properties"].keys()


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        editor_schema(CATALOG, "skil")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("skill", "it is a directory with a SKILL.md"),
        ("credential", "it is declared in the file of a vault: `agentops schema vault`"),
        ("memory", "it is declared in the file of a memory_store: `agentops schema memory_store`"),
    ],
)
def test_a_kind_that_no_file_declares_says_where_it_is_declared(kind: str, said: str) -> None:
    with pytest.raises(Stop) as stop:
        editor_schema(CATALOG, kind)
    (problem,) = stop.value.diagnostics
    assert said in problem.detail
    assert f".agentops/schemas/{kind}.json" not in schema_files(CATALOG)


def test_there_is_a_schema_for_each_kind_of_file() -> None:
    assert {path.removeprefix(".agentops/schemas/") for path in schema_files(CATALOG)} == {
        *("agentops.json", "tool.json", "agent.json", "deployment.json"),
        *("environment.json", "memory_store.json", "vault.json"),
    }


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
    by_name = (kind.name for kind in CATALOG if path.name.startswith((f"{kind.name}-", f"{kind.name}.")))
    by_folder = (kind.name for kind in CATALOG if path.parent.name == kind.directory)
    return next(by_folder, None) or next(by_name)


OUR_FILES = sorted(
    path
    for kind in CATALOG
    for pattern in ("**/*.yaml", "**/agent*.md")
    for path in (ROOT / kind.directory).glob(pattern)
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
        ("project", "stages: {s: {}, p: {require: [clean_git, no_drift_in: s, soaked: 2h]}}"),
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
        ("agent", "$schema: 1\nmodel: m"),
        ("agent", "model: m\nlifecycle: {protct: true}"),
        ("environment", "overrides: {prod: {config: {packages: {pipp: [a]}}}}"),
        ("environment", "config: {networking: {type: limited}}"),
        ("tool", "[{type: web_search, foo: 1}]"),
        ("tool", "name: x"),
        ("project", "stages: {dev: {registry: locl}}"),
        ("project", "stages: {dev: {require: [cleangit]}}"),
        ("project", "stages: {dev: {require: [soaked: 2w]}}"),
        ("project", "stages: {dev: {require: []}}"),
        ("project", "stages: {dev: {require: null}}"),
        ("project", "stages: {dev: {require: [{}]}}"),
    ],
)
def test_what_does_not_load_is_refused(schema: str, text: str) -> None:
    assert complaints(schema, text)


REPOSITORY = "type: github_repository, url: 'https://github.com/o/r'"
BEARER = "type: static_bearer, mcp_server_url: 'https://l.example/mcp'"

SAME_WHEN_LOADED = [
    # References: a path, a glob, an address, an ID, a URL, {path: …}, the API's own shape
    ("agents/x.yaml", "skills: [../skills/pdf-forms]"),
    ("agents/x.yaml", "skills: ['../skills/*', {type: anthropic, skill_id: xlsx}]"),
    ("agents/x.yaml", "skills: [skill/pdf-forms]"),
    ("agents/x.yaml", "skills: ['https://github.com/o/r/tree/main/x']"),
    ("agents/x.yaml", "skills: [{path: ../skills/pdf-forms, version: latest}]"),
    ("agents/x.yaml", "skills: [{type: custom, skill_id: skill/pdf-forms, version: latest}]"),
    ("agents/x.yaml", "multiagent: {type: coordinator, agents: [a.yaml, agent/b, {type: self}]}"),
    ("agents/x.yaml", "multiagent: {type: coordinator, agents: ['?.yaml']}"),
    ("agents/x.yaml", "multiagent: {type: coordinator, agents: [{path: a.yaml, version: latest}]}"),
    ("agents/x.yaml", "multiagent: {type: coordinator, agents: [{type: agent, path: a.yaml}]}"),
    ("agents/x.yaml", "multiagent: {type: coordinator, agents: [{type: agent, id: a.yaml, version: 3}]}"),
    (
        "agents/x.yaml",
        (
            "multiagent: {type: multiagent_20261001, subagents: {type: enabled, predefined_agents: [a.yaml]}, "
            "workflows: {type: enabled, predefined_agents: [{path: agent/b, version: latest}]}}"
        ),
    ),
    ("deployments/x.yaml", "agent: {path: ../agents/a.yaml, version: latest}"),
    ("deployments/x.yaml", "agent: {type: agent, id: agent/a, version: latest}"),
    ("deployments/x.yaml", "environment_id: {path: environment/cloud}"),
    ("deployments/x.yaml", "vault_ids: [../vaults/keys.yaml]"),
    ("deployments/x.yaml", "vault_ids: [{path: vault/keys}]"),
    ("deployments/x.yaml", "resources: [../memory_stores/notes.yaml]"),
    ("deployments/x.yaml", "resources: [{path: memory_store/notes, access: read_only, instructions: Look.}]"),
    ("deployments/x.yaml", f"resources: [{{{REPOSITORY}, authorization_token: {{secret: 'env:T'}}}}]"),
    # Keys of ours
    ("deployments/x.yaml", "paused: true\nsecret_version: 2\nlifecycle: {protect: true}"),
    ("deployments/x.yaml", "secret_version: '2026-11-25'"),
    ("deployments/x.yaml", "overrides: {prod: {paused: false, agent: agent/b, vault_ids: [vault/keys]}}"),
    ("deployments/x.yaml", "overrides: {prod: {agent: {version: latest}, schedule: null}}"),
    ("vaults/x.yaml", f"credentials: {{l: {{auth: {{{BEARER}, token: {{secret: 'env:T'}}}}}}}}"),
    (
        "vaults/x.yaml",
        (
            f"credentials: {{l: {{auth: {{{BEARER}, token: {{secret: 'file:t'}}}}, secret_version: 3}}}}\n"
            "overrides: {prod: {credentials: {l: {auth: {token: {secret: 'env:P'}}}}}}"
        ),
    ),
    ("vaults/x.yaml", "overrides: {prod: {credentials: {l: null}}}"),
    ("vaults/x.yaml", "display_name: X\nmetadata: {a: b}"),
]

REFUSED_WHEN_LOADED = [
    ("agents/x.yaml", "skills: [{path: ../skills/pdf-forms, version: '3'}]"),
    ("agents/x.yaml", "skills: [{path: ../skills/pdf-forms, skill_id: skill_1}]"),
    ("agents/x.yaml", "skills: [{path: ../skills/pdf-forms, access: read_only}]"),
    ("agents/x.yaml", "skills: [{path: 3}]"),
    ("agents/x.yaml", "skills: [3]"),
    ("agents/x.yaml", "skills: ['']"),
    ("agents/x.yaml", "skills: ../skills/pdf-forms"),
    ("agents/x.yaml", "multiagent: {type: coordinator, agents: [{path: a.yaml, type: self}]}"),
    (
        "agents/x.yaml",
        "multiagent: {type: coordinator, agents: [{type: agent, id: a.yaml, version: newest}]}",
    ),
    ("agents/x.yaml", "multiagent: {type: coordinator, agents: []}"),
    ("agents/x.yaml", "multiagent: {agents: [a.yaml]}"),
    ("deployments/x.yaml", "environment_id: {path: environment/cloud, version: latest}"),
    ("deployments/x.yaml", "environment_id: {id: env_1}"),
    ("deployments/x.yaml", "agent: [../agents/a.yaml]"),
    ("deployments/x.yaml", "vault_ids: [{path: vault/keys, access: read_only}]"),
    ("deployments/x.yaml", "resources: [{path: memory_store/notes, access: write}]"),
    ("deployments/x.yaml", "resources: [{path: memory_store/notes, mount_path: /x}]"),
    ("deployments/x.yaml", "resources: [{path: memory_store/notes, version: latest}]"),
    ("deployments/x.yaml", f"resources: [{{{REPOSITORY}, authorization_token: ghp_x}}]"),
    ("deployments/x.yaml", "paused: 'yes'"),
    ("deployments/x.yaml", "secret_version: 1.5"),
    ("deployments/x.yaml", "secret_version: a b"),
    ("deployments/x.yaml", "credentials: {}"),
    ("deployments/x.yaml", "overrides: {dev: {agent: {version: 3.5}}}"),
    ("vaults/x.yaml", f"credentials: {{l: {{auth: {{{BEARER}, token: sk-1}}}}}}"),
    ("vaults/x.yaml", f"credentials: {{l: {{auth: {{{BEARER}, token: {{secret: sk-1}}}}}}}}"),
    ("vaults/x.yaml", f"credentials: {{l: {{auth: {{{BEARER}}}}}}}"),
    ("vaults/x.yaml", "credentials: {l: {}}"),
    ("vaults/x.yaml", "credentials: [l]"),
    ("vaults/x.yaml", f"credentials: {{a/b: {{auth: {{{BEARER}, token: {{secret: 'env:T'}}}}}}}}"),
    ("vaults/x.yaml", "display_name: X\nsecret_version: 2"),
    ("vaults/x.yaml", "display_name: X\npaused: true"),
]


def text_of(path: str, members: str) -> str:
    """A file with these members, and those it needs besides."""
    base = {"agents": "model: claude-opus-5-5\n", "deployments": DEPLOYMENT, "vaults": "type: vault\n"}
    said = members.split(":", maxsplit=1)[0]
    kept = [line for line in base[path.partition("/")[0]].splitlines(True) if not line.startswith(f"{said}:")]
    return "".join(kept) + members + "\n"


@pytest.mark.parametrize(("path", "members"), SAME_WHEN_LOADED)
def test_a_schema_and_loading_accept_the_same(tree: Tree, path: str, members: str) -> None:
    text = text_of(path, members)
    assert complaints(schema_for(Path(path)), text) == []
    tree.write(FLEET | {path: text})
    for stage in ("dev", "prod"):
        outcome = tree.load(stage)
        assert outcome.errors == [], outcome.said


@pytest.mark.parametrize(("path", "members"), REFUSED_WHEN_LOADED)
def test_a_schema_and_loading_refuse_the_same(tree: Tree, path: str, members: str) -> None:
    text = text_of(path, members)
    assert complaints(schema_for(Path(path)), text)
    errors = tree.write(FLEET | {path: text}).load().errors
    assert errors
    assert {item.location.file for item in errors if item.location is not None} == {path}


def test_schemas_are_json() -> None:
    for schema in SCHEMAS.values():
        assert json.loads(json.dumps(schema)) == schema
