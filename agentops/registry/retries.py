"""When a call is sent again, and after how long. Pure: the client sleeps, this only says.

The numbers are the official SDK's: two retries; 408, 409, 429 and 5xx; what the server asks for
before what we would choose. Three things differ, because a deployer's writes are not a chat's:

- **A create is never repeated when the first may have happened.** The API has no idempotency key, so
  the second one would be a second agent. 429 is refused before anything is done, and so is a 503 or
  529 in the API's own error shape (an overloaded or locked-out service saying so). Everything else
  that leaves a doubt (500, 502, 504, 408, a 503 from some proxy, a timeout, a reset) is final:
  the outcome is unknown and the caller has to look. An upload is treated the same, as the second
  would be another version, and so is an update bound to a version: that moves with the first, so
  the second is refused whoever was first.
- **A 409 on a write is never repeated.** It tells that a version has moved or a name is taken.
- **A spend cap is never waited for**, and neither is more than ``LONGEST_WAIT``: a call waits for at most
  twice that between its attempts, and its error says for how long it did.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

MAX_RETRIES = 2

LONGEST_WAIT = 300.0
"""Seconds. A server that asks for more is not waited for; the error says how much it asked for."""

SPEND_CAPS = frozenset({"contract_spend_limit_reached", "enforced_spend_limit_reached"})
"""``error.details.error_code`` of a 429 that ends only when somebody raises the cap (SDK types)."""


class Effect(Enum):
    """What sending a call twice does.

    IDEMPOTENT: nothing more than sending it once (reads, archive, delete, pause and unpause).
    CONVERGENT: the same result again (an update that is unbound or bound to content: repeating
        what is stored already is accepted); a refusal of the first is a refusal of all.
    ONCE: a second object or version, or a refusal because of our own first (create, upload, update bound
        to a version).
    """

    IDEMPOTENT = auto()
    CONVERGENT = auto()
    ONCE = auto()


class Verdict(Enum):
    """FINAL: the answer stands. RETRY: it may be sent again. UNKNOWN: it may have happened; look first."""

    FINAL = auto()
    RETRY = auto()
    UNKNOWN = auto()


def after_answer(
    effect: Effect, status: int, headers: Mapping[str, str], *, api_error: bool, code: str | None
) -> Verdict:
    """What an answer of 400 and above allows.

    ``api_error``: the body has the API's error shape; ``code``: its error code or type.
    """
    if effect is Effect.ONCE and _may_have_happened(status, api_error=api_error):
        return Verdict.UNKNOWN
    if code in SPEND_CAPS or (status == 409 and effect is not Effect.IDEMPOTENT):
        return Verdict.FINAL
    if (asked := server_delay(headers)) is not None and asked > LONGEST_WAIT:
        return Verdict.FINAL
    match headers.get("x-should-retry"):
        case "true":
            return Verdict.RETRY
        case "false":
            return Verdict.FINAL
    return Verdict.RETRY if status in (408, 409, 429) or status >= 500 else Verdict.FINAL


def after_failure(effect: Effect, *, sent: bool) -> Verdict:
    """What a missing answer allows. ``sent``: some of the request may have reached the server."""
    return Verdict.UNKNOWN if sent and effect is Effect.ONCE else Verdict.RETRY


def _may_have_happened(status: int, *, api_error: bool) -> bool:
    if status in (503, 529):
        return not api_error
    return status == 408 or status >= 500


def delay(retries_taken: int, headers: Mapping[str, str], chance: float) -> float:
    """Seconds to wait before the next retry. ``chance`` is a random number in [0, 1)."""
    asked = server_delay(headers)
    return asked if asked is not None else min(0.5 * 2**retries_taken, 8.0) * (1 - 0.25 * chance)


def asks_for_rest(status: int) -> bool:
    """Whether an answer says that there are too many calls, or that the server is not well."""
    return status == 429 or status >= 500


def says(status: int | None, headers: Mapping[str, str]) -> str:
    """Why is waited, in a few words: ``429, retry-after``."""
    if status is None:
        return "no answer"
    return f"{status}, {told[0]}" if (told := _asked(headers)) is not None else str(status)


def server_delay(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks to wait for, or None: ``retry-after-ms``, else ``retry-after``, which is
    in seconds or a date. A date is measured against the answer's own ``Date``, not our clock."""
    return told[1] if (told := _asked(headers)) is not None else None


def _asked(headers: Mapping[str, str]) -> tuple[str, float] | None:
    """The header that asks to wait, and the seconds."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if (seconds := _positive(headers.get(name), unit)) is not None:
            return name, seconds
    until, now = date(headers.get("retry-after")), date(headers.get("date"))
    if until is None or now is None:
        return None
    seconds = (until - now).total_seconds()
    return ("retry-after", seconds) if seconds > 0 else None


def _positive(text: str | None, unit: float) -> float | None:
    try:
        value = float(text or "") / unit
    except ValueError:
        return None
    return value if value > 0 and math.isfinite(value) else None


def date(text: str | None) -> datetime | None:
    """An HTTP date, or None for what is none."""
    try:
        found = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
