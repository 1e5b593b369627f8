"""Members of bodies that may be anything: what a registry returns is not always what it used to return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentops.domain.secret import secrets_in
from agentops.domain.surface import Path


def text_of(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def words_of(value: Any) -> str | None:
    """The text; None where there is none or an empty one, which the API takes for the same."""
    return value if isinstance(value, str) and value else None


def mapping_of(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items_of(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def texts_of(value: Any) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(item for item in items_of(value) if isinstance(item, str))


def member_of(value: Any, *path: str) -> Any:
    """What stands at a path; None where it leads nowhere."""
    for step in path:
        value = mapping_of(value).get(step)
    return value


def metadata_of(body: Mapping[str, Any]) -> Mapping[str, str]:
    return {
        key: value
        for key, value in mapping_of(body.get("metadata")).items()
        if isinstance(key, str) and isinstance(value, str)
    }


def secrets_of(value: Any, *path: str | int) -> dict[str, str]:
    """Path of the member -> where its secret comes from: ``auth.token`` -> ``env:LINEAR_TOKEN``."""
    return {dotted((*path, *inner)): reference for inner, reference in secrets_in(value)}


def dotted(path: Path) -> str:
    """``auth.token``, ``resources[2].url``: as field changes name a member."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
