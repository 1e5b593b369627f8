"""``agentops import`` and ``agentops pull``: a workspace built by hand becomes a repository."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import yaml

from agentops.domain.bundle import sha256
from agentops.domain.shared import Claim, Holder
from agentops.emulator import create_app
from agentops.engine.documents import SharedDocuments
from agentops.kinds import CATALOG
from agentops.lockfile import LockFile
from agentops.registry import ApiKey, HttpRegistry
from tests.projects import Project
from tests.served import served_registry

CORPUS = Path(__file__).resolve().parents[2] / "../shared/corpus"
PUBLISHED = sorted(path for path in CORPUS.iterdir() if path.is_dir()) if CORPUS.is_dir() else []

MODEL = "claude-opus-5-5"
SKILL = {"SKILL.md": b"---\nname: review\ndescription: How we review.\n---\nLook.\n", "a/b.bin": b"\0\xff"}
STRANGE = "\r\n{{ not.a.template }} {% x %}\r\n---\ntype: agent\n---\ntrailing  \n\ttabs\n\n\n"


class Console:
    """Somebody who makes and changes things past agentops."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def create(self, kind: str, parent: str | None = None, **body: Any) -> str:
        async def use(registry: HttpRegistry) -> str:
            return str((await registry.create(CATALOG[kind], body, parent=parent))["id"])

        return self._do(use)

    def update(self, kind: str, id: str, **body: Any) -> None:
        self._do(lambda registry: registry.update(CATALOG[kind], id, body))

    def archive(self, kind: str, id: str) -> None:
        self._do(lambda registry: registry.remove(CATALOG[kind], id))

    def get(self, kind: str, id: str) -> dict[str, Any]:
        return self._do(lambda registry: registry.get(CATALOG[kind], id))

    def hold(self, name: str, stage: str) -> None:
        holder = Holder(command="apply", pid=4711, host="build-3", machine="another", began="1", user="ada")
        claim = Claim(project=name, stage=stage, run="theirs", holder=holder)
        self._do(lambda it: SharedDocuments(it, CATALOG, name).create(f"/{stage}/mutex", claim.text))

    def _do(self, use: Callable[[HttpRegistry], Any]) -> Any:
        async def main() -> Any:
            database = self._project.root / ".agentops/registry.db"
            database.parent.mkdir(exist_ok=True)
            transport = httpx.ASGITransport(create_app(database))
            async with HttpRegistry.open("http://x", ApiKey("k"), transport=transport) as registry:
                return await use(registry)

        return anyio.run(main)


@pytest.fixture
def console(empty: Project) -> Console:
    return Console(empty)


@pytest.fixture
def tutor(empty: Project) -> str:
    """The file of an agent."""
    empty.write("agents/tutor.yaml", f"name: Tutor\nmodel: {MODEL}\nsystem: Teach.\n")
    return "agent/tutor"


def files(project: Project) -> dict[str, bytes]:
    """What a person would commit, and the lock."""
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in sorted(project.root.rglob("*"))
        if path.is_file() and not {".agentops", ".git"} & set(path.relative_to(project.root).parts)
    }


def nothing_planned(project: Project) -> None:
    ended = project.run("plan", "--format", "json")
    assert ended.code == 0, ended.err
    plan = ended.json
    assert (plan["changes"], plan["drift"], plan["orphans"], plan["records"]) == ([], [], [], {})


# -- pull


@pytest.fixture
def by_hand(empty: Project, console: Console) -> dict[str, str]:
    """One of everything, made in the Console."""
    ids = {
        "environment": console.create("environment", name="Sandbox", config={"type": "cloud"}),
        "vault": console.create("vault", display_name="Team keys"),
        "store": console.create("memory_store", name="Glossary", description="Our words."),
        "skill": console.create("skill", display_name="Review", name="review", files=SKILL),
        "writer": console.create("agent", name="Writer", model=MODEL, system=STRANGE),
    }
    ids["credential"] = console.create(
        "credential",
        ids["vault"],
        display_name="Linear",
        auth={
            "type": "static_bearer",
            "mcp_server_url": "https://mcp.linear.app/mcp",
            "token": "sk-very-secret",
        },
    )
    ids["memory"] = console.create("memory", ids["store"], path="/a/sku.md", content="# SKU\r\n")
    ids["lead"] = console.create(
        "agent",
        name="Leiter für Größe",
        model={"id": MODEL, "effort": "high"},
        tools=[{"type": "agent_toolset_20260401"}],
        skills=[{"type": "custom", "skill_id": ids["skill"], "version": "latest"}],
        multiagent={"type": "coordinator", "agents": [ids["writer"], {"type": "self"}]},
        metadata={"team": "docs"},
    )
    ids["deployment"] = console.create(
        "deployment",
        name="Nightly",
        agent=ids["lead"],
        environment_id=ids["environment"],
        vault_ids=[ids["vault"]],
        resources=[{"type": "memory_store", "memory_store_id": ids["store"], "access": "read_only"}],
        initial_events=[{"type": "user.message", "content": [{"type": "text", "text": "Go.\n"}]}],
    )
    return ids


