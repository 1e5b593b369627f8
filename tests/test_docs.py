"""The documents say what the program does: their commands are run, their examples loaded, their links
followed.

A ``console`` block is a terminal session: lines after ``$`` are run, the others must be what they print. IDs,
digests and times may differ; a line that is just ``…`` stands for any lines. The blocks of one document share
one directory, and ``<!-- in the console: ADDRESS FIELD = VALUE -->`` is somebody's edit in the registry.

``AGENTOPS_UPDATE_DOCS=1 pytest tests/test_docs.py`` writes what is printed now into the documents.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path

import click
import httpx
import pytest

from agentops.cli.app import cli, run
from agentops.domain.diagnostics import Code
from agentops.emulator import create_app
from agentops.kinds import CATALOG
from agentops.spec import load_project, load_stage
from tests.conftest import without_credentials
from tests.test_architecture import TABLE

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])
SESSIONS = [
    ROOT / "README.md",
    *(ROOT / "docs" / name for name in ("commands.md", "authentication.md", "policy.md")),
]
UPDATE = bool(os.environ.get("AGENTOPS_UPDATE_DOCS"))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_STEP = re.compile(
    r"^<!-- in the console: (?P<address>\S+) (?P<field>\w+) = (?P<value>.*?) -->$"
    r"|^```console\n(?P<session>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_TELLING = 12  # characters of its own that make a text recognisable
_CHANGING = {
    r"\b(agent|env|memstore|mem|wrkspc|req)_[0-9A-Za-z]{24}\b": r"\1_ID",
    r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b": "UUID",
    r"\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b|\b[0-9a-f]{12}\b": "DIGEST",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|\+00:00)": "TIME",
    r"\b\d+ ms\b": "N ms",
    r"TIME by \S+ \(": "TIME by SOMEBODY (",
}


# -- terminal sessions


@dataclass
class Terminal:
    """A directory, and what the last command ended with. ``agentops`` runs in this process."""

    folder: Path
    status: int = 0

    def run(self, command: str) -> str:
        """What a command prints, on both streams in the order it was printed."""
        words = shlex.split(command)
        match words:
            case ["cd", target]:
                self.folder = self.folder / target
                return ""
            case ["echo", "$?"]:
                return f"{self.status}\n"
            case ["agentops", *arguments]:
                return self._agentops(arguments)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=30,
            check=False,
        )
        self.status = done.returncode
        return done.stdout

    def _agentops(self, arguments: list[str]) -> str:
        printed = io.StringIO()
        with (
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            self.status = run(arguments)
        return printed.getvalue()

    def edit_in_the_console(self, address: str, name: str, value: str) -> None:
        """What a colleague does past agentops: an update of one field through the API itself."""
        lock = json.loads(next((self.folder / "locks").glob("*.lock.json")).read_text(encoding="utf-8"))
        kind = CATALOG[address.partition("/")[0]]

        async def update() -> None:
            transport = httpx.ASGITransport(app=create_app(self.folder / ".agentops" / "registry.db"))
            headers = {
                "x-api-key": "console",
                "anthropic-version": "2026-10-21",
                "anthropic-beta": kind.beta or "",
            }
            async with httpx.AsyncClient(transport=transport, base_url="http://console") as console:
                path = f"{kind.path}/{lock['resources'][address]['id']}"
                (await console.post(path, headers=headers, json={name: value})).raise_for_status()

        asyncio.run(update())


@dataclass
class Step:
    """One command of a session, and the lines the document shows below it."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps(session: str) -> list[Step]:
    found: list[Step] = []
    for line in session.splitlines():
        if line.startswith("$ "):
            found.append(Step(line.removeprefix("$ ")))
        else:
            assert found, f"a session begins with a command, not with {line!r}"
            found[-1].shown.append(line.rstrip())
    for step in found:
        while step.shown and not step.shown[-1]:  # a blank line between two commands is for the eye
            step.shown.pop()
    return found


def normal(text: str) -> str:
    for pattern, name in _CHANGING.items():
        text = re.sub(pattern, name, text)
    # Columns are as wide as what stands in them; what was replaced has changed its width.
    return re.sub(r"(?<=\S) {2,}", "  ", text)


def matches(shown: list[str], printed: list[str]) -> bool:
    parts = [r"(?:.*\n)*?" if line == "…" else re.escape(normal(line)) + r"\n" for line in shown]
    return re.fullmatch("".join(parts), "".join(f"{normal(line)}\n" for line in printed)) is not None


def refreshed(shown: list[str], printed: list[str]) -> list[str]:
    """The lines to show now: as they were where they still hold, and what was left out stays left out."""
    if matches(shown, printed):
        return shown
    lines: list[str] = []
    before, now = [normal(line) for line in shown], [normal(line) for line in printed]
    for kind, a, b, c, d in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        keep = kind == "equal" or shown[a:b] == ["…"]
        lines += shown[a:b] if keep else printed[c:d]
    return lines if matches(lines, printed) else printed


