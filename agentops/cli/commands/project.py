"""``agentops init``, ``validate``, ``render`` and ``schema``: what needs no registry."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agentops.cli.choosing import parsed
from agentops.cli.options import Common, common, config_from, output_format

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentops.cli.output import Output
    from agentops.cli.wiring import Opened
    from agentops.domain.document import Document
    from agentops.domain.kind import Kind
    from agentops.domain.project import Stage
    from agentops.domain.report import ValidationReport


@click.command()
@click.argument("where", metavar="[DIR]", type=click.Path(path_type=Path, file_okay=False), default=Path())
@common
def init(where: Path, **given: Any) -> int:
    """Write a project that validates, plans and applies at once.

    Files that are there already are never touched.
    """
    from agentops.cli.output import Output
    from agentops.domain.diagnostics import Blocked, Code, error
    from agentops.kinds import CATALOG
    from agentops.spec import starter_project

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    root = (told.directory / where).resolve()
    name = re.sub(r"[^a-z0-9-]+", "-", root.name.lower()).strip("-")[:63] or "project"
    files = starter_project(name, CATALOG)
    taken = [path for path in files if (root / path).exists()]
    if taken:
        raise Blocked(
            error(
                Code.CONFLICTING_FIELDS,
                f"{root} has {', '.join(taken)} already",
                "choose another directory; nothing was written",
            )
        )
    _write(root, files, output)
    there = "" if root == Path().resolve() else f" -C {told.directory / where}"
    output.text(f"\nNext: `agentops{there} plan`, then `agentops{there} apply`.")
    return 0


def _write(root: Path, files: dict[str, str], output: Output) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
        output.text(f"  + {path}")


@click.command()
@config_from
@output_format("text", "json", "github", "sarif")
@common
def validate(form: str, **given: Any) -> int:
    """Check every file: every problem at once, with its place. No network, no key, no secret.

    All stages are checked, or the one that --stage names. As github it is annotations for a pull request, as
    sarif a file for code scanning.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import find_project
    from agentops.domain.diagnostics import has_errors

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = find_project(told)
    if has_errors(opened.diagnostics) and not opened.project.explicit:
        report = _unread(opened)
    else:
        stages = [opened.stage(told.stage)] if told.stage else list(opened.project.stages.values())
        report = _checked(opened, stages)
    _print(output, report, form, opened)
    return 1 if has_errors(report.diagnostics) else 0


def _print(output: Output, report: ValidationReport, form: str, opened: Opened) -> None:
    from agentops.cli.judging import rule_texts
    from agentops.domain.diagnostics import has_errors
    from agentops.spec import folder_in_repository

    match form:
        case "json":
            output.json(report)
        case "github" | "sarif":
            base, rules = folder_in_repository(opened.root), {}
            if form == "sarif" and not has_errors(opened.diagnostics):
                rules = rule_texts(opened, list(opened.project.stages.values()))
            output.diagnostics_as(form, report.diagnostics, files=report.files, base=base, rules=rules)
        case _:
            output.validation(report)


def _unread(opened: Opened) -> ValidationReport:
    """Without agentops.yaml nobody knows the stages, and what files lack may well stand there."""
    from agentops.domain.report import ValidationReport

    return ValidationReport(project=opened.project.name, stages=(), files=1, diagnostics=opened.diagnostics)


def _checked(opened: Opened, stages: list[Stage]) -> ValidationReport:
    from agentops.cli.judging import judged
    from agentops.domain.diagnostics import in_order
    from agentops.domain.report import ValidationReport
    from agentops.spec import load_stages, shared_names

    loaded = load_stages(opened.root, opened.project, stages, opened.catalog)
    found = [item for each in loaded for item in each.diagnostics]
    found += shared_names(opened.project, [each.desired for each in loaded], opened.catalog)
    found += judged(opened, stages, loaded)
    return ValidationReport(
        project=opened.project.name,
        stages=tuple(stage.name for stage in stages),
        files=max((each.files for each in loaded), default=0) + opened.project.explicit,
        diagnostics=in_order([*opened.diagnostics, *found]),
    )


@click.command()
@click.argument("address")
@output_format("yaml", "json")
@common
def render(address: str, form: str, **given: Any) -> int:
    """Print the exact request body of ADDRESS in a stage, references as addresses."""
    from agentops.cli.output import Output
    from agentops.cli.wiring import open_project
    from agentops.domain.diagnostics import Code, Stop, did_you_mean, error
    from agentops.render.body import body

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    opened = open_project(told)
    wanted = parsed(address)
    desired, _ = opened.desired(opened.stage(told.stage))
    if (resource := desired.resources.get(wanted)) is None:
        raise Stop(
            error(
                Code.BROKEN_REFERENCE,
                f"no file declares {wanted}",
                did_you_mean(wanted, desired.resources),
                address=wanted,
            )
        )
    output.text(body(resource.body, "json" if form == "json" else "yaml"))
    return 0


@click.command()
@click.argument("kind", required=False)
@click.option("--document", metavar="NAME", help="Of what commands print with --format json instead.")
@click.option("--list", "listed", is_flag=True, help="List the kinds and documents there are schemas of.")
@click.option(
    "--write", is_flag=True, help="Write all of them to .agentops/schemas/ instead, e.g. after an upgrade."
)
@common
def schema(kind: str | None, document: str | None, listed: bool, write: bool, **given: Any) -> int:
    """Print the JSON Schema of a KIND's files, or of agentops.yaml, for editors.

    With --document that of a JSON document which commands print, for programs that read it.
    """
    from agentops.cli.output import Output
    from agentops.cli.wiring import find_project
    from agentops.spec import schema_files

    told = Common.of(given)
    output = Output.standard(no_color=told.no_color, verbose=told.verbose)
    if sum((kind is not None, document is not None, listed, write)) > 1:
        raise click.UsageError("say one of: a KIND, --document, --list, --write")
    if write:
        from agentops.kinds import CATALOG

        _write(find_project(told).root, schema_files(CATALOG), output)
    elif listed:
        output.schemas(*_schemas())
    else:
        found = _document_schema(document) if document is not None else _editor_schema(kind)
        output.text(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _editor_schema(kind: str | None) -> dict[str, Any]:
    from agentops.domain.diagnostics import did_you_mean
    from agentops.domain.document import DOCUMENTS
    from agentops.kinds import CATALOG
    from agentops.spec import editor_schema

    if kind is not None and kind not in CATALOG:
        hint = f"write --document {kind}" if kind in DOCUMENTS else did_you_mean(kind, CATALOG.kinds)
        raise click.UsageError(f"there is no kind '{kind}'; {hint}")
    return editor_schema(CATALOG, kind)


def _document_schema(name: str) -> dict[str, Any]:
    from agentops.domain.diagnostics import did_you_mean
    from agentops.domain.document import DOCUMENTS, document_schema

    if name not in DOCUMENTS:
        raise click.UsageError(f"there is no document '{name}'; {did_you_mean(name, DOCUMENTS)}")
    return document_schema(name)


def _schemas() -> tuple[list[Kind], Mapping[str, Document]]:
    from agentops.domain.document import DOCUMENTS
    from agentops.kinds import CATALOG
    from agentops.spec import has_files

    return [kind for kind in CATALOG if has_files(kind)], DOCUMENTS
