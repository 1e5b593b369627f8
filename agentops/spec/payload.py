"""The files a document refers to: its prompt, includes and seeds, in every stage. Such files declare nothing
themselves, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.spec.files import Files
from agentops.spec.include import is_path
from agentops.spec.paths import files_possible

References = Mapping[str, tuple[str, ...]]
"""A reference as it is written -> the files behind it."""


@dataclass(frozen=True, slots=True)
class Payload:
    """``prompts`` and ``seeds`` are text, ``includes`` data files spliced into lists."""

    prompts: References
    seeds: References
    includes: References

    @property
    def texts(self) -> frozenset[str]:
        return _files(self.prompts) | _files(self.seeds)

    @property
    def data(self) -> frozenset[str]:
        return _files(self.includes)


def payload_of(path: str, body: Mapping[str, Any], files: Files) -> Payload:
    """What the file at ``path`` refers to with these members, the patches of its ``overrides`` included."""
    bodies = [body, *_patches(body)]
    return Payload(
        prompts={
            item: files_possible(item, path, files) for each in bodies for item in strings(each.get("prompt"))
        },
        seeds={
            item: files_possible(item, path, files, folders=True, patterns=True)
            for each in bodies
            for item in _seeds(each)
        },
        includes={
            item: files_possible(item, path, files, patterns=True)
            for each in bodies
            for item in _includes(each)
        },
    )


def _patches(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    overrides = body.get("overrides")
    blocks = overrides.values() if isinstance(overrides, Mapping) else ()
    return [patch for patch in blocks if isinstance(patch, Mapping)]


def _seeds(body: Mapping[str, Any]) -> Iterator[str]:
    yield from strings(body.get("seed"))
    memory = body.get("memory")
    for entry in memory if isinstance(memory, list) else [memory]:
        if isinstance(entry, Mapping):
            yield from strings(entry.get("seed"))


def _includes(body: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(tools := body.get("tools"), list):
        yield from (text for text in strings(tools) if is_path(text))
    if isinstance(servers := body.get("mcp_servers"), list):
        yield from strings(servers)


def strings(value: Any) -> Iterator[str]:
    """The texts of one value or of a list; what else stands there is wrong, and reported where it is used."""
    yield from (
        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str) and item
    )


def _files(references: References) -> frozenset[str]:
    return frozenset(path for found in references.values() for path in found)
