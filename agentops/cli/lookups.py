"""What bodies only name, looked up where agentops runs: secrets, and the files of skills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from agentops.domain.address import Address
from agentops.domain.bundle import sha256 as sha256_of
from agentops.domain.diagnostics import Code, Stop, error

if TYPE_CHECKING:
    from agentops.domain.github import Checkout
    from agentops.domain.plan import Plan
    from agentops.domain.resource import Source
    from agentops.domain.state import Lock

Pinned = Callable[[str, str | None], "Checkout"]
"""What a URL names at the commit it is pinned to, or with None at the one it means now."""


class EnvironmentSecrets:
    """The port ``Secrets``: variables of this process, and files. ``root`` is where relative paths begin."""

    def __init__(self, environ: Mapping[str, str], root: Path) -> None:
        self._environ = environ
        self._root = root

    def value(self, reference: str) -> str:
        scheme, _, name = reference.partition(":")
        if scheme == "file":
            return self._read(name)
        if found := self._environ.get(name, ""):
            return found
        raise Stop(
            error(
                Code.SECRET,
                f"the secret {reference} is not there: the environment variable {name} is not set",
                "set it where `agentops apply` runs; nothing was sent",
            )
        )

    def _read(self, path: str) -> str:
        try:
            text = (self._root / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8 text"
            raise Stop(
                error(
                    Code.SECRET,
                    f"the secret file:{path} cannot be read: {why}",
                    "put it where `agentops apply` runs; nothing was sent",
                )
            ) from None
        # Editors and `echo` end a file with a newline that belongs to no secret.
        if found := text.removesuffix("\n").removesuffix("\r"):
            return found
        raise Stop(error(Code.SECRET, f"the secret file:{path} is empty", "write the secret into it"))


AtCommit = Callable[[str, str], Mapping[str, bytes]]
"""The files of a folder of the project at a commit, by their path in it."""


class PlannedUploads:
    """The port ``Uploads`` for one plan: files of the project as they are or as a commit has them, or of the
    commit that a URL is pinned to."""

    def __init__(self, root: Path, plan: Plan, fetch: Pinned, at_commit: AtCommit) -> None:
        self._root = root
        self._records = {change.address: change.record for change in plan.changes}
        self._fetch = fetch
        self._at_commit = cache(at_commit)

    def read(self, address: Address, path: str, sha256: str) -> bytes:
        record = self._records.get(address)
        if record is None or record.path is None:
            raise Stop(error(Code.UPLOAD, f"the plan does not say where {address} comes from", "plan again"))
        name = f"{record.path}/{path}"
        if record.revision is not None:
            content = self._fetch(record.path, record.revision).files.get(path)
        else:
            content = self._local(record.path, path)
            if (content is None or sha256_of(content) != sha256) and record.source is not None:
                content = self._committed(record.source, record.path, path)
        if content is None or sha256_of(content) != sha256:
            raise Stop(error(Code.UPLOAD, f"{name} is not what was planned", "it has changed: plan again"))
        return content

    def _local(self, directory: str, path: str) -> bytes | None:
        where = PurePosixPath(directory, path)
        if where.is_absolute() or ".." in where.parts:
            return None
        try:
            return (self._root / where).read_bytes()
        except OSError:
            return None

    def _committed(self, source: Source, directory: str, path: str) -> bytes | None:
        """What was planned need not be what the working tree has: a release goes back to its commits."""
        return None if source.commit is None else self._at_commit(source.commit, directory).get(path)


def pins_of(lock: Lock | None) -> dict[str, str]:
    """What the lock has pinned: URL -> pin."""
    entries = lock.resources.values() if lock is not None else ()
    return {entry.path: entry.revision for entry in entries if entry.path and entry.revision}
