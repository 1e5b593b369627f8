"""From what GitHub answered to what a person can do about it.

Sources: docs.github.com, "Troubleshooting the REST API", "Rate limits for the REST API", "Permissions
required for GitHub Apps" (the header ``X-Accepted-GitHub-Permissions``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from agentops.domain.diagnostics import Code, Stop, error

MOST_CHARACTERS = 65_536
"""Of the body of a comment or an issue; GitHub refuses more with 422."""

_LONGEST = 300
_SCOPE = re.compile(r"(?P<name>[a-z_]+)=(?P<level>read|write|admin)")


class Refused(Stop):
    """GitHub did not do it. ``status``: of its answer; None where none came. ``message``: its own words."""

    def __init__(self, summary: str, detail: str, status: int | None = None, message: str = "") -> None:
        super().__init__(error(Code.GITHUB, summary, detail))
        self.status = status
        self.message = message


class NoAnswer(Refused):
    """Whether it was done is not known: look before doing it again."""


def refusal(answer: httpx.Response, what: str, repository: str) -> Refused:
    """What an answer of 300 and above means for ``what`` we asked for (``"write the comment"``)."""
    body = _json(answer)
    message = told(body)
    summary, detail = f"GitHub did not {what}: {answer.status_code} {message}".rstrip(), ""
    match answer.status_code:
        case 401:
            summary = f"GitHub refused the token: it could not {what}"
            detail = "it is wrong or has expired; GITHUB_TOKEN goes before GH_TOKEN"
        case 403:
            detail = _permissions(answer.headers)
        case 404:
            detail = (
                f"either it is not there, or the token may not see {repository}: a private repository needs "
                "`permissions: contents: read` beside the others"
            )
        case 410:
            detail = f"issues are switched off in the settings of {repository}"
        case 422 if "too long" in message:
            detail = f"a body has {MOST_CHARACTERS} characters at most; make it shorter with `--limit`"
        case status if status >= 500:
            detail = "GitHub is in trouble: see https://www.githubstatus.com, and run the job again"
        case status if 300 <= status < 400:
            detail = "the API leads to another host, where no token is sent; check GITHUB_API_URL"
    return Refused(summary, detail, answer.status_code, message)


def told(body: Any) -> str:
    """GitHub's own words, with the errors of its fields, on one line and without control characters."""
    if not isinstance(body, dict):
        return ""
    parts = [str(body.get("message") or "")]
    errors = body.get("errors")
    for item in errors if isinstance(errors, list) else [errors] if errors else []:
        if isinstance(item, dict):
            parts.append(
                str(item.get("message") or f"{item.get('field', '')} {item.get('code', '')}".strip())
            )
        else:
            parts.append(str(item))
    line = " ".join("; ".join(part for part in parts if part).split())
    return "".join(sign for sign in line if sign.isprintable())[:_LONGEST]


def _permissions(headers: Mapping[str, str]) -> str:
    """The lines of a workflow that would allow it. GitHub joins with ``;`` alternatives, with ``,`` what is
    needed together; the last alternative is the narrow one (``issues=write; pull_requests=write``)."""
    accepted = headers.get("x-accepted-github-permissions", "").split(";")[-1]
    lines = [
        f"{found['name'].replace('_', '-')}: {found['level']}"
        for found in _SCOPE.finditer(accepted)
        if found["name"] != "metadata"
    ]
    if lines:
        return f"add to the job's `permissions:`  {', '.join(lines)}"
    return "the token may not do that; look at the job's `permissions:` and the settings of the organization"


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
