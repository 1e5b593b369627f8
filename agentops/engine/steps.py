"""What one change does to the registry.

Each step is recorded before the next is taken, so that the lock is true wherever a run ends.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import content_of, fingerprint, form
from agentops.domain.diagnostics import Diagnostic, Stop
from agentops.domain.kind import OWNER_KEY, Kind, Replacement, Switch
from agentops.domain.plan import Action, Base, Change
from agentops.domain.ports import NotFound, OutcomeUnknown, Registry, RegistryError, Secrets, Uploads
from agentops.domain.resource import Body, Ref, replace_refs
from agentops.domain.secret import SecretText, replace_secrets
from agentops.domain.state import Intent, LiveObject, LockEntry
from agentops.engine import refusals
from agentops.engine.ledger import Ledger
from agentops.engine.record import base_of
from agentops.engine.recovery import Recovery, given_away


class StepError(Exception):
    """One change could not be done; the diagnostic says why."""

    def __init__(self, problem: Diagnostic) -> None:
        super().__init__(problem.summary)
        self.problem = problem


@dataclass(slots=True)
class Steps:
    """The registry, and the ledger of what was done to it.

    Every method that takes a step raises StepError, or RegistryError as the registry does; Stop or OSError
    where a step could not be recorded.
    """

    registry: Registry
    ledger: Ledger
    secrets: Secrets
    uploads: Uploads
    recovery: Recovery
    run: str
    now: Callable[[], str]

    async def take(self, change: Change) -> LockEntry | None:
        """Carry out one change; its entry, or None where nothing of it is left."""
        match change.action:
            case Action.CREATE:
                return await self._create(change)
            case Action.UPDATE:
                return await self._update(change)
            case Action.ADOPT:
                return await self._adopt(change)
            case Action.REPLACE:
                return await self._replace(change)
            case Action.ARCHIVE | Action.DELETE:
                await self._remove(change)
            case Action.FORGET:
                await self._forget(change.address)
        return None

    def found(self, change: Change, live: LiveObject | None) -> LockEntry | None:
        """Record a change that was achieved before its turn came."""
        if live is None or change.record is None:
            self.ledger.record(change.address, None)
            return None
        return self.ledger.enter(change, live.body, sent=self._resolved(change), as_asked=False)

    # -- the actions

    async def _create(self, change: Change, ready: Body | None = None) -> LockEntry:
        """``ready`` is what to send where that was looked up before."""
        kind = self._kind(change)
        body, parent = self._resolved(change), self._parent(change)
        first, then = _apart(kind, body)
        sent = ready if ready is not None else self._loaded(change, kind, first)
        # An upload carries no tag: what is there already can then not be mistaken for it.
        known = [it["id"] async for it in self.registry.list(kind)] if kind.bundle is not None else []
        content = content_of(kind, body) if kind.bundle is not None else None
        intent = Intent(at=self.now(), run=self.run, known=tuple(known), content=content)
        made = await self.recovery.create(change, kind, sent, parent, intent)
        if kind.switch is None or not then:
            entry = self.ledger.enter(change, made.body, sent=body)
            if made.again is not None and kind.bundle is not None:
                # It has neither tag nor key by which a second one could be told that comes to light later.
                self.ledger.store.intend(change.address, made.again)
            return entry
        entry = self.ledger.enter_part(change, made.body, sent=first)
        return await self._switched(change, kind, kind.switch, entry.id, then)

    async def _update(self, change: Change) -> LockEntry:
        kind, base = self._kind(change), _base(change)
        body = self._resolved(change)
        sent = self._loaded(change, kind, body)
        if kind.precondition is None or kind.switch is not None:
            await self._refuse_if_moved(change)
        if kind.switch is not None:
            return await self._switched(change, kind, kind.switch, base.id, body)
        if kind.precondition is not None and base.version is None:
            raise StepError(refusals.unbound(change, kind.precondition))
        answer = await self.recovery.update(change, kind, sent, self._parent(change), base, body)
        return self.ledger.enter(change, answer, sent=body)

    async def _switched(self, change: Change, kind: Kind, switch: Switch, id: str, body: Body) -> LockEntry:
        """An update of what has a switch: on before anything else and off after it, each step in the lock, so
        that nothing acts by itself that was to be held."""
        turned = {name: value for name, value in body.items() if name == switch.field}
        rest = {name: value for name, value in body.items() if name != switch.field}
        parent = self._parent(change)
        answer: Body = {}
        for part in (turned, rest) if body.get(switch.field) else (rest, turned):
            if part:
                sent = self._loaded(change, kind, part)
                answer = await self.registry.update(kind, id, sent, parent=parent)
                self.ledger.enter_part(change, answer, sent=part)
        if turned:  # what matters that much is read back
            answer = await self.registry.get(kind, id, parent=parent)
        answer = await self._held(change, kind, switch, id, answer)
        return self.ledger.enter(change, answer, sent=self._resolved(change))

    async def _held(self, change: Change, kind: Kind, switch: Switch, id: str, answer: Body) -> Body:
        """The object with its switch as it is asked for. What is to be on is switched on once more where an
        update has turned it off; whatever then is not as asked for fails loudly."""
        name, parent = switch.field, self._parent(change)
        asked = change.record.applied.get(name) if change.record is not None else None
        if asked == fingerprint(True) and not form(kind, answer).leaves.get(name):
            await self.registry.update(kind, id, {name: True}, parent=parent)
            answer = await self.registry.get(kind, id, parent=parent)
        there = form(kind, answer)
        by_others = asked == fingerprint(False) and name in there.unseen
        if asked is not None and there.fingerprints.get(name) != asked and not by_others:
            self.ledger.enter_part(change, answer, sent={})
            raise StepError(refusals.not_switched(change, name, asked == fingerprint(True)))
        return answer

    async def _adopt(self, change: Change) -> LockEntry:
        if change.body:
            return await self._update(change)
        found = await self._refuse_if_moved(change)
        return self.ledger.enter(change, found, sent={}, as_asked=False)

    async def _replace(self, change: Change) -> LockEntry:
        """Make room for the new one, create it, and keep the old one's ID until it is archived.

        Until it is created the entry has no ID, and says what is being replaced: a run that ends on the way
        is continued by the next plan.
        """
        kind, base = self._kind(change), _base(change)
        first, _ = _apart(kind, self._resolved(change))
        ready = self._loaded(change, kind, first)  # what cannot be sent is found out in time
        old = await self._refuse_if_moved(change)
        former = self.ledger.entries.get(change.address)
        replaced = (*self.ledger.former(change.address).replaced, base.id)
        self._under_way(change, tuple(dict.fromkeys(replaced)))
        try:
            await self._make_room(change, kind, base.id, old)
            return await self._create(change, ready)
        except OutcomeUnknown:
            raise
        except (RegistryError, StepError):
            if base.id in self.ledger.former(change.address).replaced:
                await self._give_back(change, kind, base.id, old, former)
            raise

    async def _make_room(self, change: Change, kind: Kind, id: str, old: Body) -> None:
        match kind.replacement:
            case Replacement.AFTER:
                await self.registry.remove(kind, id, parent=self._parent(change))
                still = self.ledger.former(change.address).replaced
                self._under_way(change, tuple(item for item in still if item != id))
            case Replacement.RENAMED if kind.unique_name is not None:
                moved = {
                    kind.unique_name: given_away(str(old[kind.unique_name]), id),
                    "metadata": {OWNER_KEY: None},
                }
                await self.registry.update(kind, id, moved, parent=self._parent(change))

    async def _give_back(
        self, change: Change, kind: Kind, id: str, old: Body, former: LockEntry | None
    ) -> None:
        """Nothing was created: the old one stays what it was. Where its name cannot be given back, the next
        plan goes on."""
        with suppress(RegistryError):
            if kind.replacement is Replacement.RENAMED and kind.unique_name is not None:
                owner = change.body["metadata"][OWNER_KEY]
                back = {kind.unique_name: old[kind.unique_name], "metadata": {OWNER_KEY: owner}}
                answer = await self.registry.update(kind, id, back, parent=self._parent(change))
                if former is not None:
                    former = former.model_copy(update={"version": kind.version_of(answer)})
            self.ledger.record(change.address, former)

    def _under_way(self, change: Change, replaced: tuple[str, ...]) -> None:
        path = change.record.path if change.record is not None else None
        self.ledger.record(change.address, LockEntry(id="", path=path, replaced=replaced))

    async def _remove(self, change: Change) -> None:
        await self._refuse_if_moved(change)
        await self.archive_replaced(change.address)
        await self.registry.remove(self._kind(change), _base(change).id, parent=self._parent(change))
        self.ledger.record(change.address, None)

    async def _forget(self, address: Address) -> None:
        await self.archive_replaced(address)
        self.ledger.record(address, None)

    async def archive_replaced(self, address: Address) -> None:
        """Archive or delete the predecessors of an address."""
        entry = self.ledger.former(address)
        if not entry.replaced:
            return
        kind = self.ledger.catalog.of_address(address)
        parent = kind.parent_of(address)
        holder = self.ledger.former(parent) if parent is not None else None
        if holder is None or holder.id:  # with its parent it went itself
            for id in entry.replaced:
                await self.registry.remove(kind, id, parent=holder.id if holder is not None else None)
        self.ledger.record(address, entry.model_copy(update={"replaced": ()}))

    # -- what a step needs

    def _kind(self, change: Change) -> Kind:
        return self.ledger.catalog.of_address(change.address)

    def _resolved(self, change: Change) -> Body:
        body: Body = replace_refs(change.body, self._known)
        return body

    def _loaded(self, change: Change, kind: Kind, body: Body) -> Body:
        """The body as it is sent: with the values of secrets and the bytes of files. It lives until the call
        is done; nothing is recorded of it."""
        try:
            sent: Body = replace_secrets(body, self._secret) if kind.secrets else body
            if kind.bundle is None or kind.bundle.field not in sent:
                return sent
            files = {
                path: self.uploads.read(change.address, path, entry["sha256"])
                for path, entry in sent[kind.bundle.field].items()
            }
        except Stop as missing:
            raise StepError(missing.diagnostics[0]) from None
        # The top directory of an upload is told with every version of it.
        directory = {kind.bundle.directory: change.directory} if change.directory else {}
        return {**directory, **sent, kind.bundle.field: files}

    def _secret(self, reference: str) -> SecretText:
        return SecretText(self.secrets.value(reference))

    def _known(self, ref: Ref) -> Any:
        entry = self.ledger.former(ref.address)
        if not entry.id:
            raise StepError(refusals.unresolved(ref))
        return entry.id if ref.attribute == "id" else entry.version

    def _parent(self, change: Change) -> str | None:
        """The parent's ID: where the object was found, else what is recorded of the parent by now."""
        if change.base is not None and change.base.parent_id is not None:
            return change.base.parent_id
        return None if change.parent is None else str(self._known(Ref(change.parent)))

    async def _refuse_if_moved(self, change: Change) -> Body:
        """What has no precondition is read again and compared just before the write."""
        kind, base = self._kind(change), _base(change)
        try:
            found = await self.registry.get(kind, base.id, parent=self._parent(change))
        except NotFound:
            if change.action.removes:
                return {}
            raise
        live = LiveObject(id=base.id, body=found)
        there = base_of(kind, live, change.record)
        unlike = (there.digest, there.version) != (base.digest, base.version)
        if unlike or (live.archived and not change.action.removes):
            raise StepError(refusals.changed_meanwhile(change))
        return found


def _apart(kind: Kind, body: Body) -> tuple[Body, Body]:
    """What a create sends, and what has to wait until the object is switched on."""
    if kind.switch is None:
        return body, {}
    name, arms = kind.switch.field, kind.switch.arms
    held = {name} if body.get(name) is not True or body.get(arms) is None else {name, arms}
    first = {key: value for key, value in body.items() if key not in held}
    if body.get(name) is not True:
        return first, {}
    return first, {key: value for key, value in body.items() if key in held}


def _base(change: Change) -> Base:
    if change.base is None:
        raise StepError(refusals.planned_without_base(change))
    return change.base
