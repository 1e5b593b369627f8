"""A directory of a GitHub repository, as its URL names it and as it is at one commit.

The URLs are those that github.com shows in a browser: ``/OWNER/REPO``, ``/OWNER/REPO/tree/REF/DIRECTORY`` and
``/OWNER/REPO/blob/REF/DIRECTORY/SKILL.md``. No URL says where REF ends, for a branch may have slashes in its
name; only the repository knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import unquote_to_bytes

HOST = "github.com"
HEAD = "HEAD"
"""The ref that stands for the default branch."""

COMMIT = re.compile(r"[0-9a-f]{40}")
MANIFEST = "SKILL.md"

_FORM = f"https://{HOST}/OWNER/REPO/tree/REF/DIRECTORY"
_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_REPO = re.compile(r"[A-Za-z0-9._-]+")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a URL. ``ref`` is a branch, a tag, a full commit or ``HEAD``; ``directory`` is a posix
    path in the repository, empty for its root."""

    ref: str
    directory: str


@dataclass(frozen=True, slots=True)
class GitHubUrl:
    """``rest`` are the segments after ``tree/`` or ``blob/``, decoded and without a final SKILL.md; none
    where the URL is the repository's own."""

    owner: str
    repo: str
    rest: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL.

        Raises:
            ValueError: it is none on GitHub, or names no directory. The sentence repeats no part of a URL
                that may be a secret.
        """
        owner, repo, form, rest = _parts(_path(text))
        if not _OWNER.fullmatch(owner) or not _REPO.fullmatch(repo) or repo in (".", ".."):
            raise ValueError(f"'{text}' names no repository; write {_FORM}")
        if form not in ("", "tree", "blob"):
            raise ValueError(f"'{text}' is not the URL of a directory; write {_FORM}")
        if form and not rest:
            raise ValueError(f"'{text}' names no branch, tag or commit after '{form}'; write {_FORM}")
        segments = tuple(_decoded(segment, text) for segment in rest)
        if form == "blob":
            if len(segments) < 2 or segments[-1] != MANIFEST:
                raise ValueError(f"'{text}' is a file other than {MANIFEST}; write {_FORM}")
            segments = segments[:-1]
        return cls(owner, repo, segments)

    @property
    def repository(self) -> str:
        """The URL that git takes."""
        return f"https://{HOST}/{self.owner}/{self.repo}"

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Every way to read the URL, the shortest ref first. A full commit can only be itself."""
        if not self.rest:
            return (Reading(HEAD, ""),)
        if COMMIT.fullmatch(commit := self.rest[0].lower()):
            return (Reading(commit, "/".join(self.rest[1:])),)
        return tuple(
            Reading("/".join(self.rest[:length]), "/".join(self.rest[length:]))
            for length in range(1, len(self.rest) + 1)
        )


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a URL names at one commit.

    url: as it was given. revision: the commit, 40 hex digits. directory: a posix path in the repository,
    empty for its root. files: posix path relative to ``directory`` -> the exact bytes, sorted by path.
    left_out: the files and folders there that were not wanted, to be told of.
    """

    url: str
    revision: str
    directory: str
    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()

    @property
    def pin(self) -> str:
        """What to record so that the URL means the same for ever: ``COMMIT:DIRECTORY``, as git itself writes
        it. Without the directory a URL could be read in another way later on."""
        return f"{self.revision}:{self.directory}"


def _path(text: str) -> str:
    """What follows the host."""
    scheme, separator, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    if "@" in authority or ("@" in text and authority.lower() != HOST):
        raise ValueError(
            f"a URL on GitHub has no user name and no token in it; write {_FORM}, set GITHUB_TOKEN for a "
            "private repository, and revoke a token that stood there"
        )
    if "?" in text or "#" in text:
        raise ValueError(f"a URL on GitHub has no query and no fragment here; write {_FORM}")
    if not text.isprintable() or any(character.isspace() or character == "\\" for character in text):
        raise ValueError(f"{text!r} has characters that no URL has; write {_FORM}")
    if not separator or scheme.lower() != "https":
        raise ValueError(f"'{text}' is no https URL; write {_FORM}")
    if authority.lower() != HOST:
        raise ValueError(f"'{text}' is not on {HOST}, and nothing is fetched from elsewhere; write {_FORM}")
    if not slash:
        raise ValueError(f"'{text}' names no repository; write {_FORM}")
    return path.removesuffix("/")


def _parts(path: str) -> tuple[str, str, str, list[str]]:
    """Owner, repository, ``tree`` or ``blob``, and the segments after it; empty where they are missing."""
    owner, _, path = path.partition("/")
    repo, _, path = path.partition("/")
    form, _, path = path.partition("/")
    return owner, repo if form else repo.removesuffix(".git"), form, path.split("/") if path else []


def _decoded(segment: str, text: str) -> str:
    try:
        if _ESCAPE.search(segment):
            raise ValueError("an incomplete escape")
        name = unquote_to_bytes(segment).decode("utf-8")
    except ValueError:
        raise ValueError(
            f"'{text}' has a '%' that does not begin an escape of UTF-8 text; write a percent sign as %25"
        ) from None
    if name in ("", ".", ".."):
        raise ValueError(f"'{text}' has a segment that names nothing: '{name}'; write {_FORM}")
    if not name.isprintable() or "/" in name or "\\" in name:
        raise ValueError(f"{text!r} has characters that no name has; write a slash as it is, not as %2F")
    return name
