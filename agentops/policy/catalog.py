"""Every built-in rule; each family is a file of its own."""

from __future__ import annotations

from agentops.policy.rule import Rule

RULES: tuple[Rule, ...] = ()
"""In the order of their ids."""
