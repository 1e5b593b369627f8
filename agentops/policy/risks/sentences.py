"""The sentences of a prompt, and which of them forbid something.

English only. What a heading forbids (``Never:``) holds for each item of the list below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_PROHIBITS = re.compile(
    r"\b(never|must not|mustn't|may not|shall not|should not|shouldn't|do not|don't|does not have permission"
    r"|cannot be shared|can't be shared|not allowed to|not permitted to|refuse[sd]?|refusing|decline"
    r"|forbidden|prohibited|under no circumstances|avoid|stop and ask|ask (?:a human|first|before)"
    r"|without (?:explicit |prior |written |human |the user's )*(?:approval|permission|consent|confirmation"
    r"|asking|being asked|review)"
    r"|only (?:ever )?(?:to|in|on|use|answer|act|reply|respond|read|write|call|run|send)"
    r"|only\b[^.!?]*\b(?:with|if|when|after|once|by|from))\b",
    re.IGNORECASE,
)
_EXCEPTS = re.compile(r"\b(unless|except|apart from|other than|but (?:you )?(?:may|can))\b", re.IGNORECASE)
_ITEM = re.compile(r"\s*(?:[-*+•]|\d+[.)])\s+")
_HEADING = re.compile(r"\s*#{1,6}\s+")
_END = re.compile(r"(?<=[.!?;])[\"')\]”]*\s+")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_MARKS = re.compile(r"[*_`]+")

# Words that a prohibition has whatever it forbids.
_EMPTY = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "before",
        "but",
        "by",
        "can",
        "do",
        "does",
        "don't",
        "ever",
        "for",
        "from",
        "has",
        "have",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "must",
        "mustn't",
        "may",
        "never",
        "no",
        "not",
        "of",
        "on",
        "only",
        "or",
        "our",
        "shall",
        "should",
        "shouldn't",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "under",
        "unless",
        "us",
        "was",
        "when",
        "which",
        "who",
        "will",
        "with",
        "without",
        "you",
        "your",
        "always",
        "please",
        "strictly",
        "refuse",
        "avoid",
        "cannot",
        "can't",
    ]
)
_KEPT = 0.5
"""How much of what a sentence is about another one has to be about to be a rewording of it."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text`` as it reads, ``key`` what makes it the same as another, ``about`` what its words are about."""

    text: str
    key: str
    about: frozenset[str]
    prohibits: bool
    excepts: bool


def sentences(prompt: str) -> list[Sentence]:
    return [_sentence(text) for text in _texts(prompt)]


@lru_cache(maxsize=65_536)
def _sentence(text: str) -> Sentence:
    plain = _MARKS.sub("", text).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    words = _WORD.findall(plain.casefold())
    about = frozenset(_stem(word) for word in words if word not in _EMPTY)
    # What only announces a list forbids nothing itself; its items do.
    prohibits = not plain.rstrip().endswith(":") and _PROHIBITS.search(plain) is not None
    return Sentence(text, " ".join(words), about, prohibits, _EXCEPTS.search(plain) is not None)


def _texts(prompt: str) -> Iterator[str]:
    for block, item in _blocks(prompt):
        for text in _END.split(block):
            if _WORD.search(text):
                yield f"{item} {text.strip()}" if item else text.strip()


def _blocks(prompt: str) -> Iterator[tuple[str, str]]:
    """Paragraphs and list items, each with the heading that forbids it, empty where none does."""
    paragraph: list[str] = []
    forbids = ""
    in_list = False
    for line in [*prompt.splitlines(), ""]:
        item, heading = _ITEM.match(line), _HEADING.match(line)
        if item or heading or not line.strip():
            if paragraph:
                yield " ".join(paragraph), forbids if in_list else ""
                if not in_list:
                    last = paragraph[-1].rstrip("*_ ")
                    forbids = last if last.endswith(":") and _PROHIBITS.search(last) else ""
            paragraph = []
        if item:
            in_list, paragraph = True, [line[item.end() :].strip()]
        elif heading:
            in_list, title = False, line[heading.end() :].strip()
            forbids = f"{title.rstrip(':')}:" if _PROHIBITS.search(title) else ""
            yield title, ""
        elif line.strip():
            if not paragraph:
                in_list = False
            paragraph.append(line.strip())


def _stem(word: str) -> str:
    """Near enough for telling whether two sentences are about the same."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)[:6]
    return word[:6]


@dataclass(frozen=True, slots=True)
class Lifted:
    """A prohibition that is gone. ``instead`` is what it has become, where that has an exception."""

    text: str
    instead: str = ""


def lifted(before: str, after: str) -> list[Lifted]:
    """The prohibitions of ``before`` that ``after`` has no more, reworded ones left out."""
    old, new = sentences(before), sentences(after)
    left, had = {it.key for it in new}, {it.key for it in old}
    fresh = [it for it in new if it.prohibits and it.key not in had]
    found: dict[str, Lifted] = {}
    for sentence in old:
        if not sentence.prohibits or sentence.key in left or sentence.key in found:
            continue
        match = max(fresh, key=lambda it: _likeness(sentence, it), default=None)
        if match is None or _likeness(sentence, match) < _KEPT:
            found[sentence.key] = Lifted(sentence.text)
        elif match.excepts and not sentence.excepts:
            found[sentence.key] = Lifted(sentence.text, match.text)
    return list(found.values())


def _likeness(old: Sentence, new: Sentence) -> float:
    """How much of what the old one is about the new one is about, too."""
    if not old.about:
        return 1.0 if not new.about else 0.0
    return len(old.about & new.about) / len(old.about)
