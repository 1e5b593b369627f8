"""Illegal skills: what is wrong with a minimal one, where its error stands, of what type, saying what."""

from __future__ import annotations

from typing import Any

from agentops.domain.diagnostics import Code

ENTRY = {"sha256": "0" * 64, "size": 9}
SKILL: dict[str, Any] = {"name": "invoices", "files": {"SKILL.md": ENTRY}}


def files(**others: Any) -> dict[str, Any]:
    return {"files": {"SKILL.md": ENTRY, **others}}


SKILLS: list[tuple[dict[str, Any], tuple[Any, ...], str, str]] = [
    ({"description": "x"}, ("description",), "extra_forbidden", ""),
    ({"display_name": ""}, ("display_name",), "string_too_short", ""),
    ({"display_name": "x" * 256}, ("display_name",), "string_too_long", ""),
    *(
        ({"display_name": f"a{character}b"}, ("display_name",), Code.INVALID_VALUE, "one line")
        for character in "\n\t\u2028\u2029"
    ),
    *(
        ({"name": name}, ("name",), Code.INVALID_VALUE, "lower-case letters")
        for name in ("", "Invoices", "a_b", "a b", "a/b", "é", "x" * 65, "a\n", "<b>")
    ),
    ({"name": "claude-helper"}, ("name",), Code.RESERVED, "'claude'"),
    ({"name": "by-anthropic"}, ("name",), Code.RESERVED, "'anthropic'"),
    ({"name": 3}, ("name",), "string_type", ""),
    ({"files": {}}, ("files",), Code.MISSING_KEY, "SKILL.md"),
    ({"files": {"docs/SKILL.md": ENTRY}}, ("files",), Code.MISSING_KEY, "at its top"),
    ({"files": {"skill.md": ENTRY}}, ("files",), Code.MISSING_KEY, "SKILL.md"),
    ({"files": ["SKILL.md"]}, ("files",), "dict_type", ""),
    ({"files": {"SKILL.md": "text"}}, ("files", "SKILL.md"), "model_type", ""),
    ({"files": {"SKILL.md": {"sha256": "0" * 64}}}, ("files", "SKILL.md", "size"), "missing", ""),
    (
        {"files": {"SKILL.md": ENTRY | {"sha256": "A" * 64}}},
        ("files", "SKILL.md", "sha256"),
        "string_pattern_mismatch",
        "",
    ),
    ({"files": {"SKILL.md": ENTRY | {"size": -1}}}, ("files", "SKILL.md", "size"), "greater_than_equal", ""),
    *(
        (files(**{path: ENTRY}), ("files", path), Code.INVALID_VALUE, "relative")
        for path in ("/etc/passwd", "../x", "a/../b", "a//b", "./a", "a/", "")
    ),
    (files(**{'a"b': ENTRY}), ("files", 'a"b'), Code.INVALID_VALUE, "rename the file"),
    *(
        (files(**{path: ENTRY}), ("files", path), Code.INVALID_VALUE, "control characters")
        for path in ("a\\b", "a\x00b", "a\nb")
    ),
    (files(**{"a": ENTRY, "a/b/c": ENTRY}), ("files", "a/b/c"), Code.INVALID_VALUE, "'a' is a file"),
    (files(big=ENTRY | {"size": 29_999_991}), ("files",), Code.LIMIT, "30000000 bytes"),
]
