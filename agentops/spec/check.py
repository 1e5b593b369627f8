"""What must hold between resources: unique names, order, and the limits of the API.

Sources: API reference, "Memory stores", "Credentials", "Multiagent sessions"; SDK type
``BetaManagedAgentsMultiagentCoordinatorParams``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, did_you_mean, error
from agentops.domain.graph import CycleError, topological
from agentops.domain.kind import Catalog, owner_tag
from agentops.domain.project import Project
from agentops.domain.resource import Resource, refs_in

MAX_STORES = 8
"""Of an agent and of a deployment alike: what a session mounts."""
MAX_MEMORIES_OF_STORE = 2_000
MAX_CREDENTIALS_OF_VAULT = 20
MAX_TAG_CHARACTERS = 512

_URL = re.compile(r"(?P<scheme>[a-z]+)://(?P<host>[^/?#:]*)(?::(?P<port>\d*))?(?P<rest>.*)", re.I | re.S)
_PORTS = {"http": "80", "https": "443"}

Resources = Mapping[Address, Resource]


def check(project: Project, stage: str, resources: Resources, catalog: Catalog) -> Iterator[Diagnostic]:
    """Every rule over all resources of one stage."""
    yield from _unique_names(resources.values(), catalog)
    yield from _order(resources)
    yield from _attachments(resources.values())
    yield from _memories(resources)
    yield from _credentials(resources)
    yield from _rosters(resources)
    yield from _tags(project, stage, resources.values(), catalog)


def dangling(resources: Resources, elsewhere: Collection[Address]) -> Iterator[Diagnostic]:
    """References to what no file declares in this stage. ``elsewhere`` are those that need not be here."""
    for resource in resources.values():
        missing = {ref.address for ref in refs_in(resource.body)} - resources.keys() - {*elsewhere}
        for address in sorted(missing):
            yield error(
                Code.BROKEN_REFERENCE,
                f"{resource.address} refers to {address}, which no file declares in this stage",
                did_you_mean(
                    address, (it for it in resources if it.kind == address.kind and it != resource.address)
                ),
                address=resource.address,
                location=resource.location,
            )


def _unique_names(resources: Iterable[Resource], catalog: Catalog) -> Iterator[Diagnostic]:
    """Where the registry refuses a second object of one name (environments)."""
    first: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        field = catalog.of_address(resource.address).unique_name
        name = resource.body.get(field) if field is not None else None
        if not isinstance(name, str):
            continue
        other = first.setdefault((resource.address.kind, name), resource)
        if other is not resource:
            yield error(
                Code.DUPLICATE_ADDRESS,
                f"{resource.address} and {other.address} are both called '{name}'",
                f"the registry takes each name once; change `{field}` in {resource.path} or {other.path}",
                address=resource.address,
                location=resource.location,
            )


def _order(resources: Resources) -> Iterator[Diagnostic]:
    try:
        topological({address: resource.needs for address, resource in resources.items()})
    except CycleError as cycle:
        resource = resources[cycle.path[0]]
        yield error(
            Code.CYCLE,
            f"these need each other: {cycle}",
            "remove one of the references",
            address=resource.address,
            location=resource.location,
        )


def _attachments(resources: Iterable[Resource]) -> Iterator[Diagnostic]:
    for resource in resources:
        stores = Counter(item.memory_store for item in resource.attachments)
        if len(stores) > MAX_STORES:
            yield error(
                Code.LIMIT,
                f"{resource.address} has {len(stores)} memories of {MAX_STORES} at most",
                "put several folders of notes into one memory",
                address=resource.address,
                location=resource.location,
            )
        for store in (store for store, times in stores.items() if times > 1):
            yield error(
                Code.CONFLICTING_FIELDS,
                f"{resource.address} attaches {store} twice",
                "keep one of the entries under `memory`",
                address=resource.address,
                location=resource.location,
            )


def mounts(written: Resources, attached: Resources, catalog: Catalog) -> Iterator[Diagnostic]:
    """Deployments that with the memory of their agents mount too many stores. ``written`` are the resources
    as the files have them, ``attached`` the same with that memory."""
    for address, resource in written.items():
        slots = [slot for slot in catalog.of_address(address).slots if slot.kind == "memory_store"]
        if not slots or attached[address] is resource:
            continue
        before, after = (
            sum(
                isinstance(entry, Mapping) and slot.id in entry
                for slot in slots
                for entry in slot.entries(body)
            )
            for body in (resource.body, attached[address].body)
        )
        if before <= MAX_STORES < after and after - before <= MAX_STORES:
            yield error(
                Code.LIMIT,
                f"{address} mounts {after} memory stores, {after - before} of them memories of its agent; a "
                f"session mounts {MAX_STORES} at most",
                "name fewer in `resources`, or join memories of the agent",
                address=address,
                location=resource.location,
            )


def _memories(resources: Resources) -> Iterator[Diagnostic]:
    for store, number in _children(resources, "memory").items():
        if number > MAX_MEMORIES_OF_STORE and store in resources:
            yield error(
                Code.LIMIT,
                f"{store} is seeded with {number:,} documents; it holds {MAX_MEMORIES_OF_STORE:,} at most",
                "join documents, or split the store",
                address=store,
                location=resources[store].location,
            )


def _children(resources: Resources, kind: str) -> Counter[Address]:
    """How many of the kind belong to each parent."""
    return Counter(
        resource.parent
        for resource in resources.values()
        if resource.parent is not None and resource.address.kind == kind
    )


def _credentials(resources: Resources) -> Iterator[Diagnostic]:
    """A vault holds a few, and one for each server or variable. Neither is repeated in a message: a secret
    may stand in the wrong place."""
    for vault, number in _children(resources, "credential").items():
        if number > MAX_CREDENTIALS_OF_VAULT and vault in resources:
            yield error(
                Code.LIMIT,
                f"{vault} has {number} credentials; it holds {MAX_CREDENTIALS_OF_VAULT} at most",
                "declare a second vault and name both in `vault_ids`",
                address=vault,
                location=resources[vault].location,
            )
    first: dict[tuple[Address, str, str], Resource] = {}
    for resource in resources.values():
        if resource.address.kind != "credential" or resource.parent is None:
            continue
        for member, what in (("mcp_server_url", "MCP server"), ("secret_name", "variable")):
            if (key := _key(resource.body, member)) is None:
                continue
            other = first.setdefault((resource.parent, member, key), resource)
            if other is not resource:
                yield error(
                    Code.CONFLICTING_FIELDS,
                    f"{resource.address} and {other.address} are for the same {what}; a vault takes one",
                    f"change `{member}` of one of them, remove it, or put it into another vault",
                    address=resource.address,
                    location=resource.location,
                )


def _key(body: Mapping[str, Any], member: str) -> str | None:
    """What names a credential, in the one spelling that the API compares."""
    auth = body.get("auth")
    value = auth.get(member) if isinstance(auth, Mapping) else None
    if not isinstance(value, str):
        return None
    return same_url(value) if member == "mcp_server_url" else value


def same_url(url: str) -> str:
    """Without what makes no difference: case of scheme and host, the default port, a final slash."""
    if (found := _URL.fullmatch(url)) is None:
        return url
    scheme, host, port = found["scheme"].lower(), found["host"].lower(), found["port"] or ""
    shown = "" if port in ("", _PORTS.get(scheme)) else f":{port}"
    return f"{scheme}://{host}{shown}{found['rest'].removesuffix('/')}"


def _rosters(resources: Resources) -> Iterator[Diagnostic]:
    """Whoever stands in the roster of a coordinator has no agents of its own."""
    for resource in resources.values():
        match resource.body.get("multiagent"):
            case {"type": "coordinator", "agents": list() as roster}:
                named = {ref.address for ref in refs_in(roster)}
            case _:
                continue
        for address in sorted(named & resources.keys()):
            if resources[address].body.get("multiagent") is not None:
                yield error(
                    Code.WRONG_REFERENCE,
                    f"the roster of {resource.address} names {address}, which has `multiagent` itself",
                    "a roster goes one level deep: name its agents here, or remove `multiagent` there",
                    address=resource.address,
                    location=resource.location,
                )


def _tags(
    project: Project, stage: str, resources: Iterable[Resource], catalog: Catalog
) -> Iterator[Diagnostic]:
    for resource in resources:
        size = len(owner_tag(project.name, stage, resource.address))
        if catalog.of_address(resource.address).tagged and size > MAX_TAG_CHARACTERS:
            yield error(
                Code.LIMIT,
                f"the address is too long: with project and stage it has {size} characters, "
                f"{MAX_TAG_CHARACTERS} at most are recorded in the registry",
                "give the file a shorter name, or a short `address:`",
                location=resource.location,
            )
