"""Stories: a folder each, readable without any Python.

    story.md     what happens, and why it must come out so
    before/      the files as they were last applied (left out: nothing was)
    console.json what somebody did in the console since: ``{"agent/tutor": {"system": "…"}}``,
                 ``"archive"`` or ``"pause"`` in the place of members, or ``"lost"`` for the lock
    meanwhile.txt options of an apply that came in between
    after/       the files as they are now
    options.txt  options of the plan, and of the apply that follows
    plan.txt     what ``agentops plan`` prints, plan.json what it decides, and how it ends
    plan.md      the same as a review, where the story is about that

A story that is not about a plan has a ``commands.txt`` instead, and what they print: see ``test_commands``.

``AGENTOPS_GOLDEN=write pytest tests/scenarios`` writes the expected files anew; look at the difference.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from agentops.cli import wiring
from agentops.kinds import CATALOG
from tests.documents import conforms
from tests.projects import Project

WRITES = os.environ.get("AGENTOPS_GOLDEN") == "write"  # before a test clears its environment
TOLD = sorted(path.parent for path in Path(__file__).parent.glob("*/story.md"))
STORIES = [folder for folder in TOLD if not (folder / "commands.txt").exists()]
TODAY = "2026-03-02T08:00:00Z"  # a Monday
SECRETS = ("LINEAR_TOKEN", "WIKI_TOKEN", "OTHER_TOKEN")
SHOWN = ("address", "action", "reason", "fields", "body", "depends_on", "risks")


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_story(story: Path, empty: Project, monkeypatch: pytest.MonkeyPatch):
    for name in SECRETS:
        monkeypatch.setenv(name, f"the value of {name}")
    monkeypatch.setattr(wiring, "now", lambda: TODAY)
    if (story / "before").is_dir():
        lay(story / "before", empty)
        assert empty.run("apply", "--yes").code == 0
    if (story / "console.json").exists():
        for address, done in json.loads((story / "console.json").read_text(encoding="utf-8")).items():
            in_console(empty, address, done)
    if (between := options(story / "meanwhile.txt")) is not None:
        assert empty.run("apply", "--yes", *between).code == 0
    lay(story / "after", empty)

    chosen = options(story / "options.txt") or []
    text, decided = empty.run("plan", *chosen), empty.run("plan", "--format", "json", *chosen)
    expect(story / "plan.txt", anonymous(f"{text.out}(exit code {text.code})\n"))
    expect(
        story / "plan.json", anonymous(json.dumps(summary(decided.json), indent=2, ensure_ascii=False) + "\n")
    )
    conforms("plan", decided.json)
    if (review := story / "plan.md").exists():
        expect(review, anonymous(empty.run("plan", "--format", "markdown", *chosen).out))
    assert text.code == decided.code

    if text.code == 0:
        reviewed = decided.json["change_digest"]
        assert empty.run("apply", "--yes", "--expect", reviewed, *chosen).code == 0
        assert empty.run("plan", "--format", "json").json["changes"] == []


def options(file: Path) -> list[str] | None:
    return file.read_text(encoding="utf-8").split() if file.exists() else None


def lay(files: Path, project: Project) -> None:
    """Make these the files of the project, in the place of those of the chapter before."""
    for name in (kind.directory for kind in CATALOG):
        shutil.rmtree(project.root / name, ignore_errors=True)
    shutil.copytree(files, project.root, dirs_exist_ok=True)


def in_console(project: Project, address: str, done: Any) -> None:
    if done == "lost":
        (project.root / "locks/local.lock.json").unlink()
        return
    kind = CATALOG[address.partition("/")[0]]
    path = f"{kind.path}/{project.lock()['resources'][address]['id']}"
    path, body = (f"{path}/{done}", None) if isinstance(done, str) else (path, done)
    headers = {"anthropic-beta": kind.beta or ""}
    answer = project.console(lambda client: client.post(path, json=body, headers=headers))
    assert answer.status_code == 200, answer.text


def summary(plan: dict[str, Any]) -> dict[str, Any]:
    """What was decided, without digests and fingerprints, which say nothing to a reader."""
    return {
        "changes": [{name: change[name] for name in SHOWN} for change in plan["changes"]],
        "drift": plan["drift"],
        "held": plan["held"],
        "orphans": plan["orphans"],
        "unchanged": plan["unchanged"],
        "blocked": plan["blocked"],
        "diagnostics": [
            {name: item[name] for name in ("severity", "code", "summary")} for item in plan["diagnostics"]
        ],
    }


def anonymous(text: str) -> str:
    assert not any(f"the value of {name}" in text for name in SECRETS)
    text = re.sub(r"\b([a-z]+)_01[0-9A-Za-z]{20,}", r"\1_…", text)
    return re.sub(r"(Change digest|--expect) [0-9a-f]{12,}", r"\1 …", text)


def expect(golden: Path, text: str) -> None:
    if WRITES:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
