"""The files of a project -> what they ask for in one stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, error, in_order, warning
from agentops.domain.kind import Catalog
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState
from agentops.spec.build import Scope, build
from agentops.spec.check import check
from agentops.spec.discovery import Declaration, discover
from agentops.spec.files import Files
from agentops.spec.references import Index
from agentops.spec.revision import read_revision


@dataclass(frozen=True, slots=True)
class Loaded:
    """``diagnostics`` are all problems of all files; where one is an error, ``desired`` is not to be applied.
    ``files`` is how many files declare something or are referred to."""

    desired: DesiredState
    diagnostics: tuple[Diagnostic, ...]
    files: int


def load_stage(root: Path, project: Project, stage: Stage, catalog: Catalog) -> Loaded:
    """Read every resource of the project as it is in ``stage``. Offline; nothing is written."""
    files = Files(root)
    found = discover(files, project, catalog)
    problems = list(found.problems)
    declarations = _distinct(found.declarations, problems)
    scope = Scope(
        files=files,
        project=project,
        stage=stage,
        catalog=catalog,
        index=Index({item.address: item.document.path for item in declarations}, stage.external),
        resources=found.resources,
        revision=read_revision(root),
    )
    resources: dict[Address, Resource] = {}
    for declaration in declarations:
        built, wrong = build(declaration, scope)
        problems.extend(wrong)
        for resource in built:
            if (other := resources.setdefault(resource.address, resource)) is not resource:
                problems.append(_twice(resource, other.path, other.location.line))
    problems.extend(check(project, stage.name, resources, catalog))
    if not declarations and not problems:
        problems.append(_nothing_declared(root))
    desired = DesiredState(
        project=project.name,
        stage=stage.name,
        resources=dict(sorted(resources.items())),
        external=stage.external,
    )
    read = {item.document.path for item in declarations} | found.payload
    return Loaded(desired, in_order(problems), len(read))


def _distinct(declarations: Iterable[Declaration], problems: list[Diagnostic]) -> list[Declaration]:
    """One declaration per address; the first file in path order keeps it."""
    kept: dict[Address, Declaration] = {}
    for item in declarations:
        first = kept.setdefault(item.address, item)
        if first is not item:
            problems.append(
                error(
                    Code.DUPLICATE_ADDRESS,
                    f"{item.document.path} and {first.document.path} both declare {item.address}",
                    "rename one of the files, or give it an `address:` of its own",
                    address=item.address,
                    location=item.document.body.at,
                )
            )
    return list(kept.values())


def _nothing_declared(root: Path) -> Diagnostic:
    return warning(
        Code.NOTHING_DECLARED,
        f"no file below {root.name}/ declares a resource",
        "write one, e.g. agents/tutor.md, start with `agentops init`, or go to another directory with `-C`",
    )


def _twice(resource: Resource, path: str, line: int) -> Diagnostic:
    return error(
        Code.DUPLICATE_ADDRESS,
        f"{resource.path} declares {resource.address}, and so does {path}, line {line}",
        "rename one of them",
        address=resource.address,
        location=resource.location,
    )
