"""``agentops rollback``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.applying import BLOCKED, Consent, plan_and_apply
from agentops.cli.choosing import parsed
from agentops.cli.deciding import Order, by_files, decided
from agentops.cli.options import Common, common, one_that_applies, plan_format, wait_option

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.resource import Resource
    from agentops.engine.operations import Planned
    from agentops.engine.target import Target

    Decide = Callable[[Target, Order], Awaitable[Planned]]


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option(
    "--to",
    metavar="VERSION",
    help="Of one ADDRESS: a version as the registry counts them, `previous`, or -2 for the one before that.",
)
@click.option(
    "--release",
    metavar="RELEASE",
    help="What the stage ran then: PREVIOUS, a release of its lock, or a commit.",
)
@click.option("--with-referrers", is_flag=True, help="Take along what refers to what is put back.")
@click.option(
    "--on-drift",
    type=click.Choice(["block", "revert", "keep"]),
    help="What was changed outside: refuse, put back all the same, or leave it (default: the stage's).",
)
@click.option("--plan-only", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan for `apply --plan`, and change nothing.",
)
@click.option("--expect", metavar="DIGEST", help="Apply only if the plan's change digest is DIGEST.")
@plan_format
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@wait_option
@common
def rollback(
    addresses: tuple[str, ...],
    to: str | None,
    release: str | None,
    with_referrers: bool,
    on_drift: str | None,
    plan_only: bool,
    out: Path | None,
    expect: str | None,
    form: str,
    yes: bool,
    wait: float,
    **given: Any,
) -> int:
    """Put ADDRESS back to an old version, or a stage to an earlier release.

    The API has no rollback: it becomes a new version with the old content. The lock remembers it, and the
    next plan says so instead of undoing it.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project
    from agentops.domain.project import OnDrift
    from agentops.engine.choices import Choices

    only = plan_only or out is not None
    _check(addresses, to, release, only=only, decided=yes or expect is not None)
    if not only:
        one_that_applies(form)
    told, where = Common.of(given), tuple(map(parsed, addresses))
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    stage = opened.stage(told.stage)
    picked = Choices(with_referrers=with_referrers, on_drift=OnDrift(on_drift) if on_drift else None)
    order = by_files(opened, stage, output, picked, command="rollback")
    if to is not None:
        decide = _to_version(opened, where[0], to)
    else:
        decide = _to_release(opened, order, output, str(release), where)
    order = replace(order, decide=decide)
    if not only:
        return plan_and_apply(opened, order, output, Consent(form, yes, expect, named=True), wait)
    plan = decided(opened, order, output).plan
    output.decided([plan], form)
    if out is not None:
        output.save(plan, told.directory / out)
        output.note(f"Saved. To apply exactly this: agentops apply --plan {out}")
    return BLOCKED if plan.blocked else 0


def _check(
    addresses: tuple[str, ...], to: str | None, release: str | None, *, only: bool, decided: bool
) -> None:
    if (to is None) == (release is None):
        raise click.UsageError("say what to go back to: ADDRESS --to VERSION, or --release RELEASE")
    if to is not None and len(addresses) != 1:
        raise click.UsageError("--to is for one ADDRESS; a whole stage goes back with --release")
    if only and decided:
        raise click.UsageError("--plan-only and --out change nothing; they take no --yes and no --expect")


def _to_version(opened: Opened, address: Address, to: str) -> Decide:
    async def decide(there: Target, order: Order) -> Planned:
        from agentops.engine import operations
        from agentops.engine.history import as_it_was
        from agentops.engine.recorded import current

        lock = (await current(there)).lock
        found, words = await as_it_was(there.registry, opened.catalog, order.desired, lock, address, to)
        return await operations.rollback(
            there, order.desired, {address: found}, words, order.choices, order.diagnostics
        )

    return decide


def _to_release(
    opened: Opened, order: Order, output: Output, release: str, addresses: tuple[Address, ...]
) -> Decide:
    back, words = _released(opened, order, output, release, addresses)

    async def decide(there: Target, order: Order) -> Planned:
        from agentops.engine import operations

        return await operations.rollback(
            there, order.desired, back, words, order.choices, order.diagnostics, release=not addresses
        )

    return decide


def _released(
    opened: Opened, order: Order, output: Output, release: str, addresses: tuple[Address, ...]
) -> tuple[dict[Address, Resource], str]:
    """What the stage ran then, of some addresses with what they needed, and what to call it.

    Raises:
        Stop: there is no such release, it cannot be read here, or it has no such address.
    """
    from agentops.cli.lookups import pins_of
    from agentops.cli.releases import load_sources, pins_of_sources, recorded_lock, sources_at, words_of
    from agentops.domain.diagnostics import Code, Stop, did_you_mean, error
    from agentops.domain.graph import closure

    lock = recorded_lock(opened, order.stage, output, order.store)
    sources = sources_at(opened, order.stage, lock, release)
    words = words_of(opened, lock, release)
    if unknown := [it for it in addresses if it not in sources]:
        raise Stop(
            *(
                error(Code.BROKEN_REFERENCE, f"{words} has no {it}", did_you_mean(it, sources), address=it)
                for it in unknown
            )
        )
    pins = pins_of(lock) | pins_of_sources(sources)
    ((then, _),) = load_sources(opened, [order.stage], order.stage, sources, pins, addresses)
    edges = {address: it.needs for address, it in then.resources.items()}
    wanted = closure(addresses, edges) if addresses else then.resources.keys()
    return {address: it for address, it in then.resources.items() if address in wanted}, words
