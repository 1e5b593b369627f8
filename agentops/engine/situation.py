"""What is known of one address when it is decided, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agentops.domain.address import Address
from agentops.domain.canonical import Form, form
from agentops.domain.diagnostics import Diagnostic, Location
from agentops.domain.kind import Kind
from agentops.domain.plan import Change, Drift, Held, Orphan
from agentops.domain.project import OnDrift
from agentops.domain.resource import Body, Ref, Resource, replace_refs
from agentops.domain.state import LiveObject, LockEntry
from agentops.engine.diff import Names


@dataclass(frozen=True, slots=True)
class Situation:
    """All that is known of one address.

    stage: which one this is. tag: the ownership tag it should carry.
    known: the value of a reference, or the reference itself while it is known only after apply.
    fresh_parent: its parent is made anew, so nothing of it can exist yet.
    removed_with: the parent whose removal takes it along.
    names: of what it refers to, to be shown.
    settled: not asked for, because nothing can have changed.
    rotate: its secrets are to be sent again, whatever is recorded of them.
    prune: what no file asks for any more goes.
    on_drift: what becomes of a field that moved in the registry. release: of one that is held, too.
    protected_by: the address that says so: its own, by its file, its stage or what was recorded of it, or
        that of a child, which would go with it.
    """

    address: Address
    kind: Kind
    stage: str
    tag: str
    desired: Resource | None = None
    entry: LockEntry | None = None
    live: LiveObject | None = None
    carriers: tuple[LiveObject, ...] = ()
    known: Callable[[Ref], Any] = Ref.as_json
    fresh_parent: bool = False
    removed_with: Address | None = None
    names: Names = field(default_factory=dict)
    settled: bool = False
    recreate: bool = False
    rotate: bool = False
    destroy: bool = False
    prune: bool = False
    on_drift: OnDrift = OnDrift.BLOCK
    release: bool = False
    protected_by: Address | None = None

    def is_foreign(self, live: LiveObject) -> bool:
        """Whether it carries the tag of another project or stage. One of this stage for another address is
        of a time before it was renamed: the lock knows better."""
        return live.owner is not None and not live.owner.startswith(self.tag.removesuffix(self.address))

    @property
    def place(self) -> Location | None:
        return self.desired.location if self.desired else None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about one address; ``record`` refreshes the lock although nothing is sent."""

    change: Change | None = None
    drift: Drift | None = None
    held: Held | None = None
    orphan: Orphan | None = None
    record: LockEntry | None = None
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Sides:
    """What a file asks for and what is there, with the forms in which they are compared.

    wanted: the body, references resolved as far as they are known.
    """

    wanted: Body
    live: LiveObject
    ours: Form
    theirs: Form

    @classmethod
    def of(cls, it: Situation, desired: Resource, live: LiveObject) -> Sides:
        wanted = replace_refs(desired.body, it.known)
        return cls(wanted, live, form(it.kind, wanted), form(it.kind, live.body))
