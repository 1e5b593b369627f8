"""Several runs that share documents, on a dict and on the embedded registry; every clock is in our hands."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import anyio
import httpx

from agentops.domain.ports import Conflict, Document, Documents, NotFound, OutcomeUnknown, RegistryError
from agentops.domain.shared import Claim, Holder
from agentops.emulator import create_app
from agentops.engine.documents import SharedDocuments
from agentops.engine.mutex import Mutex
from agentops.kinds import CATALOG
from agentops.registry import ApiKey, HttpRegistry

HERE = "boot-1 pid:[1]"
START = 1_790_000_000.0


class ToyDocuments:
    """The port ``Documents`` on a dict that belongs to the world: its ``texts``, what was ``made`` in it, and
    the ``server``'s time."""

    def __init__(self, world: Any) -> None:
        self._world = world

    @property
    def server_time(self) -> float | None:
        return self._world.server

    async def list(self, folder: str = "/") -> Sequence[Document]:
        return [found for found, _ in self._world.texts.values() if found.path.startswith(folder)]

    async def find(self, path: str) -> Document | None:
        return self._world.texts[path][0] if path in self._world.texts else None

    async def read(self, document: Document) -> str:
        return self._there(document)

    async def create(self, path: str, text: str, *, alone: bool = False) -> Document:
        if path in self._world.texts:
            raise Conflict(f"{path} is taken", status=409)
        self._world.made += 1
        return self._put(Document(path, "", f"d{self._world.made}", "shelf"), text)

    async def replace(self, document: Document, text: str) -> Document:
        if document.path not in self._world.texts:
            raise NotFound("gone", status=404)
        if self._world.texts[document.path][1] == text:  # as the API has it
            return self._world.texts[document.path][0]
        self._there(document)
        return self._put(document, text)

    async def delete(self, document: Document) -> None:
        if document.path in self._world.texts:
            self._there(document)
            del self._world.texts[document.path]

    def _there(self, document: Document) -> str:
        if document.path not in self._world.texts:
            raise NotFound("gone", status=404)
        found, text = self._world.texts[document.path]
        if (found.sha256, found.id) != (document.sha256, document.id):
            raise Conflict("it is another by now", status=409)
        return text

    def _put(self, document: Document, text: str) -> Document:
        made = replace(document, sha256=hashlib.sha256(text.encode()).hexdigest(), changed=self._world.server)
        self._world.texts[document.path] = (made, text)
        return made


class Unlucky:
    """Documents whose calls a test can spoil.

    lose, fail: names of calls whose answer is lost, or which do not come through, once each. before: what
    happens just before a call, once. down: nothing comes through. calls: what was asked.
    """

    def __init__(self, real: Documents) -> None:
        self._real = real
        self.lose: list[str] = []
        self.fail: list[str] = []
        self.before: dict[str, Callable[[], Awaitable[object]]] = {}
        self.down = False
        self.calls: list[str] = []

    @property
    def server_time(self) -> float | None:
        return self._real.server_time

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **keywords: Any) -> Any:
            self.calls.append(name)
            if (happens := self.before.pop(name, None)) is not None:
                await happens()
            if self.down or name in self.fail:
                if name in self.fail:
                    self.fail.remove(name)
                raise RegistryError("nothing listens there")
            answer = await getattr(self._real, name)(*arguments, **keywords)
            if name in self.lose:
                self.lose.remove(name)
                raise OutcomeUnknown("its answer was lost")
            return answer

        return call


class Run:
    """One apply: its mutex, its own clock, and what it said."""

    def __init__(self, world: World, name: str, documents: Unlucky, holder: Holder, offset: float) -> None:
        self.world = world
        self.documents = documents
        self.said: list[str] = []
        self.offset = offset
        claim = Claim(project="p", stage="s", run=name, holder=holder)
        self.mutex = Mutex(
            documents,
            claim,
            clock=lambda: world.passed + offset,
            sleep=world.sleep,
            is_dead=lambda it: it.machine == HERE and world.alive.get(it.pid) != it.began,
            say=self.said.append,
        )


class World:
    """One registry and one time. ``server`` is what its clock says, ``passed`` are seconds that really went
    by; what a run's own clock shows has nothing to do with either."""

    def __init__(self, stack: AsyncExitStack, real: str) -> None:
        self._stack = stack
        self._real = real
        self._app = create_app(":memory:", clock=lambda: datetime.fromtimestamp(self.server, UTC))
        stack.callback(self._app.state.database.close)
        self.passed = 0.0
        self.server = START
        self.texts: dict[str, tuple[Document, str]] = {}
        self.made = 0
        self.alive: dict[int, str] = {}
        self.during_sleep: list[Callable[[], Awaitable[object]]] = []

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        if self.during_sleep:
            await self.during_sleep.pop(0)()

    def advance(self, seconds: float) -> None:
        self.passed += seconds
        self.server += seconds

    async def registry(self) -> HttpRegistry:
        transport = httpx.ASGITransport(self._app)
        return await self._stack.enter_async_context(
            HttpRegistry.open("http://registry", ApiKey("k"), transport=transport, sleep=_at_once)
        )

    async def documents(self) -> Unlucky:
        if self._real == "dict":
            return Unlucky(ToyDocuments(self))
        return Unlucky(SharedDocuments(await self.registry(), CATALOG, "p"))

    async def run(
        self,
        name: str,
        *,
        pid: int = 1,
        host: str = "h",
        machine: str | None = "elsewhere",
        offset: float = 0,
    ) -> Run:
        """A run on another machine, or with ``machine=HERE`` on this one, where ``alive`` says who lives."""
        began = f"{name}'s start"
        if machine == HERE:
            self.alive[pid] = began
        holder = Holder(command="apply", pid=pid, host=host, machine=machine, began=began)
        return Run(self, name, await self.documents(), holder, offset)


async def _at_once(_seconds: float) -> None: ...


def told(story: Callable[[World], Awaitable[object]], real: str) -> None:
    """Run a story in a new world."""

    async def main() -> None:
        async with AsyncExitStack() as stack:
            await story(World(stack, real))

    anyio.run(main)
