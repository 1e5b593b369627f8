"""Whether what a command prints is what its published schema says."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from agentops.domain.document import document_schema


@cache
def _judge(name: str) -> Draft202012Validator:
    return Draft202012Validator(document_schema(name))


def conforms(name: str, document: Any) -> None:
    """Raises AssertionError with every difference."""
    found = [f"{error.json_path}: {error.message[:200]}" for error in _judge(name).iter_errors(document)]
    assert found == []
