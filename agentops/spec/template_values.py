"""What a template can do with values: members, operators, calls, and the budget they are paid from.

Values are text, numbers, null, lists and mappings. Whatever reads a value through pays for all of it first,
parts that are shared as often as they appear; nothing built here is longer than a prompt can be.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jinja2
from jinja2.exceptions import TemplateRuntimeError

from agentops.domain.diagnostics import did_you_mean

MAX_TEXT = 1_000_000
MAX_STEPS = 200_000
_CHARACTERS_PER_STEP = 100
_MAX_BITS = 4_096

_TOO_MUCH = f"it takes more than {MAX_STEPS:,} steps|a prompt needs variables, conditions and short loops"
_TOO_LONG = f"the text grows beyond {MAX_TEXT:,} characters|"


class Budget:
    """What one rendering may cost. A step is an expression, a turn of a loop, a value or 100 characters."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def pay(self, steps: int = 1) -> None:
        """Raises TemplateRuntimeError where nothing is left."""
        self._left -= steps
        if self._left < 0:
            raise TemplateRuntimeError(_TOO_MUCH)

    def look_at(self, value: Any) -> None:
        """Pay for reading a value through."""
        pending = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                self.pay(1 + fitting(len(item)) // _CHARACTERS_PER_STEP)
                continue
            if isinstance(item, Mapping):
                self.pay(1 + len(item))
                pending.extend(item.keys())
                pending.extend(item.values())
            elif isinstance(item, list):
                self.pay(1 + len(item))
                pending.extend(item)
            else:
                self.pay()
                fitting_number(item)


def fitting(characters: int) -> int:
    """The length, if a text may have it."""
    if characters > MAX_TEXT:
        raise TemplateRuntimeError(_TOO_LONG)
    return characters


def fitting_number(value: Any) -> Any:
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise TemplateRuntimeError("a number grows too large|")
    return value


class Missing(jinja2.StrictUndefined):
    """Says which name is missing, and which is near."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, holder = self._undefined_name, self._undefined_obj
        if self._undefined_hint:
            return self._undefined_hint
        if isinstance(holder, Mapping):
            return f"there is no variable '{name}'|{did_you_mean(str(name), map(str, holder))}"
        if holder is jinja2.utils.missing:
            return f"'{name}' is not defined|a template sees vars and stage; write vars.{name}?"
        return f"a value has no member '{name}'|"


def not_given(value: Any) -> Any:
    """The value, unless it is missing: then the error that says so."""
    if isinstance(value, jinja2.Undefined):
        bool(value)
    return value


class Loop(dict[str, Any]):
    """``loop`` inside a loop."""

    def __init__(self, index: int, length: int) -> None:
        super().__init__(
            index=index + 1,
            index0=index,
            revindex=length - index,
            revindex0=length - index - 1,
            first=index == 0,
            last=index == length - 1,
            length=length,
        )


def printed(value: Any) -> str:
    """What ``{{ … }}`` prints: text and numbers. A null would print as None, a list as Python."""
    if value is None:
        raise TemplateRuntimeError("the value is null|give the variable a value, or use default(…)")
    if not isinstance(not_given(value), str | int | float):
        raise TemplateRuntimeError(
            "a list or a mapping is not text|loop over it, or use join(', ') or tojson"
        )
    return str(fitting_number(value))


def member(holder: Any, key: Any) -> Any:
    """``holder.key`` and ``holder[key]``: of a mapping its members, of a list or a text its items."""
    not_given(holder)
    if isinstance(holder, Mapping):
        return holder[key] if key in holder else Missing(obj=holder, name=key)
    if isinstance(holder, list | str) and isinstance(key, int) and -len(holder) <= key < len(holder):
        return holder[key]
    return Missing(obj=holder, name=str(key))


def sliced(holder: Any, bounds: list[Any], budget: Budget) -> Any:
    if not isinstance(not_given(holder), list | str):
        raise TemplateRuntimeError("only a list or a text has a part from … to|")
    budget.pay(len(holder))
    return holder[slice(*bounds)]


def items_of(value: Any, budget: Budget) -> list[Any]:
    """What a loop goes over: a list's items, a mapping's keys, a text's characters."""
    if not isinstance(not_given(value), list | str | Mapping):
        raise TemplateRuntimeError("a loop goes over a list, a mapping or a text, not over a number or null|")
    budget.pay(len(value))
    return list(value)


# Operators

_NUMERIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda item, holder: item in holder,
    "notin": lambda item, holder: item not in holder,
}


def combined(sign: str, left: Any, right: Any) -> Any:
    """Arithmetic. Numbers only: what ``*`` and ``%`` do to text is how text is blown up."""
    for side in (left, right):
        if not isinstance(not_given(side), int | float):
            raise TemplateRuntimeError(f"'{sign}' is for numbers here|")
        fitting_number(side)
    return fitting_number(_NUMERIC[sign](left, right))


def added(left: Any, right: Any, budget: Budget) -> Any:
    not_given(left), not_given(right)
    if isinstance(left, str) and isinstance(right, str):
        return concatenated([left, right], budget)
    if isinstance(left, list) and isinstance(right, list):
        budget.pay(len(left) + len(right))
        return left + right
    return combined("+", left, right)


def concatenated(parts: Iterable[Any], budget: Budget) -> str:
    found = [printed(part) for part in parts]
    budget.pay(fitting(sum(map(len, found))) // _CHARACTERS_PER_STEP)
    return "".join(found)


def compared(sign: str, left: Any, right: Any, budget: Budget) -> bool:
    budget.look_at([not_given(left), not_given(right)])
    return bool(_ORDER[sign](left, right))


# Calls

_METHODS: Mapping[type, Mapping[str, Callable[..., Any]]] = {
    str: {
        name: getattr(str, name)
        for name in (
            *("upper", "lower", "title", "capitalize", "strip", "lstrip", "rstrip", "startswith", "endswith"),
            *("removeprefix", "removesuffix", "split", "splitlines"),
        )
    },
    dict: {
        "get": lambda holder, key, fallback=None: holder.get(key, fallback),
        "keys": list,
        "values": lambda holder: list(holder.values()),
        "items": lambda holder: [[key, value] for key, value in holder.items()],
    },
}


def called(subject: Any, name: str, arguments: list[Any], named: Mapping[str, Any], budget: Budget) -> Any:
    """``range(…)``, or one of the harmless methods of texts and mappings."""
    if subject is None and name == "range" and not named:
        numbers = range(*(fitting_number(bound) for bound in arguments))
        budget.pay(min(len(numbers), MAX_STEPS) if numbers else 1)
        return list(numbers)
    not_given(subject)
    holder = next((kind for kind in _METHODS if isinstance(subject, kind)), None)
    method = None if holder is None else _METHODS[holder].get(name)
    if method is None:
        raise TemplateRuntimeError(f"'{name}' cannot be called here|")
    budget.look_at([subject, arguments, list(named.values())])
    result = applied(f"'{name}'", method, subject, *arguments, **named)
    budget.look_at(result)
    return result


def applied(what: str, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """The result of a call. What Python says of a wrong argument names our functions; it is not repeated."""
    try:
        return call(*arguments, **named)
    except (TypeError, AttributeError, LookupError):
        raise TemplateRuntimeError(f"{what} cannot be used with this value or these arguments|") from None
