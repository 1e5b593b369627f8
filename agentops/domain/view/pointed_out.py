"""Sentences about what a text has that its reader does not see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from agentops.domain.diagnostics import counted, listed
from agentops.domain.hidden import Hidden, Trick, hidden_in
from agentops.domain.plan import FieldChange
from agentops.domain.resource import Body
from agentops.domain.view.model import Line, Span, Tone

_SHOWN = 3
_SPELT = 80


def hidden_words(found: Sequence[Hidden]) -> Iterator[str]:
    """What to say of hidden characters, a sentence for each trick: ``2 characters that nobody sees: U+200B
    ZERO WIDTH SPACE (line 3) and 1 more``."""
    unseen = [it for it in found if it.kind not in {Trick.TAG, Trick.LOOK_ALIKE}]
    tags = [it for it in found if it.kind is Trick.TAG]
    alike = [it for it in found if it.kind is Trick.LOOK_ALIKE]
    if unseen:
        yield f"{counted(len(unseen), 'character')} that nobody sees: {_listed(unseen)}"
    if tags:
        spelt = "".join(it.letter for it in tags)
        shown = f"{spelt[:_SPELT]}…" if len(spelt) > _SPELT else spelt
        yield f'{counted(len(tags), "invisible letter")} (line {tags[0].line}) that {_verb(tags)} "{shown}"'
    if alike:
        yield f"{counted(len(alike), 'letter')} that only {_looks(alike)} Latin: {_listed(alike)}"


def hidden_lines(address: str, fields: Sequence[FieldChange], body: Body) -> tuple[Line, ...]:
    """Of one change: each member that hides something, in what it becomes (or was, where it goes)."""
    texts = [("address", address), *_texts(fields, body)]
    texts += [("a name", path) for path, _ in texts]
    return tuple(
        (Span(path, Tone.STRONG), Span(f" has {words}", Tone.WARNING))
        for path, text in dict.fromkeys(texts)
        for words in hidden_words(hidden_in(text))
    )


def _texts(fields: Sequence[FieldChange], body: Body) -> Iterator[tuple[str, str]]:
    if not fields:
        for name, value in body.items():
            yield from _leaves(name, value)
    for field in fields:
        yield from _leaves(field.path, field.before if field.after is None else field.after)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, member in value.items():
            yield from _leaves(f"{path}.{key}", member)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from _leaves(f"{path}[{number}]", member)


def _listed(found: Sequence[Hidden]) -> str:
    first = dict.fromkeys((it.codepoint, it.name, it.letter, it.line) for it in found)
    shown = [
        f"{point} {name}{f' for {letter}' if letter else ''} (line {line})"
        for point, name, letter, line in first
    ]
    return listed(shown, _SHOWN)


def _verb(found: Sequence[Hidden]) -> str:
    return "spells" if len(found) == 1 else "spell"


def _looks(found: Sequence[Hidden]) -> str:
    return "looks" if len(found) == 1 else "look"
