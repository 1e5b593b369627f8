from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.sweep.counting import PROPERTY, Tally, lines

pytest.register_assert_rewrite("tests.sweep.world")


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Counts the cases of a test, for the summary."""
    started = time.monotonic()
    counted = Tally(request.module.__doc__.partition("\n")[0])
    yield counted
    request.node.user_properties.append(counted.as_property(time.monotonic() - started))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        it for found in terminalreporter.stats.values() for it in found if hasattr(it, "user_properties")
    ]
    told = lines(
        value
        for it in reports
        if it.when == "teardown"
        for name, value in it.user_properties
        if name == PROPERTY
    )
    if told:
        terminalreporter.section("sweeps")
        for line in told:
            terminalreporter.write_line(line)
