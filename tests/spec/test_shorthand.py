"""Tool shorthands and what they become."""

# ruff: noqa: E501 - one case a line reads best

from __future__ import annotations

from typing import Any

import pytest

from agentops.domain.diagnostics import Code

CODE = ["bash", "read", "write", "edit", "glob", "grep"]
TOOL = "type: custom\nname: t\ndescription: d\ninput_schema: {type: object}\n"


def tools_of(outcome, address: str = "agent/a") -> list[dict[str, Any]]:
    assert outcome.errors == [], outcome.said
    return outcome[address].body["tools"]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("[bash]", ["bash"]),
        ("[web_search, bash]", ["bash", "web_search"]),
        ("[code_execution]", CODE),
        ("[computer]", CODE),
        ("[{type: computer}]", CODE),
        ("[{type: web_search}]", ["web_search"]),
        ("[{bash: }]", ["bash"]),
        ("[{bash: {}}]", ["bash"]),
        ("[document_analysis]", ["read"]),
        ("[document_analysis, code_execution]", CODE),
        ("[code_execution, bash]", CODE),
    ],
)
def test_names_enable_only_what_is_listed(agent, written: str, names: list[str]) -> None:
    (toolset,) = tools_of(agent(f"tools: {written}\n"))
    assert toolset == {
        "type": "agent_toolset_20260401",
        "default_config": {"enabled": False},
        "configs": [{"name": name, "enabled": True} for name in names],
    }


def test_all_names_of_an_agent_become_one_toolset_where_the_first_stands(agent) -> None:
    outcome = agent(
        "tools: [tools/t.yaml, bash, {mcp: l, url: 'https://l.example/mcp'}, read]\n",
        **{"agents/tools/t.yaml": TOOL},
    )
    assert [tool["type"] for tool in tools_of(outcome)] == ["custom", "agent_toolset_20260401", "mcp_toolset"]


@pytest.mark.parametrize(
    "written",
    [
        "{web_fetch: {allowed_domains: [docs.python.org], permission: always_ask}}",
        "{type: web_fetch, allowed_domains: [docs.python.org], permission: always_ask}",
        "{web_fetch: {allowed_domains: [docs.python.org], permission_policy: {type: always_ask}}}",
    ],
)
def test_settings_of_a_tool(agent, written: str) -> None:
    (toolset,) = tools_of(agent(f"tools: [{written}]\n"))
    assert toolset["configs"] == [
        {
            "name": "web_fetch",
            "enabled": True,
            "allowed_domains": ["docs.python.org"],
            "permission_policy": {"type": "always_ask"},
        }
    ]


def test_a_permission_of_a_group_is_that_of_its_tools_and_a_tool_may_differ(agent) -> None:
    text = "tools: [{code_execution: {permission: always_ask}}, {read: {permission: always_allow}}]\n"
    (toolset,) = tools_of(agent(text))
    permissions = {entry["name"]: entry["permission_policy"]["type"] for entry in toolset["configs"]}
    assert permissions == {**dict.fromkeys(CODE, "always_ask"), "read": "always_allow"}


def test_document_analysis_brings_the_skills_for_documents(agent) -> None:
    outcome = agent("tools: [document_analysis]\nskills: [{type: anthropic, skill_id: pdf, version: '1'}]\n")
    assert tools_of(outcome)
    assert outcome["agent/a"].body["skills"] == [
        {"type": "anthropic", "skill_id": "pdf", "version": "1"},
        *({"type": "anthropic", "skill_id": name} for name in ("docx", "xlsx", "pptx")),
    ]


def test_the_literal_shape_of_other_tutorials_is_accepted(agent) -> None:
    text = (
        f"tools:\n  - type: web_search\n  - type: computer\n  - {{{TOOL.strip().replace(chr(10), ', ')}}}\n"
    )
    toolset, custom = tools_of(agent(f"{text}memory: {{type: episodic, retention_days: 365}}\n"))
    assert [entry["name"] for entry in toolset["configs"]] == [*CODE, "web_search"]
    assert custom["name"] == "t"


