"""A review as one HTML file: it asks for nothing, runs no script but its own, and reads without one.

What strangers wrote is text wherever it stands: every expression of the templates is escaped and has its
hidden characters shown, and the page's policy lets a browser run and load nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from typing import Any

import jinja2

from agentops.domain.view import Line, Span, Tone, visible
from agentops.domain.view.review import ReviewView
from agentops.domain.view.review_page import members_of, review_page
from agentops.domain.view.visible import hidden_apart


class Markup(str):
    """HTML that was made here; everything else is escaped."""

    __slots__ = ()

    def __html__(self) -> Markup:
        return self


def page(view: ReviewView) -> str:
    """The whole file. It says the same for the same review, whoever makes it and when."""
    return _environment().get_template("page.html.jinja").render(page=review_page(view))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("agentops.render", "review"),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style, script = (_source(environment, name) for name in ("page.css", "page.js"))
    environment.globals.update(
        style=Markup(style),
        script=Markup(script),
        policy=Markup(_policy(style, script)),
        members_of=members_of,
    )
    environment.filters.update(
        line=lambda value: _line(value, _SAID),
        words=_words,
        values=lambda value: _line(value, _VALUES),
        code=lambda value: _line(value, _CODE),
        wire=_wire,
    )
    return environment


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _policy(style: str, script: str) -> str:
    """Nothing is loaded or sent; this style and this script alone count."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _shown(value: Any) -> Any:
    """What any expression of a template comes to: text as it can be read, in attributes too."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _tagged(tag: str) -> tuple[str, str]:
    return f"<{tag}>", f"</{tag.partition(' ')[0]}>"


_SAID: Mapping[Tone, tuple[str, str]] = {
    tone: ("", "") if tone is Tone.PLAIN else _tagged(f'span class="tone-{tone.name.lower()}"')
    for tone in Tone
}
_VALUES = {**_SAID, Tone.ADDED: _tagged("ins"), Tone.REMOVED: _tagged("del")}
# A whole line is in an <ins> or <del>, and what differs within it is marked.
_CODE = {
    **_SAID,
    Tone.ADDED: ("", ""),
    Tone.REMOVED: ("", ""),
    Tone.ADDED_WORDS: _tagged("mark"),
    Tone.REMOVED_WORDS: _tagged("mark"),
}


def _line(value: Line | str, tags: Mapping[Tone, tuple[str, str]]) -> Markup:
    spans: Sequence[Span] = (Span(value),) if isinstance(value, str) else value
    return Markup("".join(f"{tags[it.tone][0]}{_ink(it.text)}{tags[it.tone][1]}" for it in spans))


def _words(text: str) -> Markup:
    """A sentence of ours: what stands between backticks is code."""
    pieces = re.split(r"`([^`]+)`", text)
    return Markup("".join(f"<code>{_ink(it)}</code>" if at % 2 else _ink(it) for at, it in enumerate(pieces)))


def _ink(text: str) -> str:
    """Escaped, with each hidden character set apart and named."""
    return "".join(
        f'<span class="hidden" title="{escape(name)}">{escape(piece)}</span>' if name else escape(piece)
        for piece, name in hidden_apart(text)
    )


def _wire(points: Sequence[tuple[float, float]]) -> str:
    """A path that leaves and meets each of its points level."""
    (x, y), *rest = points
    path = [f"M{x:.0f} {y:.0f}"]
    for to_x, to_y in rest:
        middle = (x + to_x) / 2
        path.append(f"C{middle:.0f} {y:.0f} {middle:.0f} {to_y:.0f} {to_x:.0f} {to_y:.0f}")
        x, y = to_x, to_y
    return "".join(path)
