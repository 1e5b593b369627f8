"""Text from strangers, made harmless to read.

Prompts come from files, pull requests and the registry. A terminal obeys control characters, a reader is
fooled by characters that have no width or turn the direction of writing, and a CI runner takes some lines of
a log for commands. All of these are shown instead of obeyed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from agentops.domain.hidden import AT_WORK as _AT_WORK
from agentops.domain.hidden import HIDDEN as _HIDDEN
from agentops.domain.hidden import Trick, hidden_in

# GitHub's runner: "::name …::" at the start of a line, "##[name]" anywhere. Azure's: "##vso[" anywhere.
_RUNNER_PREFIX = re.compile(r"##(?=\w*\[)")


def visible(text: str) -> str:
    """One line with everything shown that would otherwise be obeyed or invisible.

    C0 controls become their pictures (``␛``), a newline within the line among them; everything else reads
    ``⟨U+202E⟩``. Tabs stay. The text of a result is unchanged by a second call.
    """
    at_work = {match.start() for match in _AT_WORK.finditer(text)}
    shown = _HIDDEN.sub(
        lambda match: match[0] if match.start() in at_work else _picture(match[0]),
        text,
    )
    return _RUNNER_PREFIX.sub(f"#{_code_point('#')}", shown)


def hidden_apart(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, ``(piece, "")`` where it is to be read as it stands, ``(⟨U+202E⟩, name)`` for each
    character that would be obeyed, not be seen, or be taken for a Latin letter."""
    if text.isascii() and _HIDDEN.search(text) is None:
        yield text, ""
        return
    end = 0
    for place, shown, name in sorted([*_unseen(text), *_look_alikes(text)]):
        yield text[end:place], ""
        yield shown, name
        end = place + 1
    yield text[end:], ""


def _unseen(text: str) -> Iterator[tuple[int, str, str]]:
    at_work = {match.start() for match in _AT_WORK.finditer(text)}
    for match in _HIDDEN.finditer(text):
        if match.start() not in at_work:
            name = unicodedata.name(match[0], "").lower() or "a control character"
            yield match.start(), _picture(match[0]), name


def _look_alikes(text: str) -> Iterator[tuple[int, str, str]]:
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    for it in hidden_in(text):
        if it.kind is Trick.LOOK_ALIKE:
            place = starts[it.line - 1] + it.column - 1
            yield place, text[place], f"{it.name.lower()}, looks like {it.letter}"


def escape_hidden(text: str, escape: Callable[[str], str]) -> str:
    """The text with ``escape(character)`` for whatever a terminal obeys or a reader does not see."""
    return _HIDDEN.sub(lambda match: escape(match[0]), text)


def not_a_command(start: str) -> str:
    """The start of a printed line, broken where a CI runner would take the line for a command."""
    return start.replace("::", f"{_code_point(':')}:", 1) if start.lstrip().startswith("::") else start


def visible_blanks(text: str) -> str:
    """White space that matters: spaces as ``·``, tabs as ``⇥``, other blanks by their number."""
    return re.sub(r"\s", lambda match: _BLANKS.get(match[0]) or _code_point(match[0]), text)


_BLANKS = {" ": "·", "\t": "⇥", "\r": "␍"}


def _picture(character: str) -> str:
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    return "␡" if number == 0x7F else _code_point(character)


def _code_point(character: str) -> str:
    return f"⟨U+{ord(character):04X}⟩"
