"""What the rules have to say of stages: of all of them at once, or of what a plan brings to one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentops.cli.deciding import Order
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.diagnostics import Diagnostic
    from agentops.domain.kind import Catalog
    from agentops.domain.policy import Policy
    from agentops.domain.project import Stage
    from agentops.domain.state import DesiredState
    from agentops.domain.view import RuleText
    from agentops.policy.judge import Asked
    from agentops.policy.rule import Rule
    from agentops.spec import Loaded


def judged_order(opened: Opened, order: Order) -> tuple[Diagnostic, ...]:
    """Of what an order brings to its stage."""
    from agentops.policy.judge import judge

    needs = {address: resource.needs for address, resource in order.desired.resources.items()}
    only = order.choices.taken(needs) if order.choices.select else None
    return judge(
        [_asked(opened.catalog, order.stage, order.desired, only)],
        _built_in(),
        opened.catalog.kinds,
        whole=only is None and len(opened.project.stages) == 1,
    )


def judged(opened: Opened, stages: Sequence[Stage], loaded: Sequence[Loaded]) -> tuple[Diagnostic, ...]:
    """Of stages as their files ask for them. Where files are wrong, of everything that this says nothing
    about; where agentops.yaml is, of nothing, for it has the settings of the rules."""
    from agentops.domain.diagnostics import has_errors
    from agentops.engine.fleets import sound_part
    from agentops.policy.judge import judge

    if has_errors(opened.diagnostics):
        return ()
    parts = [sound_part(each.desired, each.diagnostics) for each in loaded]
    return judge(
        [_asked(opened.catalog, stage, *part) for stage, part in zip(stages, parts, strict=True)],
        _built_in(),
        opened.catalog.kinds,
        whole=len(stages) == len(opened.project.stages)
        and not any(has_errors(each.diagnostics) for each in loaded),
    )


def judged_by(policy: Policy, stage: Stage, loaded: Loaded) -> tuple[Diagnostic, ...]:
    """Of one stage by rules that need not be its own."""
    from agentops.engine.fleets import sound_part
    from agentops.kinds import CATALOG
    from agentops.policy.judge import judge

    part = sound_part(loaded.desired, loaded.diagnostics)
    asked = _asked(CATALOG, replace(stage, policy=policy), *part)
    return judge([asked], _built_in(), CATALOG.kinds, whole=False)


def rule_texts(opened: Opened, stages: Sequence[Stage]) -> dict[str, RuleText]:
    """What every rule of these stages is called, and why it is there, by its id."""
    from agentops.domain.view import RuleText
    from agentops.policy.ruleset import ruleset

    known = (ruleset(stage.policy, _built_in(), opened.catalog.kinds) for stage in stages)
    return {
        id: RuleText(rule.name.replace("-", " ").capitalize(), rule.why.strip())
        for each in known
        for id, rule in each.rules.items()
    }


def _asked(catalog: Catalog, stage: Stage, desired: DesiredState, only: Collection[Address] | None) -> Asked:
    from agentops.engine.fleets import fleet_of
    from agentops.policy.judge import Asked

    names = {id: str(address) for address, id in stage.external.items()}
    return Asked(stage.policy, fleet_of(catalog, desired, names, protected=stage.protect), only)


def _built_in() -> Sequence[Rule]:
    from agentops.policy.catalog import RULES

    return RULES