def test_a_workspace_built_by_hand_becomes_a_repository(empty: Project, by_hand: dict[str, str]):
    ended = empty.run("pull", "--all", "--seeds")

    assert ended.code == 0, ended.err
    written = files(empty)
    assert set(written) == {
        "agents/leiter-fur-grosse/agent.yaml",
        "agents/writer/agent.yaml",
        "agents/writer/prompt.md",
        "deployments/nightly.yaml",
        "environments/sandbox.yaml",
        "memory_stores/glossary.yaml",
        "memory_stores/glossary/a/sku.md",
        "skills/review/SKILL.md",
        "skills/review/a/b.bin",
        "vaults/team-keys.yaml",
        "locks/local.lock.json",
    }
    assert written["agents/writer/prompt.md"] == STRANGE.encode()
    assert written["memory_stores/glossary/a/sku.md"] == b"# SKU\r\n"
    assert {path: written[f"skills/review/{path}"] for path in SKILL} == SKILL
    assert written["agents/leiter-fur-grosse/agent.yaml"].decode() == (
        "name: Leiter für Größe\n"
        "model: {id: claude-opus-5-5, effort: high}\n"
        "tools:\n"
        "  - {type: agent_toolset_20260401}\n"
        "skills:\n"
        "  - {path: ../../skills/review, version: latest}\n"
        "multiagent:\n"
        "  type: coordinator\n"
        "  agents:\n"
        "    - ../writer/agent.yaml\n"
        "    - {type: self}\n"
        "metadata: {team: docs}\n"
    )
    assert yaml.safe_load(written["deployments/nightly.yaml"]) == {
        "name": "Nightly",
        "agent": "../agents/leiter-fur-grosse/agent.yaml",
        "environment_id": "../environments/sandbox.yaml",
        "vault_ids": ["../vaults/team-keys.yaml"],
        "resources": [{"path": "../memory_stores/glossary.yaml", "access": "read_only"}],
        "initial_events": [{"type": "user.message", "content": [{"type": "text", "text": "Go.\n"}]}],
    }
    assert written["environments/sandbox.yaml"] == b"name: Sandbox\n"
    assert "  agent/writer  " in ended.out
    assert (
        "Pulled: 9 resources in 10 new files.\nRecorded in locks/local.lock.json. Nothing was sent."
        in ended.out
    )
    nothing_planned(empty)


def test_nothing_is_sent_and_no_secret_is_needed(empty: Project, console: Console, by_hand: dict[str, str]):
    before = {name: console.get("agent", by_hand[name]) for name in ("lead", "writer")}
    ended = empty.run("pull", "--all")

    assert {name: console.get("agent", by_hand[name]) for name in before} == before
    assert "{secret: env:TEAM_KEYS_LINEAR_TOKEN}" in files(empty)["vaults/team-keys.yaml"].decode()
    assert "TEAM_KEYS_LINEAR_TOKEN" in ended.out
    assert not any(b"sk-very-secret" in content for content in files(empty).values())
    nothing_planned(empty)


def test_a_second_time_there_is_nothing_to_pull(empty: Project, by_hand: dict[str, str]):
    assert empty.run("pull", "--all").code == 0
    before = files(empty)
    again = empty.run("pull", "--all")

    assert again.code == 0
    assert "Nothing to pull." in again.out
    assert files(empty) == before


def test_an_empty_registry_has_nothing_to_pull_and_says_how_to_reach_a_workspace(empty: Project):
    ended = empty.run("pull", "--all")
    assert ended.code == 0
    assert "registry: anthropic" in ended.err
    assert files(empty) == {}


def test_a_dry_run_writes_nothing(empty: Project, by_hand: dict[str, str]):
    ended = empty.run("pull", "--all", "--dry-run")
    assert ended.code == 0
    assert "Would be pulled: " in ended.out
    assert "agents/writer/" in ended.out
    assert files(empty) == {}


def test_the_next_change_is_a_change_and_the_next_edit_is_drift(
    empty: Project, console: Console, by_hand: dict[str, str]
):
    assert empty.run("pull", "--all").code == 0
    empty.write("agents/writer/prompt.md", "Write well.\n")
    console.update("agent", by_hand["lead"], description="Edited.", version=1)
    ended = empty.run("plan", "--format", "json")

    assert ended.code == 3
    assert ("agent/writer", "update") in [(it["address"], it["action"]) for it in ended.json["changes"]]
    assert [it["address"] for it in ended.json["drift"]] == ["agent/leiter-fur-grosse"]


def test_a_repository_may_have_a_token(empty: Project, console: Console, by_hand: dict[str, str]):
    """The registry does not say so; with the reference it is not lost when the resources are sent again."""
    repository = {"type": "github_repository", "url": "https://github.com/acme/courses"}
    console.update(
        "deployment", by_hand["deployment"], resources=[{**repository, "authorization_token": "ghp_x"}]
    )
    ended = empty.run("pull", "--all")

    written = files(empty)["deployments/nightly.yaml"].decode()
    assert "authorization_token: {secret: env:NIGHTLY_AUTHORIZATION_TOKEN}" in written
    assert "NIGHTLY_AUTHORIZATION_TOKEN" in ended.out
    nothing_planned(empty)
    empty.write(
        "deployments/nightly.yaml",
        "\n".join(line for line in written.splitlines() if "authorization_token" not in line),
    )
    assert empty.run("plan", "--format", "json").json["changes"] == []


