"""What two agentops.yaml say differently: by the paths of what differs, never by its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agentops.domain.project import PROJECT_FILE
from agentops.spec.files import Files, Refused
from agentops.spec.located import plain
from agentops.spec.source import read_data

_DEPTH = 4
"""Members of members that are told apart: ``stages.prod.registry.base_url``."""


def differing_settings(one: Path, other: Path) -> tuple[str, ...] | None:
    """The paths of members of agentops.yaml that are not alike in two folders, sorted; nothing where they say
    the same in other words. None where the file of one of them is missing or cannot be read."""
    read = [_read(root) for root in (one, other)]
    if None in read:
        return None
    return tuple(sorted(_differing("", read[0], read[1], _DEPTH)))


def _read(root: Path) -> Any:
    try:
        return plain(read_data(Files(root), PROJECT_FILE, problems=[]))
    except Refused:
        return None


def _differing(path: str, one: Any, other: Any, depth: int) -> Iterator[str]:
    if one == other:
        return
    if not (depth and isinstance(one, Mapping) and isinstance(other, Mapping)):
        yield path or PROJECT_FILE
        return
    for key in dict.fromkeys([*one, *other]):
        yield from _differing(f"{path}.{key}" if path else str(key), one.get(key), other.get(key), depth - 1)
