"""The files of a project: read with limits, and never outside its root.

Whatever cannot be read ends in ``Refused``, which carries the diagnostic; callers collect it.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from agentops.domain.diagnostics import Code, Diagnostic, Location, error, nearest

MAX_FILE_BYTES = 10_000_000
_GLOB = re.compile(r"[*?\[]")
_BOM = "\ufeff"


class Refused(Exception):
    """Something a user wrote cannot be taken; the diagnostics say what and where."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(item.summary for item in diagnostics))
        self.diagnostics = diagnostics


def is_pattern(reference: str) -> bool:
    return _GLOB.search(reference) is not None


@dataclass(slots=True)
class Files:
    """Reads files under ``root``. Paths are posix, relative to the root."""

    root: Path
    _real_root: Path = field(init=False)
    _bytes: dict[str, bytes] = field(init=False, default_factory=dict)
    _inside: dict[str, bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._real_root = self.root.resolve()

    def absolute(self, path: str) -> Path:
        return self.root / path

    def leaves_project(self, path: str) -> bool:
        """Whether the file behind ``path`` lies elsewhere: a symbolic link may lead out."""
        if os.path.islink(f"{self._real_root}/{path}"):  # noqa: PTH114 - asked for every file
            return not self._resolves_inside(path)
        folder = posixpath.dirname(path)
        if folder not in self._inside:
            self._inside[folder] = self._resolves_inside(folder)
        return not self._inside[folder]

    def _resolves_inside(self, path: str) -> bool:
        try:
            return self.absolute(path).resolve().is_relative_to(self._real_root)
        except (OSError, RuntimeError, ValueError):  # a link that leads to itself, a name no file can have
            return False

    def is_file(self, path: str) -> bool:
        return os.path.isfile(f"{self._real_root}/{path}")  # noqa: PTH113 - asked for every reference

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(f"{self._real_root}/{path}")  # noqa: PTH112 - asked for every reference

    def size(self, path: str) -> int:
        return self.absolute(path).stat().st_size

    def read(self, path: str, at: Location | None = None) -> bytes:
        """The bytes of a regular file. ``at`` is where it is referred to, else the file itself.

        Raises:
            Refused: it is missing, too large, no regular file, or leads out of the project.
        """
        if (known := self._bytes.get(path)) is None:
            known = self._bytes[path] = self._read(path, at or Location(path))
        return known

    def _read(self, path: str, at: Location) -> bytes:
        if self.leaves_project(path):
            raise Refused(
                error(
                    Code.OUTSIDE_PROJECT,
                    f"{path} is a link that leads out of the project",
                    "put a copy of the file into the project; only what lies under its root is read",
                    location=at,
                )
            )
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
            Refused: it is absolute, a URL, or leads out of the project.
        """
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", reference):
            raise Refused(
                error(
                    Code.OUTSIDE_PROJECT,
                    f"'{reference}' is a URL; only files of this project are read",
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
        return path

    def matching(self, pattern: str) -> list[str]:
        """Regular files that match a glob, sorted; hidden ones are left out."""
        try:
            found = [item for item in self.root.glob(pattern) if item.is_file()]
        except (ValueError, NotImplementedError, OSError):
            return []
        paths = (item.relative_to(self.root).as_posix() for item in found)
        return sorted(path for path in paths if not _hidden(path))

    def below(self, folder: str) -> list[str]:
        """Every file in a folder and its sub-folders, sorted; hidden ones are left out, links to folders
        are not followed."""
        found: list[str] = []
        for current, folders, names in os.walk(self.absolute(folder)):
            folders[:] = [name for name in folders if not name.startswith(".")]
            base = Path(current).relative_to(self.root)
            found.extend((base / name).as_posix() for name in names if not name.startswith("."))
        return sorted(found)

    def closest(self, path: str) -> str | None:
        """The file a mistyped path probably means, relative to the same folder."""
        folder = posixpath.dirname(path)
        try:
            names = sorted(item.name for item in self.absolute(folder).iterdir())
        except OSError:
            return None
        return nearest(posixpath.basename(path), names)


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


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
