"""The plan: one frozen, serialisable value that preview, review, apply and CI all read."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, computed_field

from agentops.domain.address import Address
from agentops.domain.canonical import Moved, digest
from agentops.domain.diagnostics import Code, Diagnostic, Location, Stop, error, has_errors, in_order
from agentops.domain.project import OnDrift
from agentops.domain.resource import Body
from agentops.domain.risk import Risk, riskiest_first
from agentops.domain.state import LockEntry, Origin, RolledBack

FORMAT_VERSION = 1
"""Of the plan as JSON; a newer one is refused by name."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    ARCHIVE = "archive"
    DELETE = "delete"
    FORGET = "forget"
    ADOPT = "adopt"
    NO_OP = "no-op"

    @property
    def symbol(self) -> str:
        return _SYMBOLS[self]

    @property
    def removes(self) -> bool:
        return self in {Action.ARCHIVE, Action.DELETE}

    @property
    def ends(self) -> bool:
        """Whether an object is gone for good afterwards, replaced ones included."""
        return self.removes or self is Action.REPLACE


_SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "±",
    Action.ARCHIVE: "-",
    Action.DELETE: "-",
    Action.FORGET: ".",
    Action.ADOPT: "&",
    Action.NO_OP: " ",
}


class Reason(StrEnum):
    """Why an action was chosen: one row of the decision table each."""

    NEW = "new"
    CHANGED = "changed"
    TAGGED_OURS = "tagged-ours"
    CREATE_ONLY_FIELD = "create-only-field"
    REFERENCE_MOVES = "reference-moves"
    ROLLED_BACK = "rolled-back"
    TAKEN_FORWARD = "taken-forward"
    SECRET_SENT_AGAIN = "secret-sent-again"  # noqa: S105
    DRIFT_REVERTED = "drift-reverted"
    RECREATE = "recreate"
    REMOVED_FROM_FILES = "removed-from-files"
    DESTROY = "destroy"
    GONE = "gone"


class FieldChange(_Frozen):
    """One member that changes, e.g. ``tools[web_fetch].allowed_domains``. ``null`` stands for absent.

    References stand as ``{"$ref": …}`` where the value is known only after apply.
    """

    path: str
    before: Any = None
    after: Any = None


class Base(_Frozen):
    """What a change was planned against: ID, version or content hash, a digest of the live leaves, and for
    a child the ID of its parent."""

    id: str
    version: int | str | None = None
    digest: str
    parent_id: str | None = None


class Behind(_Frozen):
    """What the file asks for of something that is put back on purpose, and goes on asking for.

    applied: leaf path -> fingerprint, as a lock records it. body: the fields in which it refers to what this
    plan moves, so that their fingerprints are known only then.
    """

    applied: dict[str, str] = {}
    body: Body = Field(default_factory=dict)


class Change(_Frozen):
    """One action on one address.

    body: exactly what is sent, references as ``{"$ref": …}``; empty where nothing is (forget, archive).
    record: what the lock will say once it is done, without ID, version and ``observed``.
    base: None where nothing is there yet.
    forced_by: the field that no update can change, where that is why it is replaced.
    ignored: the fields that ``ignore_changes`` leaves to others.
    directory: the top directory of a bundle's upload, which each version of it has to repeat.
    behind: what the file asks for, where this puts back what was there before.
    files_of: the version in the registry that the files of a bundle are taken from; None where they are in
        the project.
    """

    address: Address
    action: Action
    reason: Reason
    fields: tuple[FieldChange, ...] = ()
    body: Body = Field(default_factory=dict)
    parent: Address | None = None
    base: Base | None = None
    record: LockEntry | None = None
    depends_on: tuple[Address, ...] = ()
    risks: tuple[Risk, ...] = ()
    forced_by: str | None = None
    ignored: tuple[str, ...] = ()
    directory: str | None = None
    behind: Behind | None = None
    files_of: str | None = None
    location: Location | None = None


class DriftedField(_Frozen):
    """A member that moved in the registry since our last apply. ``ours`` is what the file says now."""

    path: str
    moved: Moved
    ours: Any = None
    theirs: Any = None


class Drift(_Frozen):
    """What moved in the registry on one address; listed beside changes, never mixed in.

    ``resolution`` is what this plan does about it; what is reverted stands among the changes, too.
    """

    address: Address
    id: str
    fields: tuple[DriftedField, ...]
    resolution: OnDrift = OnDrift.BLOCK
    location: Location | None = None


class Held(_Frozen):
    """Where drift was kept, or a rollback stands: file and registry differ, and nothing is done while both
    stay as they are. ``rolled_back`` tells that it is a rollback, and to what."""

    address: Address
    id: str
    fields: tuple[DriftedField, ...]
    rolled_back: RolledBack | None = None
    location: Location | None = None


