"""What plan, apply and destroy can be told beyond the files: their options, and the value those come to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from agentops.domain.address import Address
    from agentops.domain.project import MaxRemovals
    from agentops.engine.choices import Choices

_ADDRESSES = click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
_LIMITS = (
    click.option(
        "--max-removals",
        metavar="N|N%",
        help="Refuse to remove or replace more than N resources, or N% of them (default: the stage's).",
    ),
    click.option(
        "--allow-protected",
        multiple=True,
        metavar="ADDRESS",
        help="ADDRESS may be removed or replaced although it is protected.",
    ),
)
_CHOICES = (
    _ADDRESSES,
    click.option("--with-referrers", is_flag=True, help="Take along what refers to the selected addresses."),
    click.option(
        "--on-drift",
        type=click.Choice(["block", "revert", "keep"]),
        help="What was changed outside: refuse, send what the files say, or leave it (default: the stage's).",
    ),
    click.option(
        "--prune/--no-prune",
        default=None,
        help="Archive or delete what is managed here and no file asks for any more (default: the stage's).",
    ),
    *_LIMITS,
    click.option(
        "--recreate",
        multiple=True,
        metavar="ADDRESS",
        help="Create ADDRESS anew although its recorded ID is gone or archived.",
    ),
    click.option(
        "--rotate",
        multiple=True,
        metavar="ADDRESS",
        help="Send the secrets of ADDRESS again, in place; say so when one of them has changed.",
    ),
)
_NAMES = frozenset(
    {
        "addresses",
        "with_referrers",
        "on_drift",
        "prune",
        "max_removals",
        "allow_protected",
        "recreate",
        "rotate",
    }
)


def choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """What plan and apply take alike."""
    return _with(_CHOICES, command)


def choices_of_release(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a command that says by its own arguments which addresses."""
    return _with(tuple(option for option in _CHOICES if option is not _ADDRESSES), command)


def removals(command: Callable[..., Any]) -> Callable[..., Any]:
    """What destroy takes of it."""
    return _with((_ADDRESSES, *_LIMITS), command)


def _with(options: tuple[Any, ...], command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def anything_chosen(given: dict[str, Any]) -> bool:
    """Whether any of these options was given. A saved plan has decided all of them."""
    said = {name: given.get(name) for name in _NAMES}
    return said.pop("prune") is not None or any(said.values())


def chosen(given: dict[str, Any], *, destroy: bool = False) -> Choices:
    """Take the choices out of what click hands a command.

    Raises:
        click.UsageError: an address or a number is none.
    """
    from agentops.domain.project import OnDrift
    from agentops.engine.choices import Choices

    said = {name: given.pop(name, None) for name in _NAMES}
    return Choices(
        select=_addresses(said["addresses"]),
        with_referrers=bool(said["with_referrers"]),
        recreate=frozenset(_addresses(said["recreate"])),
        rotate=frozenset(_addresses(said["rotate"])),
        destroy=destroy,
        allow_protected=frozenset(_addresses(said["allow_protected"])),
        on_drift=OnDrift(said["on_drift"]) if said["on_drift"] else None,
        prune=said["prune"],
        max_removals=_limit(said["max_removals"]),
    )


def parsed(text: str) -> Address:
    """An address from the command line. Raises click.UsageError for what is none."""
    from agentops.domain.address import Address

    try:
        return Address.parse(text)
    except ValueError as mistake:
        raise click.UsageError(str(mistake)) from None


def _addresses(texts: tuple[str, ...] | None) -> tuple[Address, ...]:
    return tuple(parsed(text) for text in texts or ())


def _limit(text: str | None) -> MaxRemovals | None:
    from agentops.domain.project import MaxRemovals

    try:
        return None if text is None else MaxRemovals.parse(text)
    except ValueError as mistake:
        raise click.UsageError(f"--max-removals: {mistake}") from None
