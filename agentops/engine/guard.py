"""What must hold before anything is written: the right registry, and a plan that is still true."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container, Iterable
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import form, observed
from agentops.domain.diagnostics import Blocked, Code, Diagnostic, Stop, error, note, warning
from agentops.domain.kind import Catalog
from agentops.domain.plan import Action, Base, Change, Plan, Reason
from agentops.domain.ports import Hold, Secrets, Uploads
from agentops.domain.project import EMBEDDED_URL, Stage
from agentops.domain.resource import Ref, refs_in, replace_refs
from agentops.domain.secret import secrets_in
from agentops.domain.state import Identity, LiveObject, LiveState, Lock, LockEntry, Origin
from agentops.engine import refusals
from agentops.engine.changes import rotates
from agentops.engine.choices import Choices
from agentops.engine.record import applied_by, base_of

_DIGITS = 12


def right_registry(
    stage: Stage, catalog: Catalog, base_url: str, said: list[Diagnostic]
) -> Callable[[Lock, Identity | None], Lock]:
    """The check that refresh runs on the first answer: is this the registry the lock belongs to?

    Organization and workspace are the identity; another base URL alone is a warning, appended to ``said``.
    The embedded registry's lock starts over with a new database, also with a word in ``said``.

    The returned function raises Blocked for another identity, and Stop for a kind this version does not know.
    """

    def accept(lock: Lock, identity: Identity | None) -> Lock:
        _refuse_kinds(lock.resources, catalog, f"the lock of stage {lock.stage}")
        origin = lock.origin
        if identity is None:  # nothing was asked, so nothing can be mistaken
            return lock
        _refuse_unexpected(stage, identity)
        if origin is None:
            return lock
        recorded = Identity(origin.organization_id, origin.workspace_id)
        embedded = stage.registry.is_local and origin.base_url == base_url == EMBEDDED_URL
        nameless = identity == Identity(None, None)  # then the URL is all there is to know it by
        if recorded != identity or (nameless and origin.base_url != base_url):
            if embedded:
                said.append(_new_database(stage))
                return lock.with_changes(resources={}, intents={}, origin=None)
            raise Blocked(_other_identity(stage, origin, identity, base_url))
        if origin.base_url != base_url:
            said.append(_other_url(stage, origin.base_url, base_url))
        return lock

    return accept


def origin_of(base_url: str, identity: Identity) -> Origin:
    return Origin(
        base_url=base_url, organization_id=identity.organization_id, workspace_id=identity.workspace_id
    )


def refuse_blocked(plan: Plan) -> None:
    """Raises Blocked with the plan's own reasons."""
    if plan.blocked:
        raise Blocked(*plan.diagnostics)


def refuse_without_hold(hold: Hold, stage: Stage) -> None:
    """Raises Blocked where the hold was lost before anything was written, at a prompt for example."""
    if not hold.may_write():
        raise Blocked(refusals.hold_lost(hold, stage.name, "nothing was changed: apply again"))


def refuse_protected(stage: Stage, choices: Choices) -> None:
    """Raises Blocked: of a protected stage nothing is destroyed but what is named."""
    if stage.protect and not choices.allow_protected:
        raise Blocked(
            error(
                Code.PROTECTED,
                f"stage {stage.name} is protected: nothing of it is destroyed",
                "name what may be destroyed all the same, `--allow-protected ADDRESS`, or remove `protect` "
                "from the stage in agentops.yaml; nothing was changed",
            )
        )


def refuse_unconfirmed(plan: Plan, confirmed: Container[Address]) -> None:
    """What cannot be undone is confirmed by name.

    Raises:
        Blocked: something is archived or deleted that nobody named.
    """
    unnamed = [change.address for change in plan.changes if change.action.removes]
    unnamed = [address for address in unnamed if address not in confirmed]
    if unnamed:
        raise Blocked(refusals.unconfirmed(unnamed, plan.change_digest[:_DIGITS]))


def refuse_other_target(plan: Plan, project: str, stage: Stage) -> None:
    """Raises Blocked for a plan of another project or stage."""
    if (plan.project, plan.stage) != (project, stage.name):
        raise Blocked(
            error(
                Code.STALE,
                f"this plan is for {plan.project}, stage {plan.stage}, not for {project}, stage {stage.name}",
                f"apply it with `--stage {plan.stage}`" if plan.project == project else "plan again here",
            )
        )


