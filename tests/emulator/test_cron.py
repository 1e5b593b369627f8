"""Schedules: what is an expression, and when it occurs, held against a look at every single minute."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.emulator import cron
from agentops.emulator.errors import ApiError

MINUTE = timedelta(minutes=1)


def refusal(check: Any, value: Any) -> str:
    with pytest.raises(ApiError) as refused:
        check(value, "at")
    assert refused.value.status == 400
    return str(refused.value)


@pytest.mark.parametrize(
    "expression",
    [
        "0 9 * * 1-5",
        "*/15 * * * *",
        "0-30/10,45 8,12,16 1,15 1-12/3 *",
        "59 23 31 12 7",
        "0 0 29 2 *",
        "0 0 31 2 1",
        "00 09 * * 0-7",
        "  0  9 * *\t* ",
    ],
)
def test_accepted_expressions(expression: str) -> None:
    assert cron.expression(expression, "at") == expression


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "at: String should have at least 1 character"),
        (None, "at: Input should be a valid string"),
        (
            "@daily",
            "at: a cron expression has 5 fields (minute, hour, day of month, month, day of week), not 1",
        ),
        ("0 0 9 * * 1-5", "not 6"),
        ("0 9 * *", "not 4"),
        ("0 9 * * MON", "at: the field 'day of week' takes numbers"),
        ("0 9 * JAN *", "at: the field 'month' takes numbers"),
        ("0 9 L * *", "at: the field 'day of month' takes numbers"),
        ("0 9 15W * *", "the field 'day of month' takes numbers"),
        ("0 9 * * 1#2", "the field 'day of week' takes numbers"),
        ("0 9 ? * 1", "the field 'day of month' takes numbers"),
        ("0 9 * * 5L", "the field 'day of week' takes numbers"),
        ("5/15 * * * *", "the field 'minute' takes numbers"),
        ("-5 * * * *", "the field 'minute' takes numbers"),
        ("1,,2 * * * *", "the field 'minute' takes numbers"),
        ("٣ * * * *", "the field 'minute' takes numbers"),
        ("9" * 5000 + " * * * *", "the field 'minute' takes numbers"),
        ("60 * * * *", "at: the field 'minute' goes from 0 to 59, and its ranges upwards"),
        ("0 24 * * *", "the field 'hour' goes from 0 to 23"),
        ("0 0 0 * *", "the field 'day of month' goes from 1 to 31"),
        ("0 0 * 13 *", "the field 'month' goes from 1 to 12"),
        ("0 0 * * 1-8", "the field 'day of week' goes from 0 to 7"),
        ("30-10 * * * *", "the field 'minute' goes from 0 to 59, and its ranges upwards"),
        ("*/0 * * * *", "the field 'minute' has a step of 0"),
        ("0 0 30 2 *", "at: none of the months has such a day of month"),
        ("0 0 31 4,6,9,11 *", "none of the months has such a day of month"),
        ("0 0 30 2 */2", "none of the months has such a day of month"),
    ],
)
def test_refused_expressions(expression: Any, message: str) -> None:
    assert message in refusal(cron.expression, expression)


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_accepted_zones(zone: str) -> None:
    assert cron.timezone(zone, "at") == zone


@pytest.mark.parametrize(
    "zone", ["", "Mars/Olympus", "CEST", "+02:00", "Europe", "../UTC", "x" * 300, 1, None]
)
def test_refused_zones(zone: Any) -> None:
    assert refusal(cron.timezone, zone).startswith("at: ")


def test_a_machine_without_zones_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_name: str) -> None:
        raise zoneinfo.ZoneInfoNotFoundError

    monkeypatch.setattr("zoneinfo.ZoneInfo", unknown)
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    assert "install the Python package 'tzdata'" in refusal(cron.timezone, "UTC")


def occurrences(expression: str, zone: str, after: str, most: int = 5) -> list[str]:
    """In the zone's own time, with the offset."""
    found = cron.upcoming(expression, zone, datetime.fromisoformat(after), most)
    return [each.astimezone(zoneinfo.ZoneInfo(zone)).isoformat(timespec="minutes") for each in found]


def test_weekdays() -> None:
    assert occurrences("0 9 * * 1-5", "America/Los_Angeles", "2026-10-30T17:00:00Z") == [
        "2026-11-02T09:00-08:00",
        "2026-11-03T09:00-08:00",
        "2026-11-04T09:00-08:00",
        "2026-11-05T09:00-08:00",
        "2026-11-06T09:00-08:00",
    ]


def test_an_occurrence_lies_behind_the_moment_asked_for() -> None:
    assert occurrences("0 9 * * *", "UTC", "2026-11-01T09:00:00Z", 1) == ["2026-11-02T09:00+00:00"]
    assert occurrences("0 9 * * *", "UTC", "2026-11-01T08:59:59.999999Z", 1) == ["2026-11-01T09:00+00:00"]


def test_a_time_that_the_clock_leaves_out_does_not_occur() -> None:
    assert occurrences("30 2 * * *", "Europe/Zurich", "2027-03-27T00:00:00Z", 2) == [
        "2027-03-27T02:30+01:00",
        "2027-03-29T02:30+02:00",
    ]


def test_a_time_that_the_clock_repeats_occurs_twice() -> None:
    assert occurrences("*/30 2 * * *", "Europe/Zurich", "2026-10-25T00:00:00Z", 4) == [
        "2026-10-25T02:30+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T02:30+01:00",
        "2026-10-26T02:00+01:00",
    ]


