"""What a resource is built from: the digest of its parsed content, before overrides and before rendering.

It is the same in every stage and independent of comments, of the order of keys and of where the files lie, so
that a promotion can tell whether two stages run the same thing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from agentops.domain.canonical import content_digest, digest
from agentops.domain.diagnostics import Location
from agentops.domain.resource import Source
from agentops.spec.files import Files, Refused, is_pattern
from agentops.spec.located import LocatedDict, plain
from agentops.spec.memory import seed_path
from agentops.spec.overlay import OVERRIDES
from agentops.spec.paths import files_behind, files_possible, is_templated
from agentops.spec.payload import payload_of, strings
from agentops.spec.revision import Revision
from agentops.spec.source import read_data
from agentops.spec.waivers import POLICY

Matched = Mapping[str, Sequence[str]]
"""A pattern as it is written -> the addresses it names."""


def source_of(
    path: str,
    written: LocatedDict,
    defaults: Mapping[str, Any],
    matched: Matched,
    files: Files,
    revision: Revision | None,
) -> Source:
    """Of the file at ``path``, whose members are ``written``: with its prompt and its includes.

    ``defaults`` are members it has although it does not say so: the name that its path gives. ``matched`` is
    what its patterns name: with another file there it is built from something else.
    """
    base = written.without(OVERRIDES, POLICY)
    payload = payload_of(path, base, files)
    content: dict[str, Any] = {
        "body": {**defaults, **plain(base)},
        "texts": {
            key: [_text_digest(item, files) for item in found] for key, found in payload.prompts.items()
        },
        "includes": {
            key: [_data_digest(item, files) for item in found] for key, found in payload.includes.items()
        },
    }
    if matched:
        content["matched"] = {key: sorted(found) for key, found in matched.items()}
    read = {item for found in (*payload.prompts.values(), *payload.includes.values()) for item in found}
    folders = {_folder_of(it, path) for it in (*matched, *filter(is_pattern, payload.includes))}
    if revision is None or any(revision.has_changes_in(folder) for folder in folders):
        return Source(digest=digest(content))
    return Source(digest=digest(content), commit=revision.commit_of([path, *read]))


def files_of(path: str, written: LocatedDict, files: Files) -> tuple[str, ...]:
    """The files that whatever is declared at ``path`` is built from."""
    payload = payload_of(path, written.without(OVERRIDES), files)
    found = (*payload.prompts.values(), *payload.includes.values())
    return tuple(sorted({path, *(item for named in found for item in named)}))


def _folder_of(pattern: str, base: str) -> str:
    """The folder that whatever a pattern matches lies in."""
    fixed = list(takewhile(lambda part: not is_pattern(part), pattern.split("/")))
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), *fixed))


def memory_before_overrides(index: int, staged: LocatedDict, written: LocatedDict) -> LocatedDict:
    """The entry that the ``index``-th memory of a stage is in the file, for every stage and not rendered; its
    name alone where only overrides declare it. ``staged`` is the file with overrides, not rendered either."""
    entry = _memories(staged)[index]
    name = _name(entry)
    for other in _memories(written):
        if isinstance(other, LocatedDict) and _name(other) == name:
            return other
    return LocatedDict.of(staged.at, {"name": name})


def _memories(body: LocatedDict) -> Sequence[Any]:
    memory = body.get("memory")
    return memory if isinstance(memory, list) else [memory]


def _name(entry: Any) -> Any:
    return (entry.get("name") or entry.get("type")) if isinstance(entry, LocatedDict) else None


@dataclass(frozen=True, slots=True)
class SeedSources:
    """The files that ``seed`` names before overrides: by the path they get in the store, and those that a
    template's expression may make anything."""

    by_path: Mapping[str, Sequence[str]]
    anywhere: Sequence[str]

    @classmethod
    def of(cls, holder: LocatedDict, base: str, files: Files) -> SeedSources:
        by_path: dict[str, list[str]] = {}
        anywhere: list[str] = []
        for reference in strings(holder.get("seed")):
            if is_templated(reference):
                anywhere.extend(files_possible(reference, base, files, folders=True, patterns=True))
                continue
            try:
                named = files_behind(reference, base, Location(base), files, folders=True, patterns=True)
            except Refused:
                continue
            for file in named.files:
                by_path.setdefault(seed_path(file, named.start), []).append(file)
        return cls(by_path, anywhere)

    def digest(self, path: str, files: Files) -> str:
        """Of the document that is seeded as ``path``."""
        found = [*self.by_path.get(path, ()), *self.anywhere]
        return digest({"path": path, "content": [_text_digest(item, files) for item in found]})


def _text_digest(path: str, files: Files) -> str | None:
    try:
        return content_digest(files.text(path))
    except Refused:
        return None  # reported where the file is used


def _data_digest(path: str, files: Files) -> str | None:
    try:
        return digest(plain(read_data(files, path)))
    except Refused:
        return None