def test_each_secret_has_a_variable_of_its_own(empty: Project, console: Console):
    for vault in ("1 a-b", "1 a"):
        id = console.create("vault", display_name=vault)
        for number in (1, 2):
            auth = {"type": "static_bearer", "mcp_server_url": f"https://{number}.example.com/", "token": "x"}
            console.create("credential", id, display_name="B c" if vault == "1 a" else "c", auth=auth)
    assert empty.run("pull", "--all").code == 0
    written = b"".join(content for path, content in files(empty).items() if path.startswith("vaults/"))
    names = re.findall(rb"env:(\w+)", written)
    assert len(set(names)) == 4
    assert all(re.fullmatch(rb"_1_A_B_C_[0-9A-Z_]+TOKEN", name) for name in names)
    nothing_planned(empty)


def test_what_was_added_to_something_managed_is_told_and_can_be_imported(
    empty: Project, console: Console, by_hand: dict[str, str]
):
    assert empty.run("pull", "--all").code == 0
    auth = {"type": "static_bearer", "mcp_server_url": "https://mcp.github.com/mcp", "token": "x"}
    id = console.create("credential", by_hand["vault"], display_name="GitHub", auth=auth)
    told = empty.run("pull", "--all")
    assert told.code == 0
    assert f"note[AO029]: credential {id} is left where it is" in told.out

    text = files(empty)["vaults/team-keys.yaml"].decode()
    empty.write(
        "vaults/team-keys.yaml",
        text + "  github:\n    display_name: GitHub\n    auth: {type: static_bearer, token: {secret: env:G}, "
        "mcp_server_url: 'https://mcp.github.com/mcp'}\n",
    )
    assert empty.run("pull", "--all").code == 0
    assert empty.lock()["resources"]["credential/team-keys/github"]["id"] == id
    planned = empty.run("plan", "--format", "json").json
    assert (planned["changes"], planned["drift"]) == ([], [])


def test_only_what_is_named_is_pulled_and_what_it_refers_to_is_named_by_its_id(
    empty: Project, by_hand: dict[str, str]
):
    ended = empty.run("pull", "deployment/nightly", "vault/team-keys")

    assert ended.code == 0, ended.err
    assert set(files(empty)) == {"deployments/nightly.yaml", "vaults/team-keys.yaml", "locks/local.lock.json"}
    written = yaml.safe_load(files(empty)["deployments/nightly.yaml"])
    assert written["vault_ids"] == ["../vaults/team-keys.yaml"]
    assert written["environment_id"] == by_hand["environment"]
    assert written["agent"]["id"] == by_hand["lead"]
    assert f"external: {{environment/NAME: {{local: {by_hand['environment']}}}}}" in " ".join(
        ended.out.split()
    )
    nothing_planned(empty)

    more = empty.run("pull", "--all")
    assert more.code == 0
    nothing_planned(empty)


def test_what_is_managed_already_is_referred_to_by_its_address(empty: Project, by_hand: dict[str, str]):
    assert empty.run("pull", "agent/leiter-fur-grosse", "environment/sandbox").code == 0
    assert empty.run("pull", "deployment/nightly").code == 0
    written = yaml.safe_load(files(empty)["deployments/nightly.yaml"])
    assert (written["agent"], written["environment_id"]) == ("agent/leiter-fur-grosse", "environment/sandbox")
    nothing_planned(empty)


def test_a_version_that_is_not_the_latest_stays_pinned(
    empty: Project, console: Console, by_hand: dict[str, str]
):
    console.update("agent", by_hand["writer"], description="Newer.", version=1)
    assert empty.run("pull", "--all").code == 0
    lead = yaml.safe_load(files(empty)["agents/leiter-fur-grosse/agent.yaml"])
    assert lead["multiagent"]["agents"][0] == {"type": "agent", "id": "../writer/agent.yaml", "version": 1}
    nothing_planned(empty)


def test_names_that_collide_or_mean_something_else(empty: Project, console: Console):
    same = [console.create("agent", name="Tutor", model=MODEL) for _ in range(2)]
    others = {
        name: console.create("memory_store", name=name)
        for name in ("日本語", "memory store", "CON", "a/../b")
    }
    console.create("agent", name="dist", model=MODEL)
    empty.write("agents/taken/notes.txt", "mine\n")
    console.create("agent", name="Taken", model=MODEL)
    ended = empty.run("pull", "--all")

    assert ended.code == 0, ended.err
    entries = empty.lock()["resources"]
    by_id = {entry["id"]: address for address, entry in entries.items()}
    for id in same:
        assert by_id[id] == f"agent/tutor-{id[-4:].lower()}"
    assert by_id[others["日本語"]].startswith("memory_store/memory-store-")
    assert by_id[others["memory store"]].startswith("memory_store/memory-store-")
    assert by_id[others["CON"]].startswith("memory_store/con-")
    assert by_id[others["a/../b"]] == "memory_store/a-b"
    assert not any(address in {"agent/dist", "agent/taken"} for address in entries)
    assert (empty.root / "agents/taken/notes.txt").read_text() == "mine\n"
    nothing_planned(empty)


