"""One operation as one HTTP request: method, path, query and body, and what sending it twice does.

ValueError is a body that its caller should not have made, and nobody can mend by another file.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx

from agentops.domain.kind import Bundle, History, Kind, Operation, Precondition, Rate, Removal, Switch
from agentops.domain.ports import RegistryError
from agentops.domain.resource import Body
from agentops.registry.archive import MOST_BYTES
from agentops.registry.multipart import Upload, first_upload, next_upload
from agentops.registry.retries import Effect

ANY_BYTES = "application/binary"
"""What the official SDK asks for where the answer is a file (``skills.versions.download``)."""


LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes of JSON, unpacked. A page of a hundred agents, each with a prompt and tools as long as they may be,
has less; what has more comes from something else, and would fill the memory."""


@dataclass(frozen=True, slots=True)
class Call:
    """``path`` is relative to the base URL. Without ``body`` and ``upload`` no body is sent.

    ``rates``: the limits it counts against. ``accept``: the content type that is asked for, JSON if None.
    ``most``: bytes of the answer that are read.
    """

    method: str
    path: str
    beta: str | None
    effect: Effect
    rates: tuple[Rate, ...] = ()
    query: dict[str, str] = field(default_factory=dict)
    body: Body | None = None
    upload: Upload | None = None
    accept: str | None = None
    most: int = LARGEST_ANSWER

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def sent(self) -> Body | None:
        """What an answer may repeat."""
        return self.body if self.upload is None else self.upload.told


def request_of(call: Call, client: httpx.AsyncClient) -> httpx.Request:
    """A call as the client sends it.

    Raises:
        RegistryError: its body is no JSON.
    """
    content: dict[str, Any] = {}
    headers = {"anthropic-beta": call.beta} if call.beta else {}
    if call.accept is not None:
        headers["accept"] = call.accept
    if call.upload is not None:
        content = call.upload.as_arguments
        headers["content-type"] = call.upload.content_type
    elif call.body is not None:
        content["json"] = call.body
    elif call.writes:
        # As the official SDK does for archive and delete: nothing, declared as JSON.
        headers["content-type"] = "application/json"
    with suppress(TypeError, ValueError):
        return client.build_request(
            call.method, call.path, params=call.query or None, headers=headers, **content
        )
    # Said outside, so that the error does not carry along another that holds the body.
    raise RegistryError(f"the body of {call} cannot be written as JSON")


def page_of(kind: Kind, parent: str | None, cursor: str | None) -> Call:
    query = {**kind.list_query, "limit": str(kind.page_size)}
    if cursor is not None:
        query["page"] = cursor
    rates = kind.rates_of(Operation.READ)
    return Call("GET", _collection(kind, parent), kind.beta, Effect.IDEMPOTENT, rates, query)


def retrieval(kind: Kind, id: str, parent: str | None) -> Call:
    path, rates = _item(kind, id, parent), kind.rates_of(Operation.READ)
    return Call("GET", path, kind.beta, Effect.IDEMPOTENT, rates, dict(kind.detail_query))


def versions_of(kind: Kind, id: str, parent: str | None, cursor: str | None) -> Call:
    """A page of the history of an object."""
    history = _history(kind)
    query = {"limit": str(kind.page_size)}
    if history.of:
        query = {**kind.list_query, history.of: id, **query}
    if cursor is not None:
        query["page"] = cursor
    path, rates = _versions(kind, history, id, parent), kind.rates_of(Operation.READ)
    return Call("GET", path, kind.beta, Effect.IDEMPOTENT, rates, query)


def version_of(kind: Kind, id: str, version: str, parent: str | None) -> Call:
    """One object as it was."""
    history, rates = _history(kind), kind.rates_of(Operation.READ)
    if history.query:
        query = {**kind.detail_query, history.query: version}
        return Call("GET", _item(kind, id, parent), kind.beta, Effect.IDEMPOTENT, rates, query)
    path = f"{_versions(kind, history, id, parent)}/{_segment(version)}"
    return Call("GET", path, kind.beta, Effect.IDEMPOTENT, rates, dict(kind.detail_query))


