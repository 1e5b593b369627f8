"""Options that every command takes, before or after its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

_COMMON = (
    click.option(
        "-C",
        "directory",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Run as if started in DIR.",
    ),
    click.option(
        "-s",
        "--stage",
        envvar="AGENTOPS_STAGE",
        metavar="STAGE",
        help="The stage (default: default_stage, else the only one).",
    ),
    click.option("--no-color", is_flag=True, default=None, help="No colour."),
    click.option("-v", "--verbose", is_flag=True, default=None, help="Show more, and each request."),
)


@dataclass(frozen=True, slots=True)
class Common:
    """What every command was told."""

    directory: Path
    stage: str | None
    no_color: bool
    verbose: bool

    @classmethod
    def of(cls, given: dict[str, Any]) -> Common:
        """Take the common options out of what click hands a command."""
        return cls(
            directory=given.pop("directory") or Path(),
            stage=given.pop("stage") or None,
            no_color=bool(given.pop("no_color")),
            verbose=bool(given.pop("verbose")),
        )


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_COMMON):
        command = option(command)
    return command


def output_format(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )


def remembered(group: click.Group, given: dict[str, Any]) -> dict[str, Any]:
    """Defaults for the subcommands from what was said before their name (``agentops -C dir plan``)."""
    said = {name: value for name, value in given.items() if value is not None}
    return {
        name: {**said, **(remembered(command, given) if isinstance(command, click.Group) else {})}
        for name, command in group.commands.items()
    }
