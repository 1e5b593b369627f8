"""The files a document refers to: its prompt, includes and seeds, in every stage. Such files declare nothing
themselves, wherever they lie."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.domain.diagnostics import Location
from agentops.spec.files import Files, Refused, is_pattern
from agentops.spec.include import is_path
from agentops.spec.source import Document

_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Payload:
    """``prompts`` and ``seeds`` are text, ``includes`` data files spliced into lists."""

    prompts: frozenset[str]
    seeds: frozenset[str]
    includes: frozenset[str]

    @property
    def texts(self) -> frozenset[str]:
        return self.prompts | self.seeds


def payload_of(document: Document, files: Files) -> Payload:
    """What the document refers to. Broken references are passed over here; they are reported where used."""
    prompts: set[str] = set()
    seeds: set[str] = set()
    includes: set[str] = set()
    for body in _bodies(document.body):
        for found, references in (
            (prompts, _strings(body.get("prompt"))),
            (seeds, _seeds(body)),
            (includes, _includes(body)),
        ):
            for reference in references:
                found.update(_files_of(reference, document.path, files))
    return Payload(frozenset(prompts), frozenset(seeds), frozenset(includes))


def _bodies(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield body
    overrides = body.get("overrides")
    if isinstance(overrides, Mapping):
        yield from (patch for patch in overrides.values() if isinstance(patch, Mapping))


def _seeds(body: Mapping[str, Any]) -> Iterator[str]:
    yield from _strings(body.get("seed"))
    memory = body.get("memory")
    for entry in memory if isinstance(memory, list) else [memory]:
        if isinstance(entry, Mapping):
            yield from _strings(entry.get("seed"))


def _includes(body: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(tools := body.get("tools"), list):
        yield from (text for text in _strings(tools) if is_path(text))
    if isinstance(servers := body.get("mcp_servers"), list):
        yield from _strings(servers)


def _strings(value: Any) -> Iterator[str]:
    yield from (
        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str) and item
    )


def _files_of(reference: str, base: str, files: Files) -> list[str]:
    """The files behind a path, a folder or a glob; a template's expressions may become anything."""
    reference = _EXPRESSION.sub("*", reference)
    try:
        path = files.join(base, reference, Location(base))
    except Refused:
        return []
    if files.is_file(path):
        return [path]
    if files.is_folder(path):
        return files.below(path)
    return files.matching(path) if is_pattern(reference) else []
