"""Another model, another effort, another speed: what it costs, and that behaviour has to be checked anew."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import Model
from agentops.domain.view.visible import visible
from agentops.policy.risks.scene import Scene

_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_MUCH = 2.0
"""How many times the price is worth a second look."""


def risks(scene: Scene) -> Iterator[Risk]:
    was, now = scene.old.model, scene.surface.model
    if was is None or now is None:
        return
    if was.id != now.id:
        yield _other(was, now)
    if now.effort is not None and was.effort != now.effort:
        yield _effort(was, now)
    if was.geo != now.geo:
        sentence = f"Is run {_where(now.geo)}, until now {_where(was.geo)}: check where data may go."
        yield Risk(
            level=Level.MEDIUM, label=Label.MODEL_CHANGED, sentence=sentence, path="model.inference_geo"
        )
    if was.speed != now.speed:
        faster = now.speed == "fast"
        sentence = (
            "Runs in fast mode, at a higher price for every token: check that somebody waits for the answers."
            if faster
            else f"Runs at {visible(now.speed)} speed, until now {visible(was.speed)}: answers come later."
        )
        level = Level.MEDIUM if faster else Level.LOW
        yield Risk(level=level, label=Label.SPEED_CHANGED, sentence=sentence, path="model.speed")


def _where(geo: str | None) -> str:
    return f"in the geography {visible(geo)}" if geo is not None else "wherever its workspace says"


def _other(was: Model, now: Model) -> Risk:
    sentence = f"Runs {visible(now.id)}, until now {visible(was.id)}"
    level = Level.LOW
    if was.price is not None and now.price is not None:
        ratio = now.price / was.price
        if ratio == 1:
            sentence += ", at the same price for output tokens"
        else:
            times = f"{ratio:.2f}".rstrip("0").rstrip(".")
            sentence += f", at {times} times the price for output tokens"
            sentence += f" (${was.price:g} → ${now.price:g} a million)"
        level = Level.MEDIUM if ratio >= _MUCH else Level.LOW
    return Risk(
        level=level,
        label=Label.MODEL_CHANGED,
        sentence=f"{sentence}: try what it has to do before it goes out.",
        path="model.id",
    )


def _effort(was: Model, now: Model) -> Risk:
    more = was.effort is None or _rank(now.effort) > _rank(was.effort)
    before = f", until now {visible(was.effort)}" if was.effort else ""
    means = "it thinks longer and costs more" if more else "it thinks less; try the hard cases"
    return Risk(
        level=Level.LOW,
        label=Label.EFFORT_CHANGED,
        sentence=f"The effort is {visible(now.effort or '')}{before}: {means}.",
        path="model.effort",
    )


def _rank(effort: str | None) -> int:
    return _EFFORTS.index(effort) if effort in _EFFORTS else len(_EFFORTS)
