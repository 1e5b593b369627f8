"""The filters and tests of templates.

Filters build nothing much larger than what they are given, and lists are lists, never generators: who calls
a filter pays for what goes in and for what comes out.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import do_title
from jinja2.utils import htmlsafe_json_dumps

from agentops.spec.template_values import Budget, Missing, fitting, fitting_number, member, not_given, printed

_MAX_DIGITS = 15
_MAX_INDENT = 8
_MAX_MARGIN = 100


def _default(value: Any, fallback: Any = "", boolean: bool = False) -> Any:
    return fallback if isinstance(value, jinja2.Undefined) or (boolean and not value) else value


def _join(items: Any, separator: str = "", attribute: str | None = None) -> str:
    found = [printed(item) for item in _each(items, attribute)]
    fitting(sum(map(len, found)) + len(printed(separator)) * len(found))
    return printed(separator).join(found)


def _replace(text: Any, old: str, new: str, count: int = -1) -> str:
    text = printed(text)
    fitting(len(text) + (text.count(old) + 1) * len(new))
    return str(text.replace(old, new, count))


def _indent(text: Any, width: int = 4, first: bool = False) -> str:
    if not 0 <= width <= _MAX_MARGIN:
        raise TemplateRuntimeError(f"indent takes 0 to {_MAX_MARGIN} spaces|")
    text, margin = printed(text), " " * width
    fitting(len(text) + (text.count("\n") + 1) * width)
    lines = text.split("\n")
    indented = [line and f"{margin}{line}" for line in lines[1:]]
    return "\n".join([f"{margin}{lines[0]}" if first else lines[0], *indented])


def _tojson(value: Any, indent: int | None = None) -> str:
    if indent is not None and not 0 <= indent <= _MAX_INDENT:
        raise TemplateRuntimeError(f"tojson takes an indent of 0 to {_MAX_INDENT}|")
    return str(htmlsafe_json_dumps(value, dumps=json.dumps, indent=indent, sort_keys=True))


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    methods: Mapping[str, Callable[..., Any]] = {"common": round, "ceil": math.ceil, "floor": math.floor}
    rounding = methods.get(method)
    if rounding is None or not isinstance(precision, int) or abs(precision) > _MAX_DIGITS:
        raise TemplateRuntimeError(
            f"round takes at most {_MAX_DIGITS} digits, and common, ceil or floor|write e.g. round(2)"
        )
    if rounding is round:
        return round(_number(value), precision)
    return float(rounding(_number(value) * 10**precision) / 10**precision)


def _int(value: Any, default: int = 0) -> int:
    try:
        return int(float(value)) if isinstance(value, str) and "." in value else int(value)
    except (ValueError, TypeError, OverflowError):
        return default


def _float(value: Any, default: float = 0.0) -> float:
    try:
        return float(value)
    except (ValueError, TypeError, OverflowError):
        return default


def _each(items: Any, attribute: Any = None) -> list[Any]:
    """The items of a list, or of each the member that ``attribute`` names, dots leading to members of it."""
    if not isinstance(items, list | str | Mapping):
        raise TemplateRuntimeError("the filter is for lists|")
    found = list(items)
    for name in () if attribute is None else str(attribute).split("."):
        key = int(name) if name.isdecimal() else name
        found = [not_given(member(item, key)) for item in found]
    return found


def _ordering(key: Any, case_sensitive: bool = False) -> Any:
    if not isinstance(key, str | int | float):
        raise TemplateRuntimeError("only texts and numbers have an order|name a member: attribute='…'")
    return key.lower() if isinstance(key, str) and not case_sensitive else key


def _sort(
    items: Any, reverse: bool = False, case_sensitive: bool = False, attribute: Any = None
) -> list[Any]:
    keys = [_ordering(key, case_sensitive) for key in _each(items, attribute)]
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    found = _each(items)
    return [found[index] for index in order]


def _dictsort(
    value: Mapping[str, Any], case_sensitive: bool = False, by: str = "key", reverse: bool = False
) -> Any:
    position = {"key": 0, "value": 1}[by]
    return _sort([[key, value[key]] for key in value], reverse, case_sensitive, position)


def _unique(items: Any, case_sensitive: bool = False, attribute: Any = None) -> list[Any]:
    found: dict[Any, Any] = {}
    for item, key in zip(_each(items), _each(items, attribute), strict=True):
        found.setdefault(_ordering(key, case_sensitive), item)
    return list(found.values())


def _map(items: Any, *, attribute: Any) -> list[Any]:
    return _each(items, attribute)


def _number(value: Any) -> Any:
    if not isinstance(value, int | float):
        raise TemplateRuntimeError("the filter is for numbers|")
    return fitting_number(value)


def _at(items: Any, index: int) -> Any:
    found = _each(items)
    return found[index] if found else Missing("the list is empty|")


FILTERS: Mapping[str, Callable[..., Any]] = {
    "abs": lambda value: abs(_number(value)),
    "capitalize": lambda text: printed(text).capitalize(),
    "count": len,
    "d": _default,
    "default": _default,
    "dictsort": _dictsort,
    "first": lambda items: _at(items, 0),
    "float": _float,
    "indent": _indent,
    "int": _int,
    "items": lambda mapping: [[key, value] for key, value in mapping.items()],
    "join": _join,
    "last": lambda items: _at(items, -1),
    "length": len,
    "list": _each,
    "lower": lambda text: printed(text).lower(),
    "map": _map,
    "max": lambda items: max(_each(items), key=_ordering),
    "min": lambda items: min(_each(items), key=_ordering),
    "replace": _replace,
    "reverse": lambda items: items[::-1] if isinstance(items, str) else _each(items)[::-1],
    "round": _round,
    "sort": _sort,
    "string": printed,
    "sum": lambda items, attribute=None: sum(map(_number, _each(items, attribute))),
    "title": lambda text: do_title(printed(text)),
    "tojson": _tojson,
    "trim": lambda text, characters=None: printed(text).strip(characters),
    "unique": _unique,
    "upper": lambda text: printed(text).upper(),
}


def _test(check: Callable[..., bool]) -> Callable[..., bool]:
    def tested(budget: Budget, value: Any, *arguments: Any) -> bool:
        budget.look_at([not_given(value), *arguments])
        return check(value, *arguments)

    return tested


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


TESTS: Mapping[str, Callable[..., bool]] = {
    "defined": lambda budget, value: not isinstance(value, jinja2.Undefined),
    "undefined": lambda budget, value: isinstance(value, jinja2.Undefined),
    "boolean": _test(lambda value: isinstance(value, bool)),
    "divisibleby": _test(lambda value, by: value % by == 0),
    "eq": _test(operator.eq),
    "equalto": _test(operator.eq),
    "even": _test(lambda value: value % 2 == 0),
    "false": _test(lambda value: value is False),
    "in": _test(lambda value, holder: value in holder),
    "iterable": _test(lambda value: isinstance(value, list | str | Mapping)),
    "mapping": _test(lambda value: isinstance(value, Mapping)),
    "none": _test(lambda value: value is None),
    "number": _test(_is_number),
    "odd": _test(lambda value: value % 2 == 1),
    "sequence": _test(lambda value: isinstance(value, list | str | Mapping)),
    "string": _test(lambda value: isinstance(value, str)),
    "true": _test(lambda value: value is True),
}
