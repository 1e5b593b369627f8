"""Stages side by side, ready to print: addresses as rows, stages as columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agentops.domain.address import Address
from agentops.domain.diagnostics import counted
from agentops.domain.plan import Action
from agentops.domain.report import Cell, Column, Overview, Standing
from agentops.domain.view.model import Line, Span, TableView, Tone
from agentops.domain.view.problem import diagnostics_view

_SIGNS = {
    Standing.IN_SYNC: ("✓", Tone.ADDED, "as its files ask"),
    Standing.PENDING: ("~", Tone.CHANGED, "apply would change it"),
    Standing.DRIFTED: ("≠", Tone.WARNING, "changed outside"),
    Standing.HELD: ("=", Tone.WARNING, "what was changed outside is kept"),
    Standing.ROLLED_BACK: ("<", Tone.WARNING, "put back on purpose"),
    Standing.GONE: ("✗", Tone.ERROR, "archived or deleted outside"),
    Standing.ORPHANED: ("?", Tone.WARNING, "no file asks for it"),
    Standing.BLOCKED: ("!", Tone.ERROR, "nothing can be applied; see `agentops plan`"),
}
_ID_SHOWN = 6
_COMMIT_SHOWN = 12


def overview_view(report: Overview) -> TableView:
    """The grid, a line on each stage, and what the signs mean, as far as they occur."""
    return TableView(
        title=report.project,
        header=("address", *(column.stage for column in report.stages)),
        rows=tuple(
            (Span(row.address), *(_cell(row.cells.get(column.stage)) for column in report.stages))
            for row in report.rows
        ),
        closing=tuple(_closing(report)),
        diagnostics=diagnostics_view(report.diagnostics, errors_first=True),
    )


def _cell(cell: Cell | None) -> Span:
    """``~ v3 -2``: where it stands, at which version, and how many changes behind."""
    if cell is None:
        return Span("")
    sign, tone, _ = _SIGNS[cell.standing]
    if cell.standing is Standing.PENDING and cell.action is not Action.NO_OP:
        sign = cell.action.symbol
    parts = [sign, _version(cell.version)]
    if cell.behind is not None:
        parts.append(f"-{cell.behind.changes}" if cell.behind.changes is not None else "-?")
    return Span(" ".join(part for part in parts if part), tone)


def _version(version: int | str | None) -> str:
    """``v3``; of a version that is an ID its end, which tells it from others."""
    if isinstance(version, str):
        return f"…{version[-_ID_SHOWN:]}"
    return "" if version is None else f"v{version}"


def _closing(report: Overview) -> Iterator[Line]:
    offline = not any(column.looked or column.problem for column in report.stages)
    yield from (_stage(column, offline=offline) for column in report.stages)
    if offline:
        yield (Span("By locks and files alone: nothing is known of drift.", Tone.FAINT),)
    yield from _notes(report)
    yield from ((Span(text, Tone.FAINT),) for text in _legend(report))


def _stage(column: Column, *, offline: bool) -> Line:
    """``prod: 12 in sync, 1 pending; 1 behind; 3 managed by nobody``"""
    counts = [f"{number:,} {standing}" for standing, number in column.standings.items()]
    parts = [", ".join(counts) or "nothing"]
    if column.behind:
        parts.append(f"{column.behind:,} behind the working tree")
    if unmanaged := sum(column.unmanaged.values()):
        kinds = ", ".join(f"{kind} {number:,}" for kind, number in sorted(column.unmanaged.items()) if number)
        parts.append(f"{unmanaged:,} managed by nobody ({kinds})")
    if not column.looked and not offline:
        parts.append("by its lock and the files alone, drift is not known")
    return (Span(f"{column.stage}: ", Tone.STRONG), Span(f"{'; '.join(parts)}."))


def _legend(report: Overview) -> Iterator[str]:
    """What the signs mean that occur."""
    cells = [cell for row in report.rows for cell in row.cells.values()]
    occurring = {cell.standing for cell in cells}
    for standing, (sign, _, says) in _SIGNS.items():
        if standing in occurring:
            yield _pending(cells) if standing is Standing.PENDING else f"{sign} {says}"
    behind = {cell.behind.changes for cell in cells if cell.behind is not None}
    if known := sorted(number for number in behind if number is not None):
        yield f"-{known[0]} behind the working tree by {counted(known[0], 'commit')}"
    if None in behind:
        yield "-? behind the working tree; git cannot tell how far"


def _pending(cells: list[Cell]) -> str:
    """``+ ~ apply would change it``: with the signs of the actions there are."""
    signs = dict.fromkeys(
        action.symbol
        for action in Action
        if any(cell.standing is Standing.PENDING and cell.action is action for cell in cells)
    )
    return f"{' '.join(sign for sign in signs if sign.strip()) or '~'} {_SIGNS[Standing.PENDING][2]}"


def _notes(report: Overview) -> Iterator[Line]:
    """From where the stages have their releases, and what was put back."""
    for column in report.stages:
        cells = {row.address: row.cells[column.stage] for row in report.rows if column.stage in row.cells}
        if (text := _promoted(cells)) is not None:
            yield (Span(f"{column.stage} {text}", Tone.FAINT),)
        for address, cell in cells.items():
            if (back := cell.rolled_back) is not None:
                who = f" by {back.by}" if back.by else ""
                text = f"{column.stage} {address}: rolled back to {back.to} on {back.at[:10]}{who}"
                yield (Span(text, Tone.WARNING),)


def _promoted(cells: Mapping[Address, Cell]) -> str | None:
    """The newest promotion, and how much of the stage came with one."""
    found = [cell.promoted_from for cell in cells.values() if cell.promoted_from is not None]
    if not found:
        return None
    last = max(found, key=lambda item: item.at)
    who = f" by {last.by}" if last.by else ""
    commit = f", commit {last.commit[:_COMMIT_SHOWN]}" if last.commit else ""
    return f"has {counted(len(found), 'resource')} from {last.stage}, last on {last.at[:10]}{who}{commit}"
