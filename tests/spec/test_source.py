"""Markdown: frontmatter and prose."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentops.spec.files import Files, Refused
from agentops.spec.source import Document, read_document


def read(tmp_path: Path, text: str | bytes) -> Document:
    (tmp_path / "a.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(Files(tmp_path), "a.md")


@pytest.mark.parametrize(
    ("text", "body", "prose"),
    [
        ("---\nmodel: x\n---\nYou are.\n", {"model": "x"}, "You are."),
        ("\n  \n---\nmodel: x\n---\nYou are.\n", {"model": "x"}, "You are."),
        ("\ufeff---\nmodel: x\n---\nYou are.\n", {"model": "x"}, "You are."),
        ("---  \nmodel: x\n---\t \n\n  You are.\n\n", {"model": "x"}, "You are."),
        ("---\r\nmodel: x\r\n---\r\nYou are.\r\n", {"model": "x"}, "You are."),
        ("---\n---\nYou are.\n", {}, "You are."),
        ("---\nmodel: x\n---", {"model": "x"}, ""),
        ("---\nmodel: x\n---\n", {"model": "x"}, ""),
        ("You are.\n", {}, "You are."),
        ("", {}, ""),
        ("# Title\n---\nmodel: x\n---\n", {}, "# Title\n---\nmodel: x\n---"),
        ("---\nd: |\n  a\n  ---\n  b\n---\nYou are.\n", {"d": "a\n---\nb\n"}, "You are."),
        ("---\nmodel: x\n---\na\n---\nb\n", {"model": "x"}, "a\n---\nb"),
        ("---\n# comment\nmodel: x # y\n---\nYou {{ are }}.\n", {"model": "x"}, "You {{ are }}."),
        (" ---\nmodel: x\n", {}, "---\nmodel: x"),
        ("----\nx\n", {}, "----\nx"),
    ],
)
def test_frontmatter_and_prose(tmp_path: Path, text: str, body: dict[str, object], prose: str) -> None:
    document = read(tmp_path, text)
    assert (document.body, document.prose) == (body, prose)


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    document = read(tmp_path, "\n---\nmodel: x\nname: y\n---\n\n  You are.\n")
    assert document.body.place("name").line == 4
    assert document.prose_at is not None
    assert (document.prose_at.line, document.prose_at.column) == (7, 3)


def test_inner_line_endings_of_prose_are_kept(tmp_path: Path) -> None:
    assert read(tmp_path, b"---\r\n---\r\na\r\nb\r\n").prose == "a\r\nb"


@pytest.mark.parametrize("text", ["---\nmodel: x\n", "---\nmodel: x\n ---\nYou are.\n", "---"])
def test_a_frontmatter_that_is_not_closed_is_an_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="not closed"):
        read(tmp_path, text)
