"""The cron schedules of deployments: which expressions there are, and when they occur next.

SDK type ``BetaManagedAgentsScheduleParams``: five POSIX fields, an IANA time zone. The clock on the wall of
that zone is what counts: a time that a change to summer time leaves out does not occur, one that the change
back repeats occurs twice.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from agentops.emulator.checks import refuse, text

MOST_UPCOMING = 5

_FIELDS = {
    "minute": (0, 59),
    "hour": (0, 23),
    "day of month": (1, 31),
    "month": (1, 12),
    "day of week": (0, 7),
}
_DAYS_OF_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

# Names (MON), the characters L, W, #, ? and shortcuts (@daily) are no part of this. Steps are none of POSIX
# either, yet every cron knows them and the API does not list them among what it refuses.
_ITEM = re.compile(
    r"(?:(?P<all>\*)|(?P<first>[0-9]{1,2})-(?P<last>[0-9]{1,2}))(?:/(?P<step>[0-9]{1,2}))?"
    r"|(?P<number>[0-9]{1,2})"
)

_HORIZON = timedelta(days=50 * 366)
_LONGEST_STRETCH = 400  # days
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


def expression(value: Any, at: str) -> str:
    """A cron expression of five fields, each within its range; returned as written."""
    written: str = text(least=1)(value, at)
    try:
        _read(written)
    except ValueError as error:
        refuse(at, str(error))
    return written


def timezone(value: Any, at: str) -> str:
    """The name of a zone in this machine's IANA database."""
    name: str = text(least=1, most=255)(value, at)
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        if not zoneinfo.available_timezones():
            refuse(at, "this machine has no time zone database; install the Python package 'tzdata'")
        refuse(at, f"'{name}' is not an IANA time zone")
    return name


def upcoming(cron: str, zone_name: str, after: datetime, most: int = MOST_UPCOMING) -> list[datetime]:
    """The first ``most`` occurrences later than ``after``, in UTC, earliest first.

    ``cron`` and ``zone_name`` have been checked; ``after`` is aware. Fewer come back, or none, when the
    next fifty years hold no more.

    The time ahead is taken stretch by stretch, each with one offset to UTC, in which the clock on the wall
    and UTC run alike. What a change leaves out is in no stretch, what it repeats is in two.
    """
    schedule, zone = _read(cron), zoneinfo.ZoneInfo(zone_name)
    found: list[datetime] = []
    start = after.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
    horizon = start + _HORIZON
    while start < horizon:
        offset, end = _offset(zone, start), _end_of_stretch(zone, start)
        first, last = ((each + offset).replace(tzinfo=None) for each in (start, end))
        for wall in schedule.times(first, last):
            found.append(wall.replace(tzinfo=UTC) - offset)
            if len(found) == most:
                return found
        start = end
    return found


@dataclass(frozen=True, slots=True)
class _Schedule:
    """The numbers that match, times of the day in order; of the weekdays 0 is Sunday."""

    times_of_day: tuple[time, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """One kind of day is enough: so it is where both are restricted (POSIX, "crontab")."""

    def times(self, first: datetime, end: datetime) -> Iterator[datetime]:
        """What the clock on the wall shows from ``first`` to before ``end`` when the schedule occurs."""
        day = first.date()
        while day <= end.date():
            if self._is_on(day):
                for each in self.times_of_day:
                    if first <= (wall := datetime.combine(day, each)) < end:
                        yield wall
            day += _DAY

    def _is_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_date, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_weekday if self.either else by_date and by_weekday


def _read(cron: str) -> _Schedule:
    """Raises ValueError, whose text says what is wrong, for what is no expression or matches no day."""
    fields = cron.split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(_FIELDS)
        raise ValueError(f"a cron expression has {len(_FIELDS)} fields ({names}), not {len(fields)}")
    minutes, hours, days, months, weekdays = (
        frozenset(number for item in field.split(",") for number in _numbers(item, name))
        for field, name in zip(fields, _FIELDS, strict=True)
    )
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    if not either and min(days) > max(_DAYS_OF_MONTHS[month - 1] for month in months):
        raise ValueError("none of the months has such a day of month")
    times_of_day = tuple(time(hour, minute) for hour in sorted(hours) for minute in sorted(minutes))
    return _Schedule(times_of_day, days, months, frozenset(number % 7 for number in weekdays), either)


def _numbers(item: str, name: str) -> range:
    """What one item of a field's list stands for."""
    match = _ITEM.fullmatch(item)
    if match is None:
        raise ValueError(
            f"the field '{name}' takes numbers, ranges (1-5), lists (1,3), steps (*/15, 8-18/2) and *; "
            "names, the characters L, W, #, ? and shortcuts such as @daily are not supported"
        )
    least, most = _FIELDS[name]
    if match["number"] is not None:
        first = last = int(match["number"])
    else:
        first, last = (least, most) if match["all"] else (int(match["first"]), int(match["last"]))
    if not least <= first <= last <= most:
        raise ValueError(f"the field '{name}' goes from {least} to {most}, and its ranges upwards")
    step = int(match["step"] or 1)
    if step == 0:
        raise ValueError(f"the field '{name}' has a step of 0")
    return range(first, last + 1, step)


def _offset(zone: zoneinfo.ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _end_of_stretch(zone: zoneinfo.ZoneInfo, start: datetime) -> datetime:
    """The first minute after ``start`` with another offset to UTC, or some day before that."""
    offset = _offset(zone, start)
    same = start
    for _ in range(_LONGEST_STRETCH):
        other = same + _DAY
        if _offset(zone, other) != offset:
            break
        same = other
    else:
        return same
    while other - same > _MINUTE:
        # Clocks change on the full minute, and so are the times between which the change is searched.
        middle = (same + (other - same) / 2).replace(second=0, microsecond=0)
        if _offset(zone, middle) == offset:
            same = middle
        else:
            other = middle
    return other
