"""Each node of every fixture replaced by a value of the wrong type: whatever comes out is a diagnostic."""

# ruff: noqa: E501 - one file a line reads best

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentops.domain.diagnostics import Diagnostic
from agentops.spec.located import plain
from agentops.spec.yaml_text import parse_yaml

from .conftest import PROJECT, Tree

TOOLS = """\
- web_search
- document_analysis
- {code_execution: {permission: always_ask}}
- {type: bash, permission: auto}
- {mcp: linear, url: 'https://l.example', allow: [one, {two: auto}], permission: auto}
- mcp: github
- {type: custom, name: t, description: d, input_schema: {type: object}}
- tools/t.yaml
"""
FIXTURES: dict[str, str] = {
    "agents/tutor/agent.yaml": f"""\
$schema: s
type: agent
address: agent/tutor
name: tutor
model: {{id: claude-opus-5-5, effort: high}}
prompt: prompt.md
description: x
tools: {json.dumps(plain(parse_yaml(TOOLS, "t")))}
mcp_servers: [{{type: url, name: github, url: 'https://g.example'}}, servers.json]
skills: [{{type: anthropic, skill_id: pdf, version: '1'}}, ../../skills/mine, {{path: skill/yours, version: latest}}]
multiagent: {{type: multiagent_20261001, subagents: {{type: enabled, inline_agents: {{type: disabled}}, predefined_agents: [../critic.md, {{type: self}}]}}, workflows: {{type: enabled, predefined_agents: [{{path: agent/critic, version: latest}}]}}, advisor: {{type: enabled, model: m}}}}
memory:
  - {{name: notes, type: episodic, retention_days: 3, access: read_only, seed: [memory/, a.txt], metadata: {{a: b}}}}
  - {{store: memory_store/house}}
overrides: {{dev: {{model: {{effort: max}}, tools: [bash], memory: [{{name: notes, seed: memory}}]}}}}
lifecycle: {{protect: true, ignore_changes: [model.effort]}}
template: true
metadata: {{a: b}}
execution_identity: {{type: aws_role, role_arn: r}}
""",
    "agents/tutor/tools/t.yaml": "{type: custom, name: u, description: d, input_schema: {type: object}}",
    "agents/tutor/servers.json": '[{"type": "url", "name": "s", "url": "https://s.example"}]',
    "environments/cloud.yaml": "type: environment\nconfig: {type: cloud, networking: {type: limited, allowed_hosts: [a.com]}}",
    "memory_stores/house.yaml": "name: House\nseed: [../seed.txt]\nmetadata: {a: b}",
    "deployments/nightly.yaml": """\
name: nightly
agent: {path: agent/tutor, version: latest}
environment_id: {path: ../environments/cloud.yaml}
initial_events:
  - {type: user.message, content: [{type: text, text: Go.}]}
  - {type: user.define_outcome, description: d, rubric: {type: text, content: r}, max_iterations: 2}
resources:
  - {path: memory_store/house, access: read_only, instructions: Look.}
  - {type: github_repository, url: 'https://github.com/o/r', authorization_token: {secret: 'env:T'}, checkout: {type: branch, name: main}}
  - {type: file, file_id: file_1, mount_path: /data.csv}
vault_ids: [../vaults/keys.yaml]
schedule: {type: cron, expression: 0 9 * * *, timezone: UTC}
budget: {type: limit, max_list_cost: {amount: '2500', currency: USD}}
paused: true
secret_version: 2
overrides: {dev: {agent: {path: agent/critic}, vault_ids: null}}
""",
    "vaults/keys.yaml": """\
display_name: Keys
metadata: {a: b}
credentials:
  linear: {auth: {type: static_bearer, mcp_server_url: 'https://l.example', token: {secret: 'env:T'}}, secret_version: 2}
  oauth:
    auth: {type: mcp_oauth, mcp_server_url: 'https://o.example', access_token: {secret: 'file:t'}, expires_at: '2030-01-01T00:00:00Z', refresh: {client_id: c, refresh_token: {secret: 'env:R'}, token_endpoint: 'https://o.example/t', token_endpoint_auth: {type: client_secret_post, client_secret: {secret: 'env:C'}}}}
    display_name: O
  key: {auth: {type: environment_variable, secret_name: KEY, secret_value: {secret: 'env:K'}, networking: {type: limited, allowed_hosts: [a.example]}, injection_location: {header: true}}, metadata: {a: b}}
overrides: {dev: {credentials: {oauth: null, key: {auth: {secret_value: {secret: 'env:D'}}}}}}
""",
    "memories/m.yaml": "memory_store_id: x\npath: /a",
    "schemas/event.json": '{"type": "agent", "properties": {"x": {"type": "agent"}}}',
    "agentops.yaml": "project: p\nvars: {a: 1}\ndefault_stage: dev\nstages: {dev: {registry: {base_url: 'https://r.example', "
    "api_key: {secret: 'env:K'}}, vars: {a: 2}, protect: true}, prod: {}}\n"
    "external: {environment/e: {dev: env_1}}",
}
SKILL = "---\nname: {0}\ndescription: d\n---\n"
AROUND = {
    "agents/critic.md": "---\nmodel: m\n---\nJudge.\n",
    "skills/mine/SKILL.md": SKILL.format("mine"),
    "skills/yours/SKILL.md": SKILL.format("yours"),
    "agents/tutor/prompt.md": "hi",
    "agents/tutor/memory/a.md": "x",
    "agents/tutor/a.txt": "x",
    "seed.txt": "x",
}
WRONG: list[Any] = [[], {}, [1], {"a": {}}, 1, None, "", True]
Path_ = tuple[str | int, ...]


