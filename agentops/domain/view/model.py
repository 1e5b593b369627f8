"""The finished values: text in spans that say what they mean, never how they look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """What a piece of text means. A renderer has one style, class or nothing at all for each."""

    PLAIN = "plain"
    STRONG = "strong"
    FAINT = "faint"
    PLACE = "place"  # a hunk header, a location
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    REPLACED = "replaced"
    ADOPTED = "adopted"
    ADDED_WORDS = "added words"  # what differs within an added line
    REMOVED_WORDS = "removed words"
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of one line. The text is as written by whoever wrote it: a renderer makes it harmless."""

    text: str
    tone: Tone = Tone.PLAIN


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a difference; ``mark`` is ``+``, ``-``, a space, ``@@`` or a backslash."""

    mark: str
    spans: Line
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True, slots=True)
class FieldView:
    """One member: its path, what stands beside it, and lines below it.

    An empty path continues the field above it.
    """

    path: str
    beside: Line = ()
    below: tuple[DiffLine, ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change: its headline, remarks below it (why, risks), and its fields."""

    symbol: str
    tone: Tone
    address: str
    about: str
    place: str
    remarks: tuple[Line, ...] = ()
    fields: tuple[FieldView, ...] = ()


@dataclass(frozen=True, slots=True)
class DriftedView:
    """What moved in the registry on one address; ``about`` is what becomes of it."""

    symbol: str
    address: str
    id: str
    about: str
    place: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class DiagnosticView:
    """``error[AO012] place: summary`` and the lines that say what to do."""

    label: str
    tone: Tone
    place: str
    summary: str
    details: tuple[str, ...]
    address: str = ""


@dataclass(frozen=True, slots=True)
class DiagnosticsView:
    """Several, in the order to print them, and the closing count."""

    items: tuple[DiagnosticView, ...]
    closing: Line = ()


@dataclass(frozen=True, slots=True)
class TableView:
    """Rows under column names, each cell one span; lines above and below."""

    title: str
    header: tuple[str, ...]
    rows: tuple[Line, ...]
    closing: tuple[Line, ...] = ()
    diagnostics: DiagnosticsView = DiagnosticsView(())


@dataclass(frozen=True, slots=True)
class PlanView:
    """A whole plan. ``orphans`` are rows of address, ID and path; ``closing`` the summary and the digest;
    ``blocked`` the last line of a plan that cannot be applied. ``moves`` are rows of what is renamed in the
    lock, and its ID."""

    title: str
    changes: tuple[ChangeView, ...]
    drift: tuple[DriftedView, ...]
    held: tuple[DriftedView, ...]
    orphans: tuple[Line, ...]
    closing: tuple[Line, ...]
    diagnostics: DiagnosticsView = DiagnosticsView(())
    blocked: Line = ()
    moves: tuple[Line, ...] = ()
    orphans_heading: str = ""


@dataclass(frozen=True, slots=True)
class DriftView:
    """What ``agentops drift`` says."""

    title: str
    drift: tuple[DriftedView, ...]
    held: tuple[DriftedView, ...]
    closing: Line
    diagnostics: DiagnosticsView = DiagnosticsView(())


@dataclass(frozen=True, slots=True)
class PullView:
    """What ``agentops pull`` says. ``adopted`` are rows of address and files."""

    title: str
    written: tuple[DriftedView, ...]
    adopted: tuple[Line, ...]
    closing: tuple[Line, ...]
    diagnostics: DiagnosticsView = DiagnosticsView(())


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What ``agentops diff`` says. ``settings`` is what agentops.yaml says of the stage, ``moves`` are rows
    of what is renamed."""

    title: str
    changes: tuple[ChangeView, ...]
    closing: Line
    diagnostics: DiagnosticsView = DiagnosticsView(())
    settings: ChangeView | None = None
    moves: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class EndedView:
    """How one change of an apply ended: symbol, word, address, ID and version, then lines below."""

    row: Line
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ApplyView:
    """What apply did."""

    ended: tuple[EndedView, ...]
    closing: Line
    diagnostics: DiagnosticsView = DiagnosticsView(())


@dataclass(frozen=True, slots=True)
class LockEntryView:
    """One entry of a lock: named values, then a table of fingerprints."""

    title: str
    values: tuple[tuple[str, str], ...]
    fields: TableView
