"""The commits of the clone that a project lies in: read object by object, never checked out.

Nothing of the clone is written, and no hook and no filter runs. Of a file that git keeps elsewhere (Git LFS)
a commit has the pointer only.

Sources: the manual pages git-rev-parse, git-ls-tree, git-cat-file and gitrevisions.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from agentops.domain.diagnostics import Code, Stop, error
from agentops.remotes.git import Failed, Git, Objects, TooLarge, end

MOST_BYTES = 64 * 1024 * 1024
"""Of one file; no file that is larger is read from a project either."""

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LINK, _SUBMODULE = "120000", "160000"
_ASK_WHERE = ("git", "-c", "core.fsmonitor=false", "rev-parse", "--absolute-git-dir", "--show-prefix")
_TIMEOUT = 10.0
_SHOWN = 12
_VERSIONS = 200
"""How many versions of a file are looked through."""
_ADVICE = "clone all of the history (in GitHub Actions `fetch-depth: 0` for actions/checkout), or fetch it"


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    id: str
    path: str


class History:
    """What earlier commits hold below ``root``, a folder anywhere in a repository.

    Use it as a context manager: trees that were asked for are gone at its end.
    """

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._root = root
        self._environ = environ
        self._git = Git(environ)
        self._found: tuple[Path, str] | None = None
        self._trees: dict[str, Path] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.cleanup()
        self._folder = None
        self._trees.clear()

    def commit(self, name: str) -> str:
        """The full ID of what a branch, a tag, an ID or an expression like ``HEAD~2`` means.

        Raises:
            Stop: there is no such commit here, or no repository.
        """
        repository, _ = self._place(name)
        try:
            words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            found = self._git.run(repository, *words).decode("utf-8", "replace").strip()
        except (Failed, ValueError):  # a NUL is in no name
            raise _missing(name) from None
        if not _ID.fullmatch(found):
            raise _missing(name)
        return found

    def has(self, name: str) -> bool:
        """Whether a name means a commit of this clone."""
        try:
            self.commit(name)
        except Stop:
            return False
        return True

    def merge_base(self, one: str, other: str) -> str:
        """The full ID of the newest commit that two others, given by their full IDs, come from.

        Raises:
            Stop: there is none here.
        """
        repository, _ = self._place(one)
        try:
            return self._git.run(repository, "merge-base", one, other).decode().strip()
        except Failed:
            shown = f"{one[:_SHOWN]} and {other[:_SHOWN]}"
            raise Stop(
                error(Code.COMMIT, f"the commits {shown} have no commit in common in this clone", _ADVICE)
            ) from None

    def tree(self, commit: str) -> Path:
        """A folder with what ``root`` was at a commit, given by its full ID; hidden files are left out.

        Raises:
            Stop: the commit or an object of it is not in this clone, or there is no room.
        """
        if (known := self._trees.get(commit)) is None:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="agentops-", ignore_cleanup_errors=True)
            # The folder that a project lies in is part of what is said of it.
            known = Path(self._folder.name).resolve() / commit / (self._root.name or "project")
            try:
                known.mkdir(parents=True)
                self._write(commit, known)
            except OSError as problem:
                raise _not_kept(commit, problem) from None
            self._trees[commit] = known
        return known

    def folder(self, commit: str, path: str) -> dict[str, bytes]:
        """The files of a folder below ``root`` as a commit has them, by their path in it; links and hidden
        ones are left out.

        Raises:
            Stop: the commit or an object of it is not in this clone.
        """
        inside = f"{path}/"
        return {
            entry.path.removeprefix(inside): content
            for entry, content in self._contents(commit, path)
            if entry.path.startswith(inside) and entry.mode != _LINK
        }

    def versions(self, path: str) -> Iterator[bytes]:
        """What a file below ``root`` was in the commits before and including HEAD, the newest first; nothing
        where there is no such history."""
        try:
            repository, prefix = self._place("HEAD")
            limit, where = f"--max-count={_VERSIONS}", f":(top,literal){prefix}{path}"
            listed = self._git.run(repository, "log", "--format=%H", limit, "HEAD", "--", where).decode()
        except (Stop, Failed):
            return
        for commit in listed.split():
            try:
                yield self._git.run(repository, "cat-file", "blob", f"{commit}:{prefix}{path}")
            except Failed:  # this commit removed it
                continue

    def changes(self, since: str, paths: Mapping[str, Sequence[str]]) -> dict[str, int] | None:
        """How many commits since one have touched the files of each name, or what is in the folders; None
        where that commit is not here, or is not among those before HEAD.

        Merges do not count by themselves: what they bring does.
        """
        try:
            repository, prefix = self._place("HEAD")
            self._git.run(repository, "merge-base", "--is-ancestor", since, "HEAD")
            listed = self._git.run(
                repository, "log", "--format=%x01", "--no-merges", "--name-only", "-z", f"{since}..HEAD"
            )
        except (Stop, Failed, ValueError):
            return None
        found = dict.fromkeys(paths, 0)
        for commit in os.fsdecode(listed).split("\x01")[1:]:
            names = (item.lstrip("\n") for item in commit.split("\0"))
            touched = [item.removeprefix(prefix) for item in names if item and item.startswith(prefix)]
            for name, wanted in paths.items():
                found[name] += any(_is_in(path, one) for path in touched for one in wanted)
        return found

    # -- objects

    def _place(self, commit: str) -> tuple[Path, str]:
        """The repository, and where in it ``root`` lies: empty, or a path that ends in a slash."""
        if self._found is None:
            try:
                done = subprocess.run(  # noqa: S603 - a fixed command, no shell
                    [*_ASK_WHERE],
                    cwd=self._root,
                    env={**self._environ, "LC_ALL": "C"},
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_TIMEOUT,
                    check=True,
                )
            except (OSError, subprocess.SubprocessError):
                raise _no_repository(commit) from None
            repository, _, prefix = os.fsdecode(done.stdout).removesuffix("\n").partition("\n")
            self._found = Path(repository), prefix
        return self._found

    def _entries(self, commit: str, below: str) -> list[_Entry]:
        if not _ID.fullmatch(commit):
            raise _missing(commit)
        repository, prefix = self._place(commit)
        full = f"{prefix}{below}"
        where = (f":(top,literal){full}",) if full else ()
        try:
            self._git.run(repository, "cat-file", "-e", f"{commit}^{{commit}}")
            listed = self._git.run(repository, "ls-tree", "-r", "-z", "--full-tree", commit, "--", *where)
        except Failed:
            raise _missing(commit) from None
        entries = []
        for line in listed.split(b"\0"):
            meta, tab, path = line.partition(b"\t")
            if tab:
                mode, _, id = meta.decode().split(" ")
                entries.append(_Entry(mode, id, os.fsdecode(path).removeprefix(prefix)))
        return entries

    def _contents(self, commit: str, below: str = "") -> Iterator[tuple[_Entry, bytes]]:
        entries = [item for item in self._entries(commit, below) if _is_wanted(item)]
        if not entries:
            return
        repository, _ = self._place(commit)
        process = self._git.start(repository, "cat-file", "--batch", stderr=subprocess.DEVNULL)
        try:
            objects = Objects(process)
            for entry in entries:
                if (found := objects.read(entry.id, MOST_BYTES)) is None:
                    raise _incomplete(commit, entry.path)
                yield entry, found[1]
        except TooLarge:
            raise Stop(
                error(
                    Code.TOO_LARGE,
                    f"a file of commit {commit[:12]} has more than {MOST_BYTES >> 20} MiB",
                    "no such file can be part of a resource; move it out of the project's folder",
                )
            ) from None
        except Failed as problem:
            raise _unreadable(commit, problem.reason) from None
        finally:
            end(process)

    def _write(self, commit: str, folder: Path) -> None:
        links: dict[Path, str] = {}
        for entry, content in self._contents(commit):
            target = folder / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if entry.mode != _LINK:
                target.write_bytes(content)
            elif _stays_inside(entry.path, link := os.fsdecode(content)):
                links[target] = link
        # At last, so that nothing is written through one: a commit can have a link and a folder of one name,
        # or of two names that are one here.
        for target, link in links.items():
            target.symlink_to(link)


def _is_in(path: str, wanted: str) -> bool:
    return path == wanted or path.startswith(f"{wanted}/")


def _is_wanted(entry: _Entry) -> bool:
    """Hidden files are no part of a resource; and no path leads out of the folder it is written to."""
    parts = entry.path.split("/")
    return entry.mode != _SUBMODULE and not any(part.startswith(".") or not part for part in parts)


def _stays_inside(path: str, link: str) -> bool:
    if not link or PurePosixPath(link).is_absolute() or Path(link).is_absolute():
        return False
    inside = os.path.normpath(os.path.join(os.path.dirname(path), link))  # noqa: PTH118, PTH120 - no file yet
    return inside != ".." and not inside.startswith(f"..{os.sep}")


def _missing(commit: str) -> Stop:
    shown = commit if commit.isprintable() else repr(commit)
    return Stop(error(Code.COMMIT, f"the commit {shown} is not in this clone", _ADVICE))


def _no_repository(commit: str) -> Stop:
    return Stop(
        error(
            Code.COMMIT,
            f"the commit {commit} cannot be read: git is not there, or this is no repository of it",
            "run the command in a clone of the project, with git installed",
        )
    )


def _incomplete(commit: str, path: str) -> Stop:
    shown = path if path.isprintable() else repr(path)
    return Stop(error(Code.COMMIT, f"the commit {commit} is in this clone without its file {shown}", _ADVICE))


def _unreadable(commit: str, reason: str) -> Stop:
    return Stop(
        error(Code.COMMIT, f"the commit {commit} cannot be read: {reason}", "mend the clone: `git fsck`")
    )


def _not_kept(commit: str, problem: OSError) -> Stop:
    reason = (problem.strerror or type(problem).__name__).lower()
    return Stop(
        error(
            Code.UNREADABLE,
            f"the files of commit {commit} cannot be written to {tempfile.gettempdir()}: {reason}",
            "that folder has to be writable and the disk to have room; TMPDIR names another",
        )
    )
