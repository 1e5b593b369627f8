"""Schemas for editors accept what loads and refuse what does not (where a schema can say it)."""

from __future__ import annotations

from typing import Any

import pytest

from agentops.kinds import CATALOG
from agentops.spec import editor_schema
from agentops.spec.editor_schema import tool_schema


@pytest.mark.parametrize("kind", ["agent", "environment", "memory_store", None])
def test_a_schema_knows_every_field_and_our_own_keys(kind: str | None) -> None:
    schema = editor_schema(CATALOG, kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    names = set(schema["properties"])
    if kind is None:
        assert names == {"project", "default_stage", "vars", "stages", "external"}
    else:
        assert CATALOG[kind].fields.keys() <= names
        assert {"type", "address", "overrides", "template", "lifecycle"} <= names


def test_an_agent_may_leave_out_what_has_a_default() -> None:
    schema = editor_schema(CATALOG, "agent")
    assert schema["required"] == ["model"]
    assert {"prompt", "memory"} <= schema["properties"].keys()


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        editor_schema(CATALOG, "skill")


@pytest.mark.parametrize(
    "schema",
    [
        *(editor_schema(CATALOG, kind.name) for kind in CATALOG),
        editor_schema(CATALOG, None),
        tool_schema(CATALOG),
    ],
)
def test_every_reference_in_a_schema_leads_somewhere(schema: dict[str, Any]) -> None:
    pending: list[Any] = [schema]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if isinstance(target := node.get("$ref"), str):
                assert target.removeprefix("#/$defs/") in schema["$defs"]
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
