"""A version of a bundle as it is downloaded: a zip archive, from whoever could upload one.

It is read in memory and never extracted. All that can be said of an entry without opening it is checked
before the first is opened; what is not a plain file at a plain path refuses the whole archive.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator

MOST_BYTES = 64 * 1024 * 1024
"""Of an archive, and of its files together. The API takes less than half of that."""

MOST_ENTRIES = 2_000

_MOST_RECORDS = 100_000
"""Records of a zip directory, each about a thousand bytes once it is read, in an archive that is read at all;
far more than ``MOST_ENTRIES``, as a file in the archive may be an archive."""

_RECORD = b"PK\x01\x02"
_BEGINNING = b"PK"
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    OverflowError,
    ValueError,  # also UnicodeDecodeError
)
"""What zipfile raises for bytes that are no archive of stored and deflated files."""


class UnusableArchive(Exception):
    """Why an archive is not used, as the end of a sentence."""


def looks_like_zip(data: bytes) -> bool:
    return data.startswith(_BEGINNING)


def unpacked(data: bytes) -> tuple[str, dict[str, bytes]]:
    """The one top directory, and the files below it by their path there, sorted.

    Raises:
        UnusableArchive: damaged, too large, or something else than plain files in one directory.
    """
    if len(data) > MOST_BYTES:
        raise UnusableArchive(f"it is larger than {_mb(MOST_BYTES)} MB")
    if data.count(_RECORD) > _MOST_RECORDS:
        raise UnusableArchive(f"it has more than {MOST_ENTRIES:,} entries")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            paths = _checked(archive.infolist())
            files = {path: _content(archive, entry) for path, entry in paths.items()}
    except _DAMAGED:
        raise UnusableArchive("it is a damaged zip archive") from None
    directory = next(iter(files)).partition("/")[0]
    return directory, {path.partition("/")[2]: content for path, content in sorted(files.items())}


def _checked(entries: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The files by their whole path, once nothing in the archive's directory speaks against them."""
    if len(entries) > MOST_ENTRIES:
        raise UnusableArchive(f"it has more than {MOST_ENTRIES:,} entries")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise UnusableArchive(f"its files are larger than {_mb(MOST_BYTES)} MB together")
    files: dict[str, zipfile.ZipInfo] = {}
    tops: set[str] = set()
    for entry in entries:
        path = _path(entry)
        tops.add(path.partition("/")[0])
        if entry.is_dir():
            continue
        if "/" not in path:
            raise UnusableArchive(f"{_named(path)} is in no directory")
        if path in files:
            raise UnusableArchive(f"it has {_named(path)} twice")
        files[path] = entry
    if len(tops) > 1:
        raise UnusableArchive(f"it has several top directories: {', '.join(map(_named, sorted(tops)[:3]))}")
    if not files:
        raise UnusableArchive("it has no files")
    for path in files:
        for parent in _parents(path):
            if parent in files:
                raise UnusableArchive(f"{_named(parent)} is a file and a directory at once")
    return files


def _path(entry: zipfile.ZipInfo) -> str:
    """Where the entry says that it is. Not ``entry.filename``, which ends at the first NUL."""
    name = entry.orig_filename
    path = name.removesuffix("/")
    if _CONTROL.search(name) or "\\" in name:
        raise UnusableArchive(f"the name {_named(name)} has a backslash or control characters")
    if name.startswith("/") or _DRIVE.match(name):
        raise UnusableArchive(f"{_named(name)} is an absolute path")
    if any(segment in ("", ".", "..") for segment in path.split("/")):
        raise UnusableArchive(f"the path {_named(name)} has empty segments, `.` or `..`")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFDIR if entry.is_dir() else stat.S_IFREG):
        what = "a symbolic link" if kind == stat.S_IFLNK else "no plain file"
        raise UnusableArchive(f"{_named(path)} is {what}")
    if entry.flag_bits & _ENCRYPTED:
        raise UnusableArchive(f"{_named(path)} is encrypted")
    if entry.compress_type not in _METHODS:
        raise UnusableArchive(f"{_named(path)} is compressed by another method than deflate")
    return path


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Exactly as many bytes as the entry declares: what comes after them is never inflated."""
    with archive.open(entry) as opened:
        content = opened.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise UnusableArchive(f"{_named(entry.filename)} is not as long as the archive says")
    return content


def _parents(path: str) -> Iterator[str]:
    return (path[: slash.start()] for slash in re.finditer("/", path))


def _named(name: str) -> str:
    return repr(name if len(name) <= 100 else f"{name[:99]}…")


def _mb(size: int) -> int:
    return size // (1024 * 1024)
