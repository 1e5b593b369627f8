"""What is put back runs behind its file on purpose: what the lock then says, so that the next plan tells it
and leaves it alone.

``applied`` is what the file asks for, although it was not sent: so it stands for what both sides are measured
against, as for drift that was kept. ``held`` are the leaves on which the file asks for something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Form, differences, field_of, fingerprints, form
from agentops.domain.diagnostics import Code, Diagnostic, has_errors, note, warning
from agentops.domain.kind import Kind
from agentops.domain.plan import Action, Behind, Change, Reason
from agentops.domain.project import OnDrift
from agentops.domain.resource import Body, Ref, Resource, Source, refs_in, replace_refs
from agentops.domain.state import LockEntry, RolledBack
from agentops.engine.record import but_ignored, ignored, source_of
from agentops.engine.situation import Decision, Situation


@dataclass(frozen=True, slots=True)
class PutBack:
    """What is put back, and what the files ask for in its place; None where they ask for nothing.

    to: what it is put back to, in words. promoted: the stage takes releases of another stage, so it is not
    the files that go on asking.
    """

    to: str
    files: Mapping[Address, Resource | None]
    promoted: bool = False

    def on_drift(self, address: Address, otherwise: OnDrift) -> OnDrift:
        """What becomes of drift there: a seed is for agents to edit, and what they wrote blocks nothing."""
        file = self.files.get(address)
        return OnDrift.REVERT if file is not None and file.lifecycle.create_only else otherwise


def put_back(it: Situation, back: PutBack, decision: Decision) -> Decision:
    """The decision about what is put back, with what the file goes on asking for."""
    change = decision.change
    if it.desired is None or has_errors(decision.diagnostics):
        return decision
    if change is None:
        return _recorded(it, back, it.desired, decision)
    if change.record is None:
        return decision
    record, behind = _left_behind(it, back, it.desired, change.record, change.body)
    reason = Reason.ROLLED_BACK if change.action is Action.UPDATE else change.reason
    files_of = it.desired.version if it.kind.bundle is not None else None
    told = {"record": record, "behind": behind, "reason": reason, "files_of": files_of}
    return replace(decision, change=change.model_copy(update=told))


def _recorded(it: Situation, back: PutBack, then: Resource, decision: Decision) -> Decision:
    """It is there as it was: only the lock has to say so."""
    entry = decision.record or it.entry
    if entry is None or it.live is None:
        return decision
    record, behind = _left_behind(it, back, then, entry, {})
    if behind is not None:
        record = record.model_copy(update={"applied": _sorted(behind.applied)})
    former = it.entry.rolled_back if it.entry is not None else None
    if record.rolled_back is not None and former is not None and former.to == back.to:
        record = record.model_copy(update={"rolled_back": former})
    return replace(decision, record=None if record == it.entry else record)


def _left_behind(
    it: Situation, back: PutBack, then: Resource, record: LockEntry, sent: Body
) -> tuple[LockEntry, Behind | None]:
    """What the lock says of it: that it runs what it is asked to run where it does, else that it does not."""
    file, after = back.files[it.address], _afterwards(it, then, record.held)
    told = {"source": then.source if then.source.digest else None, "rolled_back": RolledBack(to=back.to)}
    if file is None:
        # Nothing to measure against; nobody takes it for forgotten while it says so.
        ours_alone = _without_others(it, record.applied, sent)
        return record.model_copy(update={**told, "held": (), "applied": ours_alone}), None
    entry = record.model_copy(update={"protected": file.lifecycle.protect})
    if it.entry is not None and it.entry.id and (back.promoted or it.entry.promoted_from is not None):
        late = _late(it, replace_refs(then.body, it.known)) if _is_built_from(it.entry, then) else {}
        held = _held_of_release(it, it.entry, file, after, sent, late)
        runs, behind = _asked_of(it.entry, then), Behind(applied=_sorted(it.entry.applied), body=late)
    else:
        asked: Body = replace_refs(file.body, it.known)
        ours = form(it.kind, asked)
        held, runs = _held(it, file, ours, after, sent), source_of(it.entry or entry, file)
        behind = _behind(it, file, asked, ours)
    now = told if held else {"source": runs, "rolled_back": None}
    return entry.model_copy(update={**now, "held": held}), behind


def _behind(it: Situation, file: Resource, asked: Body, ours: Form) -> Behind:
    left = ours.fingerprints
    if it.entry is not None and it.entry.id:
        left = but_ignored(file, left, it.entry.applied)
    return Behind(applied=_sorted(left), body=_late(it, asked))


def _late(it: Situation, asked: Body) -> Body:
    """The fields that refer to what is known only after apply."""
    return {name: value for name, value in asked.items() if name in it.kind.fields and any(refs_in(value))}


def _is_built_from(entry: LockEntry, then: Resource) -> bool:
    """Whether the release that it runs has the same content: then it refers to the same, too."""
    return entry.source is not None and entry.source.digest == then.source.digest


def _asked_of(entry: LockEntry, then: Resource) -> Source | None:
    """What the release that it runs again was built from."""
    if entry.rolled_back is None:
        return entry.source
    before = entry.released.before if entry.released is not None else None
    known = then.source if then.source.digest else before
    return known if known is not None and known.digest else None


def _held_of_release(
    it: Situation, entry: LockEntry, file: Resource, after: Form, sent: Body, late: Body
) -> tuple[str, ...]:
    """The same where the files have moved on since the release: measured against what was recorded of it.
    ``late`` are fields of which the release asks for what is put back, whatever that comes to."""
    there, fields = after.fingerprints, it.kind.fields

    def is_held(path: str) -> bool:
        ours, now = entry.applied.get(path), there.get(path)
        spec = fields[field_of(path)]
        if ours == now or field_of(path) in late or ignored(path, file.lifecycle.ignore_changes):
            return False
        if path not in entry.applied and (
            spec.optional or (spec.foreign_keys and not _is_ours(it, path, sent))
        ):
            return path in entry.held
        return path in entry.held or now != entry.observed.get(path)

    return tuple(sorted(path for path in {*entry.applied, *entry.observed, *there} if is_held(path)))


def _afterwards(it: Situation, back: Resource, kept: tuple[str, ...]) -> Form:
    """What will be there: what is put back, but for what is kept or left to others."""
    body: Body = replace_refs(back.body, it.known)
    leaves = dict(form(it.kind, body).leaves)
    if it.live is None:
        return Form(leaves)
    there = form(it.kind, it.live.body).leaves
    left = (*back.lifecycle.ignore_changes, *kept)
    for path in [path for path in {*leaves, *there} if ignored(path, left)]:
        leaves.pop(path, None)
        if path in there:
            leaves[path] = there[path]
    return Form(leaves)


def _held(it: Situation, file: Resource, ours: Form, after: Form, sent: Body) -> tuple[str, ...]:
    """The leaves on which the file asks for something else than what will be there. What the registry makes
    of what the file asks for is nothing else."""
    wanted, there = ours.fingerprints, after.fingerprints
    brought = {path for path in there if _is_ours(it, path, sent)}
    entry = it.entry if it.entry is not None else LockEntry(id="")

    def is_spelling(path: str) -> bool:
        ours_stands = entry.applied.get(path) == wanted.get(path)
        return ours_stands and entry.observed.get(path) == there.get(path) and path not in entry.held

    found = differences(it.kind, ours, after, wanted, there, {*brought, *entry.held})
    return tuple(
        sorted(
            item.path
            for item in found
            if not is_spelling(item.path) and not ignored(item.path, file.lifecycle.ignore_changes)
        )
    )


def _is_ours(it: Situation, path: str, sent: Body) -> bool:
    """Whether this is a key that others may set, and was set by us or is put back."""
    name, _, key = path.partition(".")
    if not it.kind.fields[name].foreign_keys:
        return False
    members = sent.get(name)
    is_sent = isinstance(members, Mapping) and members.get(key) is not None
    return is_sent or (it.entry is not None and path in it.entry.applied)


def _without_others(it: Situation, applied: Mapping[str, str], sent: Body) -> dict[str, str]:
    return {
        path: value
        for path, value in applied.items()
        if not it.kind.fields[field_of(path)].foreign_keys or _is_ours(it, path, sent)
    }


def applied_behind(kind: Kind, behind: Behind, known: Callable[[Ref], Any]) -> dict[str, str]:
    """What the lock says that the file asks for, once what it refers to is known."""
    found: dict[str, str] = dict(behind.applied)
    if behind.body:
        late = {path for path, leaf in form(kind, behind.body).leaves.items() if any(refs_in(leaf))}
        now = fingerprints(kind, replace_refs(behind.body, known))
        found |= {path: now[path] for path in late & now.keys()}
    return _sorted(found)


def as_recorded(change: Change, kind: Kind, entry: LockEntry, known: Callable[[Ref], Any]) -> LockEntry:
    """What is written of a change that is done, with what the file goes on asking for in the place of what
    was sent."""
    if change.behind is None:
        return entry
    return entry.model_copy(update={"applied": applied_behind(kind, change.behind, known)})


def rolled_back_orphan(address: Address, back: RolledBack) -> Diagnostic:
    return warning(
        Code.ROLLED_BACK,
        f"{address} is in no file, but was rolled back to {back.to}: it is not removed",
        "write its file, or say that it goes: `--prune --on-drift revert`",
        address=address,
    )


def not_in_release(addresses: Sequence[Address], to: str) -> Diagnostic:
    return note(
        Code.ROLLED_BACK,
        f"not part of {to}, and left as it is: {', '.join(addresses)}",
        "what is no longer wanted goes with its file and `--prune`",
    )


def _sorted(found: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(found.items()))
