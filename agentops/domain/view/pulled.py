"""What a pull of drift wrote, file by file, ready to print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agentops.domain.pulled import PullReport, WrittenField
from agentops.domain.view.member import changed_field
from agentops.domain.view.model import DriftedView, DriftView, FieldView, Span, Tone
from agentops.domain.view.problem import counted, diagnostics_view


def pulled_view(report: PullReport, *, verbose: bool = False) -> DriftView:
    """Per file and address the lines that changed: ``12  description  "ours" → "theirs"``."""
    places = dict.fromkeys((item.file, item.address) for item in report.fields)
    return DriftView(
        title=" · ".join((report.project, f"stage {report.stage}")),
        drift=tuple(
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
        held=(),
        closing=(_closing(report),),
        diagnostics=diagnostics_view(report.diagnostics, errors_first=True),
    )


def _fields(item: WrittenField, verbose: bool) -> Iterator[FieldView]:
    for member in item.members:
        for view in changed_field(member.path, member.ours, member.theirs, verbose=verbose):
            yield replace(view, path=f"{item.line}: {view.path}")


def _closing(report: PullReport) -> Span:
    if not report.fields:
        return Span("Nothing was written." if report.diagnostics else "No drift.", Tone.STRONG)
    fields, files = counted(len(report.fields), "field"), counted(len(report.files), "file")
    said = "Would be pulled" if report.dry else "Pulled"
    return Span(f"{said}: {fields} in {files}.", Tone.STRONG)
