"""A toy kind, a registry that is a dict and a lock store that is a list.

The engine is tested against these: it must work without the real kinds, HTTP or a file.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location
from agentops.domain.kind import Catalog, Clear, Field, Kind, Precondition, Removal
from agentops.domain.ports import Conflict, NotFound, RegistryError
from agentops.domain.resource import Body, Lifecycle, Resource, Source
from agentops.domain.state import DesiredState, Identity, Intent, Lock, LockEntry


class Anything(BaseModel):
    model_config = {"extra": "allow"}


def _complete(body: Body) -> Body:
    shape = {"type": "round", "size": "medium", **(body.get("shape") or {})}
    return {**body, "shape": shape}


WIDGET = Kind(
    name="widget",
    directory="widgets",
    path="/widgets",
    beta=None,
    id_prefix="w_",
    schema=Anything,
    fields={
        "name": Field(clear=Clear.NEVER),
        "note": Field(),
        "label": Field(clear=Clear.NEVER),
        "tint": Field(leaves=True),
        "parts": Field(identity=("name",)),
        "shape": Field(leaves=True, merges=True, clear=Clear.NEVER, create_only=(("type",),)),
        "metadata": Field(leaves=True, merges=True, foreign_keys=True, clear=Clear.PER_KEY, default={}),
        "uses": Field(),
    },
    removal=Removal.ARCHIVE,
    complete=_complete,
    undetermined=frozenset({"tint.shade"}),
    precondition=Precondition.VERSION,
    rename_to_replace="name",
)
PAGE = Kind(
    name="page",
    directory="pages",
    path="/widgets/{parent}/pages",
    beta=None,
    id_prefix="p_",
    schema=Anything,
    fields={"path": Field(clear=Clear.NEVER), "content": Field(clear=Clear.EMPTY, digest="content_sha256")},
    removal=Removal.DELETE,
    parent="widget",
    precondition=Precondition.CONTENT,
    tagged=False,
    key="path",
    detail_query={"view": "full"},
)
CATALOG = Catalog.of(WIDGET, PAGE)
OURS = Identity("org", "wrkspc")


class ToyRegistry:
    """Objects by ID. ``fail`` maps a call (``"create"`` or ``"create w_1"``) to the error it raises."""

    base_url = "toy://registry"

    def __init__(self, identity: Identity = OURS) -> None:
        self.identity: Identity | None = identity
        self.objects: dict[str, Body] = {}
        self.parents: dict[str, str | None] = {}
        self.calls: list[str] = []
        self.fail: dict[str, Exception] = {}
        self.made = 0

    # -- what somebody does behind our back

    def put(self, kind: Kind, body: Body, parent: str | None = None, **members: Any) -> str:
        self.made += 1
        id = f"{kind.id_prefix}{self.made}"
        self.objects[id] = {"id": id, "kind": kind.name, "version": 1, "archived_at": None, **body, **members}
        self.parents[id] = parent
        if "content" in body:
            self.objects[id]["content_sha256"] = hashlib.sha256(body["content"].encode()).hexdigest()
        return id

    def edit(self, id: str, **members: Any) -> None:
        self.objects[id] |= members
        self.objects[id]["version"] += 1
        if "content" in members:
            self.objects[id]["content_sha256"] = hashlib.sha256(members["content"].encode()).hexdigest()

    # -- the port

    async def list(self, kind: Kind, *, parent: str | None = None) -> AsyncIterator[Body]:
        self._called(f"list {kind.name}" + (f" {parent}" if parent else ""))
        for id, found in list(self.objects.items()):
            if found["kind"] == kind.name and self.parents[id] == parent and found["archived_at"] is None:
                yield {**found, "content": None} if kind.detail_query else dict(found)

    async def get(self, kind: Kind, id: str, *, parent: str | None = None) -> Body:
        self._called(f"get {id}")
        return dict(self._found(id))

    async def create(self, kind: Kind, body: Body, *, parent: str | None = None) -> Body:
        self._called(f"create {kind.name}")
        sent = dict(body)
        id = self.put(kind, _complete(sent) if kind is WIDGET else sent, parent)
        return dict(self.objects[id])

    async def update(self, kind: Kind, id: str, body: Body, *, parent: str | None = None) -> Body:
        self._called(f"update {id}")
        found = self._found(id)
        changes = dict(body)
        if (version := changes.pop("version", None)) is not None and version != found["version"]:
            raise Conflict("version mismatch", status=409)
        changes.pop("precondition", None)
        for name in ("metadata", "shape"):
            if isinstance(patch := changes.get(name), dict):
                merged = {**found.get(name, {}), **patch}
                changes[name] = {key: value for key, value in merged.items() if value is not None}
        self.edit(id, **changes)
        return dict(self.objects[id])

    async def remove(self, kind: Kind, id: str, *, parent: str | None = None) -> None:
        self._called(f"remove {id}")
        if kind.removal is Removal.ARCHIVE:
            self.objects[id]["archived_at"] = "2026-01-01T00:00:00Z"
        else:
            self.objects.pop(id, None)

    def _found(self, id: str) -> Body:
        if id not in self.objects:
            raise NotFound(f"{id} not found", status=404)
        return self.objects[id]

    def _called(self, call: str) -> None:
        self.calls.append(call)
        for key in (call, call.split()[0]):
            if key in self.fail:
                raise self.fail[key]


class ToyStore:
    """A lock store in memory; ``log`` is what was written in which order."""

    name = "the toy lock"

    def __init__(self, lock: Lock | None = None) -> None:
        self.lock = lock
        self.log: list[str] = []

    def read(self) -> Lock | None:
        return self.lock

    @property
    def pending(self) -> bool:
        return bool(self.log) and self.log[-1] != "write"

    @contextmanager
    def hold(self) -> Iterator[None]:
        yield

    def intend(self, address: Address, intent: Intent) -> None:
        self.log.append(f"intend {address}")
        self._change(intents={**self._base().intents, address: intent})

    def record(self, address: Address, entry: LockEntry | None) -> None:
        self.log.append(f"record {address}")
        kept = {key: value for key, value in self._base().resources.items() if key != address}
        if entry is not None:
            kept[address] = entry
        self._change(resources=kept)
        self.withdraw(address, quietly=True)

    def withdraw(self, address: Address, *, quietly: bool = False) -> None:
        if not quietly:
            self.log.append(f"withdraw {address}")
        self._change(intents={key: item for key, item in self._base().intents.items() if key != address})

    def write(self, lock: Lock) -> None:
        self.log.append("write")
        self.lock = lock

    def _base(self) -> Lock:
        return self.lock or Lock(project="p", stage="s")

    def _change(self, **changes: Any) -> None:
        self.lock = self._base().with_changes(**changes)


class Silent:
    """An observer that keeps what it was told."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def started(self, address: Address, action: Any) -> None:
        self.heard.append(f"{action} {address}")

    def finished(self, address: Address, action: Any, *, ok: bool) -> None:
        self.heard.append(f"{'done' if ok else 'failed'} {address}")


def resource(address: str, body: Body, **more: Any) -> Resource:
    lifecycle = Lifecycle(**more)
    where = Address(address)
    return Resource(
        address=where,
        body=body,
        path=f"{address}.yaml",
        location=Location(f"{address}.yaml"),
        source=Source(digest=repr(sorted(body.items()))),
        lifecycle=lifecycle,
        parent=CATALOG.of_address(where).parent_of(where),
    )


def desired(*resources: Resource) -> DesiredState:
    return DesiredState("p", "s", {item.address: item for item in resources})


def tag(address: str) -> str:
    return f"p/s/{address}"


def refusal(status: int = 400) -> RegistryError:
    return RegistryError("name: too long", status=status, request_id="req_1")
