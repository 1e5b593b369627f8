"""Options, mistakes and the environment: what a person types wrong is told plainly, never as a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from agentops import __version__
from agentops.cli import main
from agentops.emulator import create_app
from agentops.registry import Access, ApiKey
from tests.projects import Project

SECRET = "sk-ant-api03-never-to-be-seen"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"agentops {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["plam"], "plam"),
        (["plan", "--fromat", "json"], "--fromat"),
        (["plan", "tutor"], "agent/tutor"),
        (["plan", "--format", "yaml"], "yaml"),
        (["apply", "--plan", "x", "agent/tutor"], "--plan"),
        (["schema", "agnet"], "agent"),
        (["render"], "ADDRESS"),
        (["registry", "serve", "--port", "99999"], "99999"),
    ],
)
def test_usage_mistakes_end_with_1_and_name_the_word(project: Project, arguments: list[str], says: str):
    ended = project.run(*arguments)
    assert ended.code == 1
    assert says in ended.err
    assert "Traceback" not in ended.err


def test_a_missing_plan_file_is_named(project: Project):
    ended = project.run("apply", "--plan", "nowhere.plan", "--yes")
    assert (ended.code, "nowhere.plan" in ended.err) == (1, True)


def test_a_directory_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]):
    assert main(["-C", "/nowhere/at/all", "plan"]) == 1
    assert "/nowhere/at/all" in capsys.readouterr().err


def test_common_options_may_stand_before_or_after_the_command(project: Project):
    before = project.run("--no-color", "-s", "local", "plan")
    after = project.run("plan", "--no-color", "-s", "local")
    assert (before.code, before.out) == (after.code, after.out)
    assert project.run("lock", "list", "-s", "local").code == 0
    assert project.run("-s", "local", "lock", "list").code == 0


def test_the_stage_comes_from_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AGENTOPS_STAGE", "prod")
    ended = project.run("plan")
    assert (ended.code, "prod" in ended.err) == (1, True)


def test_every_problem_of_every_file_is_reported_at_once_with_its_place(project: Project):
    project.write(
        "agents/tutor/agent.yaml", "nmae: x\nmodel: claude-opus-5-5\nprompt: promt.md\ntools: [web_serch]\n"
    )
    project.write("agents/other.yaml", "name: [1]\nmodel: claude-opus-5-5\n")
    ended = project.run("validate")
    assert ended.code == 1
    for place in (
        "agents/tutor/agent.yaml:1:1",
        "agents/tutor/agent.yaml:3:9",
        "agents/tutor/agent.yaml:4:9",
        "agents/other.yaml:1:7",
    ):
        assert place in ended.out
    for guess in ("'name'", "prompt.md", "web_search"):
        assert guess in ended.out


def test_an_invalid_project_is_never_planned(project: Project):
    project.write("agents/tutor/agent.yaml", "name: x\n")
    for command in (["plan"], ["apply", "--yes"], ["status"], ["drift"]):
        ended = project.run(*command)
        assert ended.code == 1
        assert "model" in ended.err


def test_init_writes_a_project_that_plans_and_applies_at_once(empty: Project):
    assert empty.run("init").code == 0
    assert empty.run("validate").code == 0
    assert empty.run("apply", "--yes").code == 0
    assert "No changes" in empty.run("plan").out
    again = empty.run("init")
    assert (again.code, "agentops.yaml" in again.err) == (3, True)


def test_every_yaml_file_init_writes_names_its_schema(empty: Project):
    empty.run("init")
    for path in (*empty.root.rglob("*.yaml"), *empty.root.rglob("*.yml")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert (path.parent / first.partition("=")[2]).resolve().is_file()


def test_schemas_are_json_schemas(project: Project):
    for kind in ("agent", "environment", "memory_store"):
        assert project.run("schema", kind).json["$schema"].endswith("2020-12/schema")
    assert "stages" in project.run("schema").json["properties"]


# -- credentials and hosts


def remote(project: Project, url: str) -> None:
    registry = f"{{base_url: '{url}', api_key: {{secret: 'env:PROD_KEY'}}}}"
    project.write("agentops.yaml", f"project: demo\nstages:\n  prod:\n    registry: {registry}\n")


def test_a_key_is_never_sent_to_a_host_only_the_project_names(
    project: Project, monkeypatch: pytest.MonkeyPatch
):
    remote(project, "https://evil.example")
    monkeypatch.setenv("PROD_KEY", SECRET)
    ended = project.run("plan")
    assert ended.code == 1
    assert "evil.example" in ended.err
    assert "AGENTOPS_TRUSTED_HOSTS" in ended.err
    assert SECRET not in ended.out + ended.err


def test_a_missing_key_is_named(project: Project):
    remote(project, "http://127.0.0.1:1")
    ended = project.run("plan")
    assert (ended.code, "PROD_KEY" in ended.err) == (1, True)


def test_a_registry_that_does_not_answer_is_named(project: Project, monkeypatch: pytest.MonkeyPatch):
    remote(project, "http://127.0.0.1:1")
    monkeypatch.setenv("PROD_KEY", SECRET)
    ended = project.run("plan")
    assert ended.code == 1
    assert "127.0.0.1" in ended.err
    assert SECRET not in ended.out + ended.err


def test_a_project_file_that_cannot_be_read_is_all_that_is_told(project: Project):
    project.write("agentops.yaml", "project: p\nvars: {inbox: x\nstages: {prod: {}}\n")
    project.write("agents/a.yaml", "template: true\nmodel: m\nsystem: '{{ vars.inbox }}'\n")
    for stage in ((), ("--stage", "prod")):
        ended = project.run("validate", *stage)
        assert (ended.code, (ended.out + ended.err).count("error[")) == (1, 1)
        assert "error[AO002] agentops.yaml:" in ended.out + ended.err


def test_validate_needs_no_key_and_no_network(project: Project):
    remote(project, "https://evil.example")
    assert project.run("validate").code == 0


def test_a_project_of_the_official_tool_is_not_applied_a_second_time(project: Project):
    project.write("claude-lock.json", '{"version": 1, "resources": {}}')
    for command in (["plan"], ["apply", "--yes"], ["destroy", "--yes"]):
        ended = project.run(*command)
        assert (ended.code, "claude-lock.json" in ended.err) == (3, True)
    assert project.run("validate").code == 0


def test_a_database_that_is_none_is_named(project: Project):
    project.write(".agentops/registry.db", "not a database, but long enough to be looked at" * 50)
    ended = project.run("plan")
    assert (ended.code, "registry.db" in ended.err) == (1, True)
    assert "bug" not in ended.err


def test_a_broken_lock_is_told_with_its_place(project: Project):
    project.write("locks/local.lock.json", "{")
    ended = project.run("plan")
    assert ended.code == 1
    assert "locks/local.lock.json:1:2" in ended.err


def test_destroy_wants_the_stage_named_where_there_are_stages(project: Project):
    project.write("agentops.yaml", "project: demo\nstages: {dev: {registry: local}}\n")
    ended = project.run("destroy", "--yes")
    assert (ended.code, "--stage" in ended.err) == (1, True)


def test_verbose_tells_each_request_and_wait_and_nothing_of_what_was_sent(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    """Method, path, status, milliseconds and request ID; no header, no query and no body."""
    app = create_app(tmp_path / "registry.db")
    refused = {"/v1/agents": 2, "/v1/memory_stores": 1}

    class Busy(httpx.ASGITransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if refused.get(request.url.path, 0) > 0:
                refused[request.url.path] -= 1
                headers = {"request-id": "req_busy", "retry-after-ms": "60"}
                return httpx.Response(429, headers=headers, json={"detail": SECRET})
            return await super().handle_async_request(request)

    def parts(*_: object) -> tuple[object, ...]:
        return Access("http://127.0.0.1:1", ApiKey(SECRET), "a key"), Busy(app=app)

    monkeypatch.setattr("agentops.cli.reaching._access", parts)
    project.write("agents/tutor/prompt.md", "A-PROMPT-NOBODY-TELLS\n")
    ended = project.run("apply", "--yes", "-v")
    assert ended.code == 0, ended.err
    lines = [line for line in ended.err.splitlines() if "/v1/" in line or line.startswith("waiting")]
    told = re.compile(
        r"(GET|POST) /v1/[a-z_]+(/[A-Za-z0-9_]+)*(/memories)? (200|429) \d+ ms( req_[A-Za-z0-9]+)?"
        r"|waiting \d+\.\d s: (429, retry-after-ms|the pace of [a-z ]+)"
    )
    assert lines
    assert [line for line in lines if not told.fullmatch(line)] == []
    assert "waiting 0.1 s: 429, retry-after-ms" in lines
    assert sum(" 429 " in line and line.endswith(" req_busy") for line in lines) == 3
    assert any(re.fullmatch(r"POST /v1/memory_stores/memstore_\w+/memories 200 .*", line) for line in lines)
    for secret in (SECRET, "A-PROMPT-NOBODY-TELLS", "Bearer", "limit=100", "Nothing yet"):
        assert secret not in ended.err
