"""What files only name: secrets, looked up where apply runs, and skills on GitHub, fetched and pinned."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

import pytest

import agentops.remotes
from agentops.remotes import Remotes
from tests.projects import Project

SECRET = "sentinel-4f9a1c7e2b"
URL = "https://github.com/acme/skills/tree/main/pr-writer"
SKILL = f"skill/{URL.removeprefix('https://')}"

VAULT = """\
display_name: Keys
credentials:
  linear:
    auth: {type: static_bearer, mcp_server_url: https://mcp.linear.app/mcp, token: {secret: env:LINEAR_TOKEN}}
  api:
    auth:
      type: environment_variable
      secret_name: API_KEY
      secret_value: {secret: file:.secrets/api}
      networking: {type: unrestricted}
"""


@pytest.fixture
def vault(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    project.write("vaults/keys.yaml", VAULT)
    project.write(".secrets/api", f"{SECRET}\n")
    monkeypatch.setenv("LINEAR_TOKEN", SECRET)
    return project


def test_planning_needs_no_secret_and_applying_names_all_that_are_missing(
    vault: Project, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("LINEAR_TOKEN")
    (vault.root / ".secrets" / "api").unlink()

    assert vault.run("validate").code == 0
    assert vault.run("plan").code == 0
    refused = vault.run("apply", "--yes")

    assert refused.code == 1
    assert "env:LINEAR_TOKEN is not there" in refused.err
    assert "file:.secrets/api cannot be read" in refused.err
    assert not (vault.root / "locks" / "local.lock.json").exists()


def test_no_secret_is_left_anywhere(vault: Project):
    said = [
        vault.run("plan", "-v", "--out", "saved.plan"),
        vault.run("apply", "--plan", "saved.plan", "--yes", "-v"),
        vault.run("plan", "--rotate", "credential/keys/linear", "--format", "json"),
        vault.run("apply", "--rotate", "credential/keys/linear", "--yes", "-v", "--format", "json"),
        vault.run("lock", "list", "--format", "json"),
        vault.run("render", "credential/keys/linear"),
    ]
    assert [ended.code for ended in said] == [0] * len(said)
    assert (vault.root / "saved.plan").exists(), "as if started there"
    assert not any(SECRET in ended.out or SECRET in ended.err for ended in said)
    (vault.root / ".secrets" / "api").unlink()
    for path in vault.root.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_a_secret_is_sent_again_in_place(vault: Project):
    vault.run("apply", "--yes")
    before = vault.lock()["resources"]["credential/keys/linear"]
    assert vault.run("plan", "--detailed-exitcode").code == 0

    vault.write("vaults/keys.yaml", VAULT.replace("LINEAR_TOKEN}}", "LINEAR_TOKEN}}\n    secret_version: 2"))
    planned = vault.run("plan")
    assert "~ credential/keys/linear  sends its secrets again" in planned.out
    assert "secret env:LINEAR_TOKEN (sent again)" in planned.out
    assert vault.run("apply", "--yes").code == 0

    after = vault.lock()["resources"]["credential/keys/linear"]
    assert after["id"] == before["id"]
    assert after["secrets"] != before["secrets"]
    assert vault.run("plan", "--detailed-exitcode").code == 0


def test_rotating_what_has_no_secret_is_refused_by_name(vault: Project):
    vault.run("apply", "--yes")
    refused = vault.run("plan", "--rotate", "vault/keys")
    assert (refused.code, "vault/keys has no secrets" in refused.err) == (1, True)


# Skills on GitHub


class Remote:
    """A git repository on this machine that stands in for github.com/acme/skills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        self.commit("how")

    def commit(self, text: str) -> str:
        (self.folder / "pr-writer").mkdir(exist_ok=True)
        manifest = f"---\nname: pr-writer\ndescription: writes PRs\n---\n{text}\n"
        (self.folder / "pr-writer" / "SKILL.md").write_text(manifest, encoding="utf-8")
        self.git("add", "-A")
        self.git("-c", "user.name=n", "-c", "user.email=n@example.com", "commit", "-qm", text)
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=self.folder, check=True, capture_output=True, text=True
        ).stdout


