"""What the runs of a project tell each other through documents in the registry: who holds a stage, where the
copy of its lock is, and uploads whose answer nobody has seen yet."""

from __future__ import annotations

import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from agentops.domain.address import Address
from agentops.domain.state import Intent, LockEntry

FORMAT = 1
"""Of each of these documents."""


def folder_of(stage: str) -> str:
    """Where the documents of a stage are."""
    return f"/{stage}/"


def mutex_path(stage: str) -> str:
    return f"/{stage}/mutex"


class NewerFormat(ValueError):
    """A document that a newer version has written; ``format`` is its version."""

    def __init__(self, format: int) -> None:
        super().__init__(f"it has version {format}, this one knows {FORMAT}")
        self.format = format


class SharedDocument(BaseModel):
    """``version`` is that of the format. What it is about is said inside, whatever path it stands at."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = FORMAT
    project: str
    stage: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises NewerFormat, or ValueError for whatever else this is not."""
        try:
            document = json.loads(text)
        except RecursionError:
            raise ValueError("it is not JSON that can be read") from None
        version = document.get("version") if isinstance(document, dict) else None
        if isinstance(version, int) and version > FORMAT:
            raise NewerFormat(version)
        return cls.model_validate(document)

    @property
    def text(self) -> str:
        body: Any = self.model_dump(mode="json", exclude_none=True)
        return f"{json.dumps(body, sort_keys=True, indent=1, ensure_ascii=True)}\n"


class Holder(BaseModel):
    """A process that writes to a stage, told to whoever has to wait for it.

    machine: names one boot of one machine and the space its process numbers are unique in. began: when the
    process started, in that machine's own terms. Without them nobody can tell whether it is alive.
    user, url: of whoever started it, and of the CI run it is.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    command: str
    pid: int
    host: str
    machine: str | None = None
    began: str | None = None
    user: str | None = None
    url: str | None = None

    def __str__(self) -> str:
        who = f"process {self.pid}{f' of {self.user}' if self.user else ''} on {self.host}"
        return f"`{self.command}` ({who}{f', {self.url}' if self.url else ''})"


class Claim(SharedDocument):
    """The document of the mutex: who holds the stage.

    run: names one run. counter: grows with each renewal, so that none is the same text again. since: when
    it was taken, in seconds since 1970 by the server's clock.
    """

    run: str
    counter: int = 0
    holder: Holder
    since: float | None = None

    def next(self) -> Claim:
        return self.model_copy(update={"counter": self.counter + 1})


class Part(BaseModel):
    """One of the documents that the copy of a lock is cut into."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    path: str
    sha256: str


class CopyIndex(SharedDocument):
    """Says which documents together are the copy of a lock.

    lock_version, serial: of the lock. sha256: of its whole text. content: of what the text means, whatever
    its layout.
    """

    lock_version: int
    serial: int
    sha256: str
    content: str
    parts: tuple[Part, ...]


class KeptIntent(SharedDocument):
    """An upload that was about to be sent, of a kind whose objects carry no tag.

    entry: what was recorded of the address just before, where that is a replacement under way.
    """

    address: Address
    intent: Intent
    entry: LockEntry | None = None


def age(seconds: float) -> str:
    """A length of time as a person says it."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"
