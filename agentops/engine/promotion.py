"""What may move from stage to stage: whether a source stage stands still, and what a target may take."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from agentops.domain.address import Address
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, error, listed, warning
from agentops.domain.graph import closure
from agentops.domain.kind import Catalog
from agentops.domain.plan import Change, Plan, Reason
from agentops.domain.project import Stage
from agentops.domain.resource import Source
from agentops.domain.state import DesiredState, Lock

_LISTED = 10


def released(lock: Lock) -> dict[Address, Source | None]:
    """What a stage runs: its release. An address without a source was never applied from a file."""
    return {address: entry.source for address, entry in sorted(lock.resources.items()) if entry.id}


def newest_release(lock: Lock) -> str | None:
    """What the addresses that came last have alike."""
    newest = _newest(lock)
    return newest[0] if newest is not None else None


def _newest(lock: Lock) -> tuple[str, int] | None:
    """The newest release, and the serial of the first lock that has it. A release that a stage was put back
    to has come before, too; one whose apply was finished by the next has come once."""
    marks = [entry.released for entry in lock.resources.values() if entry.released is not None]
    if not marks:
        return None
    newest = max(marks, key=lambda mark: (mark.serial, mark.at))
    since = newest.serial
    for serial in sorted({it.serial for it in marks if it.release == newest.release}, reverse=True):
        if since - serial > 1:  # another release has been there in between
            break
        since = serial
    return newest.release, since


def before_release(lock: Lock, former: Lock | None = None) -> dict[Address, Source | None]:
    """What a stage ran until its newest release: without what that brought for the first time. ``former`` is
    the lock of before, where there is one: it alone still has what was removed since."""
    entries = {address: entry for address, entry in sorted(lock.resources.items()) if entry.id}
    newest, since = _newest(lock) or (None, 0)
    found: dict[Address, Source | None] = {}
    for address, entry in entries.items():
        mark = entry.released
        if mark is None or mark.release != newest or mark.serial < since:
            found[address] = entry.source
        elif mark.before is not None:
            found[address] = mark.before if mark.before.digest else None
    ids = {entry.id for entry in entries.values()}
    for address, entry in former.resources.items() if former is not None else ():
        if entry.id and entry.id not in ids and address not in lock.resources:
            found[address] = entry.source
    return found


def refuse_other_order(source: Stage, target: Stage) -> None:
    """Raises Blocked where the target gets its releases from another stage."""
    before = target.promote_from
    if before is not None and before != source.name:
        raise Blocked(
            error(
                Code.PROMOTION_ORDER,
                f"stage {target.name} gets its releases from {before}, not from {source.name}",
                f"`agentops promote {source.name} {before}` first, then `agentops promote {before} "
                f"{target.name}`",
            )
        )


def held_back(plan: Plan) -> list[Diagnostic]:
    """That a promotion does not bring all of the release: what is held in the target stays as it is there."""
    if plan.promotes is None or not plan.held:
        return []
    names = listed([item.address for item in plan.held], _LISTED)
    return [
        warning(
            Code.HELD_BACK,
            f"stage {plan.stage} will not run {plan.promotes}'s release in full: it holds fields of {names}",
            "`--on-drift revert` brings these as well",
        )
    ]


def refuse_rolled_back(stage: Stage, lock: Lock, select: Collection[Address]) -> None:
    """Raises Blocked where something was put back to a version of the registry: no file holds that, so there
    is nothing to promote. With ``select`` only those addresses are looked at."""
    wrong = [
        error(
            Code.UNSETTLED,
            f"stage {stage.name} was rolled back, to {entry.rolled_back.to}",
            f"no file holds what runs there: mend the file, {_bring(stage)}, then promote",
            address=address,
        )
        for address, entry in sorted(lock.resources.items())
        if entry.rolled_back is not None and entry.source is None and (not select or address in select)
    ]
    if wrong:
        raise Blocked(*wrong)


def unsettled(
    catalog: Catalog, stage: Stage, lock: Lock, plan: Plan, desired: DesiredState, select: Sequence[Address]
) -> list[Diagnostic]:
    """Why it cannot be said that a stage runs what its lock records. ``plan`` is of that stage and of its own
    release, ``desired``; with ``select`` only what those addresses need counts."""
    scope = _scope(catalog, lock, desired, select)
    return [item for item in _unsettled(stage, lock, plan) if item.address in scope]


def _scope(
    catalog: Catalog, lock: Lock, desired: DesiredState, select: Sequence[Address]
) -> frozenset[Address]:
    if not select:
        return frozenset({*lock.resources, *lock.intents, *desired.resources})
    edges = {address: list(resource.needs) for address, resource in desired.resources.items()}
    for address in lock.resources:
        parent = catalog.of_address(address).parent_of(address)
        edges.setdefault(address, [] if parent is None else [parent])
    return closure(select, edges)


def _unsettled(stage: Stage, lock: Lock, plan: Plan) -> Iterator[Diagnostic]:
    name = stage.name
    for item in plan.drift:
        fields = listed([field.path for field in item.fields], _LISTED)
        yield _not_settled(
            f"stage {name} has drifted: {fields}",
            f"`agentops drift --stage {name}` shows it; `agentops pull --stage {name}` puts it into the "
            "file, or revert it there; apply",
            item.address,
        )
    for problem in plan.diagnostics:
        if problem.code is Code.GONE and problem.address is not None:
            yield _not_settled(
                f"stage {name} does not run what its lock records: {problem.summary}",
                f"`agentops plan --stage {name}` says more; mend it there",
                problem.address,
            )
    for address, entry in sorted(lock.resources.items()):
        if entry.rolled_back is not None:
            yield _rolled_back(stage, address, entry.rolled_back.to, entry.held)
        elif entry.held:
            yield _not_settled(
                f"stage {name} holds fields: {listed(entry.held, _LISTED)}",
                "what runs there is not what the file says; put it into the file and apply, or "
                f"{_forward(stage)}",
                address,
            )
    for address in sorted(lock.intents):
        yield _not_settled(
            f"an apply of stage {name} did not finish with it",
            f"finish it: `agentops apply --stage {name}`",
            address,
        )


def _rolled_back(stage: Stage, address: Address, to: str, held: Sequence[str]) -> Diagnostic:
    if held:
        summary = f"stage {stage.name} was rolled back, to {to}: {listed(held, _LISTED)}"
        advice = (
            f"what runs there is behind its file on purpose; mend the file and {_bring(stage)}, or take it "
        )
        return _not_settled(summary, f"{advice}forward: {_forward(stage)}", address)
    return _not_settled(
        f"stage {stage.name} was rolled back, to {to}, and no file asks for it",
        "write its file, or have it go: "
        f"`agentops apply --stage {stage.name} --prune --on-drift revert --confirm {address}`",
        address,
    )


def _bring(stage: Stage) -> str:
    """How what is in the files comes to a stage."""
    if stage.promote_from is None:
        return f"`agentops apply --stage {stage.name}`"
    before = stage.promote_from
    return f"bring it there by way of {before} (`agentops promote {before} {stage.name}`)"


def _forward(stage: Stage) -> str:
    """How what a stage holds comes to what is asked for."""
    if stage.promote_from is None:
        return f"`agentops apply --stage {stage.name} --on-drift revert`"
    return f"`agentops promote {stage.promote_from} {stage.name} --on-drift revert`"


def _not_settled(summary: str, detail: str, address: Address) -> Diagnostic:
    return error(
        Code.UNSETTLED,
        summary,
        f"{detail}, then promote; or promote what its lock records all the same: `--allow-unsettled`",
        address=address,
    )


def not_promoted(
    stage: Stage, plan: Plan, desired: DesiredState, lock: Lock, before: Lock | None, own: Iterable[Address]
) -> list[Diagnostic]:
    """What a plan from files would bring to a stage although the stage before it does not run it.

    A change that leaves the source as it is (overrides, variables, secrets, drift) is the stage's own
    business. ``before`` is the lock of that stage; ``own`` are addresses that by the files only this stage
    has.
    """
    if stage.promote_from is None or plan.promotes == stage.promote_from:
        return []
    sources = released(before) if before is not None else {}
    allowed = frozenset(own)
    found = [
        (change.address, why.format(stage=stage.promote_from))
        for change in plan.changes
        if change.address not in allowed and (why := _why_not(change, desired, lock, sources)) is not None
    ]
    if not found:
        return []
    told = listed([f"{address} ({why})" for address, why in found], _LISTED)
    return [
        error(
            Code.NOT_PROMOTED,
            f"stage {stage.name} takes only what stage {stage.promote_from} runs, which is not so of: {told}",
            f"apply stage {stage.promote_from} first if it is behind, then "
            f"`agentops promote {stage.promote_from} {stage.name}`",
        )
    ]


def _why_not(
    change: Change, desired: DesiredState, lock: Lock, sources: Mapping[Address, Source | None]
) -> str | None:
    resource, there = desired.resources.get(change.address), sources.get(change.address)
    if change.reason is Reason.REMOVED_FROM_FILES and change.action.removes:
        return "{stage} still runs it" if change.address in sources else None
    if resource is None:
        return None
    entry = lock.resources.get(change.address)
    same = [source for source in (there, entry.source if entry is not None else None) if source is not None]
    if any(source.digest == resource.source.digest for source in same):
        return None
    return "{stage} runs another" if change.address in sources else "not in {stage}"
