"""What agentops.yaml says of a stage beside what is sent: who is called, what holds there, who checks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from agentops.domain.plan import FieldChange
from agentops.domain.policy import RuleSetting
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
    for name, rule in stage.policy.rules.items():
        yield f"policy.{name}", _rule(rule)
    for file in stage.policy.files:
        yield f"policy[{file.path}]", file.text


def _pacing(pacing: Pacing) -> Any:
    if pacing == UNPACED:
        return "off"
    return {name: value for name, value in asdict(pacing).items() if name != "on" and value} or None


def _rule(rule: RuleSetting) -> Any:
    if rule.off:
        return "off"
    said = {"severity": str(rule.severity)} if rule.severity is not None else {}
    return {**said, **rule.options} or None
