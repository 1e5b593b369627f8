"""The command tree and the one place where a failure becomes an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from agentops import __version__
from agentops.cli.commands.apply import apply, destroy
from agentops.cli.commands.diff import diff
from agentops.cli.commands.explain import explain
from agentops.cli.commands.lock import lock
from agentops.cli.commands.look import drift, status
from agentops.cli.commands.plan import plan
from agentops.cli.commands.project import init, render, schema, validate
from agentops.cli.commands.promote import promote
from agentops.cli.commands.pull import import_one, pull
from agentops.cli.commands.registry import registry
from agentops.cli.commands.rollback import rollback
from agentops.cli.options import common, remembered

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="agentops", message="%(prog)s %(version)s")
@common
def cli(**given: Any) -> None:
    """Keep Claude Managed Agents in git: validate, plan, apply, detect drift.

    \b
    Exit codes: 0 done or nothing to do · 1 error ·
    2 changes (plan --detailed-exitcode, drift, diff --exit-code) ·
    3 blocked or stale, nothing was changed · 4 partly applied, the lock is true ·
    130 interrupted, the lock is true.
    """
    click.get_current_context().default_map = remembered(cli, given)


for command in (
    init,
    validate,
    explain,
    render,
    plan,
    apply,
    promote,
    rollback,
    drift,
    pull,
    import_one,
    diff,
    status,
    destroy,
    lock,
    schema,
    registry,
):
    cli.add_command(command)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; every failure ends here, as a message and an exit code, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):  # a prompt may hold what the terminal's encoding has not
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        result = cli.main(args=list(arguments), prog_name="agentops", standalone_mode=False)
    except click.ClickException as mistake:
        mistake.show()
        return 1
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader went away (`agentops plan | head`); nothing may be written to it at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as failure:
        from agentops.cli.failures import report

        return report(failure)
    return result if isinstance(result, int) else 0
