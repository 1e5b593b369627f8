"""A lock store that also keeps in the registry what nobody could find again by a tag.

A create is found by its ownership tag, wherever its journal went. An upload of a kind without a tag is found
only by what was there before it: that is told to the registry before the upload is sent, so that a fresh
runner knows it after this one is lost with its disk.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress

from agentops.domain.address import Address
from agentops.domain.kind import Catalog
from agentops.domain.ports import Document, Documents, LockStore, RegistryError
from agentops.domain.shared import KeptIntent
from agentops.domain.state import Intent, Lock, LockEntry
from agentops.engine.copies import intent_path, put
from agentops.engine.documents import MOST_BYTES


class SharedIntents:
    """The port ``LockStore`` around another one.

    wait_for: runs a call of ``documents`` to its end, in the event loop that those live in.
    """

    def __init__(
        self,
        store: LockStore,
        catalog: Catalog,
        documents: Documents,
        project: str,
        stage: str,
        wait_for: Callable[[Callable[[], Awaitable[object]]], object],
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._documents = documents
        self._project = project
        self._stage = stage
        self._wait_for = wait_for
        self._kept: set[Address] = set()
        self._under_way: dict[Address, LockEntry] = {}

    @property
    def name(self) -> str:
        return self._store.name

    def read(self) -> Lock | None:
        return self._store.read()

    def text(self) -> str | None:
        return self._store.text()

    def read_from(self, text: str, name: str) -> Lock:
        return self._store.read_from(text, name)

    @property
    def pending(self) -> bool:
        return self._store.pending

    def hold(self) -> AbstractContextManager[None]:
        return self._store.hold()

    def intend(self, address: Address, intent: Intent) -> None:
        """Raises RegistryError where the registry does not take it: then the upload is not to be sent."""
        kind = self._catalog.of_address(address)
        if not kind.tagged and kind.key is None:
            self._keep(address, intent)
        self._store.intend(address, intent)

    def record(self, address: Address, entry: LockEntry | None) -> None:
        self._store.record(address, entry)
        if entry is not None and not entry.id:  # a replacement under way
            self._under_way[address] = entry
        else:
            self._under_way.pop(address, None)
            self._settle(address)

    def withdraw(self, address: Address) -> None:
        self._store.withdraw(address)
        self._settle(address)

    def write(self, lock: Lock) -> None:
        self._store.write(lock)

    def _keep(self, address: Address, intent: Intent) -> None:
        kept = KeptIntent(
            project=self._project,
            stage=self._stage,
            address=address,
            intent=intent,
            entry=self._under_way.get(address),
        )
        text = kept.text
        if len(text.encode()) > MOST_BYTES:  # thousands of uploads known; the journal has it all the same
            return

        async def keep() -> Document:
            path = intent_path(self._stage, address)
            return await put(self._documents, path, text, await self._documents.find(path))

        self._wait_for(keep)
        self._kept.add(address)

    def _settle(self, address: Address) -> None:
        """What cannot be removed now is, once the copy of the lock is written."""
        if address not in self._kept:
            return
        self._kept.discard(address)

        async def remove() -> None:
            if (document := await self._documents.find(intent_path(self._stage, address))) is not None:
                await self._documents.delete(document)

        with suppress(RegistryError):
            self._wait_for(remove)
