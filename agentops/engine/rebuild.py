"""A lock made anew: from what is left of it, from its copy, and from what the registry says is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.canonical import differences, field_of, form, observed
from agentops.domain.diagnostics import Code, Diagnostic, in_order, note, warning
from agentops.domain.kind import Kind, owner_tag
from agentops.domain.ports import Documents
from agentops.domain.resource import Ref, Resource, replace_refs
from agentops.domain.state import DesiredState, Intent, LiveObject, LiveState, Lock, LockEntry
from agentops.domain.torn import Origin, RebuildReport, RebuiltEntry, Torn
from agentops.engine import copies, guard, moves
from agentops.engine.judging import judge
from agentops.engine.merging import Candidate, Merged, merged, with_copy
from agentops.engine.record import ignored, record_of
from agentops.engine.refresh import refresh
from agentops.engine.target import Target


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The lock as it should be, and what to tell of it."""

    lock: Lock
    report: RebuildReport


def rebuild_offline(torn: Torn, project: str, stage: str, name: str) -> Rebuilt:
    """Both sides put together, without asking the registry. Raises Blocked as ``merged``."""
    found = merged(torn, project, stage)
    said = [_undecided(address, it) for address, it in sorted(found.disputes.items())]
    return _finished(torn, found.lock, found.by, said, name)


async def rebuild(target: Target, torn: Torn, desired: DesiredState) -> Rebuilt:
    """The lock from all there is; where sources disagree the registry decides.

    Raises:
        Blocked: another registry answered, or the sides belong to different ones.
        RegistryError: the registry refused or could not be reached.
    """
    found = merged(torn, target.project, target.stage.name)
    said: list[Diagnostic] = []
    if target.documents is not None:
        copy, told = await _copied(target, target.documents)
        said.extend(told)
        found = with_copy(found, copy)
    work = _Rebuilding(target, desired, dict(found.by))
    settled = await work.settled(found.lock, found)
    followed = moves.follow(target.catalog, target.moved, desired, settled)
    for move in followed.moves:
        work.by[move.new] = work.by.pop(move.old, Origin.FILE)
    lock = followed.lock
    live, seen = await refresh(
        target.registry,
        target.catalog,
        desired,
        lock.with_changes(intents={**work.uploads(lock), **lock.intents}),
        guard.right_registry(target.stage, target.catalog, target.registry.base_url, said),
        target.tag_prefix,
        lambda lock: lock,
        followed.tags.now,
        everything=True,
        former_prefixes=target.former_prefixes,
    )
    lock = work.filled(seen.with_changes(intents=lock.intents), live)
    lock = lock.with_changes(origin=guard.origin_of(target.registry.base_url, live.identity))
    said.extend((*work.said, *work.unfound(lock, live)))
    return _finished(torn, lock, work.by, said, target.store.name)


async def _copied(target: Target, documents: Documents) -> tuple[Lock | None, tuple[Diagnostic, ...]]:
    """The copy that the registry keeps, under the present names or else under former ones."""
    found = await copies.copied(documents, target.store, target.project, target.stage.name)
    for name in target.stage.formerly:
        if found[0] is not None:
            break
        found = await copies.copied(target.former_documents[name.project], target.store, *name)
    return found


def _finished(
    torn: Torn, lock: Lock, by: Mapping[Address, Origin], said: Iterable[Diagnostic], name: str
) -> Rebuilt:
    before = torn.sides[0] if len(torn.sides) == 1 else None
    same = before is not None and before.with_changes(serial=0) == lock.with_changes(serial=0)
    changed = not same or torn.condition != "whole"
    if before is not None and changed and lock.serial <= before.serial:
        lock = lock.with_changes(serial=before.serial + 1)
    lock = lock.with_changes(serial=max(lock.serial, 1)) if changed else lock
    entries = tuple(
        RebuiltEntry(address=address, id=entry.id, version=entry.version, by=by.get(address, Origin.FILE))
        for address, entry in sorted(lock.resources.items())
    )
    return Rebuilt(
        lock,
        RebuildReport(
            project=lock.project,
            stage=lock.stage,
            lock=name,
            condition=torn.condition,
            serial=lock.serial,
            changed=changed,
            entries=entries,
            unfinished=tuple(sorted(lock.intents)),
            diagnostics=in_order(said),
        ),
    )


