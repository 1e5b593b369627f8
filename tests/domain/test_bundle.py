"""A directory of files as a body has it."""

from __future__ import annotations

import hashlib

import pytest

from agentops.domain.bundle import MOST_TEXT, is_file, is_manifest, manifest, sha256, texts

FILES = {"b/x.md": b"x", "a.md": "é".encode()}


def test_a_manifest_has_hash_and_size_of_each_file_by_path():
    made = manifest(FILES)
    assert list(made) == ["a.md", "b/x.md"]
    assert made["a.md"] == {"sha256": hashlib.sha256("é".encode()).hexdigest(), "size": 2}


def test_the_order_of_the_files_makes_no_other_manifest():
    assert list(manifest(dict(reversed(FILES.items())))) == list(manifest(FILES))


def test_a_manifest_is_told_from_anything_else():
    entry = manifest({"a": b""})["a"]
    assert is_file(entry)
    assert is_manifest({"a": entry})
    for other in ({}, {"sha256": "x"}, {**entry, "more": 1}, [entry], None, "a"):
        assert not is_file(other)
    for other in ({}, {"a": entry, "b": {}}, [entry], None):
        assert not is_manifest(other)


def test_what_can_be_read_is_known_by_its_hash():
    assert texts(FILES) == {sha256(b"x"): "x", sha256("é".encode()): "é"}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b", b"x" * (MOST_TEXT + 1)])
def test_what_no_reviewer_could_read_is_not_among_the_texts(content: bytes):
    assert texts({"a": content}) == {}


def test_a_text_of_the_largest_size_is():
    assert texts({"a": b"x" * MOST_TEXT}) == {sha256(b"x" * MOST_TEXT): "x" * MOST_TEXT}
