"""Options that every command takes, before or after its name."""

from __future__ import annotations

import re
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
    """What every command was told. ``config_from`` is the revision that agentops.yaml is taken from, where
    that is not the working tree's."""

    directory: Path
    stage: str | None
    no_color: bool
    verbose: bool
    config_from: str | None = None

    @classmethod
    def of(cls, given: dict[str, Any]) -> Common:
        """Take the common options out of what click hands a command."""
        return cls(
            directory=given.pop("directory") or Path(),
            stage=given.pop("stage") or None,
            no_color=bool(given.pop("no_color")),
            verbose=bool(given.pop("verbose")),
            config_from=given.pop("config_from", None),
        )


def config_from(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--config-from",
        metavar="REV",
        help="Take agentops.yaml (stages, hosts, policy) from commit REV, and nothing else.",
    )(command)


def common(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_COMMON):
        command = option(command)
    return command


_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>s|m|h|)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """``90s``, ``10m``, ``2h``; a bare number is seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        if (found := _DURATION.fullmatch(str(value).strip().lower())) is None:
            self.fail(f"'{value}' is no duration; write 90s, 10m or 2h", param, ctx)
        return float(found["number"]) * _SECONDS[found["unit"]]


def wait_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--wait",
        type=Duration(),
        default=0.0,
        metavar="DURATION",
        help="Wait that long (90s, 10m, 2h) where somebody else holds the stage.",
    )(command)


def output_format(*formats: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--format",
        "form",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="How to print the result.",
    )


plan_format = output_format("text", "json", "markdown", "html")
"""Of what only shows a plan: the last two are a review, for a pull request and for a browser."""


def one_that_applies(form: str) -> None:
    """Refuse a form that a plan has and an apply has not."""
    if form not in {"text", "json"}:
        raise click.UsageError(f"--format {form} shows a plan; add --plan-only or --out FILE")


def remembered(group: click.Group, given: dict[str, Any]) -> dict[str, Any]:
    """Defaults for the subcommands from what was said before their name (``agentops -C dir plan``)."""
    said = {name: value for name, value in given.items() if value is not None}
    return {
        name: {**said, **(remembered(command, given) if isinstance(command, click.Group) else {})}
        for name, command in group.commands.items()
    }
