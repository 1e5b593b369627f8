"""``--config-from``: who is called with which credential is said by a commit that somebody agreed to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.types import Receive, Scope, Send

from tests.projects import Project
from tests.sockets import serving
from tests.stages import Stages, git, registries, stages_of

AGENT = "name: tutor\nmodel: claude-opus-5-5\nsystem: Teach.\n"
THEIR_KEY = "THE_KEY_OF_PROD"
_NUMBERS = itertools.count(1)


class Evil:
    """A server that writes down what it is asked, with every header."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope.get("headers", ())}
        self.asked.append({"path": scope["path"], **headers})
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@contextmanager
def evil_registry() -> Iterator[tuple[Evil, str]]:
    evil = Evil()
    with serving(evil) as port:
        yield evil, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with registries(tmp_path_factory.mktemp("registries"), "staging", "prod") as found:
        yield found


@pytest.fixture
def fleet(empty: Project, urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Stages:
    """A project that is applied to prod, on a branch of its own."""
    made = stages_of(empty, urls, monkeypatch, f"trust-{next(_NUMBERS)}").configure()
    made.write("agents/tutor.yaml", AGENT)
    made.commit("first")
    made.apply("prod")
    made.commit("lock")
    git(made.root, "checkout", "-q", "-b", "change")
    return made


def rewrite(fleet: Stages, old: str, new: str) -> None:
    file = fleet.root / "agentops.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "only on disk"])
def test_a_host_that_only_a_pull_request_names_gets_no_request(
    fleet: Stages, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(THEIR_KEY, "not-for-everybody")
    with evil_registry() as (evil, url):
        rewrite(fleet, fleet.urls["prod"], url)
        rewrite(fleet, "env:STAGES_KEY", f"env:{THEIR_KEY}")
        fleet.write("agents/tutor.yaml", AGENT.replace("Teach.", "Teach well."))
        if committed:
            fleet.commit("mine")
        for command in (
            ["plan", "--stage", "prod", "--detailed-exitcode"],
            ["drift", "--stage", "prod"],
            ["status"],
            ["status", "--stage", "prod"],
            ["validate"],
            ["apply", "--stage", "prod", "--yes"],
        ):
            ended = fleet.run(*command, "--config-from", "main")
            assert ended.code == (2 if command[0] == "plan" else 0), ended.out + ended.err
            assert url not in ended.out + ended.err
        assert evil.asked == []
        assert fleet.live("prod", "agent/tutor")["system"] == "Teach well."

        fleet.run("plan", "--stage", "prod")  # what is guarded against does happen without it
        assert {it["authorization"] for it in evil.asked} == {"Bearer not-for-everybody"}


def test_the_resources_are_those_of_the_working_tree_and_the_note_names_what_differs(fleet: Stages) -> None:
    fleet.write("agents/reviewer.md", "---\nmodel: claude-opus-5-5\n---\nReview.\n")
    quiet = fleet.run("plan", "--stage", "prod", "--config-from", "main")
    assert "+ agent/reviewer" in quiet.out
    assert "AO097" not in quiet.out

    rewrite(fleet, "inbox: prod@example.com", "inbox: me@example.com")
    fleet.write("agents/reviewer.md", "---\nmodel: claude-opus-5-5\ntemplate: true\nprompt: p.md.j2\n---\n")
    fleet.write("agents/p.md.j2", "Write to {{ vars.inbox }}.")
    told = fleet.run("plan", "--stage", "prod", "--config-from", "main", "--format", "json").json
    (note,) = (it for it in told["diagnostics"] if it["code"] == "AO097")
    assert "stages.prod.vars.inbox" in note["summary"]
    assert "me@example.com" not in str(note)
    assert note["location"]["file"] == "agentops.yaml"
    (created,) = told["changes"]
    assert created["body"]["system"] == "Write to prod@example.com."


def test_the_same_in_other_words_is_no_difference(fleet: Stages) -> None:
    file = fleet.root / "agentops.yaml"
    file.write_text("# Ours.\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    assert "AO097" not in fleet.run("plan", "--stage", "prod", "--config-from", "main").out


def test_the_limits_and_gates_of_a_stage_are_those_of_the_commit(fleet: Stages) -> None:
    git(fleet.root, "checkout", "-q", "main")
    protected = "vars: {inbox: prod@example.com}\nprotect: true\nprune: true"
    fleet.configure({"prod": protected}).commit("protect")
    fleet.apply("prod")
    fleet.commit("lock")
    git(fleet.root, "checkout", "-q", "-B", "change")
    fleet.configure().remove("agents/tutor.yaml")
    ended = fleet.run("plan", "--stage", "prod", "--config-from", "main")
    assert "agent/tutor is protected, and stays" in ended.out


def test_problems_of_that_file_are_told_with_the_commit_in_front(fleet: Stages) -> None:
    rewrite(fleet, "vars: {inbox: prod", "varss: {inbox: prod")
    broken = fleet.commit("broken")
    fleet.configure().write("agents/tutor.yaml", AGENT)
    ended = fleet.run("validate", "--config-from", "change")
    assert ended.code == 1
    assert "error[AO010] change:agentops.yaml:8:5: unknown key 'stages.prod.varss'" in ended.out
    assert f"{broken}:agentops.yaml:8:5" in fleet.run("validate", "--config-from", broken).out

    fleet.configure({}, "external: {agent/tutor: {prod: env_1}}").commit("of another kind")
    fleet.configure()
    ended = fleet.run("validate", "--config-from", "change")
    assert "change:agentops.yaml:9:32: external: 'env_1' is no ID of the kind agent" in ended.out
    assert "change:agentops.yaml:9:12: agent/tutor is external, and agents/tutor.yaml" in ended.out


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("mian", "the commit mian is not in this clone"),
        ("--help", "the commit --help is not in this clone"),
        ("", "the commit  is not in this clone"),
        ("before", "before has no agentops.yaml in this folder"),
    ],
)
def test_a_commit_that_cannot_be_taken_stops_it(fleet: Stages, revision: str, says: str) -> None:
    git(fleet.root, "checkout", "-q", "--orphan", "before")
    git(fleet.root, "rm", "-q", "-rf", "agentops.yaml", "locks")
    fleet.commit("nothing yet")
    git(fleet.root, "checkout", "-q", "change")
    ended = fleet.run("plan", "--stage", "prod", f"--config-from={revision}")
    assert (ended.code, ended.out) == (1, "")
    assert says in ended.err


def test_without_the_file_here_that_of_the_commit_still_holds(fleet: Stages) -> None:
    (fleet.root / "agentops.yaml").unlink()
    ended = fleet.run("plan", "--stage", "prod", "--config-from", "main")
    assert ended.code == 0, ended.err
    assert "the one of the working tree is missing or cannot be read" in ended.out
    assert fleet.run("plan", "--stage", "prod").code == 1


def test_a_saved_plan_and_a_reviewed_digest_are_applied_with_the_same_configuration(
    fleet: Stages, tmp_path: Path
) -> None:
    with evil_registry() as (evil, url):
        rewrite(fleet, fleet.urls["prod"], url)
        fleet.write("agents/tutor.yaml", AGENT.replace("Teach.", "Teach well."))
        saved = tmp_path / "plan.json"
        base = ("--stage", "prod", "--config-from", "main")
        planned = fleet.run("plan", *base, "--out", str(saved), "--format", "json").json
        assert fleet.run("apply", *base, "--expect", "0" * 12, "--yes").code == 3
        ended = fleet.run("apply", *base, "--expect", planned["change_digest"], "--yes")
        assert ended.code == 0, ended.err
        again = fleet.run("apply", *base, "--plan", str(saved), "--yes")
        assert again.code == 0, again.err
        assert evil.asked == []


def test_a_release_is_promoted_to_where_the_commit_says(fleet: Stages) -> None:
    fleet.apply("staging")
    fleet.commit("lock of staging")
    with evil_registry() as (evil, url):
        rewrite(fleet, fleet.urls["prod"], url)
        ended = fleet.run("promote", "staging", "prod", "--plan-only", "--config-from", "main")
        assert ended.code == 0, ended.out + ended.err
        assert evil.asked == []
