"""Where on GitHub a command works: from the environment that GitHub Actions gives a job, and from options.

Sources: docs.github.com, "Variables reference" (the ``GITHUB_…`` variables), "Webhook events and payloads"
(what the file at ``GITHUB_EVENT_PATH`` holds).
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from agentops.domain.diagnostics import Code, Stop, error

PUBLIC_API = "https://api.github.com"
TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")
ACTIONS_BOT = "github-actions[bot]"
"""Who a job's own token writes as."""
DEPENDABOT = "dependabot[bot]"

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+")
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Place:
    """api: the base URL of the REST API, without a final slash. token: never shown. event: what started the
    job, empty outside of one. commit, branch: what it runs on. summary: the file whose text GitHub shows as
    the job's summary.
    """

    api: str
    token: str = field(repr=False)
    repository: str
    event: Mapping[str, Any] = field(repr=False, default_factory=dict)
    summary: Path | None = None
    actor: str = ""
    commit: str = ""
    branch: str = ""

    @classmethod
    def of(cls, environ: Mapping[str, str], repository: str | None = None) -> Self:
        """Read the environment; ``repository`` (OWNER/NAME) goes before ``GITHUB_REPOSITORY``.

        Raises:
            Stop: no repository or no token, or one that cannot be used.
        """
        name = repository or environ.get("GITHUB_REPOSITORY", "")
        if not _REPOSITORY.fullmatch(name) or name.rpartition("/")[2] in (".", ".."):
            raise _stop(
                f"'{name}' is no repository" if name else "which repository is meant is not known",
                "write `--repository OWNER/NAME`; in GitHub Actions GITHUB_REPOSITORY says it",
            )
        summary = environ.get("GITHUB_STEP_SUMMARY")
        return cls(
            api=api_of(environ),
            token=token_of(environ),
            repository=name,
            event=_event(environ.get("GITHUB_EVENT_PATH")),
            summary=Path(summary) if summary else None,
            actor=environ.get("GITHUB_ACTOR", ""),
            commit=environ.get("GITHUB_SHA", ""),
            branch=environ.get("GITHUB_REF_NAME", ""),
        )

    @property
    def repo(self) -> str:
        """The path of the repository in the API."""
        return f"/repos/{self.repository}"

    def pull_request(self, given: int | None) -> int:
        """The number of the pull request: as given, else that of the event.

        Raises:
            Stop: neither says one.
        """
        number = given or self.event.get("pull_request", {}).get("number")
        if not isinstance(number, int):
            raise _stop(
                "which pull request is meant is not known: the job was not started by one",
                "write `--pull-request NUMBER`",
            )
        return number

    @property
    def read_only(self) -> str:
        """Why GitHub gave the job a token that can only read; empty where it did not."""
        head = self.event.get("pull_request", {}).get("head", {})
        source = (head.get("repo") or {}).get("full_name")
        if head and source != self.repository:
            return f"the pull request comes from a fork ({source or 'deleted since'})"
        if head and self.actor == DEPENDABOT:
            return "the pull request is Dependabot's"
        return ""


def token_of(environ: Mapping[str, str]) -> str:
    """The token that the environment has.

    Raises:
        Stop: none, or one that no header can carry. It is not repeated.
    """
    for name in TOKEN_VARIABLES:
        if token := environ.get(name, "").strip():
            if not _TOKEN.fullmatch(token):
                raise _stop(f"{name} has characters that no token has", "set it anew")
            return token
    raise _stop(
        "there is no token for GitHub; looked for: " + ", ".join(TOKEN_VARIABLES),
        "in a workflow give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`",
    )


def api_of(environ: Mapping[str, str]) -> str:
    """The base URL of the API: GitHub Enterprise Server says its own in ``GITHUB_API_URL``.

    Raises:
        Stop: it is no https URL. The token goes nowhere else, except to this machine.
    """
    url = (environ.get("GITHUB_API_URL") or PUBLIC_API).rstrip("/")
    parts = urlsplit(url)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or parts.username or parts.query or not (parts.scheme == "https" or plain):
        raise _stop(
            "GITHUB_API_URL is no https URL of an API, so no token is sent there",
            "on GitHub Enterprise Server it is https://HOST/api/v3",
        )
    return url


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _event(path: str | None) -> Mapping[str, Any]:
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _stop(
            "the event that GITHUB_EVENT_PATH names cannot be read", "unset it outside of GitHub Actions"
        ) from None
    return found if isinstance(found, dict) else {}


def _stop(summary: str, detail: str) -> Stop:
    return Stop(error(Code.GITHUB, summary, detail))
