"""What a pull of drift has written, as a finished value."""

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


class PullReport(_Frozen):
    """What was written into which files. ``left`` are the diagnostics of fields that were not.

    dry: nothing was written; this is what would be.
    """

    format_version: int = FORMAT_VERSION
    project: str
    stage: str
    dry: bool = False
    files: tuple[str, ...] = ()
    fields: tuple[WrittenField, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """0 all of it is in the files, 3 something was left."""
        return 3 if any(item.severity is Severity.ERROR for item in self.diagnostics) else 0
