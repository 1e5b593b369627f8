"""JSON -> located tree. JSON is no exact subset of what YAML readers take (escaped surrogate pairs, tabs),
so it is read as what it is."""

from __future__ import annotations

import bisect
import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any, NoReturn

from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.spec.files import Refused
from agentops.spec.located import LocatedDict, LocatedList
from agentops.spec.yaml_text import MAX_DEPTH

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[A-Za-z_]+")
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MAX_DIGITS = 4000
_SENTENCES = {
    "Unterminated string": "the string that starts here does not end",
    "Invalid control character": 'a control character stands in a string; write it as an escape, e.g. "\\n"',
    "Invalid \\uXXXX": "\\u is followed by four hexadecimal digits",
    "Invalid \\escape": 'a backslash starts no escape here; write "\\\\" for one',
}


def parse_json(text: str, file: str, problems: list[Diagnostic] | None = None) -> Any:
    """Read one JSON text.

    ``problems``, where given, takes every duplicate key; the first of each counts.

    Raises:
        Refused: with the first thing that is no JSON, or with the duplicate keys nobody takes.
    """
    reader = _Reader(text, file)
    value = reader.read()
    if problems is not None:
        problems.extend(reader.duplicates)
    elif reader.duplicates:
        raise Refused(*reader.duplicates)
    return value


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._newlines = [found.start() for found in re.finditer("\n", text)]
        self.duplicates: list[Diagnostic] = []

    def read(self) -> Any:
        value, end = self._value(self._skip(0), 0)
        if (end := self._skip(end)) != len(self._text):
            self._refuse("there is something after the end of the JSON value", end)
        return value

    def _value(self, at: int, depth: int) -> tuple[Any, int]:
        if depth > MAX_DEPTH:
            raise Refused(
                error(Code.TOO_LARGE, f"nested more than {MAX_DEPTH} levels deep", location=self._place(at))
            )
        match self._text[at : at + 1]:
            case "{":
                return self._object(at, depth)
            case "[":
                return self._array(at, depth)
            case '"':
                return self._string(at)
            case _:
                return self._literal(at)

    def _object(self, at: int, depth: int) -> tuple[LocatedDict, int]:
        found = LocatedDict(self._place(at))
        here = self._skip(at + 1)
        if self._text[here : here + 1] == "}":
            return found, here + 1
        while True:
            if self._text[here : here + 1] != '"':
                self._refuse("a key in double quotes is expected here", here)
            key_at = self._place(here)
            key, here = self._string(here)
            here = self._expect(":", self._skip(here))
            value_at = self._skip(here)
            value, here = self._value(value_at, depth + 1)
            if key in found:
                self._duplicate(key, found.place(key, "key"), key_at)
            else:
                found.put(key, value, self._place(value_at), key_at)
            here = self._skip(here)
            if self._text[here : here + 1] == "}":
                return found, here + 1
            here = self._skip(self._expect(",", here, "or '}'"))

    def _array(self, at: int, depth: int) -> tuple[LocatedList, int]:
        found = LocatedList(self._place(at))
        here = self._skip(at + 1)
        if self._text[here : here + 1] == "]":
            return found, here + 1
        while True:
            value, end = self._value(here, depth + 1)
            found.add(value, self._place(here))
            here = self._skip(end)
            if self._text[here : here + 1] == "]":
                return found, here + 1
            here = self._skip(self._expect(",", here, "or ']'"))

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = scanstring(self._text, at + 1, True)
        except JSONDecodeError as problem:
            self._refuse(_said(problem.msg), problem.pos)
        if _SURROGATE.search(text):
            self._refuse("half of a surrogate pair is no character", at)
        return text, end

    def _literal(self, at: int) -> tuple[Any, int]:
        if (word := _WORD.match(self._text, at)) is not None and word[0] in _WORDS:
            return _WORDS[word[0]], word.end()
        number = _NUMBER.match(self._text, at)
        if number is None or number.end() - at > _MAX_DIGITS:
            self._refuse("a JSON value is expected here" if number is None else "the number is too long", at)
        is_float = number[1] is not None or number[2] is not None
        return (float(number[0]) if is_float else int(number[0])), number.end()

    def _expect(self, character: str, at: int, alternative: str = "") -> int:
        if self._text[at : at + 1] != character:
            self._refuse(f"'{character}' {alternative}".rstrip() + " is expected here", at)
        return at + 1

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found is not None else at

    def _place(self, at: int) -> Location:
        line = bisect.bisect_left(self._newlines, at)
        start = self._newlines[line - 1] + 1 if line else 0
        return Location(self._file, line + 1, at - start + 1)

    def _duplicate(self, key: str, first: Location, at: Location) -> None:
        self.duplicates.append(
            error(
                Code.DUPLICATE_KEY,
                f"'{key}' stands here twice; the first is at line {first.line}",
                "keep one of them",
                location=at,
            )
        )

    def _refuse(self, summary: str, at: int) -> NoReturn:
        raise Refused(error(Code.SYNTAX, f"not JSON: {summary}", location=self._place(at)))


def _said(message: str) -> str:
    """The sentence of the standard library's reader; its own words end where it appends a place."""
    for start, sentence in _SENTENCES.items():
        if message.startswith(start):
            return sentence
    return message[:1].lower() + message[1:]
