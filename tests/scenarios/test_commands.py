"""Stories of what commands print: a line ``COMMAND > FILE`` of ``commands.txt`` for each, run one after the
other on the files in ``after/``, and FILE what it prints. Where a command ends with another code than 0 the
line ends with it: ``(exit code 1)``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.projects import Project
from tests.scenarios.test_scenarios import TOLD, anonymous, expect, lay

STORIES = [folder for folder in TOLD if (folder / "commands.txt").exists()]
_LINE = re.compile(r"agentops (?P<words>.*) > (?P<file>\S+)(?: \(exit code (?P<code>\d+)\))?")


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.name)
def test_story(story: Path, empty: Project) -> None:
    lay(story / "after", empty)
    for line in (story / "commands.txt").read_text(encoding="utf-8").splitlines():
        found = _LINE.fullmatch(line)
        assert found is not None, line
        ended = empty.run(*found["words"].split())
        assert ended.code == int(found["code"] or 0), ended.err
        printed = re.sub(r'("semanticVersion": )"[^"]*"', r'\1"…"', ended.out)
        expect(story / found["file"], anonymous(printed))
