"""A registry that is a dict: strict about what it is sent, and as unlucky as a test wants it to be."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from agentops.domain.kind import Kind, Removal, Replacement
from agentops.domain.ports import Conflict, NotFound, RegistryError
from agentops.domain.resource import Body
from agentops.domain.state import Identity
from tests.engine.toy_kinds import CATALOG, CREW, JOB, KIT, WIDGET, told

OURS = Identity("org", "wrkspc")
NOW = "2026-01-01T00:00:00Z"

Files = dict[str, bytes]


class ToyRegistry:
    """Objects by ID.

    fail, lose: a call (``"create"`` or ``"create widget"``) -> the error it raises instead of being carried
        out, or after it was. before, after: are told of every call.
    sent: every body that was sent, with its call.
    forgets: how many times an update of a timer turns the switch off. sealed: kits that cannot be read.
    shades: whether it chooses a shade for every hue that comes without one.
    """

    base_url = "toy://registry"

    def __init__(self, identity: Identity = OURS) -> None:
        self.identity: Identity | None = identity
        self.server_time: float | None = None
        self.objects: dict[str, Body] = {}
        self.parents: dict[str, str | None] = {}
        self.uploads: dict[str, dict[str, tuple[str, Files]]] = {}
        self.past: dict[str, list[Body]] = {}
        self.calls: list[str] = []
        self.sent: list[tuple[str, Body]] = []
        self.fail: dict[str, Exception] = {}
        self.lose: dict[str, Exception] = {}
        self.before: Callable[[str], None] = lambda call: None
        self.after: Callable[[str], None] = lambda call: None
        self.forgets = 0
        self.sealed: set[str] = set()
        self.shades = False
        self.made = 0

    @property
    def writes(self) -> list[str]:
        return [
            call
            for call in self.calls
            if call.split()[0] not in {"list", "get", "content", "version", "versions"}
        ]

    def live(self, kind: Kind) -> list[Body]:
        return [it for it in self.objects.values() if it["kind"] == kind.name and it["archived_at"] is None]

    # -- what somebody does behind our back

    def put(self, kind: Kind, body: Body, parent: str | None = None, **members: Any) -> str:
        self.made += 1
        id = f"{kind.id_prefix}{self.made}"
        found = {"id": id, "kind": kind.name, "version": 1, "archived_at": None, **body, **members}
        self.objects[id], self.parents[id] = found, parent
        if "content" in body:
            found["content_sha256"] = hashlib.sha256(body["content"].encode()).hexdigest()
        if kind is JOB:
            self.objects[id] = {"status": "active", "held_by": None, **found}
        return id

    def edit(self, id: str, **members: Any) -> None:
        self.past.setdefault(id, []).append(copy.deepcopy(self.objects[id]))
        self.objects[id] |= members
        self.objects[id]["version"] += 1
        if "content" in members:
            self.objects[id]["content_sha256"] = hashlib.sha256(members["content"].encode()).hexdigest()

    def upload(self, id: str, files: Files, directory: str | None = None) -> str:
        """A version of a kit, whoever it is that uploads it."""
        known = self.uploads.setdefault(id, {})
        version = f"kv_{id}_{len(known) + 1}"
        known[version] = (directory or next(iter(known.values()))[0], files)
        self.objects[id]["latest"] = version
        return version

    def hold(self, id: str, by: str | None = "hand") -> None:
        """Put the switch of a job on; with None off."""
        self.objects[id] |= {"status": "held" if by else "active", "held_by": by}

    # -- the port

    async def list(self, kind: Kind, *, parent: str | None = None) -> AsyncIterator[Body]:
        _placed(kind, parent)
        self._called(f"list {kind.name}" + (f" {parent}" if parent else ""))
        for id, found in list(self.objects.items()):
            if found["kind"] == kind.name and self.parents[id] == parent and found["archived_at"] is None:
                yield {**found, "content": None} if kind.detail_query else copy.deepcopy(found)

    async def get(self, kind: Kind, id: str, *, parent: str | None = None) -> Body:
        _placed(kind, parent)
        self._called(f"get {id}")
        return copy.deepcopy(self._found(id))

    async def versions(self, kind: Kind, id: str, *, parent: str | None = None) -> AsyncIterator[Body]:
        _placed(kind, parent)
        self._called(f"versions {id}")
        now = [{"id": name} for name in self.uploads[id]] if kind is KIT else self._history(id)
        for found in reversed(now):
            yield found

    async def version(self, kind: Kind, id: str, version: str, *, parent: str | None = None) -> Body:
        _placed(kind, parent)
        self._called(f"version {id} {version}")
        if kind is KIT and version in self.uploads[id]:
            return {"id": version}
        for found in self._history(id) if kind is not KIT else ():
            if str(found["version"]) == version:
                return found
        raise NotFound(f"{id} has no version {version}", status=404)

    def _history(self, id: str) -> list[Body]:
        return copy.deepcopy([*self.past.get(id, ()), self._found(id)])

    async def content(self, kind: Kind, id: str, version: str) -> tuple[str, Mapping[str, bytes]]:
        self._called(f"content {version}")
        if id in self.sealed:
            raise Conflict("undecryptable", status=409)
        return self.uploads[id][version]

    async def create(self, kind: Kind, body: Body, *, parent: str | None = None) -> Body:
        _placed(kind, parent)
        call = f"create {kind.name}"
        self._called(call, body)
        self._refuse_taken(kind, body, parent)
        if kind is KIT:
            id = self.put(kind, {"label": body.get("label", body["name"])}, parent)
            self.upload(id, dict(body["files"]), body["name"])
        else:
            id = self.put(kind, self._stored(kind, body), parent)
        self._done(call)
        return copy.deepcopy(self.objects[id])

    async def update(self, kind: Kind, id: str, body: Body, *, parent: str | None = None) -> Body:
        _placed(kind, parent)
        call = f"update {id}"
        if kind.switch is not None and kind.switch.field in body:
            assert len(body) == 1, "switched by a call of its own"
            call = f"{kind.switch.on if body[kind.switch.field] else kind.switch.off} {id}"
        self._called(call, body)
        if self._found(id)["archived_at"] is not None:
            raise RegistryError(f"{id} is archived", status=400)
        if kind is KIT:
            self.upload(id, dict(body["files"]), body["name"])
        elif call.startswith("update"):
            self._change(kind, id, body)
        else:
            self.hold(id, "hand" if body["held"] else None)
        self._done(call)
        return copy.deepcopy(self.objects[id])

    async def remove(
        self, kind: Kind, id: str, *, parent: str | None = None, expected: str | None = None
    ) -> None:
        _placed(kind, parent)
        self._called(f"remove {id}")
        if expected is not None and self.objects.get(id, {}).get("content_sha256") not in (expected, None):
            raise Conflict("it has changed", status=409)
        if id in self.objects and kind.removal is Removal.ARCHIVE:
            self._archive(id)
        elif id in self.objects:
            del self.objects[id]
        self._done(f"remove {id}")

    # -- what it keeps, and what it refuses

    def _stored(self, kind: Kind, body: Body) -> Body:
        """What is kept of a body: without secrets, and with the versions that references mean now."""
        assert kind.switch is None or kind.switch.field not in body, "created without its switch"
        kept: Body = copy.deepcopy(told(body))
        if kind in (WIDGET, CREW, JOB):
            complete = kind.complete(kept)
            kept |= {name: complete[name] for name in kept.keys() | {"shape"} if name in complete}
        kept |= self._shaded(kept)
        crews = [kept.get("crew"), *(kept.get("mates") or ())]
        for crew in crews:
            if isinstance(crew, dict) and "id" in crew:
                crew.setdefault("version", self.objects.get(crew["id"], {}).get("version"))
        self._refuse_broken(kind, kept)
        return kept

    def _change(self, kind: Kind, id: str, body: Body) -> None:
        found, before = self.objects[id], copy.deepcopy(self.objects[id])
        changes = dict(body)
        if (version := changes.pop("version", None)) is not None and version != found["version"]:
            raise Conflict("version mismatch", status=409)
        bound = changes.pop("precondition", None)
        if bound is not None and bound["content_sha256"] != found["content_sha256"]:
            raise Conflict("content has changed", status=409)
        merged = {name: value for name, value in changes.items() if kind.fields[name].merges}
        whole = {name: value for name, value in changes.items() if name not in merged}
        changes = self._stored(kind, whole) if kind is not WIDGET else whole | self._shaded(whole)
        changes |= {name: _merged(found.get(name) or {}, told(value)) for name, value in merged.items()}
        if changes.keys() & {"timer"} and self.forgets:
            self.forgets -= 1
            self.hold(id, None)
        if {**before, **changes} != before:
            self.edit(id, **changes)

    def _shaded(self, body: Body) -> Body:
        tint = body.get("tint") or {}
        if not self.shades or "hue" not in tint or tint.get("shade") is not None:
            return {}
        return {"tint": {**tint, "shade": f"right for {tint['hue']}"}}

    def _archive(self, id: str) -> None:
        """With everything that goes along: what is below it, and what its kind takes along."""
        found = self.objects[id]
        if found["archived_at"] is not None:
            return
        found["archived_at"] = NOW
        taken = CATALOG[found["kind"]].takes_along
        for other, item in self.objects.items():
            refers = item["kind"] in taken and (item.get("crew") or {}).get("id") == id
            if refers or self.parents[other] == id:
                self._archive(other)

    def _refuse_taken(self, kind: Kind, body: Body, parent: str | None) -> None:
        """A name or a door that something live has already."""
        for id, found in self.objects.items():
            if found["kind"] != kind.name or found["archived_at"] is not None or self.parents[id] != parent:
                continue
            named = kind.unique_name is not None and found[kind.unique_name] == body[kind.unique_name]
            locks = kind.replacement is Replacement.AFTER
            if named or (locks and found["lock"].get("door") == body["lock"].get("door")):
                raise Conflict("name is taken", status=409)

    def _refuse_broken(self, kind: Kind, body: Body) -> None:
        """A reference to what is not there, or to a version of it that never was."""
        for slot in kind.slots:
            for entry in slot.entries(body):
                if isinstance(entry, dict) and entry.get("type") != slot.type:
                    continue
                id = entry[slot.id] if isinstance(entry, dict) else entry
                target = self.objects.get(id)
                if id is not None and (target is None or target["archived_at"] is not None):
                    raise RegistryError(f"{id} is not there", status=400)
                version = entry.get(slot.version) if isinstance(entry, dict) and slot.version else None
                if isinstance(version, int) and target is not None and version > target["version"]:
                    raise RegistryError(f"{id} has no version {version}", status=400)
                if isinstance(version, str) and version not in {"latest", *self.uploads[id]}:
                    raise RegistryError(f"{id} has no version {version}", status=400)

    def _found(self, id: str) -> Body:
        if id not in self.objects:
            raise NotFound(f"{id} not found", status=404)
        return self.objects[id]

    def _called(self, call: str, body: Body | None = None) -> None:
        self.calls.append(call)
        self.before(call)
        _raise(self.fail, call)
        if body is not None:
            self.sent.append((call, body))

    def _done(self, call: str) -> None:
        self.after(call)
        _raise(self.lose, call)


def _placed(kind: Kind, parent: str | None) -> None:
    assert bool(parent) is (kind.parent is not None), "what lies below something is asked for there"


def _raise(errors: Mapping[str, Exception], call: str) -> None:
    for key in (call, call.split()[0]):
        if key in errors:
            raise errors[key]


def _merged(old: Body, new: Body) -> Body:
    """Member by member; null takes one away."""
    both = dict(old)
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            both[key] = _merged(old[key], value)
        else:
            both[key] = value
    return {key: value for key, value in both.items() if value is not None}
