"""The walk over a project: which files may declare something, and what kind their place names."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from agentops.domain.diagnostics import Code, Diagnostic, Location, error, warning
from agentops.domain.kind import Catalog, Kind
from agentops.domain.peer import PEER_LOCK
from agentops.domain.project import PROJECT_FILE
from agentops.spec.files import OUR_FOLDER, Files
from agentops.spec.source import SUFFIXES, suffix_of

SKIPPED_FOLDERS = frozenset({"node_modules", "vendor", "__pycache__", ".venv", "venv", "dist", "build"})
SKILL_FILE = "SKILL.md"
_NEVER_BY_NAME = frozenset({"vault"})
"""Kinds that a file's name does not tell: Ansible and Helm have a vault.yaml of their own."""


@dataclass(frozen=True, slots=True)
class Places:
    """How a file's place names its kind. ``directories`` are of kinds that a file declares, ``bundles`` of
    those that are directories themselves."""

    directories: Mapping[str, str]
    bundles: Mapping[str, str]
    children: Mapping[str, Kind]
    leading: re.Pattern[str]
    typed: re.Pattern[bytes]

    @classmethod
    def of(cls, catalog: Catalog) -> Places:
        roots = [kind for kind in catalog if kind.parent is None]
        placed = {kind.directory: kind.name for kind in roots if kind.bundle is None}
        named = sorted({*placed.values()} - _NEVER_BY_NAME, key=len, reverse=True)
        typed = "|".join(sorted(kind.name for kind in roots))
        return cls(
            placed,
            {kind.directory: kind.name for kind in roots if kind.bundle is not None},
            {kind.directory: kind for kind in catalog if kind.parent is not None},
            re.compile(rf"({'|'.join(named)})(?=[-_.]|$)"),
            re.compile(rf"(^|[\s{{,\"'])type[\"']?[ \t]*:[ \t]*[\"']?({typed})\b".encode(), re.MULTILINE),
        )

    def holds(self, path: str) -> bool:
        """Whether the path is, or lies in, a directory of resources."""
        return not {*self.directories, *self.bundles}.isdisjoint(path.split("/"))

    def may_be(self, kind: str, path: str) -> bool:
        """Whether a file that says this kind is one of ours. That it is a bundle is only believed where
        resources are: what a file of another tool calls a skill is no mistake."""
        return kind in self.directories.values() or (kind in self.bundles.values() and self.holds(path))

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
        problems.extend(_misspelt(folder, names))
        if folder and SKILL_FILE in names:
            yield folder, True
            continue
        if folder and PROJECT_FILE in names:
            continue  # another project
        for entry in entries:
            path = posixpath.join(folder, entry.name)
            if not _is_text(entry.name):
                if places.holds(path):
                    problems.append(_unreadable_name(path))
                continue
            if entry.is_symlink() and files.leaves_project(path):
                problems.extend(_leaving_link(files, path, places))
            elif entry.is_symlink() and entry.is_dir():
                links.append(path)
            elif entry.is_dir(follow_symlinks=False):
                if not _is_skipped(folder, entry.name):
                    pending.append(path)
            elif _may_declare(path):
                yield path, False


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unreadable_name(path: str) -> Diagnostic:
    return error(Code.UNREADABLE, f"{path!r} has a name that is not UTF-8", "rename it or move it away")


def _misspelt(folder: str, names: set[str]) -> Iterator[Diagnostic]:
    """A directory among skills whose manifest is spelled in another way: it would be passed over."""
    found = next((name for name in sorted(names) if name.upper() == SKILL_FILE.upper()), None)
    among = posixpath.basename(posixpath.dirname(folder)) == "skills"
    if among and found is not None and SKILL_FILE not in names:
        path = posixpath.join(folder, found)
        yield warning(
            Code.UNUSED,
            f"{path} makes no skill: the file is called {SKILL_FILE}, in capitals",
            "rename it",
            location=Location(path),
        )


def _may_declare(path: str) -> bool:
    name = posixpath.basename(path)
    if name.startswith(".") or path == PROJECT_FILE or name == PEER_LOCK:
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