@pytest.fixture
def remote(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Remote:
    found = Remote(tmp_path / "github" / "acme" / "skills")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.file://{tmp_path / 'github'}/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    monkeypatch.setattr(agentops.remotes, "Remotes", functools.partial(Remotes, allow_file=True))
    project.write(
        "agents/writer.md",
        f"---\nmodel: claude-opus-5-5\ntools: [read]\nskills: [{URL}]\n---\n\nYou write.\n",
    )
    return found


def test_a_skill_on_github_is_pinned_until_it_is_upgraded(project: Project, remote: Remote):
    first = remote.git("rev-parse", "HEAD").strip()
    assert project.run("validate").code == 0
    assert project.run("apply", "--yes").code == 0
    pinned = project.lock()["resources"][SKILL]
    assert pinned["revision"] == f"{first}:pr-writer"
    assert pinned["path"] == URL

    second = remote.commit("how, and why")
    assert project.run("plan", "--detailed-exitcode").code == 0
    upgrade = project.run("plan", "--upgrade", "--detailed-exitcode")
    assert upgrade.code == 2
    assert "+ how, and why" in upgrade.out
    assert f'revision  "{first}:pr-writer" → "{second}:pr-writer"' in upgrade.out
    assert f"~ agent/writer  v1 → v2, because {SKILL} changes" in upgrade.out
    assert project.run("apply", "--upgrade", "--yes").code == 0

    moved = project.lock()["resources"][SKILL]
    assert (moved["id"], moved["revision"]) == (pinned["id"], f"{second}:pr-writer")
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_pin_that_only_the_copy_in_the_registry_has_holds_as_well(project: Project, remote: Remote):
    project.write("agentops.yaml", "project: shop\nmutex: on\nstages: {local: {}}\n")
    assert project.run("apply", "--yes").code == 0
    (project.root / "locks/local.lock.json").unlink()
    remote.commit("how, and why")
    ended = project.run("plan", "--detailed-exitcode")
    assert ended.code == 0, ended.out
    assert "AO071" in ended.out


def test_what_is_hidden_in_a_repository_is_named_and_left_there(project: Project, remote: Remote):
    (remote.folder / "pr-writer" / ".github").mkdir()
    (remote.folder / "pr-writer" / ".github" / "link").symlink_to("/etc/passwd")
    remote.commit("how")
    planned = project.run("plan")

    assert planned.code == 0, planned.err
    assert "1 file," in planned.out
    assert "not uploaded: .github" in planned.out


def test_a_saved_plan_uploads_what_it_was_made_of_although_the_branch_has_moved(
    project: Project, remote: Remote
):
    first = remote.git("rev-parse", "HEAD").strip()
    assert project.run("plan", "--out", "saved.plan").code == 0
    remote.commit("something else")

    assert project.run("apply", "--plan", "saved.plan", "--yes").code == 0
    assert project.lock()["resources"][SKILL]["revision"] == f"{first}:pr-writer"
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_a_repository_that_is_not_there_is_told_at_the_place_that_names_it(project: Project, remote: Remote):
    project.write(
        "agents/writer.md",
        f"---\nmodel: claude-opus-5-5\nskills: [{URL.replace('acme', 'other')}]\n---\n\nX.\n",
    )
    assert project.run("validate").code == 0
    refused = project.run("plan")

    assert refused.code == 1
    assert "agents/writer.md" in refused.err
    assert "acme" not in refused.err
    assert "github.com/other/skills" in refused.err


def test_a_file_of_a_skill_that_changes_after_the_plan_is_not_uploaded(project: Project):
    project.write("skills/notes/SKILL.md", "---\nname: notes\ndescription: Notes.\n---\nOne.\n")
    assert project.run("plan", "--out", "saved.plan").code == 0
    project.write("skills/notes/SKILL.md", "---\nname: notes\ndescription: Notes.\n---\nTwo.\n")
    refused = project.run("apply", "--plan", "saved.plan", "--yes")

    assert refused.code == 1
    assert "skills/notes/SKILL.md is not what was planned" in refused.err
    assert not (project.root / "locks" / "local.lock.json").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_a_skill_that_cannot_be_read_is_named_before_anything_is_sent(project: Project):
    project.write("skills/notes/SKILL.md", "---\nname: notes\ndescription: Notes.\n---\nOne.\n")
    project.write("skills/notes/more.md", "More.\n")
    (project.root / "skills" / "notes" / "more.md").chmod(0)
    refused = project.run("apply", "--yes")

    assert refused.code == 1
    assert "skills/notes/more.md is not uploaded: it cannot be read" in refused.err
