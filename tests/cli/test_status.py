"""Where every address stands in every stage: with registries, without one of them, and without any."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from agentops.domain.view import Span, TableView
from agentops.render import text
from tests.projects import Project
from tests.stages import git

STAGES = """\
project: shop
default_stage: dev
stages:
  dev: {registry: local}
  qa: {registry: local}
"""
PROD = '  prod: {registry: {base_url: "http://127.0.0.1:9", api_key: {secret: "env:NOWHERE"}}}\n'


@pytest.fixture
def shop(empty: Project) -> Project:
    (empty.root / ".git").rmdir()
    git(empty.root, "init", "-q", "-b", "main")
    empty.write("agentops.yaml", STAGES)
    empty.write(".gitignore", ".agentops/\n")
    empty.write("agents/tutor/agent.yaml", "model: claude-opus-5-5\nprompt: prompt.md\n")
    empty.write("agents/helper.yaml", "model: claude-opus-5-5\n")
    prompt(empty, "Be kind.")
    for stage in ("dev", "qa"):
        assert empty.run("apply", "--stage", stage, "--yes").code == 0
    for rule in ("Be strict.", "Be fair."):
        prompt(empty, rule)
    assert empty.run("apply", "--stage", "dev", "--yes").code == 0
    return empty


def prompt(project: Project, rule: str) -> None:
    project.write("agents/tutor/prompt.md", f"# Tutor\n\n{rule}\n")
    git(project.root, "add", "--all")
    git(project.root, "commit", "-q", "-m", rule)


def test_stages_stand_side_by_side_with_what_is_behind(shop: Project):
    out = shop.run("status").out
    assert out == (
        "shop\n"
        "\n"
        "  address       dev   qa\n"
        "  agent/helper  ✓ v1  ✓ v1\n"
        "  agent/tutor   ✓ v2  ~ v1 -2\n"
        "\n"
        "dev: 2 in sync.\n"
        "qa: 1 in sync, 1 pending; 1 behind the working tree.\n"
        "✓ as its files ask\n"
        "~ apply would change it\n"
        "-2 behind the working tree by 2 commits\n"
    )


def test_what_is_not_committed_is_one_more(shop: Project):
    shop.write("agents/tutor/prompt.md", "Unfinished.\n")
    row = shop.run("status", "--format", "json").json["rows"][1]
    assert {stage: cell["behind"] for stage, cell in row["cells"].items()} == {
        "dev": {"changes": 1},
        "qa": {"changes": 3},
    }


def test_one_stage_is_told_in_detail(shop: Project):
    for arguments in (("status", "qa"), ("status", "--stage", "qa")):
        assert "shop · stage qa" in shop.run(*arguments).out
    assert "dev" in shop.run("status", "dev", "qa").out
    unknown = shop.run("status", "quality")
    assert (unknown.code, "there is no stage 'quality'" in unknown.err) == (1, True)


def test_a_rollback_is_told(shop: Project):
    assert shop.run("rollback", "agent/tutor", "--to", "1", "--stage", "dev", "--yes").code == 0
    out = shop.run("status").out
    assert "  agent/tutor   < v3 -?" in out
    assert "dev agent/tutor: rolled back to version 1 on " in out
    assert "rolled back" in shop.run("status", "dev").out


def test_offline_no_registry_is_asked_and_that_is_said(shop: Project):
    (shop.root / ".agentops/registry.db").unlink()
    ended = shop.run("status", "--offline")
    assert ended.code == 0
    assert "agent/tutor   ✓ v2  ~ v1 -2" in ended.out
    assert "By locks and files alone: nothing is known of drift." in ended.out
    assert not (shop.root / ".agentops/registry.db").exists()
    told = shop.run("status", "--offline", "--format", "json").json
    assert [column["looked"] for column in told["stages"]] == [False, False]


def test_a_stage_without_a_credential_does_not_fail_the_others(shop: Project):
    shop.write("agentops.yaml", STAGES + PROD)
    ended = shop.run("status")
    assert ended.code == 0
    assert "agent/tutor   ✓ v2  ~ v1 -2  +" in ended.out
    assert "prod: 2 pending; by its lock and the files alone, drift is not known." in ended.out
    assert "warning[AO077]: stage prod is shown by its lock alone: " in ended.out
    assert "NOWHERE" in ended.out
    told = shop.run("status", "--format", "json").json
    assert [column["looked"] for column in told["stages"]] == [True, True, False]
    assert told["stages"][2]["problem"]["code"]


def test_drift_in_one_stage_is_told_there(shop: Project):
    id = shop.lock("qa")["resources"]["agent/helper"]["id"]
    beta = {"anthropic-beta": "managed-agents-2026-04-01"}
    shop.console(lambda client: client.post(f"/v1/agents/{id}", json={"system": "By hand."}, headers=beta))
    out = shop.run("status").out
    assert "agent/helper  ✓ v1  ≠ v2" in out
    assert "≠ changed outside" in out


def test_a_terminal_that_is_too_narrow_gets_each_address_with_its_stages_below():
    view = TableView(
        title="shop",
        header=("address", "dev", "production"),
        rows=(
            (Span("agent/with-a-long-name"), Span("✓ v1"), Span("~ v1 -2")),
            (Span("agent/b"), Span("+"), Span("")),
        ),
    )
    narrow = io.StringIO()
    text.overview(view, Console(file=narrow, width=30, force_terminal=True, no_color=True, color_system=None))
    assert narrow.getvalue().splitlines()[:7] == [
        "shop",
        "",
        "agent/with-a-long-name",
        "  dev         ✓ v1",
        "  production  ~ v1 -2",
        "",
        "agent/b",
    ]
    piped = io.StringIO()
    text.overview(view, Console(file=piped, width=30))
    assert "  agent/with-a-long-name  ✓ v1  ~ v1 -2" in piped.getvalue()
