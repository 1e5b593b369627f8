"""How a stage's registry is reached: with which credential, over which transport."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from agentops.cli.output import Output
from agentops.domain.diagnostics import Code, Stop, error
from agentops.domain.project import EMBEDDED_URL, UNPACED, Stage

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from agentops.registry import Access, HttpRegistry

HIDDEN_FOLDER = ".agentops"

Accesses = dict[tuple[str, int], "Access"]
"""By stage and thread."""


class Opened(Protocol):
    """What is needed of a project that was found on disk."""

    @property
    def root(self) -> Path: ...

    @property
    def accesses(self) -> Accesses: ...


@asynccontextmanager
async def registry_of(
    opened: Opened, stage: Stage, output: Output, **options: Any
) -> AsyncIterator[HttpRegistry]:
    """The stage's registry, for the length of the context; ``options`` are those of ``HttpRegistry.open``."""
    from agentops.registry import HttpRegistry

    access, transport = _access(opened, stage, output)
    async with HttpRegistry.open(
        access.base_url,
        access.credential,
        workspace_id=access.selects,
        transport=transport,
        pacing=UNPACED if stage.registry.is_local else stage.registry.pacing,
        on_request=output.request if output.verbose else None,
        on_wait=output.wait if output.verbose else None,
        **options,
    ) as registry:
        yield registry


def _access(opened: Opened, stage: Stage, output: Output) -> tuple[Access, Any]:
    """How a stage's registry is reached, and the transport: None where a socket is used."""
    from agentops.registry import Access, ApiKey

    if not stage.registry.is_local:
        return _credential(opened, stage, output), None
    import httpx

    app = embedded_registry(opened.root / HIDDEN_FOLDER / "registry.db")
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return Access(EMBEDDED_URL, ApiKey("embedded"), "no credential"), transport


def _credential(opened: Opened, stage: Stage, output: Output) -> Access:
    """Looked for once a command: it is told once, and an apply goes on with the token of its plan. What
    another thread does meanwhile has an event loop of its own, and begins with that token, too."""
    from agentops.registry import World, find_access

    mine = (stage.name, threading.get_ident())
    if (known := opened.accesses.get(mine)) is not None:
        return known
    if others := [access for (name, _), access in opened.accesses.items() if name == stage.name]:
        access = replace(others[0], credential=others[0].credential.for_another_loop())
        opened.accesses[mine] = access
        return access

    def read_file(path: str) -> str:
        return (opened.root / path).read_text(encoding="utf-8")

    config = stage.registry
    world = World(os.environ, read_file, on_request=output.request if output.verbose else None)
    access = find_access(config.base_url, config.api_key, world, workspace_id=config.workspace_id)
    if access.notes:
        output.diagnostics(access.notes)
    if output.verbose:
        output.note(f"Using {access.origin}.")
    opened.accesses[mine] = access
    return access


def meant(opened: Opened, stage: Stage, output: Output) -> Stage:
    """The stage, with the organization and workspace that its credential is for: another one that answers is
    refused, whoever named it."""
    config = stage.registry
    if config.is_local:
        return stage
    access = _credential(opened, stage, output)
    expected = replace(
        config,
        organization_id=config.organization_id or access.organization_id,
        workspace_id=config.workspace_id or access.workspace_id,
    )
    return replace(stage, registry=expected)


def embedded_registry(path: Path) -> Starlette:
    """The embedded registry on a database file.

    Raises:
        Stop: the file is no such database, or one of a newer version.
    """
    from agentops.emulator import DatabaseError, create_app

    try:
        return create_app(path)
    except DatabaseError as refused:
        raise Stop(error(Code.REGISTRY, str(refused))) from None
