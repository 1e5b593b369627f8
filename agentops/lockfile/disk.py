"""Bytes that are on the disk when a call returns, and a file that only one process holds."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_MODE = 0o666  # less the umask
_HELD_BYTE = 1 << 30  # beyond the text, because Windows lets nobody read a byte that is held


def replace(path: Path, content: bytes) -> None:
    """All of the new content or all of the old, whatever happens. The file keeps its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # There is one writer at a time, so one name will do, and what a crash has left is overwritten.
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _SAFELY, _MODE)
        try:
            _write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with suppress(FileNotFoundError):
            temporary.chmod(path.stat().st_mode & 0o777)
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def append(path: Path, content: bytes, *, is_line: Callable[[bytes], bool]) -> None:
    """Append whole lines. Half a line that a crash has left is cut off first; a last line that
    ``is_line`` finds whole gets the newline it lacks."""
    is_new = not path.exists()
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _SAFELY, _MODE)
    try:
        _mend_tail(descriptor, is_line)
        _write_all(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(path.parent)


def check_writable(folder: Path) -> None:
    """Makes the folder where it is missing. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, f"the folder '{folder.name}' is read-only")


def acquire(path: Path) -> int | None:
    """A descriptor that holds the file until it is closed or the process ends; None if another does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, _MODE)
    held = False
    try:
        held = _try_lock(descriptor)
    finally:
        if not held:
            os.close(descriptor)
    return descriptor if held else None


def overwrite(descriptor: int, content: bytes) -> None:
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    _write_all(descriptor, content)


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _HELD_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def _mend_tail(descriptor: int, is_line: Callable[[bytes], bool]) -> None:
    size = os.lseek(descriptor, 0, os.SEEK_END)
    if size == 0 or _bytes_from(descriptor, size - 1) == b"\n":
        return
    tail = _bytes_from(descriptor, 0).rpartition(b"\n")[2]
    if is_line(tail):
        _write_all(descriptor, b"\n")
    else:
        os.ftruncate(descriptor, size - len(tail))


def _bytes_from(descriptor: int, offset: int) -> bytes:
    os.lseek(descriptor, offset, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    """Makes a new or replaced name last, where the system has a way to say so."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
