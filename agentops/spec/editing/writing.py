"""Edited files, put in the place of what they were: all of them, or none."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from agentops.domain.diagnostics import Blocked, Code, Stop, error
from agentops.domain.diagnostics import Location as Place
from agentops.spec.files import Files


def write(root: Path, files: Mapping[str, tuple[bytes, bytes]]) -> None:
    """Write each path's second content, if its first is still there. Links are followed within the project.

    Raises:
        Blocked: a file was changed since it was read; nothing was written.
        Stop: a file cannot be written; what was written before it is as it was.
    """
    reader = Files(root)
    targets: dict[str, Path] = {}
    for path, (before, _) in files.items():
        target = reader.real_place(path)
        if target is None or not target.is_file() or target.read_bytes() != before:
            raise Blocked(
                error(
                    Code.FILE_MOVED,
                    f"{path} was changed while its drift was looked at; nothing was written",
                    "save your work in it, then pull again",
                    location=Place(path),
                )
            )
        targets[path] = target
    beside: dict[str, Path] = {}
    moved: list[str] = []
    try:
        for path, target in targets.items():
            beside[path] = target.with_name(f".{target.name}.{os.getpid()}")
            beside[path].write_bytes(files[path][1])
            beside[path].chmod(target.stat().st_mode & 0o7777)
        for path, target in targets.items():
            beside[path].replace(target)
            moved.append(path)
    except OSError as problem:
        for path in moved:
            with contextlib.suppress(OSError):
                targets[path].write_bytes(files[path][0])
        raise Stop(
            error(
                Code.FILE_MOVED,
                f"{problem.filename or root} cannot be written: {problem.strerror}; every file is as it was",
                "see to it that the files of the project can be written, then pull again",
            )
        ) from None
    finally:
        for leftover in beside.values():
            leftover.unlink(missing_ok=True)
