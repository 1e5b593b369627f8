"""URL on GitHub -> the commit and directory it means, and the files there.

A URL that is pinned needs the network only until its files were fetched once. One that is not is asked about:
of the ways to read it the first holds whose ref exists and has the directory, the shortest ref first, and a
branch before a tag of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from agentops.domain.github import COMMIT, HEAD, Checkout, GitHubUrl
from agentops.remotes import problems
from agentops.remotes.git import TIMEOUT, Failed, Git, token_of
from agentops.remotes.store import Absent, Filling, Store
from agentops.remotes.trees import Listing, NoDirectory, Refused, Wanted, contents_of, listing_of


def _all(path: str) -> bool:
    return True


class Remotes:
    """Fetches directories, and keeps what it has fetched.

    folder: the cache, ``.agentops/remotes`` of a project; it may be deleted at any time. environ: the
    environment that git runs in, and that may hold a token. wanted: which files and folders of a directory
    are looked at; the others may be anything. allow_file: whether the user's own git configuration may turn
    github.com into a path on this machine. timeout: seconds for one answer of the remote.

    What a branch is, is asked once; one object serves one command.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        wanted: Wanted = _all,
        allow_file: bool = False,
        timeout: float = TIMEOUT,
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._wanted = wanted
        self._git = Git(environ, allow_file, timeout)
        self._store = Store(folder / "objects")
        self._refs: dict[tuple[str, bool], dict[str, str]] = {}

    def resolve(self, url: str, pinned: str | None = None) -> Checkout:
        """The files that a URL names now, or at the commit it is pinned to.

        ``pinned`` is the ``pin`` of an earlier checkout. A commit alone will do, and is read with the longest
        directory that the URL may mean and that is there.

        Raises:
            Stop: the URL, the pin, or what they name is none that can be had; the diagnostic names the URL
                and says what to do.
        """
        try:
            place = GitHubUrl.parse(url)
        except ValueError as problem:
            raise problems.not_a_url(str(problem)) from None
        meanings = self._meanings(url, place) if pinned is None else _pinned(url, place, pinned)
        missing: list[tuple[str, NoDirectory]] = []
        for revision, directory in meanings:
            try:
                return self._checkout(url, place, revision, directory)
            except NoDirectory as problem:
                missing.append((revision, problem))
        raise problems.no_directory(url, *missing[0])

    def _meanings(self, url: str, place: GitHubUrl) -> list[tuple[str, str]]:
        """Commit and directory, of every reading whose ref exists."""
        first = place.readings[0]
        if COMMIT.fullmatch(first.ref):
            return [(first.ref, first.directory)]
        refs = self._known_refs(url, place, head=first.ref == HEAD)
        commits = ((_commit_of(reading.ref, refs), reading.directory) for reading in place.readings)
        if not (found := [(commit, directory) for commit, directory in commits if commit is not None]):
            raise problems.no_ref(url, place, refs)
        return found

    def _known_refs(self, url: str, place: GitHubUrl, *, head: bool) -> dict[str, str]:
        key = (place.repository.lower(), head)
        if key not in self._refs:
            with self._telling(url, place, None), self._git.scratch(self._folder) as scratch:
                self._refs[key] = scratch.refs(place.repository, head=head)
        return self._refs[key]

    def _checkout(self, url: str, place: GitHubUrl, revision: str, directory: str) -> Checkout:
        with self._telling(url, place, revision):
            try:
                listing = listing_of(self._store, revision, directory, self._wanted)
                files = contents_of(self._store, listing)
            except Absent:
                listing, files = self._fetched(place, revision, directory)
        return Checkout(url, revision, directory, files, listing.left_out)

    def _fetched(self, place: GitHubUrl, revision: str, directory: str) -> tuple[Listing, dict[str, bytes]]:
        """The folders of the commit first, for they tell which files are needed."""
        with self._git.scratch(self._folder) as scratch:
            scratch.fetch_commit(place.repository, revision)
            with scratch.objects() as objects:
                listing = listing_of(Filling(self._store, objects), revision, directory, self._wanted)
            if lacking := {id for id in listing.files.values() if not self._store.has(id)}:
                scratch.fetch_files(place.repository, lacking)
            with scratch.objects() as objects:
                return listing, contents_of(Filling(self._store, objects), listing)

    @contextmanager
    def _telling(self, url: str, place: GitHubUrl, revision: str | None) -> Iterator[None]:
        """Turns whatever goes wrong into a Stop; that a directory is missing is for the caller to say."""
        try:
            yield
        except Refused as problem:
            raise problems.refused(url, problem) from None
        except Failed as problem:
            has_token = token_of(self._environ) is not None
            raise problems.failed(url, place, revision, problem, has_token=has_token) from None
        except Absent as problem:
            raise problems.not_delivered(url, problem.id) from None
        except OSError as problem:
            raise problems.not_kept(url, self._folder, problem) from None


def _commit_of(ref: str, refs: Mapping[str, str]) -> str | None:
    if ref == HEAD:
        return refs.get(HEAD)
    names = (f"refs/heads/{ref}", f"refs/tags/{ref}", ref)
    return next((refs[name] for name in names if name in refs), None)


def _pinned(url: str, place: GitHubUrl, pin: str) -> list[tuple[str, str]]:
    """Commit and directory, of every reading that the pin allows."""
    revision, colon, directory = pin.partition(":")
    readings = [item for item in place.readings if not COMMIT.fullmatch(item.ref) or item.ref == revision]
    directories = [item.directory for item in readings if not colon or item.directory == directory]
    if not COMMIT.fullmatch(revision) or not directories:
        raise problems.not_a_pin(url, pin)
    return [(revision, directory) for directory in directories]