def refuse_other_origin(plan: Plan, identity: Identity, base_url: str) -> None:
    """Raises Blocked where another registry answers than the plan was made against."""
    planned = Identity(plan.origin.organization_id, plan.origin.workspace_id)
    nameless = identity == Identity(None, None)
    if plan.changes and (planned != identity or (nameless and plan.origin.base_url != base_url)):
        raise Blocked(
            error(
                Code.ORIGIN,
                f"this plan was made against {' '.join(plan.origin.words)}; "
                f"{' '.join(origin_of(base_url, identity).words)} answered",
                "plan again; nothing was changed",
            )
        )


def refuse_other_lock(lock: Lock, project: str, stage: Stage, name: str) -> None:
    """Raises Blocked where the lock file was written for another project or stage, also by a former name."""
    if (lock.project, lock.stage) not in {(project, stage.name), *stage.formerly}:
        raise Blocked(
            error(
                Code.LOCK,
                f"{name} was written for project {lock.project}, stage {lock.stage}; "
                f"this is {project}, stage {stage.name}",
                "use the project and stage it belongs to; their names are part of the ownership tags",
            )
        )


def refuse_unexpected_digest(plan: Plan, expected: str) -> None:
    """Apply only what was reviewed. ``expected`` may be shortened to 12 digits or more.

    Raises:
        Blocked: the change digest is another one.
    """
    if len(expected) < _DIGITS:
        raise Blocked(
            error(
                Code.DIGEST,
                f"'{expected}' is too short to be a change digest",
                f"give {_DIGITS} digits of it or more",
            )
        )
    if not plan.change_digest.startswith(expected.lower()):
        raise Blocked(
            error(
                Code.DIGEST,
                f"the plan's change digest is {plan.change_digest[:12]}, not {expected[:12]}",
                "something changed since the review: look at the new plan and approve its digest",
            )
        )


def already_done(
    plan: Plan, catalog: Catalog, live: LiveState, lock: Lock
) -> dict[Address, LiveObject | None]:
    """Of a saved plan, what has been achieved since, with what is there; the rest must still be true.

    Only addresses that the plan touches, and what those refer to, count.

    Raises:
        Blocked: something moved since the plan was made.
    """
    done: dict[Address, LiveObject | None] = {}
    stale: list[Diagnostic] = []
    pending = {change.address for change in plan.changes}
    for change in plan.changes:
        waits = any(ref.address in pending for ref in refs_in(change.body))
        if not waits and _achieved(change, catalog, live, lock):
            pending.discard(change.address)
            done[change.address] = live.objects.get(change.address)
        elif change.action is Action.FORGET and change.reason is Reason.DESTROY:
            continue  # it is there until its parent goes, and goes with it
        elif (moved := _moved(change.address, change.base, change.record, catalog, live, lock)) is not None:
            stale.append(_stale(change.address, moved))
    for address, base in plan.pins.items():
        if (moved := _moved(address, base, None, catalog, live, lock)) is not None:
            stale.append(_stale(address, moved))
    if stale:
        raise Blocked(*stale)
    return done


def _achieved(change: Change, catalog: Catalog, live: LiveState, lock: Lock) -> bool:
    entry, found = lock.resources.get(change.address), live.objects.get(change.address)
    if change.action.removes:
        return entry is None and not live.carriers.get(change.address)
    if change.action is Action.FORGET:
        return entry is None
    if entry is None or found is None or found.archived or change.record is None:
        return False
    if change.action is Action.REPLACE and change.base is not None and entry.id == change.base.id:
        return False
    if rotates(change) or entry.secrets != change.record.secrets:
        return False  # nothing the registry returns could tell
    kind = catalog.of_address(change.address)
    if kind.version is not None and entry.version != kind.version_of(found.body):
        return False
    applied = applied_by(change, kind, replace_refs(change.body, lambda ref: _recorded(ref, lock)))
    there = observed(kind, form(kind, found.body), applied, entry.observed)
    as_recorded = entry.applied == applied and entry.observed == there
    # What is held is recorded without having been sent.
    return there == applied or (as_recorded and entry.held == change.record.held)


def _recorded(ref: Ref, lock: Lock) -> Any:
    """The value of a reference by the lock; the reference where that has none."""
    entry = lock.resources.get(ref.address)
    if entry is None or not entry.id:
        return ref.as_json()
    return entry.id if ref.attribute == "id" else entry.version


