"""The files of a project: read with limits, and never outside its root.

Whatever cannot be read ends in ``Refused``, which carries the diagnostic; callers collect it.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentops.domain.diagnostics import Code, Diagnostic, Location, error, nearest

MAX_FILE_BYTES = 10_000_000
OUR_FOLDER = "locks"
_KEPT_BYTES = 1_000_000
"""Larger files are read again when they are needed again."""
_GLOB = re.compile(r"[*?\[]")
_BOM = "\ufeff"


class Refused(Exception):
    """Something a user wrote cannot be taken; the diagnostics say what and where."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(item.summary for item in diagnostics))
        self.diagnostics = diagnostics


def is_pattern(reference: str) -> bool:
    return _GLOB.search(reference) is not None


def without_password(url: str) -> str:
    """A URL as it may be repeated."""
    return re.sub(r"//[^/]*@", "//…@", url)


@dataclass(slots=True)
class Files:
    """Reads files under ``root``. Paths are posix, relative to the root. ``instead`` is what some of them are
    to be taken to hold."""

    root: Path
    instead: Mapping[str, bytes] = field(default_factory=dict)
    _real_root: Path = field(init=False)
    _bytes: dict[str, bytes] = field(init=False, default_factory=dict)
    _parsed: dict[str, Any] = field(init=False, default_factory=dict)
    _real_folders: dict[str, str | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._real_root = self.root.resolve()
        self._bytes.update(self.instead)

    def absolute(self, path: str) -> Path:
        return self.root / path

    def leaves_project(self, path: str) -> bool:
        """Whether the file behind ``path`` lies elsewhere: a symbolic link may lead out."""
        return self._real(path) is None

    def real_place(self, path: str) -> Path | None:
        """Where ``path`` really lies, links followed; None where that is outside the project."""
        real = self._resolved(path)
        return None if real is None else self._real_root / real

    def leads_to_itself(self, path: str) -> bool:
        try:
            self.absolute(path).stat()
        except OSError as problem:
            return problem.errno == errno.ELOOP
        return False

    def _real(self, path: str) -> str | None:
        """Where ``path`` really is, links followed and relative to the root; None where that is outside."""
        if os.path.islink(f"{self._real_root}/{path}"):  # noqa: PTH114 - asked for every file
            return self._resolved(path)
        folder = posixpath.dirname(path)
        if folder not in self._real_folders:
            self._real_folders[folder] = self._resolved(folder)
        real = self._real_folders[folder]
        return None if real is None else posixpath.join(real, posixpath.basename(path))

    def _resolved(self, path: str) -> str | None:
        try:
            real = self.absolute(path).resolve().relative_to(self._real_root).as_posix()
        except (OSError, RuntimeError, ValueError):  # outside, a link to itself, a name no file can have
            return None
        return "" if real == "." else real

    def is_file(self, path: str) -> bool:
        return os.path.isfile(f"{self._real_root}/{path}")  # noqa: PTH113 - asked for every reference

    def is_there(self, path: str) -> bool:
        return os.path.lexists(f"{self._real_root}/{path}")

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(f"{self._real_root}/{path}")  # noqa: PTH112 - asked for every reference

    def read(self, path: str, at: Location | None = None) -> bytes:
        """The bytes of a regular file. ``at`` is where it is referred to, else the file itself.

        Raises:
            Refused: it is missing, too large, no regular file, hidden, or leads out of the project.
        """
        if (known := self._bytes.get(path)) is None:
            known = self._read(path, at or Location(path))
            if len(known) <= _KEPT_BYTES:
                self._bytes[path] = known
        return known

    def parsed(self, path: str, parse: Callable[[], Any]) -> Any:
        """What ``parse`` makes of the file, once for all who ask: trees are never changed."""
        if path not in self._parsed:
            self._parsed[path] = parse()
        return self._parsed[path]

    def _read(self, path: str, at: Location) -> bytes:
        real = self._real(path)
        if real is None:
            raise Refused(self.leaving_link(path, at))
        if is_private(path) or is_private(real):
            raise Refused(_private(path, at))
        try:
            status = self.absolute(path).stat()
            if not stat.S_ISREG(status.st_mode):
                raise Refused(error(Code.UNREADABLE, f"{path} is not a regular file", location=at))
            if status.st_size > MAX_FILE_BYTES:
                raise Refused(
                    error(
                        Code.TOO_LARGE,
                        f"{path} has {status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read",
                        location=at,
                    )
                )
            return self.absolute(path).read_bytes()
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else str(problem)
            raise Refused(error(Code.UNREADABLE, f"{path} cannot be read: {reason}", location=at)) from None

    def leaving_link(self, path: str, at: Location) -> Diagnostic:
        loops = self.leads_to_itself(path)
        return error(
            Code.OUTSIDE_PROJECT,
            f"{path} is a link that leads {'to itself' if loops else 'out of the project'}",
            "remove it"
            if loops
            else "put a copy of it into the project; only what lies under the project's root is read",
            location=at,
        )

    def text(self, path: str, at: Location | None = None) -> str:
        """The UTF-8 text of a file as it stands there; only a leading byte order mark is no part of it.

        Raises:
            Refused: as for ``read``, or the file is no UTF-8 text.
        """
        content = self.read(path, at)
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise Refused(_not_utf8(path, content, problem.start, at)) from None
        if "\0" in text:
            raise Refused(
                error(Code.UNREADABLE, f"{path} is not text: it has NUL bytes", location=at or Location(path))
            )
        return text.removeprefix(_BOM)

    def join(self, base: str, reference: str, at: Location) -> str:
        """The path that ``reference``, written in the file ``base``, means.

        Raises:
            Refused: it is absolute, a URL, hidden, or leads out of the project.
        """
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", reference):
            raise Refused(
                error(
                    Code.OUTSIDE_PROJECT,
                    f"'{without_password(reference)}' is a URL; only files of this project are read",
                    "put the file into the project and write its path relative to this file",
                    location=at,
                )
            )
        if reference.startswith(("/", "~")) or "\\" in reference:
            raise Refused(
                error(
                    Code.OUTSIDE_PROJECT,
                    f"'{reference}' is not a relative path",
                    "write the path relative to this file, with forward slashes",
                    location=at,
                )
            )
        path = posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
        if path == ".." or path.startswith("../"):
            raise Refused(
                error(
                    Code.OUTSIDE_PROJECT,
                    f"'{reference}' leads out of the project",
                    "only files under the project's root are read; move it there",
                    location=at,
                )
            )
        if is_private(path):
            raise Refused(_private(reference, at))
        return path

    def matching(self, pattern: str) -> list[str]:
        """What matches a glob, files and folders, sorted; hidden ones and the locks are left out."""
        try:
            paths = [item.relative_to(self.root).as_posix() for item in self.root.glob(pattern)]
        except (ValueError, NotImplementedError, OSError):
            return []
        return sorted(path for path in paths if not is_private(path))

    def below(self, folder: str) -> list[str]:
        """Every file in a folder and its sub-folders, sorted; hidden ones and the locks are left out, links
        to folders are not followed."""
        found: list[str] = []
        for current, folders, names in os.walk(self.absolute(folder)):
            base = Path(current).relative_to(self.root)
            folders[:] = [name for name in folders if not is_private((base / name).as_posix())]
            found.extend((base / name).as_posix() for name in names if not name.startswith("."))
        return sorted(found)

    def closest(self, path: str) -> str | None:
        """The file a mistyped path probably means, relative to the same folder."""
        folder = posixpath.dirname(path)
        try:
            names = sorted(
                item.name for item in self.absolute(folder).iterdir() if not item.name.startswith(".")
            )
        except OSError:
            return None
        return nearest(posixpath.basename(path), names)


def is_private(path: str) -> bool:
    """What no text of a resource may come from: hidden files hold credentials, locks are ours."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return any(part.startswith(".") for part in parts) or (bool(parts) and parts[0].lower() == OUR_FOLDER)


def _private(path: str, at: Location) -> Diagnostic:
    return error(
        Code.OUTSIDE_PROJECT,
        f"'{path}' is hidden or belongs to {OUR_FOLDER}/; such files are not read",
        "they may hold credentials, and what is read here appears in plans and in the registry; put the text "
        "into a file of its own",
        location=at,
    )


def _not_utf8(path: str, content: bytes, position: int, at: Location | None) -> Diagnostic:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return error(Code.UNREADABLE, f"{path} is UTF-16", "save it as UTF-8", location=at or Location(path))
    before = content[:position]
    line, column = before.count(b"\n") + 1, position - (before.rfind(b"\n") + 1) + 1
    if b"\0" in content[:8192]:
        return error(Code.UNREADABLE, f"{path} is not text", location=at or Location(path))
    return error(
        Code.UNREADABLE,
        f"{path} is not UTF-8: byte 0x{content[position]:02x} at line {line}, column {column}",
        "save it as UTF-8",
        location=at or Location(path, line, column),
    )
