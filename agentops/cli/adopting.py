"""``agentops import`` and the half of ``agentops pull`` that writes what no file has yet."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from agentops.cli.adopting_choice import Asked, belongs_in, decide, refuse_unknown_kinds, root_of
from agentops.cli.adopting_words import kept, report
from agentops.cli.choosing import chosen
from agentops.cli.commands.plan import planned_now
from agentops.cli.holding import holding
from agentops.cli.output import Output
from agentops.cli.placing import place
from agentops.cli.wiring import Opened, lock_file, look, pinned_fetch, refuse_peers_project, target
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Stop, did_you_mean, error
from agentops.domain.project import Stage
from agentops.domain.pulled import PullReport
from agentops.domain.state import DesiredState
from agentops.engine import adoption
from agentops.engine.adoption import Survey
from agentops.engine.recorded import rewrite

if TYPE_CHECKING:
    from agentops.cli.holding import Holding


def adopt_one(
    opened: Opened, stage: Stage, output: Output, address: Address, id: str, wait: float = 0
) -> int:
    """Record a live object as what a file declares, and show what the next plan does about it.

    Raises:
        Stop: no file declares the address, or there is no such object.
        Blocked: one of them is taken, or the stage is held.
    """
    refuse_peers_project(opened)
    store = lock_file(opened, stage, "import")
    desired, _ = opened.desired(stage, pinned_fetch(opened, stage, output, store, upgrade=False))
    resource = desired.resources.get(address)
    if resource is None:
        raise Stop(_no_file(opened, address, id, desired))
    with holding(opened, stage, output, store, "import", wait) as held:

        async def operation() -> tuple[Diagnostic, ...]:
            async with target(opened, stage, output, held.store, hold=held.hold) as there:
                lock, entry = await adoption.adopt(there, resource, id, elsewhere=_elsewhere(opened, stage))
                said = tuple(kept(address, path) for path in entry.held)
                return (*said, *await rewrite(there, lock))

        output.diagnostics(look(operation))
    output.note(
        f"{address} is {id}, recorded in {store.name}. Nothing was sent. What the next apply would send:"
    )
    output.plan(planned_now(opened, stage, output, chosen({"addresses": (address,)})).plan)
    return 0


def _no_file(opened: Opened, address: Address, id: str, desired: DesiredState) -> Diagnostic:
    if address.kind not in opened.catalog:
        told = did_you_mean(address.kind, opened.catalog.kinds)
        return error(Code.UNKNOWN_KIND, f"'{address.kind}' is no kind of resource", told, address=address)
    guess = did_you_mean(address, (it for it in desired.resources if it.kind == address.kind))
    write = f"`agentops pull {address} --id {id}` writes one from what is there"
    root = root_of(opened, address)
    if root != address and root in desired.resources:
        write = belongs_in(address, root, id)
    return error(
        Code.NOT_ADOPTED,
        f"no file declares {address}",
        f"{guess} {write}" if "mean" in guess else write,
        address=address,
    )


def adopt_all(opened: Opened, stage: Stage, output: Output, asked: Asked, wait: float = 0) -> PullReport:
    """Write what nothing manages into files, and record it.

    Raises:
        Stop: the files have errors, or what was asked for is not there.
        Blocked: the stage is held, or belongs to another workspace.
    """
    store = lock_file(opened, stage, "pull")
    desired, _ = opened.desired(stage)
    refuse_unknown_kinds(opened, asked)
    if asked.dry_run:
        return _pull(opened, stage, output, asked, desired, None)
    with holding(opened, stage, output, store, "pull", wait) as held:
        return _pull(opened, stage, output, asked, desired, held)


def _pull(
    opened: Opened, stage: Stage, output: Output, asked: Asked, desired: DesiredState, held: Holding | None
) -> PullReport:
    store = held.store if held is not None else lock_file(opened, stage, "pull")
    hold = held.hold if held is not None else None

    async def survey() -> Survey:
        async with target(opened, stage, output, store, hold=hold) as there:
            kinds = {root_of(opened, address).kind for address in asked.addresses}
            others = _elsewhere(opened, stage)
            return await adoption.survey(there, kinds=kinds, documents=asked.seeds, elsewhere=others)

    work = decide(opened, stage, asked, desired, look(survey))
    if held is not None and work.entries:
        entries, files = work.entries, work.written.files
        held.renew()

        async def record() -> tuple[Diagnostic, ...]:
            async with target(opened, stage, output, store, hold=hold) as there:
                lock = adoption.with_entries(work.survey.lock, entries)
                return await rewrite(there, lock)

        place(opened.root, files)
        work.said.extend(look(record))
    return report(opened, stage, asked, work, store.name)


def _elsewhere(opened: Opened, stage: Stage) -> dict[str, str]:
    """ID -> the other stage of the same workspace that has it in its lock here. What was imported or pulled
    carries no tag yet that would say so."""
    found: dict[str, str] = {}
    for other in opened.project.stages.values():
        if other.name == stage.name or not stage.registry.shares_workspace(other.registry):
            continue
        with suppress(Stop):  # a lock that cannot be read is told where it is needed
            lock = lock_file(opened, other).read()
            found |= {entry.id: other.name for entry in (lock.resources.values() if lock else ()) if entry.id}
    return found
