"""Cron schedules as deployments have them, and what they do on the days the clocks change.

Five POSIX fields in an IANA time zone, matched against the clock on the wall: a time that the zone skips on a
day is not run at, one that it has twice is run at twice. Steps (``*/15``) are no part of POSIX and of every
cron, and are taken; seconds, years, names, ``L W # ?`` and ``@daily`` are not.

Whether a day has to match the day of the month or the day of the week is POSIX's rule: either one where both
are restricted, else both.

Sources: API reference, "Scheduled deployments"; SDK type ``BetaManagedAgentsScheduleParams``; POSIX,
"crontab".
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from agentops.domain.diagnostics import Code, nearest
from agentops.kinds.schema import refusal

YEARS = range(2026, 2046)
"""The years in which changes of the clocks are looked for: what is said of a file depends on no date."""

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_SHORTCUTS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


class _Place(NamedTuple):
    """One of the five fields: its name, the numbers it can have, and how other crons call these."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()


_PLACES = (
    _Place("minute", 0, 59),
    _Place("hour", 0, 23),
    _Place("day-of-month", 1, 31),
    _Place("month", 1, 12, _MONTHS),
    _Place("day-of-week", 0, 7, _WEEKDAYS),
)
_ITEM = re.compile(r"(?:\*|(?P<first>[0-9]{1,2})(?:-(?P<last>[0-9]{1,2}))?)(?:/(?P<step>[0-9]{1,2}))?")


@dataclass(frozen=True, slots=True)
class Cron:
    """The numbers that match; of the weekdays 0 is Sunday. ``either`` says that one kind of day is enough."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def matches(self, moment: datetime) -> bool:
        """Whether it runs in this minute of the clock on the wall."""
        return moment.minute in self.minutes and moment.hour in self.hours and self.is_on(moment)

    def is_on(self, date: date) -> bool:
        """Whether it runs on this day at all."""
        day, weekday = date.day in self.days, date.isoweekday() % 7 in self.weekdays
        return date.month in self.months and (day or weekday if self.either else day and weekday)

    @property
    def ever_runs(self) -> bool:
        longest = max(_LONGEST_MONTHS[month - 1] for month in self.months)
        return self.either or min(self.days) <= longest


def read_cron(expression: str) -> Cron:
    """The numbers of an expression. Raises an error for a validator, which says what to write instead."""
    if (instead := _SHORTCUTS.get(expression.strip().lower())) is not None:
        raise _refused(f"shortcuts such as {expression.strip()} are not supported; write '{instead}'")
    fields = expression.split()
    if len(fields) != len(_PLACES):
        names = " ".join(place.name for place in _PLACES)
        more = "; there are no seconds and no years" if len(fields) > len(_PLACES) else ""
        raise _refused(f"a cron expression has five fields, {names}; this one has {len(fields)}{more}")
    minutes, hours, days, months, weekdays = (
        _numbers(field, place) for field, place in zip(fields, _PLACES, strict=True)
    )
    found = Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(number % 7 for number in weekdays),
        either=not fields[2].startswith("*") and not fields[4].startswith("*"),
    )
    if not found.ever_runs:
        raise _refused("this never runs: none of these months has such a day")
    return found


def _refused(message: str) -> Exception:
    return refusal(Code.INVALID_VALUE, message)


def _numbers(field: str, place: _Place) -> frozenset[int]:
    return frozenset(number for item in field.split(",") for number in _range_of(item, place))


def _range_of(item: str, place: _Place) -> range:
    """The numbers of one item of a list: ``*``, ``5``, ``1-5``; the first and the last can have a step."""
    match = _ITEM.fullmatch(item)
    if match is None:
        raise _refused(f"the {place.name} '{item}' {_what_is_wrong(item, place)}")
    first, last, step = match["first"], match["last"], match["step"]
    if first is not None and last is None and step is not None:
        raise _refused(
            f"the {place.name} '{item}' has a step without a range; write {first}-{place.most}/{step}"
        )
    least, most = (place.least, place.most) if first is None else (int(first), int(last or first))
    if least < place.least or most > place.most:
        raise _refused(f"the {place.name} '{item}' is not within {place.least} to {place.most}")
    if least > most:
        raise _refused(
            f"the {place.name} '{item}' runs backwards; write {least}-{place.most},{place.least}-{most}"
        )
    if step is not None and int(step) == 0:
        raise _refused(f"the {place.name} '{item}' has a step of 0; write 1 or more")
    return range(least, most + 1, int(step or 1))


def _what_is_wrong(item: str, place: _Place) -> str:
    if item == "?":
        return "is not supported; write *"
    named = item.upper()
    for number, word in enumerate(place.words, start=place.least):
        named = named.replace(word, str(number))
    if named != item and _ITEM.fullmatch(named):
        return f"has names, which are not supported; write {named}"
    if re.search(r"[LW#?]", named):
        return "is not supported: there is no L, W, # or ?; write numbers"
    return "is not a number, a range (1-5), a step (*/15) or *"


def check_expression(expression: str) -> str:
    read_cron(expression)
    if expression != expression.strip():
        raise _refused("a cron expression has no space around it; remove it")
    return expression


def check_zone(name: str) -> str:
    known = _zones()
    if not known:
        raise _refused("this machine has no time zone database; install the Python package 'tzdata'")
    if name not in known:
        guess = nearest(name, sorted(known))
        hint = f"did you mean '{guess}'?" if guess else "write e.g. Europe/Berlin or UTC"
        raise _refused(f"'{name}' is not an IANA time zone; {hint}")
    return name


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


class ClockChange(NamedTuple):
    """The times from ``start`` to before ``end`` on the wall that a zone skips on a day, or has twice."""

    start: datetime
    end: datetime
    skipped: bool

    def minutes(self) -> Iterator[datetime]:
        moment = self.start
        while moment < self.end:
            yield moment
            moment += _MINUTE


@lru_cache(maxsize=64)
def clock_changes(zone_name: str) -> tuple[ClockChange, ...]:
    """Every change of a zone's offset in ``YEARS``."""
    zone = zoneinfo.ZoneInfo(zone_name)
    found: list[ClockChange] = []
    before, end = datetime(YEARS.start, 1, 1, tzinfo=UTC), datetime(YEARS.stop, 1, 1, tzinfo=UTC)
    while before < end:
        after = before + _DAY
        if _offset(zone, before) != _offset(zone, after):
            found.append(_change_between(zone, before, after))
        before = after
    return tuple(found)


