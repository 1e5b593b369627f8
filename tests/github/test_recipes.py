"""The recipes of docs/ci.md and docs/gitlab.md: the shell runs, the YAML names only what there is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from agentops.cli.app import cli
from tests.projects import Project
from tests.stages import git

DOCS = Path(__file__).parents[2] / "docs"
_SHELL = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def change(project: Project) -> Project:
    """A project in git whose prompt a branch has changed; ``main`` was applied."""
    (project.root / ".git").rmdir()
    project.write("agentops.yaml", "project: fleet\nstages: {staging: {registry: local}}\n")
    project.write(".gitignore", ".agentops/\n*.plan\nreview.md\ndrift.txt\n")
    git(project.root, "init", "-q", "-b", "main")
    git(project.root, "config", "user.name", "ada")
    git(project.root, "config", "user.email", "ada@example.com")
    assert project.run("apply", "--yes").code == 0
    git(project.root, "add", "-A")
    git(project.root, "commit", "-q", "-m", "first")
    git(project.root, "checkout", "-q", "-b", "topic")
    project.write("agents/tutor/prompt.md", "# Tutor\n\nBe kind.\n")
    git(project.root, "commit", "-q", "-a", "-m", "kind")
    return project


def shell(project: Project, script: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=project.root,
        env={"PATH": path, "HOME": str(project.root.parent), "STAGE": "staging", "BASE": "main"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_shell_recipe_runs_from_the_change_to_the_morning_after(change: Project) -> None:
    reviewing, digest, applying, drifting = _SHELL.findall((DOCS / "ci.md").read_text(encoding="utf-8"))
    done = shell(change, reviewing)
    assert done.returncode == 0, done.stderr
    assert "agent/tutor" in (change.root / "review.md").read_text(encoding="utf-8")
    git(change.root, "checkout", "-q", "main")
    git(change.root, "merge", "-q", "topic")
    done = shell(change, digest + applying)
    assert done.returncode == 0, done.stderr
    assert git(change.root, "log", "-1", "--format=%s") == "Record what staging runs"
    done = shell(change, drifting)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_shell_recipe_applies_nothing_else(change: Project) -> None:
    reviewing, digest, applying, _ = _SHELL.findall((DOCS / "ci.md").read_text(encoding="utf-8"))
    assert shell(change, reviewing).returncode == 0
    change.write("agents/tutor/prompt.md", "# Tutor\n\nBe cruel.\n")
    done = shell(change, digest + applying)
    assert done.returncode == 3
    assert "AO053" in done.stderr


def test_copied_workflows_use_nothing_of_our_repository(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    shutil.copytree(DOCS.parent / ".github" / "workflows", folder)
    (folder / "ci.yml").unlink()
    block = re.search(
        r"^   ```sh\n(.*?)^   ```$", (DOCS / "github.md").read_text(encoding="utf-8"), re.M | re.S
    )
    subprocess.run(["bash", "-eu", "-c", block[1]], cwd=tmp_path, check=True)
    text = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert len(list(folder.iterdir())) == 4
    assert "uses: ./" not in text
    assert text.count("uses: OWNER/agentops@COMMIT\n") == 10


def test_gitlab_names_commands_and_options_that_there_are() -> None:
    pipeline = yaml.safe_load(_YAML.search((DOCS / "gitlab.md").read_text(encoding="utf-8"))[1])
    lines = [line for job in pipeline.values() if "script" in job for line in job["script"]]
    ours = [shlex.split(line.partition(" > ")[0]) for line in lines if line.startswith("agentops ")]
    assert len(ours) == 8
    for _, name, *words in ours:
        command = cli.commands[name]
        with command.make_context(name, words, resilient_parsing=False) as context:
            assert isinstance(context, click.Context)
