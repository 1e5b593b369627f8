"""``agentops promote``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from agentops.cli.applying import BLOCKED, Consent, plan_and_apply, plan_and_apply_each
from agentops.cli.choosing import choices_of_release, chosen, parsed
from agentops.cli.deciding import Order, decided, looked
from agentops.cli.options import Common, common, config_from, one_that_applies, plan_format, wait_option

if TYPE_CHECKING:
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.plan import Plan
    from agentops.domain.project import Stage
    from agentops.engine.choices import Choices

CHANGES = 2
_PATTERN = frozenset("*?[")


@click.command()
@click.argument("source")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET... [ADDRESS]...")
@choices_of_release
@config_from
@plan_format
@click.option("--plan-only", is_flag=True, help="Show what would change, and change nothing.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan for `apply --plan`, and change nothing; for one TARGET.",
)
@click.option(
    "--detailed-exitcode", is_flag=True, help="With --plan-only or --out: exit with 2 when there are changes."
)
@click.option(
    "--allow-unsettled",
    is_flag=True,
    help="Promote what the lock of SOURCE records without looking at its registry, and although it holds "
    "fields, was rolled back or has an unfinished apply.",
)
@click.option(
    "--expect", metavar="DIGEST", help="Apply only if the plan's change digest is DIGEST; for one TARGET."
)
@click.option(
    "--confirm", multiple=True, metavar="ADDRESS", help="ADDRESS may be archived or deleted for good."
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@wait_option
@common
@click.pass_context
def promote(
    context: click.Context,
    /,
    source: str,
    targets: tuple[str, ...],
    form: str,
    plan_only: bool,
    out: Path | None,
    detailed_exitcode: bool,
    allow_unsettled: bool,
    expect: str | None,
    confirm: tuple[str, ...],
    yes: bool,
    wait: float,
    **given: Any,
) -> int:
    """Bring TARGET to exactly what the stage SOURCE runs: its release.

    TARGET is a stage, or a pattern like 'prod-*' for several, which are planned first and then applied one
    after the other. With ADDRESSes (kind/name), only those and what they depend on.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project, refuse_peers_project

    if context.get_parameter_source("stage") is ParameterSource.COMMANDLINE:
        raise click.UsageError("promote names its stages as SOURCE and TARGET; it takes no --stage")
    told = Common.of(given)
    words = {"addresses": tuple(item for item in targets if "/" in item)}
    picked = chosen({**given, **words})
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    refuse_peers_project(opened)
    way = _Way.of(opened, source, [item for item in targets if "/" not in item])
    saves = out is not None
    if len(way.targets) > 1 and (saves or expect is not None):
        raise click.UsageError(f"{'--out' if saves else '--expect'} is for one TARGET")
    if not (plan_only or saves):
        one_that_applies(form)
        if detailed_exitcode:
            raise click.UsageError("--detailed-exitcode goes with --plan-only or --out")
    orders = _orders(opened, way, output, picked, settled=not allow_unsettled)
    if plan_only or out is not None:
        plans = _shown(opened, way, orders, output, form)
        if out is not None:
            output.save(plans[0], told.directory / out)
            output.note(f"Saved. To apply exactly this: agentops apply --plan {out}")
        if any(plan.blocked for plan in plans):
            return BLOCKED
        return CHANGES if detailed_exitcode and any(plan.changes for plan in plans) else 0
    consent = Consent(form, yes, expect, frozenset(map(parsed, confirm)))
    if way.is_list:
        return plan_and_apply_each(opened, orders, output, consent, wait)
    return plan_and_apply(opened, orders[0], output, consent, wait)


@dataclass(frozen=True, slots=True)
class _Way:
    """From which stage to which. is_list: several were asked for, by a pattern or by their names."""

    source: Stage
    targets: Sequence[Stage]
    is_list: bool

    @classmethod
    def of(cls, opened: Opened, source: str, names: Sequence[str]) -> _Way:
        """Raises Stop for a stage that does not exist, Blocked for one that gets its releases elsewhere."""
        from agentops.engine.promotion import refuse_other_order

        if not names:
            raise click.UsageError("say which stage to promote to: promote SOURCE TARGET [ADDRESS]...")
        start = opened.stage(source)
        found = dict.fromkeys(name for text in names for name in _named(opened, start, text))
        targets = [opened.stage(name) for name in found]
        for target in targets:
            refuse_other_order(start, target)
        return cls(start, targets, is_list=len(targets) > 1 or any(map(_is_pattern, names)))


def _is_pattern(text: str) -> bool:
    return not _PATTERN.isdisjoint(text)


def _named(opened: Opened, source: Stage, text: str) -> Iterator[str]:
    from agentops.domain.diagnostics import Code, Stop, error

    known = opened.project.stages
    if not _is_pattern(text):
        if text == source.name:
            raise click.UsageError(f"stage {text} runs its own release already; name another TARGET")
        yield opened.stage(text).name
        return
    matching = [name for name in known if name != source.name and fnmatchcase(name, text)]
    if not matching:
        others = ", ".join(name for name in known if name != source.name)
        raise Stop(
            error(
                Code.NO_STAGE,
                f"no stage matches '{text}'",
                f"besides {source.name} there are: {others}" if others else f"there is only {source.name}",
            )
        )
    yield from matching


def _orders(opened: Opened, way: _Way, output: Output, picked: Choices, *, settled: bool) -> list[Order]:
    """What each target is to be brought to. ``settled``: only if the source runs what its lock records.

    Raises:
        Blocked: it does not, or runs what no file holds. Stop: something of its release cannot be had.
    """
    from agentops.cli.lookups import pins_of
    from agentops.cli.releases import load_sources, pins_of_sources, recorded_lock
    from agentops.cli.wiring import lock_file
    from agentops.domain.diagnostics import Blocked, Code
    from agentops.engine.choices import NO_CHOICES
    from agentops.engine.promotion import refuse_rolled_back, released, unsettled

    source, store = way.source, lock_file(opened, way.source)
    lock = recorded_lock(opened, source, output, store)
    sources = released(lock)
    only = _selected(picked)
    refuse_rolled_back(source, lock, only)
    stages = [source, *way.targets] if settled else [*way.targets]
    pins = pins_of(lock) | pins_of_sources(sources)
    loaded = load_sources(opened, stages, source, sources, pins, only)
    if settled:
        desired, said = loaded.pop(0)
        there = looked(opened, Order("", source, store, desired, said, NO_CHOICES), output)
        if told := [item for item in there.plan.diagnostics if item.code is Code.LOCK_COPY]:
            output.diagnostics(told)
        if wrong := unsettled(opened.catalog, source, there.lock, there.plan, desired, only):
            raise Blocked(*wrong)
    return [
        Order("promote", stage, lock_file(opened, stage, "promote"), desired, said, picked, source.name)
        for stage, (desired, said) in zip(way.targets, loaded, strict=True)
    ]


def _selected(picked: Choices) -> tuple[Address, ...]:
    """What alone has to be had; nothing where that is everything."""
    if not picked.select or picked.with_referrers:
        return ()
    return (*picked.select, *sorted(picked.recreate | picked.rotate))


def _shown(opened: Opened, way: _Way, orders: Sequence[Order], output: Output, form: str) -> list[Plan]:
    plans = [decided(opened, order, output).plan for order in orders]
    output.decided(plans, form, is_list=way.is_list)
    return plans
