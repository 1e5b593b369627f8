"""``agentops github reviewed``: what the pull request of a commit showed for a stage."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agentops.github.client import Client
from agentops.github.markers import marked
from agentops.github.reviews import reviewed
from tests.documents import conforms
from tests.github.hub import BOT, Hub
from tests.projects import Project

DIGEST, OTHER = "ab" * 32, "cd" * 32
SHA = "1" * 40


def pull(number: int, **more: Any) -> dict[str, Any]:
    """A merged pull request, as the API lists it."""
    usual = {"merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": SHA, "base": {"ref": "main"}}
    return {"number": number, **usual, **more}


@pytest.fixture
def merged(hub: Hub) -> Hub:
    """Pull request 7 was merged as ``SHA``, and its comment shows a plan of dev."""
    hub.merged[SHA] = [pull(7)]
    hub.add_comment(marked("plan", "the plan", {"dev": DIGEST}))
    return hub


def test_the_digest_of_the_comment(client: Client, merged: Hub) -> None:
    found = reviewed(client, SHA, "main", "dev", "plan")
    conforms("reviewed", json.loads(found.model_dump_json()))
    assert (found.pull_request, found.digest, found.why) == (7, DIGEST, "")


def test_the_pull_request_that_the_commit_is_the_merge_of_comes_first(client: Client, merged: Hub) -> None:
    merged.merged[SHA][:0] = [
        pull(3, merged_at=None),
        pull(4, base={"ref": "x"}),
        pull(5, merge_commit_sha="2"),
    ]
    assert reviewed(client, SHA, "main", "dev", "plan").pull_request == 7


def test_our_own_later_edit_counts(client: Client, merged: Hub) -> None:
    merged.editors[merged.comments[0]["id"]] = BOT
    assert reviewed(client, SHA, "main", "dev", "plan").digest == DIGEST


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda hub: hub.merged.clear(), "was not merged into main by a pull request"),
        (lambda hub: hub.merged[SHA][0].update(base={"ref": "x"}), "was not merged into main by"),
        (lambda hub: hub.comments.clear(), "has no comment of agentops"),
        (lambda hub: hub.comments[0]["user"].update(login="mallory"), "has no comment of agentops"),
        (lambda hub: hub.add_comment(marked("plan", "", {"dev": OTHER})), "has 2 comments of agentops"),
        (lambda hub: hub.editors.update({hub.comments[0]["id"]: "mallory"}), "was edited by mallory"),
        (lambda hub: hub.comments[0].update(body=marked("plan", "")), "shows no plan for dev"),
    ],
)
def test_nothing_else_is_taken_for_a_review(client: Client, merged: Hub, spoil, why: str) -> None:
    spoil(merged)
    found = reviewed(client, SHA, "main", "dev", "plan")
    assert found.digest is None
    assert why in found.why


def test_the_command(project: Project, merged: Hub) -> None:
    project.write("agentops.yaml", "stages: {dev: {registry: local}}\n")
    ended = project.run("github", "reviewed", "--commit", SHA)
    assert (ended.code, ended.out, ended.err) == (0, f"{DIGEST}\n", "")
    merged.comments.clear()
    ended = project.run("github", "reviewed", "--commit", SHA)
    assert (ended.code, ended.out) == (3, "")
    assert "error[AO098]: nothing reviewed is to be applied: pull request #7 has no comment" in ended.err
    ended = project.run("github", "reviewed", "--commit", SHA, "--format", "json")
    assert ended.code == 3
    assert json.loads(ended.out)["pull_request"] == 7
