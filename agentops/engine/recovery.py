"""What became of a write whose answer was lost: look until it is found or would have been, then send again.

The API has no idempotency key. What a create has made is known by its ownership tag, by the key that is
unique in its parent, or, where it has neither, by being new and the same to the byte.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import anyio

from agentops.domain.address import Address
from agentops.domain.bundle import manifest
from agentops.domain.canonical import content_of, field_of, form
from agentops.domain.kind import OWNER_KEY, Bundle, Catalog, Kind, Replacement
from agentops.domain.plan import Base, Change
from agentops.domain.ports import Conflict, OutcomeUnknown, Registry, RegistryError
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState, Intent, LiveObject, LiveState, Lock
from agentops.engine import refusals
from agentops.engine.ledger import Ledger
from agentops.engine.record import applied_by

CLOCKS_DIFFER = 300.0
"""Seconds by which the clocks of two machines may differ before one of them is plainly wrong."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what was created may be missing from lists, and how to wait for it.

    settle: seconds after which every list has what was created; 0 where lists never lag.
    sleep: waits for seconds. now: the time of day by RFC 3339. waiting: is told before a plan waits, for
        which addresses and for how many seconds at most.
    """

    settle: float = 0.0
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    now: Callable[[], str] = str
    waiting: Callable[[Sequence[Address], float], None] = lambda addresses, seconds: None

    def left(self, intent: Intent) -> float:
        """Seconds until what this create may have made has to be in every list.

        Another machine may have written the intent, by another clock; the later moment counts. So does the
        latest where the times cannot be read.
        """
        try:
            age = (datetime.fromisoformat(self.now()) - datetime.fromisoformat(intent.at)).total_seconds()
        except (ValueError, TypeError):
            return self.settle
        return min(self.settle, max(0.0, self.settle + CLOCKS_DIFFER - age))


AT_ONCE = Patience()
"""For a registry whose lists never lag."""


def pauses(total: float) -> Iterator[float]:
    """The seconds between one look and the next: 1, 2, 4 and so on, ``total`` together."""
    pause = 1.0
    while total > 0:
        yield min(pause, total)
        total, pause = total - pause, 2 * pause


def unfound(catalog: Catalog, desired: DesiredState, lock: Lock, live: LiveState) -> dict[Address, Intent]:
    """The unfinished creates of what is desired whose result is not in the registry and might still come to
    light: in a parent that is not there nothing can."""

    def there(address: Address) -> bool:
        return address in live.objects or bool(live.carriers.get(address))

    found: dict[Address, Intent] = {}
    for address, intent in sorted(lock.intents.items()):
        entry, parent = lock.resources.get(address), catalog.of_address(address).parent_of(address)
        unfinished = address in desired.resources and (entry is None or not entry.id)
        if unfinished and not there(address) and (parent is None or there(parent)):
            found[address] = intent
    return found


def given_away(name: str, id: str) -> str:
    """What an object is called that has given its unique name to its successor."""
    return f"{name}{_REPLACED}{id[-6:]}"


def has_made_room(kind: Kind, found: LiveObject) -> bool:
    """Whether this is the predecessor in a replacement, whatever the lock knows of that."""
    if kind.replacement is not Replacement.RENAMED or kind.unique_name is None or found.owner is not None:
        return False
    return str(found.body.get(kind.unique_name)).endswith(given_away("", found.id))


_REPLACED = "-replaced-"


@dataclass(frozen=True, slots=True)
class Created:
    """What a create has made. ``again`` is its intent where it was sent twice: then two may have been made,
    and only one of them be in the lists by now."""

    body: Body
    again: Intent | None = None


@dataclass(slots=True)
class Recovery:
    """Writes that cannot be repeated blindly.

    Once ``stop`` is set nothing is waited for and nothing sent again; what is not known then is left to the
    next plan. Every method raises RegistryError as the registry does, OutcomeUnknown where it could not be
    found out; Stop or OSError where an intent could not be recorded.
    """

    registry: Registry
    ledger: Ledger
    patience: Patience
    stop: anyio.Event
    alike: dict[str | None, anyio.Lock] = field(default_factory=lambda: defaultdict(anyio.Lock))

    async def create(
        self, change: Change, kind: Kind, body: Body, parent: str | None, intent: Intent
    ) -> Created:
        """Create with a durable intent. It stays where the outcome is unknown, and is withdrawn where nothing
        was created; the caller settles it with what it records."""
        if intent.content is None:
            return await self._create(change, kind, body, parent, intent)
        # Two uploads of the same bytes could be taken for one another.
        async with self.alike[intent.content]:
            return await self._create(change, kind, body, parent, intent)

    async def _create(
        self, change: Change, kind: Kind, body: Body, parent: str | None, intent: Intent
    ) -> Created:
        address, store = change.address, self.ledger.store
        store.intend(address, intent)
        try:
            return Created(await self.registry.create(kind, body, parent=parent))
        except OutcomeUnknown as lost:
            found = await self._found(change, kind, parent, intent, lost)
            if found is not None:
                return Created(found)
        except RegistryError:
            store.withdraw(address)
            raise
        again = intent.model_copy(update={"at": self.patience.now() or intent.at})
        store.intend(address, again)
        try:
            return Created(await self.registry.create(kind, body, parent=parent), again)
        except (OutcomeUnknown, Conflict) as lost:  # in the way may be our own first one
            found = await self._found(change, kind, parent, intent, lost)
            if found is not None:
                return Created(found, again)
            if isinstance(lost, OutcomeUnknown):
                raise
            raise _unknown(lost, str(lost)) from None

    async def _found(
        self, change: Change, kind: Kind, parent: str | None, intent: Intent, lost: RegistryError
    ) -> Body | None:
        """What was created, or None where it would have to be there by now.

        Raises OutcomeUnknown where it was not waited for, where the registry cannot be asked, and where
        several could be it.
        """
        for pause in (0.0, *pauses(self.patience.settle)):
            if pause:
                await self._wait(pause)
            try:
                found = [it async for it in self._candidates(change, kind, parent, intent)]
            except RegistryError as failure:
                raise _unknown(lost, f"{lost}; looking for it failed: {failure}") from None
            if len(found) > 1:
                ids = ", ".join(sorted(str(it["id"]) for it in found))
                raise _unknown(lost, f"{lost}; several could be it: {ids}")
            if found:
                self.ledger.diagnostics.append(refusals.found_again(change, str(found[0]["id"])))
                return found[0]
            if self.stop.is_set():
                raise _unknown(lost, str(lost))
        return None

    async def _candidates(
        self, change: Change, kind: Kind, parent: str | None, intent: Intent
    ) -> AsyncIterator[Body]:
        tag = (change.body.get("metadata") or {}).get(OWNER_KEY) if kind.tagged else None
        listed = [body async for body in self.registry.list(kind, parent=parent)]
        ours = {id for entry in self.ledger.entries.values() for id in (entry.id, *entry.replaced)}
        for body in listed:
            found = LiveObject(id=str(body.get("id", "")), body=body)
            if found.id in ours or found.id in intent.known:
                continue
            if kind.tagged:
                if tag is not None and found.owner == tag:
                    yield body
            elif kind.key is not None:
                if body.get(kind.key) == change.body.get(kind.key):
                    yield body
            elif kind.bundle is not None:
                held = await self._contents(kind, kind.bundle, found.id, kind.version_of(body))
                if held is not None and content_of(kind, {**body, **held}) == intent.content:
                    yield body

    async def update(
        self, change: Change, kind: Kind, body: Body, parent: str | None, base: Base, asked: Body
    ) -> Body:
        """An update. Where it makes a version and its answer is lost, it is found out whether it did.

        ``asked`` is the body as it is recorded, without what was looked up for it.
        """
        bound = kind.bound(body, base.version)
        try:
            return await self.registry.update(kind, base.id, bound, parent=parent)
        except OutcomeUnknown as lost:
            if not kind.versioned and kind.bundle is None:
                raise  # it was repeated already, as far as that helps
            done = await self._version_made(change, kind, parent, base, asked, lost)
            if done is not None:
                return done
        try:
            return await self.registry.update(kind, base.id, bound, parent=parent)
        except (OutcomeUnknown, Conflict) as lost:  # faster may have been our own first one
            done = await self._version_made(change, kind, parent, base, asked, lost)
            if done is not None:
                return done
            raise

    async def _version_made(
        self, change: Change, kind: Kind, parent: str | None, base: Base, asked: Body, lost: RegistryError
    ) -> Body | None:
        """The object with the version that our update has made; None where there is none.

        A second update that is bound to its version cannot do harm; a second upload is waited with, because
        it would be a second version. Raises ``lost`` where somebody else's version is there.
        """
        settle = self.patience.settle if kind.bundle is not None else 0.0
        for pause in (0.0, *pauses(settle)):
            if pause:
                await self._wait(pause)
            try:
                live = await self.registry.get(kind, base.id, parent=parent)
                if kind.version_of(live) != base.version:
                    if await self._is_ours(change, kind, live, base, asked):
                        return live
                    raise lost
            except RegistryError:
                raise lost from None
            if self.stop.is_set():
                raise lost
        return None

    async def _is_ours(self, change: Change, kind: Kind, live: Body, base: Base, asked: Body) -> bool:
        """Whether the newest version is what our update makes of the one it was planned against, and nothing
        more: what somebody else has done since must not be recorded as seen."""
        version = kind.version_of(live)
        if kind.bundle is not None:
            held = await self._contents(kind, kind.bundle, base.id, version)
            return held is not None and held[kind.bundle.field] == asked.get(kind.bundle.field)
        if not isinstance(base.version, int) or version != base.version + 1:
            return False
        applied, before = applied_by(change, kind, asked), self.ledger.former(change.address).observed
        now = form(kind, live).fingerprints
        return all(
            now.get(path) == (applied if field_of(path) in asked else before).get(path)
            for path in {*now, *applied, *before}
            if path in applied or not (path in kind.undetermined or kind.fields[field_of(path)].foreign_keys)
            if field_of(path) in asked or before
        )

    async def _contents(self, kind: Kind, bundle: Bundle, id: str, version: object) -> Body | None:
        """The directory and the manifest of a version; None where it cannot be read at present."""
        if not isinstance(version, str):
            return None
        try:
            directory, files = await self.registry.content(kind, id, version)
        except Conflict:
            return None
        return {bundle.directory: directory, bundle.field: manifest(files)}

    async def _wait(self, seconds: float) -> None:
        """Until the time has passed or the run is to end."""
        async with anyio.create_task_group() as tasks:

            async def end() -> None:
                await self.stop.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(end)
            await self.patience.sleep(seconds)
            tasks.cancel_scope.cancel()


def _unknown(lost: RegistryError, message: str) -> OutcomeUnknown:
    return OutcomeUnknown(
        message if message != str(lost) else lost.message,
        status=lost.status,
        code=lost.code,
        request_id=lost.request_id,
    )
