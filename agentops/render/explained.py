"""A rule, explained, as text on a console the caller hands over."""

from __future__ import annotations

from rich.console import Console

from agentops.domain.view import Tone
from agentops.domain.view.explained import ExplainedView
from agentops.render.page import Page

_TEXT, _FILE = 2, 4
"""Indents: of sentences, and of lines of a file."""


def explained(view: ExplainedView, console: Console) -> None:
    """The title, then each section under its heading."""
    page = Page(console)
    page.text(view.title, Tone.STRONG)
    for section in view.sections:
        page.blank()
        if section.heading:
            page.text(section.heading, Tone.STRONG)
        for line in section.lines:
            page.line(*line, indent=_FILE if section.is_file else _TEXT)
    page.print()
