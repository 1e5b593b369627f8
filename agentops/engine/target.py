"""A stage as the engine sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Stop, error
from agentops.domain.kind import Catalog, owner_tag
from agentops.domain.ports import Documents, Hold, LockStore, Registry, Secrets, Uploads
from agentops.domain.project import Rename, Stage
from agentops.engine.recovery import AT_ONCE, Patience


class _NothingThere:
    """No secrets and no files, for a stage whose resources need none."""

    def value(self, reference: str) -> str:
        raise Stop(error(Code.SECRET, f"there is nothing to look {reference} up in"))

    def read(self, address: Address, path: str, sha256: str) -> bytes:
        raise Stop(error(Code.UPLOAD, f"there is nothing to read {path} of {address} from"))


NOTHING_THERE = _NothingThere()


class _NotShared:
    """The hold of a run that shares its stage with nobody, or whose caller sees to it."""

    lost: str | None = None

    def may_write(self) -> bool:
        return True


NOT_SHARED = _NotShared()


@dataclass(frozen=True, slots=True)
class Target:
    """A stage as the engine sees it: where its resources live, where they are recorded, and where what their
    bodies only name is looked up.

    patience: how long what was created there may be missing from lists. documents: where the lock's second
    copy is; None where none is kept. former_documents: the same under former names of the project, by these.
    hold: this run's right to write. moved: what has another address in the files than in locks that were
    written before.
    """

    project: str
    stage: Stage
    catalog: Catalog
    registry: Registry
    store: LockStore
    secrets: Secrets = NOTHING_THERE
    uploads: Uploads = NOTHING_THERE
    patience: Patience = AT_ONCE
    documents: Documents | None = None
    former_documents: Mapping[str, Documents] = field(default_factory=dict)
    hold: Hold = NOT_SHARED
    moved: tuple[Rename, ...] = ()

    @property
    def tag_prefix(self) -> str:
        return owner_tag(self.project, self.stage.name)

    @property
    def former_prefixes(self) -> tuple[str, ...]:
        return tuple(owner_tag(*name) for name in self.stage.formerly)
