"""Includes: a path or glob in a list stands for the mappings in those files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.spec.files import Files, Refused, is_pattern
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.paths import files_behind, missing_file
from agentops.spec.source import DATA_SUFFIXES, describe, read_data, suffix_of

_TOOL_DATA = frozenset({"custom", "mcp_toolset", "agent_toolset_20260401", "url"})


def is_path(text: str) -> bool:
    """Whether an entry means a file rather than a name."""
    return "/" in text or "\\" in text or is_pattern(text) or suffix_of(text) != ""


def included_files(reference: str, base: str, at: Location, files: Files) -> list[str]:
    """The data files a reference stands for, sorted.

    Raises:
        Refused: there are none, or they are no data files of this project.
    """
    named = files_behind(reference, base, at, files, patterns=True).files
    found = (
        [item for item in named if suffix_of(item) in DATA_SUFFIXES] if is_pattern(reference) else [*named]
    )
    if not found:
        raise Refused(missing_file(reference, reference, at, files))
    if (wrong := next((item for item in found if suffix_of(item) not in DATA_SUFFIXES), None)) is not None:
        raise Refused(
            error(
                Code.WRONG_REFERENCE,
                f"'{wrong}' is no data file",
                f"an include is one of {', '.join(DATA_SUFFIXES)}",
                location=at,
            )
        )
    return found


def spliced(
    items: LocatedList,
    base: str,
    files: Files,
    is_include: Callable[[str], bool],
    resources: frozenset[str],
    problems: list[Diagnostic],
) -> LocatedList:
    """The list with the contents of the included files in their place.

    ``is_include`` tells paths from other text, ``resources`` are files that declare something themselves.
    """
    result = LocatedList(items.at)
    for index, item in enumerate(items):
        at = items.place(index)
        if not (isinstance(item, str) and is_include(item)):
            result.add(item, at)
            continue
        try:
            for path in included_files(item, base, at, files):
                for mapping, place in _mappings(path, at, files, resources, problems):
                    result.add(mapping, place)
        except Refused as refused:
            problems.extend(refused.diagnostics)
    return result


def _mappings(
    path: str, at: Location, files: Files, resources: frozenset[str], problems: list[Diagnostic]
) -> Iterator[tuple[LocatedDict, Location]]:
    data = read_data(files, path, at, problems)
    items = data if isinstance(data, LocatedList) else LocatedList.of(_start(data, path), [data])
    if path in resources and not looks_like_tool_data(data):
        raise Refused(
            error(
                Code.WRONG_REFERENCE,
                f"'{path}' declares a resource of its own and cannot be included",
                "include a file that holds only tools; put it into a folder such as tools/",
                location=at,
            )
        )
    for index, item in enumerate(items):
        place = items.place(index)
        if not isinstance(item, LocatedDict):
            raise Refused(
                error(
                    Code.WRONG_TYPE,
                    f"an included file holds a mapping or a list of mappings, not {describe(item)}",
                    "includes are not nested; name the other file where this one is included",
                    location=place,
                )
            )
        yield item, item.at


def _start(data: Any, path: str) -> Location:
    return data.at if isinstance(data, LocatedDict) else Location(path)


def looks_like_tool_data(data: Any) -> bool:
    """A list, or a mapping whose ``type`` is a tool's: never a resource, wherever it lies."""
    if not isinstance(data, dict):
        return isinstance(data, list)
    kind = data.get("type")
    return (isinstance(kind, str) and kind in _TOOL_DATA) or "mcp" in data
