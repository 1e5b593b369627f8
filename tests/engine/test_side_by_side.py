"""Whatever is finished first, what comes out is the same: outcomes, diagnostics and lock."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

from anyio.lowlevel import checkpoint

from agentops.domain.kind import Kind
from agentops.domain.resource import Body
from agentops.domain.state import DesiredState
from agentops.lockfile.text import document_of, text_of
from tests.engine.conftest import Bench
from tests.engine.toy import desired, pin, refusal, resource
from tests.engine.toy_registry import ToyRegistry

SEEDS = range(8)


class Jittery(ToyRegistry):
    """A registry whose every answer takes as long as it happens to. ``most`` were asked for at once."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.lot = random.Random(seed)
        self.order: list[str] = []
        self.refused: set[str] = set()
        self.at_once = self.most = 0

    def put(self, kind: Kind, body: Body, parent: str | None = None, **members: Any) -> str:
        """IDs follow from names, as fingerprints of what refers to them follow from IDs."""
        first = super().put(kind, body, parent, **members)
        id = f"{kind.id_prefix}{parent or ''}{body.get('name', body.get('path'))}"
        self.objects[id], self.parents[id] = {**self.objects.pop(first), "id": id}, self.parents.pop(first)
        return id

    async def _happens(self) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        for _ in range(self.lot.randrange(40)):
            await checkpoint()
        self.at_once -= 1

    async def list(self, kind: Kind, *, parent: str | None = None) -> AsyncIterator[Body]:
        await self._happens()
        async for item in super().list(kind, parent=parent):
            yield item
            await checkpoint()

    async def get(self, kind: Kind, id: str, *, parent: str | None = None) -> Body:
        await self._happens()
        return await super().get(kind, id, parent=parent)

    async def create(self, kind: Kind, body: Body, *, parent: str | None = None) -> Body:
        await self._happens()
        if body.get("name") in self.refused:
            raise refusal()
        self.order.append(str(body.get("name", body.get("path"))))
        answer = await super().create(kind, body, parent=parent)
        await self._happens()
        return answer

    async def update(self, kind: Kind, id: str, body: Body, *, parent: str | None = None) -> Body:
        await self._happens()
        answer = await super().update(kind, id, body, parent=parent)
        await self._happens()
        return answer

    async def remove(self, kind: Kind, id: str, *, parent: str | None = None) -> None:
        await self._happens()
        await super().remove(kind, id, parent=parent)


def fleet(note: str = "") -> DesiredState:
    widgets = [resource(f"widget/w{n:02}", {"name": f"w{n}", "note": note}) for n in range(20)]
    crews = [resource(f"crew/c{n:02}", {"name": f"c{n}", "note": note}) for n in range(10)]
    mates = [
        resource(f"crew/d{n:02}", {"name": f"d{n}", "mates": [pin(f"crew/c{n:02}", "crew")]})
        for n in range(10)
    ]
    boxes = [resource(f"box/b{n:02}", {"name": f"b{n}{note}"}) for n in range(20)]
    pages = [resource(f"page/w{n:02}/a", {"path": "/a", "content": f"x{note}"}) for n in range(20)]
    return desired(*widgets, *crews, *mates, *boxes, *pages)


def story(seed: int) -> tuple[list[str], Jittery]:
    """Create with some failures, mend, edit: what each step had to say, and the lock after it."""
    bench = Bench()
    bench.registry = registry = Jittery(seed)
    said: list[str] = []
    for note, registry.refused in (("", {"w3", "w7", "c2", "b1"}), ("", set()), ("!", set())):
        planned = bench.plan(fleet(note))
        report = bench.carry_out(planned)
        assert bench.store.lock is not None
        on_disk = text_of(document_of(bench.store.lock, None)).decode()
        said += [planned.plan.model_dump_json(), report.model_dump_json(), on_disk]
    return said, registry


def test_whatever_is_finished_first_the_report_and_the_lock_are_the_same() -> None:
    first, registry = story(SEEDS[0])
    orders = {tuple(registry.order)}
    for seed in SEEDS[1:]:
        again, registry = story(seed)
        assert again == first
        orders.add(tuple(registry.order))
        assert registry.most > 5
    assert len(orders) > len(SEEDS) / 2, "they were in fact finished in different orders"