def test_what_a_file_declares_already_is_imported_and_the_file_left_alone(empty: Project, console: Console):
    id = console.create("agent", name="Tutor", model=MODEL, system="Old.")
    empty.write("agents/tutor.yaml", f"# Mine.\nname: Tutor\nmodel: {MODEL}\nsystem: New.\n")
    before = files(empty)
    ended = empty.run("pull", "--all")

    assert ended.code == 0
    assert "agents/tutor.yaml, which was there" in ended.out
    assert {**files(empty), **before} == files(empty)
    (change,) = empty.run("plan", "--format", "json").json["changes"]
    assert (change["action"], change["base"]["id"]) == ("update", id)
    assert [(it["path"], it["before"], it["after"]) for it in change["fields"]] == [
        ("system", "Old.", "New.")
    ]


def test_what_cannot_come_back_equal_is_left_and_the_rest_goes_on(empty: Project, console: Console):
    broken = console.create(
        "skill", display_name="x", name="secretive", files={**_skill("secretive"), ".env": b"A"}
    )
    agent = console.create(
        "agent",
        name="User",
        model=MODEL,
        tools=[{"type": "agent_toolset_20260401"}],
        skills=[{"type": "custom", "skill_id": broken, "version": "latest"}],
    )
    ended = empty.run("pull", "--all")

    assert ended.code == 4
    assert (
        f"error[AO027] skill/secretive: {broken} is left where it is: no file says the same of files..env"
        in ended.out
    )
    assert empty.lock()["resources"].keys() == {"agent/user"}
    assert yaml.safe_load(files(empty)["agents/user/agent.yaml"])["skills"][0]["skill_id"] == broken
    nothing_planned(empty)
    console.archive("agent", agent)
    alone = empty.run("pull", "--all")
    assert alone.code == 3
    assert "Nothing was written." in alone.out


def test_documents_that_no_folder_can_hold_are_left_alone(empty: Project, console: Console):
    store = console.create("memory_store", name="Notes")
    paths = ["/a", "/a/b", "/x.j2", "/.hidden", "/SKILL.md", "/B.md", "/b.md", f"/{'n' * 300}", "/fine.md"]
    for path in paths:
        console.create("memory", store, path=path, content="x")
    ended = empty.run("pull", "--all", "--seeds")

    assert ended.code == 4
    kept = {it for it in empty.lock()["resources"] if it.startswith("memory/")}
    assert {"memory/notes/B.md", "memory/notes/fine.md"} <= kept
    assert len(kept) == 3, "and one of /a and /a/b"
    assert ended.out.count("error[AO027] memory/notes/") == 6
    nothing_planned(empty)


def _skill(name: str) -> dict[str, bytes]:
    return {"SKILL.md": f"---\nname: {name}\ndescription: d\n---\nx\n".encode()}


def test_a_display_name_that_no_file_says_is_kept_and_listed(empty: Project, console: Console):
    console.create("skill", display_name="How we review", name="review", files=SKILL)
    ended = empty.run("pull", "--all")

    assert ended.code == 0
    assert "warning[AO027] skill/review: its display_name is another than its files say" in ended.out
    planned = empty.run("plan", "--format", "json").json
    assert planned["changes"] == []
    assert [it["address"] for it in planned["held"]] == ["skill/review"]


def test_others_things_stay_theirs(empty: Project, console: Console):
    theirs = console.create("agent", name="Theirs", model=MODEL, metadata={"agentops": "shop/prod/agent/x"})
    foreign = console.create("environment", name="Foreign")
    shared = console.create("memory_store", name="shared", metadata={"agentops": "agentops/shop"})
    gone = console.create("agent", name="Gone", model=MODEL)
    console.archive("agent", gone)
    empty.write(
        "agentops.yaml",
        f"project: docs\nstages: {{dev: {{}}}}\nexternal: {{environment/it: {{dev: {foreign}}}}}\n",
    )
    console.create(
        "deployment",
        name="d",
        agent=theirs,
        environment_id=foreign,
        initial_events=[{"type": "user.message", "content": [{"type": "text", "text": "Go."}]}],
    )
    ended = empty.run("pull", "--all")

    assert ended.code == 0, ended.err
    assert f"note[AO029]: {theirs} is left alone: tagged as shop/prod/…" in ended.out
    assert empty.lock("dev")["resources"].keys() == {"deployment/d"}
    written = yaml.safe_load(files(empty)["deployments/d.yaml"])
    assert (written["environment_id"], written["agent"]["id"]) == ("environment/it", theirs)
    assert shared not in ended.out
    nothing_planned(empty)


def test_a_lost_lock_is_pulled_back_under_the_addresses_of_the_tags(project: Project):
    assert project.run("apply", "--yes").code == 0
    shutil.rmtree(project.root / "agents")
    shutil.rmtree(project.root / "locks")
    ended = project.run("pull", "--all")

    assert ended.code == 0, ended.err
    assert project.lock()["resources"].keys() == {"agent/tutor", "memory_store/tutor-episodic"}
    nothing_planned(project)


