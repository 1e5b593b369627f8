"""Text from strangers, made harmless in a Markdown comment: it stays readable, and nothing in it is obeyed.

GitHub reads a comment twice: as Markdown with HTML in it, and then its text for mentions, issue numbers,
commit hashes, addresses of the web and emoji; only code is spared from the second. So whatever a stranger
chose stands as code, or in a sentence of words that are letters and nothing else. Sources: GitHub Flavored
Markdown Spec 0.29 (6.2 entities, 6.3 code spans, 6.9 autolinks); GitHub Docs, "Autolinked references and
URLs", and "Basic writing and formatting syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from agentops.domain.view.visible import not_a_command, visible

_WORD = re.compile(
    r"[(“‘\"']*(?:[^\W\d_]+(?:['’-][^\W\d_]+)*|v?\d{1,6}(?:[.,]\d{1,3})*[%×]?|\d\d:\d\d)[)”’\"'.,;:!?…]*"
    r"|[)”’.,;!?…]+|[(“‘]+|:"
)
"""A word that means nothing to Markdown and nothing to GitHub: letters, a short number, or punctuation."""

_IN_MARKS = re.compile(r"([(“‘]*)(.+?)([)”’.,;:!?…]*)")
"""What is code, without the punctuation of the sentence around it."""

_SIGNS = frozenset({"→", "·", "–", "—", "…", "×", "≠", "±", "+", "="})
_LIST_NUMBER = re.compile(r"\d+[.)]")
_LINKED = re.compile(r"[0-9a-fA-F]{7,}|www", re.IGNORECASE)
"""What GitHub links although it is letters and digits: a commit hash may be as short as that."""

_RUNS = re.compile(r"`+")
_LONG_RUN = re.compile(r"`{33,}")
"""Of backticks; a fence that is longer still would be all there is room for."""
_COMMAND = re.compile(r"^(\s*)/(?=[A-Za-z])")
"""What bots that read comments take for a command to them, at the start of a line."""

_COMMENT = re.compile(r"<!(?=--)")
"""A hidden marker is how a comment is found again: nothing in a text may look like one."""

_PIPE, _ESCAPED = re.compile(r"\|"), r"\\|"
_URL = re.compile(r"https?://[\w.~:/?#@!$&+,;=%-]+", re.ASCII)


def code(text: str, most: int = 200, *, in_table: bool = False) -> str:
    """The text as a code span on one line, shortened to ``most`` characters; in a paragraph, a list or a cell
    of a table, where a pipe has to be told from a border."""
    shown = _in_code(_one_line(text, most))
    if not shown.strip():
        return "`(blank)`" if shown else "`(empty)`"
    bar = _bar(shown, 1)
    if shown[0] in " `" or shown[-1] in " `":
        shown = f" {shown} "
    return f"{bar}{_PIPE.sub(_ESCAPED, shown) if in_table else shown}{bar}"


def html_code(text: str, most: int = 200) -> str:
    """As ``code``, within a block of HTML, where Markdown is not read: in a ``<summary>``."""
    shown = escape(_one_line(text, most))
    return f"<code>{shown}</code>" if shown.strip() else ""


def html_prose(text: str, most: int = 200) -> str:
    """As ``prose``, within a block of HTML."""
    return " ".join(_runs(_one_line(text, most), html_code, escape))


def prose(text: str, most: int = 1_000) -> str:
    """A sentence in which strangers may have had a word: as it is where its words are plain, else as code."""
    pieces = re.split(r"`([^`]*[^`\s][^`]*)`", _one_line(text, most))
    found: list[str] = []
    for number, piece in enumerate(pieces):  # every other one stood between backticks
        shown = code(piece, most) if number % 2 else _spaced(piece, is_first=not found)
        if shown.startswith("`") and found and found[-1].endswith("`"):
            found.append(" ")  # two spans that touch are one
        found += [shown] if shown else []
    return "".join(found).strip()


def link(target: str) -> str:
    """Where something is: an address of the web as a link, anything else as a sentence."""
    return " ".join(f"<{word}>" if _URL.fullmatch(word) else prose(word) for word in target.split())


def fenced(text: str) -> str:
    """One line of a fenced block, its mark in front, which neither ends the block nor speaks to a machine."""
    return not_a_command(_COMMAND.sub(r"\1⟨U+002F⟩", _in_code(visible(text))))


def fence(lines: Sequence[str], language: str) -> list[str]:
    """Lines that went through ``fenced``, in a block with a fence that none of them can close."""
    bar = _bar("\n".join(lines), 3)
    return [f"{bar}{language}", *lines, bar]


def _in_code(shown: str) -> str:
    shown = _COMMENT.sub("<⟨U+0021⟩", shown)
    return _LONG_RUN.sub(lambda run: f"⟨{len(run[0])} × U+0060⟩", shown)


def _bar(text: str, least: int) -> str:
    """Backticks, more of them than the text has anywhere in a row."""
    longest = max((len(run) for run in _RUNS.findall(text)), default=0)
    return "`" * max(least, longest + 1)


def _one_line(text: str, most: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _spaced(piece: str, *, is_first: bool) -> str:
    """Words with the blanks between them as one."""
    shown = list(_runs(piece, code, str))
    if is_first and shown and _starts_a_block(word := shown[0].partition(" ")[0]):
        shown[0] = f"{code(word)}{shown[0][len(word) :]}"
    before, after = piece[:1].isspace(), piece[-1:].isspace() and shown
    return f"{' ' if before else ''}{' '.join(shown)}{' ' if after else ''}"


def _runs(piece: str, coded: Callable[[str, int], str], plain: Callable[[str], str]) -> Iterator[str]:
    """Words as they are, and others as code, each with its neighbours of the sort."""
    for is_plain, words in groupby(piece.split(), _is_plain):
        for text in [" ".join(words)] if is_plain else _listed(words):
            if is_plain:
                yield plain(text)
            elif found := _IN_MARKS.fullmatch(text):
                yield f"{plain(found[1])}{coded(found[2], len(text))}{plain(found[3])}"


def _listed(words: Iterable[str]) -> Iterator[str]:
    """The members of a list each for itself."""
    text: list[str] = []
    for word in words:
        text.append(word)
        if word.endswith((",", ";")):
            yield " ".join(text)
            text = []
    if text:
        yield " ".join(text)


def _starts_a_block(word: str) -> bool:
    return word in {"+", "="} or _LIST_NUMBER.fullmatch(word) is not None


def _is_plain(word: str) -> bool:
    return word in _SIGNS or (_WORD.fullmatch(word) is not None and _LINKED.search(word) is None)