def test_days_of_the_month_and_of_the_week_are_alternatives_when_both_are_given() -> None:
    assert occurrences("0 0 13 * 5", "UTC", "2026-11-01T00:00:00Z", 3) == [
        "2026-11-06T00:00+00:00",
        "2026-11-13T00:00+00:00",
        "2026-11-20T00:00+00:00",
    ]


def test_sunday_is_0_and_7() -> None:
    assert occurrences("0 0 * * 0", "UTC", "2026-11-01T00:00:00Z") == occurrences(
        "0 0 * * 7", "UTC", "2026-11-01T00:00:00Z"
    )
    assert occurrences("0 0 * * 7", "UTC", "2026-11-01T00:00:00Z", 1) == ["2026-11-08T00:00+00:00"]


def test_a_step_through_a_range_of_one_number_stays_in_the_range() -> None:
    assert occurrences("05-5/2 0 * * *", "UTC", "2026-11-01T00:00:00Z", 2) == [
        "2026-11-01T00:05+00:00",
        "2026-11-02T00:05+00:00",
    ]


def test_rare_occurrences_are_found_years_ahead() -> None:
    assert occurrences("0 12 29 2 *", "Europe/Zurich", "2026-11-01T00:00:00Z") == [
        f"{year}-02-29T12:00+01:00" for year in (2028, 2032, 2036, 2040, 2044)
    ]
    # A step of 7 through the week leaves Sunday, and a * makes both days count: leap days on a Sunday.
    assert occurrences("0 12 29 2 */7", "UTC", "2026-11-01T00:00:00Z") == [
        "2032-02-29T12:00+00:00",
        "2060-02-29T12:00+00:00",
    ]


def test_what_the_clock_always_leaves_out_never_occurs() -> None:
    # The last Sunday of March, half past two: the hour that goes missing for summer time.
    assert occurrences("30 2 25-31 3 */7", "Europe/Zurich", "2026-11-01T00:00:00Z") == []


# --- against every minute ---

ZONES = [
    *("UTC", "Europe/Zurich", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca"),
    *("Australia/Lord_Howe", "Antarctica/Troll", "Pacific/Apia", "America/Havana", "Africa/Cairo"),
]
#: A day or so before clocks change somewhere, and an ordinary one; the last is when Samoa skipped a day.
STARTS = [
    *("2026-10-24", "2026-10-31", "2027-03-13", "2027-03-27", "2027-04-03", "2027-10-02"),
    *("2027-02-07", "2027-03-14", "2026-11-16", "2027-04-29", "2027-10-28", "2011-12-29"),
]
RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


def numbers(item: str, least: int, most: int) -> set[int]:
    """What one item of a field stands for; written again, so that it is no echo of the code under test."""
    span, _, step = item.partition("/")
    first, _, last = (f"{least}-{most}" if span == "*" else span).partition("-")
    return set(range(int(first), int(last or first) + 1, int(step or 1)))


def matcher(expression: str) -> Callable[[datetime], bool]:
    fields = expression.split()
    minutes, hours, days, months, weekdays = (
        set[int]().union(*(numbers(item, *bounds) for item in field.split(",")))
        for field, bounds in zip(fields, RANGES, strict=True)
    )
    if 7 in weekdays:
        weekdays.add(0)
    either = "*" not in (fields[2][0], fields[4][0])

    def matches(wall: datetime) -> bool:
        if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
            return False
        by_date, by_weekday = wall.day in days, wall.isoweekday() % 7 in weekdays
        return by_date or by_weekday if either else by_date and by_weekday

    return matches


@st.composite
def items(draw: st.DrawFn, least: int, most: int) -> str:
    form = draw(st.sampled_from(["*", "number", "range", "*/", "range/"]))
    if form == "number":
        return str(draw(st.integers(least, most)))
    low, high = sorted(draw(st.tuples(st.integers(least, most), st.integers(least, most))))
    span = "*" if form.startswith("*") else f"{low}-{high}"
    return span + (f"/{draw(st.integers(1, 30))}" if form.endswith("/") else "")


def fields(least: int, most: int) -> st.SearchStrategy[str]:
    return st.lists(items(least, most), min_size=1, max_size=3).map(",".join)


EXPRESSIONS = st.tuples(
    fields(0, 59), fields(0, 4) | fields(0, 23), st.just("*") | fields(1, 31), st.just("*"), fields(0, 7)
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(
    expression=EXPRESSIONS,
    zone=st.sampled_from(ZONES),
    start=st.sampled_from(STARTS),
    minute=st.integers(0, 2 * 24 * 60),
)
def test_it_occurs_in_the_minutes_whose_clock_on_the_wall_matches(
    expression: str, zone: str, start: str, minute: int
) -> None:
    cron.expression(expression, "at")
    after = datetime.fromisoformat(start).replace(tzinfo=UTC) + minute * MINUTE
    clock = zoneinfo.ZoneInfo(zone)
    window = [after + n * MINUTE for n in range(1, 3 * 24 * 60)]
    matches = matcher(expression)
    seen = [each for each in window if matches(each.astimezone(clock))]
    found = cron.upcoming(expression, zone, after, most=20)
    assert [each for each in found if each <= window[-1]] == seen[:20]
