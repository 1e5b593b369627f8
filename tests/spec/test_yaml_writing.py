"""What is written reads back as what it was, by YAML 1.2 as by 1.1, and looks as a person would write it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.canonical import same
from agentops.spec.yaml_text import parse_yaml
from agentops.spec.yaml_writing import written_yaml

ODD = "ab \n\t:-#{}[]'\"\r|>%@`&*!?,=\u2028\x85\ufeff\x00\x7f😀"
WORDS = (
    "yes",
    "on",
    "No",
    "1:30",
    "1e3",
    "0o7",
    "0x1F",
    ".5",
    "+1",
    "null",
    "~",
    "",
    "<<",
    "=",
    "2020-01-01",
)
SIGNS = (
    "- a",
    "? b",
    "a: b",
    "# x",
    "a #b",
    "...",
    "---",
    "a\n---\nb\n",
    "a\n...\nb",
    " x\n",
    "x \ny",
    "\n\n",
    "a\n\n",
)
TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.text(ODD, max_size=12)
    | st.sampled_from([*WORDS, *SIGNS])
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(value=st.dictionaries(TEXTS, VALUES, max_size=4))
def test_it_reads_back_as_what_it_was(value: dict[str, Any]):
    assert same(parse_yaml(written_yaml(value), "x.yaml"), value)


@pytest.mark.parametrize("text", [*WORDS, *SIGNS])
def test_a_text_is_a_text_for_readers_of_yaml_1_1_too(text: str):
    assert yaml.safe_load(written_yaml({"key": text, "list": [{"a": text}]})) == {
        "key": text,
        "list": [{"a": text}],
    }


def test_it_looks_as_a_person_would_write_it():
    value = {
        "name": "tutor",
        "model": {"id": "claude-opus-5-5", "effort": "high"},
        "description": "Two\nlines.\n",
        "end": "no line\nbreak",
        "tools": ["bash", {"web_fetch": {"allowed_domains": ["a.com"]}}, {"type": "self"}],
        "token": {"secret": "env:LINEAR_TOKEN"},
        "hosts": ["api.example.com", "*.example.com"],
        "empty": [],
        "schedule": {
            "type": "cron",
            "expression": "0 9 * * 1-5",
            "timezone": "Europe/Berlin",
            "more": "x" * 40,
        },
        "version": "3",
    }
    assert written_yaml(value) == (
        "name: tutor\n"
        "model: {id: claude-opus-5-5, effort: high}\n"
        "description: |\n"
        "  Two\n"
        "  lines.\n"
        "end: |-\n"
        "  no line\n"
        "  break\n"
        "tools:\n"
        "  - bash\n"
        "  - web_fetch:\n"
        "      allowed_domains: [a.com]\n"
        "  - {type: self}\n"
        "token: {secret: env:LINEAR_TOKEN}\n"
        "hosts: [api.example.com, '*.example.com']\n"
        "empty: []\n"
        "schedule:\n"
        "  type: cron\n"
        "  expression: 0 9 * * 1-5\n"
        "  timezone: Europe/Berlin\n"
        f"  more: {'x' * 40}\n"
        'version: "3"\n'
    )


def test_what_no_file_can_hold_is_refused():
    with pytest.raises(ValueError, match="no YAML file"):
        written_yaml({"key": "half a \ud800 pair"})
