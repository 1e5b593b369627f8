"""What agentops.yaml says of a stage: which registry is called, and what is allowed there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from agentops.domain.plan import FieldChange
from agentops.domain.risk import Label, Level, Risk, riskiest_first
from agentops.domain.view.visible import visible
from agentops.policy.risks.words import in_words

_Told = tuple[Level, str] | None


def stage_risks(settings: Iterable[FieldChange]) -> tuple[Risk, ...]:
    """Of a stage that was there before, the riskiest first."""
    return riskiest_first(
        Risk(level=told[0], label=Label.STAGE_CHANGED, sentence=told[1], path=item.path)
        for item in settings
        if (told := _told(item)) is not None
    )


def _told(item: FieldChange) -> _Told:
    if item.path == "registry.pacing":
        return Level.LOW, "The registry is called at another pace."
    kind = item.path.partition("[")[0].partition(".")[0]
    return _KINDS[kind](item) if kind in _KINDS else (Level.MEDIUM, f"{item.path} is set otherwise.")


def _registry(item: FieldChange) -> _Told:
    became = f"{item.path} is {_value(item.after)}, until now {_value(item.before)}"
    return Level.HIGH, f"Another registry may be called, with the key of this stage: {became}."


def _protect(item: FieldChange) -> _Told:
    if item.after:
        return Level.LOW, "Is protected from now on: what it has is neither archived nor deleted."
    return Level.HIGH, "Is no longer protected: what the files no longer ask for can be archived or deleted."


def _prune(item: FieldChange) -> _Told:
    if item.after:
        return Level.HIGH, "Prunes by itself from now on: what leaves the files is archived or deleted."
    return Level.LOW, "No longer prunes by itself: what leaves the files stays in the registry."


def _max_removals(item: FieldChange) -> _Told:
    if item.after is None:
        return Level.MEDIUM, f"Any number may be removed at once, until now at most {_value(item.before)}."
    before = f", until now {_value(item.before)}" if item.before is not None else ""
    return (
        Level.MEDIUM if before else Level.LOW,
        f"At most {_value(item.after)} may be removed at once{before}.",
    )


def _require(item: FieldChange) -> _Told:
    before, after = (item.before or [], item.after or [])
    if gone := [it for it in before if it not in after]:
        return Level.HIGH, f"No longer requires {_named(gone)} before a release goes in."
    return Level.LOW, f"Requires {_named([it for it in after if it not in before])} from now on."


def _promote_from(item: FieldChange) -> _Told:
    if item.before is None:
        return Level.LOW, f"Takes only what {_value(item.after)} runs from now on."
    now = f"what {_value(item.after)} runs" if item.after is not None else "whatever the files say"
    return Level.HIGH, f"No longer takes only what {_value(item.before)} runs, but {now}."


def _on_drift(item: FieldChange) -> _Told:
    told = (
        f"What was changed outside of the files meets {_value(item.after)}, until now {_value(item.before)}."
    )
    return Level.MEDIUM, told


def _mutex(item: FieldChange) -> _Told:
    if item.after == "off":
        return Level.MEDIUM, "Nothing keeps two runs apart any more, unless the pipeline does."
    return Level.LOW, "Two runs are kept apart otherwise than until now."


def _external(item: FieldChange) -> _Told:
    if item.after is None:
        return None
    until = f", until now {_value(item.before)}" if item.before is not None else ""
    return Level.MEDIUM, f"{visible(item.path)} is {_value(item.after)}{until}: check whose that is."


def _policy(item: FieldChange) -> _Told:
    if item.path.startswith("policy["):
        return Level.MEDIUM, f"Rules of the team change: {visible(item.path)}."
    rule = visible(item.path.removeprefix("policy."))
    said = "is off" if item.after == "off" else "is asked otherwise"
    return Level.MEDIUM, f"The rule {rule} {said}: what it found may pass from now on."


_KINDS: Mapping[str, Callable[[FieldChange], _Told]] = {
    "registry": _registry,
    "protect": _protect,
    "prune": _prune,
    "max_removals": _max_removals,
    "require": _require,
    "promote_from": _promote_from,
    "on_drift": _on_drift,
    "mutex": _mutex,
    "external": _external,
    "policy": _policy,
}


def _named(values: list[Any]) -> str:
    return in_words(f"`{visible(str(it))}`" for it in values)


def _value(value: Any) -> str:
    return "what it is by default" if value is None else f"`{visible(str(value))}`"
