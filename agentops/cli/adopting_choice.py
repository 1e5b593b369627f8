"""Which live objects are pulled, under which address, and whether their files read back as what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agentops.cli.adopting_words import ambiguous, homeless, kept, left_out, unlike
from agentops.cli.placing import occupied
from agentops.cli.wiring import Opened
from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Stop, did_you_mean, error
from agentops.domain.project import Stage
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState, LockEntry
from agentops.engine import adoption
from agentops.engine.adoption import Survey, Unmanaged, Versions
from agentops.spec import (
    Assigned,
    Known,
    Nameable,
    Pulled,
    Written,
    affixed,
    assigned,
    faults,
    name_of,
    tried,
    unnamed,
    written_files,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to pull. addresses: only these. everything: also what no file has yet. id: of the one object that
    the one address stands for. seeds: also the documents of memory stores. dry_run: only tell."""

    addresses: tuple[Address, ...] = ()
    everything: bool = False
    id: str | None = None
    seeds: bool = False
    dry_run: bool = False


@dataclass(slots=True)
class Pulling:
    """What becomes of everything that was found."""

    survey: Survey
    addresses: dict[str, Address]
    declared: dict[str, Address]
    ambiguous: Mapping[Address, Sequence[str]]
    written: Written = field(default_factory=Written)
    entries: dict[Address, LockEntry] = field(default_factory=dict)
    left: list[Diagnostic] = field(default_factory=list)
    said: list[Diagnostic] = field(default_factory=list)


def decide(opened: Opened, stage: Stage, asked: Asked, desired: DesiredState, survey: Survey) -> Pulling:
    """Name everything, write it, and leave out what does not read back as what is there."""
    found = {item.id: item for item in survey.found}
    names = _assigned(opened, stage, asked, desired, survey)
    work = Pulling(survey, dict(names.written), dict(names.declared), names.ambiguous)
    work.said.extend(survey.said)
    work.said.extend(homeless(found[id].kind, id) for id in names.homeless)
    if asked.everything:
        work.left.extend(ambiguous(address, ids) for address, ids in names.ambiguous.items())
    if asked.addresses:
        select(opened, work, asked, desired)
    while True:
        pulled = [_pulled(item, stage, work) for item in survey.found if item.id in work.addresses]
        written = written_files(pulled, _known(stage, work), opened.project, opened.catalog)
        loaded = tried(written.files, opened.project, stage, opened.catalog, desired.resources)
        wrong, nobodys = faults(loaded, written.places)
        if nobodys:
            raise Stop(*nobodys)
        problems = {address: item.summary for address, item in wrong.items()} | written.unwritable
        problems |= _unequal(work, stage, loaded.desired.resources, problems)
        if not problems:
            break
        if not _leave_out(opened, work, found, problems):
            raise Stop(*loaded.diagnostics)
    work.written = written
    for id, address in (*work.addresses.items(), *work.declared.items()):
        resource = loaded.desired.resources[address]
        item = found[id]
        work.entries[address] = entry = adoption.entry_of(item.kind, resource, item.live, _versions(work))
        work.said.extend(kept(address, path) for path in entry.held)
        if id in work.declared:
            differing = adoption.sent_next(item.kind, resource, item.live, _versions(work))
            work.said.extend(unlike(address, differing))
    return work


def _assigned(opened: Opened, stage: Stage, asked: Asked, desired: DesiredState, survey: Survey) -> Assigned:
    locked = survey.lock.resources.keys()
    given = {asked.id: asked.addresses[0]} if asked.id is not None else {}
    nameable = [
        Nameable(
            item.kind,
            item.id,
            name_of(item.kind, unnamed(item.kind, item.live.body, stage)),
            given.get(item.id, item.tagged),
            item.live.parent_id,
        )
        for item in survey.found
    ]
    return assigned(
        nameable,
        opened.catalog,
        desired.resources.keys() - locked,
        {*locked, *stage.external, *desired.resources},
        occupied(opened.root),
        {id: address for address, (id, _) in survey.versions.items()},
    )


def _pulled(item: Unmanaged, stage: Stage, work: Pulling) -> Pulled:
    return Pulled(
        work.addresses[item.id],
        item.kind,
        item.id,
        unnamed(item.kind, item.live.body, stage),
        item.content,
        work.addresses.get(item.live.parent_id or ""),
    )


def _known(stage: Stage, work: Pulling) -> dict[str, Known]:
    """By ID what bodies may refer to by an address: what is managed, imported now, or external."""
    known = {id: Known(address) for address, id in sorted(stage.external.items(), reverse=True)}
    known |= {id: Known(address, version) for address, (id, version) in work.survey.versions.items()}
    items = {item.id: item for item in work.survey.found}
    return known | {
        id: Known(address, items[id].kind.version_of(items[id].live.body))
        for id, address in work.declared.items()
    }


def _versions(work: Pulling) -> Versions:
    names = {**work.addresses, **work.declared}
    return {
        **work.survey.versions,
        **{
            names[item.id]: (item.id, item.kind.version_of(item.live.body))
            for item in work.survey.found
            if item.id in names
        },
    }


