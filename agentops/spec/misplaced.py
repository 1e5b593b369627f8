"""What agentops.yaml has in another place or shape than it is meant for, and where it belongs."""

from __future__ import annotations

from collections.abc import Sequence

from agentops.domain.diagnostics import Code, Diagnostic
from agentops.spec.stage_block import ProjectBlock, StageBlock

_OF_A_STAGE = frozenset(StageBlock.model_fields) - frozenset(ProjectBlock.model_fields)
_OF_THE_PROJECT = frozenset(ProjectBlock.model_fields) - frozenset(StageBlock.model_fields)
_DECLARED = "`variables` declares: `team: {type: string}`; a value belongs under `vars`"
_NAMES = "letters, digits and _ make a name, and no digit begins one: `my_team`"
_RENAMED = "write `moved: [{from: agent/old, to: agent/new}]`"


def with_places(problems: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What the schema has to say, with what to write instead where the schema alone cannot tell."""
    return [_with_place(item) for item in problems]


def _with_place(item: Diagnostic) -> Diagnostic:
    path = item.summary.split("'")[1].split(".") if "'" in item.summary else []
    match item.code, path:
        case Code.UNKNOWN_KEY, [key] if key in _OF_A_STAGE:
            detail = f"it belongs to a stage: `stages.NAME.{key}`"
        case Code.UNKNOWN_KEY, ["stages", _, key] if key in _OF_THE_PROJECT:
            detail = f"it holds for all stages: write `{key}` at the top of the file"
        case Code.WRONG_TYPE, ["variables", _]:
            detail = _DECLARED
        case Code.INVALID_VALUE, ["variables", name]:
            summary = f"'variables.{name}' is no name that a template can write as `vars.{name}`"
            return item.model_copy(update={"summary": summary, "detail": _NAMES})
        case Code.WRONG_TYPE, ["moved"]:
            detail = _RENAMED
        case _:
            return item
    return item.model_copy(update={"detail": detail})
