"""``agentops lock import``: a project of ``ant apply`` is taken over with its IDs, and nothing is created."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import agentops.emulator
from agentops.cli.app import run
from agentops.domain.peer import answer_hash, body_hash
from agentops.emulator import create_app
from agentops.kinds import CATALOG
from tests.projects import HEADERS, Project
from tests.served import served_registry

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
WITH_LOCKS = sorted(path.parent for path in CORPUS.glob("*/claude-lock.json")) if CORPUS.is_dir() else []

IDS = {
    "environment": "env_01Rv7mQ2rT9vB4nW8cY6dZ3f",
    "agent": "agent_01Lk7mQ2rT9vB4nW8cY6dZ3f",
    "memory_store": "memstore_01Nt7mQ2rT9vB4nW8cY6dZ3f",
    "deployment": "depl_01Pq7mQ2rT9vB4nW8cY6dZ3f",
}
ORIGIN = {
    "organization_id": "1db65d23-dd31-4e1e-a09a-d16de8c162db",
    "workspace_id": "wrkspc_01Xk7mQ2rT9vB4nW8cY6dZ3f",
}
MESSAGE = {"type": "user.message", "content": [{"type": "text", "text": "Go."}]}


class Seeded:
    """An embedded registry whose objects have the IDs that they are given."""

    def __init__(self, file: Path, origin: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.file = file
        self.app = create_app(file)
        self.app.state.database.close()
        with sqlite3.connect(file) as database:
            database.execute(
                "UPDATE registry SET organization_id = ?, workspace_id = ?",
                (origin["organization_id"], origin["workspace_id"]),
            )
        self.app = create_app(file)
        self.client = TestClient(self.app, headers=HEADERS)
        self._patch = monkeypatch

    def put(self, kind: str, id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object, and what the registry answers."""
        module = getattr(agentops.emulator, CATALOG[kind].directory)
        with self._patch.context() as patched:
            patched.setattr(module, "new_id", lambda prefix: id)
            return self._send(CATALOG[kind].path, kind, body)

    def edit(self, kind: str, id: str, **members: Any) -> None:
        self._send(f"{CATALOG[kind].path}/{id}", kind, members)

    def _send(self, path: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.client.post(path, json=body, headers={"anthropic-beta": CATALOG[kind].beta or ""})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @contextmanager
    def served(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """As if it were the public API, for stages with ``registry: anthropic``."""
        self.app.state.database.close()
        with served_registry(self.file) as url:
            monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
            monkeypatch.setenv("ANTHROPIC_API_KEY", "not-a-secret")
            yield


@pytest.fixture
def of_ant(
    project: Project, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Seeded:
    """A project that was applied by the official tool, and the registry it was applied to."""
    shutil.rmtree(project.root / "agents")
    (project.root / "agentops.yaml").unlink(missing_ok=True)
    project.write("environments/sandbox.yaml", "name: sandbox\nconfig: {type: cloud}\n")
    project.write("agents/lead.md", "---\nmodel: claude-opus-5-5\n---\n\nYou lead.\n")
    project.write("memory_stores/notes.yaml", "name: Notes\ndescription: What we know.\n")
    project.write(
        "deployments/daily.md",
        "---\nagent: ../agents/lead.md\nenvironment_id: ../environments/sandbox.yaml\n"
        "resources: [../memory_stores/notes.yaml]\n---\n\nGo.\n",
    )
    seeded = Seeded(tmp_path_factory.mktemp("ant") / "registry.db", ORIGIN, monkeypatch)
    bodies: dict[str, dict[str, Any]] = {
        "environment": {"name": "sandbox", "config": {"type": "cloud"}},
        "agent": {"name": "lead", "model": "claude-opus-5-5", "system": "You lead."},
        "memory_store": {"name": "Notes", "description": "What we know."},
        "deployment": {
            "name": "daily",
            "agent": {"type": "agent", "id": IDS["agent"], "version": 1},
            "environment_id": IDS["environment"],
            "resources": [{"type": "memory_store", "memory_store_id": IDS["memory_store"]}],
            "initial_events": [MESSAGE],
        },
    }
    files = (
        "environments/sandbox.yaml",
        "agents/lead.md",
        "memory_stores/notes.yaml",
        "deployments/daily.md",
    )
    entries = {}
    for path, (kind, body) in zip(files, bodies.items(), strict=True):
        answer = seeded.put(kind, IDS[kind], body)
        entries[f"./{path}"] = {
            "kind": kind,
            "id": IDS[kind],
            "hash": body_hash(body),
            "remote_hash": answer_hash(answer),
            **({"version": "1"} if kind == "agent" else {}),
        }
    lock = {"version": 1, "origin": {"base_url": "https://api.anthropic.com", **ORIGIN}, "resources": entries}
    project.write("claude-lock.json", json.dumps(lock, indent=2))
    return seeded


def plan_of(project: Project) -> dict[str, Any]:
    ended = project.run("plan", "--format", "json")
    assert ended.code in {0, 3}, ended.err
    return dict(ended.json)


def test_plan_refuses_and_names_the_command(project: Project, of_ant: Seeded):
    for command in ("plan", "apply", "drift", "status"):
        refused = project.run(command)
        assert refused.code == 3
        assert "`agentops lock import claude-lock.json`" in refused.err
    assert not (project.root / "locks").exists()


def test_it_is_taken_over_offline_with_the_same_ids(
    project: Project, of_ant: Seeded, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    ended = project.run("lock", "import", "claude-lock.json")

    assert ended.code == 0, ended.err
    assert "Took over 4 resources" in ended.err
    assert "ANTHROPIC_API_KEY" in ended.err
    lock = project.lock("prod")
    assert {entry["id"] for entry in lock["resources"].values()} == set(IDS.values())
    assert lock["origin"] == {"base_url": "https://api.anthropic.com", **ORIGIN}
    written = (project.root / "agentops.yaml").read_text(encoding="utf-8")
    assert ORIGIN["workspace_id"] in written
    assert ORIGIN["organization_id"] in written
    assert "project: " in written
    assert project.run("validate").code == 0


def test_a_second_time_changes_nothing(project: Project, of_ant: Seeded):
    assert project.run("lock", "import", "claude-lock.json").code == 0
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    again = project.run("lock", "import", "claude-lock.json")

    assert again.code == 0
    assert "already" in again.err
    assert {path: path.read_bytes() for path in before} == before


def test_the_next_plan_is_empty_and_nothing_is_created(
    project: Project, of_ant: Seeded, monkeypatch: pytest.MonkeyPatch
):
    with of_ant.served(monkeypatch):
        imported = project.run("lock", "import", "claude-lock.json")
        planned = plan_of(project)
        applied = project.run("apply", "--yes")
        again = plan_of(project)

    assert "No drift." in imported.out
    assert (planned["changes"], planned["drift"], planned["blocked"]) == ([], [], False)
    assert applied.code == 0
    assert (again["changes"], again["records"]) == ([], {})
    entries = project.lock("prod")["resources"].values()
    assert all(entry["applied"] and "taken_over" not in entry for entry in entries)


def test_an_edited_file_is_a_change_and_a_console_edit_is_drift(
    project: Project, of_ant: Seeded, monkeypatch: pytest.MonkeyPatch
):
    of_ant.edit("environment", IDS["environment"], description="Edited in the console.")
    of_ant.edit("agent", IDS["agent"], system="Edited in the console.")
    project.write("memory_stores/notes.yaml", "name: Notes\ndescription: Edited in the file.\n")
    with of_ant.served(monkeypatch):
        imported = project.run("lock", "import", "claude-lock.json")
        planned = plan_of(project)

    assert {item["address"] for item in planned["drift"]} == {"agent/lead", "environment/sandbox"}
    assert planned["blocked"]
    changed = {change["address"]: change["action"] for change in planned["changes"]}
    assert changed["memory_store/notes"] == "update"
    assert "create" not in changed.values()
    assert "Edited in the console." in imported.out


def test_entries_without_a_file_are_kept_and_named(project: Project, of_ant: Seeded):
    (project.root / "memory_stores" / "notes.yaml").unlink()
    project.write(
        "deployments/daily.md",
        "---\nagent: ../agents/lead.md\nenvironment_id: environment/sandbox\n---\nGo.\n",
    )
    ended = project.run("lock", "import", "claude-lock.json", "--stage", "live")

    assert ended.code == 0
    assert "memory_stores/notes.yaml is not there" in ended.err
    assert project.lock("live")["resources"]["memory_store/notes"]["id"] == IDS["memory_store"]


def test_into_a_project_that_has_an_agentops_yaml(project: Project, of_ant: Seeded):
    project.write(
        "agentops.yaml",
        "project: ours\nstages: {staging: {registry: anthropic}, prod: {registry: anthropic}}\n",
    )
    assert project.run("lock", "import", "claude-lock.json").code == 1  # which stage?
    ended = project.run("lock", "import", "claude-lock.json", "--stage", "staging")

    assert ended.code == 0, ended.err
    assert project.lock("staging")["project"] == "ours"
    assert (project.root / "agentops.yaml").read_text(encoding="utf-8").startswith("project: ours")


TWICE = json.dumps(
    {
        "version": 1,
        "resources": {
            "./a/agent.md": {"kind": "agent", "id": "agent_1"},
            "./agents/a.md": {"kind": "agent", "id": "agent_2"},
        },
    }
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not JSON"),
        ("[]", "it is not JSON"),
        ("{}", "it has no `resources`"),
        ('{"version": 2, "resources": {}}', "version 2"),
        ('{"version": 1, "resources": {"./a.md": {"id": "agent_1"}}}', "no `kind`"),
        ('{"version": 1, "resources": {"./a.md": {"kind": "robot", "id": "r_1"}}}', "robot"),
        (TWICE, "would both be agent/a"),
    ],
)
def test_what_is_no_such_lock_is_refused_and_nothing_is_written(
    project: Project, of_ant: Seeded, text: str, said: str
):
    project.write("claude-lock.json", text)
    before = sorted(project.root.rglob("*"))
    refused = project.run("lock", "import", "claude-lock.json")

    assert refused.code in {1, 3}
    assert said in refused.err
    assert [path for path in sorted(project.root.rglob("*")) if ".agentops" not in path.parts] == before


def test_a_file_that_is_not_there(project: Project, of_ant: Seeded):
    refused = project.run("lock", "import", "other-lock.json")
    assert refused.code == 1
    assert "other-lock.json" in refused.err


def test_an_address_with_another_id_is_never_overwritten(project: Project, of_ant: Seeded):
    assert project.run("lock", "import", "claude-lock.json").code == 0
    text = (project.root / "claude-lock.json").read_text(encoding="utf-8")
    project.write("claude-lock.json", text.replace(IDS["agent"], "agent_01Zz7mQ2rT9vB4nW8cY6dZ3f"))
    refused = project.run("lock", "import", "claude-lock.json")

    assert refused.code == 3
    assert IDS["agent"] in refused.err
    assert project.lock("prod")["resources"]["agent/lead"]["id"] == IDS["agent"]


# What people have published


BODIES_OF_WHAT_IS_MISSING = {"agent": "---\nmodel: claude-opus-5-5\n---\nYou make the daily video.\n"}
"""Of a file that a lock records and that was not published with it."""


@pytest.mark.skipif(not WITH_LOCKS, reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("published", WITH_LOCKS, ids=lambda path: path.name)
def test_a_published_project_is_taken_over_without_a_single_create(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    root = tmp_path / "project"
    shutil.copytree(published, root)
    peer = json.loads((root / "claude-lock.json").read_text(encoding="utf-8"))
    for key, entry in peer["resources"].items():
        if not (root / key).exists():
            (root / key).write_text(BODIES_OF_WHAT_IS_MISSING[entry["kind"]], encoding="utf-8")
    seeded = Seeded(tmp_path / "registry.db", peer["origin"], monkeypatch)
    rendered = _rendered(root, capsys)
    order = {kind.name: number for number, kind in enumerate(CATALOG)}
    for key, entry in sorted(peer["resources"].items(), key=lambda item: order[item[1]["kind"]]):
        seeded.put(entry["kind"], entry["id"], _with_ids(rendered[key], peer["resources"]))

    with seeded.served(monkeypatch):
        assert run(["-C", str(root), "lock", "import", "claude-lock.json"]) == 0
        capsys.readouterr()
        assert run(["-C", str(root), "plan", "--format", "json"]) in {0, 3}
        planned = json.loads(capsys.readouterr().out)

    assert [change for change in planned["changes"] if change["action"] in {"create", "replace"}] == []
    assert planned["orphans"] == []


def _rendered(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """Key -> body, references as addresses: what our files' side makes of each."""
    from agentops.spec import load_project, load_stage

    project, _ = load_project(root)
    loaded = load_stage(root, project, project.stages["local"], CATALOG)
    return {f"./{item.path}": item.body for item in loaded.desired.resources.values()}


def _with_ids(body: Any, entries: dict[str, Any]) -> Any:
    """The body with the IDs of the lock in the place of references."""
    from agentops.domain.resource import replace_refs

    by_name = {
        f"{entry['kind']}/{_address_name(key, entry['kind'])}": entry["id"] for key, entry in entries.items()
    }
    return replace_refs(body, lambda ref: by_name[ref.address] if ref.attribute == "id" else 1)


def _address_name(key: str, kind: str) -> str:
    path = Path(key)
    if path.stem == kind:
        return path.parent.name
    return f"{path.parent.name}-{path.stem.removeprefix(kind + '-')}"
