"""Drift, resolved by a diff: ``agentops pull`` writes their change into our file; then the plan is empty."""

from __future__ import annotations

import difflib
from typing import Any

import pytest

from tests.projects import AGENT, PROMPT, Project

BETA = {"anthropic-beta": "managed-agents-2026-04-01"}


@pytest.fixture
def applied(project: Project) -> Project:
    assert project.run("apply", "--yes").code == 0
    return project


def changed(project: Project, path: str, before: str) -> list[str]:
    """The lines that a file has otherwise now, as ``- old`` and ``+ new``."""
    now = (project.root / path).read_text(encoding="utf-8")
    diff = difflib.ndiff(before.splitlines(), now.splitlines())
    return [line for line in diff if line[0] in "-+"]


def nothing_left(project: Project, *options: str) -> None:
    planned = project.run("plan", *options, "--format", "json").json
    assert (planned["changes"], planned["drift"], planned["held"], planned["blocked"]) == ([], [], [], False)


def edit(project: Project, address: str, stage: str = "local", **members: Any) -> None:
    """Somebody's edit in the console."""
    from agentops.kinds import CATALOG

    kind = CATALOG[address.partition("/")[0]]
    id = project.lock(stage)["resources"][address]["id"]
    headers = {"anthropic-beta": kind.beta or ""}
    answer = project.console(lambda client: client.post(f"{kind.path}/{id}", json=members, headers=headers))
    assert answer.status_code == 200, answer.text


def test_a_prompt_goes_into_its_file(applied: Project):
    edit(applied, "agent/tutor", system=PROMPT.replace("Be kind.", "Be strict."))
    pulled = applied.run("pull", "agent/tutor")
    assert pulled.code == 0, pulled.err
    assert changed(applied, "agents/tutor/prompt.md", PROMPT) == ["- - Be kind.", "+ - Be strict."]
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == []
    assert "agents/tutor/prompt.md" in pulled.out
    nothing_left(applied)


def test_a_new_field_comes_below_its_siblings(applied: Project):
    edit(applied, "agent/tutor", description="edited: in the console")
    assert applied.run("pull").code == 0
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == ['+ description: "edited: in the console"']
    nothing_left(applied)


def test_a_dry_run_says_the_same_and_writes_nothing(applied: Project):
    edit(applied, "agent/tutor", description="edited")
    pulled = applied.run("pull", "--dry-run")
    assert "Would be pulled: 1 field in 1 file." in pulled.out
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == []


def test_what_is_held_can_be_pulled(applied: Project):
    edit(applied, "agent/tutor", description="edited")
    assert applied.run("apply", "--yes", "--on-drift", "keep").code == 0
    assert applied.run("pull", "agent/tutor").code == 0
    nothing_left(applied)
    assert applied.run("apply", "--yes").code == 0
    assert "held" not in applied.lock()["resources"]["agent/tutor"]


def test_no_drift_is_said_and_nothing_written(applied: Project):
    pulled = applied.run("pull")
    assert (pulled.code, "No drift." in pulled.out) == (0, True)


def toolset(*configs: dict[str, Any], enabled: bool = False) -> list[dict[str, Any]]:
    default = {"enabled": enabled, "permission_policy": {"type": "always_allow"}}
    return [{"type": "agent_toolset_20260401", "default_config": default, "configs": list(configs)}]


ASK = {"permission_policy": {"type": "always_ask"}}


@pytest.mark.parametrize(
    ("written", "configs", "now"),
    [
        (
            "tools:\n  - web_search  # needs it\n  - web_fetch\n",
            [{"name": "web_search", "enabled": True, **ASK}, {"name": "web_fetch", "enabled": True}],
            "tools:\n  - web_search: {permission: always_ask}  # needs it\n  - web_fetch\n",
        ),
        (
            "tools:\n  - web_search  # needs it\n  - web_fetch\n",
            [{"name": "web_search", "enabled": True}],
            "tools:\n  - web_search  # needs it\n",
        ),
        (
            "tools: [web_search]\n",
            [{"name": "web_search", "enabled": True}, {"name": "bash", "enabled": True, **ASK}],
            "tools: [web_search, {bash: {permission: always_ask}}]\n",
        ),
        (
            "tools:\n  - web_fetch: {allowed_domains: [docs.python.org], permission: always_ask}\n",
            [{"name": "web_fetch", "enabled": True, "allowed_domains": ["docs.python.org", "x.org"], **ASK}],
            "tools:\n  - web_fetch: {allowed_domains: [docs.python.org, x.org], permission: always_ask}\n",
        ),
        (
            "tools:\n  - code_execution\n",
            [
                {"name": name, "enabled": True, **(ASK if name == "bash" else {})}
                for name in ("bash", "read", "write", "edit", "glob", "grep")
            ],
            "tools:\n  - code_execution\n  - bash: {permission: always_ask}\n",
        ),
        (
            "tools:\n  - code_execution\n",
            [
                {"name": name, "enabled": True, **ASK}
                for name in ("bash", "read", "write", "edit", "glob", "grep")
            ],
            "tools:\n  - code_execution: {permission: always_ask}\n",
        ),
        (
            "tools:\n  - code_execution\n",
            [{"name": name, "enabled": True} for name in ("bash", "read", "glob", "grep")],
            "tools:\n  - bash\n  - read\n  - glob\n  - grep\n",
        ),
    ],
)
def test_tools_stay_shorthands(project: Project, written: str, configs: list[dict[str, Any]], now: str):
    agent = f"name: tutor\nmodel: claude-opus-5-5\n{written}# the end\n"
    project.write("agents/tutor/agent.yaml", agent)
    assert project.run("apply", "--yes").code == 0
    edit(project, "agent/tutor", tools=toolset(*configs))
    pulled = project.run("pull", "agent/tutor")
    assert pulled.code == 0, pulled.out + pulled.err
    text = (project.root / "agents/tutor/agent.yaml").read_text(encoding="utf-8")
    assert text == f"name: tutor\nmodel: claude-opus-5-5\n{now}# the end\n"
    nothing_left(project)


def test_what_a_shorthand_cannot_say_is_left_and_the_rest_done(applied: Project):
    edit(applied, "agent/tutor", tools=toolset(enabled=True), description="edited")
    pulled = applied.run("pull", "agent/tutor")
    assert pulled.code == 3
    assert changed(applied, "agents/tutor/agent.yaml", AGENT) == ["+ description: edited"]
    assert "AO033" in pulled.out
    assert "agents/tutor/agent.yaml:5:1" in pulled.out
    assert "agent_toolset_20260401" in pulled.out
