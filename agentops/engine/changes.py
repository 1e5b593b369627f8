"""What a decision comes to: the change with the body that is sent, and what a reviewer is shown of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentops.domain.canonical import Difference, Moved, field_of, fingerprints
from agentops.domain.diagnostics import Diagnostic
from agentops.domain.kind import OWNER_KEY, Removal
from agentops.domain.plan import Action, Change, FieldChange, Reason
from agentops.domain.resource import Body, Resource, refs_in, replace_refs
from agentops.domain.secret import KEY as SECRET
from agentops.domain.secret import as_secret, secrets_in
from agentops.domain.state import LiveObject, LockEntry
from agentops.engine import refusals
from agentops.engine.diff import (
    TEXTS,
    created_fields,
    dotted,
    field_changes,
    update_body,
    with_secrets,
)
from agentops.engine.record import base_of, ignored, record_of
from agentops.engine.situation import Decision, Sides, Situation


def creation(it: Situation, desired: Resource, reason: Reason) -> Change:
    wanted: Body = replace_refs(desired.body, it.known)
    return Change(
        address=it.address,
        action=Action.CREATE,
        reason=reason,
        fields=created_fields(it.kind, readable(desired, desired.body)),
        body=_tagged(it, wanted),
        parent=desired.parent,
        record=record_of(it.kind, desired, _made_anew(it.entry), fingerprints(it.kind, wanted)),
        location=desired.location,
    )


def update(
    it: Situation, desired: Resource, sides: Sides, ours: Sequence[Difference], *, rotating: bool
) -> Decision:
    edit = _edit(it, desired, sides, ours, rotating=rotating)
    if not edit.body:
        return Decision(diagnostics=edit.diagnostics)
    record = record_of(it.kind, desired, it.entry, sides.ours.fingerprints)
    if record.rolled_back is not None and edit.sent:  # neither what the file holds nor what was put back
        record = record.model_copy(update={"source": None})
    change = Change(
        address=it.address,
        action=Action.UPDATE,
        reason=_why_updated(it, desired, edit.sent),
        fields=(*_pin(it, desired), *edit.fields),
        body=edit.body,
        parent=desired.parent,
        base=base_of(it.kind, sides.live, record, sides.theirs),
        record=record,
        ignored=desired.lifecycle.ignore_changes,
        directory=_directory(it, desired),
        location=desired.location,
    )
    return Decision(change=change, diagnostics=edit.diagnostics)


def _directory(it: Situation, desired: Resource) -> str | None:
    return desired.body.get(it.kind.bundle.directory) if it.kind.bundle is not None else None


def _pin(it: Situation, desired: Resource) -> Iterator[FieldChange]:
    """The commit that content from a URL moves to."""
    before = it.entry.revision if it.entry is not None else None
    if before != desired.revision:
        yield FieldChange(path="revision", before=before, after=desired.revision)


def adoption(it: Situation, desired: Resource, sides: Sides, found: Sequence[Difference]) -> Decision:
    """An earlier create whose answer was lost, or a seed that is there already.

    Its secrets are taken to be those that were sent then, unless they are to be sent again. What the file
    ignores is not recorded as applied: nobody knows whether it ever was.
    """
    again = it.rotate and it.kind.secrets and any(secrets_in(desired.body))
    edit = _edit(it, desired, sides, found, rotating=again)
    left = desired.lifecycle.ignore_changes
    applied = {path: value for path, value in sides.ours.fingerprints.items() if not ignored(path, left)}
    record = record_of(it.kind, desired, _made_anew(it.entry), applied)
    change = Change(
        address=it.address,
        action=Action.ADOPT,
        reason=Reason.TAGGED_OURS,
        fields=edit.fields,
        body=edit.body,
        parent=desired.parent,
        base=base_of(it.kind, sides.live, record, sides.theirs),
        record=record,
        ignored=left,
        directory=_directory(it, desired),
        location=desired.location,
    )
    return Decision(change=change, diagnostics=edit.diagnostics)


def replacement(
    it: Situation, desired: Resource, sides: Sides, ours: Sequence[Difference], because: str
) -> Decision:
    if it.protected_by is not None:
        return Decision(diagnostics=(refusals.protected_replacement(desired, because, it.protected_by),))
    record = record_of(it.kind, desired, _made_anew(it.entry), sides.ours.fingerprints)
    change = Change(
        address=it.address,
        action=Action.REPLACE,
        reason=Reason.CREATE_ONLY_FIELD,
        fields=field_changes(it.kind, sides.live.body, readable(desired, sides.wanted), ours, it.names),
        body=_tagged(it, sides.wanted),
        parent=desired.parent,
        base=base_of(it.kind, sides.live, record, sides.theirs),
        record=record,
        forced_by=because,
        location=desired.location,
    )
    return Decision(change=change)


def removal(it: Situation, live: LiveObject, reason: Reason) -> Decision:
    if it.protected_by is not None:
        return Decision(diagnostics=(refusals.protected_stays(it.address, it.protected_by),))
    archives = it.kind.removal is Removal.ARCHIVE
    change = Change(
        address=it.address,
        action=Action.ARCHIVE if archives else Action.DELETE,
        reason=reason,
        base=base_of(it.kind, live, None),
        parent=it.kind.parent_of(it.address),
    )
    return Decision(change=change)


def rotates(change: Change) -> bool:
    """Whether it sends secrets to what is there for their own sake: no look at that can tell it was done."""
    there = change.action in {Action.UPDATE, Action.ADOPT}
    return there and any(as_secret(item.after) is not None for item in change.fields)


def readable(desired: Resource, body: Body) -> Body:
    """The body with the texts of its bundle, to be shown; they are no field and never sent."""
    return {**body, TEXTS: desired.texts} if desired.texts else body


@dataclass(frozen=True, slots=True)
class _Edit:
    """What is sent to something that is there: ``sent`` are the differences it settles."""

    body: Body
    fields: tuple[FieldChange, ...]
    sent: tuple[Difference, ...]
    diagnostics: tuple[Diagnostic, ...]


def _edit(
    it: Situation, desired: Resource, sides: Sides, found: Sequence[Difference], *, rotating: bool
) -> _Edit:
    live = sides.live
    # What is held stays where a field is sent whole, as what the file ignores does.
    left = (*desired.lifecycle.ignore_changes, *(it.entry.held if it.entry is not None else ()))
    body, stuck = update_body(it.kind, sides.wanted, live.body, found, left)
    sent = tuple(item for item in found if item.path not in stuck)
    fields = field_changes(it.kind, live.body, readable(desired, sides.wanted), sent, it.names)
    if rotating:
        body = with_secrets(it.kind, sides.wanted, body)
        fields += tuple(
            FieldChange(path=dotted(path), after={SECRET: text}) for path, text in secrets_in(sides.wanted)
        )
    if body and it.kind.tagged and live.owner != it.tag:  # of old it may carry that of another address
        body["metadata"] = {**(body.get("metadata") or {}), OWNER_KEY: it.tag}
    return _Edit(body, fields, sent, refusals.cannot_clear(desired, stuck))


def _why_updated(it: Situation, desired: Resource, sent: Sequence[Difference]) -> Reason:
    """A file that stands can still ask for something else: by its stage, or by what it refers to."""
    if not sent:
        return Reason.SECRET_SENT_AGAIN
    if all(item.moved is not Moved.OURS for item in sent):
        was_put_back = it.entry is not None and it.entry.rolled_back is not None
        forward = was_put_back and any(item.moved is Moved.NEITHER for item in sent)
        return Reason.TAKEN_FORWARD if forward else Reason.DRIFT_REVERTED
    recorded = it.entry.source if it.entry is not None else None
    if recorded is None or recorded.digest != desired.source.digest:
        return Reason.CHANGED
    moving = (any(refs_in(desired.body.get(field_of(item.path)))) for item in sent)
    return Reason.REFERENCE_MOVES if all(moving) else Reason.CHANGED


def _tagged(it: Situation, body: Body) -> Body:
    """The body with the ownership tag. It is never shown as a difference."""
    if not it.kind.tagged:
        return dict(body)
    return {**body, "metadata": {**(body.get("metadata") or {}), OWNER_KEY: it.tag}}


def _made_anew(entry: LockEntry | None) -> LockEntry | None:
    """What stays recorded of an address whose next object has nothing to do with the last one."""
    return entry.model_copy(update={"id": "", "held": ()}) if entry is not None else None
