"""The decision table: what one address needs, from what is desired, recorded and live.

One function a row. Nothing here looks at another address except through ``Situation``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Difference, Form, Moved, differences, fingerprints, form
from agentops.domain.diagnostics import Diagnostic, Location
from agentops.domain.kind import OWNER_KEY, Kind, Removal
from agentops.domain.plan import Action, Base, Change, Drift, DriftedField, FieldChange, Orphan, Reason
from agentops.domain.resource import Body, Ref, Resource, Source, replace_refs
from agentops.domain.state import LiveObject, LockEntry
from agentops.engine import refusals
from agentops.engine.diff import field_changes, update_body


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is known of one address.

    tag: the ownership tag it should carry.
    known: the value of a reference, or the reference itself while it is known only after apply.
    fresh_parent: its parent is made anew, so nothing of it can exist yet.
    removed_with: the parent whose removal takes it along.
    settled: not asked for, because nothing can have changed.
    protected: by its file, by what was recorded of it, or by its stage.
    """

    address: Address
    kind: Kind
    tag: str
    desired: Resource | None = None
    entry: LockEntry | None = None
    live: LiveObject | None = None
    carriers: tuple[LiveObject, ...] = ()
    known: Callable[[Ref], Any] = Ref.as_json
    fresh_parent: bool = False
    removed_with: Address | None = None
    settled: bool = False
    recreate: bool = False
    destroy: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one address; ``record`` refreshes the lock although nothing is sent."""

    change: Change | None = None
    drift: Drift | None = None
    orphan: Orphan | None = None
    record: LockEntry | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


def decide(it: Situation) -> Decision:
    """Find the row of the decision table that fits."""
    decision = _row(it)
    if it.entry is None or not it.entry.id or not it.carriers:
        return decision
    said = refusals.carried_twice(it.address, it.entry, it.carriers)
    return replace(decision, diagnostics=(*decision.diagnostics, said))


def _row(it: Situation) -> Decision:
    if it.desired is None:
        return _undesired(it)
    if it.fresh_parent:
        return Decision(change=_create(it, it.desired, Reason.NEW))
    if it.entry is None or not it.entry.id:
        return _unrecorded(it, it.desired)
    if it.settled:
        return Decision(record=_left_alone(it, it.desired, it.entry))
    if it.live is None or it.live.archived:
        return _gone(it, it.desired, it.entry)
    if it.live.owner not in {None, it.tag}:
        return Decision(diagnostics=(refusals.foreign_owner(it.address, it.live, _place(it)),))
    return _present(it, it.desired, it.entry, it.live)


def base_of(kind: Kind, live: LiveObject) -> Base:
    """What a change is planned against; the digest covers every leaf that we could overwrite."""
    return Base(
        id=live.id,
        version=kind.base_of(live.body),
        digest=form(kind, live.body).digest,
        parent_id=live.parent_id,
    )


# -- not in the files


def _undesired(it: Situation) -> Decision:
    if it.entry is None:
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
    if it.live.owner not in {None, it.tag}:
        return Decision(diagnostics=(refusals.foreign_owner(it.address, it.live, _place(it)),))
    if it.destroy:
        return _removal(it, it.live)
    return Decision(orphan=Orphan(address=it.address, id=it.entry.id, path=it.entry.path))


def _tagged_orphan(it: Situation) -> Decision:
    if len(it.carriers) > 1:
        return Decision(diagnostics=(refusals.several_carriers(it.address, it.carriers, _place(it)),))
    if not it.carriers:
        return Decision()
    if it.destroy:
        return _removal(it, it.carriers[0])
    return Decision(orphan=Orphan(address=it.address, id=it.carriers[0].id))


def _removal(it: Situation, live: LiveObject) -> Decision:
    if it.protected:
        return Decision(diagnostics=(refusals.protected_stays(it.address),))
    archives = it.kind.removal is Removal.ARCHIVE
    change = Change(
        address=it.address,
        action=Action.ARCHIVE if archives else Action.DELETE,
        reason=Reason.DESTROY,
        base=base_of(it.kind, live),
        parent=it.kind.parent_of(it.address),
    )
    return Decision(change=change)


# -- in the files, not in the lock


def _unrecorded(it: Situation, desired: Resource) -> Decision:
    if not it.carriers:
        return Decision(change=_create(it, desired, Reason.NEW))
    if len(it.carriers) > 1:
        return Decision(diagnostics=(refusals.several_carriers(it.address, it.carriers, _place(it)),))
    return _adopt(it, desired, it.carriers[0])


def _adopt(it: Situation, desired: Resource, live: LiveObject) -> Decision:
    """An earlier create whose answer was lost, or a seed that is there already."""
    wanted = _resolved(it, desired)
    leave = desired.lifecycle.create_only
    found = () if leave else differences(it.kind, form(it.kind, wanted), form(it.kind, live.body), None, None)
    if forced := [item.path for item in found if _create_only(it.kind, item.path)]:
        return _replace(it, desired, wanted, live, found, forced[0])
    body, stuck = update_body(it.kind, wanted, live.body, found)
    change = Change(
        address=it.address,
        action=Action.ADOPT,
        reason=Reason.TAGGED_OURS,
        fields=field_changes(it.kind, live.body, wanted, found),
        body=body,
        parent=desired.parent,
        base=base_of(it.kind, live),
        record=_record(it, desired, fingerprints(it.kind, wanted)),
        location=desired.location,
    )
    return Decision(change=change, diagnostics=refusals.cannot_clear(desired, stuck))


# -- in the files and in the lock


def _gone(it: Situation, desired: Resource, entry: LockEntry) -> Decision:
    if desired.lifecycle.create_only:
        # Agents may delete what they were given to start with; it is not given to them again.
        return Decision(record=_left_alone(it, desired, entry))
    if it.recreate:
        found = _unrecorded(it, desired)  # somebody may have made it anew already
        return found if it.carriers else Decision(change=_create(it, desired, Reason.RECREATE))
    how = "archived" if it.live is not None else "gone"
    return Decision(diagnostics=(refusals.gone(desired, entry, how),))


def _present(it: Situation, desired: Resource, entry: LockEntry, live: LiveObject) -> Decision:
    wanted = _resolved(it, desired)
    ours_now, theirs_now = form(it.kind, wanted), form(it.kind, live.body)
    found = tuple(
        item
        for item in differences(it.kind, ours_now, theirs_now, entry.applied, entry.observed)
        if item.moved is not Moved.NEITHER and not ignored(item.path, desired.lifecycle.ignore_changes)
    )
    theirs = tuple(item for item in found if item.moved is not Moved.OURS)
    if theirs and desired.lifecycle.create_only:
        return _written_by_agents(it, desired, entry, theirs)
    ours = tuple(item for item in found if item.moved is Moved.OURS)
    drifted = _drift(it, desired, wanted, live, theirs)
    if not ours:
        record = None if theirs else _in_sync(it, desired, entry, live, ours_now, theirs_now)
        return Decision(drift=drifted, record=record, diagnostics=refusals.drifted(desired, theirs))
    if forced := [item.path for item in ours if _create_only(it.kind, item.path)]:
        decision = _replace(it, desired, wanted, live, ours, forced[0])
    else:
        decision = _update(it, desired, wanted, live, ours)
    return Decision(
        change=decision.change,
        drift=drifted,
        diagnostics=(*decision.diagnostics, *refusals.drifted(desired, theirs)),
    )


def _update(
    it: Situation, desired: Resource, wanted: Body, live: LiveObject, ours: Sequence[Difference]
) -> Decision:
    body, stuck = update_body(it.kind, wanted, live.body, ours, desired.lifecycle.ignore_changes)
    sent = tuple(item for item in ours if item.path not in stuck)
    diagnostics = refusals.cannot_clear(desired, stuck)
    if not sent:
        return Decision(diagnostics=diagnostics)
    if it.kind.tagged and live.owner is None:
        body["metadata"] = {**(body.get("metadata") or {}), OWNER_KEY: it.tag}
    change = Change(
        address=it.address,
        action=Action.UPDATE,
        reason=Reason.CHANGED if _file_changed(it, desired) else Reason.REFERENCE_MOVES,
        fields=field_changes(it.kind, live.body, wanted, sent),
        body=body,
        parent=desired.parent,
        base=base_of(it.kind, live),
        record=_record(it, desired, fingerprints(it.kind, wanted)),
        ignored=desired.lifecycle.ignore_changes,
        location=desired.location,
    )
    return Decision(change=change, diagnostics=diagnostics)


def _replace(
    it: Situation,
    desired: Resource,
    wanted: Body,
    live: LiveObject,
    ours: Sequence[Difference],
    because: str,
) -> Decision:
    if it.protected:
        return Decision(diagnostics=(refusals.protected_replacement(desired, because),))
    change = Change(
        address=it.address,
        action=Action.REPLACE,
        reason=Reason.CREATE_ONLY_FIELD,
        fields=field_changes(it.kind, live.body, wanted, ours),
        body=_tagged(it, desired.body),
        parent=desired.parent,
        base=base_of(it.kind, live),
        record=_record(it, desired, fingerprints(it.kind, wanted)),
        forced_by=because,
        location=desired.location,
    )
    return Decision(change=change)


def _written_by_agents(
    it: Situation, desired: Resource, entry: LockEntry, theirs: Sequence[Difference]
) -> Decision:
    """A seed that agents edited is theirs; only say so when the file changed as well."""
    if not any(item.moved is Moved.BOTH for item in theirs):
        return Decision(record=_left_alone(it, desired, entry))
    return Decision(diagnostics=(refusals.written_by_agents(desired),))


# -- pieces


def _create(it: Situation, desired: Resource, reason: Reason) -> Change:
    body = _tagged(it, desired.body)
    return Change(
        address=it.address,
        action=Action.CREATE,
        reason=reason,
        fields=tuple(FieldChange(path=name, after=value) for name, value in desired.body.items()),
        body=replace_refs(body, it.known),
        parent=desired.parent,
        record=_record(it, desired, fingerprints(it.kind, _resolved(it, desired))),
        location=desired.location,
    )


def _tagged(it: Situation, body: Body) -> Body:
    """The body with the ownership tag. It is never shown as a difference."""
    if not it.kind.tagged:
        return dict(body)
    return {**body, "metadata": {**(body.get("metadata") or {}), OWNER_KEY: it.tag}}


def _resolved(it: Situation, desired: Resource) -> Body:
    body: Body = replace_refs(desired.body, it.known)
    return body


def _record(it: Situation, desired: Resource, applied: dict[str, str]) -> LockEntry:
    """What the lock will say; ID, version and what comes back are filled in when the answer is there."""
    entry = it.entry or LockEntry(id="")
    return entry.model_copy(
        update={
            "path": desired.path,
            "source": _source(entry, desired),
            "applied": _but_ignored(desired, applied, entry.applied) if entry.id else applied,
            "attachments": desired.attachments,
            "protected": desired.lifecycle.protect,
        }
    )


def _source(entry: LockEntry, desired: Resource) -> Source:
    """The same content keeps the commit it was recorded with: later commits, that of the lock among them,
    hold it too, and a lock that follows them would never come to rest."""
    recorded = entry.source
    same = recorded is not None and recorded.commit is not None and recorded.digest == desired.source.digest
    return recorded if recorded is not None and same else desired.source


def _in_sync(
    it: Situation, desired: Resource, entry: LockEntry, live: LiveObject, ours: Form, theirs: Form
) -> LockEntry | None:
    """The entry as it should read where nothing needs doing, or None when it reads so already."""
    observed = _but_ignored(desired, theirs.fingerprints, entry.observed)
    fresh = _record(it, desired, ours.fingerprints).model_copy(
        update={"observed": observed, "version": live.version}
    )
    return None if fresh == entry else fresh


def _left_alone(it: Situation, desired: Resource, entry: LockEntry) -> LockEntry | None:
    """The same for a resource that was not looked at, or is left to whoever writes there."""
    fresh = _record(it, desired, entry.applied)
    return None if fresh == entry else fresh


def _but_ignored(desired: Resource, now: dict[str, str], recorded: dict[str, str]) -> dict[str, str]:
    """Fingerprints as they are now, and of what is ignored as they were recorded: it was not sent, and what
    moved there is still to be told once it is no longer ignored."""
    left = desired.lifecycle.ignore_changes
    if not left:
        return now
    kept = {path: value for path, value in now.items() if not ignored(path, left)}
    return kept | {path: value for path, value in recorded.items() if ignored(path, left)}


def _file_changed(it: Situation, desired: Resource) -> bool:
    return it.entry is None or it.entry.source is None or it.entry.source.digest != desired.source.digest


def _place(it: Situation) -> Location | None:
    return it.desired.location if it.desired else None


def ignored(path: str, ignore: Sequence[str]) -> bool:
    """Whether ``ignore_changes`` names this leaf or something around it."""
    return any(path == item or path.startswith(f"{item}.") for item in ignore)


def _create_only(kind: Kind, path: str) -> bool:
    name, _, rest = path.partition(".")
    return tuple(rest.split(".")) in kind.fields[name].create_only


def _drift(
    it: Situation, desired: Resource, wanted: Body, live: LiveObject, theirs: Sequence[Difference]
) -> Drift | None:
    if not theirs:
        return None
    fields = tuple(
        DriftedField(path=change.path, moved=item.moved, ours=change.after, theirs=change.before)
        for item in theirs
        for change in field_changes(it.kind, live.body, wanted, [item])
    )
    return Drift(address=it.address, id=live.id, fields=fields, location=desired.location)
