"""Jinja2 templates of prompts, sandboxed and bounded.

A template sees ``vars`` and ``stage`` and nothing else; an undefined name is an error. A pull request from a
stranger is rendered on a team's runner, so besides what the sandbox forbids, a template cannot include files,
loop without end or build text without end: loops are counted over the whole template, every value it builds
is measured before it is turned into text, and only harmless filters and methods can be called.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, cast

import jinja2
from jinja2 import nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from agentops.domain.diagnostics import Code, Location, did_you_mean, error
from agentops.spec.files import Refused

MAX_OUTPUT_CHARACTERS = 1_000_000
MAX_ITERATIONS = 10_000
_MAX_BITS = 4_096
_MAX_NESTING = 50

_FILTERS = frozenset(
    {"abs", "capitalize", "count", "d", "default", "dictsort", "first", "float", "groupby", "int", "items"}
    | {"last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round"}
    | {"select", "selectattr", "sort", "string", "sum", "title", "tojson", "trim", "truncate", "unique"}
    | {"upper", "wordcount"}
)
"""Jinja2's own filters that build nothing much larger than what they are given."""
_METHODS = frozenset(
    {"items", "keys", "values", "get", "upper", "lower", "strip", "lstrip", "rstrip", "title", "capitalize"}
    | {"startswith", "endswith", "split", "splitlines", "removeprefix", "removesuffix", "cycle", "changed"}
)
_NOT_HERE = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from … import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.AssignBlock: "set … endset",
}


class _TooMuch(SecurityError):
    """The template asks for more than a prompt can need."""


class _Missing(jinja2.StrictUndefined):
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


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def is_safe_callable(self, obj: Any) -> bool:
        if isinstance(obj, jinja2.Undefined):
            return True  # calling it says what is undefined
        if obj is not _range and getattr(obj, "__name__", None) not in _METHODS:
            raise _TooMuch(f"'{getattr(obj, '__name__', 'this')}' cannot be called here")
        return True

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        numbers = all(isinstance(side, int | float) for side in (left, right))
        if operator == "**" or (operator in "*%" and not numbers):
            raise _TooMuch(f"'{operator}' is not available here")
        if (
            operator == "*"
            and sum(side.bit_length() for side in (left, right) if isinstance(side, int)) > _MAX_BITS
        ):
            raise _TooMuch("a number grows too large")
        if operator == "+" and not numbers:
            _measure([left, right])
        return super().call_binop(context, operator, left, right)


def _environment() -> _Environment:
    made = _Environment(undefined=_Missing, keep_trailing_newline=True, autoescape=False, finalize=_printable)
    made.globals = {"range": _range}
    made.filters = {
        **{name: _measured(made.filters[name]) for name in _FILTERS},
        "join": _join,
        "replace": _replace,
        "indent": _indent,
        "__bounded": _bounded,
        "__concat": _concat,
        "__kept": _kept,
    }
    return made


def render(
    source: str, variables: Mapping[str, Any], stage: str, at: Location, *, is_file: bool = True
) -> str:
    """The text of a template.

    ``at`` is where it starts: the file of a ``.j2``, where lines are counted on, or the value of a member.

    Raises:
        Refused: it is no template, uses what is not defined, or asks for too much.
    """
    environment = _environment()
    try:
        tree = environment.parse(source)
        _restrict(tree)
        code = environment.compile(tree, filename=_NAME)
        template = jinja2.Template.from_code(environment, code, environment.make_globals(None))
        pieces: list[str] = []
        size = 0
        for piece in template.generate(vars=variables, stage=stage):
            size += len(piece)
            if size > MAX_OUTPUT_CHARACTERS:
                raise _TooMuch(f"the text grows beyond {MAX_OUTPUT_CHARACTERS:,} characters")
            pieces.append(piece)
    except Exception as problem:
        # Templates are programs: what they raise is theirs, whatever its type.
        raise _refusal(problem, at, is_file) from None
    return "".join(pieces)


_NAME = "<template>"


def _refusal(problem: Exception, at: Location, is_file: bool) -> Refused:
    told = problem.message if isinstance(problem, jinja2.TemplateError) else str(problem)
    summary, _, detail = (told or type(problem).__name__).partition("|")
    if isinstance(problem, RecursionError | MemoryError):
        summary, detail = "the template is nested too deeply", ""
    line = problem.lineno if isinstance(problem, jinja2.TemplateSyntaxError) else _line(problem.__traceback__)
    place = Location(at.file, line) if is_file and line is not None else at
    return Refused(error(Code.TEMPLATE, f"template: {summary.rstrip('.')}", detail, location=place))


