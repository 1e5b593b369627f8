"""The files below one folder, read once for every stage: those of the working tree, or of a commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from agentops.domain.address import Address
from agentops.domain.canonical import digest
from agentops.domain.diagnostics import Code, Diagnostic, Location, error
from agentops.domain.kind import Catalog
from agentops.domain.project import Project, Stage
from agentops.domain.resource import Resource, Source
from agentops.spec.build import Built, Scope, build
from agentops.spec.discovery import Declaration, Found, discover
from agentops.spec.external import External
from agentops.spec.files import Files, Refused
from agentops.spec.located import plain
from agentops.spec.memory import stores_of
from agentops.spec.references import Index
from agentops.spec.revision import Revision, read_revision
from agentops.spec.skill import local_skill
from agentops.spec.walk import SKILL_FILE


@dataclass(slots=True)
class Tree:
    """``skills`` are the same in every stage. ``problems`` are those of files that declare nothing because
    of them, or twice; ``skill_problems`` name the address of their skill."""

    project: Project
    catalog: Catalog
    files: Files
    found: Found
    revision: Revision | None
    problems: list[Diagnostic] = field(default_factory=list)
    skills: dict[Address, Resource] = field(default_factory=dict)
    skill_problems: list[Diagnostic] = field(default_factory=list)
    _first: dict[Address, Declaration] = field(init=False)
    _declared: dict[str, Address] = field(init=False)
    _made: frozenset[Address] = field(init=False)
    _sources: dict[str, Source] = field(init=False, default_factory=dict)
    _settled: dict[str, dict[str, Built]] = field(init=False, default_factory=dict)

    @classmethod
    def read(
        cls,
        root: Path,
        project: Project,
        catalog: Catalog,
        *,
        is_working: bool = True,
        instead: Mapping[str, bytes] = MappingProxyType({}),
        beside: Collection[Address] = (),
    ) -> Tree:
        """``is_working``: git tells which commit holds what is read; not so in a copy. ``instead`` is what
        files hold that are yet to be written, ``beside`` what other files declare."""
        files = Files(root, instead)
        revision = read_revision(root) if is_working else None
        tree = cls(project, catalog, files, discover(files, project, catalog), revision)
        tree._made |= frozenset(beside)
        tree._read_skills()
        return tree

    def __post_init__(self) -> None:
        found = self.found
        self.problems = [*found.problems]
        self._first = _first_of_each(found.declarations, self.problems)
        declared = {item.document.path: item.address for item in found.declarations}
        for path, address in found.skills.items():
            declared |= {path: address, f"{path}/{SKILL_FILE}": address}
        self._declared = declared | found.broken
        self._made = frozenset(
            store for item in found.declarations for store in stores_of(item.address, item.document.body)
        )

    @property
    def is_empty(self) -> bool:
        """Nothing is declared, and nothing is wrong either."""
        return not self.found.declarations and not self.found.skills and not self.found.problems

    @property
    def promised(self) -> frozenset[Address]:
        """What would be declared if its file or directory could be read: its own problem says more."""
        return frozenset({*self.found.skills.values(), *self.found.broken.values()})

    @property
    def size(self) -> int:
        """How many files declare something or are referred to."""
        read = {item.document.path for item in self._first.values()} | self.found.payload
        return len(read) + len(self.found.skills)

    def is_first(self, declaration: Declaration) -> bool:
        """Whether it keeps its address: the first file in path order does."""
        return self._first[declaration.address] is declaration

    def built(self, stage: Stage, external: External) -> Iterator[tuple[Declaration, Built]]:
        """What each file comes to in a stage."""
        elsewhere = external.addresses - stage.external.keys()
        index = Index(self._declared, stage.external, elsewhere, stage.name, self._made)
        alike = self._settled.setdefault(digest(plain(stage.defaults)), {})
        scope = Scope(
            self.files,
            self.project,
            stage,
            self.catalog,
            index,
            self.found.resources,
            self.revision,
            self._sources,
            alike,
        )
        for declaration in self.found.declarations:
            yield declaration, build(declaration, scope)

    def _read_skills(self) -> None:
        for directory, address in self.found.skills.items():
            kind = self.catalog.of_address(address)
            try:
                self.skills[address], told = local_skill(directory, address, kind, self.files, self.revision)
            except Refused as refused:
                told = [*refused.diagnostics]
            self.skill_problems.extend(item.model_copy(update={"address": address}) for item in told)


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
