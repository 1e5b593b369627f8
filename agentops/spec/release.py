"""A release: what a stage runs, address by address, as the files of today and of earlier commits have it.

agentops.yaml is always that of the working tree: variables, external IDs and policy belong to a stage, not to
what moves from stage to stage. Of everything else the working tree counts where its content is what was
recorded, and the recorded commit where it is not. Addresses are those of today: what ``moved`` of
agentops.yaml says holds for the files of earlier commits, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from agentops.domain.address import Address
from agentops.domain.diagnostics import Code, Diagnostic, Severity, Stop, error, in_order
from agentops.domain.graph import closure
from agentops.domain.kind import Catalog
from agentops.domain.project import Project, Rename, Stage
from agentops.domain.resource import Resource, Source
from agentops.domain.state import DesiredState
from agentops.spec.external import External
from agentops.spec.load import Fetch, Loaded, put_together
from agentops.spec.moved import called_now
from agentops.spec.references import url_of
from agentops.spec.tree import Tree

Trees = Callable[[str], Path]
"""A folder with the project as it was at a commit. Raises Stop where it cannot be had."""

_SHOWN = 12
_POINTER = "version https://git-lfs."


@dataclass(frozen=True, slots=True)
class Release:
    """``sources`` are what stage ``of`` runs: what its lock records. An address without one was never
    applied from a file. ``only``: nothing but these and what they need has to be found. ``is_past``: it is
    what the stage ran once, and is to run again."""

    of: Stage
    sources: Mapping[Address, Source | None]
    only: tuple[Address, ...] = ()
    is_past: bool = False

    @property
    def words(self) -> str:
        return f"stage {self.of.name} {'ran' if self.is_past else 'runs'}"

    def advice(self, otherwise: str) -> str:
        """What to do about what cannot be had."""
        if not self.is_past:
            return otherwise
        return (
            "go back to another release or commit, or put back only what can be had: "
            f"`agentops rollback --release RELEASE ADDRESS... --stage {self.of.name}`"
        )


def load_release(
    root: Path,
    project: Project,
    stages: Sequence[Stage],
    catalog: Catalog,
    release: Release,
    trees: Trees,
    fetch: Fetch | None = None,
) -> list[Loaded]:
    """The release as it is in each of ``stages``. Nothing is written.

    An address that only stage ``of`` has, by its overrides or templates, is in no other stage; what a stage
    has of its own in the same way comes with the file that says so. ``fetch`` gives skills that are named by
    a URL as stage ``of`` has pinned them; without it they are referred to, and not looked at.
    """
    picking = _Picking(root, project, [release.of, *stages], catalog, release, trees)
    picking.pick_all()
    return [_loaded(picking, stage, release, fetch) for stage in stages]


def sources_of_tree(
    root: Path, project: Project, stage: Stage, catalog: Catalog, commit: str
) -> dict[Address, Source]:
    """The sources of what a copy of the project's files at ``commit`` declares in a stage; skills that are
    named by a URL are not among them.

    Raises:
        Stop: a file of that commit is wrong, by what agentops.yaml says now.
    """
    tree = Tree.read(root, project, catalog, is_working=False)
    read = _Read(tree, commit, External(project), project.moved)
    wrong = [*tree.problems, *(item for found in read.problems(stage).values() for item in found)]
    if errors := [item for item in wrong if item.severity is Severity.ERROR]:
        raise Stop(*in_order(_at(commit, item) for item in errors))
    found = read.resources(stage)
    return {item: Source(digest=found[item].source.digest, commit=commit) for item in sorted(found)}


@dataclass(slots=True)
class _Read:
    """One tree, built for the stages that are asked for; ``commit`` is None for the working tree. ``moved``
    is what has another address than in this tree."""

    tree: Tree
    commit: str | None
    external: External
    moved: Sequence[Rename] = ()
    _resources: dict[str, dict[Address, Resource]] = field(default_factory=dict)
    _problems: dict[str, dict[Address, list[Diagnostic]]] = field(default_factory=dict)
    declared_by: dict[Address, Address] = field(default_factory=dict)

    def resources(self, stage: Stage) -> Mapping[Address, Resource]:
        self._build(stage)
        return self._resources[stage.name]

    def problems(self, stage: Stage) -> Mapping[Address, Sequence[Diagnostic]]:
        """By the address that a file or directory declares."""
        self._build(stage)
        return self._problems[stage.name]

    def _build(self, stage: Stage) -> None:
        if stage.name in self._resources:
            return
        found = dict(self.tree.skills)
        problems: dict[Address, list[Diagnostic]] = {}
        for item in self.tree.skill_problems:
            if item.address is not None:
                problems.setdefault(item.address, []).append(item)
        declared_by = {address: address for address in found}
        for declaration, (built, wrong) in self.tree.built(stage, self.external):
            if not self.tree.is_first(declaration):
                continue
            problems.setdefault(declaration.address, []).extend(wrong)
            for resource in built:
                found.setdefault(resource.address, resource)
                declared_by.setdefault(resource.address, declaration.address)
        now = called_now(self.moved, found, self.tree.catalog) if self.moved else {}

        def called(address: Address) -> Address:
            return now.get(address, address)

        for address, by in declared_by.items():
            self.declared_by.setdefault(called(address), called(by))
        self._resources[stage.name] = {called(it): found[it].called(now) for it in found} if now else found
        self._problems[stage.name] = {called(address): problems[address] for address in problems}


@dataclass(slots=True)
class _Picking:
    """Decides for every address of a release which tree it comes from."""

    root: Path
    project: Project
    stages: Sequence[Stage]
    catalog: Catalog
    release: Release
    trees: Trees
    picked: dict[Address, _Read] = field(init=False, default_factory=dict)
    refused: dict[Address, Diagnostic] = field(init=False, default_factory=dict)
    here: _Read = field(init=False)
    external: External = field(init=False)
    _there: dict[str, _Read | Stop] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        tree = Tree.read(self.root, self.project, self.catalog)
        self.external = External(self.project)
        self.here = self._reading(tree, None)

    def _reading(self, tree: Tree, commit: str | None) -> _Read:
        moved = () if commit is None else self.project.moved
        running = self.release.sources
        read = _Read(tree, commit, self.external, [line for line in moved if line.old not in running])
        for stage in self.stages:
            read.resources(stage)
        return read

    def pick_all(self) -> None:
        """What files declare first: what belongs to it should come from the same tree."""
        sources = {item: source for item, source in self.release.sources.items() if url_of(item) is None}
        below = [address for address in sources if self.here.declared_by.get(address, address) != address]
        for address in sorted(sources.keys() - {*below}):
            self._pick(address, sources[address])
        for address in sorted(below):
            self._pick(address, sources[address])

    def _pick(self, address: Address, source: Source | None) -> None:
        if source is None:
            self.refused[address] = _never_applied(address, self.release)
            return
        holder = self.picked.get(self.here.declared_by.get(address, address))
        if holder is not None and holder.commit is not None and self._is_in(holder, address, source):
            self.picked[address] = holder
        elif self._is_in(self.here, address, source) and self._refers_within(self.here, address):
            self.picked[address] = self.here
        elif source.commit is None:
            self._take_here_or(address, source, _not_committed(address, self.release))
        else:
            self._pick_there(address, source, source.commit)

    def _pick_there(self, address: Address, source: Source, commit: str) -> None:
        there = self._at(commit)
        if isinstance(there, Stop):
            self._take_here_or(address, source, _unreadable(address, self.release, there))
            return
        # What belongs to a file comes with it, where that has it.
        holder = self.picked.get(there.declared_by.get(address, address))
        if holder is not None and self._is_in(holder, address, source):
            there = holder
        if self._is_in(there, address, source):
            self.picked[address] = there
        else:
            found = there.resources(self.release.of).get(address)
            self._take_here_or(address, source, self._not_the_same(address, commit, found))

    def _take_here_or(self, address: Address, source: Source, problem: Diagnostic) -> None:
        """The working tree has the content, but it refers to something else than the release has: what is
        missing is told then. Otherwise ``problem`` is."""
        if self._is_in(self.here, address, source):
            self.picked[address] = self.here
        else:
            self.refused[address] = problem

    def _at(self, commit: str) -> _Read | Stop:
        if commit not in self._there:
            try:
                tree = Tree.read(self.trees(commit), self.project, self.catalog, is_working=False)
                self._there[commit] = self._reading(tree, commit)
            except Stop as stop:
                self._there[commit] = stop
        return self._there[commit]

    def _is_in(self, read: _Read, address: Address, source: Source) -> bool:
        found = read.resources(self.release.of).get(address)
        return found is not None and found.source.digest == source.digest

    def _refers_within(self, read: _Read, address: Address) -> bool:
        """Whether it refers to nothing that the release lacks: a path may lead to another address by now."""
        resource = read.resources(self.release.of)[address]
        needed = {*(item.memory_store for item in resource.attachments), *resource.needs}
        missing = needed - self.release.sources.keys() - self.external.addresses
        return all(url_of(item) is not None for item in missing)

    def _not_the_same(self, address: Address, commit: str, found: Resource | None) -> Diagnostic:
        release, shown = self.release, commit[:_SHOWN]
        if found is None:
            return error(
                Code.OTHER_SOURCE,
                f"{release.words} it as of commit {shown}, which declares nothing of that address",
                _again(release, "the lock of the stage was edited, or the history rewritten"),
                address=address,
            )
        return error(
            Code.OTHER_SOURCE,
            f"{release.words} another {address} than commit {shown} has in {found.path}",
            _again(release, _why_other(found)),
            address=address,
            location=found.location,
        )

    # -- one stage

    def resources(self, stage: Stage) -> dict[Address, Resource]:
        """What was picked as it is in a stage, and what the stage has of its own in the same files."""
        found: dict[Address, Resource] = {}
        for address, read in self.picked.items():
            if (resource := read.resources(stage).get(address)) is not None:
                found[address] = self._as_recorded(address, resource)
        for address, read in self._own(stage):
            source = read.resources(stage)[address].source
            if read.commit is not None:
                source = Source(digest=source.digest, commit=read.commit)
            found.setdefault(address, replace(read.resources(stage)[address], source=source))
        return found

    def _as_recorded(self, address: Address, resource: Resource) -> Resource:
        """With the commit that was recorded; what nobody had committed then may be committed by now."""
        source = self.release.sources[address]
        if source is None or (source.commit is None and source.digest == resource.source.digest):
            return resource
        return replace(resource, source=source)

    def _own(self, stage: Stage) -> Iterator[tuple[Address, _Read]]:
        for read in {id(read): read for read in self.picked.values()}.values():
            others = read.resources(self.release.of)
            for address in read.resources(stage).keys() - others.keys():
                if self.picked.get(read.declared_by[address]) is read:
                    yield address, read

    def problems(self, stage: Stage, needed: frozenset[Address]) -> Iterator[Diagnostic]:
        """Of the files that something needed comes from."""
        for address, read in self.picked.items():
            if address in needed:
                for item in read.problems(stage).get(read.declared_by[address], ()):
                    yield item if read.commit is None else _at(read.commit, item)


def _loaded(picking: _Picking, stage: Stage, release: Release, fetch: Fetch | None) -> Loaded:
    found = picking.resources(stage)
    skills = {address: found[address] for address in found if picking.catalog.of_address(address).bundle}
    written = {address: found[address] for address in found if address not in skills}
    state, wrong = put_together(
        picking.project, stage, picking.catalog, skills, written, picking.external, picking.refused, fetch
    )
    state, changed = _as_pinned(state, release)
    needed = _needed(state, picking.refused, release.only)
    refused = [item for address, item in picking.refused.items() if address in needed]
    told = [item for item in (*wrong, *changed) if item.address is None or item.address in needed]
    problems = [*refused, *picking.problems(stage, needed), *told]
    return Loaded(state, in_order(problems), len(state.resources))


def _as_pinned(state: DesiredState, release: Release) -> tuple[DesiredState, list[Diagnostic]]:
    """Skills that are named by a URL: they have no file here, so what was fetched has to be what was."""
    resources, problems = dict(state.resources), []
    for address, resource in resources.items():
        source = release.sources.get(address)
        if url_of(address) is None or source is None:
            continue
        if resource.source.digest != source.digest:
            problems.append(_other_skill(resource, release))
        resources[address] = replace(resource, source=source)
    return replace(state, resources=resources), problems


def _needed(
    state: DesiredState, refused: Mapping[Address, Diagnostic], only: Sequence[Address]
) -> frozenset[Address]:
    if not only:
        return frozenset({*state.resources, *refused})
    edges = {address: _needs(resource) for address, resource in state.resources.items()}
    return closure([item for item in only if item in edges or item in refused], _Edges(edges))


class _Edges(dict[Address, list[Address]]):
    def __missing__(self, _: Address) -> list[Address]:
        return []


def _needs(resource: Resource) -> list[Address]:
    return [*resource.needs, *(item.memory_store for item in resource.attachments)]


# -- what is said


def _at(commit: str, item: Diagnostic) -> Diagnostic:
    told = {"summary": f"at commit {commit[:_SHOWN]}: {item.summary}"}
    if item.code is Code.TEMPLATE:
        known = f"{item.detail}; " if item.detail else ""
        told["detail"] = (
            f"{known}agentops.yaml is that of today, and has to have what an earlier commit needs"
        )
    return item.model_copy(update=told)


def _again(release: Release, why: str) -> str:
    stage = release.of.name
    otherwise = (
        "check out what the stage runs and promote from there, or bring the stage to what is meant "
        f"(`agentops apply --stage {stage}`), then promote"
    )
    return f"{why}; {release.advice(otherwise)}"


def _why_other(found: Resource) -> str:
    texts = [*found.texts.values(), *(value for value in found.body.values() if isinstance(value, str))]
    if any(text.startswith(_POINTER) for text in texts):
        return "the commit has a pointer of Git LFS; keep such files in git itself"
    return "a filter of git, or an edit of the lock, made the two differ"


def _never_applied(address: Address, release: Release) -> Diagnostic:
    return error(
        Code.UNKNOWN_SOURCE,
        f"what {release.words} was never applied from a file",
        release.advice(
            "it was imported, taken over or put back to an old version: commit its file, apply it "
            f"(`agentops apply --stage {release.of.name} {address}`), then promote"
        ),
        address=address,
    )


def _not_committed(address: Address, release: Release) -> Diagnostic:
    return error(
        Code.UNKNOWN_SOURCE,
        f"{release.words} it from files that were not committed and are here no more",
        release.advice(
            f"commit what is meant, apply it (`agentops apply --stage {release.of.name}`), then promote"
        ),
        address=address,
    )


def _unreadable(address: Address, release: Release, stop: Stop) -> Diagnostic:
    first = stop.diagnostics[0]
    summary = f"{release.words} it as of another commit: {first.summary}"
    return first.model_copy(update={"summary": summary, "address": address})


def _other_skill(resource: Resource, release: Release) -> Diagnostic:
    return error(
        Code.OTHER_SOURCE,
        f"{release.words} another {resource.address} than its URL gives at the commit it is pinned to",
        release.advice(f"apply the stage again (`agentops apply --stage {release.of.name}`), then promote"),
        address=resource.address,
        location=resource.location,
    )
