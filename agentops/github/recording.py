"""The lock goes back to the repository: a commit on the branch, or where that is protected a pull request.

The commit is made by the API, so a job needs no credentials in its clone. Sources: docs.github.com, "REST API
endpoints for repository contents" (409: the branch has moved or is protected, 422: the file is there and no
``sha`` was given), "Git references", "Pulls".
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from agentops.domain.diagnostics import Code, Stop, error
from agentops.github.client import Client
from agentops.github.refusals import Refused

_TRIES = 4
_PROTECTED = re.compile(
    r"rule violations|protected branch|status check|must be made through a pull request|"
    r"approving review|required signatures|cannot (?:update|force)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LockText:
    """A lock as it is on disk. path: posix, from the root of the repository."""

    stage: str
    path: str
    content: bytes

    @property
    def blob(self) -> str:
        """The ID that git gives the content."""
        return hashlib.sha1(
            b"blob %d\0" % len(self.content) + self.content, usedforsecurity=False
        ).hexdigest()

    @property
    def serial(self) -> int:
        return serial_of(self.content)


@dataclass(frozen=True, slots=True)
class Recorded:
    """what: ``unchanged``, ``committed`` or ``proposed``. url: of the commit or the pull request."""

    what: str
    url: str = ""


def record(client: Client, lock: LockText, branch: str) -> Recorded:
    """Bring a lock to ``branch``.

    Raises:
        Stop: the branch has a newer one. Refused: GitHub took neither a commit nor a pull request.
    """
    for _ in range(_TRIES):
        there = _there(client, lock, branch)
        if there == lock.blob:
            return Recorded("unchanged")
        if there is not None and _is_newer(client, lock, branch):
            return Recorded("unchanged")
        try:
            return Recorded("committed", _commit(client, lock, branch, there))
        except Refused as refused:
            if _is_protected(refused):
                client.note(f"{branch} takes no commit of ours ({refused.message}); proposing one instead")
                return Recorded("proposed", _propose(client, lock, branch))
            if refused.status not in (409, 422):
                raise
            last = refused  # somebody committed in between: look again
    raise last


def serial_of(content: bytes) -> int:
    try:
        return int(json.loads(content)["serial"])
    except (ValueError, KeyError, TypeError):
        raise Stop(
            error(
                Code.LOCK, "a lock cannot be read, so it is not committed", "`agentops lock rebuild` mends it"
            )
        ) from None


def _there(client: Client, lock: LockText, ref: str) -> str | None:
    found = client.find(_contents(client, lock), f"look at {lock.path}", ref=ref)
    return str(found["sha"]) if isinstance(found, dict) else None


def _is_newer(client: Client, lock: LockText, branch: str) -> bool:
    """Whether the branch has a newer lock while nothing was recorded here: the job ran again, or on a commit
    that another job's lock came after.

    Raises:
        Stop: it has a newer one, and ours is not what the job began with.
    """
    theirs = serial_of(client.raw(_contents(client, lock), f"read {lock.path}", ref=branch))
    if theirs <= lock.serial:
        return False
    if (began := client.place.commit) and _there(client, lock, began) == lock.blob:
        return True
    raise Stop(
        error(
            Code.GITHUB,
            f"{branch} has a newer {lock.path}: serial {theirs}, ours is {lock.serial}",
            "nothing is lost: the registry has a copy of both, and the next plan takes the newer one",
        )
    )


def _commit(client: Client, lock: LockText, branch: str, replaces: str | None) -> str:
    body = {
        "message": _message(lock),
        "content": base64.b64encode(lock.content).decode("ascii"),
        "branch": branch,
        **({"sha": replaces} if replaces else {}),
    }
    made = client.put(_contents(client, lock), f"commit {lock.path} to {branch}", body)
    return str(made["commit"]["html_url"])


def _propose(client: Client, lock: LockText, branch: str) -> str:
    """A branch of ours at the head of theirs, with the lock on it, and one open pull request."""
    name, repo = f"agentops/lock-{lock.stage}", client.place.repo
    head = client.get(f"{repo}/git/ref/heads/{quote(branch)}", f"look at {branch}")["object"]["sha"]
    try:
        client.post(f"{repo}/git/refs", f"make {name}", {"ref": f"refs/heads/{name}", "sha": head})
    except Refused as refused:
        if refused.status != 422:
            raise
        moved = {"sha": head, "force": True}
        client.patch(f"{repo}/git/refs/heads/{name}", f"move {name}", moved)
    _commit(client, lock, name, _there(client, lock, name))
    owner = client.place.repository.partition("/")[0]
    listed: list[dict[str, Any]] = list(
        client.pages(
            f"{repo}/pulls", "list the pull requests", state="open", head=f"{owner}:{name}", base=branch
        )
    )
    if listed:
        return str(listed[0]["html_url"])
    wanted = {"title": _message(lock), "head": name, "base": branch, "body": _BODY.format(stage=lock.stage)}
    try:
        return str(client.post(f"{repo}/pulls", "open the pull request", wanted)["html_url"])
    except Refused as refused:
        if "not permitted to create" not in refused.message:
            raise
        raise Refused(
            f"{name} has the lock, but GitHub Actions may not open a pull request for it",
            "open it by hand, or allow it: Settings, Actions, General, Workflow permissions",
            refused.status,
            refused.message,
        ) from None


_BODY = """\
This is what apply did in stage {stage}. Merge it as it is: nothing is applied by it.

Until then nothing is lost, since the registry has a copy, and the next plan takes the newer one.
"""


def _message(lock: LockText) -> str:
    return f"Record what stage {lock.stage} runs (serial {lock.serial})"


def _is_protected(refused: Refused) -> bool:
    return refused.status in (403, 409, 422) and _PROTECTED.search(refused.message) is not None


def _contents(client: Client, lock: LockText) -> str:
    return f"{client.place.repo}/contents/{quote(lock.path)}"
