"""``renamed_from`` of a project and of a stage: what they were called before, and what that can be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.project import Name
from agentops.spec.located import LocatedDict

RENAMED_FROM = "renamed_from"


def former_names(name: Name, project: Any, stage: Any) -> tuple[Name, ...]:
    """Every name that a stage may have had, when it, its project or both were called otherwise. Of each there
    are none, one, or several in a list."""
    projects, stages = (name.project, *_several(project)), (name.stage, *_several(stage))
    names = (Name(one, other) for one in projects for other in stages)
    return tuple(item for item in dict.fromkeys(names) if item != name)


def renaming_problems(tree: LocatedDict, pattern: re.Pattern[str]) -> Iterator[Diagnostic]:
    """Former names that are no names, or somebody else's by now. ``tree`` is agentops.yaml."""
    for former in _several(tree.get(RENAMED_FROM)):
        yield from _problems("project", former, tree.get("project"), (), tree.place(RENAMED_FROM), pattern)
    found = tree.get("stages")
    stages = found if isinstance(found, LocatedDict) else LocatedDict(tree.at)
    taken: dict[str, str] = {}
    for name, stage in stages.items():
        for former in _several(stage.get(RENAMED_FROM) if isinstance(stage, LocatedDict) else None):
            at = stage.place(RENAMED_FROM)
            yield from _problems("stage", former, name, [*stages], at, pattern)
            if (other := taken.setdefault(former, name)) != name:
                yield _problem(f"the stages '{other}' and '{name}' cannot both have been '{former}'", at)


def _several(former: Any) -> Sequence[str]:
    if former is None:
        return ()
    return former if isinstance(former, list) else [former]


def _problems(
    what: str, former: str, name: Any, taken: Sequence[str], at: Location, pattern: re.Pattern[str]
) -> Iterator[Diagnostic]:
    if not pattern.match(former):
        yield _problem(f"'{former}' cannot have been the name of a {what}", at)
    elif former == name:
        yield _problem(f"the {what} '{former}' is called that already", at)
    elif former in taken:
        yield _problem(f"there is a stage '{former}', so '{name}' cannot have been it", at)


def _problem(summary: str, at: Location) -> Diagnostic:
    return error(
        Code.FORMER_NAME,
        summary,
        f"write the name that it had before, as it stands in its lock, or remove `{RENAMED_FROM}`",
        location=at,
    )
