"""agentops.yaml -> Project: its name, its stages, where each lives, and the variables of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from agentops.domain.address import Address
from agentops.domain.diagnostics import (
    Code,
    Diagnostic,
    Location,
    did_you_mean,
    error,
    has_errors,
    in_order,
)
from agentops.domain.project import LOCAL, Project, RegistryConfig, Stage
from agentops.spec.files import Files, Refused
from agentops.spec.located import LocatedDict, locate, plain
from agentops.spec.schema import schema_problems
from agentops.spec.source import describe, read_data

PROJECT_FILE = "agentops.yaml"
NAME = re.compile(r"[a-z0-9-]{1,63}\Z")

_LATER_OF_PROJECT = {
    "policy": "policy is not supported yet; remove it until a release checks it",
    "moved": "renaming resources is not supported yet; keep the address with a top-level `address:`",
    "renamed_from": "renaming a project is not supported yet; keep its name",
    "require": "version requirements are not supported yet; pin the tool where you install it",
    "prune": "pruning is not supported yet; removed files are reported as orphans",
    "on_drift": "choosing what happens on drift is not supported yet; drift blocks",
    "max_removals": "limiting removals is not supported yet",
    "mutex": "the shared mutex is not supported yet; let one runner apply at a time",
}
_LATER_OF_STAGE = {
    "promote_from": "promotion is not supported yet; apply each stage from its own commit",
    "renamed_from": "renaming a stage is not supported yet; keep its name",
    "name_suffix": "name suffixes are not supported yet; give each stage its own workspace",
    "pacing": "pacing is not configurable yet; the documented limits are kept",
    **{
        key: _LATER_OF_PROJECT[key]
        for key in ("policy", "max_removals", "on_drift", "prune", "mutex", "require")
    },
}
_LATER_OF_REGISTRY = {"pacing": _LATER_OF_STAGE["pacing"]}

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SecretBlock(_Block):
    """Where a secret is found when it is needed: ``env:NAME`` or ``file:PATH``."""

    secret: Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]


class RegistryBlock(_Block):
    """A registry at an address of its own."""

    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@?#]+$")]
    workspace_id: Text | None = None
    organization_id: Text | None = None
    api_key: SecretBlock | None = None


class StageBlock(_Block):
    """One stage: its registry and what differs in it."""

    registry: Literal["local", "anthropic"] | RegistryBlock = "local"
    workspace_id: Text | None = None
    organization_id: Text | None = None
    vars: dict[str, Any] | None = None
    protect: bool = False


class ProjectBlock(_Block):
    """agentops.yaml."""

    project: str | None = None
    default_stage: str | None = None
    vars: dict[str, Any] | None = None
    stages: dict[str, StageBlock | None] | None = None
    external: dict[str, dict[str, Text]] | None = None


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
    """Read agentops.yaml. What is wrong in it is returned; what is right in it holds all the same."""
    files = Files(root)
    if not files.is_file(PROJECT_FILE) and not files.absolute(PROJECT_FILE).is_symlink():
        return implicit_project(), ()
    try:
        tree = read_data(files, PROJECT_FILE)
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
    return _read(tree)


def _read(tree: LocatedDict) -> tuple[Project, tuple[Diagnostic, ...]]:
    problems: list[Diagnostic] = []
    known = _without_later(tree, problems)
    _refuse_literal_keys(known, problems)
    if not problems or not any(item.code is Code.RESERVED for item in problems):
        problems.extend(schema_problems(ProjectBlock, known, tree.at))
    if has_errors(problems) and schema_problems(ProjectBlock, known, tree.at):
        return _salvaged(known), in_order(problems)
    block = ProjectBlock.model_validate(known)
    _check_names(block, known, problems)
    external = _external(block, known, problems)
    stages = {
        name: _stage(name, stage or StageBlock(), block.vars or {}, external.get(name, {}))
        for name, stage in (block.stages or {LOCAL: StageBlock()}).items()
    }
    project = Project(
        name=block.project or LOCAL,
        stages=stages,
        default_stage=block.default_stage if block.default_stage in stages else None,
    )
    return project, in_order(problems)


def _salvaged(tree: LocatedDict) -> Project:
    """The names that can be read of a file that is wrong elsewhere, so that nothing is reported twice."""
    name, stages = tree.get("project"), tree.get("stages")
    return Project(
        name=name if isinstance(name, str) else LOCAL,
        stages={key: Stage(key) for key in stages}
        if isinstance(stages, Mapping) and stages
        else {LOCAL: Stage(LOCAL)},
    )


def _stage(name: str, block: StageBlock, shared: Mapping[str, Any], external: Mapping[Address, str]) -> Stage:
    return Stage(
        name=name,
        registry=_registry(block),
        vars=plain({**shared, **(block.vars or {})}),
        external=external,
        protect=block.protect,
    )


def _registry(block: StageBlock) -> RegistryConfig:
    if isinstance(block.registry, str):
        return RegistryConfig(
            provider=block.registry, workspace_id=block.workspace_id, organization_id=block.organization_id
        )
    own = block.registry
    return RegistryConfig(
        provider="custom",
        base_url=own.base_url.rstrip("/"),
        workspace_id=own.workspace_id or block.workspace_id,
        organization_id=own.organization_id or block.organization_id,
        api_key=own.api_key.secret if own.api_key is not None else None,
    )


def _without_later(tree: LocatedDict, problems: list[Diagnostic]) -> LocatedDict:
    """The tree without the keys that a later release brings, each of them reported."""
    known = _drop(tree, _LATER_OF_PROJECT, problems)
    stages = known.get("stages")
    if isinstance(stages, LocatedDict):
        kept = LocatedDict(stages.at)
        for name, stage in stages.items():
            reduced = _drop(stage, _LATER_OF_STAGE, problems) if isinstance(stage, LocatedDict) else stage
            if isinstance(reduced, LocatedDict) and isinstance(reduced.get("registry"), LocatedDict):
                registry = _drop(reduced["registry"], _LATER_OF_REGISTRY, problems)
                reduced.put("registry", registry, reduced.place("registry"), reduced.place("registry", "key"))
            kept.put(name, reduced, stages.place(name), stages.place(name, "key"))
        known.put("stages", kept, known.place("stages"), known.place("stages", "key"))
    return known


def _drop(tree: LocatedDict, later: Mapping[str, str], problems: list[Diagnostic]) -> LocatedDict:
    for key in tree.keys() & later.keys():
        problems.append(error(Code.LATER_FIELD, f"'{key}': {later[key]}", location=tree.place(key, "key")))
    return tree.without(*later)


def _refuse_literal_keys(tree: LocatedDict, problems: list[Diagnostic]) -> None:
    """A key written into the file is refused before anything could repeat it."""
    stages = tree.get("stages")
    if not isinstance(stages, LocatedDict):
        return
    for name, stage in stages.items():
        for holder in _holders_of_keys(stage):
            value = holder["api_key"]
            secret = value.get("secret") if isinstance(value, Mapping) else None
            if isinstance(value, str) or (
                isinstance(secret, str) and not secret.startswith(("env:", "file:"))
            ):
                problems.append(
                    error(
                        Code.RESERVED,
                        f"the API key of stage '{name}' is written into the file",
                        "write `api_key: {secret: env:NAME}` or `{secret: file:PATH}`, and replace the key: "
                        "whoever can read this repository has it",
                        location=holder.place("api_key"),
                    )
                )


def _holders_of_keys(stage: Any) -> list[LocatedDict]:
    candidates = [stage, stage.get("registry")] if isinstance(stage, LocatedDict) else []
    return [item for item in candidates if isinstance(item, LocatedDict) and "api_key" in item]


def _check_names(block: ProjectBlock, tree: LocatedDict, problems: list[Diagnostic]) -> None:
    if block.project is not None and not NAME.match(block.project):
        problems.append(_bad_name("project", block.project, tree.place("project")))
    for name in block.stages or {}:
        if not NAME.match(name):
            problems.append(_bad_name("stage", name, tree["stages"].place(name, "key")))
    if block.project is None and any(
        stage is not None and stage.registry != LOCAL for stage in (block.stages or {}).values()
    ):
        problems.append(
            error(
                Code.PROJECT,
                "'project' is missing",
                "a project whose stages are not all local needs a name: it marks what is ours there",
                location=tree.at,
            )
        )
    stages = block.stages if block.stages is not None else {LOCAL: None}
    if block.stages is not None and not block.stages:
        problems.append(
            error(
                Code.PROJECT, "'stages' is empty", "name one, or leave it out", location=tree.place("stages")
            )
        )
    if block.default_stage is not None and block.default_stage not in stages:
        problems.append(
            error(
                Code.NO_STAGE,
                f"default_stage: there is no stage '{block.default_stage}'",
                did_you_mean(block.default_stage, stages),
                location=tree.place("default_stage"),
            )
        )


def _bad_name(what: str, name: str, at: Location) -> Diagnostic:
    return error(
        Code.PROJECT,
        f"'{name}' is no name for a {what}",
        "use lower-case letters, digits and hyphens, at most 63",
        location=at,
    )


def _external(
    block: ProjectBlock, tree: LocatedDict, problems: list[Diagnostic]
) -> dict[str, dict[Address, str]]:
    """Per stage the IDs of what is used but not managed."""
    found: dict[str, dict[Address, str]] = {}
    stages = block.stages if block.stages is not None else {LOCAL: None}
    for text, ids in (block.external or {}).items():
        try:
            address = Address.parse(text)
        except ValueError as problem:
            at = locate(tree, ("external", text), "key")
            problems.append(error(Code.PROJECT, f"external: {problem}", location=at))
            continue
        for stage, id in ids.items():
            if stage not in stages:
                problems.append(
                    error(
                        Code.NO_STAGE,
                        f"external: there is no stage '{stage}'",
                        did_you_mean(stage, stages),
                        location=locate(tree, ("external", text, stage), "key"),
                    )
                )
            found.setdefault(stage, {})[address] = id
    return found
