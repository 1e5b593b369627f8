"""What cannot be seen, set apart so that a page can point at it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.view.visible import hidden_apart, visible


@given(st.text(st.sampled_from("abc\u0430 #\t\n\x1b\u200b\u202e\u200d\u0915\ufeff\U000e0041")))
def test_the_pieces_together_are_the_visible_text(text: str) -> None:
    assert "".join(piece for piece, _ in hidden_apart(text)) == visible(text)


def test_each_is_named() -> None:
    assert list(hidden_apart("a\u202eb\x07")) == [
        ("a", ""),
        ("⟨U+202E⟩", "right-to-left override"),
        ("b", ""),
        ("␇", "a control character"),
        ("", ""),
    ]


def test_a_letter_that_only_looks_latin_is_named_and_a_word_of_its_own_alphabet_is_not() -> None:
    assert list(hidden_apart("to p\u0430ypal, да")) == [
        ("to p", ""),
        ("\u0430", "cyrillic small letter a, looks like a"),
        ("ypal, да", ""),
    ]


def test_a_joiner_that_does_its_work_is_left_alone() -> None:
    assert list(hidden_apart("क्\u200dष")) == [("क्\u200dष", "")]
