"""The sentences of a prompt, which of them forbid something, and which prohibitions a new prompt lacks.

English only. What a heading or a line with a colon forbids (``Never:``) holds for each item of the list
below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from agentops.policy.risks.forms import (
    Strength,
    announces,
    conditional,
    crossed_out,
    excepts,
    forbidding,
    plain,
)

_ITEM = re.compile(r"(\s*)(?:[-*+•]|\d+[.)])\s+(?:\[[ xX]\]\s+)?")
_RULE = re.compile(r"\s*(?:[-=*_]{3,}|(?:`{3,}|~{3,})\S*)?\s*")
"""A line without words of its own: an empty one, a rule, a fence."""
_HEADING = re.compile(r"\s*#{1,6}\s+")
_ROW = re.compile(r"\s*\|(.*?)\|?\s*\Z")
_END = re.compile(r"(?<=[.!?;])(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\betc\.)[\"')\]”]*\s+")
_ENDED = re.compile(r"[.!?;]\s+")
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")

# Words that a prohibition has whatever it forbids.
_EMPTY = frozenset(
    re.findall(
        r"\S+",
        """
        a absolutely allowed always an and any anybody anyhow anyone anything are aren't as at avoid
        be been before but by can can't cannot case circumstances could decline do does doesn't
        don't either ever every explicit explicitly for forbidden from has have however if in into
        is isn't it its just kind make may must mustn't never no nor not nothing of on only or our
        permitted please prohibited refrain refuse shall should shouldn't simply sort strictly that
        the their them then there these they this those to under unless us very was whatsoever when
        whenever which who will with without won't would you your yourself
        """,
    )
)
# Words for the same.
_WORDS = (
    ("share", "reveal", "disclose", "expose", "leak", "pass"),
    ("delete", "remove", "erase", "drop", "purge"),
    ("send", "mail", "e-mail", "email", "message"),
    ("promise", "guarantee", "assure"),
    ("guess", "invent", "fabricate", "assume", "speculate"),
    ("change", "modify", "edit", "alter", "touch", "update"),
    ("run", "execute"),
    ("customer", "client", "user"),
    ("password", "secret", "credential"),
    ("approval", "permission", "consent", "confirmation", "agree"),
    ("private", "personal"),
)
_MADE_UP = re.compile(r"\bma(?:k(?:e|ing)|de) up\b")
_KEPT = 0.6
"""How much of what a prohibition is about another one has to be about to be a rewording of it."""
_NEAR = 0.34
"""From here on it may have become the other one: both are shown."""
_PART = re.compile(r",|;|/|\b(?:or|nor|and)\b")


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text`` as it reads, ``key`` what makes it the same as another, ``words`` what all of it is about, and
    ``about`` what the part of it is that forbids something. ``parts`` are what it forbids: the
    words of each thing that is told apart by a comma or by ``or``; ``head`` is the first of all these words,
    most often what is not to be done."""

    text: str
    key: str
    words: frozenset[str]
    about: frozenset[str]
    head: str
    parts: tuple[frozenset[str], ...]
    strength: Strength
    excepts: bool
    conditional: bool

    @property
    def prohibits(self) -> bool:
        return self.strength is not Strength.NOT_AT_ALL


def sentences(prompt: str) -> list[Sentence]:
    return [_sentence(text, prefix) for text, prefix in _texts(prompt)]


@lru_cache(maxsize=65_536)
def _sentence(text: str, prefix: str = "") -> Sentence:
    """``prefix`` is what forbids it from above."""
    said = plain(text)
    clauses = [*forbidding(said)]
    # What only announces a list forbids nothing itself; its items do.
    if said.endswith(":"):
        clauses = []
    if prefix or crossed_out(text):
        clauses = [(f"{plain(prefix)} {said}", Strength.STRICT)]
    full = f"{prefix} {text}" if prefix else text
    stems = [stem for clause, _ in clauses for stem in _stems(clause)]
    parts = (frozenset(_stems(part)) for clause, _ in clauses for part in _PART.split(clause))
    return Sentence(
        text=full,
        key=("never " if crossed_out(text) else "") + " ".join(_WORD.findall(said)),
        words=frozenset(_stems(plain(full))),
        about=frozenset(stems),
        head=stems[0] if stems else "",
        parts=tuple(part for part in parts if part),
        strength=max((strength for _, strength in clauses), default=Strength.NOT_AT_ALL),
        excepts=excepts(said),
        conditional=conditional(said),
    )


def _stems(text: str) -> list[str]:
    words = _WORD.findall(_MADE_UP.sub("invent", text))
    stems = (_stem(word) for word in words if word not in _EMPTY)
    return [_SAME.get(stem, stem) for stem in stems]


def _stem(word: str) -> str:
    """Near enough for telling whether two sentences are about the same."""
    for ending in ("ing", "ied", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:6].rstrip("e") or word


_SAME = {_stem(other): _stem(words[0]) for words in _WORDS for other in words}


