"""agentops.yaml -> Project: its name, its stages, where each lives, and the variables of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from agentops.domain.address import Address
from agentops.domain.diagnostics import (
    Code,
    Diagnostic,
    Location,
    did_you_mean,
    error,
    in_order,
)
from agentops.domain.project import (
    LOCAL,
    UNPACED,
    MaxRemovals,
    Name,
    OnDrift,
    Pacing,
    Project,
    RegistryConfig,
    Stage,
)
from agentops.spec.affixes import workspace_problems
from agentops.spec.defaults import defaults_in, joined
from agentops.spec.files import Files, Refused
from agentops.spec.gates import without_gates
from agentops.spec.located import LocatedDict
from agentops.spec.misplaced import with_places
from agentops.spec.moved import read_moved
from agentops.spec.placeholders import is_placeholder, still_to_fill_in
from agentops.spec.policies import Policies
from agentops.spec.promotion import promotion_problems
from agentops.spec.renamed import former_names, renaming_problems
from agentops.spec.salvage import salvaged
from agentops.spec.schema import schema_problems
from agentops.spec.source import describe, read_data
from agentops.spec.stage_block import PacingBlock, ProjectBlock, StageBlock
from agentops.spec.variables import values_of, variable_problems

PROJECT_FILE = "agentops.yaml"
NAME = re.compile(r"[a-z0-9-]{1,63}\Z")

_LATER = {
    "require": "versions cannot be required yet; gates are a stage's: `stages.NAME.require`",
}


def find_root(start: Path) -> Path:
    """The nearest folder upward with an agentops.yaml, else ``start``. A folder with .git ends the search."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
        if (folder / ".git").exists():
            break
    return start


def implicit_project() -> Project:
    """What holds where there is no agentops.yaml: one stage on the embedded registry."""
    return Project(name=LOCAL, stages={LOCAL: Stage(LOCAL)}, explicit=False)


def load_project(root: Path) -> tuple[Project, tuple[Diagnostic, ...]]:
    """Read agentops.yaml and the rules that it names, all from below ``root``. What is wrong in it is
    returned; what is right in it holds all the same."""
    files = Files(root)
    if not files.is_file(PROJECT_FILE) and not files.absolute(PROJECT_FILE).is_symlink():
        return implicit_project(), ()
    problems: list[Diagnostic] = []
    try:
        tree = read_data(files, PROJECT_FILE, problems=problems)
    except Refused as refused:
        return implicit_project(), in_order(refused.diagnostics)
    if not isinstance(tree, LocatedDict):
        wrong = error(
            Code.PROJECT,
            f"{PROJECT_FILE} holds {describe(tree)}; it is a mapping",
            "start with `project: my-project`",
            location=Location(PROJECT_FILE),
        )
        return implicit_project(), (wrong,)
    project = _read(tree, files, problems)
    return project, in_order(problems)


def _read(tree: LocatedDict, files: Files, problems: list[Diagnostic]) -> Project:
    known = _without_literal_keys(_without_later(tree.without("$schema"), problems), problems)
    known, gates = without_gates(known, problems)
    wrong = with_places(schema_problems(ProjectBlock, known, tree.at))
    problems.extend(wrong)
    _check_names(known, problems)
    problems.extend(_unfilled(known))
    problems.extend(promotion_problems(known))
    external, moved = _external(known, problems), read_moved(known, problems)
    if wrong:
        return salvaged(known, external)
    block = ProjectBlock.model_validate(known)
    problems.extend(variable_problems(block.variables, known))
    names = tuple(block.stages or (LOCAL,))
    shared, policies = defaults_in(known), Policies(files, PROJECT_FILE, names, problems)
    stages = {
        name: replace(
            _stage(name, stage or StageBlock(), block, external.get(name, {})),
            require=gates.get(name, ()),
            formerly=former_names(
                Name(block.project or LOCAL, name), block.renamed_from, stage.renamed_from if stage else None
            ),
            defaults=joined(shared, defaults_in((known.get("stages") or {}).get(name))),
            policy=policies.of(known, (known.get("stages") or {}).get(name)),
        )
        for name, stage in (block.stages or {LOCAL: StageBlock()}).items()
    }
    problems.extend(workspace_problems(stages, known))
    problems.extend(renaming_problems(known, NAME))
    return Project(
        name=block.project or LOCAL,
        stages=stages,
        default_stage=block.default_stage if block.default_stage in stages else None,
        moved=moved,
    )


