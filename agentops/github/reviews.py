"""What was reviewed: from a commit on the branch to the digest that its pull request showed for a stage."""

from __future__ import annotations

from typing import Any

from agentops.domain.diagnostics import Blocked, Code, error
from agentops.domain.report import Reviewed
from agentops.github.authors import edited_by_other, login_of
from agentops.github.client import Client
from agentops.github.comments import ours
from agentops.github.markers import reviewed_in


def required(found: Reviewed) -> str:
    """The digest. Raises Blocked where nothing was reviewed."""
    if found.digest is None:
        raise Blocked(
            error(
                Code.GITHUB,
                f"nothing reviewed is to be applied: {found.why}",
                "review what the plan says now, then run the workflow by hand with its change digest",
            )
        )
    return found.digest


def reviewed(
    client: Client, commit: str, branch: str, stage: str, marker: str, *, author: str | None = None
) -> Reviewed:
    """What the comment on the pull request that brought ``commit`` to ``branch`` shows for ``stage``.

    The comment has to be the only one of ours, and nobody else may have been the last to edit it.
    """
    if (number := merged_pull_request(client, commit, branch)) is None:
        return Reviewed(why=f"{commit[:12]} was not merged into {branch} by a pull request")
    found = ours(client, number, marker, login_of(client, author))
    digest, why = None, ""
    if not found:
        why = f"pull request #{number} has no comment of agentops; one from a fork gets none"
    elif len(found) > 1:
        why = f"pull request #{number} has {len(found)} comments of agentops, and which one holds is open"
    elif (other := edited_by_other(client, found[0])) is not None:
        why = f"the comment on pull request #{number} was edited by {other}"
    elif (digest := reviewed_in(found[0]["body"]).get(stage)) is None:
        why = f"the comment on pull request #{number} shows no plan for {stage}"
    return Reviewed(pull_request=number, digest=digest, why=why)


def merged_pull_request(client: Client, commit: str, branch: str) -> int | None:
    """The number of the pull request that brought ``commit`` to ``branch``: one into another branch was
    reviewed as a change of that."""
    listed: list[dict[str, Any]] = [
        item
        for item in client.pages(
            f"{client.place.repo}/commits/{commit}/pulls", "find the pull request of the commit"
        )
        if item.get("merged_at") and item["base"]["ref"] == branch
    ]
    listed.sort(key=lambda item: (item.get("merge_commit_sha") != commit, item["number"]))
    return int(listed[0]["number"]) if listed else None
