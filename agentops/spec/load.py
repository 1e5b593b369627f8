"""The files of a project -> what they ask for in each stage."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Stop, by_stages, error, in_order, warning
from agentops.domain.github import Checkout
from agentops.domain.kind import Catalog
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Resource
from agentops.domain.state import DesiredState
from agentops.spec.affixes import named
from agentops.spec.attachments import with_attachments
from agentops.spec.check import check, dangling, mounts
from agentops.spec.external import External
from agentops.spec.files import Refused
from agentops.spec.moved import moved_problems
from agentops.spec.skill import fetched_skill, remote_skills
from agentops.spec.tree import Tree


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
    instead: Mapping[str, bytes] | None = None,
    beside: Mapping[Address, Resource] = MappingProxyType({}),
) -> list[Loaded]:
    """The same for several stages: the files are read once. ``instead`` is read in the place of what files
    hold, by path; ``beside`` are resources of files that are not there, which those that are there can refer
    to.

    A problem that holds in some of these stages only says in which.
    """
    tree = Tree.read(root, project, catalog, instead=instead or {}, beside=beside)
    external = External(project, tree.files)
    problems = [*tree.problems, *external.problems(catalog)]
    if tree.is_empty:
        problems.append(_nothing_declared(root))
    problems.extend(tree.skill_problems)
    states: list[DesiredState] = []
    told: dict[str, list[Diagnostic]] = {}
    for stage in stages:
        written, wrong = _built(tree, stage, external)
        state, more = put_together(
            project, stage, catalog, {**beside, **tree.skills}, written, external, tree.promised, fetch
        )
        told[stage.name] = [*wrong, *more, *moved_problems(project.moved, state.resources, catalog)]
        states.append(state)
    said = by_stages(told)
    return [Loaded(state, in_order([*problems, *said[state.stage]]), tree.size) for state in states]


def put_together(
    project: Project,
    stage: Stage,
    catalog: Catalog,
    skills: Mapping[Address, Resource],
    written: Mapping[Address, Resource],
    external: External,
    elsewhere: Collection[Address] = (),
    fetch: Fetch | None = None,
) -> tuple[DesiredState, list[Diagnostic]]:
    """What holds only over all resources of a stage: memory of agents that deployments mount, skills named
    by a URL, references, and the rules between resources. ``elsewhere`` may be referred to all the same."""
    wrong: list[Diagnostic] = []
    resources = with_attachments({**skills, **written}, stage.external, catalog)
    wrong.extend(mounts(written, resources, catalog))
    remote = remote_skills(resources, catalog)
    if fetch is not None:
        resources |= _fetched(remote, fetch, catalog, wrong)
    resources, unfit = named(resources, stage, catalog)
    wrong.extend(unfit)
    wrong.extend(dangling(resources, {*elsewhere, *remote}))
    wrong.extend(external.declared_too(resources))
    wrong.extend(check(project, stage.name, resources, catalog))
    return DesiredState(
        project=project.name, stage=stage.name, resources=dict(sorted(resources.items()))
    ), wrong


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


def _built(tree: Tree, stage: Stage, external: External) -> tuple[dict[Address, Resource], list[Diagnostic]]:
    """The resources of one stage. A second file of one address is checked too, and declares nothing."""
    resources: dict[Address, Resource] = {}
    problems: list[Diagnostic] = []
    for declaration, (built, wrong) in tree.built(stage, external):
        problems.extend(wrong)
        if not tree.is_first(declaration):
            continue
        for resource in built:
            if (other := resources.setdefault(resource.address, resource)) is not resource:
                problems.append(_twice(resource, other.path, other.location.line))
    return resources, problems


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
