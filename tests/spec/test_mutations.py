"""A valid project, damaged at random: whatever comes out is a value, never an exception."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentops.domain.diagnostics import Diagnostic

from .conftest import PROJECT, Tree

VALID = {
    "agentops.yaml": PROJECT,
    "agents/tutor/agent.yaml": """\
name: tutor
model: {id: claude-opus-5-5, effort: high}
prompt: prompt.md.j2
tools:
  - web_search
  - web_fetch: {allowed_domains: [docs.python.org], permission: always_ask}
  - mcp: linear
    url: https://mcp.linear.app/mcp
    allow: [list_issues, {get_issue: auto}]
  - tools/*.yaml
memory:
  - {name: notes, type: episodic, retention_days: 365, seed: memory/}
  - {store: memory_store/house, access: read_only}
overrides:
  prod: {model: {effort: max}, description: null}
lifecycle: {protect: true, ignore_changes: [description]}
template: true
""",
    "agents/tutor/prompt.md.j2": "You are {{ stage }}, {% for c in vars.team %}{{ c }}{% endfor %}.\n",
    "agents/tutor/tools/t.yaml": "- {type: custom, name: t, description: d, input_schema: {type: object}}\n",
    "agents/tutor/memory/a.md": "note\n",
    "agents/lead.yaml": """\
model: claude-opus-5-5
skills: [../skills/*, {type: anthropic, skill_id: xlsx}]
multiagent: {type: coordinator, agents: [critic.md, {path: agent/plain, version: latest}, {type: self}]}
""",
    "deployments/nightly.md": """\
---
agent: ../agents/tutor/agent.yaml
environment_id: ../environments/cloud.yaml
resources:
  - {path: ../memory_stores/house.yaml, access: read_only}
  - {type: github_repository, url: https://github.com/o/r, authorization_token: {secret: "env:GH"}}
vault_ids: ['../vaults/*']
schedule: {type: cron, expression: 30 4 * * 1-5, timezone: Europe/Berlin}
budget: {type: limit, max_list_cost: {amount: "2500", currency: USD}}
paused: true
overrides:
  prod: {agent: {version: latest}, paused: false}
---
Go on with what is open.
""",
    "vaults/keys.yaml": """\
display_name: Keys
credentials:
  linear:
    auth: {type: static_bearer, mcp_server_url: https://mcp.linear.app/mcp, token: {secret: env:LINEAR}}
    secret_version: 2
  key:
    auth:
      type: environment_variable
      secret_name: API_KEY
      secret_value: {secret: file:keys/api}
      networking: {type: limited, allowed_hosts: [api.example.com]}
""",
    "skills/forms/SKILL.md": "---\nname: forms\ndescription: Fills forms.\n---\nHow to.\n",
    "skills/forms/fill.py": "print()\n",
    "agents/critic.md": "---\nmodel: &m claude-opus-5-5\nmetadata: {<<: {a: b}, c: *m}\n---\nYou are.\n",
    "agents/plain.json": '{"model": {"id": "claude-opus-5-5"},\n "system": "You are."}\n',
    "environments/cloud.yaml": "config: {type: cloud, networking: {type: limited, allowed_hosts: [a.com]}}\n",
    "memory_stores/house.yaml": "name: House\nseed: ../seed.txt\n",
    "seed.txt": "rules\n",
}
NASTY = [
    *"[]{}:,&*!|>'\"%@`#-?\t\n\r \0~<=",
    *[
        "---\n",
        "<<: ",
        "*m",
        "&m ",
        "null",
        "{{",
        "}}",
        "{%",
        "%}",
        "../",
        "/",
        "on",
        "0o17",
        ".inf",
        "[[",
        "- ",
    ],
    *[
        "type: ",
        "type: vault\n",
        "address: ",
        "overrides: ",
        "${X}",
        "<%= x %>",
        "\ufeff",
        "\u2028",
        "é",
        "\x85",
    ],
    *["agent", "environment", "memory", "skills: [x]\n", "multiagent: ", "apiVersion: v1\n", "*.yaml", "**"],
    *[
        "{secret: env:X}",
        "secret: ",
        "path: ",
        "version: latest",
        "credentials: ",
        "https://github.com/o/r",
        "[~]",
    ],
]

places = st.tuples(st.sampled_from(sorted(VALID)), st.integers(0, 400), st.integers(0, 12))
edits = st.lists(st.tuples(places, st.sampled_from(NASTY) | st.text(max_size=6)), min_size=1, max_size=4)


def damaged(changes: list[tuple[tuple[str, int, int], str]]) -> dict[str, bytes]:
    files = dict(VALID)
    for (path, start, length), text in changes:
        old = files[path]
        at = start % (len(old) + 1)
        files[path] = old[:at] + text + old[at + length :]
    return {path: text.encode("utf-8", "surrogatepass") for path, text in files.items()}


def test_the_undamaged_project_is_valid(tree: Tree) -> None:
    assert tree.write(VALID).load("prod").diagnostics == ()


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits)
def test_damage_is_reported_and_never_raised(changes: list[tuple[tuple[str, int, int], str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        outcome = Tree(Path(folder)).write(damaged(changes)).load()
        for item in outcome.diagnostics:
            assert isinstance(item, Diagnostic)
            assert item.location is None or (Path(folder) / item.location.file).exists()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from(sorted(VALID)), st.binary(max_size=200), min_size=1, max_size=3))
def test_any_bytes_are_reported_and_never_raised(contents: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Tree(Path(folder)).write({**VALID, **contents}).load()
