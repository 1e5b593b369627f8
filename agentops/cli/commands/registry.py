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
    import contextlib
    import signal
    import socket

    import uvicorn

    from agentops.cli.reaching import HIDDEN_FOLDER, embedded_registry
    from agentops.cli.wiring import open_project

    told = Common.of(given)
    path = data or open_project(told).root / HIDDEN_FOLDER / "registry.db"
    app = embedded_registry(path)
    # The protocol is named so that the event loop turns Nagle's algorithm off: it would cost 40 ms a request.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as refused:
            raise click.ClickException(
                f"port {port} cannot be used: {refused.strerror}; choose another with --port"
            ) from None
        listening.listen()
        click.echo(f"http://127.0.0.1:{listening.getsockname()[1]}")
        click.echo(f"Serving {path}; stop it with Ctrl-C.", err=True)
        level = "info" if told.verbose else "warning"
        # The application sends its own Date: one clock for everything it says.
        config = uvicorn.Config(app, log_level=level, lifespan="on", date_header=False)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # Ctrl-C is how it is meant to end
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
    return 0
