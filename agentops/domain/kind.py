"""A resource kind, described as data: what the API calls it, how its fields behave, what it fills in.

Nothing here knows a particular kind; ``agentops.kinds`` holds one description a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel

from agentops.domain.address import Address
from agentops.domain.resource import Body
from agentops.domain.surface import Surface, no_surface

OWNER_KEY = "agentops"
"""The metadata key that says which project, stage and address a resource belongs to."""


def owner_tag(project: str, stage: str, address: str = "") -> str:
    """The value of that key; without an address the start that all of a stage's have."""
    return f"{project}/{stage}/{address}"


def shared_tag(project: str) -> str:
    """The value of that key on what the runs of a project share: the mutex, and the copies of its locks.

    It has one part less than the tag of a resource, so neither is ever taken for the other.
    """
    return f"{OWNER_KEY}/{project}"


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


class Replacement(StrEnum):
    """How a new object takes the place of an old one whose fields cannot be changed."""

    BESIDE = "beside"  # it is created first, and the old one removed once nothing refers to it
    RENAMED = "renamed"  # the old one gives its name away first, for names are unique
    AFTER = "after"  # the old one goes first, for its key is taken while it lives


class Precondition(StrEnum):
    """What an update can be bound to, so that it fails instead of overwriting."""

    VERSION = "version"
    CONTENT = "content_sha256"


