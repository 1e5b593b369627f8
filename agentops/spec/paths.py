"""Paths that a file names -> the files of the project behind them: prompts, includes and seeds alike."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.spec.files import Files, Refused, is_pattern

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Behind:
    """``files`` are sorted; ``start`` is the folder that their names are relative to."""

    start: str
    files: tuple[str, ...]


def is_templated(reference: str) -> bool:
    return _EXPRESSION.search(reference) is not None


def files_behind(
    reference: str, base: str, at: Location, files: Files, *, folders: bool = False, patterns: bool = False
) -> Behind:
    """The files that ``reference``, written in the file ``base``, stands for; never ``base`` itself.

    ``folders`` and ``patterns`` say whether it may name a folder, or a glob.

    Raises:
        Refused: there is none, it leads out of the project, or to ``base`` itself.
    """
    path = files.join(base, reference, at)
    if path == base:
        raise Refused(
            error(
                Code.CYCLE,
                f"'{reference}' is this file itself",
                "name another file, or write the text here",
                location=at,
            )
        )
    if files.is_file(path):
        return Behind(posixpath.dirname(path), (path,))
    if folders and files.is_folder(path):
        return Behind(path, tuple(item for item in files.below(path) if item != base))
    if patterns and is_pattern(reference):
        found = [item for item in files.matching(path) if item != base and files.is_file(item)]
        return Behind(_fixed_folder(path), tuple(found))
    raise Refused(missing_file(reference, path, at, files))


def files_possible(
    reference: str, base: str, files: Files, *, folders: bool = False, patterns: bool = False
) -> tuple[str, ...]:
    """The same before rendering: a template's expressions may become anything.

    What is broken has no files here; it is reported where it is used.
    """
    pattern = _EXPRESSION.sub("*", reference)
    at = Location(base)
    try:
        if pattern == reference:
            return files_behind(reference, base, at, files, folders=folders, patterns=patterns).files
        matching = files.matching(files.join(base, pattern, at))
    except Refused:
        return ()
    found = {item for item in matching if files.is_file(item)}
    if folders:
        found |= {item for folder in matching if files.is_folder(folder) for item in files.below(folder)}
    return tuple(sorted(found - {base}))


def missing_file(reference: str, path: str, at: Location, files: Files) -> Diagnostic:
    if is_pattern(reference):
        return error(Code.BROKEN_REFERENCE, f"no file matches '{reference}'", location=at)
    if files.is_there(path):
        what = "a folder" if files.is_folder(path) else "not a regular file"
        return error(Code.BROKEN_REFERENCE, f"'{reference}' is {what}", "name a regular file", location=at)
    close = files.closest(path)
    detail = f"did you mean '{close}'?" if close else "the path is relative to this file"
    return error(Code.BROKEN_REFERENCE, f"there is no file '{reference}'", detail, location=at)


def _fixed_folder(pattern: str) -> str:
    """The part of a glob before its first wildcard folder."""
    parts: list[str] = []
    for part in pattern.split("/"):
        if is_pattern(part):
            break
        parts.append(part)
    return "/".join(parts)
