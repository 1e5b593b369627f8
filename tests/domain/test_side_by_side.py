"""Texts beside each other: every line of both is there, once, in its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.view.member import changed_field
from agentops.domain.view.model import Line, Tone
from agentops.domain.view.side_by_side import Cell, Row, SideBySide, edited_line_of, side_by_side
from agentops.domain.view.textdiff import text_diff


def text_of(line: Line) -> str:
    return "".join(span.text for span in line)


def shown(before: str, after: str) -> list[tuple[str | None, str | None]]:
    """Rows as pairs of text; what is folded as its label."""
    found: list[tuple[str | None, str | None]] = []
    for stretch in side_by_side(before, after).stretches:
        if stretch.folded:
            found.append((f"[{stretch.label}]", None))
        found += [
            (row.before and text_of(row.before.spans), row.after and text_of(row.after.spans))
            for row in stretch.rows
        ]
    return found


def sides(found: SideBySide) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Both texts read off again, line by line, with the number each line stands at."""
    left: list[tuple[int, str]] = []
    right: list[tuple[int, str]] = []
    for stretch in found.stretches:
        for row in stretch.rows:
            for side, cell in ((left, row.before), (right, row.after)):
                if cell is not None:
                    side.append((cell.number, text_of(cell.spans)))
        for line in stretch.folded:
            if found.only is not Tone.ADDED:
                left.append((len(left) + 1, line))
            if found.only is not Tone.REMOVED:
                right.append((len(right) + 1, line))
    return left, right


LINES = st.lists(
    st.sampled_from(["alpha beta", "alpha gamma", "b", "", "# heading", "one two three", "one two"]),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(LINES, LINES)
def test_every_line_of_both_sides_is_there_with_its_number(old: list[str], new: list[str]) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    left, right = sides(side_by_side(before, after))
    if before != after:
        assert left == list(enumerate(old, 1))
        assert right == list(enumerate(new, 1))


@settings(max_examples=200, deadline=None)
@given(LINES, LINES)
def test_a_line_that_is_not_marked_is_the_same_on_both_sides(old: list[str], new: list[str]) -> None:
    found = side_by_side("\n".join(["start", *old]), "\n".join(["start", *new]))
    for row in (row for stretch in found.stretches for row in stretch.rows):
        tones = {cell.tone for cell in (row.before, row.after) if cell is not None}
        if Tone.PLAIN in tones:
            assert tones == {Tone.PLAIN}
            assert row.before is not None
            assert row.after is not None
            assert text_of(row.before.spans) == text_of(row.after.spans)


def test_the_same_text_has_nothing_to_show() -> None:
    assert side_by_side("a\nb\n", "a\nb\n").stretches == ()


def test_an_edited_line_stands_beside_itself_though_another_joins() -> None:
    assert shown("keep\nRun every example.\n", "keep\nShow it.\nRun every example twice.\n") == [
        ("keep", "keep"),
        (None, "Show it."),
        ("Run every example.", "Run every example twice."),
    ]


def test_lines_that_have_nothing_in_common_share_a_row_and_are_not_marked_by_words() -> None:
    (stretch,) = side_by_side("first\nx\n", "something else\ny\n").stretches
    assert {span.tone for row in stretch.rows for span in row.after.spans} == {Tone.ADDED}  # type: ignore[union-attr]


def test_words_that_differ_are_set_apart() -> None:
    (stretch,) = side_by_side("say what you found\n.\n", "say all you found\n.\n").stretches
    assert stretch.rows[0].before is not None
    assert [(it.text, it.tone) for it in stretch.rows[0].before.spans] == [
        ("say ", Tone.REMOVED),
        ("what", Tone.REMOVED_WORDS),
        (" you found", Tone.REMOVED),
    ]


def test_a_long_run_that_did_not_change_is_folded_under_its_heading() -> None:
    before = "# Rules\n" + "".join(f"rule {number}\n" for number in range(20)) + "end\n"
    assert shown(before, before.replace("end", "END")) == [
        ("[18 unchanged lines · # Rules]", None),
        ("rule 17", "rule 17"),
        ("rule 18", "rule 18"),
        ("rule 19", "rule 19"),
        ("end", "END"),
    ]


@pytest.mark.parametrize("kept", [6, 7, 8, 9])
def test_a_fold_hides_no_fewer_lines_than_it_is_worth(kept: int) -> None:
    middle = "".join(f"{number}\n" for number in range(kept))
    folds = [it for it in side_by_side(f"a\n{middle}b\n", f"A\n{middle}B\n").stretches if it.folded]
    assert not folds


@pytest.mark.parametrize(
    ("before", "after", "left", "right"),
    [
        ("a\nb\n", "a\nb \n", "b", "b·"),
        ("a\nb\n", "a\n\tb\n", "b", "⇥b"),
        ("a\nb\n", "a\nb\r\n", "b", "b␍"),
        ("a\nb\n", "a\nb", "b", "b (no newline at the end)"),
        ("two words\n.\n", "two  words\n.\n", "two·words", "two··words"),
    ],
)
def test_white_space_that_alone_differs_is_shown(before: str, after: str, left: str, right: str) -> None:
    assert (left, right) in shown(before, after)


def test_a_text_that_is_new_has_one_side_and_its_end_folded() -> None:
    found = side_by_side("", "".join(f"{number}\n" for number in range(40)))
    assert found.only is Tone.ADDED
    assert [(len(it.rows), len(it.folded), it.label) for it in found.stretches] == [
        (12, 0, ""),
        (0, 28, "28 more lines"),
    ]
    gone = side_by_side("a\nb\n", "")
    assert gone.only is Tone.REMOVED
    assert all(row.after is None for stretch in gone.stretches for row in stretch.rows)


def test_a_block_of_many_lines_is_paired_in_no_time() -> None:
    before, after = ("".join(f"{word} {number}\n" for number in range(3_000)) for word in ("old", "new"))
    left, right = sides(side_by_side(before, after))
    assert (len(left), len(right)) == (3_000, 3_000)


def test_one_line_that_was_edited_is_told_from_any_other_difference() -> None:
    one = edited_line_of(text_diff("say what you found", "say all you found"))
    assert one is not None
    ((row,),) = (stretch.rows for stretch in one.stretches)
    assert isinstance(row, Row)
    assert isinstance(row.before, Cell)
    assert edited_line_of(text_diff("a\nb\n", "a\nc\n")) is None
    (joins_and_leaves,) = changed_field("vault_ids", ["a"], ["b"], verbose=False)
    assert [line.mark for line in joins_and_leaves.below] == ["-", "+"]
    assert edited_line_of(joins_and_leaves.below) is None
    assert edited_line_of(()) is None
