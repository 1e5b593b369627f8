"""``ANTHROPIC_CUSTOM_HEADERS``: what somebody wants to have sent along with every request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentops.domain.diagnostics import Code, Diagnostic, warning
from agentops.registry.credentials import stop

VARIABLE = "ANTHROPIC_CUSTOM_HEADERS"

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")

_IDENTITY = {
    "authorization": "set ANTHROPIC_AUTH_TOKEN, or give the stage an `api_key`",
    "x-api-key": "set ANTHROPIC_API_KEY, or give the stage an `api_key`",
    "anthropic-workspace-id": "write it as the stage's `workspace_id`",
}
"""Header -> where it belongs. These say who acts and where, so whoever sets one means it: left out, the run
would act as somebody else, and let through, past what the stage says."""

_OURS = frozenset(
    {
        "accept",
        "accept-encoding",
        "anthropic-beta",
        "anthropic-version",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
    }
)
"""These belong to the single request. Whoever sets one for all programs (a beta for a chat, say) has another
program in mind: the run goes on without it, and says so."""


def custom_headers(environ: Mapping[str, str]) -> tuple[dict[str, str], tuple[Diagnostic, ...]]:
    """Name -> value, and a warning for each that is left out. Of two with one name the last one counts.

    The variable has a header a line, ``Name: value``, as the official SDK reads it. Unlike there a line that
    is no header is an error, since whoever wrote it expects it to be sent.

    Raises:
        Stop: a line is no header, or one that says who acts. No value is repeated.
    """
    found: dict[str, str] = {}
    left_out: dict[str, None] = {}
    for number, line in enumerate(environ.get(VARIABLE, "").split("\n"), 1):
        if not line.strip():
            continue
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise stop(
                f"line {number} of {VARIABLE} is no header",
                "write a header a line, `Name: value`, in ASCII; what stands there may be a secret, "
                "and is not shown",
            )
        lower = name.lower()
        if lower in _IDENTITY:
            raise stop(
                f"{VARIABLE} has {lower}, which says who acts, and no custom header can replace that",
                f"{_IDENTITY[lower]}; then take the line out of {VARIABLE}",
            )
        if lower in _OURS:
            left_out[lower] = None
        else:
            found[lower] = value
    notes = [
        warning(
            Code.CREDENTIALS,
            f"{lower} in {VARIABLE} is not sent: each request has its own",
            "take the line out to be rid of this warning",
        )
        for lower in left_out
    ]
    return found, tuple(notes)
