"""A rule that a team writes as data -> a rule that is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from agentops.domain.fleet import Fleet
from agentops.domain.policy import EVERY, Check, Declared
from agentops.domain.surface import Path
from agentops.policy.rule import Finding, Options, Rule

_ABSENT = object()


def as_rule(declared: Declared) -> Rule:
    return Rule(
        id=declared.id,
        name=declared.name,
        severity=declared.severity,
        why=declared.why or declared.message,
        example="",
        fix=declared.fix,
        check=partial(_findings, declared),
        protected=declared.protected,
        location=declared.location,
    )


def _findings(declared: Declared, fleet: Fleet, options: Options) -> Iterable[Finding]:
    if declared.stages and fleet.stage not in declared.stages:
        return
    is_found = _test(declared.check, declared.value)
    for member in fleet:
        if declared.kinds and member.address.kind not in declared.kinds:
            continue
        for path, value in _members(member.body, declared.path):
            if is_found(value):
                yield Finding(member.address, declared.message, declared.fix, path)


def _members(node: Any, steps: Path, way: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Whatever a path leads to; one that leads nowhere, once, as absent. Of the members of a list that is
    empty there are none."""
    if not steps:
        yield way, node
        return
    step, rest = steps[0], steps[1:]
    there = dict(_entries(node))
    if step == EVERY:
        for key, value in there.items():
            yield from _members(value, rest, (*way, key))
    elif step in there:
        yield from _members(there[step], rest, (*way, step))
    elif EVERY not in rest:
        yield (*way, *steps), _ABSENT


def _entries(node: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(node, Mapping):
        return node.items()
    return enumerate(node) if isinstance(node, list) else ()


def _test(check: Check, wanted: Any) -> Callable[[Any], bool]:
    match check:
        case Check.IS:
            return lambda value: _is_missing(value) == (wanted == "missing")
        case Check.MATCHES | Check.NOT_MATCHES:
            pattern, found = re.compile(wanted), check is Check.MATCHES
            return lambda value: isinstance(value, str) and (pattern.search(value) is not None) == found
        case Check.IN:
            return lambda value: any(_same(value, it) for it in wanted)
        case Check.NOT_IN:
            return lambda value: not _is_missing(value) and not any(_same(value, it) for it in wanted)
        case Check.ABOVE:
            return lambda value: (number := _number(value)) is not None and number > Decimal(str(wanted))
        case Check.BELOW:
            return lambda value: (number := _number(value)) is not None and number < Decimal(str(wanted))
        case Check.LONGER:
            return lambda value: isinstance(value, str | list | Mapping) and len(value) > wanted


def _is_missing(value: Any) -> bool:
    """To the API nothing is the same as null and as an empty list."""
    return value is _ABSENT or value is None or value in ("", [], {})


def _same(value: Any, wanted: Any) -> bool:
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def _number(value: Any) -> Decimal | None:
    """Amounts of money are texts in the API."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
