"""Every JSON document that a command prints is as published, whatever the command had to say."""

from __future__ import annotations

import json
import shutil

import click
import pytest

from agentops.cli.app import cli
from agentops.domain.document import DOCUMENTS, document_schema
from tests.documents import conforms
from tests.projects import Project
from tests.stages import git

STAGES = """\
project: shop
default_stage: dev
stages:
  dev: {registry: local}
  prod: {registry: local, name_suffix: -prod, promote_from: dev}
"""

BODIES = {"render"}
"""What prints the body of a request: its shape is the API's."""


def test_every_command_that_prints_json_has_a_document() -> None:
    printing = {
        " ".join(path)
        for path, command in _commands(cli)
        for option in command.params
        if "--format" in option.opts and "json" in option.type.choices
    }
    assert printing - BODIES == {name for it in DOCUMENTS.values() for name in it.commands}


def _commands(group: click.Group, path: tuple[str, ...] = ()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


def test_the_core_loop(project: Project) -> None:
    say(project, "validation", "validate")
    say(project, "plan", "plan")
    say(project, "apply", "apply", "--yes")
    say(project, "plan", "plan")
    say(project, "status", "status")
    say(project, "overview", "status", "--offline")
    say(project, "lock", "lock", "list")
    say(project, "lock-entry", "lock", "show", "agent/tutor")
    project.edit_agent(system="Edited in the console.\n", description="And described.")
    say(project, "drift", "drift")
    say(project, "plan", "plan")
    say(project, "plan", "plan", "--on-drift", "keep")
    say(project, "pull", "pull", "--dry-run")
    say(project, "pull", "pull")
    say(project, "apply", "apply", "--yes")
    say(project, "plan", "rollback", "agent/tutor", "--to", "1", "--plan-only")
    say(project, "apply", "rollback", "agent/tutor", "--to", "1", "--yes")
    say(project, "plan", "plan")
    say(project, "status", "status")
    say(project, "apply", "destroy", "--yes")


def test_what_is_wrong(project: Project) -> None:
    project.write("agents/broken.yaml", "modle: x\n")
    say(project, "validation", "validate")


def test_stages(project: Project) -> None:
    project.write("agentops.yaml", STAGES)
    say(project, "comparison", "diff", "--stages", "dev..prod")
    say(project, "apply", "apply", "--yes")
    say(project, "plan", "promote", "dev", "prod", "--plan-only")
    say(project, "apply", "promote", "dev", "prod", "--yes")
    say(project, "overview", "status")


def test_reviews(project: Project) -> None:
    project.write("agentops.yaml", STAGES)
    shutil.rmtree(project.root / ".git")
    for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        git(project.root, *words)
    project.write("environments/extra.yaml", "config: {type: cloud, networking: {type: unrestricted}}\n")
    project.write("agents/tutor/prompt.md", "Teach.\n")
    say(project, "diff", "diff", "main")
    for stage in ("dev", "prod"):
        assert project.run("plan", "--stage", stage, "--out", f"{stage}.plan").code in {0, 3}
    say(project, "plan", "show", "dev.plan")
    say(project, "plans", "show", "dev.plan", "prod.plan")
    say(project, "rules", "explain")
    say(project, "rules", "explain", "AO101")
    say(project, "code", "explain", "AO040")


def test_a_torn_lock(project: Project) -> None:
    assert project.run("apply", "--yes").code == 0
    lock = project.root / "locks/local.lock.json"
    text = lock.read_text(encoding="utf-8")
    line = text.splitlines()[1]
    torn = text.replace(line, f"<<<<<<< ours\n{line}\n=======\n{line}\n>>>>>>> theirs")
    lock.write_text(torn, encoding="utf-8")
    say(project, "rebuild", "lock", "rebuild", "--yes")


def say(project: Project, document: str, *arguments: str) -> None:
    ended = project.run(*arguments, "--format", "json")
    assert ended.out, ended.err
    conforms(document, ended.json)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_of_each_is_printed(name: str, project: Project) -> None:
    assert project.run("schema", "--document", name).json == document_schema(name)


def test_schemas_are_listed(project: Project) -> None:
    out = project.run("schema", "--list").out
    assert all(f"\n  {name} " in out for name in (*DOCUMENTS, "agent", "environment"))
    assert "\n  memory " not in out  # stands in the file of its store


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--document", "plna"], "there is no document 'plna'; did you mean 'plan'?"),
        (["plan"], "there is no kind 'plan'; write --document plan"),
        (["agent", "--document", "plan"], "say one of: a KIND, --document, --list, --write"),
    ],
)
def test_mistakes(arguments: list[str], said: str, project: Project) -> None:
    ended = project.run("schema", *arguments)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err


def test_a_saved_plan_is_the_document_too(project: Project) -> None:
    assert project.run("plan", "--out", "plan.json").code == 0
    conforms("plan", json.loads((project.root / "plan.json").read_text(encoding="utf-8")))
