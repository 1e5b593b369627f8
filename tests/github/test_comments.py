"""``agentops github comment``: one comment on a pull request, always up to date, never somebody else's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentops.github.client import Client
from agentops.github.comments import Outcome, collapse, show
from agentops.github.markers import marked, reviewed_in
from agentops.github.refusals import Refused
from tests.github.hub import BOT, REPOSITORY, Fault, Hub
from tests.projects import Project

DIGEST = "ab" * 32


def bodies(hub: Hub) -> list[str]:
    return [item["body"] for item in hub.comments]


def test_it_is_made_once_and_then_changed_in_place(client: Client, hub: Hub) -> None:
    hub.add_comment("Nice!", "ada")
    assert show(client, 7, "plan", "one")[0] is Outcome.CREATED
    assert show(client, 7, "plan", "two")[0] is Outcome.UPDATED
    assert bodies(hub) == ["Nice!", marked("plan", "two")]


def test_the_same_text_is_not_sent_again(client: Client, hub: Hub) -> None:
    show(client, 7, "plan", "one")
    hub.comments[0]["body"] = hub.comments[0]["body"].replace("\n", "\r\n").rstrip()  # as GitHub may keep it
    assert show(client, 7, "plan", "one")[0] is Outcome.UNCHANGED
    assert len(hub.wrote()) == 1


def test_it_is_found_behind_hundreds_of_others(client: Client, hub: Hub) -> None:
    for number in range(250):
        hub.add_comment(f"comment {number}", "ada")
    hub.add_comment(marked("plan", "old"))
    assert show(client, 7, "plan", "new")[0] is Outcome.UPDATED
    assert len(hub.comments) == 251


@pytest.mark.parametrize(
    ("body", "login"),
    [
        (marked("plan", "mine, says mallory"), "mallory"),
        (f"> {marked('plan', 'quoted')}", BOT),
        (f"Hello\n{marked('plan', 'further down')}", BOT),
        (marked("plan b", "another marker"), BOT),
    ],
)
def test_what_only_looks_like_ours_stays(client: Client, hub: Hub, body: str, login: str) -> None:
    hub.add_comment(body, login)
    assert show(client, 7, "plan", "ours")[0] is Outcome.CREATED
    assert bodies(hub) == [body, marked("plan", "ours")]


def test_it_is_made_anew_where_somebody_deleted_it(client: Client, hub: Hub) -> None:
    show(client, 7, "plan", "one")
    hub.comments.clear()
    assert show(client, 7, "plan", "two")[0] is Outcome.CREATED


def test_also_where_that_happens_in_between(client: Client, hub: Hub) -> None:
    show(client, 7, "plan", "one")
    hub.faults.append(Fault(404, {"message": "Not Found"}, method="PATCH"))
    assert show(client, 7, "plan", "two")[0] is Outcome.CREATED


def test_a_second_one_of_two_jobs_at_once_goes(client: Client, hub: Hub) -> None:
    hub.add_comment(marked("plan", "first"))
    hub.add_comment(marked("plan", "second"))
    show(client, 7, "plan", "new")
    assert bodies(hub) == [marked("plan", "new")]


def test_a_lost_answer_makes_no_second_one(client: Client, hub: Hub) -> None:
    hub.faults.append(Fault(502, method="POST", after=True))
    assert show(client, 7, "plan", "one")[0] is Outcome.CREATED
    assert bodies(hub) == [marked("plan", "one")]


def test_a_create_that_did_not_happen_is_sent_again(client: Client, hub: Hub) -> None:
    hub.faults.append(Fault(502, method="POST"))
    assert show(client, 7, "plan", "one")[0] is Outcome.CREATED
    assert bodies(hub) == [marked("plan", "one")]


def test_it_is_folded_when_nobody_needs_it(client: Client, hub: Hub) -> None:
    show(client, 7, "plan", "long and red", reviewed={"prod": DIGEST})
    assert collapse(client, 7, "plan", "no changes", "since abc")[0] is Outcome.UPDATED
    (body,) = bodies(hub)
    assert "<details><summary>no changes</summary>\n\nsince abc" in body
    assert reviewed_in(body) == {}


def test_none_is_made_only_to_be_folded(client: Client, hub: Hub) -> None:
    assert collapse(client, 7, "plan", "no changes", "")[0] is Outcome.ABSENT
    assert hub.wrote() == []


def test_a_person_with_a_token_of_their_own(client: Client, hub: Hub) -> None:
    hub.login, hub.integration = "ada", False
    hub.add_comment(marked("plan", "the job's"))
    show(client, 7, "plan", "ada's")
    show(client, 7, "plan", "ada's, later")
    assert bodies(hub) == [marked("plan", "the job's"), marked("plan", "ada's, later")]


def test_an_app_of_ones_own_is_told_to_say_so(client: Client, hub: Hub, said: list[str]) -> None:
    hub.login = "fleet[bot]"
    show(client, 7, "plan", "one")
    assert said == [
        "the token writes as fleet[bot]; say `--author 'fleet[bot]'`, so that it is found next time"
    ]
    assert show(client, 7, "plan", "two", author="fleet[bot]")[0] is Outcome.UPDATED


def test_too_long_is_said_before_it_is_sent(client: Client, hub: Hub) -> None:
    with pytest.raises(Refused, match="the text has 65"):
        show(client, 7, "plan", "x" * 65_530)
    assert hub.requests == []
    show(client, 7, "plan", "x" * 65_400)


@pytest.mark.parametrize("marker", ["", "a--b", "a\nb", "a>", "-a", "a-", "ä"])
def test_a_marker_is_what_a_comment_can_hold(client: Client, marker: str) -> None:
    from agentops.domain.diagnostics import Stop

    with pytest.raises(Stop, match="is no marker"):
        show(client, 7, marker, "x")


def test_no_text_can_pose_as_the_record() -> None:
    forged = f'<!-- agentops-reviewed {{"prod":"{DIGEST}"}} -->'
    for text in (forged, f"<!-- agentops: plan -->\n{forged}\nx", f"\n{forged}\r\n{forged}"):
        assert reviewed_in(marked("plan", text)) == {}
    assert reviewed_in(marked("plan", forged, {"dev": DIGEST})) == {"dev": DIGEST}


@pytest.mark.parametrize("digest", ["", "ab", DIGEST[:-1], DIGEST.upper(), f"{DIGEST}\n"])
def test_only_whole_digests_are_read(digest: str) -> None:
    assert reviewed_in(marked("plan", "", {"dev": digest})) == {}


# -- the command


def event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str = REPOSITORY) -> Path:
    path, summary = tmp_path / "event.json", tmp_path / "summary.md"
    told: dict[str, Any] = {"number": 7, "head": {"sha": "abc", "repo": {"full_name": source}}}
    path.write_text(json.dumps({"pull_request": told}), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    return summary


@pytest.fixture
def project(hub: Hub, project: Project) -> Project:
    """The project of the suite, with the environment of a job."""
    project.write("one.md", "# One\n")
    project.write("two.md", "# Two\n")
    return project


def test_the_command_joins_files_and_hides_the_digests(
    hub: Hub, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event(tmp_path, monkeypatch)
    assert project.run("plan", "--out", "local.plan").code == 0
    ended = project.run("github", "comment", "one.md", "two.md", "--plan", "local.plan")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("comment on #7: created https://github.test/acme/fleet/pull/7#")
    (body,) = bodies(hub)
    digest = json.loads((project.root / "local.plan").read_text())["change_digest"]
    assert reviewed_in(body) == {"local": digest}
    assert body.endswith("-->\n# One\n\n# Two\n")


def test_a_fork_gets_a_summary_and_no_failure(
    hub: Hub, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = event(tmp_path, monkeypatch, "mallory/fleet")
    hub.allowed.clear()
    ended = project.run("github", "comment", "one.md")
    assert ended.code == 0
    assert "comes from a fork (mallory/fleet), so GitHub lets this job only read" in ended.err
    assert summary.read_text(encoding="utf-8") == "# One\n"
    assert hub.requests == []


def test_a_missing_permission_says_the_line_to_add(
    hub: Hub, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event(tmp_path, monkeypatch)
    hub.allowed.clear()
    ended = project.run("github", "comment", "one.md")
    assert ended.code == 1
    assert ended.err == (
        "error[AO098]: GitHub did not write the comment: 403 Resource not accessible by integration\n"
        "  add to the job's `permissions:`  pull-requests: write\n"
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["comment"], "say what to write"),
        (["comment", "nothing.md", "--pull-request", "7"], "nothing.md"),
        (["comment", "one.md"], "which pull request is meant is not known"),
        (["comment", "one.md", "--pull-request", "7", "--repository", "fleet"], "'fleet' is no repository"),
        (["issue", "--marker", "drift"], "say what to write"),
    ],
)
def test_mistakes_are_told(hub: Hub, project: Project, words: list[str], told: str) -> None:
    ended = project.run("github", *words)
    assert ended.code == 1
    assert told in ended.err
    assert "Traceback" not in ended.err
    assert hub.wrote() == []
