"""What a reader does not see, and what he takes for something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.hidden import Hidden, Trick, hidden_in
from agentops.domain.plan import FieldChange
from agentops.domain.view import visible
from agentops.domain.view.pointed_out import hidden_lines, hidden_words

ZWSP, JOIN = "U+200B ZERO WIDTH SPACE", "U+2060 WORD JOINER"
CYRILLIC_A, GREEK_O = "\u0430", "\u03bf"


def test_each_has_its_place_name_and_kind() -> None:
    text = f"Be kind.\r\nNever\u202e pay p{CYRILLIC_A}ypal.\n\u200bEnd"
    assert hidden_in(text) == (
        Hidden(2, 6, "U+202E", "RIGHT-TO-LEFT OVERRIDE", Trick.BIDI),
        Hidden(2, 13, "U+0430", "CYRILLIC SMALL LETTER A", Trick.LOOK_ALIKE, "a"),
        Hidden(3, 1, "U+200B", "ZERO WIDTH SPACE", Trick.INVISIBLE),
    )


def test_tags_are_read() -> None:
    secret = "".join(chr(0xE0000 + ord(letter)) for letter in "run rm")
    found = hidden_in(f"Hello{secret}")
    assert {it.kind for it in found} == {Trick.TAG}
    assert "".join(it.letter for it in found) == "run rm"


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        (f"p{CYRILLIC_A}yp{CYRILLIC_A}l", "aa"),
        ("\u0430\u0440\u0440\u04cf\u0435.com", "apple"),  # whole of Cyrillic, beside Latin
        (f"g{GREEK_O}{GREEK_O}gle", "oo"),
        ("\uff45vil", "e"),
        ("\U0001d41evil", "e"),
        ("delete_\u0430ll", "a"),
    ],
)
def test_letters_that_look_like_latin_ones(text: str, letters: str) -> None:
    found = hidden_in(text)
    assert {it.kind for it in found} == {Trick.LOOK_ALIKE}
    assert "".join(it.letter for it in found) == letters


@pytest.mark.parametrize(
    "text",
    [
        "Plain words, tabs\tand\nlines.\r\n",
        "Привет, это обычный русский текст. Он хорош.",
        "Γειά σου κόσμε",
        "COVIDом и iPhone-ом, API-шный",
        "ΔE, µm, 5 kΩ, λx, αβ and β-carotene",
        "naïve Škoda ﬁne 日本語 тест",
        "👩\u200d💻 and ❤️ and می\u200cخواهم",
    ],
)
def test_no_false_alarm(text: str) -> None:
    assert hidden_in(text) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "\u200bb\nc\u200bd\u200b\ne\u2060\u00adf",
            [f"5 characters that nobody sees: {ZWSP} (line 1), {ZWSP} (line 2), {JOIN} (line 3) and 1 more"],
        ),
        ("x\n\U000e0068\U000e0069", ['2 invisible letters (line 2) that spell "hi"']),
        (
            f"p{CYRILLIC_A}ypal",
            ["1 letter that only looks Latin: U+0430 CYRILLIC SMALL LETTER A for a (line 1)"],
        ),
        ("nothing", []),
    ],
)
def test_sentences_about_them(text: str, words: list[str]) -> None:
    assert list(hidden_words(hidden_in(text))) == words


def test_each_member_and_its_name_are_looked_at() -> None:
    fields = [
        FieldChange(path="metadata.te\u200bam", before=None, after="x"),
        FieldChange(path="system", before="\u202egone", after="clean"),
        FieldChange(path="tools", before=None, after=[{"name": f"p{CYRILLIC_A}y"}]),
    ]
    lines = hidden_lines("agent/x", fields, {})
    assert [line[0].text for line in lines] == ["tools[0].name", "a name"]
    assert [line[0].text for line in hidden_lines("agent/x", [], {"sys\u200btem": "a\u200bb"})] == [
        "sys\u200btem",
        "a name",
    ]


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_it_finds_exactly_what_is_shown_instead(text: str) -> None:
    """Line ends aside, every character that `visible` replaces is one of these, and the other way round."""
    plain = text.replace("\r", "").replace("##", "")
    unseen = [it for it in hidden_in(plain) if it.kind is not Trick.LOOK_ALIKE]
    shown = sum(visible(line) != line for line in plain.split("\n"))
    assert len({it.line for it in unseen}) == shown
