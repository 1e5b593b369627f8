"""The operations a user asks for, whole: plan, apply, apply a saved plan, status.

They are what a command calls, and what a script can call without any command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import anyio

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, Stop, error
from agentops.domain.kind import Catalog, owner_tag
from agentops.domain.plan import Action, Plan
from agentops.domain.ports import LockStore, Observer, Registry, Secrets, Uploads
from agentops.domain.project import Stage
from agentops.domain.report import ApplyReport
from agentops.domain.resource import Resource, Source
from agentops.domain.state import DesiredState, LiveObject, LiveState, Lock, LockEntry
from agentops.engine import guard
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.executor import execute
from agentops.engine.planner import make_plan
from agentops.engine.recovery import AT_ONCE, Patience, pauses, unfound
from agentops.engine.refresh import refresh


def _all_of_it(lock: Lock) -> Lock:
    return lock


class _NothingThere:
    """No secrets and no files, for a stage whose resources need none."""

    def value(self, reference: str) -> str:
        raise Stop(error(Code.SECRET, f"there is nothing to look {reference} up in"))

    def read(self, address: Address, path: str, sha256: str) -> bytes:
        raise Stop(error(Code.UPLOAD, f"there is nothing to read {path} of {address} from"))


NOTHING_THERE = _NothingThere()


@dataclass(frozen=True, slots=True)
class Target:
    """A stage as the engine sees it: where its resources live, where they are recorded, where what their
    bodies only name is looked up, and how long what was created there may be missing from lists."""

    project: str
    stage: Stage
    catalog: Catalog
    registry: Registry
    store: LockStore
    secrets: Secrets = NOTHING_THERE
    uploads: Uploads = NOTHING_THERE
    patience: Patience = AT_ONCE

    @property
    def tag_prefix(self) -> str:
        return owner_tag(self.project, self.stage.name)


@dataclass(frozen=True, slots=True, repr=False)  # asyncio would write it all out, as the result of a task
class Planned:
    """A plan with what it was decided on."""

    plan: Plan
    desired: DesiredState
    live: LiveState
    lock: Lock


async def plan(
    target: Target,
    desired: DesiredState,
    choices: Choices = NO_CHOICES,
    diagnostics: tuple[Diagnostic, ...] = (),
) -> Planned:
    """Look at the registry and decide. ``diagnostics`` of loading become the plan's.

    Raises:
        Blocked: another organization or workspace answered than the lock belongs to, or a protected stage
            is to be destroyed.
        Stop: the lock cannot be used, or an address that was asked for does not exist.
        RegistryError: the registry refused or could not be reached.
    """
    choices = choices.within(target.stage)
    if choices.destroy:
        guard.refuse_protected(target.stage, choices)
    live, lock, said = await _look(target, desired, _lock(target), removing=choices.removes)
    made = make_plan(
        target.catalog,
        desired,
        live,
        lock,
        guard.origin_of(target.registry.base_url, live.identity),
        choices,
        protected_stage=target.stage.protect,
        diagnostics=(*diagnostics, *said),
    )
    return Planned(made, desired, live, lock)


async def apply(
    target: Target,
    planned: Planned,
    *,
    run: str,
    now: Callable[[], str],
    observer: Observer,
    stop: anyio.Event,
    already: Mapping[Address, LiveObject | None] | None = None,
) -> ApplyReport:
    """Carry out a plan that was just made. The caller holds ``target.store``.

    Raises:
        Blocked: the plan is blocked; nothing was changed.
        Stop: a secret or a file is not there; nothing was changed.
    """
    guard.refuse_blocked(planned.plan)
    pending = planned.plan.without(already or {})
    guard.refuse_what_cannot_be_sent(pending, target.secrets, target.uploads, target.catalog)
    return await execute(
        planned.plan,
        planned.lock,
        target.catalog,
        target.registry,
        target.store,
        already=already or {},
        run=run,
        now=now,
        observer=observer,
        stop=stop,
        secrets=target.secrets,
        uploads=target.uploads,
        patience=target.patience,
    )


async def apply_saved(
    target: Target,
    saved: Plan,
    *,
    run: str,
    now: Callable[[], str],
    observer: Observer,
    stop: anyio.Event,
) -> ApplyReport:
    """Carry out a plan from a file, if it is still true. The caller holds ``target.store``.

    Raises:
        Blocked: it was made for another stage or project, it is blocked, or what it touches has moved.
    """
    guard.refuse_blocked(saved)
    guard.refuse_other_target(saved, target.project, target.stage)
    guard.refuse_unknown_kinds(saved, target.catalog)
    desired = _as_desired(saved)
    live, lock, _ = await _look(target, desired, _lock(target), lambda lock: _touched(target, saved, lock))
    guard.refuse_other_origin(saved, live.identity, target.registry.base_url)
    already = guard.already_done(saved, target.catalog, live, lock)
    if lock.serial != saved.lock_serial:  # what else it would refresh may have been written since
        saved = saved.model_copy(update={"records": {}})
    planned = Planned(saved, desired, live, lock)
    return await apply(target, planned, run=run, now=now, observer=observer, stop=stop, already=already)


async def _look(
    target: Target,
    desired: DesiredState,
    lock: Lock,
    limit: Callable[[Lock], Lock] = _all_of_it,
    *,
    removing: bool = False,
) -> tuple[LiveState, Lock, tuple[Diagnostic, ...]]:
    """What is there; what an unfinished create may have made is waited for before it is planned again."""
    seen = await _look_once(target, desired, lock, limit, removing=removing)
    if not (missing := unfound(target.catalog, desired, seen[1], seen[0])):
        return seen
    patience = target.patience
    if longest := max(patience.left(intent) for intent in missing.values()):
        patience.waiting(tuple(missing), longest)
    for pause in pauses(longest):
        await patience.sleep(pause)
        seen = await _look_once(target, desired, lock, limit, removing=removing)
        if not unfound(target.catalog, desired, seen[1], seen[0]):
            break
    return seen


async def _look_once(
    target: Target,
    desired: DesiredState,
    lock: Lock,
    limit: Callable[[Lock], Lock],
    *,
    removing: bool,
) -> tuple[LiveState, Lock, tuple[Diagnostic, ...]]:
    said: list[Diagnostic] = []
    accept = guard.right_registry(target.stage, target.catalog, target.registry.base_url, said)
    live, lock = await refresh(
        target.registry,
        target.catalog,
        desired,
        lock,
        accept,
        target.tag_prefix,
        limit,
        removing=removing,
    )
    return live, lock, tuple(said)


def _lock(target: Target) -> Lock:
    empty = Lock(project=target.project, stage=target.stage.name)
    lock = target.store.read() or empty
    guard.refuse_other_lock(lock, target.project, target.stage, target.store.name)
    return lock


def _touched(target: Target, saved: Plan, lock: Lock) -> Lock:
    """Of the lock, what a saved plan changes or refers to and the parents of that; and what it adopts as if
    it were recorded, so that it is found by the ID it had."""
    changed = {item for change in saved.changes for item in (change.address, *change.depends_on)}
    touched = changed | saved.pins.keys()
    parents = {target.catalog.of_address(address).parent_of(address) for address in touched}
    adopted = {
        change.address: LockEntry(id=change.base.id)
        for change in saved.changes
        if change.action is Action.ADOPT and change.base is not None
    }
    kept = {
        address: entry
        for address, entry in lock.resources.items()
        if address in touched or address in parents
    }
    return lock.with_changes(resources={**adopted, **kept})


def _as_desired(saved: Plan) -> DesiredState:
    """Enough of the desired state to look at what a saved plan touches, without its files."""
    return DesiredState(
        project=saved.project,
        stage=saved.stage,
        resources={
            change.address: Resource(
                address=change.address,
                body=change.body,
                path="",
                location=change.location or Location(""),
                source=Source(digest=""),
                parent=change.parent,
            )
            for change in saved.changes
            if change.body
        },
    )
