"""What a project may say of a rule: numbers, words, kinds."""

from __future__ import annotations

from typing import Any

from agentops.policy.rule import Option


def number(default: int, meaning: str) -> Option:
    """A whole number above 0."""
    return Option(default, meaning, _number)


def words(meaning: str, default: tuple[str, ...] | None = None) -> Option:
    """A list of texts. Without a default the rule is silent until a project writes one."""
    return Option(default, meaning, _words)


def _number(value: Any) -> str | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return None if whole else "is no whole number above 0"


def _words(value: Any) -> str | None:
    listed = isinstance(value, list | tuple) and all(isinstance(item, str) and item for item in value)
    return None if listed and value else "is no list of words, e.g. [team, owner]"
