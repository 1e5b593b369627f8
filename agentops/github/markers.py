"""What is hidden at the top of what we write, so that it is found again.

The first line is the marker, the second the record of what a reviewer was shown. Both are HTML comments,
which GitHub does not display. Only these two lines are ever read back: what follows may quote anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from agentops.domain.diagnostics import Code, Stop, error

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._/]|-(?!-))*")
_ANY = re.compile(r"<!-- agentops(?::|-)[^\n]*-->\s*")
_RECORD = re.compile(r"<!-- agentops-reviewed (?P<json>\{[^\n]*\}) -->")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def marker_line(marker: str) -> str:
    """Raises Stop for a marker that no HTML comment can hold."""
    if not _NAME.fullmatch(marker) or marker.endswith("-"):
        raise Stop(
            error(
                Code.GITHUB,
                f"{marker!r} is no marker",
                "letters, digits, spaces, and single `.`, `_`, `/`, `-` between them",
            )
        )
    return f"<!-- agentops: {marker} -->"


def marked(marker: str, body: str, reviewed: Mapping[str, str] | None = None) -> str:
    """``body`` with its two lines on top. ``reviewed``: stage -> change digest. Lines of that kind that the
    body itself begins with are taken off, so that no text can stand where ours is read."""
    body = body.replace("\r\n", "\n").lstrip("\n")
    while found := _ANY.match(body):
        body = body[found.end() :]
    record = json.dumps(dict(reviewed or {}), sort_keys=True, separators=(",", ":"))
    return f"{marker_line(marker)}\n<!-- agentops-reviewed {record} -->\n{body.rstrip()}\n"


def carries(text: str | None, marker: str) -> bool:
    return (text or "").replace("\r\n", "\n").partition("\n")[0].rstrip() == marker_line(marker)


def same(one: str | None, other: str) -> bool:
    """Whether two bodies are alike; GitHub trims ends and may store CRLF."""
    return (one or "").replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def reviewed_in(text: str) -> dict[str, str]:
    """Stage -> change digest, as the second line says; empty where it says none."""
    lines = text.replace("\r\n", "\n").split("\n", 2)
    if len(lines) < 2 or (found := _RECORD.fullmatch(lines[1].rstrip())) is None:
        return {}
    try:
        read = json.loads(found["json"])
    except ValueError:
        return {}
    return {str(stage): value for stage, value in read.items() if _is_digest(value)}


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None
