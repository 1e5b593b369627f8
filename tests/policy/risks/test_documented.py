"""docs/risks.md has every label with the levels that it can have."""

from __future__ import annotations

import re
from pathlib import Path

from agentops.domain.risk import Label, Level

PAGE = (Path(__file__).parents[3] / "docs/risks.md").read_text(encoding="utf-8")


def test_every_label_is_in_the_table_with_its_levels() -> None:
    rows = dict(re.findall(r"^\| `([a-z?-]+)` \| ([a-z, ]+) \|", PAGE, re.MULTILINE))
    assert list(rows) == [*Label]
    for levels in rows.values():
        assert {*re.findall(r"\w+", levels)} - {"to"} <= {*Level}


def test_every_example_of_a_sentence_is_one_that_a_story_has() -> None:
    stories = Path(__file__).parents[3] / "tests/scenarios"
    told = "\n".join(path.read_text(encoding="utf-8") for path in stories.glob("0*/plan.txt"))
    shown = [line for line in PAGE.splitlines() if line.lstrip().startswith("! ")]
    assert shown
    assert all(line in told for line in shown)
