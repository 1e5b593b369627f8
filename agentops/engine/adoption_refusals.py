"""Why something is not adopted, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, error, note, warning
from agentops.domain.kind import Kind

_NOTHING = "nothing was changed"


def adopted_already(address: Address, id: str) -> Diagnostic:
    return error(Code.NOT_ADOPTED, f"it is {id} already", "there is nothing to import: plan", address=address)


def other_id(address: Address, recorded: str, id: str, stage: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"it is {recorded or 'about to be replaced'} in stage {stage}, not {id}",
        f"to let go of that one without archiving it, `agentops lock rm {address} --stage {stage}`; "
        f"then import again. {_NOTHING.capitalize()}",
        address=address,
    )


def other_address(address: Address, owner: Address, id: str, stage: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"{id} is {owner} in stage {stage} already; it cannot be {address} as well",
        f"if its file was renamed, `agentops lock mv {owner} {address} --stage {stage}`; {_NOTHING}",
        address=address,
    )


def other_kind(address: Address, id: str, kind: Kind, other: Kind | None) -> Diagnostic:
    says = f"is the ID of {_a(other)}" if other is not None else "is no ID"
    return error(
        Code.NOT_ADOPTED,
        f"{id} {says}; {address} needs that of {_a(kind)}",
        f"those begin with {kind.id_prefix}",
        address=address,
    )


def _a(kind: Kind) -> str:
    return f"{'an' if kind.name[0] in 'aeiou' else 'a'} {kind.name}"


def unknown_id(kind: Kind, id: str, stage: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"stage {stage} has no {kind.name} {id}",
        "check the ID, and that the stage's workspace is the one it is in",
    )


def parent_first(address: Address, parent: Address) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"it belongs to {parent}, which this stage does not manage yet",
        f"import that first: `agentops import {parent} ID`",
        address=address,
    )


def archived(address: Address, id: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"{id} is archived, and nothing brings it back",
        f"apply creates {address} anew",
        address=address,
    )


def shared(address: Address, id: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"{id} holds what the runs of agentops share; it is nobody's resource",
        "leave it as it is",
        address=address,
    )


def tagged(address: Address, id: str, owner: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"{id} is tagged as {owner}, so it is not {address}",
        "let it go there first: take it out of that project's lock, and remove its metadata key `agentops`. "
        f"{_NOTHING.capitalize()}",
        address=address,
    )


def unfinished(addresses: Sequence[Address]) -> Diagnostic:
    more = f" and {len(addresses) - 1} more" if len(addresses) > 1 else ""
    return error(
        Code.NOT_ADOPTED,
        f"an apply was interrupted while it created {addresses[0]}{more}: it is not known yet what is whose",
        "finish it with `agentops apply`, then do this again",
        address=addresses[0],
    )


def elsewhere(address: Address, id: str, stage: str) -> Diagnostic:
    return error(
        Code.NOT_ADOPTED,
        f"{id} is managed by stage {stage}, whose lock has it; it cannot be {address} here as well",
        f"let it go there first: `agentops lock list --stage {stage}` says as what, and `agentops lock rm` "
        f"forgets it. {_NOTHING.capitalize()}",
        address=address,
    )


def recorded_by(stage: str, ids: Sequence[str]) -> Diagnostic:
    what = f"{ids[0]} is" if len(ids) == 1 else f"{ids[0]} and {len(ids) - 1} more are"
    return note(
        Code.LEFT_UNMANAGED,
        f"{what} left alone: stage {stage} has {'it' if len(ids) == 1 else 'them'} in its lock",
        "two stages of one workspace cannot manage the same; `agentops lock rm` there lets go of it",
    )


def left_to(owner: str, ids: Sequence[str]) -> Diagnostic:
    """``owner`` is ``<project>/<stage>``, or whatever else the tag begins with."""
    what = f"{ids[0]} is" if len(ids) == 1 else f"{ids[0]} and {len(ids) - 1} more are"
    return note(
        Code.LEFT_UNMANAGED,
        f"{what} left alone: tagged as {owner}/…",
        "that project and stage manages them; under `external` in agentops.yaml files can refer to them",
    )


def unreadable(kind: Kind, id: str) -> Diagnostic:
    return warning(
        Code.LEFT_UNMANAGED,
        f"{kind.name} {id} is left where it is: it is gone by now, or cannot be read at present",
        "pull again later",
    )
