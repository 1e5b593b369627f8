"""A resource kind, described as data: what the API calls it, how its fields behave, what it fills in.

Nothing here knows a particular kind; ``agentops.kinds`` holds one description a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from agentops.domain.address import Address
from agentops.domain.resource import Body

OWNER_KEY = "agentops"
"""The metadata key that says which project, stage and address a resource belongs to."""


def owner_tag(project: str, stage: str, address: str = "") -> str:
    """The value of that key; without an address the start that all of a stage's have."""
    return f"{project}/{stage}/{address}"


class Clear(StrEnum):
    """How the stored value of a field is emptied by an update."""

    NULL = "null"
    EMPTY = "empty"
    PER_KEY = "per key"
    NEVER = "never"


class Removal(StrEnum):
    """What the API offers in the place of existence."""

    ARCHIVE = "archive"
    DELETE = "delete"


class Precondition(StrEnum):
    """What an update can be bound to, so that it fails instead of overwriting."""

    VERSION = "version"
    CONTENT = "content_sha256"


@dataclass(frozen=True, slots=True)
class Field:
    """One top-level field of a body.

    default: what the registry returns where it was never set; equal to absent.
    leaves: compared and fingerprinted member by member, because the API merges it or because its
        members mean something on their own (``model``).
    merges: an update sends only the members that change; what is left out is kept.
    foreign_keys: keys that others set are theirs and passed over (``metadata``).
    create_only: member paths that no update can change, e.g. ``("type",)`` of ``environment.config``.
    identity: for an unordered list, the members that name an item.
    digest: the response member that holds the SHA-256 of this field, where lists leave the field out.
    """

    default: Any = None
    clear: Clear = Clear.NULL
    leaves: bool = False
    merges: bool = False
    foreign_keys: bool = False
    create_only: tuple[tuple[str, ...], ...] = ()
    identity: tuple[str, ...] = ()
    digest: str | None = None


def _unchanged(body: Body) -> Body:
    return body


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything the rest of the program knows about a resource kind.

    name, directory: ``agent``, ``agents``; how files and addresses call it.
    path: of the collection; ``{parent}`` stands for the parent's ID.
    beta: the ``anthropic-beta`` value of the endpoint family, or None.
    schema: the create request as a pydantic model that refuses unknown members.
    text_field: the field that Markdown prose becomes.
    complete: a body with everything filled in that the registry would fill in, nested defaults and
        inheritance included; works on what we send and on what it returns. Pure.
    undetermined: leaf paths the registry chooses by rules nobody published (``model.effort``): left out of
        a file they are compared with what was observed after our last apply.
    tagged: ownership is written into ``metadata``.
    key: the field whose value is unique among siblings, for kinds without a tag: an object with our key in
        a parent of ours is ours (``path`` of a memory).
    rename_to_replace: the field to move out of the way before a replacement is created, for kinds
        whose names are unique; None where two may stand side by side.
    """

    name: str
    directory: str
    path: str
    beta: str | None
    id_prefix: str
    schema: type[BaseModel]
    fields: Mapping[str, Field]
    removal: Removal
    text_field: str | None = None
    parent: str | None = None
    complete: Callable[[Body], Body] = _unchanged
    undetermined: frozenset[str] = frozenset()
    precondition: Precondition | None = None
    tagged: bool = True
    key: str | None = None
    rename_to_replace: str | None = None
    detail_query: Mapping[str, str] = field(default_factory=dict)
    list_query: Mapping[str, str] = field(default_factory=dict)
    page_size: int = 100

    @property
    def versioned(self) -> bool:
        return self.precondition is Precondition.VERSION

    def base_of(self, live: Body) -> int | str | None:
        """What an update of this live object is bound to: its version or content hash."""
        return None if self.precondition is None else live.get(self.precondition)

    def bound(self, body: Body, base: int | str | None) -> Body:
        """The update body with its precondition."""
        if self.precondition is None or base is None:
            return body
        if self.precondition is Precondition.VERSION:
            return {**body, "version": base}
        return {**body, "precondition": {"type": "content_sha256", "content_sha256": base}}

    def parent_of(self, address: Address) -> Address | None:
        """The parent in a child's address: ``memory/<store>/<path>`` belongs to ``memory_store/<store>``."""
        return None if self.parent is None else Address.of(self.parent, address.name.partition("/")[0])


@dataclass(frozen=True, slots=True)
class Catalog:
    """The kinds by name, in the order they can be created: what is referred to comes first."""

    kinds: Mapping[str, Kind]

    @classmethod
    def of(cls, *kinds: Kind) -> Catalog:
        return cls({kind.name: kind for kind in kinds})

    def __getitem__(self, name: str) -> Kind:
        return self.kinds[name]

    def __contains__(self, name: object) -> bool:
        return name in self.kinds

    def __iter__(self) -> Any:
        return iter(self.kinds.values())

    def of_address(self, address: Address) -> Kind:
        return self.kinds[address.kind]

    def by_directory(self) -> Mapping[str, Kind]:
        return {kind.directory: kind for kind in self.kinds.values()}
