"""A file of a team's rules -> rules, and what is wrong with it. The file is run: that is what it is for.

What goes wrong in it is told with the file and the line, as any other mistake in a file is.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from types import ModuleType, TracebackType
from typing import TypeVar

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.policy import TeamFile
from agentops.policy.rule import Rule
from agentops.policy.team import collected

Result = TypeVar("Result")

_SHOWN = 200
_NO_RULE = 'write a function of the fleet with `@rule("TEAM001", "what-it-is-about")` above it'
_OURS = "this is a mistake of agentops; please report it"


def rules_in(file: TeamFile) -> tuple[list[Rule], list[Diagnostic]]:
    """The rules of a Python file, in the order they are written."""
    try:
        code = compile(file.text, file.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        return [], [_not_python(file, problem)]
    module = ModuleType("team_rules_" + re.sub(r"\W", "_", file.path))
    module.__file__ = file.path
    sys.modules[module.__name__] = module  # dataclasses look up the module they are made in

    def run() -> list[Rule]:
        with collected() as found:
            exec(code, module.__dict__)  # noqa: S102 - docs/policy.md says what that means
        return found

    found = guarded(run, file.path)
    if isinstance(found, Failed):
        at = found.at or Location(file.path)
        return [], [_unusable(f"{file.path} cannot be used: {found.said}", at)]
    if not found:
        return [], [
            error(Code.BROKEN_RULE, f"{file.path} has no rule", _NO_RULE, location=Location(file.path))
        ]
    return found, []


def _unusable(summary: str, at: Location) -> Diagnostic:
    return error(Code.BROKEN_RULE, summary, _until_mended(), location=at)


class Failed:
    """How something that was run failed: what it says, and where in the file, if it was there."""

    def __init__(self, failure: BaseException, path: str | None) -> None:
        text = " ".join(_text_of(failure).split())
        text = f"{text[:_SHOWN]}…" if len(text) > _SHOWN else text
        self.said = f"{type(failure).__name__}: {text}" if text else type(failure).__name__
        self.at = _place(failure.__traceback__, path)


def guarded(run: Callable[[], Result], path: str | None) -> Result | Failed:
    """Whatever it raises is a value; whatever it prints goes to standard error, for the results are on the
    other."""
    try:
        with redirect_stdout(sys.stderr):
            return run()
    except (Exception, SystemExit) as failure:
        return Failed(failure, path)


def broken(rule: Rule, what: str, at: Location | None) -> Diagnostic:
    """A rule that does not work. It blocks: what it would have found is not known."""
    summary, detail = f"rule {rule.id} ({rule.name}) {what}", _until_mended(rule.id)
    if rule.location is None:
        detail = f"{_OURS}; {detail}"
    return error(Code.BROKEN_RULE, summary, detail, location=at or rule.location)


def _text_of(failure: BaseException) -> str:
    try:
        return str(failure)
    except Exception:
        return ""


def _until_mended(id: str = "") -> str:
    off = f", or turn it off until then: `{id}: off` under `policy.rules`" if id else ""
    return f"nobody knows what it would have found; mend it{off}"


def _place(trace: TracebackType | None, path: str | None) -> Location | None:
    """The innermost line of the file."""
    found = None
    while trace is not None:
        if path is not None and trace.tb_frame.f_code.co_filename == path:
            found = Location(path, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _not_python(file: TeamFile, problem: Exception) -> Diagnostic:
    at, said = Location(file.path), _text_of(problem) or type(problem).__name__
    if isinstance(problem, SyntaxError):
        at, said = Location(file.path, problem.lineno or 1, max(problem.offset or 1, 1)), problem.msg
    return _unusable(f"{file.path} is not Python: {said}", at)
