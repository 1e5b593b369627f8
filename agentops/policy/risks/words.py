"""How the sentences of risks name things, quote strangers and count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentops.domain.view.visible import visible

_LISTED = 3
_QUOTED = 100


def in_words(names: Iterable[object]) -> str:
    """``a``, ``a and b``, ``a, b and 3 more``; each once, in their order."""
    texts = [visible(str(name)) for name in dict.fromkeys(names)]
    if len(texts) > _LISTED + 1:
        texts = [*texts[:_LISTED], f"{len(texts) - _LISTED:,} more"]
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else "".join(texts)


def quoted(text: str) -> str:
    """One line of it, shortened at a word, with whatever is hidden made visible."""
    line = " ".join(text.split())
    if len(line) > _QUOTED:
        line = line[:_QUOTED].rpartition(" ")[0] or line[:_QUOTED]
        line += " …"
    return f"“{visible(line)}”"


def plural(items: Sequence[object], one: str, many: str) -> str:
    """The verb that fits a list of subjects."""
    return one if len(dict.fromkeys(items)) == 1 else many


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def dollars(cents: int) -> str:
    """``$25.00``"""
    return f"${cents // 100:,}.{cents % 100:02}"
