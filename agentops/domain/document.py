"""The JSON documents that commands print, and the JSON Schema (2020-12) of each.

A schema is made from the model that is printed, so that it says what is there: every member a document always
has is required. It is open for reading: a later version may add members, and a consumer passes over what it
does not know. What is published goes away only with another ``format_version``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from agentops.domain.comparison import Comparison, Diff
from agentops.domain.plan import FORMAT_VERSION, Plan
from agentops.domain.pulled import PullReport
from agentops.domain.report import (
    ApplyReport,
    DriftReport,
    Overview,
    Reviewed,
    StatusReport,
    ValidationReport,
)
from agentops.domain.rules import Explained, ExplainedCode
from agentops.domain.state import Lock, LockEntry
from agentops.domain.torn import RebuildReport

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """``commands`` print it with ``--format json``; ``when`` says where they print another one, too."""

    type: Any
    title: str
    commands: tuple[str, ...]
    when: str = ""


DOCUMENTS: Mapping[str, Document] = {
    "validation": Document(ValidationReport, "What checking the files found", ("validate",)),
    "plan": Document(
        Plan,
        "What apply will do, and what it was decided on",
        ("plan", "show", "promote", "rollback", "apply", "destroy"),
    ),
    "plans": Document(
        tuple[Plan, ...], "The plans of several stages, in order", ("promote", "show"), "of several stages"
    ),
    "apply": Document(
        ApplyReport, "What apply did, in the order of the plan", ("apply", "destroy", "promote", "rollback")
    ),
    "applies": Document(
        tuple[ApplyReport | Plan, ...],
        "What was applied to several stages, and the plans of those it did not come to",
        ("promote",),
        "to several stages",
    ),
    "drift": Document(DriftReport, "What moved in the registry since the last apply", ("drift",)),
    "status": Document(StatusReport, "Where every address of one stage stands", ("status",), "of one stage"),
    "overview": Document(
        Overview, "Where every address stands, stage by stage", ("status",), "of several stages, or offline"
    ),
    "comparison": Document(Comparison, "What differs between two stages", ("diff",), "with --stages"),
    "diff": Document(Diff, "What a change of the files means, stage by stage", ("diff",), "of a revision"),
    "rules": Document(Explained, "What rules a project has, or what one asks", ("explain",)),
    "code": Document(ExplainedCode, "What a diagnostic's code means", ("explain",), "of a diagnostic's code"),
    "pull": Document(PullReport, "What was written into which files", ("pull",)),
    "reviewed": Document(Reviewed, "What was reviewed before it was merged", ("github reviewed",)),
    "lock": Document(Lock, "What a stage's lock records", ("lock list",)),
    "lock-entry": Document(LockEntry, "What a lock records of one address", ("lock show",)),
    "rebuild": Document(RebuildReport, "What was made of a torn lock", ("lock rebuild",)),
}
"""By the name that ``agentops schema --document`` takes."""


def document_schema(name: str) -> Schema:
    """The schema of one document.

    Raises:
        KeyError: there is no such document.
    """
    document = DOCUMENTS[name]
    made = TypeAdapter(document.type).json_schema(mode="serialization", schema_generator=_AsPrinted)
    head = {
        "$schema": DIALECT,
        "$id": f"urn:agentops:document:{name}:{FORMAT_VERSION}",
        "title": document.title,
    }
    return {**head, **{key: value for key, value in made.items() if key != "title"}}


class _AsPrinted(GenerateJsonSchema):
    """What is written, not what is accepted: no defaults, nothing optional, nothing forbidden."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        return _explained(_open(super().model_schema(schema)), schema["cls"])

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        return _explained(_open(super().dataclass_schema(schema)), schema["cls"])


def _open(made: JsonSchemaValue) -> JsonSchemaValue:
    if made.get("additionalProperties") is False:
        del made["additionalProperties"]
    return made


def _explained(made: JsonSchemaValue, cls: type) -> JsonSchemaValue:
    """With what a docstring says of a member at that member, and the rest of it at the top."""
    properties = made.get("properties", {})
    made["description"], members = _sections(inspect.getdoc(cls) or "", properties.keys())
    for name, text in members.items():
        properties[name]["description"] = text
    if "format_version" in properties:
        properties["format_version"] = {"const": FORMAT_VERSION}
    return made


_MEMBERS = re.compile(r"(?:^|(?<=\n)|(?<=\. ))(\w+(?:, \w+)*): ")


def _sections(text: str, names: Collection[str]) -> tuple[str, dict[str, str]]:
    """What a docstring says at all, and what of members: ``name, other: what they are``, up to the next of
    them or to the end of the paragraph."""
    about: list[str] = []
    members: dict[str, str] = {}
    for paragraph in text.split("\n\n"):
        starts = [
            found for found in _MEMBERS.finditer(paragraph) if all(it in names for it in found[1].split(", "))
        ]
        ends = [*(found.start() for found in starts), len(paragraph)]
        about.append(_plain(paragraph[: ends[0]]))
        for found, end in zip(starts, ends[1:], strict=True):
            members |= dict.fromkeys(found[1].split(", "), _plain(paragraph[found.end() : end]))
    return " ".join(filter(None, about)), members


def _plain(text: str) -> str:
    """In one line, and in the words of JSON."""
    return re.sub(r"\bNone\b", "null", " ".join(text.replace("``", "`").split()))
