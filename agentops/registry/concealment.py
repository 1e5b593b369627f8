"""How the secrets of a request stay out of what is told of its answer.

A server may send back what it was sent: whole, cut off, quoted as JSON or in a URL, in an error of the API
as well as in a web server's. So nothing of an answer is told before it went through here.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from agentops.domain.secret import HIDDEN, SecretText

WITHHELD = "what the server said is not shown: it repeats a secret that it was sent"

_SHORTEST_PART = 8
"""Characters of a secret that are recognised when the rest of it is missing."""

_MOST_TOLD = 20_000
"""Characters of a text that are looked at; a message has far fewer."""


class Concealer:
    """Takes secrets out of a text.

    Of a secret of eight characters and more every part of at least eight becomes ``***``. A shorter one may
    stand in an ordinary word, where ``***`` would tell what it is: a text with it in it is not shown at all.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._short = {form.lower() for form in forms if len(form) < _SHORTEST_PART}
        self._parts = {part.lower() for form in forms for part in _windows(form)}

    def __or__(self, other: Concealer) -> Concealer:
        """What takes out the secrets of both."""
        both = Concealer(())
        both._short = self._short | other._short
        both._parts = self._parts | other._parts
        return both

    def __call__(self, text: str) -> str:
        """The text as one line, without the secrets."""
        line = one_line(text[:_MOST_TOLD])
        lower = line.lower()
        if any(secret in lower for secret in self._short):
            return WITHHELD
        hidden = [False] * len(line)
        for at in range(len(line) - _SHORTEST_PART + 1):
            if line[at : at + _SHORTEST_PART].lower() in self._parts:
                hidden[at : at + _SHORTEST_PART] = [True] * _SHORTEST_PART
        runs = itertools.groupby(zip(hidden, line, strict=True), key=lambda pair: pair[0])
        return "".join(HIDDEN if gone else "".join(char for _, char in run) for gone, run in runs)

    def word(self, text: str) -> str | None:
        """A code or an ID: as a whole, or not at all. None for an empty one, too."""
        line = one_line(text)
        return line if line and self(line) == line else None


class KnownSecrets:
    """Everything that was a secret since the process began: tokens come and go, a log line stays."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._concealer = Concealer(secrets)

    def add(self, *secrets: str) -> None:
        self._concealer |= Concealer(secrets)

    def concealer(self, secrets: Iterable[str] = ()) -> Concealer:
        """What takes them, and the ``secrets`` that were sent with them, out of a text."""
        more = tuple(secrets)
        return self._concealer | Concealer(more) if more else self._concealer

    def __repr__(self) -> str:
        return f"KnownSecrets({HIDDEN})"


def secrets_sent(value: Any) -> Iterator[SecretText]:
    """Every text of a body that is marked as a secret."""
    if isinstance(value, SecretText):
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from secrets_sent(member)
    elif isinstance(value, list):
        for member in value:
            yield from secrets_sent(member)


def one_line(text: str) -> str:
    """Without control characters, which a terminal would obey, and without line breaks."""
    return re.sub(r"\s+", " ", "".join(char if char.isprintable() else " " for char in text)).strip()


def _forms(secret: str) -> Iterator[str]:
    """The ways in which a server may write it, each as one line."""
    written = (
        "".join(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret, safe="", errors="replace"),
    )
    return (line for text in written if (line := one_line(text)))


def _windows(form: str) -> Iterator[str]:
    return (form[at : at + _SHORTEST_PART] for at in range(len(form) - _SHORTEST_PART + 1))
