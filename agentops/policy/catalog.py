"""Every built-in rule. A new one is written in the file of its family; a new family is one line here."""

from __future__ import annotations

from collections.abc import Mapping

from agentops.policy import (
    credentials,
    descriptions,
    memory,
    models,
    network,
    pinning,
    prompts,
    schedules,
    secrets,
    tool_surface,
    tool_texts,
    unattended,
)
from agentops.policy.rule import Rule

FAMILIES: Mapping[str, tuple[Rule, ...]] = {
    "Tools": tool_surface.RULES + tool_texts.RULES,
    "Prompts": prompts.RULES,
    "Descriptions and metadata": descriptions.RULES,
    "MCP servers": network.RULES,
    "Credentials": credentials.RULES,
    "Secrets": secrets.RULES,
    "Versions": pinning.RULES,
    "Memory": memory.RULES,
    "Unattended": unattended.RULES,
    "Schedules": schedules.RULES,
    "Models": models.RULES,
}
"""As ``docs/rules.md`` has them."""

RULES: tuple[Rule, ...] = tuple(rule for family in FAMILIES.values() for rule in family)

by_id: Mapping[str, Rule] = {rule.id: rule for rule in RULES}
