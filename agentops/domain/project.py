"""A project and its stages, as agentops.yaml declares them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple, Self

from agentops.domain.address import Address
from agentops.domain.diagnostics import Location
from agentops.domain.gates import Gate
from agentops.domain.policy import NO_POLICY, Policy

LOCAL = "local"
PROJECT_FILE = "agentops.yaml"
EMBEDDED_URL = "http://embedded.localhost"
"""The base URL of the embedded registry where it runs inside the command; nothing listens there."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast a registry is asked: within the documented limits, or as fast as it goes.

    ``creates_per_minute`` and ``reads_per_minute`` take the place of those documented limits.
    """

    on: bool = True
    creates_per_minute: int | None = None
    reads_per_minute: int | None = None


UNPACED = Pacing(on=False)


@dataclass(frozen=True, slots=True)
class RegistryConfig:
    """Where a stage lives.

    ``provider`` is ``local`` (the embedded registry), ``anthropic`` (the public API) or ``custom``
    (``base_url`` is set). ``api_key`` is a secret reference, ``env:NAME`` or ``file:PATH``, never a key.
    ``pacing`` says nothing of a local one, which is asked as fast as it goes.
    """

    provider: str = LOCAL
    base_url: str | None = None
    workspace_id: str | None = None
    organization_id: str | None = None
    api_key: str | None = None
    pacing: Pacing = Pacing()

    @property
    def is_local(self) -> bool:
        return self.provider == LOCAL

    def shares_workspace(self, other: RegistryConfig) -> bool:
        """Whether both are known to be one workspace: the stages of a project that are local are, for they
        have one database."""
        if self.is_local or other.is_local:
            return self.is_local and other.is_local
        same_host = (self.provider, self.base_url) == (other.provider, other.base_url)
        return same_host and self.workspace_id is not None and self.workspace_id == other.workspace_id


class Name(NamedTuple):
    """What a stage is called in ownership tags, in its lock and where its runs meet."""

    project: str
    stage: str


class OnDrift(StrEnum):
    """What becomes of a field that moved in the registry since the last apply.

    BLOCK: nothing is applied until somebody says what holds. REVERT: what the file says is sent. KEEP: what
    the registry has stays, and is remembered as held.
    """

    BLOCK = "block"
    REVERT = "revert"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class MaxRemovals:
    """How much one plan may archive, delete or replace: a number of resources, or a percentage of those that
    the lock records."""

    limit: int
    is_percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """``5`` or ``20%``. Raises ValueError for anything else."""
        found = re.fullmatch(r"(\d{1,6})(%?)", text.strip(), re.ASCII)
        if found is None or (found[2] and int(found[1]) > 100):
            raise ValueError(f"'{text}' is no number of removals; write one like 5, or a percentage like 20%")
        return cls(int(found[1]), bool(found[2]))

    def allows(self, removals: int, recorded: int) -> bool:
        return removals * 100 <= self.limit * recorded if self.is_percent else removals <= self.limit

    def __str__(self) -> str:
        return f"{self.limit}%" if self.is_percent else str(self.limit)


@dataclass(frozen=True, slots=True)
class Stage:
    """One lock, one registry (base URL, organization, workspace).

    on_drift, prune, max_removals: what holds where a command does not say otherwise.
    mutex: its runs share it with other machines, and keep a copy of the lock in the registry.
    promote_from: the stage whose releases come here; from files come only sources that it runs.
    require: what has to hold before it is changed.
    formerly: what it was called before (``renamed_from``): what carries such a name is this stage's own.
    defaults: field -> what a resource has where its file leaves it out (``model``, ``metadata``).
    policy: what is asked of the fleet beside what the API asks.
    name_prefix, name_suffix: what is put around the names that the registry shows, never around addresses.
    """

    name: str
    registry: RegistryConfig = RegistryConfig()
    vars: Mapping[str, Any] = field(default_factory=dict)
    external: Mapping[Address, str] = field(default_factory=dict)
    protect: bool = False
    on_drift: OnDrift = OnDrift.BLOCK
    prune: bool = False
    max_removals: MaxRemovals | None = None
    mutex: bool = False
    promote_from: str | None = None
    require: tuple[Gate, ...] = ()
    formerly: tuple[Name, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    name_prefix: str = ""
    name_suffix: str = ""
    policy: Policy = NO_POLICY

    @property
    def names(self) -> dict[str, str]:
        """ID -> address, of what is used and not managed here."""
        return {id: str(address) for address, id in self.external.items()}

    def named(self, name: str) -> str:
        """What the registry calls something in this stage."""
        return f"{self.name_prefix}{name}{self.name_suffix}"


@dataclass(frozen=True, slots=True)
class Rename:
    """A line of ``moved``: what is recorded as ``old`` is ``new`` from now on, in every stage."""

    old: Address
    new: Address
    location: Location | None = None


Places = Callable[[Sequence[str], Literal["key", "value"]], Location | None]
"""Where a member of agentops.yaml is written: its value, or its key."""


@dataclass(frozen=True, slots=True)
class Project:
    """``stages`` in the order they are declared; ``explicit`` is False where there is no agentops.yaml.
    ``moved`` in the order it is written. ``file`` is what to call agentops.yaml: one that a commit has is
    ``REV:agentops.yaml``. ``places`` tells where a member of it is written."""

    name: str
    stages: Mapping[str, Stage]
    default_stage: str | None = None
    explicit: bool = True
    moved: tuple[Rename, ...] = ()
    file: str = PROJECT_FILE
    places: Places | None = field(default=None, compare=False, repr=False)

    def place(self, *path: str, want: Literal["key", "value"] = "value") -> Location:
        """Where a member of agentops.yaml is written, or what is nearest to it."""
        found = self.places(path, want) if self.places is not None else None
        return found or Location(self.file)

    def default(self) -> Stage | None:
        """The stage meant when none is named: ``default_stage``, else the only one, else None."""
        if self.default_stage is not None:
            return self.stages.get(self.default_stage)
        return next(iter(self.stages.values())) if len(self.stages) == 1 else None
