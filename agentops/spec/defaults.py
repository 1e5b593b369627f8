"""``defaults`` of a project and of a stage: what a resource has where its file leaves it out.

They belong to the stage, as overrides do, and are no part of what a resource is built from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agentops.spec.located import LocatedDict

DEFAULTS = "defaults"


def defaults_in(block: Any) -> LocatedDict | None:
    """The defaults of agentops.yaml or of one stage of it, with their places."""
    found = block.get(DEFAULTS) if isinstance(block, LocatedDict) else None
    return found if isinstance(found, LocatedDict) else None


def joined(shared: LocatedDict | None, own: LocatedDict | None) -> Mapping[str, Any]:
    """Those of the project, with those of the stage over them: metadata key by key."""
    if shared is None or own is None:
        return own or shared or {}
    return filled(own, shared)


def filled(
    body: LocatedDict, defaults: Mapping[str, Any], fields: Iterable[str] | None = None
) -> LocatedDict:
    """The body with what it leaves out, of ``fields`` or of any; metadata key by key. A null is as good as
    nothing: to have no value where there is a default, write another one."""
    known = defaults.keys() if fields is None else defaults.keys() & {*fields}
    if not known or not isinstance(defaults, LocatedDict):
        return body
    result = body.without()
    for key, value in defaults.items():
        if key not in known or value is None:
            continue
        there = body.get(key)
        if there is None:
            result.put_from(defaults, key)
        elif key == "metadata" and isinstance(there, LocatedDict) and isinstance(value, LocatedDict):
            result.put(key, _under(there, value), body.place(key), body.place(key, "key"))
    return result


def _under(own: LocatedDict, below: LocatedDict) -> LocatedDict:
    result = own.without()
    for key in below:
        if key not in own:
            result.put_from(below, key)
    return result
