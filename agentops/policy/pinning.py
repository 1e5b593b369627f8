"""Versions: whether tomorrow's session runs what was reviewed today."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agentops.domain.diagnostics import Severity, listed
from agentops.domain.fleet import Fleet, Member
from agentops.domain.surface import Path, Use
from agentops.policy.rule import Finding, Options, Rule

_AGENT = "agents/analyst.yaml"
_HEAD = "model: claude-opus-5-5\nsystem: You answer questions about the figures in /workspace.\n"


def _skills(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        for use in member.surface.skills.values():
            if _floats(member, use):
                yield Finding(
                    member.address,
                    f"the skill '{use.name}' has no version: each session takes the newest",
                    f"write the one that was reviewed: `{{…, skill_id: {use.name}, version: …}}`",
                    use.path,
                )


def _agents(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        named = [use for use in member.surface.roster.values() if use.ours or use.name.startswith("agent_")]
        if member.surface.agent is not None:
            named.append(member.surface.agent)
        for use in named:
            if _floats(member, use):
                yield Finding(
                    member.address,
                    f"{use.name} is named without a version: it is the newest on the day of the next apply",
                    f"write `{{type: agent, id: {use.name}, version: …}}`, or keep the agent in this project",
                    use.path,
                )


def _floats(member: Member, use: Use) -> bool:
    """What is ours and named by its file is pinned to what was applied last."""
    if use.pinned:
        return False
    return member.resource is None or not isinstance(
        _at(member.resource.body, (*use.path, "version")), Mapping
    )


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


_PINNED = {
    "pip": re.compile(r"\s*\S+\s*(?:===?\s*[^\s*,]+\s*(?:;.*)?|@\s*\S+.*)"),
    "npm": re.compile(r"@?[^@\s]+@(?:\d[\w.+-]*|\S+:\S+)"),
}
"""What a pinned package looks like. ``apt`` is not here: its mirrors drop old versions, so a pin breaks. An
address is left alone: a token may stand in it, and its form does not tell whether it moves."""


def _packages(fleet: Fleet, options: Options) -> Iterator[Finding]:
    for member in fleet:
        packages = _at(member.body, ("config", "packages"))
        for manager, form in _PINNED.items() if isinstance(packages, Mapping) else ():
            wanted = packages.get(manager)
            loose = [
                (index, item)
                for index, item in enumerate(wanted if isinstance(wanted, list) else ())
                if isinstance(item, str) and "://" not in item and not form.fullmatch(item)
            ]
            if loose:
                yield Finding(
                    member.address,
                    f"{manager} installs whatever is newest of {listed([item for _, item in loose], 3)}",
                    "write versions: " + ("`pandas==3.0.1`" if manager == "pip" else "`prettier@3.6.2`"),
                    ("config", "packages", manager, loose[0][0]),
                )


SKILL = Rule(
    id="AO130",
    name="unpinned-skill",
    severity=Severity.NOTE,
    protected=Severity.WARNING,
    why=(
        "A skill is instructions and code. Without a version, or with `latest`, a new one reaches every "
        "session the moment it is uploaded: no plan shows it, no agent gets a new version, and a rollback "
        "of the agent does not bring the old one back. Skills of this project are pinned by themselves."
    ),
    example={_AGENT: f"{_HEAD}tools: [read, bash]\nskills:\n  - {{type: anthropic, skill_id: xlsx}}\n"},
    fix={
        _AGENT: f"{_HEAD}tools: [read, bash]\n"
        "skills:\n"
        '  - {type: anthropic, skill_id: xlsx, version: "20251013"}\n'
    },
    check=_skills,
)

AGENT = Rule(
    id="AO131",
    name="unpinned-agent",
    severity=Severity.NOTE,
    protected=Severity.WARNING,
    why=(
        "An agent that is named by its ID alone is pinned by the API to the version that is newest when it "
        "is told. Which one that is depends on the hour of the apply, and differs between two stages that "
        "were applied on two days. Agents of this project are pinned by themselves."
    ),
    example={
        _AGENT: f"{_HEAD}tools: [read]\n"
        "multiagent: {type: coordinator, agents: [agent_011CZkYpogX7uDKUyvBTophP]}\n"
    },
    fix={
        _AGENT: f"{_HEAD}tools: [read]\n"
        "multiagent:\n"
        "  type: coordinator\n"
        "  agents:\n"
        "    - {type: agent, id: agent_011CZkYpogX7uDKUyvBTophP, version: 3}\n"
    },
    check=_agents,
)

PACKAGE = Rule(
    id="AO132",
    name="unpinned-package",
    severity=Severity.NOTE,
    protected=Severity.WARNING,
    why=(
        "Packages are installed when a sandbox is built. Without a version an agent that worked on Monday "
        "meets another library on Tuesday, and a package that was taken over runs beside whatever the "
        "session mounts, on the day it is published."
    ),
    example={
        "environments/sandbox.yaml": "config:\n"
        "  type: cloud\n"
        "  networking: {type: limited, allowed_hosts: [], allow_package_managers: true}\n"
        "  packages: {pip: [pandas]}\n"
    },
    fix={
        "environments/sandbox.yaml": "config:\n"
        "  type: cloud\n"
        "  networking: {type: limited, allowed_hosts: [], allow_package_managers: true}\n"
        "  packages: {pip: [pandas==3.0.1]}\n"
    },
    check=_packages,
)

RULES = (SKILL, AGENT, PACKAGE)
