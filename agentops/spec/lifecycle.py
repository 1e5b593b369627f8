"""``lifecycle.ignore_changes``: what a path in it may name."""

from __future__ import annotations

from agentops.domain.diagnostics import did_you_mean
from agentops.domain.kind import Kind
from agentops.spec.schema import known_members


def ignored_problem(path: str, kind: Kind) -> tuple[str, str] | None:
    """What is wrong with an entry, and what to write: a path that names nothing would ignore nothing.

    It is a field, or a member of a field that is compared member by member.
    """
    name, dot, members = path.partition(".")
    field = kind.fields.get(name)
    if field is None:
        return f"the kind {kind.name} has no field '{name}'", did_you_mean(name, kind.fields)
    if not dot:
        return None
    if not field.leaves:
        return f"'{name}' is compared as a whole", f"write `{name}`"
    member = members.partition(".")[0]
    known = known_members(kind.schema, (name,), {name: {}})
    if not member or (known and member not in known):
        return f"'{name}' has no member '{member}'", did_you_mean(member, known)
    return None
