"""The port ``Documents`` on a registry: texts in objects of a kind whose path is unique in its parent.

The parent is tagged as the project's, in the workspace of the stage. Should several carry that tag, because
two first runs have each made one, the oldest counts; one that is found newer is given up by who made it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agentops.domain.kind import OWNER_KEY, Catalog, Kind, Removal, shared_tag
from agentops.domain.ports import (
    Conflict,
    Document,
    NoDocuments,
    NotFound,
    OutcomeUnknown,
    Registry,
    RegistryError,
)
from agentops.domain.resource import Body

MOST_BYTES = 100_000
"""Of one document; the API takes 102,400."""


class SharedDocuments:
    """The documents of one project. Every method raises NoDocuments where the catalog has no kind, or the
    registry no endpoint, for them."""

    def __init__(self, registry: Registry, catalog: Catalog, project: str) -> None:
        self._registry = registry
        self._kind = catalog.documents
        self._tag = shared_tag(project)
        self._name = f"agentops-{project}"
        self._description = (
            f"Kept by agentops for the project {project}: who applies right now, and copies of its locks. "
            "Not for agents; do not attach or edit it."
        )
        self._catalog = catalog
        self._only: str | None = None  # the parent, as long as a list has shown no other

    @property
    def server_time(self) -> float | None:
        return self._registry.server_time

    async def list(self, folder: str = "/") -> Sequence[Document]:
        parents = await self._parents()
        self._only = parents[0] if len(parents) == 1 else None
        below = [found for parent in parents for found in await self._below(parent)]
        return [found for found in below if found.path.startswith(folder)]

    async def find(self, path: str) -> Document | None:
        return next((found for found in await self.list() if found.path == path), None)

    async def read(self, document: Document) -> str:
        kind, _ = self._kinds()
        live = await self._registry.get(kind, document.id, parent=document.parent)
        text = live.get(kind.documents or "")
        if not isinstance(text, str) or _sha256(text) != document.sha256:
            raise Conflict(f"{document.path} is another by now", status=409)
        return text

    async def create(self, path: str, text: str, *, alone: bool = False) -> Document:
        kind, _ = self._kinds()
        parent = self._only or await self._parent()
        live = await self._registry.create(kind, self._body(path, text), parent=parent)
        made = self._document(live, parent, text)
        # Meanwhile an older parent may have come to light, or somebody may have been faster in another; or
        # this one was given up by who made it, with all that is in it.
        parents = await self._parents() if alone else ()
        if parents and list(parents) != [parent]:
            same = [item for one in parents for item in await self._below(one) if item.path == path]
            if parents[0] != parent or any(item.id != made.id for item in same):
                await self.delete(made)
                raise Conflict(f"{path} is taken", status=409)
        return made

    async def replace(self, document: Document, text: str) -> Document:
        kind, _ = self._kinds()
        body = kind.bound({kind.documents or "": text}, document.sha256)
        live = await self._registry.update(kind, document.id, body, parent=document.parent)
        return self._document(live, document.parent, text)

    async def delete(self, document: Document) -> None:
        kind, _ = self._kinds()
        await self._registry.remove(kind, document.id, parent=document.parent, expected=document.sha256)

    # -- where they lie

    def _kinds(self) -> tuple[Kind, Kind]:
        """The kind of a document, and that of what holds them."""
        kind = self._kind
        if kind is None or kind.parent is None:
            raise NoDocuments("no kind of resource has a place for documents")
        # What was made here and never used is deleted, however resources of its kind go away.
        return kind, replace(self._catalog[kind.parent], removal=Removal.DELETE)

    async def _parents(self) -> Sequence[str]:
        """The IDs of what is tagged as ours, the oldest first."""
        _, holding = self._kinds()
        try:
            found = [body async for body in self._registry.list(holding)]
        except RegistryError as refused:
            if refused.status != 404:
                raise
            raise NoDocuments(refused.message, status=404, request_id=refused.request_id) from None
        tagged = [body for body in found if _metadata(body).get(OWNER_KEY) == self._tag]
        return [str(body["id"]) for body in sorted(tagged, key=_oldest_first)]

    async def _parent(self) -> str:
        if parents := await self._parents():
            return parents[0]
        _, holding = self._kinds()
        body = {"name": self._name, "description": self._description, "metadata": {OWNER_KEY: self._tag}}
        made: str | None = None
        with suppress(OutcomeUnknown):  # it is there or it is not: the list tells
            made = str((await self._registry.create(holding, body))["id"])
        parents = await self._parents()
        if not parents:
            raise OutcomeUnknown("what holds the project's documents was created, but is not listed yet")
        if made is not None and parents[0] != made and made in parents and not await self._below(made):
            await self._registry.remove(holding, made)
        return parents[0]

    async def _below(self, parent: str) -> Sequence[Document]:
        kind, _ = self._kinds()
        try:
            return [
                self._document(body, parent)
                async for body in self._registry.list(kind, parent=parent)
                if isinstance(body.get(kind.key or ""), str)
            ]
        except NotFound:  # given up by another run, since it was listed
            return []

    def _body(self, path: str, text: str) -> Body:
        kind, _ = self._kinds()
        if (size := len(text.encode())) > MOST_BYTES:
            raise RegistryError(f"{path} has {size} bytes; a document has at most {MOST_BYTES}")
        return {kind.key or "": path, kind.documents or "": text}

    def _document(self, live: Body, parent: str, text: str | None = None) -> Document:
        """What a list or an answer tells. What was just written has the hash of what was written."""
        kind, _ = self._kinds()
        told = live.get(kind.precondition or "") if text is None else _sha256(text)
        return Document(
            path=str(live.get(kind.key or "")),
            sha256=str(told),
            id=str(live["id"]),
            parent=parent,
            changed=seconds(live.get("updated_at")),
        )


def seconds(told: Any) -> float | None:
    """An RFC 3339 time in seconds since 1970, or None for what is none."""
    try:
        found = datetime.fromisoformat(told)
    except (TypeError, ValueError):
        return None
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()


def _oldest_first(body: Body) -> tuple[float, str]:
    made = seconds(body.get("created_at"))
    return (made if made is not None else float("inf"), str(body["id"]))


def _metadata(body: Body) -> Body:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