def _texts(prompt: str) -> Iterator[tuple[str, str]]:
    """Each sentence with what forbids it; of an item that is the first one, the others tell about it."""
    for block, prefix in _blocks(prompt):
        for text in _END.split(block):
            if _WORD.search(text):
                yield text.strip(), prefix
                prefix = ""


def _blocks(prompt: str) -> Iterator[tuple[str, str]]:
    """Paragraphs, list items and rows of tables, each with what forbids it from above, if anything."""
    paragraph: list[str] = []
    title = ""
    over: list[tuple[int, str]] = [(-1, title)]
    indent: int | None = None
    for line in [*prompt.splitlines(), ""]:
        blank = _RULE.fullmatch(line) is not None
        item, heading, row = _ITEM.match(line), _HEADING.match(line), _ROW.match(line)
        if item or heading or row or blank:
            if paragraph:
                block, forbids = " ".join(paragraph), over[-1][1]
                yield block, forbids if indent is not None else ""
                if indent is None:
                    over = [(-1, _announced(block) or title)]
                elif nested := _announced(block):
                    over.append((indent, nested))
            paragraph = []
        if item:
            indent = len(item[1].expandtabs())
            while over[-1][0] >= indent:
                over.pop()
            paragraph = [line[item.end() :].strip()]
        elif heading:
            said = line[heading.end() :].strip()
            title = f"{said.rstrip(':')}:" if announces(said) else ""
            indent, over = None, [(-1, title)]
            yield said, ""
        elif row:
            yield " | ".join(cell.strip() for cell in row[1].split("|")), ""
        elif not blank:
            if not paragraph:
                indent = None
            paragraph.append(line.strip())


def _announced(block: str) -> str:
    """What the end of a block forbids of the list below it."""
    block = block.rstrip("*_ ")
    last = _ENDED.split(block)[-1] if block.endswith(":") else ""
    return last if last and announces(last) else ""


@dataclass(frozen=True, slots=True)
class Lifted:
    """A prohibition that is gone or forbids less. ``instead`` is the sentence it has become, ``how`` in what
    way that forbids less: ``has an exception``; both are empty where there is none. ``much`` is False where
    it may well forbid the same."""

    text: str
    instead: str = ""
    how: str = ""
    much: bool = True


_MOST_PAIRS = 100_000
"""Prohibitions that are gone, times those that are new: beyond it not all of the new ones are looked at, and
what is told may only be worded anew. No prompt that people read has as many."""


@lru_cache(maxsize=1024)  # stages have most prompts alike
def lifted(before: str, after: str) -> tuple[Lifted, ...]:
    """What ``before`` forbids and ``after`` does not, or not as strictly; reworded sentences are left out."""
    old, new = sentences(before), sentences(after)
    left, had = ({it.key for it in side if it.prohibits} for side in (new, old))
    kept = [it for it in new if it.prohibits]
    fresh = [it for it in kept if it.key not in had]
    fresh = fresh[: _MOST_PAIRS // max(len(had - left), 1)]
    still = frozenset[str]().union(*(it.about for it in kept))
    found: dict[str, Lifted] = {}
    for sentence in old:
        if sentence.prohibits and sentence.key not in left and sentence.key not in found:
            lost = _lost(sentence, fresh, still)
            if lost is not None:
                found[sentence.key] = lost
    return tuple(found.values())


def _lost(old: Sentence, fresh: Sequence[Sentence], still: frozenset[str]) -> Lifted | None:
    match = max(fresh, key=lambda it: (_likeness(old, it), it.strength), default=None)
    likeness = _likeness(old, match) if match is not None else 0.0
    if match is None or likeness < _NEAR:
        return Lifted(old.text)
    if match.excepts and not old.excepts:
        return Lifted(old.text, match.text, "has an exception now")
    if match.strength < old.strength:
        return Lifted(old.text, match.text, "is only advice now", much=False)
    if match.conditional and not (old.conditional or old.excepts):
        return Lifted(old.text, match.text, "holds under a condition now", much=False)
    if _narrowed(old, match, still):
        return Lifted(old.text, match.text, "forbids less now")
    if likeness < _KEPT or (old.head and old.head not in match.about):
        return Lifted(old.text, match.text, "reads differently now", much=False)
    return None


def _likeness(old: Sentence, new: Sentence) -> float:
    """How much of what the old one is about the new one is about, too."""
    return max(_shared(old.about, new.about), _shared(old.words, new.words))


def _shared(old: frozenset[str], new: frozenset[str]) -> float:
    if not old:
        return 0.0 if new else 1.0
    return len(old & new) / len(old)


def _narrowed(old: Sentence, new: Sentence, still: frozenset[str]) -> bool:
    """Whether something it forbids beside others is forbidden nowhere any more, and nothing new stands for
    it: of ``never merge, never push`` only ``never merge`` is left. ``still`` are the words of whatever is
    forbidden."""
    gone = [part for part in old.parts if not part & still] if len(old.parts) > 1 else []
    return len(gone) > len(new.about - old.about)
