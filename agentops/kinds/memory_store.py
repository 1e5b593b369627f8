"""The kind ``memory_store``: a named set of text documents that sessions mount under ``/mnt/memory``.

Every field can be changed in place. The store goes away by archiving, for deleting takes its memories and
their history along; archived it can still be read, and neither can be undone.

Sources: API reference, "Memory stores"; SDK types ``MemoryStoreCreateParams``,
``BetaManagedAgentsMemoryStore``.
"""

from __future__ import annotations

import unicodedata
from typing import Annotated

import pydantic
from pydantic import AfterValidator, StringConstraints

from agentops.domain.diagnostics import Code
from agentops.domain.kind import Clear, Field, Kind, Removal
from agentops.domain.resource import Body
from agentops.domain.surface import Surface
from agentops.kinds.rates import MANAGED_AGENTS
from agentops.kinds.reading import metadata_of, text_of, words_of
from agentops.kinds.schema import METADATA, Metadata, Request, known_members, refusal


def _without_control_characters(name: str) -> str:
    for character in name:
        if unicodedata.category(character) == "Cc":
            raise refusal(Code.INVALID_VALUE, f"a store name has no control characters; remove {character!r}")
    return name


StoreName = Annotated[
    str, StringConstraints(min_length=1, max_length=255), AfterValidator(_without_control_characters)
]


class MemoryStoreCreate(Request):
    name: StoreName
    description: Annotated[str, StringConstraints(max_length=1024)] = ""
    metadata: Metadata = pydantic.Field(default_factory=dict)


def complete(body: Body) -> Body:
    return {"description": "", "metadata": {}, **known_members(body, MemoryStoreCreate)}


def surface(body: Body) -> Surface:
    return Surface(
        name=text_of(body.get("name")) or "",
        description=words_of(body.get("description")),
        metadata=metadata_of(body),
    )


MEMORY_STORE = Kind(
    name="memory_store",
    directory="memory_stores",
    path="/v1/memory_stores",
    beta="agent-memory-2026-07-22",
    id_prefix="memstore_",
    schema=MemoryStoreCreate,
    fields={
        "name": Field(clear=Clear.NEVER),
        "description": Field(default="", clear=Clear.EMPTY),
        "metadata": METADATA,
    },
    removal=Removal.ARCHIVE,
    rates=MANAGED_AGENTS,
    text_field="description",
    complete=complete,
    surface=surface,
)
