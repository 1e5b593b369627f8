"""Files that real projects wrote for the official CLI load unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code, Severity
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stage

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
PROJECTS = sorted(path for path in CORPUS.iterdir() if path.is_dir()) if CORPUS.is_dir() else []

pytestmark = pytest.mark.skipif(not PROJECTS, reason="the corpus is not beside this checkout")


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_every_file_loads_and_what_comes_later_says_so(project: Path) -> None:
    declared, found = load_project(project)
    loaded = load_stage(project, declared, declared.stages["local"], CATALOG)
    assert found == ()
    for item in loaded.diagnostics:
        assert item.location is not None
        if item.severity is Severity.ERROR:
            assert item.code is Code.LATER_FIELD or _is_the_fixture(item.address), item
            assert "next release" in item.summary or _is_the_fixture(item.address)
        else:
            assert item.code is Code.LATER_KIND, item
            assert "not supported yet" in item.summary
    assert loaded.desired.resources


def _is_the_fixture(address: str | None) -> bool:
    """A parser fixture whose agent the API itself would refuse: it declares a server that no tool uses."""
    return address == "agent/ops"


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_every_agent_environment_and_store_is_found(project: Path) -> None:
    declared, _ = load_project(project)
    loaded = load_stage(project, declared, declared.stages["local"], CATALOG)
    expected = {
        path.relative_to(project).as_posix()
        for directory in ("agents", "environments", "memory_stores")
        for path in project.glob(f"{directory}/*.*")
    } | {
        path.relative_to(project).as_posix()
        for stem in ("agent", "environment", "memory_store")
        for path in project.glob(f"agents/*/{stem}.*")
    }
    assert {resource.path for resource in loaded.desired.resources.values()} == expected


@pytest.mark.parametrize(
    ("project", "address", "expected"),
    [
        ("anthropics__docs-apply-page", "agent/lead", "`multiagent` is not supported yet"),
        ("anthropics__docs-apply-page", "agent/reviewer", "is a skill of your own"),
        ("anthropics__claude-api-skill-example", "agent/daily-brief", "is a skill of your own"),
    ],
)
def test_a_later_field_is_the_only_thing_said_of_its_agent(project: str, address: str, expected: str) -> None:
    root = CORPUS / project
    declared, _ = load_project(root)
    loaded = load_stage(root, declared, declared.stages["local"], CATALOG)
    (only,) = [item for item in loaded.diagnostics if item.address == address]
    assert expected in only.summary


def test_names_are_those_the_official_cli_gives() -> None:
    root = CORPUS / "mikerb95__dev-portfolio"
    declared, _ = load_project(root)
    resources = load_stage(root, declared, declared.stages["local"], CATALOG).desired.resources
    assert {str(address): resource.body["name"] for address, resource in resources.items()} == {
        "agent/vigia": "Vigía del repo",
        "environment/vigia": "vigia-repo-env",
        "memory_store/vigia": "vigia-memoria",
    }
