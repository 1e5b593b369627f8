"""What a stage has, written into the files: what drifted there, and what no file has yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from agentops.domain.diagnostics import Code, Diagnostic, Stop, error

if TYPE_CHECKING:
    from agentops.cli.adopting_choice import Asked
    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.address import Address
    from agentops.domain.project import Stage
    from agentops.domain.pulled import PullReport
    from agentops.domain.state import Lock
    from agentops.engine.operations import Planned


def pulled(opened: Opened, stage: Stage, output: Output, asked: Asked, wait: float = 0) -> PullReport:
    """Write what was asked for, or else what drifted.

    Raises:
        Stop: the files have errors, or what was asked for is not there.
        Blocked: the stage is held, it belongs to another workspace, or a file was changed meanwhile.
    """
    from agentops.cli.adopting import adopt_all
    from agentops.cli.choosing import chosen
    from agentops.cli.commands.plan import planned_now
    from agentops.cli.failures import as_diagnostics
    from agentops.cli.wiring import lock_file, newest_lock
    from agentops.domain.ports import RegistryError
    from agentops.domain.pulled import PullReport

    lock = newest_lock(opened, stage, output, lock_file(opened, stage))
    recorded = _recorded(opened, stage, asked, lock)
    managed = [address for address in asked.addresses if address in recorded and asked.id is None]
    found = PullReport(project=opened.project.name, stage=stage.name, dry=asked.dry_run)
    if managed or (recorded and not asked.addresses):
        planned = planned_now(opened, stage, output, chosen({"addresses": managed}))
        found = pull_drift(opened, stage, planned, managed, write=not asked.dry_run)
    others = tuple(address for address in asked.addresses if address not in managed)
    if others or asked.everything:
        try:
            found = found.joined(adopt_all(opened, stage, output, replace(asked, addresses=others), wait))
        except (Stop, RegistryError) as failure:
            if not found.fields:
                raise
            # What drifted is in the files by now, and whoever asked has to know which.
            told = (*found.diagnostics, *as_diagnostics(failure))
            found = found.model_copy(update={"diagnostics": told})
    elif not recorded:
        output.note("This stage manages nothing yet. `agentops pull --all` writes files for what is there.")
    if asked.everything and not opened.project.explicit and not found.adopted:
        output.note(_NO_WORKSPACE)
    return found


def _recorded(opened: Opened, stage: Stage, asked: Asked, lock: Lock | None) -> Collection[Address]:
    """What the stage manages, under the addresses of the files: `moved` may not be in the lock yet."""
    from agentops.engine.moves import follow

    if lock is None:
        return ()
    if not opened.project.moved or all(address in lock.resources for address in asked.addresses):
        return lock.resources
    desired, _ = opened.desired(stage)
    return follow(opened.catalog, opened.project.moved, desired, lock).lock.resources


_NO_WORKSPACE = """\
There is no agentops.yaml, so this is the embedded registry. For a workspace write one:

project: NAME
stages:
  prod: {registry: anthropic, workspace_id: wrkspc_…}"""


def pull_drift(
    opened: Opened, stage: Stage, planned: Planned, addresses: Sequence[Address], *, write: bool
) -> PullReport:
    """Bring what moved in the registry, or is held, on these addresses into the files that ask for it.

    addresses: of the plan; without any, whatever drifted, and nothing that is held. write: otherwise nothing
    is, and the report says what would be.

    Raises:
        Blocked: a file was changed meanwhile; nothing was written.
        Stop: a file cannot be written; all are as they were. Or no file declares an address.
    """
    from agentops.domain.pulled import PullReport
    from agentops.engine.theirs import drifted, members_of, theirs
    from agentops.spec import editing

    plan = planned.plan
    moved = drifted(plan, addresses)
    desired, live, lock = planned.desired, planned.live, planned.lock
    if lost := [address for address in addresses if address not in desired.resources]:
        raise Stop(*(_in_no_file(address, lock.resources[address].id) for address in lost))
    asked = theirs(opened.catalog, desired, live, lock, moved, held=bool(addresses))
    edits = editing.pull(opened.root, opened.project, stage, opened.catalog, asked)
    if write:
        editing.write(opened.root, edits.files)
    return PullReport(
        project=plan.project,
        stage=plan.stage,
        dry=not write,
        files=tuple(edits.files),
        fields=tuple(
            item.model_copy(update={"members": members_of(plan, item.address, item.field)})
            for item in edits.fields
        ),
        diagnostics=edits.diagnostics,
    )


def _in_no_file(address: Address, id: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"{address} is managed as {id}, and no file declares it any more",
        f"take its file back from git; or have one written: `agentops lock rm {address}`, then pull again",
        address=address,
    )
