"""Views as text on a console the caller hands over."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from agentops.domain.view import (
    ApplyView,
    ChangeView,
    ComparisonView,
    DiagnosticsView,
    DiffLine,
    DriftedView,
    DriftView,
    FieldView,
    Line,
    LockEntryView,
    PlanView,
    PullView,
    Span,
    TableView,
    Tone,
)
from agentops.render.page import Page, Row

_ITEM, _FIELD, _DIFF = 2, 6, 8
"""Indents: a change, its fields, the lines of a difference."""

_LAST_CELL = 24
"""Cells that the last column of an overview may need, with the gaps between columns."""

_WIDEST_PATH = 28
"""Cells the paths of a change's fields are aligned to."""


def plan(view: PlanView, console: Console) -> None:
    """The changes, what drifted, what no file asks for, the summary, and what blocks."""
    page = Page(console)
    page.text(view.title, Tone.STRONG)
    if view.moves:
        _headed(page, "Renamed in the lock (nothing is sent)")
        page.columns(_cells(view.moves), indent=_ITEM)
    _changes(page, view.changes)
    if view.drift:
        _headed(page, "Drift: what moved in the registry since the last apply")
        _drifted(page, view.drift)
    _held(page, view.held)
    if view.orphans:
        _headed(page, view.orphans_heading)
        page.columns(_cells(view.orphans), indent=_ITEM)
    _below(page, view.closing, view.diagnostics)
    if view.blocked:
        page.blank()
        page.line(*view.blocked)
    page.print()


def drift(view: DriftView, console: Console) -> None:
    """What moved in the registry, address by address."""
    page = Page(console)
    page.text(view.title, Tone.STRONG)
    if view.drift:
        page.blank()
        _drifted(page, view.drift)
    _held(page, view.held)
    _below(page, [view.closing], view.diagnostics)
    page.print()


def pulled(view: PullView, console: Console) -> None:
    """What was written into the files, file by file."""
    page = Page(console)
    page.text(view.title, Tone.STRONG)
    if view.written:
        page.blank()
        _drifted(page, view.written)
    if view.adopted:
        page.blank()
        page.columns(_cells(view.adopted), indent=_ITEM)
    _below(page, view.closing, view.diagnostics)
    page.print()


def comparison(view: ComparisonView, console: Console) -> None:
    """What differs between two stages, or in one between two commits, address by address."""
    page = Page(console)
    page.text(view.title, Tone.STRONG)
    if view.moves:
        _headed(page, "Renamed (nothing is sent for it)")
        page.columns(_cells(view.moves), indent=_ITEM)
    _changes(page, view.changes if view.settings is None else [view.settings, *view.changes])
    _below(page, [view.closing], view.diagnostics)
    page.print()


def apply_report(view: ApplyView, console: Console) -> None:
    """One line per change as it ended, then the count and the lock."""
    page = Page(console)
    rows = _cells([ended.row for ended in view.ended])
    widths = page.widths(rows)
    for ended, row in zip(view.ended, rows, strict=True):
        page.row(row, widths, indent=_ITEM)
        for detail in ended.details:
            page.text(detail, indent=_FIELD)
    if view.diagnostics.items:
        page.blank()
        _diagnostics(page, view.diagnostics)
    page.blank()
    page.line(*view.closing)
    page.print()


def diagnostics(view: DiagnosticsView, console: Console) -> None:
    """``error[AO012] file:line:col: summary``, what to do below it, and the closing count."""
    page = Page(console)
    _diagnostics(page, view)
    if view.closing:
        page.line(*view.closing)
    page.print()


def status(view: TableView, console: Console) -> None:
    """Every address of a stage and where it stands."""
    _table(view, console)


def overview(view: TableView, console: Console) -> None:
    """Addresses as rows and stages as columns; on a terminal that is too narrow for it each address with its
    stages below it."""
    page = Page(console)
    if console.is_terminal and sum(page.widths(_rows(view))) + _LAST_CELL > console.width:
        page.text(view.title, Tone.STRONG)
        for row in view.rows:
            page.blank()
            page.line(row[0])
            cells = zip(view.header[1:], row[1:], strict=True)
            page.columns([((Span(name, Tone.FAINT),), (cell,)) for name, cell in cells if cell.text], _ITEM)
        _below(page, view.closing, view.diagnostics)
        page.print()
    else:
        _table(view, console)


