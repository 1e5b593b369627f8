"""``agentops lock rebuild``: a lock made anew from what is left of it and from what the registry has."""

from __future__ import annotations

from anyio import Event

from agentops.cli.holding import holding
from agentops.cli.output import Output
from agentops.cli.relocking import agreed, unasked
from agentops.cli.wiring import Opened, act, look, mendable_lock, pinned_fetch, target
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, Stop, error
from agentops.domain.project import Stage
from agentops.domain.torn import Condition, RebuildReport, Torn
from agentops.engine.merging import as_called_now, merged
from agentops.engine.rebuild import Rebuilt, rebuild, rebuild_offline
from agentops.engine.recorded import rewrite
from agentops.lockfile import MendableLock


def rebuild_lock(
    opened: Opened, stage: Stage, output: Output, form: str, *, offline: bool, yes: bool, wait: float
) -> int:
    """Raises Blocked and Stop where nothing can be made of it, or nobody can be asked."""
    store = mendable_lock(opened, stage, "lock rebuild")
    if offline:
        return _offline(opened, stage, output, store, form, yes=yes)
    _stand_in(opened, stage, store)
    # Offline but for skills that are named by a URL: what the files ask for says what to look for.
    fetch = pinned_fetch(opened, stage, output, store, upgrade=False)
    desired, _ = opened.desired(stage, fetch)
    with holding(opened, stage, output, store, "lock rebuild", wait) as held:
        torn = _stand_in(opened, stage, store)

        async def make() -> Rebuilt:
            async with target(opened, stage, output, held.store, hold=held.hold) as there:
                return await rebuild(there, torn, desired)

        made = look(make)
        if not _wanted(output, made.report, form, yes=yes):
            return _left(output, made.report, form)

        async def write(stop: Event) -> tuple[Diagnostic, ...]:
            async with target(opened, stage, output, held.store, hold=held.hold, stop=stop) as there:
                return await rewrite(there, made.lock)

        held.renew()  # whoever was asked may have taken an hour over it
        output.diagnostics(act(write, output))
    return _written(output, made.report, form)


def _stand_in(opened: Opened, stage: Stage, store: MendableLock) -> Torn:
    """What is left of the lock; where that is not all of it, it is read as what its sides come to."""
    torn = as_called_now(store.torn(), opened.project.name, stage)
    if torn.condition is not Condition.WHOLE:
        store.stand_in(merged(torn, opened.project.name, stage.name).lock)
    return torn


def _offline(
    opened: Opened, stage: Stage, output: Output, store: MendableLock, form: str, *, yes: bool
) -> int:
    if not store.torn().sides:
        raise Stop(_nothing_left(store.name, store.torn().condition))
    with store.hold():
        torn = _stand_in(opened, stage, store)
        made = rebuild_offline(torn, opened.project.name, stage.name, store.name)
        if not _wanted(output, made.report, form, yes=yes):
            return _left(output, made.report, form)
        store.write(made.lock)
    return _written(output, made.report, form)


def _wanted(output: Output, report: RebuildReport, form: str, *, yes: bool) -> bool:
    """Whether it is to be written. What is written is shown first."""
    if form == "text":
        output.rebuilt(report)
    if not report.changed or yes:
        return report.changed
    if form == "json":
        output.json(report)
        raise Blocked(unasked())
    return agreed(output, f"Write this to {report.lock}?")


def _left(output: Output, report: RebuildReport, form: str) -> int:
    if form == "json":
        output.json(report)
    elif not report.changed:
        output.note(f"{report.lock} is whole, and says what there is: nothing to do.")
    return 1 if report.changed else 0


def _written(output: Output, report: RebuildReport, form: str) -> int:
    if form == "json":
        output.json(report.model_copy(update={"written": True}))
        return 0
    then = f"`git add {report.lock}`" if report.condition is Condition.CONFLICT else "commit it"
    output.note(f"Wrote {report.lock}, serial {report.serial}. Nothing was sent. Now {then}, and plan.")
    return 0


def _nothing_left(name: str, condition: Condition) -> Diagnostic:
    what = "is not there" if condition is Condition.MISSING else "cannot be read in any part"
    return error(
        Code.LOCK,
        f"{name} {what}, so there is nothing to make another from without asking the registry",
        f"leave out `--offline`; or bring back the last good one: `git checkout HEAD -- {name}`",
    )
