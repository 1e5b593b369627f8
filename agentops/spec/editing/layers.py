"""A value of one stage, taken apart into what the file says for all stages and what ``overrides`` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentops.domain.canonical import same
from agentops.spec.editing.patch import MISSING


def staged(base: Any, patch: Any, short: str | None = None) -> Any:
    """The value in the stage (RFC 7386); ``short`` is the member that a text stands for."""
    if patch is MISSING:
        return base
    if patch is None:
        return MISSING
    if not isinstance(patch, Mapping):
        return patch
    if short is not None and isinstance(base, str):
        base = {short: base}
    result = dict(base) if isinstance(base, Mapping) else {}
    for key, value in patch.items():
        made = staged(result.get(key, MISSING), value)
        if made is MISSING:
            result.pop(key, None)
        else:
            result[key] = made
    return result


def distributed(base: Any, patch: Any, before: Any, after: Any, short: str | None = None) -> tuple[Any, Any]:
    """Base and patch that make ``after`` where they made ``before``: each member changes where it stands."""
    if patch is MISSING:
        return after, MISSING
    if all(isinstance(value, Mapping) for value in (patch, before, after)):
        if short is not None and isinstance(base, str):
            inner, new = distributed({short: base}, patch, before, after)
            return (inner[short] if list(inner) == [short] else inner), new
        if not isinstance(base, Mapping):
            return base, after
        below, above = dict(base), dict(patch)
        for key in dict.fromkeys([*before, *after]):
            old, new = before.get(key, MISSING), after.get(key, MISSING)
            if old is not MISSING and new is not MISSING and same(old, new):
                continue
            made = distributed(below.get(key, MISSING), above.get(key, MISSING), old, new)
            for layer, value in zip((below, above), made, strict=True):
                if value is MISSING:
                    layer.pop(key, None)
                else:
                    layer[key] = value
        return below, above
    if after is MISSING:
        return base, None if base is not MISSING else MISSING
    return base, after
