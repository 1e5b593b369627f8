"""YAML 1.2 core, with places."""

from __future__ import annotations

import math
from typing import Any

import pytest

from agentops.domain.diagnostics import Code, Diagnostic, Location
from agentops.spec.files import Refused
from agentops.spec.located import plain
from agentops.spec.yaml_text import parse_yaml


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("No", "No"),
        ("2026-01-01", "2026-01-01"),
        ("1:30", "1:30"),
        ("12:30:45", "12:30:45"),
        ("0o17", 15),
        ("017", 17),
        ("0x1F", 31),
        ("-12", -12),
        ("+3", 3),
        ("1_000", "1_000"),
        ("0b1", "0b1"),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("-.inf", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("tRue", "tRue"),
        ("~", None),
        ("null", None),
        ("Null", None),
        ("", None),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!float 3", 3.0),
        ("! 12", "12"),
        ("=", "="),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    found = parse_yaml(f"k: {text}\n", "f")["k"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_read() -> None:
    assert math.isnan(parse_yaml("k: .nan", "f")["k"])


def test_keys_are_the_text_that_was_written() -> None:
    assert list(parse_yaml("on: 1\n1: 2\nnull: 3\n2026-01-01: 4\n~: 5\n", "f")) == [
        "on",
        "1",
        "null",
        "2026-01-01",
        "~",
    ]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings_make_no_difference(ending: str) -> None:
    text = ending.join(["a: x", "b: |", "  one", "  two", "c: [1]", ""])
    tree = parse_yaml(text, "f")
    assert tree == {"a": "x", "b": "one\ntwo\n", "c": [1]}
    assert tree.place("c", "key") == Location("f", 5, 1)


def test_places_of_keys_values_and_items() -> None:
    tree = parse_yaml("a: x\nb:\n  - one\n  - {c: d}\n", "f")
    assert tree.place("a", "key") == Location("f", 1, 1)
    assert tree.place("a") == Location("f", 1, 4)
    assert tree["b"].place(1) == Location("f", 4, 5)
    assert tree["b"][1].place("c") == Location("f", 4, 9)


def test_lines_are_counted_from_where_the_text_starts() -> None:
    assert parse_yaml("a: x\n", "f", first_line=7).place("a") == Location("f", 7, 4)


def test_merge_keys_give_way_to_what_is_written_and_to_earlier_ones() -> None:
    text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], c: 3}\n"
    tree = parse_yaml(text, "f")
    assert tree["z"] == {"a": 1, "b": 1, "c": 3}
    assert tree["z"].place("a").line == 1


def test_a_quoted_merge_key_is_a_key() -> None:
    assert parse_yaml("'<<': x\n", "f") == {"<<": "x"}


def test_an_alias_is_placed_where_it_stands_and_its_members_where_they_were_written() -> None:
    tree = parse_yaml("a: &a {k: v}\nb: *a\n", "f")
    assert tree.place("b") == Location("f", 2, 4)
    assert tree["b"].place("k") == Location("f", 1, 11)


def test_aliases_are_fine_until_they_stand_for_too_much() -> None:
    assert len(parse_yaml("a: &a [x, y]\nb: [*a, *a, *a]\n", "f")["b"]) == 3


def test_every_duplicate_key_is_told_with_both_places() -> None:
    with pytest.raises(Refused) as refused:
        parse_yaml("a: 1\nb: 2\na: 3\nc: {d: 1, d: 2}\n", "f")
    found = [(item.code, item.location, item.summary) for item in refused.value.diagnostics]
    assert found == [
        (Code.DUPLICATE_KEY, Location("f", 3, 1), "'a' stands here twice; the first is at line 1"),
        (Code.DUPLICATE_KEY, Location("f", 4, 11), "'d' stands here twice; the first is at line 4"),
    ]


def test_non_ascii_text_is_kept() -> None:
    assert parse_yaml("a: نص — «да» 中文 🙂\n", "f") == {"a": "نص — «да» 中文 🙂"}


def test_an_empty_text_is_nothing() -> None:
    assert parse_yaml("# only a comment\n", "f") is None


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: x{}y", {"a": "x{}y"}),
        ('a: "x{}y"', {"a": "x{}y"}),
        ("a: 'x {} y'", {"a": "x {} y"}),
        ("a: |\n  x{}y\nb: 1", {"a": "x{}y\n", "b": 1}),
        ("a: >\n  x{}y\n", {"a": "x{}y\n"}),
        ("x{}y: 1", {"x{}y": 1}),
        ("# x{}y: [\na: 1", {"a": 1}),
        ('a: "{}\\uE000"\nb: \ue001', {"a": "{}\ue000", "b": "\ue001"}),
        ('a: "\\N\\L\\P{}"', {"a": "\x85\u2028\u2029{}"}),
    ],
)
def test_characters_that_end_no_line_in_yaml_1_2_stay_what_they_are(
    character: str, text: str, expected: dict[str, object]
) -> None:
    def put(value: object) -> object:
        return value.replace("{}", character) if isinstance(value, str) else value

    assert plain(parse_yaml(text.replace("{}", character), "f")) == {
        put(key): put(value) for key, value in expected.items()
    }


def test_places_count_only_the_lines_of_yaml_1_2() -> None:
    found = parse_yaml("a: \u2028x\x85y\u2029\nb: {c: 1}\n", "f")
    assert (found["b"].place("c").line, found["b"].place("c").column) == (2, 8)
    with pytest.raises(Refused) as refused:
        parse_yaml("a: x\u2028\nb: [\n", "f")
    assert refused.value.diagnostics[0].location.line >= 2


def test_a_text_that_leaves_no_character_to_stand_in_is_refused() -> None:
    taken = "".join(map(chr, range(0xE000, 0xF8FE)))
    with pytest.raises(Refused) as refused:
        parse_yaml(f"a: {taken}\nb: \u2028", "f")
    assert "private use" in refused.value.diagnostics[0].summary


def test_duplicate_keys_are_given_to_who_asks_and_the_first_counts() -> None:
    problems: list[Diagnostic] = []
    assert parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\n", "f", problems=problems) == {"a": 1, "b": {"c": 1}}
    assert [item.location.line for item in problems] == [2, 3]


@pytest.mark.parametrize(
    ("written", "needs"), [("*sk-1", "begins with * needs quotes"), ("!sk-1 x", "begins with ! needs quotes")]
)
def test_a_text_that_lacks_its_quotes_is_told_so_and_not_repeated(written: str, needs: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_yaml(f"token: {written}\n", "f")
    (problem,) = refused.value.diagnostics
    assert problem.code is Code.SYNTAX
    assert needs in problem.detail
    assert "sk-1" not in f"{problem.summary} {problem.detail}"


def test_an_alias_inside_what_it_refers_to_is_no_loop() -> None:
    with pytest.raises(Refused, match="this alias stands inside what it refers to"):
        parse_yaml("a: &a {b: *a}\n", "f")
