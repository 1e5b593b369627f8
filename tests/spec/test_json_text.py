"""JSON as it is, with places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops.domain.diagnostics import Location
from agentops.spec.files import Refused
from agentops.spec.json_text import parse_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(values, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_reads_what_json_writes(value: Any, indent: Any, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert parse_json(text, "f") == value


def test_places_of_keys_values_and_items() -> None:
    tree = parse_json('{\n\t"a": [1,\n  {"b": "c"}]\n}\n', "f")
    assert tree.place("a", "key") == Location("f", 2, 2)
    assert tree.place("a") == Location("f", 2, 7)
    assert tree["a"].place(1) == Location("f", 3, 3)
    assert tree["a"][1].place("b") == Location("f", 3, 9)


def test_escaped_surrogate_pairs_are_one_character() -> None:
    assert parse_json('"\\ud83d\\ude42"', "f") == "🙂"


@pytest.mark.parametrize(
    "text", ["[1,]", "{}x", "01", "+1", ".5", "1.", "tru", '"a\nb"', "[", '{"a"}', "'a'", "NaN", "-"]
)
def test_refuses_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        json.loads(text.replace("NaN", "Nan"))
    with pytest.raises(Refused) as refused:
        parse_json(text, "f")
    assert refused.value.diagnostics[0].location is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": "x\ty"}', 'a control character stands in a string; write it as an escape, e.g. "\\n"'),
        ('{"a": "x', "the string that starts here does not end"),
        ('{"a": "\\q"}', 'a backslash starts no escape here; write "\\\\" for one'),
        ('{"a": "\\u12"}', "\\u is followed by four hexadecimal digits"),
    ],
)
def test_what_is_wrong_in_a_string_is_a_whole_sentence(text: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_json(text, "f")
    assert refused.value.diagnostics[0].summary == f"not JSON: {said}"