def test_an_address_that_no_file_name_gives_is_written_into_the_file(empty: Project, console: Console):
    empty.write("agentops.yaml", "project: docs\nstages: {dev: {}}\n")
    console.create("environment", name="x", metadata={"agentops": "docs/dev/environment/Big box"})
    assert empty.run("pull", "--all").code == 0
    assert files(empty)["environments/big-box.yaml"] == b"address: environment/Big box\nname: x\n"
    nothing_planned(empty)


def test_a_tag_of_ours_is_no_other_address(empty: Project, console: Console):
    empty.write("agentops.yaml", "project: docs\nstages: {dev: {}}\n")
    id = console.create("environment", name="x", metadata={"agentops": "docs/dev/environment/box"})
    ended = empty.run("pull", "environment/other", "--id", id)
    assert ended.code == 1
    assert f"{id} is tagged as environment/box of this stage" in ended.err
    assert not (empty.root / "environments").exists()


def test_what_an_interrupted_apply_may_have_made_is_not_pulled(project: Project):
    console = Console(project)
    assert project.run("apply", "--yes").code == 0
    console.create("agent", name="Other", model=MODEL)
    lock = project.lock()
    lock["intents"] = {"agent/new": {"at": "2026-01-01T00:00:00Z", "run": "r"}}
    project.write("locks/local.lock.json", json.dumps(lock))
    before = files(project)
    for command in (["pull", "--all"], ["import", "agent/new", "agent_011CZkYqphY8vELVzwCUpqiQ"]):
        project.write("agents/new.yaml", f"name: new\nmodel: {MODEL}\n")
        ended = project.run(*command)
        assert ended.code == 3
        assert "AO026" in ended.err
        assert "finish it with `agentops apply`" in ended.err
    (project.root / "agents/new.yaml").unlink()
    assert files(project) == before


def test_another_workspace_than_the_lock_s_is_refused(
    empty: Project, console: Console, tutor: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    empty.write("agentops.yaml", "project: shop\nmutex: off\nstages: {prod: {registry: anthropic}}\n")
    id = console.create("agent", name="Tutor", model=MODEL, system="Teach.")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    with served_registry(empty.root / ".agentops/registry.db") as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        assert empty.run("import", tutor, id).code == 0
        assert empty.lock("prod")["origin"]["workspace_id"].startswith("wrkspc_")
    before = files(empty)
    with served_registry(tmp_path / "other.db") as url:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        for command in (["pull", "--all"], ["import", "agent/tutor", id]):
            ended = empty.run(*command)
            assert ended.code == 3, ended.err
    assert files(empty) == before


def test_files_without_a_lock_are_imported_by_the_next_run(
    empty: Project, by_hand: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    """A run that was cut off between the two."""
    with monkeypatch.context() as patched:
        patched.setattr(
            LockFile, "write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left", "x"))
        )
        assert empty.run("pull", "--all").code == 1
    written = files(empty)
    assert "agents/writer/agent.yaml" in written
    again = empty.run("pull", "--all")
    assert again.code == 0, again.err
    assert "agents/writer/agent.yaml, which was there" in again.out
    assert {path: it for path, it in files(empty).items() if not path.startswith("locks/")} == written
    nothing_planned(empty)


def test_a_disk_that_is_full_leaves_no_half_of_it(
    empty: Project, by_hand: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    real, left = os.link, [3]

    def link(source: Any, target: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "link", link)
    ended = empty.run("pull", "--all")
    assert ended.code == 1
    assert "No space left on device" in ended.err
    assert files(empty) == {}
    assert not [*(empty.root / ".agentops").glob("pull-*")]


def test_a_held_stage_is_refused_and_nothing_is_written(empty: Project, console: Console):
    empty.write("agentops.yaml", "project: shop\nmutex: on\nstages: {dev: {}}\n")
    console.create("agent", name="Tutor", model=MODEL)
    console.hold("shop", "dev")
    before = files(empty)
    for command in (["pull", "--all"], ["pull", "agent/tutor"]):
        ended = empty.run(*command)
        assert ended.code == 3
        assert "error[AO054]: stage dev is held by `apply`" in ended.err
        assert files(empty) == before
    assert empty.run("pull", "--all", "--dry-run").code == 0


def test_with_a_mutex_the_copy_of_the_lock_has_it_too(empty: Project, console: Console):
    empty.write("agentops.yaml", "project: shop\nmutex: on\nstages: {dev: {}}\n")
    console.create("agent", name="Tutor", model=MODEL)
    assert empty.run("pull", "--all").code == 0
    shutil.rmtree(empty.root / "locks")
    ended = empty.run("plan", "--format", "json")
    assert (ended.code, ended.json["changes"]) == (0, [])


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["pull", "--all", "agent/x"], "say what to pull"),
        (["pull", "--all", "--id", "agent_x"], "--id belongs to one ADDRESS"),
        (["pull", "agnt/x"], "did you mean 'agent'?"),
        (["pull", "agent/tutr"], "did you mean 'agent/tutor'?"),
        (
            ["pull", "agent/x", "--id", "agent_011CZkYqphY8vELVzwCUpqiQ"],
            "nothing unmanaged of the kind agent",
        ),
        (
            ["pull", "agent/tutor", "--id", "agent_011CZkYqphY8vELVzwCUpqiQ"],
            "nothing unmanaged of the kind agent has the ID agent_011CZkYqphY8vELVzwCUpqiQ",
        ),
        (["pull", "--all", "--stage", "prod"], "there is no stage 'prod'"),
    ],
)
def test_mistakes_of_pull(empty: Project, console: Console, command: list[str], said: str):
    console.create("agent", name="Tutor", model=MODEL)
    ended = empty.run(*command)
    assert ended.code == 1
    assert said in ended.err
    assert files(empty) == {}


