"""An ID that the registry has -> what our files write for it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agentops.domain.address import Address
from agentops.domain.kind import EACH, Kind, Slot
from agentops.domain.resource import Ref
from agentops.spec.editing.patch import Path
from agentops.spec.editing.splice import Unwritable
from agentops.spec.slots import LATEST, PATH


@dataclass(frozen=True, slots=True)
class Names:
    """What stands behind IDs, seen from one file.

    base: the file's path. names: ID -> address of what is managed or declared as external. paths: address ->
    the file or directory that declares it, of what only has this one address. known: the value of a reference
    now. with_paths: the file names others by path.
    """

    kind: Kind
    base: str
    names: Mapping[str, Address]
    paths: Mapping[Address, str]
    known: Callable[[Ref], Any]
    with_paths: bool

    def of_field(self, field: str) -> Callable[[Any, Path], Any]:
        def named(value: Any, path: Path) -> Any:
            steps = (field, *(EACH if isinstance(step, int) else step for step in path))
            slot = next((slot for slot in self.kind.slots if slot.path == steps), None)
            if slot is not None:
                return self._entry(value, slot)
            if isinstance(value, Mapping):
                return {key: named(member, (*path, key)) for key, member in value.items()}
            if isinstance(value, list):
                return [named(item, (*path, index)) for index, item in enumerate(value)]
            return value

        return named

    def _entry(self, value: Any, slot: Slot) -> Any:
        if slot.type is None:
            return self._text(self._address(value, slot)) if isinstance(value, str) else value
        if not isinstance(value, Mapping) or value.get("type") != slot.type:
            return value
        address = self._address(value[slot.id], slot)
        version = value.get(slot.version) if slot.version else None
        more = {
            key: member
            for key, member in value.items()
            if key not in {"type", slot.id, slot.version} and member not in (None, [], {})
        }
        is_current = not slot.version or version == self.known(Ref(address, "version"))
        if is_current and address in self.paths:
            return {PATH: self._text(address), **more} if more else self._text(address)
        if slot.version and version in {None, slot.latest} and address in self.paths:
            return {PATH: self._text(address), "version": LATEST, **more}
        pinned = {slot.version: version} if slot.version and version is not None else {}
        return {"type": slot.type, slot.id: str(address), **pinned, **more}

    def _address(self, id: str, slot: Slot) -> Address:
        if (address := self.names.get(id)) is not None:
            return address
        raise Unwritable(
            f"it refers to {id}, which is not managed here; give it an address in agentops.yaml, "
            f"`external: {{{slot.kind}/NAME: {{STAGE: {id}}}}}`, and pull again",
            0,
        )

    def _text(self, address: Address) -> str:
        path = self.paths.get(address)
        if not self.with_paths or path is None:
            return str(address)
        relative = posixpath.relpath(path, posixpath.dirname(self.base) or ".")
        return relative if relative.startswith("../") else f"./{relative}"
