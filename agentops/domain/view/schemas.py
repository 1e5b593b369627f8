"""Which JSON Schemas there are, ready to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agentops.domain.document import Document
from agentops.domain.kind import Kind
from agentops.domain.view.model import Line, Span, TableView

_WRITE = ((Span("agentops schema --write puts them where the files that init writes look for them."),),)
_EXPLAINED = ((Span("docs/json.md explains them, with examples for jq."),),)


def schemas_view(kinds: Iterable[Kind], documents: Mapping[str, Document]) -> tuple[TableView, TableView]:
    """Of files, by kind, and of what commands print, by document."""
    of_files: list[Line] = [(Span("(none)"), Span("agentops.yaml"))]
    of_files += [(Span(kind.name), Span(f"{kind.directory}/")) for kind in kinds]
    printed = [(Span(name), Span(_printed_by(it)), Span(it.title)) for name, it in documents.items()]
    return (
        TableView("Files, for editors: agentops schema [KIND]", ("kind", "files"), tuple(of_files), _WRITE),
        TableView(
            "Documents, for programs: agentops schema --document NAME",
            ("document", "printed by", "what it is"),
            tuple(printed),
            _EXPLAINED,
        ),
    )


def _printed_by(document: Document) -> str:
    commands = ", ".join(document.commands)
    return f"{commands} ({document.when})" if document.when else commands
