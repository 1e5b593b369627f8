"""One desired thing: its address, the body to send, what it refers to and where it was written.

A body is plain JSON. What is known only after apply stands in it as a reference::

    {"$ref": {"address": "memory_store/notes", "attribute": "id"}}

so that a body can be saved, digested and shown with addresses in the place of IDs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location
from agentops.domain.policy import Waiver

Body = dict[str, Any]
Attribute = Literal["id", "version"]

_REF = "$ref"


@dataclass(frozen=True, slots=True)
class Ref:
    """Another resource's ``id`` or ``version``."""

    address: Address
    attribute: Attribute = "id"

    def as_json(self) -> Body:
        return {_REF: {"address": str(self.address), "attribute": self.attribute}}

    def __str__(self) -> str:
        return f"({self.address}).{self.attribute}"


def as_ref(value: Any) -> Ref | None:
    """The reference that a member of a body stands for, or None when it is a plain value."""
    if isinstance(value, Mapping) and len(value) == 1 and isinstance(inner := value.get(_REF), Mapping):
        match inner:
            case {"address": str(address), "attribute": "id" | "version" as attribute}:
                return Ref(Address(address), attribute)
    return None


def refs_in(value: Any) -> Iterator[Ref]:
    """Every reference in a body, in the order it is written."""
    if (found := as_ref(value)) is not None:
        yield found
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from refs_in(member)
    elif isinstance(value, list):
        for member in value:
            yield from refs_in(member)


def replace_refs(value: Any, known: Callable[[Ref], Any]) -> Any:
    """The same body with ``known(ref)`` in the place of each reference."""
    if (found := as_ref(value)) is not None:
        return known(found)
    if isinstance(value, Mapping):
        return {key: replace_refs(member, known) for key, member in value.items()}
    if isinstance(value, list):
        return [replace_refs(member, known) for member in value]
    return value


def replace_texts(value: Any, known: Callable[[str], Any]) -> Any:
    """The same body with ``known(text)`` in the place of each text that is a value."""
    if isinstance(value, str):
        return known(value)
    if isinstance(value, Mapping):
        return {key: replace_texts(member, known) for key, member in value.items()}
    return [replace_texts(member, known) for member in value] if isinstance(value, list) else value


def spelled(value: Any, names: Mapping[str, str]) -> Any:
    """The same body with addresses in the place of references, and of the IDs that ``names`` has. For a
    version that only apply can tell stands ``(skill/pr-summary).version``."""

    def address(ref: Ref) -> str:
        return str(ref.address) if ref.attribute == "id" else str(ref)

    return replace_texts(replace_refs(value, address), lambda text: names.get(text, text))


class Source(BaseModel):
    """What an address is built from: the digest of the parsed content before ``overrides``
    (file, prompt, includes, seeds), and the git commit that holds exactly that, if one does. ``revision`` is
    the commit of another repository that content from a URL was taken at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    digest: str
    commit: str | None = None
    revision: str | None = None


class Attachment(BaseModel):
    """A memory store that belongs to an agent. The API attaches stores to sessions and deployments,
    so this is recorded for whoever starts sessions."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    memory_store: Address
    access: Literal["read_write", "read_only"] = "read_write"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """protect: never archived, deleted or replaced. ignore_changes: field paths we set once and then leave.
    create_only: created where absent, then left to whoever writes there (seeds that agents edit)."""

    protect: bool = False
    ignore_changes: tuple[str, ...] = ()
    create_only: bool = False


Places = Callable[[Sequence[str | int]], Location]
"""Where a member of a body is written, or what is nearest to it."""


@dataclass(frozen=True, slots=True)
class Resource:
    """``body`` is the create request with references in the place of IDs; ``path`` the declaring file, or the
    directory of a bundle. ``texts`` are the files of a bundle that can be read, by their SHA-256.
    ``secret_version`` is what a file says to have a secret sent again. ``revision`` is the commit that
    content from a URL is taken from. ``version`` is the one in the registry that this was read from; None for
    what files ask for. ``files`` are the files of the project that it is built from, or folders of them.
    ``waivers`` are the rules that its file sets aside. ``places`` tells where a member is written."""

    address: Address
    body: Body
    path: str
    location: Location
    source: Source
    lifecycle: Lifecycle = Lifecycle()
    attachments: tuple[Attachment, ...] = ()
    parent: Address | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    secret_version: str | None = None
    revision: str | None = None
    version: str | None = None
    files: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    places: Places | None = field(default=None, compare=False, repr=False)

    def place(self, path: Sequence[str | int] = ()) -> Location:
        """Where a member of the body is written, or what is nearest to it."""
        return self.places(path) if self.places is not None else self.location

    @property
    def needs(self) -> tuple[Address, ...]:
        """The addresses that must exist before this one: its parent and everything its body refers to."""
        found = [ref.address for ref in refs_in(self.body)]
        if self.parent is not None:
            found.append(self.parent)
        return tuple(dict.fromkeys(found))

    def called(self, now: Mapping[Address, Address]) -> Resource:
        """As it is called now, and what it refers to: old address -> new one."""

        def known(ref: Ref) -> object:
            return Ref(now.get(ref.address, ref.address), ref.attribute).as_json()

        return replace(
            self,
            address=now.get(self.address, self.address),
            body=replace_refs(self.body, known),
            parent=now.get(self.parent, self.parent) if self.parent is not None else None,
            attachments=tuple(
                Attachment(memory_store=now.get(item.memory_store, item.memory_store), access=item.access)
                for item in self.attachments
            ),
        )

    def with_body(self, body: Body) -> Resource:
        return replace(self, body=body)
