from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops.domain.address import Address
from agentops.domain.resource import Ref
from agentops.render.body import body

VALUE = {
    "name": "tutor",
    "model": {"id": "claude-opus-5-5", "effort": "high"},
    "system": "# Tutor\n\nYou are patient.   \n\n- one\n",
    "description": "x" * 300 + " y",
    "memory_store_id": Ref(Address("memory_store/notes")).as_json(),
    "tools": [
        {"type": "custom", "input_schema": {"type": "object", "properties": {}, "required": ["on", "1"]}},
        {"configs": [{"name": "bash", "enabled": True}]},
        ["nested", ["deeper"]],
    ],
    "api_key": {"secret": "env:NAME"},
    "metadata": {"literal": "(memory_store/notes).id", "yes": "no", "n": None, "f": 1.5},
}

SHOWN = """\
name: tutor
model:
  id: claude-opus-5-5
  effort: high
system: |
  # Tutor

  You are patient.   

  - one
description: {long}
memory_store_id: (memory_store/notes).id
tools:
  - type: custom
    input_schema:
      type: object
      properties: {{}}
      required:
        - "on"
        - "1"
  - configs:
      - name: bash
        enabled: true
  -
    - nested
    -
      - deeper
api_key:
  secret: env:NAME
metadata:
  literal: "(memory_store/notes).id"
  "yes": "no"
  "n": null
  f: 1.5
"""  # noqa: W291


def test_a_body_as_yaml() -> None:
    assert body(VALUE, "yaml") == SHOWN.format(long="x" * 300 + " y")


def test_a_body_as_json_has_the_same_members_and_addresses_for_references() -> None:
    shown = body(VALUE, "json")
    assert json.loads(shown) == {**VALUE, "memory_store_id": "(memory_store/notes).id"}
    assert list(json.loads(shown)) == list(VALUE)


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_an_empty_body(format: Any) -> None:
    assert body({}, format) == "{}\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", "t: |-\n  a\n  b\n"),
        ("a\n\n", "t: |+\n  a\n\n"),
        ("  a\nb\n", "t: |2\n    a\n  b\n"),
        ("\n\na\n", "t: |2\n\n\n  a\n"),
        ("a\n   \nb\n", "t: |\n  a\n     \n  b\n"),
        ("\n", 't: "\\n"\n'),
        ("a\r\nb", 't: "a\\r\\nb"\n'),
        ("a\u202eb\nc", 't: "a\\u202Eb\\nc"\n'),
        ("\U000e0041\n.", 't: "\\U000E0041\\n."\n'),
        ("::add-mask::x\ny", 't: "::add-mask::x\\ny"\n'),
        ("null", 't: "null"\n'),
        ("1e3", 't: "1e3"\n'),
        ("- a", 't: "- a"\n'),
        ("a: b", 't: "a: b"\n'),
        ("a #b", 't: "a #b"\n'),
        ("https://mcp.linear.app/mcp", "t: https://mcp.linear.app/mcp\n"),
        ("It's fine, really.", "t: It's fine, really.\n"),
        ("", 't: ""\n'),
    ],
)
def test_a_string_is_as_plain_as_it_can_be(text: str, shown: str) -> None:
    assert body({"t": text}) == shown
    assert yaml.safe_load(shown) == {"t": text}


TEXTS = (
    st.text(
        st.sampled_from("ab01:#-?!&*%@`'\"|>{}[],. \n\n\t\r\x1b\x85\xa0\u202e\u2028\ufeffé你👩\U000e0041~=()")
    )
    | st.text()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(TEXTS.filter(lambda key: len(key) < 50), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["name", "on", "a b", "x:y", ""]), JSON, max_size=3))
def test_yaml_reads_back_as_what_was_written(value: dict[str, Any]) -> None:
    assert yaml.safe_load(body(value, "yaml")) == value


def test_a_reference_with_odd_characters_stays_valid_yaml() -> None:
    ref = Ref(Address("memory/notes/a #1: b.md"))
    assert yaml.safe_load(body({"id": ref.as_json()})) == {"id": str(ref)}