def _line(trace: TracebackType | None) -> int | None:
    """The template's line that was being rendered."""
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _NAME:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _restrict(tree: nodes.Template) -> None:
    """Refuse what templates cannot do here, and count every loop and every concatenation."""
    _check_depth(tree)
    for node in tree.find_all(tuple(_NOT_HERE)):
        raise jinja2.TemplateSyntaxError(
            f"{{% {_NOT_HERE[type(node)]} %}} is not available here|a prompt is one file; "
            "put the text into it, or into a variable",
            node.lineno,
        )
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            raise jinja2.TemplateSyntaxError("recursive loops are not available here|", loop.lineno)
        loop.iter = _call("__bounded", cast("nodes.Expr", loop.iter))
    for assignment in tree.find_all(nodes.Assign):
        assignment.node = _call("__kept", cast("nodes.Expr", assignment.node))
    _bound_concatenation(tree)


def _bound_concatenation(tree: nodes.Node) -> None:
    """``a ~ b`` as a filter, since the sandbox cannot intercept it."""
    for child in list(tree.iter_child_nodes()):
        _bound_concatenation(child)
    for name, value in list(tree.iter_fields()):
        if isinstance(value, nodes.Concat):
            setattr(tree, name, _concatenation(value))
        elif isinstance(value, list):
            value[:] = [_concatenation(item) if isinstance(item, nodes.Concat) else item for item in value]


def _concatenation(node: nodes.Concat) -> nodes.Filter:
    return _call("__concat", nodes.List(node.nodes, lineno=node.lineno))


def _call(name: str, subject: nodes.Expr) -> nodes.Filter:
    made = nodes.Filter(subject, name, [], [], None, None, lineno=subject.lineno)
    if subject.environment is not None:
        made.set_environment(subject.environment)
    return made


def _check_depth(tree: nodes.Node) -> None:
    pending: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_NESTING:
            raise jinja2.TemplateSyntaxError(f"nested more than {_MAX_NESTING} levels deep|", node.lineno)
        pending.extend((child, depth + 1) for child in node.iter_child_nodes())


@pass_context
def _bounded(context: Any, items: Iterable[Any]) -> list[Any]:
    """The items of a loop; all loops of a rendering share one budget."""
    spent = context.environment.globals.setdefault("__spent", [0])
    found = []
    for item in items:
        spent[0] += 1
        if spent[0] > MAX_ITERATIONS:
            raise _TooMuch(f"its loops go round more than {MAX_ITERATIONS:,} times")
        found.append(item)
    return found


def _range(*bounds: int) -> range:
    found = range(*bounds)
    if len(found) > MAX_ITERATIONS:
        raise _TooMuch(f"a range has more than {MAX_ITERATIONS:,} numbers")
    return found


def _measured(call: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that looks at the size of what it is given first."""

    @functools.wraps(call)
    def measured(*arguments: Any, **named: Any) -> Any:
        _measure([*arguments, *named.values()])
        return call(*arguments, **named)

    return measured


def _kept(value: Any) -> Any:
    """What is assigned to a name: small enough, its parts counted as often as they appear."""
    _measure(value)
    return value


def _concat(items: list[Any]) -> str:
    _measure(items)
    return "".join(str(item) for item in items)


def _join(items: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    if attribute is not None:
        raise TemplateRuntimeError("join takes no attribute here; use map(attribute=…) before it")
    found = list(items)
    _measure(found)
    if len(str(separator)) * len(found) > MAX_OUTPUT_CHARACTERS:
        raise _TooMuch(f"the text grows beyond {MAX_OUTPUT_CHARACTERS:,} characters")
    return str(separator).join(str(item) for item in found)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    text, old, new = str(text), str(old), str(new)
    if (text.count(old) + 1) * len(new) > MAX_OUTPUT_CHARACTERS:
        raise _TooMuch(f"the text grows beyond {MAX_OUTPUT_CHARACTERS:,} characters")
    return text.replace(old, new, count)


def _indent(text: str, width: int = 4, first: bool = False) -> str:
    margin = " " * min(int(width), 100)
    indented = str(text).replace("\n", f"\n{margin}")
    return f"{margin}{indented}" if first else indented


def _printable(value: Any) -> Any:
    """What ``{{ … }}`` prints: text and numbers. A null would print as None, a list as Python."""
    if isinstance(value, jinja2.Undefined):
        return value
    if value is None:
        raise TemplateRuntimeError("the value is null|give the variable a value, or use default(…)")
    if not isinstance(value, str | int | float):
        raise TemplateRuntimeError(
            "a list or a mapping is not text|loop over it, or use join(', ') or tojson"
        )
    return value


def _measure(value: Any) -> None:
    """Refuse to turn into text what would be too long; shared parts count as often as they are printed."""
    size = 0
    pending = [value]
    while pending:
        item = pending.pop()
        size += len(item) if isinstance(item, str) else 1
        if size > MAX_OUTPUT_CHARACTERS:
            raise _TooMuch(f"the text grows beyond {MAX_OUTPUT_CHARACTERS:,} characters")
        if isinstance(item, Mapping):
            pending.extend(item.keys())
            pending.extend(item.values())
        elif isinstance(item, list | tuple):
            pending.extend(item)
