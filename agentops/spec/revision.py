"""The git commit that holds exactly what was read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agentops.spec.files import is_private

_TIMEOUT_SECONDS = 10.0
_EVERYTHING = "./"


@dataclass(frozen=True, slots=True)
class Revision:
    """``head`` is the commit checked out, ``changed`` the files and folders (paths from the project root)
    that differ from it: modified, untracked or ignored. A folder ends in a slash and stands for all in it."""

    head: str
    changed: frozenset[str]

    def commit_of(self, paths: Iterable[str]) -> str | None:
        """The commit, if every one of the files is in it as it is on disk."""
        return None if any(self._differs(path) for path in paths) else self.head

    def has_changes_in(self, folder: str) -> bool:
        """Whether a file of the folder may be another in the commit, or be in only one of the two; files that
        are never read aside."""
        inside = f"{folder}/" if folder not in ("", ".") else ""
        below = (path for path in self.changed if path.startswith(inside) and not is_private(path))
        return self._differs(inside) or any(below)

    def _differs(self, path: str) -> bool:
        around = (path[: index + 1] for index, character in enumerate(path) if character == "/")
        return path in self.changed or _EVERYTHING in self.changed or any(it in self.changed for it in around)


def read_revision(root: Path) -> Revision | None:
    """What git says of the working tree; None without git, without a repository, or without a commit."""
    described = _git(root, "rev-parse", "HEAD", "--show-prefix")
    if described is None:
        return None
    head, _, prefix = described.strip("\n").partition("\n")
    status = _git(
        root,
        "status",
        "--porcelain",
        "-z",
        "--no-renames",
        "--untracked-files=normal",
        "--ignored",
        "--",
        ".",
    )
    if status is None:
        return None
    paths = (entry[3:] for entry in status.split("\0") if entry)
    return Revision(head, frozenset(_below(prefix, path) for path in paths))


def _below(prefix: str, path: str) -> str:
    """A path from the repository's root as one from the project's root; a folder around the project
    holds all of it."""
    if path.endswith("/") and prefix.startswith(path):
        return _EVERYTHING
    return path.removeprefix(prefix)


def _git(root: Path, *arguments: str) -> str | None:
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *arguments]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
