"""What a pull wrote, file by file, ready to print."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from agentops.domain.diagnostics import Severity, counted
from agentops.domain.pulled import Adopted, PullReport, WrittenField
from agentops.domain.view.member import changed_field
from agentops.domain.view.model import DriftedView, FieldView, Line, PullView, Span, Tone
from agentops.domain.view.problem import diagnostics_view


def pulled_view(report: PullReport, *, verbose: bool = False) -> PullView:
    """Per file and address the lines that changed: ``12  description  "ours" → "theirs"``."""
    places = dict.fromkeys((item.file, item.address) for item in report.fields)
    return PullView(
        title=" · ".join((report.project, f"stage {report.stage}")),
        written=tuple(
            DriftedView(
                symbol="~",
                address=file,
                id=address,
                about="",
                place="",
                fields=tuple(
                    view
                    for item in sorted(report.fields, key=lambda item: item.line)
                    if (item.file, item.address) == (file, address)
                    for view in _fields(item, verbose)
                ),
            )
            for file, address in sorted(places)
        ),
        adopted=tuple(map(_adopted, sorted(report.adopted, key=lambda item: item.address))),
        closing=tuple(_closing(report)),
        diagnostics=diagnostics_view(report.diagnostics, errors_first=True),
    )


def _fields(item: WrittenField, verbose: bool) -> Iterator[FieldView]:
    for member in item.members:
        for view in changed_field(member.path, member.ours, member.theirs, verbose=verbose):
            yield replace(view, path=f"{item.line}: {view.path}")


def _adopted(item: Adopted) -> Line:
    if len(item.files) == 1:
        where = f"{item.files[0]}, which was there" if item.there else item.files[0]
    else:
        where = f"{posixpath.commonpath(item.files)}/ ({counted(len(item.files), 'file')})"
    return (Span(item.address), Span(where), Span(item.id, Tone.FAINT))


def _closing(report: PullReport) -> Iterator[Line]:
    said = "Would be pulled" if report.dry else "Pulled"
    if report.fields:
        files = {item.file for item in report.fields}
        text = f"{said}: {counted(len(report.fields), 'field')} in {counted(len(files), 'file')}."
        yield (Span(text, Tone.STRONG),)
    if report.adopted:
        files = {file for item in report.adopted if not item.there for file in item.files}
        resources = counted(len(report.adopted), "resource")
        yield (Span(f"{said}: {resources} in {counted(len(files), 'new file')}.", Tone.STRONG),)
        if not report.dry:
            yield (Span(f"Recorded in {report.lock}. Nothing was sent.", Tone.FAINT),)
    if not report.fields and not report.adopted:
        left = any(item.severity is Severity.ERROR for item in report.diagnostics)
        yield (Span("Nothing was written." if left else "Nothing to pull.", Tone.STRONG),)
