"""agentops.yaml -> Project: its name, its stages, where each lives, and the variables of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

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
    OnDrift,
    Pacing,
    Project,
    RegistryConfig,
    Stage,
)
from agentops.spec.files import Files, Refused
from agentops.spec.located import LocatedDict, plain
from agentops.spec.placeholders import is_placeholder, still_to_fill_in
from agentops.spec.promotion import promotion_problems
from agentops.spec.schema import schema_problems
from agentops.spec.source import describe, read_data

PROJECT_FILE = "agentops.yaml"
NAME = re.compile(r"[a-z0-9-]{1,63}\Z")

_LATER_OF_PROJECT = {
    "policy": "policy is not supported yet; remove it until a release checks it",
    "moved": "renaming resources is not supported yet; keep the address with a top-level `address:`",
    "renamed_from": "renaming a project is not supported yet; keep its name",
    "require": "version requirements are not supported yet; pin the tool where you install it",
}
_LATER_OF_STAGE = {
    "renamed_from": "renaming a stage is not supported yet; keep its name",
    "name_suffix": "name suffixes are not supported yet; give each stage its own workspace",
    **{key: _LATER_OF_PROJECT[key] for key in ("policy", "require")},
}

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SecretBlock(_Block):
    """Where a secret is found when it is needed: ``env:NAME`` or ``file:PATH``."""

    secret: Annotated[str, StringConstraints(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$")]


class PacingBlock(_Block):
    """Limits of one's own in the place of the documented ones."""

    creates_per_minute: Annotated[int, Field(ge=1)] | None = None
    reads_per_minute: Annotated[int, Field(ge=1)] | None = None


PacingSetting = Annotated[
    Literal["off"] | PacingBlock,
    Field(description="off, or calls a minute; the documented limits hold where this is left out"),
]


class RegistryBlock(_Block):
    """A registry at an address of its own."""

    base_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s@?#]+$")]
    workspace_id: Text | None = None
    organization_id: Text | None = None
    api_key: SecretBlock | None = None
    pacing: PacingSetting | None = None


Switch = Literal["on", "off"] | bool
"""``on`` and ``off`` are words in YAML 1.2; JSON says true and false."""


def _as_removals(value: object) -> str:
    """Raises ValueError for what is neither a number nor a percentage."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str):
        raise ValueError("a number of removals like 5, or a percentage like 20%")
    MaxRemovals.parse(text)
    return text


Removals = Annotated[int | str, AfterValidator(_as_removals)]


class Guards(_Block):
    """What holds for a stage where a command does not say otherwise; for every stage, where the project
    says it."""

    on_drift: Literal["block", "revert", "keep"] | None = None
    prune: bool | None = None
    max_removals: Removals | None = None


class StageBlock(Guards):
    """One stage: its registry and what differs in it."""

    registry: Literal["local", "anthropic"] | RegistryBlock = "local"
    workspace_id: Text | None = None
    organization_id: Text | None = None
    pacing: PacingSetting | None = None
    vars: dict[str, Any] | None = None
    protect: bool = False
    mutex: Switch | None = None
    promote_from: Text | None = None


class ProjectBlock(Guards):
    """agentops.yaml."""

    project: str | None = None
    default_stage: str | None = None
    vars: dict[str, Any] | None = None
    stages: dict[str, StageBlock | None] | None = None
    mutex: Switch | None = None
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
    project = _read(tree, problems)
    return project, in_order(problems)


def _read(tree: LocatedDict, problems: list[Diagnostic]) -> Project:
    known = _without_literal_keys(_without_later(tree.without("$schema"), problems), problems)
    wrong = schema_problems(ProjectBlock, known, tree.at)
    problems.extend(wrong)
    _check_names(known, problems)
    problems.extend(_unfilled(known))
    problems.extend(promotion_problems(known))
    external = _external(known, problems)
    if wrong:
        return _salvaged(known, external)
    block = ProjectBlock.model_validate(known)
    stages = {
        name: _stage(name, stage or StageBlock(), block, external.get(name, {}))
        for name, stage in (block.stages or {LOCAL: StageBlock()}).items()
    }
    return Project(
        name=block.project or LOCAL,
        stages=stages,
        default_stage=block.default_stage if block.default_stage in stages else None,
    )


def _salvaged(tree: LocatedDict, external: Mapping[str, Mapping[Address, str]]) -> Project:
    """The names that can be read of a file that is wrong elsewhere, so that nothing is reported twice."""
    name, stages = tree.get("project"), tree.get("stages")
    return Project(
        name=name if isinstance(name, str) else LOCAL,
        stages={key: Stage(key, external=external.get(key, {})) for key in stages}
        if isinstance(stages, Mapping) and stages
        else {LOCAL: Stage(LOCAL, external=external.get(LOCAL, {}))},
    )


def _stage(name: str, block: StageBlock, shared: ProjectBlock, external: Mapping[Address, str]) -> Stage:
    registry = _registry(block)
    mutex = shared.mutex if block.mutex is None else block.mutex
    prune = block.prune if block.prune is not None else shared.prune
    limit = block.max_removals if block.max_removals is not None else shared.max_removals
    return Stage(
        name=name,
        registry=registry,
        vars=plain({**(shared.vars or {}), **(block.vars or {})}),
        external=external,
        protect=block.protect,
        on_drift=OnDrift(block.on_drift or shared.on_drift or OnDrift.BLOCK),
        prune=bool(prune),
        max_removals=None if limit is None else MaxRemovals.parse(str(limit)),
        # An embedded registry is one machine's: there the hold of a file is enough.
        mutex=not registry.is_local if mutex is None else mutex in (True, "on"),
        promote_from=block.promote_from,
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
    known = _drop(tree, _LATER_OF_PROJECT, problems)
    stages = known.get("stages")
    if isinstance(stages, LocatedDict):
        kept = LocatedDict(stages.at)
        for name, stage in stages.items():
            reduced = _drop(stage, _LATER_OF_STAGE, problems) if isinstance(stage, LocatedDict) else stage
            kept.put(name, reduced, stages.place(name), stages.place(name, "key"))
        known.put("stages", kept, known.place("stages"), known.place("stages", "key"))
    return known


def _drop(tree: LocatedDict, later: Mapping[str, str], problems: list[Diagnostic]) -> LocatedDict:
    for key in tree.keys() & later.keys():
        problems.append(error(Code.LATER_FIELD, f"'{key}': {later[key]}", location=tree.place(key, "key")))
    return tree.without(*later)


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