API = """\
tools:
  - type: agent_toolset_20260401
    configs: [{name: web_search, enabled: false}]
  - type: mcp_toolset
    mcp_server_name: linear
    default_config: {enabled: false}
    configs: [{name: list_issues, enabled: true, permission_policy: {type: always_allow}}]
mcp_servers: [{type: url, name: linear, url: 'https://mcp.linear.app/mcp'}]
"""


def test_what_has_the_shape_of_the_api_passes_as_written(agent) -> None:
    outcome = agent(API)
    toolset, mcp = tools_of(outcome)
    assert toolset == {
        "type": "agent_toolset_20260401",
        "configs": [{"name": "web_search", "enabled": False}],
    }
    assert mcp["configs"][0]["permission_policy"] == {"type": "always_allow"}


@pytest.mark.parametrize(
    ("entry", "toolset"),
    [
        ("{mcp: l, url: U}", {}),
        (
            "{mcp: l, url: U, permission: always_allow}",
            {"default_config": {"permission_policy": {"type": "always_allow"}}},
        ),
        (
            "{mcp: l, url: U, allow: [a, {b: always_ask}]}",
            {
                "default_config": {"enabled": False},
                "configs": [
                    {"name": "a", "enabled": True},
                    {"name": "b", "enabled": True, "permission_policy": {"type": "always_ask"}},
                ],
            },
        ),
        (
            "{mcp: l, url: U, allow: [a], permission: always_allow}",
            {
                "default_config": {"enabled": False},
                "configs": [{"name": "a", "enabled": True, "permission_policy": {"type": "always_allow"}}],
            },
        ),
    ],
)
def test_mcp_declares_the_server_and_its_toolset(agent, entry: str, toolset: dict[str, Any]) -> None:
    outcome = agent(f"tools: [{entry.replace('U', 'https://l.example/mcp')}]\n")
    assert tools_of(outcome) == [{"type": "mcp_toolset", "mcp_server_name": "l", **toolset}]
    assert outcome["agent/a"].body["mcp_servers"] == [
        {"type": "url", "name": "l", "url": "https://l.example/mcp"}
    ]


def test_mcp_takes_a_server_that_is_declared(agent) -> None:
    outcome = agent(
        "mcp_servers: [{type: url, name: l, url: 'https://l.example'}]\ntools: [{mcp: l, allow: [a]}]\n"
    )
    assert len(tools_of(outcome)) == 1
    assert len(outcome["agent/a"].body["mcp_servers"]) == 1


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ("[{mcp: l, url: 'https://l.example'}, {mcp: l}]", "tools of 'l' are listed twice"),
        ("[{mcp: l, url: 'https://l.example', allow: [a, a]}]", "'a' is listed twice"),
        (
            "[{bash: {permission: auto, permission_policy: {type: auto}}}]",
            "both permission and permission_policy",
        ),
        ("[document_analysis, document_analysis]", "listed twice"),
        ("[{bash: {}}, {type: bash}]", "'bash' is listed twice"),
    ],
)
def test_what_is_said_twice_is_refused(agent, entries: str, message: str) -> None:
    outcome = agent(f"tools: {entries}\n")
    assert Code.CONFLICTING_FIELDS in outcome.codes
    assert any(message in line for line in outcome.said)


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("web_serch", "did you mean 'web_search'?"),
        ("code_exection", "did you mean 'code_execution'?"),
        ("Bash", "did you mean 'bash'?"),
        ("zzz", "known here: agent_toolset_20260401, bash"),
    ],
)
def test_a_misspelt_tool_is_told_its_name(agent, name: str, detail: str) -> None:
    for written in (name, f"{{{name}: {{}}}}", f"{{type: {name}}}"):
        only = agent(f"tools:\n  - {written}\n").only()
        assert only.code is Code.UNKNOWN_TOOL
        assert only.detail.startswith(detail)
        assert only.location is not None
        assert only.location.line == 3