def _stage(name: str, block: StageBlock, shared: ProjectBlock, external: Mapping[Address, str]) -> Stage:
    registry = _registry(block)
    mutex = shared.mutex if block.mutex is None else block.mutex
    prune = block.prune if block.prune is not None else shared.prune
    limit = block.max_removals if block.max_removals is not None else shared.max_removals
    return Stage(
        name=name,
        registry=registry,
        vars=values_of(shared.variables, shared.vars or {}, block.vars or {}),
        external=external,
        protect=block.protect,
        on_drift=OnDrift(block.on_drift or shared.on_drift or OnDrift.BLOCK),
        prune=bool(prune),
        max_removals=None if limit is None else MaxRemovals.parse(str(limit)),
        # An embedded registry is one machine's: there the hold of a file is enough.
        mutex=not registry.is_local if mutex is None else mutex in (True, "on"),
        promote_from=block.promote_from,
        name_prefix=block.name_prefix or "",
        name_suffix=block.name_suffix or "",
    )


def _registry(block: StageBlock) -> RegistryConfig:
    if isinstance(block.registry, str):
        return RegistryConfig(
            provider=block.registry,
            workspace_id=block.workspace_id,
            organization_id=block.organization_id,
            pacing=_pacing(block.pacing),
        )
    own = block.registry
    return RegistryConfig(
        provider="custom",
        base_url=own.base_url.rstrip("/"),
        workspace_id=own.workspace_id or block.workspace_id,
        organization_id=own.organization_id or block.organization_id,
        api_key=own.api_key.secret if own.api_key is not None else None,
        pacing=_pacing(own.pacing or block.pacing),
    )


def _pacing(block: PacingBlock | str | None) -> Pacing:
    if isinstance(block, PacingBlock):
        return Pacing(creates_per_minute=block.creates_per_minute, reads_per_minute=block.reads_per_minute)
    return Pacing() if block is None else UNPACED


def _without_later(tree: LocatedDict, problems: list[Diagnostic]) -> LocatedDict:
    """The tree without the keys that a later release brings, each of them reported."""
    for key in tree.keys() & _LATER.keys():
        problems.append(error(Code.LATER_FIELD, f"'{key}': {_LATER[key]}", location=tree.place(key, "key")))
    return tree.without(*_LATER)


def _without_literal_keys(tree: LocatedDict, problems: list[Diagnostic]) -> LocatedDict:
    """The tree without API keys that are written into it: they are reported, and nothing later may repeat
    them."""
    stages = tree.get("stages")
    if not isinstance(stages, LocatedDict):
        return tree
    kept = stages.without()
    for name, stage in stages.items():
        if not isinstance(stage, LocatedDict):
            continue
        reduced = _without_literal_key(name, stage, problems)
        if isinstance(registry := reduced.get("registry"), LocatedDict):
            without = _without_literal_key(name, registry, problems)
            reduced.put("registry", without, reduced.place("registry"), reduced.place("registry", "key"))
        kept.put(name, reduced, stages.place(name), stages.place(name, "key"))
    result = tree.without()
    result.put("stages", kept, tree.place("stages"), tree.place("stages", "key"))
    return result


def _without_literal_key(stage: str, holder: LocatedDict, problems: list[Diagnostic]) -> LocatedDict:
    value = holder.get("api_key")
    secret = value.get("secret") if isinstance(value, Mapping) else None
    is_written = isinstance(value, str) or (
        isinstance(secret, str) and not secret.startswith(("env:", "file:"))
    )
    if not is_written:
        return holder.without()
    problems.append(
        error(
            Code.RESERVED,
            f"the API key of stage '{stage}' is written into the file",
            "write `api_key: {secret: env:NAME}` or `{secret: file:PATH}`, and replace the key: "
            "whoever can read this repository has it",
            location=holder.place("api_key"),
        )
    )
    return holder.without("api_key")


