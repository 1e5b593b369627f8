"""Text from strangers, made harmless to read.

Prompts come from files, pull requests and the registry. A terminal obeys control characters, a reader is
fooled by characters that have no width or turn the direction of writing, and a CI runner takes some lines of
a log for commands. All of these are shown instead of obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Callable

# C0 without tab, DEL, C1, lone surrogates, and what Unicode calls default-ignorable: bidi controls, zero
# widths, fillers, variation selectors (but the two that choose between text and emoji), tags. Line and
# paragraph separators break lines in some viewers only.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Joiners that do their work: within emoji and between letters of the scripts that need them.
_AT_WORK = re.compile(r"(?<=[^\x00-\x7f\u200b-\u200f])[\u200c\u200d](?=[^\x00-\x7f\u200b-\u200f])")

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


def hidden_in(text: str) -> list[str]:
    """The characters of a text that a terminal obeys or a reader does not see, but for line ends and joiners
    that do their work."""
    if text.isascii() and text.isprintable():
        return []
    at_work = {match.start() for match in _AT_WORK.finditer(text)}
    return [
        match[0]
        for match in _HIDDEN.finditer(text)
        if match[0] not in "\n\r" and match.start() not in at_work
    ]


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
