"""Malformed input of every sort: an error with a code and a place, never an exception, nothing written."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Diagnostic

from .conftest import Outcome, Tree

AGENT = "agents/a.yaml"
MODEL = "model: claude-opus-5-5\n"
DEEP = "[" * 300 + "]" * 300
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
HANDS = "".join(f"{{% set a = {'~'.join('a' * 10)} %}}" for _ in range(12))
LOOPS = "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}"

FILES: dict[str, tuple[Code, str]] = {
    # YAML
    "an unclosed list": (Code.SYNTAX, "model: ["),
    "an unclosed mapping": (Code.SYNTAX, "model: {id: x"),
    "an unclosed quote": (Code.SYNTAX, 'model: "x'),
    "a tab as indentation": (Code.SYNTAX, "model:\n\tid: x\n"),
    "a tab before a key": (Code.SYNTAX, "\tmodel: x\n"),
    "a colon in a plain value": (Code.SYNTAX, "model: x\ndescription: a: b\n"),
    "bad indentation": (Code.SYNTAX, "model: x\n  name: y\n"),
    "an unknown escape": (Code.SYNTAX, 'model: "\\q"\n'),
    "a surrogate escape": (Code.SYNTAX, 'model: "\\ud800"\n'),
    "several documents": (Code.SYNTAX, "model: x\n---\nmodel: y\n"),
    "a Python tag": (Code.SYNTAX, "model: !!python/object/apply:os.system [id]\n"),
    "a tag of its own": (Code.SYNTAX, "model: !vault x\n"),
    "a binary tag": (Code.SYNTAX, "model: !!binary aGk=\n"),
    "a number tag on text": (Code.SYNTAX, "model: !!int x\n"),
    "an unknown alias": (Code.SYNTAX, "model: *x\n"),
    "an anchor inside itself": (Code.SYNTAX, "model: x\nmetadata: &a {b: *a}\n"),
    "a merge of text": (Code.SYNTAX, "<<: x\nmodel: x\n"),
    "a merge of a list of text": (Code.SYNTAX, "<<: [x]\nmodel: x\n"),
    "a billion laughs": (Code.TOO_LARGE, LAUGHS),
    "levels on levels by aliases": (
        Code.TOO_LARGE,
        "a: &a " + "[" * 60 + "]" * 60 + "\nmodel: " + "[" * 60 + "*a" + "]" * 60 + "\n",
    ),
    "a list as a key": (Code.SYNTAX, "? [a]\n: b\n"),
    "a mapping as a key": (Code.SYNTAX, "? {a: b}\n: c\n"),
    "a duplicate key": (Code.DUPLICATE_KEY, "model: x\nmodel: y\n"),
    "a duplicate key in depth": (Code.DUPLICATE_KEY, "model: {id: x, id: y}\n"),
    "a duplicate key in a list": (Code.DUPLICATE_KEY, "model: x\ntools:\n  - {type: custom, type: custom}\n"),
    "300 levels": (Code.TOO_LARGE, f"model: {DEEP}\n"),
    "a control character": (Code.SYNTAX, "model: x\ndescription: a\x07b\n"),
    "a directive nobody knows": (Code.SYNTAX, "%YAML 9.9\n---\nmodel: x\n"),
    "an unfinished directive": (Code.SYNTAX, "%\nmodel: x\n"),
    "a percent sign first": (Code.SYNTAX, "model: %x\n"),
    "an at sign first": (Code.SYNTAX, "model: @x\n"),
    "a backtick first": (Code.SYNTAX, "model: `x`\n"),
    "conflict markers": (Code.SYNTAX, "<<<<<<< HEAD\nmodel: x\n=======\nmodel: y\n>>>>>>> b\n"),
    # Whole files
    "an empty file": (Code.SYNTAX, ""),
    "only comments": (Code.SYNTAX, "# nothing\n"),
    "a list": (Code.WRONG_TYPE, "- model: x\n"),
    "text": (Code.WRONG_TYPE, "just text\n"),
    "a number": (Code.WRONG_TYPE, "42\n"),
    # Wrong types at every level
    "no model": (Code.MISSING_KEY, "name: x\n"),
    "a null model": (Code.WRONG_TYPE, "model:\n"),
    "a list as model": (Code.WRONG_TYPE, "model: [x]\n"),
    "a number as model": (Code.WRONG_TYPE, "model: 5\n"),
    "an empty model": (Code.LIMIT, 'model: ""\n'),
    "a model without id": (Code.MISSING_KEY, "model: {effort: high}\n"),
    "an unknown member of model": (Code.UNKNOWN_KEY, "model: {id: x, efort: high}\n"),
    "an unknown effort": (Code.INVALID_VALUE, "model: {id: x, effort: hgih}\n"),
    "a number as effort": (Code.WRONG_TYPE, "model: {id: x, effort: 3}\n"),
    "a list as name": (Code.WRONG_TYPE, f"{MODEL}name: [x]\n"),
    "a number as name": (Code.WRONG_TYPE, f"{MODEL}name: 12\n"),
    "a boolean as description": (Code.WRONG_TYPE, f"{MODEL}description: true\n"),
    "a list as metadata": (Code.WRONG_TYPE, f"{MODEL}metadata: [x]\n"),
    "a number in metadata": (Code.WRONG_TYPE, f"{MODEL}metadata: {{a: 1}}\n"),
    "the ownership key": (Code.RESERVED, f"{MODEL}metadata: {{agentops: x}}\n"),
    "an unknown key": (Code.UNKNOWN_KEY, f"{MODEL}descripton: x\n"),
    "a key of nothing": (Code.UNKNOWN_KEY, f"{MODEL}'': x\n"),
    "an infinite number": (
        Code.INVALID_VALUE,
        f"{MODEL}tools: [{{type: custom, name: t, description: d, input_schema: {{type: object, x: .inf}}}}]\n",
    ),
    "tools as text": (Code.FOREIGN_SHAPE, f"{MODEL}tools: bash, read\n"),
    "tools as a mapping": (Code.FOREIGN_SHAPE, f"{MODEL}tools: {{bash: true}}\n"),
    "tools as a number": (Code.WRONG_TYPE, f"{MODEL}tools: 3\n"),
    "a null tool": (Code.WRONG_TYPE, f"{MODEL}tools: [~]\n"),
    "a list as tool": (Code.WRONG_TYPE, f"{MODEL}tools: [[bash]]\n"),
    "a misspelt tool": (Code.UNKNOWN_TOOL, f"{MODEL}tools: [web_serch]\n"),
    "a tool of the Messages API": (
        Code.UNKNOWN_TOOL,
        f"{MODEL}tools: [{{type: web_search_20250305, name: web_search}}]\n",
    ),
    "a tool twice": (Code.CONFLICTING_FIELDS, f"{MODEL}tools: [bash, bash]\n"),
    "a group twice": (Code.CONFLICTING_FIELDS, f"{MODEL}tools: [code_execution, computer]\n"),
    "names beside a toolset": (
        Code.CONFLICTING_FIELDS,
        f"{MODEL}tools: [bash, {{type: agent_toolset_20260401}}]\n",
    ),
    "an unknown permission": (Code.INVALID_VALUE, f"{MODEL}tools: [{{bash: {{permission: ask}}}}]\n"),
    "settings that are no mapping": (Code.WRONG_TYPE, f"{MODEL}tools: [{{bash: ask}}]\n"),
    "a setting of one tool on a group": (
        Code.UNKNOWN_KEY,
        f"{MODEL}tools: [{{code_execution: {{allowed_domains: [a.b]}}}}]\n",
    ),
    "an unknown setting of a tool": (
        Code.UNKNOWN_KEY,
        f"{MODEL}tools: [{{web_fetch: {{domains: [a.example]}}}}]\n",
    ),
    "a custom tool without schema": (
        Code.MISSING_KEY,
        f"{MODEL}tools: [{{type: custom, name: t, description: d}}]\n",
    ),
    "a server without url": (Code.MISSING_KEY, f"{MODEL}tools: [{{mcp: linear}}]\n"),
    "a server with an empty allow": (
        Code.INVALID_VALUE,
        f"{MODEL}tools: [{{mcp: l, url: 'https://l.example', allow: []}}]\n",
    ),
    "an allow that is text": (
        Code.WRONG_TYPE,
        f"{MODEL}tools: [{{mcp: l, url: 'https://l.example', allow: x}}]\n",
    ),
    "an unknown key of mcp": (
        Code.UNKNOWN_KEY,
        f"{MODEL}tools: [{{mcp: l, url: 'https://l.example', alow: [x]}}]\n",
    ),
    "a list as server name": (Code.WRONG_TYPE, f"{MODEL}tools: [{{mcp: [l]}}]\n"),
    "a server nobody uses": (
        Code.UNUSED,
        f"{MODEL}mcp_servers: [{{type: url, name: l, url: 'https://l.example'}}]\n",
    ),
    # Includes, prompts, seeds
    "a missing include": (Code.BROKEN_REFERENCE, f"{MODEL}tools: [tools/x.yaml]\n"),
    "a glob without a match": (Code.BROKEN_REFERENCE, f"{MODEL}tools: ['tools/*.yaml']\n"),
    "an include above the project": (Code.OUTSIDE_PROJECT, f"{MODEL}tools: [../../x.yaml]\n"),
    "an include by an absolute path": (Code.OUTSIDE_PROJECT, f"{MODEL}tools: [/etc/passwd]\n"),
    "an include by a URL": (Code.OUTSIDE_PROJECT, f"{MODEL}tools: ['https://x.example/t.yaml']\n"),
    "an include of a program": (Code.BROKEN_REFERENCE, f"{MODEL}tools: [tools/x.py]\n"),
    "an include of a resource": (Code.WRONG_REFERENCE, f"{MODEL}tools: [../environments/ok.yaml]\n"),
    "a missing prompt": (Code.BROKEN_REFERENCE, f"{MODEL}prompt: nope.md\n"),
    "a prompt above the project": (Code.OUTSIDE_PROJECT, f"{MODEL}prompt: ../../x.md\n"),
    "a list as prompt": (Code.WRONG_TYPE, f"{MODEL}prompt: [x.md]\n"),
    "a folder as prompt": (Code.BROKEN_REFERENCE, f"{MODEL}prompt: ../environments\n"),
    "prompt and system": (Code.CONFLICTING_FIELDS, f"{MODEL}prompt: ../p.txt\nsystem: x\n"),
    "a missing seed": (Code.BROKEN_REFERENCE, f"{MODEL}memory: {{type: episodic, seed: nope/}}\n"),
    "a number as seed": (Code.WRONG_TYPE, f"{MODEL}memory: {{type: episodic, seed: 3}}\n"),
    # Memory
    "memory as text": (Code.WRONG_TYPE, f"{MODEL}memory: episodic\n"),
    "a memory as text": (Code.WRONG_TYPE, f"{MODEL}memory: [episodic]\n"),
    "a memory of no type": (Code.MISSING_KEY, f"{MODEL}memory: {{retention_days: 3}}\n"),
    "an unknown type of memory": (Code.INVALID_VALUE, f"{MODEL}memory: {{type: episodical}}\n"),
    "a retention of text": (Code.WRONG_TYPE, f"{MODEL}memory: {{type: episodic, retention_days: '3'}}\n"),
    "a retention of nothing": (Code.LIMIT, f"{MODEL}memory: {{type: episodic, retention_days: 0}}\n"),
    "an unknown key of a memory": (Code.UNKNOWN_KEY, f"{MODEL}memory: {{type: episodic, ttl: 3}}\n"),
    "two memories of one name": (
        Code.CONFLICTING_FIELDS,
        f"{MODEL}memory: [{{type: episodic}}, {{type: episodic}}]\n",
    ),
    "a memory with a slash": (Code.INVALID_VALUE, f"{MODEL}memory: {{name: a/b}}\n"),
    "a store that is not there": (Code.BROKEN_REFERENCE, f"{MODEL}memory: {{store: memory_store/nope}}\n"),
    "a store that is an environment": (
        Code.WRONG_REFERENCE,
        f"{MODEL}memory: {{store: ../environments/ok.yaml}}\n",
    ),
    # Overrides, lifecycle, templates
    "overrides as a list": (Code.WRONG_TYPE, f"{MODEL}overrides: [dev]\n"),
    "an override of an unknown stage": (Code.NO_STAGE, f"{MODEL}overrides: {{prd: {{name: x}}}}\n"),
    "an override that is text": (Code.WRONG_TYPE, f"{MODEL}overrides: {{dev: x}}\n"),
    "an override of the address": (Code.RESERVED, f"{MODEL}overrides: {{dev: {{address: agent/x}}}}\n"),
    "an unknown key in an override": (Code.UNKNOWN_KEY, f"{MODEL}overrides: {{dev: {{nme: x}}}}\n"),
    "lifecycle as text": (Code.WRONG_TYPE, f"{MODEL}lifecycle: protect\n"),
    "an unknown key of lifecycle": (Code.UNKNOWN_KEY, f"{MODEL}lifecycle: {{protected: true}}\n"),
    "an ignored field nobody has": (Code.INVALID_VALUE, f"{MODEL}lifecycle: {{ignore_changes: [modle]}}\n"),
    "template as text": (Code.WRONG_TYPE, f"{MODEL}template: x\n"),
    "an undefined variable": (Code.TEMPLATE, f"{MODEL}template: true\nsystem: '{{{{ vars.inbx }}}}'\n"),
    "an unclosed expression": (Code.TEMPLATE, f"{MODEL}template: true\nsystem: '{{{{ vars.inbox'\n"),
    "a template that includes": (Code.TEMPLATE, f"{MODEL}template: true\nsystem: \"{{% include 'x' %}}\"\n"),
    "a template bomb of text": (
        Code.TEMPLATE,
        f"{MODEL}template: true\nsystem: \"{{% set a = 'xxxxxxxxxx' %}}{HANDS}{{{{ a }}}}\"\n",
    ),
    "a template bomb of loops": (Code.TEMPLATE, f"{MODEL}template: true\nsystem: '{LOOPS}'\n"),
    "a template bomb of multiplication": (
        Code.TEMPLATE,
        f"{MODEL}template: true\nsystem: \"{{{{ 'x' * 9999999999 }}}}\"\n",
    ),
    "a template that climbs": (
        Code.TEMPLATE,
        f"{MODEL}template: true\nsystem: \"{{{{ ''.__class__.__mro__ }}}}\"\n",
    ),
    # Identity
    "an unknown type": (Code.UNKNOWN_KIND, f"{MODEL}type: agnet\n"),
    "a list as type": (Code.UNKNOWN_KIND, f"{MODEL}type: [agent]\n"),
    "an address of another kind": (Code.INVALID_VALUE, f"{MODEL}address: environment/a\n"),
    "an address that is none": (Code.INVALID_VALUE, f"{MODEL}address: a\n"),
    "an address of a child": (Code.INVALID_VALUE, f"{MODEL}address: agent/a/b\n"),
    "a number as address": (Code.WRONG_TYPE, f"{MODEL}address: 3\n"),
    "a taken address": (Code.DUPLICATE_ADDRESS, f"{MODEL}address: agent/ok\n"),
    "a reference of ours": (
        Code.RESERVED,
        f"{MODEL}tools: [{{type: custom, name: t, description: d, input_schema: {{type: object, x: {{$ref: {{address: agent/a, attribute: id}}}}}}}}]\n",
    ),
    # Shapes of others
    "a system of parts": (Code.FOREIGN_SHAPE, f"{MODEL}system: {{file: x.md, append: y}}\n"),
    "a skill from a plugin": (Code.FOREIGN_SHAPE, f"{MODEL}skills: [{{from_plugin: x}}]\n"),
    "a skill from git": (Code.FOREIGN_SHAPE, f"{MODEL}skills: [{{source: 'git:x'}}]\n"),
    "a skill that is not there": (Code.BROKEN_REFERENCE, f"{MODEL}skills: [../skills/x]\n"),
    "a roster without its type": (Code.MISSING_KEY, f"{MODEL}multiagent: {{agents: [ok.yaml]}}\n"),
    "callable agents": (Code.FOREIGN_SHAPE, f"{MODEL}callable_agents: [{{manifest: x}}]\n"),
    "an output schema": (Code.FOREIGN_SHAPE, f"{MODEL}output_schema: {{type: object}}\n"),
    "a turn limit": (Code.FOREIGN_SHAPE, f"{MODEL}max_turns: 3\n"),
    "a temperature": (Code.FOREIGN_SHAPE, f"{MODEL}temperature: 0.2\n"),
    "a runtime": (Code.FOREIGN_SHAPE, f"{MODEL}runtime: node\n"),
    "a list of agents": (Code.FOREIGN_SHAPE, "agents:\n  - name: x\n"),
    "an envelope": (Code.FOREIGN_SHAPE, "apiVersion: v1\nkind: Agent\nspec: {}\n"),
    "an environment variable": (Code.FOREIGN_SHAPE, "model: ${MODEL}\n"),
    "a URL with an environment variable": (
        Code.FOREIGN_SHAPE,
        f"{MODEL}tools: [{{mcp: l, url: '${{L_URL}}/mcp'}}]\n",
    ),
    "servers in camel case": (Code.FOREIGN_SHAPE, f"{MODEL}mcpServers: {{}}\n"),
    "embedded Ruby": (Code.FOREIGN_SHAPE, f"{MODEL}name: app-<%= Rails.env %>\n"),
    "an answer of the API": (Code.FOREIGN_SHAPE, f"{MODEL}id: agent_1\ncreated_at: x\n"),
}

RAW: dict[str, tuple[Code, str, str | bytes]] = {
    "binary": (Code.UNREADABLE, AGENT, bytes(range(256)) * 8),
    "NUL bytes": (Code.UNREADABLE, AGENT, b"model: x\0y\n"),
    "Latin-1": (Code.UNREADABLE, AGENT, "model: x\ndescription: Müll\n".encode("latin-1")),
    "UTF-16": (Code.UNREADABLE, AGENT, "model: x\n".encode("utf-16")),
    "a byte order mark in the middle": (Code.SYNTAX, AGENT, b"\xef\xbb\xbf\xef\xbb\xbf- [model: x\n"),
    "more than 10 MB": (Code.TOO_LARGE, AGENT, b"model: x\nsystem: " + b"x" * 10_000_000),
    "a broken file with CRLF": (Code.SYNTAX, AGENT, b"model: x\r\nname: [\r\n"),
    "JSON with a comma too many": (Code.SYNTAX, "agents/a.json", '{"model": "x",}'),
    "JSON without a comma": (Code.SYNTAX, "agents/a.json", '{"model": "x" "name": "y"}'),
    "JSON with a comment": (Code.SYNTAX, "agents/a.json", '{"model": "x"} // c'),
    "JSON in single quotes": (Code.SYNTAX, "agents/a.json", "{'model': 'x'}"),
    "JSON with NaN": (Code.SYNTAX, "agents/a.json", '{"model": NaN}'),
    "JSON with a duplicate key": (Code.DUPLICATE_KEY, "agents/a.json", '{"model": "x",\n "model": "y"}'),
    "JSON that ends early": (Code.SYNTAX, "agents/a.json", '{"model": "x", "tools": ['),
    "JSON of 300 levels": (Code.TOO_LARGE, "agents/a.json", f'{{"model": {DEEP}}}'),
    "JSON with half a character": (Code.SYNTAX, "agents/a.json", '{"model": "\\ud800"}'),
    "empty JSON": (Code.SYNTAX, "agents/a.json", ""),
    "a JSON list": (Code.WRONG_TYPE, "agents/a.json", "[]"),
    "unclosed frontmatter": (Code.SYNTAX, "agents/a.md", "---\nmodel: x\nYou are\n"),
    "frontmatter that is a list": (Code.WRONG_TYPE, "agents/a.md", "---\n- x\n---\nYou are\n"),
    "frontmatter that is no YAML": (Code.SYNTAX, "agents/a.md", "---\nmodel: [\n---\nYou are\n"),
    "prose and system": (Code.CONFLICTING_FIELDS, "agents/a.md", f"---\n{MODEL}system: x\n---\nYou are\n"),
    "prose and prompt": (Code.CONFLICTING_FIELDS, "agents/a.md", f"---\n{MODEL}prompt: ../p.txt\n---\nYou are\n"),
    "prose without a model": (Code.MISSING_KEY, "agents/a.md", "You are\n"),
    "an undefined variable in a file": (Code.TEMPLATE, "p.j2", "a\n{{ vars.inbx }}\n"),
    "a template that is no text": (Code.UNREADABLE, "p.j2", b"\xff\xfe\x00"),
    "an environment of no type": (Code.MISSING_KEY, "environments/e.yaml", "config: {networking: {type: limited}}\n"),
    "an unknown network": (Code.INVALID_VALUE, "environments/e.yaml", "config: {type: cloud, networking: {type: open}}\n"),
    "an environment by another's name": (Code.DUPLICATE_ADDRESS, "environments/e.yaml", "name: ok\n"),
    "a store with a control character": (Code.INVALID_VALUE, "memory_stores/s.yaml", 'name: "a\\tb"\n'),
    "a store with a long description": (Code.LIMIT, "memory_stores/s.yaml", f"description: {'x' * 1025}\n"),
    "a store seeded with binary": (Code.UNREADABLE, "memory_stores/s.yaml", "seed: ../blob.bin\n"),
    "a store seeded with too much": (Code.LIMIT, "memory_stores/s.yaml", "seed: ../big.txt\n"),
    "a second file of one address": (Code.DUPLICATE_ADDRESS, "agents/ok.md", f"---\n{MODEL}---\nx\n"),
    "an include that is broken": (Code.SYNTAX, "agents/tools/t.yaml", "type: [\n"),
    "an include that is text": (Code.WRONG_TYPE, "agents/tools/t.yaml", "bash\n"),
    "an include of includes": (Code.WRONG_TYPE, "agents/tools/t.yaml", "- other.yaml\n"),
    "a project that is a list": (Code.PROJECT, "agentops.yaml", "- dev\n"),
    "a project that is empty": (Code.PROJECT, "agentops.yaml", ""),
    "a project that is broken": (Code.SYNTAX, "agentops.yaml", "stages: {dev: [}\n"),
    "a project with an unknown key": (Code.UNKNOWN_KEY, "agentops.yaml", "project: p\nstage: dev\n"),
    "a project with a bad name": (Code.PROJECT, "agentops.yaml", "project: My Project\n"),
    "a project with a number as name": (Code.WRONG_TYPE, "agentops.yaml", "project: 3\n"),
    "a stage with a bad name": (Code.PROJECT, "agentops.yaml", "project: p\nstages: {Dev: {}}\n"),
    "stages as a list": (Code.WRONG_TYPE, "agentops.yaml", "project: p\nstages: [dev]\n"),
    "no stages": (Code.PROJECT, "agentops.yaml", "project: p\nstages: {}\n"),
    "a default nobody declares": (Code.NO_STAGE, "agentops.yaml", "project: p\ndefault_stage: prd\nstages: {prod: {}}\n"),
    "an unknown registry": (Code.INVALID_VALUE, "agentops.yaml", "project: p\nstages: {dev: {registry: anthropc}}\n"),
    "a registry without a URL": (Code.MISSING_KEY, "agentops.yaml", "project: p\nstages: {dev: {registry: {workspace_id: w}}}\n"),
    "a remote stage without a project": (Code.PROJECT, "agentops.yaml", "stages: {dev: {registry: anthropic}}\n"),
    "a promotion from nowhere": (
        Code.NO_STAGE,
        "agentops.yaml",
        "project: p\nstages: {dev: {promote_from: staging}}\n",
    ),
    "a promotion in a circle": (
        Code.PROJECT,
        "agentops.yaml",
        "project: p\nstages: {a: {promote_from: b}, b: {promote_from: a}}\n",
    ),
    "an external of no kind": (Code.PROJECT, "agentops.yaml", "project: p\nexternal: {shared: {local: env_1}}\n"),
    "an external of no stage": (Code.NO_STAGE, "agentops.yaml", "project: p\nexternal: {environment/s: {prd: env_1}}\n"),
    "variables as a list": (Code.WRONG_TYPE, "agentops.yaml", "project: p\nvars: [x]\n"),
}  # fmt: skip

AROUND = {
    "agents/ok.yaml": MODEL,
    "agents/t.yaml": f"{MODEL}prompt: ../p.j2\n",
    "environments/ok.yaml": "config: {type: cloud}\n",
    "p.txt": "You are\n",
    "p.j2": "You are {{ stage }}\n",
    "blob.bin": b"\x89PNG\r\n\x1a\n\x00\xff",
    "big.txt": "x" * 102_401,
}


def snapshot(root: Path) -> dict[str, bytes | str]:
    return {
        path.relative_to(root).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def assert_placed(root: Path, item: Diagnostic) -> None:
    assert item.location is not None, item
    file = root / item.location.file
    assert file.is_file() or file.is_symlink(), item
    if file.is_file():
        lines = file.read_bytes().count(b"\n") + 1
        assert 1 <= item.location.line <= lines, item
    assert item.location.column >= 1, item
    assert item.summary, item
    assert "Traceback" not in item.summary, item


def assert_refused(tree: Tree, code: Code) -> Outcome:
    before = snapshot(tree.root)
    outcome = tree.load()
    assert code in outcome.codes, outcome.said
    for item in outcome.errors:
        assert_placed(tree.root, item)
    assert snapshot(tree.root) == before
    return outcome


@pytest.mark.parametrize("case", FILES)
def test_a_malformed_agent_is_an_error_with_a_place(tree: Tree, case: str) -> None:
    code, text = FILES[case]
    tree.write(AROUND | {AGENT: text})
    assert_refused(tree, code)


@pytest.mark.parametrize("case", RAW)
def test_a_malformed_file_is_an_error_with_a_place(tree: Tree, case: str) -> None:
    code, path, content = RAW[case]
    around = AROUND | ({"agents/t.yaml": f"{MODEL}tools: [tools/t.yaml]\n"} if "tools/" in path else {})
    tree.write(around | {path: content})
    assert_refused(tree, code)


def test_there_are_a_hundred_cases() -> None:
    assert len(FILES) + len(RAW) >= 100


@pytest.mark.parametrize(
    ("link", "target", "code"),
    [
        ("agents/a.yaml", "outside.yaml", Code.OUTSIDE_PROJECT),
        ("agents", "folder", Code.OUTSIDE_PROJECT),
        ("agents/a.yaml", "a.yaml", Code.OUTSIDE_PROJECT),
        ("agents/a.yaml", "missing.yaml", Code.OUTSIDE_PROJECT),
    ],
    ids=["a file outside", "a folder outside", "itself", "nothing"],
)
def test_a_link_out_of_the_project_is_refused(tree: Tree, link: str, target: str, code: Code) -> None:
    outside = tree.root.parent
    (outside / "folder").mkdir()
    (outside / "outside.yaml").write_text(MODEL)
    path = tree.root / link
    path.parent.mkdir(exist_ok=True)
    path.symlink_to(path if target == "a.yaml" else outside / target)
    assert_refused(tree, code)


@pytest.mark.parametrize(
    "text",
    [f"{MODEL}prompt: x.md\n", f"{MODEL}tools: [x.yaml]\n", f"{MODEL}memory: {{type: episodic, seed: x}}\n"],
)
def test_a_reference_through_a_link_out_of_the_project_is_refused(tree: Tree, text: str) -> None:
    secret = tree.root.parent / "secret"
    secret.write_text("type: custom\nname: secret\n")
    tree.write({"agents/x/agent.yaml": text})
    for name in ("x.md", "x.yaml", "x"):
        (tree.root / "agents/x" / name).symlink_to(secret)
    outcome = assert_refused(tree, Code.OUTSIDE_PROJECT)
    assert "secret" not in str([resource.body for resource in outcome.loaded.desired.resources.values()])


def test_a_pipe_is_not_waited_for(tree: Tree) -> None:
    tree.write({AGENT: f"{MODEL}prompt: pipe.md\n"})
    os.mkfifo(tree.root / "agents/pipe.md")
    outcome = tree.load()
    assert Code.UNREADABLE in outcome.codes or Code.BROKEN_REFERENCE in outcome.codes


def test_problems_of_all_files_come_together(tree: Tree) -> None:
    tree.write(
        {"agents/a.yaml": "model: [\n", "agents/b.yaml": "name: b\n", "environments/c.yaml": "nme: c\n"}
    )
    assert [item.location.file for item in tree.load().errors if item.location] == [
        "agents/a.yaml",
        "agents/b.yaml",
        "environments/c.yaml",
    ]


def test_a_written_key_is_refused_and_not_repeated(tree: Tree) -> None:
    tree.write(
        {
            "agentops.yaml": "project: p\nstages: {dev: {registry: {base_url: 'https://r.example', "
            "api_key: sk-ant-verysecret}}}\n"
        }
    )
    outcome = assert_refused(tree, Code.RESERVED)
    assert "verysecret" not in " ".join(outcome.said)