def test_pull_under_a_name_of_ones_own(empty: Project, console: Console):
    id = console.create("agent", name="Tutor", model=MODEL)
    assert empty.run("pull", "agent/teacher", "--id", id).code == 0
    assert empty.lock()["resources"]["agent/teacher"]["id"] == id
    again = empty.run("pull", "agent/teacher")
    assert (again.code, "Nothing to pull." in again.out) == (0, True)
    other = empty.run("pull", "agent/other", "--id", id)
    assert other.code == 1
    assert f"{id} is managed already, as agent/teacher" in other.err
    nothing_planned(empty)


def test_what_another_stage_of_the_workspace_has_just_pulled_is_left_to_it(empty: Project, console: Console):
    """It carries no tag before its first update; two stages that manage one object would block each other."""
    stages = "{dev: {registry: local}, other: {registry: local, name_suffix: -o}}"
    empty.write("agentops.yaml", f"project: p\nstages: {stages}\n")
    id = console.create("environment", name="box")
    assert empty.run("pull", "--all", "--stage", "dev").code == 0
    there = empty.run("pull", "--all", "--stage", "other")
    assert (there.code, "Nothing to pull." in there.out) == (0, True)
    assert f"{id} is left alone: stage dev has it in its lock" in there.out
    refused = empty.run("import", "environment/box", id, "--stage", "other")
    assert (refused.code, "is managed by stage dev" in refused.err) == (3, True)
    assert empty.run("lock", "rm", "environment/box", "--stage", "dev", "--yes").code == 0
    assert empty.run("import", "environment/box", id, "--stage", "other").code == 0


def test_a_name_that_no_file_gives_in_a_stage_is_told_by_its_reason(empty: Project, console: Console):
    empty.write("agentops.yaml", "project: p\nstages: {dev: {registry: local, name_suffix: -dev}}\n")
    id = console.create("agent", name="Tutor", model=MODEL)
    console.create("agent", name="Coach-dev", model=MODEL)
    ended = empty.run("pull", "--all")
    assert ended.code == 4
    assert "it is called 'Tutor', and stage dev calls everything '…-dev'" in ended.out
    empty.write("agents/tutor.yaml", f"name: Tutor\nmodel: {MODEL}\n")
    assert empty.run("import", "agent/tutor", id).code == 0
    (change,) = empty.run("plan", "--format", "json").json["changes"]
    assert [it["path"] for it in change["fields"]] == ["name"]


def test_what_lives_in_something_managed_is_told_where_to_write_it(empty: Project, console: Console):
    empty.write("memory_stores/notes.yaml", "description: Notes.\n")
    assert empty.run("apply", "--yes").code == 0
    store = empty.lock()["resources"]["memory_store/notes"]["id"]
    id = console.create("memory", store, path="/a.md", content="A")
    way = f"write it into the file of memory_store/notes, then `agentops import memory/notes/a.md {id}`"
    for command in (["pull", "memory/notes/a.md", "--id", id], ["import", "memory/notes/a.md", id]):
        ended = empty.run(*command)
        assert (ended.code, way in ended.err) == (1, True), ended.err
    empty.write("memory_stores/notes/a.md", "A")
    empty.write("memory_stores/notes.yaml", "description: Notes.\nseed: notes/\n")
    assert empty.run("import", "memory/notes/a.md", id).code == 0
    other = empty.run("pull", "agent/notes", "--id", store)
    assert f"{store} is managed already, as memory_store/notes" in other.err
    assert "lock mv" not in other.err


def test_a_file_that_may_mean_several_is_told_before_any_gets_another_file(
    empty: Project, console: Console, tutor: str
):
    ids = sorted(console.create("agent", name="Tutor", model=MODEL, system="Teach.") for _ in range(2))
    for command in (["pull", tutor], ["pull", "--all"]):
        ended = empty.run(*command)
        assert ended.code in {1, 3}
        assert f"its file may mean {ids[0]} or {ids[1]}, which are all called so" in ended.out + ended.err
    assert set(files(empty)) == {"agents/tutor.yaml"}
    assert empty.run("import", tutor, ids[0]).code == 0
    assert empty.run("pull", "--all").code == 0
    nothing_planned(empty)


