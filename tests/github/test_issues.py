"""``agentops github issue``: one issue while something lasts."""

from __future__ import annotations

from agentops.github.client import Client
from agentops.github.comments import Outcome
from agentops.github.issues import close, show
from agentops.github.markers import marked
from tests.github.hub import Fault, Hub
from tests.projects import Project


def test_it_is_opened_updated_and_closed(client: Client, hub: Hub) -> None:
    assert show(client, "drift", "Drift", "one", label="agentops")[0] is Outcome.CREATED
    assert show(client, "drift", "Drift", "one", label="agentops")[0] is Outcome.UNCHANGED
    assert show(client, "drift", "Drift", "two", label="agentops")[0] is Outcome.UPDATED
    (issue,) = hub.issues
    assert issue["body"] == marked("drift", "two")
    assert close(client, "drift", "gone", label="agentops")[0] is Outcome.CLOSED
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert [item["body"] for item in hub.comments] == ["gone"]
    assert close(client, "drift", "gone", label="agentops")[0] is Outcome.ABSENT


def test_a_closed_one_is_not_opened_again(client: Client, hub: Hub) -> None:
    show(client, "drift", "Drift", "one", label="agentops")
    close(client, "drift", "gone", label="agentops")
    assert show(client, "drift", "Drift", "again", label="agentops")[0] is Outcome.CREATED
    assert [item["state"] for item in hub.issues] == ["closed", "open"]


def test_others_and_pull_requests_are_left_alone(client: Client, hub: Hub) -> None:
    for login, more in (("mallory", {}), (hub.login, {"pull_request": {}})):
        made = {"number": len(hub.issues), "title": "Drift", "body": marked("drift", "x"), "state": "open"}
        hub.issues.append({**made, "labels": [{"name": "agentops"}], "user": {"login": login}, **more})
    assert show(client, "drift", "Drift", "ours", label="agentops")[0] is Outcome.CREATED
    assert [item["body"] for item in hub.issues[:2]] == [marked("drift", "x")] * 2


def test_it_is_found_behind_many_others(client: Client, hub: Hub) -> None:
    show(client, "drift", "Drift", "one", label="agentops")
    ours = hub.issues.pop()
    hub.issues.extend({**ours, "number": number, "body": "other"} for number in range(120))
    hub.issues.append(ours)
    assert show(client, "drift", "Drift", "two", label="agentops")[0] is Outcome.UPDATED
    assert len(hub.issues) == 121


def test_a_lost_answer_makes_no_second_one(client: Client, hub: Hub) -> None:
    hub.faults.append(Fault(502, method="POST", after=True))
    assert show(client, "drift", "Drift", "one", label="agentops")[0] is Outcome.CREATED
    assert len(hub.issues) == 1


def test_the_command(project: Project, hub: Hub) -> None:
    project.write("drift.md", "agent/tutor moved\n")
    ended = project.run("github", "issue", "drift.md", "--marker", "drift")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("issue: created https://github.test/acme/fleet/issues/")
    hub.allowed.discard("issues")
    ended = project.run("github", "issue", "--marker", "drift", "--close")
    assert ended.code == 1
    assert "`permissions:`  issues: write" in ended.err
