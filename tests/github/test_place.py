"""Where a command works: what the environment of a job says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentops.domain.diagnostics import Stop
from agentops.github.place import Place

ENVIRONMENT = {"GITHUB_TOKEN": "ghs_1", "GITHUB_REPOSITORY": "acme/fleet"}


def place(tmp_path: Path, event: Any = None, **more: str) -> Place:
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event or {}), encoding="utf-8")
    return Place.of({**ENVIRONMENT, "GITHUB_EVENT_PATH": str(path), **more})


def pull_request(source: str | None) -> dict[str, Any]:
    repo = {"full_name": source} if source else None
    return {"pull_request": {"number": 7, "head": {"sha": "abc", "repo": repo}}}


def test_a_job_says_it_all(tmp_path: Path) -> None:
    found = place(tmp_path, pull_request("acme/fleet"))
    assert (found.api, found.repository, found.pull_request(None)) == (
        "https://api.github.com",
        "acme/fleet",
        7,
    )
    assert found.pull_request(9) == 9
    assert not found.read_only


@pytest.mark.parametrize(
    ("source", "actor", "why"),
    [
        ("mallory/fleet", "mallory", "a fork (mallory/fleet)"),
        (None, "mallory", "a fork (deleted since)"),
        ("acme/fleet", "dependabot[bot]", "Dependabot's"),
    ],
)
def test_jobs_that_may_only_read_are_known(tmp_path: Path, source: str | None, actor: str, why: str) -> None:
    assert why in place(tmp_path, pull_request(source), GITHUB_ACTOR=actor).read_only


def test_the_other_token_is_second(tmp_path: Path) -> None:
    assert place(tmp_path, GH_TOKEN="ghp_2").token == "ghs_1"
    assert place(tmp_path, GITHUB_TOKEN="", GH_TOKEN="ghp_2").token == "ghp_2"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"GITHUB_TOKEN": ""}, "there is no token"),
        ({"GITHUB_TOKEN": "a b"}, "characters that no token has"),
        ({"GITHUB_REPOSITORY": ""}, "not known"),
        ({"GITHUB_REPOSITORY": "acme"}, "'acme' is no repository"),
        ({"GITHUB_REPOSITORY": "acme/.."}, "no repository"),
        ({"GITHUB_API_URL": "http://github.example/api/v3"}, "no https URL"),
        ({"GITHUB_API_URL": "https://u:p@github.example"}, "no https URL"),
        ({"GITHUB_EVENT_PATH": "/nowhere"}, "cannot be read"),
    ],
)
def test_what_is_missing_or_wrong_is_said(tmp_path: Path, more: dict[str, str], told: str) -> None:
    with pytest.raises(Stop, match=told):
        place(tmp_path, **more)


def test_no_pull_request(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="not started by one"):
        place(tmp_path, {"ref": "refs/heads/main"}).pull_request(None)


def test_enterprise_server(tmp_path: Path) -> None:
    found = place(tmp_path, GITHUB_API_URL="https://github.example/api/v3/")
    assert found.api == "https://github.example/api/v3"