def test_an_address_that_is_taken_is_not_given_to_another_id(empty: Project, console: Console):
    first = console.create("agent", name="Tutor", model=MODEL)
    second = console.create("agent", name="Tutor", model=MODEL)
    assert empty.run("pull", "agent/tutor", "--id", second).code == 0
    other = empty.run("pull", "agent/tutor", "--id", first)
    assert other.code == 1
    assert f"agent/tutor: it is managed already, as {second}" in other.err
    assert f"`agentops pull agent/NAME --id {first}`" in other.err
    nothing_planned(empty)


# -- import


def test_import_of_what_is_as_the_file_says_plans_nothing(empty: Project, console: Console, tutor: str):
    id = console.create("agent", name="Tutor", model=MODEL, system="Teach.")
    before = console.get("agent", id)
    ended = empty.run("import", tutor, id)

    assert ended.code == 0, ended.err
    assert "No changes." in ended.out
    assert console.get("agent", id) == before
    entry = empty.lock()["resources"]["agent/tutor"]
    assert (entry["id"], entry["version"], entry["path"]) == (id, 1, "agents/tutor.yaml")
    nothing_planned(empty)


def test_import_shows_what_the_file_changes_and_what_others_added_is_theirs(
    empty: Project, console: Console, tutor: str
):
    id = console.create(
        "agent", name="Teacher", model=MODEL, description="By hand.", metadata={"cost": "7"}, system="Teach."
    )
    ended = empty.run("import", tutor, id)

    assert ended.code == 0
    (change,) = empty.run("plan", "--format", "json").json["changes"]
    assert (change["action"], change["base"]["id"]) == ("update", id)
    assert {it["path"] for it in change["fields"]} == {"name", "description"}
    assert "Teacher" in ended.out
    assert empty.run("apply", "--yes").code == 0
    live = console.get("agent", id)
    assert (live["name"], live["description"]) == ("Tutor", None)
    assert live["metadata"]["cost"] == "7"
    assert live["metadata"]["agentops"].endswith("/local/agent/tutor")
    nothing_planned(empty)


def test_after_an_import_the_console_s_edit_is_drift(empty: Project, console: Console, tutor: str):
    id = console.create("agent", name="Tutor", model=MODEL, system="Teach.")
    assert empty.run("import", tutor, id).code == 0
    console.update("agent", id, system="Edited.", version=1)
    planned = empty.run("plan", "--format", "json").json
    assert planned["changes"] == []
    assert [field["path"] for field in planned["drift"][0]["fields"]] == ["system"]


def test_import_of_what_belongs_to_something(empty: Project, console: Console):
    vault = console.create("vault", display_name="keys")
    auth = {"type": "static_bearer", "mcp_server_url": "https://mcp.linear.app/mcp", "token": "x"}
    credential = console.create("credential", vault, auth=auth)
    store = console.create("memory_store", name="words")
    memory = console.create("memory", store, path="/sku.md", content="old\n")
    empty.write(
        "vaults/keys.yaml",
        "display_name: keys\ncredentials: {linear: {auth: {type: static_bearer, mcp_server_url: "
        "'https://mcp.linear.app/mcp', token: {secret: env:T}}}}\n",
    )
    empty.write("memory_stores/words.yaml", "name: words\nseed: words/\n")
    empty.write("memory_stores/words/sku.md", "new\n")

    early = empty.run("import", "credential/keys/linear", credential)
    assert early.code == 3
    assert "import that first: `agentops import vault/keys ID`" in early.err
    for address, id in {
        "vault/keys": vault,
        "credential/keys/linear": credential,
        "memory_store/words": store,
        "memory/words/sku.md": memory,
    }.items():
        assert empty.run("import", address, id).code == 0
    planned = empty.run("plan", "--format", "json").json
    assert [(it["address"], it["action"]) for it in planned["changes"]] == [("memory/words/sku.md", "update")]


def test_import_of_a_skill_compares_its_files(empty: Project, console: Console):
    id = console.create("skill", display_name="Another", name="review", files=SKILL)
    for path, content in SKILL.items():
        (empty.root / "skills/review" / path).parent.mkdir(parents=True, exist_ok=True)
        (empty.root / "skills/review" / path).write_bytes(content)
    ended = empty.run("import", "skill/review", id)
    assert ended.code == 0
    assert "warning[AO027] skill/review: its display_name is another" in ended.err
    nothing_planned(empty)
    (empty.root / "skills/review/a/b.bin").write_bytes(b"other")
    (change,) = empty.run("plan", "--format", "json").json["changes"]
    assert [it["path"] for it in change["fields"]] == ["files[a/b.bin]"]
    assert sha256(b"other") in str(change)


