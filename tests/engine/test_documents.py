"""The documents of a project on the embedded registry, and first runs that make a place for them at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from agentops.domain.kind import Catalog, Removal
from agentops.domain.ports import Conflict, NoDocuments, NotFound, OutcomeUnknown, RegistryError
from agentops.engine.documents import MOST_BYTES, SharedDocuments
from agentops.kinds import CATALOG
from agentops.registry import HttpRegistry
from tests.shared_world import World, told

STORE, MEMORY = CATALOG["memory_store"], CATALOG["memory"]
TAG = {"agentops": "agentops/p"}


def tell(story: Callable[[World], Awaitable[object]]) -> None:
    told(story, "registry")


class Hooked:
    """A registry where something happens before or after a call, once; or its answer is lost."""

    def __init__(self, real: HttpRegistry) -> None:
        self._real = real
        self.before: dict[str, Callable[[], Awaitable[object]]] = {}
        self.lose: list[str] = []
        self.calls: list[str] = []

    @property
    def server_time(self) -> float | None:
        return self._real.server_time

    async def list(self, kind: Any, *, parent: str | None = None) -> Any:
        self.calls.append(f"list {kind.name}")
        if (happens := self.before.pop(f"list {kind.name}", None)) is not None:
            await happens()
        async for item in self._real.list(kind, parent=parent):
            yield item

    def __getattr__(self, name: str) -> Any:
        async def call(kind: Any, *arguments: Any, **keywords: Any) -> Any:
            what = f"{name} {kind.name}"
            self.calls.append(what)
            if (happens := self.before.pop(what, None)) is not None:
                await happens()
            answer = await getattr(self._real, name)(kind, *arguments, **keywords)
            if what in self.lose:
                self.lose.remove(what)
                raise OutcomeUnknown("its answer was lost")
            return answer

        return call


async def hooked(world: World, project: str = "p") -> tuple[SharedDocuments, Hooked]:
    registry = Hooked(await world.registry())
    return SharedDocuments(registry, CATALOG, project), registry


async def stores(world: World) -> list[dict[str, Any]]:
    registry = await world.registry()
    return [item async for item in registry.list(STORE)]


async def made(world: World, at: float, **members: Any) -> str:
    registry = await world.registry()
    before, world.server = world.server, at
    body = {"name": "other", "metadata": TAG, **members}
    id = (await registry.create(STORE, body))["id"]
    world.server = before
    return id


def test_a_document_is_created_once_replaced_as_it_was_found_and_deleted():
    async def story(world: World) -> None:
        one, _ = await hooked(world)
        two, _ = await hooked(world)
        assert list(await one.list()) == []
        assert await stores(world) == [], "looking makes nothing"

        first = await one.create("/s/x", "ä one")
        with pytest.raises(Conflict):
            await two.create("/s/x", "two")
        found = await two.find("/s/x")
        assert found is not None
        assert (found.sha256, found.id, found.changed) == (first.sha256, first.id, world.server)
        assert await two.read(found) == "ä one"

        world.advance(5)
        changed = await two.replace(found, "two")
        assert changed.changed == world.server
        for stale in (one.replace(first, "three"), one.delete(first), one.read(first)):
            with pytest.raises(Conflict):
                await stale
        await one.delete(changed)
        await one.delete(changed)
        with pytest.raises(NotFound):
            await two.replace(changed, "four")
        assert await two.find("/s/x") is None

    tell(story)


def test_the_store_says_what_it_is_and_belongs_to_one_project():
    async def story(world: World) -> None:
        one, _ = await hooked(world)
        other, _ = await hooked(world, "q")
        await one.create("/s/x", "one")
        (store,) = await stores(world)
        assert store["name"] == "agentops-p"
        assert store["metadata"] == TAG
        assert "Not for agents" in store["description"]
        assert await other.find("/s/x") is None
        await other.create("/s/x", "another project's")
        assert len(await stores(world)) == 2

    tell(story)


def test_a_folder_holds_what_is_below_it():
    async def story(world: World) -> None:
        one, _ = await hooked(world)
        for path in ("/s/x", "/s/lock/1", "/st/x"):
            await one.create(path, path)
        assert [it.path for it in await one.list("/s/")] == ["/s/lock/1", "/s/x"]

    tell(story)


def test_a_document_has_a_size_that_the_registry_takes():
    async def story(world: World) -> None:
        one, _ = await hooked(world)
        await one.create("/s/x", "ä" * (MOST_BYTES // 2))
        with pytest.raises(RegistryError, match="at most"):
            await one.create("/s/y", "ä" * (MOST_BYTES // 2) + "x")

    tell(story)


def test_of_two_stores_of_first_runs_the_newer_is_given_up_by_who_made_it():
    async def story(world: World) -> None:
        one, registry = await hooked(world)
        two, _ = await hooked(world)

        async def faster() -> None:
            await two.create("/s/theirs", "two", alone=True)
            world.advance(1)

        registry.before["create memory_store"] = faster
        await one.create("/s/ours", "one", alone=True)
        (store,) = await stores(world)
        assert {it.parent for it in await one.list()} == {store["id"]}
        assert [it.path for it in await two.list()] == ["/s/ours", "/s/theirs"]

    tell(story)


def test_of_two_stores_made_at_the_same_moment_the_id_decides_for_both():
    async def story(world: World) -> None:
        ids = sorted([await made(world, world.server), await made(world, world.server)])
        for _ in range(2):
            documents, _ = await hooked(world)
            created = await documents.create(f"/s/{_}", "x", alone=True)
            assert created.parent == ids[0]

    tell(story)


def test_a_newer_store_that_is_used_by_now_is_not_deleted():
    async def story(world: World) -> None:
        one, registry = await hooked(world)
        old = await made(world, world.server - 60, metadata={})

        async def comes_to_light() -> None:
            """An older one, and meanwhile somebody has used ours, which was the only one to be seen."""
            (ours,) = [it["id"] for it in await stores(world) if it["id"] != old]
            plain = await world.registry()
            await plain.create(MEMORY, {"path": "/s/theirs", "content": "x"}, parent=ours)
            await plain.update(STORE, old, {"metadata": TAG})

        async def later() -> None:
            registry.before["list memory_store"] = comes_to_light

        registry.before["create memory_store"] = later
        created = await one.create("/s/ours", "one", alone=True)
        assert created.parent == old
        assert len(await stores(world)) == 2
        assert await one.find("/s/theirs") is not None, "what lies in any of them is seen"

    tell(story)


@pytest.mark.parametrize("age", [-60.0, 60.0])
def test_who_creates_alone_yields_to_what_is_in_another_store(age: float):
    """An older store that comes to light, or the same path in a younger one: nobody has it twice."""

    async def story(world: World) -> None:
        one, registry = await hooked(world)
        await made(world, world.server)

        async def another() -> None:
            other = await made(world, world.server + age)
            plain = await world.registry()
            await plain.create(MEMORY, {"path": "/s/x", "content": "theirs"}, parent=other)

        registry.before["create memory"] = another
        with pytest.raises(Conflict):
            await one.create("/s/x", "ours", alone=True)
        (left,) = [it for it in await one.list() if it.path == "/s/x"]
        assert await one.read(left) == "theirs"

    tell(story)


def test_who_creates_alone_in_a_store_that_is_given_up_just_then_has_nothing():
    """Its maker looked whether it is empty, then this came, then it was deleted with what is in it."""

    async def story(world: World) -> None:
        documents, registry = await hooked(world)
        given_up = await made(world, world.server)
        assert list(await documents.list()) == []
        counts = await made(world, world.server - 60)

        async def gives_it_up() -> None:
            another = await world.registry()
            await another.remove(replace(STORE, removal=Removal.DELETE), given_up)

        registry.before["list memory_store"] = gives_it_up
        with pytest.raises(Conflict):
            await documents.create("/s/mutex", "mine", alone=True)
        assert [item["id"] for item in await stores(world)] == [counts]

    tell(story)


def test_a_store_whose_answer_was_lost_is_found_in_the_list():
    async def story(world: World) -> None:
        one, registry = await hooked(world)
        registry.lose = ["create memory_store"]
        await one.create("/s/x", "one", alone=True)
        assert len(await stores(world)) == 1

    tell(story)


def test_an_archived_store_counts_no_more():
    async def story(world: World) -> None:
        one, _ = await hooked(world)
        first = await one.create("/s/x", "one")
        await (await world.registry()).remove(STORE, first.parent)
        two, _ = await hooked(world)
        second = await two.create("/s/x", "two")
        assert second.parent != first.parent
        assert await two.list() == [second]

    tell(story)


def test_a_store_that_goes_while_it_is_looked_at_has_nothing_in_it():
    async def story(world: World) -> None:
        one, registry = await hooked(world)
        id = await made(world, world.server)

        async def gone() -> None:
            await (await world.registry()).remove(replace(STORE, removal=Removal.DELETE), id)

        registry.before["list memory"] = gone
        assert list(await one.list()) == []

    tell(story)


def test_no_place_for_documents_is_told_apart():
    class Bare:
        server_time = None

        async def list(self, kind: Any, *, parent: str | None = None) -> Any:
            raise self.refusal
            yield

    async def story(world: World) -> None:
        registry: Any = Bare()
        registry.refusal = NotFound("no such endpoint", status=404)
        with pytest.raises(NoDocuments):
            await SharedDocuments(registry, CATALOG, "p").list()
        registry.refusal = RegistryError("forbidden", status=403)
        with pytest.raises(RegistryError) as refused:
            await SharedDocuments(registry, CATALOG, "p").list()
        assert not isinstance(refused.value, NoDocuments)
        with pytest.raises(NoDocuments):
            await SharedDocuments(registry, Catalog.of(CATALOG["agent"]), "p").list()

    tell(story)
