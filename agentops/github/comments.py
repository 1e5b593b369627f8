"""One comment on a pull request that is always up to date: created once, then changed in place."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from agentops.github.authors import is_by, login_of
from agentops.github.client import Client
from agentops.github.markers import carries, marked, same
from agentops.github.refusals import MOST_CHARACTERS, NoAnswer, Refused


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ABSENT = "absent"
    CLOSED = "closed"


def ours(client: Client, pull_request: int, marker: str, login: str) -> list[dict[str, Any]]:
    """The comments that begin with the marker and were written by ``login``, the oldest first."""
    path = f"{client.place.repo}/issues/{pull_request}/comments"
    listed = client.pages(path, f"list the comments of pull request {pull_request}")
    return [item for item in listed if carries(item.get("body"), marker) and is_by(item, login)]


def show(
    client: Client,
    pull_request: int,
    marker: str,
    body: str,
    *,
    reviewed: Mapping[str, str] | None = None,
    author: str | None = None,
) -> tuple[Outcome, str]:
    """Let the comment say ``body``; with its URL. ``reviewed``: stage -> change digest, hidden in it.

    Raises:
        Refused: the body is too long, or GitHub did not take it.
    """
    text = marked(marker, body, reviewed)
    refuse_too_long(text)
    login = login_of(client, author)
    found = _only(client, ours(client, pull_request, marker, login))
    if found is not None and (changed := _changed(client, found, text)) is not None:
        return changed
    made = _created(client, pull_request, marker, text, login)
    if not is_by(made, login):
        writer = (made.get("user") or {}).get("login")
        client.note(f"the token writes as {writer}; say `--author '{writer}'`, so that it is found next time")
    return Outcome.CREATED, str(made["html_url"])


def collapse(
    client: Client, pull_request: int, marker: str, summary: str, detail: str, *, author: str | None = None
) -> tuple[Outcome, str]:
    """Fold a comment that nobody needs any more to one line. Where there is none, none is made."""
    found = _only(client, ours(client, pull_request, marker, login_of(client, author)))
    if found is None:
        return Outcome.ABSENT, ""
    body = f"<details><summary>{summary}</summary>\n\n{detail}\n\n</details>"
    return _changed(client, found, marked(marker, body)) or (Outcome.ABSENT, "")


def refuse_too_long(text: str) -> None:
    if len(text) > MOST_CHARACTERS:
        raise Refused(
            f"the text has {len(text)} characters, and GitHub takes {MOST_CHARACTERS}",
            "render it shorter: `agentops show PLAN --format markdown --limit 60000`",
        )


def _only(client: Client, found: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The oldest; others came from two jobs at once, and go."""
    for item in found[1:]:
        client.delete(f"{client.place.repo}/issues/comments/{item['id']}", "remove a second comment of ours")
    return found[0] if found else None


def _changed(client: Client, item: dict[str, Any], text: str) -> tuple[Outcome, str] | None:
    """None where somebody has deleted it since it was listed."""
    if same(item["body"], text):
        return Outcome.UNCHANGED, str(item["html_url"])
    path = f"{client.place.repo}/issues/comments/{item['id']}"
    try:
        client.patch(path, "change the comment", {"body": text})
    except Refused as refused:
        if refused.status == 404:
            return None
        raise
    return Outcome.UPDATED, str(item["html_url"])


def _created(client: Client, pull_request: int, marker: str, text: str, login: str) -> dict[str, Any]:
    path = f"{client.place.repo}/issues/{pull_request}/comments"
    try:
        made: dict[str, Any] = client.post(path, "write the comment", {"body": text})
    except NoAnswer:
        # It may be there although no answer came: a second one would stay for ever.
        if found := [item for item in ours(client, pull_request, marker, login) if same(item["body"], text)]:
            return found[0]
        made = client.post(path, "write the comment", {"body": text})
    return made
