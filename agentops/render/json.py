"""A value as one JSON document."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel

from agentops.domain.view.visible import escape_hidden


def document(value: BaseModel) -> str:
    """Two spaces of indent, members in the order of the model, non-ASCII kept; ends with a newline.

    Every report says its ``format_version``. Reading it back gives an equal value.
    """
    return dump(value.model_dump(mode="json")) + "\n"


def dump(value: object) -> str:
    """JSON on several lines. What a terminal would obey or a reader not see is escaped, which JSON reads
    as the same: outside of strings it has no such character."""
    lines = json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    return "\n".join(escape_hidden(line, lambda hidden: json.dumps(hidden)[1:-1]) for line in lines)


def documents(values: Sequence[BaseModel]) -> str:
    """Several as one JSON list."""
    return dump([value.model_dump(mode="json") for value in values]) + "\n"