def lines_of(printed: str) -> list[str]:
    lines = [line.rstrip() for line in printed.rstrip().splitlines()]
    return lines if any(lines) else []


OF_ANT = {
    "environments/sandbox.yaml": "config: {type: cloud}\n",
    "memory_stores/notes.md": "---\n---\nWhat we know.\n",
    "claude-lock.json": json.dumps(
        {
            "version": 1,
            "origin": {
                "base_url": "https://api.anthropic.com",
                "organization_id": "1db65d23-dd31-4e1e-a09a-d16de8c162db",
                "workspace_id": "wrkspc_01Xk7mQ2rT9vB4nW8cY6dZ3f",
            },
            "resources": {
                "./environments/sandbox.yaml": {"kind": "environment", "id": "env_01Rv7mQ2rT9vB4nW8cY6dZ3f"},
                "./memory_stores/notes.md": {
                    "kind": "memory_store",
                    "id": "memstore_01Nt7mQ2rT9vB4nW8cY6dZ3f",
                },
            },
        }
    ),
}
"""A project of the official tool, beside the one that the sessions are about."""


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    without_credentials(monkeypatch, tmp_path)
    for path, content in OF_ANT.items():
        (tmp_path / "of-ant" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "of-ant" / path).write_text(content, encoding="utf-8")
    return Terminal(tmp_path)


@pytest.mark.parametrize("document", SESSIONS, ids=lambda path: path.name)
def test_sessions_print_what_is_shown(document: Path, terminal: Terminal) -> None:
    text = document.read_text(encoding="utf-8")
    assert "```console" in text
    if document.name == "policy.md":  # what is run there is the project that it shows
        terminal.folder /= "support"
        lay(text, terminal.folder)
    for found in _STEP.finditer(text):
        if found["session"] is None:
            terminal.edit_in_the_console(found["address"], found["field"], found["value"])
            continue
        done = []
        for step in steps(found["session"]):
            printed = lines_of(terminal.run(step.command))
            if not UPDATE:
                assert matches(step.shown, printed), _unlike(document, step, printed)
            done.append(Step(step.command, refreshed(step.shown, printed)))
        if UPDATE:
            _replace(document, found["session"], done)


def _unlike(document: Path, step: Step, printed: list[str]) -> str:
    shown = "\n".join(step.shown)
    return f"{document.name}: `{step.command}`\n--- shown\n{shown}\n--- printed\n" + "\n".join(printed)


def _replace(document: Path, session: str, done: list[Step]) -> None:
    blocks = ["\n".join([f"$ {step.command}", *step.shown]) for step in done]
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace(session, "\n\n".join(blocks) + "\n", 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (["agent_01QX3RmVvACOOonbSWbW4PYf  v1"], ["agent_0149JNAaAtdY7LxdQkGBuZDw  v1"], True),
        (["agent_01QX3RmVvACOOonbSWbW4PYf  v1"], ["agent_0149JNAaAtdY7LxdQkGBuZDw  v2"], False),
        (["first", "…", "last"], ["first", "between", "", "last"], True),
        (["first", "…", "last"], ["first", "between"], False),
        (["Change digest 3c008acf8ebc"], ["Change digest fd01f9776cdc"], True),
        (["  indented"], ["indented"], False),
        ([], ["something"], False),
    ],
)
def test_what_counts_as_the_same_output(shown: list[str], printed: list[str], same: bool) -> None:
    assert matches(shown, printed) is same


# -- commands


def commands(group: click.Group, name: str = "agentops") -> Iterator[tuple[str, click.Command]]:
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


def sections(text: str, level: int) -> dict[str, str]:
    """The text under each heading of a level, up to the next heading of that level or above."""
    pattern = rf"^#{{{level}}} (?P<title>.+)\n(?P<body>(?:(?!^#{{1,{level}}} ).*\n?)*)"
    return {found["title"]: found["body"] for found in re.finditer(pattern, text, re.MULTILINE)}


def code_in(title: str) -> str:
    """What stands between the first backticks of a heading."""
    return title.split("`")[1]


def options_in(text: str) -> set[str]:
    """The options that stand between backticks."""
    quoted = " ".join(re.findall(r"`([^`\n]+)`", text))
    return set(re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", quoted))


COMMANDS = dict(commands(cli))
_EVERYWHERE = {"-C", "-s", "--stage", "--no-color", "-v", "--verbose", "-h", "--help", "--version"}


@pytest.fixture(scope="module")
def described() -> dict[str, str]:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    return {code_in(title): body for title, body in sections(text, 2).items() if "`agentops" in title}


def test_every_command_is_described_and_no_other(described: dict[str, str]) -> None:
    assert described.keys() == COMMANDS.keys()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_described(name: str, described: dict[str, str]) -> None:
    given = [item for item in COMMANDS[name].params if isinstance(item, click.Option)]
    options = {word for item in given for word in (*item.opts, *item.secondary_opts)} - _EVERYWHERE
    assert options <= options_in(described[name])
    formats = next((item.type.choices for item in given if "--format" in item.opts), ())
    for form in formats:
        assert f"`{form}`" in described[name]


def test_options_of_every_command_are_described() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    everywhere = sections(text, 2)["Options of every command"]
    assert options_in(everywhere) == _EVERYWHERE


# -- architecture


def test_the_rooms_are_those_that_the_architecture_test_holds() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.MULTILINE)
    shown = {room: set(homes.replace("–", "").replace(",", " ").split()) for room, homes in rows}
    held = {room: homes - {"pydantic_core"} for room, (_, homes) in TABLE.items() if "_" not in room}
    assert shown == held