@dataclass(slots=True)
class _Rebuilding:
    """One lock under way. by: where each entry is from."""

    target: Target
    desired: DesiredState
    by: dict[Address, Origin]
    said: list[Diagnostic] = field(default_factory=list)

    def _kind(self, address: Address) -> Kind | None:
        return self.target.catalog.kinds.get(address.kind)

    # -- where sources disagree

    async def settled(self, lock: Lock, found: Merged) -> Lock:
        """The lock with each dispute decided by what the registry has."""
        resources = dict(lock.resources)
        # A parent comes before what lives in it, which is asked for by its ID.
        order = sorted(found.disputes, key=lambda it: (self._parent(it) is not None, it))
        for address in order:
            kind, parent = self._kind(address), self._parent(address)
            if kind is None:
                continue
            holder = resources.get(parent) if parent is not None else None
            judged = await judge(
                self.target.registry,
                kind,
                owner_tag(self.target.project, self.target.stage.name, address),
                address,
                found.disputes[address],
                holder.id if holder is not None else None,
            )
            resources[address], self.by[address] = judged.best.entry, judged.best.by
            self.said.extend(judged.said)
        return lock.with_changes(resources=resources)

    def _parent(self, address: Address) -> Address | None:
        kind = self._kind(address)
        return kind.parent_of(address) if kind is not None else None

    # -- what no source has

    def uploads(self, lock: Lock) -> dict[Address, Intent]:
        """What carries no tag is looked for by its content, as an upload is whose answer was lost."""
        return {
            address: Intent(at="", run="")
            for address in self.desired.resources
            if (kind := self._kind(address)) is not None
            and kind.bundle is not None
            and address not in lock.intents
            and ((entry := lock.resources.get(address)) is None or not entry.id)
        }

    def filled(self, lock: Lock, live: LiveState) -> Lock:
        """The lock with what carries our tag, stands in our place, or holds what a file asks for."""
        resources, taken = dict(lock.resources), dict[Address, LiveObject]()
        for address, carriers in sorted(live.carriers.items()):
            entry, there = resources.get(address), live.objects.get(address)
            alive = entry is not None and entry.id and there is not None and not there.archived
            if alive or (entry is not None and not entry.id and address not in self.desired.resources):
                continue
            if len(carriers) > 1:
                self.said.append(_undecidable(address, carriers))
            else:
                taken[address] = carriers[0]
        ids = {address: entry.id for address, entry in resources.items() if entry.id}
        ids |= {address: found.id for address, found in taken.items()}
        objects = {**live.objects, **taken}

        def known(ref: Ref) -> object:
            kind, found = self._kind(ref.address), objects.get(ref.address)
            if ref.address not in ids:
                return ref.as_json()
            if ref.attribute == "id":
                return ids[ref.address]
            return kind.version_of(found.body) if kind is not None and found is not None else ref.as_json()

        for address, found in taken.items():
            kind = self.target.catalog.of_address(address)
            replaced = resources[address].replaced if address in resources else ()
            entry = _entry(kind, found, self.desired.resources.get(address), known)
            resources[address] = entry.model_copy(
                update={"replaced": tuple(id for id in replaced if id != found.id)}
            )
            self.by[address] = _how(kind)
            if entry.secrets is not None:
                self.said.append(_secrets_unknown(address))
        return lock.with_changes(resources=dict(sorted(resources.items())))

    def unfound(self, lock: Lock, live: LiveState) -> Iterator[Diagnostic]:
        """What a file declares and nobody has, and what is recorded and gone."""
        several = {item.address for item in self.said if item.code is Code.SEVERAL_IDS}
        for address in sorted(self.desired.resources.keys() - lock.resources.keys()):
            if address not in several and address not in lock.intents:
                yield _nobody_has(address, self._kind(address))
        for address, entry in sorted(lock.resources.items()):
            if (
                entry.id
                and address in self.by
                and self.by[address] in _RECORDED
                and address not in live.skipped
            ):
                found = live.objects.get(address)
                if found is None or found.archived:
                    yield _is_gone(address, entry, "gone" if found is None else "archived")


