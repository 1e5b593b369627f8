"""The seams to the outside: small protocols the engine is given, and the errors they raise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from agentops.domain.address import Address
from agentops.domain.kind import Kind
from agentops.domain.plan import Action
from agentops.domain.resource import Body
from agentops.domain.state import Identity, Intent, Lock, LockEntry


class RegistryError(Exception):
    """The registry refused or could not be reached.

    ``status`` is None where there was no answer. ``message`` is the server's own.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.request_id = request_id

    def __str__(self) -> str:
        about = [f"HTTP {self.status}"] if self.status is not None else []
        about += [part for part in (self.code, self.request_id) if part]
        return f"{self.message} ({', '.join(about)})" if about else self.message


class NotFound(RegistryError):
    """404: unknown, or not visible to this workspace."""


class Conflict(RegistryError):
    """409: somebody else was faster, or a unique name is taken."""


class Unauthorized(RegistryError):
    """401 or 403: the credential is missing, wrong or not allowed to do this."""


class Exhausted(RegistryError):
    """A refusal that no run waits for: a spend limit is reached, or calls are refused for minutes.

    The registry sends no further call once it was told so, and raises this for each.
    """


class NoToken(Unauthorized):
    """No token could be had to sign a request with, so the request was not sent.

    ``status`` and ``request_id`` are the token endpoint's. ``advice`` says what to check.
    """

    def __init__(
        self, message: str, advice: str, *, status: int | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message, status=status, request_id=request_id)
        self.advice = advice

    @property
    def summary(self) -> str:
        return super().__str__()

    def __str__(self) -> str:
        return f"{self.summary}: {self.advice}"


class OutcomeUnknown(RegistryError):
    """A write was sent and its answer was lost: it may or may not have happened."""


class NotHeld(RegistryError):
    """A write that was not sent: the stage is not held by this run any more."""


class Registry(Protocol):
    """Where agents live. ``parent`` is the parent's ID, for kinds that have one (a memory's store)."""

    @property
    def base_url(self) -> str: ...

    @property
    def identity(self) -> Identity | None:
        """Organization and workspace as the last answer told them; None before the first."""

    @property
    def server_time(self) -> float | None:
        """When the last answer was given, by the server's clock (its ``Date``), in seconds since 1970; None
        where none has told."""

    def list(self, kind: Kind, *, parent: str | None = None) -> AsyncIterator[Body]:
        """Every live object of a kind, page by page; archived ones are left out."""

    async def get(self, kind: Kind, id: str, *, parent: str | None = None) -> Body:
        """One object in full, archived or not. Raises NotFound."""

    async def create(self, kind: Kind, body: Body, *, parent: str | None = None) -> Body:
        """For a kind with a bundle the body has the files' bytes: relative path -> bytes.

        Raises Conflict where a unique name is taken, OutcomeUnknown where the answer was lost."""

    async def update(self, kind: Kind, id: str, body: Body, *, parent: str | None = None) -> Body:
        """The object after the change.

        A body that holds nothing but the field of ``kind.switch`` is a call of its own; the two are never
        mixed. For a kind with a bundle the body is a new version.

        Raises Conflict where the precondition in the body no longer holds.
        """

    def versions(self, kind: Kind, id: str, *, parent: str | None = None) -> AsyncIterator[Body]:
        """What the registry has of the history of an object, newest first: whole objects or less, for a kind
        with a history."""

    async def version(self, kind: Kind, id: str, version: str, *, parent: str | None = None) -> Body:
        """One version as the registry tells it, for a kind with a history. Raises NotFound."""

    async def content(self, kind: Kind, id: str, version: str) -> tuple[str, Mapping[str, bytes]]:
        """The files of one version of a kind with a bundle, and the name of their top directory."""

    async def remove(
        self, kind: Kind, id: str, *, parent: str | None = None, expected: str | None = None
    ) -> None:
        """Archive or delete, as the kind says. What is gone already is no error.

        ``expected`` is the content hash that a delete is bound to. Raises Conflict where it is another.
        """


