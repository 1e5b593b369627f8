"""The files of a directory at a commit, found in git's own objects; what is no file is refused by name.

Nothing is written out: no work tree, no attributes, no filters, no hooks, no submodules.

Source: the manual page git-ls-tree and git's ``tree-walk.c`` for the form of a tree.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from agentops.remotes.git import MOST_BYTES, TooLarge
from agentops.remotes.store import Source

MOST_FILES = 1000
MOST_FOLDERS = 1000
_SUBMODULE = 0o160000
_COMMIT = re.compile(rb"tree ([0-9a-f]{40})\n")
_ENTRY = re.compile(rb"(?P<mode>[0-7]{1,6}) (?P<name>[^\0]*)\0(?P<id>.{20})", re.DOTALL)
_SMALLER = "name a directory that holds nothing but what belongs to it"
_REPORT = "report it to the owner of the repository"
_LFS_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:[^\n]+\n)*oid sha256:[0-9a-f]{64}\nsize \d+\n"
)

Wanted = Callable[[str], bool]
"""Told the path of a file or folder, relative to the directory: whether it is looked at."""


class NoDirectory(Exception):
    """``path`` in the repository is no folder: ``is_`` says what it is, None that there is nothing.
    ``known`` are the names of the folders that are there instead."""

    def __init__(self, path: str, is_: str | None, known: tuple[str, ...] = ()) -> None:
        super().__init__(path)
        self.path = path
        self.is_ = is_
        self.known = known


class Refused(Exception):
    """Something there cannot be taken: a sentence that names it, and what to do.

    ``too_large``: because there is too much of it.
    """

    def __init__(self, why: str, remedy: str, *, too_large: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy
        self.too_large = too_large


@dataclass(frozen=True, slots=True)
class Listing:
    """``files`` are path relative to the directory -> ID of the content; ``left_out`` are the paths of what
    is not wanted, fit to be shown. Both are sorted."""

    directory: str
    files: Mapping[str, str]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a tree; ``format`` are the file type bits of its mode."""

    name: str
    format: int
    id: str

    @property
    def is_folder(self) -> bool:
        return self.format == stat.S_IFDIR

    @property
    def is_file(self) -> bool:
        return self.format == stat.S_IFREG

    @property
    def what(self) -> str:
        known = {stat.S_IFDIR: "a folder", stat.S_IFREG: "a file", stat.S_IFLNK: "a symbolic link"}
        return known.get(self.format, "a submodule" if self.format == _SUBMODULE else "of no known type")


def listing_of(source: Source, commit: str, directory: str, wanted: Wanted) -> Listing:
    """The files of a directory and of its folders; none of them is read for it.

    Raises:
        NoDirectory: it is not there. Refused: something in it is no file, or there is too much of it.
        Absent: an object is missing.
    """
    found: dict[str, str] = {}
    left_out: list[str] = []
    waiting = [("", _directory(source, commit, directory))]
    folders = 0
    while waiting:
        base, tree = waiting.pop()
        folders += 1
        if folders > MOST_FOLDERS:
            raise Refused(
                f"{_named(directory)} has more than {MOST_FOLDERS:,} folders", _SMALLER, too_large=True
            )
        for entry in _entries(source, tree):
            path = f"{base}{entry.name}"
            if not wanted(path):
                left_out.append("".join(it if it.isprintable() else "?" for it in path))
                continue
            _check_name(entry.name, _joined(directory, path))
            if entry.is_folder:
                waiting.append((f"{path}/", entry.id))
            elif entry.is_file:
                found[path] = entry.id
            else:
                raise Refused(
                    f"'{_joined(directory, path)}' is {entry.what}",
                    "only files are taken; put a copy of what it stands for in its place",
                )
            if len(found) > MOST_FILES:
                raise Refused(
                    f"{_named(directory)} has more than {MOST_FILES:,} files", _SMALLER, too_large=True
                )
    return Listing(directory, dict(sorted(found.items())), tuple(sorted(left_out)))


def contents_of(source: Source, listing: Listing) -> dict[str, bytes]:
    """Path -> bytes, of every file that is listed.

    Raises:
        Refused: the files are too large together, or one is only a pointer to where it is kept.
        Absent: an object is missing.
    """
    found: dict[str, bytes] = {}
    left = MOST_BYTES
    for path, id in listing.files.items():
        try:
            content = _read(source, id, "blob", left)
        except TooLarge:
            raise Refused(
                f"{_named(listing.directory)} has more than {MOST_BYTES >> 20} MiB with '{path}'",
                _SMALLER,
                too_large=True,
            ) from None
        if _LFS_POINTER.fullmatch(content):
            raise Refused(
                f"'{_joined(listing.directory, path)}' is only a pointer to a file that Git LFS keeps",
                "keep the file itself in the repository",
            )
        left -= len(content)
        found[path] = content
    return found


def _directory(source: Source, commit: str, directory: str) -> str:
    """The ID of a directory's tree."""
    if (top := _COMMIT.match(_read(source, commit, "commit"))) is None:
        raise Refused(f"the commit {commit} is damaged", _REPORT)
    tree, walked = top[1].decode(), ""
    for name in directory.split("/") if directory else ():
        beside = {entry.name: entry for entry in _entries(source, tree)}
        path = _joined(walked, name)
        entry = beside.get(name)
        if entry is None or not entry.is_folder:
            known = tuple(other for other, its in beside.items() if its.is_folder and other.isprintable())
            raise NoDirectory(path, None if entry is None else entry.what, known)
        tree, walked = entry.id, path
    return tree


def _entries(source: Source, tree: str) -> Iterator[_Entry]:
    """Each entry is its mode in octal, a space, its name, a NUL byte and the ID's 20 bytes."""
    content = _read(source, tree, "tree")
    names: set[str] = set()
    position = 0
    while (found := _ENTRY.match(content, position)) is not None:
        # What is no UTF-8 becomes characters that are refused where the name is used.
        name = found["name"].decode("utf-8", "surrogateescape")
        if name in names:
            break
        names.add(name)
        yield _Entry(name, stat.S_IFMT(int(found["mode"], 8)), found["id"].hex())
        position = found.end()
    if position < len(content):
        raise Refused(f"the folder {tree} is damaged", _REPORT)


def _check_name(name: str, path: str) -> None:
    if name in ("", ".", "..") or name.lower() == ".git" or "/" in name:
        raise Refused(f"{path!r} is no name that a file can have", _REPORT)
    if not name.isprintable() or "\\" in name:
        raise Refused(
            f"the name {path!r} has a backslash, control characters, or bytes that are no UTF-8",
            "rename it in the repository",
        )


def _read(source: Source, id: str, kind: str, most: int = MOST_BYTES) -> bytes:
    found, content = source.read(id, most)
    if found != kind:
        raise Refused(f"{id} is a {found}, not a {kind}", "name a branch, a tag, or a commit")
    return content


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _named(directory: str) -> str:
    return f"the directory '{directory}'" if directory else "the repository"
