from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, error, note, warning
from agentops.domain.plan import Action, Change, Plan, Reason
from agentops.domain.resource import Ref
from agentops.domain.state import Origin
from agentops.domain.view import FieldView, Line, Tone, diagnostics_view, plan_view, visible
from agentops.domain.view.member import changed_field, folded, inline, word, words
from agentops.domain.view.overview import created_fields
from agentops.domain.view.textdiff import text_diff
from agentops.domain.view.visible import not_a_command, visible_blanks


def text_of(line: Line) -> str:
    return "".join(span.text for span in line)


def beside(fields: tuple[FieldView, ...]) -> list[tuple[str, str]]:
    return [(field.path, text_of(field.beside)) for field in fields]


def marked(before: str, after: str, *, is_folded: bool = True) -> list[str]:
    return [line.mark + text_of(line.spans) for line in text_diff(before, after, folded=is_folded)]


# -- differences of texts


def patched(before: str, diff: list[str]) -> str:
    """What ``patch`` would make of ``before``: the diff says everything that is needed."""
    old = re.findall(r"[^\n]*\n|[^\n]+", before)
    new: list[str] = []
    position, last = 0, ""
    for line in diff:
        if hunk := re.match(r"@@ -(\d+)(,0)?", line):
            start = int(hunk[1]) - (0 if hunk[2] else 1)
            new += old[position:start]
            position = start
        elif line.startswith("\\"):
            if last == "+":
                new[-1] = new[-1].removesuffix("\n")
        elif line[0] == "+":
            new.append(line[1:] + "\n")
        else:
            assert old[position].removesuffix("\n") == line[1:]
            new += old[position : position + 1] if line[0] == " " else []
            position += 1
        last = line[0]
    return "".join(new + old[position:])


LINES = st.lists(st.sampled_from(["a", "b", "c", "", "# h", "a.b", "```"]), max_size=30)


@settings(max_examples=300, deadline=None)
@given(LINES, LINES, st.booleans())
def test_a_diff_is_faithful(old: list[str], new: list[str], newline: bool) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (["start", *old], ["start", *new]))
    if not newline:
        after = after.removesuffix("\n")
    assert patched(before, marked(before, after)) == after


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["word ", "other ", "x", ". "]), max_size=120),
    st.integers(0, 119),
    st.text("yz", max_size=3),
)
def test_a_folded_line_leaves_out_only_what_is_on_both_sides(parts: list[str], at: int, put: str) -> None:
    before, after = (
        "".join(parts).strip() or "-",
        "".join([*parts[:at], put, *parts[at + 1 :]]).strip() or "-",
    )
    diff = text_diff(before, after)
    left_out = [
        [text_of((span,)) for span in line.spans if span.tone is Tone.FAINT]
        for line in diff
        if line.mark in "+-"
    ]
    assert bool(diff) == (before != after)
    if diff:
        counts = [sum(int(re.sub(r"\D", "", gap)) for gap in gaps) for gaps in left_out]
        assert len(set(counts)) == 1
        for side, line in ((before, diff[0]), (after, diff[-1])):
            kept = [text_of((span,)) for span in line.spans if span.tone is not Tone.FAINT]
            assert sum(map(len, kept)) + counts[0] in {len(side), len(side) + 1}


def test_the_nearest_heading_names_a_hunk_and_a_comment_in_a_fence_does_not() -> None:
    before = "# One\n\n## Two\n\n```sh\n# no heading\n```\na\nb\nc\nd\ne\n"
    assert marked(before, before.removesuffix("e\n") + "f\n")[0] == "@@ -9,4 +9,4 @@ ## Two"


def test_words_that_differ_are_set_apart() -> None:
    removed, added = text_diff("say what you found", "say all you found")
    assert [(span.text, span.tone) for span in removed.spans] == [
        ("say ", Tone.REMOVED),
        ("what", Tone.REMOVED_WORDS),
        (" you found", Tone.REMOVED),
    ]
    assert text_of(added.spans) == "say all you found"


def test_a_huge_line_is_compared_in_no_time() -> None:
    before = " ".join(f"a{number}" for number in range(30_000))
    after = " ".join(f"b{number}" for number in range(30_000))
    begun = time.monotonic()
    assert len(text_diff(before, after)) == 2
    assert len(text_diff(before, before.replace("a15000 ", "") + "end")) == 2
    assert time.monotonic() - begun < 5


def test_no_difference_has_no_lines() -> None:
    assert text_diff("same\n", "same\n") == ()


# -- values


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("short", '"short"'),
        ("one line\n", '"one line\\n"'),
        (True, "true"),
        (1.0, "1.0"),
        (None, "null"),
        ({}, "{}"),
        ([], "[]"),
        (["a", 1, "true", "1", ""], 'a, 1, "true", "1", ""'),
        ({"a": [1]}, '{"a": [1]}'),
        (Ref(Address("memory_store/notes")).as_json(), "memory_store/notes"),
        ({"id": Ref(Address("agent/x"), "version").as_json()}, '{"id": "(agent/x).version"}'),
        ('"' + "x" * 99, '"\\"' + "x" * 99 + '"'),
        ("x" * 101, f'101 characters: "{"x" * 60}…"'),
        ("# Tutor\n\nBe kind.\n", '3 lines, 18 characters: "# Tutor Be kind.…"'),
        ("\n\n", '2 lines, 2 characters: "…"'),
    ],
)
def test_a_value_on_one_line(value: object, shown: str) -> None:
    assert inline(value) == shown