def nodes(tree: Any, path: Path_ = ()) -> Iterator[Path_]:
    yield path
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for step, value in items:
        yield from nodes(value, (*path, step))


def replaced(tree: Any, path: Path_, value: Any) -> Any:
    if not path:
        return value
    step, rest = path[0], path[1:]
    if isinstance(tree, dict):
        return {key: replaced(item, rest, value) if key == step else item for key, item in tree.items()}
    return [replaced(item, rest, value) if index == step else item for index, item in enumerate(tree)]


def parsed(file: str) -> Any:
    return plain(parse_yaml(FIXTURES[file], file))


CASES = [(file, path) for file in FIXTURES for path in nodes(parsed(file))]


def test_the_fixtures_are_read_to_the_end(tree: Tree) -> None:
    outcome = tree.write({**FIXTURES, **AROUND}).load()
    assert outcome["agent/tutor"].attachments
    assert outcome["credential/keys/key"].body["auth"]["secret_value"] == {"secret": "env:D"}
    assert outcome["deployment/nightly"].needs
    wrong = {item.location.file for item in outcome.errors if item.location is not None}
    assert wrong.isdisjoint({"deployments/nightly.yaml", "vaults/keys.yaml"}), outcome.said
    assert len(CASES) > 250


@pytest.mark.parametrize("value", WRONG, ids=json.dumps)
def test_a_value_of_the_wrong_type_is_reported_and_never_raised(tree: Tree, value: Any) -> None:
    tree.write({**FIXTURES, **AROUND})
    for file, path in CASES:
        tree.write({file: json.dumps(replaced(parsed(file), path, value))})
        outcome = tree.load()
        assert all(isinstance(item, Diagnostic) for item in outcome.diagnostics), (file, path)
        tree.write({file: FIXTURES[file]})


@pytest.mark.parametrize(
    "tools",
    [
        "[{type: [web_search]}]",
        "[{type: {a: b}}]",
        "[{mcp: l, url: 'https://l.example'}]\nmcp_servers: [{type: url, name: [x], url: 'https://a.example'}]",
        "[document_analysis]\nskills: [{type: anthropic, skill_id: [x]}]",
        "[{mcp: l, url: 'https://l.example', permission: [always_ask]}]",
    ],
)
def test_a_list_where_a_name_belongs_hides_no_other_problem(agent, tools: str) -> None:
    outcome = agent(f"tools: {tools}\nnme: x\n", **{"agents/b.yaml": "model: x\nfoo: 1\n"})
    assert any("'nme'" in item.summary for item in outcome.errors), outcome.said
    assert any("'foo'" in item.summary for item in outcome.errors), outcome.said
    assert len(outcome.errors) > 2


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("schemas/event.json", '{"type": ["object", "null"], "properties": {"x": {"type": "agent"}}}'),
        ("x/y.yaml", "foo: {type: agent}\ntype: [1]\n"),
    ],
)
def test_an_unrelated_file_with_a_list_as_type_is_left_alone(agent, path: str, text: str) -> None:
    assert agent("", **{path: text}).diagnostics == ()


def test_a_pipe_anywhere_is_not_waited_for(agent, tree: Tree) -> None:
    os.mkfifo(tree.root / "x.yaml")
    assert agent("").diagnostics == ()


def test_the_project_of_all_tests_is_valid(tmp_path: Path) -> None:
    assert (
        Tree(tmp_path).write({"agentops.yaml": PROJECT, "agents/a.yaml": "model: m\n"}).load().diagnostics
        == ()
    )
