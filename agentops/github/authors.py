"""Who we are on GitHub: what somebody else wrote is never ours, whatever it begins with."""

from __future__ import annotations

from typing import Any

from agentops.github.client import Client
from agentops.github.place import ACTIONS_BOT
from agentops.github.refusals import Refused

_EDITOR = """
query($id: ID!) { node(id: $id) { ... on Comment { author { login } editor { login } } } }
"""


def login_of(client: Client, given: str | None) -> str:
    """The login that the token writes as: as given, else as GitHub says it.

    GitHub does not tell it to a token of an app; a job's own is one, of ``github-actions[bot]``.
    """
    if given:
        return given
    try:
        return str(client.get("/user", "say whose token it is")["login"])
    except Refused as refused:
        if refused.status == 403:
            return ACTIONS_BOT
        raise


def is_by(item: dict[str, Any], login: str) -> bool:
    return str((item.get("user") or {}).get("login", "")).lower() == login.lower()


def edited_by_other(client: Client, item: dict[str, Any]) -> str | None:
    """The login of somebody else who was the last to edit a comment of ours; None if nobody was.

    REST does not tell it. Whoever may write to the repository may edit every comment in it.
    """
    node = client.graphql(_EDITOR, "say who edited the comment", id=str(item["node_id"]))["node"]
    editor = (node or {}).get("editor")
    if editor is None or editor["login"] == ((node or {}).get("author") or {}).get("login"):
        return None
    return str(editor["login"])
