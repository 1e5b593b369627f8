"""Files that real projects wrote for the official CLI load unchanged; what they lack is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Code
from agentops.domain.resource import refs_in
from agentops.kinds import CATALOG
from agentops.spec import Loaded, load_project, load_stage

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
PROJECTS = sorted(path for path in CORPUS.iterdir() if path.is_dir()) if CORPUS.is_dir() else []

pytestmark = pytest.mark.skipif(not PROJECTS, reason="the corpus is not beside this checkout")

MISSING = {
    "anthropics__claude-api-skill-example": {
        "agents/daily-brief/agent.md:20:5": "./skills/brief-format",
        "agents/daily-brief/deployment-daily.yaml:6:5": "./memory_store-notes.yaml",
    },
    "duyet__aidr": {"agents/aidr-daily-video/deployment-daily.yaml:3:8": "./agent.md"},
    "eratner15__nostalogic": {
        "deployments/revival-watch-weekly.md:3:8": "../agents/revival-watch.md",
        "deployments/revival-watch-weekly.md:10:11": "../memory_stores/nostal-state.yaml",
    },
}
"""What a project refers to and did not publish: place -> as it is written there."""

REFUSED = {
    "anthropics__anthropic-cli-fixtures": {
        "agents/mcp/docs.yml:1:7": (Code.UNUSED, "no tool uses the MCP server 'docs'"),
        "deployments/d.yml:1:1": (Code.MISSING_KEY, "'initial_events' is missing"),
    }
}
"""What the API itself would refuse: these are fixtures of a parser, and were never sent."""

FILLED = {
    "anthropics__claude-api-skill-example": {
        "agents/daily-brief/skills/brief-format/SKILL.md": "---\nname: brief-format\ndescription: d\n---\n",
        "agents/daily-brief/memory_store-notes.yaml": "description: Notes.\n",
    },
    "duyet__aidr": {"agents/aidr-daily-video/agent.md": "---\nmodel: claude-opus-5-5\n---\nMake it.\n"},
    "eratner15__nostalogic": {
        "agents/revival-watch.md": "---\nmodel: claude-opus-5-5\n---\nWatch.\n",
        "memory_stores/nostal-state.yaml": "description: State.\n",
    },
}
"""The least that would have to be there."""


def loaded(project: Path) -> Loaded:
    declared, found = load_project(project)
    assert found == ()
    return load_stage(project, declared, declared.stages["local"], CATALOG)


def declaring(project: Path) -> set[str]:
    """Every file or directory of a project that lies where resources do, by the layout alone."""
    roots = [kind for kind in CATALOG if kind.parent is None and kind.bundle is None]
    flat = {path for kind in roots for path in project.glob(f"{kind.directory}/*.*")}
    nested = {
        path
        for kind in roots
        for pattern in (f"{kind.name}.*", f"{kind.name}-*.*")
        for path in project.glob(f"agents/*/{pattern}")
    }
    skills = {path.parent for path in project.glob("**/SKILL.md")}
    return {path.relative_to(project).as_posix() for path in flat | nested | skills}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_a_project_resolves_whole_or_names_exactly_what_it_lacks(project: Path) -> None:
    missing = MISSING.get(project.name, {})
    refused = REFUSED.get(project.name, {})
    said = {str(item.location): item for item in loaded(project).diagnostics}
    assert said.keys() == missing.keys() | refused.keys()
    assert len(loaded(project).diagnostics) == len(said)
    for place, written in missing.items():
        assert said[place].code is Code.BROKEN_REFERENCE
        assert f"'{written}'" in said[place].summary
        line = (project / place.partition(":")[0]).read_text(encoding="utf-8").splitlines()
        assert written in line[int(place.split(":")[1]) - 1]
    for place, (code, summary) in refused.items():
        assert said[place].code is code
        assert summary in said[place].summary


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_every_resource_is_found(project: Path) -> None:
    found = {resource.path for resource in loaded(project).desired.resources.values()}
    assert found == declaring(project)
    assert found


@pytest.mark.parametrize("project", FILLED)
def test_with_what_it_lacks_a_project_resolves_whole(tmp_path: Path, project: str) -> None:
    root = tmp_path / project
    shutil.copytree(CORPUS / project, root)
    for path, text in FILLED[project].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    outcome = loaded(root)
    assert outcome.diagnostics == ()
    resources = outcome.desired.resources
    named = {ref.address for resource in resources.values() for ref in refs_in(resource.body)}
    assert named
    assert named <= resources.keys()


def test_names_are_those_the_official_cli_gives() -> None:
    resources = loaded(CORPUS / "mikerb95__dev-portfolio").desired.resources
    assert {str(address): resource.body["name"] for address, resource in resources.items()} == {
        "agent/vigia": "Vigía del repo",
        "environment/vigia": "vigia-repo-env",
        "memory_store/vigia": "vigia-memoria",
    }
    deployments = loaded(CORPUS / "duyet__aidr").desired.resources
    names = {str(address): resource.body.get("name") for address, resource in deployments.items()}
    assert names["deployment/aidr-daily-video-daily"] == "daily"
    assert deployments["vault/aidr-daily-video"].body == {"display_name": "aidr-daily-video"}


def test_the_documentation_s_own_project_is_what_its_page_says() -> None:
    resources = loaded(CORPUS / "anthropics__docs-apply-page").desired.resources

    def ref(address: str, attribute: str = "id") -> dict[str, object]:
        return {"$ref": {"address": address, "attribute": attribute}}

    pinned = {"type": "agent", "id": ref("agent/reviewer"), "version": ref("agent/reviewer", "version")}
    nightly = resources["deployment/nightly"].body
    assert nightly["agent"] == pinned
    assert nightly["environment_id"] == ref("environment/cloud")
    assert nightly["resources"] == [
        {"type": "memory_store", "memory_store_id": ref("memory_store/review-notes"), "access": "read_write"}
    ]
    assert nightly["initial_events"][0]["content"][0]["text"] == (
        "Review any open pull requests. Start with the oldest."
    )
    assert resources["agent/lead"].body["multiagent"]["agents"] == [pinned]
    assert resources["agent/reviewer"].body["skills"] == [
        {
            "type": "custom",
            "skill_id": ref("skill/pr-summary"),
            "version": ref("skill/pr-summary", "version"),
        }
    ]
