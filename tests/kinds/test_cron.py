"""Which cron expressions there are, when they run, and what the clocks do to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.emulator.cron import upcoming
from agentops.kinds.cron import YEARS, ClockTrap, clock_changes, clock_trap, read_cron

from .strategies import cron_expressions, time_zones

MINUTE = timedelta(minutes=1)


@settings(deadline=None)
@given(
    expression=cron_expressions(),
    zone_name=time_zones,
    start=st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1)),
)
def test_it_runs_when_the_embedded_registry_says_so(expression: str, zone_name: str, start: datetime) -> None:
    """Two implementations: the registry's next run is one of ours, and there is none of ours before it."""
    cron, zone = read_cron(expression), ZoneInfo(zone_name)
    instant = start.replace(second=0, microsecond=0, tzinfo=UTC)
    (following,) = upcoming(expression, zone_name, instant, 1)
    assert cron.matches(following.astimezone(zone))
    for minutes in range(1, min(2_000, int((following - instant) / MINUTE))):
        assert not cron.matches((instant + minutes * MINUTE).astimezone(zone))


@pytest.mark.parametrize(
    ("expression", "runs", "rests"),
    [
        ("0 9 * * 1-5", datetime(2026, 11, 2, 9), datetime(2026, 11, 1, 9)),
        ("0 9 * * 0", datetime(2026, 11, 1, 9), datetime(2026, 11, 2, 9)),
        ("0 9 * * 7", datetime(2026, 11, 1, 9), datetime(2026, 11, 2, 9)),
        ("0 9 * * 5-7", datetime(2026, 11, 1, 9), datetime(2026, 11, 2, 9)),
        ("*/20 * * * *", datetime(2026, 11, 1, 9, 40), datetime(2026, 11, 1, 9, 41)),
        ("10-30/10 * * * *", datetime(2026, 11, 1, 9, 30), datetime(2026, 11, 1, 9, 40)),
        ("5,50 8,20 * * *", datetime(2026, 11, 1, 20, 5), datetime(2026, 11, 1, 9, 5)),
        ("0 0 29 2 *", datetime(2028, 2, 29), datetime(2028, 2, 28)),
        # Either day where both are restricted.
        ("0 9 13 * 5", datetime(2026, 11, 6, 9), datetime(2026, 11, 7, 9)),
        ("0 9 13 * 5", datetime(2026, 12, 13, 9), datetime(2026, 12, 14, 9)),
        ("0 0 31 2 1", datetime(2027, 2, 1), datetime(2027, 2, 2)),
    ],
)
def test_a_schedule_runs_at_these_times(expression: str, runs: datetime, rests: datetime) -> None:
    cron = read_cron(expression)
    assert cron.matches(runs)
    assert not cron.matches(rests)


@pytest.mark.parametrize("expression", ["0 0 29 2 *", "0 0 31 1-12/2 *", "0 0 31 2,3 *", "0 0 30 2 1"])
def test_what_runs_rarely_runs(expression: str) -> None:
    assert read_cron(expression).ever_runs


@settings(max_examples=40)
@given(zone_name=time_zones)
def test_a_change_of_the_clocks_skips_or_repeats_exactly_its_minutes(zone_name: str) -> None:
    """A skipped time is not what the zone shows at any instant; a repeated one is at two."""
    zone = ZoneInfo(zone_name)
    for change in clock_changes(zone_name)[:6]:
        for moment in (change.start, change.end - MINUTE):
            assert len(instants(moment, zone)) == (0 if change.skipped else 2)
        for moment in (change.start - MINUTE, change.end):
            assert len(instants(moment, zone)) == 1


def instants(wall: datetime, zone: ZoneInfo) -> set[datetime]:
    """The instants at which the clock on the wall shows this time."""
    both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return {instant for instant in both if instant.astimezone(zone).replace(tzinfo=None) == wall}


@pytest.mark.parametrize("zone_name", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_every_change_of_the_years_is_found(zone_name: str) -> None:
    changes = clock_changes(zone_name)
    assert [change.start.year for change in changes] == [year for year in YEARS for _ in range(2)]
    assert {change.skipped for change in changes} == {True, False}


@pytest.mark.parametrize("zone_name", ["UTC", "Asia/Tokyo", "America/Phoenix"])
def test_a_zone_without_summer_time_has_no_trap(zone_name: str) -> None:
    assert clock_trap("30 2 * * *", zone_name) is None
    assert clock_trap("*/5 1-3 * * *", zone_name) is None


@pytest.mark.parametrize(
    ("expression", "zone_name", "trap"),
    [
        ("30 2 * * *", "America/New_York", ClockTrap("02:30", "", "01:00-03:00")),
        ("30 1 * * *", "America/New_York", ClockTrap("", "01:30", "01:00-03:00")),
        ("30 2 * * *", "Europe/Berlin", ClockTrap("02:30", "02:30", "02:00-03:00")),
        ("0,30 2 * * *", "Europe/Berlin", ClockTrap("02:00 and 02:30", "02:00 and 02:30", "02:00-03:00")),
        (
            "*/20 2 * * *",
            "Europe/Berlin",
            ClockTrap("02:00, 02:20 and 02:40", "02:00, 02:20 and 02:40", "02:00-03:00"),
        ),
        (
            "*/15 2 * * *",
            "Europe/Berlin",
            ClockTrap("02:00, 02:15 and 2 more times", "02:00, 02:15 and 2 more times", "02:00-03:00"),
        ),
        ("0 0 * * *", "Africa/Cairo", ClockTrap("00:00", "", "00:00-01:00 and 23:00-24:00")),
        ("45 1 * * *", "Australia/Lord_Howe", ClockTrap("", "01:45", "01:30-02:30")),
        # A change of half an hour moves what runs every hour.
        ("0 * * * *", "Australia/Lord_Howe", ClockTrap("02:00", "", "01:30-02:30")),
    ],
)
def test_the_clocks_take_these_runs_or_double_them(expression: str, zone_name: str, trap: ClockTrap) -> None:
    assert clock_trap(expression, zone_name) == trap


@pytest.mark.parametrize(
    ("expression", "zone_name"),
    [
        ("0 9 * * *", "Europe/Berlin"),
        ("0 3 * * *", "Europe/Berlin"),
        ("59 1 * * *", "Europe/Berlin"),
        ("30 2 * * 1-5", "Europe/Berlin"),  # the clocks change on Sundays
        ("30 2 1 1,7 *", "Europe/Berlin"),  # in March and October
        ("0 * * * *", "Europe/Berlin"),
        ("*/5 * * * *", "America/New_York"),
    ],
)
def test_the_clocks_leave_these_alone(expression: str, zone_name: str) -> None:
    assert clock_trap(expression, zone_name) is None