def _unequal(
    work: Pulling, stage: Stage, resources: Mapping[Address, Resource], known: Iterable[Address]
) -> dict[Address, str]:
    """What reads back as something else than what is there."""
    found: dict[Address, str] = {}
    versions = _versions(work)
    for item in work.survey.found:
        address = work.addresses.get(item.id)
        if address is None or address in known:
            continue
        if (resource := resources.get(address)) is None:
            found[address] = "no file can declare it"
            continue
        differing = adoption.unequal(item.kind, resource, item.live, versions)
        if paths := adoption.unsettled(item.kind, differing, stage.defaults):
            found[address] = _why_not(item, paths, stage)
    return found


def _why_not(item: Unmanaged, paths: Sequence[str], stage: Stage) -> str:
    name = item.live.body.get(item.kind.label or "")
    if item.kind.label in paths and stage.named("") and isinstance(name, str):
        return f"it is called '{name}', and stage {stage.name} calls everything {affixed(stage)}"
    return f"no file says the same of {', '.join(paths[:3])}"


def _leave_out(
    opened: Opened, work: Pulling, found: Mapping[str, Unmanaged], problems: Mapping[Address, str]
) -> bool:
    """These, and what belongs to them. Says whether there was anything to leave out."""
    before = len(work.addresses)
    for id, address in list(work.addresses.items()):
        parent = opened.catalog.of_address(address).parent_of(address)
        why = problems.get(address) or (problems.get(parent) if parent is not None else None)
        if why is not None:
            del work.addresses[id]
            work.left.append(left_out(address, id, why))
    return len(work.addresses) < before


# -- which of them


def root_of(opened: Opened, address: Address) -> Address:
    return opened.catalog.of_address(address).parent_of(address) or address


def refuse_unknown_kinds(opened: Opened, asked: Asked) -> None:
    for address in asked.addresses:
        if address.kind not in opened.catalog:
            told = did_you_mean(address.kind, opened.catalog.kinds)
            raise Stop(error(Code.UNKNOWN_KIND, f"'{address.kind}' is no kind of resource", told))


def select(opened: Opened, work: Pulling, asked: Asked, desired: DesiredState) -> None:
    """Keep what was asked for, with what belongs to it."""
    for item in work.survey.found if asked.id is not None else ():
        if item.id == asked.id and item.tagged not in {None, *asked.addresses}:
            told = f"`agentops pull {item.tagged}`, then `agentops lock mv` gives it another name"
            summary = f"{item.id} is tagged as {item.tagged} of this stage"
            raise Stop(error(Code.NOT_ADOPTED, summary, told, address=asked.addresses[0]))
    names = {**work.addresses, **work.declared}
    there = set(names.values())
    if asked.id is None:
        missing = [address for address in asked.addresses if address not in there]
    else:  # whatever else the address might stand for, this ID was asked for
        locked = work.survey.lock.resources
        missing = [it for it in asked.addresses if it in locked or names.get(asked.id) != it]
    if missing:
        roots = {address: root_of(opened, address) for address in missing}
        raise Stop(*(_not_there(work, it, root, asked.id, there) for it, root in roots.items()))

    def is_asked(address: Address) -> bool:
        return address in asked.addresses or root_of(opened, address) in asked.addresses

    work.addresses = {id: address for id, address in work.addresses.items() if is_asked(address)}
    work.declared = {id: address for id, address in work.declared.items() if is_asked(address)}
    alone = [it for it in work.addresses.values() if root_of(opened, it) not in {*work.addresses.values()}]
    if alone:
        root = root_of(opened, alone[0])
        raise Stop(
            error(Code.NOT_ADOPTED, f"{alone[0]} belongs to {root}", f"pull that: `agentops pull {root}`")
        )


def belongs_in(address: Address, root: Address, id: str | None) -> str:
    """What to do about something that lives in what has a file."""
    return f"write it into the file of {root}, then `agentops import {address} {id or 'ID'}`"


def _not_there(
    work: Pulling, address: Address, root: Address, id: str | None, there: Iterable[Address]
) -> Diagnostic:
    if address in work.survey.lock.resources:
        entry = work.survey.lock.resources[address]
        told = (
            ""
            if id in {None, entry.id}
            else f"give {id} another address: `agentops pull {address.kind}/NAME --id {id}`"
        )
        return error(Code.NOT_ADOPTED, f"it is managed already, as {entry.id}", told, address=address)
    owner = next((it for it, (known, _) in work.survey.versions.items() if known == id), None)
    if id is not None and owner is not None:
        told = f"to give it another name, `agentops lock mv {owner} {address}`"
        if owner.kind != address.kind:
            told = f"it is of another kind: say which {address.kind} is to be {address}"
        return error(Code.NOT_ADOPTED, f"{id} is managed already, as {owner}", told, address=address)
    if root != address and root in work.survey.lock.resources:
        summary = f"{address} belongs to {root}, which is managed already"
        return error(Code.NOT_ADOPTED, summary, belongs_in(address, root, id), address=address)
    if id is not None:
        summary = f"nothing unmanaged of the kind {address.kind} has the ID {id}"
        return error(Code.NOT_ADOPTED, summary, "check the ID and the stage", address=address)
    if address in work.ambiguous:
        return ambiguous(address, work.ambiguous[address])
    told = did_you_mean(address, (it for it in there if it.kind == address.kind))
    told += " " if told.endswith("?") else "; " if told else ""
    return error(
        Code.NOT_ADOPTED,
        f"nothing that this stage does not manage would be called {address}",
        f"{told}any other is pulled with its ID: `agentops pull {address} --id ID`",
        address=address,
    )
