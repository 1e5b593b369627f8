"""The ASGI application: routing, the response headers, and how errors are rendered.

Handlers are synchronous, SQLite blocks; each request runs in a worker thread and in one
transaction, so the event loop never waits for the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agentops.emulator import (
    agents,
    credentials,
    deployment_runs,
    deployments,
    environments,
    memories,
    memory_stores,
    memory_versions,
    skill_versions,
    skills,
    vaults,
)
from agentops.emulator.admission import (
    check_credential,
    check_version,
    check_workspace,
    read_body,
)
from agentops.emulator.betas import check_betas
from agentops.emulator.checks import timestamp
from agentops.emulator.database import Database, new_id
from agentops.emulator.endpoint import Call, Download, Endpoint
from agentops.emulator.errors import ApiError

#: One entry per API resource; a new resource is one file and one line here.
RESOURCES = (
    agents,
    environments,
    memory_stores,
    memories,
    memory_versions,
    skills,
    skill_versions,
    vaults,
    credentials,
    deployments,
    deployment_runs,
)

Clock = Callable[[], datetime]


def create_app(database: str | os.PathLike[str], *, clock: Clock | None = None) -> Starlette:
    """The embedded registry as an ASGI application.

    ``database`` is the path of the SQLite file, whose parent directories are created, or
    ``":memory:"``. ``clock`` returns aware datetimes; the default is the system's UTC time.

    The application needs no lifespan events. Under a server that sends them the database is
    closed at shutdown; in-process, call ``app.state.database.close()``. Every response carries
    its own ``Date`` header, so run uvicorn with ``date_header=False``.

    Raises :class:`~agentops.emulator.DatabaseError` when the file cannot be used.
    """
    storage = Database(database, [resource.TABLES for resource in RESOURCES])
    registry = _Registry(storage, clock or _system_clock)
    app = Starlette(
        routes=[
            Route(endpoint.path, partial(registry.answer, endpoint), methods=[endpoint.method])
            for resource in RESOURCES
            for endpoint in resource.ENDPOINTS
        ],
        exception_handlers={HTTPException: registry.refuse_route, Exception: registry.fail},
        lifespan=registry.lifespan,
    )
    # The API knows each path in one spelling; a redirect would lose the POST body's method.
    app.router.redirect_slashes = False
    app.state.database = registry.database
    return app


def _system_clock() -> datetime:
    return datetime.now(UTC)


class _Registry:
    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock

    @contextlib.asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        yield
        self.database.close()

    async def answer(self, endpoint: Endpoint, request: Request) -> Response:
        """One request to a known path."""
        try:
            self._admit(request)
            check_betas(request, endpoint.beta, endpoint.beta_refused)
            raw = await read_body(request)
            return self._respond(200, await run_in_threadpool(self._run, endpoint, request, raw))
        except ApiError as error:
            return self._respond_error(error)

    async def refuse_route(self, request: Request, error: Exception) -> Response:
        """404 for a path that is not served, 405 for a method; the credential is looked at first."""
        route = f"{request.method} {request.url.path}"
        try:
            self._admit(request)
        except ApiError as refused:
            return self._respond_error(refused)
        if isinstance(error, HTTPException) and error.status_code == 405:
            message = f"{route}: the path has other methods."
            return self._respond_error(ApiError(405, "invalid_request_error", message), error.headers)
        message = f"{route} was not found; the embedded registry does not serve it."
        return self._respond_error(ApiError(404, "not_found_error", message))

    async def fail(self, request: Request, error: Exception) -> Response:
        """A defect of ours, or a disk that fails; the server re-raises and logs the exception."""
        return self._respond_error(ApiError(500, "api_error", "Internal server error."))

    def _admit(self, request: Request) -> None:
        check_credential(request)
        check_version(request)
        check_workspace(request, self.database.identity)

    def _run(self, endpoint: Endpoint, request: Request, raw: bytes) -> dict[str, Any] | Download:
        body = endpoint.parse(request.headers.get("content-type", ""), raw)
        # Older SDKs mark beta endpoints with a query parameter that the service ignores.
        query = {name: value for name, value in request.query_params.items() if name != "beta"}
        actor = {"type": "api_actor", "api_key_id": self.database.identity.api_key_id}
        try:
            with self.database.transaction(write=endpoint.method != "GET") as tx:
                # Read inside the transaction, so that creation times and list order agree.
                now = timestamp(self.clock())
                return endpoint.handler(Call(tx, request.path_params, query, body, now, actor))
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise ApiError(529, "overloaded_error", "The registry's database is busy. Try again.") from error

    def _respond_error(self, error: ApiError, headers: Mapping[str, str] | None = None) -> Response:
        request_id = new_id("req_")
        body = {"type": "error", "error": error.error, "request_id": request_id}
        response = self._respond(error.status, body, request_id)
        response.headers.update(headers or {})
        return response

    def _respond(
        self, status: int, answer: dict[str, Any] | Download, request_id: str | None = None
    ) -> Response:
        headers = {
            "date": format_datetime(self.clock().astimezone(UTC), usegmt=True),
            "request-id": request_id or new_id("req_"),
        }
        # Before the credential is accepted the service does not tell whom it belongs to.
        if status != 401:
            headers["anthropic-organization-id"] = self.database.identity.organization_id
            headers["anthropic-workspace-id"] = self.database.identity.workspace_id
        if isinstance(answer, Download):
            headers["content-disposition"] = f'attachment; filename="{answer.filename}"'
            return Response(answer.content, status, headers, media_type=answer.media_type)
        content = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        return Response(content, status, headers, media_type="application/json")