_RECORDED = frozenset({Origin.FILE, Origin.OURS, Origin.THEIRS, Origin.COPY})


def _how(kind: Kind) -> Origin:
    if kind.tagged:
        return Origin.TAG
    return Origin.PLACE if kind.key is not None else Origin.CONTENT


def _entry(
    kind: Kind, found: LiveObject, desired: Resource | None, known: Callable[[Ref], object]
) -> LockEntry:
    """What to record of something that no lock knows.

    Where it is as its file asks, it is what was applied. Else nobody can tell who moved; it counts as what
    was last applied, so that the file's differences are changes, as they are where something is adopted.
    """
    there = form(kind, found.body)
    stands = {
        path: value
        for path, value in there.fingerprints.items()
        if path not in kind.undetermined
        and not kind.fields[field_of(path)].foreign_keys
        and not kind.fields[field_of(path)].optional
    }
    version = kind.version_of(found.body)
    if desired is None:
        now = observed(kind, there, stands, {})
        return LockEntry(id=found.id, version=version, applied=stands, observed=now)
    ours = form(kind, replace_refs(desired.body, known))
    left = desired.lifecycle.ignore_changes
    differing = [it for it in differences(kind, ours, there, None, None) if not ignored(it.path, left)]
    in_sync = desired.lifecycle.create_only or not differing
    applied = ours.fingerprints if in_sync else stands
    applied = {path: value for path, value in applied.items() if not ignored(path, left)}
    entry = record_of(kind, desired, None, applied)
    return entry.model_copy(
        update={
            "id": found.id,
            "version": version,
            "observed": observed(kind, there, applied, applied),
            "source": entry.source if in_sync else None,
        }
    )


# -- what is said


def _undecided(address: Address, candidates: tuple[Candidate, ...]) -> Diagnostic:
    kept, *others = candidates
    ids = {it.entry.id for it in candidates}
    if len(ids) == 1:
        return note(
            Code.SEVERAL_IDS,
            f"{address}: both sides have changed what is recorded of {kept.entry.id}; "
            f"what {kept.by} says is taken",
            "without `--offline` the registry decides",
            address=address,
        )
    other = [it.entry.id or "being replaced" for it in others]
    return warning(
        Code.SEVERAL_IDS,
        f"{address} is {kept.entry.id} on one side, {' and '.join(other)} on the other: the first is taken",
        "without `--offline` the registry decides which of them is there; then archive the other",
        address=address,
    )


def _undecidable(address: Address, carriers: tuple[LiveObject, ...]) -> Diagnostic:
    ids = ", ".join(sorted(found.id for found in carriers))
    return warning(
        Code.SEVERAL_IDS,
        f"{address}: several resources could be it, by their ownership tag or what they hold: {ids}",
        "it is left out: archive or delete all but one of them, then run this again",
        address=address,
    )


def _nobody_has(address: Address, kind: Kind | None) -> Diagnostic:
    by_content = kind is not None and kind.bundle is not None
    what = "holds what its files hold" if by_content else "carries its tag"
    return note(
        Code.NOT_FOUND_AGAIN,
        f"{address} is not found again: no lock has it, and nothing in the registry {what}",
        "the next apply creates it",
        address=address,
    )


def _is_gone(address: Address, entry: LockEntry, how: str) -> Diagnostic:
    return warning(
        Code.NOT_FOUND_AGAIN,
        f"{address} is recorded as {entry.id}, which is {how} in the registry",
        "it stays recorded, and the next plan says what can be done; `agentops lock rm` forgets it",
        address=address,
    )


def _secrets_unknown(address: Address) -> Diagnostic:
    return note(
        Code.SECRET,
        f"{address}: nobody can tell which secrets were sent; they are taken to be those of its file",
        f"to send them again: `agentops apply --rotate {address}`",
        address=address,
    )