def creation(kind: Kind, body: Body, parent: str | None) -> Call:
    if kind.switch is not None and kind.switch.field in body:
        raise ValueError(f"{kind.switch.field} of a {kind.name} is no part of a create; it has its own calls")
    path, rates = _collection(kind, parent), kind.rates_of(Operation.CREATE)
    if kind.bundle is not None:
        upload = first_upload(kind, kind.bundle, body)
        return Call("POST", path, kind.beta, Effect.ONCE, rates, upload=upload)
    return Call("POST", path, kind.beta, Effect.ONCE, rates, body=body)


def change(kind: Kind, id: str, body: Body, parent: str | None) -> Call:
    """An update is a POST on the item. What binds it stands in its body."""
    if kind.switch is not None and kind.switch.field in body:
        return _turn(kind, kind.switch, id, body, parent)
    bound_to_version = kind.precondition is Precondition.VERSION and "version" in body
    effect = Effect.ONCE if bound_to_version else Effect.CONVERGENT
    return Call("POST", _item(kind, id, parent), kind.beta, effect, _other(kind), body=body)


def _turn(kind: Kind, switch: Switch, id: str, body: Body, parent: str | None) -> Call:
    if len(body) > 1 or not isinstance(wanted := body[switch.field], bool):
        raise ValueError(f"{switch.field} of a {kind.name} is true or false, in an update of its own")
    path = f"{_item(kind, id, parent)}/{switch.on if wanted else switch.off}"
    return Call("POST", path, kind.beta, Effect.IDEMPOTENT, _other(kind))


def addition(kind: Kind, bundle: Bundle, id: str, body: Body, parent: str | None) -> Call:
    """Each upload is a version, whether or not its files are those of the last."""
    path = f"{_item(kind, id, parent)}/{bundle.versions}"
    rates = kind.rates_of(Operation.CREATE)
    return Call("POST", path, kind.beta, Effect.ONCE, rates, upload=next_upload(kind, bundle, body))


def download(kind: Kind, id: str, version: str) -> Call:
    if kind.bundle is None:
        raise ValueError(f"a {kind.name} has no files")
    path = f"{_item(kind, id, None)}/{kind.bundle.versions}/{_segment(version)}/content"
    # One byte more than is taken: what is too large can be told from what just fits.
    rates = kind.rates_of(Operation.READ)
    return Call("GET", path, kind.beta, Effect.IDEMPOTENT, rates, accept=ANY_BYTES, most=MOST_BYTES + 1)


def removal(kind: Kind, id: str, parent: str | None, expected: str | None = None) -> Call:
    path = _item(kind, id, parent)
    if expected is not None:
        if kind.removal is not Removal.DELETE or kind.precondition is not Precondition.CONTENT:
            raise ValueError(f"the removal of a {kind.name} cannot be bound to its content")
        # A 409 tells that somebody has changed it: asking again would not change that.
        query = {"expected_content_sha256": expected}
        return Call("DELETE", path, kind.beta, Effect.CONVERGENT, _other(kind), query)
    if kind.removal is Removal.DELETE:
        return Call("DELETE", path, kind.beta, Effect.IDEMPOTENT, _other(kind))
    return Call("POST", f"{path}/archive", kind.beta, Effect.IDEMPOTENT, _other(kind))


def _other(kind: Kind) -> tuple[Rate, ...]:
    return kind.rates_of(Operation.OTHER)


def _history(kind: Kind) -> History:
    if kind.history is None:
        raise ValueError(f"the API keeps no versions of a {kind.name}")
    return kind.history


def _versions(kind: Kind, history: History, id: str, parent: str | None) -> str:
    above = {"parent": _segment(parent)} if "{parent}" in history.versions else {}
    return history.versions.format(item=_item(kind, id, parent), **above)


def _collection(kind: Kind, parent: str | None) -> str:
    return kind.path.format(parent=_segment(parent)) if "{parent}" in kind.path else kind.path


def _item(kind: Kind, id: str, parent: str | None) -> str:
    return f"{_collection(kind, parent)}/{_segment(id)}"


def _segment(id: str | None) -> str:
    """An ID as one path segment, whatever is in it: it comes from a file."""
    if not id or not id.strip(".") or not id.isprintable():
        raise RegistryError(f"{id!r} cannot be an ID")
    return quote(id, safe="")
