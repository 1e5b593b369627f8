"""Key-value metadata, the same on every resource: 16 pairs, keys to 64, values to 512 characters.

The limits are those of the SDK types ``AgentCreateParams.metadata`` and
``MemoryStoreCreateParams.metadata``; for environments none are published and these are assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentops.emulator.checks import mapping, nullable, text
from agentops.emulator.errors import invalid_request

MOST_PAIRS = 16
MOST_KEY = 64
MOST_VALUE = 512

metadata = mapping(text())
metadata_patch = mapping(nullable(text()))


def merge_metadata(
    stored: Mapping[str, str],
    patch: Mapping[str, str | None] | None,
    *,
    empty_deletes: bool = False,
    error_code: str | None = None,
) -> dict[str, str]:
    """The stored pairs with ``patch`` applied: a string sets a key, null removes it.

    ``empty_deletes`` is for environments, where an empty string removes a key too
    (``EnvironmentUpdateParams.metadata``). A patch of None changes nothing. The limits hold
    for the outcome, so one request may swap a key while sixteen are stored.
    """
    merged = dict(stored)
    for key, value in (patch or {}).items():
        if value is None or (empty_deletes and value == ""):
            merged.pop(key, None)
        else:
            merged[key] = value
    check_limits(merged, error_code=error_code)
    return merged


def check_limits(pairs: Mapping[str, Any], *, error_code: str | None = None) -> None:
    if len(pairs) > MOST_PAIRS:
        raise invalid_request(
            f"metadata: at most {MOST_PAIRS} pairs are allowed, not {len(pairs)}", error_code=error_code
        )
    for key, value in pairs.items():
        if not 1 <= len(key) <= MOST_KEY:
            raise invalid_request(
                f"metadata.{key}: a key has 1 to {MOST_KEY} characters", error_code=error_code
            )
        if len(value) > MOST_VALUE:
            raise invalid_request(
                f"metadata.{key}: a value has at most {MOST_VALUE} characters", error_code=error_code
            )
