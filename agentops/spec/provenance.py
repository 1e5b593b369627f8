"""What a resource is built from: the digest of its parsed content, before overrides and before rendering.

It is the same in every stage and independent of comments and the order of keys, so that a promotion can tell
whether two stages run the same thing.
"""

from __future__ import annotations

from typing import Any

from agentops.domain.canonical import content_digest, digest
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.resource import Source
from agentops.spec.files import Files, Refused
from agentops.spec.located import LocatedDict, plain
from agentops.spec.memory import Memory, read_memories
from agentops.spec.overlay import OVERRIDES
from agentops.spec.payload import payload_of
from agentops.spec.revision import Revision
from agentops.spec.source import Document, read_data


def source_of(path: str, written: LocatedDict, files: Files, revision: Revision | None) -> Source:
    """Of the file at ``path``, whose members are ``written``: with its prompt and its includes."""
    base = written.without(OVERRIDES)
    payload = payload_of(Document(path, base), files)
    texts: dict[str, str] = {}
    includes: dict[str, str] = {}
    try:
        texts = {item: content_digest(files.text(item)) for item in sorted(payload.prompts)}
        includes = {item: digest(plain(read_data(files, item))) for item in sorted(payload.includes)}
    except Refused:
        pass  # reported where the file is used
    return Source(
        digest=digest({"body": plain(base), "texts": texts, "includes": includes}),
        commit=None if revision is None else revision.commit_of([path, *texts, *includes]),
    )


def entry_before_overrides(memory: Memory, written: LocatedDict) -> Any:
    """The memory as the file has it for every stage; its name alone where only overrides declare it."""
    ignored: list[Diagnostic] = []
    for base in read_memories(written, ignored):
        if base.name == memory.name:
            return plain(base.entry)
    return {"name": memory.name}
