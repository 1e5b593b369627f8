"""What a session of a deployment may cost at most."""

from __future__ import annotations

from collections.abc import Iterator

from agentops.domain.risk import Label, Level, Risk
from agentops.policy.risks.scene import Scene
from agentops.policy.risks.words import dollars


def risks(scene: Scene) -> Iterator[Risk]:
    was, now = scene.old.budget, scene.surface.budget
    if was is None:
        return
    if now is None:
        sentence = f"Nothing limits what a session costs any more; until now it ended at {dollars(was)}."
        yield Risk(level=Level.HIGH, label=Label.BUDGET_REMOVED, sentence=sentence, path="budget")
    elif now > was:
        times = f"{now / was:.1f}".removesuffix(".0")
        sentence = f"A session may cost {dollars(now)}, until now {dollars(was)} ({times} times as much)."
        yield Risk(
            level=Level.MEDIUM,
            label=Label.BUDGET_RAISED,
            sentence=sentence,
            path="budget.max_list_cost.amount",
        )
