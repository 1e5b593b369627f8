"""What must hold between resources: unique names, order, and the limits of the API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, error
from agentops.domain.graph import CycleError, topological
from agentops.domain.kind import Catalog, owner_tag
from agentops.domain.project import Project
from agentops.domain.resource import Resource

MAX_STORES_OF_AGENT = 8
MAX_MEMORIES_OF_STORE = 2_000
MAX_TAG_CHARACTERS = 512

Resources = Mapping[Address, Resource]


def check(project: Project, stage: str, resources: Resources, catalog: Catalog) -> Iterator[Diagnostic]:
    """Every rule over all resources of one stage."""
    yield from _unique_names(resources.values(), catalog)
    yield from _order(resources)
    yield from _attachments(resources.values())
    yield from _memories(resources)
    yield from _tags(project, stage, resources.values(), catalog)


def _unique_names(resources: Iterable[Resource], catalog: Catalog) -> Iterator[Diagnostic]:
    """Where the registry refuses a second object of one name (environments)."""
    first: dict[tuple[str, str], Resource] = {}
    for resource in resources:
        field = catalog.of_address(resource.address).rename_to_replace
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
        if len(stores) > MAX_STORES_OF_AGENT:
            yield error(
                Code.LIMIT,
                f"{resource.address} has {len(stores)} memories of {MAX_STORES_OF_AGENT} at most",
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


def _memories(resources: Resources) -> Iterator[Diagnostic]:
    counted = Counter(resource.parent for resource in resources.values() if resource.parent is not None)
    for store, number in counted.items():
        if number > MAX_MEMORIES_OF_STORE and store in resources:
            yield error(
                Code.LIMIT,
                f"{store} is seeded with {number:,} documents; it holds {MAX_MEMORIES_OF_STORE:,} at most",
                "join documents, or split the store",
                address=store,
                location=resources[store].location,
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
