"""Runs git where it asks nobody, reads nothing of the project, and talks only over https or ssh.

Refs and paths are never among its arguments: it is given a URL that begins with ``https://``, and object IDs.
A token is handed over by a credential helper that takes it from the environment, so that git sends it only to
github.com, only over https, and only when it is asked for one: it stands in no argument and in no URL, does
not follow a redirect to another host, and one that has expired does no harm to public repositories.

Sources: the manual pages git, git-config, git-fetch, git-cat-file, gitcredentials and gitprotocol-v2.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from agentops.domain.diagnostics import Code, Stop, error

TIMEOUT = 120.0
"""Seconds for one command that talks to the remote."""
MOST_BYTES = 64 * 1024 * 1024
"""Of a directory, and of what is downloaded for it."""

TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")

_HELPERS = "credential.https://github.com.helper"
_HELPER_VARIABLE = "AGENTOPS_REMOTES_TOKEN"
_HELPER = (
    '!f() { test "$1" = get && '
    f"printf 'username=x-access-token\\npassword=%s\\n' \"${_HELPER_VARIABLE}\"; }}; f"
)
_TOKEN = re.compile(r"[\x21-\x7e]+")
_USER_INFO = re.compile(r"(?<=://)[^/\s']*@")
_LABEL = re.compile(r"(?:fatal|error|ERROR|remote): ?")
_ASIDE = re.compile(r"(?:warning|hint): ")
_LONGEST_REASON = 200
_POLL = 0.2

_PROTOCOLS = ("https", "ssh")
# Of git's own variables only those that say how to reach the network: the others would lead it to another
# repository, or make it write down what it sends.
_KEPT = re.compile(r"GIT_(?:CONFIG_.*|SSL_.*|PROXY_SSL_.*|HTTP_.*|SSH|SSH_COMMAND|SSH_VARIANT|EXEC_PATH)")
_SETTINGS = (
    "protocol.version=2",
    "http.followRedirects=initial",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "gc.auto=0",
    "maintenance.auto=false",
    f"core.hooksPath={os.devnull}",
)


class Failed(Exception):
    """git did not do it; ``reason`` is what it said, without secrets and control characters."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TimedOut(Failed):
    pass


class TooLarge(Failed):
    pass


def token_of(environ: Mapping[str, str]) -> str | None:
    """The token for private repositories; None where none is set.

    Raises:
        Stop: it has characters that no token has.
    """
    for name in TOKEN_VARIABLES:
        if token := environ.get(name, "").strip():
            if not _TOKEN.fullmatch(token):
                raise Stop(
                    error(
                        Code.CREDENTIALS,
                        f"{name} has white space or other characters that no token has",
                        "put the token there as it was issued, and nothing else",
                    )
                )
            return token
    return None


