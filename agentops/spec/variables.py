"""``variables`` of agentops.yaml: what templates may use, of which type, and whether each stage has it.

``variables`` declares, ``vars`` gives values, of the project and of a stage. Two keys, so that no value is
ever taken for a declaration. Without ``variables`` any name and any value goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agentops.domain.canonical import same
from agentops.domain.diagnostics import Code, Diagnostic, Location, did_you_mean, error
from agentops.spec.located import LocatedDict, plain
from agentops.spec.source import describe
from agentops.spec.stage_block import VariableBlock

VARIABLES = "variables"
VARS = "vars"

Declared = Mapping[str, VariableBlock]

_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "mapping": "a mapping",
}

_EMPTY: Mapping[str, Any] = {"integer": 0, "number": 0, "boolean": False, "list": [], "mapping": {}}


def values_of(declared: Declared | None, shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of one stage: its own over the project's over the defaults.

    Where variables are declared, null says nothing: what stands below it holds. One that nobody has to give
    and nobody gives is null. One that is missing has an empty value of its type: it is reported, so nothing
    is done with it, and templates that use it need not be reported, too.
    """
    given: dict[str, Any] = plain({**shared, **own})
    if declared is None:
        return given
    defaults = {
        name: _stand_in(variable) if variable.is_required else variable.default
        for name, variable in declared.items()
    }
    return plain({**defaults, **_said(shared), **_said(own)})  # type: ignore[no-any-return]


def variable_problems(declared: Declared | None, tree: LocatedDict) -> Iterator[Diagnostic]:
    """What is declared against itself, every value against what is declared, and what a stage lacks.

    ``tree`` is agentops.yaml, of which the schema has nothing to say.
    """
    if declared is None:
        return
    for name, variable in declared.items():
        yield from _declaration(name, variable, tree[VARIABLES][name])
    shared, stages = _member(tree, VARS), _member(tree, "stages")
    yield from _values(declared, shared)
    for stage, block in stages.items():
        own = _member(block, VARS) if isinstance(block, LocatedDict) else LocatedDict(stages.at)
        yield from _values(declared, own)
        given = _said(shared).keys() | _said(own).keys()
        for name in sorted(_required(declared) - given):
            at = own.at if own else stages.place(stage, "key")
            yield _missing(name, declared[name], f"stage '{stage}'", f"`stages.{stage}.vars`", at)
    if not stages:
        for name in sorted(_required(declared) - _said(shared).keys()):
            at = tree[VARIABLES].place(name, "key")
            yield _missing(name, declared[name], "this project", f"`{VARS}`", at)


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _stand_in(variable: VariableBlock) -> Any:
    if variable.values:
        return variable.values[0]
    return _EMPTY.get(str(variable.type), "")


def _member(holder: LocatedDict, key: str) -> LocatedDict:
    found = holder.get(key)
    return found if isinstance(found, LocatedDict) else LocatedDict(holder.at)


def _required(declared: Declared) -> set[str]:
    return {name for name, variable in declared.items() if variable.is_required}


def _declaration(name: str, variable: VariableBlock, tree: Any) -> Iterator[Diagnostic]:
    if not isinstance(tree, LocatedDict):
        return
    if variable.required and variable.default is not None:
        yield error(
            Code.CONFLICTING_FIELDS,
            f"the variable '{name}' is required and has a default",
            "a default is what holds where a stage says nothing; remove it, or `required`",
            location=tree.place("required", "key"),
        )
    for value in variable.values or ():
        if not _is_of(variable.type, value):
            yield _wrong_type(name, variable, value, tree.place("values"))
    if variable.default is not None:
        yield from _value(name, variable, variable.default, tree.place("default"))


def _values(declared: Declared, values: LocatedDict) -> Iterator[Diagnostic]:
    for name, value in values.items():
        if name not in declared:
            yield error(
                Code.UNDECLARED_VARIABLE,
                f"the variable '{name}' is not declared",
                did_you_mean(name, declared) or f"declare it under `{VARIABLES}`",
                location=values.place(name, "key"),
            )
        elif value is not None:
            yield from _value(name, declared[name], value, values.place(name))


def _value(name: str, variable: VariableBlock, value: Any, at: Location) -> Iterator[Diagnostic]:
    if not _is_of(variable.type, value):
        yield _wrong_type(name, variable, value, at)
    elif variable.values is not None and not any(same(value, other) for other in variable.values):
        allowed = [str(other) for other in variable.values]
        yield error(
            Code.VARIABLE_VALUE,
            f"the variable '{name}' cannot be {_shown(value)}",
            did_you_mean(str(value), allowed),
            location=at,
        )


def _shown(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str | int | float) else describe(value)


def _wrong_type(name: str, variable: VariableBlock, value: Any, at: Location) -> Diagnostic:
    return error(
        Code.VARIABLE_VALUE,
        f"the variable '{name}' must be {_WORDS[str(variable.type)]}, not {describe(value)}",
        _quoting(variable, value) or f"`{VARIABLES}.{name}` says `type: {variable.type}`",
        location=at,
    )


def _quoting(variable: VariableBlock, value: Any) -> str:
    """What to write where quotes are all that is wrong."""
    if variable.type == "string" and isinstance(value, int | float):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return f'write it in quotes: "{text}"'
    if isinstance(value, str) and variable.type in {"integer", "number", "boolean"}:
        return "write it without quotes"
    return ""


def _missing(name: str, variable: VariableBlock, who: str, where: str, at: Location) -> Diagnostic:
    about = f"{variable.description.rstrip('.')}: " if variable.description else ""
    return error(
        Code.MISSING_VARIABLE,
        f"{who} has no value for the variable '{name}'",
        f"{about}write `{name}: {_example(variable)}` under {where}, or give it a `default`",
        location=at,
    )


def _example(variable: VariableBlock) -> str:
    if variable.values:
        return " or ".join(str(value) for value in variable.values)
    return {"list": "[…]", "mapping": "{…}", "boolean": "true or false"}.get(str(variable.type), "…")


def _is_of(type: str | None, value: Any) -> bool:
    match type:
        case "string":
            return isinstance(value, str)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "list":
            return isinstance(value, list)
        case "mapping":
            return isinstance(value, Mapping)
        case _:
            return True
