"""Times that a day does not have, and far more often than meant."""

from __future__ import annotations

import pytest

from agentops.domain.surface import Schedule, Surface
from agentops.policy.schedules import CLOCKS, OFTEN
from tests.policy.rules.checking import AGENT, SANDBOX, deployment, fleet, found, places, project, summaries


def scheduled(tmp_path, expression: str, zone: str = "UTC"):
    schedule = f'{{type: cron, expression: "{expression}", timezone: {zone}}}'
    files = {
        "agents/a.yaml": AGENT,
        "environments/box.yaml": SANDBOX,
        "deployments/d.yaml": deployment(schedule=schedule),
    }
    return project(tmp_path, files)


def test_runs_that_summer_time_takes_or_doubles_are_said(tmp_path) -> None:
    (told,) = found(CLOCKS, scheduled(tmp_path, "30 2 * * *", "Europe/Berlin"))
    assert told.path == ("schedule", "expression")
    assert told.summary == (
        "in Europe/Berlin, on the day the clocks go forward it does not run at 02:30; "
        "on the day the clocks go back it runs twice at 02:30"
    )
    assert told.detail == "write a time outside 02:00-03:00, or `timezone: UTC`"
    (told,) = summaries(CLOCKS, scheduled(tmp_path, "30 2 * * *", "America/New_York"))
    assert "twice" not in told
    (told,) = summaries(CLOCKS, scheduled(tmp_path, "30 1 * * *", "America/New_York"))
    assert "forward" not in told


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("0 3 * * *", "Europe/Berlin"),
        ("30 2 * * *", "UTC"),
        ("30 4 * * *", "America/New_York"),
        ("5 * * * *", "Europe/Berlin"),
    ],
)
def test_what_the_advice_says_to_write_needs_no_advice(tmp_path, expression: str, zone: str) -> None:
    assert found(CLOCKS, scheduled(tmp_path, expression, zone)) == []


@pytest.mark.parametrize("expression", ["* * * * *", "*/2 * * * *", "* 6 * * *", "0-30 9 * * 1"])
def test_a_session_every_minute_is_hardly_meant(tmp_path, expression: str) -> None:
    told = scheduled(tmp_path, expression)
    assert places(OFTEN, told) == [("deployment/d", ("schedule", "expression"))]
    assert summaries(OFTEN, told) == [f"'{expression}' starts more than 12 sessions within an hour"]


@pytest.mark.parametrize("expression", ["*/5 * * * *", "0 * * * *", "0 6 * * *", "0 0 1 1 *"])
def test_every_five_minutes_may_be(tmp_path, expression: str) -> None:
    assert found(OFTEN, scheduled(tmp_path, expression)) == []


def test_how_often_is_too_often_can_be_said(tmp_path) -> None:
    told = scheduled(tmp_path, "*/15 * * * *")
    assert found(OFTEN, told, most=4) == []
    assert found(OFTEN, told, most=3)


def test_a_schedule_that_is_never_known_to_run_is_left_alone() -> None:
    never = Surface(schedule=Schedule("?", "Mars/Olympus", lambda after, count: ()))
    assert found(OFTEN, fleet({"deployment/d": never})) == []
    assert found(CLOCKS, fleet({"deployment/d": never})) == []
