"""One apply at a time, also between machines: a document in the stage's registry that only one can create.

Its lease is judged by the server's clock alone: when the document was last written against the ``Date`` of
the answer that shows it. What a holder measures itself is only how long ago it began its last renewal, by a
clock that goes on while the machine sleeps; it stops writing long before anybody may take over.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from agentops.domain.diagnostics import Blocked, Code, Diagnostic, error
from agentops.domain.ports import Conflict, Document, Documents, NotFound, OutcomeUnknown, RegistryError
from agentops.domain.shared import Claim, Holder, NewerFormat, age, folder_of, mutex_path

LEASE = 90.0
"""Seconds after its last renewal that a hold may be taken over."""

RENEW_EVERY = 30.0
RETRY_EVERY = 5.0
"""Seconds between renewals, and after one that did not succeed."""

STOP_AFTER = 45.0
"""Seconds without a renewal after which a run writes nothing more. The other half of the lease is for what
is in flight then."""

POLL = 2.0
"""Seconds between two looks at what somebody else holds."""

_TURNS = 5
"""How often somebody else may be faster between a look and a write, before that counts as held."""


@dataclass(frozen=True, slots=True)
class Held:
    """A mutex as it was found. claim: None where it cannot be read. newer: a newer version has written it.
    server_time: of the answer that showed it."""

    document: Document
    claim: Claim | None
    newer: bool
    server_time: float | None

    @property
    def idle(self) -> float | None:
        """Seconds since it was last written, by the server's clock alone; None where that is not told."""
        changed, now = self.document.changed, self.server_time
        return None if changed is None or now is None else now - changed

    @property
    def expired(self) -> bool:
        return self.idle is not None and self.idle > LEASE

    @property
    def who(self) -> str:
        if self.newer:
            return "a newer version of agentops"
        return "somebody who left no readable name" if self.claim is None else str(self.claim.holder)

    @property
    def held_for(self) -> float | None:
        """Seconds, by the server's clock."""
        since = self.claim.since if self.claim is not None else None
        return None if since is None or self.server_time is None else self.server_time - since


async def look(documents: Documents, stage: str) -> Sequence[Held]:
    """Who holds a stage: nobody, or one; more only where first runs have raced and one is yielding."""
    found = []
    for document in await documents.list(folder_of(stage)):
        if document.path == mutex_path(stage):
            with suppress(NotFound):
                found.append(await _read(documents, document))
    return found


async def _read(documents: Documents, document: Document) -> Held:
    text = await documents.read(document)
    now = documents.server_time
    try:
        return Held(document, Claim.parse(text), False, now)
    except NewerFormat:
        return Held(document, None, True, now)
    except ValueError:
        return Held(document, None, False, now)


async def unlock(documents: Documents, held: Held) -> None:
    """Remove exactly this hold. Raises Conflict where it was renewed or taken over since."""
    await documents.delete(held.document)


