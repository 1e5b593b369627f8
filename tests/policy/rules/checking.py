"""Rules tried on fleets: of projects written for a test, and of surfaces put together by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Severity
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import Surface
from agentops.engine.fleets import fleet_of
from agentops.kinds import CATALOG
from agentops.policy.catalog import RULES
from agentops.policy.rule import Finding, Rule
from agentops.spec import load_project, load_stage

SANDBOX = "config: {type: cloud, networking: {type: limited, allowed_hosts: [], allow_mcp_servers: true}}\n"
OPEN = "config: {type: cloud, networking: {type: unrestricted}}\n"
PROMPT = "system: You answer questions about orders, one at a time.\n"
AGENT = f"model: claude-opus-5-5\n{PROMPT}"


def deployment(agent: str = "a", **members: str) -> str:
    """A deployment of ``agents/<agent>.yaml`` in ``environments/box.yaml``; further members as YAML."""
    first = {
        "agent": f"../agents/{agent}.yaml",
        "environment_id": "../environments/box.yaml",
        "initial_events": "[{type: user.message, content: [{type: text, text: Go.}]}]",
        **members,
    }
    return "".join(f"{name}: {value}\n" for name, value in first.items())


NIGHTLY = {"schedule": '{type: cron, expression: "30 4 * * *", timezone: UTC}'}


def project(root: Path, files: Mapping[str, str], *, protected: bool = False) -> Fleet:
    """What the files ask for, loaded as the commands load them; they have no errors."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    declared, problems = load_project(root)
    stage = next(iter(declared.stages.values()))
    loaded = load_stage(root, declared, stage, CATALOG)
    wrong = [it for it in (*problems, *loaded.diagnostics) if it.severity is Severity.ERROR]
    assert not wrong, wrong
    return fleet_of(CATALOG, loaded.desired, {}, protected=protected)


def fleet(
    members: Mapping[str, Surface] | None = None, /, *, protected: bool = False, **bodies: Any
) -> Fleet:
    """Of surfaces by address; ``agent_a={…}`` gives the body of ``agent/a``."""
    made = {
        Address(address): Member(Address(address), surface, bodies.get(address.replace("/", "_"), {}))
        for address, surface in (members or {}).items()
    }
    return Fleet("dev", made, protected)


def found(rule: Rule, fleet: Fleet, **options: Any) -> list[Finding]:
    return list(rule.check(fleet, options))


def summaries(rule: Rule, fleet: Fleet, **options: Any) -> list[str]:
    return [item.summary for item in rule.check(fleet, options)]


def places(rule: Rule, fleet: Fleet, **options: Any) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(str(item.address), item.path) for item in rule.check(fleet, options)]


def severity(rule: Rule, *, protected: bool = False) -> Severity:
    """That a rule has in a stage unless it is told otherwise."""
    return rule.protected if protected and rule.protected is not None else rule.severity


def at_least_warnings(fleet: Fleet) -> dict[str, list[Finding]]:
    """What every rule finds with its own options, notes left out."""
    loud = [rule for rule in RULES if severity(rule, protected=fleet.protected) is not Severity.NOTE]
    told = {rule.id: list(rule.check(fleet, {})) for rule in loud}
    return {id: items for id, items in told.items() if items}
