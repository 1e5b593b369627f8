"""``agentops lock unlock``: whose hold it is, and its end."""

from __future__ import annotations

from collections.abc import Sequence

import click

from agentops.cli.holding import refuse_another
from agentops.cli.output import Output
from agentops.cli.reaching import registry_of
from agentops.cli.wiring import Opened, look
from agentops.domain.diagnostics import Blocked, Code, error
from agentops.domain.ports import Conflict, NoDocuments
from agentops.domain.project import Stage
from agentops.domain.shared import age
from agentops.engine import mutex
from agentops.engine.documents import SharedDocuments
from agentops.engine.mutex import LEASE, Held
from agentops.lockfile import LockFile

BLOCKED = 3


def remove_hold(opened: Opened, stage: Stage, output: Output, store: LockFile, *, yes: bool) -> int:
    """Raises Blocked where nobody can be asked, or where the hold is used while it is looked at."""
    here = store.holder()
    if here is not None:
        output.text(f"{store.name} is held by {here}.")
        output.text("  The operating system holds it for that process and lets go when it ends; end that.")
    there = look(lambda: _held(opened, stage, output, store)) if stage.mutex else ()
    for held in there:
        output.text("\n".join(_shown(stage, held)))
    if not there:
        if here is None:
            output.text(f"Nobody holds stage {stage.name}.")
        return 0 if here is None else BLOCKED
    if not yes and not _agreed(output, stage):
        return 1
    look(lambda: _remove(opened, stage, output, there))
    output.text(f"Removed. Stage {stage.name} can be applied again.")
    return 0


async def _held(opened: Opened, stage: Stage, output: Output, store: LockFile) -> Sequence[Held]:
    async with registry_of(opened, stage, output) as registry:
        documents = SharedDocuments(registry, opened.catalog, opened.project.name)
        try:
            found = await mutex.look(documents, stage.name)
        except NoDocuments:
            return ()
        refuse_another(opened, stage, store, registry)
        return found


async def _remove(opened: Opened, stage: Stage, output: Output, there: Sequence[Held]) -> None:
    async with registry_of(opened, stage, output) as registry:
        documents = SharedDocuments(registry, opened.catalog, opened.project.name)
        for held in there:
            try:
                await mutex.unlock(documents, held)
            except Conflict:
                raise Blocked(
                    error(
                        Code.HELD,
                        f"the hold on stage {stage.name} was renewed or taken over meanwhile: its run works",
                        "wait for it with `apply --wait 10m`, or end that process",
                    )
                ) from None


def _shown(stage: Stage, held: Held) -> list[str]:
    lines = [f"Stage {stage.name} is held by {held.who}."]
    if held.held_for is not None:
        lines.append(f"  held for {age(held.held_for)}, by the server's clock")
    if held.idle is None:
        lines.append("  the registry does not say when it was renewed")
    elif held.expired:
        lines.append(
            f"  last renewed {age(held.idle)} ago: its lease has ended, the next apply takes it over"
        )
    else:
        left = LEASE - held.idle
        lines.append(f"  last renewed {age(held.idle)} ago: its lease runs for {age(left)} more")
    return lines


def _agreed(output: Output, stage: Stage) -> bool:
    if not output.interactive:
        raise Blocked(
            error(
                Code.NEEDS_CONFIRMATION,
                "nobody can be asked here, and nothing was changed",
                "if that run is certainly over, remove its hold with `--yes`",
            )
        )
    return click.confirm(f"Remove this hold on stage {stage.name}?", default=False, err=True)
