"""What a resource module declares: its endpoints, each a method, a path and a handler.

A handler is a plain function from a :class:`Call` to the JSON object, or to the file, to answer
with. It runs in a worker thread, inside one transaction that is committed when it returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.emulator.admission import parse_json
from agentops.emulator.checks import Check, record, refuse

#: Beta header values of the Managed Agents API (API reference, "Beta headers").
MANAGED_AGENTS = "managed-agents-2026-04-01"
AGENT_MEMORY = "agent-memory-2026-07-22"


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted request.

    ``body`` is what the endpoint's ``parse`` made of the request: the parsed JSON, None where
    nothing was sent; or the parts of a form. ``ids`` are the path's parameters; ``now`` is the
    request's one timestamp; ``actor`` is what memory versions record as author.
    """

    tx: sqlite3.Connection
    ids: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    now: str
    actor: Mapping[str, str]

    def read_body(self, schema: Check) -> dict[str, Any]:
        """The body as ``schema`` returns it; 400 when it breaks the schema."""
        if self.body is None:
            refuse("", "A JSON object is required as the request body.")
        return dict(schema(self.body, ""))

    def read_query(self, parameters: Mapping[str, Check]) -> dict[str, Any]:
        """The query parameters that were sent; 400 for unknown ones and for bad values."""
        return dict(record(parameters)(dict(self.query), ""))

    def refuse_parameters(self) -> None:
        """For endpoints that take no query and no body members."""
        self.read_query({})
        if self.body is not None:
            self.read_body(record({}))


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is no JSON: a file that the caller may save as ``filename``, which is ASCII."""

    content: bytes
    media_type: str
    filename: str


Handler = Callable[[Call], dict[str, Any] | Download]
Parser = Callable[[str, bytes], Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``beta`` has to stand in the ``anthropic-beta`` header, ``beta_refused`` must not stand beside it.

    ``parse`` takes the content type and the bytes of a request's body and returns :attr:`Call.body`.
    """

    method: str
    path: str
    handler: Handler
    beta: str | None = None
    beta_refused: str | None = None
    parse: Parser = parse_json