@pytest.mark.parametrize(
    ("reference", "files", "names"),
    [
        ("tools/t.yaml", {"agents/tools/t.yaml": TOOL}, ["t"]),
        ("./tools/t.yaml", {"agents/tools/t.yaml": TOOL}, ["t"]),
        ("../shared/t.yml", {"shared/t.yml": TOOL}, ["t"]),
        ("tools/*", {"agents/tools/b.yaml": TOOL.replace("t\n", "b\n", 1), "agents/tools/a.yaml": TOOL, "agents/tools/x.txt": "x"}, ["t", "b"]),
        ("t.json", {"agents/t.json": '[{"type": "custom", "name": "x", "description": "d", "input_schema": {"type": "object"}}, {"type": "custom", "name": "y", "description": "d", "input_schema": {"type": "object"}}]'}, ["x", "y"]),
    ],
)  # fmt: skip
def test_includes_are_spliced_in_order(
    agent, reference: str, files: dict[str, str], names: list[str]
) -> None:
    outcome = agent(f"tools: ['{reference}']\n", **files)
    assert [tool["name"] for tool in tools_of(outcome)] == names
    assert outcome.addresses == ["agent/a"]


def test_an_error_in_an_included_tool_is_placed_in_its_file(agent) -> None:
    only = agent("tools: [tools/t.yaml]\n", **{"agents/tools/t.yaml": f"{TOOL}inputschema: x\n"}).only()
    assert only.code is Code.UNKNOWN_KEY
    assert str(only.location) == "agents/tools/t.yaml:5:1"


def test_a_mistyped_include_is_told_the_nearest_file(agent) -> None:
    only = agent("tools: [tools/lokup.yaml]\n", **{"agents/tools/lookup.yaml": TOOL}).errors[0]
    assert only.code is Code.BROKEN_REFERENCE
    assert only.detail == "did you mean 'lookup.yaml'?"


def test_servers_are_included_too(agent) -> None:
    text = "mcp_servers: ['mcp/*.yml']\ntools: [{mcp: docs}]\n"
    outcome = agent(text, **{"agents/mcp/docs.yml": "name: docs\ntype: url\nurl: https://docs.example/mcp\n"})
    assert outcome.errors == []
    assert outcome["agent/a"].body["mcp_servers"][0]["name"] == "docs"


ASK = {"type": "always_ask"}


@pytest.mark.parametrize(
    ("tools", "expected"),
    [
        ("[document_analysis, {code_execution: {permission: always_ask}}]", ASK),
        ("[{code_execution: {permission: always_ask}}, document_analysis]", ASK),
        ("[{document_analysis: {permission: always_ask}}, {computer: {permission: always_ask}}]", ASK),
        ("[{document_analysis: {permission: auto}}, code_execution]", {"type": "auto"}),
        ("[{code_execution: {permission: always_ask}}, {read: {permission: auto}}]", {"type": "auto"}),
        (
            "[{computer: {permission: always_ask}}, {document_analysis: {permission: auto}}, {read: {permission: always_allow}}]",
            {"type": "always_allow"},
        ),
    ],
)
def test_the_permission_of_a_group_holds_in_any_order(agent, tools: str, expected: dict[str, str]) -> None:
    outcome = agent(f"tools: {tools}\n")
    assert outcome.errors == [], outcome.said
    (toolset,) = outcome["agent/a"].body["tools"]
    (read,) = [config for config in toolset["configs"] if config["name"] == "read"]
    assert read["permission_policy"] == expected


@pytest.mark.parametrize("turned", [False, True])
def test_two_groups_that_give_different_permissions_are_a_conflict(agent, turned: bool) -> None:
    groups = ["{document_analysis: {permission: auto}}", "{code_execution: {permission: always_ask}}"]
    only = agent(f"tools: [{', '.join(reversed(groups) if turned else groups)}]\n").only()
    assert only.code is Code.CONFLICTING_FIELDS
    assert all(word in only.summary for word in ("'document_analysis'", "'code_execution'", "'read'"))


@pytest.mark.parametrize("word", ["path", "file", "include"])
def test_an_include_that_is_a_mapping_is_told_to_be_a_path(agent, word: str) -> None:
    only = agent(f"tools: [{{{word}: tools/x.yaml}}]\n").only()
    assert only.detail == "write `- tools/x.yaml`"
