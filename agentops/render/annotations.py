"""Findings as workflow commands of GitHub Actions: its runner makes an annotation of each.

The grammar is the runner's own (``ActionCommand`` of actions/runner): ``::name key=value,key=value::data``,
one a line, percent-encoded where a character would end its part.
"""

from __future__ import annotations

from agentops.domain.diagnostics import Severity
from agentops.domain.view import FindingsView, FindingView, Line, visible
from agentops.domain.view.visible import not_a_command

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def workflow_commands(view: FindingsView) -> str:
    """A command for each finding, the errors first, then ordinary lines that count them."""
    lines = [*map(_command, view.findings), *map(_ordinary, view.closing)]
    return "".join(f"{line}\n" for line in lines)


def _command(finding: FindingView) -> str:
    properties = [f"title={_property(finding.title)}"]
    if finding.file:
        at = (f"file={_property(finding.file)}", f"line={finding.line}", f"col={finding.column}")
        properties = [*at, *properties]
    message = "\n".join(visible(line) for line in finding.lines)
    return f"::{_COMMANDS[finding.severity]} {','.join(properties)}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")


def _ordinary(line: Line) -> str:
    return not_a_command(visible("".join(span.text for span in line)))
