"""Jinja2 templates of prompts, evaluated by us and bounded.

Jinja2 reads the template; what it says is carried out here, node by node, and not compiled to Python. A pull
request from a stranger is rendered on a team's runner, so there is nothing to escape from: values are text,
numbers, lists and mappings, the only calls are those named in ``template_values``, and no attribute of a
Python object is ever looked up. One budget per rendering pays for every step and for everything a step looks
at, however often it looks; a template that asks for more is refused before the work is done.

A template sees ``vars`` and ``stage`` and nothing else; an undefined name is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

import jinja2
from jinja2 import nodes
from jinja2.exceptions import TemplateRuntimeError, TemplateSyntaxError
from jinja2.ext import Extension

from agentops.domain.diagnostics import Code, Location, did_you_mean, error
from agentops.spec.files import Refused
from agentops.spec.template_filters import FILTERS, TESTS
from agentops.spec.template_values import (
    MAX_TEXT,
    Budget,
    Loop,
    Missing,
    added,
    applied,
    called,
    combined,
    compared,
    concatenated,
    items_of,
    member,
    not_given,
    printed,
    sliced,
)

MAX_TOKENS = 30_000
_MAX_NESTING = 50
_NOT_HERE: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from … import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.AssignBlock: "set … endset",
    nodes.With: "with",
}
_STATEMENTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign)
_EXPRESSIONS = (
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Tuple,
    nodes.Dict,
    nodes.Pair,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Keyword,
    nodes.Call,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Concat,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.Pos,
    nodes.Add,
    nodes.Sub,
    nodes.Mul,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Mod,
)


class _Bounded(Extension):
    """Refuses a text of too many tokens before it is parsed."""

    def filter_stream(self, stream: Any) -> Iterator[Any]:
        for count, token in enumerate(stream):
            if count > MAX_TOKENS:
                raise TemplateSyntaxError(
                    f"it has more than {MAX_TOKENS:,} expressions, names and signs|write less into it",
                    token.lineno,
                )
            yield token


_ENVIRONMENT = jinja2.Environment(keep_trailing_newline=True, autoescape=True, extensions=[_Bounded])
"""Only ever parses: what it would escape is not escaped here."""


def render(
    source: str, variables: Mapping[str, Any], stage: str, at: Location, *, is_file: bool = True
) -> str:
    """The text of a template.

    ``at`` is where it starts: the file of a ``.j2``, where lines are counted on, or the value of a member.

    Raises:
        Refused: it is no template, uses what is not defined, or asks for too much.
    """
    rendering = _Rendering()
    try:
        tree = _ENVIRONMENT.parse(source)
        _restrict(tree)
        return rendering.text(tree, {"vars": variables, "stage": stage})
    except Exception as problem:
        # A template is a stranger's program: whatever its mistake raises is a mistake in the template.
        line = problem.lineno if isinstance(problem, TemplateSyntaxError) else rendering.line
        raise _refusal(problem, _place(source, at, line, is_file)) from None


def _refusal(problem: Exception, place: Location) -> Refused:
    told = problem.message if isinstance(problem, jinja2.TemplateError) else str(problem)
    summary, _, detail = (told or type(problem).__name__).partition("|")
    if isinstance(problem, RecursionError | MemoryError):
        summary, detail = "the template is nested too deeply", ""
    return Refused(error(Code.TEMPLATE, f"template: {summary.rstrip('.')}", detail, location=place))


def _place(source: str, at: Location, line: int, is_file: bool) -> Location:
    """The template's line in the file it stands in.

    Lines are counted on from the first in a ``.j2`` and in the text under a frontmatter, which starts in
    column 1, and from the line after ``|`` in a YAML text of several lines. All of a JSON text is one line.
    """
    if is_file:
        return Location(at.file, line)
    if at.column == 1:
        return Location(at.file, at.line + line - 1)
    if "\n" in source and not at.file.endswith(".json"):
        return Location(at.file, at.line + line)
    return at


def _restrict(tree: nodes.Template) -> None:
    """Refuse what templates cannot say here, also in branches that this stage does not take."""
    pending: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > _MAX_NESTING:
            raise TemplateSyntaxError(f"nested more than {_MAX_NESTING} levels deep|", node.lineno)
        if (problem := _not_allowed(node)) is not None:
            raise TemplateSyntaxError(problem, node.lineno)
        pending.extend((child, depth + 1) for child in node.iter_child_nodes())


def _not_allowed(node: nodes.Node) -> str | None:
    if type(node) in _NOT_HERE:
        return (
            f"{{% {_NOT_HERE[type(node)]} %}} is not available here|a prompt is one file; "
            "put the text into it, or into a variable"
        )
    if isinstance(node, nodes.Pow):
        return "'**' is not available here|"
    if type(node) not in _STATEMENTS + _EXPRESSIONS:
        return f"{type(node).__name__} is not available here|"
    if isinstance(node, nodes.For) and node.recursive:
        return "recursive loops are not available here|"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"there is no filter '{node.name}'|{did_you_mean(node.name, FILTERS)}"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"there is no test '{node.name}'|{did_you_mean(node.name, TESTS)}"
    if isinstance(node, nodes.Call | nodes.Filter | nodes.Test) and (node.dyn_args or node.dyn_kwargs):
        return "'*' and '**' are not available here|write the arguments out"
    if isinstance(node, nodes.Test) and node.kwargs:
        return f"the test '{node.name}' has no arguments with names|"
    return None


_Scope = dict[str, Any]


class _Rendering:
    """One template being carried out. ``line`` is the template's line it has come to."""

    def __init__(self) -> None:
        self.line = 1
        self._budget = Budget()
        self._pieces: list[str] = []
        self._size = 0

    def text(self, tree: nodes.Template, names: _Scope) -> str:
        self._run(tree.body, [names])
        return "".join(self._pieces)

    # Statements

    def _run(self, body: list[nodes.Node], scopes: list[_Scope]) -> None:
        for node in body:
            self.line = node.lineno
            self._budget.pay()
            match node:
                case nodes.Output():
                    for piece in node.nodes:
                        self._write(piece, scopes)
                case nodes.If():
                    self._branch(node, scopes)
                case nodes.For():
                    self._loop(node, scopes)
                case nodes.Assign():
                    self._assign(node.target, self._value(node.node, scopes), scopes[-1])

    def _write(self, node: nodes.Node, scopes: list[_Scope]) -> None:
        piece = self._text_of(node, scopes)
        self._budget.pay()
        self._size += len(piece)
        if self._size > MAX_TEXT:
            raise TemplateRuntimeError(f"the text grows beyond {MAX_TEXT:,} characters|")
        self._pieces.append(piece)

    def _text_of(self, node: nodes.Node, scopes: list[_Scope]) -> str:
        return node.data if isinstance(node, nodes.TemplateData) else printed(self._value(node, scopes))

    def _branch(self, node: nodes.If, scopes: list[_Scope]) -> None:
        for branch in (node, *node.elif_):
            if self._value(branch.test, scopes):
                self._run(branch.body, scopes)
                return
        self._run(node.else_, scopes)

    def _loop(self, node: nodes.For, scopes: list[_Scope]) -> None:
        items = items_of(self._value(node.iter, scopes), self._budget)
        if node.test is not None:
            items = [item for item in items if self._passes(node, item, scopes)]
        for index, item in enumerate(items):
            self._budget.pay()
            scope: _Scope = {"loop": Loop(index, len(items))}
            self._assign(node.target, item, scope)
            self._run(node.body, [*scopes, scope])
        if not items:
            self._run(node.else_, [*scopes, {}])

    def _passes(self, node: nodes.For, item: Any, scopes: list[_Scope]) -> bool:
        scope: _Scope = {}
        self._assign(node.target, item, scope)
        return bool(self._value(cast("nodes.Node", node.test), [*scopes, scope]))

    def _assign(self, target: nodes.Node, value: Any, scope: _Scope) -> None:
        self._budget.pay()
        if isinstance(target, nodes.Name):
            scope[target.name] = value
            return
        parts = items_of(value, self._budget)
        names = cast("nodes.Tuple", target).items
        if len(parts) != len(names):
            raise TemplateRuntimeError(f"{len(names)} names are given {len(parts)} values|")
        for name, part in zip(names, parts, strict=True):
            self._assign(name, part, scope)

    # Expressions

    def _values(self, many: list[nodes.Expr], scopes: list[_Scope]) -> list[Any]:
        return [self._value(node, scopes) for node in many]

    def _named(self, keywords: Iterable[Any], scopes: list[_Scope]) -> dict[str, Any]:
        return {keyword.key: self._value(keyword.value, scopes) for keyword in keywords}

    def _value(self, node: nodes.Node, scopes: list[_Scope]) -> Any:
        self.line = node.lineno
        self._budget.pay()
        match node:
            case nodes.Const():
                return node.value
            case nodes.Name():
                return self._found(node.name, scopes)
            case nodes.Getattr():
                return member(self._value(node.node, scopes), node.attr)
            case nodes.Getitem():
                return self._item(node, scopes)
            case nodes.Filter():
                return self._filtered(node, scopes)
            case nodes.Call():
                return self._called(node, scopes)
            case nodes.List() | nodes.Tuple():
                return self._values(node.items, scopes)
            case nodes.Dict():
                return {self._key(pair.key, scopes): self._value(pair.value, scopes) for pair in node.items}
            case nodes.Concat():
                return concatenated(self._values(node.nodes, scopes), self._budget)
        return self._operation(node, scopes)

    def _found(self, name: str, scopes: list[_Scope]) -> Any:
        for scope in reversed(scopes):
            if name in scope:
                return scope[name]
        return Missing(name=name)

    def _operation(self, node: nodes.Node, scopes: list[_Scope]) -> Any:
        match node:
            case nodes.CondExpr():
                if self._value(node.test, scopes):
                    return self._value(node.expr1, scopes)
                return (
                    Missing("the condition is false|add `else`")
                    if node.expr2 is None
                    else self._value(node.expr2, scopes)
                )
            case nodes.And():
                return self._value(node.left, scopes) and self._value(node.right, scopes)
            case nodes.Or():
                return self._value(node.left, scopes) or self._value(node.right, scopes)
            case nodes.Not():
                return not self._value(node.node, scopes)
            case nodes.Test():
                subject, arguments = self._value(node.node, scopes), self._values(node.args, scopes)
                return bool(
                    applied(f"the test '{node.name}'", TESTS[node.name], self._budget, subject, *arguments)
                )
            case nodes.Compare():
                return self._compared(node, scopes)
            case nodes.Add():
                left, right = self._value(node.left, scopes), self._value(node.right, scopes)
                return added(left, right, self._budget)
            case nodes.BinExpr():
                return combined(
                    node.operator, self._value(node.left, scopes), self._value(node.right, scopes)
                )
            case nodes.UnaryExpr():
                return combined(node.operator, 0, self._value(node.node, scopes))
        raise TemplateRuntimeError(f"{type(node).__name__} is not available here|")

    def _item(self, node: nodes.Getitem, scopes: list[_Scope]) -> Any:
        holder = self._value(node.node, scopes)
        if isinstance(node.arg, nodes.Slice):
            bounds = [
                None if bound is None else self._value(bound, scopes)
                for bound in (node.arg.start, node.arg.stop, node.arg.step)
            ]
            return sliced(holder, bounds, self._budget)
        return member(holder, self._key(node.arg, scopes))

    def _key(self, node: nodes.Node, scopes: list[_Scope]) -> Any:
        key = self._value(node, scopes)
        if not isinstance(not_given(key), str | int | float):
            raise TemplateRuntimeError("a key is text or a number|")
        return key

    def _filtered(self, node: nodes.Filter, scopes: list[_Scope]) -> Any:
        subject = self._value(cast("nodes.Node", node.node), scopes)
        arguments, named = self._values(node.args, scopes), self._named(node.kwargs, scopes)
        if node.name not in ("d", "default"):
            not_given(subject)
        self._budget.look_at([subject, arguments, list(named.values())])
        result = applied(f"the filter '{node.name}'", FILTERS[node.name], subject, *arguments, **named)
        self._budget.look_at(result)
        return result

    def _called(self, node: nodes.Call, scopes: list[_Scope]) -> Any:
        if isinstance(node.node, nodes.Getattr):
            subject, name = self._value(node.node.node, scopes), node.node.attr
        elif isinstance(node.node, nodes.Name):
            subject, name = None, node.node.name
        else:
            raise TemplateRuntimeError("this cannot be called here|")
        arguments = self._values(node.args, scopes)
        return called(subject, name, arguments, self._named(node.kwargs, scopes), self._budget)

    def _compared(self, node: nodes.Compare, scopes: list[_Scope]) -> bool:
        left = self._value(node.expr, scopes)
        for operand in node.ops:
            right = self._value(operand.expr, scopes)
            if not compared(operand.op, left, right, self._budget):
                return False
            left = right
        return True
