"""A value of one stage, taken apart into what the file says for all stages and what ``overrides`` says.

What the stage's ``defaults`` brought is neither; another value of it belongs to the stage, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentops.domain.canonical import same
from agentops.domain.kind import Kind
from agentops.domain.project import Project, Stage
from agentops.spec.affixes import affixed, unnamed
from agentops.spec.defaults import DEFAULTS
from agentops.spec.editing.patch import MISSING
from agentops.spec.editing.splice import Unwritable

_BY_KEY = "metadata"
"""The field of which a file may say some keys, and the defaults the others."""


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


def unaffixed(kind: Kind, name: Any, stage: Stage) -> Any:
    """What a file says for a name in the registry: without what the stage puts around it.

    Raises:
        Unwritable: the name has not what the stage puts around every name.
    """
    if kind.label is None or not isinstance(name, str):
        return name
    said = unnamed(kind, {kind.label: name}, stage)[kind.label]
    if stage.named(said) != name:
        raise Unwritable(f"stage {stage.name} calls everything {affixed(stage)}, not '{name}'", 0)
    return said


# -- what the defaults of agentops.yaml bring


def own_defaults(project: Project, stage: Stage) -> dict[str, Any]:
    """Those of a stage that some other stage has otherwise or not at all; metadata key by key."""
    others = [item.defaults for item in project.stages.values() if item.name != stage.name]
    own: dict[str, Any] = {}
    for name, value in stage.defaults.items():
        if name == _BY_KEY and isinstance(value, Mapping):
            keys = {
                key: text
                for key, text in value.items()
                if any((each.get(name) or {}).get(key) != text for each in others)
            }
            own |= {name: keys} if keys else {}
        elif any(not same(each.get(name), value) for each in others):
            own[name] = value
    return own


def over_defaults(
    name: str, said: tuple[Any, Any], now: tuple[Any, Any], own: Mapping[str, Any]
) -> tuple[Any, Any]:
    """What base and patch of a field become where neither said what the stage's ``own`` defaults bring: said
    for all stages, it would be news to those that have other defaults."""
    below, above = now
    if name not in own:
        return now
    if name != _BY_KEY:
        return now if said != (MISSING, MISSING) or below is MISSING else (MISSING, below)
    known = {key for each in said if isinstance(each, Mapping) for key in each}
    brought = {key for key in own[name] if key not in known}
    if not isinstance(below, Mapping) or not brought.intersection(below):
        return now
    rest = {key: value for key, value in below.items() if key not in brought}
    taken = {key: value for key, value in below.items() if key in brought}
    kept = above if isinstance(above, Mapping) else {}
    return rest or (MISSING if said[0] is MISSING else rest), {**kept, **taken}


def refuse_no_value(name: str, ours: Any, theirs: Any, defaults: Mapping[str, Any]) -> None:
    """Raises Unwritable where something has gone that the defaults bring."""
    there = theirs if isinstance(theirs, Mapping) else {}
    brought = defaults.get(name) if name == _BY_KEY and isinstance(ours, Mapping) else None
    gone = [key for key in brought or {} if key in ours and there.get(key) is None]
    if gone:
        brings = f"`{DEFAULTS}` of agentops.yaml bring '{gone[0]}'"
        raise Unwritable(f"{brings}; a file can give it another value, but not none", 0)