def test_mistakes_of_import(empty: Project, console: Console, tutor: str):
    id = console.create("agent", name="Tutor", model=MODEL, system="Teach.")
    other = console.create("agent", name="Other", model=MODEL)
    gone = console.create("agent", name="Gone", model=MODEL)
    console.archive("agent", gone)
    theirs = console.create("agent", name="T", model=MODEL, metadata={"agentops": "shop/prod/agent/t"})
    vault = console.create("vault", display_name="keys")
    before = files(empty)

    def refused(code: int, said: str, *arguments: str) -> None:
        ended = empty.run("import", *arguments)
        assert ended.code == code
        assert said in " ".join(ended.err.split())
        assert files(empty) == before

    refused(1, "has no agent agent_011CZkYqphY8vELVzwCUpqiQ", tutor, "agent_011CZkYqphY8vELVzwCUpqiQ")
    refused(1, f"{vault} is the ID of a vault; agent/tutor needs that of an agent", tutor, vault)
    refused(1, "nonsense is no ID", tutor, "nonsense")
    refused(3, f"{gone} is archived", tutor, gone)
    refused(3, f"{theirs} is tagged as shop/prod/agent/t", tutor, theirs)
    refused(1, "no file declares agent/x", "agent/x", id)
    refused(1, f"`agentops pull agent/x --id {id}`", "agent/x", id)
    refused(1, "is not an address", "tutor", id)

    assert empty.run("import", tutor, id).code == 0
    before = files(empty)
    refused(3, f"agent/tutor: it is {id} already", tutor, id)
    refused(3, f"agent/tutor: it is {id} in stage local, not {other}", tutor, other)
    refused(3, "agentops lock rm agent/tutor --stage local", tutor, other)
    empty.write("agents/second.yaml", f"name: Second\nmodel: {MODEL}\n")
    before = files(empty)
    refused(3, f"{id} is agent/tutor in stage local already", "agent/second", id)


def test_import_waits_for_nobody_where_the_stage_is_held(empty: Project, console: Console, tutor: str):
    empty.write("agentops.yaml", "project: shop\nmutex: on\nstages: {dev: {}}\n")
    id = console.create("agent", name="Tutor", model=MODEL, system="Teach.")
    console.hold("shop", "dev")
    ended = empty.run("import", tutor, id)
    assert ended.code == 3
    assert "AO054" in ended.err
    assert not (empty.root / "locks/dev.lock.json").exists()


# -- what people have published


MISSING = {
    "agent": f"---\nmodel: {MODEL}\n---\nDo it.\n",
    "memory_store": "description: Notes.\n",
    "skill": "---\nname: brief-format\ndescription: d\n---\n",
}
"""Of files that a project refers to and did not publish."""
LACKS = {
    "anthropics__claude-api-skill-example": {
        "agents/daily-brief/skills/brief-format/SKILL.md": "skill",
        "agents/daily-brief/memory_store-notes.yaml": "memory_store",
    },
    "duyet__aidr": {"agents/aidr-daily-video/agent.md": "agent"},
    "eratner15__nostalogic": {
        "agents/revival-watch.md": "agent",
        "memory_stores/nostal-state.yaml": "memory_store",
    },
}
RAW = {"duyet__aidr": ("vlt_011CftafA7Q9XsQ3QhMZoamB", "./vault.yaml")}
"""IDs of another workspace, and what is there instead."""
FIXTURES = {"anthropics__anthropic-cli-fixtures"}
"""Of a parser: the API would refuse them."""


@pytest.mark.skipif(not PUBLISHED, reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("published", PUBLISHED, ids=lambda path: path.name)
def test_a_published_project_comes_back(
    published: Path, empty: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    """Applied, then pulled into an empty folder: the plan is empty, and the bodies are the same."""
    if published.name in FIXTURES:
        pytest.skip("fixtures of a parser, which the API refuses")
    origin = Project(tmp_path / "origin", capsys)
    shutil.copytree(published, origin.root)
    (origin.root / ".git").mkdir()
    (origin.root / "claude-lock.json").unlink(missing_ok=True)
    for path, kind in LACKS.get(published.name, {}).items():
        origin.write(path, MISSING[kind])
    for path in origin.root.rglob("*.yaml") if published.name in RAW else ():
        path.write_text(path.read_text(encoding="utf-8").replace(*RAW[published.name]), encoding="utf-8")
    settings = "project: published\nstages: {dev: {}}\n"
    origin.write("agentops.yaml", settings)
    applied = origin.run("apply", "--yes")
    assert applied.code == 0, applied.out
    shutil.copytree(origin.root / ".agentops", empty.root / ".agentops")
    empty.write("agentops.yaml", settings)

    ended = empty.run("pull", "--all", "--seeds")

    assert ended.code == 0, ended.err
    nothing_planned(empty)
    had, has = (
        {it for it in lock["resources"] if not it.startswith("skill/")}
        for lock in (origin.lock("dev"), empty.lock("dev"))
    )
    assert had == has, "skills carry no tag"
    assert len(empty.lock("dev")["resources"]) == len(origin.lock("dev")["resources"])


def test_a_file_that_was_there_and_says_something_else_is_told(empty: Project, console: Console):
    console.create("agent", name="tutor", model=MODEL, description="theirs")
    empty.write("agents/tutor.yaml", f"name: tutor\nmodel: {MODEL}\ndescription: ours\n")
    ended = empty.run("pull", "agent/tutor")
    assert ended.code == 0, ended.err
    assert "its file was there and says another description than the registry has" in ended.out
    assert "agents/tutor.yaml, which was there" in ended.out
    (change,) = empty.run("plan", "--format", "json").json["changes"]
    assert [(it["path"], it["after"]) for it in change["fields"]] == [("description", "ours")]
