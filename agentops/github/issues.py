"""One issue about what lasts until somebody does something: opened, kept up to date, closed."""

from __future__ import annotations

from typing import Any

from agentops.github.authors import is_by, login_of
from agentops.github.client import Client
from agentops.github.comments import Outcome, refuse_too_long
from agentops.github.markers import carries, marked, same
from agentops.github.refusals import NoAnswer


def show(
    client: Client, marker: str, title: str, body: str, *, label: str, author: str | None = None
) -> tuple[Outcome, str]:
    """Let the open issue say ``body``, or open it; with its URL. One that was closed stays closed.

    Raises:
        Refused: the body is too long, or GitHub did not take it.
    """
    text = marked(marker, body)
    refuse_too_long(text)
    login = login_of(client, author)
    if found := _open(client, marker, label, login):
        issue = found[0]
        if same(issue["body"], text) and issue["title"] == title:
            return Outcome.UNCHANGED, str(issue["html_url"])
        client.patch(_path(client, issue), "change the issue", {"title": title, "body": text})
        return Outcome.UPDATED, str(issue["html_url"])
    wanted = {"title": title, "body": text, "labels": [label]}
    try:
        made = client.post(f"{client.place.repo}/issues", "open the issue", wanted)
    except NoAnswer:
        if found := _open(client, marker, label, login):
            made = found[0]
        else:
            made = client.post(f"{client.place.repo}/issues", "open the issue", wanted)
    return Outcome.CREATED, str(made["html_url"])


def close(
    client: Client, marker: str, why: str, *, label: str, author: str | None = None
) -> tuple[Outcome, str]:
    """Say ``why`` in the open issue and close it. Where there is none, nothing is done."""
    found = _open(client, marker, label, login_of(client, author))
    for issue in found:
        client.post(f"{_path(client, issue)}/comments", "comment on the issue", {"body": why})
        done = {"state": "closed", "state_reason": "completed"}
        client.patch(_path(client, issue), "close the issue", done)
    return (Outcome.CLOSED, str(found[0]["html_url"])) if found else (Outcome.ABSENT, "")


def _open(client: Client, marker: str, label: str, login: str) -> list[dict[str, Any]]:
    listed = client.pages(
        f"{client.place.repo}/issues",
        "list the open issues",
        state="open",
        labels=label,
        sort="created",
        direction="asc",
    )
    return [
        item
        for item in listed
        if "pull_request" not in item and carries(item.get("body"), marker) and is_by(item, login)
    ]


def _path(client: Client, issue: dict[str, Any]) -> str:
    return f"{client.place.repo}/issues/{issue['number']}"
