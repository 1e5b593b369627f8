"""Whether tomorrow's session runs what was reviewed today."""

from __future__ import annotations

import pytest

from agentops.domain.diagnostics import Severity
from agentops.domain.surface import Surface, Use
from agentops.policy.pinning import AGENT, PACKAGE, RULES, SKILL
from tests.policy.rules.checking import AGENT as HEAD
from tests.policy.rules.checking import SANDBOX, deployment, fleet, found, places, project, severity

SKILL_FILE = "---\nname: forms\ndescription: Fills forms.\n---\nHow to.\n"


@pytest.mark.parametrize(
    ("skill", "floats"),
    [
        ("{type: anthropic, skill_id: xlsx}", True),
        ("{type: anthropic, skill_id: xlsx, version: latest}", True),
        ('{type: anthropic, skill_id: xlsx, version: "20251013"}', False),
        ("{type: custom, skill_id: skill_01}", True),
        ("{type: custom, skill_id: skill_01, version: skver_01}", False),
        ("../skills/forms", False),
        ("{type: custom, skill_id: ../skills/forms}", False),
        ("{type: custom, skill_id: ../skills/forms, version: latest}", True),
    ],
)
def test_a_skill_floats_unless_it_has_a_version_or_is_ours(tmp_path, skill: str, floats: bool) -> None:
    files = {
        "agents/a.yaml": f"{HEAD}tools: [read]\nskills: [{skill}]\n",
        "skills/forms/SKILL.md": SKILL_FILE,
    }
    assert places(SKILL, project(tmp_path, files)) == ([("agent/a", ("skills", 0))] if floats else [])


def test_what_the_registry_has_is_taken_as_it_is() -> None:
    skills = {"a": Use("skill/a", "skver_1"), "b": Use("skill/b", "latest", ("skills", 1))}
    assert places(SKILL, fleet({"agent/a": Surface(skills=skills)})) == [("agent/a", ("skills", 1))]


@pytest.mark.parametrize(
    ("entry", "floats"),
    [
        ("agent_011CZkYpogX7uDKUyvBTophP", True),
        ("{type: agent, id: agent_011CZkYpogX7uDKUyvBTophP}", True),
        ("{type: agent, id: agent_011CZkYpogX7uDKUyvBTophP, version: 3}", False),
        ("./helper.yaml", False),
        ("{type: self}", False),
        ("{type: advisor, model: claude-opus-5-5}", False),
    ],
)
def test_an_agent_of_a_roster_floats_unless_it_has_a_version_or_is_ours(
    tmp_path, entry: str, floats: bool
) -> None:
    roster = f"multiagent: {{type: coordinator, agents: [{entry}]}}\n"
    files = {"agents/a.yaml": HEAD + roster, "agents/helper.yaml": HEAD}
    expected = [("agent/a", ("multiagent", "agents", 0))] if floats else []
    assert places(AGENT, project(tmp_path, files)) == expected


def test_agents_that_are_made_up_in_a_session_have_no_version() -> None:
    roster = {"subagents: agents it makes up": Use("agents it makes up", ours=False)}
    assert found(AGENT, fleet({"agent/a": Surface(roster=roster)})) == []


@pytest.mark.parametrize(
    ("agent", "floats"),
    [
        ("agent_011CZkYpogX7uDKUyvBTophP", True),
        ("{type: agent, id: agent_011CZkYpogX7uDKUyvBTophP, version: 2}", False),
    ],
)
def test_the_agent_of_a_deployment_is_pinned_too(tmp_path, agent: str, floats: bool) -> None:
    files = {
        "deployments/d.yaml": deployment(agent=agent),
        "environments/box.yaml": SANDBOX,
        "agents/a.yaml": HEAD,
    }
    files["deployments/d.yaml"] = files["deployments/d.yaml"].replace(f"../agents/{agent}.yaml", agent)
    assert places(AGENT, project(tmp_path, files)) == ([("deployment/d", ("agent",))] if floats else [])


def packages(**managers) -> list[tuple[str, tuple[str | int, ...]]]:
    body = {"config": {"type": "cloud", "packages": managers}}
    return places(PACKAGE, fleet({"environment/e": Surface()}, environment_e=body))


@pytest.mark.parametrize(
    "item", ["pandas", "pandas>=3", "pandas~=3.0", "pandas==3.*", "pandas[excel]", "pandas<4", "pandas !=3"]
)
def test_a_package_without_one_version_is_found(item: str) -> None:
    assert packages(pip=["numpy==2.3.0", item]) == [("environment/e", ("config", "packages", "pip", 1))]


@pytest.mark.parametrize(
    "item",
    [
        "pandas==3.0.1",
        "pandas[excel]==3.0.1",
        "pandas == 3.0.1",
        "pandas===3.0.1",
        'pandas==3.0.1; python_version > "3"',
        "x @ https://example.com/x-1.0.whl",
    ],
)
def test_a_pinned_package_is_not(item: str) -> None:
    assert packages(pip=[item]) == []


def test_an_address_is_not_judged_and_never_repeated() -> None:
    assert (
        packages(pip=["git+https://user:hunter2@git.internal/x", "https://host/x.whl"], npm=["git+ssh://x"])
        == []
    )


def test_npm_pins_after_the_last_at() -> None:
    assert packages(npm=["prettier@3.6.2", "@scope/x@1.0.0", "x@github:o/r#v1"]) == []
    for loose in ("prettier", "@scope/x", "prettier@latest", "prettier@^3"):
        assert packages(npm=[loose]), loose


def test_managers_whose_mirrors_drop_versions_are_left_alone() -> None:
    assert packages(apt=["ripgrep"], cargo=["fd-find"]) == []
    assert (
        found(PACKAGE, fleet({"environment/e": Surface()}, environment_e={"config": {"packages": None}}))
        == []
    )


def test_what_is_a_note_elsewhere_is_a_warning_in_a_protected_stage() -> None:
    assert {severity(rule) for rule in RULES} == {Severity.NOTE}
    assert {severity(rule, protected=True) for rule in RULES} == {Severity.WARNING}
