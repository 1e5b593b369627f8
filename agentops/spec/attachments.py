"""The memory of an agent, mounted in every deployment of it.

The API attaches stores to deployments and sessions, not to agents; so what an agent's file says of its memory
is added to the ``resources`` of the deployments that run it, unless they name the store themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from agentops.domain.address import Address
from agentops.domain.kind import Catalog, Slot
from agentops.domain.resource import Attachment, Ref, Resource, as_ref


def with_attachments(
    resources: Mapping[Address, Resource], external: Mapping[Address, str], catalog: Catalog
) -> dict[Address, Resource]:
    """The resources with those stores added; ``external`` has the IDs of stores that others manage."""
    return {
        address: replace(resource, body=_mounted(resource.body, added))
        if (added := [*_missing(resource, resources, external, catalog)])
        else resource
        for address, resource in resources.items()
    }


def _missing(
    resource: Resource,
    resources: Mapping[Address, Resource],
    external: Mapping[Address, str],
    catalog: Catalog,
) -> Iterator[dict[str, Any]]:
    slots = catalog.of_address(resource.address).slots
    mount = next((slot for slot in slots if slot.kind == "memory_store"), None)
    if mount is None:
        return
    there = [entry.get(mount.id) for entry in mount.entries(resource.body) if isinstance(entry, Mapping)]
    for attachment in _of_agents(resource, slots, resources):
        store = attachment.memory_store
        id = external[store] if store in external else Ref(store).as_json()
        if id not in there:
            there.append(id)
            yield {"type": mount.type, mount.id: id, "access": attachment.access}


def _of_agents(
    resource: Resource, slots: tuple[Slot, ...], resources: Mapping[Address, Resource]
) -> Iterator[Attachment]:
    for slot in slots:
        for entry in slot.entries(resource.body) if slot.kind == "agent" else ():
            ref = as_ref(entry.get(slot.id)) if isinstance(entry, Mapping) else None
            if ref is not None and (agent := resources.get(ref.address)) is not None:
                yield from agent.attachments


def _mounted(body: dict[str, Any], added: list[dict[str, Any]]) -> dict[str, Any]:
    there = body.get("resources")  # of another type it is wrong, and reported
    return {**body, "resources": [*(there if isinstance(there, list) else ()), *added]}
