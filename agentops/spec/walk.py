"""The walk over a project: which files may declare something, and what kind their place names."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from agentops.domain.diagnostics import Code, Diagnostic, Location, error, warning
from agentops.domain.kind import Catalog, Kind
from agentops.spec.files import OUR_FOLDER, Files
from agentops.spec.project import PROJECT_FILE
from agentops.spec.source import SUFFIXES, suffix_of

SKIPPED_FOLDERS = frozenset({"node_modules", "vendor", "__pycache__", ".venv", "venv", "dist", "build"})
_PEER_LOCK = "claude-lock.json"
SKILL_FILE = "SKILL.md"
LATER = {"skill": "skills", "deployment": "deployments", "vault": "vaults", "credential": "credentials"}
"""Kinds of the API that a later release manages, and their directories."""


@dataclass(frozen=True, slots=True)
class Places:
    """How a file's place names its kind."""

    directories: Mapping[str, str]
    children: Mapping[str, Kind]
    leading: re.Pattern[str]
    typed: re.Pattern[bytes]

    @classmethod
    def of(cls, catalog: Catalog) -> Places:
        managed = {kind.directory: kind.name for kind in catalog if kind.parent is None}
        later = {directory: name for name, directory in LATER.items() if name in {"deployment", "vault"}}
        named = sorted({*managed.values(), "deployment"}, key=len, reverse=True)
        typed = "|".join(sorted({*managed.values(), "deployment", "vault"}))
        return cls(
            {**later, **managed},
            {kind.directory: kind for kind in catalog if kind.parent is not None},
            re.compile(rf"({'|'.join(named)})(?=[-_.]|$)"),
            re.compile(rf"(^|[\s{{,\"'])type[\"']?[ \t]*:[ \t]*[\"']?({typed})\b".encode(), re.MULTILINE),
        )

    def holds(self, path: str) -> bool:
        """Whether the path is, or lies in, a directory of resources."""
        return not self.directories.keys().isdisjoint(path.split("/"))

    def kind_of(self, path: str) -> str | None:
        parent = posixpath.basename(posixpath.dirname(path))
        if (kind := self.directories.get(parent)) is not None:
            return kind
        leading = self.leading.match(posixpath.basename(path))
        return leading[1] if leading is not None else None

    def child_of(self, path: str) -> Kind | None:
        return self.children.get(posixpath.basename(posixpath.dirname(path)))


def walk(
    files: Files, places: Places, links: list[str], problems: list[Diagnostic]
) -> Iterator[tuple[str, bool]]:
    """Every file that may declare something, sorted, and every skill directory (True).

    ``links`` takes the links to folders of the project: those are not followed.
    """
    pending = [""]
    while pending:
        folder = pending.pop(0)
        try:
            entries = sorted(os.scandir(files.absolute(folder)), key=lambda entry: entry.name)
        except OSError as problem:
            problems.append(
                error(Code.UNREADABLE, f"the folder {folder or '.'} cannot be read: {problem.strerror}")
            )
            continue
        names = {entry.name for entry in entries}
        if folder and SKILL_FILE in names:
            yield folder, True
            continue
        if folder and PROJECT_FILE in names:
            continue  # another project
        for entry in entries:
            path = posixpath.join(folder, entry.name)
            if entry.is_symlink() and files.leaves_project(path):
                problems.extend(_leaving_link(files, path, places))
            elif entry.is_symlink() and entry.is_dir():
                links.append(path)
            elif entry.is_dir(follow_symlinks=False):
                if not _is_skipped(folder, entry.name):
                    pending.append(path)
            elif _may_declare(path):
                yield path, False


def _may_declare(path: str) -> bool:
    name = posixpath.basename(path)
    if name.startswith(".") or path == PROJECT_FILE or name == _PEER_LOCK:
        return False
    return suffix_of(path) in SUFFIXES


def _is_skipped(folder: str, name: str) -> bool:
    return name.startswith(".") or name in SKIPPED_FOLDERS or (not folder and name == OUR_FOLDER)


def _leaving_link(files: Files, path: str, places: Places) -> Iterator[Diagnostic]:
    """Links out of the project are refused where a resource would be, and not followed anywhere."""
    if places.holds(path) or (suffix_of(path) in SUFFIXES and places.kind_of(path) is not None):
        yield files.leaving_link(path, Location(path))


def ignored_links(links: Iterable[str], payload: set[str], places: Places) -> Iterator[Diagnostic]:
    """Links to folders among the resources: references lead through them, the walk does not."""
    for link in links:
        if places.holds(link) and not any(path.startswith(f"{link}/") for path in payload):
            yield warning(
                Code.UNREADABLE,
                f"{link} is a link to a folder; it is not followed, so nothing in it is declared by it",
                "put the files there, or link each file",
                location=Location(link),
            )