class NoDocuments(RegistryError):
    """This registry has no place for documents that runs share."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text that runs share, as it was found.

    sha256: of the text, in hex. id, parent: where the registry has it. changed: when it was last written, by
    the server's clock, in seconds since 1970; None where that is not told.
    """

    path: str
    sha256: str
    id: str
    parent: str
    changed: float | None = None


class Documents(Protocol):
    """Texts at paths (``/prod/mutex``) that all runs of a project share, each below 100 kB.

    Every method raises RegistryError, and NoDocuments where the registry has no place for them.
    """

    @property
    def server_time(self) -> float | None:
        """As ``Registry.server_time``."""

    async def list(self, folder: str = "/") -> Sequence[Document]:
        """What is below a folder, which ends with ``/``. Where first runs have raced, a path may be there
        twice; the one that counts comes first."""

    async def find(self, path: str) -> Document | None: ...

    async def read(self, document: Document) -> str:
        """Its text. Raises NotFound where it is gone, Conflict where it is another by now."""

    async def create(self, path: str, text: str, *, alone: bool = False) -> Document:
        """With ``alone`` it is also looked whether first runs have raced, and only one of them gets it.

        Raises Conflict where the path is taken, OutcomeUnknown where the answer was lost.
        """

    async def replace(self, document: Document, text: str) -> Document:
        """Raises Conflict where it is not as it was found, NotFound where it is gone, OutcomeUnknown."""

    async def delete(self, document: Document) -> None:
        """Raises Conflict where it is not as it was found. What is gone already is no error."""


class Hold(Protocol):
    """One run's right to write to a stage."""

    def may_write(self) -> bool:
        """Asked before every write. Once false it stays so."""

    @property
    def lost(self) -> str | None:
        """Why nothing may be written any more, as the end of a sentence; None while it may."""


class Secrets(Protocol):
    """Looks secrets up, at the moment they are sent."""

    def value(self, reference: str) -> str:
        """What ``env:NAME`` or ``file:PATH`` stands for. Raises Stop where it is not there."""


class Uploads(Protocol):
    """The files that bodies name by their hash."""

    def read(self, address: Address, path: str, sha256: str) -> bytes:
        """The bytes of a file in the bundle of ``address``. Raises Stop where they are not those any more."""


class LockStore(Protocol):
    """Where one stage's lock is kept. Every write is durable when the call returns."""

    @property
    def name(self) -> str:
        """What to call it in messages: ``locks/prod.lock.json``."""

    def read(self) -> Lock | None:
        """The lock with its journal folded in, or None where there is none yet.

        Raises Stop: unreadable, or written by a newer version.
        """

    def text(self) -> str | None:
        """The lock as it was last written, without what only the journal has; None where there is none."""

    def read_from(self, text: str, name: str) -> Lock:
        """As ``read``, with this text in the place of the lock; ``name`` is what to call it in messages.

        Raises Stop: unreadable, or written by a newer version.
        """

    @property
    def pending(self) -> bool:
        """Whether there are steps that only the journal has: the next ``write`` is not to be left out."""

    def hold(self) -> AbstractContextManager[None]:
        """One writer at a time. Raises Blocked, naming the holder."""

    def intend(self, address: Address, intent: Intent) -> None:
        """Before a create is sent."""

    def record(self, address: Address, entry: LockEntry | None) -> None:
        """After a success: the address's entry, or None when it is forgotten. Settles its intent."""

    def withdraw(self, address: Address) -> None:
        """The create did certainly not happen."""

    def write(self, lock: Lock) -> None:
        """Replace the whole lock atomically and empty the journal."""


class Observer(Protocol):
    """Is told what apply does, as it happens."""

    def started(self, address: Address, action: Action) -> None: ...

    def finished(self, address: Address, action: Action, *, ok: bool) -> None: ...