def test_long_lists_end_in_a_number() -> None:
    assert words(list("abcdefghijklmnop")).endswith("l and 4 more")
    assert word("x" * 101).startswith("101 characters")
    assert folded("a b " * 20).endswith('…"')


def test_a_change_inside_white_space_is_shown_as_text() -> None:
    (field,) = changed_field("p", "a b", "a  b", verbose=False)
    assert [text_of(line.spans) for line in field.below] == ["a·b", "a··b"]


# -- what is created


@pytest.mark.parametrize(
    ("toolset", "shown"),
    [
        ({"configs": []}, "t: all tools"),
        ({"default_config": {"enabled": False}, "configs": []}, "t: no tools"),
        ({"default_config": {"enabled": None}, "configs": None}, "t: all tools"),
        ({"default_config": {"permission_policy": {"type": "always_ask"}}}, "t: all tools (always_ask)"),
        ({"configs": [{"name": "bash", "enabled": False}]}, "t: all tools but bash"),
        (
            {"configs": [{"name": "bash", "permission_policy": {"type": "always_ask"}}, {"name": "read"}]},
            "t: all tools; bash (always_ask)",
        ),
        ({"default_config": {"enabled": False}, "configs": [{"name": "read"}]}, "t: no tools"),
        (
            {
                "default_config": {"enabled": False},
                "configs": [{"name": "a", "enabled": True}, {"name": "b"}],
            },
            "t: a",
        ),
    ],
)
def test_a_toolset_is_shown_by_what_an_agent_can_use(toolset: dict[str, object], shown: str) -> None:
    assert beside(created_fields({"tools": [{"type": "t", **toolset}]}, verbose=False)) == [("tools", shown)]


def test_our_own_metadata_key_is_shown_only_on_demand() -> None:
    body = {"metadata": {"agentops": "p/dev/agent/x"}}
    assert beside(created_fields(body, verbose=False)) == []
    assert beside(created_fields(body, verbose=True)) == [("metadata.agentops", '"p/dev/agent/x"')]


def test_references_are_known_after_apply() -> None:
    body = {"environment_id": Ref(Address("environment/x")).as_json()}
    for verbose in (False, True):
        shown = beside(created_fields(body, verbose=verbose))
        assert shown == [("environment_id", "environment/x (known after apply)")]


# -- plans and diagnostics


def plan(**more: object) -> Plan:
    known = {"origin": Origin(base_url="local"), "lock_serial": 0, "source_digest": "0", **more}
    return Plan(project="p", stage="dev", **known)


@pytest.mark.parametrize(
    ("more", "summary"),
    [
        ({}, "No changes. The registry matches the files (0 resources)."),
        ({"unchanged": 1}, "No changes. The registry matches the files (1 resource)."),
        (
            {"changes": [Change(address=Address("agent/x"), action=Action.CREATE, reason=Reason.NEW)]},
            "Plan: 1 to create.",
        ),
    ],
)
def test_summary(more: dict[str, object], summary: str) -> None:
    assert text_of(plan_view(plan(**more)).closing[0]) == summary


def test_a_blocked_plan_counts_its_errors() -> None:
    problems = (error(Code.GONE, "x"), warning(Code.ORPHAN, "y"))
    assert text_of(plan_view(plan(diagnostics=problems)).blocked) == (
        "Blocked: nothing can be applied until the error above is resolved."
    )
    assert plan_view(plan(diagnostics=problems[1:])).blocked == ()


def test_diagnostics_say_each_problem_once_errors_first_where_asked() -> None:
    problems = [
        note(Code.ORPHAN, "n"),
        error(Code.GONE, "e"),
        warning(Code.ORPHAN, "w"),
        error(Code.GONE, "e"),
    ]
    assert [item.summary for item in diagnostics_view(problems, errors_first=True).items] == ["e", "w", "n"]


# -- harmless text


@pytest.mark.parametrize(
    "text", ["plain", "naïve 你好", "👩‍💻 ❤️‍🔥", "می‌خواهم", "tab\tstays", "## heading [link](x)"]
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_nothing_hidden_is_left_and_twice_is_once(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)


def test_joiners_that_join_nothing_are_shown() -> None:
    assert visible("a\u200db") == "a⟨U+200D⟩b"
    assert visible("é\u200c\u200d\u200cé").count("⟨") == 3


def test_blanks_and_commands() -> None:
    assert visible_blanks(" \t\r\u00a0") == "·⇥␍⟨U+00A0⟩"
    assert not_a_command("  ::debug::") == "  ⟨U+003A⟩:debug::"
    assert not_a_command("std::vector") == "std::vector"