@dataclass(frozen=True, slots=True)
class Git:
    """The command, and what it runs with.

    environ: of the caller, whose own configuration, proxies, authorities and keys count. allow_file: whether
    the user's configuration may turn the URL into a path on this machine. timeout: seconds, for one command.
    """

    environ: Mapping[str, str]
    allow_file: bool = False
    timeout: float = TIMEOUT

    @contextmanager
    def scratch(self, folder: Path) -> Iterator[Scratch]:
        """An empty repository of our own, below ``folder``, for as long as the context lasts.

        Raises:
            OSError: it cannot be made.
            Failed: git is not there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="scratch-", dir=folder, ignore_cleanup_errors=True) as name:
            yield Scratch(self, Path(name).resolve())

    def run(self, repository: Path, *arguments: str, text: str = "", watched: Path | None = None) -> bytes:
        """What a command prints, given ``text`` on its standard input.

        Raises:
            Failed: it ended with an error. TimedOut: it did not end. TooLarge: ``watched`` grew beyond
                ``MOST_BYTES``.
        """
        process = self.start(repository, *arguments, stderr=subprocess.PIPE)
        try:
            out, err = self._finished(process, text.encode(), watched)
        finally:
            end(process)
        if process.returncode != 0:
            raise Failed(self._reason(err))
        return out

    def start(self, repository: Path, *arguments: str, stderr: int) -> subprocess.Popen[bytes]:
        """A process in a session of its own: without a terminal nothing can ask there."""
        settings = (word for setting in self._settings() for word in ("-c", setting))
        command = ["git", *settings, *arguments]
        try:
            return subprocess.Popen(  # noqa: S603 - no shell, and no argument that a project writes
                command,
                cwd=repository,
                env=self._environment(repository),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as problem:
            raise Failed(f"git cannot be run: {(problem.strerror or 'unknown reason').lower()}") from None

    def _finished(
        self, process: subprocess.Popen[bytes], given: bytes, watched: Path | None
    ) -> tuple[bytes, bytes]:
        rest: bytes | None = given
        for _ in range(max(1, round(self.timeout / _POLL))):
            printed = None
            with suppress(subprocess.TimeoutExpired):
                printed = process.communicate(rest, timeout=_POLL)
            rest = None  # it is on its way, and may not be given twice
            if watched is not None and _size_of(watched) > MOST_BYTES:
                raise TooLarge("the download is too large")
            if printed is not None:
                return printed
        raise TimedOut(f"no answer within {self.timeout:g} seconds")

    def _settings(self) -> tuple[str, ...]:
        if token_of(self.environ) is None:
            return _SETTINGS
        # The empty one takes the user's own helpers out: a token that is set comes before them.
        return (*_SETTINGS, f"{_HELPERS}=", f"{_HELPERS}={_HELPER}")

    def _environment(self, repository: Path) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self.environ.items()
            if not name.startswith("GIT_") or _KEPT.fullmatch(name)
        }
        protocols = {*_PROTOCOLS, *(("file",) if self.allow_file else ())}
        if (allowed := self.environ.get("GIT_ALLOW_PROTOCOL")) is not None:
            protocols &= set(allowed.split(":"))
        if (token := token_of(self.environ)) is not None:
            kept[_HELPER_VARIABLE] = token
        return kept | {
            "GIT_DIR": str(repository),
            "GIT_ALLOW_PROTOCOL": ":".join(sorted(protocols)),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS_REQUIRE": "never",
            "GCM_INTERACTIVE": "never",
            "LC_ALL": "C",  # the reasons are recognised by their words
        }

    def _reason(self, err: bytes) -> str:
        text = err.decode("utf-8", "replace")
        for name in TOKEN_VARIABLES:
            if token := self.environ.get(name, "").strip():
                text = text.replace(token, "***")
        lines = (
            _LABEL.sub("", line, count=1).strip(" .") for line in text.splitlines() if not _ASIDE.match(line)
        )
        said = "; ".join(dict.fromkeys(line for line in lines if line))
        reason = _USER_INFO.sub("", said) or "no reason given"
        printable = "".join(character if character.isprintable() else "?" for character in reason)
        return printable if len(printable) <= _LONGEST_REASON else f"{printable[:_LONGEST_REASON]}…"


class Scratch:
    """A bare repository that nobody else has written into."""

    def __init__(self, git: Git, path: Path) -> None:
        self._git = git
        self._path = path
        git.run(path, "init", "--quiet", "--bare", "--template=", "--object-format=sha1")
        self._config = (path / "config").read_bytes()

    def refs(self, url: str, *, head: bool) -> dict[str, str]:
        """Full name -> object ID, annotated tags followed: HEAD alone, or every branch and tag."""
        which = ["--", url, "HEAD"] if head else ["--heads", "--tags", "--", url]
        listed = self._git.run(self._path, "ls-remote", "--quiet", *which).decode("utf-8", "replace")
        pairs = [line.partition("\t") for line in listed.splitlines()]
        found = {name: id for id, _, name in pairs if not name.endswith("^{}")}
        return found | {name.removesuffix("^{}"): id for id, _, name in pairs if name.endswith("^{}")}

    def fetch_commit(self, url: str, commit: str) -> None:
        """The commit and its folders; the files too, where the remote knows no filter."""
        self._fetch("--depth=1", "--filter=blob:none", "--", url, commit)
        # git has noted that what is missing can be fetched when it is read. Nothing is to be.
        (self._path / "config").write_bytes(self._config)

    def fetch_files(self, url: str, ids: Iterable[str]) -> None:
        self._fetch("--stdin", "--", url, text="".join(f"{id}\n" for id in sorted(ids)))

    def _fetch(self, *arguments: str, text: str = "") -> None:
        options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--recurse-submodules=no")
        self._git.run(self._path, "fetch", *options, *arguments, text=text, watched=self._path)

    @contextmanager
    def objects(self) -> Iterator[Objects]:
        process = self._git.start(self._path, "cat-file", "--batch", stderr=subprocess.DEVNULL)
        try:
            yield Objects(process)
        finally:
            end(process)


class Objects:
    """The contents of a repository, one object at a time."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._requests, self._answers = _pipes(process)

    def read(self, id: str, most: int) -> tuple[str, bytes] | None:
        """Type and content; None where it is not there.

        Raises:
            TooLarge: it has more than ``most`` bytes, none of which was read. Nothing can be read after that.
            Failed: git has ended.
        """
        try:
            self._requests.write(f"{id}\n".encode())
            self._requests.flush()
            header = self._answers.readline().split()
            if len(header) == 2 and header[1] == b"missing":
                return None
            kind, size = header[1].decode(), int(header[2])
            if size > most:
                raise TooLarge(f"the object {id} has {size:,} bytes")
            content = self._answers.read(size + 1)[:size]
        except (OSError, ValueError, IndexError) as problem:
            raise Failed("git cat-file ended before it had answered") from problem
        if len(content) != size:
            raise Failed("git cat-file ended before it had answered")
        return kind, content


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process with all it has started, if it is still running, and closes the pipes to it."""
    if process.poll() is None:
        with suppress(OSError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
    process.wait()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process was started without pipes")
    return process.stdin, process.stdout


def _size_of(folder: Path) -> int:
    """Bytes on the disk, of files that come and go meanwhile."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += Path(base, name).lstat().st_size
    return total
