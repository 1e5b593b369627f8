"""What a pull has written, as a finished value."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, computed_field

from agentops.domain.address import Address
from agentops.domain.diagnostics import Diagnostic, Severity
from agentops.domain.plan import FORMAT_VERSION, DriftedField


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WrittenField(_Frozen):
    """One field of one address that now says what the registry has: ``line`` is the first that is another.

    members: what moved in it, with both sides; ``ours`` is what the file said before.
    """

    address: Address
    field: str
    file: str
    line: int
    members: tuple[DriftedField, ...] = ()


class Adopted(_Frozen):
    """A live object that is recorded now. ``files`` are those that declare it: they were ``there`` already,
    or are written from it."""

    address: Address
    id: str
    files: tuple[str, ...]
    there: bool = False


class PullReport(_Frozen):
    """What was written into which files: fields that had drifted, and objects that no file had. Errors among
    the ``diagnostics`` are of what was left.

    dry: nothing was written; this is what would be. lock: the one that records what was adopted.
    """

    format_version: int = FORMAT_VERSION
    project: str
    stage: str
    dry: bool = False
    files: tuple[str, ...] = ()
    fields: tuple[WrittenField, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    lock: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    def joined(self, other: PullReport) -> PullReport:
        """Both of them, of one stage."""
        return self.model_copy(
            update={
                "files": (*self.files, *other.files),
                "fields": (*self.fields, *other.fields),
                "adopted": (*self.adopted, *other.adopted),
                "lock": self.lock or other.lock,
                "diagnostics": (*self.diagnostics, *other.diagnostics),
            }
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """0 all of it is in the files, 3 none of it could be, 4 some of it."""
        if not any(item.severity is Severity.ERROR for item in self.diagnostics):
            return 0
        return 4 if self.fields or self.adopted else 3
