"""Text from strangers, made harmless in a Markdown comment: it stays readable, and nothing in it is obeyed.

GitHub reads a comment twice: as Markdown with HTML in it, and then its text for mentions, issue numbers,
commit hashes, addresses of the web and emoji; only code is spared from the second. So whatever a stranger
chose stands as code, or in a sentence of words that are letters and nothing else. Sources: GitHub Flavored
Markdown Spec 0.29 (6.2 entities, 6.3 code spans, 6.9 autolinks); GitHub Docs, "Autolinked references and
URLs", and "Basic writing and formatting syntax".
"""

from __future__ import annotations

import re

from agentops.domain.view.visible import not_a_command, visible

_SIMPLE_CODE = re.compile(r"[^`|\\\n<&]*[^`|\\\n<&\s]")
"""What a code span in backticks shows as it is, in a table, too; and that nobody who reads the source finds
a tag or a comment in."""

_WORD = re.compile(r"[(“‘\"']*(?:[^\W\d_]+(?:['’/-][^\W\d_]+)*|\d[\d.,]{0,5}[%×]?)[)”’\"'.,;:!?…]*")
"""A word that means nothing to Markdown, and nothing to GitHub: letters, or a short number."""

_SIGNS = frozenset({"→", "·", "–", "—", "…", "×", "≠", "±", "+", "="})
_LIST_NUMBER = re.compile(r"\d+[.)]")
_HASH = re.compile(r"[0-9a-fA-F]{7,}")
"""As short as a commit hash may be for GitHub to link it."""

_LONG_FENCE = re.compile(r"`{33,}")
_COMMAND = re.compile(r"^(\s*)/(?=[A-Za-z])")
"""What bots that read comments take for a command to them, at the start of a line."""

_OUR_MARKER = re.compile(r"<!(?=--\s*agentops)", re.IGNORECASE)


def code(text: str, most: int = 200) -> str:
    """The text as code on one line, shortened to ``most`` characters; in a paragraph, a table or a list."""
    shown = _one_line(text, most)
    if _SIMPLE_CODE.fullmatch(shown) and not shown[0].isspace():
        return f"`{shown}`"
    return html_code(shown, most) if shown.strip() else "`(blank)`"


def html_code(text: str, most: int = 200) -> str:
    """As ``code``, where only HTML is read: in a ``<summary>``."""
    shown = _one_line(text, most)
    return f"<code>{entities(shown)}</code>" if shown.strip() else "<code>(blank)</code>"


def prose(text: str, most: int = 1_000) -> str:
    """A sentence in which strangers may have had a word: as it is where its words are plain, else as code."""
    words = _one_line(text, most).split()
    return " ".join(_runs(words))


def fenced(text: str) -> str:
    """One line of a fenced block, its mark in front, which neither ends the block nor speaks to a machine."""
    shown = _OUR_MARKER.sub("<⟨U+0021⟩", visible(text))
    shown = _LONG_FENCE.sub(lambda run: f"⟨{len(run[0])} × U+0060⟩", shown)
    return not_a_command(_COMMAND.sub(r"\1⟨U+002F⟩", shown))


def fence(lines: list[str], language: str = "diff") -> list[str]:
    """Lines that went through ``fenced``, in a block with a fence that none of them can close."""
    runs = [len(run) for line in lines for run in re.findall(r"`{3,}", line)]
    bar = "`" * max([3, *(run + 1 for run in runs)])
    return [f"{bar}{language}", *lines, bar]


def entities(text: str) -> str:
    """The text with everything as an entity that Markdown or HTML gives a meaning; entities have none."""
    return re.sub(r"[^\w\s]|_", lambda found: _entity(found[0]), text)


def _entity(sign: str) -> str:
    return sign if ord(sign) > 0x7F or sign in "-,.;()/'" else f"&#{ord(sign)};"


def _one_line(text: str, most: int) -> str:
    shown = visible(text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _runs(words: list[str]) -> list[str]:
    """Words, with neighbours that have to be code as one piece of code."""
    found: list[str] = []
    pending: list[str] = []
    for word in words:
        if _is_plain(word) and not (not found and not pending and _starts_a_block(word)):
            if pending:
                found.append(code(" ".join(pending), 2_000))
                pending = []
            found.append(word)
        else:
            pending.append(word)
    return [*found, code(" ".join(pending), 2_000)] if pending else found


def _starts_a_block(word: str) -> bool:
    return word in _SIGNS or _LIST_NUMBER.fullmatch(word) is not None


def _is_plain(word: str) -> bool:
    return word in _SIGNS or (_WORD.fullmatch(word) is not None and _HASH.search(word) is None)