def _offset(zone: zoneinfo.ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _change_between(zone: zoneinfo.ZoneInfo, before: datetime, after: datetime) -> ClockChange:
    old, new = _offset(zone, before), _offset(zone, after)
    while after - before > _MINUTE:
        middle = before + (after - before) // 2
        middle = middle.replace(second=0, microsecond=0)  # clocks change on a full minute
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    instant = after.replace(tzinfo=None)
    return ClockChange(instant + min(old, new), instant + max(old, new), skipped=new > old)


def next_runs(expression: str, zone_name: str, after: datetime, count: int) -> tuple[datetime, ...]:
    """The first ``count`` times it starts later than ``after`` (aware), by the clock of its zone."""
    cron, zone = read_cron(expression), zoneinfo.ZoneInfo(zone_name)
    day, found = after.astimezone(zone).date(), list[datetime]()
    while len(found) < count:
        if cron.is_on(day):
            found.extend(moment for moment in _runs_on(day, cron, zone) if moment > after)
        day += _DAY
    return tuple(found[:count])


def _runs_on(day: date, cron: Cron, zone: zoneinfo.ZoneInfo) -> list[datetime]:
    """In order; a time that the zone skips is left out, one that it has twice is there twice."""
    walls = (
        datetime.combine(day, time(hour, minute, fold=fold), zone)
        for hour in cron.hours
        for minute in cron.minutes
        for fold in (0, 1)
    )
    instants = {wall.astimezone(UTC): wall for wall in walls}
    return [
        moment
        for instant, wall in sorted(instants.items())
        if (moment := instant.astimezone(zone)).replace(tzinfo=None, fold=0)
        == wall.replace(tzinfo=None, fold=0)
    ]


class ClockTrap(NamedTuple):
    """What a schedule does on the days the clocks change. Times are ``HH:MM`` on the wall.

    left_out: when it does not run on the day they go forward. twice: when it runs twice on the day they go
    back. outside: the hours in which the zone does either, ``01:00-03:00``.
    """

    left_out: str
    twice: str
    outside: str


@lru_cache(maxsize=8192)
def clock_trap(expression: str, zone_name: str) -> ClockTrap | None:
    """None where no run is lost or doubled.

    What runs every hour of the day loses nothing by a change of full hours: the clock on the wall skips one,
    but the time between two runs stays what it is.
    """
    cron = read_cron(expression)
    every_hour = len(cron.hours) == 24
    times: dict[bool, set[int]] = {True: set(), False: set()}
    affected: set[int] = set()
    for change in clock_changes(zone_name):
        if every_hour and not (change.end - change.start) % _HOUR:
            continue
        for moment in change.minutes():
            affected.add(moment.hour * 60 + moment.minute)
            if cron.matches(moment):
                times[change.skipped].add(moment.hour * 60 + moment.minute)
    if not times[True] and not times[False]:
        return None
    return ClockTrap(_listed(times[True]), _listed(times[False]), _spans(affected))


def trap_in_words(expression: str, zone: str) -> tuple[str, str] | None:
    """The trap as a sentence, and what to write instead."""
    if (trap := clock_trap(expression, zone)) is None:
        return None
    said = []
    if trap.left_out:
        said.append(f"on the day the clocks go forward it does not run at {trap.left_out}")
    if trap.twice:
        said.append(f"on the day the clocks go back it runs twice at {trap.twice}")
    return f"in {zone}, {'; '.join(said)}", f"write a time outside {trap.outside}, or `timezone: UTC`"


_SHOWN_TIMES = 3


def _listed(minutes: Iterable[int]) -> str:
    """``02:00, 02:15 and 02:30``"""
    texts = [_clock(minute) for minute in sorted(minutes)]
    if len(texts) > _SHOWN_TIMES:
        texts = [*texts[: _SHOWN_TIMES - 1], f"{len(texts) - _SHOWN_TIMES + 1} more times"]
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def _spans(minutes: set[int]) -> str:
    """``01:00-03:00``, several joined by ``and``."""
    starts = sorted(minute for minute in minutes if minute - 1 not in minutes)
    ends = sorted(minute + 1 for minute in minutes if minute + 1 not in minutes)
    return " and ".join(f"{_clock(start)}-{_clock(end)}" for start, end in zip(starts, ends, strict=True))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