def _moved(
    address: Address,
    base: Base | None,
    record: LockEntry | None,
    catalog: Catalog,
    live: LiveState,
    lock: Lock,
) -> str | None:
    """Why the plan is no longer true for this address, or None when it is."""
    found = _current(address, live)
    if base is None:
        there = lock.resources.get(address) is not None and found is not None and not found.archived
        return "it exists by now" if there or live.carriers.get(address) else None
    if found is None:
        return "it is gone"
    if found.id != base.id:
        return f"it is {found.id} by now"
    kind = catalog.of_address(address)
    now = base_of(kind, found, record)
    if now.version != base.version and kind.version is not None:
        return f"it is at version {now.version}, planned against {base.version}"
    return None if now.digest == base.digest and not found.archived else "it was changed"


def _current(address: Address, live: LiveState) -> LiveObject | None:
    tagged = live.carriers.get(address, ())
    return live.objects.get(address) or (tagged[0] if len(tagged) == 1 else None)


def _stale(address: Address, moved: str) -> Diagnostic:
    return error(
        Code.STALE, f"the plan is stale: {address}: {moved}", "plan again and review that", address=address
    )


def refuse_what_cannot_be_sent(plan: Plan, secrets: Secrets, uploads: Uploads, catalog: Catalog) -> None:
    """Look up every secret and every file of a bundle, before anything is sent.

    Raises:
        Stop: with all that are missing, or are not what was planned.
    """
    found: dict[Diagnostic, None] = {}
    for change in plan.changes:
        kind = catalog.of_address(change.address)
        for _, reference in secrets_in(change.body) if kind.secrets else ():
            _noting(found, functools.partial(secrets.value, reference), change)
        manifest = change.body.get(kind.bundle.field, {}) if kind.bundle is not None else {}
        for path, entry in manifest.items():
            read = functools.partial(uploads.read, change.address, path, entry["sha256"])
            _noting(found, read, change)
    if found:
        raise Stop(*found)


def _noting(found: dict[Diagnostic, None], look: Callable[[], object], change: Change) -> None:
    try:
        look()
    except Stop as missing:
        place = {"address": change.address, "location": change.location}
        found.update((item.model_copy(update=place), None) for item in missing.diagnostics)


def refuse_unknown_kinds(plan: Plan, catalog: Catalog) -> None:
    """Raises Stop for a saved plan with kinds of a newer version."""
    _refuse_kinds([change.address for change in plan.changes], catalog, "the plan")


def _refuse_kinds(addresses: Iterable[Address], catalog: Catalog, what: str) -> None:
    if unknown := sorted({address.kind for address in addresses} - set(catalog.kinds)):
        raise Stop(
            error(
                Code.LOCK,
                f"{what} has kinds that this version does not know: {', '.join(unknown)}",
                "upgrade agentops",
            )
        )


def _refuse_unexpected(stage: Stage, identity: Identity) -> None:
    asked = stage.registry
    for what, wanted, answered in (
        ("organization", asked.organization_id, identity.organization_id),
        ("workspace", asked.workspace_id, identity.workspace_id),
    ):
        if wanted is not None and answered is not None and wanted != answered:
            raise Blocked(
                error(
                    Code.ORIGIN,
                    f"stage {stage.name} is {what} {wanted}, but {answered} answered",
                    "use the credential of the right workspace; nothing was changed",
                )
            )


def _other_identity(stage: Stage, recorded: Origin, answered: Identity, base_url: str) -> Diagnostic:
    return error(
        Code.ORIGIN,
        f"the lock of stage {stage.name} belongs to {_named(recorded)}; "
        f"{_named(origin_of(base_url, answered))} answered",
        "use the credential of the recorded workspace, or another stage; nothing was changed",
    )


def _named(origin: Origin) -> str:
    if origin.workspace_id is None and origin.organization_id is None:
        return f"{origin.base_url}, which does not say whose it is,"
    return f"organization {origin.organization_id}, workspace {origin.workspace_id}"


def _new_database(stage: Stage) -> Diagnostic:
    return note(
        Code.ORIGIN,
        f"stage {stage.name} has a new embedded registry; its lock starts over",
        "the IDs of the old database are forgotten",
    )


def _other_url(stage: Stage, recorded: str, now: str) -> Diagnostic:
    return warning(
        Code.ORIGIN,
        f"the lock of stage {stage.name} was written through {recorded}, this run goes through {now}",
        "organization and workspace are the same, so it is taken for the same registry",
    )
