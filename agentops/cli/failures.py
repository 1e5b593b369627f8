"""From an exception to a message and an exit code."""

from __future__ import annotations

import os
import sys
import traceback

from agentops.cli.output import Output
from agentops.domain.diagnostics import Code, Diagnostic, Stop, error
from agentops.domain.ports import NoToken, RegistryError, Unauthorized


def report(failure: Exception) -> int:
    """Say what went wrong on standard error and return the exit code."""
    output = Output.standard()
    if isinstance(failure, Stop | RegistryError):
        output.diagnostics(as_diagnostics(failure))
        return failure.exit_code if isinstance(failure, Stop) else 1
    if isinstance(failure, OSError):
        output.diagnostics((error(Code.UNREADABLE, f"{failure.filename or 'a file'}: {failure.strerror}"),))
        return 1
    return _bug(failure, output)


def as_diagnostics(failure: Stop | RegistryError) -> tuple[Diagnostic, ...]:
    """What to tell of a failure that ends a command."""
    return failure.diagnostics if isinstance(failure, Stop) else (_of_registry(failure),)


def _of_registry(failure: RegistryError) -> Diagnostic:
    if isinstance(failure, NoToken):
        return error(Code.CREDENTIALS, failure.summary, failure.advice)
    if isinstance(failure, Unauthorized):
        return error(
            Code.CREDENTIALS,
            f"the registry refused the credential: {failure}",
            "`-v` tells which one was used; check that it is valid and belongs to the stage's workspace",
        )
    return error(Code.REGISTRY, str(failure), "nothing was changed")


def _bug(failure: Exception, output: Output) -> int:
    """A mistake of ours. The traceback is for us, so it is shown only where it was asked for."""
    if os.environ.get("AGENTOPS_DEBUG"):
        traceback.print_exception(failure, file=sys.stderr)
    output.note(
        f"agentops failed: {type(failure).__name__}: {failure}\n"
        "This is a bug in agentops, not a mistake of yours. "
        "Run again with AGENTOPS_DEBUG=1 and report what it prints."
    )
    return 1