def lock_table(view: TableView, console: Console) -> None:
    """Every entry of a lock."""
    _table(view, console)


def lock_entry(view: LockEntryView, console: Console) -> None:
    """One entry of a lock with its fingerprints."""
    page = Page(console)
    page.text(view.title, Tone.STRONG)
    page.columns([((Span(name, Tone.FAINT),), (Span(value),)) for name, value in view.values], indent=_ITEM)
    if view.fields.rows:
        page.blank()
        page.columns(_rows(view.fields), indent=_ITEM)
    page.print()


def _changes(page: Page, changes: Sequence[ChangeView]) -> None:
    rows = [_headline(change) for change in changes]
    widths = page.fitting(rows, indent=_ITEM)
    for change, row in zip(changes, rows, strict=True):
        page.blank()
        page.row(row, widths, indent=_ITEM)
        for remark in change.remarks:
            page.sentence(*remark, indent=_FIELD)
        _fields(page, change.fields)


def _headline(change: ChangeView) -> Row:
    about = (Span(f"  {change.about}"),) if change.about else ()
    what = (Span(f"{change.symbol} ", change.tone), Span(change.address, Tone.STRONG), *about)
    return (what, (Span(change.place, Tone.PLACE),))


def _drifted(page: Page, drift: Sequence[DriftedView]) -> None:
    rows = [_moved(item) for item in drift]
    widths = page.fitting(rows, indent=_ITEM)
    for item, row in zip(drift, rows, strict=True):
        page.row(row, widths, indent=_ITEM)
        _fields(page, item.fields)


def _held(page: Page, held: Sequence[DriftedView]) -> None:
    if held:
        _headed(page, "Held: kept as it is in the registry while both sides stay as they are")
        _drifted(page, held)


def _moved(item: DriftedView) -> Row:
    about = (Span(f"  {item.about}"),) if item.about else ()
    what = (
        Span(f"{item.symbol} ", Tone.CHANGED),
        Span(item.address, Tone.STRONG),
        Span(f"  {item.id}", Tone.FAINT),
        *about,
    )
    return (what, (Span(item.place, Tone.PLACE),))


def _fields(page: Page, fields: Sequence[FieldView]) -> None:
    rows: list[Row] = [((Span(field.path),), field.beside) for field in fields]
    beside = [row for field, row in zip(fields, rows, strict=True) if not field.below]
    widths = page.widths(beside, widest=_WIDEST_PATH) or [0, 0]
    for field, row in zip(fields, rows, strict=True):
        page.row(row, widths, indent=_FIELD)
        for line in field.below:
            page.line(*_difference(line), indent=_DIFF)


def _difference(line: DiffLine) -> Line:
    mark = Span(line.mark, line.tone)
    return (mark, *line.spans) if line.tone is Tone.PLACE else (mark, Span(" "), *line.spans)


def _diagnostics(page: Page, view: DiagnosticsView) -> None:
    for item in view.items:
        place = (Span(" "), Span(item.place, Tone.STRONG)) if item.place else ()
        page.sentence(Span(item.label, item.tone), *place, Span(f": {item.summary}"))
        for detail in item.details:
            page.sentence(Span(detail), indent=_ITEM)


def _table(view: TableView, console: Console) -> None:
    page = Page(console)
    page.text(view.title, Tone.STRONG)
    if view.rows:
        page.blank()
        page.columns(_rows(view), indent=_ITEM)
    _below(page, view.closing, view.diagnostics)
    page.print()


def _below(page: Page, closing: Sequence[Line], said: DiagnosticsView) -> None:
    page.blank()
    for line in closing:
        page.line(*line)
    if said.items:
        page.blank()
        _diagnostics(page, said)


def _rows(view: TableView) -> list[Row]:
    return _cells([tuple(Span(name, Tone.FAINT) for name in view.header), *view.rows])


def _cells(rows: Sequence[Line]) -> list[Row]:
    return [[(span,) for span in row] for row in rows]


def _headed(page: Page, heading: str) -> None:
    page.blank()
    page.text(heading, Tone.STRONG)
