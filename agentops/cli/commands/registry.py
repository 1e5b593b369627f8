"""``agentops registry``: the embedded registry for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from agentops.cli.options import Common, common


@click.group()
def registry() -> None:
    """The embedded registry: the Managed Agents API on this machine, for tests and for trying things out."""


@registry.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 picks a free one."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The SQLite file (default: the project's own, .agentops/registry.db).",
)
@common
def serve(port: int, data: Path | None, **given: Any) -> int:
    """Serve the embedded registry over HTTP on 127.0.0.1 until interrupted.

    It takes any non-empty credential. The first line on standard output is its URL.
    """
    import socket

    import uvicorn

    from agentops.cli.wiring import HIDDEN_FOLDER, open_project
    from agentops.emulator import create_app

    told = Common.of(given)
    path = data or open_project(told).root / HIDDEN_FOLDER / "registry.db"
    app = create_app(path)
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError as refused:
        raise click.ClickException(
            f"port {port} cannot be used: {refused.strerror}; choose another with --port"
        ) from None
    with listening:
        click.echo(f"http://127.0.0.1:{listening.getsockname()[1]}")
        click.echo(f"Serving {path}; stop it with Ctrl-C.", err=True)
        level = "info" if told.verbose else "warning"
        uvicorn.Server(uvicorn.Config(app, log_level=level, lifespan="off")).run(sockets=[listening])
    return 0