class Operation(StrEnum):
    """What a call does, as far as rate limits tell calls apart."""

    CREATE = "create"
    READ = "read"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate limit of the API. All calls that count against it do so together, of whatever kind they are.

    name: as messages call those calls. of: the operations that count.
    per_minute: calls; None where the number is not published. in_flight: calls at once; None for any number.
    """

    name: str
    per_minute: int | None = None
    of: frozenset[Operation] = frozenset(Operation)
    in_flight: int | None = None


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
    unseen: an answer without it says nothing about it; what was last recorded is taken to be true. For
        content that has to be fetched on its own, and for a state that somebody else may be holding.
    optional: left out of a file it is nobody's business, whatever it was before.
    """

    default: Any = None
    clear: Clear = Clear.NULL
    leaves: bool = False
    merges: bool = False
    foreign_keys: bool = False
    create_only: tuple[tuple[str, ...], ...] = ()
    identity: tuple[str, ...] = ()
    digest: str | None = None
    unseen: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a body that holds another resource's ID.

    path: of members; ``*`` stands for every item of a list.
    kind: what is referred to.
    type: of the object that the API takes there, ``{type: agent, id: …}``; None where the bare ID stands.
    id, version: the members of that object. ``version`` is empty where nothing is pinned.
    latest: what the API calls the version that floats; None where floating is leaving the version out.
    """

    path: tuple[str, ...]
    kind: str
    type: str | None = None
    id: str = ""
    version: str = ""
    latest: str | None = None

    @property
    def many(self) -> bool:
        return self.path[-1] == EACH

    def entries(self, body: Body) -> Iterator[Any]:
        """What stands there in a body: none, one, or one for each item of a list."""
        return _entries(body, self.path)


EACH = "*"


def _entries(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == EACH:
        for item in value if isinstance(value, list) else ():
            yield from _entries(item, path[1:])
    elif isinstance(value, Mapping) and path[0] in value:
        yield from _entries(value[path[0]], path[1:])


@dataclass(frozen=True, slots=True)
class Switch:
    """A state that has calls of its own instead of a member of the body: ``POST {item}/pause``.

    field: what it is called in a body, true or false. on, off: the names of the calls.
    arms: the field that lets an object act by itself; it is withheld from one that is to be created
        switched on, until it is.
    """

    field: str
    on: str
    off: str
    arms: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """Content that is a directory of files, uploaded as ``multipart/form-data``; each upload is a version.

    field: of the body: relative path -> ``{sha256, size}``; the bytes are read when they are sent.
    directory: the field whose value is the name of the top directory in the upload.
    part: the name of each file's part. texts: the fields sent as parts of their own, on create only.
    versions: the path below an item where its versions are.
    """

    field: str
    directory: str
    part: str
    texts: tuple[str, ...]
    versions: str


@dataclass(frozen=True, slots=True)
class History:
    """Where the API has what an object was before.

    versions: the path of the collection of versions; ``{item}`` stands for the path of the object,
        ``{parent}`` for its parent's ID.
    id: the member of an item there that names the version.
    newest: the member of the object that names the version it is at.
    query: the parameter by which the object itself is read as it was; empty where a version is read by its
        name below the collection.
    of: the parameter by which those of one object are listed, where the collection has others beside them.
    """

    versions: str
    id: str
    newest: str
    query: str = ""
    of: str = ""


class Advice(NamedTuple):
    """What is allowed and probably not meant: the path of a member, and a sentence."""

    path: tuple[str | int, ...]
    summary: str
    detail: str


def _version(value: Any) -> int | str | None:
    return value if isinstance(value, int | str) and not isinstance(value, bool) else None


def _unchanged(body: Body) -> Body:
    return body


def _as_text(prose: str) -> Any:
    return prose


def _no_advice(body: Body) -> tuple[Advice, ...]:
    return ()


def _nothing_to_say(live: Body) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything the rest of the program knows about a resource kind.

    name, directory: ``agent``, ``agents``; how files and addresses call it.
    path: of the collection; ``{parent}`` stands for the parent's ID.
    beta: the ``anthropic-beta`` value of the endpoint family, or None.
    schema: the create request as a pydantic model that refuses unknown members.
    default_name: the field that has the file's name where the file gives none.
    label: the field with the name that the registry shows, around which a stage may put something of its own.
    text_field: the field that Markdown prose becomes; ``prose`` makes its value of the text.
    complete: a body with everything filled in that the registry would fill in, nested defaults and
        inheritance included; works on what we send and on what it returns. Pure.
    undetermined: leaf paths the registry chooses by rules nobody published (``model.effort``): left out of
        a file they are compared with what was observed after our last apply.
    unread: leaf paths that are sent and never compared: the registry moves them by itself, and what is
        told of a secret goes with it.
    secrets: a body may hold references to secrets, ``{secret: env:NAME}``. The registry never returns one.
    written_out: fields that are always sent complete, because leaving a member out says something.
    slots: where a body refers to others.
    version: the response member that names the version others can pin.
    history: where old versions can be read; None where the API keeps none.
    tagged: ownership is written into ``metadata``.
    key: the field whose value is unique among siblings, for kinds without a tag: an object with our key in
        a parent of ours is ours (``path`` of a memory).
    replacement: how an object is replaced; ``unique_name`` is the field whose value no two may share.
    takes_along: kinds whose objects the API archives together with the one they refer to.
    rates: the limits its calls count against, from the widest to the narrowest.
    advice: what to say of a body that is allowed and probably not meant.
    condition: what the registry tells of a live object that nobody asked for, as the end of a sentence.
    surface: what a body makes possible, as typed facts: of what is sent and of what is returned, other
        resources named by address. Pure.
    documents: the field that holds text, where runs can share documents in objects of this kind: ``key`` is
        unique among siblings, so that one of two creates is refused, and updates and deletes can be bound to
        the content.
    """

    name: str
    directory: str
    path: str
    beta: str | None
    id_prefix: str
    schema: type[BaseModel]
    fields: Mapping[str, Field]
    removal: Removal
    default_name: str | None = "name"
    label: str | None = "name"
    text_field: str | None = None
    prose: Callable[[str], Any] = _as_text
    parent: str | None = None
    complete: Callable[[Body], Body] = _unchanged
    undetermined: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    secrets: bool = False
    written_out: frozenset[str] = frozenset()
    slots: tuple[Slot, ...] = ()
    version: str | None = None
    history: History | None = None
    precondition: Precondition | None = None
    tagged: bool = True
    key: str | None = None
    replacement: Replacement = Replacement.BESIDE
    unique_name: str | None = None
    takes_along: tuple[str, ...] = ()
    switch: Switch | None = None
    bundle: Bundle | None = None
    rates: tuple[Rate, ...] = ()
    advice: Callable[[Body], Iterable[Advice]] = _no_advice
    condition: Callable[[Body], str | None] = _nothing_to_say
    surface: Callable[[Body], Surface] = no_surface
    documents: str | None = None
    detail_query: Mapping[str, str] = field(default_factory=dict)
    list_query: Mapping[str, str] = field(default_factory=dict)
    page_size: int = 100

    def rates_of(self, operation: Operation) -> tuple[Rate, ...]:
        """The limits that an operation on this kind counts against."""
        return tuple(rate for rate in self.rates if operation in rate.of)

    @property
    def versioned(self) -> bool:
        """Whether its versions are numbers that grow by one."""
        return self.precondition is Precondition.VERSION

    def version_of(self, live: Body) -> int | str | None:
        """The version of a live object that others can pin."""
        return _version(live.get(self.version)) if self.version is not None else None

    def base_of(self, live: Body) -> int | str | None:
        """What an update of this live object is bound to: its version or content hash."""
        return None if self.precondition is None else _version(live.get(self.precondition))

    def bound(self, body: Body, base: int | str | None) -> Body:
        """The update body with its precondition."""
        if self.precondition is None or base is None:
            return body
        if self.precondition is Precondition.VERSION:
            return {**body, "version": base}
        return {**body, "precondition": {"type": "content_sha256", "content_sha256": base}}

    def is_create_only(self, path: str) -> bool:
        """Whether no update can change the leaf at this path."""
        name, _, rest = path.partition(".")
        return (tuple(rest.split(".")) if rest else ()) in self.fields[name].create_only

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

    @property
    def documents(self) -> Kind | None:
        """The kind whose objects serve as documents that runs share; they lie in objects of its parent."""
        return next((kind for kind in self.kinds.values() if kind.documents and kind.parent), None)
