"""What a text has that its reader does not see, or takes for something else.

Characters that are not drawn or turn the direction of writing (Unicode UAX #9 and the Default_Ignorable
property), and letters of another alphabet that look like Latin ones (UTS #39, mixed-script confusables).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

HIDDEN = re.compile(
    r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""C0 without tab, DEL, C1, lone surrogates, and what Unicode calls default-ignorable: bidi controls, zero
widths, fillers, variation selectors (but the two that choose between text and emoji), tags. Line and
paragraph separators break lines in some viewers only."""

AT_WORK = re.compile(r"(?<=[^\x00-\x7f\u200b-\u200f])[\u200c\u200d](?=[^\x00-\x7f\u200b-\u200f])")
"""Joiners that do their work: within emoji and between letters of the scripts that need them."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# The letters of UTS #39's confusables.txt that are drawn like a Latin one in common fonts.
_CYRILLIC = dict(zip("асԁеһіјӏорԛѕуѵԝхАВЕЅІЈКМНОРСТУХԚԜ", "acdehijlopqsuvwxABESIJKMHOPCTYXQW", strict=True))
_GREEK = dict(zip("ανιορυΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aviopuABEZHIKMNOPTYX", strict=True))
_ARMENIAN = dict(zip("օսոհցզ", "ounhgq", strict=True))
_CHEROKEE = dict(zip("ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᏒᏚᎢᏙᎳᏃ", "ABCDEGHJKLMPRSTVWZ", strict=True))
_LOOK_ALIKE = {**_CYRILLIC, **_GREEK, **_ARMENIAN, **_CHEROKEE}
_ANY_LOOK_ALIKE = re.compile(f"[{''.join(_LOOK_ALIKE)}\U0001d400-\U0001d7ff\uff21-\uff5a]")
_TOKEN = re.compile(r"[^\W_]+(?:[-._@][^\W_]+)*")
"""A word, or words that are written as one: a host, an address, an identifier."""


class Trick(StrEnum):
    """What a character does to a reader."""

    BIDI = "turns the direction of writing"
    TAG = "is an invisible letter"
    LOOK_ALIKE = "looks like a Latin letter"
    CONTROL = "is a control character"
    INVISIBLE = "is invisible"


@dataclass(frozen=True, slots=True)
class Hidden:
    """One such character: its place (line and column counted from 1, in characters), its code point
    (``U+202E``), its name in Unicode, what it does, and of a tag or a look-alike the letter it stands for."""

    line: int
    column: int
    codepoint: str
    name: str
    kind: Trick
    letter: str = ""


def hidden_in(text: str) -> tuple[Hidden, ...]:
    """Every character that is not seen or is taken for another one, in the order of the text.

    A look-alike is reported where the word it stands in mixes it with Latin letters, and has nothing that
    could only be of the other alphabet: ``p\u0430ypal``, but no word of Russian or Greek.
    """
    if text.isascii() and HIDDEN.search(text.replace("\n", "")) is None:
        return ()
    found = dict(_unseen(text))
    found.update(_taken_for_latin(text))
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    shown, line = [], 0
    for place in sorted(found):
        while line + 1 < len(starts) and starts[line + 1] <= place:
            line += 1
        kind, letter = found[place]
        shown.append(_hidden(text[place], line + 1, place - starts[line] + 1, kind, letter))
    return tuple(shown)


def _hidden(character: str, line: int, column: int, kind: Trick, letter: str) -> Hidden:
    name = unicodedata.name(character, "") or "no name"
    return Hidden(line, column, f"U+{ord(character):04X}", name, kind, letter)


def _unseen(text: str) -> Iterator[tuple[int, tuple[Trick, str]]]:
    at_work = {match.start() for match in AT_WORK.finditer(text)}
    for match in HIDDEN.finditer(text):
        place, character = match.start(), match[0]
        is_line_end = character == "\n" or text.startswith("\r\n", place)
        if not is_line_end and place not in at_work:
            yield place, _trick(character)


def _trick(character: str) -> tuple[Trick, str]:
    number = ord(character)
    if character in _BIDI:
        return Trick.BIDI, ""
    if 0xE0000 <= number <= 0xE007F:  # tags mirror ASCII
        letter = chr(number - 0xE0000)
        return Trick.TAG, letter if letter.isprintable() else ""
    control = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return (Trick.CONTROL if control else Trick.INVISIBLE), ""


def _taken_for_latin(text: str) -> Iterator[tuple[int, tuple[Trick, str]]]:
    if _ANY_LOOK_ALIKE.search(text) is None:
        return
    for token in _TOKEN.finditer(text):
        if not token[0].isascii() and len(token[0]) > 2 and re.search("[A-Za-z]", token[0]):
            for part in re.finditer(r"[^\W_]{2,}", token[0]):  # a letter by itself is a name: α-helix
                yield from _of_part(part[0], token.start() + part.start())


def _of_part(part: str, start: int) -> Iterator[tuple[int, tuple[Trick, str]]]:
    """Of one word beside or among Latin letters: nothing if one letter is surely of another alphabet."""
    letters = [_latin(character) for character in part]
    if all(letters):
        for place, (character, letter) in enumerate(zip(part, letters, strict=True), start=start):
            if letter and character != letter:
                yield place, (Trick.LOOK_ALIKE, letter)


def _latin(character: str) -> str:
    """The Latin letter or the digit that is seen there; empty for what is taken for none."""
    if character in _LOOK_ALIKE:
        return _LOOK_ALIKE[character]
    name = unicodedata.name(character, "")
    if name.startswith(("FULLWIDTH LATIN", "MATHEMATICAL")):
        plain = unicodedata.normalize("NFKC", character)
        return plain if plain.isascii() else ""
    return character if character.isdigit() or name.startswith("LATIN") else ""