# -- diagnostics


def test_every_code_is_explained_and_no_other() -> None:
    text = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    explained = re.findall(r"^### (AO\d{3})\b", text, re.MULTILINE)
    assert sorted(explained) == sorted(Code)


def explanations() -> dict[str, str]:
    text = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    return {title.split()[0]: body for title, body in sections(text, 3).items()}


@pytest.fixture(scope="module")
def messages() -> list[re.Pattern[str]]:
    """Every text in the program that could be a message: what is filled in stands for anything."""
    found = set()
    for module in (ROOT / "agentops").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            texts = [part.value if isinstance(part, ast.Constant) else None for part in parts]
            if sum(len(text) for text in texts if isinstance(text, str)) >= _TELLING:
                found.add("".join(re.escape(text) if isinstance(text, str) else ".+" for text in texts))
    return [re.compile(pattern) for pattern in found]


@pytest.mark.parametrize("code", explanations())
def test_an_explanation_has_a_fix_and_an_example_that_the_program_can_print(
    code: str, messages: list[re.Pattern[str]]
) -> None:
    body = explanations()[code]
    assert "**Fix.**" in body
    said = re.search(rf"^(?:error|warning|note)\[{code}\](?: \S+)?: (.+)$", body, re.MULTILINE)
    assert said is not None
    assert "does not say it" in body or any(pattern.search(said[1]) for pattern in messages)


# -- examples of files


def files_of(text: str) -> Iterator[tuple[str, str]]:
    """Path and content of each example that names its file in a comment on its first line (or second, after
    the fence of a frontmatter)."""
    for _, body in _FENCE.findall(text):
        names = r"\S+\.(?:yaml|md|md\.j2|json|py)"
        first = re.match(rf"(?:---\n)?(?:# |<!-- |\{{# )({names})(?: -->| #\}})?\n", body)
        if first is not None:
            yield first[1], body


def lay(text: str, folder: Path) -> None:
    """Write the files that a document shows."""
    for path, content in files_of(text):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        assert not (folder / path).exists(), f"{path} is shown twice"
        (folder / path).write_text(content, encoding="utf-8")


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """The project that the examples of the file reference make up together."""
    lay((ROOT / "docs" / "files.md").read_text(encoding="utf-8"), tmp_path)
    return tmp_path


def test_the_examples_of_the_file_reference_are_one_project(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LINEAR_TOKEN", "COURSES_TOKEN"):
        monkeypatch.setenv(name, "not-a-secret")
    (example / ".secrets").mkdir()
    (example / ".secrets" / "course-api").write_text("not-a-secret\n", encoding="utf-8")
    project, said = load_project(example)
    assert list(said) == []
    for stage in project.stages.values():
        loaded = load_stage(example, project, stage, CATALOG)
        assert list(loaded.diagnostics) == []
        assert {address.kind for address in loaded.desired.resources} == set(CATALOG.kinds)
    assert run(["-C", str(example), "apply", "--yes"]) == 0
    assert run(["-C", str(example), "plan", "--detailed-exitcode"]) == 0


def fragments() -> list[str]:
    """YAML of the file reference that is part of an agent's file."""
    text = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    return [
        body for language, body in _FENCE.findall(text) if language == "yaml" and not body.startswith("# ")
    ]


@pytest.mark.parametrize("fragment", fragments(), ids=lambda text: text.split(":")[0])
def test_fragments_of_the_file_reference_load(fragment: str, example: Path) -> None:
    model = "" if "model:" in fragment.split("overrides")[0] else "model: claude-opus-5-5\n"
    path = example / "agents" / "tutor" / "agent-fragment.yaml"
    path.write_text(f"{model}{fragment}", encoding="utf-8")
    project, _ = load_project(example)
    for stage in project.stages.values():
        assert list(load_stage(example, project, stage, CATALOG).diagnostics) == []


# -- links


def headings(path: Path) -> set[str]:
    """The anchors GitHub gives to a document's headings."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        there = document.parent / path if path else document
        assert there.exists(), f"{document.name} links to {target}"
        if anchor:
            assert anchor in headings(there), f"{document.name} links to {target}"


# -- benchmarks


def test_the_benchmark_runs() -> None:
    script = ROOT / "benchmarks" / "plan_scale.py"
    words = [sys.executable, str(script), "--agents", "3", "--rounds", "1"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "no-op plan, listing" in done.stdout
    assert "agentops --help" in done.stdout
