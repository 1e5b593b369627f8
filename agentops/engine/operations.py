"""The operations a user asks for, whole: plan, apply, apply a saved plan, status.

They are what a command calls, and what a script can call without any command line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import anyio

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Location
from agentops.domain.plan import Action, Plan
from agentops.domain.ports import (
    Observer,
)
from agentops.domain.report import ApplyReport
from agentops.domain.resource import Resource, Source
from agentops.domain.state import DesiredState, LiveObject, LiveState, Lock, LockEntry
from agentops.engine import guard, moves
from agentops.engine.behind import PutBack, not_in_release
from agentops.engine.choices import NO_CHOICES, Choices
from agentops.engine.executor import execute
from agentops.engine.history import with_versions
from agentops.engine.planner import make_plan
from agentops.engine.promotion import held_back
from agentops.engine.recorded import is_unwritten, keep_copy, lock_of, newest_of
from agentops.engine.recovery import pauses, unfound
from agentops.engine.refresh import as_it_is, refresh
from agentops.engine.rename_hint import with_hints
from agentops.engine.target import Target


def _all_of_it(lock: Lock) -> Lock:
    return lock


@dataclass(frozen=True, slots=True, repr=False)  # asyncio would write it all out, as the result of a task
class Planned:
    """A plan with what it was decided on. unwritten: the lock is not what the store has, but its copy."""

    plan: Plan
    desired: DesiredState
    live: LiveState
    lock: Lock
    unwritten: bool = False

    def with_diagnostics(self, more: Iterable[Diagnostic]) -> Planned:
        """The same with what else is to be said of the plan; errors block it."""
        return replace(self, plan=self.plan.with_diagnostics(more))


async def plan(
    target: Target,
    desired: DesiredState,
    choices: Choices = NO_CHOICES,
    diagnostics: tuple[Diagnostic, ...] = (),
    promotes: str | None = None,
) -> Planned:
    """Look at the registry and decide. ``diagnostics`` of loading become the plan's. ``promotes`` is the
    stage whose release ``desired`` is.

    Raises:
        Blocked: another organization or workspace answered than the lock belongs to, or a protected stage
            is to be destroyed.
        Stop: the lock cannot be used, or an address that was asked for does not exist.
        RegistryError: the registry refused or could not be reached.
    """
    return await _plan(target, desired, choices, diagnostics, promotes=promotes)


async def rollback(
    target: Target,
    desired: DesiredState,
    back: Mapping[Address, Resource],
    to: str,
    choices: Choices = NO_CHOICES,
    diagnostics: tuple[Diagnostic, ...] = (),
    *,
    release: bool = False,
) -> Planned:
    """Plan to put addresses back to what they were, while ``desired`` is what the files ask for now.

    ``back`` has each as it was; ``to`` is what they are put back to, in words (``version 3``). Where a file
    asks for something else that is held from then on, and the lock remembers why. Nothing else is planned,
    but what is needed for it and not there, and with ``choices.with_referrers`` what refers to it. With
    ``release`` what is recorded and not in ``back`` is named: it did not exist then, and is left.

    Raises as ``plan`` does.
    """
    past = {address: _as_it_was(it, desired.resources.get(address)) for address, it in back.items()}
    asked = replace(desired, resources={**desired.resources, **past})
    files = {address: desired.resources.get(address) for address in back}
    put = PutBack(to, files, promoted=target.stage.promote_from is not None)
    planned = await _plan(target, asked, choices, diagnostics, back=put)
    if not release or not (left := sorted(planned.lock.resources.keys() - back.keys())):
        return planned
    return planned.with_diagnostics([not_in_release(left, to)])


def _as_it_was(back: Resource, file: Resource | None) -> Resource:
    """What is protected or left to others is so by the file that holds now. A seed that is put back by name
    is written, whoever edited it since."""
    lifecycle = file.lifecycle if file is not None else back.lifecycle
    return replace(back, lifecycle=replace(lifecycle, create_only=False))


async def _plan(
    target: Target,
    desired: DesiredState,
    choices: Choices,
    diagnostics: tuple[Diagnostic, ...],
    *,
    promotes: str | None = None,
    back: PutBack | None = None,
) -> Planned:
    choices = choices.within(target.stage)
    if choices.destroy:
        guard.refuse_protected(target.stage, choices)
    newest = await newest_of(target)
    followed = moves.follow(target.catalog, target.moved, desired, lock_of(target, newest))
    live, lock, said = await _look(
        target, desired, followed.lock, tags=followed.tags.now, removing=choices.removes
    )
    made = make_plan(
        target.catalog,
        desired,
        live,
        lock,
        guard.origin_of(target.registry.base_url, live.identity),
        choices,
        protected_stage=target.stage.protect,
        promotes=promotes,
        diagnostics=(*diagnostics, *newest.said, *said),
        back=back,
    )
    done = tuple(it for it in followed.moves if it.new in lock.resources or it.new in lock.intents)
    found = moves.adopted(live, target.tag_prefix, followed.tags, made)
    made = with_hints(target.catalog, made, desired, live, lock).with_moves((*done, *found))
    made = made.with_diagnostics(held_back(made))
    unwritten = is_unwritten(target, newest) or bool(done)
    return Planned(made, desired, live, lock, unwritten=unwritten)


async def apply(
    target: Target,
    planned: Planned,
    *,
    run: str,
    now: Callable[[], str],
    observer: Observer,
    stop: anyio.Event,
    by: str | None = None,
    already: Mapping[Address, LiveObject | None] | None = None,
) -> ApplyReport:
    """Carry out a plan that was just made. The caller holds ``target.store``; ``by`` is who started it.

    Raises:
        Blocked: the plan is blocked, or the hold on the stage is lost; nothing was changed.
        Stop: a secret or a file is not there; nothing was changed.
    """
    guard.refuse_blocked(planned.plan)
    pending = planned.plan.without(already or {})
    uploads = await with_versions(pending, target.registry, target.catalog, target.uploads)
    guard.refuse_what_cannot_be_sent(pending, target.secrets, uploads, target.catalog)
    guard.refuse_without_hold(target.hold, target.stage)
    report = await execute(
        planned.plan,
        _written(target, planned),
        target.catalog,
        target.registry,
        target.store,
        already=already or {},
        run=run,
        now=now,
        by=by,
        observer=observer,
        stop=stop,
        secrets=target.secrets,
        uploads=uploads,
        patience=target.patience,
        hold=target.hold,
    )
    return report.with_diagnostics(await keep_copy(target, interrupted=report.interrupted))


def _written(target: Target, planned: Planned) -> Lock:
    """The lock that the plan was decided on, once the store has it: what is recorded builds on it."""
    if not planned.unwritten:
        return planned.lock
    target.store.write(planned.lock)
    return planned.lock


async def apply_saved(
    target: Target,
    saved: Plan,
    *,
    run: str,
    now: Callable[[], str],
    observer: Observer,
    stop: anyio.Event,
    by: str | None = None,
) -> ApplyReport:
    """Carry out a plan from a file, if it is still true. The caller holds ``target.store``.

    Raises:
        Blocked: it was made for another stage or project, it is blocked, or what it touches has moved.
    """
    guard.refuse_blocked(saved)
    guard.refuse_other_target(saved, target.project, target.stage)
    guard.refuse_unknown_kinds(saved, target.catalog)
    desired = _as_desired(saved)
    newest = await newest_of(target)
    recorded = lock_of(target, newest)
    moved = moves.once_more(saved, recorded, target.catalog)
    live, lock, _ = await _look(target, desired, moved, lambda lock: _touched(target, saved, lock))
    guard.refuse_other_origin(saved, live.identity, target.registry.base_url)
    already = guard.already_done(saved, target.catalog, live, lock)
    if lock.serial != saved.lock_serial:  # what else it would refresh may have been written since
        saved = saved.model_copy(update={"records": {}})
    unwritten = is_unwritten(target, newest) or moved != recorded
    planned = Planned(saved, desired, live, lock, unwritten=unwritten)
    report = await apply(
        target, planned, run=run, now=now, by=by, observer=observer, stop=stop, already=already
    )
    return report.with_diagnostics(newest.said)


async def _look(
    target: Target,
    desired: DesiredState,
    lock: Lock,
    limit: Callable[[Lock], Lock] = _all_of_it,
    *,
    tags: Callable[[Address], Address] = as_it_is,
    removing: bool = False,
) -> tuple[LiveState, Lock, tuple[Diagnostic, ...]]:
    """What is there; what an unfinished create may have made is waited for before it is planned again."""
    seen = await _look_once(target, desired, lock, limit, tags, removing=removing)
    if not (missing := unfound(target.catalog, desired, seen[1], seen[0])):
        return seen
    patience = target.patience
    if longest := max(patience.left(intent) for intent in missing.values()):
        patience.waiting(tuple(missing), longest)
    for pause in pauses(longest):
        await patience.sleep(pause)
        seen = await _look_once(target, desired, lock, limit, tags, removing=removing)
        if not unfound(target.catalog, desired, seen[1], seen[0]):
            break
    return seen


async def _look_once(
    target: Target,
    desired: DesiredState,
    lock: Lock,
    limit: Callable[[Lock], Lock],
    tags: Callable[[Address], Address],
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
        tags,
        former_prefixes=target.former_prefixes,
        removing=removing,
    )
    return live, lock, tuple(said)


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
