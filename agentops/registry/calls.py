"""One operation as one HTTP request: method, path, query and body, and what sending it twice does."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from agentops.domain.kind import Kind, Precondition, Removal
from agentops.domain.ports import RegistryError
from agentops.domain.resource import Body
from agentops.registry.retries import Effect


@dataclass(frozen=True, slots=True)
class Call:
    """``path`` is relative to the base URL. ``body`` None means that none is sent."""

    method: str
    path: str
    beta: str | None
    effect: Effect
    query: dict[str, str] = field(default_factory=dict)
    body: Body | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        return self.method != "GET"


def page_of(kind: Kind, parent: str | None, cursor: str | None) -> Call:
    query = {**kind.list_query, "limit": str(kind.page_size)}
    if cursor is not None:
        query["page"] = cursor
    return Call("GET", _collection(kind, parent), kind.beta, Effect.IDEMPOTENT, query)


def retrieval(kind: Kind, id: str, parent: str | None) -> Call:
    return Call("GET", _item(kind, id, parent), kind.beta, Effect.IDEMPOTENT, dict(kind.detail_query))


def creation(kind: Kind, body: Body, parent: str | None) -> Call:
    return Call("POST", _collection(kind, parent), kind.beta, Effect.ONCE, body=body)


def change(kind: Kind, id: str, body: Body, parent: str | None) -> Call:
    """An update is a POST on the item. What binds it stands in its body."""
    bound_to_version = kind.precondition is Precondition.VERSION and "version" in body
    effect = Effect.ONCE if bound_to_version else Effect.CONVERGENT
    return Call("POST", _item(kind, id, parent), kind.beta, effect, body=body)


def removal(kind: Kind, id: str, parent: str | None) -> Call:
    path = _item(kind, id, parent)
    if kind.removal is Removal.DELETE:
        return Call("DELETE", path, kind.beta, Effect.IDEMPOTENT)
    return Call("POST", f"{path}/archive", kind.beta, Effect.IDEMPOTENT)


def _collection(kind: Kind, parent: str | None) -> str:
    return kind.path.format(parent=_segment(parent)) if "{parent}" in kind.path else kind.path


def _item(kind: Kind, id: str, parent: str | None) -> str:
    return f"{_collection(kind, parent)}/{_segment(id)}"


def _segment(id: str | None) -> str:
    """An ID as one path segment, whatever is in it: it comes from a file."""
    if not id or not id.strip(".") or not id.isprintable():
        raise RegistryError(f"{id!r} cannot be an ID")
    return quote(id, safe="")
