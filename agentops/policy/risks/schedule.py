"""When sessions start by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from agentops.domain.risk import Label, Level, Risk
from agentops.domain.surface import Schedule
from agentops.domain.view.visible import visible
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.words import in_words

_SHOWN = 3


def risks(scene: Scene) -> Iterator[Risk]:
    was, now = scene.old.schedule, scene.surface.schedule
    paused, was_paused = scene.surface.paused, scene.old.paused
    if now is None:
        if was is not None:
            yield _risk(Level.LOW, "Starts no more by itself: somebody or something else has to start it.")
    elif was != now:
        before = f", until now {_called(was)}" if was is not None else ""
        woken = ", and is no longer paused" if was_paused and not paused else ""
        then = _then(now, scene.now, paused=paused)
        yield _risk(Level.MEDIUM, f"Starts at {_called(now)}{before}{woken}{then}")
    elif was_paused and not paused:
        yield _risk(Level.MEDIUM, f"Is no longer paused{_then(now, scene.now, paused=False)}")


def _risk(level: Level, sentence: str) -> Risk:
    return Risk(level=level, label=Label.SCHEDULE_CHANGED, sentence=sentence, path="schedule")


def _called(schedule: Schedule) -> str:
    return f"`{visible(schedule.expression)}` {visible(schedule.timezone)}"


def _then(schedule: Schedule, now: datetime, *, paused: bool) -> str:
    """The end of a sentence: the next runs by the clock of its zone."""
    if paused:
        return "; nothing runs while it is paused."
    runs = schedule.runs(now, _SHOWN)
    if not runs:
        return "; when that is next cannot be told here."
    return f"; next on {in_words(f'{run:%a} {run.day} {run:%b %H:%M}' for run in runs)}."
