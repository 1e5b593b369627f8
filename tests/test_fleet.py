"""The fleet in ``agents/`` is what the README shows and people copy: it must be right in every stage."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentops.cli.app import run
from agentops.domain.address import Address
from agentops.domain.resource import Ref, Resource, as_ref
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stage

ROOT = Path(__file__).parents[1]
STAGES = ("dev", "staging", "prod")

FILE_TOOLS = {"read", "write", "edit", "glob", "grep"}
TOOLS = {
    "agent/vibe-coding-tutor": {*FILE_TOOLS, "bash", "web_search", "get_student_progress"},
    "agent/code-reviewer": {
        *{"read", "glob", "grep", "web_fetch"},
        *{"github:get_file_contents", "github:search_code", "github:list_commits"},
        *{"read_pr", "post_comment", "approve_pr"},
    },
    "agent/support-agent": {*FILE_TOOLS, "lookup_order", "create_refund", "send_email"},
    "agent/research-pipeline": FILE_TOOLS,
    "agent/research-pipeline-web-researcher": {*FILE_TOOLS, "web_search", "web_fetch"} - {"grep"},
    "agent/research-pipeline-data-researcher": {*FILE_TOOLS, "bash"},
    "agent/research-pipeline-editor": {"read", "write", "glob"},
}
KEYWORDS = frozenset(Draft202012Validator.VALIDATORS) | {"title", "description", "default", "examples"}
INBOXES = {
    "dev": "support+dev@example.com",
    "staging": "support+staging@example.com",
    "prod": "support@example.com",
}


def resources_of(stage: str, root: Path = ROOT) -> dict[Address, Resource]:
    """What the files ask for, after a check that nothing at all is said about them."""
    project, said = load_project(root)
    loaded = load_stage(root, project, project.stages[stage], CATALOG)
    assert [*said, *loaded.diagnostics] == []
    return dict(loaded.desired.resources)


def enabled_tools(agent: dict[str, Any]) -> set[str]:
    """Every tool an agent may call: built-in and custom ones by name, those of MCP servers as server:name."""
    return {name for tool in agent["tools"] for name in _names(tool)}


def _names(tool: dict[str, Any]) -> Iterator[str]:
    if tool["type"] == "custom":
        yield tool["name"]
        return
    assert tool["default_config"]["enabled"] is False, "what is not listed must be off"
    prefix = f"{tool['mcp_server_name']}:" if tool["type"] == "mcp_toolset" else ""
    yield from (prefix + entry["name"] for entry in tool["configs"] if entry["enabled"])


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A copy that may be applied: the files of the repository, without its lock and registry."""
    for name in ("agents", "environments", "skills"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "agentops.yaml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_said_about_the_fleet(stage: str) -> None:
    resources = resources_of(stage)

    assert {address for address in resources if address.kind == "agent"} == TOOLS.keys()


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("agent", TOOLS)
def test_an_agent_has_exactly_the_tools_it_lists(agent: str, stage: str) -> None:
    assert enabled_tools(resources_of(stage)[Address(agent)].body) == TOOLS[agent]


@pytest.mark.parametrize("agent", TOOLS)
def test_what_a_custom_tool_takes_is_said_in_the_words_of_json_schema(agent: str) -> None:
    """A comma in a text between braces ends it, and what follows is a key that nobody meant."""
    tools = resources_of("prod")[Address(agent)].body["tools"]
    for schema in (tool["input_schema"] for tool in tools if tool["type"] == "custom"):
        assert not unknown_words(schema)


def unknown_words(schema: dict[str, Any]) -> set[str]:
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return (schema.keys() - KEYWORDS).union(*map(unknown_words, inner))


def test_prod_gets_what_has_soaked_in_staging() -> None:
    prod = load_project(ROOT)[0].stages["prod"]

    assert prod.promote_from == "staging"
    assert [str(gate) for gate in prod.require] == ["clean_git", "soaked: 2h"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_inbox_is_the_stages_own(stage: str) -> None:
    agent = resources_of(stage)[Address("agent/support-agent")].body
    others = {inbox for name, inbox in INBOXES.items() if name != stage}

    assert agent["metadata"]["inbox"] == INBOXES[stage]
    assert INBOXES[stage] in agent["system"]
    assert not any(inbox in agent["system"] for inbox in others)


def test_only_prod_thinks_harder_about_refunds() -> None:
    efforts = {stage: resources_of(stage)[Address("agent/support-agent")].body["model"] for stage in STAGES}

    assert {model["id"] for model in efforts.values()} == {"claude-sonnet-5-5"}
    assert [efforts[stage]["effort"] for stage in STAGES] == ["medium", "medium", "high"]


@pytest.mark.parametrize("agent", TOOLS)
def test_a_prompt_says_where_its_memories_are_mounted(agent: str) -> None:
    """The mount is made from the store's name, so renaming an agent or a memory must show up here."""
    resources = resources_of("prod")
    for attachment in resources[Address(agent)].attachments:
        mount = f"/mnt/memory/{resources[attachment.memory_store].body['name']}/"
        assert mount in resources[Address(agent)].body["system"]


@pytest.mark.parametrize(
    ("store", "metadata"),
    [
        ("vibe-coding-tutor-student-progress", {"memory_type": "episodic", "retention_days": "365"}),
        ("code-reviewer-codebase-patterns", {"memory_type": "semantic"}),
        ("support-agent-cases", {"memory_type": "episodic", "retention_days": "180"}),
        ("research-pipeline-checkpoints", {"memory_type": "episodic", "retention_days": "90"}),
        ("research-pipeline-sources", {"memory_type": "semantic"}),
    ],
)
def test_memories_become_stores(store: str, metadata: dict[str, str]) -> None:
    assert resources_of("dev")[Address(f"memory_store/{store}")].body["metadata"] == metadata


def test_patterns_are_kept_by_git_and_notes_by_their_agents() -> None:
    resources = resources_of("dev")
    kept_by_agents = {
        address.name.partition("/")[0]: resource.lifecycle.create_only
        for address, resource in resources.items()
        if address.kind == "memory"
    }

    assert kept_by_agents == {
        "code-reviewer-codebase-patterns": False,
        "support-agent-cases": True,
        "vibe-coding-tutor-student-progress": True,
    }


def test_the_coordinator_pins_its_three_agents_and_shares_a_skill_with_the_researchers() -> None:
    resources = resources_of("dev")
    team = [f"agent/research-pipeline-{name}" for name in ("data-researcher", "editor", "web-researcher")]
    roster = resources[Address("agent/research-pipeline")].body["multiagent"]["agents"]
    skills = {
        address: [
            skill for skill in resources[Address(address)].body.get("skills", []) if as_ref(skill["skill_id"])
        ]
        for address in ("agent/research-pipeline", *team)
    }

    assert [as_ref(entry["id"]) for entry in roster] == [Ref(Address(agent)) for agent in team]
    assert [as_ref(entry["version"]) for entry in roster] == [
        Ref(Address(agent), "version") for agent in team
    ]
    pinned = {
        "type": "custom",
        "skill_id": Ref(Address("skill/evidence")).as_json(),
        "version": Ref(Address("skill/evidence"), "version").as_json(),
    }
    assert skills == {
        "agent/research-pipeline": [pinned],
        "agent/research-pipeline-data-researcher": [pinned],
        "agent/research-pipeline-editor": [],
        "agent/research-pipeline-web-researcher": [pinned],
    }


@pytest.mark.parametrize("stage", STAGES)
def test_the_nightly_deployment_is_paused_in_every_stage_and_mounts_its_agents_memories(stage: str) -> None:
    nightly = resources_of(stage)[Address("deployment/research-pipeline-nightly")].body

    assert nightly["paused"] is True
    assert nightly["budget"]["max_list_cost"] == {"amount": "1500", "currency": "USD"}
    assert [as_ref(item["memory_store_id"]) for item in nightly["resources"]] == [
        Ref(Address("memory_store/research-pipeline-checkpoints")),
        Ref(Address("memory_store/research-pipeline-sources")),
    ]


def test_nothing_leaves_the_sandbox_of_a_research_run() -> None:
    sandbox = resources_of("prod")[Address("environment/research-pipeline")].body["config"]["networking"]

    assert sandbox == {"type": "limited", "allowed_hosts": [], "allow_package_managers": True}


def test_the_check_of_the_shared_skill_finds_what_it_says_it_finds(tmp_path: Path) -> None:
    script = ROOT / "skills" / "evidence" / "scripts" / "check.py"
    example = re.search(
        r"^    ## Eurostat.*?(?=^- )", (script.parents[1] / "SKILL.md").read_text(), re.M | re.S
    )
    assert example is not None
    whole = textwrap.dedent(example[0])
    (tmp_path / "whole.md").write_text(whole, encoding="utf-8")
    (tmp_path / "twice.md").write_text(whole + whole.replace("Eurostat", "A paper"), encoding="utf-8")
    (tmp_path / "short.md").write_text(whole.replace("period: 2025, EU-27\n", ""), encoding="utf-8")

    def check(name: str) -> tuple[int, str]:
        ended = subprocess.run([sys.executable, script, tmp_path / name], capture_output=True, text=True)
        return ended.returncode, ended.stdout.strip()

    assert check("whole.md") == (0, "complete")
    assert check("twice.md")[0] == check("short.md")[0] == 1
    assert "same source" in check("twice.md")[1]
    assert "no line 'period:'" in check("short.md")[1]


def test_the_nightly_deployment_is_created_paused_and_never_live_for_a_moment(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-C", str(fleet), "apply", "--yes", "-v"]) == 0
    calls = re.findall(r"^(GET|POST) /v1/deployments(\S*) 200", capsys.readouterr().err, re.MULTILINE)

    lists, created, paused, scheduled, read_back = [(verb, path.rpartition("/")[2]) for verb, path in calls]
    assert (lists, created, paused) == (("GET", ""), ("POST", ""), ("POST", "pause"))
    assert scheduled == ("POST", read_back[1])
    assert read_back[1].startswith("depl_")


def test_plan_apply_plan_ends_empty(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def agentops(*words: str) -> str:
        assert run(["-C", str(fleet), *words]) == 0
        return capsys.readouterr().out

    planned = json.loads(agentops("plan", "--format", "json"))
    agentops("apply", "--yes")
    again = json.loads(agentops("plan", "--detailed-exitcode", "--format", "json"))

    assert {change["address"] for change in planned["changes"]} == set(resources_of("dev"))
    assert {change["action"] for change in planned["changes"]} == {"create"}
    assert again["changes"] == again["drift"] == again["orphans"] == []
    assert [it for it in again["diagnostics"] if it["severity"] != "note"] == []
    assert again["unchanged"] == len(planned["changes"])


def test_the_files_themselves_are_never_written_to(fleet: Path) -> None:
    before = {path: path.read_bytes() for path in fleet.rglob("*") if path.is_file()}

    assert run(["-C", str(fleet), "apply", "--yes"]) == 0

    assert {path: path.read_bytes() for path in before} == before


def test_the_shape_of_the_launch_announcement_is_accepted(tmp_path: Path) -> None:
    """``{type: web_search}`` and ``{type: computer}`` are no types of the API; they mean our shorthands."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "helper.yaml").write_text(
        """\
name: helper
model: claude-opus-5-5
system: You help.
tools: [{type: web_search}, {type: computer}, {type: custom, name: ask, description: Ask a person.,
  input_schema: {type: object, properties: {question: {type: string}}, required: [question]}}]
memory: {type: episodic, retention_days: 365}
""",
        encoding="utf-8",
    )

    resources = resources_of("local", tmp_path)

    agent = resources[Address("agent/helper")]
    assert enabled_tools(agent.body) == {*FILE_TOOLS, "bash", "web_search", "ask"}
    assert [item.memory_store for item in agent.attachments] == ["memory_store/helper-episodic"]
    store = resources[Address("memory_store/helper-episodic")].body
    assert store["metadata"] == {"memory_type": "episodic", "retention_days": "365"}
    assert run(["-C", str(tmp_path), "apply", "--yes"]) == 0
    assert run(["-C", str(tmp_path), "plan", "--detailed-exitcode"]) == 0
