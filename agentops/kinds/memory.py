"""The kind ``memory``: one document in a memory store.

Lists leave the content out but tell its SHA-256, so a memory is compared without being downloaded. A memory
has no metadata; its path, which is unique in the store, says whose it is.

Sources: API reference, "Memories"; SDK types ``MemoryCreateParams``, ``BetaManagedAgentsMemory``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator

from agentops.domain.diagnostics import Code
from agentops.domain.kind import Clear, Field, History, Kind, Precondition, Removal
from agentops.domain.resource import Body
from agentops.domain.surface import Surface
from agentops.kinds.rates import MANAGED_AGENTS
from agentops.kinds.reading import text_of, words_of
from agentops.kinds.schema import Request, known_members, refusal

_MAX_CONTENT_BYTES = 102_400
_MAX_PATH_BYTES = 1_024
_MAX_SEGMENTS = 20
_UNPRINTED = {
    "Cc": "control character",
    "Cf": "format character",
    "Zl": "line separator",
    "Zp": "paragraph separator",
}


def _check_path(path: str) -> str:
    for code, message in _path_problems(path):
        raise refusal(code, message)
    return path


def _path_problems(path: str) -> Iterator[tuple[Code, str]]:
    if not path.startswith("/"):
        yield Code.INVALID_VALUE, f"a memory path starts with '/'; write '/{path}'"
        return
    segments = path[1:].split("/")
    if any(segment in {"", ".", ".."} for segment in segments):
        yield (
            Code.INVALID_VALUE,
            "a memory path has no empty, '.' or '..' segment; write e.g. '/notes/today.md'",
        )
    if len(segments) > _MAX_SEGMENTS:
        yield Code.LIMIT, f"a memory path has at most {_MAX_SEGMENTS} segments, this one has {len(segments)}"
    for character in path:
        if what := _UNPRINTED.get(unicodedata.category(character)):
            yield Code.INVALID_VALUE, f"a memory path has no {what}; remove U+{ord(character):04X}"
    if not unicodedata.is_normalized("NFC", path):
        yield Code.INVALID_VALUE, "a memory path is in Unicode normal form C (composed); rename the file"
    if (size := len(path.encode())) > _MAX_PATH_BYTES:
        yield Code.LIMIT, f"a memory path has at most {_MAX_PATH_BYTES} bytes, this one has {size}"


def _check_content(content: str) -> str:
    if (size := len(content.encode())) > _MAX_CONTENT_BYTES:
        message = f"a memory holds at most {_MAX_CONTENT_BYTES} bytes, this content has {size}; split it"
        raise refusal(Code.LIMIT, message)
    return content


class MemoryCreate(Request):
    path: Annotated[str, AfterValidator(_check_path)]
    content: Annotated[str, AfterValidator(_check_content)] | None


def complete(body: Body) -> Body:
    """The path, and the content or its hash. Content that is neither there nor hashed is empty."""
    filled = known_members(body, MemoryCreate)
    if "content" not in filled:
        known_hash = body.get("content_sha256")
        filled |= {"content": ""} if known_hash is None else {"content_sha256": known_hash}
    return filled


def surface(body: Body) -> Surface:
    """What agents read there is as good as a prompt."""
    return Surface(
        name=text_of(body.get("path")) or "", prompt=words_of(body.get("content")), prompt_field="content"
    )


MEMORY = Kind(
    name="memory",
    directory="memories",
    path="/v1/memory_stores/{parent}/memories",
    beta="agent-memory-2026-07-22",
    id_prefix="mem_",
    schema=MemoryCreate,
    fields={
        "path": Field(clear=Clear.NEVER),
        "content": Field(clear=Clear.EMPTY, digest="content_sha256"),
    },
    label=None,
    removal=Removal.DELETE,
    rates=MANAGED_AGENTS,
    text_field="content",
    parent="memory_store",
    complete=complete,
    history=History(
        "/v1/memory_stores/{parent}/memory_versions", id="id", newest="memory_version_id", of="memory_id"
    ),
    precondition=Precondition.CONTENT,
    tagged=False,
    key="path",
    detail_query={"view": "full"},
    list_query={"view": "basic"},
    documents="content",
    surface=surface,
)
