"""``lifecycle``: how a resource is treated, and what a path in ``ignore_changes`` may name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from agentops.domain.diagnostics import Code, Diagnostic, did_you_mean, error
from agentops.domain.kind import Kind
from agentops.domain.resource import Lifecycle
from agentops.spec.located import LocatedDict
from agentops.spec.schema import known_members, schema_problems

LIFECYCLE = "lifecycle"


class LifecycleBlock(BaseModel):
    """How a resource is treated. ignore_changes: fields that are set once and then left."""

    model_config = ConfigDict(extra="forbid", strict=True)

    protect: bool = False
    ignore_changes: list[str] = []


def read_lifecycle(body: LocatedDict, kind: Kind, problems: list[Diagnostic]) -> Lifecycle:
    """What a file says of its resource; nothing where that is wrong."""
    written = body.get(LIFECYCLE)
    if written is None:
        return Lifecycle()
    wrong = schema_problems(LifecycleBlock, written, body.place(LIFECYCLE), within=LIFECYCLE)
    if wrong:
        problems.extend(wrong)
        return Lifecycle()
    block = LifecycleBlock.model_validate(written)
    for path in block.ignore_changes:
        if (fault := ignored_problem(path, kind)) is not None:
            at = written.place("ignore_changes")
            problems.append(error(Code.INVALID_VALUE, f"ignore_changes: {fault[0]}", fault[1], location=at))
    return Lifecycle(protect=block.protect, ignore_changes=tuple(block.ignore_changes))


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
