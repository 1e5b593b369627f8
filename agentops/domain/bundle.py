"""A directory of files as a body has it: path -> size and SHA-256, never the bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

Manifest = dict[str, dict[str, Any]]
"""Relative posix path -> ``{"sha256": 64 hex digits, "size": bytes}``, sorted by path."""

MOST_TEXT = 256 * 1024
"""Bytes of a file that is shown as text in a plan; what is larger is told by its size."""


def manifest(files: Mapping[str, bytes]) -> Manifest:
    return {
        path: {"sha256": sha256(content), "size": len(content)} for path, content in sorted(files.items())
    }


def is_file(value: Any) -> bool:
    """Whether the value is one entry of a manifest."""
    return isinstance(value, Mapping) and value.keys() == {"sha256", "size"}


def is_manifest(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value) and all(map(is_file, value.values()))


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def texts(files: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 -> text, for the files that a reviewer can read."""
    found: dict[str, str] = {}
    for content in files.values():
        if len(content) > MOST_TEXT or b"\0" in content:
            continue
        try:
            found[sha256(content)] = content.decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found
