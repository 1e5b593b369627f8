"""The seams to the outside: small protocols the engine is given, and the errors they raise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
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


class Registry(Protocol):
    """Where agents live. ``parent`` is the parent's ID, for kinds that have one (a memory's store)."""

    @property
    def base_url(self) -> str: ...

    @property
    def identity(self) -> Identity | None:
        """Organization and workspace as the last answer told them; None before the first."""

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

    async def content(self, kind: Kind, id: str, version: str) -> tuple[str, Mapping[str, bytes]]:
        """The files of one version of a kind with a bundle, and the name of their top directory."""

    async def remove(self, kind: Kind, id: str, *, parent: str | None = None) -> None:
        """Archive or delete, as the kind says. What is gone already is no error."""


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
