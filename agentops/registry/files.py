"""Files of the user that hold, or lead to, a secret: who else can reach them is checked on what was opened.

Windows has no mode bits; there the checks say nothing.
"""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress

POSIX = os.name == "posix"

_MOST_BYTES = 1_000_000
_FOR_OTHERS_TO_WRITE = 0o022
_FOR_OTHERS = 0o077


class Unusable(Exception):
    """A file is there and must not or cannot be used. ``advice`` says how that is mended."""

    def __init__(self, summary: str, advice: str) -> None:
        super().__init__(summary)
        self.summary = summary
        self.advice = advice


def read_shared(path: str) -> str:
    """The text of a file that says what is done with secrets: others may read it, and never write it.

    Raises:
        FileNotFoundError: there is none.
        Unusable: group or others can write it, or it cannot be read.
    """
    text, mode = _read(path, follow=True)
    if POSIX and mode & _FOR_OTHERS_TO_WRITE:
        raise Unusable(
            f"{path} can be written by group or others (mode {stat.S_IMODE(mode):04o})",
            f"`chmod go-w {path}`, and see that nobody has changed it",
        )
    return text


def read_private(path: str) -> str:
    """The text of a file that holds secrets: a file itself, and its owner's alone.

    Raises:
        FileNotFoundError: there is none.
        Unusable: it is a link or no file, others can reach it, or it cannot be read.
    """
    text, mode = _read(path, follow=not POSIX)
    if POSIX and mode & _FOR_OTHERS:
        raise Unusable(
            f"{path} is open to group or others (mode {stat.S_IMODE(mode):04o})",
            f"`chmod 600 {path}`; if others had access to this machine, log in anew",
        )
    return text


def read_text(path: str) -> str:
    """The text of a file that somebody else keeps, with whatever mode and however linked.

    Raises:
        FileNotFoundError: there is none.
        Unusable: it cannot be read.
    """
    return _read(path, follow=True)[0]


def write_private(path: str, text: str) -> None:
    """Put a text in the place of a file, as its owner's alone. It is seen whole or not at all.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, mode=0o700, exist_ok=True)
    # mkstemp opens with mode 0600, whatever the umask.
    descriptor, beside = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside)
        raise
    with suppress(OSError):  # not every system has folders that can be synced
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _read(path: str, *, follow: bool) -> tuple[str, int]:
    """Text and mode, both of the same open file: nothing can be put in its place in between."""
    flags = os.O_RDONLY | (0 if follow else os.O_NOFOLLOW) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as problem:
        if not follow and os.path.islink(path):
            raise Unusable(
                f"{path} is a symbolic link",
                "put the file itself there, so that its mode says who can read it",
            ) from None
        raise Unusable(f"{path} cannot be read: {_reason(problem)}", "correct its permissions") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise Unusable(f"{path} is no regular file", "put a file there")
    with os.fdopen(descriptor, "rb") as file:
        try:
            content = file.read(_MOST_BYTES + 1)
        except OSError as problem:
            raise Unusable(f"{path} cannot be read: {_reason(problem)}", "correct its permissions") from None
    if len(content) > _MOST_BYTES:
        raise Unusable(f"{path} is larger than 1 MB", "put the right file there")
    try:
        return content.decode("utf-8"), mode
    except UnicodeDecodeError:
        raise Unusable(f"{path} is not UTF-8 text", "put the right file there") from None


def _reason(problem: Exception) -> str:
    return (problem.strerror if isinstance(problem, OSError) else None) or "unknown reason"