class Mutex:
    """The hold of one run. ``may_write`` and ``lost`` may be asked from any thread.

    clock: seconds, going on while the machine sleeps. is_dead: whether a process certainly runs no more.
    say: is told of waiting and of what is taken over. check: called after the first answer and before any
    write; raises where this is the wrong registry.
    """

    def __init__(
        self,
        documents: Documents,
        claim: Claim,
        *,
        clock: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]],
        is_dead: Callable[[Holder], bool],
        say: Callable[[str], None],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._documents = documents
        self._claim = claim
        self._path = mutex_path(claim.stage)
        self._clock = clock
        self._sleep = sleep
        self._is_dead = is_dead
        self._say = say
        self._check = check
        self._document: Document | None = None
        self._kept = clock()
        self._lost: str | None = None
        self._sent = False

    # -- holding

    def may_write(self) -> bool:
        if self._lost is None and self._document is None:
            return False
        if self._lost is None and self._clock() - self._kept >= STOP_AFTER:
            self._lost = f"it could not be renewed for {STOP_AFTER:.0f} s"
        return self._lost is None

    @property
    def lost(self) -> str | None:
        return self._lost

    # -- taking it

    async def acquire(self, wait: float = 0.0) -> None:
        """Take it, or wait up to that many seconds for it.

        Raises:
            Blocked: somebody else holds it; the diagnostic says who.
            RegistryError: the registry refused or could not be reached; status 404 where it has no place
                for documents.
        """
        until, told = self._clock() + wait, ""
        while (other := await self._attempt()) is not None:
            left = until - self._clock()
            if left <= 0:
                raise Blocked(taken(self._claim.stage, other))
            if other.who != told:
                told = other.who
                self._say(f"Waiting: stage {self._claim.stage} {_held_by(other)}.")
            await self._sleep(min(POLL, left))

    async def _attempt(self) -> Held | None:
        """None once it is ours, else who has it."""
        began = self._clock()
        other: Held | None = None
        for _ in range(_TURNS):
            try:
                there = await look(self._documents, self._claim.stage)
                self._check()
                if (mine := next((it for it in there if self._is_ours(it)), None)) is not None:
                    self._keep(mine.document, mine.claim, began)  # its answer was lost
                    return None
                if (busy := next((it for it in there if self._why_free(it) is None), None)) is not None:
                    return busy
                other = there[0] if there else other
                began = self._clock()
                if not there:
                    self._keep(await self._create(), self._claim, began)
                else:
                    await self._take_over(there, began)
                return None
            except (Conflict, OutcomeUnknown, NotFound) as moved:
                unsettled = moved  # somebody was faster, or our own answer was lost: the document tells
        if other is None:
            raise unsettled
        return other

    def _is_ours(self, it: Held) -> bool:
        return it.claim is not None and it.claim.run == self._claim.run

    def _why_free(self, it: Held) -> str | None:
        """Why it may be taken over, or None where it may not."""
        if it.newer:
            return None
        if it.claim is not None and self._is_dead(it.claim.holder):
            return "that process is gone"
        return f"it was last renewed {age(it.idle)} ago" if it.expired and it.idle is not None else None

    async def _create(self) -> Document:
        self._sent = True
        self._claim = self._claim.model_copy(update={"since": self._documents.server_time})
        return await self._documents.create(self._path, self._claim.text, alone=True)

    async def _take_over(self, there: Sequence[Held], began: float) -> None:
        first, *others = there
        for other in others:
            await self._documents.delete(other.document)
        self._claim = self._claim.model_copy(update={"since": self._documents.server_time})
        self._sent = True
        document = await self._documents.replace(first.document, self._claim.text)
        self._keep(document, self._claim, began)
        self._say(f"Took over the hold of {first.who}: {self._why_free(first)}.")

    def _keep(self, document: Document, claim: Claim | None, began: float) -> None:
        self._document, self._kept = document, began
        if claim is not None and claim.counter >= self._claim.counter:
            self._claim = claim

    # -- keeping it

    async def keep(self) -> None:
        """Renew it until it is lost; to be run beside the work, and cancelled with it."""
        pause = RENEW_EVERY
        while True:
            await self._sleep(pause)
            if not self.may_write():
                return
            pause = RENEW_EVERY if await self.renew() else RETRY_EVERY
            if not self.may_write():
                return

    async def renew(self) -> bool:
        """Whether it was renewed. What failed for now is tried again; what is lost is lost."""
        if self._document is None:
            return False
        # Counted whether or not it comes through: the same text again would be no renewal to the server.
        began, self._claim = self._clock(), self._claim.next()
        try:
            self._keep(await self._documents.replace(self._document, self._claim.text), None, began)
        except (Conflict, NotFound):
            return await self._look_again(began)
        except RegistryError:
            return False
        return True

    async def _look_again(self, began: float) -> bool:
        """It is not as we left it: by a renewal of ours whose answer was lost, or by somebody else."""
        try:
            there = await look(self._documents, self._claim.stage)
        except RegistryError:
            return False
        if (mine := next((it for it in there if self._is_ours(it)), None)) is None:
            self._lost = f"{there[0].who} took it over" if there else "somebody has removed it"
            return False
        is_this_one = mine.claim is not None and mine.claim.counter == self._claim.counter
        self._keep(mine.document, mine.claim, began if is_this_one else self._kept)
        return is_this_one

    # -- giving it back

    async def release(self) -> None:
        """Delete it, if it is still ours; also one that was asked for, and its answer never seen.

        Raises:
            RegistryError: it could not be deleted; it ends with its lease.
        """
        if not self._sent:
            return
        document, self._document = self._document, None
        if document is not None:
            with suppress(Conflict):
                await self._documents.delete(document)
                return
        for it in await look(self._documents, self._claim.stage):
            if self._is_ours(it):
                with suppress(Conflict):
                    await self._documents.delete(it.document)


def taken(stage: str, other: Held) -> Diagnostic:
    """The stage is somebody else's at present."""
    return error(
        Code.HELD,
        f"stage {stage} {_held_by(other)}",
        "wait for it with `--wait 10m`; if it is certainly over, `agentops lock unlock` removes its hold. "
        + _lease(other),
    )


def _held_by(other: Held) -> str:
    if other.held_for is None:
        return f"is held by {other.who}"
    return f"has been held for {age(other.held_for)} by {other.who}"


def _lease(other: Held) -> str:
    if other.idle is None:
        return "Nothing was changed"
    return f"It was renewed {age(other.idle)} ago, and ends {LEASE:.0f} s after its last renewal"
