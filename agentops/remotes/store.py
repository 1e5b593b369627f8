"""Objects of git that were fetched once, each in a file of its own that is named by the hash of its content.

An object is what git hashes: ``TYPE SIZE``, a NUL byte, the content. Whatever is read is hashed again, so a
commit that a lock pins stands for the same files whoever has written the folder, and what a crash or anybody
else has left there is as good as missing. Several processes may write at once: they write the same.

Source: "Git Objects" in the book Pro Git, for what the ID of an object is made of.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from agentops.remotes.git import MOST_BYTES, Objects, TooLarge

_LONGEST_HEADER = 32


class Absent(Exception):
    """An object that is needed is not there."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.id = id


class Source(Protocol):
    """Where objects come from."""

    def read(self, id: str, most: int = MOST_BYTES) -> tuple[str, bytes]:
        """Type (commit, tree, blob, tag) and content.

        Raises:
            Absent: it is not there. TooLarge: it has more than ``most`` bytes.
        """


class Store:
    """The files below a folder. Reading and writing may raise OSError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, id: str, most: int = MOST_BYTES) -> tuple[str, bytes]:
        found = self._whole(id)
        if found is None:
            raise Absent(id)
        header, _, content = found.partition(b"\0")
        if len(content) > most:
            raise TooLarge(f"the object {id} has {len(content):,} bytes")
        return header.partition(b" ")[0].decode(), content

    def has(self, id: str) -> bool:
        return self._whole(id) is not None

    def add(self, id: str, kind: str, content: bytes) -> None:
        """Raises ValueError where the content is not what the ID is the hash of."""
        whole = b"%s %d\0%s" % (kind.encode(), len(content), content)
        if _hash(whole) != id:
            raise ValueError(f"{id} is not the hash of its content")
        path = self._path(id)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix="new-", dir=path.parent, delete=False) as new:
            temporary = Path(new.name)
            try:
                new.write(whole)
                new.close()
                temporary.replace(path)
            except BaseException as problem:
                with suppress(OSError):
                    temporary.unlink()
                # Windows replaces no file that is being read: then another process has written it.
                if not isinstance(problem, OSError) or not self.has(id):
                    raise

    def _path(self, id: str) -> Path:
        return self._folder / id[:2] / id[2:]

    def _whole(self, id: str) -> bytes | None:
        path = self._path(id)
        try:
            if path.stat().st_size > MOST_BYTES + _LONGEST_HEADER:
                return None
            whole = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return whole if _hash(whole) == id else None


class Filling:
    """A store that takes what it lacks from a repository, and keeps it."""

    def __init__(self, store: Store, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    def read(self, id: str, most: int = MOST_BYTES) -> tuple[str, bytes]:
        with suppress(Absent):
            return self._store.read(id, most)
        found = self._objects.read(id, most)
        if found is None:
            raise Absent(id)
        try:
            self._store.add(id, *found)
        except ValueError:
            raise Absent(id) from None
        return found


def _hash(whole: bytes) -> str:
    # The name that git gives an object; git itself refuses the known collisions when it fetches.
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()
