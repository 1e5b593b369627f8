"""``promote_from`` of the stages: which stage each gets its releases from."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.diagnostics import Code, Diagnostic, did_you_mean, error
from agentops.spec.located import LocatedDict

_KEY = "promote_from"


def promotion_problems(tree: LocatedDict) -> Iterator[Diagnostic]:
    """Of agentops.yaml: stages that do not exist, and stages that get their releases from themselves."""
    stages = tree.get("stages")
    if not isinstance(stages, LocatedDict):
        return
    holders = {name: stage for name, stage in stages.items() if isinstance(stage, LocatedDict)}
    before = {name: stage[_KEY] for name, stage in holders.items() if isinstance(stage.get(_KEY), str)}
    told: set[str] = set()
    for name, source in before.items():
        at = holders[name].place(_KEY)
        if source not in stages:
            yield error(
                Code.NO_STAGE,
                f"{_KEY}: there is no stage '{source}'",
                did_you_mean(source, (other for other in stages if other != name)),
                location=at,
            )
        elif name not in told and (circle := _circle(name, before)):
            told.update(circle)
            way = " <- ".join([*circle, name])
            what = "itself" if len(circle) == 1 else f"itself: {way}"
            yield error(
                Code.PROJECT,
                f"stage '{name}' gets its releases from {what}",
                f"the first stage of a chain has no `{_KEY}`: it is applied from the files",
                location=at,
            )


def _circle(name: str, before: dict[str, str]) -> list[str]:
    """The stages on the way from one back to itself; none where there is no such way."""
    way = [name]
    while (source := before.get(way[-1])) is not None and source not in way:
        way.append(source)
    return way if source == name else []
