"""The validators that request schemas are written with.

A check takes a JSON value and the path it was found at, and returns the value to store, or
refuses it with a 400 that names the path, ``tools.0.configs.1.name``. Schemas are checks made
of checks. A :func:`record` returns the members that were sent and no others, because on an
update a missing member and ``null`` mean different things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn

from agentops.emulator.errors import invalid_request

Check = Callable[[Any, str], Any]


_LONGEST_PATH = 200


def refuse(at: str, message: str) -> NoReturn:
    """Raise the 400 for what is wrong at ``at``."""
    # The path holds the caller's own keys, which may be megabytes long.
    where = at if len(at) <= _LONGEST_PATH else f"{at[:_LONGEST_PATH]}…"
    raise invalid_request(f"{where}: {message}" if at else message)


def child(at: str, name: str | int) -> str:
    return f"{at}.{name}" if at else str(name)


def text(*, least: int = 0, most: int | None = None, pattern: str | None = None, hint: str = "") -> Check:
    """A string of ``least`` to ``most`` characters; ``hint`` says what ``pattern`` asks for."""
    shape = re.compile(pattern) if pattern else None

    def check(value: Any, at: str) -> str:
        if not isinstance(value, str):
            refuse(at, "Input should be a valid string")
        if len(value) < least:
            refuse(at, f"String should have at least {least} character{'s' if least > 1 else ''}")
        if most is not None and len(value) > most:
            refuse(at, f"String should have at most {most} characters")
        if shape is not None and not shape.fullmatch(value):
            refuse(at, hint or f"String should match pattern '{pattern}'")
        return value

    return check


def integer(*, least: int | None = None, most: int | None = None) -> Check:
    def check(value: Any, at: str) -> int:
        # In Python a bool is an int; in JSON it is not.
        if not isinstance(value, int) or isinstance(value, bool):
            refuse(at, "Input should be a valid integer")
        if least is not None and value < least:
            refuse(at, f"Input should be greater than or equal to {least}")
        if most is not None and value > most:
            refuse(at, f"Input should be less than or equal to {most}")
        return value

    return check


def boolean(value: Any, at: str) -> bool:
    if not isinstance(value, bool):
        refuse(at, "Input should be a valid boolean")
    return value


def one_of(*values: str) -> Check:
    expected = " or ".join(f"'{value}'" for value in values)

    def check(value: Any, at: str) -> str:
        # Membership in a set of strings would raise TypeError for a list or an object.
        if not isinstance(value, str) or value not in values:
            refuse(at, f"Input should be {expected}")
        return value

    return check


def nullable(check: Check) -> Check:
    return lambda value, at: None if value is None else check(value, at)


def array(item: Check, *, least: int = 0, most: int | None = None) -> Check:
    def check(value: Any, at: str) -> list[Any]:
        if not isinstance(value, list):
            refuse(at, "Input should be a valid list")
        if len(value) < least:
            refuse(at, f"List should have at least {least} item{'s' if least > 1 else ''}")
        if most is not None and len(value) > most:
            refuse(at, f"List should have at most {most} items, not {len(value)}")
        return [item(each, child(at, index)) for index, each in enumerate(value)]

    return check


def mapping(value_check: Check) -> Check:
    """An object whose keys are the caller's own."""

    def check(value: Any, at: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            refuse(at, "Input should be an object")
        return {key: value_check(each, child(at, key)) for key, each in value.items()}

    return check


def record(members: Mapping[str, Check], *, required: Iterable[str] = ()) -> Check:
    """An object with these members and no others; the answer holds those that were sent."""
    needed = tuple(required)

    def check(value: Any, at: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            refuse(at, "Input should be an object")
        for name in value:
            if name not in members:
                refuse(child(at, name), "Extra inputs are not permitted")
        for name in needed:
            if name not in value:
                refuse(child(at, name), "Field required")
        return {name: members[name](each, child(at, name)) for name, each in value.items()}

    return check


def tagged(variants: Mapping[str, Check], *, tag: str = "type") -> Check:
    """A union told apart by one member, ``type`` nearly everywhere in this API."""
    read_tag = one_of(*variants)

    def check(value: Any, at: str) -> Any:
        if not isinstance(value, dict):
            refuse(at, "Input should be an object")
        if tag not in value:
            refuse(child(at, tag), "Field required")
        return variants[read_tag(value[tag], child(at, tag))](value, at)

    return check


def typed(name: str, members: Mapping[str, Check] | None = None, *, required: Iterable[str] = ()) -> Check:
    """A :func:`record` whose required ``type`` is ``name``."""
    return record({"type": one_of(name), **(members or {})}, required=("type", *required))


def then(check: Check, resolve: Callable[[Any, str], Any]) -> Check:
    """Check, then resolve defaults or look at the members together."""
    return lambda value, at: resolve(check(value, at), at)


# Query strings carry text; these read it.


def flag(value: str, at: str) -> bool:
    return bool(one_of("true", "false")(value, at) == "true")


def number(*, least: int, most: int) -> Check:
    within = integer(least=least, most=most)

    def check(value: str, at: str) -> int:
        # The length bound keeps int() away from arbitrarily long digit strings.
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            refuse(at, "Input should be a valid integer")
        return int(within(int(value), at))

    return check


def moment(value: str, at: str) -> str:
    """An RFC 3339 timestamp, returned in the form timestamps are stored in."""
    try:
        parsed = datetime.fromisoformat(value)
        if parsed.tzinfo is None:
            refuse(at, "Input should be an RFC 3339 timestamp with a UTC offset")
        return timestamp(parsed)
    except (ValueError, OverflowError):
        refuse(at, "Input should be an RFC 3339 timestamp")


def timestamp(when: datetime) -> str:
    """RFC 3339 in UTC, always with six decimals: equal length makes text order time order."""
    return when.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
