"""Repositories that stand in for those on GitHub: bare ones on the disk, which the user's own git
configuration puts in the place of github.com."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentops.domain.diagnostics import Diagnostic, Stop
from agentops.remotes import Remotes

SKILL = b"---\nname: pdf\ndescription: Reads PDF files.\n---\nUse it.\n"


@dataclass(frozen=True)
class Special:
    """An entry that is no plain file: a mode, and a link's target or a submodule's commit."""

    mode: str
    content: str


def link(target: str) -> Special:
    return Special("120000", target)


def submodule(commit: str) -> Special:
    return Special("160000", commit)


def executable(content: str) -> Special:
    return Special("100755", content)


Content = str | bytes | Special


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments]
    done = subprocess.run(command, cwd=folder, input=stdin, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


@dataclass(frozen=True)
class Repository:
    """One bare repository."""

    path: Path

    def commit(self, files: Mapping[str, Content], branch: str = "main") -> str:
        """A commit on the branch that holds these files and no others; its ID."""
        ref = f"refs/heads/{branch}"
        stream = [f"commit {ref}\ncommitter t <t@example.com> 0 +0000\ndata 1\nx\n".encode()]
        if git(self.path, "for-each-ref", ref):
            stream.append(f"from {ref}^0\n".encode())
        stream.append(b"deleteall\n")
        stream.extend(_change(path, content) for path, content in files.items())
        git(self.path, "fast-import", "--quiet", "--date-format=raw", "--force", stdin=b"".join(stream))
        return git(self.path, "rev-parse", ref)

    def commit_tree(self, entries: bytes, branch: str = "main") -> str:
        """A commit whose top folder is exactly these bytes, however wrong they are."""
        tree = self.write("tree", entries)
        commit = git(self.path, "commit-tree", "-m", "x", tree)
        git(self.path, "update-ref", f"refs/heads/{branch}", commit)
        return commit

    def write(self, kind: str, content: bytes) -> str:
        return git(self.path, "hash-object", "-w", "--literally", "-t", kind, "--stdin", stdin=content)

    def tag(self, name: str, what: str = "refs/heads/main", *, annotated: bool = False) -> None:
        git(self.path, "tag", *(["-a", "-m", "x"] if annotated else []), name, what)

    def id_of(self, what: str) -> str:
        return git(self.path, "rev-parse", what)

    def set(self, key: str, value: str) -> None:
        git(self.path, "config", key, value)

    def remove(self) -> None:
        shutil.rmtree(self.path)


def _change(path: str, content: Content) -> bytes:
    mode, data = (content.mode, content.content) if isinstance(content, Special) else ("100644", content)
    raw = data.encode() if isinstance(data, str) else data
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\{byte:03o}"
        for byte in path.encode("utf-8", "surrogateescape")
    )
    if mode == "160000":
        return f'M 160000 {raw.decode()} "{escaped}"\n'.encode()
    return f'M {mode} inline "{escaped}"\ndata {len(raw)}\n'.encode() + raw + b"\n"


def stand_in(base: str) -> dict[str, str]:
    """The environment of a user whose configuration has something else in the place of GitHub."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{base}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
    }


@dataclass
class World:
    """Repositories, a project's cache, and the environment of somebody who has no settings of their own."""

    root: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def cache(self) -> Path:
        return self.root / "project" / ".agentops" / "remotes"

    @property
    def repositories(self) -> Path:
        return self.root / "github"

    def repository(self, name: str = "acme/skills") -> Repository:
        path = self.repositories / name
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", "--initial-branch=main")
        repository = Repository(path)
        repository.set("uploadpack.allowFilter", "true")
        return repository

    def remotes(self, **options) -> Remotes:
        """What one command would use."""
        return Remotes(self.cache, self.environ, **{"allow_file": True} | options)

    def files(self, url: str, pinned: str | None = None) -> dict[str, bytes]:
        return dict(self.remotes().resolve(url, pinned).files)

    def refusal(self, url: str, pinned: str | None = None, **options) -> Diagnostic:
        return refusal(self.remotes(**options), url, pinned)


def refusal(remotes: Remotes, url: str, pinned: str | None = None) -> Diagnostic:
    with pytest.raises(Stop) as stopped:
        remotes.resolve(url, pinned)
    (diagnostic,) = stopped.value.diagnostics
    assert url in diagnostic.summary
    return diagnostic


def objects_in(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "objects").rglob("*") if path.is_file())


@pytest.fixture
def plain_environ(tmp_path: Path) -> dict[str, str]:
    """PATH and an empty home: no settings of whoever runs the tests."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1"}


@pytest.fixture
def world(tmp_path: Path, plain_environ: dict[str, str]) -> World:
    created = World(tmp_path)
    created.environ = plain_environ | stand_in(f"file://{created.repositories}/")
    return created
