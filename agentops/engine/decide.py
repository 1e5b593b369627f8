"""The decision table: what one address needs, from what is desired, recorded and live.

One function a row. Nothing here looks at another address except through ``Situation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agentops.domain.canonical import Difference, Moved, differences, field_of, fingerprints, observed
from agentops.domain.kind import Kind, Replacement
from agentops.domain.plan import Action, Change, Drift, DriftedField, Held, Orphan, Reason
from agentops.domain.project import OnDrift
from agentops.domain.resource import Resource, replace_refs
from agentops.domain.state import LiveObject, LockEntry
from agentops.engine import refusals
from agentops.engine.behind import rolled_back_orphan
from agentops.engine.changes import adoption, creation, readable, removal, replacement, update
from agentops.engine.diff import field_changes
from agentops.engine.record import (
    but_ignored,
    ignored,
    moved_since,
    past_of,
    record_of,
    secrets_fingerprint,
)
from agentops.engine.situation import Decision, Sides, Situation


def decide(it: Situation) -> Decision:
    """Find the row of the decision table that fits."""
    decision = _row(it)
    if it.entry is None or not it.entry.id or not it.carriers:
        return decision
    if decision.change is not None and decision.change.action is Action.ADOPT:
        return decision  # the recorded one is gone
    said = refusals.carried_twice(it.address, it.entry, it.carriers)
    return replace(decision, diagnostics=(*decision.diagnostics, said))


def _row(it: Situation) -> Decision:
    if it.desired is None:
        return _undesired(it)
    if it.fresh_parent:
        return Decision(change=creation(it, it.desired, Reason.NEW))
    if it.entry is None or not it.entry.id:
        return _unrecorded(it, it.desired)
    if it.settled:
        return Decision(record=_left_alone(it, it.desired, it.entry))
    if it.live is None or it.live.archived:
        return _gone(it, it.desired, it.entry)
    if it.is_foreign(it.live):
        return Decision(diagnostics=(refusals.foreign_owner(it.address, it.live, it.place),))
    return _present(it, it.desired, it.entry, it.live)


# -- not in the files


def _undesired(it: Situation) -> Decision:
    if it.entry is None or (not it.entry.id and it.carriers):
        return _tagged_orphan(it)
    if it.removed_with is not None:
        gone_along = Change(
            address=it.address,
            action=Action.FORGET,
            reason=Reason.DESTROY,
            depends_on=(it.removed_with,),
        )
        return Decision(change=gone_along)
    if it.live is None or it.live.archived:
        return Decision(change=Change(address=it.address, action=Action.FORGET, reason=Reason.GONE))
    if it.is_foreign(it.live):
        return Decision(diagnostics=(refusals.foreign_owner(it.address, it.live, it.place),))
    return _unwanted(it, it.live, Orphan(address=it.address, id=it.entry.id, path=it.entry.path))


def _tagged_orphan(it: Situation) -> Decision:
    if len(it.carriers) > 1:
        return Decision(diagnostics=(refusals.several_carriers(it.address, it.carriers, it.place),))
    if not it.carriers:
        return Decision()
    return _unwanted(it, it.carriers[0], Orphan(address=it.address, id=it.carriers[0].id))


def _unwanted(it: Situation, live: LiveObject, orphan: Orphan) -> Decision:
    """Removed where somebody said so; else, and where it is protected or was changed outside, an orphan."""
    if it.destroy:
        return removal(it, live, Reason.DESTROY)
    if not it.prune:
        return Decision(orphan=orphan)
    recorded = it.entry if it.entry is not None and it.entry.id == live.id else None
    if recorded and recorded.rolled_back is not None and not it.release:
        said = rolled_back_orphan(it.address, recorded.rolled_back)
        return Decision(orphan=orphan, diagnostics=(said,))
    if recorded and it.on_drift is not OnDrift.REVERT and moved_since(it.kind, recorded, live):
        kept = it.on_drift is OnDrift.KEEP
        return Decision(orphan=orphan, diagnostics=(refusals.drifted_orphan(it.address, live.id, kept=kept),))
    decision = removal(it, live, Reason.REMOVED_FROM_FILES)
    return decision if decision.change is not None else replace(decision, orphan=orphan)


# -- in the files, not in the lock


def _unrecorded(it: Situation, desired: Resource) -> Decision:
    if not it.carriers:
        return Decision(change=creation(it, desired, Reason.NEW))
    if len(it.carriers) > 1:
        return Decision(diagnostics=(refusals.several_carriers(it.address, it.carriers, it.place),))
    return _adopt(it, desired, it.carriers[0])


def _adopt(it: Situation, desired: Resource, live: LiveObject) -> Decision:
    sides = Sides.of(it, desired, live)
    found: tuple[Difference, ...] = ()
    if not desired.lifecycle.create_only:
        found = _but_ignored(desired, differences(it.kind, sides.ours, sides.theirs, None, None))
    if forced := _forcing(it.kind, found):
        return replacement(it, desired, sides, found, forced)
    return adoption(it, desired, sides, found)


# -- in the files and in the lock


def _gone(it: Situation, desired: Resource, entry: LockEntry) -> Decision:
    if desired.lifecycle.create_only:
        # Agents may delete what they were given to start with; it is not given to them again.
        return Decision(record=_left_alone(it, desired, entry))
    if len(it.carriers) == 1 or (it.recreate and it.carriers):
        # A replacement whose lock was lost on the way, or somebody has made it anew already.
        return _unrecorded(it, desired)
    if it.recreate:
        return Decision(change=creation(it, desired, Reason.RECREATE))
    if _was_to_go_first(it, desired, entry):
        return Decision(change=creation(it, desired, Reason.CREATE_ONLY_FIELD))
    how = "archived" if it.live is not None else "gone"
    return Decision(diagnostics=(refusals.gone(desired, entry, how),))


def _was_to_go_first(it: Situation, desired: Resource, entry: LockEntry) -> bool:
    """Whether the file asks for another one in its place, for which it had to go anyway. So it is where a
    replacement was cut off half-way and the lock that knew of it is lost."""
    if it.kind.replacement is not Replacement.AFTER or not entry.applied:
        return False
    ours = fingerprints(it.kind, replace_refs(desired.body, it.known))
    moved = (path for path in {*ours, *entry.applied} if ours.get(path) != entry.applied.get(path))
    return any(it.kind.is_create_only(path) for path in moved)


@dataclass(frozen=True, slots=True)
class _Moves:
    """The differences of one resource, by what becomes of them.

    sent: what is ours to send, with what is reverted. theirs: what moved in the registry since the last
    apply. standing: what was held before, and stays. held: the leaves that are held from now on.
    """

    sent: tuple[Difference, ...]
    theirs: tuple[Difference, ...]
    standing: tuple[Difference, ...]
    held: tuple[str, ...]

    @classmethod
    def of(cls, it: Situation, entry: LockEntry, differing: Sequence[Difference]) -> _Moves:
        theirs = tuple(item for item in differing if item.moved in {Moved.THEIRS, Moved.BOTH})
        before = [item for item in differing if item.moved is Moved.NEITHER and item.path in entry.held]
        standing = () if it.release else tuple(before)
        reverted = theirs if it.on_drift is OnDrift.REVERT else ()
        kept = theirs if it.on_drift is OnDrift.KEEP else ()
        sent = [item for item in differing if item.moved is Moved.OURS or (it.release and item in before)]
        along = _uploaded_along(it.kind, (*sent, *reverted), standing)
        sent, standing = [*sent, *along], tuple(item for item in standing if item not in along)
        return cls(
            sent=tuple(sorted((*sent, *reverted), key=lambda item: item.path)),
            theirs=theirs,
            standing=standing,
            held=tuple(sorted({item.path for item in (*standing, *kept)})),
        )


def _uploaded_along(
    kind: Kind, sent: Sequence[Difference], standing: Sequence[Difference]
) -> tuple[Difference, ...]:
    """An upload holds all files of a bundle: with one of them what is held of the others goes, too."""
    if kind.bundle is None or not any(field_of(item.path) == kind.bundle.field for item in sent):
        return ()
    return tuple(item for item in standing if field_of(item.path) == kind.bundle.field)


def _present(it: Situation, desired: Resource, entry: LockEntry, live: LiveObject) -> Decision:
    """Send what is ours to send; what drifted is told, and what is kept is held."""
    sides = Sides.of(it, desired, live)
    applied, before = past_of(it.kind, entry, desired, sides)
    found = differences(it.kind, sides.ours, sides.theirs, applied, before, entry.held)
    moves = _Moves.of(it, entry, _but_ignored(desired, found))
    if moves.theirs and desired.lifecycle.create_only:
        return _written_by_agents(it, desired, entry, moves.theirs)
    it = replace(it, entry=entry.model_copy(update={"held": moves.held}))
    blocks = it.on_drift is OnDrift.BLOCK
    said = (
        *(refusals.drifted(it.stage, desired, moves.theirs) if blocks else ()),
        *refusals.condition(desired, it.kind.condition(live.body)),
    )
    told = Decision(
        drift=_drift(it, desired, sides, moves.theirs),
        held=_held(it, desired, sides, moves.standing),
        diagnostics=said,
    )
    rotates = _sends_secrets(it, desired, entry)
    if not moves.sent and not rotates:
        undecided = blocks and moves.theirs
        return told if undecided else replace(told, record=_in_sync(it, desired, entry, sides, moves.held))
    if forced := _forcing(it.kind, moves.sent):
        decision = replacement(it, desired, sides, moves.sent, forced)
    else:
        decision = update(it, desired, sides, moves.sent, rotating=rotates)
    return replace(told, change=decision.change, diagnostics=(*decision.diagnostics, *said))


def _written_by_agents(
    it: Situation, desired: Resource, entry: LockEntry, theirs: Sequence[Difference]
) -> Decision:
    """A seed that agents edited is theirs; only say so when the file changed as well."""
    if not any(item.moved is Moved.BOTH for item in theirs):
        return Decision(record=_left_alone(it, desired, entry))
    return Decision(diagnostics=(refusals.written_by_agents(desired),))


# -- pieces


def _but_ignored(desired: Resource, found: Sequence[Difference]) -> tuple[Difference, ...]:
    return tuple(item for item in found if not ignored(item.path, desired.lifecycle.ignore_changes))


def _forcing(kind: Kind, found: Sequence[Difference]) -> str | None:
    """The first member that no update can change."""
    return next((item.path for item in found if kind.is_create_only(item.path)), None)


def _sends_secrets(it: Situation, desired: Resource, entry: LockEntry) -> bool:
    """Whether secrets are sent again: asked for, or the file says another thing of them than what was sent.
    Of a resource that was taken over nobody recorded it; they are taken to be right."""
    now = secrets_fingerprint(it.kind, desired)
    if now is None or it.rotate:
        return now is not None
    return entry.taken_over is None and entry.secrets != now


def _in_sync(
    it: Situation, desired: Resource, entry: LockEntry, sides: Sides, held: tuple[str, ...]
) -> LockEntry | None:
    """The entry as it should read where nothing needs doing, or None when it reads so already."""
    still = entry.model_copy(update={"held": held})
    fresh = record_of(it.kind, desired, still, sides.ours.fingerprints)
    there = observed(it.kind, sides.theirs, fresh.applied, entry.observed)
    fresh = fresh.model_copy(
        update={
            "observed": but_ignored(desired, there, entry.observed),
            "version": it.kind.version_of(sides.live.body),
        }
    )
    return None if fresh == entry else fresh


def _left_alone(it: Situation, desired: Resource, entry: LockEntry) -> LockEntry | None:
    """The same for a resource that was not looked at, or is left to whoever writes there."""
    fresh = record_of(it.kind, desired, entry, entry.applied)
    return None if fresh == entry else fresh


def _drift(it: Situation, desired: Resource, sides: Sides, theirs: Sequence[Difference]) -> Drift | None:
    if not theirs:
        return None
    return Drift(
        address=it.address,
        id=sides.live.id,
        fields=_both_sides(it, desired, sides, theirs),
        resolution=it.on_drift,
        location=desired.location,
    )


def _held(it: Situation, desired: Resource, sides: Sides, standing: Sequence[Difference]) -> Held | None:
    if not standing:
        return None
    return Held(
        address=it.address,
        id=sides.live.id,
        fields=_both_sides(it, desired, sides, standing),
        rolled_back=it.entry.rolled_back if it.entry is not None else None,
        location=desired.location,
    )


def _both_sides(
    it: Situation, desired: Resource, sides: Sides, found: Sequence[Difference]
) -> tuple[DriftedField, ...]:
    wanted = readable(desired, sides.wanted)
    return tuple(
        DriftedField(path=change.path, moved=item.moved, ours=change.after, theirs=change.before)
        for item in found
        for change in field_changes(it.kind, sides.live.body, wanted, [item], it.names)
    )
