"""``docs/fidelity.md`` names tests; they have to exist, and each row has one known status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "fidelity.md"
KNOWN = ("documented", "SDK types", "reported", "**inferred**", "not emulated", "ours")

ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split(" | "))
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and line.count(" | ") == 2 and not line.startswith("| behaviour")
]


def test_the_page_was_understood() -> None:
    assert len(ROWS) > 90


@pytest.mark.parametrize(("behaviour", "status", "tested"), ROWS)
def test_row(behaviour: str, status: str, tested: str) -> None:
    assert status.startswith(KNOWN), f"{behaviour}: {status}"
    cited = re.findall(r"`([\w/]+\.py)::(\w+)`", tested)
    assert cited or tested.startswith("–"), behaviour
    for file, name in cited:
        assert re.search(rf"^def {name}\(", (TESTS / file).read_text(), re.MULTILINE), f"{file}::{name}"