class Move(_Frozen):
    """An entry of the lock that has a new address from now on: nothing is sent for it.

    ``id`` is empty where there is none: of a create that nobody has seen end, or while it is replaced.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)

    old: Address = Field(alias="from")
    new: Address = Field(alias="to")
    id: str


class Orphan(_Frozen):
    """Recorded or tagged as ours, and no file asks for it."""

    address: Address
    id: str
    path: str | None = None


class Summary(_Frozen):
    """How many addresses each action has; what a one-line summary prints."""

    create: int = 0
    update: int = 0
    replace: int = 0
    archive: int = 0
    delete: int = 0
    forget: int = 0
    adopt: int = 0
    unchanged: int = 0
    drifted: int = 0
    held: int = 0
    orphaned: int = 0


class Plan(_Frozen):
    """What apply will do and what it was decided on.

    moves: lock entries that this plan has under a new address, and apply writes so.
    records: lock entries to refresh although nothing is sent: what is in sync but recorded otherwise.
    pins: bases of unchanged addresses that changes refer to; they count for staleness too.
    promotes: the stage whose release this brings here.
    rolls_back: what this puts things back to: ``version 3``, ``release 1f2e3d4c5b6a``.
    """

    format_version: int = FORMAT_VERSION
    project: str
    stage: str
    promotes: str | None = None
    rolls_back: str | None = None
    origin: Origin
    lock_serial: int
    source_digest: str
    changes: tuple[Change, ...] = ()
    drift: tuple[Drift, ...] = ()
    held: tuple[Held, ...] = ()
    orphans: tuple[Orphan, ...] = ()
    moves: tuple[Move, ...] = ()
    unchanged: int = 0
    records: dict[Address, LockEntry] = Field(default_factory=dict)
    pins: dict[Address, Base] = Field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    @classmethod
    def load(cls, text: bytes, name: str) -> Plan:
        """Read a saved plan; ``name`` is what to call it in messages.

        Raises:
            Stop: it is no plan, was written by a newer version, or was edited after it was saved.
        """
        saved = _json_object(text)
        version = saved.get("format_version")
        if isinstance(version, int) and version != FORMAT_VERSION:
            raise Stop(_other_version(name, version))
        stated = {member: saved.pop(member, None) for member in cls.model_computed_fields}
        try:
            plan = cls.model_validate(saved)
        except ValidationError:
            raise Stop(
                error(Code.STALE, f"{name} is not a saved plan", "make one with `agentops plan --out FILE`")
            ) from None
        if plan.plan_digest != stated["plan_digest"]:
            raise Stop(error(Code.DIGEST, f"{name} was edited after it was saved", "plan again"))
        return plan

    def with_risks(self, found: Mapping[Address, Sequence[Risk]]) -> Plan:
        """The plan with what else a reviewer should look at, the riskiest first."""
        changes = tuple(
            change.model_copy(update={"risks": riskiest_first([*change.risks, *found[change.address]])})
            if found.get(change.address)
            else change
            for change in self.changes
        )
        return self.model_copy(update={"changes": changes})

    def without(self, addresses: Container[Address]) -> Plan:
        """The plan for what else there is to do."""
        left = tuple(change for change in self.changes if change.address not in addresses)
        return self.model_copy(update={"changes": left})

    def with_diagnostics(self, more: Iterable[Diagnostic]) -> Plan:
        """The plan with what else is to be said of it; errors block it."""
        return self.model_copy(update={"diagnostics": in_order([*self.diagnostics, *more])})

    @property
    def release(self) -> str:
        """What applies of one release have alike."""
        return self.source_digest[:12]

    def with_moves(self, moves: tuple[Move, ...]) -> Plan:
        return self.model_copy(update={"moves": tuple(sorted(moves, key=lambda it: (it.new, it.old)))})

    @computed_field  # type: ignore[prop-decorator]
    @property
    def change_digest(self) -> str:
        """Over every change's address, action and body, references as addresses: what a reviewer approved."""
        return change_digest(self.changes)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def plan_digest(self) -> str:
        """Over everything that was decided and on what: a saved plan that was edited is not applied."""
        new = {name for name in _SINCE_THE_FIRST if not getattr(self, name)}
        return digest(self.model_dump(mode="json", exclude={*type(self).model_computed_fields, *new}))

    @computed_field  # type: ignore[prop-decorator]
    @property
    def blocked(self) -> bool:
        return has_errors(self.diagnostics)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def summary(self) -> Summary:
        counts = dict.fromkeys(Summary.model_fields, 0)
        for change in self.changes:
            counts[change.action] += 1
        counts.update(
            unchanged=self.unchanged,
            drifted=len(self.drift),
            held=len(self.held),
            orphaned=len(self.orphans),
        )
        return Summary(**counts)


_SINCE_THE_FIRST = ("moves",)
"""Members that the first versions did not have: where they are empty, a plan of theirs has its digest."""


def _other_version(name: str, version: object) -> Diagnostic:
    return error(
        Code.STALE,
        f"{name} has plan format {version}; this version of agentops reads {FORMAT_VERSION}",
        "plan again with this version, or apply with the version that made it",
    )


def _json_object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def change_digest(changes: Iterable[Change]) -> str:
    return digest([[change.address, change.action, change.body] for change in changes])
