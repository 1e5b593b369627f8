"""What the files ask for, what the registry has, and what we last recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agentops.domain.address import Address
from agentops.domain.kind import OWNER_KEY, shared_tag
from agentops.domain.project import EMBEDDED_URL
from agentops.domain.resource import Attachment, Body, Resource, Source


@dataclass(frozen=True, slots=True)
class DesiredState:
    """What the files of a project ask for in one stage."""

    project: str
    stage: str
    resources: Mapping[Address, Resource]


@dataclass(frozen=True, slots=True)
class Identity:
    """Which organization and workspace answered, as the response headers tell it."""

    organization_id: str | None
    workspace_id: str | None


@dataclass(frozen=True, slots=True)
class LiveObject:
    """One object as the registry returned it. ``parent_id`` is set for children (a memory's store)."""

    id: str
    body: Body
    parent_id: str | None = None

    @property
    def archived(self) -> bool:
        return self.body.get("archived_at") is not None

    @property
    def owner(self) -> str | None:
        """The ownership tag: ``<project>/<stage>/<address>``, or None."""
        metadata = self.body.get("metadata")
        value = metadata.get(OWNER_KEY) if isinstance(metadata, Mapping) else None
        return value if isinstance(value, str) else None

    @property
    def is_shared(self) -> bool:
        """Whether it holds what runs of some project share: it is nobody's resource."""
        return self.owner is not None and _SHARED_TAG.fullmatch(self.owner) is not None


_SHARED_TAG = re.compile(re.escape(shared_tag("")) + "[^/]+")


@dataclass(frozen=True, slots=True)
class LiveState:
    """What the registry has of what concerns us.

    objects: per locked address the object with the locked ID, archived ones included; gone ones are missing.
    carriers: per address the live objects that carry our tag for it and whose ID no lock entry has.
    unmanaged: per kind asked, how many live objects are neither locked nor tagged, by whatever stage.
    listed: per kind asked, every live object; children are not in it.
    skipped: addresses that were not asked for, because nothing about them can change the plan.
    """

    identity: Identity
    objects: Mapping[Address, LiveObject] = field(default_factory=dict)
    carriers: Mapping[Address, tuple[LiveObject, ...]] = field(default_factory=dict)
    unmanaged: Mapping[str, int] = field(default_factory=dict)
    listed: Mapping[str, Sequence[LiveObject]] = field(default_factory=dict)
    skipped: frozenset[Address] = frozenset()


class Origin(BaseModel):
    """The registry a lock belongs to. Organization and workspace are its identity; the base URL is a hint."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    base_url: str
    organization_id: str | None = None
    workspace_id: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What to call it in a headline."""
        if self.base_url == EMBEDDED_URL:
            return ("embedded registry",)
        workspace = (f"workspace {self.workspace_id}",) if self.workspace_id else ()
        return (self.base_url, *workspace)


class TakenOver(BaseModel):
    """What the lock of the official tool said of a resource: the digests of what it sent and got back."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    hash: str | None = None
    remote_hash: str | None = None


class Released(BaseModel):
    """When an address came to what it runs, and by whom.

    at: in UTC. serial: of the lock that first says so; what came later has a higher one. release: what
    applies of one release have alike, 12 digits of the plan's source digest. before: what it ran until then;
    None where it was new, without a digest where nobody knows.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: str
    serial: int = 0
    by: str | None = None
    release: str
    before: Source | None = None


class PromotedFrom(BaseModel):
    """The stage whose release it is; ``commit`` is the one that holds it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    at: str
    by: str | None = None
    commit: str | None = None


class RolledBack(BaseModel):
    """It was put back to what it was before, and runs behind its file on purpose. ``to`` reads in a sentence:
    ``version 3``, ``release 1f2e3d4c5b6a``. ``at`` is empty in a plan, where it has not happened yet."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    to: str
    at: str = ""
    by: str | None = None


class LockEntry(BaseModel):
    """What we last recorded of an address: its ID, and per leaf what we sent and what came back.

    ``applied`` and ``observed`` map leaf paths to fingerprints; a leaf that is missing had its default.
    ``id`` is empty while a replacement is under way. ``replaced`` are IDs of predecessors that are still to
    be archived. ``protected`` outlives the file that said so. ``secrets`` is a fingerprint of where the
    secrets that were sent came from and of ``secret_version``, never of a secret. ``revision`` is the commit
    that content from a URL is pinned to. ``taken_over`` stands in for fingerprints until the first apply.
    ``held`` are leaves where what the registry has was kept although the file says something else.
    ``released``, ``promoted_from`` and ``rolled_back`` tell how it came to its source.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    version: int | str | None = None
    path: str | None = None
    source: Source | None = None
    applied: dict[str, str] = Field(default_factory=dict)
    observed: dict[str, str] = Field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    replaced: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    protected: bool = False
    secrets: str | None = None
    revision: str | None = None
    taken_over: TakenOver | None = None
    released: Released | None = None
    promoted_from: PromotedFrom | None = None
    rolled_back: RolledBack | None = None


class Intent(BaseModel):
    """A create that was about to be sent: whether it happened is known once its answer is recorded.

    Of a kind whose objects carry no tag, ``known`` are the IDs that were there before and ``content`` is a
    digest of what was sent: only what is new since and the same can be what was created.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: str
    run: str
    known: tuple[str, ...] = ()
    content: str | None = None


class Lock(BaseModel):
    """One stage's recorded state. ``serial`` grows by one with every write."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = 1
    serial: int = 0
    project: str
    stage: str
    origin: Origin | None = None
    resources: dict[Address, LockEntry] = Field(default_factory=dict)
    intents: dict[Address, Intent] = Field(default_factory=dict)

    def with_changes(self, **changes: Any) -> Lock:
        return self.model_copy(update=changes)
