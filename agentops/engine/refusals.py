"""What plan and apply say when they refuse, keep or fail: one sentence, and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from agentops.domain.address import Address
from agentops.domain.canonical import Difference, Moved
from agentops.domain.diagnostics import Code, Diagnostic, Location, Stop, error, listed, note, warning
from agentops.domain.plan import Action, Change
from agentops.domain.ports import (
    Conflict,
    Exhausted,
    Hold,
    NotFound,
    NotHeld,
    OutcomeUnknown,
    RegistryError,
)
from agentops.domain.project import MaxRemovals
from agentops.domain.resource import Ref, Resource
from agentops.domain.state import LiveObject, LockEntry

_NAMED = 5
"""Addresses that a sentence names before it counts."""

# -- plan


def drifted(stage: str, desired: Resource, theirs: Sequence[Difference]) -> tuple[Diagnostic, ...]:
    if not theirs:
        return ()
    both = any(item.moved is Moved.BOTH for item in theirs)
    found = error(
        Code.DRIFT,
        f"{desired.address} was changed outside: {', '.join(item.path for item in theirs)}",
        f"{'both sides changed; ' if both else ''}`agentops pull {desired.address} --stage {stage}` writes "
        "it into the file; or say what holds: `--on-drift revert` sends what the file says, "
        "`--on-drift keep` leaves theirs",
        address=desired.address,
        location=desired.location,
    )
    return (found,)


def drifted_orphan(address: Address, id: str, *, kept: bool) -> Diagnostic:
    return warning(
        Code.DRIFT,
        f"{address} is in no file any more, but {id} was changed outside since the last apply: it is not "
        "removed",
        "it stays, as `--on-drift keep` says" if kept else "`--on-drift revert` removes it all the same",
        address=address,
    )


def condition(desired: Resource, told: str | None) -> tuple[Diagnostic, ...]:
    """What the registry tells of a live object, and nobody asked for."""
    if told is None:
        return ()
    found = warning(
        Code.CONDITION,
        f"{desired.address}: {told}",
        "it is left as it is",
        address=desired.address,
        location=desired.location,
    )
    return (found,)


def cannot_clear(desired: Resource, paths: Sequence[str]) -> tuple[Diagnostic, ...]:
    return tuple(
        warning(
            Code.CANNOT_CLEAR,
            f"{desired.address}: {path} is no longer in the file, but the API cannot clear it; it stays",
            "write the value you want instead of leaving it out",
            address=desired.address,
            location=desired.location,
        )
        for path in paths
    )


def foreign_owner(address: Address, live: LiveObject, location: Location | None) -> Diagnostic:
    return error(
        Code.FOREIGN_OWNER,
        f"{address}: {live.id} is marked as belonging to {live.owner}",
        f"one resource has one owner: forget it here (`agentops lock rm {address}`, and its file), or there",
        address=address,
        location=location,
    )


def several_carriers(
    address: Address, carriers: Sequence[LiveObject], location: Location | None
) -> Diagnostic:
    ids = ", ".join(sorted(found.id for found in carriers))
    return error(
        Code.SEVERAL_CARRIERS,
        f"{address}: several resources could be it, by their ownership tag or what they hold: {ids}",
        "archive all but one of them, then plan again",
        address=address,
        location=location,
    )


def carried_twice(address: Address, entry: LockEntry, carriers: Sequence[LiveObject]) -> Diagnostic:
    ids = ", ".join(sorted(found.id for found in carriers))
    return warning(
        Code.SEVERAL_CARRIERS,
        f"{address} is {entry.id}, but its ownership tag is also on {ids}",
        "the recorded one counts; archive the other, or take the key `agentops` out of its metadata",
        address=address,
    )


def gone(desired: Resource, entry: LockEntry, how: str) -> Diagnostic:
    return error(
        Code.GONE,
        f"{desired.address} is {how} in the registry ({entry.id})",
        f"run again with `--recreate {desired.address}` to create it anew, under a new ID; "
        "what refers to the old ID elsewhere must follow",
        address=desired.address,
        location=desired.location,
    )


def protected_replacement(desired: Resource, because: str, protected: Address) -> Diagnostic:
    return error(
        Code.PROTECTED,
        f"{_protected(desired.address, protected)}, and {because} cannot be changed without replacing it",
        f"undo the change, or allow it: `--allow-protected {protected}`; the replacement gets a new ID",
        address=desired.address,
        location=desired.location,
    )


def protected_stays(address: Address, protected: Address) -> Diagnostic:
    return warning(
        Code.PROTECTED,
        f"{_protected(address, protected)}, and stays",
        f"to remove it all the same: `--allow-protected {protected}`",
        address=address,
    )


def _protected(address: Address, by: Address) -> str:
    return f"{address} is protected" if by == address else f"{address} holds {by}, which is protected"


def taken_along(address: Address, kind: str, found: LiveObject, ours: Address | None) -> Diagnostic:
    name = found.body.get("name")
    what = str(ours) if ours is not None else f"the {kind} {found.id} ({name}), which is not managed here"
    way_out = (
        f"remove it as well: add {ours}, or take `protect` from it"
        if ours is not None
        else f"archive it yourself or give it another {address.kind} first, then plan again"
    )
    return error(
        Code.GOES_ALONG,
        f"archiving {address} would also archive {what}",
        f"{way_out}; archiving cannot be undone",
        address=address,
    )


def still_needed(address: Address, users: Sequence[str], *, ours: bool) -> Diagnostic:
    return (error if ours else warning)(
        Code.REFERRERS_LEFT,
        f"{address} is to be removed, but is still used by {', '.join(users)}",
        "remove the reference there or remove it as well, then plan again"
        if ours
        else "that is not managed here: see that nobody depends on it; removing cannot be undone",
        address=address,
    )


def too_many_removals(addresses: Sequence[Address], recorded: int, allowed: MaxRemovals) -> Diagnostic:
    share = f", {len(addresses) * 100 // recorded}%" if recorded else ""
    return error(
        Code.TOO_MANY_REMOVALS,
        f"this plan removes or replaces {len(addresses)} of {recorded} resources{share}; "
        f"max_removals is {allowed}",
        f"{listed(addresses, _NAMED)}: if all of that is meant, lift the limit with "
        f"`--max-removals {len(addresses)}`",
    )


def unconfirmed(addresses: Sequence[Address], digest: str) -> Diagnostic:
    shown = " ".join(f"--confirm {address}" for address in addresses[:_NAMED])
    more = f" … ({len(addresses)} in all)" if len(addresses) > _NAMED else ""
    return error(
        Code.NEEDS_CONFIRMATION,
        f"removing {', '.join(addresses[:_NAMED])}{' and more' if more else ''} cannot be undone, and nobody "
        "confirmed it by name; nothing was changed",
        f"confirm each: `{shown}`{more}; or apply what was reviewed: `--plan FILE`, or `--expect {digest}`",
    )


def nothing_to_rotate(address: Address) -> Diagnostic:
    return error(
        Code.SECRET,
        f"{address} has no secrets to send again",
        "name one that has `{secret: …}` in its file",
        address=address,
    )


def orphaned(addresses: Sequence[Address], stage: str, promotes: str | None) -> Diagnostic:
    several = len(addresses) > 1
    what = f"{len(addresses)} resources are" if several else f"{addresses[0]} is"
    them = "them" if several else "it"
    why = f"{promotes}'s release does not have {them}" if promotes else f"no file asks for {them}"
    back = f"apply {them} to {promotes} first" if promotes else "bring the file back"
    return warning(
        Code.ORPHAN,
        f"{what} managed here, but {why}",
        f"{'they are' if several else 'it is'} kept: {back}, or remove {them} with `--prune`, or "
        f"`agentops destroy {'ADDRESS' if several else addresses[0]} --stage {stage}`",
        address=None if several else addresses[0],
    )


def written_by_agents(desired: Resource) -> Diagnostic:
    return note(
        Code.SEED_CHANGED_BY_AGENT,
        f"{desired.address} was written to since it was seeded; the file's change is not applied",
        "move the change into the store yourself, or name a new seed file",
        address=desired.address,
        location=desired.location,
    )


# -- apply


def skipped(change: Change, why: str) -> Diagnostic:
    return warning(
        Code.INTERRUPTED, f"{change.address} was skipped: {why}", "apply again", address=change.address
    )


def hold_lost(hold: Hold, stage: str, what_now: str) -> Diagnostic:
    return error(
        Code.HOLD_LOST, f"the hold on stage {stage} was lost: {hold.lost or 'it was given back'}", what_now
    )


def not_recorded(change: Change, failure: Stop | OSError) -> Diagnostic:
    why = failure.strerror if isinstance(failure, OSError) else str(failure)
    return error(
        Code.LOCK,
        f"{change.address}: the lock could not be written: {why}",
        "make room or mend the permissions, then apply again: what was sent is found by its ownership tag",
        address=change.address,
        location=change.location,
    )


def planned_without_base(change: Change) -> Diagnostic:
    return error(
        Code.STALE,
        f"{change.address}: the plan does not say what it was made against",
        "plan again",
        address=change.address,
    )


def not_retired_yet(addresses: Sequence[Address]) -> Diagnostic:
    return note(
        Code.INTERRUPTED,
        f"what was replaced is still to be archived: {', '.join(addresses)}",
        "apply again",
    )


def still_used(address: Address, ids: Sequence[str], users: Sequence[str]) -> Diagnostic:
    return warning(
        Code.REFERRERS_LEFT,
        f"{address} was replaced, but the old one ({', '.join(ids)}) is still used by {', '.join(users)}",
        "it stays until nothing refers to it: let those refer to the new one, then apply again",
        address=address,
    )


def refused_by_registry(change: Change, failure: RegistryError) -> Diagnostic:
    """What the registry said, and what to do about it."""
    match failure:
        case OutcomeUnknown():
            code = Code.OUTCOME_UNKNOWN
            detail = "it may or may not have happened: apply again, what carries our tag is found and adopted"
        case Conflict():
            code = Code.REGISTRY
            detail = (
                "the name is taken in this workspace, by another stage or by something nobody manages: "
                "choose another name, or rename that"
                if change.action in {Action.CREATE, Action.REPLACE}
                else "somebody changed it meanwhile: plan again and look"
            )
        case NotFound():
            code = Code.REGISTRY
            detail = "it is gone: plan again"
        case Exhausted():
            code = Code.REGISTRY
            detail = "nothing more was sent: apply again once the limit is raised or starts anew"
        case NotHeld():
            code = Code.HOLD_LOST
            detail = "apply again"
        case _:
            code = Code.REGISTRY
            detail = "mend what the registry complains of, then apply again"
    return error(
        code,
        f"{change.address}: {failure}",
        detail,
        address=change.address,
        location=change.location,
    )


def unbound(change: Change, precondition: str) -> Diagnostic:
    return error(
        Code.REGISTRY,
        f"{change.address}: the registry does not tell its `{precondition}`, which an update is bound to",
        "nothing was sent, as it could overwrite what somebody else did; check the registry's base_url",
        address=change.address,
        location=change.location,
    )


def found_again(change: Change, id: str) -> Diagnostic:
    return note(
        Code.OUTCOME_UNKNOWN,
        f"{change.address}: the answer to its create was lost; it was found as {id} and taken over",
        "it is recorded as if the answer had come",
        address=change.address,
    )


def not_switched(change: Change, name: str, wanted: bool) -> Diagnostic:
    return error(
        Code.NOT_AS_PLANNED,
        f"{change.address}: the registry does not keep `{name}: {str(wanted).lower()}`",
        "look at it in the Console at once; the lock has every step that was taken",
        address=change.address,
        location=change.location,
    )


def changed_meanwhile(change: Change) -> Diagnostic:
    return error(
        Code.STALE,
        f"{change.address} was changed since the plan was made",
        "plan again and review that",
        address=change.address,
        location=change.location,
    )


def unresolved(ref: Ref) -> Diagnostic:
    return error(Code.BROKEN_REFERENCE, f"{ref} is not known: {ref.address} is not in the lock", "plan again")


def not_as_planned(change: Change, paths: list[str]) -> Diagnostic:
    return warning(
        Code.NOT_AS_PLANNED,
        f"{change.address}: the registry keeps something else than was sent: {', '.join(paths)}",
        "the answer is recorded as it is and will not show as drift; look whether it is what you meant",
        address=change.address,
        location=change.location,
    )


def not_retired(address: Address, ids: tuple[str, ...], failure: RegistryError) -> Diagnostic:
    return warning(
        Code.REGISTRY,
        f"{address} was replaced, but the old one could not be archived ({', '.join(ids)}): {failure}",
        "it is tried again with the next apply",
        address=address,
    )
