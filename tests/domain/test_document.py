"""What is published: the schemas in ``docs/schemas`` are those of the models, and nothing in them goes away.

``AGENTOPS_UPDATE_DOCS=1 pytest tests/domain/test_document.py`` writes the schemas anew and promises what is
new; a promise is taken back only with another format version.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentops.domain.document import DOCUMENTS, document_schema
from agentops.domain.plan import FORMAT_VERSION, Change, Plan

PUBLISHED = Path(__file__).parents[2] / "docs" / "schemas"
PROMISED = Path(__file__).with_name("promised.json")
UPDATE = bool(os.environ.get("AGENTOPS_UPDATE_DOCS"))

Promises = dict[str, str]

SEVERAL = {"plans", "applies"}
"""Lists of the others."""


def promises(schema: dict[str, Any]) -> Promises:
    """Every member a consumer can read, as ``changes[].fields[].path``, with the types it can have."""
    found: dict[str, set[str]] = {}
    for path, kind in _members(schema, schema.get("$defs", {}), ""):
        found.setdefault(path, set()).add(kind)
    return {path: " | ".join(sorted(kinds)) for path, kinds in sorted(found.items())}


def _members(schema: dict[str, Any], defs: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _members(one, defs, path)
        return
    if path:
        yield path, schema.get("type", "constant" if "const" in schema else "anything")
    for name, member in schema.get("properties", {}).items():
        yield from _members(member, defs, f"{path}.{name}".lstrip("."))
    if "items" in schema:
        yield from _members(schema["items"], defs, f"{path}[]")
    if isinstance(other := schema.get("additionalProperties"), dict):
        yield from _members(other, defs, f"{path}.*")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_published_schema_is_that_of_the_model(name: str) -> None:
    made = json.dumps(document_schema(name), indent=2, ensure_ascii=False) + "\n"
    file = PUBLISHED / f"{name}.schema.json"
    if UPDATE:
        file.parent.mkdir(exist_ok=True)
        file.write_text(made, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == made


def test_no_other_schema_is_published() -> None:
    assert {file.name for file in PUBLISHED.iterdir()} == {f"{name}.schema.json" for name in DOCUMENTS}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_a_schema_says_what_it_is_of_and_is_open_for_reading(name: str) -> None:
    schema = document_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["$id"] == f"urn:agentops:document:{name}:{FORMAT_VERSION}"
    assert '"additionalProperties": false' not in json.dumps(schema)
    for shape in [schema, *schema.get("$defs", {}).values()]:
        if "properties" in shape:
            assert shape["description"]
            assert set(shape["required"]) == set(shape["properties"])


def broken(promised: Promises, now: Promises) -> list[str]:
    """What a consumer of the promised documents could trip over: a member gone, or of a type it never had."""
    return [
        path
        for path, kinds in promised.items()
        if not set(now.get(path, "gone").split(" | ")) <= set(kinds.split(" | "))
    ]


@pytest.mark.parametrize("name", sorted(DOCUMENTS.keys() - SEVERAL))
def test_nothing_published_goes_away_without_another_format_version(name: str) -> None:
    promised = json.loads(PROMISED.read_text(encoding="utf-8")) if PROMISED.exists() else {}
    same = promised.get("format_version") == FORMAT_VERSION
    before = promised.get("documents", {}).get(name, {}) if same else {}
    now = promises(document_schema(name))
    assert broken(before, now) == []
    if UPDATE:
        others = promised.get("documents", {}) if same else {}
        kept = dict(sorted({**others, name: now}.items()))
        text = json.dumps({"format_version": FORMAT_VERSION, "documents": kept}, indent=1)
        PROMISED.write_text(text + "\n", encoding="utf-8")
        before = now
    assert now.keys() - before.keys() == set(), "new: promise it, see the top of this file"


def test_a_member_that_is_renamed_taken_out_or_of_another_type_breaks_a_promise() -> None:
    class Shorter(Plan):
        changes: str = ""  # type: ignore[assignment]

    before = promises(Plan.model_json_schema(mode="serialization"))
    now = promises(Shorter.model_json_schema(mode="serialization"))
    assert broken(before, before) == []
    assert "changes" in broken(before, now)
    assert "changes[].address" in broken(before, now)
    assert broken(now, before) == ["changes"]
    assert broken({"new": "string"}, {"new": "null | string"}) == ["new"]


def test_the_design_has_what_it_promises_of_a_plan_and_a_lock() -> None:
    of_plan, of_lock = promises(document_schema("plan")), promises(document_schema("lock"))
    assert {f"changes[].{it}" for it in ("address", "action", "reason", "fields", "risks")} <= of_plan.keys()
    assert {"resources.*.id", "resources.*.version"} <= of_lock.keys()


def test_a_document_with_a_member_from_the_future_is_valid() -> None:
    schema = document_schema("drift")
    printed = {"format_version": 1, "project": "p", "stage": "s", "drift": [], "held": [], "diagnostics": []}
    Draft202012Validator(schema).validate({**printed, "since": "yesterday"})
    assert not Draft202012Validator(schema).is_valid({**printed, "format_version": 2})
    assert not Draft202012Validator(schema).is_valid({"project": "p"})


def test_what_a_docstring_says_of_a_member_stands_at_the_member() -> None:
    change = document_schema("plan")["$defs"]["Change"]
    assert change["description"] == "One action on one address."
    assert change["properties"]["base"]["description"] == "null where nothing is there yet."
    assert set(change["properties"]) == set(Change.model_fields)


def test_the_example_in_the_documents_is_a_part_of_a_plan() -> None:
    text = (PUBLISHED.parent / "json.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("```json\n")[2].partition("```")[0])
    published = promises(document_schema("plan"))
    assert {path.lstrip(".") for path in _paths(example, "")} - published.keys() == set()
    (change,) = example["changes"]
    definitions = document_schema("plan")["$defs"]
    for member, name in (("action", "Action"), ("reason", "Reason")):
        assert change[member] in definitions[name]["enum"]
    assert {change["risks"][0]["label"]} <= set(definitions["Label"]["enum"])


def _paths(value: Any, path: str) -> set[str]:
    if isinstance(value, dict):
        return {path, *(it for key, member in value.items() for it in _paths(member, f"{path}.{key}"))} - {""}
    if isinstance(value, list):
        return {path, *(it for member in value for it in _paths(member, f"{path}[]"))}
    return {path}
