"""Sources that say different things of an address: the registry decides."""

from __future__ import annotations

from dataclasses import dataclass

from agentops.domain.address import Address
from agentops.domain.canonical import form, observed
from agentops.domain.diagnostics import Code, Diagnostic, note, warning
from agentops.domain.kind import Kind
from agentops.domain.ports import NotFound, Registry
from agentops.domain.state import LiveObject, LockEntry
from agentops.engine.merging import Candidate


@dataclass(frozen=True, slots=True)
class Judged:
    best: Candidate
    said: tuple[Diagnostic, ...] = ()


async def judge(
    registry: Registry,
    kind: Kind,
    tag: str,
    address: Address,
    candidates: tuple[Candidate, ...],
    parent: str | None,
) -> Judged:
    """Which of several candidates is there, carries our tag, and is what its entry says; of equals the first.
    ``tag`` is the one it should carry, ``parent`` the ID of what it lives in.

    Raises:
        RegistryError: the registry refused or could not be reached.
    """
    past = {id for it in candidates for id in it.entry.replaced}
    live = {it.entry.id: await _get(registry, kind, it.entry.id, parent) for it in candidates}

    def rank(it: Candidate) -> tuple[bool, bool, bool, bool, bool]:
        found = live[it.entry.id]
        if found is None or found.archived:
            return (it.entry.id not in past, False, False, False, False)
        owned = not kind.tagged or _owned(found, tag.removesuffix(address))
        return (it.entry.id not in past, True, owned, found.owner == tag, _is_so(kind, it.entry, found))

    best = max(candidates, key=rank)
    others = sorted({it.entry.id for it in candidates} - {best.entry.id, "", *past})
    there = [id for id in others if (found := live[id]) is not None and not found.archived]
    same = [it.entry for it in candidates if it.entry.id == best.entry.id]
    replaced = {id for entry in same for id in entry.replaced} - {best.entry.id}
    entry = best.entry.model_copy(update={"replaced": tuple(sorted(replaced))})
    said = (_several(address, best.entry.id, others, there),) if others else ()
    return Judged(Candidate(entry, best.by), said)


async def _get(registry: Registry, kind: Kind, id: str, parent: str | None) -> LiveObject | None:
    if not id or (kind.parent is not None and not parent):
        return None
    try:
        return LiveObject(id, await registry.get(kind, id, parent=parent), parent)
    except NotFound:
        return None


def _owned(found: LiveObject, prefix: str) -> bool:
    return found.owner is not None and found.owner.startswith(prefix)


def _is_so(kind: Kind, entry: LockEntry, found: LiveObject) -> bool:
    """Whether the registry has just what an entry says it had."""
    if kind.version is not None:
        return entry.version == kind.version_of(found.body)
    return observed(kind, form(kind, found.body), entry.applied, entry.observed) == entry.observed


def _several(address: Address, kept: str, others: list[str], there: list[str]) -> Diagnostic:
    if not there:
        return note(
            Code.SEVERAL_IDS,
            f"{address} is recorded under several IDs: {kept} is kept; {', '.join(others)} is not there",
            "nothing to do",
            address=address,
        )
    ids = ", ".join(there)
    return warning(
        Code.SEVERAL_IDS,
        f"{address} was created twice: {kept} is kept, and {ids} is there as well",
        f"look what uses {ids}, then archive it; a plan names it as long as it carries our tag",
        address=address,
    )
