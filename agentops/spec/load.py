"""The files of a project -> what they ask for in each stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, Stop, error, in_order, warning
from agentops.domain.github import Checkout
from agentops.domain.kind import Catalog
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Resource, Source
from agentops.domain.state import DesiredState
from agentops.spec.attachments import with_attachments
from agentops.spec.build import Built, Scope, build
from agentops.spec.check import check, dangling, mounts
from agentops.spec.discovery import Declaration, discover
from agentops.spec.external import External
from agentops.spec.files import Files, Refused
from agentops.spec.memory import stores_of
from agentops.spec.references import Index
from agentops.spec.revision import Revision, read_revision
from agentops.spec.skill import fetched_skill, local_skill, remote_skills
from agentops.spec.walk import SKILL_FILE


@dataclass(frozen=True, slots=True)
class Loaded:
    """``diagnostics`` are all problems of all files; where one is an error, ``desired`` is not to be applied.
    ``files`` is how many files declare something or are referred to."""

    desired: DesiredState
    diagnostics: tuple[Diagnostic, ...]
    files: int


Fetch = Callable[[str], Checkout]
"""What a URL names, at the commit it is pinned to. Raises Stop where it cannot be had."""


def load_stage(
    root: Path, project: Project, stage: Stage, catalog: Catalog, fetch: Fetch | None = None
) -> Loaded:
    """Read every resource of the project as it is in ``stage``. Nothing is written.

    Without ``fetch`` this is offline: skills that are named by a URL are then referred to, and not looked at.
    """
    (loaded,) = load_stages(root, project, [stage], catalog, fetch)
    return loaded


def load_stages(
    root: Path,
    project: Project,
    stages: Sequence[Stage],
    catalog: Catalog,
    fetch: Fetch | None = None,
    beside: Mapping[Address, Resource] = MappingProxyType({}),
) -> list[Loaded]:
    """The same for several stages: the files are read once. ``beside`` are resources of files that are not
    there, which those that are there can refer to.

    A problem that holds in some of these stages only says in which.
    """
    files = Files(root)
    found = discover(files, project, catalog)
    external = External(project, files)
    problems = [*found.problems, *external.problems(catalog)]
    first = _first_of_each(found.declarations, problems)
    if not found.declarations and not found.skills and not found.problems:
        problems.append(_nothing_declared(root))
    read = {item.document.path for item in first.values()} | found.payload
    revision = read_revision(root)
    sources: dict[str, Source] = {}
    settled: dict[str, Built] = {}
    declared = {item.document.path: item.address for item in found.declarations}
    for path, address in found.skills.items():
        declared |= {path: address, f"{path}/{SKILL_FILE}": address}
    declared |= found.broken
    skills, wrong_skills = _skills(found.skills, catalog, files, revision)
    problems.extend(wrong_skills)
    made = frozenset(
        store for item in found.declarations for store in stores_of(item.address, item.document.body)
    ).union(beside)
    states: list[DesiredState] = []
    told: dict[str, list[Diagnostic]] = {}
    for stage in stages:
        elsewhere = external.addresses - stage.external.keys()
        index = Index(declared, stage.external, elsewhere, stage.name, made)
        scope = Scope(files, project, stage, catalog, index, found.resources, revision, sources, settled)
        written, wrong = _built(found.declarations, first, scope)
        resources = with_attachments({**beside, **skills, **written}, stage.external, catalog)
        wrong.extend(mounts(written, resources, catalog))
        remote = remote_skills(resources, catalog)
        if fetch is not None:
            resources |= _fetched(remote, fetch, catalog, wrong)
        wrong.extend(dangling(resources, {*found.skills.values(), *found.broken.values(), *remote}))
        wrong.extend(external.declared_too(resources))
        wrong.extend(check(project, stage.name, resources, catalog))
        told[stage.name] = wrong
        states.append(
            DesiredState(project=project.name, stage=stage.name, resources=dict(sorted(resources.items())))
        )
    said = _with_stages(told)
    count = len(read) + len(found.skills)
    return [Loaded(state, in_order([*problems, *said[state.stage]]), count) for state in states]


def _skills(
    directories: Mapping[str, Address], catalog: Catalog, files: Files, git: Revision | None
) -> tuple[dict[Address, Resource], list[Diagnostic]]:
    """The skills of the project: the same in every stage."""
    resources: dict[Address, Resource] = {}
    problems: list[Diagnostic] = []
    for directory, address in directories.items():
        try:
            resources[address], told = local_skill(
                directory, address, catalog.of_address(address), files, git
            )
        except Refused as refused:
            told = [*refused.diagnostics]
        problems.extend(item.model_copy(update={"address": address}) for item in told)
    return resources, problems


def _fetched(
    urls: Mapping[Address, Resource], fetch: Fetch, catalog: Catalog, problems: list[Diagnostic]
) -> dict[Address, Resource]:
    """The skills that are named by a URL; a problem stands where the first one that names it does."""
    found: dict[Address, Resource] = {}
    for address, by in urls.items():
        try:
            checkout = fetch(f"https://{address.name}")
            found[address], told = fetched_skill(checkout, address, catalog.of_address(address), by)
            problems.extend(told)
        except Stop as stop:
            problems.extend(_placed(item, by) for item in stop.diagnostics)
        except Refused as refused:
            problems.extend(refused.diagnostics)
    return found


def _placed(problem: Diagnostic, by: Resource) -> Diagnostic:
    return problem.model_copy(update={"address": by.address, "location": by.location})


def _built(
    declarations: Iterable[Declaration], first: dict[Address, Declaration], scope: Scope
) -> tuple[dict[Address, Resource], list[Diagnostic]]:
    """The resources of one stage. A second file of one address is checked too, and declares nothing."""
    resources: dict[Address, Resource] = {}
    problems: list[Diagnostic] = []
    for declaration in declarations:
        built, wrong = build(declaration, scope)
        problems.extend(wrong)
        if first[declaration.address] is not declaration:
            continue
        for resource in built:
            if (other := resources.setdefault(resource.address, resource)) is not resource:
                problems.append(_twice(resource, other.path, other.location.line))
    return resources, problems


def _first_of_each(
    declarations: Iterable[Declaration], problems: list[Diagnostic]
) -> dict[Address, Declaration]:
    """The declaration that keeps each address: the first file in path order."""
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
                    location=_place_of_address(item),
                )
            )
    return kept


def _place_of_address(declaration: Declaration) -> Location:
    body = declaration.document.body
    return body.place("address") if "address" in body else body.at


def _with_stages(told: dict[str, list[Diagnostic]]) -> dict[str, list[Diagnostic]]:
    """The problems by stage, where those that not every stage has name the stages they hold in.

    What to do may differ (each stage knows other variables); the first stage's advice stands for all.
    """
    first: dict[Diagnostic, Diagnostic] = {}
    stages: dict[Diagnostic, list[str]] = {}
    for stage, problems in told.items():
        for problem in dict.fromkeys(_without_detail(item) for item in problems):
            stages.setdefault(problem, []).append(stage)
        for item in problems:
            first.setdefault(_without_detail(item), item)
    said = {
        problem: item if len(stages[problem]) == len(told) else _saying(item, stages[problem])
        for problem, item in first.items()
    }
    return {stage: [said[_without_detail(item)] for item in problems] for stage, problems in told.items()}


def _without_detail(item: Diagnostic) -> Diagnostic:
    return item.model_copy(update={"detail": ""})


def _saying(item: Diagnostic, stages: list[str]) -> Diagnostic:
    named = f"stage{'' if len(stages) == 1 else 's'} {', '.join(stages)}"
    if item.summary.endswith(named):
        return item
    return item.model_copy(update={"summary": f"{item.summary} (in {named})"})


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