def _check_names(tree: LocatedDict, problems: list[Diagnostic]) -> None:
    """What is said beside the schema; members of another type are its business."""
    project, default, stages = tree.get("project"), tree.get("default_stage"), tree.get("stages")
    if isinstance(project, str) and not NAME.match(project):
        problems.append(_bad_name("project", project, tree.place("project")))
    if stages is not None and not isinstance(stages, LocatedDict):
        return
    for name in stages or ():
        if not NAME.match(name):
            problems.append(_bad_name("stage", name, tree["stages"].place(name, "key")))
    if project is None and any(not _is_local(stage) for stage in (stages or {}).values()):
        problems.append(
            error(
                Code.PROJECT,
                "'project' is missing",
                "a project whose stages are not all local needs a name: it marks what is ours there",
                location=tree.at,
            )
        )
    if stages is not None and not stages:
        problems.append(
            error(
                Code.PROJECT, "'stages' is empty", "name one, or leave it out", location=tree.place("stages")
            )
        )
    known = [LOCAL] if stages is None else [*stages]
    if isinstance(default, str) and default not in known:
        problems.append(
            error(
                Code.NO_STAGE,
                f"default_stage: there is no stage '{default}'",
                did_you_mean(default, known),
                location=tree.place("default_stage"),
            )
        )


_FILLED_IN = ("workspace_id", "organization_id", "base_url")


def _unfilled(tree: LocatedDict) -> Iterator[Diagnostic]:
    """What a template has left for somebody to fill in: IDs, URLs and external IDs."""
    stages, external = tree.get("stages"), tree.get("external")
    holders = [*stages.values()] if isinstance(stages, LocatedDict) else []
    holders += [stage.get("registry") for stage in holders if isinstance(stage, LocatedDict)]
    for holder in (holder for holder in holders if isinstance(holder, LocatedDict)):
        for name in _FILLED_IN:
            if is_placeholder(holder.get(name)):
                yield still_to_fill_in(name, holder.place(name))
    for ids in external.values() if isinstance(external, LocatedDict) else ():
        for stage, id in ids.items() if isinstance(ids, LocatedDict) else ():
            if is_placeholder(id):
                yield still_to_fill_in(stage, ids.place(stage))


def _is_local(stage: Any) -> bool:
    return not isinstance(stage, Mapping) or stage.get("registry", LOCAL) == LOCAL


def _bad_name(what: str, name: str, at: Location) -> Diagnostic:
    return error(
        Code.PROJECT,
        f"'{name}' is no name for a {what}",
        "use lower-case letters, digits and hyphens, at most 63",
        location=at,
    )


def _external(tree: LocatedDict, problems: list[Diagnostic]) -> dict[str, dict[Address, str]]:
    """Per stage the IDs of what is used but not managed."""
    found: dict[str, dict[Address, str]] = {}
    external, stages = tree.get("external"), tree.get("stages")
    if not isinstance(external, LocatedDict):
        return found
    known = [*stages] if isinstance(stages, Mapping) else [LOCAL]
    for text, ids in external.items():
        try:
            address = Address.parse(text)
        except ValueError as problem:
            at = external.place(text, "key")
            problems.append(error(Code.PROJECT, f"external: {problem}", location=at))
            continue
        for stage, id in ids.items() if isinstance(ids, LocatedDict) else ():
            if stage not in known:
                problems.append(
                    error(
                        Code.NO_STAGE,
                        f"external: there is no stage '{stage}'",
                        did_you_mean(stage, known),
                        location=ids.place(stage, "key"),
                    )
                )
            if isinstance(id, str):
                found.setdefault(stage, {})[address] = id
    return found
