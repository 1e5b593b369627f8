"""Stories over several stages: a folder each, whose ``session.txt`` is what a person typed and saw.

    story.md     what happens, and why it must come out so
    other folders are edits; the project they are laid over is the one in base/
    session.txt  the commands, each after a ``$``, and what they print; lines with ``#`` are for the reader,
                 and what ends with ``> /dev/null`` has to succeed

Beside ``agentops`` and ``git`` a session may type

    edit FOLDER              lay the files of a folder over the project
    rm PATH, rm -r FOLDER..., cat PATH
    console STAGE ADDRESS MEMBERS    change a live object, MEMBERS in JSON
    console STAGE create KIND MEMBERS    IDs of what was created before as KIND/NAME
    compare STAGE STAGE      the leaves on which live objects of two stages differ
    wait DURATION            the clock goes on: 90s, 10m, 2h

Every stage has a registry of its own, on a socket; in the files it is ``https://STAGE.test``.
``AGENTOPS_GOLDEN=write pytest tests/scenarios`` writes what is printed anew; look at the difference.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from agentops.cli import main, wiring
from agentops.domain.kind import Kind
from agentops.emulator import create_app
from agentops.kinds import CATALOG
from tests.sockets import serving

WRITES = os.environ.get("AGENTOPS_GOLDEN") == "write"  # before a test clears its environment
STORIES = sorted(path.parent for path in Path(__file__).parent.glob("*/session.txt"))
PERSON = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
HEADERS = {"x-api-key": "console", "anthropic-version": "2026-10-21"}
SECONDS = {"s": 1, "m": 60, "h": 3600}
SERVER_MADE = frozenset({"id", "created_at", "updated_at", "version", "latest_version", "archived_at"})
STAGE = re.compile(r"https://([a-z-]+)\.test")
ID = re.compile(r"\b[a-z]+_01[0-9A-Za-z]{20,}")


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_story(
    story: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    for name, value in {**PERSON, "USER": "ada", "LOGNAME": "ada", "KEY": "a-key"}.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_RUN_ID", "CI_JOB_URL", "AGENTOPS_STAGE"):
        monkeypatch.delenv(name, raising=False)
    golden = story / "session.txt"
    written = golden.read_text(encoding="utf-8")
    with ExitStack() as stack:
        session = Session(story, tmp_path / "work", capsys)
        monkeypatch.setattr(wiring, "now", session.now)
        session.start(stack)
        played = "".join(session.play(written))
    if WRITES:
        golden.write_text(played, encoding="utf-8")
    assert played == written


class Session:
    def __init__(self, story: Path, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.story = story
        self.root = root
        self.capsys = capsys
        self.urls: dict[str, str] = {}
        self.commits: list[str] = []
        self.created: dict[str, str] = {}
        self.time = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)

    def now(self) -> str:
        return self.time.isoformat(timespec="seconds").replace("+00:00", "Z")

    def start(self, stack: ExitStack) -> None:
        for stage in sorted({*STAGE.findall(_projects(self.story))}):
            app = create_app(self.root.parent / f"{stage}.db")
            self.urls[stage] = f"http://127.0.0.1:{stack.enter_context(serving(app))}"
        self.root.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.lay("../base")

    def play(self, written: str) -> Iterator[str]:
        """The session as it comes out now: comments stay, what is printed is printed anew."""
        before = ""  # what the last line was; a blank one is put where that reads better
        for line in (line for line in written.splitlines(keepends=True) if line[0] in "#$"):
            printed = self.anonymous(self.run(shlex.split(line[2:]))) if line[0] == "$" else ""
            if before == "printed" or (before == "$" and line[0] == "#"):
                yield "\n"
            yield line + printed
            before = "printed" if printed else line[0]

    def run(self, words: list[str]) -> str:
        match words:
            case ["agentops", *arguments, ">", "/dev/null"]:
                told = self.agentops(arguments)
                assert "(exit code " not in told, told
                return ""
            case ["agentops", *arguments]:
                return self.agentops(arguments)
            case ["git", *arguments, "||", "true"]:
                return self.git(*arguments, may_fail=True)
            case ["git", *arguments]:
                return self.git(*arguments)
            case ["edit", folder]:
                return self.lay(folder)
            case ["rm", "-r", *paths]:
                for path in paths:
                    shutil.rmtree(self.root / path)
                return ""
            case ["rm", path]:
                (self.root / path).unlink()
                return ""
            case ["cat", path]:
                return (self.root / path).read_text(encoding="utf-8")
            case ["console", stage, "create", kind, members]:
                return self.create(stage, CATALOG[kind], json.loads(members))
            case ["console", stage, address, members]:
                return self.console(stage, address, json.loads(members))
            case ["compare", one, other]:
                return self.compare(one, other)
            case ["wait", duration]:
                seconds = int(duration[:-1]) * SECONDS[duration[-1]]
                self.time += datetime.timedelta(seconds=seconds)
                return ""
        raise AssertionError(f"no command of a story: {words}")

    def agentops(self, arguments: list[str]) -> str:
        self.capsys.readouterr()
        code = main(["-C", str(self.root), *arguments])
        said = self.capsys.readouterr()
        return f"{said.out}{said.err}" + (f"(exit code {code})\n" if code else "")

    def git(self, *arguments: str, may_fail: bool = False) -> str:
        when = {"GIT_AUTHOR_DATE": self.now(), "GIT_COMMITTER_DATE": self.now()}
        command = ["git", *arguments]
        done = subprocess.run(
            command, cwd=self.root, env={**os.environ, **when}, capture_output=True, text=True, check=False
        )
        assert may_fail or done.returncode == 0, done.stderr
        if arguments[0] == "commit":
            self.commits.append(self.git("rev-parse", "HEAD").strip())
            return ""
        return done.stdout

    def lay(self, folder: str) -> str:
        shutil.copytree(self.story / folder, self.root, dirs_exist_ok=True)
        file = self.root / "agentops.yaml"
        text = file.read_text(encoding="utf-8")
        for stage, url in self.urls.items():
            text = text.replace(f"https://{stage}.test", url)
        file.write_text(text, encoding="utf-8")
        return ""

    # -- what is in the registries

    def recorded(self, stage: str) -> dict[str, Any]:
        return json.loads((self.root / f"locks/{stage}.lock.json").read_text(encoding="utf-8"))["resources"]

    def call(self, stage: str, address: str, **options: Any) -> Any:
        kind = CATALOG[address.partition("/")[0]]
        url = f"{self.urls[stage]}{kind.path}/{self.recorded(stage)[address]['id']}"
        headers = {**HEADERS, "anthropic-beta": kind.beta or ""}
        answer = httpx.request(url=url, headers=headers, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, stage: str, kind: Kind, members: dict[str, Any]) -> str:
        text = json.dumps(members)
        for name, id in self.created.items():
            text = text.replace(f'"{name}"', f'"{id}"')
        headers = {**HEADERS, "anthropic-beta": kind.beta or ""}
        url = f"{self.urls[stage]}{kind.path}"
        answer = httpx.post(url, json=json.loads(text), headers=headers)
        assert answer.status_code == 200, answer.text
        self.created[f"{kind.name}/{members['name']}"] = answer.json()["id"]
        return ""

    def console(self, stage: str, address: str, members: dict[str, Any]) -> str:
        kind = CATALOG[address.partition("/")[0]]
        if kind.precondition is not None:
            version = self.call(stage, address, method="GET")[kind.precondition]
            members = {**members, kind.precondition: version}
        self.call(stage, address, method="POST", json=members)
        return ""

    def compare(self, one: str, other: str) -> str:
        """Bodies of two stages, IDs as the addresses they belong to."""
        bodies = [self.bodies(stage) for stage in (one, other)]
        found = [
            f"{path}: {first} | {second}\n"
            for path in sorted({*bodies[0], *bodies[1]})
            if (first := bodies[0].get(path)) != (second := bodies[1].get(path))
        ]
        return "".join(found) or "no difference\n"

    def bodies(self, stage: str) -> dict[str, str]:
        recorded = self.recorded(stage)
        names = {entry["id"]: address for address, entry in recorded.items()}
        found: dict[str, str] = {}
        for address in recorded:
            if CATALOG[address.partition("/")[0]].parent is None:
                body = self.call(stage, address, method="GET")
                kept = {key: value for key, value in body.items() if key not in SERVER_MADE}
                found |= dict(leaves(kept, address, names))
        return found

    def anonymous(self, text: str) -> str:
        for stage, url in self.urls.items():
            text = text.replace(url, f"https://{stage}.test")
        for number, commit in enumerate(self.commits, start=1):
            text = re.sub(rf"\b{commit[:7]}[0-9a-f]*\b", f"<commit {number}>", text)
        text = ID.sub(lambda found: f"{found[0].partition('_')[0]}_…", text)
        text = re.sub(r"\b(organization|workspace) [0-9A-Za-z_-]{12,}", r"\1 …", text)
        text = re.sub(r"(Change digest|--expect|release) [0-9a-f]{12}", r"\1 …", text)
        text = re.sub(r"\b[0-9a-f]{12}\b", "…", text)
        return text.replace(str(self.root), "…")


def _projects(story: Path) -> str:
    files = [story.parent / "base/agentops.yaml", *story.glob("*/agentops.yaml")]
    return "".join(file.read_text(encoding="utf-8") for file in files)


def leaves(value: Any, path: str, names: dict[str, str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key not in {"agentops", "version"}:  # the tag names the stage; versions are a registry's own
                yield from leaves(member, f"{path} {key}", names)
    elif isinstance(value, list):
        for place, member in enumerate(value):
            yield from leaves(member, f"{path} {place}", names)
    else:
        yield path, json.dumps(names.get(value, value) if isinstance(value, str) else value)
