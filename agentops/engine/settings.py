"""What agentops.yaml says of a stage beside what is sent: who is called, what holds there, who checks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from agentops.domain.plan import FieldChange
from agentops.domain.policy import Declared, Policy, RuleSetting
from agentops.domain.project import UNPACED, Pacing, Stage


def settings_of(before: Stage, after: Stage) -> tuple[FieldChange, ...]:
    """What differs, by path. What a stage is called, and what its resources show, is not among it."""
    theirs, ours = dict(_said(before)), dict(_said(after))
    return tuple(
        FieldChange(path=path, before=theirs.get(path), after=ours.get(path))
        for path in sorted({*theirs, *ours})
        if theirs.get(path) != ours.get(path)
    )


def _said(stage: Stage) -> Iterator[tuple[str, Any]]:
    registry = stage.registry
    yield "registry", registry.provider
    yield "registry.base_url", registry.base_url
    yield "registry.workspace_id", registry.workspace_id
    yield "registry.organization_id", registry.organization_id
    yield "registry.api_key", registry.api_key
    yield "registry.pacing", _pacing(registry.pacing)
    yield "protect", stage.protect or None
    yield "on_drift", str(stage.on_drift)
    yield "prune", stage.prune or None
    yield "max_removals", None if stage.max_removals is None else str(stage.max_removals)
    # Of a local stage it goes without saying, and with the registry it changes by itself.
    yield "mutex", None if stage.mutex is not registry.is_local else ("on" if stage.mutex else "off")
    yield "promote_from", stage.promote_from
    yield "require", [str(gate) for gate in stage.require] or None
    for address, id in stage.external.items():
        yield f"external.{address}", id
    yield from _policy(stage.policy)


def _policy(policy: Policy) -> Iterator[tuple[str, Any]]:
    for name, rule in policy.rules.items():
        yield f"policy.{name}", _rule(rule)
    yield "policy.waivers", None if policy.waivers else "off"
    for address, waivers in policy.ignore.items():
        yield f"policy.ignore.{address}", {it.rule: it.reason for it in waivers}
    for file in policy.files:
        yield f"policy[{file.path}]", file.text
    for declared in policy.declared:
        yield f"policy[{declared.location.file}].{declared.id}", _declared(declared)


def _declared(rule: Declared) -> dict[str, Any]:
    """What the rule says, wherever in its file it is written."""
    said = {
        "name": rule.name,
        "severity": str(rule.severity),
        "protected": None if rule.protected is None else str(rule.protected),
        "kinds": [*rule.kinds],
        "stages": [*rule.stages],
        "path": ".".join(map(str, rule.path)),
        str(rule.check): rule.value,
        "message": rule.message,
        "fix": rule.fix,
        "why": rule.why,
    }
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _pacing(pacing: Pacing) -> Any:
    if pacing == UNPACED:
        return "off"
    return {name: value for name, value in asdict(pacing).items() if name != "on" and value} or None


def _rule(rule: RuleSetting) -> Any:
    if rule.off:
        return "off"
    said = {"severity": str(rule.severity)} if rule.severity is not None else {}
    return {**said, **rule.options} or None
