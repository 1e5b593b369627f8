"""``overrides``: what differs in one stage, merged over the body before anything is expanded."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, did_you_mean, error
from agentops.spec.located import LocatedDict
from agentops.spec.source import describe

OVERRIDES = "overrides"


def overridden(
    body: LocatedDict,
    stage: str,
    stages: Mapping[str, Any],
    exclusive: tuple[str, ...] = (),
    short: Mapping[str, str] = MappingProxyType({}),
) -> tuple[LocatedDict, list[Diagnostic]]:
    """The body as it is in ``stage``, without the block itself.

    ``exclusive`` are keys of which only one may be there: an override that sets one takes the place of
    the others. ``short`` are keys whose text is short for a mapping of one member: ``{"model": "id"}``.
    """
    base = body.without(OVERRIDES)
    blocks = body.get(OVERRIDES)
    if blocks is None:
        return base, []
    if not isinstance(blocks, LocatedDict):
        at = body.place(OVERRIDES)
        return base, [
            error(
                Code.WRONG_TYPE,
                f"'{OVERRIDES}' must be a mapping of stages, not {describe(blocks)}",
                "write `overrides: {prod: {…}}`",
                location=at,
            )
        ]
    problems: list[Diagnostic] = []
    for name, patch in blocks.items():
        if name not in stages:
            problems.append(
                error(
                    Code.NO_STAGE,
                    f"{OVERRIDES}: there is no stage '{name}'",
                    did_you_mean(name, stages),
                    location=blocks.place(name, "key"),
                )
            )
        elif patch is not None and not isinstance(patch, LocatedDict):
            problems.append(
                error(
                    Code.WRONG_TYPE,
                    f"'{OVERRIDES}.{name}' must be a mapping of fields, not {describe(patch)}",
                    location=blocks.place(name),
                )
            )
    patch = blocks.get(stage)
    if not isinstance(patch, LocatedDict):
        return base, problems
    fixed = [key for key in ("address", "type", "$schema", OVERRIDES, "template") if key in patch]
    problems.extend(
        error(
            Code.RESERVED,
            f"'{key}' cannot differ between stages",
            "it belongs to the file, not to a stage",
            location=patch.place(key, "key"),
        )
        for key in fixed
    )
    patch = patch.without(*fixed)
    if any(patch.get(key) is not None for key in exclusive):
        base = base.without(*(key for key in exclusive if key not in patch))
    return merged(_written_out(base, patch, short), patch), problems


def _written_out(base: LocatedDict, patch: LocatedDict, short: Mapping[str, str]) -> LocatedDict:
    """The base with a text that stands for a mapping written out, where the patch changes members of it."""
    result = base.without()
    for key, member in short.items():
        if isinstance(base.get(key), str) and isinstance(patch.get(key), LocatedDict):
            at = base.place(key)
            result.put(key, LocatedDict.of(at, {member: base[key]}), at, base.place(key, "key"))
    return result


def merged(base: LocatedDict, patch: LocatedDict) -> LocatedDict:
    """Mappings merge member by member, everything else replaces, ``null`` removes (RFC 7386)."""
    result = base.without()
    for key, value in patch.items():
        if value is None:
            result = result.without(key)
        elif isinstance(value, LocatedDict):
            below = base.get(key)
            inner = below if isinstance(below, LocatedDict) else LocatedDict(value.at)
            result.put(key, merged(inner, value), patch.place(key), patch.place(key, "key"))
        else:
            result.put_from(patch, key)
    return result
