"""A lock of the official tool: what its keys are here, and the agentops.yaml that its origin makes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from agentops.domain.diagnostics import Code, Stop
from agentops.domain.peer import PeerLock, PeerOrigin
from agentops.domain.project import Project
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stage, places_of_keys, project_of

from .conftest import DEPLOYMENT, FLEET, Tree

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
WITH_LOCKS = sorted(CORPUS.glob("*/claude-lock.json")) if CORPUS.is_dir() else []
URL = "https://github.com/acme/skills/tree/main/forms"


def peer(**resources: str) -> PeerLock:
    """A lock with these keys, each of the kind that is given."""
    entries = {
        key: {"kind": kind, "id": f"{kind}_{index}"} for index, (key, kind) in enumerate(resources.items())
    }
    return PeerLock.model_validate({"version": 1, "resources": entries})


def places(root: Path, folder: str = "", **resources: str) -> dict[str, tuple[str, str, bool]]:
    project, _ = load_project(root)
    found = places_of_keys(root, folder, project, CATALOG, peer(**resources))
    assert found.keys() == resources.keys()
    return {key: (str(address), path, there) for key, (address, path, there) in found.items()}


# -- keys


@pytest.mark.parametrize(
    ("key", "kind", "address", "path"),
    [
        ("./agents/a.yaml", "agent", "agent/a", "agents/a.yaml"),
        ("agents/a.yaml", "agent", "agent/a", "agents/a.yaml"),
        ("./agents/named.yaml", "agent", "agent/other", "agents/named.yaml"),
        ("./agents/tutor/agent.md", "agent", "agent/tutor", "agents/tutor/agent.md"),
        (
            "./agents/tutor/environment.yaml",
            "environment",
            "environment/tutor",
            "agents/tutor/environment.yaml",
        ),
        ("./environments/cloud.yaml", "environment", "environment/cloud", "environments/cloud.yaml"),
        ("./memory_stores/notes.yaml", "memory_store", "memory_store/notes", "memory_stores/notes.yaml"),
        ("./vaults/keys.yaml", "vault", "vault/keys", "vaults/keys.yaml"),
        ("./deployments/d.yaml", "deployment", "deployment/d", "deployments/d.yaml"),
        ("./skills/pdf-forms", "skill", "skill/pdf-forms", "skills/pdf-forms"),
        ("./agents/tutor/skills/x", "skill", "skill/tutor-x", "agents/tutor/skills/x"),
        ("./bots/critic.md", "agent", "agent/critic", "bots/critic.md"),
    ],
)
def test_a_key_is_what_its_file_declares(tree: Tree, key: str, kind: str, address: str, path: str) -> None:
    model = "model: claude-opus-5-5\n"
    tree.write(FLEET | {"agents/named.yaml": f"{model}address: agent/other\n"})
    tree.write({"agents/tutor/agent.md": f"---\n{model}---\nx\n", "bots/critic.md": f"---\n{model}---\nx\n"})
    tree.write({"agents/tutor/environment.yaml": "config: {type: cloud}\n"})
    tree.write({"agents/tutor/skills/x/SKILL.md": "---\nname: x\ndescription: d\n---\n"})
    tree.write({"agents/b.yaml": f"{model}multiagent: {{type: coordinator, agents: [../bots/critic.md]}}\n"})
    assert places(tree.root, **{key: kind}) == {key: (address, path, True)}


@pytest.mark.parametrize(
    ("key", "kind", "address"),
    [
        ("./agents/gone.yaml", "agent", "agent/gone"),
        ("./agents/gone/agent.md", "agent", "agent/gone"),
        ("./agents/gone/deployment-daily.yaml", "deployment", "deployment/gone-daily"),
        ("./bots/gone.md", "agent", "agent/gone"),
        ("./gone/vault.yaml", "vault", "vault/gone"),
        ("./skills/gone", "skill", "skill/gone"),
        ("./team/skills/gone", "skill", "skill/team-gone"),
    ],
)
def test_a_file_that_is_missing_has_the_address_of_its_place(
    tree: Tree, key: str, kind: str, address: str
) -> None:
    tree.write(FLEET)
    assert places(tree.root, **{key: kind}) == {key: (address, key.removeprefix("./"), False)}


@pytest.mark.parametrize("text", ["model: [\n", "type: environment\nconfig: {type: cloud}\n"])
def test_a_file_that_is_broken_or_of_another_kind_keeps_the_kind_of_the_lock(tree: Tree, text: str) -> None:
    tree.write({"agents/a.yaml": text})
    key = "./agents/a.yaml"
    assert places(tree.root, **{key: "agent"}) == {key: ("agent/a", "agents/a.yaml", True)}


@pytest.mark.parametrize("key", [URL, f"{URL}/", URL.replace("github.com", "GitHub.com")])
def test_a_url_is_the_skill_that_files_name_by_it(tree: Tree, key: str) -> None:
    tree.write({"agents/a.yaml": f"model: claude-opus-5-5\nskills: ['{key}']\n"})
    address = "skill/github.com/acme/skills/tree/main/forms"
    assert places(tree.root, **{key: "skill"}) == {key: (address, URL, True)}
    assert tree.load()["agent/a"].needs == (address,)


def test_keys_are_paths_from_where_the_lock_lies(tree: Tree) -> None:
    tree.write({f"team/{path}": text for path, text in FLEET.items()})
    found = places(tree.root, "team", **{"./agents/a.yaml": "agent", "../team/vaults/keys.yaml": "vault"})
    assert found == {
        "./agents/a.yaml": ("agent/a", "team/agents/a.yaml", True),
        "../team/vaults/keys.yaml": ("vault/keys", "team/vaults/keys.yaml", True),
    }


@pytest.mark.parametrize("key", ["../x.yaml", "./agents/../../x.yaml", "/etc/passwd", ".."])
def test_a_key_that_leads_out_of_the_project_is_refused(tree: Tree, key: str) -> None:
    (tree.root.parent / "x.yaml").write_text("model: m\n")
    with pytest.raises(Stop) as stop:
        places(tree.root, **{key: "agent"})
    (problem,) = stop.value.diagnostics
    assert problem.code is Code.OUTSIDE_PROJECT
    assert f"'{key}'" in problem.summary


def test_a_kind_nobody_knows_is_left_to_whoever_takes_it_over(tree: Tree) -> None:
    assert places(tree.root, **{"./x.yaml": "browser"})["./x.yaml"] == ("browser/./x.yaml", "./x.yaml", False)


def test_addresses_of_places_are_those_that_loading_gives(tree: Tree) -> None:
    tree.write(FLEET)
    kinds = {
        path: resource.address.kind
        for resource in tree.load().loaded.desired.resources.values()
        for path in (resource.path,)
    }
    found = places(tree.root, **{f"./{path}": kind for path, kind in kinds.items()})
    assert sorted(address for address, _, _ in found.values()) == tree.load().addresses


@pytest.mark.skipif(not WITH_LOCKS, reason="the corpus is not beside this checkout")
@pytest.mark.parametrize(
    ("project", "expected"),
    [
        (
            "duyet__aidr",
            {
                "./agents/aidr-daily-video/agent.md": ("agent/aidr-daily-video", False),
                "./agents/aidr-daily-video/deployment-daily.yaml": (
                    "deployment/aidr-daily-video-daily",
                    True,
                ),
                "./agents/aidr-daily-video/environment.yaml": ("environment/aidr-daily-video", True),
                "./agents/aidr-daily-video/vault.yaml": ("vault/aidr-daily-video", True),
            },
        ),
        (
            "mikerb95__dev-portfolio",
            {
                "./agents/vigia/agent.md": ("agent/vigia", True),
                "./agents/vigia/environment.yaml": ("environment/vigia", True),
                "./agents/vigia/memory_store.yaml": ("memory_store/vigia", True),
            },
        ),
    ],
)
def test_locks_of_real_projects(tmp_path: Path, project: str, expected: dict[str, Any]) -> None:
    root = tmp_path / project
    shutil.copytree(CORPUS / project, root)
    lock = PeerLock.model_validate(json.loads((root / "claude-lock.json").read_text(encoding="utf-8")))
    (root / "agentops.yaml").write_text(project_of("taken", "prod", lock.origin, "claude-lock.json"))
    declared, problems = load_project(root)
    assert problems == ()
    found = places_of_keys(root, "", declared, CATALOG, lock)
    assert {key: (str(address), there) for key, (address, _, there) in found.items()} == expected
    registry = declared.stages["prod"].registry
    assert lock.origin is not None
    assert (registry.provider, registry.workspace_id, registry.organization_id) == (
        *("anthropic", lock.origin.workspace_id, lock.origin.organization_id),
    )
    desired = load_stage(root, declared, declared.stages["prod"], CATALOG).desired.resources
    assert {str(address) for address in desired} == {address for address, there in expected.values() if there}


def test_every_lock_of_the_corpus_is_here() -> None:
    assert len(WITH_LOCKS) in {0, 2}


# -- agentops.yaml

ANTHROPIC = "https://api.anthropic.com"


def written(root: Path, origin: PeerOrigin | None) -> Project:
    """The project that the text declares, of which nothing is said."""
    (root / "agentops.yaml").write_text(project_of("fleet", "prod", origin, "claude-lock.json"))
    project, problems = load_project(root)
    assert problems == ()
    assert (project.name, list(project.stages)) == ("fleet", ["prod"])
    return project


@pytest.mark.parametrize(
    ("origin", "provider", "base_url"),
    [
        (None, "anthropic", None),
        ({"base_url": ANTHROPIC}, "anthropic", None),
        ({"base_url": f"{ANTHROPIC}/"}, "anthropic", None),
        ({"base_url": ANTHROPIC, "organization_id": "org", "workspace_id": "wrkspc_1"}, "anthropic", None),
        ({"base_url": ANTHROPIC, "workspace_id": "wrkspc_1"}, "anthropic", None),
        ({"base_url": "https://gateway.example/v/"}, "custom", "https://gateway.example/v"),
        ({"base_url": "https://gateway.example", "organization_id": "1: x", "workspace_id": "a#b"}, "custom", "https://gateway.example"),
    ],
)  # fmt: skip
def test_the_origin_of_a_lock_becomes_a_stage(
    tmp_path: Path, origin: dict[str, str] | None, provider: str, base_url: str | None
) -> None:
    made = None if origin is None else PeerOrigin.model_validate(origin)
    registry = written(tmp_path, made).stages["prod"].registry
    assert (registry.provider, registry.base_url) == (provider, base_url)
    expected = origin or {}
    assert registry.organization_id == expected.get("organization_id")
    assert registry.workspace_id == expected.get("workspace_id")


def test_the_text_says_what_it_was_made_from() -> None:
    text = project_of(
        "fleet", "prod", PeerOrigin(base_url=ANTHROPIC, workspace_id="wrkspc_1"), "claude-lock.json"
    )
    assert text == (
        "# Made from the origin that claude-lock.json records.\n"
        "project: fleet\n"
        "stages:\n"
        "  prod:\n"
        "    registry: anthropic\n"
        '    workspace_id: "wrkspc_1"\n'
    )


def test_a_project_that_is_taken_over_loads(tree: Tree) -> None:
    tree.write(FLEET | {"agentops.yaml": project_of("fleet", "prod", None, "claude-lock.json")})
    outcome = tree.write({"deployments/d.yaml": DEPLOYMENT}).load()
    assert outcome.diagnostics == ()
    assert outcome.addresses == sorted(
        f"{kind}/{name}"
        for kind, name in (
            *(("agent", "a"), ("agent", "b"), ("deployment", "d"), ("environment", "cloud")),
            *(("memory_store", "notes"), ("skill", "pdf-forms"), ("vault", "keys")),
        )
    )
