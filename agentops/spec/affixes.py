"""``name_prefix`` and ``name_suffix``: what a stage puts around the names that the registry shows.

Two stages may live in one workspace. What they have there is told apart by its ownership tag, but for people,
for the names that may be there once only (environments), and for kinds without a tag (skills) the names have
to differ, too. Addresses are the same in every stage, and nothing refers to a name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.kind import Catalog, Kind
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Body, Resource
from agentops.domain.state import DesiredState
from agentops.spec.located import LocatedDict
from agentops.spec.schema import schema_problems

Resources = Mapping[Address, Resource]


Named = tuple[dict[Address, Resource], list[Diagnostic]]


def named(resources: Resources, stage: Stage, catalog: Catalog) -> Named:
    """The resources as the registry shows them in the stage, and the names that get too long for it."""
    problems: list[Diagnostic] = []
    if not (stage.name_prefix or stage.name_suffix):
        return dict(resources), problems
    found: dict[Address, Resource] = {}
    for address, resource in resources.items():
        kind, found[address] = catalog.of_address(address), resource
        # What has no label of its own is called by its name (a skill by its slug).
        called = (resource.body.get(field) for field in (kind.label, kind.default_name) if field is not None)
        name = next((text for text in called if text is not None), None)
        if kind.label is not None and isinstance(name, str):
            problems.extend(_unfit(kind, kind.label, name, resource, stage))
            found[address] = replace(resource, body={**resource.body, kind.label: stage.named(name)})
    return found, problems


def unnamed(kind: Kind, body: Body, stage: Stage) -> Body:
    """What the registry shows -> what a file says; a name without the stage's affixes stays as it is."""
    before, after = stage.name_prefix, stage.name_suffix
    if kind.label is None or not isinstance(name := body.get(kind.label), str):
        return body
    if len(name) <= len(before + after) or not (name.startswith(before) and name.endswith(after)):
        return body
    return {**body, kind.label: name.removeprefix(before).removesuffix(after)}


def affixed(stage: Stage) -> str:
    """What every name looks like in a stage, e.g. ``'…-staging'``."""
    return f"'{stage.named('…')}'"


def _unfit(kind: Kind, field: str, name: str, resource: Resource, stage: Stage) -> Iterator[Diagnostic]:
    """What the kind's schema has against the name, where it has nothing against the one in the file."""
    at = resource.location
    before, after = (
        [
            item
            for item in schema_problems(kind.schema, {field: text}, at)
            if item.code is not Code.MISSING_KEY
        ]
        for text in (name, stage.named(name))
    )
    if before:
        return
    around = " and ".join(
        f"{key} '{text}'"
        for key, text in (("name_prefix", stage.name_prefix), ("name_suffix", stage.name_suffix))
        if text
    )
    for item in after:
        detail = f"with the {around} of stage '{stage.name}'; shorten one of them"
        yield item.model_copy(update={"detail": detail, "address": resource.address})


def workspace_problems(stages: Mapping[str, Stage], tree: LocatedDict) -> Iterator[Diagnostic]:
    """Stages that agentops.yaml puts into one workspace without telling their names apart.

    What is local is one database, but a project may have several such stages that share no name.
    """
    for one, other in combinations(stages.values(), 2):
        if one.registry.is_local or not one.registry.shares_workspace(other.registry):
            continue
        if _affixes(one) == _affixes(other):
            yield error(
                Code.SHARED_WORKSPACE,
                f"the stages '{one.name}' and '{other.name}' live in one workspace under the same names: "
                f"{one.registry.workspace_id}",
                _what_to_write(other),
                location=_place(tree, other.name),
            )


def shared_names(project: Project, states: Sequence[DesiredState], catalog: Catalog) -> Iterator[Diagnostic]:
    """Names that the registry takes once and that two stages of one workspace both ask for."""
    stages = [project.stages[state.stage] for state in states]
    taken = [_unique_names(state, catalog) for state in states]
    for (one, ours), (other, theirs) in combinations(zip(stages, taken, strict=True), 2):
        both = [key for key in ours if key in theirs]
        if not both or not one.registry.shares_workspace(other.registry):
            continue
        if not one.registry.is_local and _affixes(one) == _affixes(other):
            continue  # said where the stages are declared
        resource = theirs[both[0]]
        more = f" ({len(both) - 1} more names are shared)" if len(both) > 1 else ""
        where = "the embedded registry" if one.registry.is_local else f"workspace {one.registry.workspace_id}"
        yield error(
            Code.SHARED_WORKSPACE,
            f"{resource.address} is called '{both[0][1]}' in the stages '{one.name}' and '{other.name}', "
            f"which share {where}{more}",
            f"the registry takes each name once: {_what_to_write(other)}",
            address=resource.address,
            location=resource.location,
        )


def _unique_names(state: DesiredState, catalog: Catalog) -> dict[tuple[str, str], Resource]:
    found: dict[tuple[str, str], Resource] = {}
    for address, resource in state.resources.items():
        field = catalog.of_address(address).unique_name
        name = resource.body.get(field) if field is not None else None
        if isinstance(name, str):
            found[address.kind, name] = resource
    return found


def _affixes(stage: Stage) -> tuple[str, str]:
    return stage.name_prefix, stage.name_suffix


def _what_to_write(stage: Stage) -> str:
    return f"write e.g. `name_suffix: -{stage.name}` into stage '{stage.name}' of agentops.yaml"


def _place(tree: LocatedDict, stage: str) -> Location:
    stages = tree.get("stages")
    return stages.place(stage, "key") if isinstance(stages, LocatedDict) else tree.at
